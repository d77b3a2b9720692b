//! Reads, each on a connection that can only read.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use ledger::{AuthorId, BlobHash, Entry, EntryHash, Gone, Header, RecordId, SubmissionId};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use zeroize::Zeroizing;

use super::{SqliteStore, write::CURSOR};
use crate::store::{
    ClinicRecord, Identity, Kept, Nonce, Remembered, StoreError, fits, fixed, header, kept,
    stored_seq,
};

fn read_header(row: &SqliteRow) -> Result<Header, StoreError> {
    header(row.try_get(0)?)
}

fn read_kept(row: &SqliteRow) -> Result<Kept, StoreError> {
    kept(
        row.try_get(0)?,
        row.try_get(1)?,
        row.try_get(2)?,
        row.try_get(3)?,
    )
}

/// Steps from author to author and to each one's end by the index: as many seeks as authors, however long the ledgers.
const TIPS: &str = "WITH RECURSIVE writer (id) AS ( \
       SELECT min(author) FROM entry \
       UNION ALL \
       SELECT (SELECT min(author) FROM entry WHERE author > id) FROM writer WHERE id IS NOT NULL \
     ) \
     SELECT header FROM writer JOIN entry ON entry.author = writer.id AND entry.seq = \
       (SELECT seq FROM entry AS last WHERE last.author = writer.id AND last.void = 0 ORDER BY seq DESC LIMIT 1)";

impl SqliteStore {
    /// The clinic, once one has claimed this server.
    pub(in crate::store) async fn clinic(&self) -> Result<Option<ClinicRecord>, StoreError> {
        let row =
            sqlx::query("SELECT genesis, name, statement, notice_version, notice_text FROM clinic")
                .fetch_optional(&self.readers)
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

    /// All entries that enrol, revoke or rename an author, in order of arrival.
    pub(in crate::store) async fn members(&self) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(
            "SELECT header, signature, payload, void FROM entry WHERE kind = 4 AND void = 0 ORDER BY arrival",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| read_kept(row).map(|kept| kept.entry))
            .collect()
    }

