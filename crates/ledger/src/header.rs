//! The 128 bytes that stand before every payload.
use crate::id::{AuthorId, EntryHash, Epoch, PayloadHash, RecordId};
use crate::{clock::Hlc, label::Label, wire::Cursor};
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use std::sync::LazyLock;
use thiserror::Error;

const VERSION: u8 = 1;

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A sealed delta of a record.
    Change = 1,
    /// A website submission, sealed to the intake key.
    Submission = 2,
    /// A record's payloads are to be deleted.
    Erase = 3,
    /// An author is enrolled, revoked or renamed; plain.
    Member = 4,
    /// A clinic key sealed to one author.
    Grant = 5,
    /// Heads of other authors that this one has seen.
    Witness = 6,
    /// Who looked at, revealed, printed or exported what; sealed.
    Access = 7,
}

impl Kind {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Change,
            2 => Self::Submission,
            3 => Self::Erase,
            4 => Self::Member,
            5 => Self::Grant,
            6 => Self::Witness,
            7 => Self::Access,
            _ => return None,
        })
    }

    /// Whether an erasure may take this kind's payload; the others carry no personal data and must stay whole.
    #[must_use]
    pub const fn is_erasable(self) -> bool {
        matches!(self, Self::Change | Self::Submission | Self::Access)
    }
}

/// Why bytes are not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Not exactly 128 bytes.
    #[error("a header has 128 bytes")]
    Length,
    /// Written by a newer version.
    #[error("unknown header version")]
    Version,
    /// A kind that this version doesn't know.
    #[error("unknown kind of entry")]
    Kind,
    /// Reserved bytes are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
    /// Sequence numbers begin at 1, and exactly the first entry has nothing before it.
    #[error("sequence number and previous hash contradict each other")]
    Sequence,
    /// The stamp is at or beyond [`Hlc::END`]: a range of the field, no judgement of a clock.
    #[error("stamp out of range")]
    Stamp,
    /// The payload is longer than 1 MiB.
    #[error("payload too long")]
    PayloadTooLong,
}

/// An entry without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the entry does.
    pub kind: Kind,
    /// Who wrote it.
    pub author: AuthorId,
    /// 1, 2, 3 … per author, without gaps.
    pub seq: u64,
    /// Place in the order of all entries.
    pub hlc: Hlc,
    /// What it is about.
    pub record: RecordId,
    /// Clinic key that seals the payload; 0 if none.
    pub epoch: Epoch,
    /// Hash of the author's previous header; zeros at seq 1.
    pub prev: EntryHash,
    /// Bytes of payload, at most [`Header::MAX_PAYLOAD`].
    pub payload_len: u32,
    /// BLAKE3 of the payload as stored.
    pub payload_hash: PayloadHash,
}

static ENTRY_CONTEXT: LazyLock<ContextKey> =
    LazyLock::new(|| hash_derive_key_context(Label::Entry.as_str()));

impl Header {
    /// Bytes of an encoded header.
    pub const LEN: usize = 128;
    /// Bytes of a header that a payload's seal covers: version … epoch.
    pub const AAD_LEN: usize = 54;
    /// Longest payload, in bytes.
    pub const MAX_PAYLOAD: u32 = 1 << 20;

    /// The 128 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..54].copy_from_slice(&self.aad());
        out[54..86].copy_from_slice(self.prev.as_bytes());
        out[86..90].copy_from_slice(&self.payload_len.to_le_bytes());
        out[90..122].copy_from_slice(self.payload_hash.as_bytes());
        out
    }

    /// Reads exactly one header; every accepted header encodes to the same bytes again.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().map_err(|_| HeaderError::Length)?;
        let mut cursor = Cursor::new(bytes);
        if cursor.byte() != Some(VERSION) {
            return Err(HeaderError::Version);
        }
        let kind = cursor
            .byte()
            .and_then(Kind::from_byte)
            .ok_or(HeaderError::Kind)?;
        let (header, reserved) = Self::fields(kind, &mut cursor).ok_or(HeaderError::Length)?;
        if reserved != [0; 6] {
            return Err(HeaderError::Reserved);
        }
        header.check()?;
        Ok(header)
    }

    fn fields(kind: Kind, cursor: &mut Cursor<'_>) -> Option<(Self, [u8; 6])> {
        let header = Self {
            kind,
            author: AuthorId::from_bytes(cursor.array()?),
            seq: cursor.u64()?,
            hlc: Hlc(cursor.u64()?),
            record: RecordId::from_bytes(cursor.array()?),
            epoch: Epoch(cursor.u32()?),
            prev: EntryHash::from_bytes(cursor.array()?),
            payload_len: cursor.u32()?,
            payload_hash: PayloadHash::from_bytes(cursor.array()?),
        };
        Some((header, cursor.array()?))
    }

    /// Whether the fields agree with each other; [`Header::decode`] only returns headers that do.
    pub fn check(&self) -> Result<(), HeaderError> {
        if self.seq == 0 || (self.seq == 1) != (self.prev == EntryHash::ZERO) {
            return Err(HeaderError::Sequence);
        }
        if self.hlc >= Hlc::END {
            return Err(HeaderError::Stamp);
        }
        if self.payload_len > Self::MAX_PAYLOAD {
            return Err(HeaderError::PayloadTooLong);
        }
        Ok(())
    }

    /// The first 54 bytes: what a payload's seal binds it to. Nothing in them depends on the entry before.
    #[must_use]
    pub fn aad(&self) -> [u8; Self::AAD_LEN] {
        let mut out = [0; Self::AAD_LEN];
        out[0] = VERSION;
        out[1] = self.kind as u8;
        out[2..18].copy_from_slice(self.author.as_bytes());
        out[18..26].copy_from_slice(&self.seq.to_le_bytes());
        out[26..34].copy_from_slice(&self.hlc.0.to_le_bytes());
        out[34..50].copy_from_slice(self.record.as_bytes());
        out[50..54].copy_from_slice(&self.epoch.to_le_bytes());
        out
    }

    /// BLAKE3 of the 128 bytes in `derive_key` mode.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        let mut hasher = blake3::Hasher::new_from_context_key(&ENTRY_CONTEXT);
        hasher.update(&self.encode());
        EntryHash::from_bytes(*hasher.finalize().as_bytes())
    }
}
