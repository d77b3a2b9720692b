//! An open vault: who may touch what, in which order.
mod act;
mod invite;
mod keep;
mod load;
mod members;
mod memory;
pub(crate) mod own;
mod page;
mod people;
mod record;
mod row;
mod timeline;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use ledger::{AuthorId, ClinicId, Epoch, Ledger, RecordId, Replica, Signer};
use seal::{ClinicKey, IntakeSecret, ReceiveKey, RecordKey, RootSecret, StorageKey};
use sqlx::SqlitePool;
use tokio::sync::{broadcast, watch};

use crate::clock::SharedClock;
use crate::event::Event;
use crate::exchange::peers::Peers;
use crate::exchange::{self, Status, Synced};
use crate::failure::{ActError, SyncError};
use crate::life::PaperKit;
use crate::local::{Front, Link, Profile};
use crate::people::{People, Tries};
use crate::state::State;
use crate::store::ledger_rows::Numbers;
use crate::store::{Batch, Fault, Store};
use crate::view::{
    Acted, DeskView, LeadAct, LeadPage, LeadQuery, LeadView, NewLead, PhoneCheck, Power,
    RevealPurpose, RevealedPhone, SavedView, SyncView, Today,
};
pub(crate) use invite::{Invited, names};
pub(crate) use load::Loading;
pub(crate) use memory::{Lag, Memory, Seat};
pub(crate) use own::{Held, OwnWrite, Scribe};

/// Latest time that is believed, whatever a clock or a server says: the year 2999. All arithmetic
/// with times stays far from the end of its range.
const LATEST_MS: i64 = 32_503_679_999_999;

/// How many events a listener may fall behind before it is told so.
const EVENTS: usize = 256;

/// What this desk's root secret gives.
pub(crate) struct Secrets {
    pub signer: Signer,
    pub receive: ReceiveKey,
    pub storage: StorageKey,
}

impl Secrets {
    pub(crate) fn of(root: &RootSecret) -> Self {
        Self {
            signer: root.signer(),
            receive: root.receive_key(),
            storage: root.storage_key(),
        }
    }
}

/// What one clinic key gives.
pub(crate) struct EpochKeys {
    pub clinic: ClinicKey,
    pub record: RecordKey,
    pub intake: IntakeSecret,
}

impl EpochKeys {
    pub(crate) fn of(clinic: ClinicKey) -> Self {
        Self {
            record: clinic.record_key(),
            intake: clinic.intake_secret(),
            clinic,
        }
    }
}

/// Clinic keys by epoch.
pub(crate) type Epochs = BTreeMap<Epoch, Arc<EpochKeys>>;

/// A setting and the version of its row.
pub(crate) struct Versioned<T> {
    pub value: T,
    pub version: Option<i64>,
}

/// What only one act at a time may change.
pub(crate) struct Writer {
    pub ledger: Ledger,
    pub replica: Replica,
    pub numbers: Numbers,
    pub state: State,
    pub epochs: Epochs,
    pub next_row: i64,
    pub profile: Versioned<Profile>,
    pub link: Versioned<Link>,
    pub tries: Versioned<Tries>,
    pub people: People,
    pub peers: Versioned<Peers>,
}

impl Writer {
    /// The newest clinic key.
    pub(crate) fn epoch(&self) -> Result<(Epoch, Arc<EpochKeys>), ActError> {
        let (epoch, keys) = self.epochs.last_key_value().ok_or(ActError::Damaged)?;
        Ok((*epoch, Arc::clone(keys)))
    }
}

/// An open vault's parts.
pub(crate) struct Desk {
    pub store: Store,
    pub clock: SharedClock,
    pub clinic: ClinicId,
    pub me: AuthorId,
    secrets: RwLock<Option<Arc<Secrets>>>,
    writer: tokio::sync::Mutex<Option<Writer>>,
    memory: Mutex<Memory>,
    events: broadcast::Sender<Event>,
    loading: watch::Sender<Loading>,
    counter: AtomicU64,
    /// Counts how often the lead rows were given new places, or began to be.
    placement: AtomicU64,
    offset: AtomicI64,
    pub exchange: tokio::sync::Mutex<()>,
    /// Tells this start of this PC from every other.
    pub instance: [u8; 16],
    grown: watch::Sender<u64>,
    pub status: Mutex<Status>,
    invited: Mutex<Invited>,
    pub backups: crate::backup::Turn,
}

/// What a desk is put together from.
pub(crate) struct Parts {
    pub store: Store,
    pub clock: SharedClock,
    pub clinic: ClinicId,
    pub secrets: Secrets,
    pub writer: Writer,
    pub front: Option<Front>,
    pub loading: Loading,
    pub check_later: bool,
}

/// The writer, held; gives `Closed` when the vault was closed meanwhile.
pub(crate) struct Writing<'a>(tokio::sync::MutexGuard<'a, Option<Writer>>);

