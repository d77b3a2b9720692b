//! What other PCs of the clinic have, by their own word; kept sealed, so that a mark stays true after a restart.
use std::collections::BTreeMap;

use ledger::{AuthorId, Have, Replica};
use seal::{StorageKey, Table};
use serde::{Deserialize, Serialize};

use super::doubt::{self, Doubts, doubt};
use super::outbox::{Learned, note, within};
use super::{NEVER_AGAIN, write_link};
use crate::desk::{Desk, Versioned, Writer};
use crate::event::Event;
use crate::failure::ActError;
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault, Store};
use crate::view::{AlarmKind, Millis};

/// Place of the one row.
const PLACE: i64 = 1;
/// When everything was last exchanged is written down at most this often, in milliseconds.
const WRITE_DOWN: i64 = 60_000;

/// Everything known of other PCs' copies.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Peers {
    /// By author in hexadecimal.
    peers: BTreeMap<String, Peer>,
}

/// One PC's copy.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Peer {
    /// What it last said it has, by author in hexadecimal.
    have: BTreeMap<String, u64>,
    /// Number of our own last entry that it had, and when that was learned, newest last.
    acknowledged: Vec<(u64, Millis)>,
    /// Ledgers of which it had more, until everything that it has is here.
    doubts: Doubts,
    /// How far it once had ledgers that it lost, until it has them so far again.
    lost: Doubts,
    /// When it last said anything.
    at: Millis,
    /// Last time everything was exchanged.
    synced_at: Option<Millis>,
}

impl Peer {
    /// Forgets that it lost what it has again by its own word. True if there was something to forget.
    fn catch_up(&mut self, known: &Have, replica: &Replica) -> bool {
        let before = self.lost.len();
        let doubts = &self.doubts;
        self.lost.retain(|author, had| {
            let Ok(id) = author.parse::<AuthorId>() else {
                return false;
            };
            // What is doubted is judged first; what a revocation made void is missed by nobody.
            let counts = replica.tip(id).map_or(0, |tip| tip.seq);
            doubts.contains_key(author) || known.seq(id) < counts.min(*had)
        });
        self.lost.len() < before
    }
}

impl Peers {
    /// Our own entries that any of them has: numbers and times, both rising.
    pub(crate) fn acknowledged(&self) -> Vec<(u64, Millis)> {
        let all = self.peers.values().flat_map(|peer| &peer.acknowledged);
        let mut all: Vec<(u64, Millis)> = all.copied().collect();
        all.sort_by_key(|&(seq, at)| (at, seq));
        let mut highest = 0;
        all.retain(|&(seq, _)| {
            let rises = seq > highest;
            highest = highest.max(seq);
            rises
        });
        all
    }

    /// How far any of them has an author's ledger, and since when one is known to have it up to `end`.
    pub(crate) fn reach(&self, author: AuthorId, end: u64) -> (u64, Option<Millis>) {
        let id = author.to_string();
        let seq = |peer: &Peer| peer.have.get(&id).copied().unwrap_or(0);
        let furthest = self.peers.values().map(seq).max().unwrap_or(0);
        let whole = self.peers.values().filter(|peer| seq(peer) >= end);
        (furthest, whole.map(|peer| peer.at).min())
    }

    /// Last time everything was exchanged with this PC.
    pub(crate) fn synced_at(&self, peer: AuthorId) -> Option<Millis> {
        self.peers.get(&peer.to_string())?.synced_at
    }
}

/// What is known of other PCs, from the database.
pub(crate) async fn read(store: &Store, key: &StorageKey) -> Result<Versioned<Peers>, Fault> {
    let Some(row) = sealed_rows::get(store, Table::Peer, PLACE).await? else {
        return Ok(Versioned {
            value: Peers::default(),
            version: None,
        });
    };
    let plain = row.open(key, Table::Peer)?;
    Ok(Versioned {
        value: serde_json::from_slice(&plain).map_err(|_| Fault::Damaged)?,
        version: Some(row.version),
    })
}

/// Keeps what a PC says that it has; it may mark ledgers that it does not want as endless.
pub(crate) async fn learn(desk: &Desk, peer: AuthorId, have: &Have) -> Result<Learned, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let now = desk.now();
    let mut known = within(&unmarked(have), &writer.replica);
    known.0.retain(|_, seq| *seq > 0);
    let mut peers = writer.peers.value.clone();
    let place = peers.peers.entry(peer.to_string()).or_default();
    let before = Have::from_map(&place.have).unwrap_or_default();
    let before = within(&before, &writer.replica);
    // Other ledgers it may ask for anew, to have what it lacks of them.
    let less = [peer, desk.me]
        .into_iter()
        .filter(|author| have.seq(*author) < before.seq(*author));
    let less: Vec<AuthorId> = less.collect();
    let rolled_back = !less.is_empty();
    for author in less {
        doubt(&mut place.doubts, author, have.seq(author));
        let had = place.lost.entry(author.to_string()).or_default();
        *had = before.seq(author).max(*had);
    }
    let caught_up = place.catch_up(&known, &writer.replica);
    let own = known.seq(desk.me);
    if rolled_back {
        place.acknowledged.retain(|&(seq, _)| seq <= own);
    }
    if own > place.acknowledged.last().map_or(0, |&(seq, _)| seq) {
        note(&mut place.acknowledged, own, now);
    }
    let grown = |(author, seq): (&AuthorId, &u64)| before.seq(*author) < *seq;
    let more = known.0.iter().any(grown);
    place.have = known.to_map();
    if more || rolled_back || caught_up {
        place.at = now;
        write(desk, writer, peers).await?;
    }
    warn(desk, writer, peer, have).await?;
    Ok(Learned {
        more,
        have: known,
        rolled_back,
    })
}

