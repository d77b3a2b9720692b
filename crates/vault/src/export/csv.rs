//! Comma-separated text: RFC 4180, in UTF-8 with a byte order mark, by which Excel knows the letters.
//!
//! A zero in front of a number is in the file; Excel drops it when such a file is opened by a double
//! click, and keeps it when the column is imported as text. A workbook has no such trap.
use super::cell::Table;
use super::run::Encode;
use super::{Unfit, cell};

/// By which Excel knows UTF-8.
pub(super) const MARK: &str = "\u{feff}";
pub(super) const END: &str = "\r\n";

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `,`: where the decimal sign is a point.
    Comma,
    /// `;`: what Excel expects on a PC with Vietnamese settings.
    Semicolon,
}

impl Separator {
    const fn as_char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
        }
    }
}

/// A table of text.
pub struct Csv<R> {
    /// Its columns.
    pub table: Table<R>,
    /// Between two cells.
    pub separator: Separator,
}

impl<R> Encode<R> for Csv<R> {
    fn head(&self, out: &mut String) {
        out.push_str(MARK);
        let mut record = Record::begin(self.separator, out);
        for column in &self.table.columns {
            record.cell(&cell::neutral(&column.heading));
        }
        record.end();
    }

    fn row(&self, row: &R, out: &mut String) -> Result<(), Unfit> {
        let mut record = Record::begin(self.separator, out);
        for column in &self.table.columns {
            record.cell(&column.cell(row).for_sheet());
        }
        record.end();
        Ok(())
    }
}

/// One line, cell after cell.
pub(super) struct Record<'a> {
    out: &'a mut String,
    separator: Separator,
    cells: usize,
    from: usize,
}

impl<'a> Record<'a> {
    pub(super) const fn begin(separator: Separator, out: &'a mut String) -> Self {
        let from = out.len();
        Self {
            out,
            separator,
            cells: 0,
            from,
        }
    }

    pub(super) fn cell(&mut self, text: &str) {
        if self.cells > 0 {
            self.out.push(self.separator.as_char());
        }
        self.cells += 1;
        if needs_quotes(text) {
            self.out.push('"');
            for (place, piece) in text.split('"').enumerate() {
                if place > 0 {
                    self.out.push_str("\"\"");
                }
                self.out.push_str(piece);
            }
            self.out.push('"');
        } else {
            self.out.push_str(text);
        }
    }

    pub(super) fn end(self) {
        // A line with nothing on it is skipped by most readers; one empty cell is still a row.
        if self.out.len() == self.from {
            self.out.push_str("\"\"");
        }
        self.out.push_str(END);
    }
}

/// Quoted for either separator, whichever the reader's settings expect.
fn needs_quotes(text: &str) -> bool {
    text.bytes()
        .any(|byte| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\r' | b'\n'))
        || text.starts_with(' ')
        || text.ends_with(' ')
}
