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
    /// Write down what a person agreed to, refused or withdrew.
    RecordOptIn,
    /// Make, recall and close lots of a campaign.
    RunCampaign,
    /// Enter, change and strike off whoever outside is given data.
    ManageRecipients,
    /// Take in leads from a file.
    ImportLeads,
}

impl Power {
    /// Every power.
    pub const ALL: [Self; 13] = [
        Self::WorkLeads,
        Self::ManagePeople,
        Self::SetPins,
        Self::ManageDesks,
        Self::ManageServer,
        Self::ManageKit,
        Self::ManageBackup,
        Self::CarryBundles,
        Self::ChangeSettings,
        Self::RecordOptIn,
        Self::RunCampaign,
        Self::ManageRecipients,
        Self::ImportLeads,
    ];
}

impl StaffRole {
    /// Whether this role has this power.
    #[must_use]
    pub const fn may(self, power: Power) -> bool {
        match power {
            Power::WorkLeads | Power::CarryBundles | Power::ChangeSettings | Power::RecordOptIn => {
                true
            }
            Power::ManageBackup
            | Power::SetPins
            | Power::RunCampaign
            | Power::ManageRecipients
            | Power::ImportLeads => matches!(self, Self::Manager | Self::Owner),
            Power::ManagePeople | Power::ManageDesks | Power::ManageServer | Power::ManageKit => {
                matches!(self, Self::Owner)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_the_powers_of_this_table_and_no_other() {
        use Power as P;
        let table = [
            (P::WorkLeads, [true, true, true]),
            (P::ManagePeople, [false, false, true]),
            (P::SetPins, [false, true, true]),
            (P::ManageDesks, [false, false, true]),
            (P::ManageServer, [false, false, true]),
            (P::ManageKit, [false, false, true]),
            (P::ManageBackup, [false, true, true]),
            (P::CarryBundles, [true, true, true]),
            (P::ChangeSettings, [true, true, true]),
            (P::RecordOptIn, [true, true, true]),
            (P::RunCampaign, [false, true, true]),
            (P::ManageRecipients, [false, true, true]),
            (P::ImportLeads, [false, true, true]),
        ];
        assert_eq!(table.map(|(power, _)| power), P::ALL);
        for (power, expected) in table {
            let roles = [StaffRole::FrontDesk, StaffRole::Manager, StaffRole::Owner];
            assert_eq!(roles.map(|role| role.may(power)), expected, "{power:?}");
        }
    }
}
