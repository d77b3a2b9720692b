//! A backup's file: sealed from a database and opened into one, piece by piece.
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ledger::AuthorKeys;
use seal::backup::{About, CHUNK, CHUNK_TAG, Header, HeaderError, MAX_HEADER, Opener, Sealer};
use zeroize::Zeroizing;

use super::Stop;
use crate::desk::EpochKeys;
use crate::failure::BackupError;

impl From<HeaderError> for BackupError {
    fn from(_: HeaderError) -> Self {
        Self::Damaged
    }
}

/// Reads what a file says of itself; `Damaged` for one that is no backup.
pub(super) fn header(path: &Path) -> Result<Header, BackupError> {
    let mut start = Vec::with_capacity(MAX_HEADER);
    let most = u64::try_from(MAX_HEADER).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut start)?;
    Ok(Header::decode(&start)?)
}

/// Bytes of the whole file.
pub(super) fn length(header: &Header) -> u64 {
    let text = header.about().length;
    header.len() as u64 + text + chunks(text) * CHUNK_TAG as u64
}

const fn chunks(length: u64) -> u64 {
    length.div_ceil(CHUNK as u64)
}

/// Seals the database `from` into the new file `to`, durably; gives its size in bytes.
pub(super) fn seal(
    from: &Path,
    to: &Path,
    about: &About,
    keys: &EpochKeys,
    kits: &[AuthorKeys],
    stop: &Stop,
) -> Result<u64, BackupError> {
    let mut from = BufReader::with_capacity(1 << 20, File::open(from)?);
    let mut to = OpenOptions::new().write(true).create_new(true).open(to)?;
    let begun = Sealer::begin(&mut rand::rng(), about, &keys.clinic, kits);
    let (header, mut sealer) = begun.map_err(|_| BackupError::Io)?;
    to.write_all(&header)?;
    let mut written = header.len() as u64;
    let mut left = about.length;
    let mut piece = Vec::with_capacity(CHUNK + CHUNK_TAG);
    while left > 0 {
        stop.check()?;
        let part = left.min(CHUNK as u64);
        piece.clear();
        if from.by_ref().take(part).read_to_end(&mut piece)? as u64 != part {
            return Err(BackupError::Io);
        }
        left -= part;
        let outcome = sealer.seal(left == 0, &mut piece);
        outcome.map_err(|_| BackupError::Io)?;
        to.write_all(&piece)?;
        written += piece.len() as u64;
    }
    to.sync_all()?;
    Ok(written)
}

/// Opens the file `from` into the database file `to`, which must be there and empty.
pub(super) fn open(
    from: &Path,
    header: &Header,
    opener: Opener,
    to: &Path,
    stop: &Stop,
) -> Result<(), BackupError> {
    let mut from = File::open(from)?;
    if from.metadata()?.len() != length(header) {
        return Err(BackupError::Damaged);
    }
    from.seek(SeekFrom::Start(header.len() as u64))?;
    let mut to = OpenOptions::new().write(true).open(to)?;
    let mut from = BufReader::with_capacity(1 << 20, from);
    pieces(&mut from, header.about().length, opener, &mut to, stop)?;
    Ok(to.sync_all()?)
}

fn pieces(
    from: &mut impl Read,
    length: u64,
    mut opener: Opener,
    to: &mut impl Write,
    stop: &Stop,
) -> Result<(), BackupError> {
    let mut left = length;
    let mut piece = Zeroizing::new(Vec::with_capacity(CHUNK + CHUNK_TAG));
    while left > 0 {
        stop.check()?;
        let part = left.min(CHUNK as u64);
        let sealed = part + CHUNK_TAG as u64;
        piece.clear();
        if from.by_ref().take(sealed).read_to_end(&mut piece)? as u64 != sealed {
            return Err(BackupError::Damaged);
        }
        left -= part;
        let outcome = opener.open(left == 0, &mut piece);
        outcome.map_err(|_| BackupError::Damaged)?;
        to.write_all(&piece)?;
    }
    Ok(())
}
