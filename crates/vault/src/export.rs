//! Writes a list into a file: spreadsheets, tables for campaign tools, contact cards.
//!
//! It decides nothing about who may be on the list: rows come in one after another from whoever has
//! decided that, are written as they come, and are never all held in memory. A control address is
//! one more row, for all this module knows. Either the whole file is there in the end, or none is.
//!
//! # Formulas
//! A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula, which can send
//! what stands beside it to a stranger. In CSV and XLSX such a text gets an apostrophe in front
//! ([`neutral`]); in tables for ZNS and SMS, whose texts customers read, the dangerous beginning is
//! left out ([`cell::harmless`]). Contact cards are opened by no spreadsheet and stay as they are.
//! Numbers of phones are digits only, a foreign one begins with `00`.
pub mod cell;
pub mod csv;
mod file;
pub mod preset;
mod run;
pub mod vcard;
pub mod xlsx;

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

pub use cell::{Cell, Column, Contact, Table, neutral};
pub use csv::{Csv, Separator};
pub use preset::{BadTemplate, Letters, PhoneForm, Sms, Zns};
pub use run::write;
pub use vcard::{CardVersion, VCard};
pub use xlsx::{Stamp, Xlsx};

/// What to write; `R` is the caller's row, `F` his row of somebody who was refused.
pub enum Format<R, F> {
    /// A workbook: the lot's stamp, the list, and who was refused.
    Xlsx(Xlsx<R, F>),
    /// A table of text.
    Csv(Csv<R>),
    /// The table that Zalo's ZNS (ZBS Template Message) campaigns take.
    Zns(Zns<R>),
    /// The table for an SMS brandname agency.
    Sms(Sms<R>),
    /// Contact cards.
    VCard(VCard<R>),
}

impl<R, F> Format<R, F> {
    /// How the file's name ends when it has no password, without a dot.
    #[must_use]
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::Xlsx(_) => "xlsx",
            Self::Csv(_) | Self::Zns(_) | Self::Sms(_) => "csv",
            Self::VCard(_) => "vcf",
        }
    }
}

/// One thing from the caller's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<R, F> {
    /// Goes into the list.
    Row(R),
    /// Was not let through: goes onto the second sheet of a workbook, and is only counted elsewhere.
    Refused {
        /// Who.
        row: F,
        /// Why, as a person reads it.
        reason: Cow<'static, str>,
    },
}

/// Where the file goes.
#[derive(Debug)]
pub struct Destination {
    /// The file to be; one that exists is never overwritten. Further files get `-2`, `-3` … before
    /// the extension.
    pub path: PathBuf,
    /// With one, the path is that of a ZIP that holds the files, sealed with AES-256 (AE-2).
    /// 7-Zip and its like open it; Windows' own Explorer doesn't.
    pub password: Option<Password>,
}

/// A password that every ZIP program spells in the same bytes.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Characters it must have: the format stretches a password by a mere 1,000 rounds of PBKDF2, so
    /// a short one is guessed.
    pub const SHORTEST: usize = 12;

    /// `None` for one that is too short, or has characters beyond printable ASCII: programs disagree
    /// on how to spell those.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Option<Self> {
        let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        (plain && text.len() >= Self::SHORTEST).then_some(Self(text))
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Password {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a row can't be in this kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// No Vietnamese mobile: neither SMS nor Zalo reaches it.
    NotMobile,
    /// A parameter would be empty, and the message have a hole.
    Empty,
    /// A parameter is longer than the campaign tool takes.
    TooLong,
}

/// How the caller looks on while the file is written.
pub struct Watch<'a> {
    /// Set from another thread, it ends the writing; no file is left.
    pub stop: &'a AtomicBool,
    /// Called every thousand lines, and at the end, with the number of lines taken so far.
    pub progress: &'a mut dyn FnMut(u64),
    /// Called for each row that was left out, with its place in the stream, from 0, and why.
    pub unfit: &'a mut dyn FnMut(u64, Unfit),
}

impl Watch<'_> {
    fn taken(&mut self, lines: u64) -> Result<(), WriteError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(WriteError::Cancelled);
        }
        if lines.is_multiple_of(1000) && lines > 0 {
            (self.progress)(lines);
        }
        Ok(())
    }
}

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes, computed as they were written.
    pub sha256: [u8; 32],
    /// Its size.
    pub bytes: u64,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The files, in order; more than one only for a ZNS list beyond [`Zns::MOST_ROWS`].
    pub files: Vec<WrittenFile>,
    /// Rows in the list.
    pub rows: u64,
    /// Lines that came as refused.
    pub refused: u64,
    /// Rows left out because they don't fit the format.
    pub unfit: u64,
}

/// Why nothing was written: in each of these cases no file is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The caller stopped it.
    #[error("the export was stopped")]
    Cancelled,
    /// There is a file of that name.
    #[error("a file of that name exists")]
    Exists,
    /// No room on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// A sheet holds 1,048,576 rows and not one more.
    #[error("more rows than a sheet holds")]
    TooManyRows,
    /// A cell of a sheet holds 32,767 characters and not one more.
    #[error("a text is longer than a cell holds")]
    TextTooLong,
    /// The place for what is kept until the workbook is put together can't be written.
    #[error("the scratch folder could not be written")]
    Scratch,
    /// The operating system refused.
    #[error("the operating system refused: {0}")]
    Io(ErrorKind),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::AlreadyExists => Self::Exists,
            kind => Self::Io(kind),
        }
    }
}

/// Why an export failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError<E> {
    /// The rows ended in an error of the caller's own.
    #[error("the rows could not be read")]
    Source(E),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