impl Writing<'_> {
    pub(crate) fn get(&mut self) -> Result<&mut Writer, ActError> {
        self.0.as_mut().ok_or(ActError::Closed)
    }
}

impl Desk {
    pub(crate) fn assemble(parts: Parts) -> Arc<Self> {
        let Parts {
            store,
            clock,
            clinic,
            secrets,
            writer,
            front,
            loading,
            check_later,
        } = parts;
        let mut memory = Memory::of(&writer, front);
        if loading != (Loading::Running { rebuild: true }) {
            memory.see_staff(&writer.people.staff);
        }
        let desk = Arc::new(Self {
            store,
            clock,
            clinic,
            me: secrets.signer.id(),
            secrets: RwLock::new(Some(Arc::new(secrets))),
            memory: Mutex::new(memory),
            events: broadcast::channel(EVENTS).0,
            loading: watch::channel(loading).0,
            counter: AtomicU64::new(writer.state.counter),
            placement: AtomicU64::new(0),
            offset: AtomicI64::new(writer.link.value.offset),
            exchange: tokio::sync::Mutex::new(()),
            invited: Mutex::default(),
            backups: crate::backup::Turn::default(),
            instance: rand::random(),
            grown: watch::channel(writer.state.counter).0,
            status: Mutex::new(Status::of(&writer.link.value)),
            writer: tokio::sync::Mutex::new(Some(writer)),
        });
        load::begin(&desk, check_later);
        desk
    }

    /// This PC's time, corrected by what the server said.
    pub(crate) fn now(&self) -> i64 {
        self.clock
            .now_ms()
            .saturating_add(self.offset.load(Ordering::Relaxed))
            .clamp(0, LATEST_MS)
    }

    pub(crate) fn set_offset(&self, offset: i64) {
        self.offset.store(offset, Ordering::Relaxed);
    }

    pub(crate) fn secrets(&self) -> Result<Arc<Secrets>, ActError> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.as_ref().map(Arc::clone).ok_or(ActError::Closed)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn writing(&self) -> Writing<'_> {
        Writing(self.writer.lock().await)
    }

    /// Moves whenever a ledger does.
    pub(crate) fn grown(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is no fault.
        let _ = self.events.send(event);
    }

    /// Seals the new state into `batch`, writes everything, and only then lets the state be so.
    pub(crate) async fn commit(
        &self,
        writer: &mut Writer,
        mut batch: Batch,
        mut state: State,
    ) -> Result<(), ActError> {
        let secrets = self.secrets()?;
        state.put(&mut batch, &secrets.storage)?;
        self.store.write(batch).await?;
        self.counter.store(state.counter, Ordering::Release);
        if !writer.state.same_ledgers(&state) {
            self.grown.send_replace(state.counter);
        }
        writer.state = state;
        Ok(())
    }

    /// Deleted bytes leave the file's log, too; an act does not wait for that.
    pub(crate) fn truncate_log_soon(self: &Arc<Self>) {
        let desk = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(fault) = desk.store.truncate_log().await {
                tracing::warn!(?fault, "the log was not truncated");
            }
        });
    }

    /// Lets go of the files and deletes them, contents first.
    async fn wipe(&self) -> Result<(), ActError> {
        let writer = self.writing().await.0.take().ok_or(ActError::Closed)?;
        self.store.let_go().await;
        drop(writer);
        self.forget();
        let files = self.store.files().clone();
        let wiped = tokio::task::spawn_blocking(move || files.wipe()).await;
        self.store.hold().release();
        Ok(wiped.map_err(|_| ActError::Io)??)
    }

    /// Forgets every key and name.
    fn forget(&self) {
        *self.memory() = Memory::default();
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.invited.lock().unwrap_or_else(PoisonError::into_inner) = Invited::default();
        self.loading.send_replace(Loading::Failed(ActError::Closed));
    }

    async fn close(&self) -> Result<(), ActError> {
        if let Err(error) = exchange::witness_at_end(self).await {
            tracing::warn!(%error, "how this PC stands was not written down");
        }
        self.backups.end().await;
        let mut writing = self.writing().await;
        let Some(mut writer) = writing.0.take() else {
            return Err(ActError::Closed);
        };
        let kept = keep::front(self, &mut writer).await;
        let closed = self.store.close().await;
        self.store.hold().release();
        drop(writer);
        self.forget();
        if let Err(error) = kept {
            tracing::warn!(%error, "the first page was not kept");
        }
        Ok(closed?)
    }
}

/// One desk's encrypted record, open. Cheap to clone; all clones are the same vault.
#[derive(Clone)]
pub struct Vault {
    desk: Arc<Desk>,
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

fn parse(id: &str) -> Result<RecordId, ActError> {
    id.parse().map_err(|_| ActError::NotFound)
}

impl From<Fault> for SyncError {
    fn from(fault: Fault) -> Self {
        Self::Store(fault.into())
    }
}
