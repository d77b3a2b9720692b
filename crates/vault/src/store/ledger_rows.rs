//! Entries, heads and memberships as rows, and back.
use std::collections::BTreeMap;

use ledger::{
    AuthorId, ClinicId, Cut, Entry, EntryHash, Gone, Header, Payload, Segment, SignedHead, Tip,
    bundle,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::batch::Value;
use super::{Batch, Fault, Store};

/// Small numbers that stand for authors inside the file.
pub(crate) type Numbers = BTreeMap<AuthorId, i64>;

/// Whose database this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub clinic: ClinicId,
    pub author: AuthorId,
}

pub(crate) fn put_identity(batch: &mut Batch, identity: Identity) {
    batch.run(
        "INSERT OR REPLACE INTO identity (one, clinic, author) VALUES (1, ?, ?)",
        [
            identity.clinic.as_bytes().as_slice().into(),
            identity.author.as_bytes().as_slice().into(),
        ],
    );
}

/// Gives `author` a number, and adds it to the file when it had none.
pub(crate) fn number(batch: &mut Batch, numbers: &mut Numbers, author: AuthorId) -> i64 {
    if let Some(&number) = numbers.get(&author) {
        return number;
    }
    let number = numbers.values().max().map_or(1, |last| last + 1);
    numbers.insert(author, number);
    batch.run(
        "INSERT INTO author (number, id) VALUES (?, ?)",
        [Value::Int(number), author.as_bytes().as_slice().into()],
    );
    number
}

/// Adds entries of authors that have numbers.
pub(crate) fn put_entries(batch: &mut Batch, numbers: &Numbers, entries: &[Entry]) {
    let insert = "INSERT INTO entry (author, seq, header, payload) VALUES";
    put_into(insert, batch, numbers, entries);
}

/// Adds entries that a revocation made void; they are kept, and nothing counts them.
pub(crate) fn put_void(batch: &mut Batch, numbers: &Numbers, entries: &[Entry]) {
    let insert = "INSERT OR REPLACE INTO void_entry (author, seq, header, payload) VALUES";
    put_into(insert, batch, numbers, entries);
}

fn put_into(insert: &str, batch: &mut Batch, numbers: &Numbers, entries: &[Entry]) {
    let mut values = Vec::new();
    for entry in entries {
        let number = numbers
            .get(&entry.header.author)
            .copied()
            .unwrap_or_default();
        values.extend([
            Value::Int(number),
            Value::Int(entry.header.seq.cast_signed()),
            Value::Blob(entry.header.encode().to_vec()),
            entry.payload.bytes().map_or(Value::Null, Value::from),
        ]);
    }
    batch.rows(insert, 4, values, "");
}

/// Adds the payloads of entries that were stored without.
pub(crate) fn fill_entries(batch: &mut Batch, numbers: &Numbers, entries: &[Entry]) {
    for entry in entries {
        let number = numbers.get(&entry.header.author).copied();
        batch.run(
            "UPDATE entry SET payload = ? WHERE author = ? AND seq = ? AND header = ? \
             AND payload IS NULL",
            [
                entry.payload.bytes().map_or(Value::Null, Value::from),
                Value::Int(number.unwrap_or_default()),
                Value::Int(entry.header.seq.cast_signed()),
                Value::Blob(entry.header.encode().to_vec()),
            ],
        );
    }
}

/// Bytes between two signed heads that are kept on the way through a ledger.
pub(crate) const STRIDE: usize = 1 << 20;

/// What an entry weighs on its way: frame, header, payload.
pub(crate) fn weight(entry: &Entry) -> usize {
    FRAME + entry.payload.bytes().map_or(0, <[u8]>::len)
}

const FRAME: usize = 5 + Header::LEN;

