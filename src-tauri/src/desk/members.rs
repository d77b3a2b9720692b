//! The clinic's PCs: letting one in, cutting one off, becoming one, and coming back without any.
use super::{Desk, Stage, held};
use crate::drive;
use crate::failure::{Code, Failure};
use crate::keychain::Trouble;
use crate::kit::qr_svg;
use crate::outside::News;
use crate::status::{Invited, Lost, Repaired};
use std::path::PathBuf;
use std::sync::Arc;
use vault::view::{DeskRole, DesksView, Inviting, JoinForm, Joining, Power};
use vault::{
    Admitted, DeskPlan, Fetched, Knock, MemberError, Recovered, RootSecret, SyncError, fetch,
};

/// Name of the file that an invitation is carried in.
const INVITATION_FILE: &str = "letan-invitation.txt";
/// Longest such file that is read, in bytes.
const INVITATION_MAX: u64 = 4 << 10;

impl Desk {
    /// Every PC of the clinic.
    pub async fn desks(&self) -> Result<DesksView, Failure> {
        let view = self.vault()?.desks().await?;
        Ok(self.for_person(view).await)
    }

    /// Only who may manage PCs is offered to.
    async fn for_person(&self, mut view: DesksView) -> DesksView {
        view.may_manage &= self.vault_for(Power::ManageDesks).await.is_ok();
        view
    }

    /// Opens the waiting room.
    pub async fn invite(&self, role: DeskRole) -> Result<Invited, Failure> {
        let vault = self.vault_for(Power::ManageDesks).await?;
        let invitation = vault.invite(role).await?;
        let qr_svg = qr_svg(&invitation.link)?;
        *held(&self.inner.invitation) = Some(invitation.clone());
        Ok(Invited { invitation, qr_svg })
    }

    /// How the invitation stands.
    #[allow(clippy::unused_async)] // asked like everything else
    pub async fn inviting(&self) -> Result<Inviting, Failure> {
        Ok(self.vault()?.inviting())
    }

    /// Lets the PC in, or not.
    pub async fn confirm_desk(&self, same: bool) -> Result<Inviting, Failure> {
        let vault = self.vault_for(Power::ManageDesks).await?;
        let confirmed = self.recorded(vault.confirm_desk(same).await)?;
        held(&self.inner.invitation).take();
        Ok(confirmed)
    }

    /// Closes the waiting room.
    pub async fn cancel_invitation(&self) -> Result<Inviting, Failure> {
        held(&self.inner.invitation).take();
        Ok(self.vault()?.cancel_invitation().await?)
    }

    /// Writes the invitation to a drive.
    pub async fn save_invitation(&self, drive: &str) -> Result<String, Failure> {
        self.vault_for(Power::ManageDesks).await?;
        let open = held(&self.inner.invitation).clone();
        let link = open.ok_or(Failure::new(Code::InvitationExpired))?.link;
        let path = invitation_on(drive).await?;
        off_window(move || std::fs::write(path, format!("{link}\n"))).await?;
        Ok(INVITATION_FILE.to_owned())
    }

    /// Reads an invitation from a drive.
    pub async fn read_invitation(&self, drive: &str) -> Result<String, Failure> {
        let path = invitation_on(drive).await?;
        let text = off_window(move || {
            if std::fs::metadata(&path)?.len() > INVITATION_MAX {
                return Ok(String::new());
            }
            std::fs::read_to_string(path)
        });
        let wrong = || Failure::new(Code::WrongInvitation);
        let line = text.await.map_err(|_| wrong())?.trim().to_owned();
        Knock::reads(&line).then_some(line).ok_or_else(wrong)
    }

    /// Cuts a PC off.
    pub async fn revoke(&self, id: &str, anyway: bool) -> Result<DesksView, Failure> {
        let vault = self.vault_for(Power::ManageDesks).await?;
        let view = self.recorded(vault.revoke(id, anyway).await)?;
        Ok(self.for_person(view).await)
    }

    /// Renames or moves a PC.
    pub async fn rename(&self, id: &str, name: &str, branch: &str) -> Result<DesksView, Failure> {
        let vault = self.vault_for(Power::ManageDesks).await?;
        let view = self.recorded(vault.rename(id, name, branch).await)?;
        self.refresh().await?;
        Ok(self.for_person(view).await)
    }

    /// Knocks, and waits in the background for the other PC to decide.
    pub async fn join(&self, form: JoinForm) -> Result<Joining, Failure> {
        self.without_data().await?;
        self.stop_joining();
        self.keychain_answers().await?;
        self.show_joining(Joining::Knocking);
        let clock = Arc::clone(&self.inner.clock);
        let knock = match Knock::at(&form, clock).await {
            Ok(knock) => knock,
            Err(error) => {
                let shown = shown(error);
                self.show_joining(shown.clone().unwrap_or(Joining::Idle));
                return shown.ok_or_else(|| error.into());
            }
        };
        let view = knock.view();
        let desk = self.clone();
        // Held until it is written down, so that it can't be forgotten by a task that is faster.
        let mut joining = held(&self.inner.joining);
        joining.1 = Some(tokio::spawn(
            async move { desk.wait_for_answer(knock).await },
        ));
        joining.0 = view.clone();
        drop(joining);
        self.inner.outside.tell(News::Joining(view.clone()));
        Ok(view)
    }

