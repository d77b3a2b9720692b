//! Taking in what was pulled: admitted, opened, merged and stored in one transaction.
pub(super) mod admit;

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger::bundle::Reader;
use ledger::{AuthorId, Entry, EntryHash, Kind, Ledger, Member, RecordId, Replica, Role, Segment};
use seal::{StorageKey, Table};

use self::admit::{Admitted, admit};
use super::project::{Places, Projected, project, project_people};
use super::transport::Other;
use super::{adopt_link, write_link};
use crate::desk::own::{is_membership, recount_members};
use crate::desk::{Desk, EpochKeys, Epochs, Held, Secrets, Writer};
use crate::event::Event;
use crate::failure::ActError;
use crate::life::put_epoch_key;
use crate::local::{self, Link};
use crate::people::People;
use crate::state::State;
use crate::store::ledger_rows::{self, Numbers};
use crate::store::sealed_rows::SealedRow;
use crate::store::{Batch, sealed_rows};
use crate::view::AlarmKind;

/// Ids that one event names; beyond, it says "any".
const NAMED: usize = 1_000;

/// What a bundle brought.
#[derive(Default)]
pub(crate) struct Applied {
    /// Entries, or payloads that were missing, that are new here.
    pub entries: u32,
    /// Payloads among them that were missing.
    pub filled: u32,
    /// New leads that may ring.
    pub new_leads: u32,
    /// Anything moved, so that asking for more makes sense.
    pub progress: bool,
    /// Whose ledger stopped at a bad entry.
    pub stopped: BTreeSet<AuthorId>,
}

