//! The carried file itself: a clear header that tells nothing, then chunks that only the clinic opens.
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ledger::bundle::{self, BundleError, Reader};
use ledger::{AuthorId, Epoch, Have};
use rand::Rng as _;
use seal::{NearbyKey, STICK_CHUNK, STICK_TAG, StickKey};

use super::StickError;
use crate::exchange::transport::Page;

const MAGIC: &[u8; 5] = b"LTSTK";
const SUITE: u8 = 1;
/// Up to the mark, and with the length of the grants.
const MARKED: usize = 5 + 1 + 4 + 16 + 16;
const FIXED: usize = MARKED + 4;
/// Place of the sealed grants: no chunk of text ever has it.
const GRANTS: u32 = u32::MAX;
/// The grants are filled up to a multiple of this, so that their length does not tell how many PCs there are.
const FILL: usize = 4 << 10;
/// Authors in a preamble.
const MOST_AUTHORS: usize = 4096;
/// Bytes of a page that is handed to the engine, and of text that is looked at for it at once.
const PAGE: usize = 4 << 20;
/// A segment is shorter.
const MOST_TEXT: usize = 8 << 20;
/// What every bundle begins with.
const BUNDLE_HEAD: usize = 7;

/// `LTSTK` ‖ suite ‖ epoch ‖ salt ‖ mark ‖ length of the sealed grants ‖ these.
pub(super) fn header(
    epoch: Epoch,
    nearby: &NearbyKey,
    first: &StickKey,
    grants: &[Vec<u8>],
) -> Result<Vec<u8>, StickError> {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    let mut out = MAGIC.to_vec();
    out.push(SUITE);
    out.extend_from_slice(&epoch.0.to_le_bytes());
    out.extend_from_slice(&salt);
    out.extend_from_slice(&nearby.mark(&salt));
    let mut sealed = listed(grants);
    first
        .seal(&salt, &out, GRANTS, true, &mut sealed)
        .map_err(|_| StickError::Io)?;
    let len = u32::try_from(sealed.len()).map_err(|_| StickError::Io)?;
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// (length ‖ grant) of each, then zeros. Of a clinic with hundreds of PCs as many as fit: all others know the key.
fn listed(grants: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for grant in grants {
        let Ok(len) = u16::try_from(grant.len()) else {
            continue;
        };
        if out.len() + 2 + grant.len() <= STICK_CHUNK {
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(grant);
        }
    }
    let full = out.len().max(1).next_multiple_of(FILL);
    out.resize(full, 0);
    out
}

/// What is sealed before the bundle: created ‖ author ‖ entries ‖ count ‖ (author ‖ seq) of each.
pub(super) fn preamble(created: i64, by: AuthorId, entries: u64, have: &Have) -> Vec<u8> {
    let mut out = created.to_le_bytes().to_vec();
    out.extend_from_slice(by.as_bytes());
    out.extend_from_slice(&entries.to_le_bytes());
    let count = u32::try_from(have.0.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    for (author, seq) in &have.0 {
        out.extend_from_slice(author.as_bytes());
        out.extend_from_slice(&seq.to_le_bytes());
    }
    out
}

/// A header that was read.
pub(super) struct Opened {
    pub(super) epoch: Epoch,
    grants: Vec<u8>,
    fixed: [u8; MARKED],
    salt: [u8; 16],
    mark: [u8; 16],
    digest: [u8; 32],
}

impl Opened {
    /// Whether the file is this clinic's.
    pub(super) fn is_of(&self, nearby: &NearbyKey) -> bool {
        nearby.mark(&self.salt) == self.mark
    }

    /// The grants, which every PC of the clinic can list and each open its own of.
    pub(super) fn grants(&self, first: &StickKey) -> Result<Vec<Vec<u8>>, StickError> {
        let mut text = self.grants.clone();
        first
            .open(&self.salt, &self.fixed, GRANTS, true, &mut text)
            .map_err(|_| StickError::Damaged)?;
        let mut grants = Vec::new();
        let mut rest = text.as_slice();
        while let Some((len, after)) = rest.split_first_chunk::<2>() {
            let len = usize::from(u16::from_le_bytes(*len));
            let Some((grant, after)) = after.split_at_checked(len).filter(|_| len > 0) else {
                break;
            };
            grants.push(grant.to_vec());
            rest = after;
        }
        Ok(grants)
    }
}

/// Reads a header and not a byte more.
pub(super) fn read_header(file: &mut impl Read) -> Result<Opened, StickError> {
    let mut all = vec![0; FIXED];
    exactly(file, &mut all)?;
    if !all.starts_with(MAGIC) {
        return Err(StickError::Damaged);
    }
    if all[5] != SUITE {
        return Err(StickError::TooNew);
    }
    let (mut epoch, mut salt, mut mark) = ([0; 4], [0; 16], [0; 16]);
    epoch.copy_from_slice(&all[6..10]);
    salt.copy_from_slice(&all[10..26]);
    mark.copy_from_slice(&all[26..42]);
    let (mut fixed, mut len) = ([0; MARKED], [0; 4]);
    fixed.copy_from_slice(&all[..MARKED]);
    len.copy_from_slice(&all[MARKED..]);
    let len = u32::from_le_bytes(len) as usize;
    if len > STICK_CHUNK + STICK_TAG {
        return Err(StickError::Damaged);
    }
    let mut grants = vec![0; len];
    exactly(file, &mut grants)?;
    all.extend_from_slice(&grants);
    Ok(Opened {
        epoch: Epoch(u32::from_le_bytes(epoch)),
        grants,
        fixed,
        salt,
        mark,
        digest: *blake3::hash(&all).as_bytes(),
    })
}

/// All of these bytes, or the file is cut off.
fn exactly(file: &mut impl Read, bytes: &mut [u8]) -> Result<(), StickError> {
    match file.read_exact(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(StickError::Damaged),
        other => Ok(other?),
    }
}

/// A file that is being written, under another name until it is whole.
pub(super) struct Writing {
    file: Option<File>,
    path: PathBuf,
    key: StickKey,
    salt: [u8; 16],
    digest: [u8; 32],
    text: Vec<u8>,
    index: u32,
    begun: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // The stick may be gone, too.
            let _ = fs::remove_file(part(&self.path));
        }
    }
}

