//! What the server lacks of the clinic's ledgers, and sending it.
use std::sync::Arc;

use ledger::bundle;
use ledger::{AuthorId, Entry, Have, Kind, Replica, Role, SignedHead};

use super::{credentials, write_link};
use crate::desk::{Desk, Writer};
use crate::failure::{ActError, SyncError};
use crate::remote::{Pushed, Remote};
use crate::store::ledger_rows;
use crate::view::{AlarmKind, Millis};

/// Bytes of one bundle.
const BUNDLE_BYTES: usize = 4 << 20;
/// Entries read at once.
const ENTRIES: i64 = 2_000;
/// Acknowledgements that are remembered with their times.
const ACKNOWLEDGEMENTS: usize = 64;

/// One bundle, and how far it reaches.
struct Parcel {
    bundle: Vec<u8>,
    entries: u32,
}

/// Sends everything that the server lacks; gives how many entries that were.
pub(super) async fn push(desk: &Arc<Desk>, remote: &Remote) -> Result<u32, SyncError> {
    let (mut sent, mut rolled_back) = (0, false);
    loop {
        let Some(parcel) = next_parcel(desk).await? else {
            return Ok(sent);
        };
        let credentials = credentials(desk).await?;
        let pushed = remote
            .push(&credentials.caller(desk), parcel.bundle)
            .await?;
        let refused = pushed
            .refused
            .iter()
            .any(|refused| refused.author == desk.me);
        let learned = acknowledge(desk, &pushed).await?;
        if refused {
            return Err(SyncError::Refused);
        }
        // Once it may say that it lost something, and is sent it again; not for ever.
        let again = learned.rolled_back && !std::mem::replace(&mut rolled_back, true);
        if !learned.more && !again {
            return Ok(sent);
        }
        sent += if learned.more { parcel.entries } else { 0 };
    }
}

/// The next bundle, or nothing when the server has everything that we know of.
async fn next_parcel(desk: &Desk) -> Result<Option<Parcel>, ActError> {
    let secrets = desk.secrets()?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let have = Have::from_map(&writer.link.value.have).unwrap_or_default();
    let mut bundle = bundle::Writer::new();
    let mut entries = 0;
    for (author, head) in lacking(desk, writer, &have).await? {
        let number = writer.numbers.get(&author).copied().unwrap_or_default();
        let end = head.map_or(u64::MAX, |head| head.seq);
        let part = read(desk, number, have.seq(author), end, bundle.len()).await?;
        let Some(last) = part.last() else { continue };
        let head = match head {
            None => secrets.signer.head(last.header.seq, last.header.hash()),
            Some(head) if head.seq == last.header.seq => head,
            // Only its author can sign for a part of its ledger: all or nothing.
            Some(_) => continue,
        };
        for entry in &part {
            bundle.entry(entry);
        }
        bundle.head(&head);
        entries += u32::try_from(part.len()).unwrap_or(u32::MAX);
        if bundle.len() >= BUNDLE_BYTES / 2 {
            break;
        }
    }
    Ok((entries > 0).then(|| Parcel {
        bundle: bundle.finish(),
        entries,
    }))
}

/// Ledgers that the server has less of than we, enrolling ones first; `None` stands for our own,
/// which we can sign at any length.
async fn lacking(
    desk: &Desk,
    writer: &Writer,
    have: &Have,
) -> Result<Vec<(AuthorId, Option<SignedHead>)>, ActError> {
    let replica = &writer.replica;
    let lacks = |author: AuthorId| {
        replica
            .tip(author)
            .is_some_and(|t| t.seq > have.seq(author))
    };
    let mut ledgers = Vec::new();
    let others = || {
        replica
            .roster()
            .iter()
            .filter(|(id, _)| *id != desk.me && lacks(*id))
    };
    if others().any(|(_, author)| author.role != Role::Server) {
        let heads = ledger_rows::heads(&desk.store).await?;
        for (id, author) in others() {
            let head = heads
                .get(&id)
                .copied()
                .filter(|head| head.seq > have.seq(id));
            if let (true, Some(head)) = (author.role != Role::Server, head) {
                ledgers.push((id, Some(head)));
            }
        }
    }
    if lacks(desk.me) {
        ledgers.push((desk.me, None));
    }
    Ok(ledgers)
}

/// Entries after `from` up to `end`, as many as fit beside what the bundle already holds.
async fn read(
    desk: &Desk,
    number: i64,
    from: u64,
    end: u64,
    used: usize,
) -> Result<Vec<Entry>, ActError> {
    let mut part: Vec<Entry> = Vec::new();
    let mut bytes = used;
    loop {
        let after = part.last().map_or(from, |entry| entry.header.seq);
        let read = ledger_rows::entries_after(&desk.store, number, after, ENTRIES).await?;
        if read.is_empty() {
            return Ok(part);
        }
        for entry in read {
            let length = 5 + 128 + entry.payload.bytes().map_or(0, <[u8]>::len);
            let full = bytes + length > BUNDLE_BYTES - 256 && !part.is_empty();
            if full || entry.header.seq > end {
                return Ok(part);
            }
            bytes += length;
            part.push(entry);
        }
    }
}

/// Keeps what the server says that it has.
async fn acknowledge(desk: &Desk, pushed: &Pushed) -> Result<Learned, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut link = writer.link.value.clone();
    let before = Have::from_map(&link.have).unwrap_or_default();
    let now = desk.now();
    let own = pushed.have.seq(desk.me);
    let rolled_back = before
        .0
        .iter()
        .any(|(author, seq)| pushed.have.seq(*author) < *seq);
    if rolled_back {
        link.raise("", AlarmKind::Rollback, now);
        link.acknowledged.retain(|&(seq, _)| seq <= own);
    }
    if own > writer.ledger.seq() {
        link.raise(&desk.me.to_string(), AlarmKind::StaleCopy, now);
    }
    for refused in &pushed.refused {
        if refused.reason.contains("fork") {
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

/// What a push's answer told.
struct Learned {
    /// The server has more than it said before.
    more: bool,
    /// It has less.
    rolled_back: bool,
}

/// What the server says, as far as it can be so: it has nothing of ours that we have not. Else
/// what we write later would be taken for sent.
fn within(have: &Have, replica: &Replica) -> Have {
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

fn note(acknowledged: &mut Vec<(u64, Millis)>, seq: u64, now: Millis) {
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
    let secrets = desk.secrets()?;
    let mut bundle = bundle::Writer::new();
    for (author, head) in lacking(desk, writer, &Have::default()).await? {
        let number = writer.numbers.get(&author).copied().unwrap_or_default();
        let end = head.map_or(reach, |head| head.seq);
        let part = read(desk, number, 0, end, bundle.len()).await?;
        let Some(last) = part.last().filter(|last| last.header.seq == end) else {
            continue;
        };
        let own = || secrets.signer.head(last.header.seq, last.header.hash());
        for entry in &part {
            bundle.entry(entry);
        }
        bundle.head(&head.unwrap_or_else(own));
    }
    Ok(bundle.finish())
}
