//! What a desk does to a number's opt-ins, as the fact that records it: what law refuses is
//! refused here, before it is written.
use thiserror::Error;

use super::value::{
    Evidence, EvidenceKind, Grant, Limit, Method, Notice, PromoPurpose, Representative, Scope,
    Statement, Subject,
};
use super::{Act, Change, Channel, OptIn, State};
use crate::contact::Contact;
use crate::lead::{Doing, Limits, Origin};
use crate::merge::Stamp;
use crate::name::Name;
use crate::phone::Phone;
use crate::submission::PromoChoices;
use crate::text;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Why a fact about opt-ins can't be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Refused {
    /// The record belongs to another number.
    #[error("the record is another number's")]
    OtherNumber,
    /// No channel was chosen: each is asked for itself (Law 91/2025 Art. 9.4.a).
    #[error("no channel was chosen")]
    NoChannel,
    /// How the person said it is missing (Decree 356/2025 Art. 6.1).
    #[error("the method is missing")]
    MethodMissing,
    /// What the person was shown is missing (Law 91/2025 Art. 9.2).
    #[error("the notice is missing")]
    NoticeMissing,
    /// There is no proof (Decree 356/2025 Art. 6.2).
    #[error("the evidence is missing")]
    EvidenceMissing,
    /// This proof does not show a yes by this method: a form at a distance must be confirmed, paper
    /// signed, a call recorded (Decree 91/2020 Art. 11.2).
    #[error("this evidence does not confirm a yes by this method")]
    NotConfirmed,
    /// The person was not told how often (Law 91/2025 Art. 28.3).
    #[error("how often is missing")]
    FrequencyMissing,
    /// Nobody speaks for the child (Law 91/2025 Art. 24.2).
    #[error("the representative is missing")]
    RepresentativeMissing,
    /// A child of seven or more must agree too (Decree 330/2026 Art. 60.1).
    #[error("the child was not asked")]
    ChildNotAsked,
    /// It can't have been said later than it is written down.
    #[error("said in the future")]
    InFuture,
    /// The agreed hours are no hours of one day.
    #[error("not hours of a day")]
    BadHours,
    /// One opt-in message was sent already: there is never a second (Decree 91/2020 Art. 13.3).
    #[error("the one request was sent already")]
    AlreadyRequested,
    /// The person said no, or stop: nobody asks again by message (Decree 91/2020 Art. 13.2).
    #[error("the person said no")]
    SaidNo,
    /// Agreed already: there is nothing to ask.
    #[error("the person has agreed already")]
    AlreadyGranted,
    /// No such entry, or not of the sort that this act needs.
    #[error("no such entry")]
    Unknown,
    /// Only a grant or a refusal that a person entered can be corrected; a withdrawal is lifted by a
    /// new grant and nothing else.
    #[error("this can't be corrected")]
    NotCorrectable,
    /// Somebody has done that already.
    #[error("already done")]
    AlreadyDone,
    /// The reason is missing.
    #[error("the reason is missing")]
    NoteMissing,
    /// A text is longer than a record may hold; nothing was cut.
    #[error("the text is too long")]
    TooLong,
}

/// Whose yes it is, as asked at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum AgeGroup {
    /// Eighteen or more.
    #[default]
    Adult,
    /// Under seven.
    Under7,
    /// From seven on, not of age.
    From7,
}

