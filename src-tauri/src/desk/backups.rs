//! Backups: where they go, making them, trying them out, coming back from one.
use super::{Desk, Stage, held};
use crate::drive;
use crate::failure::{Code, Failure};
use crate::status::{Lost, Repaired};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use vault::backup::{Restoring, find_backups};
use vault::view::{BackupFile, BackupView, Power};
use vault::{BackupError, DeskPlan, Recovered, RootSecret, Vault};

/// Name of the folder for backups.
const FOLDER: &str = "LeTan";
/// How long after the start the first look comes: the person comes first.
const SETTLE: Duration = Duration::from_mins(1);
/// How often it is looked whether a backup is due. Short, because sleep of the PC does not count.
const LOOK_EVERY: Duration = Duration::from_mins(5);
/// How long after a failure the next look comes: if not even that one can be remembered, backups
/// must not pile up.
const REST: Duration = Duration::from_mins(30);

impl Desk {
    /// How backups stand.
    pub async fn backups(&self) -> Result<BackupView, Failure> {
        Ok(self.vault()?.backups().await?)
    }

    /// Sends backups to a drive, or to the folder that the person chooses in the desktop's dialog.
    /// They get a folder of their own there, which is how a disk that is away is told from an
    /// empty one.
    pub async fn choose_backup_place(&self, drive: Option<String>) -> Result<BackupView, Failure> {
        let vault = self.vault_for(Power::ManageBackup).await?;
        let chosen = if let Some(id) = drive {
            off_thread(move || drive::path(&id)).await?
        } else {
            let chosen = self.inner.outside.choose_folder().await;
            chosen.ok_or(Failure::new(Code::Cancelled))?
        };
        let folder = off_thread(move || own_folder(chosen)).await?;
        let view = vault.set_backup_place(&folder).await?;
        // The first one is made at once.
        self.inner.backup_due.notify_one();
        Ok(view)
    }

    /// Makes a backup.
    pub async fn back_up_now(&self) -> Result<BackupView, Failure> {
        Ok(self.vault_for(Power::ManageBackup).await?.back_up().await?)
    }

    /// Tries the newest one out.
    pub async fn drill_now(&self) -> Result<BackupView, Failure> {
        let vault = self.vault_for(Power::ManageBackup).await?;
        Ok(vault.drill_backup().await?)
    }

    /// Finds backups on a drive. [`Desk::restore`] takes only what was found last.
    pub async fn find_backups(&self, drive: &str) -> Result<Vec<BackupFile>, Failure> {
        let drive = drive.to_owned();
        let root = off_thread(move || drive::path(&drive)).await?;
        let found = find_backups(&root).await;
        let shown = found.iter().map(|one| one.shown.clone()).collect();
        *held(&self.inner.found_backups) = found.into_iter().map(|one| one.path).collect();
        Ok(shown)
    }

    /// Comes back from a backup with the words of the kit, on a PC without data: this PC becomes a
    /// new author. What the server knows beyond the backup, erasures above all, is taken in before
    /// the window opens, unless the server does not answer in time.
    pub async fn restore(
        &self,
        id: &str,
        words: &str,
        desk: String,
        branch: String,
        person: String,
    ) -> Result<Repaired, Failure> {
        let words = RootSecret::from_words(words)?;
        let mut stage = self.inner.stage.lock().await;
        if !matches!(*stage, Stage::Nothing) {
            return Err(Failure::new(Code::AlreadyFounded));
        }
        let found = held(&self.inner.found_backups).clone();
        let from = found.into_iter().find(|path| path.to_str() == Some(id));
        let from = from.ok_or(Failure::new(Code::NotFound))?;
        let plan = DeskPlan {
            desk,
            branch,
            person,
        };
        let Recovered { vault, lost } = self.restored(&from, &words, plan).await?;
        let (after, phase) = self.run(vault).await;
        *stage = after;
        Ok(Repaired {
            status: self.turn(phase),
            lost: lost.into_iter().map(Lost::from).collect(),
        })
    }

    /// Wrong words and damaged files end here before the keychain or the data are touched.
    async fn restored(
        &self,
        from: &Path,
        words: &RootSecret,
        plan: DeskPlan,
    ) -> Result<Recovered, Failure> {
        let opened = Restoring::begin(from, &self.inner.dir, words).await;
        let restoring = opened.map_err(of_a_backup)?;
        let root = RootSecret::generate(&mut rand::rng());
        let clinic = restoring.clinic().to_string();
        let secret = root.dangerous_bytes();
        self.inner.keychain.keep(&clinic, &secret).await?;
        let clock = Arc::clone(&self.inner.clock);
        let finished = restoring.finish(words, &root, plan, clock).await;
        finished.map_err(of_a_backup)
    }

    /// Makes the backups that are due, as long as the vault is open.
    pub(super) fn back_up_nightly(&self, vault: &Vault) -> JoinHandle<()> {
        let (desk, vault) = (self.clone(), vault.clone());
        tokio::spawn(async move {
            let mut pause = SETTLE;
            loop {
                // A new folder, or time: either is a reason to look.
                let asked = desk.inner.backup_due.notified();
                let _ = tokio::time::timeout(pause, asked).await;
                pause = match vault.back_up_if_due().await {
                    Ok(_) | Err(BackupError::Busy) => LOOK_EVERY,
                    Err(error) => {
                        tracing::warn!(%error, "no backup");
                        REST
                    }
                };
            }
        })
    }
}

/// A folder for nothing but backups.
fn own_folder(chosen: PathBuf) -> Result<PathBuf, Failure> {
    let own = chosen.file_name().is_some_and(|name| name == FOLDER);
    let folder = if own { chosen } else { chosen.join(FOLDER) };
    match std::fs::create_dir(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(match error.kind() {
                std::io::ErrorKind::NotFound => Failure::new(Code::BackupPlaceMissing),
                std::io::ErrorKind::StorageFull => Failure::new(Code::DiskFull),
                kind => Failure::with(Code::Io, format!("{kind:?}")),
            })
        }
        _ => Ok(folder),
    }
}

/// A damaged backup is not a damaged database.
fn of_a_backup(error: vault::OpenError) -> Failure {
    match error {
        vault::OpenError::Damaged | vault::OpenError::Foreign => Failure::new(Code::BackupDamaged),
        other => other.into(),
    }
}

/// Asks disks on a thread of its own.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(Failure::new(Code::Internal)))
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::new(match error {
            BackupError::NoPlace | BackupError::PlaceMissing => Code::BackupPlaceMissing,
            BackupError::NoRoom => Code::DiskFull,
            BackupError::NothingThere => Code::NotFound,
            BackupError::Damaged => Code::BackupDamaged,
            BackupError::Busy => Code::Busy,
            BackupError::Stopped => Code::Locked,
            BackupError::Io => Code::Io,
            BackupError::Store(error) => return error.into(),
        })
    }
}
