//! What is known of each lead besides its text, one array a property.
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use ledger::id::RecordId;
use zeroize::Zeroize;

use super::Slot;
use super::traits::{Class, Traits};
use crate::view::Millis;

/// When a lead arrived, and its id.
pub(crate) type Age = (Millis, RecordId);

const NONE: Slot = Slot(u32::MAX);

/// Leads of one number: a chain through `Columns::same`.
struct Number {
    first: Slot,
    shown: u32,
}

/// The arrays, and the two indexes over them.
#[derive(Default)]
pub(crate) struct Columns {
    ids: Vec<RecordId>,
    rows: Vec<i64>,
    received: Vec<Millis>,
    traits: Vec<Traits>,
    phones: Vec<u64>,
    /// Next lead with the same number.
    same: Vec<Slot>,
    /// Few leads have one at a time.
    next_calls: HashMap<Slot, Millis>,
    free: Vec<Slot>,
    by_id: HashTable<Slot>,
    by_phone: HashTable<Number>,
    // Record ids come from visitors' browsers: an unkeyed hash could be flooded.
    hasher: RandomState,
}

impl Drop for Columns {
    fn drop(&mut self) {
        self.phones.zeroize();
    }
}

fn push_tight<T>(column: &mut Vec<T>, value: T) {
    // Doubling would cost half as much memory again.
    if column.len() == column.capacity() {
        column.reserve_exact((column.len() / 8).max(256));
    }
    column.push(value);
}

