//! Finding leads by any part of what they say, newest first, without an index on disk.
//!
//! Text lies folded in blocks of 64 neighbouring leads, in the order of arrival; a scan goes from the
//! newest block back, skips blocks whose signature lacks three letters of the words, and stops as
//! soon as nothing better can follow.
use std::collections::VecDeque;

mod accent;
mod query;
mod secret;
mod signature;
mod text;

use query::{Query, Rank};
use signature::{Blocks, Signatures};
use text::{Folded, TextBlock};

use crate::directory::{Indexed, Placed, Taken, rows_newest_first};

/// A lead's place: block and row of the order of arrival.
pub(crate) type Place = (usize, usize);

/// Texts of all leads, kept in step with the order of arrival.
#[derive(Default)]
pub(crate) struct Search {
    blocks: VecDeque<Box<TextBlock>>,
    signatures: Signatures,
    scratch: Folded,
}

/// Replaced texts after which a block is signed anew.
const STALE: u8 = 32;

impl Search {
    /// Follows an insert of the order.
    pub(crate) fn insert(&mut self, placed: &Placed, facts: &Indexed<'_>) {
        if let Some(block) = placed.opened {
            let fresh = TextBlock::new(self.signatures.open());
            self.blocks.insert(block, Box::new(fresh));
        }
        if let Some(block) = placed.split {
            let mut upper = self.blocks[block].split_off(crate::directory::ROWS / 2);
            upper.sign = self.signatures.open();
            self.blocks.insert(block + 1, Box::new(upper));
            self.sign(block);
            self.sign(block + 1);
        }
        self.scratch.fill(facts);
        let block = &mut self.blocks[placed.block];
        block.insert(placed.at, &self.scratch);
        let record = block.record(placed.at);
        self.signatures.add(block.sign, &record);
    }

    /// Gives a lead another text; `true` when it differs.
    pub(crate) fn replace(&mut self, (block, at): Place, facts: &Indexed<'_>) -> bool {
        self.scratch.fill(facts);
        let target = &mut self.blocks[block];
        if target.holds(at, &self.scratch) {
            return false;
        }
        target.replace(at, &self.scratch);
        let record = target.record(at);
        self.signatures.add(target.sign, &record);
        self.refresh(block);
        true
    }

    /// Follows a removal from the order.
    pub(crate) fn remove(&mut self, taken: &Taken) {
        self.blocks[taken.block].remove(taken.at);
        if !taken.closed {
            self.refresh(taken.block);
        } else if let Some(block) = self.blocks.remove(taken.block) {
            self.signatures.close(block.sign);
        }
    }

    fn refresh(&mut self, block: usize) {
        if self.blocks[block].stale >= STALE {
            self.signatures.clear(self.blocks[block].sign);
            self.sign(block);
        }
    }

    fn sign(&mut self, block: usize) {
        let target = &mut self.blocks[block];
        target.stale = 0;
        for at in 0..target.len() {
            let record = target.record(at);
            self.signatures.add(target.sign, &record);
        }
    }

    /// A lead's name in small letters.
    pub(crate) fn name(&self, (block, at): Place) -> zeroize::Zeroizing<String> {
        let record = self.blocks[block].record(at);
        let end = memchr::memchr(text::FIELD, record.head).unwrap_or(record.head.len());
        accent::join(&record.head[..end], record.head_marks())
    }

    /// Finds the `limit` best among rows that `mask` lets through in each block, and whether there
    /// are more. Best: accents as typed, then words in the name or number, then newest.
    pub(crate) fn find(
        &self,
        text: &str,
        limit: usize,
        mask: impl Fn(usize) -> u64,
    ) -> (Vec<Place>, bool) {
        let Some(query) = Query::parse(text) else {
            return (Vec::new(), false);
        };
        let mut scan = Scan::new(self, query, limit.saturating_add(1));
        scan.heads(&mask);
        scan.bodies(&mask);
        let mut found = scan.finish();
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.signatures.bytes()
            + self.blocks.capacity() * size_of::<usize>()
            + self.blocks.iter().map(|block| block.bytes()).sum::<usize>()
    }
}

/// One search under way.
struct Scan<'a> {
    search: &'a Search,
    query: Query,
    enough: usize,
    /// Newest first, one list a rank; the second pass begins with fresh ones.
    found: [Vec<Place>; 4],
    by_head: [Vec<Place>; 4],
    /// Blocks that may hold the words with their accents; `None` for all.
    exact: Option<Blocks>,
}

/// Blocks tried to see which word is rarest.
const SAMPLE: usize = 4;

impl<'a> Scan<'a> {
    fn new(search: &'a Search, query: Query, enough: usize) -> Self {
        let exact = query
            .accented
            .then(|| candidates(search, &query, true, true))
            .flatten();
        Self {
            search,
            query,
            enough,
            found: Default::default(),
            by_head: Default::default(),
            exact,
        }
    }

    fn note(&mut self, rank: Rank, place: Place) {
        let list = &mut self.found[rank as usize];
        if list.len() < self.enough {
            list.push(place);
        }
    }

    fn full(&self, rank: Rank) -> bool {
        self.found[rank as usize].len() >= self.enough
    }

    /// Looks for leads whose name or number says it all.
    fn heads(&mut self, mask: &impl Fn(usize) -> u64) {
        let blocks = candidates(self.search, &self.query, false, false);
        self.rarest_first(blocks.as_ref(), false);
        for block in newest(self.search, blocks.as_ref()) {
            let exact_only = self.full(Rank::Head);
            if exact_only && !holds(self.search, self.exact.as_ref(), block) {
                continue;
            }
            for at in rows_newest_first(self.rows(block, 0, false, mask(block))) {
                let record = self.search.blocks[block].record(at);
                let hopeless = exact_only && !self.query.may_be_exact(&record);
                if !hopeless && self.query.in_head(&record) {
                    self.note(self.query.rank_head(&record), (block, at));
                }
            }
            if self.full(Rank::ExactHead) {
                return;
            }
        }
    }

