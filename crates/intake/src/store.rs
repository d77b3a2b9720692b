//! What the server keeps: every read and every durable change, and no SQL elsewhere.
//!
//! A change is a value ([`Changes`]) that one call makes durable whole or not at all. Two stores keep the same contract,
//! which one suite of tests holds both to: one SQLite file for one process, or a PostgreSQL database that any number of
//! server processes share. Whoever changes something takes a [`Turn`] first; while it is held, nobody else changes
//! anything, so that what was read in it is still true when it ends.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    io,
};

use ledger::{
    AuthorId, BlobHash, Entry, EntryHash, Gone, Header, Kind, Payload, RecordId, SubmissionId,
};
use zeroize::Zeroizing;

use crate::config::Config;
use postgres::PostgresStore;
use sqlite::SqliteStore;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk, or the set size is reached; nothing was changed.
    #[error("the disk or the store's set size is full")]
    Full,
    /// Another server works on this folder.
    #[error("another server uses this data folder")]
    InUse,
    /// What was read is not what was once written.
    #[error("the store holds something that this version cannot read: {0}")]
    Damaged(&'static str),
    /// The file system refused.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[source] io::Error),
    /// The schema could not be brought up to date.
    #[error("the store's schema cannot be brought up to date")]
    Schema(#[source] sqlx::migrate::MigrateError),
    /// Another process held the database for too long; nothing was changed.
    #[error("the database is busy")]
    Busy,
    /// The database server does not do what durable storage needs.
    #[error("the database cannot be used: {0}")]
    Unfit(&'static str),
    /// The database server is not there, or does not let this program in.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// Any other fault of the database.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

/// Why a change was not made durable.
#[derive(Debug)]
pub(crate) struct Failed {
    /// What went wrong.
    pub error: StoreError,
    /// Nothing was changed, for certain. Otherwise the end of the transaction itself failed, and the store must be
    /// read to know.
    pub certain: bool,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|it| it.code());
        match code.as_deref() {
            // SQLITE_FULL by its stable primary result code; PostgreSQL's disk_full.
            Some("13" | "53100") => Self::Full,
            // PostgreSQL's lock_not_available.
            Some("55P03") => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

/// The server's own secrets and the state of its setup.
pub(crate) struct Identity {
    /// Root secret of the server's author.
    pub root: Zeroizing<[u8; 32]>,
    /// Signs the tokens in the form's page.
    pub token_key: [u8; 32],
    /// The one-time setup code, while no clinic has claimed this server.
    pub setup_code: Option<String>,
    /// The store is an old copy: a desk showed more of the server's own ledger than it holds.
    pub behind: bool,
}

/// The clinic that claimed this server, and what it published.
#[derive(Clone)]
pub(crate) struct ClinicRecord {
    /// Hash of the genesis entry; the clinic's id is its beginning.
    pub genesis: EntryHash,
    /// The clinic's name.
    pub name: String,
    /// The signed statement of the intake key, as received.
    pub statement: Vec<u8>,
    /// Version of the privacy notice.
    pub notice_version: String,
    /// Text of the privacy notice.
    pub notice_text: String,
}

/// An entry and, where its author vouched for it as a head, the signature.
pub(crate) struct Kept {
    /// The entry.
    pub entry: Entry,
    /// The author's signature over the head at this entry.
    pub signature: Option<[u8; 64]>,
    /// Set aside: it lies beyond its author's revocation.
    pub void: bool,
}

/// What is remembered of a submission so that a repeated post is recognised.
#[derive(Clone, Copy)]
pub(crate) struct Remembered {
    /// Its id.
    pub id: SubmissionId,
    /// Digest of its sealed bytes; none if it was sealed here.
    pub digest: Option<[u8; 32]>,
    /// When it was received, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A signed request's nonce.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Nonce {
    /// Who signed.
    pub author: AuthorId,
    /// The nonce.
    pub nonce: [u8; 16],
}

/// Most waiting rooms open at one time.
const ROOMS: i64 = 8;

/// Names a waiting room: 16 bytes that only the two PCs of a joining know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomId(pub [u8; 16]);

/// What was said in a waiting room.
pub(crate) struct Room {
    /// The owner's offer.
    pub offer: Vec<u8>,
    /// The request of the PC that joins.
    pub request: Option<Vec<u8>>,
    /// The owner's answer.
    pub answer: Option<Vec<u8>>,
    /// When the room is gone, milliseconds since the Unix epoch.
    pub expires_ms: i64,
}

/// What became of a request to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knock {
    /// It is in the room, now or already.
    Heard,
    /// Somebody else asked first.
    Taken,
    /// No such room is open.
    NoRoom,
}

/// Everything that becomes durable together.
#[derive(Default)]
pub(crate) struct Changes {
    /// Entries in order of arrival.
    pub entries: Vec<Kept>,
    /// Entries stored without their payload, which has now come.
    pub filled: Vec<Entry>,
    /// Records whose payloads are deleted.
    pub erased: Vec<RecordId>,
    /// Authors whose entries beyond a number are set aside: a revocation cut them short.
    pub cuts: Vec<ledger::replica::Cut>,
    /// Signatures for heads of entries that were there already.
    pub heads: Vec<ledger::SignedHead>,
    /// Submissions to recognise from now on.
    pub submissions: Vec<Remembered>,
    /// Nonces with the time when they may be forgotten.
    pub nonces: Vec<(Nonce, i64)>,
    /// Nonces and waiting rooms that expired before this time are forgotten.
    pub forget_before_ms: Option<i64>,
    /// Attachment chunks.
    pub blobs: Vec<(BlobHash, Vec<u8>)>,
    /// The clinic's facts, whole; the setup code has done its work then.
    pub clinic: Option<ClinicRecord>,
    /// The store is an old copy.
    pub behind: bool,
    /// Proof that the store can be written, with the time.
    pub probe_ms: Option<i64>,
}

impl Changes {
    /// Whether there is nothing to do.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.filled.is_empty()
            && self.erased.is_empty()
            && self.cuts.is_empty()
            && self.heads.is_empty()
            && self.submissions.is_empty()
            && self.nonces.is_empty()
            && self.blobs.is_empty()
            && self.clinic.is_none()
            && !self.behind
            && self.probe_ms.is_none()
    }

    /// Whether it does more than append: memory that follows other processes' changes must be read anew then.
    #[must_use]
    fn reshapes(&self) -> bool {
        let kinds = |kept: &Kept| {
            let kind = kept.entry.header.kind;
            kept.void || matches!(kind, Kind::Member | Kind::Erase)
        };
        self.clinic.is_some()
            || self.behind
            || !self.filled.is_empty()
            || !self.erased.is_empty()
            || !self.cuts.is_empty()
            || self.entries.iter().any(kinds)
    }
}

/// How far a store is: what memory must be compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Counts durable changes; a store that one process has for itself stays at 0.
    pub version: i64,
    /// Number of the last arrival; 0 before the first.
    pub cursor: u64,
}

/// The right to change the store, until it is used or ended.
pub(crate) struct Turn {
    /// How far the store is.
    pub at: Stamp,
    /// The last version that did more than append.
    pub reshaped: i64,
    hold: Option<sqlx::Transaction<'static, sqlx::Postgres>>,
}

impl Turn {
    fn alone(at: Stamp) -> Self {
        Self {
            at,
            reshaped: 0,
            hold: None,
        }
    }

    /// Lets others change the store; nothing was changed here.
    pub(crate) async fn end(self) {
        if let Some(hold) = self.hold {
            // A connection that fails here is closed, which ends its transaction too.
            let _ = hold.rollback().await;
        }
    }
}

/// The open store.
pub(crate) enum Store {
    /// One file, one process.
    Sqlite(Box<SqliteStore>),
    /// A database that several processes share.
    Postgres(PostgresStore),
}

/// Asks whichever store it is.
macro_rules! ask {
    ($store:ident . $call:ident ( $($argument:expr),* )) => {
        match $store {
            Store::Sqlite(store) => store.$call($($argument),*).await,
            Store::Postgres(store) => store.$call($($argument),*).await,
        }
    };
}

impl Store {
    /// Opens the store that `config` names, and brings its schema up to date.
    pub(crate) async fn open(config: &Config) -> Result<Self, StoreError> {
        Ok(match &config.database_url {
            Some(url) => Self::Postgres(PostgresStore::open(url).await?),
            None => {
                let bytes = config.limits.store_bytes;
                Self::Sqlite(SqliteStore::open(&config.data, bytes).await?.into())
            }
        })
    }

    /// Whether other processes may work on it too.
    #[must_use]
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Writes out what is held back, and closes it.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        ask!(self.close())
    }

    /// The server's secrets; the first call of a new store makes `fresh` its own.
    pub(crate) async fn found(&self, fresh: Identity) -> Result<Identity, StoreError> {
        ask!(self.found(fresh))
    }

    /// The server's secrets.
    pub(crate) async fn identity(&self) -> Result<Identity, StoreError> {
        ask!(self.identity())
    }

    /// Gives the server a new author, for a store that was restored from a backup: the old author's
    /// ledger may have gone on elsewhere, and writing it again from here would fork it.
    pub(crate) async fn renew_identity(&self, fresh: Identity) -> Result<(), StoreError> {
        ask!(self.renew_identity(fresh))
    }

    /// Waits until nobody else changes anything.
    pub(crate) async fn turn(&self) -> Result<Turn, StoreError> {
        ask!(self.turn())
    }

    /// How many durable changes there were; 0 for ever if nobody else can make any.
    pub(crate) async fn version(&self) -> Result<i64, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(0),
            Self::Postgres(store) => store.version().await,
        }
    }

    /// Makes all of `changes` durable, or nothing of it; tells how far the store is then.
    pub(crate) async fn apply(&self, turn: Turn, changes: &Changes) -> Result<Stamp, Failed> {
        match self {
            Self::Sqlite(store) => store.apply(changes).await,
            Self::Postgres(store) => store.apply(turn, changes).await,
        }
    }

    /// Removes deleted bytes as far as the database lets go of them; false if somebody was in the way.
    pub(crate) async fn fold(&self) -> Result<bool, StoreError> {
        ask!(self.fold())
    }

    /// The clinic, once one has claimed this server.
    pub(crate) async fn clinic(&self) -> Result<Option<ClinicRecord>, StoreError> {
        ask!(self.clinic())
    }

    /// All entries that enrol, revoke or rename an author, in order of arrival.
    pub(crate) async fn members(&self) -> Result<Vec<Entry>, StoreError> {
        ask!(self.members())
    }

    /// The last header of every author's ledger.
    pub(crate) async fn tips(&self) -> Result<Vec<Header>, StoreError> {
        ask!(self.tips())
    }

    /// Which payloads are not in the store, and which erasures account for them.
    pub(crate) async fn gone(&self) -> Result<Gone, StoreError> {
        ask!(self.gone())
    }

    /// Headers of the entries that arrived after number `cursor`, in order of arrival, and whether each has its payload.
    pub(crate) async fn arrived(&self, cursor: u64) -> Result<Vec<(Header, bool)>, StoreError> {
        ask!(self.arrived(cursor))
    }

    /// Headers of `author`'s entries numbered `from..=to`, as far as they are here.
    pub(crate) async fn headers(
        &self,
        author: AuthorId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Header>, StoreError> {
        ask!(self.headers(author, from, to))
    }

    /// When `author`'s entry `seq` arrived, as its number in the order of arrivals.
    pub(crate) async fn arrival(
        &self,
        author: AuthorId,
        seq: u64,
    ) -> Result<Option<i64>, StoreError> {
        ask!(self.arrival(author, seq))
    }

    /// Headers of a record's entries that have a payload which an erasure takes.
    pub(crate) async fn erasable(&self, record: RecordId) -> Result<Vec<Header>, StoreError> {
        ask!(self.erasable(record))
    }

    /// Entries of `author` after `seq`, in their order: as many as `bytes` holds, each counted with
    /// `overhead` bytes beside its payload. Those set aside come without theirs.
    pub(crate) async fn entries_after(
        &self,
        author: AuthorId,
        seq: u64,
        bytes: usize,
        overhead: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        ask!(self.entries_after(author, seq, bytes, overhead))
    }

    /// What is remembered of these submissions.
    pub(crate) async fn remembered(
        &self,
        ids: &[SubmissionId],
    ) -> Result<HashMap<SubmissionId, Remembered>, StoreError> {
        ask!(self.remembered(ids))
    }

    /// All nonces that are not to be forgotten before `now_ms`, with their ends.
    pub(crate) async fn nonces(&self, now_ms: i64) -> Result<HashMap<Nonce, i64>, StoreError> {
        ask!(self.nonces(now_ms))
    }

    /// Those of `asked` that are stored.
    pub(crate) async fn spent(&self, asked: &[Nonce]) -> Result<HashSet<Nonce>, StoreError> {
        ask!(self.spent(asked))
    }

    /// An attachment chunk.
    pub(crate) async fn blob(&self, hash: BlobHash) -> Result<Option<Vec<u8>>, StoreError> {
        ask!(self.blob(hash))
    }

    /// When the store was last proved writable, milliseconds since the Unix epoch.
    pub(crate) async fn probed_ms(&self) -> Result<i64, StoreError> {
        ask!(self.probed_ms())
    }

    /// Opens a room, or replaces it with all that was said in it. False if too many are open.
    pub(crate) async fn open_room(
        &self,
        id: RoomId,
        offer: &[u8],
        expires_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        ask!(self.open_room(id, offer, expires_ms, now_ms))
    }

    /// What is said in a room that is open.
    pub(crate) async fn room(&self, id: RoomId, now_ms: i64) -> Result<Option<Room>, StoreError> {
        ask!(self.room(id, now_ms))
    }

    /// Asks to join; the first one to ask has the room.
    pub(crate) async fn knock(
        &self,
        id: RoomId,
        request: &[u8],
        now_ms: i64,
    ) -> Result<Knock, StoreError> {
        ask!(self.knock(id, request, now_ms))
    }

    /// Answers whoever asked; false if the room is not open or nobody asked.
    pub(crate) async fn answer_room(
        &self,
        id: RoomId,
        answer: &[u8],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        ask!(self.answer_room(id, answer, now_ms))
    }

    /// Closes a room, if it is open.
    pub(crate) async fn close_room(&self, id: RoomId) -> Result<(), StoreError> {
        ask!(self.close_room(id))
    }
}

/// A sequence number as databases hold it; a ledger of 2⁶³ entries is a lie.
fn stored_seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Exactly `N` bytes of a column.
fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Damaged("length of a column"))
}

fn header(bytes: &[u8]) -> Result<Header, StoreError> {
    Header::decode(bytes).map_err(|_| StoreError::Damaged("entry header"))
}

/// An entry from its columns.
fn kept(
    header_bytes: &[u8],
    signature: Option<&[u8]>,
    payload: Option<Vec<u8>>,
    void: bool,
) -> Result<Kept, StoreError> {
    Ok(Kept {
        entry: Entry {
            header: header(header_bytes)?,
            payload: payload.map_or(Payload::Erased, Payload::Present),
        },
        signature: signature.map(fixed).transpose()?,
        void,
    })
}

/// Whether `left` bytes have room for one more entry and `overhead`; takes them if so.
fn fits(left: &mut usize, next: &Kept, overhead: usize) -> bool {
    let size = overhead + next.entry.payload.bytes().map_or(0, <[u8]>::len);
    match left.checked_sub(size) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}
