//! What a visitor of the website sends: answers, sealed to the clinic's intake key, then stamped on arrival.
use crate::envelope::{self, BadKey};
use crate::header::{Header, Kind};
use crate::id::{ClinicId, Epoch, FormId, RecordId, SubmissionId};
use crate::label::Label;
use crate::wire::{self, Cursor, Opening};
use rand::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

mod answers;

pub use answers::{Answers, AnswersError, Field};

const SEALED_MAGIC: &[u8; 5] = b"LTSUB";
const RECEIVED_MAGIC: &[u8; 5] = b"LTRCV";
const BLOCK: usize = 256;
const TAG: usize = 16;

/// Longest padded plaintext, in bytes: the longest answers, at four bytes a character, fit.
const MAX_PLAINTEXT: usize = 80 * BLOCK;

/// Why bytes are not a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SubmissionError {
    /// Not a submission, or not exactly one.
    #[error("not a submission")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
}

impl From<Opening> for SubmissionError {
    fn from(why: Opening) -> Self {
        match why {
            Opening::Foreign => Self::Malformed,
            Opening::Suite => Self::Suite,
        }
    }
}

/// Why answers could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// An answer is too long.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// The intake key is of no use.
    #[error(transparent)]
    Key(#[from] BadKey),
}

/// The key that the website seals to; it changes with the clinic's epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IntakePublicKey {
    /// The clinic key that it was derived from.
    pub epoch: Epoch,
    /// X25519 public key.
    pub key: [u8; 32],
}

/// Where a submission belongs; its seal is bound to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubmissionIds {
    /// Whose patient it wants to become.
    pub clinic: ClinicId,
    /// The form that was filled in.
    pub form: FormId,
    /// This one filling-in.
    pub submission: SubmissionId,
}

impl SubmissionIds {
    /// What the seal is bound to: clinic ‖ form ‖ submission.
    #[must_use]
    pub fn aad(&self) -> [u8; 48] {
        let mut aad = [0; 48];
        aad[..16].copy_from_slice(self.clinic.as_bytes());
        aad[16..32].copy_from_slice(self.form.as_bytes());
        aad[32..].copy_from_slice(self.submission.as_bytes());
        aad
    }
}

/// Answers that only the clinic's desks can open.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSubmission {
    /// Where it belongs.
    pub ids: SubmissionIds,
    /// The key it is sealed to.
    pub epoch: Epoch,
    /// HPKE encapsulated key.
    pub enc: [u8; 32],
    ciphertext: Vec<u8>,
}

impl SealedSubmission {
    /// Bytes before the ciphertext.
    pub const OVERHEAD: usize = 6 + 48 + 4 + 32;
    /// Longest encoded submission.
    pub const MAX_LEN: usize = Self::OVERHEAD + MAX_PLAINTEXT + TAG;

    /// Seals answers, padded to a multiple of 256 bytes so that their length tells little.
    pub fn seal(
        rng: &mut impl CryptoRng,
        key: &IntakePublicKey,
        ids: SubmissionIds,
        answers: &Answers,
    ) -> Result<Self, SealError> {
        let plaintext = pad(answers.encode()?);
        let sealed = envelope::seal(rng, &key.key, Label::Submission, &ids.aad(), &plaintext)?;
        Ok(Self {
            ids,
            epoch: key.epoch,
            enc: sealed.enc,
            ciphertext: sealed.ciphertext,
        })
    }

