//! The store as one SQLite file, for one server process.

mod read;
mod rooms;
mod write;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::PoisonError,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use super::{Stamp, StoreError, Turn};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// File name of the database in the data folder.
const DATABASE: &str = "intake.db";
const LOCK: &str = "intake.lock";
const READERS: u32 = 4;

/// The open store: one connection that writes, a few that only read.
///
/// The readers are opened read-only. SQLite before 3.51.3 may corrupt a WAL when two connections
/// write or checkpoint at the same instant; with one writer that cannot come about.
pub(crate) struct SqliteStore {
    options: SqliteConnectOptions,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
    /// Number of the last arrival; unknown after a transaction whose end failed.
    cursor: std::sync::Mutex<Option<u64>>,
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `folder`, making both if they are not there; at most `max_bytes` large.
    pub(in crate::store) async fn open(
        folder: &Path,
        max_bytes: Option<u64>,
    ) -> Result<Self, StoreError> {
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
            cursor: std::sync::Mutex::default(),
            _lock: lock,
        })
    }

    /// Memory follows this one process's own changes: there is nothing to lock.
    pub(in crate::store) async fn turn(&self) -> Result<Turn, StoreError> {
        let known = *self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = match known {
            Some(cursor) => cursor,
            None => self.cursor().await?,
        };
        self.at(Some(cursor));
        Ok(Turn::alone(Stamp { version: 0, cursor }))
    }

    fn at(&self, cursor: Option<u64>) {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = cursor;
    }

    /// Folds the WAL into the database and closes it.
    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
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