/// Takes in a bundle. Twice is as good as once.
pub(crate) async fn apply(
    desk: &Arc<Desk>,
    bundle: Vec<u8>,
    from: Other,
) -> Result<Applied, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut segments = read(bundle).await?;
    let quarantined = ledger_rows::quarantined(&desk.store).await?;
    segments.extend(
        quarantined
            .into_iter()
            .filter_map(|bytes| Reader::new(&bytes).next().and_then(Result::ok)),
    );
    let known = known(desk, writer, &segments).await?;
    let (replica, epochs) = (writer.replica.clone(), writer.epochs.clone());
    let (clinic, secrets) = (desk.clinic, desk.secrets()?);
    let admitted = tokio::task::spawn_blocking(move || {
        admit(&replica, &segments, &known, &epochs, clinic, &secrets)
    })
    .await
    .map_err(|_| ActError::Io)?;
    let lacking = admitted.entries.iter().any(|entry| {
        let header = &entry.header;
        let gone = admitted.replica.gone();
        gone.is_missing(header.author, header.seq)
    });
    let (applied, rebuild) = store(desk, writer, admitted, from).await?;
    if lacking {
        // Whoever was asked before was not asked for these.
        desk.status().asked_to_fill.retain(|way, _| *way == from);
    }
    drop(writing);
    if rebuild {
        desk.rebuild().await?;
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

/// Hashes of entries that we have and the segments bring again, link to, or cut a ledger at.
async fn known(
    desk: &Desk,
    writer: &Writer,
    segments: &[Segment],
) -> Result<BTreeMap<(AuthorId, u64), EntryHash>, ActError> {
    let mut known = BTreeMap::new();
    for (author, first, last) in segments.iter().flat_map(ranges) {
        let (Some(tip), Some(&number)) = (writer.replica.tip(author), writer.numbers.get(&author))
        else {
            continue;
        };
        if first <= tip.seq {
            let last = last.min(tip.seq);
            let hashes = ledger_rows::hashes(&desk.store, number, first, last).await?;
            known.extend(hashes.into_iter().map(|(seq, hash)| ((author, seq), hash)));
        }
    }
    Ok(known)
}

/// Which entries of ours a segment has to do with: author, first, last.
fn ranges(segment: &Segment) -> Vec<(AuthorId, u64, u64)> {
    let first = segment
        .entries
        .first()
        .map_or(0, |entry| entry.header.seq.saturating_sub(1));
    let mut ranges = vec![(segment.author(), first, segment.head.seq)];
    let members = segment
        .entries
        .iter()
        .filter(|entry| entry.header.kind == Kind::Member);
    ranges.extend(
        members.filter_map(|entry| match Member::decode(entry.payload.bytes()?).ok()? {
            Member::Revoke { author, last_seq } => Some((author, last_seq, last_seq)),
            _ => None,
        }),
    );
    ranges
}

/// Writes what was admitted, and only then lets it be so. True if the leads must be computed anew.
#[allow(clippy::too_many_lines)] // one transaction, told in its order
async fn store(
    desk: &Arc<Desk>,
    writer: &mut Writer,
    mut admitted: Admitted,
    from: Other,
) -> Result<(Applied, bool), ActError> {
    let waiting = waiting(&admitted.unknown);
    let stopped = std::mem::take(&mut admitted.stopped);
    desk.status().stop(from, &stopped);
    let waits_anew = desk.status().quarantined != waiting;
    let secrets = desk.secrets()?;
    let link = noted(desk, writer, &admitted, from);
    if admitted.entries.is_empty() && admitted.filled.is_empty() && !waits_anew {
        if let Some(link) = link {
            write_link(desk, writer, link).await?;
        }
        let applied = Applied {
            stopped,
            ..Applied::default()
        };
        return Ok((applied, false));
    }
    let cut_off = cuts_off(desk, &admitted);
    let members = admitted.entries.iter().any(is_membership);
    let mut next = Next::after(writer, &admitted);
    let mut state = writer.state.clone();
    let mut batch = Batch::new();
    put(&mut batch, &mut state, &mut next.numbers, &admitted);
    if waits_anew {
        ledger_rows::put_quarantine(&mut batch, &admitted.unknown);
    }
    recount_members(desk, &mut state, &admitted.entries, &admitted.cuts).await?;
    let key = &secrets.storage;
    let keys = std::mem::take(&mut admitted.keys);
    let learned = put_keys(&mut batch, &mut next.epochs, keys, &secrets)?;
    let link = match link {
        Some(link) => {
            let version = local::put(&mut batch, key, &link, writer.link.version)?;
            Some((link, version))
        }
        None => None,
    };
    let (entries, filled) = (admitted.entries.len(), admitted.filled.len());
    let rebuild = !admitted.cuts.is_empty() || learned;
    let own_seq = next.ledger.seq();
    state.set_ledgers(&next.replica, own_seq);
    if rebuild {
        state.distrust_projection();
    }
    let staff = staff_rows(key, &mut state, &mut next.people, &admitted)?;
    let people_changed = !staff.is_empty();
    sealed_rows::put_all(&mut batch, Table::Staff, staff);
    let projected = lead_rows(desk, key, &mut state, &mut next.row, admitted).await?;
    sealed_rows::put_all(&mut batch, Table::Lead, projected.rows);
    desk.commit(writer, batch, state).await?;
    next.adopt(writer);
    if people_changed {
        desk.see_people(writer);
    }
    if let Some((link, version)) = link {
        adopt_link(desk, writer, link, version);
    }
    desk.status().quarantined = waiting;
    show(desk, writer, &projected.changed, projected.arrived);
    if members {
        desk.tell(Event::Desks);
    }
    if cut_off {
        desk.tell_cut_off();
    }
    let count = |entries: usize| u32::try_from(entries).unwrap_or(u32::MAX);
    let applied = Applied {
        entries: count(entries + filled),
        filled: count(filled),
        new_leads: projected.arrived,
        progress: true,
        stopped,
    };
    Ok((applied, rebuild))
}

/// Rows of the people that new entries, and payloads that were missing, speak of.
fn staff_rows(
    key: &StorageKey,
    state: &mut State,
    people: &mut People,
    admitted: &Admitted,
) -> Result<Vec<SealedRow>, ActError> {
    let new = admitted.entries.iter().zip(&admitted.opened);
    let filled = admitted.filled.iter().zip(&admitted.opened_filled);
    project_people(people, state, key, new.chain(filled))
}

/// Rows of the leads that new entries, and payloads that were missing, speak of.
async fn lead_rows(
    desk: &Arc<Desk>,
    key: &StorageKey,
    state: &mut State,
    next: &mut i64,
    mut admitted: Admitted,
) -> Result<Projected, ActError> {
    admitted.entries.append(&mut admitted.filled);
    admitted.opened.append(&mut admitted.opened_filled);
    let memory_rows = |id: RecordId| desk.memory().row_of(id);
    let places = Places {
        of: &memory_rows,
        next,
    };
    let (entries, opened) = (admitted.entries, admitted.opened);
    project(desk, key, state, places, &entries, opened).await
}

/// The link with what a person must know and what the server has, if that is news.
fn noted(desk: &Desk, writer: &Writer, admitted: &Admitted, from: Other) -> Option<Link> {
    let mut link = writer.link.value.clone();
    let now = desk.now();
    let mut news = false;
    for (author, kind) in &admitted.alarms {
        news |= link.raise(&author.to_string(), *kind, now);
    }
    let roster = admitted.replica.roster();
    let counts = |id: AuthorId| id != desk.me && roster.role(id) != Some(Role::Server);
    let heads = admitted.heads.iter().filter(|_| from == Other::Server);
    for (author, (seq, _)) in heads.filter(|(id, _)| counts(**id)) {
        let held = link.have.entry(author.to_string()).or_default();
        news |= *held < *seq;
        *held = (*held).max(*seq);
    }
    if cuts_off(desk, admitted) {
        news |= link.raise("", AlarmKind::Revoked, now);
    }
    news.then_some(link)
}

/// An owner's entry, here or among these, cuts this PC off.
fn cuts_off(desk: &Desk, admitted: &Admitted) -> bool {
    let roster = admitted.replica.roster();
    roster.author(desk.me).is_some() && !roster.is_active(desk.me)
}

/// Who waits for somebody to vouch for them, and how far their entries are kept.
fn waiting(unknown: &[Segment]) -> BTreeMap<AuthorId, u64> {
    let reach = |segment: &Segment| (segment.author(), segment.head.seq);
    unknown.iter().map(reach).collect()
}

/// What the writer becomes once everything is durable.
struct Next {
    ledger: Ledger,
    replica: Replica,
    numbers: Numbers,
    epochs: Epochs,
    row: i64,
    people: People,
}

impl Next {
    fn after(writer: &Writer, admitted: &Admitted) -> Self {
        let mut ledger = writer.ledger.clone();
        ledger.observe(admitted.replica.hlc());
        take_own(&mut ledger, &admitted.entries);
        let me = ledger.author();
        if admitted.cuts.iter().any(|cut| cut.author == me) {
            // We were revoked: nothing is written any more, and what was beyond the end is void.
            let end = admitted.replica.tip(me);
            let (seq, hash) = end.map_or((0, EntryHash::ZERO), |tip| (tip.seq, tip.hash));
            ledger = Ledger::resume(me, seq, hash, ledger.hlc());
        }
        Self {
            ledger,
            replica: admitted.replica.clone(),
            numbers: writer.numbers.clone(),
            epochs: writer.epochs.clone(),
            row: writer.next_row,
            people: writer.people.clone(),
        }
    }

    fn adopt(self, writer: &mut Writer) {
        writer.ledger = self.ledger;
        writer.replica = self.replica;
        writer.numbers = self.numbers;
        writer.epochs = self.epochs;
        writer.next_row = self.row;
        writer.people = self.people;
    }
}

/// Our own entries that came back from the server to an older copy of this database.
fn take_own(ledger: &mut Ledger, entries: &[Entry]) {
    let me = ledger.author();
    for entry in entries.iter().filter(|entry| entry.header.author == me) {
        // Admitted entries follow each other; one that did not would have been refused as a fork.
        let _ = ledger.accept(entry);
    }
}

fn put(batch: &mut Batch, state: &mut State, numbers: &mut Numbers, admitted: &Admitted) {
    for author in admitted.heads.keys() {
        ledger_rows::number(batch, numbers, *author);
    }
    ledger_rows::put_entries(batch, numbers, &admitted.entries);
    ledger_rows::fill_entries(batch, numbers, &admitted.filled);
    for entry in admitted.entries.iter().filter(|entry| is_membership(entry)) {
        let number = ledger_rows::number(batch, numbers, entry.header.author);
        ledger_rows::put_membership(batch, number, entry.header.seq);
        state.add_member(&entry.header.hash());
    }
    for (head, bytes) in &admitted.stops {
        let number = ledger_rows::number(batch, numbers, head.author);
        ledger_rows::put_head(batch, number, head.seq, Some(head), *bytes);
    }
    for (author, (seq, _)) in &admitted.heads {
        let number = ledger_rows::number(batch, numbers, *author);
        ledger_rows::put_head(batch, number, *seq, None, 0);
    }
    // Entries that a revocation made void are set aside, wherever they were.
    ledger_rows::put_cuts(batch, numbers, &admitted.cuts);
    for entry in &admitted.void {
        ledger_rows::number(batch, numbers, entry.header.author);
    }
    ledger_rows::put_void(batch, numbers, &admitted.void);
}

/// Adds clinic keys that we did not have. True if there was one.
fn put_keys(
    batch: &mut Batch,
    epochs: &mut Epochs,
    keys: Vec<seal::ClinicKey>,
    secrets: &Secrets,
) -> Result<bool, ActError> {
    let mut learned = false;
    for key in keys {
        if let Place::Vacant(place) = epochs.entry(key.epoch()) {
            put_epoch_key(batch, &secrets.storage, &key)?;
            place.insert(Arc::new(EpochKeys::of(key)));
            learned = true;
        }
    }
    Ok(learned)
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
    memory.see_others(writer);
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