/// Keeps what a PC has by its question for more: it may ask for less than it has, never for more.
pub(crate) async fn learn_more(desk: &Desk, peer: AuthorId, wanted: &Have) -> Result<(), ActError> {
    let known = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        let place = writer.peers.value.peers.get(&peer.to_string());
        let before = place.and_then(|place| Have::from_map(&place.have).ok());
        let mut known = before.unwrap_or_default();
        for (author, seq) in within(&unmarked(wanted), &writer.replica).0 {
            let place = known.0.entry(author).or_default();
            *place = seq.max(*place);
        }
        known
    };
    learn(desk, peer, &known).await.map(drop)
}

/// What is said of ledgers that are wanted.
fn unmarked(have: &Have) -> Have {
    let wanted = have.0.iter().filter(|(_, seq)| **seq < NEVER_AGAIN);
    Have(wanted.map(|(author, seq)| (*author, *seq)).collect())
}

/// Judges what was doubted of a PC, now that everything it has is here.
pub(super) async fn judge(desk: &Desk, peer: AuthorId) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut peers = writer.peers.value.clone();
    let Some(place) = peers.peers.get_mut(&peer.to_string()) else {
        return Ok(());
    };
    if place.doubts.is_empty() {
        return Ok(());
    }
    let lost = |(author, seq): (&String, &u64)| doubt::lost(&writer.replica, author, *seq);
    let rolled_back = place.doubts.iter().any(lost);
    place.doubts.clear();
    if rolled_back {
        let mut link = writer.link.value.clone();
        if link.raise(&peer.to_string(), AlarmKind::Rollback, desk.now()) {
            write_link(desk, writer, link).await?;
        }
    } else {
        place.lost.clear();
    }
    write(desk, writer, peers).await
}

/// A PC that has again what it had forgotten, or that has of us what we never wrote.
async fn warn(
    desk: &Desk,
    writer: &mut Writer,
    peer: AuthorId,
    have: &Have,
) -> Result<(), ActError> {
    let mut link = writer.link.value.clone();
    let now = desk.now();
    let mut news = false;
    let id = peer.to_string();
    let place = writer.peers.value.peers.get(&id);
    if place.is_none_or(|place| place.lost.is_empty()) {
        news |= link.settle(&id, AlarmKind::Rollback);
    }
    if unmarked(have).seq(desk.me) > writer.ledger.seq() {
        news |= link.raise(&desk.me.to_string(), AlarmKind::StaleCopy, now);
    }
    if news {
        write_link(desk, writer, link).await?;
    }
    Ok(())
}

/// Everything was exchanged with this PC just now.
pub(crate) async fn synced(desk: &Desk, peer: AuthorId) -> Result<(), ActError> {
    let now = desk.now();
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let before = writer.peers.value.synced_at(peer).unwrap_or(0);
    if now.saturating_sub(before) >= WRITE_DOWN {
        let mut peers = writer.peers.value.clone();
        peers.peers.entry(peer.to_string()).or_default().synced_at = Some(now);
        write(desk, writer, peers).await?;
    }
    if let Some(near) = desk.status().nearby.get_mut(&peer) {
        near.synced_at = Some(now);
    }
    desk.tell(Event::Sync);
    Ok(())
}

/// We are in touch with this PC.
pub(crate) async fn met(desk: &Desk, peer: AuthorId) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let synced_at = writing.get()?.peers.value.synced_at(peer);
    let first = {
        let mut status = desk.status();
        let near = status.nearby.entry(peer).or_default();
        near.connections += 1;
        near.synced_at = near.synced_at.max(synced_at);
        near.connections == 1
    };
    desk.tell(Event::Sync);
    if first {
        desk.tell(Event::Desks);
    }
    Ok(())
}

/// We are in touch with this PC no more.
pub(crate) fn lost(desk: &Desk, peer: AuthorId) {
    let last = {
        let mut status = desk.status();
        let near = status.nearby.get_mut(&peer);
        let left = near.map(|near| {
            near.connections = near.connections.saturating_sub(1);
            near.connections
        });
        let last = left == Some(0);
        if last {
            status.nearby.remove(&peer);
        }
        last
    };
    desk.tell(Event::Sync);
    if last {
        desk.tell(Event::Desks);
    }
}

async fn write(desk: &Desk, writer: &mut Writer, peers: Peers) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let mut batch = Batch::new();
    let version = sealed_rows::next_version(writer.peers.version);
    let plain = serde_json::to_vec(&peers).map_err(|_| ActError::Io)?;
    let sealed = sealed_rows::seal(&secrets.storage, Table::Peer, PLACE, version, &plain)?;
    let row = SealedRow {
        row: PLACE,
        version,
        sealed,
    };
    sealed_rows::put(&mut batch, Table::Peer, row);
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await?;
    writer.peers = Versioned {
        value: peers,
        version: Some(version),
    };
    desk.memory().see_others(writer);
    desk.tell(Event::Sync);
    Ok(())
}
