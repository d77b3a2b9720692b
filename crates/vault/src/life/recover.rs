//! Opening a database whose key is lost: the paper kit enrols this PC as a new author.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
use crate::store::files::{Files, Hold};
use crate::store::ledger_rows::{self, Identity};
use crate::store::{Batch, Fault, Store, sealed_rows};

/// Name of the copy of a database that is being recovered.
const RECOVERING: &str = "letan.recovering";
/// How long the server may take to tell what happened meanwhile.
const CATCH_UP: Duration = Duration::from_secs(15);
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
    url: Option<String>,
) -> Result<Recovered, OpenError> {
    let paper = kit(locked, words)?;
    prove_members(locked).await?;
    let keys = granted(locked, words, paper);
    if keys.is_empty() {
        return Err(OpenError::Damaged);
    }
    let url = url.or_else(|| server(locked));
    let lost = losses(locked, url.as_deref()).await?;
    let now = clock.now_ms();
    let scribe = enrol(locked, words, new_root, &plan, &keys, now)?;
    let link = link(words, url);
    let batch = rows(locked, words, new_root, &plan, &keys, scribe, link, now).await?;
    let written = locked.store.clone();
    // In a task of its own: a transaction that is cut in the middle would stay open.
    let outcome = tokio::spawn(async move {
        written.write(batch).await?;
        written.truncate_log().await
    });
    outcome.await.map_err(|_| Fault::Io)??;
    let reread = super::open::look(locked.store.clone()).await?;
    let vault = unlock(&reread, new_root, clock, None).await?;
    // Whoever has the words may do everything; also when nobody remembers a PIN.
    vault.seat_by_words();
    Ok(Recovered { vault, lost })
}

/// Recovers the database where it lies.
///
/// The kit may have written elsewhere meanwhile. If it wrote the same numbers a second time, nobody
/// would ever believe it again; so it asks the server first, on a copy that takes the place of the
/// database only when all of it went well. Without a server there is nobody to ask.
pub(super) async fn recover_here(
    locked: &LockedVault,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: DeskPlan,
    clock: SharedClock,
) -> Result<Recovered, OpenError> {
    kit(locked, words)?;
    if !found::is_named(&plan) {
        return Err(OpenError::BadPlan);
    }
    if server(locked).is_none() {
        return recover(locked, words, new_root, plan, clock, None).await;
    }
    let files = locked.store.files().clone();
    let copy = files.beside(RECOVERING);
    let recovered = recover_copy(locked, &copy, words, new_root, plan, Arc::clone(&clock)).await;
    let replaced = match recovered {
        Ok(lost) => {
            locked.store.let_go().await;
            files.replace_with(&copy).map(|()| lost)?
        }
        Err(error) => {
            if copy.discard().is_err() {
                tracing::warn!("a copy that was not recovered could not be deleted");
            }
            return Err(error);
        }
    };
    let store = Store::open(files, locked.store.hold(), false).await?;
    let vault = unlock(&super::open::look(store).await?, new_root, clock, None).await?;
    // It was opened anew, and whoever has the words may still do everything.
    vault.seat_by_words();
    Ok(Recovered {
        vault,
        lost: replaced,
    })
}

/// Copies the database, lets the copy learn what the server knows, recovers it and closes it.
async fn recover_copy(
    locked: &LockedVault,
    copy: &Files,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: DeskPlan,
    clock: SharedClock,
) -> Result<Vec<Loss>, OpenError> {
    copy.discard()?;
    let (store, to) = (locked.store.clone(), copy.database().to_owned());
    let copied = tokio::spawn(async move { store.copy_into(&to, |_| true).await });
    copied.await.map_err(|_| Fault::Io)??;
    let twin = look_at(copy).await?;
    let caught_up = catch_up(&twin, words, Arc::clone(&clock)).await;
    twin.store.let_go().await;
    let mut lost = caught_up?;
    let twin = look_at(copy).await?;
    let closed = match recover(&twin, words, new_root, plan, clock, None).await {
        Ok(recovered) => {
            lost.extend(recovered.lost);
            recovered.vault.close().await.map_err(OpenError::from)
        }
        Err(error) => Err(error),
    };
    twin.store.let_go().await;
    closed.map(|()| lost)
}

async fn look_at(copy: &Files) -> Result<LockedVault, Fault> {
    let store = Store::open(copy.clone(), Arc::new(Hold::of_another()), false).await?;
    let looked = super::open::look(store.clone()).await;
    if looked.is_err() {
        store.let_go().await;
    }
    looked
}

