//! Looking at a database without its key, and opening it with it.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ledger::{
    AuthorId, ClinicId, Entry, EntryHash, Epoch, Gone, Hlc, Kind, Ledger, Member, Replica, Roster,
    Tip,
};
use seal::{ClinicKey, RootSecret, StorageKey, Table};

use super::Found;
use crate::backup;
use crate::clock::SharedClock;
use crate::desk::{Desk, EpochKeys, Epochs, Loading, Parts, Secrets, Vault, Versioned, Writer};
use crate::exchange::peers;
use crate::failure::OpenError;
use crate::local::{self, Front, Link, Profile};
use crate::people::{People, Tries};
use crate::state::{self, State};
use crate::store::files::{Files, Hold};
use crate::store::ledger_rows::{self, Identity};
use crate::store::{Checked, Fault, Store, sealed_rows};

/// A database that was found and looks sound, before anybody showed its key.
pub struct LockedVault {
    pub(super) store: Store,
    pub(super) identity: Identity,
    pub(super) roster: Roster,
    pub(super) tips: BTreeMap<AuthorId, Tip>,
    pub(super) gone: Gone,
    pub(super) members: Vec<Entry>,
    check_later: bool,
}

/// Looks what is in `dir`.
pub(super) async fn probe(dir: &Path) -> Result<Found, OpenError> {
    let files = Files::new(dir);
    if !files.exists()? {
        // Where another instance is at work, it is none of our business.
        if let Ok(_hold) = Hold::look(&files) {
            backup::sweep(&files);
        }
        return Ok(Found::Nothing);
    }
    let hold = Arc::new(Hold::take(&files)?);
    backup::sweep(&files);
    files.settle()?;
    let store = Store::open(files, hold, false).await?;
    match look(store.clone()).await {
        Ok(locked) => Ok(Found::Sealed(locked)),
        Err(fault) => {
            store.let_go().await;
            Err(fault.into())
        }
    }
}

/// Reads what can be read without a key.
pub(crate) async fn look(store: Store) -> Result<LockedVault, Fault> {
    let checked = store.quick_check(None).await?;
    let identity = ledger_rows::identity(&store).await?;
    let members = ledger_rows::memberships(&store).await?;
    let roster = roster(identity.clinic, &members)?;
    let tips = ledger_rows::tips(&store).await?;
    let gone = ledger_rows::gone(&store).await?;
    let check_later = checked == Checked::Partly;
    Ok(LockedVault {
        store,
        identity,
        roster,
        tips,
        gone,
        members,
        check_later,
    })
}

/// The roster that these entries make. One that counts no longer is no damage.
fn roster(clinic: ClinicId, members: &[Entry]) -> Result<Roster, Fault> {
    let facts = members
        .iter()
        .filter(|entry| entry.header.kind == Kind::Member)
        .map(|entry| {
            let payload = entry.payload.bytes().ok_or(Fault::Damaged)?;
            let member = Member::decode(payload).map_err(|_| Fault::Damaged)?;
            Ok((entry.header, member))
        });
    Ok(Roster::of(
        clinic,
        facts.collect::<Result<Vec<_>, Fault>>()?,
    ))
}

