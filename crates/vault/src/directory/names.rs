//! Leads in the order of a Vietnamese name list, made when somebody first asks for it.
use std::cmp::Reverse;

use zeroize::Zeroize;

use super::Slot;
use super::columns::Columns;
use super::order::Order;
use super::traits::Traits;

/// A name in small letters, wiped when dropped.
pub(crate) type Name = zeroize::Zeroizing<String>;

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
    /// Sorts all leads by their names.
    pub(crate) fn new(columns: &Columns, all: &[(Slot, Name)]) -> Self {
        let mut names = Self::default();
        for (slot, key) in keys(all) {
            names.set_key(slot, key);
        }
        let mut slots: Vec<Slot> = all.iter().map(|(slot, _)| *slot).collect();
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
        self.set_key(slot, key(name));
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

    fn set_key(&mut self, slot: Slot, key: Box<[u8]>) {
        if self.keys.len() <= slot.index() {
            self.keys.resize(slot.index() + 1, Box::default());
        }
        self.keys[slot.index()].zeroize();
        self.keys[slot.index()] = key;
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

fn key(name: &str) -> Box<[u8]> {
    casebook::name::sort_key(name).into_boxed_slice()
}

/// The sort keys of many names, on all cores: somebody has just clicked and waits.
fn keys(all: &[(Slot, Name)]) -> Vec<(Slot, Box<[u8]>)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let part = all.len().div_ceil(cores).max(1);
    let work = |part: &[(Slot, Name)]| part.iter().map(|(slot, name)| (*slot, key(name))).collect();
    std::thread::scope(|scope| {
        let parts: Vec<_> = all
            .chunks(part)
            .map(|part| (part, scope.spawn(move || work(part))))
            .collect();
        let done = |(part, thread): (&[_], std::thread::ScopedJoinHandle<'_, Vec<_>>)| {
            thread.join().unwrap_or_else(|_| work(part))
        };
        parts.into_iter().flat_map(done).collect()
    })
}