    /// Looks for the others.
    fn bodies(&mut self, mask: &impl Fn(usize) -> u64) {
        self.by_head = std::mem::take(&mut self.found);
        let missing = self
            .enough
            .saturating_sub(self.by_head[Rank::ExactHead as usize].len());
        if missing == 0 {
            return;
        }
        let blocks = candidates(self.search, &self.query, true, false);
        self.rarest_first(blocks.as_ref(), true);
        for block in newest(self.search, blocks.as_ref()) {
            let exact_only = self.full(Rank::Folded);
            if exact_only && !holds(self.search, self.exact.as_ref(), block) {
                continue;
            }
            for at in rows_newest_first(self.rows(block, 0, true, mask(block))) {
                let record = self.search.blocks[block].record(at);
                if exact_only && !self.query.may_be_exact(&record) {
                    continue;
                }
                if let Some(rank) = self.query.rank_body(&record) {
                    self.note(rank, (block, at));
                }
            }
            if self.found[Rank::Exact as usize].len() >= missing {
                return;
            }
        }
    }

    /// Sorts the words so that the one that the fewest rows of some blocks hold leads the scan.
    fn rarest_first(&mut self, blocks: Option<&Blocks>, bodies: bool) {
        if self.query.clauses.len() == 1 {
            return;
        }
        let sample: Vec<usize> = newest(self.search, blocks).take(SAMPLE).collect();
        let hits = |clause: usize| -> u32 {
            sample
                .iter()
                .map(|block| self.rows(*block, clause, bodies, !0).count_ones())
                .sum()
        };
        let hits: Vec<u32> = (0..self.query.clauses.len()).map(hits).collect();
        let mut sorted: Vec<_> = hits
            .into_iter()
            .zip(std::mem::take(&mut self.query.clauses))
            .collect();
        sorted.sort_by_key(|(hits, _)| *hits);
        self.query.clauses = sorted.into_iter().map(|(_, clause)| clause).collect();
    }

    /// Rows among `rows` of a block that hold a clause in the head, or anywhere.
    fn rows(&self, block: usize, clause: usize, bodies: bool, rows: u64) -> u64 {
        if rows == 0 {
            return 0;
        }
        let block = &self.search.blocks[block];
        let mut found = 0;
        for needle in &self.query.clauses[clause].needles {
            if needle.for_head() || bodies && needle.scope == query::Scope::Initials {
                found |= rows_with(needle, block.head(), |byte| block.row_of_head(byte));
            }
            if bodies && needle.for_body() {
                found |= rows_with(needle, block.body(), |byte| block.row_of_body(byte));
            }
        }
        found & rows
    }

    fn finish(mut self) -> Vec<Place> {
        let mut found = Vec::with_capacity(self.enough.min(256));
        for (list, by_head) in self.found.iter_mut().zip(&mut self.by_head) {
            list.append(by_head);
            list.sort_unstable_by(|a, b| b.cmp(a));
            found.append(list);
        }
        found.truncate(self.enough);
        found
    }
}

/// Is a block in a set?
fn holds(search: &Search, blocks: Option<&Blocks>, block: usize) -> bool {
    let sign = search.blocks[block].sign as usize;
    blocks.is_none_or(|blocks| blocks[sign / 64] >> (sign % 64) & 1 == 1)
}

/// Blocks of a set from the newest on.
fn newest<'a>(
    search: &'a Search,
    blocks: Option<&'a Blocks>,
) -> impl Iterator<Item = usize> + use<'a> {
    (0..search.blocks.len())
        .rev()
        .filter(move |block| holds(search, blocks, *block))
}

/// Blocks that may hold all clauses, by their signatures; `None` for all blocks.
fn candidates(search: &Search, query: &Query, bodies: bool, exact: bool) -> Option<Blocks> {
    let mut all: Option<Blocks> = None;
    for clause in &query.clauses {
        let mut any: Option<Blocks> = Some(Vec::new());
        for needle in &clause.needles {
            let marks = if exact { &needle.accents[..] } else { &[] };
            if needle.for_head() || bodies && needle.scope == query::Scope::Initials {
                any = union(any, search.signatures.heads(needle.bytes(), marks));
            }
            if bodies && needle.for_body() {
                any = union(any, search.signatures.bodies(needle.bytes(), marks));
            }
        }
        all = match (all, any) {
            (Some(all), Some(any)) => Some(all.iter().zip(&any).map(|(a, b)| a & b).collect()),
            (one, other) => one.or(other),
        };
    }
    all
}

fn union(one: Option<Blocks>, other: Option<Blocks>) -> Option<Blocks> {
    match (one?, other?) {
        (one, other) if one.is_empty() => Some(other),
        (one, other) if other.is_empty() => Some(one),
        (one, other) => Some(one.iter().zip(&other).map(|(a, b)| a | b).collect()),
    }
}

fn rows_with(needle: &query::Needle, text: &[u8], row_of: impl Fn(usize) -> (usize, usize)) -> u64 {
    let mut found = 0;
    let mut from = 0;
    while let Some(at) = needle.finder().find(&text[from..]) {
        let (row, end) = row_of(from + at);
        found |= 1 << row;
        from = end;
    }
    found
}
