//! Taking in what was pulled: admitted, opened, merged and stored in one transaction.
mod admit;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::sync::Arc;

use ledger::bundle::Reader;
use ledger::{AuthorId, Cut, Entry, EntryHash, Kind, RecordId, Segment, SignedHead};
use seal::Table;

use self::admit::{Admitted, admit};
use super::project::{Places, project};
use super::write_link;
use crate::desk::{Desk, EpochKeys, Epochs, Held, Secrets, Writer};
use crate::event::Event;
use crate::failure::ActError;
use crate::life::{put_epoch_key, rebuild};
use crate::state::State;
use crate::store::ledger_rows::{self, Numbers};
use crate::store::{Batch, sealed_rows};
use crate::view::AlarmKind;

/// Ids that one event names; beyond, it says "any".
const NAMED: usize = 1_000;

/// What a bundle brought.
#[derive(Default)]
pub(crate) struct Applied {
    /// Entries that are new here.
    pub entries: u32,
    /// New leads that may ring.
    pub new_leads: u32,
    /// Anything moved, so that asking for more makes sense.
    pub progress: bool,
}

/// Takes in a bundle. Twice is as good as once.
pub(crate) async fn apply(desk: &Arc<Desk>, bundle: Vec<u8>) -> Result<Applied, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut segments = read(bundle).await?;
    let quarantined = ledger_rows::quarantined(&desk.store).await?;
    let before = segments.len();
    segments.extend(
        quarantined
            .into_iter()
            .filter_map(|bytes| Reader::new(&bytes).next().and_then(Result::ok)),
    );
    let had_quarantine = segments.len() > before;
    let known = known(desk, writer, &segments).await?;
    let (replica, epochs) = (writer.replica.clone(), writer.epochs.clone());
    let (clinic, secrets) = (desk.clinic, desk.secrets()?);
    let admitted = tokio::task::spawn_blocking(move || {
        admit(replica, segments, &known, &epochs, clinic, &secrets)
    })
    .await
    .map_err(|_| ActError::Io)?;
    let (applied, rebuild) = store(desk, writer, admitted, had_quarantine).await?;
    drop(writing);
    if rebuild {
        rebuild::projections(desk).await?;
        desk.tell(Event::Leads {
            ids: Vec::new(),
            arrived: applied.new_leads,
        });
    }
    Ok(applied)
}

/// Whole segments of a bundle; one that was cut gives those before the cut.
async fn read(bundle: Vec<u8>) -> Result<Vec<Segment>, ActError> {
    tokio::task::spawn_blocking(move || Reader::new(&bundle).map_while(Result::ok).collect())
        .await
        .map_err(|_| ActError::Io)
}

/// Hashes of entries that we have and the segments bring again, or link to.
async fn known(
    desk: &Desk,
    writer: &Writer,
    segments: &[Segment],
) -> Result<BTreeMap<(AuthorId, u64), EntryHash>, ActError> {
    let mut known = BTreeMap::new();
    for segment in segments {
        let author = segment.author();
        let (Some(tip), Some(&number)) = (writer.replica.tip(author), writer.numbers.get(&author))
        else {
            continue;
        };
        let first = segment.entries.first().map_or(0, |entry| entry.header.seq);
        if first <= tip.seq {
            let last = segment.head.seq.min(tip.seq);
            let first = first.saturating_sub(1);
            let hashes = ledger_rows::hashes(&desk.store, number, first, last).await?;
            known.extend(hashes.into_iter().map(|(seq, hash)| ((author, seq), hash)));
        }
    }
    Ok(known)
}

/// Writes what was admitted, and only then lets it be so. True if the leads must be computed anew.
async fn store(
    desk: &Arc<Desk>,
    writer: &mut Writer,
    admitted: Admitted,
    had_quarantine: bool,
) -> Result<(Applied, bool), ActError> {
    let Admitted {
        replica,
        entries,
        opened,
        heads,
        unknown,
        alarms,
        cuts,
        keys,
        stopped,
    } = admitted;
    let alarms_now: Vec<_> = alarms
        .iter()
        .map(|(author, kind)| (Some(*author), *kind))
        .collect();
    desk.status().stopped.extend(stopped);
    if entries.is_empty() && unknown.is_empty() && !had_quarantine {
        raise_with(desk, writer, &alarms_now).await?;
        return Ok((Applied::default(), false));
    }
    let secrets = desk.secrets()?;
    let mut state = writer.state.clone();
    let mut numbers = writer.numbers.clone();
    let mut batch = Batch::new();
    put(&mut batch, &mut state, &mut numbers, &entries, &heads);
    ledger_rows::put_quarantine(&mut batch, &unknown);
    cut(&mut batch, &numbers, &cuts);
    let mut next = writer.next_row;
    let memory_rows = |id: RecordId| desk.memory().row_of(id);
    let places = Places {
        of: &memory_rows,
        next: &mut next,
    };
    let projected = project(desk, &secrets.storage, &mut state, places, &entries, opened).await?;
    sealed_rows::put_all(&mut batch, Table::Lead, projected.rows);
    let mut ledger = writer.ledger.clone();
    ledger.observe(replica.hlc());
    take_own(&mut ledger, &entries);
    state.set_ledgers(&replica, ledger.seq());
    let more_keys = put_keys(&mut batch, &writer.epochs, keys, &secrets)?;
    desk.commit(writer, batch, state).await?;
    let new_keys = more_keys.len() > writer.epochs.len();
    writer.ledger = ledger;
    writer.replica = replica;
    writer.numbers = numbers;
    writer.next_row = next;
    writer.epochs = more_keys;
    desk.status().quarantined = unknown
        .iter()
        .map(|segment| (segment.author(), segment.head.seq))
        .collect();
    let applied = Applied {
        entries: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        new_leads: projected.arrived,
        progress: !entries.is_empty() || !unknown.is_empty(),
    };
    show(desk, writer, &projected.changed, projected.arrived);
    if !cuts.is_empty() {
        recount_members(desk, writer).await?;
    }
    raise_with(desk, writer, &alarms_now).await?;
    Ok((applied, !cuts.is_empty() || new_keys))
}

