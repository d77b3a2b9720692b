//! Durable changes: one transaction each, on the one connection that writes.

use ledger::{Entry, Payload};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Row, Sqlite, SqliteConnection};
use zeroize::Zeroizing;

use super::{Changes, ClinicRecord, Identity, Kept, Setup, Store, StoreError, read};

/// Rows of one INSERT; seven values each stay far below SQLite's limit of 32,766.
const ROWS: usize = 200;

impl Store {
    /// Makes all of `changes` durable, or nothing of it.
    pub(crate) async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        let mut slot = self.writer.lock().await;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        // A connection whose transaction failed is dropped, not trusted again.
        transact(&mut connection, changes).await?;
        *slot = Some(connection);
        Ok(())
    }

    /// The server's secrets; the first call of a new store makes `fresh` its own.
    pub(crate) async fn identity(&self, fresh: Identity) -> Result<Identity, StoreError> {
        let mut slot = self.writer.lock().await;
        let Some(connection) = slot.as_mut() else {
            return Err(StoreError::Damaged("closed"));
        };
        sqlx::query(
            "INSERT OR IGNORE INTO server (id, root, token_key, setup_code) VALUES (1, ?, ?, ?)",
        )
        .bind(fresh.root.as_slice())
        .bind(fresh.token_key.as_slice())
        .bind(fresh.setup_code)
        .execute(&mut *connection)
        .await?;
        let row = sqlx::query("SELECT root, token_key, setup_code, setup_attempts FROM server")
            .fetch_one(&mut *connection)
            .await?;
        Ok(Identity {
            root: Zeroizing::new(read::array(&row, 0)?),
            token_key: read::array(&row, 1)?,
            setup_code: row.try_get(2)?,
            setup_attempts: row.try_get(3)?,
        })
    }

    /// Gives the server a new author, for a store that was restored from a backup: the old author's
    /// ledger may have gone on elsewhere, and writing it again from here would fork it.
    pub(crate) async fn renew_identity(&self, fresh: Identity) -> Result<(), StoreError> {
        let mut slot = self.writer.lock().await;
        let Some(connection) = slot.as_mut() else {
            return Err(StoreError::Damaged("closed"));
        };
        sqlx::query("UPDATE server SET root = ?, token_key = ?")
            .bind(fresh.root.as_slice())
            .bind(fresh.token_key.as_slice())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }
}

/// Refuses a file whose pages contradict each other or whose pragmas did not take.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await?;
    if verdict != "ok" {
        return Err(StoreError::Damaged("quick check"));
    }
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *connection)
        .await?;
    if journal != "wal" || synchronous != 2 {
        return Err(StoreError::Damaged("pragmas"));
    }
    Ok(())
}

/// Folds the WAL into the database and empties it.
pub(super) async fn checkpoint(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(connection)
        .await?;
    Ok(())
}

