//! What the server keeps: every read and every durable change of its SQLite file, and no SQL elsewhere.
//!
//! A change is a value ([`Changes`]) that one call makes durable whole or not at all; another
//! database needs these few functions and nothing more.

mod read;
mod rooms;
mod write;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use ledger::{AuthorId, BlobHash, Entry, EntryHash, RecordId, SubmissionId};
use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// File name of the database in the data folder.
const DATABASE: &str = "intake.db";
const LOCK: &str = "intake.lock";
const READERS: u32 = 4;

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
        // SQLITE_FULL, by its stable primary result code.
        let full = error
            .as_database_error()
            .and_then(|database| database.code().map(|code| code == "13"))
            .unwrap_or(false);
        if full {
            Self::Full
        } else {
            Self::Database(error)
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
}

/// The open store: one connection that writes, a few that only read.
///
/// The readers are opened read-only. SQLite before 3.51.3 may corrupt a WAL when two connections
/// write or checkpoint at the same instant; with one writer that cannot come about.
pub(crate) struct Store {
    options: SqliteConnectOptions,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, making both if they are not there; at most `max_bytes` large.
    pub(crate) async fn open(folder: &Path, max_bytes: Option<u64>) -> Result<Self, StoreError> {
        private_folder(folder).map_err(StoreError::Folder)?;
        let lock = lock(folder)?;
        let path = folder.join(DATABASE);
        private_file(&path).map_err(StoreError::Folder)?;
        let options = options(&path, max_bytes);
        let mut writer = options.connect().await?;
        MIGRATIONS
            .run(&mut writer)
            .await
            .map_err(StoreError::Schema)?;
        write::check(&mut writer).await?;
        // What an erasure deleted may still be in the log, if the last process ended before it was folded in.
        write::checkpoint(&mut writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.clone().read_only(true).create_if_missing(false))
            .await?;
        Ok(Self {
            options,
            writer: Mutex::new(Some(writer)),
            readers,
            _lock: lock,
        })
    }

    /// Folds the WAL into the database and closes it.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        let Some(mut writer) = self.writer.lock().await.take() else {
            return Ok(());
        };
        write::checkpoint(&mut writer).await?;
        sqlx::Connection::close(writer).await?;
        Ok(())
    }
}

fn options(path: &Path, max_bytes: Option<u64>) -> SqliteConnectOptions {
    const PAGE: u64 = 4096;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .pragma("cell_size_check", "ON")
        // A row may hold 1 MiB: what is read ahead stays bounded.
        .row_buffer_size(64)
        .disable_statement_logging();
    match max_bytes {
        Some(bytes) => options.pragma("max_page_count", (bytes / PAGE).max(64).to_string()),
        None => options,
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    private_file(&path).map_err(StoreError::Folder)?;
    let file = File::open(&path).map_err(StoreError::Folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(StoreError::Folder(error)),
    }
}

/// Makes the folder, for the server's own user only where the system knows users.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the file for the server's own user only; SQLite gives its WAL the same mode.
fn private_file(path: &Path) -> io::Result<()> {
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path).map(drop)
}
