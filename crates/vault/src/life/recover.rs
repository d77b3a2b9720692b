//! Opening a database whose key is lost: the paper kit enrols this PC as a new author.
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use ledger::{
    AuthorId, Entry, EntryHash, Epoch, Hlc, Kind, Ledger, Member, RecordId, Replica, Role,
};
use seal::{ClinicKey, RootSecret, Table};
use zeroize::Zeroizing;

use super::found::{self, put_epoch_key};
use super::open::{LockedVault, unlock};
use super::rebuild::Chain;
use super::{DeskPlan, Loss, Recovered};
use crate::clock::SharedClock;
use crate::desk::Scribe;
use crate::failure::OpenError;
use crate::local::{self, Link, Profile};
use crate::state::State;
use crate::store::ledger_rows::{self, Identity};
use crate::store::{Batch, Fault, sealed_rows};

/// Entries read at once.
const ENTRIES: i64 = 5_000;

/// Clinic keys by epoch.
type Keys = BTreeMap<Epoch, ClinicKey>;

/// Enrols this PC under `new_root`, signed by the paper kit, and opens the vault with it.
pub(super) async fn recover(
    locked: &LockedVault,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: DeskPlan,
    clock: SharedClock,
) -> Result<Recovered, OpenError> {
    let paper = kit(locked, words)?;
    prove_members(locked).await?;
    let keys = granted(locked, words, paper);
    if keys.is_empty() {
        return Err(OpenError::Damaged);
    }
    let lost = losses(locked).await?;
    let now = clock.now_ms();
    let scribe = enrol(locked, words, new_root, &plan, &keys, now)?;
    let batch = rows(locked, words, new_root, &plan, &keys, scribe, now).await?;
    let written = locked.store.clone();
    // In a task of its own: a transaction that is cut in the middle would stay open.
    let outcome = tokio::spawn(async move {
        written.write(batch).await?;
        written.truncate_log().await
    });
    outcome.await.map_err(|_| Fault::Io)??;
    let reread = super::open::look(locked.store.clone()).await?;
    let vault = unlock(&reread, new_root, clock, None).await?;
    Ok(Recovered { vault, lost })
}

/// The kit's author, if these are the words of one that was not replaced since.
pub(super) fn kit(locked: &LockedVault, words: &RootSecret) -> Result<AuthorId, OpenError> {
    let paper = words.signer().id();
    let known = locked.roster.author(paper);
    known
        .filter(|author| author.role == Role::Paper && author.last_seq.is_none())
        .map(|_| paper)
        .ok_or(OpenError::WrongWords)
}

/// Nobody has the key that would tell whether the file was changed, so the members must prove
/// themselves: whoever enrolled or granted something has signed it. Of a revoked author the
/// signature may be gone with what was beyond its end.
async fn prove_members(locked: &LockedVault) -> Result<(), OpenError> {
    let heads = ledger_rows::heads(&locked.store).await?;
    let numbers = ledger_rows::numbers(&locked.store).await?;
    let mut reach: BTreeMap<AuthorId, u64> = BTreeMap::new();
    for Entry { header, .. } in &locked.members {
        let reach = reach.entry(header.author).or_default();
        *reach = header.seq.max(*reach);
    }
    for (id, reach) in reach {
        let author = locked.roster.author(id).ok_or(OpenError::Damaged)?;
        let Some(head) = heads.get(&id) else {
            if author.last_seq.is_some() {
                continue;
            }
            return Err(OpenError::Damaged);
        };
        let number = numbers.get(&id).copied().ok_or(OpenError::Damaged)?;
        let mut chain = Chain::default();
        while chain.seq < head.seq {
            let left = i64::try_from(head.seq - chain.seq).unwrap_or(ENTRIES);
            let most = left.min(ENTRIES);
            let read = ledger_rows::entries_after(&locked.store, number, chain.seq, most).await?;
            if read.is_empty() {
                return Err(OpenError::Damaged);
            }
            chain.follow(&read)?;
        }
        let signed = head.verify(&author.keys) && chain.hash == Some(head.hash);
        if !signed || head.seq < reach {
            return Err(OpenError::Damaged);
        }
    }
    Ok(())
}

/// The clinic keys that were granted to the kit.
fn granted(locked: &LockedVault, words: &RootSecret, paper: AuthorId) -> Keys {
    let receive = words.receive_key();
    locked
        .members
        .iter()
        .filter(|entry| entry.header.kind == Kind::Grant)
        .filter(|entry| entry.header.record == RecordId::from(paper))
        .filter_map(|entry| seal::open_grant(&receive, paper, entry.payload.bytes()?).ok())
        .map(|key| (key.epoch(), key))
        .collect()
}

