//! What the vault shows: plain values without a key, a raw number or a rule, ready for a window.
//!
//! Times are milliseconds since the Unix epoch; ids are lower-case hexadecimal.
mod backup;
mod desks;
mod outage;
mod people;

pub use backup::*;
pub use desks::*;
pub use outage::*;
pub use people::*;

use casebook::basis::BasisKind;
use casebook::lead::{LeadState, Outcome, Source};
use casebook::permission::Permission;
use casebook::phone::{PhoneKind, PhoneWarning};
use casebook::submission::PromoChoices;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch: a `number` in the window, exact up to 2^53.
pub type Millis = i64;

/// A number as the list shows it: masked, so that a glance at the screen gives nothing away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PhoneView {
    /// `09•• ••• 678`; empty when no number was given.
    pub masked: String,
    /// What sort of number it is.
    pub kind: PhoneKind,
    /// What a clerk should check before dialling.
    pub warnings: Vec<PhoneWarning>,
}

/// How far an entry has travelled, never claimed before it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "where")]
pub enum SyncMark {
    /// Part of it is on this PC only.
    OnlyHere,
    /// Another PC has all of it, the server not yet.
    Elsewhere {
        /// When that was learned, in milliseconds.
        at: Millis,
    },
    /// The server has all of it, since `at` when this PC learned that.
    OnServer {
        /// When the server acknowledged, in milliseconds; 0 when it came from there.
        at: Millis,
    },
}

/// One row of the leads table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LeadRow {
    /// Record id.
    pub id: String,
    /// Full name as written; empty if none was given.
    pub name: String,
    /// The number, masked.
    pub phone: PhoneView,
    /// The question on one line, at most 160 characters.
    pub question: String,
    /// Where the lead came from.
    pub source: Source,
    /// Branch, if one is known.
    pub branch: Option<String>,
    /// Where the work stands.
    pub state: LeadState,
    /// When the visitor asked.
    pub received_at: Millis,
    /// When to call next.
    pub next_call_at: Option<Millis>,
    /// Who took it on.
    pub owner: Option<String>,
    /// Calls tried so far.
    pub attempts: u32,
    /// Other inquiries from the same number.
    pub siblings: u32,
    /// Duplicates that were merged into this one.
    pub merged: u32,
    /// Two people gave the name or the number different values at once.
    pub conflict: bool,
    /// The form's traps say that this may be no person.
    pub suspect: bool,
    /// How far the record has travelled.
    pub sync: SyncMark,
}

/// The lists a clerk works from, offered as chips above the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Chip {
    /// Everything but suspects and what was merged away.
    #[default]
    All,
    /// Not called yet.
    New,
    /// A call is due today (in the clinic's time zone), overdue ones included.
    Today,
    /// A call was due before now.
    Overdue,
    /// Taken on by the person at this desk.
    Mine,
    /// Not finished: new, contacting, callback, booked.
    Open,
    /// Held back by the form's traps.
    Suspect,
}

/// Order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum LeadSort {
    /// Not yet called first (oldest of them on top), then the rest, newest first.
    #[default]
    Work,
    /// Newest first.
    Newest,
    /// By given name, Vietnamese collation.
    Name,
    /// Soonest next call first; without one last.
    NextCall,
}

/// What to show in the table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct LeadQuery {
    /// Words or digits to find; empty for everything.
    pub text: String,
    /// Which work list.
    pub chip: Chip,
    /// Only these states; empty for all.
    pub states: Vec<LeadState>,
    /// Only this branch.
    pub branch: Option<String>,
    /// Only this source.
    pub source: Option<Source>,
    /// Order, without search words; hits are ordered by how well they fit.
    pub sort: LeadSort,
    /// First row wanted.
    pub offset: u32,
    /// Rows wanted, at most 200.
    pub limit: u32,
}

/// How many leads stand in each list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the fields are the variants of `Chip`
pub struct ChipCounts {
    pub all: u32,
    pub new: u32,
    pub today: u32,
    pub overdue: u32,
    pub mine: u32,
    pub open: u32,
    pub suspect: u32,
}

/// One page of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LeadPage {
    /// The rows asked for.
    pub rows: Vec<LeadRow>,
    /// Rows in the whole list; while searching, at most 50 and `more` says if there are others.
    pub total: u32,
    /// The search found more than it shows.
    pub more: bool,
    /// Lists and their sizes.
    pub counts: ChipCounts,
    /// Branches that occur, for the filter.
    pub branches: Vec<String>,
    /// The words are a phone number that nobody here has: offer to add it.
    pub unknown_number: Option<String>,
    /// False while rows are still being read after unlocking; search is then incomplete.
    pub searchable: bool,
}

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

/// Who this PC is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DeskView {
    /// Clinic's name.
    pub clinic: String,
    /// Clinic's id.
    pub clinic_id: String,
    /// Branch of this PC.
    pub branch: String,
    /// Name of this PC.
    pub desk: String,
    /// Author id.
    pub author: String,
    /// Person at the desk.
    pub person: String,
    /// Intake server, once claimed.
    pub server: Option<String>,
    /// The recovery kit's words were checked.
    pub kit_checked: bool,
    /// Every branch known.
    pub branches: Vec<String>,
}

/// How the exchange with the server stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SyncView {
    /// What is so.
    pub state: SyncState,
    /// Acts recorded here that the server lacks.
    pub unsent: u32,
    /// When the oldest of them was recorded.
    pub oldest_unsent_at: Option<Millis>,
    /// Last time everything was exchanged.
    pub synced_at: Option<Millis>,
    /// How far this PC's clock is from the server's, in milliseconds; shown when over two minutes.
    pub clock_offset: Millis,
    /// Ledgers that stopped at a bad entry: names of their authors.
    pub alarms: Vec<Alarm>,
    /// PCs of the clinic in the local network.
    pub nearby: Vec<Nearby>,
    /// How far the first exchange has come; `None` once it is over.
    pub first: Option<Progress>,
}

/// State of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum SyncState {
    /// No server was claimed yet: everything stays here.
    NoServer,
    /// Trying for the first time since start.
    Connecting,
    /// All exchanged.
    Synced,
    /// Exchanging now.
    Syncing,
    /// The server can't be reached.
    Offline,
    /// The server answers, but not as agreed; see `alarms`.
    Refused,
}

/// Something wrong that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Which author's ledger; empty for the server as a whole.
    pub author: String,
    /// It is this PC's own ledger: there is a second copy of this PC, or one was restored.
    pub me: bool,
    /// What was found.
    pub kind: AlarmKind,
    /// When.
    pub at: Millis,
}

/// Kinds of alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum AlarmKind {
    /// An entry doesn't fit its chain, signature or payload hash.
    BadEntry,
    /// Two different entries stand at one place: a copy of a PC, or a lie.
    Fork,
    /// A payload does not open with its key.
    Unopenable,
    /// The server has less than it once had.
    Rollback,
    /// This database is older than what this PC had already written.
    StaleCopy,
    /// The server answers for another clinic.
    WrongClinic,
    /// The server speaks a version that this program does not know.
    Version,
    /// The live form differs from the one pinned when the server was claimed.
    FormChanged,
    /// The server refuses this PC.
    Revoked,
}
