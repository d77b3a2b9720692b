//! Proving a database without trusting it: every chain is walked, every signed head verified.
use ledger::Roster;

use super::Stop;
use crate::failure::BackupError;
use crate::life::rebuild::Chain;
use crate::store::{Store, ledger_rows};

/// Entries read at once.
const ENTRIES: i64 = 5_000;

/// Walks every ledger to its end. Each payload is compared with its header on the way; each
/// signature must be its author's over the chain as it is. Gives the number of entries.
///
/// A ledger may be longer than its signature reaches, after a revocation or where a bad entry
/// stopped it; whether it ends where it did is for the sealed state row to say.
pub(super) async fn prove(store: &Store, roster: &Roster, stop: &Stop) -> Result<u64, BackupError> {
    let heads = ledger_rows::heads(store).await?;
    let tips = ledger_rows::tips(store).await?;
    let mut proved = 0;
    for (author, number) in ledger_rows::numbers(store).await? {
        let head = heads.get(&author);
        let mut signed = head.is_none();
        let mut chain = Chain::default();
        loop {
            stop.check()?;
            let most = match head {
                // So that a step ends at the head, whose hash is compared.
                Some(head) if head.seq > chain.seq => {
                    i64::try_from(head.seq - chain.seq).unwrap_or(ENTRIES)
                }
                _ => ENTRIES,
            };
            let most = most.min(ENTRIES);
            let read = ledger_rows::entries_after(store, number, chain.seq, most).await?;
            if read.is_empty() {
                break;
            }
            chain.follow(&read)?;
            proved += read.len() as u64;
            if read.iter().any(|entry| entry.header.author != author) {
                return Err(BackupError::Damaged);
            }
            if let Some(head) = head.filter(|head| head.seq == chain.seq) {
                let keys = roster.keys(author).ok_or(BackupError::Damaged)?;
                signed = head.verify(&keys) && chain.hash == Some(head.hash);
            }
        }
        let tip = tips.get(&author).map(|tip| (tip.seq, Some(tip.hash)));
        let end = (chain.seq > 0).then_some((chain.seq, chain.hash));
        if !signed || tip != end {
            return Err(BackupError::Damaged);
        }
    }
    Ok(proved)
}
