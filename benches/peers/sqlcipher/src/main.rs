//! SQLCipher: default settings, raw key.
use std::path::Path;

use rusqlite::Connection;

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    let key = "2dd29ca851e7b56e4697b0e1f08507293d761a05ce4d1b628663f411a8086d99";
    db.execute_batch(&format!("PRAGMA key = \"x'{key}'\""))?;
    Ok(db)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    bench_rows::serve(open)
}
