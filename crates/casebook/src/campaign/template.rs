//! The words of an offer: whether a text keeps the form that its channel wants.
use serde::{Deserialize, Serialize};

use crate::opt_in::Channel;
use crate::rules::{Number, Rules, Words};
use crate::text::fold;

/// What the name's place may be called.
const PLACES: [&str; 3] = ["{ten}", "{hoTen}", "{danhXung}"];
/// Places that only a call's script has: who calls.
const CALLER: [&str; 2] = ["{nguoiGoi}", "{chucVu}"];
/// Words that may stand between the two ways to refuse.
const BETWEEN: usize = 40;
/// How far before the first way the word for refusing may stand.
const BEFORE: usize = 30;
/// How long the end of a mail is in which one is told how to refuse, in characters.
const MAIL_END: usize = 500;
/// Where a script must have said who calls, in characters.
const INTRODUCTION: usize = 300;

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// An offer.
    Offer,
    /// The one request for consent.
    OptInRequest,
}

/// Who advertises (Decree 91/2020 Art. 18–20).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Advertiser {
    /// Name.
    pub name: String,
    /// Phone, by which one can refuse too.
    pub phone: String,
    /// Electronic mail.
    pub email: String,
    /// Address.
    pub address: String,
    /// Website.
    pub site: String,
}

/// A text to look at.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// By which channel.
    pub channel: Channel,
    /// What sort of message.
    pub kind: Kind,
    /// Subject of a mail.
    pub subject: &'a str,
    /// The text; a script for a call.
    pub body: &'a str,
    /// Who advertises.
    pub advertiser: &'a Advertiser,
    /// How one refuses by message, as it stands in the text: `TC gui 0901234567`.
    pub refuse_by_message: &'a str,
    /// How one says yes to a request, as it stands in the text.
    pub join_by_message: &'a str,
}

crate::redact::redact!(Text<'a>);

/// What a text lacks, or has too much.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "is", content = "what")]
pub enum Finding {
    /// Nothing was written.
    Empty,
    /// The label is missing (Decree 91/2020 Art. 15, 18; Circular 22/2021 Art. 8).
    LabelMissing,
    /// The label does not come first.
    LabelNotFirst,
    /// A character that carriers refuse.
    Forbidden(char),
    /// An accented letter or another sign that no plain message carries.
    NotPlain(char),
    /// Longer than three parts.
    TooLong,
    /// A place in braces that nothing fills.
    UnknownPlace(String),
    /// No word says that one can refuse (Decree 91/2020 Art. 16.1).
    RefusalWordMissing,
    /// How to refuse by message is missing (Art. 16.2).
    RefuseByMessageMissing,
    /// How to refuse by phone is missing (Art. 16.2).
    RefuseByPhoneMissing,
    /// How to refuse by mail is missing (Art. 20).
    RefuseByMailMissing,
    /// How to refuse on the website is missing (Art. 20).
    RefuseBySiteMissing,
    /// How to refuse does not stand at the end (Art. 16.1).
    RefusalNotLast,
    /// How to say yes to the request is missing (Circular 22/2021 Art. 8).
    JoinMissing,
    /// The advertiser's name is missing.
    NameMissing,
    /// The advertiser's address is missing.
    AddressMissing,
    /// The script does not begin with the caller's name and position (Decree 330/2026 Art.
    /// 37.4.e).
    CallerMissing,
}

/// What the linter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What is wrong, each once; empty if nothing is.
    pub findings: Vec<Finding>,
    /// Length at worst, with every place filled as far as it may be.
    pub characters: u32,
    /// Parts that the carrier counts; 0 beyond the last, and for other channels.
    pub parts: u8,
    #[serde(skip)]
    passed: Option<Passed>,
}

/// A text in which nothing was found: what the gate wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    channel: Channel,
    kind: Kind,
}

impl Passed {
    /// By which channel it may go.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// What sort of message it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl Report {
    /// The proof for the gate, if nothing was found.
    #[must_use]
    pub fn passed(&self) -> Option<&Passed> {
        self.passed.as_ref()
    }
}

/// Looks at a text.
#[must_use]
pub fn lint(text: &Text<'_>, rules: &Rules) -> Report {
    let mut findings = Vec::new();
    let mut report = Report {
        findings: Vec::new(),
        characters: length(text, rules),
        parts: 0,
        passed: None,
    };
    if text.body.trim().is_empty() {
        findings.push(Finding::Empty);
    }
    places(text, &mut findings);
    match text.channel {
        Channel::Sms => {
            sms(text, rules, &mut findings);
            report.parts = parts(report.characters, rules);
            findings.extend((report.parts == 0).then_some(Finding::TooLong));
        }
        Channel::Email => mail(text, rules, &mut findings),
        Channel::Zalo => zalo(text, rules, &mut findings),
        Channel::Call => script(text, &mut findings),
    }
    findings.sort_unstable();
    findings.dedup();
    report.passed = findings.is_empty().then_some(Passed {
        channel: text.channel,
        kind: text.kind,
    });
    report.findings = findings;
    report
}

