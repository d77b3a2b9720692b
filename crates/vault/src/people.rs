//! The people of the clinic as they lie in their sealed rows.
use std::collections::BTreeMap;

use casebook::attempts::Attempts;
use casebook::merge::{Id, Stamp};
use casebook::staff::{Change, Person, Staff};
use seal::{StorageKey, Table};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::local::Kept;
use crate::state::State;
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Fault, Store};

/// Everybody, and where their rows are: place and version.
#[derive(Clone, Default)]
pub(crate) struct People {
    pub staff: Staff,
    rows: BTreeMap<Id, (i64, i64)>,
}

impl People {
    /// Takes in a change of one person; `None` if it was no news.
    pub(crate) fn insert(
        &mut self,
        id: Id,
        stamp: Stamp,
        change: &Change,
        state: &mut State,
        key: &StorageKey,
    ) -> Result<Option<SealedRow>, Fault> {
        let mut person = self.staff.get(&id).cloned().unwrap_or_default();
        if !person.insert(stamp, change) {
            return Ok(None);
        }
        let (row, version) = self.moved(id, state);
        let mut plain = Zeroizing::new(id.to_vec());
        plain.extend_from_slice(&Zeroizing::new(person.encode()));
        let sealed = sealed_rows::seal(key, Table::Staff, row, version, &plain)?;
        self.staff.put(id, person);
        Ok(Some(SealedRow {
            row,
            version,
            sealed,
        }))
    }

    /// The next version of a person's row, which the state knows of.
    fn moved(&mut self, id: Id, state: &mut State) -> (i64, i64) {
        let next = if let Some(&(row, version)) = self.rows.get(&id) {
            state.toggle_staff(row, version);
            (row, sealed_rows::next_version(Some(version)))
        } else {
            let last = self.rows.values().map(|(row, _)| *row).max();
            (last.unwrap_or(0) + 1, sealed_rows::next_version(None))
        };
        state.toggle_staff(next.0, next.1);
        self.rows.insert(id, next);
        next
    }

    /// Reads everybody; `Damaged` if these are not the rows that the state knows of.
    pub(crate) async fn read(
        store: &Store,
        key: &StorageKey,
        state: &State,
    ) -> Result<Self, Fault> {
        let mut people = Self::default();
        let mut sum = state.clone();
        for row in sealed_rows::all(store, Table::Staff).await? {
            let plain = row.open(key, Table::Staff)?;
            let (id, person) = plain.split_first_chunk::<16>().ok_or(Fault::Damaged)?;
            let person = Person::decode(person).map_err(|_| Fault::Damaged)?;
            sum.toggle_staff(row.row, row.version);
            people.staff.put(*id, person);
            people.rows.insert(*id, (row.row, row.version));
        }
        if sum.has_no_staff() {
            Ok(people)
        } else {
            Err(Fault::Damaged)
        }
    }
}

/// Wrong tries of PINs at this PC, by person in hexadecimal.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tries(pub BTreeMap<String, Attempts>);

impl Kept for Tries {
    const PLACE: i64 = 16;
}