/// Acts as the kit itself for a moment, to learn from the server what happened since the copy in
/// `locked` was made, above all what the kit itself wrote. Gives what of the copy is lost by that,
/// and leaves the database closed and in the kit's hands; [`recover`] must follow.
///
/// Without a server, or with one that does not answer in time, the copy has to do.
async fn catch_up(
    locked: &LockedVault,
    words: &RootSecret,
    clock: SharedClock,
) -> Result<Vec<Loss>, OpenError> {
    let paper = kit(locked, words)?;
    let lost = losses(locked, server(locked).as_deref()).await?;
    let keys = granted(locked, words, paper);
    let replica = Replica::resume(
        locked.roster.clone(),
        locked.tips.clone(),
        locked.gone.clone(),
    );
    // No lead is computed: that would be for nothing, since everything is anew afterwards.
    let mut state = State::new();
    state.counter = u64::try_from(clock.now_ms()).unwrap_or(0);
    for entry in &locked.members {
        state.add_member(&entry.header.hash());
    }
    state.set_ledgers(&replica, locked.tips.get(&paper).map_or(0, |tip| tip.seq));
    let mut batch = Batch::new();
    ledger_rows::put_identity(
        &mut batch,
        Identity {
            author: paper,
            ..locked.identity
        },
    );
    clear_sealed(&mut batch);
    let storage = words.storage_key();
    for key in keys.values() {
        put_epoch_key(&mut batch, &storage, key)?;
    }
    let link = Link {
        url: server(locked),
        ..Link::default()
    };
    local::put(&mut batch, &storage, &link, None)?;
    state.put(&mut batch, &storage)?;
    let written = locked.store.clone();
    let outcome = tokio::spawn(async move { written.write(batch).await });
    outcome.await.map_err(|_| Fault::Io)??;
    let reread = super::open::look(locked.store.clone()).await?;
    let vault = unlock(&reread, words, clock, None).await?;
    match tokio::time::timeout(CATCH_UP, vault.sync()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "recovering without the server"),
        Err(_) => tracing::warn!("recovering without the server, which takes its time"),
    }
    vault.close().await?;
    Ok(lost)
}

/// Adds "forget all that the old key sealed" to a transaction.
fn clear_sealed(batch: &mut Batch) {
    for table in [
        Table::Lead,
        Table::Draft,
        Table::View,
        Table::Setting,
        Table::Key,
        Table::Staff,
        Table::Peer,
    ] {
        sealed_rows::clear(batch, table);
    }
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

async fn losses(locked: &LockedVault, url: Option<&str>) -> Result<Vec<Loss>, Fault> {
    let mut lost = Vec::new();
    for (table, loss) in [(Table::Draft, Loss::Drafts), (Table::View, Loss::Views)] {
        if sealed_rows::last_place(&locked.store, table).await? > 0 {
            lost.push(loss);
        }
    }
    if url.is_none() {
        lost.push(Loss::ServerLink);
    }
    Ok(lost)
}

/// Address of the clinic's server: it is enrolled under it.
pub(super) fn server(locked: &LockedVault) -> Option<String> {
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

/// The link to the server, where the kit vouches for this PC until it is known there.
fn link(words: &RootSecret, url: Option<String>) -> Link {
    let sponsor = Zeroizing::new(HEXLOWER.encode(words.dangerous_bytes().as_slice()));
    let sponsor = url.is_some().then(|| sponsor.to_string());
    Link {
        url,
        sponsor,
        ..Link::default()
    }
}

/// One transaction: the kit's entries, our new identity, and everything that the lost key sealed
/// is gone; the leads are computed anew.
#[allow(clippy::too_many_arguments)] // all of them go into one transaction
async fn rows(
    locked: &LockedVault,
    words: &RootSecret,
    new_root: &RootSecret,
    plan: &DeskPlan,
    keys: &Keys,
    scribe: Scribe,
    link: Link,
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
    clear_sealed(&mut batch);
    let storage = new_root.storage_key();
    for key in keys.values() {
        put_epoch_key(&mut batch, &storage, key)?;
    }
    let person = casebook::text::one_line(&plan.person, casebook::lead::Limits::PERSON);
    // Whoever typed the words has them.
    let profile = Profile {
        person,
        kit_checked: true,
        kit_checked_at: Some(now),
        ..Profile::default()
    };
    local::put(&mut batch, &storage, &profile, None)?;
    local::put(&mut batch, &storage, &link, None)?;
    state.put(&mut batch, &storage)?;
    Ok(batch)
}
