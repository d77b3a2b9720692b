//! Every lead's place in lists, kept in memory so that no click reads the disk.
use casebook::lead::{LeadState, Source};
use ledger::id::RecordId;

mod columns;
mod lists;
mod merges;
mod names;
mod order;
mod own;
mod traits;
mod words;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use columns::Columns;
use merges::Merges;
use names::Names;
use order::Order;
pub(crate) use order::{Placed, ROWS, Taken, rows_newest_first};
use own::Own;
use traits::{Class, Traits};
use words::Words;

use crate::search::Search;
use crate::view::Millis;

/// Handle of a lead for as long as it stays in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    fn index(self) -> usize {
        self.0 as usize
    }
}

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

/// What a person sees of the lists.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The person's name, as leads name who took them on.
    pub me: &'a str,
    /// Only leads of these branches, and those without one; empty for all.
    pub branches: &'a [String],
}

impl<'a> Sight<'a> {
    /// Somebody who sees everything.
    #[must_use]
    pub const fn of(me: &'a str) -> Self {
        Self { me, branches: &[] }
    }
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
pub struct Directory {
    columns: Columns,
    /// By arrival; the texts follow it block by block.
    arrival: Order,
    search: Search,
    /// Leads with a next call, soonest first.
    calls: Order,
    names: Option<Names>,
    branches: Words,
    people: Words,
    merges: Merges,
    /// Listed leads by state.
    listed: [u32; 7],
    held: u32,
    own: Own,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// An empty directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `leads` more, so that loading doesn't grow step by step.
    pub fn reserve(&mut self, leads: usize) {
        self.columns.reserve(leads);
    }

    /// Puts a lead in, or replaces what was known of it.
    pub fn upsert(&mut self, row: &Row<'_>) -> Slot {
        let facts = &row.facts;
        let branch = self.branches.number(facts.branch);
        let owner = self.people.number(facts.owner);
        let traits = Traits::new(facts.state, facts.source, facts.suspect, branch, owner);
        let known = self.columns.slot(row.id);
        let slot = match known {
            Some(slot) => self.rewrite(slot, row, traits),
            None => self.enter(row, traits),
        };
        self.columns.set_phone(slot, phone_key(facts.phone));
        self.plan(slot, facts.next_call_ms);
        self.own.set(slot, facts.own_seq);
        if self.merges.set(row.id, facts.merged_into) || known.is_none() {
            self.regroup(&self.merges.reach(row.id));
        }
        slot
    }

    /// Takes a lead out; `false` when it was not in.
    pub fn remove(&mut self, id: RecordId) -> bool {
        let Some(slot) = self.columns.slot(id) else {
            return false;
        };
        let others = self.merges.reach(id);
        self.merges.set(id, None);
        self.plan(slot, None);
        self.own.set(slot, 0);
        self.columns.set_phone(slot, 0);
        self.depart(slot);
        self.tally(self.columns.traits(slot), false);
        self.columns.remove(slot);
        self.regroup(&others);
        true
    }

    /// Leads held, merged ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// No lead at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a record stands.
    #[must_use]
    pub fn slot(&self, id: RecordId) -> Option<Slot> {
        self.columns.slot(id)
    }

    /// A lead's row in the store.
    #[must_use]
    pub fn row_of(&self, slot: Slot) -> i64 {
        self.columns.row(slot)
    }

    /// A lead's record.
    #[must_use]
    pub fn id_of(&self, slot: Slot) -> RecordId {
        self.columns.id(slot)
    }

    /// Number of this desk's newest entry about the lead; 0 for none.
    #[must_use]
    pub fn own_seq(&self, slot: Slot) -> u64 {
        self.own.get(slot)
    }

    /// Leads whose newest entry of this desk is after `seq`: those that a server which acknowledged `seq` lacks.
    #[must_use]
    pub fn own_after(&self, seq: u64) -> Vec<Slot> {
        self.own.after(seq).collect()
    }

    /// Leads with this number, newest first, without what was merged away.
    #[must_use]
    pub fn same_number(&self, e164: &str) -> Vec<Slot> {
        self.with_phone(phone_key(Some(e164)))
    }

    /// Other leads with this lead's number, newest first, without what was merged away.
    #[must_use]
    pub fn siblings(&self, slot: Slot) -> Vec<Slot> {
        let mut found = self.with_phone(self.columns.phone(slot));
        found.retain(|other| *other != slot);
        found
    }

    /// How many siblings a lead has.
    #[must_use]
    pub fn sibling_count(&self, slot: Slot) -> u32 {
        self.columns
            .shown_with(self.columns.phone(slot))
            .saturating_sub(u32::from(self.columns.shown(slot)))
    }

    /// Leads that were merged into this one, directly or by way of others, newest first.
    #[must_use]
    pub fn merged(&self, slot: Slot) -> Vec<Slot> {
        let id = self.columns.id(slot);
        let stands = |other: &RecordId| *other != id && self.root(*other) == id;
        let others = self.merges.reach(id);
        let mut found: Vec<Slot> = others
            .iter()
            .filter(|id| stands(id))
            .filter_map(|id| self.slot(*id))
            .collect();
        self.newest_first(&mut found);
        found
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.columns.bytes()
            + self.arrival.bytes()
            + self.calls.bytes()
            + self.search.bytes()
            + self.own.bytes()
            + self.names.as_ref().map_or(0, Names::bytes)
    }

