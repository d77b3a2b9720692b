//! The people of the clinic, and who is at this PC.
use super::{Desk, held};
use crate::failure::Failure;
use crate::status::{AppStatus, Phase};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use vault::view::{PersonForm, PersonRow, SessionView};
use vault::{Event, Vault};

impl Desk {
    /// Everybody; while nobody is signed in, those who could.
    pub async fn people(&self) -> Result<Vec<PersonRow>, Failure> {
        Ok(self.vault()?.people().await?)
    }

    /// Who is here.
    pub async fn session(&self) -> Result<SessionView, Failure> {
        Ok(self.vault()?.session().await?)
    }

    /// Enters a person.
    pub async fn add_person(&self, form: PersonForm, pin: &str) -> Result<Vec<PersonRow>, Failure> {
        self.recorded(self.vault()?.add_person(form, pin).await)
    }

    /// Changes a person.
    pub async fn change_person(
        &self,
        id: &str,
        form: PersonForm,
    ) -> Result<Vec<PersonRow>, Failure> {
        self.recorded(self.vault()?.change_person(id, form).await)
    }

    /// Dismisses a person, or takes one back.
    pub async fn dismiss_person(&self, id: &str, gone: bool) -> Result<Vec<PersonRow>, Failure> {
        self.recorded(self.vault()?.dismiss_person(id, gone).await)
    }

    /// Chooses a PIN.
    pub async fn set_pin(
        &self,
        id: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<Vec<PersonRow>, Failure> {
        self.recorded(self.vault()?.set_pin(id, old, new).await)
    }

    /// Sits down.
    pub async fn sign_in(&self, id: &str, pin: &str) -> Result<AppStatus, Failure> {
        self.vault()?.sign_in(id, pin).await?;
        self.inner.idle.touch();
        self.refresh().await?;
        Ok(self.status())
    }

    /// Leaves the desk to whoever comes next: the data stay open and the exchange goes on.
    pub(super) async fn sign_out(&self, vault: &Vault) -> Result<AppStatus, Failure> {
        held(&self.inner.kit).take();
        vault.sign_out();
        let desk = vault.desk_view().await?;
        Ok(self.turn(Phase::SignedOut { desk }))
    }

    /// Follows the people of the clinic: one may be dismissed, or the first one entered, elsewhere.
    pub(super) fn watch_people(&self, vault: &Vault) -> JoinHandle<()> {
        let (desk, vault, mut events) = (self.clone(), vault.clone(), vault.events());
        tokio::spawn(async move {
            desk.note_people(&vault);
            loop {
                match events.recv().await {
                    Ok(Event::People | Event::Loaded) | Err(RecvError::Lagged(_)) => {
                        desk.note_people(&vault);
                        // It fails where the data were closed meanwhile, which says it all.
                        let _ = desk.refresh().await;
                    }
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        })
    }

    fn note_people(&self, vault: &Vault) {
        if vault.has_people() {
            self.inner.settings.expect_people();
        }
    }
}
