//! What an author has seen of the others, and how it stands itself: the payload of an entry of kind `Witness`.
use crate::cbor::Map;
use crate::id::{AuthorId, EntryHash};
use crate::wire::{self, Cursor, Opening};
use minicbor::Decoder;
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTWIT";
/// Heads of one witness at most.
const MOST: usize = 4_096;
/// Author ‖ seq ‖ hash.
const HEAD: usize = 16 + 8 + 32;
/// Version of a program, in characters.
const VERSION_CHARS: usize = 40;

/// Why bytes are not a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// Not a witness, or not in its only encoding.
    #[error("not a witness")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
}

/// "I have seen these ledgers up to there, and this is how I stand."
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witness {
    /// Where the other authors' ledgers ended here: author, number and hash of the last entry; ascending by author.
    pub heads: Vec<(AuthorId, u64, EntryHash)>,
    /// Entries of its own that the server lacked, this one not counted.
    pub unsent: u64,
    /// Version of its program.
    pub version: String,
    /// Wall-clock time, milliseconds since the Unix epoch.
    pub at_ms: u64,
}

mod key {
    pub(super) const HEADS: u64 = 0;
    pub(super) const UNSENT: u64 = 1;
    pub(super) const VERSION: u64 = 2;
    pub(super) const AT: u64 = 3;
}

impl Witness {
    /// `LTWIT` ‖ suite ‖ CBOR map. Of more than 4,096 heads the first are kept.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut heads = Vec::with_capacity(self.heads.len() * HEAD);
        for (author, seq, hash) in self.heads.iter().take(MOST) {
            heads.extend_from_slice(author.as_bytes());
            heads.extend_from_slice(&seq.to_le_bytes());
            heads.extend_from_slice(hash.as_bytes());
        }
        let mut map = Map::new();
        map.bytes(key::HEADS, &heads);
        map.uint(key::UNSENT, self.unsent);
        map.text(key::VERSION, &self.version);
        map.uint(key::AT, self.at_ms);
        let mut out = [MAGIC.as_slice(), &[wire::SUITE]].concat();
        map.finish(&mut out);
        out
    }

    /// Reads exactly one payload.
    pub fn decode(bytes: &[u8]) -> Result<Self, WitnessError> {
        let body = wire::open(bytes, MAGIC)
            .map_err(|why| match why {
                Opening::Foreign => WitnessError::Malformed,
                Opening::Suite => WitnessError::Suite,
            })?
            .rest();
        Self::fields(body)
            .filter(|witness| witness.encode() == bytes)
            .ok_or(WitnessError::Malformed)
    }

    fn fields(body: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(body);
        let mut witness = Self::default();
        for _ in 0..decoder.map().ok()?? {
            match decoder.u64().ok()? {
                key::HEADS => witness.heads = heads(decoder.bytes().ok()?)?,
                key::UNSENT => witness.unsent = decoder.u64().ok()?,
                key::VERSION => {
                    let version = decoder.str().ok()?;
                    if version.chars().count() > VERSION_CHARS {
                        return None;
                    }
                    version.clone_into(&mut witness.version);
                }
                key::AT => witness.at_ms = decoder.u64().ok()?,
                _ => return None,
            }
        }
        Some(witness)
    }
}

/// Heads in ascending order of their authors, none twice.
fn heads(bytes: &[u8]) -> Option<Vec<(AuthorId, u64, EntryHash)>> {
    let whole = bytes.len().is_multiple_of(HEAD) && bytes.len() / HEAD <= MOST;
    let mut heads: Vec<(AuthorId, u64, EntryHash)> = Vec::new();
    for chunk in bytes.chunks_exact(HEAD).filter(|_| whole) {
        let mut cursor = Cursor::new(chunk);
        let author = AuthorId::from_bytes(cursor.array()?);
        if heads.last().is_some_and(|(last, ..)| *last >= author) {
            return None;
        }
        let (seq, hash) = (cursor.u64()?, EntryHash::from_bytes(cursor.array()?));
        heads.push((author, seq, hash));
    }
    whole.then_some(heads)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_witness_survives_its_bytes(
            heads in proptest::collection::btree_map(any::<[u8; 16]>(), (1u64.., any::<[u8; 32]>()), 0..9),
            unsent: u64, version in "[0-9.]{0,20}", at_ms: u64,
        ) {
            let heads = heads.into_iter().map(|(author, (seq, hash))| {
                (AuthorId::from_bytes(author), seq, EntryHash::from_bytes(hash))
            });
            let witness = Witness { heads: heads.collect(), unsent, version, at_ms };
            prop_assert_eq!(Witness::decode(&witness.encode()), Ok(witness));
        }

        #[test]
        fn what_is_accepted_is_the_only_spelling(mut bytes: Vec<u8>) {
            let _ = Witness::decode(&bytes);
            bytes.splice(0..0, *b"LTWIT\x01");
            if let Ok(witness) = Witness::decode(&bytes) {
                prop_assert_eq!(witness.encode(), bytes);
            }
        }
    }

    #[test]
    fn heads_out_of_order_and_foreign_bytes_are_refused() {
        let head = |author| (AuthorId::from_bytes([author; 16]), 1, EntryHash::ZERO);
        let witness = Witness {
            heads: vec![head(2), head(1)],
            ..Witness::default()
        };
        assert_eq!(
            Witness::decode(&witness.encode()),
            Err(WitnessError::Malformed)
        );
        assert_eq!(Witness::decode(b"LTWIT\x02"), Err(WitnessError::Suite));
        assert_eq!(Witness::decode(b"anything"), Err(WitnessError::Malformed));
    }
}