    fn with_phone(&self, phone: u64) -> Vec<Slot> {
        let mut found: Vec<Slot> = self
            .columns
            .with_phone(phone)
            .filter(|slot| self.columns.shown(*slot))
            .collect();
        self.newest_first(&mut found);
        found
    }

    fn newest_first(&self, slots: &mut [Slot]) {
        slots.sort_unstable_by_key(|slot| std::cmp::Reverse(self.columns.age(*slot)));
    }

    fn enter(&mut self, row: &Row<'_>, traits: Traits) -> Slot {
        let slot = self.columns.add(row.id, row.row, row.facts.received_ms);
        self.columns.set_traits(slot, traits);
        self.tally(traits, true);
        self.arrive(slot, &row.facts);
        slot
    }

    fn rewrite(&mut self, slot: Slot, row: &Row<'_>, traits: Traits) -> Slot {
        let facts = &row.facts;
        let old = self.columns.traits(slot);
        self.columns.set_row(slot, row.row);
        if self.columns.received(slot) == facts.received_ms {
            self.retell(slot, facts);
        } else {
            self.depart(slot);
            self.columns.set_received(slot, facts.received_ms);
            self.arrive(slot, facts);
        }
        self.assign(
            slot,
            traits
                .with_planned(old.planned())
                .with_merged(old.class() == Class::Merged),
        );
        slot
    }

    /// Puts a lead into every order.
    fn arrive(&mut self, slot: Slot, facts: &Indexed<'_>) {
        let traits = self.columns.traits(slot);
        let placed = self.arrival.insert(slot, traits, self.columns.older(slot));
        self.search.insert(&placed, facts);
        if let Some(names) = &mut self.names {
            names.insert(
                &self.columns,
                slot,
                &self.search.name((placed.block, placed.at)),
            );
        }
        if traits.planned() {
            self.calls.insert(slot, traits, self.columns.sooner(slot));
        }
    }

    /// Takes a lead out of every order.
    fn depart(&mut self, slot: Slot) {
        if self.columns.traits(slot).planned() {
            self.calls.remove(slot, self.columns.sooner(slot));
        }
        if let Some(names) = &mut self.names {
            names.remove(&self.columns, slot);
        }
        if let Some(taken) = self.arrival.remove(slot, self.columns.older(slot)) {
            self.search.remove(&taken);
        }
    }

    /// Replaces a lead's text where it stands.
    fn retell(&mut self, slot: Slot, facts: &Indexed<'_>) {
        let Some(place) = self.arrival.locate(slot, self.columns.older(slot)) else {
            return;
        };
        let name = self.names.is_some().then(|| self.search.name(place));
        if !self.search.replace(place, facts) {
            return;
        }
        if let (Some(names), Some(old)) = (&mut self.names, name) {
            let new = self.search.name(place);
            if *new != *old {
                names.remove(&self.columns, slot);
                names.insert(&self.columns, slot, &new);
            }
        }
    }

    fn plan(&mut self, slot: Slot, at: Option<Millis>) {
        if self.columns.next_call(slot) == at {
            return;
        }
        let traits = self.columns.traits(slot);
        if traits.planned() {
            self.calls.remove(slot, self.columns.sooner(slot));
        }
        self.columns.set_next_call(slot, at);
        self.assign(slot, traits.with_planned(false));
        if at.is_some() {
            let traits = traits.with_planned(true);
            self.calls.insert(slot, traits, self.columns.sooner(slot));
            self.assign(slot, traits);
        }
    }

    /// Gives a lead other properties everywhere.
    fn assign(&mut self, slot: Slot, traits: Traits) {
        let old = self.columns.traits(slot);
        if old == traits {
            return;
        }
        self.tally(old, false);
        self.tally(traits, true);
        self.columns.set_traits(slot, traits);
        self.arrival.set(slot, traits, self.columns.older(slot));
        if traits.planned() {
            self.calls.set(slot, traits, self.columns.sooner(slot));
        }
        if let Some(names) = &mut self.names {
            names.set(&self.columns, slot, traits);
        }
    }

    fn tally(&mut self, traits: Traits, more: bool) {
        let count = |count: &mut u32| {
            *count = if more {
                *count + 1
            } else {
                count.saturating_sub(1)
            }
        };
        match traits.class() {
            Class::Merged => return,
            Class::Held => count(&mut self.held),
            Class::Listed => {
                count(&mut self.listed[traits.state()]);
                count(self.people.used_mut(traits.owner()));
            }
        }
        count(self.branches.used_mut(traits.branch()));
    }

    fn root(&self, id: RecordId) -> RecordId {
        self.merges
            .root(id, |other| self.columns.slot(other).is_some())
    }

    /// Hides what was merged into something that exists, shows the rest.
    fn regroup(&mut self, ids: &[RecordId]) {
        for id in ids {
            if let Some(slot) = self.columns.slot(*id) {
                let merged = self.root(*id) != *id;
                self.assign(slot, self.columns.traits(slot).with_merged(merged));
            }
        }
    }
}

/// A number as an integer: digits of E.164, at most fifteen, so that it fits; 0 for none.
fn phone_key(e164: Option<&str>) -> u64 {
    e164.and_then(|e164| e164.strip_prefix('+'))
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}
