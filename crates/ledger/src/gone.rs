//! Which payloads a replica lacks, and which of them an erasure took.
//!
//! A header may arrive without its payload because it was erased, or because whoever passed it on kept it back. The
//! difference is an erase entry about the same record; where none stands, the payload is only missing and can be filled.
use crate::have::Have;
use crate::header::{Header, Kind};
use crate::id::{AuthorId, RecordId};
use std::collections::{BTreeMap, BTreeSet};

/// Erase entries that stand, and entries held without their payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    erasures: BTreeSet<(RecordId, AuthorId, u64)>,
    absent: BTreeMap<(AuthorId, u64), RecordId>,
}

impl Gone {
    /// Takes note of an entry that is held, with or without its payload. Erase entries and entries without a payload
    /// matter, in any order; of all others nothing is kept but that they are no longer missing.
    pub fn note(&mut self, header: &Header, present: bool) {
        let place = (header.author, header.seq);
        if header.kind == Kind::Erase {
            self.erasures
                .insert((header.record, header.author, header.seq));
        }
        if present {
            self.absent.remove(&place);
        } else {
            self.absent.insert(place, header.record);
        }
    }

    /// Whether an erase entry about this record stands.
    #[must_use]
    pub fn is_erased(&self, record: RecordId) -> bool {
        let first = (record, AuthorId::from_bytes([0; 16]), 0);
        self.erasures
            .range(first..)
            .next()
            .is_some_and(|(erased, ..)| *erased == record)
    }

    /// Entries held without a payload that no erase entry accounts for: author and number, in that order.
    pub fn missing(&self) -> impl Iterator<Item = (AuthorId, u64)> {
        self.absent
            .iter()
            .filter(|(_, record)| !self.is_erased(**record))
            .map(|(place, _)| *place)
    }

    /// Whether this entry is held without its payload, for whatever reason.
    #[must_use]
    pub fn is_absent(&self, author: AuthorId, seq: u64) -> bool {
        self.absent.contains_key(&(author, seq))
    }

    /// Whether this entry lacks its payload and no erasure accounts for it.
    #[must_use]
    pub fn is_missing(&self, author: AuthorId, seq: u64) -> bool {
        self.absent
            .get(&(author, seq))
            .is_some_and(|record| !self.is_erased(*record))
    }

    /// Forgets an author's entries beyond `last_seq`; payloads that only its erase entries accounted for are missing then.
    pub(crate) fn cut(&mut self, author: AuthorId, last_seq: u64) {
        self.erasures
            .retain(|(_, by, seq)| *by != author || *seq <= last_seq);
        self.absent
            .retain(|(by, seq), _| *by != author || *seq <= last_seq);
    }

    /// Forgets what lies beyond where each ledger ends.
    pub(crate) fn keep_up_to(&mut self, ends: impl Fn(AuthorId) -> u64) {
        self.erasures.retain(|(_, by, seq)| *seq <= ends(*by));
        self.absent.retain(|(by, seq), _| *seq <= ends(*by));
    }

    /// `have`, drawn back to before each ledger's first missing payload.
    pub(crate) fn draw_back(&self, mut have: Have) -> Have {
        for (author, seq) in self.missing() {
            if let Some(held) = have.0.get_mut(&author) {
                *held = (*held).min(seq.saturating_sub(1));
            }
        }
        have.0.retain(|_, seq| *seq > 0);
        have
    }
}