async fn transact(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    entries(&mut transaction, &changes.entries).await?;
    fill(&mut transaction, &changes.filled).await?;
    cuts(&mut transaction, changes).await?;
    heads(&mut transaction, changes).await?;
    submissions(&mut transaction, changes).await?;
    nonces(&mut transaction, changes).await?;
    blobs(&mut transaction, changes).await?;
    if let Some(clinic) = &changes.clinic {
        publish(&mut transaction, clinic).await?;
    }
    if let Some(setup) = &changes.setup {
        set_up(&mut transaction, setup).await?;
    }
    if let Some(at) = changes.probe_ms {
        sqlx::query("UPDATE server SET probed_ms = ?")
            .bind(at)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// A sequence number as SQLite holds it; a ledger of 2⁶³ entries is a lie.
pub(super) fn stored_seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

async fn entries(connection: &mut SqliteConnection, kept: &[Kept]) -> Result<(), StoreError> {
    for rows in kept.chunks(ROWS) {
        let mut insert: QueryBuilder<'_, Sqlite> =
            QueryBuilder::new("INSERT INTO entry (author, seq, kind, header, signature, payload) ");
        insert.push_values(rows, |mut row, kept| {
            let header = &kept.entry.header;
            let payload = match &kept.entry.payload {
                Payload::Present(bytes) => Some(bytes.as_slice()),
                Payload::Erased => None,
            };
            row.push_bind(header.author.as_bytes().as_slice())
                .push_bind(stored_seq(header.seq))
                .push_bind(i64::from(header.kind as u8))
                .push_bind(header.encode().to_vec())
                .push_bind(kept.signature.map(Vec::from))
                .push_bind(payload);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn fill(connection: &mut SqliteConnection, filled: &[Entry]) -> Result<(), StoreError> {
    for entry in filled {
        sqlx::query(
            "UPDATE entry SET payload = ? WHERE author = ? AND seq = ? AND header = ? \
             AND payload IS NULL",
        )
        .bind(entry.payload.bytes())
        .bind(entry.header.author.as_bytes().as_slice())
        .bind(stored_seq(entry.header.seq))
        .bind(entry.header.encode().to_vec())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn cuts(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    for cut in &changes.cuts {
        sqlx::query("DELETE FROM entry WHERE author = ? AND seq > ?")
            .bind(cut.author.as_bytes().as_slice())
            .bind(stored_seq(cut.last_seq))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn heads(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    for head in &changes.heads {
        sqlx::query(
            "UPDATE entry SET signature = ? WHERE author = ? AND seq = ? AND signature IS NULL",
        )
        .bind(head.signature.as_slice())
        .bind(head.author.as_bytes().as_slice())
        .bind(stored_seq(head.seq))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn submissions(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), StoreError> {
    for rows in changes.submissions.chunks(ROWS) {
        let mut insert: QueryBuilder<'_, Sqlite> =
            QueryBuilder::new("INSERT INTO submission (id, digest, at_ms) ");
        insert.push_values(rows, |mut row, submission| {
            row.push_bind(submission.id.as_bytes().as_slice())
                .push_bind(submission.digest.map(Vec::from))
                .push_bind(submission.at_ms);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn nonces(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    for rows in changes.nonces.chunks(ROWS) {
        let mut insert: QueryBuilder<'_, Sqlite> =
            QueryBuilder::new("INSERT INTO nonce (author, nonce, expires_ms) ");
        insert.push_values(rows, |mut row, (nonce, expires_ms)| {
            row.push_bind(nonce.author.as_bytes().as_slice())
                .push_bind(nonce.nonce.as_slice())
                .push_bind(*expires_ms);
        });
        insert.build().execute(&mut *connection).await?;
    }
    if let Some(before) = changes.forget_before_ms {
        sqlx::query("DELETE FROM nonce WHERE expires_ms < ?")
            .bind(before)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn blobs(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    for (hash, bytes) in &changes.blobs {
        sqlx::query("INSERT OR IGNORE INTO blob (hash, bytes) VALUES (?, ?)")
            .bind(hash.as_bytes().as_slice())
            .bind(bytes.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn publish(
    connection: &mut SqliteConnection,
    clinic: &ClinicRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO clinic (id, genesis, name, statement, notice_version, notice_text) \
         VALUES (1, ?, ?, ?, ?, ?)",
    )
    .bind(clinic.genesis.as_bytes().as_slice())
    .bind(&clinic.name)
    .bind(clinic.statement.as_slice())
    .bind(&clinic.notice_version)
    .bind(&clinic.notice_text)
    .execute(connection)
    .await?;
    Ok(())
}

async fn set_up(connection: &mut SqliteConnection, setup: &Setup) -> Result<(), StoreError> {
    let query = match setup {
        Setup::Code(code) => {
            sqlx::query("UPDATE server SET setup_code = ?, setup_attempts = 0").bind(code)
        }
        Setup::Attempts(attempts) => {
            sqlx::query("UPDATE server SET setup_attempts = ?").bind(*attempts)
        }
        Setup::Done => sqlx::query("UPDATE server SET setup_code = NULL, setup_attempts = 0"),
    };
    query.execute(connection).await?;
    Ok(())
}
