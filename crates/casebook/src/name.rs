//! A person's name: one field, ordered the way Vietnamese lists are, by given name.
use core::cmp::Ordering;

use crate::lead::Limits;
use crate::text;

/// A full name as written: family name, middle names, given name, or any other shape.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Name(String);

crate::redact::redact!(Name);

impl Name {
    /// Cleans what was typed: NFC, single spaces, no control or direction characters, at most
    /// 200 characters. Nothing is refused and no letter's case is touched.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        Self(text::one_line(raw, Limits::NAME))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// What people call this person: the last word.
    #[must_use]
    pub fn given(&self) -> &str {
        self.0.rsplit(' ').next().unwrap_or("")
    }
}

/// Order of a name list: by given name, then middle names, then family name.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    sort_key(a).cmp(&sort_key(b))
}

/// Bytes that sort as [`compare`] does.
#[must_use]
pub fn sort_key(name: &str) -> Vec<u8> {
    text::fold(name).into_bytes()
}
