//! What a clerk does to a lead, as the change that records it: every rule of the daily work.
use thiserror::Error;

use super::facts::Field;
use super::live::{Live, heads};
use super::value::{LeadState, Outcome, Purpose, Source};
use super::{Change, Lead, Limits, Origin, Patch};
use crate::basis::{self, BasisKind, Proof};
use crate::day;
use crate::merge::{Id, Stamp};
use crate::name::Name;
use crate::opening::Hours;
use crate::text;

/// How long a slip can be taken back; later it is a correction, which shows as one.
const UNDO_WINDOW_MS: i64 = day::DAY_MS;

/// Who acts, and when.
#[derive(Clone, Copy)]
pub struct Doing<'a> {
    /// Person at the desk.
    pub by: &'a str,
    /// That person's record, where the clinic has entered its people.
    pub staff: Option<Id>,
    /// Milliseconds since the Unix epoch, corrected by what the server said.
    pub now_ms: i64,
}

/// A lead as a clerk enters it.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// Full name.
    pub name: &'a str,
    /// Number as said or typed.
    pub phone: &'a str,
    /// What they ask.
    pub question: &'a str,
    /// Where they came from.
    pub source: Source,
    /// Why we may hold this.
    pub basis: BasisKind,
    /// How the ground was given and where its proof is.
    pub basis_note: &'a str,
    /// Branch.
    pub branch: Option<&'a str>,
}

crate::redact::redact!(Doing<'a>, Draft<'a>);

/// Why an act can't be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// Neither a name nor a number nor a question would be left.
    #[error("a lead needs a name, a number or a question")]
    EmptyLead,
    /// The ground needs a note (Law 91/2025 Art. 19.2, Decree 356/2025 Art. 6.2).
    #[error("the legal ground needs a note")]
    BasisNoteMissing,
    /// A text is longer than [`Limits`] allows; nothing was cut.
    #[error("the text is too long")]
    TooLong,
    /// The record can't be merged with that one, or is not merged at all.
    #[error("these records can't be merged or parted")]
    CannotMerge,
    /// No such value is in dispute.
    #[error("no such value is in dispute")]
    NoSuchRival,
}

/// Why an act can't be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UndoError {
    /// The lead has no such entry.
    #[error("no such act")]
    Unknown,
    /// It is no slip of a hand: the arrival of the lead, or a look at its number.
    #[error("this can't be taken back")]
    NotUndoable,
    /// More than a day has passed.
    #[error("too late to take this back")]
    TooLate,
    /// Somebody has taken it back.
    #[error("already taken back")]
    AlreadyUndone,
}

/// What an act comes to: the change that records it, or `None` when nothing would change.
pub type Proposed = Result<Option<Change>, Refused>;

impl Doing<'_> {
    fn change(&self) -> Change {
        Change {
            at_ms: self.now_ms,
            by: Name::parse(self.by).into_string(),
            staff: self.staff,
            ..Change::default()
        }
    }
}

impl Change {
    /// The first change of a lead that a clerk enters.
    pub fn created(doing: Doing<'_>, draft: &Draft<'_>) -> Result<Self, Refused> {
        let name = fit(draft.name, Limits::NAME, text::one_line)?;
        let phone = fit(draft.phone, Limits::PHONE, text::one_line)?;
        let question = fit(draft.question, Limits::QUESTION, text::clean)?;
        if name.is_empty() && phone.is_empty() && question.is_empty() {
            return Err(Refused::EmptyLead);
        }
        let basis_note = fit(draft.basis_note, Limits::BASIS_NOTE, text::clean)?;
        if basis_note.is_empty() && basis::note_required(draft.basis, Proof::Hand) {
            return Err(Refused::BasisNoteMissing);
        }
        let branch = fit(draft.branch.unwrap_or(""), Limits::BRANCH, text::one_line)?;
        let filled = |text: String| (!text.is_empty()).then_some(text);
        Ok(Self {
            origin: Some(Box::new(Origin {
                source: draft.source,
                basis: draft.basis,
                basis_note,
                received_ms: doing.now_ms,
                suspicion: 0,
                promo: None,
                notice_version: String::new(),
                notice_hash: None,
                page: String::new(),
                filled_at_ms: 0,
            })),
            name: filled(name),
            phone: filled(phone),
            question: filled(question),
            branch: filled(branch).map_or(Patch::Keep, Patch::Set),
            ..doing.change()
        })
    }

