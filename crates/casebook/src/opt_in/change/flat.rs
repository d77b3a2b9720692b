//! The map of a fact as it lies on the wire: every key that any act uses.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use super::Act;
use crate::codec::{Coded, Pairs, coded, read_array, read_stamps, read_text, write_stamps};
use crate::contact::{AdCall, Contact};
use crate::merge::{Id, Stamp};
use crate::opt_in::value::{
    Channel, Evidence, EvidenceKind, Grant, Limit, Method, Notice, PromoPurpose, Representative,
    Scope, Statement, Subject,
};
use crate::submission::PromoChoices;

/// Keys of the map, after the number's. A key is never given a second meaning.
mod key {
    pub(super) const ACT: u64 = 33;
    pub(super) const PURPOSE: u64 = 34;
    pub(super) const CHANNELS: u64 = 35;
    pub(super) const METHOD: u64 = 36;
    pub(super) const NOTICE_VERSION: u64 = 37;
    pub(super) const NOTICE_HASH: u64 = 38;
    pub(super) const EVIDENCE: u64 = 39;
    pub(super) const EVIDENCE_HASH: u64 = 40;
    pub(super) const REFERENCE: u64 = 41;
    pub(super) const FREQUENCY: u64 = 42;
    pub(super) const AGE: u64 = 43;
    pub(super) const GUARDIAN: u64 = 44;
    pub(super) const GUARDIAN_PHONE: u64 = 45;
    pub(super) const HOURS_FROM: u64 = 46;
    pub(super) const HOURS_TO: u64 = 47;
    pub(super) const STAMPS: u64 = 48;
    pub(super) const TEXT: u64 = 49;
    pub(super) const LIMIT: u64 = 50;
    pub(super) const CHANNEL: u64 = 51;
    pub(super) const SENT: u64 = 52;
    pub(super) const LOT: u64 = 53;
    pub(super) const ANSWERED: u64 = 54;
    pub(super) const SCRIPT: u64 = 55;
    pub(super) const INTRODUCED: u64 = 56;
    pub(super) const RECORDING: u64 = 57;
    pub(super) const SAID: u64 = 58;
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    Granted,
    Refused,
    Declared,
    Withdrawn,
    Acknowledged,
    Requested,
    Limited,
    Released,
    Corrected,
    Message,
    Call,
    #[default]
    Newer,
}

