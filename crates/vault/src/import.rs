//! Somebody else's table of customers, read: from the bytes of a file to rows that say what they mean.
//!
//! [`sheet::Table`] opens the bytes, [`header::guess`] proposes what its columns are, and
//! [`row::parse`] reads each line by that plan, which a person has seen and may have changed. Nothing
//! here touches a vault, and nothing a file says is taken for consent.
mod book;
mod date;
mod delimited;
pub mod header;
pub mod row;
pub mod sheet;

pub use date::{DateFault, read_date};
pub use delimited::{Charset, Separator};

/// Why a file can't be read. Line numbers count from 1, as the spreadsheet shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Neither a spreadsheet nor text in columns.
    #[error("not a table")]
    NotATable,
    /// A kind of spreadsheet that isn't read; saving it as XLSX helps.
    #[error("this kind of spreadsheet is not read")]
    Unsupported,
    /// The workbook asks for a password.
    #[error("the workbook is locked with a password")]
    Locked,
    /// It began like a spreadsheet and isn't whole.
    #[error("the file is damaged")]
    Damaged,
    /// There is no worksheet of this place.
    #[error("no such worksheet")]
    NoSuchSheet,
    /// The file, or what it unpacks to, is larger than [`Limits`] allows.
    #[error("the file is too large")]
    TooLarge,
    /// More rows than [`Limits`] allows.
    #[error("too many rows")]
    TooManyRows,
    /// A line has something in a column beyond those that [`Limits`] allows.
    #[error("line {line} has too many columns")]
    TooWide {
        /// Which line.
        line: u32,
    },
    /// A cell is longer than [`Limits`] allows; in a text file mostly a quotation mark that is never
    /// closed.
    #[error("a cell in line {line} is too long")]
    CellTooLong {
        /// Which line.
        line: u32,
    },
}

/// How much of a file is read; beyond it, reading ends with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file: u64,
    /// Bytes of all that a compressed file unpacks to.
    pub unpacked: u64,
    /// Rows with anything in them.
    pub rows: u32,
    /// Columns.
    pub columns: usize,
    /// Bytes of one cell.
    pub cell: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 256 << 20,
            unpacked: 1 << 30,
            rows: 1_000_000,
            columns: 256,
            cell: 128 << 10,
        }
    }
}

#[cfg(test)]
mod tests;
