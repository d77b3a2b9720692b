//! One key out of another: HKDF-SHA256 with a label for every use.
use crate::label::Label;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 bytes for one use, from a secret of 32 uniformly random bytes; no salt.
#[must_use]
pub fn derive(secret: &[u8; 32], label: Label) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's ceiling of 8,160, so that expanding can't fail.
    let done = expand(None, secret, label.as_bytes(), &mut *key);
    debug_assert!(done.is_some());
    key
}

/// HKDF-SHA256, extract and expand; `None` if more than 8,160 bytes are asked for.
fn expand(salt: Option<&[u8]>, secret: &[u8], info: &[u8], out: &mut [u8]) -> Option<()> {
    Hkdf::<Sha256>::new(salt, secret).expand(info, out).ok()
}
