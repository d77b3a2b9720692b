//! A lead as one row of a table, and reading the records that rows are made of.
use std::collections::HashMap;

use casebook::lead::{Facts, Lead};
use casebook::staff::Actor;
use casebook::{phone, text};
use ledger::RecordId;
use seal::Table;

use super::own::Held;
use super::{Desk, Memory};
use crate::failure::ActError;
use crate::projection::Record;
use crate::store::Fault;
use crate::store::sealed_rows::{self, Opener, SealedRow};
use crate::view::{LeadRow, PhoneView};

/// Characters of the question that a table shows.
const QUESTION_CHARS: usize = 160;

impl Desk {
    /// One record.
    pub(crate) async fn held(&self, id: RecordId) -> Result<Held, ActError> {
        let row = self.memory().row_of(id).ok_or(ActError::NotFound)?;
        let held = self
            .held_all(&[row])
            .await?
            .pop()
            .ok_or(ActError::Damaged)?;
        if held.record.id == id {
            Ok(held)
        } else {
            Err(ActError::Damaged)
        }
    }

    /// One record, if it is this person's business.
    pub(crate) async fn seen(&self, actor: &Actor, id: RecordId) -> Result<Held, ActError> {
        let held = self.held(id).await?;
        if actor.sees(held.record.lead.facts().branch) {
            Ok(held)
        } else {
            Err(ActError::NotFound)
        }
    }

    /// The records in these rows, in the order asked for.
    pub(crate) async fn held_all(&self, rows: &[i64]) -> Result<Vec<Held>, ActError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let found = sealed_rows::get_all(&self.store, Table::Lead, rows).await?;
        if found.len() != rows.len() {
            return Err(ActError::Damaged);
        }
        let mut held = self.open_all(&found)?;
        let places: HashMap<i64, usize> = rows.iter().copied().zip(0..).collect();
        held.sort_by_key(|held| held.row.and_then(|(row, _)| places.get(&row).copied()));
        Ok(held)
    }

    /// Opens rows that were read.
    pub(crate) fn open_all(&self, rows: &[SealedRow]) -> Result<Vec<Held>, ActError> {
        let secrets = self.secrets()?;
        let mut opener = Opener::new(&secrets.storage, Table::Lead);
        let mut open = |row: &SealedRow| -> Result<Held, Fault> {
            let record = Record::decode(opener.open(row)?)?;
            Ok(Held {
                record,
                row: Some((row.row, row.version)),
            })
        };
        rows.iter()
            .map(|row| open(row).map_err(ActError::from))
            .collect()
    }

    /// Rows for these records of one number; of other branches' leads they say that they are there.
    pub(crate) fn known_to(&self, actor: &Actor, held: &[Held]) -> Vec<LeadRow> {
        let memory = self.memory();
        let known = held.iter();
        known
            .map(|held| row_for(&memory, actor, &held.record))
            .collect()
    }

    /// Rows of the table for these records.
    pub(crate) fn rows_of(&self, held: &[Held]) -> Vec<LeadRow> {
        let memory = self.memory();
        held.iter().map(|held| row(&memory, &held.record)).collect()
    }
}

/// One record as a row.
pub(crate) fn row(memory: &Memory, record: &Record) -> LeadRow {
    row_of(memory, record, &record.lead.facts())
}

/// One record as a row for this person: of another branch's lead, that there is one, since when and
/// where, but not who it is and what they ask.
pub(crate) fn row_for(memory: &Memory, actor: &Actor, record: &Record) -> LeadRow {
    let row = row(memory, record);
    if actor.sees(row.branch.as_deref()) {
        return row;
    }
    LeadRow {
        name: String::new(),
        question: String::new(),
        owner: None,
        next_call_at: None,
        attempts: 0,
        merged: 0,
        conflict: false,
        ..row
    }
}

/// The same, when the facts are at hand.
pub(crate) fn row_of(memory: &Memory, record: &Record, facts: &Facts<'_>) -> LeadRow {
    let slot = memory.directory.slot(record.id);
    let count = |slots: Vec<_>| u32::try_from(slots.len()).unwrap_or(u32::MAX);
    LeadRow {
        id: record.id.to_string(),
        name: facts.name.to_owned(),
        phone: phone_view(facts),
        question: text::one_line(facts.question, QUESTION_CHARS),
        source: facts.source,
        branch: facts.branch.map(str::to_owned),
        state: facts.state,
        received_at: facts.received_ms,
        next_call_at: facts.next_call_ms,
        owner: facts.owner.map(str::to_owned),
        attempts: facts.attempts,
        siblings: slot.map_or(0, |slot| memory.directory.sibling_count(slot)),
        merged: slot.map_or(0, |slot| count(memory.directory.merged(slot))),
        conflict: facts.conflict(),
        suspect: facts.suspect,
        sync: memory.sync_mark(record),
    }
}

fn phone_view(facts: &Facts<'_>) -> PhoneView {
    let masked = |number: phone::Phone| number.masked();
    PhoneView {
        masked: facts
            .phone
            .first
            .map_or_else(|| phone::mask(facts.phone_raw), masked),
        kind: facts.phone.kind,
        warnings: facts.phone.warnings.clone(),
    }
}

/// A number as typed, masked as it would be shown.
pub(crate) fn masked(raw: &str) -> String {
    phone::parse(raw, None)
        .first
        .map_or_else(|| phone::mask(raw), |number| number.masked())
}

/// What to call a record in a sentence: its name, or else its number, masked.
pub(crate) fn title(lead: &Lead) -> String {
    let facts = lead.facts();
    if facts.name.is_empty() {
        phone_view(&facts).masked
    } else {
        facts.name.to_owned()
    }
}
