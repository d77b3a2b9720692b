//! Lists of leads, and one row of them.
use casebook::lead::{LeadState, Source};
use casebook::phone::{PhoneKind, PhoneWarning};
use serde::{Deserialize, Serialize};

use super::Millis;

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
