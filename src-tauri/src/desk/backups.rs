//! Backups: where they go, making them, trying them out, coming back from one.
use super::Desk;
use crate::failure::{Code, Failure};
use crate::status::Repaired;
use vault::view::{BackupFile, BackupView};

#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unused_self
)]
impl Desk {
    /// How backups stand.
    pub async fn backups(&self) -> Result<BackupView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Sends backups elsewhere.
    pub async fn choose_backup_place(&self, _drive: Option<String>) -> Result<BackupView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Makes one.
    pub async fn back_up_now(&self) -> Result<BackupView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Tries one out.
    pub async fn drill_now(&self) -> Result<BackupView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Finds backups on a drive.
    pub async fn find_backups(&self, _drive: &str) -> Result<Vec<BackupFile>, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Comes back from one.
    pub async fn restore(
        &self,
        _id: &str,
        _words: &str,
        _desk: String,
        _branch: String,
        _person: String,
    ) -> Result<Repaired, Failure> {
        Err(Failure::new(Code::NotReady))
    }
}
