//! Bringing back a damaged database: copied aside, then every entry that still proves itself is
//! taken over into a new file.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::{
    AuthorId, ClinicId, Entry, EntryHash, Kind, Member, RecordId, Replica, SignedHead, Signer, Tip,
};
use seal::{RootSecret, StorageKey, Table};

use super::found::put_epoch_key;
use super::open::{look, unlock};
use super::{Loss, Recovered};
use crate::clock::SharedClock;
use crate::desk::Secrets;
use crate::failure::OpenError;
use crate::local::{Kept, Link, Profile};
use crate::state::{self, State};
use crate::store::files::{Files, Hold};
use crate::store::ledger_rows::{self, Identity, Numbers};
use crate::store::{Batch, Fault, Store, sealed_rows};

/// Name of the database until it is whole.
const REPAIRED: &str = "letan.repaired";
/// Entries read at once; where that fails, they are read one by one.
const ENTRIES: i64 = 500;
/// How many numbers in a row may be unreadable before an author's ledger is taken to end.
const PATIENCE: u64 = 2_000;

/// Repairs the database in `dir` when it is too damaged even to be probed.
pub async fn salvage(
    dir: &Path,
    root: &RootSecret,
    clock: SharedClock,
) -> Result<Recovered, OpenError> {
    let files = Files::new(dir);
    let hold = Arc::new(Hold::take(&files)?);
    files.settle()?;
    let aside = copy_aside(&files, &clock).await?;
    match Store::open(files.clone(), Arc::clone(&hold), false).await {
        Ok(store) => take_over(store, root, clock).await,
        Err(Fault::Damaged) => {
            tracing::error!(aside = %aside.display(), "the database can't even be opened");
            Err(OpenError::Damaged)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Repairs a database that could be opened.
pub(super) async fn repair(
    store: Store,
    root: &RootSecret,
    clock: SharedClock,
) -> Result<Recovered, OpenError> {
    // As it is, log and all: moving the log into a damaged file could do more harm.
    copy_aside(store.files(), &clock).await?;
    take_over(store, root, clock).await
}

async fn copy_aside(files: &Files, clock: &SharedClock) -> Result<PathBuf, Fault> {
    let (files, now) = (files.clone(), clock.now_ms());
    tokio::task::spawn_blocking(move || files.copy_aside(now))
        .await
        .map_err(|_| Fault::Io)?
}

/// What could be read of the old file.
struct Saved {
    clinic: ClinicId,
    entries: BTreeMap<AuthorId, Vec<Entry>>,
    heads: BTreeMap<AuthorId, SignedHead>,
    stops: ledger_rows::Stops,
    /// Where the ledgers stood, if the sealed state row says the same.
    tips: BTreeMap<AuthorId, Tip>,
    /// Member and grant entries that the sealed state row counts.
    members: BTreeSet<EntryHash>,
    counter: u64,
    own_seq: u64,
}

async fn take_over(
    store: Store,
    root: &RootSecret,
    clock: SharedClock,
) -> Result<Recovered, OpenError> {
    let secrets = Secrets::of(root);
    let me = secrets.signer.id();
    let saved = read(&store, &secrets).await?;
    let admitted = admit(&saved);
    let mut lost = lost_entries(&saved, &admitted.replica);
    let files = store.files().clone();
    let fresh = files.beside(REPAIRED);
    fresh.discard()?;
    let new = Store::open(fresh.clone(), store.hold(), true).await?;
    let mut batch = Batch::new();
    let mut state = State::new();
    state.begin_projection();
    let now = u64::try_from(clock.now_ms()).unwrap_or(0);
    // Above whatever was mirrored of the old database.
    state.counter = saved.counter.max(now);
    state.set_ledgers(&admitted.replica, saved.own_seq);
    ledger_rows::put_identity(
        &mut batch,
        Identity {
            clinic: saved.clinic,
            author: me,
        },
    );
    put_ledgers(&mut batch, &mut state, &saved, &admitted, &secrets.signer);
    put_keys(&mut batch, &secrets, me, &admitted.members)?;
    lost.extend(carry_over(&store, &mut batch, &secrets.storage).await);
    state.put(&mut batch, &secrets.storage)?;
    new.write(batch).await?;
    new.close().await?;
    let hold = store.hold();
    store.let_go().await;
    drop((store, new));
    files.replace_with(&fresh)?;
    let locked = look(Store::open(files, hold, false).await?).await?;
    let vault = unlock(&locked, root, clock, None).await?;
    Ok(Recovered { vault, lost })
}

async fn read(store: &Store, secrets: &Secrets) -> Result<Saved, OpenError> {
    let mut entries = BTreeMap::new();
    let numbers = ledger_rows::numbers(store).await.unwrap_or_default();
    for (author, number) in numbers {
        entries.insert(author, read_ledger(store, number).await);
    }
    let heads = ledger_rows::heads(store).await.unwrap_or_default();
    let stops = ledger_rows::stops(store).await.unwrap_or_default();
    let clinic = match ledger_rows::identity(store).await {
        Ok(identity) => identity.clinic,
        Err(_) => genesis(&entries).ok_or(OpenError::Damaged)?,
    };
    let state = match state::read(store).await {
        Ok(row) => state::open(&row, &secrets.storage).ok(),
        Err(_) => None,
    };
    let (tips, members) = match &state {
        Some(state) => sealed_proofs(store, state).await,
        None => Default::default(),
    };
    let own = entries
        .get(&secrets.signer.id())
        .and_then(|own: &Vec<Entry>| own.last());
    let own_seq = state
        .as_ref()
        .map_or(own.map_or(0, |last| last.header.seq), |s| s.own_seq);
    Ok(Saved {
        clinic,
        entries,
        heads,
        stops,
        tips,
        members,
        counter: state.map_or(0, |s| s.counter),
        own_seq,
    })
}

/// What the sealed state row vouches for: nobody without our key could have written it.
async fn sealed_proofs(
    store: &Store,
    state: &State,
) -> (BTreeMap<AuthorId, Tip>, BTreeSet<EntryHash>) {
    let tips = ledger_rows::tips(store).await.unwrap_or_default();
    let members = ledger_rows::memberships(store).await.unwrap_or_default();
    let hashes: Vec<EntryHash> = members.iter().map(|entry| entry.header.hash()).collect();
    let tips = Some(tips).filter(|tips| state.heads_agree(tips));
    let hashes = Some(hashes).filter(|hashes| state.members_agree(hashes.iter()));
    (
        tips.unwrap_or_default(),
        hashes.into_iter().flatten().collect(),
    )
}

/// As many entries of one author as can be read, in order.
async fn read_ledger(store: &Store, number: i64) -> Vec<Entry> {
    let mut ledger: Vec<Entry> = Vec::new();
    let (mut after, mut unreadable) = (0, 0);
    while unreadable < PATIENCE {
        let part = match ledger_rows::entries_after(store, number, after, ENTRIES).await {
            Ok(part) if part.is_empty() => break,
            Ok(part) => part,
            // One bad row spoils the batch: go on one by one.
            Err(_) => {
                let one = ledger_rows::entries_after(store, number, after, 1).await;
                let Ok(part) = one else {
                    after += 1;
                    unreadable += 1;
                    continue;
                };
                part
            }
        };
        unreadable = 0;
        let Some(last) = part.last() else { break };
        after = last.header.seq;
        ledger.extend(part);
    }
    ledger
}

fn genesis(entries: &BTreeMap<AuthorId, Vec<Entry>>) -> Option<ClinicId> {
    entries
        .values()
        .filter_map(|ledger| ledger.first())
        .find_map(|first| {
            let member = Member::decode(first.payload.bytes()?).ok()?;
            let founding = matches!(member, Member::Genesis { .. });
            founding.then(|| ClinicId::of_genesis(&first.header.hash()))
        })
}

/// What proves itself: linked to the genesis entry without a gap.
struct Admitted {
    replica: Replica,
    entries: Vec<Entry>,
    members: Vec<Entry>,
}

fn admit(saved: &Saved) -> Admitted {
    let mut replica = Replica::new(saved.clinic);
    let mut done: BTreeMap<AuthorId, usize> = BTreeMap::new();
    let mut admitted = Vec::new();
    let mut members = Vec::new();
    // Authors enrol each other: go round until nobody gets any further.
    loop {
        let before = admitted.len();
        for (author, ledger) in &saved.entries {
            let from = done.entry(*author).or_default();
            let end = proven(saved, &replica, *author, ledger);
            for entry in &ledger[*from..] {
                let stands = entry.header.seq <= end || stands_alone(saved, entry);
                if !stands || replica.record(entry).is_err() {
                    break;
                }
                *from += 1;
                if matches!(entry.header.kind, Kind::Member | Kind::Grant) {
                    members.push(entry.clone());
                }
                admitted.push(entry.clone());
            }
        }
        if admitted.len() == before {
            return Admitted {
                replica,
                entries: admitted,
                members,
            };
        }
    }
}

/// How far a ledger is vouched for: by its author's signature, or by our sealed state row. A
/// forged entry anywhere before breaks the chain, so that nothing is.
fn proven(saved: &Saved, replica: &Replica, author: AuthorId, ledger: &[Entry]) -> u64 {
    let keys = replica.roster().keys(author);
    let head = saved.heads.get(&author);
    let signed = head.filter(|head| keys.is_some_and(|keys| head.verify(&keys)));
    let sealed = saved.tips.get(&author);
    let ends = [
        signed.map(|head| (head.seq, head.hash)),
        sealed.map(|tip| (tip.seq, tip.hash)),
    ];
    let (mut seq, mut hash, mut end) = (0, EntryHash::ZERO, 0);
    for entry in ledger {
        let header = &entry.header;
        if header.seq != seq + 1 || header.prev != hash {
            break;
        }
        (seq, hash) = (header.seq, header.hash());
        if ends.contains(&Some((seq, hash))) {
            end = seq;
        }
    }
    end
}

/// Whether an entry can be taken although nobody vouches for its place: the clinic's first one, by
/// its hash; one of the membership that the sealed state row counts; and those that are sealed
/// themselves. Of a plain one nobody could tell who wrote it.
fn stands_alone(saved: &Saved, entry: &Entry) -> bool {
    let hash = || entry.header.hash();
    match entry.header.kind {
        Kind::Member | Kind::Grant => {
            ClinicId::of_genesis(&hash()) == saved.clinic || saved.members.contains(&hash())
        }
        Kind::Erase => false,
        Kind::Change | Kind::Access | Kind::Submission | Kind::Witness => true,
    }
}

/// Which ledgers end earlier than they did.
fn lost_entries(saved: &Saved, replica: &Replica) -> Vec<Loss> {
    let authors: BTreeSet<AuthorId> = saved
        .entries
        .keys()
        .chain(saved.heads.keys())
        .copied()
        .collect();
    authors
        .into_iter()
        .filter_map(|author| {
            let seq = replica.tip(author).map_or(0, |tip| tip.seq);
            let read = saved.entries.get(&author).and_then(|ledger| ledger.last());
            let head = saved.heads.get(&author).map_or(0, |head| head.seq);
            let once = read.map_or(0, |entry| entry.header.seq).max(head);
            let name = replica
                .roster()
                .name(author)
                .map_or_else(|| author.to_string(), str::to_owned);
            (seq < once).then_some(Loss::Entries { author: name, seq })
        })
        .collect()
}

fn put_ledgers(
    batch: &mut Batch,
    state: &mut State,
    saved: &Saved,
    admitted: &Admitted,
    signer: &Signer,
) {
    let Admitted {
        replica,
        entries,
        members,
    } = admitted;
    let mut numbers = Numbers::new();
    for author in replica.heads().keys() {
        ledger_rows::number(batch, &mut numbers, *author);
    }
    ledger_rows::put_entries(batch, &numbers, entries);
    for (author, tip) in replica.heads() {
        let number = ledger_rows::number(batch, &mut numbers, *author);
        let head = saved.heads.get(author).filter(|head| head.seq <= tip.seq);
        // Our own we can sign at any length.
        let own = (*author == signer.id()).then(|| signer.head(tip.seq, tip.hash));
        let head = own.as_ref().or(head);
        ledger_rows::put_head(batch, number, tip.seq, head, ledger_rows::STRIDE);
        let stops = saved.stops.get(author).into_iter().flatten();
        let hash = |seq| {
            let of = |entry: &&Entry| entry.header.author == *author && entry.header.seq == seq;
            entries.iter().find(of).map(|entry| entry.header.hash())
        };
        for (_, head) in stops.filter(|(seq, head)| hash(**seq) == Some(head.hash)) {
            ledger_rows::put_waypoint(batch, number, head);
        }
    }
    for entry in members {
        let number = ledger_rows::number(batch, &mut numbers, entry.header.author);
        ledger_rows::put_membership(batch, number, entry.header.seq);
        state.add_member(&entry.header.hash());
    }
}

/// Clinic keys, from their grants.
fn put_keys(
    batch: &mut Batch,
    secrets: &Secrets,
    me: AuthorId,
    members: &[Entry],
) -> Result<(), Fault> {
    let mine = members.iter().filter(|entry| {
        entry.header.kind == Kind::Grant && entry.header.record == RecordId::from(me)
    });
    for entry in mine {
        let key = entry
            .payload
            .bytes()
            .map(|grant| seal::open_grant(&secrets.receive, me, grant));
        if let Some(Ok(key)) = key {
            put_epoch_key(batch, &secrets.storage, &key)?;
        }
    }
    Ok(())
}

/// Takes over what this desk keeps for itself, as far as it opens; tells what does not.
async fn carry_over(store: &Store, batch: &mut Batch, key: &StorageKey) -> Vec<Loss> {
    let mut lost = Vec::new();
    for (table, loss) in [(Table::Draft, Loss::Drafts), (Table::View, Loss::Views)] {
        match sealed_rows::all(store, table).await {
            Ok(rows) => {
                let (good, bad): (Vec<_>, Vec<_>) = rows
                    .into_iter()
                    .partition(|row| row.open(key, table).is_ok());
                sealed_rows::put_all(batch, table, good);
                if !bad.is_empty() {
                    lost.push(loss);
                }
            }
            Err(_) => lost.push(loss),
        }
    }
    for (place, loss) in [
        (Profile::PLACE, Loss::Profile),
        (Link::PLACE, Loss::ServerLink),
    ] {
        match sealed_rows::get(store, Table::Setting, place).await {
            Ok(None) => {}
            Ok(Some(row)) if row.open(key, Table::Setting).is_ok() => {
                sealed_rows::put(batch, Table::Setting, row);
            }
            _ => lost.push(loss),
        }
    }
    lost
}
