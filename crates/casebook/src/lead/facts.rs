//! What holds of a lead now: the fold of every change that stands.
use super::live::{Live, heads};
use super::value::{LeadState, Outcome, Source};
use super::{Change, Lead, Origin, Patch};
use crate::basis::BasisKind;
use crate::day;
use crate::merge::{Id, Stamp};
use crate::phone::{self, Reading};
use crate::submission::PromoChoices;

/// A number written down before 2018-09-15 (in Viet Nam) may be a landline of the old plan.
const OLD_PLAN_UNTIL_MS: i64 = 1_536_944_400_000;

/// One value out of several that were written without knowledge of each other.
#[derive(Clone, PartialEq, Eq)]
pub struct Rival<'a> {
    /// Handle for [`Lead::settle`].
    pub key: String,
    /// Entry that wrote it.
    pub stamp: Stamp,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Person who wrote it; empty for the website.
    pub by: &'a str,
    /// What was written.
    pub value: &'a str,
}

/// What holds now. Borrowed from the lead, so that folding many leads copies no text.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// How the lead came to be; `None` while its first entry has not arrived yet. Such a record
    /// belongs in no list: the values below are what the other entries tell.
    pub origin: Option<&'a Origin>,
    /// Full name; empty if none.
    pub name: &'a str,
    /// Number as typed; empty if none.
    pub phone_raw: &'a str,
    /// The number as read.
    pub phone: Reading,
    /// The question; empty if none.
    pub question: &'a str,
    /// Where it came from.
    pub source: Source,
    /// Why we may hold it.
    pub basis: BasisKind,
    /// How the ground was given; empty for the form.
    pub basis_note: &'a str,
    /// What the visitor ticked; `None` by hand.
    pub promo: Option<PromoChoices>,
    /// Version of the notice that was shown.
    pub notice_version: Option<&'a str>,
    /// Page that the form stood on.
    pub page: Option<&'a str>,
    /// Branch.
    pub branch: Option<&'a str>,
    /// Where the work stands.
    pub state: LeadState,
    /// When the person asked, milliseconds since the Unix epoch.
    pub received_ms: i64,
    /// When to call next.
    pub next_call_ms: Option<i64>,
    /// Who took it on.
    pub owner: Option<&'a str>,
    /// Order number.
    pub order: Option<&'a str>,
    /// The record that this one is a duplicate of; follow it with [`crate::merge::merge_target`].
    pub merged_into: Option<Id>,
    /// Calls tried or made.
    pub attempts: u32,
    /// Calls at the end of these that nobody answered.
    pub unanswered: u32,
    /// The form's traps say that this may be no person, and no person vouched for it.
    pub suspect: bool,
    /// Names written at once by different people; empty, or at least two that differ.
    pub name_rivals: Vec<Rival<'a>>,
    /// Numbers likewise.
    pub phone_rivals: Vec<Rival<'a>>,
}

crate::redact::redact!(Rival<'a>, Facts<'a>);

impl Facts<'_> {
    /// Somebody must choose between names or numbers.
    #[must_use]
    pub fn conflict(&self) -> bool {
        !self.name_rivals.is_empty() || !self.phone_rivals.is_empty()
    }
}

impl Lead {
    /// What holds now: later changes over earlier ones, those taken back left out.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        let live = Live::of(self);
        let mut facts = Facts::nothing();
        let mut cleared = false;
        let mut first_ms = None;
        for (place, (_, change)) in self.changes.iter().enumerate() {
            first_ms.get_or_insert(change.at_ms);
            if live.stands(place) {
                facts.apply(change);
                cleared |= change.cleared;
            }
        }
        facts.suspect = !cleared && facts.origin.is_some_and(|origin| origin.suspicion != 0);
        if facts.origin.is_none() {
            facts.received_ms = first_ms.unwrap_or(0);
        }
        let (name, rivals) = self.disputed(&live, Field::Name);
        facts.name = name.map_or("", |(_, value)| value);
        facts.name_rivals = rivals;
        let (number, rivals) = self.disputed(&live, Field::Phone);
        if let Some((written_ms, raw)) = number {
            facts.phone_raw = raw;
            let recorded = (written_ms < OLD_PLAN_UNTIL_MS).then(|| day::date(written_ms));
            facts.phone = phone::parse(raw, recorded.flatten());
        }
        facts.phone_rivals = rivals;
        facts
    }

    /// The value that is shown with the time it was written, and the rivals if there are any.
    fn disputed(&self, live: &Live, field: Field) -> (Option<(i64, &str)>, Vec<Rival<'_>>) {
        let mut writes = self
            .changes
            .iter()
            .filter(|(_, c)| field.value(c).is_some());
        match (writes.next(), writes.next()) {
            (None, _) => return (None, Vec::new()),
            (Some((_, only)), None) if live.undone_none() => {
                return (field.written(only), Vec::new());
            }
            _ => {}
        }
        let heads = heads(self, live, |c| field.value(c), |c| field.sees(c));
        let at = |place: &usize| self.changes.get(*place);
        let shown = heads
            .last()
            .and_then(at)
            .and_then(|(_, c)| field.written(c));
        if heads.len() < 2 {
            return (shown, Vec::new());
        }
        let mut rivals: Vec<Rival<'_>> = heads
            .iter()
            .rev()
            .filter_map(at)
            .filter_map(|(stamp, change)| field.rival(*stamp, change))
            .collect();
        let differ = |rival: &Rival<'_>| shown.is_some_and(|(_, v)| !field.same(v, rival.value));
        if !rivals.iter().any(differ) {
            rivals.clear();
        }
        (shown, rivals)
    }
}

