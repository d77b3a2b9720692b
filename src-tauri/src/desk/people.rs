//! The people of the clinic, and who is at this PC.
use super::Desk;
use crate::failure::{Code, Failure};
use crate::status::AppStatus;
use vault::view::{PersonForm, PersonRow, SessionView};

#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unused_self
)]
impl Desk {
    /// Everybody.
    pub async fn people(&self) -> Result<Vec<PersonRow>, Failure> {
        Ok(Vec::new())
    }

    /// Who is here.
    pub async fn session(&self) -> Result<SessionView, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Enters a person.
    pub async fn add_person(
        &self,
        _form: PersonForm,
        _pin: &str,
    ) -> Result<Vec<PersonRow>, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Changes a person.
    pub async fn change_person(
        &self,
        _id: &str,
        _form: PersonForm,
    ) -> Result<Vec<PersonRow>, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Dismisses a person, or takes one back.
    pub async fn dismiss_person(&self, _id: &str, _gone: bool) -> Result<Vec<PersonRow>, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Chooses a PIN.
    pub async fn set_pin(
        &self,
        _id: &str,
        _old: Option<&str>,
        _new: &str,
    ) -> Result<Vec<PersonRow>, Failure> {
        Err(Failure::new(Code::NotReady))
    }

    /// Sits down.
    pub async fn sign_in(&self, _id: &str, _pin: &str) -> Result<AppStatus, Failure> {
        Err(Failure::new(Code::NotReady))
    }
}
