//! The gate: whether an offer may reach this number, by this channel, at this time.
//!
//! One function decides, [`verdict`], and only it can make a [`Mailable`]; whatever writes a file
//! or dials takes nothing else. Its conditions stand in one order, that of the variants of
//! [`Refusal`], and the first that fails is the answer. Nothing missing ever counts as a yes: an
//! unknown list, an unknown age of the data or unknown rules close the gate.
mod refusal;

pub use refusal::Refusal;

use super::brandname::Brandname;
use super::template::{Kind, Passed};
use crate::day;
use crate::dnc;
use crate::merge::Stamp;
use crate::opt_in::{self, Channel, Grant, Limit, OptIn, PromoPurpose, State};
use crate::phone::{PhoneKind, PhoneWarning, Reading};
use crate::rules::{Number, Rules, Span};
use crate::suppression;

/// Turns after which the search for a moment gives up.
const MOST_TURNS: usize = 100;

/// One number, with everything that decides about it.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // each is an answer of another part of the product
pub struct Candidate<'a> {
    /// What the number agreed to, with its restrictions and contacts.
    pub record: &'a OptIn,
    /// The number.
    pub phone: &'a Reading,
    /// A tombstone covers the person.
    pub erased: bool,
    /// The entry on the clinic's own list that blocks it.
    pub suppressed: Option<suppression::Entry>,
    /// What the national list says.
    pub dnc: dnc::Status,
    /// The grant's notice is one of the clinic's that say all that the law wants.
    pub notice_known: bool,
    /// The grant's proof can be shown: the attachment is here, or the reference leads to paper.
    pub evidence_kept: bool,
    /// There is an address for mail.
    pub email_known: bool,
    /// Known to be a minor.
    pub minor: bool,
    /// The lead says that the number reaches somebody else.
    pub wrong_number: bool,
    /// A complaint is open.
    pub complaint_open: bool,
    /// The form's traps were sprung.
    pub suspect: bool,
}

/// What is to be sent, and when.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channel.
    pub channel: Channel,
    /// Now, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// First and last moment of sending; both now for a call at once.
    pub window: (i64, i64),
    /// The name to send under.
    pub brandname: Option<&'a Brandname>,
    /// The text, linted.
    pub template: Option<&'a Passed>,
    /// Up to when every other PC's entries are here, milliseconds since the Unix epoch.
    pub synced_ms: Option<i64>,
}

/// A number that an offer may reach by one channel in one window: the gate's word, made nowhere
/// else.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailable {
    number: String,
    purpose: PromoPurpose,
    channel: Channel,
    window: (i64, i64),
    grant: Stamp,
}

/// A number that may get the one request for consent.
#[derive(Clone, PartialEq, Eq)]
pub struct Askable {
    number: String,
}

crate::redact::redact!(Candidate<'a>, Asked<'a>, Mailable, Askable);

impl Mailable {
    /// The number, E.164.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// For what.
    #[must_use]
    pub fn purpose(&self) -> PromoPurpose {
        self.purpose
    }

    /// By which channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// First and last moment, milliseconds since the Unix epoch.
    #[must_use]
    pub fn window(&self) -> (i64, i64) {
        self.window
    }

    /// The grant that it rests on.
    #[must_use]
    pub fn grant(&self) -> Stamp {
        self.grant
    }
}

impl Askable {
    /// The number, E.164.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }
}

/// Whether an offer may reach this number; the first reason if not.
pub fn verdict(
    candidate: &Candidate<'_>,
    asked: &Asked<'_>,
    rules: &Rules,
) -> Result<Mailable, Refusal> {
    let consent = consent(candidate, asked);
    if let Some(first) = all_reasons(candidate, asked, rules).first() {
        return Err(*first);
    }
    match (consent, candidate.phone.first) {
        (Ok((since, _)), Some(phone)) => Ok(Mailable {
            number: phone.e164(),
            purpose: asked.purpose,
            channel: asked.channel,
            window: asked.window,
            grant: since.stamp,
        }),
        _ => Err(Refusal::NotAsked),
    }
}

/// Every reason against it, in the gate's order; empty exactly if [`verdict`] lets it pass.
#[must_use]
pub fn all_reasons(candidate: &Candidate<'_>, asked: &Asked<'_>, rules: &Rules) -> Vec<Refusal> {
    let consent = consent(candidate, asked);
    let grant = consent.ok().map(|(_, grant)| grant);
    let mut reasons: Vec<Refusal> = consent.err().into_iter().collect();
    if grant.is_some() {
        reasons.extend((!candidate.notice_known).then_some(Refusal::NoticeUnknown));
        reasons.extend((!candidate.evidence_kept).then_some(Refusal::EvidenceLost));
    }
    person(candidate, &mut reasons);
    national_list(candidate, asked, rules, &mut reasons);
    number(candidate, asked.channel, &mut reasons);
    time(candidate, asked, rules, grant, &mut reasons);
    let unspoken = candidate.minor && grant.is_some_and(|grant| !grant.subject.is_minor());
    reasons.extend(unspoken.then_some(Refusal::NoRepresentative));
    means(asked, rules, Kind::Offer, &mut reasons);
    ours(candidate, asked, rules, &mut reasons);
    reasons.sort_unstable();
    reasons
}

