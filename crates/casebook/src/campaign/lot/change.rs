//! One fact about a lot, and its bytes.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use crate::campaign::gate::Refusal;
use crate::codec::{Coded, Pairs, coded, read_array, read_map, read_text};
use crate::fact::{about, key as common};
use crate::lead::{Doing, Malformed};
use crate::log;
use crate::merge::Id;
use crate::name::Name;
use crate::opt_in::{Channel, PromoPurpose};

/// How a lot was made.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// Why.
    pub why: String,
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channel.
    pub channel: Channel,
    /// First and last moment of sending, milliseconds since the Unix epoch.
    pub window: (i64, i64),
    /// Which leads were looked at, as [`crate::campaign::segment::Segment::to_text`].
    pub filter: String,
    /// How many numbers it holds.
    pub count: u32,
    /// How many were left out, by their first reason, in the gate's order.
    pub excluded: Vec<(Refusal, u32)>,
    /// Record of the recipient.
    pub recipient: Id,
    /// Its name then.
    pub recipient_name: String,
    /// Number of its agreement then.
    pub agreement: String,
    /// SHA-256 of the text.
    pub template_hash: [u8; 32],
    /// SHA-256 of the file.
    pub file_hash: [u8; 32],
    /// When the recipient must have deleted it, milliseconds since the Unix epoch.
    pub expires_ms: i64,
    /// What marks this copy.
    pub canary: String,
    /// Up to when other PCs' entries were known, milliseconds since the Unix epoch.
    pub data_as_of_ms: i64,
    /// Edition of the rules.
    pub rules: String,
    /// Number of the health authority's confirmation.
    pub approval: String,
}

/// What happened to a lot.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    /// It was made and handed over.
    Made(Box<Made>),
    /// The recipient was told to leave numbers off.
    Recalled {
        /// How many.
        count: u32,
        /// SHA-256 of the list.
        file_hash: [u8; 32],
    },
    /// The recipient proved that it deleted it.
    Deleted {
        /// How.
        proof: String,
        /// Hash of the sealed attachment.
        attachment: Option<[u8; 32]>,
    },
    /// Something that this version does not know.
    Newer,
}

/// One fact: what happened, when, by whom.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// When, milliseconds since the Unix epoch, corrected by what the server said.
    pub at_ms: i64,
    /// Person at the desk.
    pub by: String,
    /// That person's record, where the clinic has entered its people.
    pub staff: Option<Id>,
    /// What happened.
    pub act: Act,
}

crate::redact::redact!(Made, Act, Change);

/// Keys of the map, after those that every fact has. A key is never given a second meaning.
mod key {
    pub(super) const ACT: u64 = 32;
    pub(super) const WHY: u64 = 33;
    pub(super) const PURPOSE: u64 = 34;
    pub(super) const CHANNEL: u64 = 35;
    pub(super) const FROM: u64 = 36;
    pub(super) const TO: u64 = 37;
    pub(super) const FILTER: u64 = 38;
    pub(super) const COUNT: u64 = 39;
    pub(super) const EXCLUDED: u64 = 40;
    pub(super) const RECIPIENT: u64 = 41;
    pub(super) const RECIPIENT_NAME: u64 = 42;
    pub(super) const AGREEMENT: u64 = 43;
    pub(super) const TEMPLATE: u64 = 44;
    pub(super) const FILE: u64 = 45;
    pub(super) const EXPIRES: u64 = 46;
    pub(super) const CANARY: u64 = 47;
    pub(super) const AS_OF: u64 = 48;
    pub(super) const RULES: u64 = 49;
    pub(super) const APPROVAL: u64 = 50;
    pub(super) const PROOF: u64 = 51;
    pub(super) const ATTACHMENT: u64 = 52;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Made,
    Recalled,
    Deleted,
}

coded!(Kind { Made = 1, Recalled = 2, Deleted = 3 });

impl log::Entry for Change {
    fn encode(&self) -> Vec<u8> {
        Self::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

impl Change {
    pub(super) fn by(doing: Doing<'_>, act: Act) -> Self {
        Self {
            at_ms: doing.now_ms,
            by: Name::parse(doing.by).into_string(),
            staff: doing.staff,
            act,
        }
    }

    /// The bytes that an entry seals: a CBOR map, the same for equal facts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut pairs = Pairs::default();
        pairs.put(common::AT, |e| e.i64(self.at_ms)?.ok());
        pairs.put_text(common::BY, &self.by);
        pairs.put_some(common::STAFF, self.staff, |e, id| e.bytes(&id)?.ok());
        pairs.put(common::ABOUT, |e| e.u64(about::LOT)?.ok());
        match &self.act {
            Act::Made(made) => made.put(&mut pairs),
            Act::Recalled { count, file_hash } => {
                pairs.put_code(key::ACT, Some(Kind::Recalled));
                pairs.put(key::COUNT, |e| e.u32(*count)?.ok());
                pairs.put(key::FILE, |e| e.bytes(file_hash)?.ok());
            }
            Act::Deleted { proof, attachment } => {
                pairs.put_code(key::ACT, Some(Kind::Deleted));
                pairs.put_text(key::PROOF, proof);
                pairs.put_some(key::ATTACHMENT, *attachment, |e, h| e.bytes(&h)?.ok());
            }
            Act::Newer => {}
        }
        pairs.finish()
    }

    /// Reads what [`Change::encode`] of this or any other version wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let (mut flat, mut kind) = (Flat::default(), None);
        let mut change = Self {
            at_ms: 0,
            by: String::new(),
            staff: None,
            act: Act::Newer,
        };
        let read = read_map(&mut d, |key, d| {
            match key {
                common::AT => change.at_ms = d.i64()?,
                common::BY => change.by = read_text(d)?,
                common::STAFF => change.staff = Some(read_array(d)?),
                common::ABOUT => kind = Some(d.u64()?),
                _ => return flat.read_field(key, d),
            }
            Ok(true)
        });
        let whole = read.is_ok() && d.position() == bytes.len() && kind == Some(about::LOT);
        change.act = flat.act().unwrap_or(Act::Newer);
        whole.then_some(change).ok_or(Malformed)
    }
}

