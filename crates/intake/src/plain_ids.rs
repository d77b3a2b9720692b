//! Ids of plain posts that bring none: a double click is one submission, the same question months later another.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use hmac::Mac;
use ledger::SubmissionId;

use crate::token::keyed;

/// How long the same text counts as the same click, in milliseconds.
const REPEAT_MS: i64 = 10 * 60 * 1000;
/// Posts remembered at one time, oldest forgotten first.
const REMEMBERED: usize = 100_000;

/// Ids for one life of the process.
///
/// The key is never stored, so that nobody can later test a guess at a post's text against its digest.
pub(crate) struct PlainIds {
    key: [u8; 32],
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    ids: HashMap<[u8; 32], (SubmissionId, i64)>,
    order: VecDeque<([u8; 32], i64)>,
}

impl PlainIds {
    /// Ids under a fresh key.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            key: rand::random(),
            recent: Mutex::default(),
        }
    }

    /// A keyed digest of `parts`, each with its length.
    #[must_use]
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = keyed(&self.key);
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The id of what was posted from one page of ours, which can only be sent again by going back to that page.
    #[must_use]
    pub(crate) fn of_page(digest: &[u8; 32]) -> SubmissionId {
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        SubmissionId::from_bytes(id)
    }

    /// The id of what nothing but its text identifies: the one of the same text within ten minutes, or a new one.
    #[must_use]
    pub(crate) fn of_text(&self, digest: [u8; 32], now_ms: i64) -> SubmissionId {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.forget(now_ms);
        match recent.ids.get(&digest) {
            Some((id, at_ms)) if at_ms.abs_diff(now_ms) < REPEAT_MS.unsigned_abs() => *id,
            _ => recent.remember(digest, now_ms),
        }
    }
}

impl Recent {
    fn forget(&mut self, now_ms: i64) {
        let old = |at_ms: i64| at_ms.saturating_add(REPEAT_MS) <= now_ms;
        while let Some((digest, at_ms)) = self.order.front().copied()
            && (old(at_ms) || self.order.len() >= REMEMBERED)
        {
            self.order.pop_front();
            // A text that came again after its time has an entry of its own further back.
            if self.ids.get(&digest).is_some_and(|(_, at)| *at == at_ms) {
                self.ids.remove(&digest);
            }
        }
    }

    fn remember(&mut self, digest: [u8; 32], now_ms: i64) -> SubmissionId {
        let id = SubmissionId::from_bytes(rand::random());
        self.ids.insert(digest, (id, now_ms));
        self.order.push_back((digest, now_ms));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_keep_parts_apart() {
        let ids = PlainIds::new();
        assert_eq!(ids.digest(&[b"ab", b"c"]), ids.digest(&[b"ab", b"c"]));
        assert_ne!(ids.digest(&[b"ab", b"c"]), ids.digest(&[b"a", b"bc"]));
        assert_ne!(ids.digest(&[b"ab"]), PlainIds::new().digest(&[b"ab"]));
    }

    #[test]
    fn a_text_is_the_same_click_for_ten_minutes_whatever_the_clock_does() {
        let ids = PlainIds::new();
        let first = ids.of_text([1; 32], 0);
        assert_eq!(ids.of_text([1; 32], REPEAT_MS - 1), first);
        assert_ne!(ids.of_text([2; 32], 1), first);
        let later = ids.of_text([1; 32], REPEAT_MS);
        assert_ne!(later, first);
        assert_eq!(ids.of_text([1; 32], REPEAT_MS + 5), later);
        assert_ne!(ids.of_text([1; 32], -REPEAT_MS), later, "set back by far");
    }

    #[test]
    fn the_memory_of_texts_is_bounded() {
        let ids = PlainIds::new();
        let digest = |n: usize| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&n.to_le_bytes());
            digest
        };
        for n in 0..REMEMBERED + 1000 {
            let _ = ids.of_text(digest(n), 0);
        }
        let recent = ids.recent.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(recent.ids.len() <= REMEMBERED && recent.order.len() <= REMEMBERED);
    }
}