/// A message as carriers want it: label, plain letters, how to refuse at the end by message and by
/// phone. A carrier's length is read as that of the whole message, label and all \[unverified:
/// the stricter of two readings\].
fn sms(text: &Text<'_>, rules: &Rules, findings: &mut Vec<Finding>) {
    let key = match text.kind {
        Kind::Offer => Words::SmsLabels,
        Kind::OptInRequest => Words::OptInLabels,
    };
    label(text.body, rules.words(key), findings);
    let forbidden = rules.words(Words::SmsForbidden);
    for c in text.body.chars() {
        if forbidden.iter().any(|word| word.contains(c)) {
            findings.push(Finding::Forbidden(c));
        } else if !matches!(c, ' '..='~' | '\n') || c == '`' {
            findings.push(Finding::NotPlain(c));
        }
    }
    if text.kind == Kind::OptInRequest {
        let joins = holds(text.body, text.join_by_message).is_some();
        findings.extend((!joins).then_some(Finding::JoinMissing));
        findings.extend(missing(
            text.body,
            &text.advertiser.name,
            Finding::NameMissing,
        ));
    }
    ends_with_refusal(text, rules, findings);
}

/// Mail: the label first in the subject; who advertises, in full; how to refuse at the end.
fn mail(text: &Text<'_>, rules: &Rules, findings: &mut Vec<Finding>) {
    let who = text.advertiser;
    label(text.subject, rules.words(Words::EmailLabels), findings);
    findings.extend(missing(text.body, &who.name, Finding::NameMissing));
    findings.extend(missing(text.body, &who.address, Finding::AddressMissing));
    let folded = squeezed(text.body);
    let near = folded.char_indices().rev().nth(MAIL_END);
    let end = near.map_or(0, |(at, _)| at);
    // Which word opens the sentence about refusing is not known: the one that leaves least to ask.
    let lacks = |at: usize| ways_of_mail(folded.get(at..).unwrap_or_default(), who);
    let words = refusal_words(&folded, rules).filter(|at| *at >= end);
    match words.map(lacks).min_by_key(Vec::len) {
        Some(lacking) => findings.extend(lacking),
        None if refusal_word(&folded, rules).is_some() => findings.push(Finding::RefusalNotLast),
        None => findings.push(Finding::RefusalWordMissing),
    }
}

/// What the end of a mail lacks of the three ways to refuse. A mail address is no website.
fn ways_of_mail(end: &str, who: &Advertiser) -> Vec<Finding> {
    let site = squeezed(&who.site);
    let alone = |(at, _): (usize, usize)| !end.get(..at).unwrap_or_default().ends_with('@');
    let ways = [
        missing(end, &who.phone, Finding::RefuseByPhoneMissing),
        missing(end, &who.email, Finding::RefuseByMailMissing),
        (!spans(end, &site).any(alone)).then_some(Finding::RefuseBySiteMissing),
    ];
    ways.into_iter().flatten().collect()
}

/// Zalo is outside the decree's form; that one must be able to refuse is not (Law 91/2025 Art.
/// 28.3). The word and the phone stand at the end \[a reading\].
fn zalo(text: &Text<'_>, rules: &Rules, findings: &mut Vec<Finding>) {
    let folded = squeezed(text.body);
    let Some(word) = refusal_word(&folded, rules) else {
        return findings.push(Finding::RefusalWordMissing);
    };
    let tail = folded.get(word..).unwrap_or_default();
    findings.extend(missing(
        tail,
        &text.advertiser.phone,
        Finding::RefuseByPhoneMissing,
    ));
}

/// A script says first who calls and for whom.
fn script(text: &Text<'_>, findings: &mut Vec<Finding>) {
    let head: String = text.body.chars().take(INTRODUCTION).collect();
    let introduced = CALLER.iter().all(|place| head.contains(place));
    findings.extend((!introduced).then_some(Finding::CallerMissing));
    findings.extend(missing(&head, &text.advertiser.name, Finding::NameMissing));
    findings.extend(missing(
        &head,
        &text.advertiser.address,
        Finding::AddressMissing,
    ));
}

fn label(text: &str, labels: &[String], findings: &mut Vec<Finding>) {
    let upper = text.trim_start().to_uppercase();
    if labels.iter().any(|label| upper.starts_with(label.as_str())) {
        return;
    }
    let later = labels.iter().any(|label| upper.contains(label.as_str()));
    findings.push(if later {
        Finding::LabelNotFirst
    } else {
        Finding::LabelMissing
    });
}

