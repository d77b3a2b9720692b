//! Taking fixed-length pieces off a byte string, without a panic.

/// What is left of the bytes.
pub(crate) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    pub(crate) fn expect(&mut self, wanted: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn end(self) -> Option<()> {
        if self.0.is_empty() { Some(()) } else { None }
    }
}

/// Checks `magic ‖ suite` and hands out what follows; tells an unknown suite from foreign bytes.
pub(crate) fn open<'a>(bytes: &'a [u8], magic: &[u8]) -> Result<Cursor<'a>, Opening> {
    let mut cursor = Cursor::new(bytes);
    cursor.expect(magic).ok_or(Opening::Foreign)?;
    match cursor.byte() {
        Some(SUITE) => Ok(cursor),
        Some(_) => Err(Opening::Suite),
        None => Err(Opening::Foreign),
    }
}

/// The one suite there is: BLAKE3, Ed25519, X25519, HKDF-SHA256, (X)ChaCha20-Poly1305.
pub(crate) const SUITE: u8 = 1;

/// Why a format was not entered.
pub(crate) enum Opening {
    Foreign,
    Suite,
}
