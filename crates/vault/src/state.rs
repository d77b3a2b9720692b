//! The sealed row that changes with every transaction, so that an older or edited file is noticed.
use std::collections::BTreeMap;

use ledger::{AuthorId, EntryHash, Replica, Tip};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use rand::RngExt as _;
use seal::{StorageKey, Table};

use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault, Store};

/// Place of the one state row.
const PLACE: i64 = 1;

/// How the projections are computed; a database that says another number is recomputed.
pub(crate) const PROJECTION: u32 = 1;

/// Projections are being recomputed and can't be trusted.
const UNFINISHED: u32 = 0;

/// What the file must agree with.
#[derive(Clone, Encode, Decode)]
pub(crate) struct State {
    /// Grows with every transaction; mirrored outside of the file.
    #[n(0)]
    pub counter: u64,
    /// Digest of where every ledger stands.
    #[n(1)]
    heads: ByteArray<32>,
    /// Digest of the member and grant entries, in order.
    #[n(2)]
    members: ByteArray<32>,
    /// Sum over the places and versions of all lead rows.
    #[n(3)]
    rows: ByteArray<32>,
    /// Key of that sum, known to nobody outside this row.
    #[n(4)]
    rows_key: ByteArray<32>,
    /// How many lead rows there are.
    #[n(5)]
    pub leads: u64,
    /// How the projections were computed.
    #[n(6)]
    projection: u32,
    /// Number of this desk's own last entry.
    #[n(7)]
    pub own_seq: u64,
    /// Highest clock stamp ever seen.
    #[n(8)]
    pub hlc: u64,
}

impl State {
    /// Of a database without anything in it.
    pub(crate) fn new() -> Self {
        Self {
            counter: 0,
            heads: [0; 32].into(),
            members: [0; 32].into(),
            rows: [0; 32].into(),
            rows_key: rand::rng().random::<[u8; 32]>().into(),
            leads: 0,
            projection: PROJECTION,
            own_seq: 0,
            hlc: 0,
        }
    }

    /// Whether the ledgers stand the same.
    pub(crate) fn same_ledgers(&self, other: &Self) -> bool {
        self.heads == other.heads
    }

    /// Takes a lead row into the sum, or (the same thing again) out of it.
    pub(crate) fn toggle_row(&mut self, row: i64, version: i64) {
        let sum = row_digest(&self.rows_key, row, version);
        for (all, one) in self.rows.iter_mut().zip(sum) {
            *all ^= one;
        }
    }

    /// Whether these are all the rows, at these versions.
    pub(crate) fn rows_agree(&self, rows: &RowSum) -> bool {
        rows.count == self.leads && rows.sum == *self.rows
    }

    /// An empty sum to compare with.
    pub(crate) fn row_sum(&self) -> RowSum {
        RowSum {
            key: *self.rows_key,
            sum: [0; 32],
            count: 0,
        }
    }

    /// Says that every lead row is gone and the projections are not whole.
    pub(crate) fn begin_projection(&mut self) {
        self.rows = [0; 32].into();
        self.leads = 0;
        self.projection = UNFINISHED;
    }

    /// Says that the lead rows don't tell what the ledgers do.
    pub(crate) fn distrust_projection(&mut self) {
        self.projection = UNFINISHED;
    }

    /// Says that the projections are whole.
    pub(crate) fn end_projection(&mut self) {
        self.projection = PROJECTION;
    }

    /// The projections are whole, and computed as this version does it.
    pub(crate) fn projection_is_current(&self) -> bool {
        self.projection == PROJECTION
    }

    /// Notes where every ledger stands, our own at `own_seq`.
    pub(crate) fn set_ledgers(&mut self, replica: &Replica, own_seq: u64) {
        self.heads = heads_digest(replica.heads()).into();
        self.own_seq = own_seq;
        self.hlc = self.hlc.max(replica.hlc().0);
    }

    /// Whether every ledger stands where it stood when this row was written.
    pub(crate) fn heads_agree(&self, tips: &BTreeMap<AuthorId, Tip>) -> bool {
        *self.heads == heads_digest(tips)
    }

    /// Notes one more member or grant entry.
    pub(crate) fn add_member(&mut self, hash: &EntryHash) {
        self.members = extend(&self.members, hash).into();
    }

