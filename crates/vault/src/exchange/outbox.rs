//! Sending what the other side lacks, and keeping what it says that it has.
use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::{AuthorId, Have, Kind, Replica, bundle};

use super::doubt::{doubt, less};
use super::peers;
use super::shelf::{Ledgers, PARCEL, Parcel, WHOLE, Wish, pack};
use super::transport::{Other, Receipt, Transport};
use super::{to_bring, write_link};
use crate::desk::{Desk, Writer};
use crate::failure::{ActError, SyncError};
use crate::store::ledger_rows;
use crate::view::{AlarmKind, Millis};

/// Bytes of the bundle in a claim: 16 MiB as text, beside which there is little else.
const CLAIM: usize = 11 << 20;
/// Bundles in a row that bring a server payloads which it lacks.
const BROUGHT: usize = 64;
/// Acknowledgements that are remembered with their times.
const ACKNOWLEDGEMENTS: usize = 64;

/// Sends everything that the other side lacks; gives how many entries that were. A ledger that it
/// refuses holds up nobody else's.
pub(super) async fn push<T: Transport>(desk: &Arc<Desk>, way: &T) -> Result<u32, SyncError> {
    let other = way.other();
    let (mut sent, mut rolled_back) = (0, false);
    let mut refused = BTreeSet::new();
    let mut theirs = way.have().await?;
    if let Other::Peer(peer) = other {
        theirs = peers::learn(desk, peer, &theirs).await?.have;
    }
    while let Some(parcel) = next_parcel(desk, other, &theirs, &refused, false).await? {
        let receipt = way.push(parcel.bundle).await?;
        let before = refused.len();
        let learned = acknowledge(desk, other, &theirs, &receipt).await?;
        desk.status().have_is_fresh |= other == Other::Server;
        theirs = learned.have;
        // Once it may say that it lost something, and is sent it again; not for ever. What it refused then, it refused
        // for what it lacks.
        let again = learned.rolled_back && !std::mem::replace(&mut rolled_back, true);
        if !again {
            refused.extend(receipt.refused.iter().map(|refused| refused.author));
        }
        if learned.more {
            sent += u32::try_from(parcel.entries).unwrap_or(u32::MAX);
        } else if !again && refused.len() == before {
            break;
        }
    }
    bring(desk, way, theirs, &refused).await?;
    if refused.contains(&desk.me) {
        Err(SyncError::Refused)
    } else {
        Ok(sent)
    }
}

/// Sends once more what the other side holds without its payload and we hold whole.
async fn bring<T: Transport>(
    desk: &Arc<Desk>,
    way: &T,
    mut theirs: Have,
    refused: &BTreeSet<AuthorId>,
) -> Result<(), SyncError> {
    let other = way.other();
    if other != Other::Server {
        return Ok(());
    }
    let mut last = None;
    for _ in 0..BROUGHT {
        let Some(have) = missing_there(desk, &theirs).await? else {
            return Ok(());
        };
        // What did not help is not sent for ever to a server that only says that it lacks it.
        if last.as_ref() == Some(&have) {
            break;
        }
        let Some(parcel) = next_parcel(desk, other, &have, refused, true).await? else {
            break;
        };
        let receipt = way.push(parcel.bundle).await?;
        theirs = acknowledge(desk, other, &theirs, &receipt).await?.have;
        last = Some(have);
    }
    desk.status().missing_there.clear();
    Ok(())
}

/// What the server has, drawn back to before what it lacks and we can bring; nothing if there is nothing.
async fn missing_there(desk: &Desk, theirs: &Have) -> Result<Option<Have>, ActError> {
    let missing = desk.status().missing_there.clone();
    if missing.is_empty() {
        return Ok(None);
    }
    let mut writing = desk.writing().await;
    let replica = &writing.get()?.replica;
    Ok(to_bring(replica, theirs, &missing))
}

/// Asks a server that has not said since the start, or since it fell behind, what it has, and sends what that lacks. It
/// could be an older copy of itself, and whoever has nothing new would never hear of it. After a pull: what a revocation
/// took is no loss.
pub(super) async fn push_anew<T: Transport>(desk: &Arc<Desk>, way: &T) -> Result<u32, SyncError> {
    let other = way.other();
    if other == Other::Server && !desk.status().have_is_fresh {
        let receipt = way.push(bundle::Writer::new().finish()).await?;
        acknowledge(desk, other, &Have::default(), &receipt).await?;
        super::doubt::judge(desk, other).await?;
        desk.status().have_is_fresh = true;
    }
    push(desk, way).await
}

/// The next bundle, or nothing when the other side has everything that we can hand on.
async fn next_parcel(
    desk: &Desk,
    other: Other,
    theirs: &Have,
    refused: &BTreeSet<AuthorId>,
    unsigned: bool,
) -> Result<Option<Parcel>, ActError> {
    let mut writing = desk.writing().await;
    let wish = Wish {
        ledgers: match (other, desk.status().server) {
            (Other::Server, Some(server)) => Ledgers::AllBut(server),
            (Other::Server, None) => Ledgers::NoServers,
            (Other::Peer(_) | Other::Stick, _) => Ledgers::All,
        },
        unsigned: unsigned || other == Other::Stick,
        // A server takes no longer bundle.
        uncut: match other {
            Other::Server => PARCEL,
            Other::Peer(_) | Other::Stick => WHOLE,
        },
        ..Wish::all(theirs, refused)
    };
    pack(desk, writing.get()?, &wish).await
}

