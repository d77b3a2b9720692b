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
mod vault;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ledger::{AuthorId, ClinicId, Epoch, Ledger, RecordId, Replica, Signer};
use seal::{ClinicKey, IntakeSecret, ReceiveKey, RecordKey, RootSecret, StorageKey};
use tokio::sync::{broadcast, watch};

use crate::clock::SharedClock;
use crate::event::Event;
use crate::exchange::peers::Peers;
use crate::exchange::{self, Status};
use crate::failure::{ActError, SyncError};
use crate::local::{Front, Link, Profile};
use crate::people::{People, Tries};
use crate::state::State;
use crate::store::ledger_rows::Numbers;
use crate::store::{Batch, Fault, Store};
pub(crate) use invite::{Invited, names};
pub(crate) use load::Loading;
pub(crate) use memory::{Lag, Memory, Seat};
pub(crate) use own::{Held, OwnWrite, Scribe};
pub use vault::Vault;

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

fn parse(id: &str) -> Result<RecordId, ActError> {
    id.parse().map_err(|_| ActError::NotFound)
}

impl From<Fault> for SyncError {
    fn from(fault: Fault) -> Self {
        Self::Store(fault.into())
    }
}