impl Columns {
    pub(crate) fn reserve(&mut self, more: usize) {
        self.ids.reserve_exact(more);
        self.rows.reserve_exact(more);
        self.received.reserve_exact(more);
        self.traits.reserve_exact(more);
        self.phones.reserve_exact(more);
        self.same.reserve_exact(more);
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn add(&mut self, id: RecordId, row: i64, received: Millis) -> Slot {
        let slot = if let Some(slot) = self.free.pop() {
            let i = slot.index();
            (self.ids[i], self.rows[i], self.received[i]) = (id, row, received);
            (self.traits[i], self.phones[i], self.same[i]) = (Traits::default(), 0, NONE);
            slot
        } else {
            let slot = Slot(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
            push_tight(&mut self.ids, id);
            push_tight(&mut self.rows, row);
            push_tight(&mut self.received, received);
            push_tight(&mut self.traits, Traits::default());
            push_tight(&mut self.phones, 0);
            push_tight(&mut self.same, NONE);
            slot
        };
        let (ids, hasher) = (&self.ids, &self.hasher);
        self.by_id.insert_unique(hasher.hash_one(id), slot, |slot| {
            hasher.hash_one(ids[slot.index()])
        });
        slot
    }

    /// Frees the slot; its number and next call must be gone before.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let hash = self.hasher.hash_one(self.id(slot));
        if let Ok(entry) = self.by_id.find_entry(hash, |other| *other == slot) {
            entry.remove();
            self.free.push(slot);
        }
    }

    pub(crate) fn slot(&self, id: RecordId) -> Option<Slot> {
        self.by_id
            .find(self.hasher.hash_one(id), |slot| {
                self.ids[slot.index()] == id
            })
            .copied()
    }

    pub(crate) fn id(&self, slot: Slot) -> RecordId {
        self.ids[slot.index()]
    }

    pub(crate) fn row(&self, slot: Slot) -> i64 {
        self.rows[slot.index()]
    }

    pub(crate) fn set_row(&mut self, slot: Slot, row: i64) {
        self.rows[slot.index()] = row;
    }

    pub(crate) fn received(&self, slot: Slot) -> Millis {
        self.received[slot.index()]
    }

    pub(crate) fn set_received(&mut self, slot: Slot, at: Millis) {
        self.received[slot.index()] = at;
    }

    pub(crate) fn traits(&self, slot: Slot) -> Traits {
        self.traits[slot.index()]
    }

    pub(crate) fn set_traits(&mut self, slot: Slot, traits: Traits) {
        let was = self.shown(slot);
        self.traits[slot.index()] = traits;
        let is = self.shown(slot);
        if was != is {
            self.tally(slot, is);
        }
    }

    /// Not merged into another.
    pub(crate) fn shown(&self, slot: Slot) -> bool {
        self.traits(slot).class() != Class::Merged
    }

    fn tally(&mut self, slot: Slot, shown: bool) {
        if let Some(number) = self.number_mut(self.phone(slot)) {
            number.shown = if shown {
                number.shown + 1
            } else {
                number.shown.saturating_sub(1)
            };
        }
    }

    pub(crate) fn next_call(&self, slot: Slot) -> Option<Millis> {
        self.next_calls.get(&slot).copied()
    }

    pub(crate) fn set_next_call(&mut self, slot: Slot, at: Option<Millis>) {
        match at {
            Some(at) => self.next_calls.insert(slot, at),
            None => self.next_calls.remove(&slot),
        };
    }

    /// Sorts leads by arrival; ids make it strict.
    pub(crate) fn age(&self, slot: Slot) -> Age {
        (self.received(slot), self.id(slot))
    }

    /// Which leads arrived before this one.
    pub(crate) fn older(&self, slot: Slot) -> impl Fn(Slot) -> bool {
        let age = self.age(slot);
        move |other| self.age(other) < age
    }

    /// Which leads are to be called before this one; at the same time the newest first.
    pub(crate) fn sooner(&self, slot: Slot) -> impl Fn(Slot) -> bool {
        let key = |slot: Slot| (self.next_call(slot), Reverse(self.age(slot)));
        let own = key(slot);
        move |other| key(other) < own
    }

    pub(crate) fn phone(&self, slot: Slot) -> u64 {
        self.phones[slot.index()]
    }

    /// Moves a lead to another number; 0 for none.
    pub(crate) fn set_phone(&mut self, slot: Slot, phone: u64) {
        if self.phone(slot) == phone {
            return;
        }
        if self.shown(slot) {
            self.tally(slot, false);
        }
        self.unlink(slot);
        self.phones[slot.index()] = phone;
        if phone == 0 {
            return;
        }
        let hash = self.hasher.hash_one(phone);
        let (phones, hasher) = (&self.phones, &self.hasher);
        let number = self
            .by_phone
            .entry(
                hash,
                |n| phones[n.first.index()] == phone,
                |n| hasher.hash_one(phones[n.first.index()]),
            )
            .or_insert(Number {
                first: NONE,
                shown: 0,
            })
            .into_mut();
        self.same[slot.index()] = number.first;
        number.first = slot;
        if self.shown(slot) {
            self.tally(slot, true);
        }
    }

    fn unlink(&mut self, slot: Slot) {
        let phone = std::mem::take(&mut self.phones[slot.index()]);
        let after = std::mem::replace(&mut self.same[slot.index()], NONE);
        if phone == 0 {
            return;
        }
        let hash = self.hasher.hash_one(phone);
        let phones = &self.phones;
        let found = self.by_phone.find_entry(hash, |n| {
            n.first == slot || phones[n.first.index()] == phone
        });
        let Ok(mut entry) = found else {
            return;
        };
        if entry.get().first == slot {
            if after == NONE {
                entry.remove();
            } else {
                entry.get_mut().first = after;
            }
            return;
        }
        let mut at = entry.get().first;
        while at != NONE && self.same[at.index()] != slot {
            at = self.same[at.index()];
        }
        if at != NONE {
            self.same[at.index()] = after;
        }
    }

    fn number_mut(&mut self, phone: u64) -> Option<&mut Number> {
        let (phones, hash) = (&self.phones, self.hasher.hash_one(phone));
        self.by_phone
            .find_mut(hash, |n| phones[n.first.index()] == phone)
            .filter(|_| phone != 0)
    }

    fn number(&self, phone: u64) -> Option<&Number> {
        let hash = self.hasher.hash_one(phone);
        self.by_phone
            .find(hash, |n| self.phones[n.first.index()] == phone)
            .filter(|_| phone != 0)
    }

    /// Shown leads with a number.
    pub(crate) fn shown_with(&self, phone: u64) -> u32 {
        self.number(phone).map_or(0, |number| number.shown)
    }

    /// Leads with a number, in no order.
    pub(crate) fn with_phone(&self, phone: u64) -> impl Iterator<Item = Slot> {
        let real = |slot: Slot| (slot != NONE).then_some(slot);
        let first = self.number(phone).map(|number| number.first);
        std::iter::successors(first, move |slot| real(self.same[slot.index()]))
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.ids.capacity() * size_of::<RecordId>()
            + (self.rows.capacity() + self.received.capacity()) * 8
            + (self.traits.capacity() + self.phones.capacity()) * 8
            + (self.same.capacity() + self.free.capacity()) * size_of::<Slot>()
            + self.next_calls.capacity() * (size_of::<(Slot, Millis)>() + 1)
            + self.by_id.capacity() * (size_of::<Slot>() + 1)
            + self.by_phone.capacity() * (size_of::<Number>() + 1)
    }
}