    /// Whether it is an act of a hand that may slip: not the arrival of a lead, not a look.
    pub(super) fn can_be_undone(&self) -> bool {
        self.origin.is_none() && self.access.is_none()
    }

    /// A number was uncovered: recorded for whoever must know who looked (kind `access`).
    #[must_use]
    pub fn revealed(doing: Doing<'_>, purpose: Purpose) -> Self {
        Self {
            access: Some(purpose),
            ..doing.change()
        }
    }
}

impl Lead {
    /// A call was tried or made. `next_ms` is what was agreed; without it the rules choose: the
    /// next try after nobody answered, tomorrow morning for a callback, else no further call. A
    /// lead that ends with this call has no next one.
    ///
    /// What the call decided is written also where it was so already: whoever takes back an
    /// earlier act must not take this one's outcome along.
    ///
    /// A call that reached the person also vouches for a suspect.
    #[must_use]
    pub fn call(
        &self,
        doing: Doing<'_>,
        outcome: Outcome,
        next_ms: Option<i64>,
        hours: Hours,
    ) -> Change {
        let facts = self.facts();
        let state = decided(facts.state, outcome).unwrap_or(facts.state);
        let was_due = state.awaits_call() || facts.next_call_ms.is_some();
        let chosen = match outcome {
            Outcome::NoAnswer if was_due => {
                Some(hours.next_try(facts.unanswered.saturating_add(1), doing.now_ms))
            }
            Outcome::Callback => Some(hours.next_morning(doing.now_ms)),
            _ => None,
        };
        let next = next_ms.or(chosen).filter(|_| state.is_open());
        // An unanswered call on what waits for none decides nothing about the next one.
        let plans = was_due || outcome != Outcome::NoAnswer || next.is_some();
        let reached = matches!(
            outcome,
            Outcome::Answered | Outcome::Callback | Outcome::Booked
        );
        Change {
            call: Some(outcome),
            state: decided(facts.state, outcome),
            next_call: if plans {
                Patch::from_option(next)
            } else {
                Patch::Keep
            },
            cleared: facts.suspect && reached,
            ..doing.change()
        }
    }

    /// A note. An empty one is nothing.
    pub fn note(&self, doing: Doing<'_>, note: &str) -> Proposed {
        let note = fit(note, Limits::NOTE, text::clean)?;
        Ok((!note.is_empty()).then(|| Change {
            note: Some(note),
            ..doing.change()
        }))
    }

    /// The state by hand. A state in which nobody is to be called drops the next call.
    pub fn set_state(&self, doing: Doing<'_>, state: LeadState) -> Proposed {
        Ok((state != self.facts().state).then(|| Change {
            state: Some(state),
            next_call: if state.awaits_call() {
                Patch::Keep
            } else {
                Patch::Clear
            },
            ..doing.change()
        }))
    }

    /// Plans or drops the next call.
    pub fn set_next_call(&self, doing: Doing<'_>, at_ms: Option<i64>) -> Proposed {
        let patch = differing(self.facts().next_call_ms, at_ms);
        Ok((patch != Patch::Keep).then(|| Change {
            next_call: patch,
            ..doing.change()
        }))
    }