/// Adds "this ledger now stands there", `bytes` further than before. The head that it had is kept
/// as a waypoint when the next one would leave too long a stretch without any.
pub(crate) fn put_head(
    batch: &mut Batch,
    number: i64,
    seq: u64,
    head: Option<&SignedHead>,
    bytes: usize,
) {
    let bytes = Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX >> 1));
    if head.is_some() {
        let sql = format!(
            "INSERT OR IGNORE INTO waypoint (author, seq, head) SELECT author, signed, head \
             FROM head WHERE author = ? AND head IS NOT NULL AND signed > 0 AND since + ? > {STRIDE}"
        );
        batch.run(&sql, [Value::Int(number), bytes.clone()]);
    }
    let sql = format!(
        "INSERT INTO head (author, seq, head, signed, since) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (author) DO UPDATE SET seq = excluded.seq, \
         since = CASE WHEN excluded.head IS NOT NULL AND signed > 0 \
         AND since + excluded.since > {STRIDE} \
         THEN excluded.since ELSE since + excluded.since END, \
         signed = CASE WHEN excluded.head IS NULL THEN signed ELSE excluded.signed END, \
         head = coalesce(excluded.head, head)"
    );
    batch.run(
        &sql,
        [
            Value::Int(number),
            Value::Int(seq.cast_signed()),
            head.map(|head| head.encode().to_vec()).into(),
            Value::Int(head.map_or(0, |head| head.seq.cast_signed())),
            bytes,
        ],
    );
}

/// Adds a signed head on the way through a ledger.
pub(crate) fn put_waypoint(batch: &mut Batch, number: i64, head: &SignedHead) {
    batch.run(
        "INSERT OR IGNORE INTO waypoint (author, seq, head) VALUES (?, ?, ?)",
        [
            Value::Int(number),
            Value::Int(head.seq.cast_signed()),
            Value::Blob(head.encode().to_vec()),
        ],
    );
}

/// Signed heads by author and number.
pub(crate) type Stops = BTreeMap<AuthorId, BTreeMap<u64, SignedHead>>;

/// Every signed head that is held: of the ends, and on the way.
pub(crate) async fn stops(store: &Store) -> Result<Stops, Fault> {
    let sql = "SELECT head FROM waypoint UNION ALL SELECT head FROM head WHERE head IS NOT NULL";
    let rows = sqlx::query(sql)
        .fetch_all(&mut *store.connection().await?)
        .await?;
    let mut stops = Stops::new();
    for row in &rows {
        if let Ok(head) = SignedHead::decode(row.try_get::<&[u8], _>(0)?) {
            stops.entry(head.author).or_default().insert(head.seq, head);
        }
    }
    Ok(stops)
}

/// Adds "this entry enrols, revokes, renames or grants".
pub(crate) fn put_membership(batch: &mut Batch, number: i64, seq: u64) {
    batch.run(
        "INSERT INTO membership (author, seq) VALUES (?, ?)",
        [Value::Int(number), Value::Int(seq.cast_signed())],
    );
}

/// Adds "these ledgers end there" after a revocation; what is beyond is set aside.
pub(crate) fn put_cuts(batch: &mut Batch, numbers: &Numbers, cuts: &[Cut]) {
    for of in cuts {
        if let Some(number) = numbers.get(&of.author) {
            cut(batch, *number, of.last_seq);
        }
    }
}

fn cut(batch: &mut Batch, number: i64, last: u64) {
    let last = last.cast_signed();
    batch.run(
        "INSERT OR REPLACE INTO void_entry (author, seq, header, payload) \
         SELECT author, seq, header, payload FROM entry WHERE author = ? AND seq > ?",
        [Value::Int(number), Value::Int(last)],
    );
    for table in ["membership", "entry", "waypoint"] {
        let sql = format!("DELETE FROM {table} WHERE author = ? AND seq > ?");
        batch.run(&sql, [Value::Int(number), Value::Int(last)]);
    }
    if last == 0 {
        batch.run("DELETE FROM head WHERE author = ?", [Value::Int(number)]);
    } else {
        let sql = "UPDATE head SET seq = ?, head = NULL, signed = 0 WHERE author = ? AND seq > ?";
        batch.run(
            sql,
            [Value::Int(last), Value::Int(number), Value::Int(last)],
        );
    }
}

