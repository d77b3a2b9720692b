//! One page of what a desk lacks, in an order in which it can verify every entry.

use ledger::{AuthorId, Have, Header, SignedHead, bundle::Writer};

use crate::store::{Kept, Store, StoreError};

/// Bytes of a frame around an entry's payload.
const ENTRY_FRAME: usize = 5 + Header::LEN;
const HEAD_FRAME: usize = 5 + SignedHead::LEN;

/// A bundle, and whether another is needed.
pub(crate) struct Page {
    /// The bundle's bytes.
    pub bundle: Vec<u8>,
    /// Whether the desk lacks more than this.
    pub more: bool,
}

/// What `theirs` lacks of `ours`, at most `limit` bytes.
pub(crate) async fn page(
    store: &Store,
    ours: &Have,
    theirs: &Have,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut writer = Writer::new();
    for (author, after) in lacking(store, ours, theirs).await? {
        let room = limit.saturating_sub(writer.len() + HEAD_FRAME);
        let entries = store
            .entries_after(author, after, room, ENTRY_FRAME)
            .await?;
        let wrote = write_segment(&mut writer, author, &entries);
        let whole = wrote.is_some_and(|last| last >= ours.seq(author));
        // A page that is empty although it had all the room would be asked for again for ever.
        if !whole && !writer.is_empty() {
            return Ok(Page {
                bundle: writer.finish(),
                more: true,
            });
        }
    }
    Ok(Page {
        bundle: writer.finish(),
        more: false,
    })
}

/// Authors with entries that `theirs` lacks, by the arrival of the first one lacking: whoever enrols
/// comes before whoever was enrolled.
async fn lacking(
    store: &Store,
    ours: &Have,
    theirs: &Have,
) -> Result<Vec<(AuthorId, u64)>, StoreError> {
    let mut found = Vec::new();
    for (author, last) in &ours.0 {
        let after = theirs.seq(*author);
        if after < *last {
            let arrival = store.arrival(*author, after + 1).await?;
            found.push((arrival, *author, after));
        }
    }
    found.sort_unstable();
    Ok(found
        .into_iter()
        .map(|(_, author, after)| (author, after))
        .collect())
}

/// Writes the entries up to the last one with a signed head; gives its number, if there was one.
fn write_segment(writer: &mut Writer, author: AuthorId, entries: &[Kept]) -> Option<u64> {
    let last = end(entries)?;
    let signature = entries.get(last)?.signature?;
    for kept in &entries[..=last] {
        writer.entry(&kept.entry);
    }
    let header = &entries[last].entry.header;
    writer.head(&SignedHead {
        author,
        seq: header.seq,
        hash: header.hash(),
        signature,
    });
    Some(header.seq)
}

/// The place of the last entry that counts and is signed. A ledger that was cut short between two signed heads goes on,
/// by bare headers of what was set aside, to the next one: nothing else vouches for the entries before the cut.
fn end(entries: &[Kept]) -> Option<usize> {
    let counting = entries.iter().take_while(|kept| !kept.void).count();
    let signed = |kept: &Kept| kept.signature.is_some();
    let within = entries[..counting].iter().rposition(signed);
    let covered = counting == 0 || within == Some(counting - 1);
    if covered {
        return within;
    }
    let beyond = entries[counting..].iter().position(signed);
    beyond.map(|place| counting + place).or(within)
}