impl<'a> Facts<'a> {
    fn nothing() -> Self {
        Self {
            origin: None,
            name: "",
            phone_raw: "",
            phone: Reading::none(),
            question: "",
            source: Source::Other,
            basis: BasisKind::Law,
            basis_note: "",
            promo: None,
            notice_version: None,
            page: None,
            branch: None,
            state: LeadState::New,
            received_ms: 0,
            next_call_ms: None,
            owner: None,
            order: None,
            merged_into: None,
            attempts: 0,
            unanswered: 0,
            suspect: false,
            name_rivals: Vec::new(),
            phone_rivals: Vec::new(),
        }
    }

    fn apply(&mut self, change: &'a Change) {
        if let (None, Some(origin)) = (self.origin, &change.origin) {
            self.begin(origin);
        }
        if let Some(question) = &change.question {
            self.question = question;
        }
        if let Some(state) = change.state {
            self.state = state;
        }
        patch_text(&mut self.branch, &change.branch);
        patch_text(&mut self.owner, &change.owner);
        patch_text(&mut self.order, &change.order);
        let next = change.next_call.on_write(Option::<&i64>::copied);
        self.next_call_ms = next.unwrap_or(self.next_call_ms);
        let target = change.merged_into.on_write(Option::<&Id>::copied);
        self.merged_into = target.unwrap_or(self.merged_into);
        if let Some(outcome) = change.call {
            self.attempts = self.attempts.saturating_add(1);
            self.unanswered = if outcome == Outcome::NoAnswer {
                self.unanswered.saturating_add(1)
            } else {
                0
            };
        }
    }

    fn begin(&mut self, origin: &'a Origin) {
        self.origin = Some(origin);
        self.source = origin.source;
        self.basis = origin.basis;
        self.basis_note = &origin.basis_note;
        self.promo = origin.promo;
        self.notice_version = filled(&origin.notice_version);
        self.page = filled(&origin.page);
        self.received_ms = origin.received_ms;
    }
}

/// The two values over which a conflict is shown to a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Phone,
}

impl Field {
    pub(super) fn value(self, change: &Change) -> Option<&str> {
        match self {
            Self::Name => change.name.as_deref(),
            Self::Phone => change.phone.as_deref(),
        }
    }

    pub(super) fn sees(self, change: &Change) -> &[Stamp] {
        match self {
            Self::Name => &change.sees_name,
            Self::Phone => &change.sees_phone,
        }
    }

    fn written(self, change: &Change) -> Option<(i64, &str)> {
        let at = change.origin.as_ref().map(|origin| origin.received_ms);
        Some((at.unwrap_or(change.at_ms), self.value(change)?))
    }

    fn rival(self, stamp: Stamp, change: &Change) -> Option<Rival<'_>> {
        let letter = match self {
            Self::Name => 'n',
            Self::Phone => 'p',
        };
        Some(Rival {
            key: format!("{letter}{}", stamp.key()),
            stamp,
            at_ms: change.at_ms,
            by: &change.by,
            value: self.value(change)?,
        })
    }

    /// Two ways to write one value are no conflict.
    fn same(self, a: &str, b: &str) -> bool {
        if a == b {
            return true;
        }
        match self {
            Self::Name => false,
            Self::Phone => {
                let [a, b] = [a, b].map(|raw| phone::parse(raw, None));
                a.first.is_some() && a.first == b.first && a.second == b.second
            }
        }
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn patch_text<'a>(value: &mut Option<&'a str>, patch: &'a Patch<String>) {
    let written = patch.on_write(|text| text.map(String::as_str));
    *value = written.unwrap_or(*value);
}
