//! A signature that vouches for an author's ledger up to one entry.
use crate::author::{AuthorKeys, Signer};
use crate::id::{AuthorId, EntryHash};
use crate::label::Label;
use crate::wire::{self, Cursor, Opening};
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTHED";

/// Why bytes are not a signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeadError {
    /// Not a head, or not exactly one.
    #[error("not a signed head")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
}

/// "My ledger's entry number `seq` has this hash": since headers are chained, it covers all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    /// Whose ledger.
    pub author: AuthorId,
    /// Number of the last entry it covers.
    pub seq: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// Ed25519 over author, seq and hash.
    pub signature: [u8; 64],
}

impl SignedHead {
    /// Bytes of an encoded head.
    pub const LEN: usize = 126;

    pub(crate) fn sign(signer: &Signer, seq: u64, hash: EntryHash) -> Self {
        let author = signer.id();
        let signature = signer.sign(
            Label::Head,
            &[author.as_bytes(), &seq.to_le_bytes(), hash.as_bytes()],
        );
        Self {
            author,
            seq,
            hash,
            signature,
        }
    }

    /// Says where a segment ends and vouches for nothing: its signature is all zeros, which is nobody's. Such a segment only
    /// brings missing payloads to whoever holds its entries.
    #[must_use]
    pub const fn unsigned(author: AuthorId, seq: u64, hash: EntryHash) -> Self {
        Self {
            author,
            seq,
            hash,
            signature: [0; 64],
        }
    }

    /// Whether it is one of those that vouch for nothing ([`SignedHead::unsigned`]).
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.signature == [0; 64]
    }

    /// `LTHED` ‖ suite ‖ author ‖ seq ‖ hash ‖ signature.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..5].copy_from_slice(MAGIC);
        out[5] = wire::SUITE;
        out[6..22].copy_from_slice(self.author.as_bytes());
        out[22..30].copy_from_slice(&self.seq.to_le_bytes());
        out[30..62].copy_from_slice(self.hash.as_bytes());
        out[62..].copy_from_slice(&self.signature);
        out
    }

    /// Reads exactly one head; the signature is not checked here.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeadError> {
        let cursor = wire::open(bytes, MAGIC).map_err(|why| match why {
            Opening::Foreign => HeadError::Malformed,
            Opening::Suite => HeadError::Suite,
        })?;
        Self::fields(cursor).ok_or(HeadError::Malformed)
    }

    fn fields(mut cursor: Cursor<'_>) -> Option<Self> {
        let head = Self {
            author: AuthorId::from_bytes(cursor.array()?),
            seq: cursor.u64()?,
            hash: EntryHash::from_bytes(cursor.array()?),
            signature: cursor.array()?,
        };
        cursor.end()?;
        Some(head)
    }

    /// Whether these keys are the author's and the signature is theirs.
    #[must_use]
    pub fn verify(&self, keys: &AuthorKeys) -> bool {
        keys.id() == self.author
            && keys.verify(
                Label::Head,
                &[
                    self.author.as_bytes(),
                    &self.seq.to_le_bytes(),
                    self.hash.as_bytes(),
                ],
                &self.signature,
            )
    }
}
