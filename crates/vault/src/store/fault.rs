//! What SQLite or the disk can do to us, sorted by what a person can do about it.
use std::io;

use crate::failure::{ActError, OpenError};

/// Why a read or a write did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No room on the disk.
    DiskFull,
    /// Pages, rows or formats don't hold together.
    Damaged,
    /// Another process holds the file.
    InUse,
    /// Not our file.
    Foreign,
    /// Written by a newer version.
    TooNew,
    /// SQLite did not take one of our settings.
    Settings,
    /// Stopped on purpose.
    Interrupted,
    /// The pool is closed.
    Closed,
    /// Anything else the operating system said.
    Io,
}

const FULL: i32 = 13;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const INTERRUPT: i32 = 9;

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(inner) => {
                let code = inner
                    .code()
                    .and_then(|code| code.parse::<i32>().ok())
                    .unwrap_or(0);
                match code & 0xff {
                    FULL => Self::DiskFull,
                    CORRUPT | NOT_A_DATABASE => Self::Damaged,
                    BUSY | LOCKED => Self::InUse,
                    INTERRUPT => Self::Interrupted,
                    _ => Self::Io,
                }
            }
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Io(error) => error.into(),
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::RowNotFound => Self::Damaged,
            _ => Self::Io,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull,
            _ => Self::Io,
        }
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DiskFull => Self::DiskFull,
            Fault::Damaged => Self::Damaged,
            Fault::InUse => Self::InUse,
            Fault::Foreign => Self::Foreign,
            Fault::TooNew => Self::TooNew,
            Fault::Settings | Fault::Interrupted | Fault::Closed | Fault::Io => {
                Self::Io(io::ErrorKind::Other)
            }
        }
    }
}

impl From<Fault> for ActError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DiskFull => Self::DiskFull,
            Fault::Damaged => Self::Damaged,
            Fault::Closed => Self::Closed,
            _ => Self::Io,
        }
    }
}
