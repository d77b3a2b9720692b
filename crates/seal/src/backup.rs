//! Backups: a header that two kinds of key open, then the database in chunks that can't be cut off, exchanged or reordered.
mod header;

pub use header::{About, Header, HeaderError, MAX_HEADER};

use crate::clinic::ClinicKey;
use crate::hazmat::{self, NONCE};
use crate::secret::Secret;
use crate::{TooLong, Unopenable};
use ledger::{AuthorKeys, Label};
use rand::CryptoRng;

/// Bytes of the database in every chunk but the last.
pub const CHUNK: usize = 1 << 16;

/// Bytes by which a sealed chunk is longer.
pub const CHUNK_TAG: usize = hazmat::TAG;

const PREFIX: usize = Label::BackupChunk.as_bytes().len();
const AAD: usize = PREFIX + 32 + 8 + 1;

/// The key and the place of one backup's next chunk.
struct Chunks {
    key: Secret,
    header: [u8; 32],
    next: u64,
}

impl Chunks {
    /// What comes next: its nonce and its aad. The key seals one backup only, so that a counter will do.
    fn place(&mut self, last: bool) -> ([u8; NONCE], [u8; AAD]) {
        let index = self.next.to_le_bytes();
        let mut nonce = [0; NONCE];
        nonce[..8].copy_from_slice(&index);
        nonce[8] = u8::from(last);
        let mut aad = [0; AAD];
        aad[..PREFIX].copy_from_slice(Label::BackupChunk.as_bytes());
        aad[PREFIX..PREFIX + 32].copy_from_slice(&self.header);
        aad[PREFIX + 32..PREFIX + 40].copy_from_slice(&index);
        aad[PREFIX + 40] = u8::from(last);
        self.next += 1;
        (nonce, aad)
    }
}

/// Seals a backup's chunks, one after the other; none can be sealed twice.
pub struct Sealer(Chunks);

impl Sealer {
    /// A new backup under a key of its own: its header, and what seals the rest. The key is wrapped for the PCs that
    /// have `clinic_key`, whose epoch `about` must name, and for every one of `kits`.
    pub fn begin(
        rng: &mut impl CryptoRng,
        about: &About,
        clinic_key: &ClinicKey,
        kits: &[AuthorKeys],
    ) -> Result<(Vec<u8>, Self), HeaderError> {
        let key = Secret::generate(rng);
        let bytes = header::seal(rng, about, clinic_key, kits, &key)?;
        let header = header::digest(&bytes);
        Ok((
            bytes,
            Self(Chunks {
                key,
                header,
                next: 0,
            }),
        ))
    }

    /// Seals the next piece in place and puts its tag behind it: at most [`CHUNK`] bytes, fewer only in the `last` one.
    pub fn seal(&mut self, last: bool, text: &mut Vec<u8>) -> Result<(), TooLong> {
        if text.len() > CHUNK || (text.len() < CHUNK && !last) {
            return Err(TooLong);
        }
        let (nonce, aad) = self.0.place(last);
        let tag = hazmat::seal(self.0.key.bytes(), &nonce, &aad, text)?;
        text.extend_from_slice(&tag);
        Ok(())
    }
}

/// Opens a backup's chunks in their order.
pub struct Opener(Chunks);

impl Opener {
    /// Opens the next chunk in place. What is left in the buffer on failure is of no use.
    pub fn open(&mut self, last: bool, sealed: &mut Vec<u8>) -> Result<(), Unopenable> {
        let (nonce, aad) = self.0.place(last);
        let len = hazmat::open(self.0.key.bytes(), &nonce, &aad, sealed)?;
        sealed.truncate(len);
        Ok(())
    }
}
