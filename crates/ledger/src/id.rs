//! Names of things: fixed-length byte strings, each its own type, written in lower-case hexadecimal.
use core::{fmt, str::FromStr};
use data_encoding::HEXLOWER;
use thiserror::Error;

/// A text that is not the lower-case hexadecimal form of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid identifier")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Takes the raw bytes as they are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != 2 * $len {
                    return Err(IdError);
                }
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| IdError)?;
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }
    };
}

id!(
    /// One ledger writer: the first 16 bytes of BLAKE3(Ed25519 public key ‖ X25519 public key).
    AuthorId, 16
);
id!(
    /// What an entry is about: a UUID version 7, or derived from a phone number under the blind key.
    RecordId, 16
);
id!(
    /// A clinic: the first 16 bytes of its genesis entry's hash.
    ClinicId, 16
);
id!(
    /// One form on one website.
    FormId, 16
);
id!(
    /// One filled-in form; chosen by the visitor's browser, so that a retry is not a second lead.
    SubmissionId, 16
);
id!(
    /// Hash of an entry's header; see [`crate::Header::hash`].
    EntryHash, 32
);
id!(
    /// BLAKE3 of a payload as stored.
    PayloadHash, 32
);
id!(
    /// BLAKE3 of a sealed attachment chunk as stored.
    BlobHash, 32
);

impl EntryHash {
    /// Stands for "nothing before": `prev` of an author's first entry.
    pub const ZERO: Self = Self([0; 32]);
}

impl ClinicId {
    /// The clinic that begins with this genesis entry.
    #[must_use]
    pub fn of_genesis(hash: &EntryHash) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Self(id)
    }
}

impl PayloadHash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        Self(*blake3::hash(payload).as_bytes())
    }
}

impl BlobHash {
    /// The hash of a sealed chunk.
    #[must_use]
    pub fn of(sealed: &[u8]) -> Self {
        Self(*blake3::hash(sealed).as_bytes())
    }
}

impl From<SubmissionId> for RecordId {
    fn from(id: SubmissionId) -> Self {
        Self(id.0)
    }
}

impl From<AuthorId> for RecordId {
    fn from(id: AuthorId) -> Self {
        Self(id.0)
    }
}

/// Number of a clinic key, from 1; 0 means "not sealed with a clinic key".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(pub u32);

impl Epoch {
    /// Not sealed with a clinic key.
    pub const NONE: Self = Self(0);
    /// The clinic's first key.
    pub const FIRST: Self = Self(1);

    /// The number of a new key that `maker` makes after all it knows up to `self`: one generation further in the high
    /// half, two bytes of its own name in the low half. So owners who make keys at the same time, unaware of each
    /// other, never give two keys one number. `None` after 65,535 generations.
    #[must_use]
    pub fn after(self, maker: AuthorId) -> Option<Self> {
        let generation = (self.0 >> 16)
            .checked_add(1)
            .filter(|next| *next <= 0xffff)?;
        let [high, low, ..] = *maker.as_bytes();
        Some(Self(
            generation << 16 | u32::from(high) << 8 | u32::from(low),
        ))
    }

    /// Four bytes, little-endian.
    #[must_use]
    pub const fn to_le_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bytes: [u8; 16]) {
            let id = AuthorId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<AuthorId>(), Ok(id));
        }

        #[test]
        fn text_that_is_accepted_is_the_only_spelling(text in "[0-9a-fA-F]{30,34}") {
            if let Ok(id) = text.parse::<RecordId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn keys_made_at_the_same_time_have_different_numbers_and_the_next_is_above_both() {
        let maker = |byte| AuthorId::from_bytes([byte; 16]);
        let (one, two) = (Epoch::FIRST.after(maker(1)), Epoch::FIRST.after(maker(2)));
        assert_eq!(one, Some(Epoch(0x0001_0101)));
        assert_eq!(two, Some(Epoch(0x0001_0202)));
        assert!(two.unwrap().after(maker(0)).unwrap() > two.unwrap());
        assert_eq!(Epoch(u32::MAX).after(maker(1)), None);
    }

    #[test]
    fn upper_case_and_wrong_lengths_are_refused() {
        assert!("AA".repeat(16).parse::<ClinicId>().is_err());
        assert!("aa".repeat(15).parse::<ClinicId>().is_err());
        assert!("aa".repeat(16).parse::<ClinicId>().is_ok());
        assert!("đ".repeat(16).parse::<ClinicId>().is_err());
    }
}
