//! The timeline of a lead: what each change did, and to what it was before.
use super::live::Live;
use super::value::{LeadState, Outcome, Purpose, Source};
use super::{Change, Lead, Patch};
use crate::basis::BasisKind;
use crate::merge::{Id, Stamp};

/// Which sort of act was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoneKind {
    /// A call.
    Call,
    /// A note.
    Note,
    /// A value.
    Edit,
    /// A merge, or its end.
    Merge,
}

/// What happened. Texts are borrowed from the lead; numbers are as typed: mask them for display.
#[derive(Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// The website's form arrived.
    Received,
    /// Entered by hand.
    Created {
        /// Where it came from.
        source: Source,
        /// Why we may hold it.
        basis: BasisKind,
    },
    /// A call.
    Called {
        /// How it ended.
        outcome: Outcome,
    },
    /// A note.
    Noted {
        /// What was said.
        text: &'a str,
    },
    /// Another state.
    StateChanged {
        /// Before.
        from: LeadState,
        /// After.
        to: LeadState,
    },
    /// The next call was planned or dropped.
    NextCallSet {
        /// When, milliseconds; `None` when dropped.
        at_ms: Option<i64>,
    },
    /// The name.
    NameChanged {
        /// Before; empty if none.
        from: &'a str,
        /// After.
        to: &'a str,
    },
    /// The number, as typed.
    PhoneChanged {
        /// Before; empty if none.
        from: &'a str,
        /// After.
        to: &'a str,
    },
    /// The question.
    QuestionChanged,
    /// The branch.
    BranchSet {
        /// After.
        branch: Option<&'a str>,
    },
    /// Who works on it.
    Assigned {
        /// After.
        to: Option<&'a str>,
    },
    /// The order.
    OrderLinked {
        /// After.
        order: Option<&'a str>,
    },
    /// This record became a duplicate of another.
    Merged {
        /// That one.
        into: Id,
    },
    /// It stands for itself again.
    Unmerged {
        /// What it was merged into; `None` if that is not known here.
        from: Option<Id>,
    },
    /// A person vouched for it.
    Cleared,
    /// The number was uncovered.
    Revealed {
        /// Why.
        purpose: Purpose,
    },
    /// An act was taken back.
    Undone {
        /// What sort.
        what: UndoneKind,
        /// Which.
        target: Stamp,
    },
    /// A taking-back was taken back: the act holds again.
    Redone {
        /// The taking-back.
        target: Stamp,
    },
}

/// One line of the timeline.
#[derive(Clone, PartialEq, Eq)]
pub struct Moment<'a> {
    /// Entry that recorded it.
    pub stamp: Stamp,
    /// Which of the entry's lines, from 0.
    pub part: u16,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Person at the desk; empty for the website.
    pub by: &'a str,
    /// What happened.
    pub event: Event<'a>,
    /// Taken back later.
    pub undone: bool,
}

crate::redact::redact!(Event<'a>, Moment<'a>);

impl Moment<'_> {
    /// A handle that no other line of this lead has.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}.{}", self.stamp.key(), self.part)
    }
}

impl Lead {
    /// Everything that happened, newest entry first; within an entry in a fixed order.
    #[must_use]
    pub fn history(&self) -> Vec<Moment<'_>> {
        let live = Live::of(self);
        let mut before = Before::default();
        let mut entries = Vec::with_capacity(self.len());
        for (place, (stamp, change)) in self.changes.iter().enumerate() {
            let undone = !live.stands(place);
            let mut events = Vec::new();
            before.happenings(change, &mut events);
            self.takings_back(change, &mut events);
            if !undone {
                before.apply(change);
            }
            entries.push((*stamp, change, undone, events));
        }
        entries
            .into_iter()
            .rev()
            .flat_map(|(stamp, change, undone, events)| {
                events
                    .into_iter()
                    .zip(0u16..)
                    .map(move |(event, part)| Moment {
                        stamp,
                        part,
                        at_ms: change.at_ms,
                        by: &change.by,
                        event,
                        undone,
                    })
            })
            .collect()
    }

    fn takings_back(&self, change: &Change, events: &mut Vec<Event<'_>>) {
        // Redoing may name several takings-back (two desks did the same); one line says it.
        let obeyed = |target: &&Stamp| self.get(target).is_none_or(Change::can_be_undone);
        if let Some(target) = change.undoes.iter().find(obeyed) {
            events.push(match self.get(target) {
                Some(act) if !act.undoes.is_empty() => Event::Redone { target: *target },
                act => Event::Undone {
                    what: act.map_or(UndoneKind::Edit, Change::undone_kind),
                    target: *target,
                },
            });
        }
    }
}

