//! Days without the server: what is carried by hand, and leaving with entries that nobody else has.
use super::{Desk, held};
use crate::failure::{Code, Failure};
use crate::outside::News;
use crate::status::Drive;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use vault::view::StickReport;
use vault::{Carrying, StickError, Vault};

impl Desk {
    /// Drives that files can be carried on.
    pub async fn drives(&self) -> Result<Vec<Drive>, Failure> {
        tokio::task::spawn_blocking(crate::drive::list)
            .await
            .map_err(|_| Failure::new(Code::Internal))
    }

    /// Writes everything this PC has into one sealed file on the drive.
    pub async fn export_bundle(&self, drive: &str) -> Result<StickReport, Failure> {
        self.carry(drive, async |vault: Vault, dir: PathBuf, carrying| {
            vault.export_stick(&dir, carrying).await
        })
        .await
    }

    /// Takes in every file of this clinic that lies on the drive.
    pub async fn import_bundle(&self, drive: &str) -> Result<StickReport, Failure> {
        let report = self
            .carry(drive, async |vault: Vault, dir: PathBuf, carrying| {
                vault.import_stick(&dir, carrying).await
            })
            .await;
        self.recorded(report)
    }

    /// One carrying at a time, with its progress told.
    async fn carry<F>(
        &self,
        drive: &str,
        work: impl FnOnce(Vault, PathBuf, Carrying) -> F,
    ) -> Result<StickReport, Failure>
    where
        F: Future<Output = Result<StickReport, StickError>>,
    {
        let vault = self.vault()?;
        let id = drive.to_owned();
        let dir = tokio::task::spawn_blocking(move || crate::drive::path(&id))
            .await
            .map_err(|_| Failure::new(Code::Internal))??;
        let outside = Arc::clone(&self.inner.outside);
        let carrying = Carrying::new(move |progress| outside.tell(News::Bundle(progress)));
        {
            let mut place = held(&self.inner.carrying);
            if place.is_some() {
                return Err(Failure::new(Code::Busy));
            }
            *place = Some(carrying.clone());
        }
        let report = work(vault, dir, carrying).await;
        held(&self.inner.carrying).take();
        Ok(report?)
    }

    /// Ends the carrying that is going on; what was taken in stays.
    pub fn cancel_bundle(&self) {
        if let Some(carrying) = held(&self.inner.carrying).as_ref() {
            carrying.cancel();
        }
    }

    /// Entries that would be on this PC only; 0 with nothing open.
    #[must_use]
    pub fn here_only(&self) -> u64 {
        self.vault()
            .ok()
            .and_then(|vault| vault.here_only().ok())
            .unwrap_or(0)
    }

    /// Ends the application, unless entries are here only and nobody said `anyway`.
    #[allow(clippy::unused_async)] // asked like everything else
    pub async fn leave(&self, anyway: bool) -> Result<(), Failure> {
        let here_only = self.here_only();
        if here_only > 0 && !anyway {
            return Err(Failure::with(Code::Unsent, here_only.to_string()));
        }
        self.quit();
        Ok(())
    }
}

impl From<StickError> for Failure {
    fn from(error: StickError) -> Self {
        Self::new(match error {
            StickError::NoBundle => Code::NoBundle,
            StickError::Damaged => Code::BundleDamaged,
            StickError::Foreign => Code::BundleForeign,
            StickError::TooNew => return Self::with(Code::BundleForeign, "version"),
            StickError::NoKey => return Self::with(Code::BundleForeign, "key"),
            StickError::Cancelled => Code::Cancelled,
            StickError::Full => Code::DiskFull,
            StickError::Io => return Self::with(Code::Io, "stick"),
            StickError::Store(error) => return error.into(),
        })
    }
}
