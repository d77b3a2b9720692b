//! One page of what a desk lacks, in an order in which it can verify every entry.

use ledger::{AuthorId, Have, Header, Payload, SignedHead, bundle::Writer};

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
    /// Entries that the desk lacks beyond this.
    pub left: u64,
}

/// How much of an entry is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payloads {
    /// All that is here.
    Whole,
    /// Only those that are no business of the clinic's alone: who is enrolled, who is revoked, what was erased.
    Open,
}

/// What `theirs` lacks of `ours`, at most `limit` bytes.
pub(crate) async fn page(
    store: &Store,
    ours: &Have,
    theirs: &Have,
    payloads: Payloads,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut writer = Writer::new();
    let mut more = false;
    let mut left = lacks(ours, theirs);
    for (author, after) in lacking(store, ours, theirs).await? {
        let room = limit.saturating_sub(writer.len() + HEAD_FRAME);
        let mut entries = store
            .entries_after(author, after, room, ENTRY_FRAME)
            .await?;
        if payloads == Payloads::Open {
            entries.iter_mut().for_each(withhold);
        }
        let wrote = write_segment(&mut writer, author, &entries);
        let last = wrote.map_or(after, |last| last.min(ours.seq(author)));
        left = left.saturating_sub(last.saturating_sub(after));
        // A page that is empty although it had all the room would be asked for again for ever.
        if last < ours.seq(author) && !writer.is_empty() {
            more = true;
            break;
        }
    }
    Ok(Page {
        bundle: writer.finish(),
        more,
        left,
    })
}

/// How many entries of `ours` are not in `theirs`.
fn lacks(ours: &Have, theirs: &Have) -> u64 {
    let of = |(author, last): (&AuthorId, &u64)| last.saturating_sub(theirs.seq(*author));
    ours.0.iter().map(of).sum()
}

/// Leaves the header of what is sealed to the clinic, as an erased entry travels.
fn withhold(kept: &mut Kept) {
    if kept.entry.header.kind.is_erasable() {
        kept.entry.payload = Payload::Erased;
    }
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
