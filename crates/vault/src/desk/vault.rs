//! The open vault as others hold it: each call is one act of the desk behind it.
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ledger::{AuthorId, ClinicId};
use sqlx::SqlitePool;
use tokio::sync::broadcast;

use super::{Desk, act, keep, page, parse, record};
use crate::event::Event;
use crate::exchange::Synced;
use crate::failure::{ActError, SyncError};
use crate::life::PaperKit;
use crate::view::{
    Acted, DeskView, LeadAct, LeadPage, LeadQuery, LeadView, NewLead, PhoneCheck, Power,
    RevealPurpose, RevealedPhone, SavedView, SyncView, Today,
};

/// One desk's encrypted record, open. Cheap to clone; all clones are the same vault.
#[derive(Clone)]
pub struct Vault {
    pub(super) desk: Arc<Desk>,
}

impl Vault {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    /// The desk behind it.
    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Runs `work` to its end even when the caller stops waiting: a transaction cut in the
    /// middle would stay open.
    pub(crate) async fn run<T, E, F, W>(&self, work: W) -> Result<T, E>
    where
        W: FnOnce(Arc<Desk>) -> F,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<ActError> + Send + 'static,
    {
        let task = tokio::spawn(work(Arc::clone(&self.desk)));
        task.await.unwrap_or_else(|_| Err(ActError::Io.into()))
    }

    /// The one connection's pool, lent to whoever owns the process' databases.
    #[must_use]
    pub fn pool(&self) -> SqlitePool {
        self.desk.store.pool().clone()
    }