fn part(path: &Path) -> PathBuf {
    path.with_extension("part")
}

impl Writing {
    /// Begins a file with its header and preamble.
    pub(super) fn create(
        path: PathBuf,
        key: StickKey,
        header: &[u8],
        preamble: &[u8],
    ) -> Result<Self, StickError> {
        let opened = read_header(&mut &*header)?;
        let mut file = File::create(part(&path))?;
        file.write_all(header)?;
        Ok(Self {
            file: Some(file),
            path,
            key,
            salt: opened.salt,
            digest: opened.digest,
            text: preamble.to_vec(),
            index: 0,
            begun: false,
        })
    }

    /// Goes on with a bundle's segments: several bundles become one.
    pub(super) fn bundle(&mut self, bundle: &[u8]) -> Result<(), StickError> {
        let from = if self.begun { BUNDLE_HEAD } else { 0 };
        self.begun = true;
        self.text
            .extend_from_slice(bundle.get(from..).unwrap_or_default());
        while self.text.len() > STICK_CHUNK {
            let rest = self.text.split_off(STICK_CHUNK);
            let chunk = std::mem::replace(&mut self.text, rest);
            self.chunk(chunk, false)?;
        }
        Ok(())
    }

    fn chunk(&mut self, mut chunk: Vec<u8>, last: bool) -> Result<(), StickError> {
        self.key
            .seal(&self.salt, &self.digest, self.index, last, &mut chunk)
            .map_err(|_| StickError::Io)?;
        self.index = self.index.checked_add(1).ok_or(StickError::Full)?;
        let file = self.file.as_mut().ok_or(StickError::Io)?;
        Ok(file.write_all(&chunk)?)
    }

    /// Makes it durable and gives it its name.
    pub(super) fn finish(mut self) -> Result<(), StickError> {
        if !self.begun {
            self.bundle(&bundle::Writer::new().finish())?;
        }
        let text = std::mem::take(&mut self.text);
        self.chunk(text, true)?;
        let file = self.file.take().ok_or(StickError::Io)?;
        let done = file.sync_all();
        drop(file);
        let done = done.and_then(|()| fs::rename(part(&self.path), &self.path));
        if done.is_err() {
            let _ = fs::remove_file(part(&self.path));
        }
        #[cfg(unix)]
        if let Some(dir) = self.path.parent() {
            // Some file systems can't; the name may then need a moment more.
            let _ = File::open(dir).and_then(|dir| dir.sync_all());
        }
        Ok(done?)
    }
}

/// A file that is being read.
pub(super) struct Source {
    file: File,
    key: StickKey,
    salt: [u8; 16],
    digest: [u8; 32],
    index: u32,
    /// The chunk after the one that was handed out, to know which is the last.
    ahead: Vec<u8>,
    /// Text that was opened and not used up.
    text: Vec<u8>,
    /// The text's end was reached, well or not.
    ended: bool,
    damaged: bool,
    /// What the writer said that it had.
    pub(super) have: Have,
    /// How many entries, by the writer's word.
    pub(super) entries: u64,
    /// Entries read so far.
    pub(super) seen: u64,
}

