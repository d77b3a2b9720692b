//! 32 secret bytes.
use ledger::{Label, kdf};
use rand::CryptoRng;
use zeroize::Zeroizing;

/// Secret bytes on the heap, so that moving their owner leaves no copy on the stack; wiped on drop.
pub(crate) struct Secret(Box<Zeroizing<[u8; 32]>>);

impl Secret {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self(Box::default());
        rng.fill_bytes(secret.0.as_mut_slice());
        secret
    }

    pub(crate) fn copy_of(bytes: &[u8; 32]) -> Self {
        let mut secret = Self(Box::default());
        secret.0.copy_from_slice(bytes);
        secret
    }

    pub(crate) fn derive(&self, label: Label) -> Self {
        Self::copy_of(&kdf::derive(self.bytes(), label))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
