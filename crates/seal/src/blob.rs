//! Attachments, in sealed chunks that are named by their hash.
use crate::clinic::BlobKey;
use crate::{TooLong, Unopenable, record};
use ledger::{Label, RecordId};
use rand::CryptoRng;
use zeroize::Zeroizing;

const MAGIC: &[u8; 5] = b"LTBLB";
const SUITE: u8 = 1;
const PREFIX: usize = Label::Chunk.as_bytes().len();
const AAD: usize = PREFIX + 16 + 4 + 1;

/// Longest piece of an attachment in one chunk, in bytes; sealed it has at most [`ledger::chunk::MAX_SEALED`].
pub const MAX_CHUNK: usize = ledger::chunk::MAX_PIECE;

/// Where a chunk belongs: chunks can't be exchanged, reordered or left off at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The attachment.
    pub attachment: RecordId,
    /// 0, 1, 2 …
    pub index: u32,
    /// Whether the attachment ends here.
    pub last: bool,
}

impl Place {
    /// Label ‖ attachment ‖ index ‖ last.
    fn aad(&self) -> [u8; AAD] {
        let mut aad = [0; AAD];
        aad[..PREFIX].copy_from_slice(Label::Chunk.as_bytes());
        aad[PREFIX..PREFIX + 16].copy_from_slice(self.attachment.as_bytes());
        aad[PREFIX + 16..PREFIX + 20].copy_from_slice(&self.index.to_le_bytes());
        aad[PREFIX + 20] = u8::from(self.last);
        aad
    }
}

/// `LTBLB` ‖ suite ‖ nonce ‖ ciphertext ‖ tag; at most [`MAX_CHUNK`] bytes of text. Its name is
/// [`ledger::BlobHash::of`] these bytes.
pub fn seal_chunk(
    rng: &mut impl CryptoRng,
    key: &BlobKey,
    place: &Place,
    text: &[u8],
) -> Result<Vec<u8>, TooLong> {
    if text.len() > MAX_CHUNK {
        return Err(TooLong);
    }
    let prefix = [MAGIC.as_slice(), &[SUITE]].concat();
    record::seal(rng, &key.0, &place.aad(), &prefix, text)
}

/// Opens the chunk that belongs here.
pub fn open_chunk(
    key: &BlobKey,
    place: &Place,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
    match sealed.strip_prefix(MAGIC) {
        Some([SUITE, sealed @ ..]) => record::open(&key.0, &place.aad(), sealed),
        _ => Err(Unopenable),
    }
}
