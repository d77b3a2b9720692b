//! Which leads stand for which others after duplicates were merged.
use std::collections::{HashMap, HashSet};

use ledger::id::RecordId;

/// Who was merged into whom; most leads are not in here.
#[derive(Default)]
pub(crate) struct Merges {
    into: HashMap<RecordId, RecordId>,
    from: HashMap<RecordId, Vec<RecordId>>,
}

impl Merges {
    /// Records where `id` was merged into; `true` when that changed.
    pub(crate) fn set(&mut self, id: RecordId, target: Option<RecordId>) -> bool {
        let target = target.filter(|target| *target != id);
        let old = match target {
            Some(target) => self.into.insert(id, target),
            None => self.into.remove(&id),
        };
        if old == target {
            return false;
        }
        if let Some(others) = old.and_then(|old| self.from.get_mut(&old)) {
            others.retain(|other| *other != id);
        }
        if let Some(old) = old.filter(|old| self.from.get(old).is_some_and(Vec::is_empty)) {
            self.from.remove(&old);
        }
        if let Some(target) = target {
            self.from.entry(target).or_default().push(id);
        }
        true
    }

    /// The lead that stands for `id`. Two desks may merge two leads into each other at once: then
    /// the smallest id of the circle stands, so that none is lost; nor is one whose target is gone.
    pub(crate) fn root(&self, id: RecordId, exists: impl Fn(RecordId) -> bool) -> RecordId {
        let mut path = vec![id];
        let mut seen = HashSet::from([id]);
        let mut at = id;
        while let Some(next) = self.into.get(&at).copied().filter(|next| exists(*next)) {
            if !seen.insert(next) {
                let start = path.iter().position(|step| *step == next).unwrap_or(0);
                return path[start..].iter().copied().min().unwrap_or(next);
            }
            path.push(next);
            at = next;
        }
        at
    }

    /// `id` and every lead whose way leads through it: those that stand differently when `id` changes.
    pub(crate) fn reach(&self, id: RecordId) -> Vec<RecordId> {
        let mut found = vec![id];
        if !self.from.contains_key(&id) {
            return found;
        }
        let mut seen = HashSet::from([id]);
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            next += 1;
            let others = self.from.get(&at).map_or(&[][..], Vec::as_slice);
            found.extend(others.iter().copied().filter(|other| seen.insert(*other)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> RecordId {
        RecordId::from_bytes([n; 16])
    }

    #[test]
    fn a_chain_of_merges_ends_at_its_last_lead() {
        let mut merges = Merges::default();
        assert!(merges.set(id(1), Some(id(2))));
        assert!(merges.set(id(2), Some(id(3))));
        assert!(!merges.set(id(2), Some(id(3))));
        assert_eq!(merges.root(id(1), |_| true), id(3));
        assert_eq!(merges.reach(id(3)), vec![id(3), id(2), id(1)]);
        assert!(merges.set(id(2), None));
        assert_eq!(merges.root(id(1), |_| true), id(2));
        assert_eq!(merges.reach(id(3)), vec![id(3)]);
    }

    #[test]
    fn two_leads_merged_into_each_other_leave_one_standing() {
        let mut merges = Merges::default();
        merges.set(id(7), Some(id(4)));
        merges.set(id(4), Some(id(7)));
        merges.set(id(9), Some(id(7)));
        for one in [4, 7, 9] {
            assert_eq!(merges.root(id(one), |_| true), id(4));
        }
    }

    #[test]
    fn a_lead_merged_into_one_that_is_gone_stands_for_itself() {
        let mut merges = Merges::default();
        merges.set(id(1), Some(id(2)));
        assert_eq!(merges.root(id(1), |other| other != id(2)), id(1));
        merges.set(id(1), Some(id(1)));
        assert_eq!(merges.root(id(1), |_| true), id(1));
    }
}
