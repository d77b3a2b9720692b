//! What the server keeps: every read and every durable change, and no SQL elsewhere.
//!
//! A change is a value ([`Changes`]) that one call makes durable whole or not at all. Two stores keep the same contract,
//! which one suite of tests holds both to: one SQLite file for one process, or a PostgreSQL database that any number of
//! server processes share. Whoever changes something takes a [`Turn`] first; while it is held, nobody else changes
//! anything, so that what was read in it is still true when it ends.

mod change;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    io,
};

use ledger::{AuthorId, BlobHash, Entry, Gone, Header, Payload, RecordId, SubmissionId};

use crate::config::Config;
pub(crate) use change::{
    Changes, ClinicRecord, Identity, Kept, Knock, Nonce, Remembered, Room, RoomId,
};
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
    /// The database server does not answer.
    #[error("the database is away")]
    Away,
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
        if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) {
            return Self::Away;
        }
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            // SQLITE_FULL by its stable primary result code; PostgreSQL's disk_full.
            Some("13" | "53100") => Self::Full,
            // PostgreSQL's lock_not_available; then what it says while it stops and starts.
            Some("55P03") => Self::Busy,
            Some("57P01" | "57P02" | "57P03") => Self::Away,
            _ => Self::Database(error),
        }
    }
}

/// Most waiting rooms open at one time.
const ROOMS: i64 = 8;

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
        Ok(if let Some(url) = &config.database_url {
            Self::Postgres(PostgresStore::open(url).await?)
        } else {
            let bytes = config.limits.store_bytes;
            Self::Sqlite(SqliteStore::open(&config.data, bytes).await?.into())
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
