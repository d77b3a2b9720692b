//! One author's root secret, from which everything else of it is derived.
use crate::secret::Secret;
use ledger::{Label, Signer};
use rand::CryptoRng;
use zeroize::Zeroizing;

/// 32 bytes that a keychain, or 24 words on paper, keep. Wiped on drop; never printed, copied or serialised.
pub struct RootSecret(pub(crate) Secret);

impl RootSecret {
    /// A new random one.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// As a keychain kept it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::copy_of(&Zeroizing::new(bytes)))
    }

    /// The secret itself, for the keychain and nothing else.
    #[must_use]
    pub fn dangerous_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(*self.0.bytes())
    }

    /// Signs as this author.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::from_root(self.0.bytes())
    }

    /// Opens grants made to this author.
    #[must_use]
    pub fn receive_key(&self) -> ReceiveKey {
        ReceiveKey(self.0.derive(Label::Receive))
    }

    /// Seals this author's local rows.
    #[must_use]
    pub fn storage_key(&self) -> StorageKey {
        StorageKey(self.0.derive(Label::Storage))
    }
}

/// Opens clinic keys that were granted to one author.
pub struct ReceiveKey(Secret);

impl ReceiveKey {
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

/// Seals and opens local rows.
pub struct StorageKey(pub(crate) Secret);