/// Opens the vault.
pub(super) async fn unlock(
    locked: &LockedVault,
    root: &RootSecret,
    clock: SharedClock,
    mirrored: Option<u64>,
) -> Result<Vault, OpenError> {
    let secrets = Secrets::of(root);
    let store = locked.store.clone();
    let state = open_state(locked, &secrets).await?;
    if mirrored.is_some_and(|mirrored| state.counter < mirrored) {
        return Err(OpenError::StaleCopy);
    }
    if !matches_state(locked, &state) {
        return Err(OpenError::Damaged);
    }
    let ledger = own_ledger(locked, &state)?;
    let replica = Replica::resume(
        locked.roster.clone(),
        locked.tips.clone(),
        locked.gone.clone(),
    );
    // Rows that were changed behind our back are computed anew from the ledger, which is signed.
    let people = match People::read(&store, &secrets.storage, &state).await {
        Ok(people) if state.projection_is_current() => Some(people),
        Ok(_) | Err(Fault::Damaged) => None,
        Err(fault) => return Err(fault.into()),
    };
    let rebuild = people.is_none();
    let writer = Writer {
        ledger,
        replica,
        numbers: ledger_rows::numbers(&store).await?,
        epochs: epochs(&store, &secrets.storage).await?,
        next_row: sealed_rows::last_place(&store, Table::Lead).await? + 1,
        profile: versioned::<Profile>(&store, &secrets.storage).await?,
        link: versioned::<Link>(&store, &secrets.storage).await?,
        tries: versioned::<Tries>(&store, &secrets.storage).await?,
        people: people.unwrap_or_default(),
        peers: peers::read(&store, &secrets.storage).await?,
        state,
    };
    let front = versioned::<Front>(&store, &secrets.storage).await?.value;
    let front = (front.counter == writer.state.counter).then_some(front);
    Ok(Vault::new(Desk::assemble(Parts {
        store,
        clock,
        clinic: locked.identity.clinic,
        secrets,
        writer,
        front,
        loading: Loading::Running { rebuild },
        check_later: locked.check_later,
    })))
}

/// Whether ledgers and memberships are those that the state row counts.
pub(crate) fn matches_state(locked: &LockedVault, state: &State) -> bool {
    let members = locked.members.iter();
    let hashes: Vec<EntryHash> = members.map(|entry| entry.header.hash()).collect();
    state.heads_agree(&locked.tips) && state.members_agree(hashes.iter())
}

/// The state row, or why it does not open.
async fn open_state(locked: &LockedVault, secrets: &Secrets) -> Result<State, OpenError> {
    let row = state::read(&locked.store).await?;
    let id = secrets.signer.id();
    match state::open(&row, &secrets.storage) {
        Ok(state) if id == locked.identity.author => Ok(state),
        Ok(_) => Err(OpenError::Foreign),
        Err(_) if id == locked.identity.author => Err(OpenError::Damaged),
        Err(_) if locked.roster.author(id).is_some() => Err(OpenError::Foreign),
        Err(_) => Err(OpenError::WrongKey),
    }
}

/// The end of our own ledger. One that is shorter than it was must not be written on: the same
/// number would be used twice.
fn own_ledger(locked: &LockedVault, state: &State) -> Result<Ledger, OpenError> {
    let me = locked.identity.author;
    let tip = locked.tips.get(&me);
    let seq = tip.map_or(0, |tip| tip.seq);
    if seq < state.own_seq {
        return Err(OpenError::StaleCopy);
    }
    let stamps = locked.tips.values().map(|tip| tip.hlc);
    let highest = Hlc::highest(stamps.chain([Hlc(state.hlc)]));
    // A rogue stamp is not followed, but the own last one always is.
    let hlc = highest.max(tip.map_or_else(Hlc::default, |tip| tip.hlc));
    Ok(tip.map_or_else(
        || Ledger::resume(me, 0, EntryHash::ZERO, hlc),
        |tip| Ledger::resume(me, tip.seq, tip.hash, hlc),
    ))
}

async fn epochs(store: &Store, key: &StorageKey) -> Result<Epochs, Fault> {
    let mut epochs = Epochs::new();
    for row in sealed_rows::all(store, Table::Key).await? {
        let plain = row.open(key, Table::Key)?;
        let bytes = plain.as_slice().try_into().map_err(|_| Fault::Damaged)?;
        let epoch = Epoch(u32::try_from(row.row).map_err(|_| Fault::Damaged)?);
        epochs.insert(
            epoch,
            Arc::new(EpochKeys::of(ClinicKey::from_bytes(epoch, bytes))),
        );
    }
    Ok(epochs)
}

async fn versioned<T: local::Kept>(store: &Store, key: &StorageKey) -> Result<Versioned<T>, Fault> {
    Ok(match local::read::<T>(store, key).await? {
        Some((value, version)) => Versioned {
            value,
            version: Some(version),
        },
        None => Versioned {
            value: T::default(),
            version: None,
        },
    })
}
