//! One transaction, packed into as few messages to SQLite's thread as it takes.
use std::mem;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, SqliteConnection};

use super::Fault;

/// Rows of one `VALUES` list: beyond that nothing is gained.
const ROWS_PER_STATEMENT: usize = 100;

/// A value to be bound.
#[derive(Clone)]
pub(crate) enum Value {
    /// An integer.
    Int(i64),
    /// Bytes.
    Blob(Vec<u8>),
    /// Nothing.
    Null,
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        value.map_or(Self::Null, Self::Blob)
    }
}

#[derive(Default)]
struct Message {
    sql: String,
    arguments: SqliteArguments<'static>,
}

/// Statements that happen together or not at all.
pub(crate) struct Batch {
    sent: Vec<Message>,
    open: Message,
    unbindable: bool,
}

/// How a batch ended.
pub(crate) enum Sent {
    /// Durable.
    Committed,
    /// Not committed; the caller rolls back.
    Failed(Fault),
}

impl Batch {
    /// An empty transaction.
    pub(crate) fn new() -> Self {
        let open = Message {
            sql: "BEGIN IMMEDIATE;".to_owned(),
            ..Message::default()
        };
        Self {
            sent: Vec::new(),
            open,
            unbindable: false,
        }
    }

    /// Adds one statement; `?` are bound in order.
    pub(crate) fn run(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.open.sql.push_str(sql);
        self.open.sql.push(';');
        for value in values {
            self.unbindable |= !bind(&mut self.open.arguments, value);
        }
    }

    /// Adds rows after `insert` (which ends in `VALUES`), `columns` values each, then `tail`.
    ///
    /// Full hundreds go as messages of their own with one text, which SQLite prepares once.
    pub(crate) fn rows(&mut self, insert: &str, columns: usize, values: Vec<Value>, tail: &str) {
        let mut left = values.len() / columns;
        let mut values = values.into_iter();
        while left > 0 {
            let rows = left.min(ROWS_PER_STATEMENT);
            if rows == ROWS_PER_STATEMENT {
                self.seal_message();
            }
            let sql = format!("{insert} {}{tail}", places(columns, rows));
            self.run(&sql, values.by_ref().take(rows * columns));
            if rows == ROWS_PER_STATEMENT {
                self.seal_message();
            }
            left -= rows;
        }
    }

    fn seal_message(&mut self) {
        if !self.open.sql.is_empty() {
            self.sent.push(mem::take(&mut self.open));
        }
    }

    /// Sends everything and commits.
    pub(crate) async fn send(mut self, connection: &mut SqliteConnection) -> Sent {
        if self.unbindable {
            return Sent::Failed(Fault::Io);
        }
        self.open.sql.push_str("COMMIT;");
        self.seal_message();
        for Message { sql, arguments } in self.sent {
            if let Err(error) = sqlx::query_with(&sql, arguments)
                .execute(&mut *connection)
                .await
            {
                return Sent::Failed(error.into());
            }
        }
        Sent::Committed
    }
}

fn bind(arguments: &mut SqliteArguments<'static>, value: Value) -> bool {
    match value {
        Value::Int(value) => arguments.add(value),
        Value::Blob(value) => arguments.add(value),
        Value::Null => arguments.add(None::<Vec<u8>>),
    }
    .is_ok()
}

/// `(?,?),(?,?)` for 2 columns and 2 rows.
pub(crate) fn places(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row; rows].join(",")
}
