//! "This is the key that our website seals to", signed by an owner, so that the server can't put its own in.
use crate::author::{AuthorKeys, Signer};
use crate::id::{AuthorId, ClinicId, Epoch};
use crate::label::Label;
use crate::submission::IntakePublicKey;
use crate::wire::{self, Cursor, Opening};
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTKEY";

/// Why bytes are not a key statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    /// Not a statement, or not exactly one.
    #[error("not a key statement")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
}

/// A signed statement of a clinic's intake key. That its author is an owner is for the roster to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeKeyStatement {
    /// Whose key.
    pub clinic: ClinicId,
    /// Epoch of the clinic key that it was derived from.
    pub epoch: Epoch,
    /// X25519 public key.
    pub key: [u8; 32],
    /// Who says so.
    pub author: AuthorId,
    /// Ed25519 over clinic, epoch, key and author.
    pub signature: [u8; 64],
}

impl IntakeKeyStatement {
    /// Bytes of an encoded statement.
    pub const LEN: usize = 138;

    /// States the key.
    #[must_use]
    pub fn sign(signer: &Signer, clinic: ClinicId, key: &IntakePublicKey) -> Self {
        let mut statement = Self {
            clinic,
            epoch: key.epoch,
            key: key.key,
            author: signer.id(),
            signature: [0; 64],
        };
        statement.signature = statement.parts(|parts| signer.sign(Label::KeyStatement, parts));
        statement
    }

    /// The key, ready to seal to; check the statement first.
    #[must_use]
    pub const fn public_key(&self) -> IntakePublicKey {
        IntakePublicKey {
            epoch: self.epoch,
            key: self.key,
        }
    }

    /// Whether these keys are the author's and the signature is theirs.
    #[must_use]
    pub fn verify(&self, keys: &AuthorKeys) -> bool {
        keys.id() == self.author
            && self.parts(|parts| keys.verify(Label::KeyStatement, parts, &self.signature))
    }

    fn parts<T>(&self, with: impl FnOnce(&[&[u8]]) -> T) -> T {
        with(&[
            self.clinic.as_bytes(),
            &self.epoch.to_le_bytes(),
            &self.key,
            self.author.as_bytes(),
        ])
    }

    /// `LTKEY` ‖ suite ‖ clinic ‖ epoch ‖ key ‖ author ‖ signature.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..5].copy_from_slice(MAGIC);
        out[5] = wire::SUITE;
        out[6..22].copy_from_slice(self.clinic.as_bytes());
        out[22..26].copy_from_slice(&self.epoch.to_le_bytes());
        out[26..58].copy_from_slice(&self.key);
        out[58..74].copy_from_slice(self.author.as_bytes());
        out[74..].copy_from_slice(&self.signature);
        out
    }

    /// Reads exactly one statement; the signature is not checked here.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        let cursor = wire::open(bytes, MAGIC).map_err(|why| match why {
            Opening::Foreign => StatementError::Malformed,
            Opening::Suite => StatementError::Suite,
        })?;
        Self::fields(cursor).ok_or(StatementError::Malformed)
    }

    fn fields(mut cursor: Cursor<'_>) -> Option<Self> {
        let statement = Self {
            clinic: ClinicId::from_bytes(cursor.array()?),
            epoch: Epoch(cursor.u32()?),
            key: cursor.array()?,
            author: AuthorId::from_bytes(cursor.array()?),
            signature: cursor.array()?,
        };
        cursor.end()?;
        (statement.epoch != Epoch::NONE).then_some(statement)
    }
}
