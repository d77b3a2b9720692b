//! What stands before a backup's chunks: whose it is, when it was made, and its key, wrapped for those who may open it.
use super::{Chunks, Opener};
use crate::clinic::ClinicKey;
use crate::hazmat::{self, NONCE, TAG};
use crate::root::ReceiveKey;
use crate::secret::Secret;
use crate::{Unopenable, envelope};
use ledger::{AuthorId, AuthorKeys, ClinicId, Epoch, Label};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTBAK";
const SUITE: u8 = 1;

/// Longest name of a PC or a clinic, in characters, as in a member entry.
const MAX_NAME: usize = 200;
/// Bytes of numbers and ids after magic and suite.
const FIXED: usize = 16 + 16 + 8 + 4 + 8 + 8;
/// Nonce ‖ key ‖ tag.
const EPOCH_WRAP: usize = NONCE + 32 + TAG;
/// Kit ‖ enc ‖ key and tag.
const KIT_WRAP: usize = 16 + 32 + 32 + TAG;
/// Longest database, in bytes: far beyond any, and all arithmetic with it stays in range.
const MAX_LENGTH: u64 = 1 << 48;

/// Longest header, in bytes: whoever reads so much of a file has the whole of it.
pub const MAX_HEADER: usize = 6 + FIXED + 2 * (2 + 4 * MAX_NAME) + EPOCH_WRAP + 1 + 255 * KIT_WRAP;

/// What a backup says of itself before anybody opens it. Nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The clinic.
    pub clinic: ClinicId,
    /// The PC whose database it is.
    pub author: AuthorId,
    /// When it was made, in milliseconds since the Unix epoch.
    pub made_ms: i64,
    /// Epoch of the clinic key that opens it.
    pub epoch: Epoch,
    /// Entries in the database.
    pub entries: u64,
    /// Bytes of the database.
    pub length: u64,
    /// Name of the PC.
    pub desk: String,
    /// Name of the clinic.
    pub clinic_name: String,
}

/// Why a header is none, or gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// No header of a backup, or not exactly one.
    #[error("not the header of a backup")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
    /// Wrapped for the key of another epoch.
    #[error("wrapped for another epoch")]
    OtherEpoch,
    /// Not wrapped for this kit.
    #[error("not wrapped for this kit")]
    OtherKit,
    /// Not wrapped for this key, or changed since.
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
}

/// A header that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    about: About,
    /// Bytes of the part that the wrapped keys are bound to.
    bound: usize,
    bytes: Vec<u8>,
}

impl About {
    fn encode(&self) -> Result<Vec<u8>, HeaderError> {
        let mut bytes = [MAGIC.as_slice(), &[SUITE]].concat();
        bytes.extend_from_slice(self.clinic.as_bytes());
        bytes.extend_from_slice(self.author.as_bytes());
        bytes.extend_from_slice(&self.made_ms.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.extend_from_slice(&self.entries.to_le_bytes());
        bytes.extend_from_slice(&self.length.to_le_bytes());
        for name in [&self.desk, &self.clinic_name] {
            let len = u16::try_from(name.len()).map_err(|_| HeaderError::Malformed)?;
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
        }
        if self.is_sane() {
            Ok(bytes)
        } else {
            Err(HeaderError::Malformed)
        }
    }

    fn is_sane(&self) -> bool {
        let short = |name: &str| name.chars().count() <= MAX_NAME;
        let names = short(&self.desk) && short(&self.clinic_name);
        let numbers = self.made_ms >= 0 && self.epoch != Epoch::NONE;
        names && numbers && (1..=MAX_LENGTH).contains(&self.length)
    }
}

/// The header of a backup that `key` seals.
pub(super) fn seal(
    rng: &mut impl CryptoRng,
    about: &About,
    clinic_key: &ClinicKey,
    kits: &[AuthorKeys],
    key: &Secret,
) -> Result<Vec<u8>, HeaderError> {
    if about.epoch != clinic_key.epoch() {
        return Err(HeaderError::OtherEpoch);
    }
    let mut bytes = about.encode()?;
    let bound = bytes.clone();
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut wrapped = *key.bytes();
    let wrap = clinic_key.backup_wrap();
    let tag = hazmat::seal(wrap.bytes(), &nonce, &bound, &mut wrapped);
    let tag = tag.map_err(|_| HeaderError::Malformed)?;
    for part in [nonce.as_slice(), &wrapped, &tag] {
        bytes.extend_from_slice(part);
    }
    let mut kits = kits.to_vec();
    kits.sort_by_key(|kit| *kit.id().as_bytes());
    kits.dedup_by_key(|kit| *kit.id().as_bytes());
    bytes.push(u8::try_from(kits.len()).map_err(|_| HeaderError::Malformed)?);
    for kit in &kits {
        bytes.extend_from_slice(&seal_backup_key(rng, kit, &bound, key)?);
    }
    Ok(bytes)
}

/// Kit ‖ enc ‖ ciphertext.
fn seal_backup_key(
    rng: &mut impl CryptoRng,
    kit: &AuthorKeys,
    bound: &[u8],
    key: &Secret,
) -> Result<Vec<u8>, HeaderError> {
    let id = kit.id();
    let aad = [id.as_bytes().as_slice(), bound].concat();
    let label = Label::BackupKit;
    let sealed = ledger::envelope::seal(rng, &kit.receive, label, &aad, key.bytes())
        .map_err(|_| HeaderError::Malformed)?;
    Ok([id.as_bytes().as_slice(), &sealed.enc, &sealed.ciphertext].concat())
}

/// What every chunk is bound to.
pub(super) fn digest(header: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(Label::BackupHeader.as_bytes())
        .chain_update(header)
        .finalize()
        .into()
}

impl Header {
    /// Reads a header from the beginning of a file, of which `start` has at least [`MAX_HEADER`] bytes if there are
    /// so many.
    pub fn decode(start: &[u8]) -> Result<Self, HeaderError> {
        match start.strip_prefix(MAGIC) {
            Some([SUITE, ..]) => {}
            Some([_, ..]) => return Err(HeaderError::Suite),
            _ => return Err(HeaderError::Malformed),
        }
        let mut cursor = Cursor(&start[6..]);
        let about = About {
            clinic: ClinicId::from_bytes(cursor.array()?),
            author: AuthorId::from_bytes(cursor.array()?),
            made_ms: i64::from_le_bytes(cursor.array()?),
            epoch: Epoch(u32::from_le_bytes(cursor.array()?)),
            entries: u64::from_le_bytes(cursor.array()?),
            length: u64::from_le_bytes(cursor.array()?),
            desk: cursor.name()?,
            clinic_name: cursor.name()?,
        };
        if !about.is_sane() {
            return Err(HeaderError::Malformed);
        }
        let bound = start.len() - cursor.0.len();
        cursor.take(EPOCH_WRAP)?;
        let [kits] = cursor.array()?;
        let wraps = cursor.take(usize::from(kits) * KIT_WRAP)?;
        let ids = wraps.chunks_exact(KIT_WRAP).map(|wrap| &wrap[..16]);
        if !ids.is_sorted_by(|a, b| a < b) {
            return Err(HeaderError::Malformed);
        }
        let bytes = start[..start.len() - cursor.0.len()].to_vec();
        Ok(Self {
            about,
            bound,
            bytes,
        })
    }

