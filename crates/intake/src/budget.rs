//! Memory for the bodies of requests that nobody has vouched for yet: bounded, and shared out by who they say they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ledger::AuthorId;

/// How many bodies of one name may be in memory, as a part of the whole: a stranger who writes a desk's name on large
/// bodies crowds out that desk, not the others.
const SHARE: usize = 4;

/// Bytes of bodies in memory at one time, in all and per name.
pub(crate) struct Budget {
    whole: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    all: usize,
    by: HashMap<AuthorId, usize>,
}

/// Bytes taken from a budget; given back when it goes.
pub(crate) struct Held {
    budget: Arc<Budget>,
    author: AuthorId,
    bytes: usize,
}

impl Budget {
    /// At most `whole` bytes.
    #[must_use]
    pub(crate) fn new(whole: usize) -> Arc<Self> {
        Arc::new(Self {
            whole,
            used: Mutex::default(),
        })
    }

    /// Nothing yet, for a body that says it is `author`'s.
    #[must_use]
    pub(crate) fn hold(self: &Arc<Self>, author: AuthorId) -> Held {
        Held {
            budget: Arc::clone(self),
            author,
            bytes: 0,
        }
    }
}

impl Held {
    /// Takes `bytes` more, if there is room. It never waits: bodies that wait for each other would wait for ever.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let whole = self.budget.whole;
        let mut used = self
            .budget
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let own = used.by.get(&self.author).copied().unwrap_or(0);
        if used.all.saturating_add(bytes) > whole || own.saturating_add(bytes) > whole / SHARE {
            return false;
        }
        used.all += bytes;
        used.by.insert(self.author, own + bytes);
        self.bytes += bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut used = self
            .budget
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        used.all = used.all.saturating_sub(self.bytes);
        let own = used.by.get(&self.author).copied().unwrap_or(0);
        match own.saturating_sub(self.bytes) {
            0 => used.by.remove(&self.author),
            left => used.by.insert(self.author, left),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(n: u8) -> AuthorId {
        AuthorId::from_bytes([n; 16])
    }

    #[test]
    fn one_name_gets_its_share_and_no_more() {
        let budget = Budget::new(100);
        let mut first = budget.hold(author(1));
        let mut second = budget.hold(author(1));
        assert!(first.grow(20) && second.grow(5));
        assert!(!second.grow(1) && !first.grow(1));
        assert!(budget.hold(author(2)).grow(25));
        drop(first);
        assert!(second.grow(20));
    }

    #[test]
    fn all_names_together_get_the_whole_and_no_more() {
        let budget = Budget::new(100);
        let held: Vec<Held> = (0..10)
            .map(|n| budget.hold(author(n)))
            .filter_map(|mut held| held.grow(20).then_some(held))
            .collect();
        assert_eq!(held.len(), 5);
        drop(held);
        let mut again = budget.hold(author(9));
        assert!(again.grow(25));
        assert!(budget.used.lock().is_ok_and(|used| used.by.len() == 1));
    }

    #[test]
    fn what_was_given_back_leaves_no_trace() {
        let budget = Budget::new(100);
        for n in 0..=255 {
            assert!(budget.hold(author(n)).grow(10));
        }
        assert!(
            budget
                .used
                .lock()
                .is_ok_and(|used| used.all == 0 && used.by.is_empty())
        );
    }
}
