//! An entry: header and payload, or header alone once the payload has been erased.
use crate::header::Header;
use crate::id::PayloadHash;
use core::fmt;

/// What an entry carries. Its `Debug` tells the length only: some payloads are plain.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// The bytes as stored.
    Present(Vec<u8>),
    /// Deleted for good; the header's hash of it stays.
    Erased,
}

impl Payload {
    /// The bytes, unless they were erased.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Present(bytes) => Some(bytes),
            Self::Erased => None,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present(bytes) => write!(f, "Present({} bytes)", bytes.len()),
            Self::Erased => f.write_str("Erased"),
        }
    }
}

/// One link of an author's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The 128 bytes that are chained and signed.
    pub header: Header,
    /// What they vouch for.
    pub payload: Payload,
}

impl Entry {
    /// Whether the payload is the one that the header names, or is missing where an erasure may have taken it.
    #[must_use]
    pub fn payload_matches(&self) -> bool {
        match &self.payload {
            Payload::Present(bytes) => {
                bytes.len() as u64 == u64::from(self.header.payload_len)
                    && PayloadHash::of(bytes) == self.header.payload_hash
            }
            Payload::Erased => self.header.kind.is_erasable(),
        }
    }
}