/// Our own entries that came back from the server to an older copy of this database.
fn take_own(ledger: &mut ledger::Ledger, entries: &[Entry]) {
    let me = ledger.author();
    for entry in entries.iter().filter(|entry| entry.header.author == me) {
        // Admitted entries follow each other; one that did not would have been refused as a fork.
        let _ = ledger.accept(entry);
    }
}

fn put(
    batch: &mut Batch,
    state: &mut State,
    numbers: &mut Numbers,
    entries: &[Entry],
    heads: &BTreeMap<AuthorId, (u64, Option<SignedHead>)>,
) {
    for author in heads.keys() {
        ledger_rows::number(batch, numbers, *author);
    }
    ledger_rows::put_entries(batch, numbers, entries);
    for entry in entries {
        if matches!(entry.header.kind, Kind::Member | Kind::Grant) {
            let number = ledger_rows::number(batch, numbers, entry.header.author);
            ledger_rows::put_membership(batch, number, entry.header.seq);
            state.add_member(&entry.header.hash());
        }
    }
    for (author, (seq, head)) in heads {
        let number = ledger_rows::number(batch, numbers, *author);
        ledger_rows::put_head(batch, number, *seq, head.as_ref());
    }
}

/// Entries that a revocation made void are dropped.
fn cut(batch: &mut Batch, numbers: &Numbers, cuts: &[Cut]) {
    for cut in cuts {
        if let Some(number) = numbers.get(&cut.author) {
            ledger_rows::cut(batch, *number, cut.last_seq);
        }
    }
}

fn put_keys(
    batch: &mut Batch,
    held: &Epochs,
    keys: Vec<seal::ClinicKey>,
    secrets: &Secrets,
) -> Result<Epochs, ActError> {
    let mut epochs = held.clone();
    for key in keys {
        let epoch = key.epoch();
        if let Place::Vacant(place) = epochs.entry(epoch) {
            put_epoch_key(batch, &secrets.storage, &key)?;
            place.insert(Arc::new(EpochKeys::of(key)));
        }
    }
    Ok(epochs)
}

fn show(desk: &Desk, writer: &Writer, changed: &[Held], arrived: u32) {
    let mut memory = desk.memory();
    for held in changed {
        if let Some((row, _)) = held.row {
            memory.index(row, &held.record);
        }
    }
    memory.own_seq = writer.ledger.seq();
    memory.see_roster(&writer.replica, desk.me);
    drop(memory);
    let mut ids: Vec<String> = changed
        .iter()
        .take(NAMED + 1)
        .map(|held| held.record.id.to_string())
        .collect();
    if ids.len() > NAMED {
        ids.clear();
    }
    if !changed.is_empty() {
        desk.tell(Event::Leads { ids, arrived });
    }
}

/// The digest of memberships after some were dropped.
async fn recount_members(desk: &Desk, writer: &mut Writer) -> Result<(), ActError> {
    let members = ledger_rows::memberships(&desk.store).await?;
    let mut state = writer.state.clone();
    state.reset_members();
    for entry in &members {
        state.add_member(&entry.header.hash());
    }
    state.set_ledgers(&writer.replica, writer.ledger.seq());
    desk.commit(writer, Batch::new(), state).await
}

/// Raises alarms while the writer is held.
async fn raise_with(
    desk: &Desk,
    writer: &mut Writer,
    alarms: &[(Option<AuthorId>, AlarmKind)],
) -> Result<(), ActError> {
    let mut link = writer.link.value.clone();
    let now = desk.now();
    let mut news = false;
    for (author, kind) in alarms {
        let author = author.map(|author| author.to_string()).unwrap_or_default();
        news |= link.raise(&author, *kind, now);
    }
    if news {
        write_link(desk, writer, link).await
    } else {
        Ok(())
    }
}
