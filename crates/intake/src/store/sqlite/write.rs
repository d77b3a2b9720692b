//! Durable changes: one transaction each, on the one connection that writes.

use ledger::{Entry, RecordId};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::SqliteStore;
use crate::store::{Changes, ClinicRecord, Failed, Identity, Kept, Stamp, StoreError, stored_seq};

/// The table's sequence, not its largest row: dropped entries must not make the number run backwards.
pub(super) const CURSOR: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'entry'";

/// Rows of one INSERT; their values each stay far below SQLite's limit of 32,766.
const ROWS: usize = 200;

impl SqliteStore {
    /// Makes all of `changes` durable, or nothing of it.
    pub(in crate::store) async fn apply(&self, changes: &Changes) -> Result<Stamp, Failed> {
        let mut slot = self.writer.lock().await;
        let mut connection = self.connection(slot.take()).await.map_err(certainly)?;
        self.at(None);
        // A connection whose transaction failed is dropped, not trusted again.
        let cursor = transact(&mut connection, changes).await?;
        *slot = Some(connection);
        self.at(Some(cursor));
        Ok(Stamp { version: 0, cursor })
    }

    /// Folds the write-ahead log into the database and empties it, so that deleted bytes are nowhere any more; false
    /// if a reader was in the way.
    pub(in crate::store) async fn fold(&self) -> Result<bool, StoreError> {
        let mut slot = self.writer.lock().await;
        let mut connection = self.connection(slot.take()).await?;
        let folded = checkpoint(&mut connection).await?;
        *slot = Some(connection);
        Ok(folded)
    }

    pub(super) async fn connection(
        &self,
        open: Option<SqliteConnection>,
    ) -> Result<SqliteConnection, StoreError> {
        match open {
            Some(connection) => Ok(connection),
            None => Ok(self.options.connect().await?),
        }
    }

    /// The server's secrets; the first call of a new store makes `fresh` its own.
    pub(in crate::store) async fn found(&self, fresh: Identity) -> Result<Identity, StoreError> {
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
        self.identity().await
    }

    /// Gives the server a new author, for a store that was restored from a backup: the old author's
    /// ledger may have gone on elsewhere, and writing it again from here would fork it.
    pub(in crate::store) async fn renew_identity(&self, fresh: Identity) -> Result<(), StoreError> {
        let mut slot = self.writer.lock().await;
        let Some(connection) = slot.as_mut() else {
            return Err(StoreError::Damaged("closed"));
        };
        sqlx::query("UPDATE server SET root = ?, token_key = ?, behind = 0")
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

/// Folds the WAL into the database and empties it; false if somebody was reading all the while.
pub(super) async fn checkpoint(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await?;
    let busy: i64 = row.try_get(0)?;
    Ok(busy == 0)
}

fn certainly(error: impl Into<StoreError>) -> Failed {
    Failed {
        error: error.into(),
        certain: true,
    }
}

async fn transact(connection: &mut SqliteConnection, changes: &Changes) -> Result<u64, Failed> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begun.map_err(certainly)?;
    make(&mut transaction, changes).await.map_err(certainly)?;
    let last: Option<i64> = sqlx::query_scalar(CURSOR)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(certainly)?;
    transaction.commit().await.map_err(|error| Failed {
        error: error.into(),
        certain: false,
    })?;
    Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
}

async fn make(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    // What makes room comes first: a full store must still be able to erase and to forget.
    forget(connection, changes).await?;
    erase(connection, &changes.erased).await?;
    entries(connection, &changes.entries).await?;
    fill(connection, &changes.filled).await?;
    cuts(connection, changes).await?;
    heads(connection, changes).await?;
    submissions(connection, changes).await?;
    nonces(connection, changes).await?;
    blobs(connection, changes).await?;
    if let Some(clinic) = &changes.clinic {
        publish(connection, clinic).await?;
    }
    if changes.behind {
        sqlx::query("UPDATE server SET behind = 1")
            .execute(&mut *connection)
            .await?;
    }
    if let Some(at) = changes.probe_ms {
        sqlx::query("UPDATE server SET probed_ms = ?")
            .bind(at)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn forget(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    if let Some(before) = changes.forget_before_ms {
        sqlx::query("DELETE FROM nonce WHERE expires_ms < ?")
            .bind(before)
            .execute(&mut *connection)
            .await?;
        sqlx::query("DELETE FROM room WHERE expires_ms < ?")
            .bind(before)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Deletes the payloads of these records' entries, those set aside too; headers stay, so that the chains verify.
async fn erase(connection: &mut SqliteConnection, records: &[RecordId]) -> Result<(), StoreError> {
    for record in records {
        sqlx::query(
            "UPDATE entry SET payload = NULL \
             WHERE substr(header, 35, 16) = ? AND payload IS NOT NULL AND kind IN (1, 2, 7)",
        )
        .bind(record.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn entries(connection: &mut SqliteConnection, kept: &[Kept]) -> Result<(), StoreError> {
    give_way(connection, kept).await?;
    for rows in kept.chunks(ROWS) {
        let mut insert: QueryBuilder<'_, Sqlite> = QueryBuilder::new(
            "INSERT INTO entry (author, seq, kind, header, signature, payload, void) ",
        );
        insert.push_values(rows, |mut row, kept| {
            let header = &kept.entry.header;
            row.push_bind(header.author.as_bytes().as_slice())
                .push_bind(stored_seq(header.seq))
                .push_bind(i64::from(header.kind as u8))
                .push_bind(header.encode().to_vec())
                .push_bind(kept.signature.map(Vec::from))
                .push_bind(kept.entry.payload.bytes())
                .push_bind(kept.void);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Entries that were set aside make room for those that now count in their places.
async fn give_way(connection: &mut SqliteConnection, kept: &[Kept]) -> Result<(), StoreError> {
    for of_one in kept.chunk_by(|one, next| one.entry.header.author == next.entry.header.author) {
        let [first, ..] = of_one else { continue };
        let last = of_one.last().unwrap_or(first);
        sqlx::query("DELETE FROM entry WHERE void = 1 AND author = ? AND seq BETWEEN ? AND ?")
            .bind(first.entry.header.author.as_bytes().as_slice())
            .bind(stored_seq(first.entry.header.seq))
            .bind(stored_seq(last.entry.header.seq))
            .execute(&mut *connection)
            .await?;
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
        sqlx::query("UPDATE entry SET void = 1 WHERE author = ? AND seq > ?")
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
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE server SET setup_code = NULL")
        .execute(connection)
        .await?;
    Ok(())
}
