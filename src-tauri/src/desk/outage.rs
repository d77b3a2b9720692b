//! Days without the server: what is carried by hand.
use super::Desk;
use crate::failure::{Code, Failure};
use crate::status::Drive;
use vault::view::StickReport;

#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unused_self
)]
impl Desk {
    /// Drives that files can be carried on.
    pub async fn drives(&self) -> Result<Vec<Drive>, Failure> {
        tokio::task::spawn_blocking(crate::drive::list)
            .await
            .map_err(|_| Failure::new(Code::Internal))
    }

    /// Writes a bundle.
    pub async fn export_bundle(&self, _drive: &str) -> Result<StickReport, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Takes bundles in.
    pub async fn import_bundle(&self, _drive: &str) -> Result<StickReport, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Ends the application, unless entries are here only.
    pub async fn leave(&self, _anyway: bool) -> Result<(), Failure> {
        self.quit();
        Ok(())
    }

    /// Ends the carrying.
    pub fn cancel_bundle(&self) {}
}
