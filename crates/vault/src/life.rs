//! A vault's life: found, opened, recovered with the paper kit, repaired after damage.
mod fetch;
mod found;
mod join;
mod open;
pub(crate) mod rebuild;
mod recover;
mod repair;

use std::path::Path;

use ledger::{AuthorId, ClinicId, Roster};
use seal::RootSecret;

use crate::clock::SharedClock;
use crate::desk::Vault;
use crate::failure::OpenError;
use crate::store::Fault;
use crate::store::files::{Files, Hold};
use crate::store::ledger_rows::Identity;
pub use fetch::{Fetched, fetch};
pub use found::Founding;
pub(crate) use found::{is_named, name, put_epoch_key};
pub use join::{Admitted, Knock};
pub use open::LockedVault;
pub(crate) use open::{look, matches_state};
pub use repair::salvage;

/// What the recovery kit is called among the clinic's authors.
pub(crate) const PAPER_NAME: &str = "Bộ khôi phục trên giấy";

/// A clinic as it is founded.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundingPlan {
    /// Clinic's name.
    pub clinic_name: String,
    /// Branch of this PC; may be empty.
    pub branch: String,
    /// Name of this PC.
    pub desk: String,
    /// Person at the desk; may be empty.
    pub person: String,
}

/// A PC as it joins a clinic.
#[derive(Clone, PartialEq, Eq)]
pub struct DeskPlan {
    /// Branch of this PC; may be empty.
    pub branch: String,
    /// Name of this PC.
    pub desk: String,
    /// Person at the desk; may be empty.
    pub person: String,
}

/// The recovery kit, to be written down and then forgotten.
pub struct PaperKit {
    /// Its secret; the 24 words are another spelling of it.
    pub root: RootSecret,
}

/// What lies in a directory.
#[allow(clippy::large_enum_variant)] // one of it exists, for a moment
pub enum Found {
    /// No database: a clinic may be founded here.
    Nothing,
    /// A sealed one.
    Sealed(LockedVault),
}

/// A vault that was brought back, and what did not come with it.
pub struct Recovered {
    /// The vault.
    pub vault: Vault,
    /// What was lost; empty when nothing was.
    pub lost: Vec<Loss>,
}

/// Something that could not be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Notes begun on this PC and not saved.
    Drafts,
    /// Saved lists.
    Views,
    /// Who works here, and whether the kit was checked.
    Profile,
    /// The link to the server; claim it again.
    ServerLink,
    /// Entries of one author after `seq`; the server or another PC may have them.
    Entries {
        /// Name of the author, or its id when even that is lost.
        author: String,
        /// Last entry that was saved.
        seq: u64,
    },
}

/// Looks what is in `dir` without a key, and keeps other instances out from now on.
pub async fn probe(dir: &Path) -> Result<Found, OpenError> {
    open::probe(dir).await
}

/// Deletes the data in `dir`, contents first: ends what [`Vault::wipe`] began. Copies elsewhere, and
/// files of other programs, stay.
pub async fn wipe(dir: &Path) -> Result<(), OpenError> {
    let files = Files::new(dir);
    let hold = Hold::take(&files)?;
    let wiped = tokio::task::spawn_blocking(move || files.wipe()).await;
    hold.release();
    Ok(wiped.map_err(|_| Fault::Io)??)
}

impl LockedVault {
    /// The clinic.
    #[must_use]
    pub fn clinic(&self) -> ClinicId {
        self.identity.clinic
    }

    pub(crate) const fn identity(&self) -> Identity {
        self.identity
    }

    pub(crate) const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The desk that wrote this database.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        self.identity.author
    }

    /// Clinic's name, as its first entry tells.
    #[must_use]
    pub fn clinic_name(&self) -> String {
        self.roster.clinic_name().unwrap_or_default().to_owned()
    }

    /// Opens the vault. `mirrored` is [`Vault::counter`] as it was last kept outside of the
    /// database: one that counts less is an older copy.
    pub async fn unlock(
        self,
        root: &RootSecret,
        clock: SharedClock,
        mirrored: Option<u64>,
    ) -> Result<Vault, (Self, OpenError)> {
        match open::unlock(&self, root, clock, mirrored).await {
            Ok(vault) => Ok(vault),
            Err(error) => Err((self, error)),
        }
    }

    /// Whether these are the words of a kit that [`Self::recover`] would take; changes nothing.
    pub fn check_words(&self, words: &RootSecret) -> Result<(), OpenError> {
        recover::kit(self, words).map(drop)
    }

    /// Opens a database whose key is lost, with the secret of the paper kit: the kit enrols this
    /// PC anew under `new_root`, which must be kept safe before this is called. If the clinic has a
    /// server, it is asked first what happened meanwhile. At a failure nothing has changed.
    pub async fn recover(
        self,
        words: &RootSecret,
        new_root: &RootSecret,
        plan: DeskPlan,
        clock: SharedClock,
    ) -> Result<Recovered, (Self, OpenError)> {
        match recover::recover_here(&self, words, new_root, plan, clock).await {
            Ok(recovered) => Ok(recovered),
            Err(error) => Err((self, error)),
        }
    }

    /// Brings back what can be brought back of a damaged database. The file is copied aside first.
    pub async fn repair(
        self,
        root: &RootSecret,
        clock: SharedClock,
    ) -> Result<Recovered, OpenError> {
        repair::repair(self.store, root, clock).await
    }
}

impl From<crate::failure::ActError> for OpenError {
    fn from(error: crate::failure::ActError) -> Self {
        use crate::failure::ActError;
        match error {
            ActError::DiskFull => Self::DiskFull,
            ActError::Damaged => Self::Damaged,
            ActError::TooLong | ActError::BadInput => Self::BadPlan,
            _ => Self::Io(std::io::ErrorKind::Other),
        }
    }
}
