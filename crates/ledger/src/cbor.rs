//! Writing the little CBOR that plain payloads need: shortest integers, definite lengths, small integer keys.

use zeroize::Zeroizing;

/// A CBOR map under construction; keys are to be added in ascending order. Wiped on drop: some maps are answers.
pub(crate) struct Map {
    body: Zeroizing<Vec<u8>>,
    pairs: u64,
}

impl Map {
    pub(crate) fn new() -> Self {
        Self {
            body: Zeroizing::new(Vec::with_capacity(512)),
            pairs: 0,
        }
    }

    pub(crate) fn uint(&mut self, key: u64, value: u64) {
        self.key(key);
        head(&mut self.body, 0, value);
    }

    pub(crate) fn int(&mut self, key: u64, value: i64) {
        self.key(key);
        match u64::try_from(value) {
            Ok(value) => head(&mut self.body, 0, value),
            // CBOR writes a negative number n as -1 - n, which is n's bitwise complement.
            Err(_) => head(&mut self.body, 1, (!value).unsigned_abs()),
        }
    }

    pub(crate) fn text(&mut self, key: u64, value: &str) {
        self.key(key);
        head(&mut self.body, 3, value.len() as u64);
        self.body.extend_from_slice(value.as_bytes());
    }

    pub(crate) fn bytes(&mut self, key: u64, value: &[u8]) {
        self.key(key);
        head(&mut self.body, 2, value.len() as u64);
        self.body.extend_from_slice(value);
    }

    fn key(&mut self, key: u64) {
        self.pairs += 1;
        head(&mut self.body, 0, key);
    }

    pub(crate) fn finish(self, out: &mut Vec<u8>) {
        out.reserve(self.body.len() + 9);
        head(out, 5, self.pairs);
        out.extend_from_slice(&self.body);
    }
}

/// The first bytes of an item: major type and argument in the fewest bytes.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let be = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | be[7]),
        24..=0xff => out.extend_from_slice(&[major | 0x18, be[7]]),
        0x100..=0xffff => {
            out.push(major | 0x19);
            out.extend_from_slice(&be[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 0x1a);
            out.extend_from_slice(&be[4..]);
        }
        _ => {
            out.push(major | 0x1b);
            out.extend_from_slice(&be);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Map;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn minicbor_reads_and_would_write_the_same(a: u64, b: i64, text in ".{0,300}", bytes: Vec<u8>) {
            let mut map = Map::new();
            map.uint(0, a);
            map.int(1, b);
            map.text(24, &text);
            map.bytes(70_000, &bytes);
            let mut ours = Vec::new();
            map.finish(&mut ours);

            let mut theirs = Vec::new();
            let mut encoder = minicbor::Encoder::new(&mut theirs);
            encoder.map(4).unwrap().u64(0).unwrap().u64(a).unwrap().u64(1).unwrap().i64(b).unwrap();
            encoder.u64(24).unwrap().str(&text).unwrap().u64(70_000).unwrap().bytes(&bytes).unwrap();
            prop_assert_eq!(ours, theirs);
        }
    }
}
