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