impl Source {
    /// Goes on behind the header.
    pub(super) fn open(file: File, head: &Opened, key: StickKey) -> Result<Self, StickError> {
        let mut source = Self {
            file,
            key,
            salt: head.salt,
            digest: head.digest,
            index: 0,
            ahead: Vec::new(),
            text: Vec::new(),
            ended: false,
            damaged: false,
            have: Have::default(),
            entries: 0,
            seen: 0,
        };
        source.ahead = source.sealed()?;
        source.read_preamble()?;
        Ok(source)
    }

    /// Part of the file is cut off or does not open.
    pub(super) const fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// The next sealed chunk; a shorter one, or none, at the end.
    fn sealed(&mut self) -> Result<Vec<u8>, StickError> {
        let mut chunk = Vec::with_capacity(STICK_CHUNK + STICK_TAG);
        let most = (STICK_CHUNK + STICK_TAG) as u64;
        (&mut self.file).take(most).read_to_end(&mut chunk)?;
        Ok(chunk)
    }

    /// Opens one more chunk.
    fn more(&mut self) -> Result<(), StickError> {
        let next = self.sealed()?;
        let chunk = std::mem::replace(&mut self.ahead, next);
        let last = self.ahead.is_empty();
        let mut text = chunk.clone();
        let opened = self
            .key
            .open(&self.salt, &self.digest, self.index, last, &mut text);
        if opened.is_ok() {
            self.ended = last;
        } else {
            // The end may be missing just behind a whole chunk.
            text = chunk;
            let whole = self
                .key
                .open(&self.salt, &self.digest, self.index, false, &mut text);
            if !last || whole.is_err() {
                text = Vec::new();
            }
            (self.damaged, self.ended) = (true, true);
        }
        self.index = self.index.saturating_add(1);
        self.text.append(&mut text);
        Ok(())
    }

    fn read_preamble(&mut self) -> Result<(), StickError> {
        self.more()?;
        let fixed = self.text.first_chunk::<36>().ok_or(StickError::Damaged)?;
        let (mut entries, mut count) = ([0; 8], [0; 4]);
        entries.copy_from_slice(&fixed[24..32]);
        count.copy_from_slice(&fixed[32..]);
        self.entries = u64::from_le_bytes(entries);
        let count = u32::from_le_bytes(count) as usize;
        if count > MOST_AUTHORS {
            return Err(StickError::Damaged);
        }
        let end = 36 + count * 24;
        while self.text.len() < end && !self.ended {
            self.more()?;
        }
        let rows = self.text.get(36..end).ok_or(StickError::Damaged)?;
        for row in rows.as_chunks::<24>().0 {
            let (mut author, mut seq) = ([0; 16], [0; 8]);
            author.copy_from_slice(&row[..16]);
            seq.copy_from_slice(&row[16..]);
            let author = AuthorId::from_bytes(author);
            self.have.0.insert(author, u64::from_le_bytes(seq));
        }
        self.text.drain(..end);
        Ok(())
    }

    /// The next segments that go beyond `have`, in a bundle; what is not whole at the end is left out.
    pub(super) fn page(&mut self, have: &Have) -> Result<Page, StickError> {
        let mut page = bundle::Writer::new();
        while page.len() < PAGE / 2 && !(self.ended && self.text.len() <= BUNDLE_HEAD) {
            while self.text.len() < PAGE && !self.ended {
                self.more()?;
            }
            let used = self.segments(have, &mut page);
            match used {
                Ok(used) if used > BUNDLE_HEAD => self.drop_used(used),
                // A segment that is longer than what was read so far.
                Ok(_) if !self.ended && self.text.len() < MOST_TEXT => self.more()?,
                _ => {
                    self.damaged = true;
                    self.ended = true;
                    self.text.clear();
                }
            }
        }
        let more = !(self.ended && self.text.len() <= BUNDLE_HEAD);
        Ok(Page {
            bundle: page.finish(),
            more,
            left: Some(self.entries.saturating_sub(self.seen)),
            cursor: None,
        })
    }

    /// Takes whole segments out of the text; gives how much of it they were.
    fn segments(&mut self, have: &Have, page: &mut bundle::Writer) -> Result<usize, BundleError> {
        let mut reader = Reader::new(&self.text);
        loop {
            match reader.next() {
                Some(Ok(segment)) => {
                    self.seen += segment.entries.len() as u64;
                    if segment.head.seq > have.seq(segment.author()) {
                        page.segment(&segment);
                    }
                    if page.len() >= PAGE {
                        return Ok(reader.consumed());
                    }
                }
                Some(Err(BundleError::Cut)) | None => return Ok(reader.consumed()),
                Some(Err(error)) if reader.consumed() <= BUNDLE_HEAD => return Err(error),
                // What came before is taken first; the next look finds it again.
                Some(Err(_)) => return Ok(reader.consumed()),
            }
        }
    }

    /// Forgets text that was used up, but not a bundle's beginning.
    fn drop_used(&mut self, used: usize) {
        self.text.drain(BUNDLE_HEAD..used);
    }
}
