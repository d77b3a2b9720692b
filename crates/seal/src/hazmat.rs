//! XChaCha20-Poly1305 itself: HChaCha20 gives the nonce's own key, ring does the rest.
//!
//! The bytes are those of `chacha20poly1305::XChaCha20Poly1305`, held equal by a property test and by Wycheproof's
//! vectors; on short records it is several times faster in a portable build.
use crate::{TooLong, Unopenable};
use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use zeroize::Zeroizing;

pub(crate) const NONCE: usize = 24;
pub(crate) const TAG: usize = 16;

/// Seals `text` in place and gives its tag. A key must never seal twice under one nonce.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    text: &mut [u8],
) -> Result<[u8; TAG], TooLong> {
    let (key, nonce) = subkey(key, nonce).map_err(|_| TooLong)?;
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(aad), text)
        .map_err(|_| TooLong)?;
    tag.as_ref().try_into().map_err(|_| TooLong)
}

/// Opens `text ‖ tag` in place and gives the text's length. What is left in the buffer on failure is of no use.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    sealed: &mut [u8],
) -> Result<usize, Unopenable> {
    let (key, nonce) = subkey(key, nonce).map_err(|_| Unopenable)?;
    key.open_in_place(nonce, Aad::from(aad), sealed)
        .map(|text| text.len())
        .map_err(|_| Unopenable)
}

/// The key and the short nonce that stand for this key and this long nonce.
fn subkey(key: &[u8; 32], nonce: &[u8; NONCE]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let [head @ .., _, _, _, _, _, _, _, _] = nonce;
    let key = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(key.into(), head.into())));
    let mut short = [0; NONCE_LEN];
    short[4..].copy_from_slice(&nonce[16..]);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &*key)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(short)))
}