/// A yes as a desk enters it.
#[derive(Clone, Copy)]
pub struct GrantForm<'a> {
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channels.
    pub channels: PromoChoices,
    /// How it was said.
    pub method: Option<Method>,
    /// Version of the notice that was shown.
    pub notice_version: &'a str,
    /// SHA-256 of its text.
    pub notice_hash: Option<[u8; 32]>,
    /// What the proof is.
    pub evidence: Option<EvidenceKind>,
    /// Hash of the sealed attachment that holds it.
    pub evidence_hash: Option<[u8; 32]>,
    /// Words that lead to it.
    pub reference: &'a str,
    /// How often at most, as the person was told.
    pub frequency: &'a str,
    /// Whose yes it is.
    pub age: AgeGroup,
    /// A child of seven or more agreed too.
    pub child_agrees: bool,
    /// Who speaks for a child: name and number.
    pub representative: Option<(&'a str, &'a str)>,
    /// When it was said, milliseconds since the Unix epoch, if not just now.
    pub said_ms: Option<i64>,
    /// Hours agreed to instead of the legal ones, minutes since midnight, end excluded.
    pub hours: Option<(u16, u16)>,
}

/// A no or a stop as a desk enters it. Everything but the scope may be missing.
#[derive(Clone, Copy)]
pub struct StatementForm<'a> {
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channels.
    pub channels: PromoChoices,
    /// How it was said.
    pub method: Option<Method>,
    /// What the proof is.
    pub evidence: Option<EvidenceKind>,
    /// Hash of the sealed attachment that holds it.
    pub evidence_hash: Option<[u8; 32]>,
    /// Words that lead to it.
    pub reference: &'a str,
    /// In the clerk's words.
    pub note: &'a str,
}

crate::redact::redact!(GrantForm<'a>, StatementForm<'a>);

impl Change {
    fn new(doing: Doing<'_>, number: String, act: Act) -> Self {
        Self {
            at_ms: doing.now_ms,
            by: Name::parse(doing.by).into_string(),
            staff: doing.staff,
            number,
            act,
        }
    }

    /// A grant or a refusal that a person entered.
    pub(super) fn can_be_corrected(&self) -> bool {
        !self.by.is_empty() && matches!(self.act, Act::Granted(_) | Act::Refused(_))
    }
}

impl Grant {
    /// What law needs of a yes, in the order in which a desk is asked for it.
    pub(in crate::opt_in) fn counts(&self) -> Result<(), Refused> {
        let guardian = match &self.subject {
            Subject::Adult => true,
            Subject::Under7(who) | Subject::From7(who) => !who.name.is_empty(),
        };
        let hours = self
            .hours
            .is_none_or(|(from, to)| from < to && to <= DAY_MINUTES);
        let needs = [
            (self.scope.channels.any(), Refused::NoChannel),
            (
                !self.notice.version.is_empty() && self.notice.hash != [0; 32],
                Refused::NoticeMissing,
            ),
            (
                self.method.proven_by(self.evidence.kind),
                Refused::NotConfirmed,
            ),
            (!self.frequency.is_empty(), Refused::FrequencyMissing),
            (guardian, Refused::RepresentativeMissing),
            (hours, Refused::BadHours),
        ];
        needs
            .into_iter()
            .try_for_each(|(holds, why)| if holds { Ok(()) } else { Err(why) })
    }
}

