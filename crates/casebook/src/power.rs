//! Who may do what: roles of staff, and the one table of their powers.
use serde::{Deserialize, Serialize};

/// Role of a person at the clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum StaffRole {
    /// Receptionist.
    FrontDesk,
    /// Manager of one or several branches.
    Manager,
    /// Owner of the clinic.
    Owner,
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Power {
    /// See and work on leads.
    WorkLeads,
    /// Enter, change and dismiss staff.
    ManagePeople,
    /// Choose the PIN of somebody else: whose, [`crate::staff::Staff::may_set_pin`] says.
    SetPins,
    /// Let PCs in, cut them off, rename and move them.
    ManageDesks,
    /// Claim the server; see how the exchange stands in detail.
    ManageServer,
    /// Renew or check the recovery kit.
    ManageKit,
    /// Choose where backups go, make and drill one.
    ManageBackup,
    /// Carry entries by memory stick.
    CarryBundles,
    /// Change the settings of this PC.
    ChangeSettings,
}

impl Power {
    /// Every power.
    pub const ALL: [Self; 9] = [
        Self::WorkLeads,
        Self::ManagePeople,
        Self::SetPins,
        Self::ManageDesks,
        Self::ManageServer,
        Self::ManageKit,
        Self::ManageBackup,
        Self::CarryBundles,
        Self::ChangeSettings,
    ];
}

impl StaffRole {
    /// Whether this role has this power.
    #[must_use]
    pub const fn may(self, power: Power) -> bool {
        match power {
            Power::WorkLeads | Power::CarryBundles | Power::ChangeSettings => true,
            Power::ManageBackup | Power::SetPins => matches!(self, Self::Manager | Self::Owner),
            Power::ManagePeople | Power::ManageDesks | Power::ManageServer | Power::ManageKit => {
                matches!(self, Self::Owner)
            }
        }
    }
}
