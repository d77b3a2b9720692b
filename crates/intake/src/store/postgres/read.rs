//! Reads: each sees what is committed.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use ledger::{AuthorId, BlobHash, Entry, EntryHash, Gone, Header, RecordId, SubmissionId};
use sqlx::{Row, postgres::PgRow};
use zeroize::Zeroizing;

use super::PostgresStore;
use crate::store::{
    ClinicRecord, Identity, Kept, Nonce, Remembered, StoreError, fits, fixed, header, kept,
    stored_seq,
};

fn read_header(row: &PgRow) -> Result<Header, StoreError> {
    header(row.try_get(0)?)
}

fn read_kept(row: &PgRow) -> Result<Kept, StoreError> {
    kept(
        row.try_get(0)?,
        row.try_get(1)?,
        row.try_get(2)?,
        row.try_get(3)?,
    )
}

/// Steps from author to author and to each one's end by the index: as many seeks as authors, however long the ledgers.
const TIPS: &str = "WITH RECURSIVE writer (id) AS ( \
       (SELECT author FROM entry ORDER BY author LIMIT 1) \
       UNION ALL \
       SELECT (SELECT author FROM entry WHERE author > id ORDER BY author LIMIT 1) \
         FROM writer WHERE id IS NOT NULL \
     ) \
     SELECT header FROM writer CROSS JOIN LATERAL \
       (SELECT header FROM entry WHERE author = writer.id AND NOT void ORDER BY seq DESC LIMIT 1) AS last";

impl PostgresStore {
    /// The clinic, once one has claimed this server.
    pub(in crate::store) async fn clinic(&self) -> Result<Option<ClinicRecord>, StoreError> {
        let row =
            sqlx::query("SELECT genesis, name, statement, notice_version, notice_text FROM clinic")
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        Ok(Some(ClinicRecord {
            genesis: EntryHash::from_bytes(fixed(row.try_get(0)?)?),
            name: row.try_get(1)?,
            statement: row.try_get(2)?,
            notice_version: row.try_get(3)?,
            notice_text: row.try_get(4)?,
        }))
    }

    /// The server's secrets.
    pub(in crate::store) async fn identity(&self) -> Result<Identity, StoreError> {
        let row = sqlx::query("SELECT root, token_key, setup_code, behind FROM server")
            .fetch_one(&self.pool)
            .await?;
        Ok(Identity {
            root: Zeroizing::new(fixed(row.try_get(0)?)?),
            token_key: fixed(row.try_get(1)?)?,
            setup_code: row.try_get(2)?,
            behind: row.try_get(3)?,
        })
    }

