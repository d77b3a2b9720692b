//! Computing every lead and every person anew from the ledgers.
use std::collections::HashMap;
use std::sync::Arc;

use ledger::{Entry, EntryHash, RecordId};
use seal::Table;

use crate::desk::{Desk, Writer};
use crate::directory::Directory;
use crate::event::Event;
use crate::exchange::open::{Opened, open_all};
use crate::exchange::project::{Places, Projected, project, project_people};
use crate::failure::ActError;
use crate::people::People;
use crate::projection;
use crate::store::{Batch, Fault, ledger_rows, sealed_rows};

/// Entries of one transaction.
const ENTRIES: i64 = 5_000;

/// Drops all rows of leads and people and computes them from the entries. A crash on the way leaves a database
/// that says so and begins anew.
pub(crate) async fn projections(desk: &Arc<Desk>) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut state = writer.state.clone();
    state.begin_projection();
    let mut batch = Batch::new();
    sealed_rows::clear(&mut batch, Table::Lead);
    sealed_rows::clear(&mut batch, Table::Staff);
    desk.replace_rows();
    desk.commit(writer, batch, state).await?;
    writer.next_row = 1;
    let mut made = Made::default();
    let total = ledger_rows::count(&desk.store).await?;
    let mut done = 0;
    for number in writer.numbers.clone().into_values() {
        let mut chain = Chain::default();
        loop {
            let entries =
                ledger_rows::entries_after(&desk.store, number, chain.seq, ENTRIES).await?;
            if entries.is_empty() {
                break;
            }
            chain.follow(&entries)?;
            done += entries.len() as u64;
            step(desk, writer, &mut made, entries).await?;
            desk.tell(Event::Rebuilding { done, total });
        }
    }
    let mut state = writer.state.clone();
    state.end_projection();
    desk.commit(writer, Batch::new(), state).await?;
    desk.memory().load(made.directory, made.orphans);
    desk.replace_rows();
    writer.people = made.people;
    desk.see_people(writer);
    // What the old rows said is not to stay behind in the log.
    desk.store.truncate_log().await?;
    Ok(())
}

/// What was computed so far.
#[derive(Default)]
struct Made {
    directory: Directory,
    orphans: HashMap<RecordId, i64>,
    rows: HashMap<RecordId, i64>,
    people: People,
}

async fn step(
    desk: &Arc<Desk>,
    writer: &mut Writer,
    made: &mut Made,
    entries: Vec<Entry>,
) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let (epochs, clinic) = (writer.epochs.clone(), desk.clinic);
    let (entries, opened): (Vec<Entry>, Vec<Opened>) = tokio::task::spawn_blocking(move || {
        let opened = open_all(&entries, &epochs, clinic);
        (entries, opened)
    })
    .await
    .map_err(|_| ActError::Io)?;
    let mut state = writer.state.clone();
    let mut next = writer.next_row;
    let said = entries.iter().zip(&opened);
    let people = project_people(&mut made.people, &mut state, &secrets.storage, said)?;
    let rows = &made.rows;
    let places = Places {
        of: &|id| rows.get(&id).copied(),
        next: &mut next,
    };
    let Projected { changed, rows, .. } =
        project(desk, &secrets.storage, &mut state, places, &entries, opened).await?;
    let mut batch = Batch::new();
    sealed_rows::put_all(&mut batch, Table::Lead, rows);
    sealed_rows::put_all(&mut batch, Table::Staff, people);
    desk.commit(writer, batch, state).await?;
    writer.next_row = next;
    for held in changed {
        let Some((row, _)) = held.row else { continue };
        made.rows.insert(held.record.id, row);
        if projection::index(&mut made.directory, row, &held.record) {
            made.orphans.remove(&held.record.id);
        } else {
            made.orphans.insert(held.record.id, row);
        }
    }
    Ok(())
}

/// Follows one author's entries and notices a missing or foreign link.
#[derive(Default)]
pub(crate) struct Chain {
    pub seq: u64,
    pub hash: Option<EntryHash>,
}

impl Chain {
    pub(crate) fn follow(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        for entry in entries {
            let header = &entry.header;
            if header.seq != self.seq + 1 || header.prev != self.hash.unwrap_or(EntryHash::ZERO) {
                return Err(Fault::Damaged);
            }
            self.seq = header.seq;
            self.hash = Some(header.hash());
        }
        Ok(())
    }
}
