//! The database file: opened with the settings we insist on, written one transaction at a time.
pub(crate) mod batch;
pub(crate) mod fault;
pub(crate) mod files;
pub(crate) mod ledger_rows;
pub(crate) mod sealed_rows;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

pub(crate) use batch::Batch;
use batch::Sent;
pub(crate) use fault::Fault;
use files::{Files, Hold, Reserve};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// "LTAN", so that another program's database is never taken for ours.
const APPLICATION_ID: u32 = 1_280_590_158;

/// Rows that SQLite's thread may read ahead of us.
const ROWS_AHEAD: usize = 4096;

/// How long a damaged-or-not look may delay the first page; a database that is larger than this
/// shows is looked through later, and every row proves itself when it is opened.
const CHECK_BUDGET: Duration = Duration::from_millis(5);

/// One desk's open database.
#[derive(Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
    files: Files,
    reserve: Arc<Reserve>,
    hold: Arc<Hold>,
    waiting: Arc<AtomicUsize>,
    kept: Arc<Mutex<Option<PoolConnection<Sqlite>>>>,
}

/// The one connection, as long as somebody works with it.
pub(crate) type Lease<'a> = MappedMutexGuard<'a, SqliteConnection>;

/// One who waits for the connection.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a structural check found within its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Everything was looked at and is sound.
    Whole,
    /// Nothing bad so far, but time ran out.
    Partly,
}

