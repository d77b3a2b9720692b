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
