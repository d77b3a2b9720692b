//! One key out of another: HKDF-SHA256 with a label for every use.
use crate::label::Label;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Block length of SHA-256, in bytes: what HMAC fills its key up to.
const BLOCK: usize = 64;

/// 32 bytes for one use, from a secret of 32 uniformly random bytes; no salt.
#[must_use]
pub fn derive(secret: &[u8; 32], label: Label) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf_32(None, secret, label.as_bytes(), &mut key);
    key
}

/// The first 32 bytes of HKDF-SHA256's output, which is all that is ever asked for here: the general expansion can
/// fail on a length, a single block can't.
fn hkdf_32(salt: Option<&[u8]>, secret: &[u8], info: &[u8], out: &mut [u8; 32]) {
    let (mut extracted, _) = Hkdf::<Sha256>::extract(salt, secret);
    let mut key = Zeroizing::new([0; BLOCK]);
    key[..extracted.len()].copy_from_slice(&extracted);
    extracted.zeroize();
    let mut block = <Hmac<Sha256> as KeyInit>::new((&*key).into())
        .chain_update(info)
        .chain_update([1])
        .finalize()
        .into_bytes();
    out.copy_from_slice(&block);
    block.zeroize();
}
