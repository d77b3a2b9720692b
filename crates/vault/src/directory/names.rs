//! Leads in the order of a Vietnamese name list, made when somebody first asks for it.
use std::cmp::Reverse;

use zeroize::Zeroize;

use super::Slot;
use super::columns::Columns;
use super::order::Order;
use super::traits::Traits;

/// The order, and the sort key of each lead in it.
#[derive(Default)]
pub(crate) struct Names {
    order: Order,
    keys: Vec<Box<[u8]>>,
}

impl Drop for Names {
    fn drop(&mut self) {
        self.keys.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl Names {
    /// Sorts all leads; `name` gives each one's name.
    pub(crate) fn new(columns: &Columns, all: &[(Slot, zeroize::Zeroizing<String>)]) -> Self {
        let mut names = Self::default();
        let mut slots: Vec<Slot> = Vec::with_capacity(all.len());
        for (slot, name) in all {
            names.set_key(*slot, name);
            slots.push(*slot);
        }
        slots.sort_unstable_by(|a, b| names.place(columns, *a).cmp(&names.place(columns, *b)));
        for slot in slots {
            names.put(columns, slot);
        }
        names
    }

    pub(crate) fn order(&self) -> &Order {
        &self.order
    }

    /// Where a lead stands among others; leads of one name newest first.
    pub(crate) fn place<'a>(
        &'a self,
        columns: &Columns,
        slot: Slot,
    ) -> (&'a [u8], Reverse<super::columns::Age>) {
        (
            self.keys.get(slot.index()).map_or(&[], |key| key),
            Reverse(columns.age(slot)),
        )
    }

    /// Puts a lead in under a name.
    pub(crate) fn insert(&mut self, columns: &Columns, slot: Slot, name: &str) {
        self.set_key(slot, name);
        self.put(columns, slot);
    }

    fn put(&mut self, columns: &Columns, slot: Slot) {
        let mut order = std::mem::take(&mut self.order);
        let place = self.place(columns, slot);
        order.insert(slot, columns.traits(slot), |other| {
            self.place(columns, other) < place
        });
        self.order = order;
    }

    /// Takes a lead out; call before its arrival changes.
    pub(crate) fn remove(&mut self, columns: &Columns, slot: Slot) {
        let mut order = std::mem::take(&mut self.order);
        let place = self.place(columns, slot);
        order.remove(slot, |other| self.place(columns, other) < place);
        self.order = order;
    }

    /// Gives a lead other properties.
    pub(crate) fn set(&mut self, columns: &Columns, slot: Slot, traits: Traits) {
        let mut order = std::mem::take(&mut self.order);
        let place = self.place(columns, slot);
        order.set(slot, traits, |other| self.place(columns, other) < place);
        self.order = order;
    }

    fn set_key(&mut self, slot: Slot, name: &str) {
        if self.keys.len() <= slot.index() {
            self.keys.resize(slot.index() + 1, Box::default());
        }
        self.keys[slot.index()].zeroize();
        self.keys[slot.index()] = casebook::name::sort_key(name).into_boxed_slice();
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let keys: usize = self
            .keys
            .iter()
            .map(|key| key.len() + size_of::<Box<[u8]>>())
            .sum();
        self.order.bytes() + keys
    }
}
