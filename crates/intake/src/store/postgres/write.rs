//! Durable changes: one transaction each, under the lock of the server's row.

use ledger::{Entry, RecordId};
use sqlx::{PgConnection, Row};

use super::PostgresStore;
use crate::store::{Changes, ClinicRecord, Failed, Kept, Stamp, StoreError, Turn, stored_seq};

impl PostgresStore {
    /// Makes all of `changes` durable, or nothing of it.
    pub(in crate::store) async fn apply(
        &self,
        turn: Turn,
        changes: &Changes,
    ) -> Result<Stamp, Failed> {
        let lost = StoreError::Damaged("a change without a turn");
        let mut transaction = turn.hold.ok_or(lost).map_err(certainly)?;
        let at = make(&mut transaction, changes).await.map_err(certainly)?;
        transaction.commit().await.map_err(|error| Failed {
            error: error.into(),
            certain: false,
        })?;
        Ok(at)
    }
}

fn certainly(error: impl Into<StoreError>) -> Failed {
    Failed {
        error: error.into(),
        certain: true,
    }
}

async fn make(connection: &mut PgConnection, changes: &Changes) -> Result<Stamp, StoreError> {
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
    count(connection, changes).await
}

/// Counts the change, so that other processes see that there was one.
async fn count(connection: &mut PgConnection, changes: &Changes) -> Result<Stamp, StoreError> {
    let row = sqlx::query(
        "UPDATE server SET version = version + 1, \
           reshaped = CASE WHEN $1 THEN version + 1 ELSE reshaped END, \
           arrivals = greatest(arrivals, (SELECT max(arrival) FROM entry)), \
           behind = behind OR $2, probed_ms = coalesce($3, probed_ms), \
           setup_code = CASE WHEN $4 THEN NULL ELSE setup_code END \
         RETURNING version, arrivals",
    )
    .bind(changes.reshapes())
    .bind(changes.behind)
    .bind(changes.probe_ms)
    .bind(changes.clinic.is_some())
    .fetch_one(connection)
    .await?;
    let arrivals: i64 = row.try_get(1)?;
    Ok(Stamp {
        version: row.try_get(0)?,
        cursor: u64::try_from(arrivals).unwrap_or(0),
    })
}

