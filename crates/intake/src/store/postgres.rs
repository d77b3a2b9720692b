//! The store as a PostgreSQL database that several server processes share.
//!
//! The server's one row is their lock: whoever changes something holds it from the first look to the end of the
//! transaction, so that memory is never ahead of what is committed, and the server's own ledger never forks.

mod read;
mod rooms;
mod write;

use std::{net::IpAddr, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, Row,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{Identity, Stamp, StoreError, Turn};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of one server process: one that changes, the others read.
const CONNECTIONS: u32 = 8;
/// Oldest version that is tested, as the server says it.
const OLDEST: i32 = 150_000;

/// The open database.
pub(crate) struct PostgresStore {
    pool: PgPool,
}

/// What the address says. Where it says nothing of TLS, a database on another machine must prove itself by its
/// certificate: passwords and the server's own secrets travel there.
fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    let says = url.contains("sslmode=") || url.contains("ssl-mode=");
    if says || std::env::var_os("PGSSLMODE").is_some() || stays_here(&options) {
        return Ok(options);
    }
    Ok(options.ssl_mode(PgSslMode::VerifyFull))
}

/// By a Unix socket or loopback.
fn stays_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

impl PostgresStore {
    /// Connects to the database of `url` and brings its schema up to date.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url).map_err(StoreError::Unreachable)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(
                options
                    .application_name("letan-intake")
                    .disable_statement_logging()
                    .options([
                        // Whatever the database's own settings are: what was answered for is on the disk.
                        ("synchronous_commit", "on"),
                        ("lock_timeout", "15s"),
                        // A process that hangs in its turn must not stop the others.
                        ("idle_in_transaction_session_timeout", "30s"),
                    ]),
            )
            .await
            .map_err(StoreError::Unreachable)?;
        let store = Self { pool };
        store.check().await?;
        // Several processes may start at once: the migrator takes a lock of its own.
        MIGRATIONS
            .run(&store.pool)
            .await
            .map_err(StoreError::Schema)?;
        Ok(store)
    }

    async fn check(&self) -> Result<(), StoreError> {
        let row = sqlx::query(
            "SELECT current_setting('server_version_num')::int4, current_setting('fsync'), \
             current_setting('full_page_writes'), pg_is_in_recovery()",
        )
        .fetch_one(&self.pool)
        .await?;
        let (version, fsync, pages): (i32, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if version < OLDEST {
            return Err(StoreError::Unfit("PostgreSQL 15 or newer is needed"));
        }
        if fsync != "on" || pages != "on" {
            return Err(StoreError::Unfit(
                "fsync and full_page_writes must be on, or a power cut loses what was answered for",
            ));
        }
        if row.try_get(3)? {
            return Err(StoreError::Unfit(
                "it is a standby, which cannot be written",
            ));
        }
        Ok(())
    }

    /// Closes the connections.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.pool.close().await;
        Ok(())
    }

    /// The server's secrets; the first call of a new store makes `fresh` its own.
    pub(super) async fn found(&self, fresh: Identity) -> Result<Identity, StoreError> {
        sqlx::query(
            "INSERT INTO server (id, root, token_key, setup_code) VALUES (1, $1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(fresh.root.as_slice())
        .bind(fresh.token_key.as_slice())
        .bind(fresh.setup_code)
        .execute(&self.pool)
        .await?;
        self.identity().await
    }

    /// Gives the server a new author.
    pub(super) async fn renew_identity(&self, fresh: Identity) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE server SET root = $1, token_key = $2, behind = FALSE, version = version + 1, \
             reshaped = version + 1",
        )
        .bind(fresh.root.as_slice())
        .bind(fresh.token_key.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Waits for the lock of the server's row.
    pub(super) async fn turn(&self) -> Result<Turn, StoreError> {
        let mut hold = self.pool.begin().await?;
        let row = sqlx::query("SELECT version, reshaped, arrivals FROM server FOR UPDATE")
            .fetch_one(&mut *hold)
            .await?;
        let arrivals: i64 = row.try_get(2)?;
        Ok(Turn {
            at: Stamp {
                version: row.try_get(0)?,
                cursor: u64::try_from(arrivals).unwrap_or(0),
            },
            reshaped: row.try_get(1)?,
            hold: Some(hold),
        })
    }

    /// How many durable changes there were.
    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT version FROM server")
            .fetch_one(&self.pool)
            .await?)
    }

    /// Gives the room of deleted rows back for new ones, which then overwrite them.
    pub(super) async fn fold(&self) -> Result<bool, StoreError> {
        sqlx::query("VACUUM entry").execute(&self.pool).await?;
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn must_prove_itself(url: &str) -> bool {
        matches!(options(url).unwrap().get_ssl_mode(), PgSslMode::VerifyFull)
    }

    #[test]
    fn a_database_on_another_machine_must_prove_itself_unless_the_address_says_otherwise() {
        for far in [
            "postgres://letan:x@db.example/letan",
            "postgres://letan:x@10.0.0.7:5433/letan",
            "postgres://letan:x@[2001:db8::1]/letan",
            "postgres://letan:x@localhost.example/letan",
        ] {
            assert!(must_prove_itself(far), "{far}");
        }
        for near in [
            "postgres://letan@localhost/letan",
            "postgres://letan@localhost/letan?host=/var/run/postgresql",
            "postgres://letan@127.0.0.1/letan",
            "postgres://letan@[::1]/letan",
            "postgres://letan:x@10.0.0.7/letan?sslmode=disable",
            "postgres://letan:x@db.example/letan?sslmode=verify-ca",
        ] {
            assert!(!must_prove_itself(near), "{near}");
        }
    }
}