/// Adds "exactly these segments wait for somebody to vouch for their authors".
pub(crate) fn put_quarantine(batch: &mut Batch, segments: &[Segment]) {
    batch.run("DELETE FROM quarantine", []);
    for segment in segments {
        let mut bundle = bundle::Writer::new();
        bundle.segment(segment);
        batch.run(
            "INSERT INTO quarantine (author, segment) VALUES (?, ?)",
            [
                segment.author().as_bytes().as_slice().into(),
                Value::Blob(bundle.finish()),
            ],
        );
    }
}

/// The segments that wait, each as a bundle.
pub(crate) async fn quarantined(store: &Store) -> Result<Vec<Vec<u8>>, Fault> {
    let sql = "SELECT segment FROM quarantine ORDER BY number";
    Ok(sqlx::query_scalar(sql)
        .fetch_all(&mut *store.connection().await?)
        .await?)
}

pub(crate) async fn identity(store: &Store) -> Result<Identity, Fault> {
    let row = sqlx::query("SELECT clinic, author FROM identity")
        .fetch_one(&mut *store.connection().await?)
        .await?;
    Ok(Identity {
        clinic: ClinicId::from_bytes(bytes(&row, 0)?),
        author: AuthorId::from_bytes(bytes(&row, 1)?),
    })
}

pub(crate) async fn numbers(store: &Store) -> Result<Numbers, Fault> {
    let rows = sqlx::query("SELECT id, number FROM author")
        .fetch_all(&mut *store.connection().await?)
        .await?;
    rows.iter()
        .map(|row| Ok((AuthorId::from_bytes(bytes(row, 0)?), row.try_get(1)?)))
        .collect()
}

/// Where every ledger stands, as the file says.
pub(crate) async fn tips(store: &Store) -> Result<BTreeMap<AuthorId, Tip>, Fault> {
    // CROSS keeps SQLite from walking through all entries to find the few that are last.
    let rows = sqlx::query(
        "SELECT e.header FROM head h CROSS JOIN entry e \
         ON e.author = h.author AND e.seq = h.seq",
    )
    .fetch_all(&mut *store.connection().await?)
    .await?;
    let tip = |row: &SqliteRow| {
        let header = header(row, 0)?;
        Ok((
            header.author,
            Tip {
                seq: header.seq,
                hash: header.hash(),
                hlc: header.hlc,
            },
        ))
    };
    rows.iter().map(tip).collect()
}

/// Which payloads are not in the file, and which erasures account for them.
pub(crate) async fn gone(store: &Store) -> Result<Gone, Fault> {
    let rows = sqlx::query(
        "SELECT header, payload IS NOT NULL FROM entry \
         WHERE payload IS NULL OR substr(header, 2, 1) = x'03'",
    )
    .fetch_all(&mut *store.connection().await?)
    .await?;
    let mut gone = Gone::default();
    for row in &rows {
        gone.note(&header(row, 0)?, row.try_get(1)?);
    }
    Ok(gone)
}

/// The newest signature of every ledger, as far as it can be read.
pub(crate) async fn heads(store: &Store) -> Result<BTreeMap<AuthorId, SignedHead>, Fault> {
    let rows = sqlx::query("SELECT head FROM head")
        .fetch_all(&mut *store.connection().await?)
        .await?;
    let decode = |row: &SqliteRow| {
        let head = row.try_get::<Option<Vec<u8>>, _>(0).ok()??;
        SignedHead::decode(&head)
            .ok()
            .map(|head| (head.author, head))
    };
    Ok(rows.iter().filter_map(decode).collect())
}

/// Member and grant entries, in the order they were accepted.
pub(crate) async fn memberships(store: &Store) -> Result<Vec<Entry>, Fault> {
    let rows = sqlx::query(
        "SELECT e.header, e.payload FROM membership m \
         CROSS JOIN entry e ON e.author = m.author AND e.seq = m.seq ORDER BY m.number",
    )
    .fetch_all(&mut *store.connection().await?)
    .await?;
    let expected: i64 = sqlx::query_scalar("SELECT count(*) FROM membership")
        .fetch_one(&mut *store.connection().await?)
        .await?;
    if i64::try_from(rows.len()) != Ok(expected) {
        return Err(Fault::Damaged);
    }
    rows.iter().map(entry).collect()
}

