//! One act on a lead, and its bytes.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;
use thiserror::Error;

use super::value::{LeadState, Outcome, Purpose, Source};
use crate::basis::BasisKind;
use crate::codec::{
    Coded, Out, Written, read_array, read_map, read_nullable, read_stamps, read_text, write_stamps,
    written,
};
use crate::merge::{Id, Stamp};
use crate::submission::PromoChoices;

/// The bytes are no change (or lead) that this version can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a record that this version can read")]
pub struct Malformed;

/// Longest values, in characters.
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// Full name.
    pub const NAME: usize = 200;
    /// Number as typed.
    pub const PHONE: usize = 60;
    /// The question.
    pub const QUESTION: usize = 4000;
    /// One note.
    pub const NOTE: usize = 4000;
    /// Name of a branch.
    pub const BRANCH: usize = 60;
    /// Name of a member of staff.
    pub const PERSON: usize = 80;
    /// Order number.
    pub const ORDER: usize = 60;
    /// Note on the legal ground.
    pub const BASIS_NOTE: usize = 500;
    /// Address of a page.
    pub const PAGE: usize = 300;
    /// Version of the notice.
    pub const VERSION: usize = 40;
}

/// What a change does to a value that can also be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leaves it.
    #[default]
    Keep,
    /// Empties it.
    Clear,
    /// Writes it.
    Set(T),
}

impl<T> Patch<T> {
    /// Writes `Some`, empties on `None`.
    #[must_use]
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// What `then` makes of the new value; `None` when the value is left alone.
    pub(super) fn on_write<'a, U>(&'a self, then: impl FnOnce(Option<&'a T>) -> U) -> Option<U> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(then(None)),
            Self::Set(value) => Some(then(Some(value))),
        }
    }
}

/// How a lead came to be.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it came from.
    pub source: Source,
    /// Why we may hold it.
    pub basis: BasisKind,
    /// How the ground was given and where its proof is; empty for the website's form.
    pub basis_note: String,
    /// When the person asked, milliseconds since the Unix epoch (the server's clock for the form).
    pub received_ms: i64,
    /// Bits of the form's traps: 1 trap, 2 too fast, 4 no proof of work under load; 0 by hand.
    pub suspicion: u8,
    /// What the visitor ticked; `None` for a lead entered by hand.
    pub promo: Option<PromoChoices>,
    /// Version of the notice that the visitor saw; empty by hand.
    pub notice_version: String,
    /// SHA-256 of that notice's text.
    pub notice_hash: Option<[u8; 32]>,
    /// Page that the form stood on; empty by hand.
    pub page: String,
    /// When the visitor pressed send, by their own clock; 0 by hand. Never used for order.
    pub filled_at_ms: i64,
}

/// One act: every field that it touched, nothing else.
///
/// `at_ms` is for people to read; the order comes from the [`Stamp`] that the entry's header gives.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// When, milliseconds since the Unix epoch, corrected by what the server said.
    pub at_ms: i64,
    /// Person at the desk; empty for the website.
    pub by: String,
    /// That person's record, where the clinic has entered its people.
    pub staff: Option<Id>,
    /// Set in the first change of a record.
    pub origin: Option<Box<Origin>>,
    /// Full name; empty text removes it.
    pub name: Option<String>,
    /// Number as typed; empty text removes it.
    pub phone: Option<String>,
    /// The question; empty text removes it.
    pub question: Option<String>,
    /// Branch.
    pub branch: Patch<String>,
    /// State.
    pub state: Option<LeadState>,
    /// When to call next, milliseconds since the Unix epoch.
    pub next_call: Patch<i64>,
    /// Who took it on.
    pub owner: Patch<String>,
    /// Order number.
    pub order: Patch<String>,
    /// The record that this one is a duplicate of.
    pub merged_into: Patch<Id>,
    /// A person vouches that this is a person, whatever the traps said.
    pub cleared: bool,
    /// A call was tried or made.
    pub call: Option<Outcome>,
    /// What was said.
    pub note: Option<String>,
    /// Acts that this one takes back; taking back a taking-back restores the act.
    pub undoes: Vec<Stamp>,
    /// Names that the writer of `name` saw and replaces.
    pub sees_name: Vec<Stamp>,
    /// Numbers that the writer of `phone` saw and replaces.
    pub sees_phone: Vec<Stamp>,
    /// The number was uncovered, and why.
    pub access: Option<Purpose>,
}

crate::redact::redact!(Origin, Change);

/// Keys of the change's map. A key is never given a second meaning; those that every fact has are
/// in [`crate::fact`].
mod key {
    pub(super) use crate::fact::key::{AT, BY, STAFF};
    pub(super) const ORIGIN: u64 = 2;
    pub(super) const NAME: u64 = 3;
    pub(super) const PHONE: u64 = 4;
    pub(super) const QUESTION: u64 = 5;
    pub(super) const BRANCH: u64 = 6;
    pub(super) const STATE: u64 = 7;
    pub(super) const NEXT_CALL: u64 = 8;
    pub(super) const OWNER: u64 = 9;
    pub(super) const ORDER: u64 = 10;
    pub(super) const MERGED_INTO: u64 = 11;
    pub(super) const CLEARED: u64 = 12;
    pub(super) const CALL: u64 = 13;
    pub(super) const NOTE: u64 = 14;
    pub(super) const UNDOES: u64 = 15;
    pub(super) const SEES_NAME: u64 = 16;
    pub(super) const SEES_PHONE: u64 = 17;
    pub(super) const ACCESS: u64 = 18;
}