    /// Forgets every member and grant entry.
    pub(crate) fn reset_members(&mut self) {
        self.members = [0; 32].into();
    }

    /// Whether these are the member and grant entries, in this order.
    pub(crate) fn members_agree<'a>(&self, hashes: impl Iterator<Item = &'a EntryHash>) -> bool {
        *self.members == hashes.fold([0; 32], |digest, hash| extend(&digest, hash))
    }

    /// Adds this row to a transaction, one step further.
    pub(crate) fn put(&mut self, batch: &mut Batch, key: &StorageKey) -> Result<(), Fault> {
        self.counter += 1;
        let version = self.counter.cast_signed();
        let plain = minicbor::to_vec(&*self).map_err(|_| Fault::Io)?;
        let sealed = sealed_rows::seal(key, Table::State, PLACE, version, &plain)?;
        sealed_rows::put(
            batch,
            Table::State,
            SealedRow {
                row: PLACE,
                version,
                sealed,
            },
        );
        Ok(())
    }
}

/// The state row as it lies in the file.
pub(crate) async fn read(store: &Store) -> Result<SealedRow, Fault> {
    sealed_rows::get(store, Table::State, PLACE)
        .await?
        .ok_or(Fault::Damaged)
}

/// Opens it.
pub(crate) fn open(row: &SealedRow, key: &StorageKey) -> Result<State, Fault> {
    let plain = row.open(key, Table::State)?;
    let state: State = minicbor::decode(&plain).map_err(|_| Fault::Damaged)?;
    if state.counter == row.version.cast_unsigned() {
        Ok(state)
    } else {
        Err(Fault::Damaged)
    }
}

/// A sum over lead rows while they are read.
pub(crate) struct RowSum {
    key: [u8; 32],
    sum: [u8; 32],
    count: u64,
}

impl RowSum {
    /// Counts one row.
    pub(crate) fn add(&mut self, row: i64, version: i64) {
        for (all, one) in self.sum.iter_mut().zip(row_digest(&self.key, row, version)) {
            *all ^= one;
        }
        self.count += 1;
    }
}

fn row_digest(key: &[u8; 32], row: i64, version: i64) -> [u8; 32] {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&row.to_le_bytes());
    place[8..].copy_from_slice(&version.to_le_bytes());
    *blake3::keyed_hash(key, &place).as_bytes()
}

fn heads_digest(tips: &BTreeMap<AuthorId, Tip>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (author, tip) in tips {
        hasher.update(author.as_bytes());
        hasher.update(&tip.seq.to_le_bytes());
        hasher.update(tip.hash.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn extend(digest: &[u8; 32], hash: &EntryHash) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(digest).update(hash.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sum_of_rows_knows_their_versions_and_not_their_order(
            rows in proptest::collection::btree_map(1i64..1000, 1i64..1000, 1..40),
            pick: proptest::sample::Index,
        ) {
            let mut state = State::new();
            for (&row, &version) in &rows {
                state.toggle_row(row, version);
            }
            state.leads = rows.len() as u64;
            let mut backwards = state.row_sum();
            rows.iter().rev().for_each(|(&row, &version)| backwards.add(row, version));
            prop_assert!(state.rows_agree(&backwards));

            let old = *rows.keys().nth(pick.index(rows.len())).unwrap();
            let mut rolled_back = state.row_sum();
            for (&row, &version) in &rows {
                rolled_back.add(row, if row == old { version - 1 } else { version });
            }
            prop_assert!(!state.rows_agree(&rolled_back));
        }
    }

    #[test]
    fn the_order_of_memberships_is_part_of_the_state() {
        let hashes = [
            EntryHash::from_bytes([1; 32]),
            EntryHash::from_bytes([2; 32]),
        ];
        let mut state = State::new();
        for hash in &hashes {
            state.add_member(hash);
        }
        assert!(state.members_agree(hashes.iter()));
        assert!(!state.members_agree(hashes.iter().rev()));
        assert!(!state.members_agree(hashes[..1].iter()));
    }

    #[test]
    fn a_state_row_opens_only_with_its_counter() {
        let mut state = State::new();
        state.counter = 7;
        let bytes = minicbor::to_vec(&state).unwrap();
        let read: State = minicbor::decode(&bytes).unwrap();
        assert_eq!(read.counter, 7);
        assert!(read.projection_is_current());
    }
}
