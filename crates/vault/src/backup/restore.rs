//! Coming back from a backup on a bare PC: the words open it, it is proved, and only then put in place.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ledger::ClinicId;
use seal::RootSecret;
use seal::backup::HeaderError;

use super::prove::prove;
use super::{Stop, file, off_thread, work};
use crate::clock::SharedClock;
use crate::failure::{BackupError, OpenError};
use crate::life::{DeskPlan, LockedVault, Recovered, is_named, look};
use crate::store::files::{Files, Hold, create_private};
use crate::store::{Checked, Fault, Store};

/// Name of the database until it is proved.
const UNPROVED: &str = "letan.restoring";
/// Longest time that looking for broken pages may take.
const CHECK_MOST: Duration = Duration::from_mins(30);

/// A backup that was opened by the words and proved, and is not in place yet. Dropped, it is gone.
pub struct Restoring {
    files: Files,
    unproved: Files,
    hold: Arc<Hold>,
    clinic: ClinicId,
    done: bool,
}

impl Drop for Restoring {
    fn drop(&mut self) {
        if !self.done && self.unproved.discard().is_err() {
            tracing::warn!("an unfinished restore could not be deleted");
        }
    }
}

impl From<BackupError> for OpenError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::NoRoom => Self::DiskFull,
            BackupError::Damaged => Self::Damaged,
            _ => Self::Io(std::io::ErrorKind::Other),
        }
    }
}

impl Restoring {
    /// Opens the backup `from` with the words of a kit, next to where the database will be in the
    /// directory `dir`; never where there is one. Nothing stays when this fails.
    pub async fn begin(from: &Path, dir: &Path, words: &RootSecret) -> Result<Self, OpenError> {
        let path = from.to_owned();
        let header = off_thread(move || file::header(&path)).await?;
        let kit = words.signer().id();
        let opener = match header.open_with_kit(kit, &words.receive_key()) {
            Err(HeaderError::OtherKit) => return Err(OpenError::WrongWords),
            other => other.map_err(|_| OpenError::Damaged)?,
        };
        let files = Files::new(dir);
        files.create_directory()?;
        let hold = Arc::new(Hold::take(&files)?);
        if files.exists()? {
            return Err(OpenError::Exists);
        }
        let restoring = Self {
            unproved: files.beside(UNPROVED),
            files,
            hold,
            clinic: header.about().clinic,
            done: false,
        };
        restoring.unproved.discard()?;
        let (from, to) = (from.to_owned(), restoring.unproved.database().to_owned());
        let header = off_thread(move || {
            create_private(&to)?;
            file::open(&from, &header, opener, &to, &Stop::default())?;
            Ok(header)
        })
        .await?;
        let store = restoring.store(&restoring.unproved).await?;
        let proved = restoring.prove(&store, words, header.about().entries).await;
        let closed = store.close().await;
        proved?;
        closed?;
        Ok(restoring)
    }

    async fn store(&self, files: &Files) -> Result<Store, Fault> {
        Store::open(files.clone(), Arc::clone(&self.hold), false).await
    }

    async fn prove(
        &self,
        store: &Store,
        words: &RootSecret,
        entries: u64,
    ) -> Result<(), OpenError> {
        if store.quick_check(Some(CHECK_MOST)).await? != Checked::Whole {
            return Err(OpenError::Damaged);
        }
        let locked = look(store.clone()).await?;
        if locked.clinic() != self.clinic {
            return Err(OpenError::Damaged);
        }
        locked.check_words(words)?;
        let proved = prove(store, locked.roster(), &Stop::default()).await?;
        if proved == entries {
            Ok(())
        } else {
            Err(OpenError::Damaged)
        }
    }

    /// The clinic: the account under which the keychain keeps the key.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.clinic
    }

    /// Puts the database in its place and makes this PC a new author of the clinic under
    /// `new_root`, which must be kept safe before this is called. If the clinic has a server, it is
    /// asked first what happened since. Nothing stays when this fails.
    pub async fn finish(
        mut self,
        words: &RootSecret,
        new_root: &RootSecret,
        plan: DeskPlan,
        clock: SharedClock,
    ) -> Result<Recovered, OpenError> {
        if !is_named(&plan) {
            return Err(OpenError::BadPlan);
        }
        self.unproved.publish(&self.files)?;
        self.done = true;
        let recovered = self.recovered(words, new_root, plan, clock).await;
        if recovered.is_err() {
            // It is no more than a copy of what lies in the backup.
            let _ = self.files.discard();
        }
        recovered
    }

    async fn recovered(
        &self,
        words: &RootSecret,
        new_root: &RootSecret,
        plan: DeskPlan,
        clock: SharedClock,
    ) -> Result<Recovered, OpenError> {
        let (store, locked) = self.look().await?;
        match locked.recover(words, new_root, plan, clock).await {
            Ok(recovered) => Ok(recovered),
            Err((_, error)) => {
                store.let_go().await;
                Err(error)
            }
        }
    }

    async fn look(&self) -> Result<(Store, LockedVault), OpenError> {
        let store = self.store(&self.files).await?;
        match look(store.clone()).await {
            Ok(locked) => Ok((store, locked)),
            Err(fault) => {
                store.let_go().await;
                Err(fault.into())
            }
        }
    }
}

/// Deletes what a run that was cut off left in `dir`, which nobody else holds.
pub(crate) fn sweep(files: &Files) {
    work::sweep(files.directory());
    if files.beside(UNPROVED).discard().is_err() {
        tracing::warn!("an unfinished restore could not be deleted");
    }
}