impl Made {
    fn put(&self, pairs: &mut Pairs) {
        pairs.put_code(key::ACT, Some(Kind::Made));
        pairs.put_text(key::WHY, &self.why);
        pairs.put_code(key::PURPOSE, Some(self.purpose));
        pairs.put_code(key::CHANNEL, Some(self.channel));
        pairs.put(key::FROM, |e| e.i64(self.window.0)?.ok());
        pairs.put(key::TO, |e| e.i64(self.window.1)?.ok());
        pairs.put_text(key::FILTER, &self.filter);
        pairs.put(key::COUNT, |e| e.u32(self.count)?.ok());
        pairs.put(key::EXCLUDED, |e| {
            e.map(self.excluded.len() as u64)?;
            for (reason, count) in &self.excluded {
                e.u8(reason.code())?.u32(*count)?;
            }
            e.ok()
        });
        pairs.put(key::RECIPIENT, |e| e.bytes(&self.recipient)?.ok());
        pairs.put_text(key::RECIPIENT_NAME, &self.recipient_name);
        pairs.put_text(key::AGREEMENT, &self.agreement);
        pairs.put(key::TEMPLATE, |e| e.bytes(&self.template_hash)?.ok());
        pairs.put(key::FILE, |e| e.bytes(&self.file_hash)?.ok());
        pairs.put(key::EXPIRES, |e| e.i64(self.expires_ms)?.ok());
        pairs.put_text(key::CANARY, &self.canary);
        pairs.put(key::AS_OF, |e| e.i64(self.data_as_of_ms)?.ok());
        pairs.put_text(key::RULES, &self.rules);
        pairs.put_text(key::APPROVAL, &self.approval);
    }
}

/// The map as it lies on the wire.
#[derive(Default)]
struct Flat {
    kind: Option<Kind>,
    why: String,
    purpose: Option<PromoPurpose>,
    channel: Option<Channel>,
    from: i64,
    to: i64,
    filter: String,
    count: u32,
    excluded: Vec<(Refusal, u32)>,
    recipient: Option<Id>,
    recipient_name: String,
    agreement: String,
    template: Option<[u8; 32]>,
    file: Option<[u8; 32]>,
    expires: i64,
    canary: String,
    as_of: i64,
    rules: String,
    approval: String,
    proof: String,
    attachment: Option<[u8; 32]>,
}

impl Flat {
    fn read_field(&mut self, key: u64, d: &mut Decoder<'_>) -> Result<bool, DecodeError> {
        match key {
            key::ACT => self.kind = Coded::from_code(d.u64()?),
            key::WHY => self.why = read_text(d)?,
            key::PURPOSE => self.purpose = Coded::from_code(d.u64()?),
            key::CHANNEL => self.channel = Coded::from_code(d.u64()?),
            key::FROM => self.from = d.i64()?,
            key::TO => self.to = d.i64()?,
            key::FILTER => self.filter = read_text(d)?,
            key::COUNT => self.count = d.u32()?,
            key::EXCLUDED => read_map(d, |code, d| {
                let count = d.u32()?;
                // A reason that a newer version knows is a reason all the same.
                let reason = Coded::from_code(code).unwrap_or(Refusal::Newer);
                self.excluded.push((reason, count));
                Ok(true)
            })?,
            key::RECIPIENT => self.recipient = Some(read_array(d)?),
            key::RECIPIENT_NAME => self.recipient_name = read_text(d)?,
            key::AGREEMENT => self.agreement = read_text(d)?,
            key::TEMPLATE => self.template = Some(read_array(d)?),
            key::FILE => self.file = Some(read_array(d)?),
            key::EXPIRES => self.expires = d.i64()?,
            key::CANARY => self.canary = read_text(d)?,
            key::AS_OF => self.as_of = d.i64()?,
            key::RULES => self.rules = read_text(d)?,
            key::APPROVAL => self.approval = read_text(d)?,
            key::PROOF => self.proof = read_text(d)?,
            key::ATTACHMENT => self.attachment = Some(read_array(d)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn act(self) -> Option<Act> {
        Some(match self.kind? {
            Kind::Made => Act::Made(Box::new(Made {
                why: self.why,
                purpose: self.purpose?,
                channel: self.channel?,
                window: (self.from, self.to),
                filter: self.filter,
                count: self.count,
                excluded: merged(self.excluded),
                recipient: self.recipient?,
                recipient_name: self.recipient_name,
                agreement: self.agreement,
                template_hash: self.template?,
                file_hash: self.file?,
                expires_ms: self.expires,
                canary: self.canary,
                data_as_of_ms: self.as_of,
                rules: self.rules,
                approval: self.approval,
            })),
            Kind::Recalled => Act::Recalled {
                count: self.count,
                file_hash: self.file?,
            },
            Kind::Deleted => Act::Deleted {
                proof: self.proof,
                attachment: self.attachment,
            },
        })
    }
}

/// Several reasons of a newer version become one here, so that what is read can be written again.
fn merged(excluded: Vec<(Refusal, u32)>) -> Vec<(Refusal, u32)> {
    let mut rows: Vec<(Refusal, u32)> = Vec::with_capacity(excluded.len());
    for (reason, count) in excluded {
        match rows.last_mut() {
            Some((last, sum)) if *last == reason => *sum = sum.saturating_add(count),
            _ => rows.push((reason, count)),
        }
    }
    rows
}