impl OptIn {
    /// A yes. It lifts every withdrawal and refusal of its scope that this copy of the record
    /// knows, and no other.
    pub fn grant(
        &self,
        doing: Doing<'_>,
        phone: &Phone,
        form: &GrantForm<'_>,
    ) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        let scope = Scope {
            purpose: form.purpose,
            channels: form.channels,
        };
        if !form.channels.any() {
            return Err(Refused::NoChannel);
        }
        let method = form.method.ok_or(Refused::MethodMissing)?;
        let hash = form.notice_hash.ok_or(Refused::NoticeMissing)?;
        let kind = form.evidence.ok_or(Refused::EvidenceMissing)?;
        let reference = fit(form.reference, Limits::BASIS_NOTE)?;
        let evidence =
            Evidence::of(kind, form.evidence_hash, reference).ok_or(Refused::EvidenceMissing)?;
        let grant = Grant {
            scope,
            method,
            notice: Notice {
                version: fit(form.notice_version, Limits::VERSION)?,
                hash,
            },
            evidence,
            frequency: fit(form.frequency, Limits::BASIS_NOTE)?,
            subject: subject(form)?,
            said_ms: form.said_ms.unwrap_or(doing.now_ms),
            hours: form.hours,
            lifts: self.against(scope),
        };
        grant.counts()?;
        if grant.said_ms > doing.now_ms {
            return Err(Refused::InFuture);
        }
        Ok(Change::new(doing, number, Act::Granted(Box::new(grant))))
    }

    /// A no.
    pub fn refuse(
        &self,
        doing: Doing<'_>,
        phone: &Phone,
        form: &StatementForm<'_>,
    ) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        let said = Box::new(statement(form)?);
        Ok(Change::new(doing, number, Act::Refused(said)))
    }

    /// A stop; it holds from this moment on (Decree 91/2020 Art. 13.4).
    pub fn withdraw(
        &self,
        doing: Doing<'_>,
        phone: &Phone,
        form: &StatementForm<'_>,
    ) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        let said = Box::new(statement(form)?);
        Ok(Change::new(doing, number, Act::Withdrawn(said)))
    }

    /// What a visitor ticked on the website; `None` if that was nothing.
    pub fn declare(&self, phone: &Phone, origin: &Origin) -> Result<Option<Change>, Refused> {
        let number = self.own(phone)?;
        let Some(channels) = origin.promo.filter(|promo| promo.any()) else {
            return Ok(None);
        };
        let said = Statement {
            scope: Scope {
                purpose: PromoPurpose::Offers,
                channels,
            },
            method: Some(Method::WebForm),
            notice: origin.notice_hash.map(|hash| Notice {
                version: origin.notice_version.clone(),
                hash,
            }),
            evidence: None,
            note: origin.page.clone(),
        };
        let website = Doing {
            by: "",
            staff: None,
            now_ms: origin.received_ms,
        };
        let act = Act::Declared(Box::new(said));
        Ok(Some(Change::new(website, number, act)))
    }

    /// The confirmation of a withdrawal was sent: once, and without advertising
    /// (Decree 91/2020 Art. 16.3–4).
    pub fn acknowledge(
        &self,
        doing: Doing<'_>,
        withdrawal: Stamp,
        text: &str,
    ) -> Result<Change, Refused> {
        let known = self.get(&withdrawal);
        if !known.is_some_and(|change| matches!(change.act, Act::Withdrawn(_))) {
            return Err(Refused::Unknown);
        }
        if !self.unacknowledged().any(|open| open.stamp == withdrawal) {
            return Err(Refused::AlreadyDone);
        }
        let text = needed(text)?;
        let act = Act::Acknowledged { withdrawal, text };
        Ok(Change::new(doing, self.number().to_owned(), act))
    }

    /// The one opt-in message was sent. Whether it may be at all (national list, hours, label) is
    /// for [`crate::campaign::gate::may_ask`].
    pub fn request(&self, doing: Doing<'_>, phone: &Phone, text: &str) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        self.may_request()?;
        let text = needed(text)?;
        Ok(Change::new(doing, number, Act::Requested { text }))
    }

    /// Whether the record leaves room for the one opt-in message.
    pub fn may_request(&self) -> Result<(), Refused> {
        if self.was_requested() {
            return Err(Refused::AlreadyRequested);
        }
        match self.state(Channel::Sms, PromoPurpose::Offers) {
            State::NotAsked | State::Declared(..) => Ok(()),
            State::Granted(..) => Err(Refused::AlreadyGranted),
            State::Refused(_) | State::NoReply(_) | State::Withdrawn(_) => Err(Refused::SaidNo),
        }
    }

    /// Processing is restricted, or objected to.
    pub fn restrict(
        &self,
        doing: Doing<'_>,
        phone: &Phone,
        limit: Limit,
        note: &str,
    ) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        let note = fit(note, Limits::BASIS_NOTE)?;
        Ok(Change::new(doing, number, Act::Limited { limit, note }))
    }

    /// Every restriction that this copy of the record knows ends.
    pub fn release(&self, doing: Doing<'_>, note: &str) -> Result<Change, Refused> {
        if self.limit().is_none() {
            return Err(Refused::Unknown);
        }
        let note = needed(note)?;
        let limits = self.iter();
        let limits = limits.filter(|(_, change)| matches!(change.act, Act::Limited { .. }));
        let lifts = limits.map(|(stamp, _)| *stamp).collect();
        let act = Act::Released { lifts, note };
        Ok(Change::new(doing, self.number().to_owned(), act))
    }

    /// A grant or refusal was entered by mistake. What a corrected grant had lifted stands again.
    pub fn correct(&self, doing: Doing<'_>, target: Stamp, note: &str) -> Result<Change, Refused> {
        let change = self.get(&target).ok_or(Refused::Unknown)?;
        if !change.can_be_corrected() {
            return Err(Refused::NotCorrectable);
        }
        if self.corrected(&target) {
            return Err(Refused::AlreadyDone);
        }
        let note = needed(note)?;
        let act = Act::Corrected { target, note };
        Ok(Change::new(doing, self.number().to_owned(), act))
    }

    /// Advertising reached the number.
    pub fn contacted(
        &self,
        doing: Doing<'_>,
        phone: &Phone,
        contact: Contact,
    ) -> Result<Change, Refused> {
        let number = self.own(phone)?;
        Ok(Change::new(doing, number, Act::Contacted(contact)))
    }

    /// Withdrawals and refusals that touch this scope, standing or lifted.
    fn against(&self, scope: Scope) -> Vec<Stamp> {
        let against = self.iter().filter(|(_, change)| match &change.act {
            Act::Refused(said) | Act::Withdrawn(said) => said.scope.meets(scope),
            _ => false,
        });
        against.map(|(stamp, _)| *stamp).collect()
    }

    fn own(&self, phone: &Phone) -> Result<String, Refused> {
        let number = phone.e164();
        if self.is_empty() || self.number() == number {
            Ok(number)
        } else {
            Err(Refused::OtherNumber)
        }
    }
}

