//! The work that every SQL store does, and how it is timed.
use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bench_data::{Lead, fold, lead};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows of one page, and of search hits.
const PAGE: usize = 50;
/// Edits of one run.
const EDITS: usize = 300;
/// Times that a search is repeated in one run.
const SEARCHES: usize = 51;

/// Opens the database, with its key if it has one.
pub type Open = fn(&Path) -> rusqlite::Result<Connection>;

/// Reads commands from the standard input, one JSON value a line, and answers each with one line.
pub fn serve(open: Open) -> Result<()> {
    let mut store: Option<Store> = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let answer = match command["do"].as_str().unwrap_or_default() {
            "prepare" => {
                let n = usize::try_from(command["n"].as_u64().unwrap_or(0))?;
                let path = PathBuf::from(command["dir"].as_str().unwrap_or_default()).join("leads.db");
                let (made, seconds) = Store::fill(open, path, n)?;
                store = Some(made);
                json!({ "per_second": n as f64 / seconds })
            }
            other => store.as_mut().ok_or("not prepared")?.row(other, &command)?,
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

struct Store {
    open: Open,
    path: PathBuf,
    n: usize,
    db: Connection,
}

const SCHEMA: &str = "
    CREATE TABLE leads(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL, phone TEXT NOT NULL,
        question TEXT NOT NULL, state INTEGER NOT NULL, branch INTEGER NOT NULL, received_at INTEGER NOT NULL);
    CREATE INDEX leads_by_list ON leads(state, branch, received_at);
    CREATE INDEX leads_by_arrival ON leads(received_at);
    CREATE INDEX leads_by_phone ON leads(phone);
    CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='trigram');";

const COLUMNS: &str = "seq, id, name, phone, question, state, branch, received_at";

fn pragmas(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
}

impl Store {
    fn fill(open: Open, path: PathBuf, n: usize) -> Result<(Self, f64)> {
        let leads: Vec<(Lead, String)> = (0..n)
            .map(|i| {
                let lead = lead(i, n);
                let text = fold(&format!("{}\n{}\n{}", lead.name, lead.phone, lead.question));
                (lead, text)
            })
            .collect();
        let started = Instant::now();
        let mut db = open(&path)?;
        pragmas(&db)?;
        db.execute_batch(SCHEMA)?;
        for chunk in leads.chunks(1_000) {
            let write = db.transaction()?;
            {
                let insert = format!("INSERT INTO leads({COLUMNS}) VALUES(?,?,?,?,?,?,?,?)");
                let mut row = write.prepare_cached(&insert)?;
                let mut words = write.prepare_cached("INSERT INTO words(rowid, text) VALUES(?,?)")?;
                for (lead, text) in chunk {
                    let seq = i64::from_be_bytes(lead.id[..8].try_into()?) + 1;
                    row.execute(params![
                        seq, lead.id, lead.name, lead.phone, lead.question, 0, lead.branch as i64, lead.received_ms
                    ])?;
                    words.execute(params![seq, text])?;
                }
            }
            write.commit()?;
        }
        let seconds = started.elapsed().as_secs_f64();
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok((Self { open, path, n, db }, seconds))
    }

    fn row(&mut self, name: &str, command: &Value) -> Result<Value> {
        Ok(match name {
            "first page" => json!({ "ns": self.first_page()? }),
            "search" => self.search(command["text"].as_str().unwrap_or_default())?,
            "edit" => json!({ "ns": self.edit()? }),
            "list" => json!({ "ns": self.list(command["last"].as_bool().unwrap_or(false))? }),
            "size" => {
                self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
                json!({ "bytes": std::fs::metadata(&self.path)?.len() })
            }
            "memory" => json!({ "bytes": resident()? }),
            _ => json!({}),
        })
    }

    fn first_page(&self) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..5 {
            let started = Instant::now();
            let db = (self.open)(&self.path)?;
            let sql = format!("SELECT {COLUMNS} FROM leads ORDER BY received_at DESC LIMIT {PAGE}");
            black_box(take(&db, &sql, params![])?);
            times.push(started.elapsed());
        }
        Ok(median(times))
    }

    fn search(&self, text: &str) -> Result<Value> {
        let Some(words) = matching(text) else {
            return Ok(json!({ "cannot": true }));
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM leads WHERE seq IN
             (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT {PAGE}) ORDER BY seq DESC"
        );
        let mut times = Vec::new();
        let mut hits = 0;
        for _ in 0..SEARCHES {
            let started = Instant::now();
            hits = black_box(take(&self.db, &sql, params![words])?);
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let last = times[times.len() - 1].as_nanos() as f64;
        Ok(json!({ "ns": median(times), "worst_ns": last, "hits": hits }))
    }

    fn edit(&self) -> Result<f64> {
        let mut update = self.db.prepare_cached("UPDATE leads SET state=? WHERE seq=?")?;
        let mut times = Vec::new();
        for i in 0..EDITS {
            let seq = (i * 7_919 % self.n) as i64 + 1;
            let started = Instant::now();
            update.execute(params![1 + (i % 5) as i64, seq])?;
            times.push(started.elapsed());
        }
        // Back to where the lists expect them; not timed.
        self.db.execute("UPDATE leads SET state=0 WHERE state<>0", [])?;
        Ok(median(times))
    }

    fn list(&self, last: bool) -> Result<f64> {
        let sql = "SELECT count(*) FROM leads WHERE state=0 AND branch=3";
        let total: i64 = self.db.query_row(sql, [], |row| row.get(0))?;
        let skip = if last { (total - PAGE as i64).max(0) } else { 0 };
        let sql = format!(
            "SELECT {COLUMNS} FROM leads WHERE state=0 AND branch=3 ORDER BY received_at DESC LIMIT {PAGE} OFFSET ?"
        );
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let started = Instant::now();
            black_box(take(&self.db, &sql, params![skip])?);
            times.push(started.elapsed());
        }
        Ok(median(times))
    }
}

/// Words of three letters and more, quoted; `None` when the index can't answer at all.
fn matching(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = if digits.bytes().all(|b| b.is_ascii_digit()) { &digits } else { text };
    let words: Vec<String> =
        text.split_whitespace().filter(|word| word.chars().count() >= 3).map(|word| format!("\"{word}\"")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Reads every column of every row: a page must be shown, not only found.
fn take(db: &Connection, sql: &str, with: impl rusqlite::Params) -> Result<usize> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(with)?;
    let mut page = Vec::with_capacity(PAGE);
    while let Some(row) = rows.next()? {
        let lead: (Vec<u8>, String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let work: (i64, i64, i64) = (row.get(5)?, row.get(6)?, row.get(7)?);
        page.push((lead, work));
    }
    Ok(black_box(page).len())
}

fn median(mut times: Vec<std::time::Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}

/// Resident memory of this process, in bytes.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}
