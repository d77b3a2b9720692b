//! The growing end of one's own ledger.
use crate::clock::Hlc;
use crate::entry::{Entry, Payload};
use crate::header::{Header, HeaderError, Kind};
use crate::id::{AuthorId, EntryHash, Epoch, PayloadHash, RecordId};
use thiserror::Error;

/// The entry does not follow the ledger's last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the entry does not follow this ledger's last one")]
pub struct NotNext;

/// Where one's own ledger stands. To write several entries in one transaction, work on a clone and keep it on commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    author: AuthorId,
    seq: u64,
    hash: EntryHash,
    hlc: Hlc,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(author: AuthorId) -> Self {
        Self::resume(author, 0, EntryHash::ZERO, Hlc::default())
    }

    /// Goes on after entry number `seq` with this hash; `hlc` is the highest stamp ever seen, not only the own last.
    #[must_use]
    pub const fn resume(author: AuthorId, seq: u64, hash: EntryHash, hlc: Hlc) -> Self {
        Self {
            author,
            seq,
            hash,
            hlc,
        }
    }

    /// Whose ledger.
    #[must_use]
    pub const fn author(&self) -> AuthorId {
        self.author
    }

    /// Number of the last entry; 0 if none.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Hash of the last entry; zeros if none.
    #[must_use]
    pub const fn hash(&self) -> EntryHash {
        self.hash
    }

    /// Highest stamp seen so far.
    #[must_use]
    pub const fn hlc(&self) -> Hlc {
        self.hlc
    }

    /// Takes note of a stamp seen in somebody else's entry.
    pub fn observe(&mut self, seen: Hlc) {
        self.hlc.observe(seen);
    }

    /// Begins the next entry; the ledger itself stays where it is until [`Ledger::accept`].
    #[must_use]
    pub fn next(&self, kind: Kind, record: RecordId, epoch: Epoch, now_ms: i64) -> Draft {
        Draft(Header {
            kind,
            author: self.author,
            seq: self.seq.saturating_add(1),
            hlc: Hlc::next(self.hlc, now_ms),
            record,
            epoch,
            prev: self.hash,
            payload_len: 0,
            payload_hash: PayloadHash::from_bytes([0; 32]),
        })
    }

    /// Moves on to an entry that is, or is about to be, durable.
    pub fn accept(&mut self, entry: &Entry) -> Result<(), NotNext> {
        let header = &entry.header;
        let follows = header.author == self.author
            && Some(header.seq) == self.seq.checked_add(1)
            && header.prev == self.hash;
        if !follows {
            return Err(NotNext);
        }
        self.seq = header.seq;
        self.hash = header.hash();
        // Its own stamp counts wherever it lies: the next one must be above it.
        self.hlc = self.hlc.max(header.hlc);
        Ok(())
    }
}

/// An entry that has its place but not yet its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft(Header);

impl Draft {
    /// What the payload's seal must cover.
    #[must_use]
    pub fn aad(&self) -> [u8; Header::AAD_LEN] {
        self.0.aad()
    }

    /// Number of the entry.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.0.seq
    }

    /// Stamp of the entry.
    #[must_use]
    pub const fn hlc(&self) -> Hlc {
        self.0.hlc
    }

    /// Gives the entry its payload, at most 1 MiB.
    pub fn finish(self, payload: Vec<u8>) -> Result<Entry, HeaderError> {
        let mut header = self.0;
        header.payload_len =
            u32::try_from(payload.len()).map_err(|_| HeaderError::PayloadTooLong)?;
        header.payload_hash = PayloadHash::of(&payload);
        header.check()?;
        Ok(Entry {
            header,
            payload: Payload::Present(payload),
        })
    }
}
