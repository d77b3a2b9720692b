//! Writes and reads CBOR the one way that this crate accepts: maps with small ascending integer
//! keys, shortest forms, unknown keys skipped so that an old version reads what a newer one wrote.
use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError};

/// Writing into memory can't fail; the type says so.
pub(crate) type Written = Result<(), EncodeError<core::convert::Infallible>>;
/// Writes into a byte vector.
pub(crate) type Out<'a> = Encoder<&'a mut Vec<u8>>;

/// A small closed set of values with stable codes on the wire, 1 upwards.
pub(crate) trait Coded: Copy + 'static {
    /// Every value, once.
    const ALL: &'static [Self];
    /// The number that stands for it; never reused.
    fn code(self) -> u8;
    /// The value; `None` for a code that a newer version brought.
    fn from_code(code: u64) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| u64::from(value.code()) == code)
    }
}

/// Gives an enum its stable wire codes, stated once.
macro_rules! coded {
    ($type:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $crate::codec::Coded for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}
pub(crate) use coded;

/// The pairs of a map whose number is known only once they are written.
#[derive(Default)]
pub(crate) struct Pairs {
    count: u64,
    bytes: Vec<u8>,
}

impl Pairs {
    /// Adds one pair; keys must ascend.
    pub(crate) fn put(&mut self, key: u64, write: impl FnOnce(&mut Out<'_>) -> Written) {
        let mut e = Encoder::new(&mut self.bytes);
        let outcome = e.u64(key).and_then(write);
        debug_assert!(outcome.is_ok(), "a vector takes every byte");
        self.count += 1;
    }

    /// Adds a pair if there is a value.
    pub(crate) fn put_some<T>(
        &mut self,
        key: u64,
        value: Option<T>,
        write: impl FnOnce(&mut Out<'_>, T) -> Written,
    ) {
        if let Some(value) = value {
            self.put(key, |e| write(e, value));
        }
    }

    /// Adds a text unless it is empty.
    pub(crate) fn put_text(&mut self, key: u64, text: &str) {
        if !text.is_empty() {
            self.put(key, |e| e.str(text)?.ok());
        }
    }

    /// Adds a code if there is a value.
    pub(crate) fn put_code<T: Coded>(&mut self, key: u64, value: Option<T>) {
        self.put_some(key, value, |e, value| e.u8(value.code())?.ok());
    }

    /// The whole map.
    pub(crate) fn finish(self) -> Vec<u8> {
        written(|e| {
            e.map(self.count)?;
            e.writer_mut().extend_from_slice(&self.bytes);
            e.ok()
        })
    }
}

/// Writes stamps as an array.
pub(crate) fn write_stamps(e: &mut Out<'_>, stamps: &[crate::merge::Stamp]) -> Written {
    e.array(stamps.len() as u64)?;
    for stamp in stamps {
        stamp.write(e)?;
    }
    e.ok()
}

/// Reads what [`write_stamps`] wrote.
pub(crate) fn read_stamps(d: &mut Decoder<'_>) -> Result<Vec<crate::merge::Stamp>, DecodeError> {
    let count = d.array()?.unwrap_or_default();
    let mut stamps = Vec::new();
    for _ in 0..count {
        stamps.push(crate::merge::Stamp::read(d)?);
    }
    Ok(stamps)
}

/// Runs `write` over a fresh buffer.
pub(crate) fn written(write: impl FnOnce(&mut Out<'_>) -> Written) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    let outcome = write(&mut Encoder::new(&mut bytes));
    debug_assert!(outcome.is_ok(), "a vector takes every byte");
    bytes
}

/// Reads a map of integer keys in strictly ascending order, handing each key to `field`, which
/// reads the value and says whether it knew the key; the value of an unknown key is skipped.
pub(crate) fn read_map<'b>(
    d: &mut Decoder<'b>,
    mut field: impl FnMut(u64, &mut Decoder<'b>) -> Result<bool, DecodeError>,
) -> Result<(), DecodeError> {
    let Some(pairs) = d.map()? else {
        return Err(DecodeError::message("map of unknown length"));
    };
    let mut last = None;
    for _ in 0..pairs {
        let key = d.u64()?;
        if last.is_some_and(|last| key <= last) {
            return Err(DecodeError::message("keys out of order"));
        }
        last = Some(key);
        if !field(key, d)? {
            d.skip()?;
        }
    }
    Ok(())
}

/// Reads one value, or nothing where null stands.
pub(crate) fn read_nullable<'b, T>(
    d: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if d.datatype()? == minicbor::data::Type::Null {
        d.null()?;
        return Ok(None);
    }
    read(d).map(Some)
}

/// Reads exactly `N` bytes.
pub(crate) fn read_array<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], DecodeError> {
    d.bytes()?
        .try_into()
        .map_err(|_| DecodeError::message("wrong length"))
}

/// Reads owned text.
pub(crate) fn read_text(d: &mut Decoder<'_>) -> Result<String, DecodeError> {
    d.str().map(ToOwned::to_owned)
}