/// Whether the one opt-in message may be sent: never to a number on the national list
/// (Decree 91/2020 Art. 11.1), never twice (Art. 13.3), in the hours and under the registered name
/// of any other advertising message, with the label of its own (Circular 22/2021 Art. 8).
pub fn may_ask(
    candidate: &Candidate<'_>,
    asked: &Asked<'_>,
    rules: &Rules,
) -> Result<Askable, Refusal> {
    let mut reasons = Vec::new();
    if let Err(refused) = candidate.record.may_request() {
        reasons.push(match refused {
            opt_in::Refused::AlreadyGranted => Refusal::AlreadyAgreed,
            opt_in::Refused::AlreadyRequested => Refusal::NoReply,
            _ => Refusal::SaidNo,
        });
    }
    let asked = Asked {
        channel: Channel::Sms,
        purpose: PromoPurpose::Offers,
        ..*asked
    };
    person(candidate, &mut reasons);
    national_list(candidate, &asked, rules, &mut reasons);
    number(candidate, asked.channel, &mut reasons);
    time(candidate, &asked, rules, None, &mut reasons);
    // Nobody speaks for a child in a message to its phone.
    reasons.extend(candidate.minor.then_some(Refusal::NoRepresentative));
    means(&asked, rules, Kind::OptInRequest, &mut reasons);
    ours(candidate, &asked, rules, &mut reasons);
    reasons.sort_unstable();
    match (reasons.first(), candidate.phone.first) {
        (Some(first), _) => Err(*first),
        (None, Some(phone)) => Ok(Askable {
            number: phone.e164(),
        }),
        (None, None) => Err(Refusal::NoNumber),
    }
}

/// First moment from `now_ms` on at which this channel may carry offers; `None` if it never may.
#[must_use]
pub fn next_legal_ms(channel: Channel, now_ms: i64, rules: &Rules) -> Option<i64> {
    rules.hours_of(channel).next_ms(now_ms)
}

/// First moment from `now_ms` on at which hours and cap let an offer reach this number; `None` if
/// none is found.
#[must_use]
pub fn next_ms(
    candidate: &Candidate<'_>,
    channel: Channel,
    purpose: PromoPurpose,
    now_ms: i64,
    rules: &Rules,
) -> Option<i64> {
    let legal = rules.hours_of(channel);
    let agreed = match candidate.record.state(channel, purpose) {
        State::Granted(_, grant) => grant.hours.map(|(from, to)| Span { from, to }),
        _ => None,
    };
    let open = |ms| {
        let agreed = agreed.and_then(|span| span.next_ms(ms));
        legal.next_ms(ms).into_iter().chain(agreed).min()
    };
    let cap = rules.cap(channel);
    let mut at = now_ms;
    // Each turn moves past a contact that is planned ahead or to another opening.
    for _ in 0..MOST_TURNS {
        let free = candidate.record.free_from_ms(channel, at, cap)?;
        let next = open(free)?;
        if next == free {
            return Some(next);
        }
        at = next;
    }
    None
}

type Consent<'a> = Result<(opt_in::Since<'a>, &'a Grant), Refusal>;

/// A live yes, or why there is none. A record of another number says nothing about this one.
fn consent<'a>(candidate: &Candidate<'a>, asked: &Asked<'_>) -> Consent<'a> {
    let same = |phone: crate::phone::Phone| phone.e164() == candidate.record.number();
    let state = candidate.record.state(asked.channel, asked.purpose);
    match state {
        State::Granted(since, grant) if candidate.phone.first.is_some_and(same) => {
            Ok((since, grant))
        }
        State::NotAsked | State::Granted(..) => Err(Refusal::NotAsked),
        State::Declared(..) => Err(Refusal::Unconfirmed),
        State::Refused(_) => Err(Refusal::SaidNo),
        State::NoReply(_) => Err(Refusal::NoReply),
        State::Withdrawn(_) => Err(Refusal::Withdrawn),
    }
}