async fn losses(locked: &LockedVault) -> Result<Vec<Loss>, Fault> {
    let mut lost = Vec::new();
    for (table, loss) in [(Table::Draft, Loss::Drafts), (Table::View, Loss::Views)] {
        if sealed_rows::last_place(&locked.store, table).await? > 0 {
            lost.push(loss);
        }
    }
    if server(locked).is_none() {
        lost.push(Loss::ServerLink);
    }
    Ok(lost)
}

/// Address of the clinic's server: it is enrolled under it.
fn server(locked: &LockedVault) -> Option<String> {
    let servers = locked
        .roster
        .iter()
        .filter(|(_, author)| author.role == Role::Server);
    let active = servers.filter(|(_, author)| author.last_seq.is_none());
    active
        .map(|(_, author)| author.name.clone())
        .find(|name| name.starts_with("http"))
}

/// The kit's entries: this PC as an owner, and every clinic key for it.
fn enrol(
    locked: &LockedVault,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: &DeskPlan,
    keys: &Keys,
    now: i64,
) -> Result<Scribe, OpenError> {
    let paper = words.signer().id();
    let replica = Replica::resume(
        locked.roster.clone(),
        locked.tips.clone(),
        locked.gone.clone(),
    );
    let hlc = replica.hlc();
    let ledger = locked.tips.get(&paper).map_or_else(
        || Ledger::resume(paper, 0, EntryHash::ZERO, hlc),
        |tip| Ledger::resume(paper, tip.seq, tip.hash, hlc),
    );
    let mut scribe = Scribe {
        ledger,
        replica,
        entries: Vec::new(),
    };
    let name = found::name(&plan.desk).ok_or(OpenError::BadPlan)?;
    let branch = casebook::text::one_line(&plan.branch, casebook::lead::Limits::BRANCH);
    let new = new_root.signer().keys();
    scribe.member(
        &Member::Enrol {
            keys: new,
            role: Role::Owner,
            name,
            branch,
        },
        now,
    )?;
    for key in keys.values() {
        scribe.grant(&new, key, now)?;
    }
    Ok(scribe)
}

/// One transaction: the kit's entries, our new identity, and everything that the lost key sealed
/// is gone; the leads are computed anew.
async fn rows(
    locked: &LockedVault,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: &DeskPlan,
    keys: &Keys,
    scribe: Scribe,
    now: i64,
) -> Result<Batch, Fault> {
    let mut batch = Batch::new();
    let author = new_root.signer().id();
    ledger_rows::put_identity(
        &mut batch,
        Identity {
            author,
            ..locked.identity
        },
    );
    let mut state = State::new();
    state.begin_projection();
    // Above whatever was mirrored of the old database.
    state.counter = u64::try_from(now).unwrap_or(0);
    for entry in &locked.members {
        state.add_member(&entry.header.hash());
    }
    let mut numbers = ledger_rows::numbers(&locked.store).await?;
    scribe.put(&mut batch, &mut state, &mut numbers, &words.signer());
    state.set_ledgers(&scribe.replica, 0);
    state.hlc = state.hlc.max(Hlc::new(now, 0).0);
    for table in [
        Table::Lead,
        Table::Draft,
        Table::View,
        Table::Setting,
        Table::Key,
        Table::Peer,
    ] {
        sealed_rows::clear(&mut batch, table);
    }
    let storage = new_root.storage_key();
    for key in keys.values() {
        put_epoch_key(&mut batch, &storage, key)?;
    }
    let person = casebook::text::one_line(&plan.person, casebook::lead::Limits::PERSON);
    // Whoever typed the words has them.
    let profile = Profile {
        person,
        kit_checked: true,
        ..Profile::default()
    };
    local::put(&mut batch, &storage, &profile, None)?;
    let sponsor = Zeroizing::new(HEXLOWER.encode(words.dangerous_bytes().as_slice()));
    let url = server(locked);
    let sponsor = url.is_some().then(|| sponsor.to_string());
    local::put(
        &mut batch,
        &storage,
        &Link {
            url,
            sponsor,
            ..Link::default()
        },
        None,
    )?;
    state.put(&mut batch, &storage)?;
    Ok(batch)
}