/// Bytes of payloads that are read at once, as long as one entry alone has no more.
const READ_BYTES: i64 = 8 << 20;

/// The next entries of one author after `seq`: up to `limit`, fewer if they are large; none only
/// at the ledger's end.
pub(crate) async fn entries_after(
    store: &Store,
    number: i64,
    seq: u64,
    limit: i64,
) -> Result<Vec<Entry>, Fault> {
    // A length is read from the row's head, without the payload itself.
    let sizes: Vec<i64> = sqlx::query_scalar(
        "SELECT coalesce(length(payload), 0) FROM entry \
         WHERE author = ? AND seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(number)
    .bind(seq.cast_signed())
    .bind(limit)
    .fetch_all(&mut *store.connection().await?)
    .await?;
    let within = sizes.iter().scan(0, |sum, size| {
        *sum += size;
        (*sum <= READ_BYTES).then_some(())
    });
    let limit = i64::try_from(within.count().max(1)).unwrap_or(1);
    let rows = sqlx::query(
        "SELECT header, payload FROM entry WHERE author = ? AND seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(number)
    .bind(seq.cast_signed())
    .bind(limit)
    .fetch_all(&mut *store.connection().await?)
    .await?;
    rows.iter().map(entry).collect()
}

/// Witness entries of one author after `seq`.
pub(crate) async fn witnesses_after(store: &Store, number: i64, seq: u64) -> Result<u64, Fault> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM entry WHERE author = ? AND seq > ? AND substr(header, 2, 1) = x'06'",
    )
    .bind(number)
    .bind(seq.cast_signed())
    .fetch_one(&mut *store.connection().await?)
    .await?;
    Ok(count.cast_unsigned())
}

/// The newest witness entry of each author.
pub(crate) async fn newest_witnesses(store: &Store) -> Result<Vec<Entry>, Fault> {
    let rows = sqlx::query(
        "SELECT e.header, e.payload FROM (SELECT author, max(seq) AS seq FROM entry \
         WHERE substr(header, 2, 1) = x'06' GROUP BY author) w \
         CROSS JOIN entry e ON e.author = w.author AND e.seq = w.seq",
    )
    .fetch_all(&mut *store.connection().await?)
    .await?;
    rows.iter().map(entry).collect()
}

/// Hashes of one author's entries from `first` to `last`, as far as they are here.
pub(crate) async fn hashes(
    store: &Store,
    number: i64,
    first: u64,
    last: u64,
) -> Result<BTreeMap<u64, EntryHash>, Fault> {
    let rows = sqlx::query("SELECT header FROM entry WHERE author = ? AND seq BETWEEN ? AND ?")
        .bind(number)
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&mut *store.connection().await?)
        .await?;
    rows.iter()
        .map(|row| header(row, 0).map(|header| (header.seq, header.hash())))
        .collect()
}

/// How many entries there are.
pub(crate) async fn count(store: &Store) -> Result<u64, Fault> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM entry")
        .fetch_one(&mut *store.connection().await?)
        .await?;
    Ok(count.cast_unsigned())
}

fn entry(row: &SqliteRow) -> Result<Entry, Fault> {
    let payload = row
        .try_get::<Option<Vec<u8>>, _>(1)?
        .map_or(Payload::Erased, Payload::Present);
    let entry = Entry {
        header: header(row, 0)?,
        payload,
    };
    if entry.payload_matches() {
        Ok(entry)
    } else {
        Err(Fault::Damaged)
    }
}

fn header(row: &SqliteRow, column: usize) -> Result<Header, Fault> {
    Header::decode(row.try_get::<&[u8], _>(column)?).map_err(|_| Fault::Damaged)
}

fn bytes<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], Fault> {
    row.try_get::<&[u8], _>(column)?
        .try_into()
        .map_err(|_| Fault::Damaged)
}
