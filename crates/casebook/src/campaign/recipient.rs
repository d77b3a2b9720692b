//! Whoever outside the clinic is given data, and the agreement without which nothing is given
//! (Decree 356/2025 Art. 7.1).
use jiff::civil::Date;
use minicbor::Decoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::{Coded, Pairs, coded, read_array, read_map, read_text};
use crate::fact::{about, key as common};
use crate::lead::{Doing, Limits, Malformed};
use crate::log::{self, Log};
use crate::merge::Id;
use crate::name::Name;
use crate::text;

/// What the recipient does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum RecipientKind {
    /// Sends messages or calls for us.
    Agency,
    /// An affiliated unit.
    Affiliate,
    /// Brings goods.
    Carrier,
}

coded!(RecipientKind { Agency = 1, Affiliate = 2, Carrier = 3 });

/// One of the seven things that the agreement must hold (Decree 356/2025 Art. 7.1.a–g).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Item {
    /// What for.
    Purpose,
    /// Whose data, of which types.
    DataTypes,
    /// How long, and that it is deleted after.
    Term,
    /// On which legal ground.
    Ground,
    /// How it is protected.
    Protection,
    /// Who serves the persons' rights.
    Rights,
    /// Working together after a breach.
    Breach,
}

impl Item {
    /// Every item, in the decree's order.
    pub const ALL: [Self; 7] = [
        Self::Purpose,
        Self::DataTypes,
        Self::Term,
        Self::Ground,
        Self::Protection,
        Self::Rights,
        Self::Breach,
    ];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What an agreement lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "is", content = "item")]
pub enum Missing {
    /// There is none at all.
    Agreement,
    /// The recipient was struck off.
    Closed,
    /// Its number.
    Number,
    /// Its day, or that day has not come.
    Signed,
    /// Its last day, or that day is over.
    Ended,
    /// One of the seven items.
    Item(Item),
}

/// An agreement.
#[derive(Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its number.
    pub number: String,
    /// The day it was signed.
    pub signed: Option<Date>,
    /// Its last day.
    pub ends: Option<Date>,
    /// Which of the seven items it holds.
    pub items: Vec<Item>,
}

/// One fact about a recipient: every value that it touched.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Change {
    /// When, milliseconds since the Unix epoch, corrected by what the server said.
    pub at_ms: i64,
    /// Person at the desk.
    pub by: String,
    /// That person's record, where the clinic has entered its people.
    pub staff: Option<Id>,
    /// Its name.
    pub name: Option<String>,
    /// What it does.
    pub kind: Option<RecipientKind>,
    /// Its agreement, whole: items of two agreements are never mixed.
    pub agreement: Option<Agreement>,
    /// Struck off, or back.
    pub closed: Option<bool>,
}

/// All that is known of one recipient.
pub type Recipient = Log<Change>;

/// What holds now.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does; `None` for something that a newer version knows.
    pub kind: Option<RecipientKind>,
    /// Its agreement.
    pub agreement: Option<&'a Agreement>,
    /// Struck off.
    pub closed: bool,
}

/// A recipient that may be given data today.
#[derive(Clone, PartialEq, Eq)]
pub struct Ready {
    name: String,
    agreement: String,
}

crate::redact::redact!(Agreement, Change, Facts<'a>, Ready);

impl Ready {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of its agreement.
    #[must_use]
    pub fn agreement(&self) -> &str {
        &self.agreement
    }
}

/// Why a recipient is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The name is empty.
    #[error("a recipient needs a name")]
    NoName,
    /// A text is longer than a record may hold.
    #[error("too long")]
    TooLong,
}

/// A recipient as somebody enters it.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub kind: RecipientKind,
    /// Number of its agreement; empty as long as there is none.
    pub number: &'a str,
    /// The day it was signed.
    pub signed: Option<Date>,
    /// Its last day.
    pub ends: Option<Date>,
    /// Which of the seven items it holds.
    pub items: &'a [Item],
}