impl Store {
    /// Opens the database file named `file`, creating it when `create` says so, and brings its
    /// tables up to date.
    pub(crate) async fn open(files: Files, hold: Arc<Hold>, create: bool) -> Result<Self, Fault> {
        if create {
            files.create_database()?;
        } else {
            // Before SQLite touches it: another program's file stays as it is.
            files.check_owner(APPLICATION_ID)?;
        }
        files.tighten()?;
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_mins(2))
            .connect_with(options(files.database()))
            .await?;
        let reserve = Arc::new(Reserve::new(files.reserve()));
        let store = Self {
            pool,
            files,
            reserve,
            hold,
            waiting: Arc::default(),
            kept: Arc::default(),
        };
        if let Err(fault) = store.prepare().await {
            store.let_go().await;
            return Err(fault);
        }
        Ok(store)
    }

    async fn prepare(&self) -> Result<(), Fault> {
        MIGRATIONS
            .run(&self.pool)
            .await
            .map_err(|error| match error {
                MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => Fault::TooNew,
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    error.into()
                }
                _ => Fault::Damaged,
            })?;
        self.verify_settings().await
    }

    /// A pragma that SQLite does not honour fails silently, so each is read back.
    async fn verify_settings(&self) -> Result<(), Fault> {
        let row = sqlx::query(
            "SELECT (SELECT journal_mode = 'wal' FROM pragma_journal_mode)
                AND (SELECT synchronous = 2 FROM pragma_synchronous)
                AND (SELECT secure_delete = 1 FROM pragma_secure_delete)
                AND (SELECT foreign_keys = 1 FROM pragma_foreign_keys)
                AND (SELECT trusted_schema = 0 FROM pragma_trusted_schema)
                AND (SELECT temp_store = 2 FROM pragma_temp_store)
                AND (SELECT locking_mode = 'exclusive' FROM pragma_locking_mode)
                AND (SELECT cell_size_check = 1 FROM pragma_cell_size_check)",
        )
        .fetch_one(&self.pool)
        .await?;
        if row.try_get::<bool, _>(0)? {
            Ok(())
        } else {
            Err(Fault::Settings)
        }
    }

    /// The pool, to be lent to whoever owns the process' databases.
    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Where the files lie.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The file that keeps room on the disk for emergencies.
    pub(crate) fn reserve(&self) -> &Reserve {
        &self.reserve
    }

    /// The lock that keeps other instances out.
    pub(crate) fn hold(&self) -> Arc<Hold> {
        Arc::clone(&self.hold)
    }

    /// The one connection, once it is free. Whoever looks for damage meanwhile gives way.
    ///
    /// It stays out of the pool until [`Store::let_go`]: the pool asks a connection for a sign of
    /// life at every return, which would cost each read and write one more trip to SQLite's thread.
    pub(crate) async fn connection(&self) -> Result<Lease<'_>, Fault> {
        let _waiting = Waiting::begin(&self.waiting);
        let mut kept = self.kept.lock().await;
        if kept.is_none() {
            *kept = Some(self.pool.acquire().await?);
        }
        MutexGuard::try_map(kept, Option::as_deref_mut).map_err(|_| Fault::Io)
    }

    /// Closes the pool and its connection.
    pub(crate) async fn let_go(&self) {
        drop(self.kept.lock().await.take());
        self.pool.close().await;
    }

    /// Writes everything in `batch` or nothing. Must run in a task that nobody cancels.
    pub(crate) async fn write(&self, batch: Batch) -> Result<(), Fault> {
        if self.reserve.is_spent() {
            let reserve = Arc::clone(&self.reserve);
            let filled = tokio::task::spawn_blocking(move || reserve.fill()).await;
            if !matches!(filled, Ok(Ok(()))) {
                return Err(Fault::DiskFull);
            }
        }
        self.write_anyway(batch).await
    }

    /// Like [`Store::write`], but also with the last room of the disk: for locking and deleting.
    pub(crate) async fn write_anyway(&self, batch: Batch) -> Result<(), Fault> {
        let mut connection = self.connection().await?;
        let sent = batch.send(&mut connection).await;
        if let Sent::Failed(fault) = sent {
            // SQLite may have rolled back by itself, then this has nothing to do.
            let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
            if fault == Fault::DiskFull {
                self.reserve.spend();
            }
            return Err(fault);
        }
        Ok(())
    }

    /// Moves the log into the file and cuts it, so that deleted bytes are gone from both.
    pub(crate) async fn truncate_log(&self) -> Result<(), Fault> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *self.connection().await?)
            .await?;
        if row.try_get::<i64, _>(0)? == 0 {
            Ok(())
        } else {
            Err(Fault::Io)
        }
    }

    /// Looks for broken pages, for at most `budget` (the default one when `None`) and only as long
    /// as nobody else needs the connection.
    pub(crate) async fn quick_check(&self, budget: Option<Duration>) -> Result<Checked, Fault> {
        let mut connection = self.connection().await?;
        let end = Instant::now() + budget.unwrap_or(CHECK_BUDGET);
        let waiting = Arc::clone(&self.waiting);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(1_000, move || {
                waiting.load(Ordering::Relaxed) == 0 && Instant::now() < end
            });
        let found = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)")
            .fetch_all(&mut *connection)
            .await;
        connection.lock_handle().await?.remove_progress_handler();
        match found {
            Ok(lines) if lines.iter().all(|line| line == "ok") => Ok(Checked::Whole),
            Ok(_) => Err(Fault::Damaged),
            Err(error) => match Fault::from(error) {
                Fault::Interrupted => Ok(Checked::Partly),
                other => Err(other),
            },
        }
    }

    /// Copies the whole database as it is at one moment into the new file `to`, for this user only,
    /// without what was deleted; gives the number of entries in it. Everybody else waits meanwhile,
    /// about a second for 150 MB. So it is `Interrupted` as soon as `go_on`, which is told
    /// whether somebody waits, says no. Must run in a task that nobody cancels.
    pub(crate) async fn copy_into(
        &self,
        to: &Path,
        go_on: impl Fn(bool) -> bool + Send + 'static,
    ) -> Result<u64, Fault> {
        files::create_private(to)?;
        let name = to.to_str().ok_or(Fault::Io)?;
        let mut connection = self.connection().await?;
        let waiting = Arc::clone(&self.waiting);
        let handler = move || go_on(waiting.load(Ordering::Relaxed) > 0);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(10_000, handler);
        let copied = copied(&mut connection, name).await;
        connection.lock_handle().await?.remove_progress_handler();
        Ok(copied?.cast_unsigned())
    }

    /// Empties the log and lets go of the file.
    pub(crate) async fn close(&self) -> Result<(), Fault> {
        let mut emptied = self.truncate_log().await;
        if emptied == Err(Fault::DiskFull) {
            self.reserve.spend();
            emptied = self.truncate_log().await;
        }
        self.let_go().await;
        emptied
    }
}

async fn copied(connection: &mut SqliteConnection, to: &str) -> Result<i64, sqlx::Error> {
    let entries = sqlx::query_scalar("SELECT count(*) FROM entry")
        .fetch_one(&mut *connection)
        .await?;
    let copy = sqlx::query("VACUUM INTO ?").bind(to);
    copy.execute(connection).await?;
    Ok(entries)
}

fn options(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(false)
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .pragma("cell_size_check", "ON")
        .busy_timeout(Duration::from_secs(2))
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}
