//! Whether the other side lost what it once had: doubted when it says so, judged once all that it has is here.
use std::collections::BTreeMap;

use ledger::{AuthorId, Have, Replica};

use super::transport::Other;
use super::{peers, write_link};
use crate::desk::Desk;
use crate::failure::ActError;
use crate::view::AlarmKind;

/// How far ledgers reach now that once reached further, by author in hexadecimal.
pub(crate) type Doubts = BTreeMap<String, u64>;

/// Doubts a ledger that now ends earlier; the earliest end counts.
pub(super) fn doubt(doubts: &mut Doubts, author: AuthorId, seq: u64) {
    let least = doubts.entry(author.to_string()).or_insert(seq);
    *least = seq.min(*least);
}

/// Whether this side has lost it: less of a ledger is no old copy where a revocation cut it short.
pub(super) fn lost(replica: &Replica, author: &str, seq: u64) -> bool {
    let Ok(author) = author.parse() else {
        return false;
    };
    // Whoever counts no longer was enrolled by somebody who was cut off.
    let known = replica.roster().author(author);
    known.is_some_and(|known| known.last_seq.is_none_or(|last| last > seq))
}

/// Judges what was doubted, now that everything the other side has is here: a revocation too, if
/// that is why it has less.
pub(super) async fn judge(desk: &Desk, other: Other) -> Result<(), ActError> {
    match other {
        Other::Server => judge_server(desk).await,
        Other::Peer(peer) => peers::judge(desk, peer).await,
        Other::Stick => Ok(()),
    }
}

async fn judge_server(desk: &Desk) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if writer.link.value.doubts.is_empty() {
        return Ok(());
    }
    let mut link = writer.link.value.clone();
    let doubts = std::mem::take(&mut link.doubts);
    if doubts
        .iter()
        .any(|(author, seq)| lost(&writer.replica, author, *seq))
    {
        link.raise("", AlarmKind::Rollback, desk.now());
    }
    write_link(desk, writer, link).await
}

/// What was said before and is not said now: authors with their ends now.
pub(super) fn less(before: &Have, now: &Have) -> Vec<(AuthorId, u64)> {
    let pairs = before.0.iter().map(|(author, seq)| (*author, *seq));
    pairs
        .filter(|&(author, seq)| now.seq(author) < seq)
        .map(|(author, _)| (author, now.seq(author)))
        .collect()
}