fn subject(form: &GrantForm<'_>) -> Result<Subject, Refused> {
    if form.age == AgeGroup::Adult {
        return Ok(Subject::Adult);
    }
    let (name, phone) = form.representative.ok_or(Refused::RepresentativeMissing)?;
    let who = Representative {
        name: fit(Name::parse(name).into_string().as_str(), Limits::NAME)?,
        phone: fit(phone, Limits::PHONE)?,
    };
    if form.age == AgeGroup::Under7 {
        return Ok(Subject::Under7(who));
    }
    form.child_agrees
        .then_some(Subject::From7(who))
        .ok_or(Refused::ChildNotAsked)
}

fn statement(form: &StatementForm<'_>) -> Result<Statement, Refused> {
    if !form.channels.any() {
        return Err(Refused::NoChannel);
    }
    let reference = fit(form.reference, Limits::BASIS_NOTE)?;
    Ok(Statement {
        scope: Scope {
            purpose: form.purpose,
            channels: form.channels,
        },
        method: form.method,
        notice: None,
        evidence: Evidence::of(
            form.evidence.unwrap_or(EvidenceKind::Document),
            form.evidence_hash,
            reference,
        ),
        note: fit(form.note, Limits::BASIS_NOTE)?,
    })
}

fn fit(raw: &str, max: usize) -> Result<String, Refused> {
    let text = text::clean(raw, usize::MAX);
    (text.chars().count() <= max)
        .then_some(text)
        .ok_or(Refused::TooLong)
}

fn needed(raw: &str) -> Result<String, Refused> {
    let text = fit(raw, Limits::NOTE)?;
    (!text.is_empty())
        .then_some(text)
        .ok_or(Refused::NoteMissing)
}