    /// Corrects what the visitor wrote; `None` leaves a value, empty text removes it.
    ///
    /// The change names the values that it replaces, so that two people who correct one value
    /// without knowing of each other are noticed. A new number ends the state "wrong number".
    pub fn edit(
        &self,
        doing: Doing<'_>,
        name: Option<&str>,
        phone: Option<&str>,
        question: Option<&str>,
    ) -> Proposed {
        let facts = self.facts();
        let kept = |new: Result<Option<String>, Refused>, old: &str| {
            new.map(|new| new.filter(|new| new != old))
        };
        let name = kept(fit_some(name, Limits::NAME, text::one_line), facts.name)?;
        let phone = kept(
            fit_some(phone, Limits::PHONE, text::one_line),
            facts.phone_raw,
        )?;
        let question = kept(
            fit_some(question, Limits::QUESTION, text::clean),
            facts.question,
        )?;
        if name.is_none() && phone.is_none() && question.is_none() {
            return Ok(None);
        }
        let left = |new: &Option<String>, old: &str| !new.as_deref().unwrap_or(old).is_empty();
        if !left(&name, facts.name)
            && !left(&phone, facts.phone_raw)
            && !left(&question, facts.question)
        {
            return Err(Refused::EmptyLead);
        }
        let reachable = phone.is_some() && facts.state == LeadState::WrongNumber;
        Ok(Some(Change {
            sees_name: self.seen(Field::Name, name.is_some()),
            sees_phone: self.seen(Field::Phone, phone.is_some()),
            state: reachable.then_some(LeadState::Contacting),
            name,
            phone,
            question,
            ..doing.change()
        }))
    }

    /// Puts it to a branch, or to none.
    pub fn set_branch(&self, doing: Doing<'_>, branch: Option<&str>) -> Proposed {
        let patch = patched(self.facts().branch, branch, Limits::BRANCH)?;
        Ok((patch != Patch::Keep).then(|| Change {
            branch: patch,
            ..doing.change()
        }))
    }

    /// Hands it to a person, or to nobody.
    pub fn assign(&self, doing: Doing<'_>, to: Option<&str>) -> Proposed {
        let patch = patched(self.facts().owner, to, Limits::PERSON)?;
        Ok((patch != Patch::Keep).then(|| Change {
            owner: patch,
            ..doing.change()
        }))
    }

    /// Names the order that it led to, or none.
    pub fn link_order(&self, doing: Doing<'_>, order: Option<&str>) -> Proposed {
        let patch = patched(self.facts().order, order, Limits::ORDER)?;
        Ok((patch != Patch::Keep).then(|| Change {
            order: patch,
            ..doing.change()
        }))
    }

    /// Vouches for a suspect.
    pub fn clear(&self, doing: Doing<'_>) -> Proposed {
        Ok(self.facts().suspect.then(|| Change {
            cleared: true,
            ..doing.change()
        }))
    }

    /// Chooses one of the rival values, by its [`super::Rival::key`].
    pub fn settle(&self, doing: Doing<'_>, key: &str) -> Result<Change, Refused> {
        let facts = self.facts();
        let rivals = facts.name_rivals.iter().chain(&facts.phone_rivals);
        let chosen = rivals
            .into_iter()
            .find(|rival| rival.key == key)
            .ok_or(Refused::NoSuchRival)?;
        let value = Some(chosen.value.to_owned());
        let change = doing.change();
        Ok(if facts.name_rivals.contains(chosen) {
            Change {
                name: value,
                sees_name: self.seen(Field::Name, true),
                ..change
            }
        } else {
            Change {
                phone: value,
                sees_phone: self.seen(Field::Phone, true),
                ..change
            }
        })
    }

    /// Says that this record (`own`) is a duplicate of `target`, which then stands for both.
    pub fn merge_into(&self, doing: Doing<'_>, own: Id, target: Id) -> Result<Change, Refused> {
        if own == target || self.facts().merged_into == Some(target) {
            return Err(Refused::CannotMerge);
        }
        Ok(Change {
            merged_into: Patch::Set(target),
            ..doing.change()
        })
    }

