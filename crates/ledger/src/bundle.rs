//! Entries on their way from one replica to another: over the wire, over the LAN, on a stick.
use crate::entry::{Entry, Payload};
use crate::head::SignedHead;
use crate::header::Header;
use crate::replica::Segment;
use crate::wire::SUITE;
use thiserror::Error;

const MAGIC: &[u8; 6] = b"LETAN1";
const FRAME_HEAD: usize = 5;
const ENTRY: u8 = 1;
const ERASED: u8 = 2;
const HEAD: u8 = 3;
const MAX_FRAME: usize = Header::LEN + Header::MAX_PAYLOAD as usize;

/// Why the rest of a bundle can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BundleError {
    /// Not a bundle.
    #[error("not a bundle")]
    Foreign,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
    /// It ends in the middle of a segment; everything before was handed out.
    #[error("bundle ends too early")]
    Cut,
    /// A frame that makes no sense.
    #[error("malformed bundle")]
    Malformed,
}

/// Builds a bundle. Entries of one author go in order and are closed by that author's head.
pub struct Writer(Vec<u8>);

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// An empty bundle: magic and suite only.
    #[must_use]
    pub fn new() -> Self {
        Self([MAGIC.as_slice(), &[SUITE]].concat())
    }

    /// Adds an entry.
    pub fn entry(&mut self, entry: &Entry) {
        self.stored(&entry.header.encode(), entry.payload.bytes());
    }

    /// Adds an entry as it lies in a store; `None` stands for an erased payload.
    pub fn stored(&mut self, header: &[u8; Header::LEN], payload: Option<&[u8]>) {
        let tag = if payload.is_some() { ENTRY } else { ERASED };
        self.frame(tag, &[header, payload.unwrap_or_default()]);
    }

    /// Closes the segment of the entries before.
    pub fn head(&mut self, head: &SignedHead) {
        self.frame(HEAD, &[&head.encode()]);
    }

    /// Adds a whole segment.
    pub fn segment(&mut self, segment: &Segment) {
        for entry in &segment.entries {
            self.entry(entry);
        }
        self.head(&segment.head);
    }

    fn frame(&mut self, tag: u8, parts: &[&[u8]]) {
        let len = parts.iter().map(|part| part.len()).sum::<usize>();
        self.0.push(tag);
        // A frame longer than this is refused by every reader; a stored payload is at most 1 MiB.
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&len.to_le_bytes());
        for part in parts {
            self.0.extend_from_slice(part);
        }
    }

    /// Bytes so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.len() == MAGIC.len() + 1
    }

    /// The bundle.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Hands out a bundle's segments one by one; after an error, nothing more.
pub struct Reader<'a> {
    rest: &'a [u8],
    consumed: usize,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Start,
    Running,
    Done,
}

impl<'a> Reader<'a> {
    /// Reads from these bytes; nothing is allocated but what a segment's payloads need.
    #[must_use]
    pub const fn new(bundle: &'a [u8]) -> Self {
        Self {
            rest: bundle,
            consumed: 0,
            state: State::Start,
        }
    }

    /// Bytes up to the end of the last whole segment that was handed out.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    fn start(&mut self) -> Result<(), BundleError> {
        let known = self.rest.len().min(MAGIC.len());
        if self.rest[..known] != MAGIC[..known] {
            return Err(BundleError::Foreign);
        }
        match self.rest.get(MAGIC.len()) {
            None => Err(BundleError::Cut),
            Some(&SUITE) => {
                self.advance(MAGIC.len() + 1);
                Ok(())
            }
            Some(_) => Err(BundleError::Suite),
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.consumed += bytes;
    }

    fn segment(&mut self) -> Result<Segment, BundleError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut at = 0;
        loop {
            let (tag, body) = frame(self.rest.get(at..).unwrap_or_default())?;
            at += FRAME_HEAD + body.len();
            if tag == HEAD {
                let head = SignedHead::decode(body).map_err(|_| BundleError::Malformed)?;
                let closes =
                    |last: &Entry| last.header.author == head.author && last.header.seq == head.seq;
                if !entries.last().is_some_and(closes) {
                    return Err(BundleError::Malformed);
                }
                self.advance(at);
                return Ok(Segment { entries, head });
            }
            let entry = entry(tag, body).ok_or(BundleError::Malformed)?;
            let strange = |last: &Entry| last.header.author != entry.header.author;
            if entries.last().is_some_and(strange) {
                return Err(BundleError::Malformed);
            }
            entries.push(entry);
        }
    }
}

/// Splits one frame off, without believing its length before it was compared with what is there.
fn frame(bytes: &[u8]) -> Result<(u8, &[u8]), BundleError> {
    let Some((head, rest)) = bytes.split_first_chunk::<FRAME_HEAD>() else {
        return Err(BundleError::Cut);
    };
    let [tag, len @ ..] = *head;
    let len = usize::try_from(u32::from_le_bytes(len)).unwrap_or(usize::MAX);
    if !matches!(tag, ENTRY | ERASED | HEAD) || len > MAX_FRAME {
        return Err(BundleError::Malformed);
    }
    rest.get(..len)
        .map(|body| (tag, body))
        .ok_or(BundleError::Cut)
}

fn entry(tag: u8, body: &[u8]) -> Option<Entry> {
    let (header, payload) = body.split_at_checked(Header::LEN)?;
    let header = Header::decode(header).ok()?;
    let payload = match tag {
        ENTRY if payload.len() as u64 == u64::from(header.payload_len) => {
            Payload::Present(payload.to_vec())
        }
        ERASED if payload.is_empty() => Payload::Erased,
        _ => return None,
    };
    Some(Entry { header, payload })
}

impl Iterator for Reader<'_> {
    type Item = Result<Segment, BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Start {
            self.state = State::Running;
            if let Err(error) = self.start() {
                self.state = State::Done;
                return Some(Err(error));
            }
        }
        if self.state == State::Done || self.rest.is_empty() {
            return None;
        }
        let segment = self.segment();
        if segment.is_err() {
            self.state = State::Done;
        }
        Some(segment)
    }
}