    async fn wait_for_answer(&self, knock: Knock) {
        let answer = knock.answer().await;
        // From here on it can't be given up: nobody is left who could.
        if held(&self.inner.joining).1.take().is_none() {
            return;
        }
        match answer {
            Ok(admitted) => match self.joined(admitted).await {
                Ok(()) => self.show_joining(Joining::Joined),
                Err(failure) => {
                    tracing::error!(code = ?failure.code, "let in, but the data could not be made");
                    self.show_joining(Joining::Refused);
                }
            },
            Err(error) => self.show_joining(shown(error).unwrap_or(Joining::Refused)),
        }
    }

    /// The key is kept, then the data are made, then the window is let in.
    async fn joined(&self, admitted: Admitted) -> Result<(), Failure> {
        let mut stage = self.inner.stage.lock().await;
        if !matches!(*stage, Stage::Nothing) {
            return Err(Failure::new(Code::AlreadyFounded));
        }
        let clinic = admitted.clinic().to_string();
        let secret = admitted.root().dangerous_bytes();
        self.forget_removal();
        self.inner.keychain.keep(&clinic, &secret).await?;
        let clock = Arc::clone(&self.inner.clock);
        let vault = admitted.create(&self.inner.dir, clock).await?;
        let (after, phase) = self.run(vault).await;
        *stage = after;
        self.turn(phase);
        Ok(())
    }

    /// How joining stands.
    #[must_use]
    pub fn joining(&self) -> Joining {
        held(&self.inner.joining).0.clone()
    }

    /// Gives joining up.
    #[allow(clippy::unused_async)] // asked like everything else
    pub async fn cancel_joining(&self) -> Result<Joining, Failure> {
        self.stop_joining();
        self.show_joining(Joining::Idle);
        Ok(Joining::Idle)
    }

    fn stop_joining(&self) {
        if let Some(waiting) = held(&self.inner.joining).1.take() {
            waiting.abort();
        }
    }

    fn show_joining(&self, joining: Joining) {
        held(&self.inner.joining).0 = joining.clone();
        self.inner.outside.tell(News::Joining(joining));
    }

    /// Only where there are no data.
    async fn without_data(&self) -> Result<(), Failure> {
        match *self.inner.stage.lock().await {
            Stage::Nothing => Ok(()),
            _ => Err(Failure::new(Code::AlreadyFounded)),
        }
    }

    /// Before another PC lets us in: a keychain that keeps nothing would waste it.
    async fn keychain_answers(&self) -> Result<(), Failure> {
        match self.inner.keychain.counter("joining").await {
            Ok(_) | Err(Trouble::Missing | Trouble::Wrong) => Ok(()),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Brings a clinic back on a bare PC.
    pub async fn recover_from_server(
        &self,
        words: &str,
        server: &str,
        desk: String,
        branch: String,
        person: String,
    ) -> Result<Repaired, Failure> {
        let paper = RootSecret::from_words(words)?;
        let mut stage = self.inner.stage.lock().await;
        if !matches!(*stage, Stage::Nothing) {
            return Err(Failure::new(Code::AlreadyFounded));
        }
        let plan = DeskPlan {
            desk,
            branch,
            person,
        };
        let clock = Arc::clone(&self.inner.clock);
        let fetched = fetch(&self.inner.dir, &paper, server, clock).await?;
        let Recovered { vault, lost } = self.recovered_here(fetched, &paper, plan).await?;
        let (after, phase) = self.run(vault).await;
        *stage = after;
        Ok(Repaired {
            status: self.turn(phase),
            lost: lost.into_iter().map(Lost::from).collect(),
        })
    }

    async fn recovered_here(
        &self,
        fetched: Fetched,
        paper: &RootSecret,
        plan: DeskPlan,
    ) -> Result<Recovered, Failure> {
        let root = RootSecret::generate(&mut rand::rng());
        let clinic = fetched.clinic().to_string();
        let secret = root.dangerous_bytes();
        self.forget_removal();
        if let Err(trouble) = self.inner.keychain.keep(&clinic, &secret).await {
            fetched.discard().await;
            return Err(trouble.into());
        }
        let clock = Arc::clone(&self.inner.clock);
        Ok(fetched.recover(paper, &root, plan, clock).await?)
    }

    /// The yearly drill of the kit.
    pub async fn check_kit_words(&self, words: &str) -> Result<DesksView, Failure> {
        let words = RootSecret::from_words(words)?;
        let vault = self.vault_for(Power::ManageKit).await?;
        let view = vault.check_kit_words(&words).await?;
        self.refresh().await?;
        Ok(self.for_person(view).await)
    }
}

/// What the joining screen shows of an error; `None` for one that is answered at once.
fn shown(error: MemberError) -> Option<Joining> {
    match error {
        MemberError::Expired => Some(Joining::Expired),
        MemberError::Refused => Some(Joining::Refused),
        MemberError::Sync(SyncError::Unreachable) => Some(Joining::Unreachable),
        _ => None,
    }
}

/// Where an invitation lies on a drive.
async fn invitation_on(drive: &str) -> Result<PathBuf, Failure> {
    let drive = drive.to_owned();
    let path = tokio::task::spawn_blocking(move || drive::path(&drive)).await;
    let path = path.map_err(|_| Failure::new(Code::DriveMissing))??;
    Ok(path.join(INVITATION_FILE))
}

/// Touches a disk that may be slow.
async fn off_window<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| Failure::new(Code::Io))?;
    done.map_err(|error| Failure::with(Code::Io, format!("{:?}", error.kind())))
}
