//! A person's record: one last-writer-wins register for each value.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use super::change::{Change, read_texts, write_texts};
use crate::codec::{Coded, Out, Written, read_nullable, read_text, written};
use crate::lead::Malformed;
use crate::merge::Stamp;
use crate::power::StaffRole;

/// Format of [`Person::encode`]; another number is a projection that must be rebuilt.
const FORMAT: u8 = 1;

/// A value and the place of the change that wrote it last.
#[derive(Clone, PartialEq, Eq)]
struct Register<T> {
    stamp: Stamp,
    value: T,
}

/// Takes a value over if it was written later. Two values at one stamp can't come from an honest
/// desk; should it happen, the greater one stays, everywhere.
fn write<T: Ord + Clone>(register: &mut Option<Register<T>>, stamp: Stamp, value: Option<&T>) {
    let Some(value) = value else { return };
    let later = |kept: &Register<T>| (kept.stamp, &kept.value) < (stamp, value);
    if register.as_ref().is_none_or(later) {
        let value = value.clone();
        *register = Some(Register { stamp, value });
    }
}

fn join<T: Ord + Clone>(register: &mut Option<Register<T>>, other: Option<&Register<T>>) {
    if let Some(Register { stamp, value }) = other {
        write(register, *stamp, Some(value));
    }
}

fn earlier(kept: &mut Option<Stamp>, stamp: Stamp) {
    *kept = Some(kept.map_or(stamp, |kept| kept.min(stamp)));
}

/// What is known of one person, as a function of the set of changes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Person {
    since: Option<Stamp>,
    owner_since: Option<Stamp>,
    name: Option<Register<String>>,
    role: Option<Register<StaffRole>>,
    branches: Option<Register<Vec<String>>>,
    gone: Option<Register<bool>>,
    pin: Option<Register<Vec<u8>>>,
}

crate::redact::redact!(Person);

impl Person {
    /// Takes in one change; true if the record is now another.
    pub fn insert(&mut self, stamp: Stamp, change: &Change) -> bool {
        let before = self.clone();
        earlier(&mut self.since, stamp);
        if change.role == Some(StaffRole::Owner) {
            earlier(&mut self.owner_since, stamp);
        }
        write(&mut self.name, stamp, change.name.as_ref());
        write(&mut self.role, stamp, change.role.as_ref());
        write(&mut self.branches, stamp, change.branches.as_ref());
        write(&mut self.gone, stamp, change.gone.as_ref());
        write(&mut self.pin, stamp, change.pin.as_ref());
        *self != before
    }

    /// Takes in everything that another copy of the record knows.
    pub fn merge(&mut self, other: &Self) {
        if let Some(since) = other.since {
            earlier(&mut self.since, since);
        }
        if let Some(since) = other.owner_since {
            earlier(&mut self.owner_since, since);
        }
        join(&mut self.name, other.name.as_ref());
        join(&mut self.role, other.role.as_ref());
        join(&mut self.branches, other.branches.as_ref());
        join(&mut self.gone, other.gone.as_ref());
        join(&mut self.pin, other.pin.as_ref());
    }

    /// First change of the record.
    #[must_use]
    pub const fn since(&self) -> Option<Stamp> {
        self.since
    }

    /// First change that made the person an owner, whatever came after.
    #[must_use]
    pub const fn owner_since(&self) -> Option<Stamp> {
        self.owner_since
    }

    /// Full name; empty if its change has not arrived.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("", |name| &name.value)
    }

    /// Role as it was written; a role of a newer version counts as the least one.
    #[must_use]
    pub fn role(&self) -> StaffRole {
        let role = self.role.as_ref();
        role.map_or(StaffRole::FrontDesk, |role| role.value)
    }

    /// Branches whose leads the person sees; empty for all.
    #[must_use]
    pub fn branches(&self) -> &[String] {
        self.branches
            .as_ref()
            .map_or(&[], |branches| &branches.value)
    }

    /// Works here no longer.
    #[must_use]
    pub fn gone(&self) -> bool {
        self.gone.as_ref().is_some_and(|gone| gone.value)
    }

    /// What a typed PIN is compared with.
    #[must_use]
    pub fn pin(&self) -> Option<&[u8]> {
        self.pin.as_ref().map(|pin| pin.value.as_slice())
    }

    /// All of it as bytes: the same set of changes always gives the same bytes. CBOR array of
    /// format, since, owner since, and a register `[hlc, author], value` or null for each value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(|e| {
            e.array(8)?.u8(FORMAT)?;
            write_stamp(e, self.since)?;
            write_stamp(e, self.owner_since)?;
            write_register(e, self.name.as_ref(), |e, text| e.str(text)?.ok())?;
            write_register(e, self.role.as_ref(), |e, role| e.u8(role.code())?.ok())?;
            write_register(e, self.branches.as_ref(), |e, all| write_texts(e, all))?;
            write_register(e, self.gone.as_ref(), |e, gone| e.bool(*gone)?.ok())?;
            write_register(e, self.pin.as_ref(), |e, pin| e.bytes(pin)?.ok())
        })
    }

    /// Reads what [`Person::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let person = Self::read(&mut d).map_err(|_| Malformed)?;
        (d.position() == bytes.len())
            .then_some(person)
            .ok_or(Malformed)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        if d.array()? != Some(8) || d.u8()? != FORMAT {
            return Err(DecodeError::message("another format"));
        }
        Ok(Self {
            since: read_nullable(d, Stamp::read)?,
            owner_since: read_nullable(d, Stamp::read)?,
            name: read_register(d, read_text)?,
            role: read_register(d, |d| {
                let role = Coded::from_code(d.u64()?);
                role.ok_or_else(|| DecodeError::message("no such role"))
            })?,
            branches: read_register(d, read_texts)?,
            gone: read_register(d, Decoder::bool)?,
            pin: read_register(d, |d| d.bytes().map(<[u8]>::to_vec))?,
        })
    }
}

fn write_stamp(e: &mut Out<'_>, stamp: Option<Stamp>) -> Written {
    match stamp {
        Some(stamp) => stamp.write(e),
        None => e.null()?.ok(),
    }
}

fn write_register<T>(
    e: &mut Out<'_>,
    register: Option<&Register<T>>,
    write: impl FnOnce(&mut Out<'_>, &T) -> Written,
) -> Written {
    let Some(Register { stamp, value }) = register else {
        return e.null()?.ok();
    };
    e.array(2)?;
    stamp.write(e)?;
    write(e, value)
}

fn read_register<'b, T>(
    d: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, DecodeError>,
) -> Result<Option<Register<T>>, DecodeError> {
    read_nullable(d, |d| {
        if d.array()? != Some(2) {
            return Err(DecodeError::message("not a register"));
        }
        let stamp = Stamp::read(d)?;
        let value = read(d)?;
        Ok(Register { stamp, value })
    })
}