impl Change {
    /// What to call the act when it is taken back.
    #[must_use]
    pub fn undone_kind(&self) -> UndoneKind {
        if self.call.is_some() {
            UndoneKind::Call
        } else if self.note.is_some() {
            UndoneKind::Note
        } else if self.merged_into != Patch::Keep {
            UndoneKind::Merge
        } else {
            UndoneKind::Edit
        }
    }
}

/// The values before a change, as far as the timeline names them.
#[derive(Default)]
struct Before<'a> {
    name: &'a str,
    phone: &'a str,
    question: &'a str,
    state: LeadState,
    next_call: Option<i64>,
    merged_into: Option<Id>,
}

impl<'a> Before<'a> {
    fn happenings(&self, change: &'a Change, events: &mut Vec<Event<'a>>) {
        if let Some(origin) = &change.origin {
            events.push(if origin.promo.is_some() {
                Event::Received
            } else {
                Event::Created {
                    source: origin.source,
                    basis: origin.basis,
                }
            });
        }
        if let Some(outcome) = change.call {
            events.push(Event::Called { outcome });
        }
        if let Some(text) = &change.note {
            events.push(Event::Noted { text });
        }
        // What came with the lead is no change of it.
        if change.origin.is_none() {
            self.texts(change, events);
            self.places(change, events);
        }
        if let Some(purpose) = change.access {
            events.push(Event::Revealed { purpose });
        }
    }

    fn texts(&self, change: &'a Change, events: &mut Vec<Event<'a>>) {
        if let Some(to) = change.name.as_deref().filter(|to| *to != self.name) {
            let from = self.name;
            events.push(Event::NameChanged { from, to });
        }
        if let Some(to) = change.phone.as_deref().filter(|to| *to != self.phone) {
            let from = self.phone;
            events.push(Event::PhoneChanged { from, to });
        }
        if change
            .question
            .as_deref()
            .is_some_and(|to| to != self.question)
        {
            events.push(Event::QuestionChanged);
        }
    }

    fn places(&self, change: &'a Change, events: &mut Vec<Event<'a>>) {
        if let Some(to) = change.state.filter(|to| *to != self.state) {
            let from = self.state;
            events.push(Event::StateChanged { from, to });
        }
        let next = change.next_call.on_write(Option::<&i64>::copied);
        let next = next.filter(|at_ms| *at_ms != self.next_call);
        events.extend(next.map(|at_ms| Event::NextCallSet { at_ms }));
        let branch = change.branch.on_write(|to| to.map(String::as_str));
        events.extend(branch.map(|branch| Event::BranchSet { branch }));
        let owner = change.owner.on_write(|to| to.map(String::as_str));
        events.extend(owner.map(|to| Event::Assigned { to }));
        let order = change.order.on_write(|to| to.map(String::as_str));
        events.extend(order.map(|order| Event::OrderLinked { order }));
        events.extend(change.merged_into.on_write(|target| match target {
            Some(into) => Event::Merged { into: *into },
            None => Event::Unmerged {
                from: self.merged_into,
            },
        }));
        if change.cleared {
            events.push(Event::Cleared);
        }
    }

    fn apply(&mut self, change: &'a Change) {
        let set = |value: &mut &'a str, to: &'a Option<String>| {
            if let Some(to) = to {
                *value = to;
            }
        };
        set(&mut self.name, &change.name);
        set(&mut self.phone, &change.phone);
        set(&mut self.question, &change.question);
        self.state = change.state.unwrap_or(self.state);
        let next = change.next_call.on_write(Option::<&i64>::copied);
        self.next_call = next.unwrap_or(self.next_call);
        let target = change.merged_into.on_write(Option::<&Id>::copied);
        self.merged_into = target.unwrap_or(self.merged_into);
    }
}
