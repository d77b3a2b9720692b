//! Rows that only this desk can read: sealed to their table, place and version.
use rand::RngExt as _;
use seal::{StorageKey, Table};
use sqlx::Row;
use zeroize::Zeroizing;

use super::batch::Value;
use super::{Batch, Fault, Store};

/// A sealed row as it lies in the file.
pub(crate) struct SealedRow {
    /// Its place.
    pub row: i64,
    /// How often it was written.
    pub version: i64,
    /// Its bytes.
    pub sealed: Vec<u8>,
}

impl SealedRow {
    /// Opens it; a row that was moved, swapped or changed does not.
    pub(crate) fn open(&self, key: &StorageKey, table: Table) -> Result<Zeroizing<Vec<u8>>, Fault> {
        key.open_row(table, self.row, self.version.cast_unsigned(), &self.sealed)
            .map_err(|_| Fault::Damaged)
    }
}

/// Opens many rows, one after the other, into one buffer: no allocation and no wiping for each.
pub(crate) struct Opener<'a> {
    key: &'a StorageKey,
    table: Table,
    plain: Zeroizing<Vec<u8>>,
}

impl<'a> Opener<'a> {
    pub(crate) fn new(key: &'a StorageKey, table: Table) -> Self {
        Self {
            key,
            table,
            plain: Zeroizing::default(),
        }
    }

    /// The row's text, until the next one is opened.
    pub(crate) fn open(&mut self, row: &SealedRow) -> Result<&[u8], Fault> {
        let version = row.version.cast_unsigned();
        self.key
            .open_row_into(self.table, row.row, version, &row.sealed, &mut self.plain)
            .map_err(|_| Fault::Damaged)?;
        Ok(&self.plain)
    }
}

/// Seals `plain` for its place.
pub(crate) fn seal(
    key: &StorageKey,
    table: Table,
    row: i64,
    version: i64,
    plain: &[u8],
) -> Result<Vec<u8>, Fault> {
    key.seal_row(&mut rand::rng(), table, row, version.cast_unsigned(), plain)
        .map_err(|_| Fault::Io)
}

/// A new version for a row: never one that it had, also when the row was deleted in between.
pub(crate) fn next_version(last: Option<i64>) -> i64 {
    last.map_or_else(
        || rand::rng().random_range(1..1 << 40),
        |version| version + 1,
    )
}

const fn name(table: Table) -> &'static str {
    match table {
        Table::Lead => "lead",
        Table::Draft => "draft",
        Table::View => "view",
        Table::State => "state",
        Table::Key => "epoch_key",
        Table::Setting => "setting",
        Table::Peer => "peer",
    }
}

/// Adds "write this row" to a batch.
pub(crate) fn put(batch: &mut Batch, table: Table, row: SealedRow) {
    put_all(batch, table, vec![row]);
}

/// Adds "write these rows" to a batch.
pub(crate) fn put_all(batch: &mut Batch, table: Table, rows: Vec<SealedRow>) {
    let insert = format!("INSERT INTO {} (row, version, sealed) VALUES", name(table));
    let tail =
        " ON CONFLICT (row) DO UPDATE SET version = excluded.version, sealed = excluded.sealed";
    let values = rows.into_iter().flat_map(|row| {
        [
            Value::Int(row.row),
            Value::Int(row.version),
            Value::Blob(row.sealed),
        ]
    });
    batch.rows(&insert, 3, values.collect(), tail);
}

/// Adds "delete this row" to a batch.
pub(crate) fn delete(batch: &mut Batch, table: Table, row: i64) {
    batch.run(
        &format!("DELETE FROM {} WHERE row = ?", name(table)),
        [Value::Int(row)],
    );
}

/// Adds "delete all rows" to a batch.
pub(crate) fn clear(batch: &mut Batch, table: Table) {
    batch.run(&format!("DELETE FROM {}", name(table)), []);
}

/// One row, if it is there.
pub(crate) async fn get(store: &Store, table: Table, row: i64) -> Result<Option<SealedRow>, Fault> {
    Ok(get_all(store, table, &[row]).await?.pop())
}

/// Those of the rows that are there, in the order of their places.
pub(crate) async fn get_all(
    store: &Store,
    table: Table,
    rows: &[i64],
) -> Result<Vec<SealedRow>, Fault> {
    let places = serde_json::to_string(rows).map_err(|_| Fault::Io)?;
    let sql = format!(
        "SELECT row, version, sealed FROM {} WHERE row IN (SELECT value FROM json_each(?))",
        name(table)
    );
    let found = sqlx::query(&sql)
        .bind(places)
        .fetch_all(&mut *store.connection().await?)
        .await?;
    found.into_iter().map(|row| read(&row)).collect()
}

/// The `limit` rows before `below`, newest place first.
pub(crate) async fn newest(
    store: &Store,
    table: Table,
    below: i64,
    limit: i64,
) -> Result<Vec<SealedRow>, Fault> {
    let sql = format!(
        "SELECT row, version, sealed FROM {} WHERE row < ? ORDER BY row DESC LIMIT ?",
        name(table)
    );
    let found = sqlx::query(&sql)
        .bind(below)
        .bind(limit)
        .fetch_all(&mut *store.connection().await?)
        .await?;
    found.into_iter().map(|row| read(&row)).collect()
}

/// The `limit` rows after `above`, oldest place first.
pub(crate) async fn oldest(
    store: &Store,
    table: Table,
    above: i64,
    limit: i64,
) -> Result<Vec<SealedRow>, Fault> {
    let sql = format!(
        "SELECT row, version, sealed FROM {} WHERE row > ? ORDER BY row LIMIT ?",
        name(table)
    );
    let found = sqlx::query(&sql)
        .bind(above)
        .bind(limit)
        .fetch_all(&mut *store.connection().await?)
        .await?;
    found.into_iter().map(|row| read(&row)).collect()
}

/// Every row of a small table.
pub(crate) async fn all(store: &Store, table: Table) -> Result<Vec<SealedRow>, Fault> {
    oldest(store, table, i64::MIN, i64::MAX).await
}

/// The highest place in use; 0 if the table is empty.
pub(crate) async fn last_place(store: &Store, table: Table) -> Result<i64, Fault> {
    let sql = format!("SELECT coalesce(max(row), 0) FROM {}", name(table));
    Ok(sqlx::query_scalar(&sql)
        .fetch_one(&mut *store.connection().await?)
        .await?)
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<SealedRow, Fault> {
    Ok(SealedRow {
        row: row.try_get(0)?,
        version: row.try_get(1)?,
        sealed: row.try_get(2)?,
    })
}