crate::redact::redact!(Form<'a>);

mod key {
    pub(super) const NAME: u64 = 32;
    pub(super) const KIND: u64 = 33;
    pub(super) const NUMBER: u64 = 34;
    pub(super) const SIGNED: u64 = 35;
    pub(super) const ENDS: u64 = 36;
    pub(super) const ITEMS: u64 = 37;
    pub(super) const CLOSED: u64 = 38;
}

impl Change {
    /// A recipient is entered, or entered anew. An incomplete agreement may be kept; nothing is
    /// given under it.
    pub fn entered(doing: Doing<'_>, form: &Form<'_>) -> Result<Self, Refused> {
        let name = fit(form.name)?;
        if name.is_empty() {
            return Err(Refused::NoName);
        }
        let mut items = form.items.to_vec();
        items.sort_unstable();
        items.dedup();
        Ok(Self {
            name: Some(name),
            kind: Some(form.kind),
            agreement: Some(Agreement {
                number: fit(form.number)?,
                signed: form.signed,
                ends: form.ends,
                items,
            }),
            ..Self::by(doing)
        })
    }

    /// A recipient is struck off, or comes back.
    #[must_use]
    pub fn closed(doing: Doing<'_>, closed: bool) -> Self {
        Self {
            closed: Some(closed),
            ..Self::by(doing)
        }
    }

    fn by(doing: Doing<'_>) -> Self {
        Self {
            at_ms: doing.now_ms,
            by: Name::parse(doing.by).into_string(),
            staff: doing.staff,
            ..Self::default()
        }
    }

    /// The bytes that an entry seals: a CBOR map, the same for equal facts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut pairs = Pairs::default();
        pairs.put(common::AT, |e| e.i64(self.at_ms)?.ok());
        pairs.put_text(common::BY, &self.by);
        pairs.put_some(common::STAFF, self.staff, |e, id| e.bytes(&id)?.ok());
        pairs.put(common::ABOUT, |e| e.u64(about::RECIPIENT)?.ok());
        pairs.put_some(key::NAME, self.name.as_ref(), |e, name| e.str(name)?.ok());
        pairs.put_code(key::KIND, self.kind);
        if let Some(agreement) = &self.agreement {
            let day = |date: Option<Date>| date.map(|date| date.to_string());
            let bits = agreement
                .items
                .iter()
                .fold(0, |bits, item| bits | item.bit());
            pairs.put(key::NUMBER, |e| e.str(&agreement.number)?.ok());
            pairs.put_some(key::SIGNED, day(agreement.signed), |e, day| {
                e.str(&day)?.ok()
            });
            pairs.put_some(key::ENDS, day(agreement.ends), |e, day| e.str(&day)?.ok());
            pairs.put(key::ITEMS, |e| e.u8(bits)?.ok());
        }
        pairs.put_some(key::CLOSED, self.closed, |e, closed| e.bool(closed)?.ok());
        pairs.finish()
    }

    /// Reads what [`Change::encode`] of this or any other version wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let (mut change, mut kind) = (Self::default(), None);
        let mut agreement = Agreement {
            number: String::new(),
            signed: None,
            ends: None,
            items: Vec::new(),
        };
        let mut agreed = false;
        let read = read_map(&mut d, |key, d| {
            match key {
                common::AT => change.at_ms = d.i64()?,
                common::BY => change.by = read_text(d)?,
                common::STAFF => change.staff = Some(read_array(d)?),
                common::ABOUT => kind = Some(d.u64()?),
                key::NAME => change.name = Some(read_text(d)?),
                key::KIND => change.kind = Coded::from_code(d.u64()?),
                key::NUMBER => (agreed, agreement.number) = (true, read_text(d)?),
                // A day that can't be read is none, and an agreement without it is incomplete.
                key::SIGNED => agreement.signed = d.str()?.parse().ok(),
                key::ENDS => agreement.ends = d.str()?.parse().ok(),
                key::ITEMS => {
                    let bits = d.u64()?;
                    let held = |item: &Item| bits & u64::from(item.bit()) != 0;
                    agreement.items = Item::ALL.into_iter().filter(held).collect();
                }
                key::CLOSED => change.closed = Some(d.bool()?),
                _ => return Ok(false),
            }
            Ok(true)
        });
        let whole = read.is_ok() && d.position() == bytes.len() && kind == Some(about::RECIPIENT);
        change.agreement = agreed.then_some(agreement);
        whole.then_some(change).ok_or(Malformed)
    }
}

impl log::Entry for Change {
    fn encode(&self) -> Vec<u8> {
        Self::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

impl Recipient {
    /// What holds now: later facts over earlier ones.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        let newest = |pick: &dyn Fn(&Change) -> bool| {
            let found = self.iter().rev().find(|(_, change)| pick(change));
            found.map(|(_, change)| change)
        };
        Facts {
            name: newest(&|change| change.name.is_some())
                .and_then(|change| change.name.as_deref())
                .unwrap_or(""),
            kind: newest(&|change| change.kind.is_some()).and_then(|change| change.kind),
            agreement: newest(&|change| change.agreement.is_some())
                .and_then(|change| change.agreement.as_ref()),
            closed: newest(&|change| change.closed.is_some())
                .is_some_and(|change| change.closed == Some(true)),
        }
    }
}

impl Facts<'_> {
    /// What stands in the way of giving this recipient data today; empty if nothing does.
    #[must_use]
    pub fn missing(&self, today: Date) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.closed {
            missing.push(Missing::Closed);
        }
        let Some(agreement) = self.agreement else {
            missing.push(Missing::Agreement);
            return missing;
        };
        if agreement.number.is_empty() {
            missing.push(Missing::Number);
        }
        if agreement.signed.is_none_or(|signed| signed > today) {
            missing.push(Missing::Signed);
        }
        if agreement.ends.is_none_or(|ends| ends < today) {
            missing.push(Missing::Ended);
        }
        let items = Item::ALL.into_iter();
        let lacking = items.filter(|item| !agreement.items.contains(item));
        missing.extend(lacking.map(Missing::Item));
        missing
    }

    /// The recipient, if it may be given data today.
    pub fn ready(&self, today: Date) -> Result<Ready, Vec<Missing>> {
        let missing = self.missing(today);
        match self.agreement {
            Some(agreement) if missing.is_empty() => Ok(Ready {
                name: self.name.to_owned(),
                agreement: agreement.number.clone(),
            }),
            _ => Err(missing),
        }
    }
}

fn fit(raw: &str) -> Result<String, Refused> {
    let line = text::one_line(raw, usize::MAX);
    (line.chars().count() <= Limits::NAME)
        .then_some(line)
        .ok_or(Refused::TooLong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests;
