//! One lead, and what a clerk does to it.
use casebook::basis::BasisKind;
use casebook::lead::{LeadState, Outcome, Source};
use casebook::permission::Permission;
use casebook::phone::{PhoneKind, PhoneWarning};
use casebook::submission::PromoChoices;
use serde::{Deserialize, Serialize};

use super::{LeadQuery, LeadRow, Millis};

/// One value out of several that were written at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Rival {
    /// The value; a number is masked.
    pub value: String,
    /// Who wrote it: person and desk.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Handle to choose it with.
    pub key: String,
}

/// What happened, in the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "what")]
#[allow(missing_docs)] // each variant is one sentence of the catalogue
pub enum Happening {
    Received,
    Created {
        source: Source,
        basis: BasisKind,
    },
    Called {
        outcome: Outcome,
    },
    Noted {
        text: String,
    },
    StateChanged {
        from: Option<LeadState>,
        to: LeadState,
    },
    NextCallSet {
        at: Option<Millis>,
    },
    NameChanged {
        from: String,
        to: String,
    },
    PhoneChanged {
        from: String,
        to: String,
    },
    QuestionChanged,
    BranchSet {
        branch: Option<String>,
    },
    Assigned {
        to: Option<String>,
    },
    OrderLinked {
        order: Option<String>,
    },
    Merged {
        other: String,
    },
    Unmerged {
        other: String,
    },
    Cleared,
    Revealed {
        purpose: RevealPurpose,
    },
    Undone {
        act: UndoneWhat,
    },
    /// A taking-back was taken back: the act holds again.
    Redone,
}

/// Which act was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum UndoneWhat {
    Call,
    Note,
    Edit,
    Merge,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TimelineItem {
    /// Entry that recorded it: author and number, unique.
    pub key: String,
    /// When, by the clock of the PC that recorded it, corrected by what the server said.
    pub at: Millis,
    /// Who: the person at the desk, or empty for the website.
    pub by: String,
    /// Name of the desk or server that recorded it.
    pub desk: String,
    /// What happened.
    pub happening: Happening,
    /// Taken back later.
    pub undone: bool,
}

/// Everything about one lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LeadView {
    /// The same values as in the table.
    pub row: LeadRow,
    /// The question in full.
    pub question: String,
    /// Why we may hold this: law's ground.
    pub basis: BasisKind,
    /// The clerk's note on the ground.
    pub basis_note: String,
    /// What the visitor ticked on the form; `None` for a lead entered by hand.
    pub promo: Option<PromoChoices>,
    /// Version of the notice that the visitor saw.
    pub notice_version: Option<String>,
    /// Page the form stood on.
    pub page: Option<String>,
    /// May we call, and why.
    pub permission: Permission,
    /// What happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// Other inquiries of the same number, newest first.
    pub siblings: Vec<LeadRow>,
    /// Records merged into this one.
    pub merged: Vec<LeadRow>,
    /// Names written at once by different people; empty when there is no dispute.
    pub name_rivals: Vec<Rival>,
    /// Numbers likewise.
    pub phone_rivals: Vec<Rival>,
    /// Order number that the lead led to.
    pub order: Option<String>,
    /// A note begun on this PC and not yet saved.
    pub draft: Option<String>,
}

/// Why a number was uncovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum RevealPurpose {
    Call,
    Copy,
    Zalo,
    Show,
    Print,
}

/// An uncovered number.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct RevealedPhone {
    /// `0912 345 678`.
    pub display: String,
    /// E.164, `+84912345678`; empty when the number could not be read.
    pub e164: String,
    /// As the visitor typed it.
    pub raw: String,
}

/// A handle for taking an act back: the entry that recorded it.
pub type UndoToken = String;

/// An act's result: the record as it now is, so that the window never asks twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    /// The record now.
    pub lead: LeadView,
    /// Take it back with this; `None` when nothing changed.
    pub undo: Option<UndoToken>,
}

/// What a clerk does to a lead.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "act")]
pub enum LeadAct {
    /// A call was tried or made.
    Call {
        /// How it ended.
        outcome: Outcome,
        /// When to call next; `None` lets the rules choose (no answer: the next try).
        next_call_at: Option<Millis>,
    },
    /// A note, which also ends the draft.
    Note {
        /// What was said.
        text: String,
    },
    /// Change the state by hand.
    SetState {
        /// New state.
        state: LeadState,
    },
    /// Plan or drop the next call.
    SetNextCall {
        /// When; `None` drops it.
        at: Option<Millis>,
    },
    /// Correct what the visitor wrote.
    Edit {
        /// New name.
        name: Option<String>,
        /// New number, as typed.
        phone: Option<String>,
        /// New question.
        question: Option<String>,
    },
    /// Put it to a branch.
    SetBranch {
        /// Which; `None` for none.
        branch: Option<String>,
    },
    /// Take it on, or give it back.
    Assign {
        /// Person; `None` for nobody.
        to: Option<String>,
    },
    /// Name the order that it led to.
    LinkOrder {
        /// Order number; `None` unlinks.
        order: Option<String>,
    },
    /// Say that a suspect is a person after all.
    Clear,
    /// Choose one of two values written at once.
    Settle {
        /// Handle out of `Rival::key`.
        key: String,
    },
}

/// A lead entered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct NewLead {
    /// Full name.
    pub name: String,
    /// Number as said or typed.
    pub phone: String,
    /// What they ask.
    pub question: String,
    /// Where they came from.
    pub source: Source,
    /// Why we may hold this.
    pub basis: BasisKind,
    /// Mandatory for every ground but consent by the form: how it was given, where the proof is.
    pub basis_note: String,
    /// Branch; `None` means this desk's.
    pub branch: Option<String>,
}

/// What typing a number tells before anything is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PhoneCheck {
    /// How we read it, for display; empty when unreadable.
    pub display: String,
    /// Its sort.
    pub kind: PhoneKind,
    /// What to look at.
    pub warnings: Vec<PhoneWarning>,
    /// A second number in the same text.
    pub second: Option<String>,
    /// Inquiries that already have this number.
    pub known: Vec<LeadRow>,
}

/// The one sentence on top of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Today {
    /// Arrived since this desk was last in use (or in 24 hours), not yet called.
    pub new: u32,
    /// Calls due today.
    pub due_today: u32,
    /// Calls that were due before now.
    pub overdue: u32,
    /// Arrival of the oldest lead nobody called.
    pub oldest_uncalled_at: Option<Millis>,
}

/// A list that someone gave a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// Its name, unique on this PC.
    pub name: String,
    /// What it shows.
    pub query: LeadQuery,
}