async fn forget(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    if let Some(before) = changes.forget_before_ms {
        for forget in [
            "DELETE FROM nonce WHERE expires_ms < $1",
            "DELETE FROM room WHERE expires_ms < $1",
        ] {
            sqlx::query(forget)
                .bind(before)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Deletes the payloads of these records' entries, those set aside too; headers stay, so that the chains verify.
async fn erase(connection: &mut PgConnection, records: &[RecordId]) -> Result<(), StoreError> {
    for record in records {
        sqlx::query(
            "UPDATE entry SET payload = NULL WHERE substring(header FROM 35 FOR 16) = $1 \
             AND payload IS NOT NULL AND kind IN (1, 2, 7)",
        )
        .bind(record.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn entries(connection: &mut PgConnection, kept: &[Kept]) -> Result<(), StoreError> {
    if kept.is_empty() {
        return Ok(());
    }
    give_way(connection, kept).await?;
    let headers = || kept.iter().map(|kept| &kept.entry.header);
    let authors: Vec<&[u8]> = headers()
        .map(|it| it.author.as_bytes().as_slice())
        .collect();
    let seqs: Vec<i64> = headers().map(|it| stored_seq(it.seq)).collect();
    let kinds: Vec<i16> = headers().map(|it| i16::from(it.kind as u8)).collect();
    let encoded: Vec<Vec<u8>> = headers().map(|it| it.encode().to_vec()).collect();
    let signatures: Vec<Option<&[u8]>> = kept
        .iter()
        .map(|kept| kept.signature.as_ref().map(<[u8; 64]>::as_slice))
        .collect();
    let payloads: Vec<Option<&[u8]>> = kept.iter().map(|kept| kept.entry.payload.bytes()).collect();
    let void: Vec<bool> = kept.iter().map(|kept| kept.void).collect();
    // Sorted, because arrival numbers are given in the order of the rows.
    sqlx::query(
        "INSERT INTO entry (author, seq, kind, header, signature, payload, void) \
         SELECT author, seq, kind, header, signature, payload, void FROM unnest($1::bytea[], $2::int8[], \
           $3::int2[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bool[]) WITH ORDINALITY \
           AS fresh (author, seq, kind, header, signature, payload, void, place) ORDER BY place",
    )
    .bind(authors)
    .bind(seqs)
    .bind(kinds)
    .bind(encoded)
    .bind(signatures)
    .bind(payloads)
    .bind(void)
    .execute(connection)
    .await?;
    Ok(())
}

/// Entries that were set aside make room for those that now count in their places.
async fn give_way(connection: &mut PgConnection, kept: &[Kept]) -> Result<(), StoreError> {
    for of_one in kept.chunk_by(|one, next| one.entry.header.author == next.entry.header.author) {
        let [first, ..] = of_one else { continue };
        let last = of_one.last().unwrap_or(first);
        sqlx::query("DELETE FROM entry WHERE void AND author = $1 AND seq BETWEEN $2 AND $3")
            .bind(first.entry.header.author.as_bytes().as_slice())
            .bind(stored_seq(first.entry.header.seq))
            .bind(stored_seq(last.entry.header.seq))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn fill(connection: &mut PgConnection, filled: &[Entry]) -> Result<(), StoreError> {
    for entry in filled {
        sqlx::query(
            "UPDATE entry SET payload = $1 WHERE author = $2 AND seq = $3 AND header = $4 AND payload IS NULL",
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

async fn cuts(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    for cut in &changes.cuts {
        sqlx::query("UPDATE entry SET void = TRUE WHERE author = $1 AND seq > $2")
            .bind(cut.author.as_bytes().as_slice())
            .bind(stored_seq(cut.last_seq))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn heads(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    for head in &changes.heads {
        sqlx::query(
            "UPDATE entry SET signature = $1 WHERE author = $2 AND seq = $3 AND signature IS NULL",
        )
        .bind(head.signature.as_slice())
        .bind(head.author.as_bytes().as_slice())
        .bind(stored_seq(head.seq))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn submissions(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    let all = &changes.submissions;
    if all.is_empty() {
        return Ok(());
    }
    let ids: Vec<&[u8]> = all.iter().map(|it| it.id.as_bytes().as_slice()).collect();
    let digests: Vec<Option<&[u8]>> = all
        .iter()
        .map(|it| it.digest.as_ref().map(<[u8; 32]>::as_slice))
        .collect();
    let times: Vec<i64> = all.iter().map(|it| it.at_ms).collect();
    sqlx::query(
        "INSERT INTO submission (id, digest, at_ms) \
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int8[])",
    )
    .bind(ids)
    .bind(digests)
    .bind(times)
    .execute(connection)
    .await?;
    Ok(())
}

async fn nonces(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    let all = &changes.nonces;
    if all.is_empty() {
        return Ok(());
    }
    let authors: Vec<&[u8]> = all
        .iter()
        .map(|(it, _)| it.author.as_bytes().as_slice())
        .collect();
    let nonces: Vec<&[u8]> = all.iter().map(|(it, _)| it.nonce.as_slice()).collect();
    let ends: Vec<i64> = all.iter().map(|(_, expires_ms)| *expires_ms).collect();
    sqlx::query(
        "INSERT INTO nonce (author, nonce, expires_ms) \
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int8[])",
    )
    .bind(authors)
    .bind(nonces)
    .bind(ends)
    .execute(connection)
    .await?;
    Ok(())
}

async fn blobs(connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    for (hash, bytes) in &changes.blobs {
        sqlx::query("INSERT INTO blob (hash, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(hash.as_bytes().as_slice())
            .bind(bytes.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn publish(connection: &mut PgConnection, clinic: &ClinicRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO clinic (id, genesis, name, statement, notice_version, notice_text) \
         VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET genesis = excluded.genesis, \
           name = excluded.name, statement = excluded.statement, \
           notice_version = excluded.notice_version, notice_text = excluded.notice_text",
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