/// Both ways to refuse, side by side, the word before them, and nothing after.
fn ends_with_refusal(text: &Text<'_>, rules: &Rules, findings: &mut Vec<Finding>) {
    let body = squeezed(text.body);
    let (message, phone) = (
        squeezed(text.refuse_by_message),
        squeezed(&text.advertiser.phone),
    );
    let by_message = last(&body, &message);
    let apart =
        |(at, end): &(usize, usize)| by_message.is_none_or(|(from, to)| *end <= from || *at >= to);
    let by_phone = spans(&body, &phone).filter(apart).last();
    findings.extend(
        by_message
            .is_none()
            .then_some(Finding::RefuseByMessageMissing),
    );
    findings.extend(by_phone.is_none().then_some(Finding::RefuseByPhoneMissing));
    let (Some(a), Some(b)) = (by_message, by_phone) else {
        return;
    };
    let (first, second) = (a.min(b), a.max(b));
    let after = body.get(second.1..).unwrap_or_default();
    let gap = second.0.saturating_sub(first.1);
    if after.chars().any(char::is_alphanumeric) || gap > BETWEEN {
        findings.push(Finding::RefusalNotLast);
    }
    let from = first.0.saturating_sub(BEFORE);
    let clause = body.get(from..first.0).unwrap_or_default();
    let said = refusal_word(clause, rules).is_some();
    findings.extend((!said).then_some(Finding::RefusalWordMissing));
}

/// Where the last word for refusing begins.
fn refusal_word(folded: &str, rules: &Rules) -> Option<usize> {
    refusal_words(folded, rules).max()
}

/// Where words for refusing begin, in no order.
fn refusal_words<'a>(folded: &'a str, rules: &'a Rules) -> impl Iterator<Item = usize> + 'a {
    let words = rules.words(Words::RefusalWords).iter();
    words.flat_map(|word| {
        let whole = spans(folded, word).filter(|(at, end)| {
            let before = folded.get(..*at).and_then(|head| head.chars().next_back());
            let after = folded.get(*end..).and_then(|tail| tail.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        });
        whole.map(|(at, _)| at)
    })
}

fn spans<'a>(text: &'a str, part: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let found = text.match_indices(part).filter(|_| !part.is_empty());
    found.map(|(at, part)| (at, at + part.len()))
}

fn last(text: &str, part: &str) -> Option<(usize, usize)> {
    spans(text, part).last()
}

fn holds(text: &str, part: &str) -> Option<(usize, usize)> {
    last(&squeezed(text), &squeezed(part))
}

fn missing(text: &str, part: &str, finding: Finding) -> Option<Finding> {
    holds(text, part).is_none().then_some(finding)
}

/// Folded, with every run of white space as one space: what two spellings have in common.
fn squeezed(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(fold).collect();
    words.join(" ")
}

/// Every place in braces, as written.
fn braces(body: &str) -> Vec<&str> {
    let open = body.match_indices('{');
    open.map(|(at, _)| {
        let rest = body.get(at..).unwrap_or_default();
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        rest.get(..end).unwrap_or(rest)
    })
    .collect()
}

fn places(text: &Text<'_>, findings: &mut Vec<Finding>) {
    let known = |place: &&str| {
        PLACES.contains(place) || text.channel == Channel::Call && CALLER.contains(place)
    };
    let all = braces(text.subject).into_iter().chain(braces(text.body));
    let unknown = all.filter(|place| !known(place));
    findings.extend(unknown.map(|place| Finding::UnknownPlace(place.to_owned())));
}

/// Length with every place at its longest; the brackets and other signs of the second table of a
/// plain message count twice.
fn length(text: &Text<'_>, rules: &Rules) -> u32 {
    let longest = rules.count(Number::ZnsParameterCharacters);
    let mut count: usize = 0;
    let mut body = text.body.to_owned();
    for place in PLACES {
        count += body.matches(place).count() * longest;
        body = body.replace(place, "");
    }
    let weight = |c: char| match c {
        '[' | ']' | '{' | '}' | '^' | '~' | '|' | '\\' if text.channel == Channel::Sms => 2,
        _ => 1,
    };
    count += body.chars().map(weight).sum::<usize>();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn parts(characters: u32, rules: &Rules) -> u8 {
    let limits = [Number::SmsPart1, Number::SmsPart2, Number::SmsPart3];
    let fits = limits.into_iter().zip(1u8..);
    let mut fits = fits.filter(|(limit, _)| characters <= rules.number(*limit));
    fits.next().map_or(0, |(_, parts)| parts)
}

/// Fills the places; for a message every letter becomes plain, and what exceeds the longest that
/// the linter counted with is cut.
#[must_use]
pub fn fill(body: &str, channel: Channel, values: [&str; 3], rules: &Rules) -> String {
    let longest = rules.count(Number::ZnsParameterCharacters);
    let mut filled = body.to_owned();
    for (place, value) in PLACES.into_iter().zip(values) {
        // A value can't bring a place of its own.
        let safe = value.chars().filter(|c| !matches!(c, '{' | '}'));
        let value: String = if channel == Channel::Sms {
            let plain = plain(&safe.collect::<String>());
            let letters = plain
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == ' ');
            letters.take(longest).collect()
        } else {
            safe.take(longest).collect()
        };
        filled = filled.replace(place, &value);
    }
    filled
}

/// Without marks, with its capitals; what has no plain form is left out.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let folded = fold(c.encode_utf8(&mut [0; 4]));
        let printable = folded.chars().filter(|c| matches!(c, ' '..='~'));
        if c.is_uppercase() {
            out.extend(printable.map(|c| c.to_ascii_uppercase()));
        } else {
            out.extend(printable);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests;
