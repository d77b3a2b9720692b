//! Bytes of a file as a table: lines of cells, one after the other, each as text.
use std::ops::ControlFlow;

use super::book::Book;
use super::delimited::{Charset, Delimited, Separator};
use super::{ImportError, Limits};

/// What sort of file it is, told by its content, never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Excel since 2007.
    Xlsx,
    /// Excel until 2003.
    Xls,
    /// `OpenDocument`, as of `LibreOffice`.
    Ods,
    /// Text with separated columns: CSV, TSV.
    Delimited,
}

/// One line with something in it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Its number, from 1, as a spreadsheet shows it.
    pub number: u32,
    /// Its cells as the file has them: not trimmed and not cleaned, as old text has letters that a
    /// cleaner takes for rubbish. Numbers are written with all their digits, days as
    /// `yyyy-MM-dd`, a time after them as ` HH:mm:ss`; of a formula, its last result.
    pub cells: Vec<String>,
}

impl core::fmt::Debug for Line {
    /// Without its cells, which hold personal data.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Line({})", self.number)
    }
}

impl Line {
    /// The text of a column, empty beyond the last.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// Sets a cell, with empty ones before it.
    pub(super) fn set(
        &mut self,
        column: usize,
        text: String,
        limits: &Limits,
    ) -> Result<(), ImportError> {
        let line = self.number;
        if column >= limits.columns {
            return Err(ImportError::TooWide { line });
        }
        if text.len() > limits.cell {
            return Err(ImportError::CellTooLong { line });
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = text;
        }
        Ok(())
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// An opened file.
pub struct Table {
    content: Content,
    sheets: Vec<String>,
    limits: Limits,
}

enum Content {
    Book(Box<Book>),
    Delimited(Delimited),
}

impl core::fmt::Debug for Table {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Table(..)")
    }
}

impl Table {
    /// Opens a file's bytes within the usual limits.
    pub fn open(bytes: Vec<u8>) -> Result<Self, ImportError> {
        Self::open_within(bytes, Limits::default())
    }

    /// Opens a file's bytes within the given limits.
    pub fn open_within(bytes: Vec<u8>, limits: Limits) -> Result<Self, ImportError> {
        if bytes.len() as u64 > limits.file {
            return Err(ImportError::TooLarge);
        }
        let content = if Book::claims(&bytes) {
            Content::Book(Box::new(Book::open(bytes, &limits)?))
        } else {
            Content::Delimited(Delimited::open(bytes)?)
        };
        let sheets = match &content {
            Content::Book(book) => book.sheets(),
            Content::Delimited(_) => vec![String::new()],
        };
        Ok(Self {
            content,
            sheets,
            limits,
        })
    }

    /// What sort of file it is.
    #[must_use]
    pub fn format(&self) -> Format {
        match &self.content {
            Content::Book(book) => book.format(),
            Content::Delimited(_) => Format::Delimited,
        }
    }

    /// Names of the worksheets in their order, hidden ones left out; a text file has one without a
    /// name.
    #[must_use]
    pub fn sheets(&self) -> &[String] {
        &self.sheets
    }

    /// How a text file is understood: guessed, or as [`Self::reread`] said. `None` for a workbook.
    #[must_use]
    pub fn text(&self) -> Option<(Charset, Separator)> {
        match &self.content {
            Content::Book(_) => None,
            Content::Delimited(text) => Some(text.understood()),
        }
    }

    /// Understands a text file as the person at the preview says; a workbook leaves no choice.
    pub fn reread(&mut self, charset: Charset, separator: Separator) {
        if let Content::Delimited(text) = &mut self.content {
            text.reread(charset, separator);
        }
    }

    /// Hands out the lines of a worksheet (by its place in [`Self::sheets`]) in their order, until
    /// they end or `each` breaks off. Blank lines are left out. Only one line is held at a time;
    /// after an error the lines handed out so far are no whole table.
    pub fn lines(
        &mut self,
        sheet: usize,
        mut each: impl FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<(), ImportError> {
        let name = self.sheets.get(sheet).ok_or(ImportError::NoSuchSheet)?;
        let limits = self.limits;
        let mut rows = 0_u32;
        let mut counted = |line: &Line| {
            if line.is_blank() {
                return Ok(ControlFlow::Continue(()));
            }
            if rows >= limits.rows {
                return Err(ImportError::TooManyRows);
            }
            rows += 1;
            Ok(each(line))
        };
        match &mut self.content {
            Content::Book(book) => book.lines(name, &limits, &mut counted),
            Content::Delimited(text) => text.lines(&limits, &mut counted),
        }
    }

    /// The first lines of a worksheet, for a preview and for guessing.
    pub fn head(&mut self, sheet: usize, count: usize) -> Result<Vec<Line>, ImportError> {
        let mut head = Vec::new();
        if count == 0 {
            return Ok(head);
        }
        self.lines(sheet, |line| {
            head.push(line.clone());
            if head.len() < count {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(head)
    }
}

/// What the readers hand their lines to.
pub(super) type Each<'a> = dyn FnMut(&Line) -> Result<ControlFlow<()>, ImportError> + 'a;
