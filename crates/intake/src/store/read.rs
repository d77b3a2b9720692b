//! Reads, each on a connection that can only read.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use ledger::{AuthorId, BlobHash, Entry, EntryHash, Gone, Header, Payload, RecordId, SubmissionId};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{ClinicRecord, Kept, Nonce, Remembered, Store, StoreError, write::stored_seq};

/// A column of exactly `N` bytes.
pub(super) fn array<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes
        .try_into()
        .map_err(|_| StoreError::Damaged("length of a column"))
}

fn header(row: &SqliteRow, column: usize) -> Result<Header, StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    Header::decode(bytes).map_err(|_| StoreError::Damaged("entry header"))
}

fn kept(row: &SqliteRow) -> Result<Kept, StoreError> {
    let signature: Option<&[u8]> = row.try_get(1)?;
    let signature = signature
        .map(<[u8; 64]>::try_from)
        .transpose()
        .map_err(|_| StoreError::Damaged("signature"))?;
    let payload: Option<Vec<u8>> = row.try_get(2)?;
    let payload = payload.map_or(Payload::Erased, Payload::Present);
    Ok(Kept {
        entry: Entry {
            header: header(row, 0)?,
            payload,
        },
        signature,
        void: row.try_get(3)?,
    })
}

/// Steps from author to author and to each one's end by the index: as many seeks as authors, however long the ledgers.
const TIPS: &str = "WITH RECURSIVE writer (id) AS ( \
       SELECT min(author) FROM entry \
       UNION ALL \
       SELECT (SELECT min(author) FROM entry WHERE author > id) FROM writer WHERE id IS NOT NULL \
     ) \
     SELECT header FROM writer JOIN entry ON entry.author = writer.id AND entry.seq = \
       (SELECT seq FROM entry AS last WHERE last.author = writer.id AND last.void = 0 ORDER BY seq DESC LIMIT 1)";

impl Store {
    /// The clinic, once one has claimed this server.
    pub(crate) async fn clinic(&self) -> Result<Option<ClinicRecord>, StoreError> {
        let row =
            sqlx::query("SELECT genesis, name, statement, notice_version, notice_text FROM clinic")
                .fetch_optional(&self.readers)
                .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        Ok(Some(ClinicRecord {
            genesis: EntryHash::from_bytes(array(&row, 0)?),
            name: row.try_get(1)?,
            statement: row.try_get(2)?,
            notice_version: row.try_get(3)?,
            notice_text: row.try_get(4)?,
        }))
    }

    /// All entries that enrol, revoke or rename an author, in order of arrival.
    pub(crate) async fn members(&self) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(
            "SELECT header, signature, payload, void FROM entry WHERE kind = 4 AND void = 0 ORDER BY arrival",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| kept(row).map(|kept| kept.entry))
            .collect()
    }

    /// The last header of every author's ledger.
    pub(crate) async fn tips(&self) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(TIPS).fetch_all(&self.readers).await?;
        rows.iter().map(|row| header(row, 0)).collect()
    }

    /// Which payloads are not in the store, and which erasures account for them.
    pub(crate) async fn gone(&self) -> Result<Gone, StoreError> {
        let rows = sqlx::query(
            "SELECT header, payload IS NOT NULL FROM entry WHERE (payload IS NULL OR kind = 3) AND void = 0",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut gone = Gone::default();
        for row in &rows {
            gone.note(&header(row, 0)?, row.try_get(1)?);
        }
        Ok(gone)
    }

    /// The number of the last arrival; 0 before the first.
    pub(crate) async fn cursor(&self) -> Result<u64, StoreError> {
        // The table's sequence, not its largest row: dropped entries must not make the number run backwards.
        let last: Option<i64> =
            sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'entry'")
                .fetch_optional(&self.readers)
                .await?;
        Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
    }

    /// Headers of `author`'s entries numbered `from..=to`, as far as they are here.
    pub(crate) async fn headers(
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
        rows.iter().map(|row| header(row, 0)).collect()
    }

    /// When `author`'s entry `seq` arrived, as its number in the order of arrivals.
    pub(crate) async fn arrival(
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
    pub(crate) async fn erasable(&self, record: RecordId) -> Result<Vec<Header>, StoreError> {
        let rows = sqlx::query(
            "SELECT header FROM entry WHERE substr(header, 35, 16) = ? AND payload IS NOT NULL \
             AND kind IN (1, 2, 7) AND void = 0",
        )
        .bind(record.as_bytes().as_slice())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| header(row, 0)).collect()
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
            let next = kept(&row)?;
            let size = overhead + next.entry.payload.bytes().map_or(0, <[u8]>::len);
            let Some(rest) = left.checked_sub(size) else {
                break;
            };
            left = rest;
            entries.push(next);
        }
        Ok(entries)
    }

    /// What is remembered of these submissions.
    pub(crate) async fn remembered(
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
                let digest: Option<Vec<u8>> = row.try_get(1)?;
                let id = SubmissionId::from_bytes(array(&row, 0)?);
                let digest = digest
                    .map(<[u8; 32]>::try_from)
                    .transpose()
                    .map_err(|_| StoreError::Damaged("digest"))?;
                found.insert(
                    id,
                    Remembered {
                        id,
                        digest,
                        at_ms: row.try_get(2)?,
                    },
                );
            }
        }
        Ok(found)
    }

    /// All nonces that are not to be forgotten before `now_ms`, with their ends.
    pub(crate) async fn nonces(&self, now_ms: i64) -> Result<HashMap<Nonce, i64>, StoreError> {
        let rows = sqlx::query("SELECT author, nonce, expires_ms FROM nonce WHERE expires_ms >= ?")
            .bind(now_ms)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let nonce = Nonce {
                    author: AuthorId::from_bytes(array(row, 0)?),
                    nonce: array(row, 1)?,
                };
                Ok((nonce, row.try_get(2)?))
            })
            .collect()
    }

    /// An attachment chunk.
    pub(crate) async fn blob(&self, hash: BlobHash) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT bytes FROM blob WHERE hash = ?")
            .bind(hash.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await?)
    }

    /// When the store was last proved writable, milliseconds since the Unix epoch.
    pub(crate) async fn probed_ms(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT probed_ms FROM server")
            .fetch_one(&self.readers)
            .await?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn plan(store: &Store, query: &str) -> String {
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
        let store = Store::open(dir.path(), None).await.unwrap();
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
