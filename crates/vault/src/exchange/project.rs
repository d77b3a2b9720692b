//! Merging opened entries into lead rows: the one way from ledgers to projections.
use std::collections::{BTreeMap, BTreeSet};

use ledger::{AuthorId, Entry, Kind, RecordId};
use seal::StorageKey;

use super::open::Opened;
use crate::desk::own::reseal;
use crate::desk::{Desk, Held};
use crate::failure::ActError;
use crate::people::People;
use crate::projection::{Record, stamp};
use crate::state::State;
use crate::store::sealed_rows::SealedRow;

/// What a batch of entries does to the lead rows.
#[derive(Default)]
pub(crate) struct Projected {
    /// Records that changed, as they now are.
    pub changed: Vec<Held>,
    /// Their rows.
    pub rows: Vec<SealedRow>,
    /// New leads from the website that no trap spoke against.
    pub arrived: u32,
}

/// Where rows lie and will lie.
pub(crate) struct Places<'a> {
    /// Row of a record that has one.
    pub of: &'a (dyn Fn(RecordId) -> Option<i64> + Sync),
    /// Row of the next new record.
    pub next: &'a mut i64,
}

/// Merges `opened`, which tells what each of `entries` says, into the records.
pub(crate) async fn project(
    desk: &Desk,
    key: &StorageKey,
    state: &mut State,
    places: Places<'_>,
    entries: &[Entry],
    opened: Vec<Opened>,
) -> Result<Projected, ActError> {
    let mut records = fetch(desk, places.of, entries, &opened).await?;
    let mut changed = BTreeSet::new();
    let mut submitted = Vec::new();
    for (entry, opened) in entries.iter().zip(opened) {
        let Opened::Change(change) = opened else {
            continue;
        };
        let id = entry.header.record;
        let held = records.entry(id).or_insert_with(|| Held {
            record: Record::new(id),
            row: None,
        });
        let inserted = held.record.lead.insert(stamp(entry), *change);
        let newer = is_newer_own(desk.me, entry, held.record.own_seq);
        if newer {
            held.record.own_seq = entry.header.seq;
        }
        if inserted || newer {
            changed.insert(id);
        }
        if inserted && held.row.is_none() && entry.header.kind == Kind::Submission {
            submitted.push(id);
        }
    }
    let mut projected = Projected::default();
    for id in submitted {
        let suspect = records
            .get(&id)
            .is_none_or(|held| held.record.lead.facts().suspect);
        projected.arrived += u32::from(!suspect);
    }
    for id in changed {
        if let Some(mut held) = records.remove(&id) {
            projected
                .rows
                .push(reseal(&mut held, state, places.next, key)?);
            projected.changed.push(held);
        }
    }
    Ok(projected)
}

/// Merges what is said of the clinic's people; gives the rows that this changes.
pub(crate) fn project_people<'a>(
    people: &mut People,
    state: &mut State,
    key: &StorageKey,
    said: impl Iterator<Item = (&'a Entry, &'a Opened)>,
) -> Result<Vec<SealedRow>, ActError> {
    // A person changed twice has one row.
    let mut rows = BTreeMap::new();
    for (entry, opened) in said {
        if let Opened::Staff(change) = opened {
            let id = *entry.header.record.as_bytes();
            let row = people.insert(id, stamp(entry), change, state, key)?;
            rows.extend(row.map(|row| (id, row)));
        }
    }
    Ok(rows.into_values().collect())
}

fn is_newer_own(me: AuthorId, entry: &Entry, own_seq: u64) -> bool {
    entry.header.author == me && entry.header.seq > own_seq
}

/// Reads the records that the entries speak of and that are here already.
async fn fetch(
    desk: &Desk,
    row_of: &(dyn Fn(RecordId) -> Option<i64> + Sync),
    entries: &[Entry],
    opened: &[Opened],
) -> Result<BTreeMap<RecordId, Held>, ActError> {
    let concerned = entries.iter().zip(opened);
    let mut rows: Vec<i64> = concerned
        .filter(|(_, opened)| matches!(opened, Opened::Change(_)))
        .filter_map(|(entry, _)| row_of(entry.header.record))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let mut records = BTreeMap::new();
    for part in rows.chunks(1000) {
        for held in desk.held_all(part).await? {
            records.insert(held.record.id, held);
        }
    }
    Ok(records)
}