    /// What it says. Proved only by the chunks, which no other header opens.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// Bytes of the header itself.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Never: a header has at least its magic.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether this kit's words open it.
    #[must_use]
    pub fn is_for(&self, kit: AuthorId) -> bool {
        self.kit_wrap(kit).is_some()
    }

    /// Opens it as a PC of the clinic.
    pub fn open(&self, key: &ClinicKey) -> Result<Opener, HeaderError> {
        if key.epoch() != self.about.epoch {
            return Err(HeaderError::OtherEpoch);
        }
        let wrap = &self.bytes[self.bound..self.bound + EPOCH_WRAP];
        let (nonce, sealed) = wrap.split_first_chunk::<NONCE>().ok_or(Unopenable)?;
        let mut sealed = zeroize::Zeroizing::new(sealed.to_vec());
        let wrap = key.backup_wrap();
        let bound = &self.bytes[..self.bound];
        let len = hazmat::open(wrap.bytes(), nonce, bound, &mut sealed)?;
        self.opener(&sealed[..len])
    }

    /// Opens it with the words on paper.
    pub fn open_with_kit(&self, kit: AuthorId, key: &ReceiveKey) -> Result<Opener, HeaderError> {
        let wrap = self.kit_wrap(kit).ok_or(HeaderError::OtherKit)?;
        let (enc, sealed) = wrap[16..].split_first_chunk::<32>().ok_or(Unopenable)?;
        let aad = [kit.as_bytes().as_slice(), &self.bytes[..self.bound]].concat();
        let info = Label::BackupKit.as_bytes();
        let opened = envelope::open(key.bytes(), info, &aad, enc, sealed)?;
        self.opener(&opened)
    }

    fn opener(&self, key: &[u8]) -> Result<Opener, HeaderError> {
        let key = key.try_into().map_err(|_| Unopenable)?;
        Ok(Opener(Chunks {
            key: Secret::copy_of(key),
            header: digest(&self.bytes),
            next: 0,
        }))
    }

    fn kit_wrap(&self, kit: AuthorId) -> Option<&[u8]> {
        self.bytes[self.bound + EPOCH_WRAP + 1..]
            .chunks_exact(KIT_WRAP)
            .find(|wrap| wrap[..16] == *kit.as_bytes())
    }
}

/// What is left to be read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], HeaderError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(HeaderError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        self.take(N)?.try_into().map_err(|_| HeaderError::Malformed)
    }

    fn name(&mut self) -> Result<String, HeaderError> {
        let len = u16::from_le_bytes(self.array()?);
        let name = self.take(usize::from(len))?;
        let name = std::str::from_utf8(name).map_err(|_| HeaderError::Malformed)?;
        Ok(name.to_owned())
    }
}
