//! What an owner's PC puts right after each exchange: keys that somebody lacks, keys that somebody has too many.
use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::{AuthorId, AuthorKeys, Epoch, Kind, Replica, Role};
use rand::rng;
use seal::ClinicKey;

use crate::desk::{Desk, EpochKeys, OwnWrite, Writer};
use crate::failure::ActError;
use crate::life::put_epoch_key;
use crate::store::ledger_rows;

/// Who has been given which clinic key, by the grants that count.
pub(crate) type Granted = BTreeSet<(AuthorId, Epoch)>;

/// Whether this PC is an owner's, and not cut off.
pub(crate) fn is_owner(replica: &Replica, me: AuthorId) -> bool {
    replica.roster().role(me) == Some(Role::Owner) && replica.roster().is_active(me)
}

/// Everybody who is to hold every clinic key.
pub(crate) fn holders(replica: &Replica) -> Vec<AuthorKeys> {
    let authors = replica.roster().iter();
    authors
        .filter(|(_, author)| author.role != Role::Server && author.last_seq.is_none())
        .map(|(_, author)| author.keys)
        .collect()
}

/// Reads the grants that count.
pub(crate) async fn granted(desk: &Desk) -> Result<Granted, ActError> {
    let members = ledger_rows::memberships(&desk.store).await?;
    Ok(members
        .iter()
        .filter(|entry| entry.header.kind == Kind::Grant)
        .filter_map(|entry| seal::grant_place(entry.payload.bytes()?))
        .collect())
}

/// Adds a fresh clinic key for everybody who belongs, as the writing replica has it, to a transaction.
pub(crate) fn put_new_epoch(
    desk: &Desk,
    writer: &Writer,
    granted: &Granted,
    write: &mut OwnWrite,
) -> Result<ClinicKey, ActError> {
    let held = writer.epochs.keys().next_back().copied();
    let heard = granted.iter().map(|(_, epoch)| *epoch).max();
    let newest = held.max(heard).ok_or(ActError::Damaged)?;
    let epoch = newest.after(desk.me).ok_or(ActError::TooLong)?;
    let key = ClinicKey::generate(&mut rng(), epoch);
    for keys in holders(&write.scribe().replica) {
        write.scribe().grant(&keys, &key, desk.now())?;
    }
    let secrets = desk.secrets()?;
    put_epoch_key(write.batch(), &secrets.storage, &key)?;
    Ok(key)
}

/// Takes over a new clinic key that is durable; the server has to hear of it.
pub(crate) fn adopt_epoch(desk: &Desk, writer: &mut Writer, key: ClinicKey) {
    let epoch = key.epoch();
    writer.epochs.insert(epoch, Arc::new(EpochKeys::of(key)));
    desk.status().checked = None;
}

/// Gives every key that we hold to everybody who belongs and lacks it, and makes a new one when
/// somebody who was cut off was given the newest: two owners who didn't know of each other may have
/// let in, cut off and made keys at the same time. True if something was written.
pub(super) async fn heal(desk: &Desk) -> Result<bool, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let seen = Some(writer.state.members());
    if !is_owner(&writer.replica, desk.me) || desk.status().healed == seen {
        return Ok(false);
    }
    let granted = granted(desk).await?;
    let mut write = OwnWrite::begin(writer);
    for keys in holders(&writer.replica) {
        for (epoch, held) in &writer.epochs {
            if !granted.contains(&(keys.id(), *epoch)) {
                write.scribe().grant(&keys, &held.clinic, desk.now())?;
            }
        }
    }
    let roster = writer.replica.roster();
    let newest = granted.iter().map(|(_, epoch)| *epoch).max();
    let leaked = granted
        .iter()
        .any(|(id, epoch)| Some(*epoch) == newest && !roster.is_active(*id));
    let key = if leaked {
        Some(put_new_epoch(desk, writer, &granted, &mut write)?)
    } else {
        None
    };
    let anything = !write.scribe().entries.is_empty();
    if anything {
        write.commit(desk, writer).await?;
    }
    if let Some(key) = key {
        adopt_epoch(desk, writer, key);
    }
    desk.status().healed = Some(writer.state.members());
    Ok(anything)
}
