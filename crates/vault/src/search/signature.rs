//! Which blocks can hold which three letters: a bit table that spares the scan most of its blocks.
//!
//! One bitmap over all blocks per hash of three bytes; a word's candidates are the AND of its
//! bitmaps. A bit too many costs a scan of one block, a bit missing would lose hits: bits are only
//! taken back when a block is signed anew.

use super::accent;
use super::text::Record;

/// Bitmaps over heads, a power of two.
const HEAD: usize = 1 << 12;
/// Bitmaps over bodies, a power of two.
const BODY: usize = 1 << 13;

/// Both tables.
pub(crate) struct Signatures {
    head: Table,
    body: Table,
    free: Vec<u32>,
    next: u32,
}

impl Default for Signatures {
    fn default() -> Self {
        Self {
            head: Table::new(HEAD),
            body: Table::new(BODY),
            free: Vec::new(),
            next: 0,
        }
    }
}

/// A set of blocks.
pub(crate) type Blocks = Vec<u64>;

impl Signatures {
    /// A place for a new block.
    pub(crate) fn open(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.head.reach(self.next);
            self.body.reach(self.next);
            self.next - 1
        })
    }

    /// Takes all bits of a block back.
    pub(crate) fn clear(&mut self, block: u32) {
        self.head.clear(block);
        self.body.clear(block);
    }

    /// Gives a block's place back.
    pub(crate) fn close(&mut self, block: u32) {
        self.clear(block);
        self.free.push(block);
    }

    /// Adds a text to its block's signature.
    pub(crate) fn add(&mut self, block: u32, record: &Record<'_>) {
        grams(record.head, true, |gram| self.head.set(gram, block));
        grams(record.body, false, |gram| self.body.set(gram, block));
        accents(record.head, accent::read(record.head_marks()), |gram| {
            self.head.set(gram, block);
        });
        accents(record.body, accent::read(record.body_marks()), |gram| {
            self.body.set(gram, block);
        });
    }

    /// Blocks whose heads may hold the needle with these accents; `None` for all.
    pub(crate) fn heads(&self, needle: &[u8], marks: &[(usize, u8)]) -> Option<Blocks> {
        self.head.candidates(needle, true, marks)
    }

    /// Blocks whose bodies may hold the needle with these accents; `None` for all.
    pub(crate) fn bodies(&self, needle: &[u8], marks: &[(usize, u8)]) -> Option<Blocks> {
        self.body.candidates(needle, false, marks)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        (self.head.bits.capacity() + self.body.bits.capacity()) * 8
    }
}

/// One bitmap per hash, each `stride` words long.
struct Table {
    bits: Vec<u64>,
    maps: usize,
    stride: usize,
}

impl Table {
    fn new(maps: usize) -> Self {
        Self {
            bits: Vec::new(),
            maps,
            stride: 0,
        }
    }

    /// Makes room for `blocks`.
    fn reach(&mut self, blocks: u32) {
        let words = (blocks as usize).div_ceil(64);
        if words <= self.stride {
            return;
        }
        let stride = words + words / 8;
        let mut bits = vec![0; self.maps * stride];
        for (new, old) in bits
            .chunks_exact_mut(stride)
            .zip(self.bits.chunks_exact(self.stride.max(1)))
        {
            new[..self.stride].copy_from_slice(old);
        }
        (self.bits, self.stride) = (bits, stride);
    }

    fn map(&self, gram: u32) -> usize {
        // The upper bits of a multiplicative hash are the good ones.
        let hash = gram.wrapping_mul(0x9E37_79B1) >> (32 - self.maps.trailing_zeros());
        hash as usize * self.stride
    }

    fn set(&mut self, gram: u32, block: u32) {
        let word = self.map(gram) + block as usize / 64;
        self.bits[word] |= 1 << (block % 64);
    }

    fn clear(&mut self, block: u32) {
        let (word, bit) = (block as usize / 64, 1u64 << (block % 64));
        for map in self.bits.chunks_exact_mut(self.stride.max(1)) {
            map[word] &= !bit;
        }
    }

    fn candidates(&self, needle: &[u8], digits: bool, marks: &[(usize, u8)]) -> Option<Blocks> {
        let mut found: Option<Blocks> = None;
        let mut narrow = |gram| {
            let map = &self.bits[self.map(gram)..][..self.stride];
            match &mut found {
                Some(found) => found
                    .iter_mut()
                    .zip(map)
                    .for_each(|(word, other)| *word &= other),
                None => found = Some(map.to_vec()),
            }
        };
        grams(needle, digits, &mut narrow);
        accents(needle, marks.iter().copied(), &mut narrow);
        found
    }
}

/// Every three bytes within a word, as a number; with `digits` also every four digits, because
/// three digits are too common to tell blocks apart.
fn grams(text: &[u8], digits: bool, mut each: impl FnMut(u32)) {
    let (mut gram, mut len, mut numeric) = (0u32, 0u32, 0u32);
    for byte in text {
        if *byte <= b' ' {
            (len, numeric) = (0, 0);
            continue;
        }
        gram = gram << 8 | u32::from(*byte);
        len += 1;
        numeric = if byte.is_ascii_digit() {
            numeric + 1
        } else {
            0
        };
        if len >= 3 {
            each(gram & 0xff_ffff);
        }
        if digits && numeric >= 4 {
            each(gram);
        }
    }
}

/// Every accented letter with the one before it and with the one behind it, as numbers that no
/// three letters have: they tell blocks with a word's very accents from blocks with its letters.
fn accents(text: &[u8], marks: impl Iterator<Item = (usize, u8)>, mut each: impl FnMut(u32)) {
    for (at, accent) in marks {
        let letter = |at: usize| {
            text.get(at)
                .filter(|byte| **byte > b' ')
                .map(|byte| u32::from(*byte))
        };
        let Some(base) = letter(at) else {
            continue;
        };
        let own = base << 8 | u32::from(accent);
        if let Some(before) = at.checked_sub(1).and_then(letter) {
            each(1 << 24 | before << 16 | own);
        }
        if let Some(behind) = letter(at + 1) {
            each(2 << 24 | behind << 16 | own);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record<'a>(head: &'a str, body: &'a str) -> Record<'a> {
        Record::new(head.as_bytes(), body.as_bytes(), &[0, 0])
    }

    #[test]
    fn a_block_is_a_candidate_for_every_word_it_holds() {
        let mut signatures = Signatures::default();
        for n in 0..300u32 {
            let block = signatures.open();
            let digits = format!("09{:08}", n * 7919);
            signatures.add(block, &record(&digits, &format!("cau hoi so {n:05}")));
        }
        for n in 0..300u32 {
            let digits = format!("{:08}", n * 7919);
            let (word, bit) = (n as usize / 64, n % 64);
            assert!(signatures.heads(digits.as_bytes(), &[]).unwrap()[word] >> bit & 1 == 1);
            let asked = format!("{n:05}");
            assert!(signatures.bodies(asked.as_bytes(), &[]).unwrap()[word] >> bit & 1 == 1);
        }
        assert!(signatures.heads(b"ab", &[]).is_none());
        let none = signatures.bodies(b"implant", &[]).unwrap();
        assert!(none.iter().all(|word| *word == 0));
    }

    #[test]
    fn a_closed_place_is_given_out_again_empty() {
        let mut signatures = Signatures::default();
        let block = signatures.open();
        signatures.add(block, &record("nguyen", ""));
        signatures.close(block);
        assert_eq!(signatures.open(), block);
        assert_eq!(signatures.heads(b"nguyen", &[]).unwrap(), vec![0]);
    }
}
