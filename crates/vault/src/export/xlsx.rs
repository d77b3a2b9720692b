//! A workbook: the lot's stamp, the list, and who was refused. Every cell is text but counts.
//!
//! Rows are kept in nameless files of a scratch folder until the workbook is put together, so memory
//! stays flat. They lie there in the clear, with a password too; the operating system removes them
//! as soon as they are closed. The folder should be the desk's own, never a memory stick.
use std::io::{BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as Style, Workbook, Worksheet, XlsxError,
};

use super::cell::{Cell, Column, Table, day, neutral};
use super::file::Files;
use super::run::Tally;
use super::{ExportError, Line, Watch, WriteError};

/// Bytes that leave the workbook at once.
const PIECE: usize = 1 << 16;
/// Rows of a sheet, with its heading.
const SHEET_ROWS: u32 = 1_048_576;
const REASON: &str = "Lý do";
const REASON_WIDTH: u8 = 40;

/// What a list is, until when it may be used and for what: the first sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The lot's number.
    pub lot: String,
    /// The moment of which the data are, on the clinic's clock.
    pub as_of: DateTime,
    /// The last day on which the list may be used.
    pub expires: Date,
    /// What for.
    pub purpose: String,
    /// On which channel.
    pub channel: String,
}

/// A workbook of three sheets: `Thông tin lô`, `Danh sách`, `Bị loại`.
pub struct Xlsx<R, F> {
    /// For the first sheet.
    pub stamp: Stamp,
    /// Columns of the list.
    pub rows: Table<R>,
    /// Columns of those refused; the reason is added as the last one.
    pub refused: Table<F>,
    /// Where rows are kept until the end.
    pub scratch: PathBuf,
}

impl From<XlsxError> for WriteError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::MaxStringLengthExceeded => Self::TextTooLong,
            XlsxError::RowColumnLimitError => Self::TooManyRows,
            XlsxError::IoError(error) => error.into(),
            XlsxError::ZipError(error) => std::io::Error::from(error).into(),
            _ => Self::Scratch,
        }
    }
}

pub(super) fn write<R, F, E>(
    book: &Xlsx<R, F>,
    files: &mut Files<'_>,
    lines: impl Iterator<Item = Result<Line<R, F>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Tally, ExportError<E>> {
    let mut workbook = guarded(|| begin(book))?;
    let mut tally = Tally::default();
    let [stamp, list, others] = workbook.worksheets_mut().as_mut_slice() else {
        return Err(WriteError::Scratch.into());
    };
    let text = Style::new().set_num_format("@");
    let mut list = Sheet::new(list, &text);
    let mut others = Sheet::new(others, &text);
    for line in lines {
        watch.taken(tally.lines())?;
        match line.map_err(ExportError::Source)? {
            Line::Row(row) => {
                let cells = book.rows.columns.iter().map(|column| column.cell(&row));
                list.row(cells)?;
                tally.rows += 1;
            }
            Line::Refused { row, reason } => {
                let cells = book.refused.columns.iter().map(|column| column.cell(&row));
                others.row(cells.chain([Cell::Text(reason)]))?;
                tally.refused += 1;
            }
        }
    }
    guarded(|| fill_stamp(stamp, &book.stamp, &tally))?;
    guarded(|| {
        let mut out = BufWriter::with_capacity(PIECE, files);
        workbook.save_to_writer(&mut out)?;
        out.flush()?;
        Ok(())
    })?;
    Ok(tally)
}

/// The library panics where its scratch file can't be written.
fn guarded<T>(work: impl FnOnce() -> Result<T, WriteError>) -> Result<T, WriteError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(WriteError::Scratch))
}

fn begin<R, F>(book: &Xlsx<R, F>) -> Result<Workbook, WriteError> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(&book.scratch)?;
    let at = book.stamp.as_of;
    let created = ExcelDateTime::from_ymd(
        u16::try_from(at.year()).unwrap_or(1900),
        at.month().unsigned_abs(),
        at.day().unsigned_abs(),
    )?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    workbook.add_worksheet().set_name("Thông tin lô")?;
    let list = workbook.add_worksheet_with_constant_memory()?;
    head(
        list.set_name("Danh sách")?,
        book.rows.columns.iter().map(of),
    )?;
    let reason = [(REASON, REASON_WIDTH)];
    let others = workbook.add_worksheet_with_constant_memory()?;
    let columns = book.refused.columns.iter().map(of).chain(reason);
    head(others.set_name("Bị loại")?, columns)?;
    Ok(workbook)
}

fn of<R>(column: &Column<R>) -> (&str, u8) {
    (&column.heading, column.width)
}

fn head<'a>(
    sheet: &mut Worksheet,
    columns: impl Iterator<Item = (&'a str, u8)>,
) -> Result<(), WriteError> {
    let bold = Style::new().set_bold().set_num_format("@");
    sheet.set_freeze_panes(1, 0)?;
    for (place, (heading, width)) in columns.enumerate() {
        let place = u16::try_from(place).map_err(|_| WriteError::TooManyRows)?;
        sheet.set_column_width(place, width)?;
        sheet.write_string_with_format(0, place, neutral(heading), &bold)?;
    }
    Ok(())
}

/// A sheet that grows downwards.
struct Sheet<'a> {
    into: &'a mut Worksheet,
    text: &'a Style,
    next: u32,
}

impl<'a> Sheet<'a> {
    const fn new(sheet: &'a mut Worksheet, text: &'a Style) -> Self {
        Self {
            into: sheet,
            text,
            next: 1,
        }
    }

    fn row<'c>(&mut self, cells: impl Iterator<Item = Cell<'c>>) -> Result<(), WriteError> {
        if self.next >= SHEET_ROWS {
            return Err(WriteError::TooManyRows);
        }
        guarded(|| {
            (0..)
                .zip(cells)
                .try_for_each(|(place, cell)| put(self.into, (self.next, place), &cell, self.text))
        })?;
        self.next += 1;
        Ok(())
    }
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell<'_>,
    text: &Style,
) -> Result<(), WriteError> {
    match cell {
        Cell::Nothing => {}
        Cell::Count(count) => {
            sheet.write_number(row, column, *count)?;
        }
        cell => {
            sheet.write_string_with_format(row, column, cell.for_sheet(), text)?;
        }
    }
    Ok(())
}

fn fill_stamp(sheet: &mut Worksheet, stamp: &Stamp, tally: &Tally) -> Result<(), WriteError> {
    let text = Style::new().set_num_format("@");
    let bold = text.clone().set_bold();
    let at = stamp.as_of;
    let as_of = format!("{:02}:{:02} {}", at.hour(), at.minute(), day(at.date()));
    let count = |many: u64| Cell::Count(u32::try_from(many).unwrap_or(u32::MAX));
    let lines = [
        ("Số lô", Cell::text(&stamp.lot)),
        ("Dữ liệu tính đến", Cell::text(&as_of)),
        ("Hết hạn dùng", Cell::Date(stamp.expires)),
        ("Mục đích", Cell::text(&stamp.purpose)),
        ("Kênh", Cell::text(&stamp.channel)),
        ("Số dòng trong danh sách", count(tally.rows)),
        ("Số dòng bị loại", count(tally.refused)),
    ];
    sheet.set_column_width(0, 26)?;
    sheet.set_column_width(1, 60)?;
    for (place, (label, value)) in (0..).zip(lines) {
        put(sheet, (place, 0), &Cell::text(label), &bold)?;
        put(sheet, (place, 1), &value, &text)?;
    }
    Ok(())
}
