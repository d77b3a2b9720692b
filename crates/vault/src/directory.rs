//! Every lead's place in lists, kept in memory so that no click reads the disk.
use casebook::lead::{LeadState, Source};
use ledger::id::RecordId;

use crate::view::{ChipCounts, LeadQuery, Millis, Today};

/// Handle of a lead for as long as it stays in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(crate) u32);

/// What lists and search know about a lead; borrowed, so that loading copies text once.
pub struct Indexed<'a> {
    /// Full name as written.
    pub name: &'a str,
    /// First number in E.164 (`+84912345678`); `None` when none could be read.
    pub phone: Option<&'a str>,
    /// A second number in the same text, in E.164.
    pub second_phone: Option<&'a str>,
    /// The number as typed; its digits are searched when it could not be read.
    pub raw_phone: &'a str,
    /// The question in full.
    pub question: &'a str,
    /// Order number.
    pub order: Option<&'a str>,
    /// Branch.
    pub branch: Option<&'a str>,
    /// Who took it on.
    pub owner: Option<&'a str>,
    /// Where the work stands.
    pub state: LeadState,
    /// Where the lead came from.
    pub source: Source,
    /// When the visitor asked.
    pub received_ms: Millis,
    /// When to call next.
    pub next_call_ms: Option<Millis>,
    /// Held back by the form's traps.
    pub suspect: bool,
    /// The record this one was merged into.
    pub merged_into: Option<RecordId>,
    /// Number of this desk's newest entry about it; 0 when this desk wrote none.
    pub own_seq: u64,
}

/// One lead to put into the directory.
pub struct Row<'a> {
    /// Record.
    pub id: RecordId,
    /// Its row in the store.
    pub row: i64,
    /// What lists and search know about it.
    pub facts: Indexed<'a>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The rows asked for, in order.
    pub slots: Vec<Slot>,
    /// Rows in the whole list; while searching, at most 50.
    pub total: u32,
    /// The search found more than that.
    pub more: bool,
}

/// What a search found, best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// Hits.
    pub slots: Vec<Slot>,
    /// There are others.
    pub more: bool,
}

/// All leads of this desk. Load rows oldest first: that is the cheap direction.
#[derive(Default)]
pub struct Directory {}

#[allow(missing_docs, unused_variables, clippy::unused_self, clippy::needless_pass_by_ref_mut)]
impl Directory {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Makes room for `leads` more without growing step by step.
    pub fn reserve(&mut self, leads: usize) {}
    /// Puts a lead in, or replaces what was known of it.
    pub fn upsert(&mut self, row: &Row<'_>) -> Slot {
        Slot(0)
    }
    /// Takes a lead out; `false` when it was not in.
    pub fn remove(&mut self, id: RecordId) -> bool {
        false
    }
    #[must_use]
    pub fn len(&self) -> usize {
        0
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }
    #[must_use]
    pub fn slot(&self, id: RecordId) -> Option<Slot> {
        None
    }
    #[must_use]
    pub fn row_of(&self, slot: Slot) -> i64 {
        0
    }
    #[must_use]
    pub fn id_of(&self, slot: Slot) -> RecordId {
        RecordId::from_bytes([0; 16])
    }
    /// One page of a list or of a search's hits (`&mut`: the name order is built when first asked for).
    pub fn page(&mut self, query: &LeadQuery, me: &str, now: Millis) -> Page {
        Page::default()
    }
    #[must_use]
    pub fn counts(&self, me: &str, now: Millis) -> ChipCounts {
        ChipCounts::default()
    }
    /// Searches everything but what was merged away.
    #[must_use]
    pub fn find(&self, text: &str, limit: usize) -> Hits {
        Hits::default()
    }
    /// Leads with this number, newest first, without what was merged away.
    #[must_use]
    pub fn same_number(&self, e164: &str) -> Vec<Slot> {
        Vec::new()
    }
    /// Other leads with this lead's number.
    #[must_use]
    pub fn siblings(&self, slot: Slot) -> Vec<Slot> {
        Vec::new()
    }
    /// Leads that were merged into this one, newest first.
    #[must_use]
    pub fn merged(&self, slot: Slot) -> Vec<Slot> {
        Vec::new()
    }
    /// Branches that occur, in order.
    #[must_use]
    pub fn branches(&self) -> Vec<String> {
        Vec::new()
    }
    /// The sentence on top; `since` is when this desk was last in use.
    #[must_use]
    pub fn today(&self, since: Millis, now: Millis) -> Today {
        Today::default()
    }
    /// Number of this desk's newest entry about the lead.
    #[must_use]
    pub fn own_seq(&self, slot: Slot) -> u64 {
        0
    }
    /// Leads whose newest entry of this desk is after `seq`: those a server that acknowledged `seq` lacks.
    #[must_use]
    pub fn own_after(&self, seq: u64) -> Vec<Slot> {
        Vec::new()
    }
    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        0
    }
}