/// Keeps what a receipt says.
async fn acknowledge(
    desk: &Desk,
    other: Other,
    before: &Have,
    receipt: &Receipt,
) -> Result<Learned, ActError> {
    match other {
        Other::Server => {
            desk.status().missing_there.clone_from(&receipt.missing);
            acknowledged_by_server(desk, receipt).await
        }
        Other::Peer(peer) => peers::learn(desk, peer, &receipt.have).await,
        Other::Stick => Ok(Learned {
            more: receipt
                .have
                .0
                .iter()
                .any(|(id, seq)| before.seq(*id) < *seq),
            have: receipt.have.clone(),
            rolled_back: false,
        }),
    }
}

/// Keeps what the server says that it has.
async fn acknowledged_by_server(desk: &Desk, pushed: &Receipt) -> Result<Learned, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut link = writer.link.value.clone();
    // What a revocation made void is missed by nobody.
    let before = Have::from_map(&link.have).unwrap_or_default();
    let before = within(&before, &writer.replica);
    let now = desk.now();
    let own = pushed.have.seq(desk.me);
    let less = less(&before, &pushed.have);
    let rolled_back = !less.is_empty();
    for (author, seq) in less {
        // Why, is known once everything that the server has is here.
        doubt(&mut link.doubts, author, seq);
    }
    if rolled_back {
        link.acknowledged.retain(|&(seq, _)| seq <= own);
    }
    if own > writer.ledger.seq() {
        link.raise(&desk.me.to_string(), AlarmKind::StaleCopy, now);
    }
    for refused in &pushed.refused {
        if refused.reason == "fork" {
            link.raise(&refused.author.to_string(), AlarmKind::Fork, now);
        }
    }
    let own = own.min(writer.ledger.seq());
    if own > link.acknowledged_seq() {
        note(&mut link.acknowledged, own, now);
    }
    if knows_everybody(writer, &pushed.have) {
        // The server knows this desk now: the kit's secret has done its part.
        link.sponsor = None;
    }
    let link_have = within(&pushed.have, &writer.replica);
    link.have = link_have.to_map();
    let grown = |(author, seq): (&AuthorId, &u64)| before.seq(*author) < *seq;
    let learned = Learned {
        more: link_have.0.iter().any(grown),
        have: link_have,
        rolled_back,
    };
    let sponsored = writer.link.value.sponsor.is_some() && link.sponsor.is_none();
    if learned.more || rolled_back || sponsored || link.alarms != writer.link.value.alarms {
        write_link(desk, writer, link).await?;
    }
    if sponsored {
        desk.store.truncate_log().await?;
    }
    Ok(learned)
}

/// What the other side's word told.
pub(crate) struct Learned {
    /// It has more than it said before.
    pub(crate) more: bool,
    /// What it has, as far as it can be so.
    pub(crate) have: Have,
    /// It has less.
    pub(crate) rolled_back: bool,
}

/// What the other side says, as far as it can be so: it has nothing of ours that we have not. Else
/// what we write later would be taken for sent.
pub(super) fn within(have: &Have, replica: &Replica) -> Have {
    let held = |(author, seq): (&AuthorId, &u64)| {
        let tip = replica.tip(*author)?;
        Some((*author, tip.seq.min(*seq)))
    };
    Have(have.0.iter().filter_map(held).collect())
}

/// The server has every enrolment that we know of.
fn knows_everybody(writer: &Writer, have: &Have) -> bool {
    let authors = writer.replica.roster().iter();
    let enrolling = authors.filter(|(_, author)| author.may(Kind::Member));
    enrolling.map(|(id, _)| id).all(|id| {
        writer
            .replica
            .tip(id)
            .is_none_or(|tip| tip.seq <= have.seq(id))
    })
}

pub(super) fn note(acknowledged: &mut Vec<(u64, Millis)>, seq: u64, now: Millis) {
    acknowledged.push((seq, now));
    let surplus = acknowledged.len().saturating_sub(ACKNOWLEDGEMENTS);
    acknowledged.drain(..surplus);
}

/// When an entry was written, by its stamp: which may be ahead of any clock, but nothing was
/// written later than now.
pub(super) async fn written_at(
    desk: &Desk,
    author: AuthorId,
    seq: u64,
) -> Result<Option<Millis>, ActError> {
    let numbers = ledger_rows::numbers(&desk.store).await?;
    let Some(number) = numbers.get(&author) else {
        return Ok(None);
    };
    let entry = ledger_rows::entries_after(&desk.store, *number, seq.saturating_sub(1), 1).await?;
    let now = desk.now();
    Ok(entry.first().map(|entry| entry.header.hlc.ms().min(now)))
}

/// What the server has, by its own word, as a claim's answer gives it. Another server, or one that
/// began anew, has nothing of what was acknowledged before.
pub(super) fn acknowledged_by_claim(
    link: &mut crate::local::Link,
    writer: &Writer,
    have: &Have,
    now: Millis,
) {
    let have = within(have, &writer.replica);
    let own = have.seq(writer.ledger.author());
    link.have = have.to_map();
    link.doubts.clear();
    link.acknowledged.retain(|&(seq, _)| seq <= own);
    if own > link.acknowledged_seq() {
        note(&mut link.acknowledged, own, now);
    }
}

/// A bundle that introduces the clinic: our ledger up to entry `reach`, and whole those of the
/// other desks and kits, which may have enrolled us.
pub(super) async fn members_bundle(
    desk: &Desk,
    writer: &Writer,
    reach: u64,
) -> Result<Vec<u8>, ActError> {
    let (theirs, without) = (Have::default(), BTreeSet::new());
    let wish = Wish {
        ledgers: Ledgers::NoServers,
        own_end: reach,
        most: CLAIM,
        uncut: CLAIM,
        ..Wish::all(&theirs, &without)
    };
    let parcel = pack(desk, writer, &wish).await?;
    Ok(parcel.map(|parcel| parcel.bundle).unwrap_or_default())
}
