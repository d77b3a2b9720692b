//! Bytes that are wiped when they are moved, shortened or dropped.
use zeroize::Zeroize;

/// A growable run of bytes that leaves no copy behind.
#[derive(Default)]
pub(crate) struct Secret(Vec<u8>);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::ops::Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Secret {
    /// Puts `new` where `old` bytes were.
    pub(crate) fn replace(&mut self, at: usize, old: usize, new: &[u8]) {
        let len = self.0.len();
        let after = len - old + new.len();
        if after > self.0.capacity() {
            self.reallocate(after + after / 4);
        }
        if new.len() > old {
            self.0.resize(after, 0);
        }
        self.0.copy_within(at + old..len, at + new.len());
        self.0[at..at + new.len()].copy_from_slice(new);
        self.truncate(after);
    }

    /// Appends a byte.
    pub(crate) fn push(&mut self, byte: u8) {
        self.append(&[byte]);
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let after = self.0.len() + bytes.len();
        if after > self.0.capacity() {
            self.reallocate(after + after / 4);
        }
        self.0.extend_from_slice(bytes);
    }

    /// Folds ASCII from `at` on: small letters, and a space for every control character.
    pub(crate) fn lower_from(&mut self, at: usize) {
        for byte in &mut self.0[at..] {
            *byte = if byte.is_ascii_control() {
                b' '
            } else {
                byte.to_ascii_lowercase()
            };
        }
    }

    /// Takes everything from `at` on.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        let upper = Self(self.0[at..].to_vec());
        self.truncate(at);
        self.fit();
        upper
    }

    /// Forgets everything and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
    }

    /// Gives back unused room.
    pub(crate) fn fit(&mut self) {
        if self.0.capacity() > self.0.len() + 64 {
            self.reallocate(self.0.len());
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn truncate(&mut self, len: usize) {
        self.0[len..].zeroize();
        self.0.truncate(len);
    }

    fn reallocate(&mut self, capacity: usize) {
        let mut moved = Vec::with_capacity(capacity);
        moved.extend_from_slice(&self.0);
        self.0.zeroize();
        self.0 = moved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_by_something_longer_or_shorter() {
        let mut bytes = Secret::default();
        bytes.replace(0, 0, b"one two three");
        bytes.replace(4, 3, b"twenty");
        assert_eq!(&*bytes, b"one twenty three");
        bytes.replace(4, 6, b"2");
        assert_eq!(&*bytes, b"one 2 three");
        bytes.replace(5, 6, b"");
        bytes.push(b'!');
        assert_eq!(&*bytes, b"one 2!");
        let upper = bytes.split_off(4);
        assert_eq!((&*bytes, &*upper), (&b"one "[..], &b"2!"[..]));
    }
}
