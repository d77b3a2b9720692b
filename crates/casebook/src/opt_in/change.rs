//! One fact about a number's opt-ins, and its bytes.
mod flat;

use minicbor::Decoder;

use self::flat::Flat;
use super::value::{Grant, Limit, Statement};
use crate::codec::{Pairs, read_array, read_map, read_text};
use crate::contact::Contact;
use crate::fact::{about, key as common};
use crate::lead::Malformed;
use crate::log;
use crate::merge::{Id, Stamp};

/// Key of the number; those of what happened follow it.
const NUMBER: u64 = 32;

/// What happened.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    /// A yes, with its proof.
    Granted(Box<Grant>),
    /// Asked, and said no.
    Refused(Box<Statement>),
    /// Ticked on the website; not yet confirmed (Decree 91/2020 Art. 11.2.b).
    Declared(Box<Statement>),
    /// Said stop.
    Withdrawn(Box<Statement>),
    /// Told the person that the withdrawal was received and when it took effect (Art. 16.3–4).
    Acknowledged {
        /// Which withdrawal.
        withdrawal: Stamp,
        /// The words that were sent.
        text: String,
    },
    /// The one opt-in message that a number may ever get (Decree 91/2020 Art. 13.2–3).
    Requested {
        /// The words that were sent.
        text: String,
    },
    /// Processing was restricted, or objected to: no offers of any sort.
    Limited {
        /// Which.
        limit: Limit,
        /// In the clerk's words.
        note: String,
    },
    /// A restriction ended.
    Released {
        /// Those that its desk had seen.
        lifts: Vec<Stamp>,
        /// Why, and where the person's word is.
        note: String,
    },
    /// A grant or refusal was entered by mistake.
    Corrected {
        /// Which.
        target: Stamp,
        /// Why.
        note: String,
    },
    /// Advertising reached the number.
    Contacted(Contact),
    /// Something that this version does not know, or a grant that lacks what makes it count.
    Newer,
}

/// One fact: what happened, when, by whom.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// When, milliseconds since the Unix epoch, corrected by what the server said.
    pub at_ms: i64,
    /// Person at the desk; empty for the website.
    pub by: String,
    /// That person's record, where the clinic has entered its people.
    pub staff: Option<Id>,
    /// The number, E.164.
    pub number: String,
    /// What happened.
    pub act: Act,
}

crate::redact::redact!(Act, Change);

impl log::Entry for Change {
    fn encode(&self) -> Vec<u8> {
        Self::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

impl Change {
    /// The bytes that an entry seals: a CBOR map, the same for equal facts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut pairs = Pairs::default();
        pairs.put(common::AT, |e| e.i64(self.at_ms)?.ok());
        pairs.put_text(common::BY, &self.by);
        pairs.put_some(common::STAFF, self.staff.as_ref(), |e, id| {
            e.bytes(id)?.ok()
        });
        pairs.put(common::ABOUT, |e| e.u64(about::OPT_IN)?.ok());
        pairs.put_text(NUMBER, &self.number);
        Flat::of(&self.act).put(&mut pairs);
        pairs.finish()
    }

    /// Reads what [`Change::encode`] of this or any other version wrote; what this version does
    /// not know is left out.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let (mut flat, mut kind) = (Flat::default(), None);
        let mut change = Self {
            at_ms: 0,
            by: String::new(),
            staff: None,
            number: String::new(),
            act: Act::Newer,
        };
        let read = read_map(&mut d, |key, d| {
            match key {
                common::AT => change.at_ms = d.i64()?,
                common::BY => change.by = read_text(d)?,
                common::STAFF => change.staff = Some(read_array(d)?),
                common::ABOUT => kind = Some(d.u64()?),
                NUMBER => change.number = read_text(d)?,
                _ => return flat.read_field(key, d),
            }
            Ok(true)
        });
        let whole = read.is_ok() && d.position() == bytes.len() && kind == Some(about::OPT_IN);
        change.act = flat.act().unwrap_or(Act::Newer);
        whole.then_some(change).ok_or(Malformed)
    }
}