    /// Lets a merged record stand for itself again.
    pub fn unmerge(&self, doing: Doing<'_>) -> Result<Change, Refused> {
        self.facts().merged_into.ok_or(Refused::CannotMerge)?;
        Ok(Change {
            merged_into: Patch::Clear,
            ..doing.change()
        })
    }

    /// Takes back the act at `stamp`. Taking back a taking-back restores what it took back, also
    /// if another desk had taken back the same act at the same time.
    pub fn undo(&self, doing: Doing<'_>, stamp: Stamp) -> Result<Change, UndoError> {
        let place = self.place(&stamp).map_err(|_| UndoError::Unknown)?;
        let (_, act) = self.changes.get(place).ok_or(UndoError::Unknown)?;
        if !act.can_be_undone() {
            return Err(UndoError::NotUndoable);
        }
        let live = Live::of(self);
        if !live.stands(place) {
            return Err(UndoError::AlreadyUndone);
        }
        if doing.now_ms.saturating_sub(act.at_ms) > UNDO_WINDOW_MS {
            return Err(UndoError::TooLate);
        }
        let shares = |other: &Change| other.undoes.iter().any(|s| act.undoes.contains(s));
        let undoes = self
            .changes
            .iter()
            .enumerate()
            .filter(|(at, (_, other))| *at == place || (live.stands(*at) && shares(other)))
            .map(|(_, (stamp, _))| *stamp)
            .collect();
        Ok(Change {
            undoes,
            ..doing.change()
        })
    }

    fn seen(&self, field: Field, wanted: bool) -> Vec<Stamp> {
        if !wanted {
            return Vec::new();
        }
        let places = heads(
            self,
            &Live::of(self),
            |change| field.value(change),
            |change| field.sees(change),
        );
        places
            .iter()
            .filter_map(|place| self.changes.get(*place).map(|(stamp, _)| *stamp))
            .collect()
    }
}

/// The state that a call decides on; `None` where its outcome says nothing about the state.
fn decided(state: LeadState, outcome: Outcome) -> Option<LeadState> {
    match outcome {
        Outcome::WrongNumber => Some(LeadState::WrongNumber),
        Outcome::Callback => Some(LeadState::Callback),
        Outcome::Booked => Some(LeadState::Booked),
        Outcome::Declined => Some(LeadState::Declined),
        Outcome::Answered => match state {
            // The agreed call was made, or the number was right after all.
            LeadState::New
            | LeadState::Contacting
            | LeadState::Callback
            | LeadState::WrongNumber => Some(LeadState::Contacting),
            LeadState::Booked | LeadState::Visited | LeadState::Declined => None,
        },
        Outcome::NoAnswer => {
            matches!(state, LeadState::New | LeadState::Contacting).then_some(LeadState::Contacting)
        }
    }
}

fn differing(old: Option<i64>, new: Option<i64>) -> Patch<i64> {
    if old == new {
        Patch::Keep
    } else {
        Patch::from_option(new)
    }
}

fn patched(old: Option<&str>, new: Option<&str>, max: usize) -> Result<Patch<String>, Refused> {
    let new = fit_some(new, max, text::one_line)?.filter(|text| !text.is_empty());
    Ok(if old == new.as_deref() {
        Patch::Keep
    } else {
        Patch::from_option(new)
    })
}

/// Cleans a text without cutting it: one that is too long goes back to the person.
fn fit(raw: &str, max: usize, clean: impl Fn(&str, usize) -> String) -> Result<String, Refused> {
    // Cleaning trims what it cuts: a cut at `max` could make a longer text look as if it fitted.
    let cleaned = clean(raw, usize::MAX);
    if cleaned.chars().count() > max {
        return Err(Refused::TooLong);
    }
    Ok(cleaned)
}

fn fit_some(
    raw: Option<&str>,
    max: usize,
    clean: impl Fn(&str, usize) -> String,
) -> Result<Option<String>, Refused> {
    raw.map(|raw| fit(raw, max, clean)).transpose()
}
