//! Witness entries: each PC tells now and then what it has seen of the others and how it stands, and
//! compares what they tell with what it holds.
use std::collections::BTreeMap;

use ledger::{AuthorId, Role, Witness};

use super::raise;
use crate::desk::{Desk, OwnWrite, Writer};
use crate::failure::ActError;
use crate::store::ledger_rows;
use crate::view::AlarmKind;

/// Version of this program, as other PCs are told.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A PC tells how it stands at most this often, in milliseconds, unless its version changed.
const TELL_AGAIN: u64 = 6 * 3_600_000;
/// At an orderly end with something unsent, this often.
const TELL_AT_END: u64 = 15 * 60_000;

/// When a witness is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// After an exchange.
    Exchange,
    /// The vault closes.
    End,
}

/// The newest witness of each author that we understand, with its number.
pub(crate) async fn newest(desk: &Desk) -> Result<BTreeMap<AuthorId, (u64, Witness)>, ActError> {
    let entries = ledger_rows::newest_witnesses(&desk.store).await?;
    let read = |entry: &ledger::Entry| {
        let witness = Witness::decode(entry.payload.bytes()?).ok()?;
        Some((entry.header.author, (entry.header.seq, witness)))
    };
    Ok(entries.iter().filter_map(read).collect())
}

/// Tells how this PC stands, if it is time. True if an entry was written.
pub(crate) async fn tell(desk: &Desk, occasion: Occasion) -> Result<bool, ActError> {
    let last = newest(desk).await?.remove(&desk.me);
    let unsent = unsent(desk).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if !may_tell(writer)
        || !is_due(
            desk.now(),
            last.as_ref().map(|(_, last)| last),
            occasion,
            unsent,
        )
    {
        return Ok(false);
    }
    let heads = writer.replica.heads().iter();
    let heads = heads
        .filter(|(author, _)| **author != desk.me)
        .map(|(author, tip)| (*author, tip.seq, tip.hash));
    let witness = Witness {
        heads: heads.collect(),
        unsent,
        version: VERSION.to_owned(),
        at_ms: desk.now().unsigned_abs(),
    };
    let mut write = OwnWrite::begin(writer);
    write.scribe().witness(&witness, desk.now())?;
    write.commit(desk, writer).await?;
    Ok(true)
}

/// Own entries that the server lacks; those that only tell how this PC stands are not worth a word.
/// Asks for nothing that a long exchange holds.
pub(crate) async fn unsent(desk: &Desk) -> Result<u64, ActError> {
    let acknowledged = desk.status().acknowledged();
    let entries = desk.memory().own_seq.saturating_sub(acknowledged);
    if entries == 0 {
        return Ok(0);
    }
    let numbers = ledger_rows::numbers(&desk.store).await?;
    let Some(number) = numbers.get(&desk.me) else {
        return Ok(entries);
    };
    let told = ledger_rows::witnesses_after(&desk.store, *number, acknowledged).await?;
    Ok(entries.saturating_sub(told))
}

/// Only for a PC that belongs, and only where there is a server to carry it.
fn may_tell(writer: &Writer) -> bool {
    let me = writer.ledger.author();
    let roster = writer.replica.roster();
    let desk = matches!(roster.role(me), Some(Role::Desk | Role::Owner));
    desk && roster.is_active(me) && writer.link.value.url.is_some()
}

fn is_due(now: i64, last: Option<&Witness>, occasion: Occasion, unsent: u64) -> bool {
    let Some(last) = last else {
        return occasion == Occasion::Exchange;
    };
    // Either way: a clock that was put back must not silence a PC for as long as it was ahead.
    let since = last.at_ms.abs_diff(now.unsigned_abs());
    match occasion {
        Occasion::Exchange => since >= TELL_AGAIN || last.version != VERSION,
        Occasion::End => unsent > 0 && since >= TELL_AT_END,
    }
}

/// Compares what others have seen with what is here: another hash at one place means that there are
/// two copies of its author, or a lie.
pub(super) async fn compare(desk: &Desk) -> Result<(), ActError> {
    let mut compared = desk.status().compared.clone().unwrap_or_default();
    let mut forked = Vec::new();
    for (by, (seq, witness)) in newest(desk).await? {
        if by == desk.me || compared.get(&by) == Some(&seq) {
            continue;
        }
        let mut whole = true;
        for (author, at, hash) in witness.heads {
            match held(desk, author, at).await? {
                Some(ours) if ours != hash => forked.push((Some(author), AlarmKind::Fork)),
                Some(_) => {}
                None => whole = false,
            }
        }
        if whole {
            compared.insert(by, seq);
        }
    }
    desk.status().compared = Some(compared);
    if forked.is_empty() {
        return Ok(());
    }
    raise(desk, &forked).await
}

/// Hash of an entry, if it is here.
async fn held(
    desk: &Desk,
    author: AuthorId,
    seq: u64,
) -> Result<Option<ledger::EntryHash>, ActError> {
    let number = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        match writer.replica.tip(author) {
            Some(tip) if tip.seq == seq => return Ok(Some(tip.hash)),
            Some(tip) if tip.seq > seq => writer.numbers.get(&author).copied(),
            _ => None,
        }
    };
    let Some(number) = number else {
        return Ok(None);
    };
    let hashes = ledger_rows::hashes(&desk.store, number, seq, seq).await?;
    Ok(hashes.get(&seq).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(at_ms: u64, version: &str) -> Witness {
        Witness {
            at_ms,
            version: version.into(),
            ..Witness::default()
        }
    }

    #[test]
    fn a_pc_tells_how_it_stands_every_six_hours_and_after_an_update() {
        let (now, hour) = (1_800_000_000_000_i64, 3_600_000_u64);
        let ago = |hours: u64| last(now.unsigned_abs() - hours * hour, VERSION);
        assert!(is_due(now, None, Occasion::Exchange, 0));
        assert!(!is_due(now, Some(&ago(5)), Occasion::Exchange, 9));
        assert!(is_due(now, Some(&ago(6)), Occasion::Exchange, 0));
        let older = last(now.unsigned_abs(), "0.0.1");
        assert!(is_due(now, Some(&older), Occasion::Exchange, 0));
    }

    #[test]
    fn at_the_end_it_tells_only_of_what_is_unsent_and_never_in_a_storm() {
        let now = 1_800_000_000_000_i64;
        let before = |minutes: u64| last(now.unsigned_abs() - minutes * 60_000, VERSION);
        assert!(!is_due(now, None, Occasion::End, 9));
        assert!(!is_due(now, Some(&before(20)), Occasion::End, 0));
        assert!(!is_due(now, Some(&before(14)), Occasion::End, 9));
        assert!(is_due(now, Some(&before(15)), Occasion::End, 9));
    }

    #[test]
    fn a_clock_put_back_silences_nobody_for_long() {
        let now = 1_800_000_000_000_i64;
        let ahead = last(now.unsigned_abs() + 400 * 86_400_000, VERSION);
        assert!(is_due(now, Some(&ahead), Occasion::Exchange, 0));
    }
}