coded!(Kind {
    Granted = 1,
    Refused = 2,
    Declared = 3,
    Withdrawn = 4,
    Acknowledged = 5,
    Requested = 6,
    Limited = 7,
    Released = 8,
    Corrected = 9,
    Message = 10,
    Call = 11,
    Newer = 255,
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Adult,
    Under7,
    From7,
}

coded!(Age { Adult = 1, Under7 = 2, From7 = 3 });

/// The map as it lies on the wire: every key that any act uses.
#[derive(Default)]
pub(super) struct Flat {
    kind: Kind,
    purpose: Option<PromoPurpose>,
    channels: PromoChoices,
    method: Option<Method>,
    notice_version: String,
    notice_hash: Option<[u8; 32]>,
    evidence: Option<EvidenceKind>,
    evidence_hash: Option<[u8; 32]>,
    reference: String,
    frequency: String,
    age: Option<Age>,
    guardian: String,
    guardian_phone: String,
    hours_from: Option<u16>,
    hours_to: Option<u16>,
    stamps: Vec<Stamp>,
    text: String,
    limit: Option<Limit>,
    channel: Option<Channel>,
    sent_ms: Option<i64>,
    lot: Option<Id>,
    answered: bool,
    script: bool,
    introduced: bool,
    recording: String,
    said_ms: Option<i64>,
}

impl Flat {
    pub(super) fn of(act: &Act) -> Self {
        let text = |kind, text: &String| Self {
            kind,
            text: text.clone(),
            ..Self::default()
        };
        match act {
            Act::Granted(grant) => Self::of_grant(grant),
            Act::Refused(said) => Self::of_statement(Kind::Refused, said),
            Act::Declared(said) => Self::of_statement(Kind::Declared, said),
            Act::Withdrawn(said) => Self::of_statement(Kind::Withdrawn, said),
            Act::Acknowledged {
                withdrawal,
                text: sent,
            } => Self {
                stamps: vec![*withdrawal],
                ..text(Kind::Acknowledged, sent)
            },
            Act::Requested { text: sent } => text(Kind::Requested, sent),
            Act::Limited { limit, note } => Self {
                limit: Some(*limit),
                ..text(Kind::Limited, note)
            },
            Act::Released { lifts, note } => Self {
                stamps: lifts.clone(),
                ..text(Kind::Released, note)
            },
            Act::Corrected { target, note } => Self {
                stamps: vec![*target],
                ..text(Kind::Corrected, note)
            },
            Act::Contacted(contact) => Self::of_contact(contact),
            Act::Newer => Self::default(),
        }
    }

    fn of_grant(grant: &Grant) -> Self {
        let (age, guardian) = match &grant.subject {
            Subject::Adult => (Age::Adult, None),
            Subject::Under7(guardian) => (Age::Under7, Some(guardian)),
            Subject::From7(guardian) => (Age::From7, Some(guardian)),
        };
        let guardian = guardian.cloned();
        let (guardian, guardian_phone) = guardian
            .map(|who| (who.name, who.phone))
            .unwrap_or_default();
        Self {
            kind: Kind::Granted,
            purpose: Some(grant.scope.purpose),
            channels: grant.scope.channels,
            method: Some(grant.method),
            notice_version: grant.notice.version.clone(),
            notice_hash: Some(grant.notice.hash),
            evidence: Some(grant.evidence.kind),
            evidence_hash: grant.evidence.hash,
            reference: grant.evidence.reference.clone(),
            frequency: grant.frequency.clone(),
            age: Some(age),
            guardian,
            guardian_phone,
            said_ms: Some(grant.said_ms),
            hours_from: grant.hours.map(|(from, _)| from),
            hours_to: grant.hours.map(|(_, to)| to),
            stamps: grant.lifts.clone(),
            ..Self::default()
        }
    }

    fn of_statement(kind: Kind, said: &Statement) -> Self {
        let evidence = said.evidence.as_ref();
        let notice = said.notice.as_ref();
        Self {
            kind,
            purpose: Some(said.scope.purpose),
            channels: said.scope.channels,
            method: said.method,
            notice_version: notice.map(|n| n.version.clone()).unwrap_or_default(),
            notice_hash: notice.map(|n| n.hash),
            evidence: evidence.map(|e| e.kind),
            evidence_hash: evidence.and_then(|e| e.hash),
            reference: evidence.map(|e| e.reference.clone()).unwrap_or_default(),
            text: said.note.clone(),
            ..Self::default()
        }
    }

    fn of_contact(contact: &Contact) -> Self {
        match contact {
            Contact::Message {
                channel,
                sent_ms,
                lot,
            } => Self {
                kind: Kind::Message,
                channel: Some(*channel),
                sent_ms: Some(*sent_ms),
                lot: *lot,
                ..Self::default()
            },
            Contact::Call(call) => Self {
                kind: Kind::Call,
                sent_ms: Some(call.at_ms),
                answered: call.answered,
                script: call.script_shown,
                introduced: call.introduced,
                recording: call.recording.clone(),
                ..Self::default()
            },
        }
    }

    pub(super) fn put(&self, pairs: &mut Pairs) {
        let bits = self.channels.bits();
        let flag = |is: bool| is.then_some(());
        pairs.put_code(key::ACT, Some(self.kind));
        pairs.put_code(key::PURPOSE, self.purpose);
        pairs.put_some(key::CHANNELS, (bits != 0).then_some(bits), |e, b| {
            e.u8(b)?.ok()
        });
        pairs.put_code(key::METHOD, self.method);
        pairs.put_text(key::NOTICE_VERSION, &self.notice_version);
        pairs.put_some(key::NOTICE_HASH, self.notice_hash, |e, h| e.bytes(&h)?.ok());
        pairs.put_code(key::EVIDENCE, self.evidence);
        pairs.put_some(key::EVIDENCE_HASH, self.evidence_hash, |e, h| {
            e.bytes(&h)?.ok()
        });
        pairs.put_text(key::REFERENCE, &self.reference);
        pairs.put_text(key::FREQUENCY, &self.frequency);
        pairs.put_code(key::AGE, self.age);
        pairs.put_text(key::GUARDIAN, &self.guardian);
        pairs.put_text(key::GUARDIAN_PHONE, &self.guardian_phone);
        pairs.put_some(key::HOURS_FROM, self.hours_from, |e, m| e.u16(m)?.ok());
        pairs.put_some(key::HOURS_TO, self.hours_to, |e, m| e.u16(m)?.ok());
        let stamps = (!self.stamps.is_empty()).then_some(&self.stamps);
        pairs.put_some(key::STAMPS, stamps, |e, stamps| write_stamps(e, stamps));
        pairs.put_text(key::TEXT, &self.text);
        pairs.put_code(key::LIMIT, self.limit);
        pairs.put_code(key::CHANNEL, self.channel);
        pairs.put_some(key::SENT, self.sent_ms, |e, ms| e.i64(ms)?.ok());
        pairs.put_some(key::LOT, self.lot, |e, id| e.bytes(&id)?.ok());
        pairs.put_some(key::ANSWERED, flag(self.answered), |e, ()| {
            e.bool(true)?.ok()
        });
        pairs.put_some(key::SCRIPT, flag(self.script), |e, ()| e.bool(true)?.ok());
        pairs.put_some(key::INTRODUCED, flag(self.introduced), |e, ()| {
            e.bool(true)?.ok()
        });
        pairs.put_text(key::RECORDING, &self.recording);
        pairs.put_some(key::SAID, self.said_ms, |e, ms| e.i64(ms)?.ok());
    }

    pub(super) fn read_field(
        &mut self,
        key: u64,
        d: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError> {
        match key {
            key::ACT => self.kind = Coded::from_code(d.u64()?).unwrap_or_default(),
            key::PURPOSE => self.purpose = Coded::from_code(d.u64()?),
            key::CHANNELS => self.channels = PromoChoices::from_bits(low_bits(d.u64()?)),
            key::METHOD => self.method = Coded::from_code(d.u64()?),
            key::NOTICE_VERSION => self.notice_version = read_text(d)?,
            key::NOTICE_HASH => self.notice_hash = Some(read_array(d)?),
            key::EVIDENCE => self.evidence = Coded::from_code(d.u64()?),
            key::EVIDENCE_HASH => self.evidence_hash = Some(read_array(d)?),
            key::REFERENCE => self.reference = read_text(d)?,
            key::FREQUENCY => self.frequency = read_text(d)?,
            key::AGE => self.age = Coded::from_code(d.u64()?),
            key::GUARDIAN => self.guardian = read_text(d)?,
            key::GUARDIAN_PHONE => self.guardian_phone = read_text(d)?,
            key::HOURS_FROM => self.hours_from = Some(d.u16()?),
            key::HOURS_TO => self.hours_to = Some(d.u16()?),
            key::STAMPS => self.stamps = read_stamps(d)?,
            key::TEXT => self.text = read_text(d)?,
            key::LIMIT => self.limit = Coded::from_code(d.u64()?),
            key::CHANNEL => self.channel = Coded::from_code(d.u64()?),
            key::SENT => self.sent_ms = Some(d.i64()?),
            key::LOT => self.lot = Some(read_array(d)?),
            key::ANSWERED => self.answered = d.bool()?,
            key::SCRIPT => self.script = d.bool()?,
            key::INTRODUCED => self.introduced = d.bool()?,
            key::RECORDING => self.recording = read_text(d)?,
            key::SAID => self.said_ms = Some(d.i64()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `None` where the act lacks what it can't be without: then it does nothing.
    pub(super) fn act(self) -> Option<Act> {
        let stamp = self.stamps.first().copied();
        Some(match self.kind {
            Kind::Granted => Act::Granted(Box::new(self.grant()?)),
            Kind::Refused => Act::Refused(Box::new(self.statement()?)),
            Kind::Declared => Act::Declared(Box::new(self.statement()?)),
            Kind::Withdrawn => Act::Withdrawn(Box::new(self.statement()?)),
            Kind::Acknowledged => Act::Acknowledged {
                withdrawal: stamp?,
                text: self.text,
            },
            Kind::Requested => Act::Requested { text: self.text },
            Kind::Limited => Act::Limited {
                // A sort of limit that only a newer version knows limits here too.
                limit: self.limit.unwrap_or(Limit::Restriction),
                note: self.text,
            },
            Kind::Released => Act::Released {
                lifts: self.stamps,
                note: self.text,
            },
            Kind::Corrected => Act::Corrected {
                target: stamp?,
                note: self.text,
            },
            Kind::Message => Act::Contacted(Contact::Message {
                channel: self.channel?,
                sent_ms: self.sent_ms?,
                lot: self.lot,
            }),
            Kind::Call => Act::Contacted(Contact::Call(AdCall {
                at_ms: self.sent_ms?,
                answered: self.answered,
                script_shown: self.script,
                introduced: self.introduced,
                recording: self.recording,
            })),
            Kind::Newer => return None,
        })
    }

    fn scope(&self) -> Option<Scope> {
        self.channels.any().then_some(Scope {
            purpose: self.purpose?,
            channels: self.channels,
        })
    }

    fn grant(self) -> Option<Grant> {
        let guardian = Representative {
            name: self.guardian.clone(),
            phone: self.guardian_phone.clone(),
        };
        let named = (!guardian.name.is_empty()).then_some(guardian);
        let evidence = Evidence::of(self.evidence?, self.evidence_hash, self.reference.clone());
        let grant = Grant {
            scope: self.scope()?,
            method: self.method?,
            notice: Notice {
                version: self.notice_version,
                hash: self.notice_hash?,
            },
            evidence: evidence?,
            frequency: self.frequency,
            subject: match self.age? {
                Age::Adult => Subject::Adult,
                Age::Under7 => Subject::Under7(named?),
                Age::From7 => Subject::From7(named?),
            },
            said_ms: self.said_ms?,
            hours: self.hours_from.zip(self.hours_to),
            lifts: self.stamps,
        };
        grant.counts().is_ok().then_some(grant)
    }

    fn statement(self) -> Option<Statement> {
        let scope = self.scope()?;
        let evidence = self.evidence;
        Some(Statement {
            scope,
            method: self.method,
            notice: self.notice_hash.map(|hash| Notice {
                version: self.notice_version,
                hash,
            }),
            evidence: evidence
                .and_then(|kind| Evidence::of(kind, self.evidence_hash, self.reference)),
            note: self.text,
        })
    }
}

fn low_bits(bits: u64) -> u8 {
    u8::try_from(bits & 0xff).unwrap_or(0)
}
