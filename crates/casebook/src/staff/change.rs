//! One change of a person's record, and its bytes.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use crate::codec::{Coded, Out, Written, read_array, read_map, read_text, written};
use crate::fact::{about, key as common};
use crate::lead::Malformed;
use crate::merge::Id;
use crate::power::StaffRole;

/// Longest verifier of a PIN that is kept, in bytes.
pub const PIN_MAX: usize = 128;

impl Coded for StaffRole {
    const ALL: &'static [Self] = &[Self::FrontDesk, Self::Manager, Self::Owner];

    fn code(self) -> u8 {
        match self {
            Self::FrontDesk => 1,
            Self::Manager => 2,
            Self::Owner => 3,
        }
    }
}

/// One act on a person's record: every field that it touched, nothing else.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// When, milliseconds since the Unix epoch, corrected by what the server said.
    pub at_ms: i64,
    /// Name of the person who did it.
    pub by: String,
    /// Record of the person who did it; absent as long as nobody was entered.
    pub staff: Option<Id>,
    /// Full name.
    pub name: Option<String>,
    /// What the person may do.
    pub role: Option<StaffRole>,
    /// Branches whose leads the person sees, sorted; empty for all.
    pub branches: Option<Vec<String>>,
    /// Works here no longer, or does again.
    pub gone: Option<bool>,
    /// What a typed PIN is compared with, at most [`PIN_MAX`] bytes that only `seal` reads.
    pub pin: Option<Vec<u8>>,
}

crate::redact::redact!(Change);

/// Keys of the change's map, after those that every fact has. A key is never given a second meaning.
mod key {
    pub(super) const NAME: u64 = 32;
    pub(super) const ROLE: u64 = 33;
    pub(super) const BRANCHES: u64 = 34;
    pub(super) const GONE: u64 = 35;
    pub(super) const PIN: u64 = 36;
}

impl Change {
    /// The bytes that an entry seals: a CBOR map of what was touched, the same for equal changes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(|e| self.write(e))
    }

    /// Reads what [`Change::encode`] of this or any other version wrote; what this version does
    /// not know is left out.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let (mut change, mut kind) = (Self::default(), None);
        let read = read_map(&mut d, |key, d| change.read_field(key, d, &mut kind));
        let whole = read.is_ok() && d.position() == bytes.len() && kind == Some(about::STAFF);
        whole.then_some(change).ok_or(Malformed)
    }

    fn write(&self, e: &mut Out<'_>) -> Written {
        e.map(self.fields())?.u64(common::AT)?.i64(self.at_ms)?;
        if !self.by.is_empty() {
            e.u64(common::BY)?.str(&self.by)?;
        }
        if let Some(staff) = &self.staff {
            e.u64(common::STAFF)?.bytes(staff)?;
        }
        e.u64(common::ABOUT)?.u64(about::STAFF)?;
        if let Some(name) = &self.name {
            e.u64(key::NAME)?.str(name)?;
        }
        if let Some(role) = self.role {
            e.u64(key::ROLE)?.u8(role.code())?;
        }
        if let Some(branches) = &self.branches {
            e.u64(key::BRANCHES)?;
            write_texts(e, branches)?;
        }
        if let Some(gone) = self.gone {
            e.u64(key::GONE)?.bool(gone)?;
        }
        if let Some(pin) = &self.pin {
            e.u64(key::PIN)?.bytes(pin)?;
        }
        e.ok()
    }

    fn fields(&self) -> u64 {
        [
            !self.by.is_empty(),
            self.staff.is_some(),
            self.name.is_some(),
            self.role.is_some(),
            self.branches.is_some(),
            self.gone.is_some(),
            self.pin.is_some(),
        ]
        .into_iter()
        .map(u64::from)
        .sum::<u64>()
            + 2
    }

    fn read_field(
        &mut self,
        key: u64,
        d: &mut Decoder<'_>,
        kind: &mut Option<u64>,
    ) -> Result<bool, DecodeError> {
        match key {
            common::AT => self.at_ms = d.i64()?,
            common::BY => self.by = read_text(d)?,
            common::STAFF => self.staff = Some(read_array(d)?),
            common::ABOUT => *kind = Some(d.u64()?),
            key::NAME => self.name = Some(read_text(d)?),
            key::ROLE => self.role = Coded::from_code(d.u64()?),
            key::BRANCHES => self.branches = Some(read_texts(d)?),
            key::GONE => self.gone = Some(d.bool()?),
            // A verifier too long for this version is one that it can't read.
            key::PIN => self.pin = Some(d.bytes()?.to_vec()).filter(|pin| pin.len() <= PIN_MAX),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

pub(super) fn write_texts(e: &mut Out<'_>, texts: &[String]) -> Written {
    e.array(texts.len() as u64)?;
    for text in texts {
        e.str(text)?;
    }
    e.ok()
}

pub(super) fn read_texts(d: &mut Decoder<'_>) -> Result<Vec<String>, DecodeError> {
    let count = d.array()?.unwrap_or_default();
    let mut texts = Vec::new();
    for _ in 0..count {
        texts.push(read_text(d)?);
    }
    Ok(texts)
}
