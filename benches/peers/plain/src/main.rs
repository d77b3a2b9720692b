//! SQLite without encryption: what the same tables cost at least.
use std::path::Path;

use rusqlite::Connection;

fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open(path)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    bench_rows::serve(open)
}
