//! The clinic's PCs: letting one in, cutting one off, becoming one.
use super::Desk;
use crate::failure::{Code, Failure};
use crate::status::{Invited, Repaired};
use vault::view::{DeskRole, DesksView, Inviting, JoinForm, Joining};

#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unused_self
)]
impl Desk {
    /// Every PC of the clinic.
    pub async fn desks(&self) -> Result<DesksView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Opens the waiting room.
    pub async fn invite(&self, _role: DeskRole) -> Result<Invited, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// How the invitation stands.
    pub async fn inviting(&self) -> Result<Inviting, Failure> {
        Ok(Inviting::Idle)
    }

    /// Lets the PC in, or not.
    pub async fn confirm_desk(&self, _same: bool) -> Result<Inviting, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Closes the waiting room.
    pub async fn cancel_invitation(&self) -> Result<Inviting, Failure> {
        Ok(Inviting::Idle)
    }

    /// Writes the invitation to a drive.
    pub async fn save_invitation(&self, _drive: &str) -> Result<String, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Reads an invitation from a drive.
    pub async fn read_invitation(&self, _drive: &str) -> Result<String, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Cuts a PC off.
    pub async fn revoke(&self, _id: &str, _anyway: bool) -> Result<DesksView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Renames or moves a PC.
    pub async fn rename(
        &self,
        _id: &str,
        _name: &str,
        _branch: &str,
    ) -> Result<DesksView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Knocks.
    pub async fn join(&self, _form: JoinForm) -> Result<Joining, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// How joining stands.
    #[must_use]
    pub fn joining(&self) -> Joining {
        Joining::Idle
    }

    /// Gives joining up.
    pub async fn cancel_joining(&self) -> Result<Joining, Failure> {
        Ok(Joining::Idle)
    }

    /// Brings a clinic back on a bare PC.
    pub async fn recover_from_server(
        &self,
        _words: &str,
        _server: &str,
        _desk: String,
        _branch: String,
        _person: String,
    ) -> Result<Repaired, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// The yearly drill of the kit.
    pub async fn check_kit_words(&self, _words: &str) -> Result<DesksView, Failure> {
        Err(Failure::new(Code::NotReady))
    }
}