    /// The last header of every author's ledger.
    pub(in crate::store) async fn tips(&self) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(TIPS).fetch_all(&self.readers).await?;
        rows.iter().map(read_header).collect()
    }

    /// Which payloads are not in the store, and which erasures account for them.
    pub(in crate::store) async fn gone(&self) -> Result<Gone, StoreError> {
        let rows = sqlx::query(
            "SELECT header, payload IS NOT NULL FROM entry WHERE (payload IS NULL OR kind = 3) AND void = 0",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut gone = Gone::default();
        for row in &rows {
            gone.note(&read_header(row)?, row.try_get(1)?);
        }
        Ok(gone)
    }

    /// The number of the last arrival; 0 before the first.
    pub(in crate::store) async fn cursor(&self) -> Result<u64, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(CURSOR)
            .fetch_optional(&self.readers)
            .await?;
        Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
    }

    /// Headers of `author`'s entries numbered `from..=to`, as far as they are here.
    pub(in crate::store) async fn headers(
        &self,
        author: AuthorId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(
            "SELECT header FROM entry WHERE author = ? AND seq BETWEEN ? AND ? AND void = 0 ORDER BY seq",
        )
        .bind(author.as_bytes().as_slice())
        .bind(stored_seq(from))
        .bind(stored_seq(to))
        .fetch_all(&self.readers)
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
            sqlx::query_scalar("SELECT arrival FROM entry WHERE author = ? AND seq = ?")
                .bind(author.as_bytes().as_slice())
                .bind(stored_seq(seq))
                .fetch_optional(&self.readers)
                .await?,
        )
    }

    /// Headers of a record's entries that have a payload which an erasure takes.
    pub(in crate::store) async fn erasable(
        &self,
        record: RecordId,
    ) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(
            "SELECT header FROM entry WHERE substr(header, 35, 16) = ? AND payload IS NOT NULL \
             AND kind IN (1, 2, 7) AND void = 0",
        )
        .bind(record.as_bytes().as_slice())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_header).collect()
    }

    /// Entries of `author` after `seq`, in their order: as many as `bytes` holds, each counted with
    /// `overhead` bytes beside its payload. Those set aside come without theirs.
    pub(in crate::store) async fn entries_after(
        &self,
        author: AuthorId,
        seq: u64,
        bytes: usize,
        overhead: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let mut rows = sqlx::query(
            "SELECT header, signature, CASE void WHEN 0 THEN payload END, void \
             FROM entry WHERE author = ? AND seq > ? ORDER BY seq",
        )
        .bind(author.as_bytes().as_slice())
        .bind(stored_seq(seq))
        .fetch(&self.readers);
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
        let mut found = HashMap::new();
        for ids in ids.chunks(500) {
            let mut select: QueryBuilder<'_, Sqlite> =
                QueryBuilder::new("SELECT id, digest, at_ms FROM submission WHERE id IN (");
            let mut list = select.separated(", ");
            for id in ids {
                list.push_bind(id.as_bytes().as_slice());
            }
            select.push(")");
            for row in select.build().fetch_all(&self.readers).await? {
                let digest: Option<&[u8]> = row.try_get(1)?;
                let id = SubmissionId::from_bytes(fixed(row.try_get(0)?)?);
                let known = Remembered {
                    id,
                    digest: digest.map(fixed).transpose()?,
                    at_ms: row.try_get(2)?,
                };
                found.insert(id, known);
            }
        }
        Ok(found)
    }

    /// All nonces that are not to be forgotten before `now_ms`, with their ends.
    pub(in crate::store) async fn nonces(
        &self,
        now_ms: i64,
    ) -> Result<HashMap<Nonce, i64>, StoreError> {
        let rows = sqlx::query("SELECT author, nonce, expires_ms FROM nonce WHERE expires_ms >= ?")
            .bind(now_ms)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let nonce = Nonce {
                    author: AuthorId::from_bytes(fixed(row.try_get(0)?)?),
                    nonce: fixed(row.try_get(1)?)?,
                };
                Ok((nonce, row.try_get(2)?))
            })
            .collect()
    }

    /// Those of `asked` that are stored.
    pub(in crate::store) async fn spent(
        &self,
        asked: &[Nonce],
    ) -> Result<HashSet<Nonce>, StoreError> {
        let mut spent = HashSet::new();
        for nonce in asked {
            let found = sqlx::query("SELECT 1 FROM nonce WHERE author = ? AND nonce = ?")
                .bind(nonce.author.as_bytes().as_slice())
                .bind(nonce.nonce.as_slice())
                .fetch_optional(&self.readers)
                .await?;
            spent.extend(found.map(|_| *nonce));
        }
        Ok(spent)
    }

    /// Headers of the entries that arrived after number `cursor`, and whether each has its payload.
    pub(in crate::store) async fn arrived(
        &self,
        cursor: u64,
    ) -> Result<Vec<(Header, bool)>, StoreError> {
        let rows = sqlx::query(
            "SELECT header, payload IS NOT NULL FROM entry WHERE arrival > ? AND void = 0 ORDER BY arrival",
        )
        .bind(stored_seq(cursor))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| Ok((read_header(row)?, row.try_get(1)?)))
            .collect()
    }

    /// The server's secrets.
    pub(in crate::store) async fn identity(&self) -> Result<Identity, StoreError> {
        let row = sqlx::query("SELECT root, token_key, setup_code, behind FROM server")
            .fetch_one(&self.readers)
            .await?;
        Ok(Identity {
            root: Zeroizing::new(fixed(row.try_get(0)?)?),
            token_key: fixed(row.try_get(1)?)?,
            setup_code: row.try_get(2)?,
            behind: row.try_get(3)?,
        })
    }

    /// An attachment chunk.
    pub(in crate::store) async fn blob(
        &self,
        hash: BlobHash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT bytes FROM blob WHERE hash = ?")
            .bind(hash.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await?)
    }

    /// When the store was last proved writable, milliseconds since the Unix epoch.
    pub(in crate::store) async fn probed_ms(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT probed_ms FROM server")
            .fetch_one(&self.readers)
            .await?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn plan(store: &SqliteStore, query: &str) -> String {
        let rows = sqlx::query(&format!("EXPLAIN QUERY PLAN {query}"))
            .fetch_all(&store.readers)
            .await
            .unwrap();
        let lines: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        lines.join("\n")
    }

    #[tokio::test]
    async fn the_ends_of_ledgers_and_the_entries_of_a_record_are_found_without_reading_all() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(dir.path(), None).await.unwrap();
        let erase = "UPDATE entry SET payload = NULL WHERE substr(header, 35, 16) = x'00' \
                     AND payload IS NOT NULL AND kind IN (1, 2, 7)";
        for query in [TIPS, erase] {
            let plan = plan(&store, query).await;
            assert!(!plan.contains("SCAN entry"), "{plan}");
            assert!(
                plan.contains("USING INDEX entry_") || plan.contains("USING COVERING INDEX entry_")
            );
        }
        store.close().await.unwrap();
    }
}