/// Keys of the origin's map.
mod origin_key {
    pub(super) const SOURCE: u64 = 0;
    pub(super) const BASIS: u64 = 1;
    pub(super) const BASIS_NOTE: u64 = 2;
    pub(super) const RECEIVED: u64 = 3;
    pub(super) const SUSPICION: u64 = 4;
    pub(super) const PROMO: u64 = 5;
    pub(super) const NOTICE_VERSION: u64 = 6;
    pub(super) const NOTICE_HASH: u64 = 7;
    pub(super) const PAGE: u64 = 8;
    pub(super) const FILLED_AT: u64 = 9;
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
        let change = Self::read(&mut d).map_err(|_| Malformed)?;
        (d.position() == bytes.len())
            .then_some(change)
            .ok_or(Malformed)
    }

    pub(super) fn write(&self, e: &mut Out<'_>) -> Written {
        e.map(self.fields())?.u64(key::AT)?.i64(self.at_ms)?;
        if !self.by.is_empty() {
            e.u64(key::BY)?.str(&self.by)?;
        }
        if let Some(origin) = &self.origin {
            e.u64(key::ORIGIN)?;
            origin.write(e)?;
        }
        write_text(e, key::NAME, self.name.as_ref())?;
        write_text(e, key::PHONE, self.phone.as_ref())?;
        write_text(e, key::QUESTION, self.question.as_ref())?;
        write_patch(e, key::BRANCH, &self.branch, |e, text| e.str(text)?.ok())?;
        write_code(e, key::STATE, self.state)?;
        write_patch(e, key::NEXT_CALL, &self.next_call, |e, ms| e.i64(*ms)?.ok())?;
        write_patch(e, key::OWNER, &self.owner, |e, text| e.str(text)?.ok())?;
        write_patch(e, key::ORDER, &self.order, |e, text| e.str(text)?.ok())?;
        write_patch(e, key::MERGED_INTO, &self.merged_into, |e, id| {
            e.bytes(id)?.ok()
        })?;
        if self.cleared {
            e.u64(key::CLEARED)?.bool(true)?;
        }
        write_code(e, key::CALL, self.call)?;
        write_text(e, key::NOTE, self.note.as_ref())?;
        write_seen(e, key::UNDOES, &self.undoes)?;
        write_seen(e, key::SEES_NAME, &self.sees_name)?;
        write_seen(e, key::SEES_PHONE, &self.sees_phone)?;
        write_code(e, key::ACCESS, self.access)?;
        if let Some(staff) = &self.staff {
            e.u64(key::STAFF)?.bytes(staff)?;
        }
        e.ok()
    }

    fn fields(&self) -> u64 {
        [
            true,
            !self.by.is_empty(),
            self.origin.is_some(),
            self.name.is_some(),
            self.phone.is_some(),
            self.question.is_some(),
            self.branch != Patch::Keep,
            self.state.is_some(),
            self.next_call != Patch::Keep,
            self.owner != Patch::Keep,
            self.order != Patch::Keep,
            self.merged_into != Patch::Keep,
            self.cleared,
            self.call.is_some(),
            self.note.is_some(),
            !self.undoes.is_empty(),
            !self.sees_name.is_empty(),
            !self.sees_phone.is_empty(),
            self.access.is_some(),
            self.staff.is_some(),
        ]
        .into_iter()
        .map(u64::from)
        .sum()
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut change = Self::default();
        change.read_into(d)?;
        Ok(change)
    }

    /// Reads into a change that touches nothing yet.
    pub(super) fn read_into(&mut self, d: &mut Decoder<'_>) -> Result<(), DecodeError> {
        read_map(d, |key, d| self.read_field(key, d))
    }

    fn read_field(&mut self, key: u64, d: &mut Decoder<'_>) -> Result<bool, DecodeError> {
        match key {
            key::AT => self.at_ms = d.i64()?,
            key::BY => self.by = read_text(d)?,
            key::ORIGIN => self.origin = Some(Box::new(Origin::read(d)?)),
            key::NAME => self.name = Some(read_text(d)?),
            key::PHONE => self.phone = Some(read_text(d)?),
            key::QUESTION => self.question = Some(read_text(d)?),
            key::BRANCH => self.branch = read_patch(d, read_text)?,
            key::STATE => self.state = Coded::from_code(d.u64()?),
            key::NEXT_CALL => self.next_call = read_patch(d, Decoder::i64)?,
            key::OWNER => self.owner = read_patch(d, read_text)?,
            key::ORDER => self.order = read_patch(d, read_text)?,
            key::MERGED_INTO => self.merged_into = read_patch(d, read_array)?,
            key::CLEARED => self.cleared = d.bool()?,
            key::CALL => self.call = Coded::from_code(d.u64()?),
            key::NOTE => self.note = Some(read_text(d)?),
            key::UNDOES => self.undoes = read_stamps(d)?,
            key::SEES_NAME => self.sees_name = read_stamps(d)?,
            key::SEES_PHONE => self.sees_phone = read_stamps(d)?,
            key::ACCESS => self.access = Coded::from_code(d.u64()?),
            key::STAFF => self.staff = Some(read_array(d)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Origin {
    fn write(&self, e: &mut Out<'_>) -> Written {
        e.map(self.fields())?;
        write_code(e, origin_key::SOURCE, Some(self.source))?;
        write_code(e, origin_key::BASIS, Some(self.basis))?;
        write_filled(e, origin_key::BASIS_NOTE, &self.basis_note)?;
        e.u64(origin_key::RECEIVED)?.i64(self.received_ms)?;
        if self.suspicion != 0 {
            e.u64(origin_key::SUSPICION)?.u8(self.suspicion)?;
        }
        if let Some(promo) = self.promo {
            e.u64(origin_key::PROMO)?.u8(promo.bits())?;
        }
        write_filled(e, origin_key::NOTICE_VERSION, &self.notice_version)?;
        if let Some(hash) = &self.notice_hash {
            e.u64(origin_key::NOTICE_HASH)?.bytes(hash)?;
        }
        write_filled(e, origin_key::PAGE, &self.page)?;
        if self.filled_at_ms != 0 {
            e.u64(origin_key::FILLED_AT)?.i64(self.filled_at_ms)?;
        }
        e.ok()
    }

    fn fields(&self) -> u64 {
        [
            !self.basis_note.is_empty(),
            self.suspicion != 0,
            self.promo.is_some(),
            !self.notice_version.is_empty(),
            self.notice_hash.is_some(),
            !self.page.is_empty(),
            self.filled_at_ms != 0,
        ]
        .into_iter()
        .map(u64::from)
        .sum::<u64>()
            + 3
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut origin = Self {
            source: Source::Other,
            basis: BasisKind::Law,
            basis_note: String::new(),
            received_ms: 0,
            suspicion: 0,
            promo: None,
            notice_version: String::new(),
            notice_hash: None,
            page: String::new(),
            filled_at_ms: 0,
        };
        read_map(d, |key, d| origin.read_field(key, d))?;
        Ok(origin)
    }

    fn read_field(&mut self, key: u64, d: &mut Decoder<'_>) -> Result<bool, DecodeError> {
        match key {
            origin_key::SOURCE => self.source = Coded::from_code(d.u64()?).unwrap_or_default(),
            origin_key::BASIS => self.basis = Coded::from_code(d.u64()?).unwrap_or(BasisKind::Law),
            origin_key::BASIS_NOTE => self.basis_note = read_text(d)?,
            origin_key::RECEIVED => self.received_ms = d.i64()?,
            origin_key::SUSPICION => self.suspicion = d.u8()?,
            origin_key::PROMO => self.promo = Some(PromoChoices::from_bits(d.u8()?)),
            origin_key::NOTICE_VERSION => self.notice_version = read_text(d)?,
            origin_key::NOTICE_HASH => self.notice_hash = Some(read_array(d)?),
            origin_key::PAGE => self.page = read_text(d)?,
            origin_key::FILLED_AT => self.filled_at_ms = d.i64()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn write_text(e: &mut Out<'_>, key: u64, text: Option<&String>) -> Written {
    if let Some(text) = text {
        e.u64(key)?.str(text)?;
    }
    e.ok()
}

fn write_filled(e: &mut Out<'_>, key: u64, text: &str) -> Written {
    if !text.is_empty() {
        e.u64(key)?.str(text)?;
    }
    e.ok()
}

fn write_code<T: Coded>(e: &mut Out<'_>, key: u64, value: Option<T>) -> Written {
    if let Some(value) = value {
        e.u64(key)?.u8(value.code())?;
    }
    e.ok()
}

fn write_patch<T>(
    e: &mut Out<'_>,
    key: u64,
    patch: &Patch<T>,
    write: impl FnOnce(&mut Out<'_>, &T) -> Written,
) -> Written {
    match patch {
        Patch::Keep => e.ok(),
        Patch::Clear => e.u64(key)?.null()?.ok(),
        Patch::Set(value) => {
            e.u64(key)?;
            write(e, value)
        }
    }
}

fn write_seen(e: &mut Out<'_>, key: u64, stamps: &[Stamp]) -> Written {
    if !stamps.is_empty() {
        e.u64(key)?;
        write_stamps(e, stamps)?;
    }
    e.ok()
}

fn read_patch<'b, T>(
    d: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, DecodeError>,
) -> Result<Patch<T>, DecodeError> {
    read_nullable(d, read).map(Patch::from_option)
}
