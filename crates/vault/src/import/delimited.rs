//! Text with separated columns, in whatever character set and with whatever separator.
use std::io::Read;

use casebook::text::legacy::{self, Script};
use encoding_rs::{
    CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258,
};

use super::sheet::{Each, Line};
use super::{ImportError, Limits};

/// How bytes become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows, Vietnamese.
    Windows1258,
    /// Windows, western: also what TCVN3 and VNI are seen through.
    Windows1252,
}

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, where the comma is in numbers.
    Semicolon,
    /// A tabulator.
    Tab,
    /// `|`
    Bar,
}

impl Charset {
    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Windows1258 => WINDOWS_1258,
            Self::Windows1252 => WINDOWS_1252,
        }
    }
}

impl Separator {
    const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// How much of a file is looked at for guessing, bytes.
const SAMPLE: usize = 64 << 10;

/// A text file and how it is understood.
pub(super) struct Delimited {
    bytes: Vec<u8>,
    charset: Charset,
    separator: Separator,
}

impl Delimited {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, ImportError> {
        let charset = charset(&bytes).ok_or(ImportError::NotATable)?;
        let text = sample(&bytes, charset);
        let start = text.trim_start().get(..64).unwrap_or(&text).to_lowercase();
        let markup = ["<html", "<!doctype", "<?xml", "<table", "%pdf", "{\\rtf"];
        if markup.iter().any(|mark| start.starts_with(mark)) {
            return Err(ImportError::NotATable);
        }
        let separator = separator(&text);
        Ok(Self {
            bytes,
            charset,
            separator,
        })
    }

    pub(super) fn understood(&self) -> (Charset, Separator) {
        (self.charset, self.separator)
    }

    pub(super) fn reread(&mut self, charset: Charset, separator: Separator) {
        self.charset = charset;
        self.separator = separator;
    }

    pub(super) fn lines(&self, limits: &Limits, each: &mut Each<'_>) -> Result<(), ImportError> {
        let text = Decoding::new(&self.bytes, self.charset);
        let mut reader = reader(text, self.separator);
        let mut record = csv::StringRecord::new();
        let mut line = Line::default();
        while reader
            .read_record(&mut record)
            .map_err(|_| ImportError::Damaged)?
        {
            let at = record.position().map_or(0, csv::Position::line);
            line.number = u32::try_from(at).map_err(|_| ImportError::TooManyRows)?;
            line.cells.clear();
            for (column, cell) in record.iter().enumerate() {
                if !cell.is_empty() {
                    line.set(column, cell.to_owned(), limits)?;
                }
            }
            if line.number == 1 && declared(line.cell(0)).is_some() && line.cells.len() == 1 {
                continue;
            }
            if each(&line)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn reader<R: Read>(text: R, separator: Separator) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.byte())
        .from_reader(text)
}

/// Excel's own first line, `sep=;`.
fn declared(line: &str) -> Option<Separator> {
    let sign = line.trim_end().strip_prefix("sep=")?;
    let known = |separator: &Separator| sign.as_bytes() == [separator.byte()];
    Separator::ALL.into_iter().find(known).or_else(|| {
        // Read with the sign itself as the separator, nothing of it is left.
        sign.is_empty().then_some(Separator::Comma)
    })
}

/// `None` if the bytes are no text.
fn charset(bytes: &[u8]) -> Option<Charset> {
    let start = bytes.get(..SAMPLE).unwrap_or(bytes);
    match start {
        [0xef, 0xbb, 0xbf, ..] => return Some(Charset::Utf8),
        [0xff, 0xfe, ..] => return Some(Charset::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Charset::Utf16Be),
        _ => {}
    }
    let zeros = |first: usize| {
        let bytes = start.iter().skip(first).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    // Spaces, digits, separators and line ends have a zero for their high byte in every language.
    match (zeros(0), zeros(1)) {
        (0, 0) => {}
        (high, low) if low > high * 8 && low * 4 > start.len() / 2 => {
            return Some(Charset::Utf16Le);
        }
        (high, low) if high > low * 8 && high * 4 > start.len() / 2 => {
            return Some(Charset::Utf16Be);
        }
        _ => return None,
    }
    if core::str::from_utf8(bytes).is_ok() {
        return Some(Charset::Utf8);
    }
    let western = sample(bytes, Charset::Windows1252);
    let vietnamese = legacy::guess(western.lines())
        .first()
        .is_some_and(|best| best.script == Script::Windows1258);
    Some(if vietnamese {
        Charset::Windows1258
    } else {
        Charset::Windows1252
    })
}

fn sample(bytes: &[u8], charset: Charset) -> String {
    let start = bytes.get(..SAMPLE).unwrap_or(bytes);
    charset
        .encoding()
        .decode_with_bom_removal(start)
        .0
        .into_owned()
}

/// The separator that cuts most lines into one and the same number of columns, at least two.
fn separator(text: &str) -> Separator {
    if let Some(said) = text
        .lines()
        .next()
        .filter(|line| line.len() == 5)
        .and_then(declared)
    {
        return said;
    }
    let mut best = (0, 0, Separator::Comma);
    for separator in Separator::ALL {
        let (agreeing, columns) = agreement(text, separator);
        if (agreeing, columns) > (best.0, best.1) {
            best = (agreeing, columns, separator);
        }
    }
    best.2
}

/// How many of the first lines have the most frequent number of columns, and that number.
fn agreement(text: &str, separator: Separator) -> (usize, usize) {
    const LINES: usize = 200;
    let mut widths: Vec<usize> = reader(text.as_bytes(), separator)
        .records()
        .take(LINES)
        .filter_map(|record| record.ok().map(|record| record.len()))
        .filter(|columns| *columns > 1)
        .collect();
    widths.sort_unstable();
    widths
        .chunk_by(|a, b| a == b)
        .map(|same| (same.len(), same.first().copied().unwrap_or(0)))
        .max()
        .unwrap_or((0, 0))
}

/// Decodes while it is read, so that the text is never there as a whole.
struct Decoding<'a> {
    rest: &'a [u8],
    decoder: Decoder,
    done: bool,
}

impl<'a> Decoding<'a> {
    fn new(bytes: &'a [u8], charset: Charset) -> Self {
        Self {
            rest: bytes,
            decoder: charset.encoding().new_decoder_with_bom_removal(),
            done: false,
        }
    }
}

impl Read for Decoding<'_> {
    /// `buffer` has to have room for one character, as that of a CSV reader has.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.done {
            return Ok(0);
        }
        let (result, read, written, _) = self.decoder.decode_to_utf8(self.rest, buffer, true);
        self.rest = self.rest.get(read..).unwrap_or_default();
        self.done = result == CoderResult::InputEmpty;
        Ok(written)
    }
}
