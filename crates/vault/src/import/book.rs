//! Workbooks: XLSX, XLS and ODS.
use std::io::{Cursor, Read};

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Reader, SheetVisible, Xls, XlsError, Xlsx,
    XlsxError,
};

use super::sheet::{Each, Format, Line};
use super::{ImportError, Limits};

type Bytes = Cursor<Vec<u8>>;

/// An opened workbook.
pub(super) enum Book {
    Xlsx(Xlsx<Bytes>),
    Xls(Xls<Bytes>),
    Ods(Ods<Bytes>),
}

const ZIP: &[u8] = b"PK\x03\x04";
/// A compound file: the old workbooks, and every locked new one.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream that a locked workbook lies in, as a compound file spells it.
const LOCKED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

impl Book {
    /// Whether the bytes begin like a workbook.
    pub(super) fn claims(bytes: &[u8]) -> bool {
        bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND)
    }

    pub(super) fn open(bytes: Vec<u8>, limits: &Limits) -> Result<Self, ImportError> {
        if bytes.starts_with(COMPOUND) {
            if memchr::memmem::find(&bytes, LOCKED).is_some() {
                return Err(ImportError::Locked);
            }
            return Ok(Self::Xls(Xls::new(Cursor::new(bytes))?));
        }
        let format = weigh(&bytes, limits)?;
        let bytes = Cursor::new(bytes);
        match format {
            Format::Ods => Ok(Self::Ods(Ods::new(bytes)?)),
            _ => Ok(Self::Xlsx(Xlsx::new(bytes)?)),
        }
    }

    pub(super) fn format(&self) -> Format {
        match self {
            Self::Xlsx(_) => Format::Xlsx,
            Self::Xls(_) => Format::Xls,
            Self::Ods(_) => Format::Ods,
        }
    }

    pub(super) fn sheets(&self) -> Vec<String> {
        let all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        };
        all.iter()
            .filter(|sheet| {
                sheet.visible == SheetVisible::Visible
                    && sheet.typ == calamine::SheetType::WorkSheet
            })
            .map(|sheet| sheet.name.clone())
            .collect()
    }

    pub(super) fn lines(
        &mut self,
        sheet: &str,
        limits: &Limits,
        each: &mut Each<'_>,
    ) -> Result<(), ImportError> {
        match self {
            Self::Xlsx(book) => streamed(book, sheet, limits, each),
            Self::Xls(book) => whole(&book.worksheet_range(sheet)?, limits, each),
            Self::Ods(book) => whole(&book.worksheet_range(sheet)?, limits, each),
        }
    }
}

/// Unpacks everything once and throws it away: what a file says about its own sizes may be a lie.
fn weigh(bytes: &[u8], limits: &Limits) -> Result<Format, ImportError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::Damaged)?;
    let format = if zip.index_for_name("content.xml").is_some() {
        Format::Ods
    } else if zip.index_for_name("xl/workbook.bin").is_some() {
        return Err(ImportError::Unsupported);
    } else if zip
        .file_names()
        .flatten()
        .any(|name| name.starts_with("xl/"))
    {
        Format::Xlsx
    } else {
        return Err(ImportError::NotATable);
    };
    let mut left = limits.unpacked;
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|_| ImportError::Damaged)?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .map_err(|_| ImportError::Damaged)?;
        left = left.checked_sub(unpacked).ok_or(ImportError::TooLarge)?;
    }
    Ok(format)
}

fn streamed(
    book: &mut Xlsx<Bytes>,
    sheet: &str,
    limits: &Limits,
    each: &mut Each<'_>,
) -> Result<(), ImportError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut line = Line::default();
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        let number = row.saturating_add(1);
        if number < line.number {
            return Err(ImportError::Damaged);
        }
        if number > line.number {
            if !line.cells.is_empty() && each(&line)?.is_break() {
                return Ok(());
            }
            line.number = number;
            line.cells.clear();
        }
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                text.clone()
            }
            DataRef::Int(number) => number.to_string(),
            DataRef::Float(number) => digits(*number),
            DataRef::Bool(truth) => truth.to_string(),
            DataRef::DateTime(moment) => day(*moment),
            DataRef::Error(error) => error.to_string(),
        };
        line.set(usize::try_from(column).unwrap_or(usize::MAX), text, limits)?;
    }
    if !line.cells.is_empty() {
        let _ = each(&line)?;
    }
    Ok(())
}

fn whole(
    range: &calamine::Range<Data>,
    limits: &Limits,
    each: &mut Each<'_>,
) -> Result<(), ImportError> {
    let (first_row, first_column) = range.start().unwrap_or_default();
    let first_column = usize::try_from(first_column).unwrap_or(usize::MAX);
    let mut line = Line {
        number: first_row,
        cells: Vec::new(),
    };
    for row in range.rows() {
        line.number = line.number.saturating_add(1);
        line.cells.clear();
        for (at, cell) in row.iter().enumerate() {
            let text = match cell {
                Data::Empty => continue,
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                    text.clone()
                }
                Data::Int(number) => number.to_string(),
                Data::Float(number) => digits(*number),
                Data::Bool(truth) => truth.to_string(),
                Data::DateTime(moment) => day(*moment),
                Data::Error(error) => error.to_string(),
            };
            line.set(first_column.saturating_add(at), text, limits)?;
        }
        if !line.cells.is_empty() && each(&line)?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

/// All digits, never an exponent: a phone kept as a number is still whole in the file.
fn digits(number: f64) -> String {
    format!("{number}")
}

fn day(moment: ExcelDateTime) -> String {
    // Serial 1 is 1900-01-01; what lies before is a time of day or a span.
    if !moment.is_datetime() || moment.as_f64() < 1.0 {
        return digits(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

impl From<XlsxError> for ImportError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::Password => Self::Locked,
            _ => Self::Damaged,
        }
    }
}

impl From<XlsError> for ImportError {
    fn from(error: XlsError) -> Self {
        match error {
            XlsError::Password => Self::Locked,
            _ => Self::Damaged,
        }
    }
}

impl From<OdsError> for ImportError {
    fn from(error: OdsError) -> Self {
        match error {
            OdsError::Password => Self::Locked,
            _ => Self::Damaged,
        }
    }
}