    /// All entries that enrol, revoke or rename an author, in order of arrival.
    pub(in crate::store) async fn members(&self) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(
            "SELECT header, signature, payload, void FROM entry WHERE kind = 4 AND NOT void ORDER BY arrival",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| read_kept(row).map(|kept| kept.entry))
            .collect()
    }

    /// The last header of every author's ledger.
    pub(in crate::store) async fn tips(&self) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(TIPS).fetch_all(&self.pool).await?;
        rows.iter().map(read_header).collect()
    }

    /// Which payloads are not in the store, and which erasures account for them.
    pub(in crate::store) async fn gone(&self) -> Result<Gone, StoreError> {
        let rows = sqlx::query(
            "SELECT header, payload IS NOT NULL FROM entry WHERE (payload IS NULL OR kind = 3) AND NOT void",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut gone = Gone::default();
        for row in &rows {
            gone.note(&read_header(row)?, row.try_get(1)?);
        }
        Ok(gone)
    }

    /// Headers of the entries that arrived after number `cursor`, and whether each has its payload.
    pub(in crate::store) async fn arrived(
        &self,
        cursor: u64,
    ) -> Result<Vec<(Header, bool)>, StoreError> {
        let rows = sqlx::query(
            "SELECT header, payload IS NOT NULL FROM entry WHERE arrival > $1 AND NOT void ORDER BY arrival",
        )
        .bind(stored_seq(cursor))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((read_header(row)?, row.try_get(1)?)))
            .collect()
    }

    /// Headers of `author`'s entries numbered `from..=to`, as far as they are here.
    pub(in crate::store) async fn headers(
        &self,
        author: AuthorId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(
            "SELECT header FROM entry WHERE author = $1 AND seq BETWEEN $2 AND $3 AND NOT void ORDER BY seq",
        )
        .bind(author.as_bytes().as_slice())
        .bind(stored_seq(from))
        .bind(stored_seq(to))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_header).collect()
    }

    /// When `author`'s entry `seq` arrived, as its number in the order of arrivals.
    pub(in crate::store) async fn arrival(
        &self,
        author: AuthorId,
        seq: u64,
    ) -> Result<Option<i64>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT arrival FROM entry WHERE author = $1 AND seq = $2")
                .bind(author.as_bytes().as_slice())
                .bind(stored_seq(seq))
                .fetch_optional(&self.pool)
                .await?,
        )
    }

    /// Headers of a record's entries that have a payload which an erasure takes.
    pub(in crate::store) async fn erasable(
        &self,
        record: RecordId,
    ) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(
            "SELECT header FROM entry WHERE substring(header FROM 35 FOR 16) = $1 \
             AND payload IS NOT NULL AND kind IN (1, 2, 7) AND NOT void",
        )
        .bind(record.as_bytes().as_slice())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_header).collect()
    }

    /// Entries of `author` after `seq` in their order, as many as `bytes` holds.
    pub(in crate::store) async fn entries_after(
        &self,
        author: AuthorId,
        seq: u64,
        bytes: usize,
        overhead: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        // The database sends whatever was asked for: what does not fit is not asked for. The one entry beyond tells that
        // it was the room that ended, not the ledger.
        let mut rows = sqlx::query(
            "SELECT header, signature, CASE WHEN NOT void THEN payload END, void FROM ( \
               SELECT *, sum($4 + CASE WHEN void THEN 0 ELSE coalesce(octet_length(payload), 0) END) \
                 OVER (ORDER BY seq) AS size \
               FROM (SELECT * FROM entry WHERE author = $1 AND seq > $2 ORDER BY seq LIMIT $3 / $4 + 1) AS next \
             ) AS sized WHERE size <= $3 ORDER BY seq",
        )
        .bind(author.as_bytes().as_slice())
        .bind(stored_seq(seq))
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind(i64::try_from(overhead.max(1)).unwrap_or(i64::MAX))
        .fetch(&self.pool);
        let mut left = bytes;
        let mut entries = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let next = read_kept(&row)?;
            if !fits(&mut left, &next, overhead) {
                break;
            }
            entries.push(next);
        }
        Ok(entries)
    }

    /// What is remembered of these submissions.
    pub(in crate::store) async fn remembered(
        &self,
        ids: &[SubmissionId],
    ) -> Result<HashMap<SubmissionId, Remembered>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
        let rows = sqlx::query("SELECT id, digest, at_ms FROM submission WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(&self.pool)
            .await?;
        let known = |row: &PgRow| {
            let id = SubmissionId::from_bytes(fixed(row.try_get(0)?)?);
            let digest: Option<&[u8]> = row.try_get(1)?;
            let known = Remembered {
                id,
                digest: digest.map(fixed).transpose()?,
                at_ms: row.try_get(2)?,
            };
            Ok((id, known))
        };
        rows.iter().map(known).collect()
    }

    /// All nonces that are not to be forgotten before `now_ms`, with their ends.
    pub(in crate::store) async fn nonces(
        &self,
        now_ms: i64,
    ) -> Result<HashMap<Nonce, i64>, StoreError> {
        let rows =
            sqlx::query("SELECT author, nonce, expires_ms FROM nonce WHERE expires_ms >= $1")
                .bind(now_ms)
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|row| Ok((read_nonce(row)?, row.try_get(2)?)))
            .collect()
    }

    /// Those of `asked` that are stored.
    pub(in crate::store) async fn spent(
        &self,
        asked: &[Nonce],
    ) -> Result<HashSet<Nonce>, StoreError> {
        if asked.is_empty() {
            return Ok(HashSet::new());
        }
        let authors: Vec<&[u8]> = asked
            .iter()
            .map(|it| it.author.as_bytes().as_slice())
            .collect();
        let nonces: Vec<&[u8]> = asked.iter().map(|it| it.nonce.as_slice()).collect();
        let rows = sqlx::query(
            "SELECT author, nonce FROM nonce JOIN unnest($1::bytea[], $2::bytea[]) AS asked (author, nonce) \
             USING (author, nonce)",
        )
        .bind(authors)
        .bind(nonces)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_nonce).collect()
    }

    /// An attachment chunk.
    pub(in crate::store) async fn blob(
        &self,
        hash: BlobHash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT bytes FROM blob WHERE hash = $1")
            .bind(hash.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?)
    }

    /// When the store was last proved writable, milliseconds since the Unix epoch.
    pub(in crate::store) async fn probed_ms(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT probed_ms FROM server")
            .fetch_one(&self.pool)
            .await?)
    }
}

fn read_nonce(row: &PgRow) -> Result<Nonce, StoreError> {
    Ok(Nonce {
        author: AuthorId::from_bytes(fixed(row.try_get(0)?)?),
        nonce: fixed(row.try_get(1)?)?,
    })
}
