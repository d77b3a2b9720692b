//! The one way from a stream of rows to a file.
use std::io::Write;
use std::sync::atomic::Ordering;

use super::file::Files;
use super::{
    Destination, ExportError, Format, Line, Unfit, Watch, WriteError, Written, WrittenFile, xlsx,
};

/// Bytes of text that are gathered before they are written.
const PIECE: usize = 1 << 16;

/// A format whose rows are text, one after another.
pub(super) trait Encode<R> {
    /// What comes before the first row of each file.
    fn head(&self, out: &mut String);

    /// Appends a row; what it appended to a row that is unfit is taken back.
    fn row(&self, row: &R, out: &mut String) -> Result<(), Unfit>;

    /// Rows of one file.
    fn most_rows(&self) -> u64 {
        u64::MAX
    }
}

/// How many of each were taken.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) refused: u64,
    pub(super) unfit: u64,
}

impl Tally {
    pub(super) const fn lines(&self) -> u64 {
        self.rows + self.refused + self.unfit
    }

    fn written(&self, files: Vec<WrittenFile>) -> Written {
        Written {
            files,
            rows: self.rows,
            refused: self.refused,
            unfit: self.unfit,
        }
    }
}

/// Writes the lines into a file, or leaves none. It blocks and belongs on a thread of its own.
pub fn write<R, F, E>(
    format: &Format<R, F>,
    to: &Destination,
    lines: impl IntoIterator<Item = Result<Line<R, F>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Written, ExportError<E>> {
    let stop = watch.stop;
    let mut files = Files::begin(to, format.extension(), stop)?;
    let lines = lines.into_iter();
    let taken = match format {
        Format::Xlsx(book) => xlsx::write(book, &mut files, lines, watch),
        Format::Csv(csv) => texts(csv, &mut files, lines, watch),
        Format::Zns(zns) => texts(zns, &mut files, lines, watch),
        Format::Sms(sms) => texts(sms, &mut files, lines, watch),
        Format::VCard(cards) => texts(cards, &mut files, lines, watch),
    };
    // Whatever a write said when it was stopped, being stopped is why.
    let stopped = |error| match error {
        ExportError::Write(_) if stop.load(Ordering::Relaxed) => WriteError::Cancelled.into(),
        error => error,
    };
    let tally = taken.map_err(stopped)?;
    let written = files.publish().map_err(|error| stopped(error.into()))?;
    (watch.progress)(tally.lines());
    Ok(tally.written(written))
}

fn texts<R, F, E>(
    encode: &impl Encode<R>,
    files: &mut Files<'_>,
    lines: impl Iterator<Item = Result<Line<R, F>, E>>,
    watch: &mut Watch<'_>,
) -> Result<Tally, ExportError<E>> {
    let mut tally = Tally::default();
    let mut in_file = 0;
    let mut text = String::with_capacity(PIECE + PIECE / 8);
    encode.head(&mut text);
    for line in lines {
        watch.taken(tally.lines())?;
        let Line::Row(row) = line.map_err(ExportError::Source)? else {
            tally.refused += 1;
            continue;
        };
        let before = text.len();
        if let Err(why) = encode.row(&row, &mut text) {
            text.truncate(before);
            (watch.unfit)(tally.lines(), why);
            tally.unfit += 1;
            continue;
        }
        if in_file == encode.most_rows() {
            let first = text.split_off(before);
            put(&mut text, files)?;
            files.next()?;
            encode.head(&mut text);
            text.push_str(&first);
            in_file = 0;
        }
        tally.rows += 1;
        in_file += 1;
        if text.len() >= PIECE {
            put(&mut text, files)?;
        }
    }
    put(&mut text, files)?;
    Ok(tally)
}

fn put(text: &mut String, files: &mut Files<'_>) -> Result<(), WriteError> {
    files.write_all(text.as_bytes())?;
    text.clear();
    Ok(())
}
