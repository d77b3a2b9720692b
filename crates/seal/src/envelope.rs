//! Opening what was sealed to a public key: HPKE, base mode, X25519 + HKDF-SHA256 + ChaCha20-Poly1305.
use crate::Unopenable;
use crate::clinic::IntakeSecret;
use hpke::{Deserializable, Kem, OpModeR, kem::X25519HkdfSha256};
use ledger::Label;
use ledger::submission::{Answers, AnswersError, SealedSubmission, unpad};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a submission gives no answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SubmissionError {
    /// Sealed to the intake key of another epoch.
    #[error("sealed to the intake key of another epoch")]
    OtherEpoch,
    /// Not sealed to this key for this place, or changed since.
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
    /// It opens, but a form of ours did not write it.
    #[error(transparent)]
    Answers(#[from] AnswersError),
}

/// Opens a submission. Needs no shared state, so that many can be opened at once on several threads.
pub fn open_submission(
    secret: &IntakeSecret,
    sealed: &SealedSubmission,
) -> Result<Answers, SubmissionError> {
    if sealed.epoch != secret.epoch() {
        return Err(SubmissionError::OtherEpoch);
    }
    let padded = open(
        secret.bytes(),
        Label::Submission.as_bytes(),
        &sealed.ids.aad(),
        &sealed.enc,
        sealed.ciphertext(),
    )?;
    let plaintext = unpad(&padded).ok_or(Unopenable)?;
    Ok(Answers::decode(plaintext)?)
}

/// Opens an envelope of `ledger::envelope`.
pub(crate) fn open(
    secret: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    enc: &[u8; 32],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
    type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
    type Enc = <X25519HkdfSha256 as Kem>::EncappedKey;
    let secret = PrivateKey::from_bytes(secret).map_err(|_| Unopenable)?;
    let enc = Enc::from_bytes(enc).map_err(|_| Unopenable)?;
    hpke::single_shot_open::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &enc,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| Unopenable)
}