    /// Ciphertext and tag, for whoever has the private key.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// `LTSUB` ‖ suite ‖ clinic ‖ form ‖ submission ‖ epoch ‖ enc ‖ ciphertext.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::OVERHEAD + self.ciphertext.len());
        out.extend_from_slice(SEALED_MAGIC);
        out.push(wire::SUITE);
        out.extend_from_slice(&self.ids.aad());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&self.enc);
        out.extend_from_slice(&self.ciphertext);
        out
    }

    /// Reads exactly one submission, without being able to open it.
    pub fn decode(bytes: &[u8]) -> Result<Self, SubmissionError> {
        let cursor = wire::open(bytes, SEALED_MAGIC)?;
        Self::fields(cursor).ok_or(SubmissionError::Malformed)
    }

    fn fields(mut cursor: Cursor<'_>) -> Option<Self> {
        let ids = SubmissionIds {
            clinic: ClinicId::from_bytes(cursor.array()?),
            form: FormId::from_bytes(cursor.array()?),
            submission: SubmissionId::from_bytes(cursor.array()?),
        };
        let epoch = Epoch(cursor.u32()?);
        let enc = cursor.array()?;
        let ciphertext = cursor.rest();
        let padded = ciphertext.len().checked_sub(TAG)?;
        let whole = padded > 0 && padded.is_multiple_of(BLOCK) && padded <= MAX_PLAINTEXT;
        (whole && epoch != Epoch::NONE).then(|| Self {
            ids,
            epoch,
            enc,
            ciphertext: ciphertext.to_vec(),
        })
    }
}

/// ISO 7816-4: 0x80, then zeros up to a whole number of blocks.
fn pad(mut plaintext: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let len = (plaintext.len() + 1).next_multiple_of(BLOCK);
    // Growing in place could leave an unwiped copy behind.
    let mut padded = Zeroizing::new(Vec::with_capacity(len));
    padded.append(&mut plaintext);
    padded.push(0x80);
    padded.resize(len, 0);
    padded
}

/// Takes the padding of an opened submission off; `None` if it is not what sealing gives.
#[must_use]
pub fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    let whole = padded.len() == (end + 1).next_multiple_of(BLOCK);
    (padded[end] == 0x80 && whole).then(|| &padded[..end])
}

/// Why a submission may be no person's; a hint, never a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Suspicion(pub u8);

impl Suspicion {
    /// The field that people don't see was filled in.
    pub const TRAP: Self = Self(1);
    /// Filled in faster than a person can.
    pub const TOO_FAST: Self = Self(2);
    /// No proof of work while the server was under load.
    pub const NO_WORK: Self = Self(4);

    /// Both reasons.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this reason is among them.
    #[must_use]
    pub const fn has(self, reason: Self) -> bool {
        self.0 & reason.0 == reason.0
    }

    /// Whether there is any reason; bits of newer servers count.
    #[must_use]
    pub const fn any(self) -> bool {
        self.0 != 0
    }
}

/// A submission as the server stored it: the payload of an entry of kind `Submission`.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// When it arrived by the server's clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What spoke against a person.
    pub suspicion: Suspicion,
    /// What was sent.
    pub sealed: SealedSubmission,
}

impl Received {
    /// `LTRCV` ‖ suite ‖ milliseconds ‖ suspicion ‖ sealed submission.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = [RECEIVED_MAGIC.as_slice(), &[wire::SUITE]].concat();
        out.extend_from_slice(&self.at_ms.to_le_bytes());
        out.push(self.suspicion.0);
        out.extend_from_slice(&self.sealed.encode());
        out
    }

    /// Whether it is where it belongs: in an entry of its clinic, about its own submission, under its own epoch.
    #[must_use]
    pub fn belongs(&self, header: &Header, clinic: ClinicId) -> bool {
        header.kind == Kind::Submission
            && header.record == RecordId::from(self.sealed.ids.submission)
            && header.epoch == self.sealed.epoch
            && self.sealed.ids.clinic == clinic
    }

    /// Reads exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, SubmissionError> {
        let mut cursor = wire::open(bytes, RECEIVED_MAGIC)?;
        let at_ms = cursor.i64().ok_or(SubmissionError::Malformed)?;
        let suspicion = cursor.byte().ok_or(SubmissionError::Malformed)?;
        Ok(Self {
            at_ms,
            suspicion: Suspicion(suspicion),
            sealed: SealedSubmission::decode(cursor.rest())?,
        })
    }
}