fn person(candidate: &Candidate<'_>, reasons: &mut Vec<Refusal>) {
    let limit = candidate.record.limit().map(|(_, limit)| match limit {
        Limit::Restriction => Refusal::Restricted,
        Limit::Objection => Refusal::Objected,
    });
    reasons.extend(limit);
    reasons.extend(candidate.erased.then_some(Refusal::Erased));
    reasons.extend(candidate.suppressed.map(|_| Refusal::Suppressed));
}

/// The national list knows no mail.
fn national_list(
    candidate: &Candidate<'_>,
    asked: &Asked<'_>,
    rules: &Rules,
    reasons: &mut Vec<Refusal>,
) {
    if asked.channel == Channel::Email {
        return;
    }
    let dnc::Status::Checked { listed, .. } = candidate.dnc else {
        return reasons.push(Refusal::DncUnchecked);
    };
    // The list must still be fresh when the last message goes out.
    let last = asked.window.1.max(asked.now_ms);
    if candidate.dnc.is_stale(last, rules) {
        reasons.push(Refusal::DncStale);
    }
    reasons.extend(listed.closes(asked.channel).then_some(Refusal::DncListed));
}

fn number(candidate: &Candidate<'_>, channel: Channel, reasons: &mut Vec<Refusal>) {
    if channel == Channel::Email {
        return reasons.extend((!candidate.email_known).then_some(Refusal::NoEmail));
    }
    let kind = match candidate.phone.kind {
        _ if candidate.phone.first.is_none() => Some(Refusal::NoNumber),
        PhoneKind::None | PhoneKind::Unreadable => Some(Refusal::NoNumber),
        PhoneKind::Hotline => Some(Refusal::NotAPerson),
        PhoneKind::Landline if channel != Channel::Call => Some(Refusal::NotMobile),
        PhoneKind::Foreign => Some(Refusal::Foreign),
        PhoneKind::Mobile | PhoneKind::Landline => None,
    };
    reasons.extend(kind);
    let doubtful = [
        PhoneWarning::MaybeOldLandline,
        PhoneWarning::ExcelZeroRestored,
        PhoneWarning::UnknownPrefix,
        PhoneWarning::TwoNumbers,
        PhoneWarning::TooLong,
    ];
    let warned = |warning| candidate.phone.warnings.contains(&warning);
    let ambiguous = doubtful.into_iter().any(warned);
    reasons.extend(ambiguous.then_some(Refusal::AmbiguousNumber));
    reasons.extend(candidate.wrong_number.then_some(Refusal::WrongNumber));
}

fn time(
    candidate: &Candidate<'_>,
    asked: &Asked<'_>,
    rules: &Rules,
    grant: Option<&Grant>,
    reasons: &mut Vec<Refusal>,
) {
    let (from, to) = asked.window;
    if from < asked.now_ms || to < from {
        reasons.push(Refusal::WindowPast);
    }
    let agreed = grant.and_then(|grant| grant.hours);
    let lawful = rules.hours_of(asked.channel).holds_all(from, to)
        || agreed.is_some_and(|(opens, closes)| {
            let span = Span {
                from: opens,
                to: closes,
            };
            span.holds_all(from, to)
        });
    reasons.extend((!lawful && from <= to).then_some(Refusal::OutsideHours));
    let recent = candidate.record.contacts_around(asked.channel, from, to);
    let full = recent >= rules.cap(asked.channel);
    reasons.extend(full.then_some(Refusal::CapReached));
}

/// The registered name is for messages and calls; Zalo and mail have senders of their own.
fn means(asked: &Asked<'_>, rules: &Rules, kind: Kind, reasons: &mut Vec<Refusal>) {
    if matches!(asked.channel, Channel::Sms | Channel::Call) {
        let last = day::date(asked.window.1);
        reasons.extend(match (asked.brandname, last) {
            (Some(name), Some(last)) if name.valid_on(last, rules) => None,
            (Some(_), _) => Some(Refusal::BrandnameExpired),
            (None, _) => Some(Refusal::BrandnameMissing),
        });
    }
    let passed = asked
        .template
        .is_some_and(|text| text.channel() == asked.channel && text.kind() == kind);
    reasons.extend((!passed).then_some(Refusal::TemplateNotPassed));
}

fn ours(candidate: &Candidate<'_>, asked: &Asked<'_>, rules: &Rules, reasons: &mut Vec<Refusal>) {
    reasons.extend(candidate.complaint_open.then_some(Refusal::ComplaintOpen));
    reasons.extend(candidate.suspect.then_some(Refusal::Suspect));
    let hours = i64::from(rules.number(Number::ExportSyncHours));
    let oldest = asked.now_ms.saturating_sub(hours * 60 * day::MINUTE_MS);
    let fresh = asked.synced_ms.is_some_and(|at| at >= oldest);
    reasons.extend((!fresh).then_some(Refusal::NotSynced));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests;
