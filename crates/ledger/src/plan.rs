//! What one replica has to send to another: a function of what both have, and nothing else.
//!
//! A replica can vouch for the end of a part only where it holds its author's signed head: at the ledger's own last
//! head and at the *stops* that it kept on the way. Its own ledger it can sign anywhere.
use crate::have::Have;
use crate::id::AuthorId;
use std::collections::{BTreeMap, BTreeSet};

/// What a replica can hand on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    /// How far it has each ledger.
    pub have: Have,
    /// Numbers of the entries for which it holds the author's signed head.
    pub stops: BTreeMap<AuthorId, BTreeSet<u64>>,
    /// Whose ledgers go first: whoever enrols before whoever was enrolled ([`crate::Roster::order`]). Those who are not
    /// named come last.
    pub order: Vec<AuthorId>,
    /// Whose ledger it can sign anywhere: its own.
    pub own: Option<AuthorId>,
    /// Also ends of ledgers for which it holds no signed head: they bring payloads to whoever has the entries without them.
    pub unsigned: bool,
}

/// Who vouches for the end of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The head held for exactly its last entry: all of it or nothing.
    Held,
    /// Whoever sends, for its own ledger: any first part of it is as good.
    Own,
    /// Nobody, since a revocation cut the ledger between two signed heads: see [`crate::SignedHead::unsigned`].
    Nobody,
}

/// A part of one ledger that the other side lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Whose entries.
    pub author: AuthorId,
    /// They begin after this number.
    pub after: u64,
    /// They end with this number, which is above `after`.
    pub up_to: u64,
    /// What closes them.
    pub closing: Closing,
}

impl Shelf {
    /// What `theirs` lacks, in the order in which it is to be sent. Each stretch goes on where the same author's one
    /// before ends, so that after any cut a new plan resumes there.
    #[must_use]
    pub fn plan(&self, theirs: &Have) -> Vec<Stretch> {
        let named: BTreeSet<AuthorId> = self.order.iter().copied().collect();
        let others = self.have.0.keys().filter(|id| !named.contains(id));
        let mut placed = BTreeSet::new();
        self.order
            .iter()
            .chain(others)
            .filter(|id| placed.insert(**id))
            .flat_map(|id| self.stretches(*id, theirs.seq(*id)))
            .collect()
    }

    /// What is sent of one ledger to whoever has it up to `after`.
    fn stretches(&self, author: AuthorId, after: u64) -> Vec<Stretch> {
        let end = self.have.seq(author);
        if end <= after {
            return Vec::new();
        }
        if self.own == Some(author) {
            return vec![Stretch {
                author,
                after,
                up_to: end,
                closing: Closing::Own,
            }];
        }
        let stops = self.stops.get(&author);
        let stops = stops.into_iter().flatten().copied();
        let held = stops.filter(|stop| (after + 1..=end).contains(stop));
        let mut ends: Vec<(u64, Closing)> = held.map(|stop| (stop, Closing::Held)).collect();
        let vouched = ends.last().map_or(after, |(stop, _)| *stop);
        if self.unsigned && vouched < end {
            ends.push((end, Closing::Nobody));
        }
        ends.into_iter()
            .scan(after, |after, (up_to, closing)| {
                let stretch = Stretch {
                    author,
                    after: *after,
                    up_to,
                    closing,
                };
                *after = up_to;
                Some(stretch)
            })
            .collect()
    }
}