    /// Grows with every transaction. Keep it outside of the database and hand it to
    /// [`crate::LockedVault::unlock`], so that an older copy is noticed.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.desk.counter.load(Ordering::Acquire)
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.desk.events.subscribe()
    }

    /// The clinic.
    #[must_use]
    pub fn clinic_id(&self) -> ClinicId {
        self.desk.clinic
    }

    /// This desk, as an author.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        self.desk.me
    }

    /// One page of a list or of a search.
    pub async fn leads(&self, query: LeadQuery) -> Result<LeadPage, ActError> {
        let desk = &self.desk;
        let actor = &desk.require(Power::WorkLeads).await?;
        desk.steady(|| page::leads(desk, actor, query.clone()))
            .await
    }

    /// Everything about one lead.
    pub async fn lead(&self, id: &str) -> Result<LeadView, ActError> {
        let desk = &self.desk;
        let actor = &desk.require(Power::WorkLeads).await?;
        let id = parse(id)?;
        desk.steady(|| record::lead(desk, actor, id)).await
    }

    /// Does something to a lead; durable when this returns.
    pub async fn act(&self, id: &str, act: LeadAct) -> Result<Acted, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let id = parse(id)?;
        self.run(move |desk| async move { act::act(&desk, &actor, id, act).await })
            .await
    }

    /// Adds a lead by hand; durable when this returns.
    pub async fn add(&self, lead: NewLead) -> Result<Acted, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        self.run(move |desk| async move { act::add(&desk, &actor, lead).await })
            .await
    }

    /// Takes an act back.
    pub async fn undo(&self, token: &str) -> Result<Acted, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let token = token.to_owned();
        self.run(move |desk| async move { act::undo(&desk, &actor, &token).await })
            .await
    }

    /// Makes `other` a part of `into`.
    pub async fn merge(&self, into: &str, other: &str) -> Result<Acted, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let (into, other) = (parse(into)?, parse(other)?);
        self.run(move |desk| async move { act::merge(&desk, &actor, into, other).await })
            .await
    }

    /// Lets a merged lead stand for itself again.
    pub async fn unmerge(&self, id: &str) -> Result<Acted, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let id = parse(id)?;
        self.run(move |desk| async move { act::unmerge(&desk, &actor, id).await })
            .await
    }

    /// Uncovers a number. That it was uncovered, by whom and why, is durable before it is given out.
    pub async fn reveal(
        &self,
        id: &str,
        purpose: RevealPurpose,
    ) -> Result<RevealedPhone, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let id = parse(id)?;
        self.run(move |desk| async move { act::reveal(&desk, &actor, id, purpose).await })
            .await
    }

    /// What typing a number tells before anything is saved; `except` is the lead being edited.
    pub async fn check_phone(
        &self,
        text: &str,
        except: Option<&str>,
    ) -> Result<PhoneCheck, ActError> {
        let desk = &self.desk;
        let actor = &desk.require(Power::WorkLeads).await?;
        let except = except.map(parse).transpose()?;
        desk.steady(|| page::check_phone(desk, actor, text, except))
            .await
    }

    /// Keeps a note that was begun; an empty text forgets it.
    pub async fn save_draft(&self, id: &str, text: &str) -> Result<(), ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let (id, text) = (parse(id)?, text.to_owned());
        self.run(move |desk| async move { keep::save_draft(&desk, &actor, id, &text).await })
            .await
    }

    /// The sentence on top of the list.
    pub async fn today(&self) -> Result<Today, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        page::today(&self.desk, &actor).await
    }

    /// The saved lists, by name.
    pub async fn views(&self) -> Result<Vec<SavedView>, ActError> {
        self.desk.require(Power::WorkLeads).await?;
        keep::views(&self.desk).await
    }

    /// Saves a list under its name, in place of one that has it.
    pub async fn save_view(&self, view: SavedView) -> Result<(), ActError> {
        self.desk.require(Power::WorkLeads).await?;
        self.run(move |desk| async move { keep::save_view(&desk, view).await })
            .await
    }

    /// Forgets a saved list.
    pub async fn delete_view(&self, name: &str) -> Result<(), ActError> {
        self.desk.require(Power::WorkLeads).await?;
        let name = name.to_owned();
        self.run(move |desk| async move { keep::delete_view(&desk, &name).await })
            .await
    }

    /// Who this PC is.
    #[allow(clippy::unused_async)] // asked like everything else, so that it may read one day
    pub async fn desk_view(&self) -> Result<DeskView, ActError> {
        self.desk.secrets()?;
        Ok(self.desk.memory().desk_view(&self.desk))
    }

    /// Who works here from now on; only while the clinic has entered nobody, afterwards people
    /// sign in.
    pub async fn set_person(&self, name: &str) -> Result<DeskView, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        if actor.id.is_some() {
            return Err(ActError::NotAllowed);
        }
        let name = name.to_owned();
        self.run(move |desk| async move { keep::set_person(&desk, &name).await })
            .await
    }

    /// Notes that the recovery kit's words were checked.
    pub async fn mark_kit_checked(&self) -> Result<DeskView, ActError> {
        self.desk.require(Power::ManageKit).await?;
        self.run(|desk| async move { keep::mark_kit_checked(&desk).await })
            .await
    }

    /// Makes a new recovery kit and revokes the old one. Exchanges with the server first, and
    /// refuses while a linked server can't be reached.
    pub async fn renew_kit(&self) -> Result<PaperKit, SyncError> {
        self.desk.require(Power::ManageKit).await?;
        self.run(|desk| async move { keep::renew_kit(&desk).await })
            .await
    }

    /// How the exchange with the server stands.
    pub async fn sync_view(&self) -> Result<SyncView, ActError> {
        self.desk.secrets()?;
        crate::exchange::view(&self.desk).await
    }

    /// Makes the intake server at `url` the clinic's, with the one-time code from its console.
    pub async fn claim(&self, url: &str, code: &str) -> Result<DeskView, SyncError> {
        self.desk.require(Power::ManageServer).await?;
        let (url, code) = (url.to_owned(), code.to_owned());
        self.run(move |desk| async move { crate::exchange::claim(&desk, &url, &code).await })
            .await
    }

    /// Sends what the server lacks and takes what we lack.
    pub async fn sync(&self) -> Result<Synced, SyncError> {
        self.run(|desk| async move { crate::exchange::sync(&desk).await })
            .await
    }

    /// Waits until the server has something new or lacks what came here on another way; `false`
    /// when the time is up.
    pub async fn wait(&self, timeout: Duration) -> Result<bool, SyncError> {
        crate::exchange::wait(&self.desk, timeout).await
    }

    /// Empties the log, lets go of the files and forgets every key and name. Every later call of
    /// any clone answers [`ActError::Closed`].
    pub async fn close(&self) -> Result<(), ActError> {
        self.run(|desk| async move { desk.close().await }).await
    }
}
