//! Which leads this desk wrote about last, by the number of its entry: what a server may still lack.
use std::collections::{BTreeSet, HashMap};

use super::Slot;

/// Newest own entry of each lead that has one.
#[derive(Default)]
pub(crate) struct Own {
    by_lead: HashMap<Slot, u64>,
    by_seq: BTreeSet<(u64, Slot)>,
}

impl Own {
    /// Notes a lead's newest own entry; 0 for none.
    pub(crate) fn set(&mut self, slot: Slot, seq: u64) {
        let old = if seq == 0 {
            self.by_lead.remove(&slot)
        } else {
            self.by_lead.insert(slot, seq)
        };
        if old == Some(seq) {
            return;
        }
        if let Some(old) = old {
            self.by_seq.remove(&(old, slot));
        }
        if seq > 0 {
            self.by_seq.insert((seq, slot));
        }
    }

    /// A lead's newest own entry; 0 for none.
    pub(crate) fn get(&self, slot: Slot) -> u64 {
        self.by_lead.get(&slot).copied().unwrap_or(0)
    }

    /// Leads whose newest own entry is after `seq`, oldest entry first.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = Slot> {
        self.by_seq
            .range((seq.saturating_add(1), Slot(0))..)
            .map(|(_, slot)| *slot)
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.by_lead.capacity() * 17 + self.by_seq.len() * 24
    }
}
