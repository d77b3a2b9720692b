//! A sorted sequence of leads in blocks of 64, with one bit plane a property: pages and counts at
//! any depth cost a few words a block, and an insert moves one block.
use std::collections::VecDeque;

use super::Slot;
use super::traits::{ALL_STATES, BITS, Filter, Traits};

/// Rows in a full block: as many as a word has bits.
pub(crate) const ROWS: usize = 64;

/// The plane that says which rows exist.
const LIVE: usize = BITS;
/// Blocks whose masks are worked out together, word by word, as vector units like it.
const CHUNK: usize = 64;

struct Block {
    slots: [Slot; ROWS],
    len: usize,
}

/// Where a row went, so that text kept beside the order can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// An empty block was opened at this index first.
    pub(crate) opened: Option<usize>,
    /// The block at this index gave its upper half to a new one behind it first.
    pub(crate) split: Option<usize>,
    /// Block.
    pub(crate) block: usize,
    /// Row in it.
    pub(crate) at: usize,
}

/// Where a row was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Block.
    pub(crate) block: usize,
    /// Row in it.
    pub(crate) at: usize,
    /// The block was left empty and is gone.
    pub(crate) closed: bool,
}

/// Which end a list starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    First,
    Last,
}

/// The sequence. It knows no keys: callers say what comes before what.
pub(crate) struct Order {
    blocks: VecDeque<Box<Block>>,
    /// Empty until some row has the bit.
    planes: Vec<VecDeque<u64>>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            blocks: VecDeque::new(),
            planes: vec![VecDeque::new(); BITS + 1],
        }
    }
}

impl Order {
    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn slots(&self, block: usize) -> &[Slot] {
        self.blocks
            .get(block)
            .map_or(&[], |block| &block.slots[..block.len])
    }

    /// Rows of a block that pass the filter.
    pub(crate) fn mask(&self, block: usize, filter: &Filter<'_>) -> u64 {
        let mut word = [0];
        self.masks(filter, block, &mut word);
        word[0]
    }

    /// Rows that pass in the blocks from `first` on, a word each.
    fn masks(&self, filter: &Filter<'_>, first: usize, out: &mut [u64]) {
        out.fill(!0);
        self.narrow(LIVE, true, first, out);
        for (bit, wanted) in filter.fixed() {
            self.narrow(bit, wanted, first, out);
        }
        if let Some(scope) = filter.scope() {
            self.narrow_to_any(scope, first, out);
        }
        if filter.allowed() == ALL_STATES {
            return;
        }
        let states = (0..7).filter(|state| filter.allowed() >> state & 1 == 1);
        let bits = |state: u8| (0..3).map(move |bit| (bit, state >> bit & 1 == 1));
        self.narrow_to_any(states.map(bits), first, out);
    }

    /// Leaves rows that fit one of several sets of bits.
    fn narrow_to_any(
        &self,
        sets: impl Iterator<Item = impl Iterator<Item = (usize, bool)>>,
        first: usize,
        out: &mut [u64],
    ) {
        let mut any = [0; CHUNK];
        for set in sets {
            let mut one = [!0; CHUNK];
            for (bit, wanted) in set {
                self.narrow(bit, wanted, first, &mut one[..out.len()]);
            }
            any.iter_mut().zip(one).for_each(|(any, one)| *any |= one);
        }
        out.iter_mut().zip(any).for_each(|(out, any)| *out &= any);
    }

    fn narrow(&self, bit: usize, wanted: bool, first: usize, out: &mut [u64]) {
        let plane = &self.planes[bit];
        if plane.is_empty() {
            // Nobody has this bit.
            out.iter_mut().filter(|_| wanted).for_each(|word| *word = 0);
            return;
        }
        let flip = if wanted { 0 } else { !0 };
        let (front, back) = plane.as_slices();
        let (one, other) = out.split_at_mut(front.len().saturating_sub(first).min(out.len()));
        let front = front.get(first..).unwrap_or_default();
        let back = &back[(first + one.len()).saturating_sub(plane.as_slices().0.len())..];
        for (out, plane) in [(one, front), (other, back)] {
            out.iter_mut()
                .zip(plane)
                .for_each(|(word, set)| *word &= set ^ flip);
        }
    }

    /// Finds the first place whose row is not `before`: (block, row); the row may be one past the block's last.
    pub(crate) fn find(&self, before: impl Fn(Slot) -> bool) -> (usize, usize) {
        let after = self.blocks.partition_point(|block| before(block.slots[0]));
        let block = after.saturating_sub(1);
        (
            block,
            self.slots(block).partition_point(|slot| before(*slot)),
        )
    }

    /// Puts a row in behind all rows that are `before` it.
    pub(crate) fn insert(
        &mut self,
        slot: Slot,
        traits: Traits,
        before: impl Fn(Slot) -> bool,
    ) -> Placed {
        let (block, at) = self.find(before);
        let placed = self.make_room(block, at);
        let target = &mut self.blocks[placed.block];
        target
            .slots
            .copy_within(placed.at..target.len, placed.at + 1);
        target.slots[placed.at] = slot;
        target.len += 1;
        for bit in 0..=LIVE {
            let set = if bit == LIVE {
                1
            } else {
                traits.bits() >> bit & 1
            };
            self.wake(bit, set);
            if let Some(word) = self.planes[bit].get_mut(placed.block) {
                let low = (1 << placed.at) - 1;
                *word = *word & low | (*word & !low) << 1 | set << placed.at;
            }
        }
        placed
    }

    fn make_room(&mut self, block: usize, at: usize) -> Placed {
        let there = Placed {
            opened: None,
            split: None,
            block,
            at,
        };
        let full =
            |blocks: &VecDeque<Box<Block>>, i: usize| blocks.get(i).is_none_or(|b| b.len == ROWS);
        if !full(&self.blocks, block) {
            return there;
        }
        if at == ROWS && !full(&self.blocks, block + 1) {
            return Placed {
                block: block + 1,
                at: 0,
                ..there
            };
        }
        if at == ROWS || at == 0 {
            let opened = if at == 0 { block } else { block + 1 };
            self.open(opened);
            return Placed {
                opened: Some(opened),
                block: opened,
                at: 0,
                ..there
            };
        }
        self.split(block);
        let split = Some(block);
        if at > ROWS / 2 {
            return Placed {
                split,
                block: block + 1,
                at: at - ROWS / 2,
                ..there
            };
        }
        Placed { split, ..there }
    }

    fn open(&mut self, block: usize) {
        self.blocks.insert(
            block,
            Box::new(Block {
                slots: [Slot(0); ROWS],
                len: 0,
            }),
        );
        for plane in self.planes.iter_mut().filter(|plane| !plane.is_empty()) {
            plane.insert(block, 0);
        }
    }

    fn split(&mut self, block: usize) {
        self.open(block + 1);
        let upper = {
            let lower = &mut self.blocks[block];
            lower.len = ROWS / 2;
            lower.slots
        };
        let new = &mut self.blocks[block + 1];
        new.slots[..ROWS / 2].copy_from_slice(&upper[ROWS / 2..]);
        new.len = ROWS / 2;
        for plane in self.planes.iter_mut().filter(|plane| !plane.is_empty()) {
            plane[block + 1] = plane[block] >> (ROWS / 2);
            plane[block] &= (1 << (ROWS / 2)) - 1;
        }
    }

    fn wake(&mut self, bit: usize, set: u64) {
        if set == 1 && self.planes[bit].is_empty() {
            self.planes[bit].resize(self.blocks.len(), 0);
        }
    }

    /// Takes a row out; `None` when it is not where `before` says.
    pub(crate) fn remove(&mut self, slot: Slot, before: impl Fn(Slot) -> bool) -> Option<Taken> {
        let (block, at) = self.locate(slot, before)?;
        let target = &mut self.blocks[block];
        target.slots.copy_within(at + 1..target.len, at);
        target.len -= 1;
        let closed = target.len == 0;
        if closed {
            self.blocks.remove(block);
        }
        for plane in self.planes.iter_mut().filter(|plane| !plane.is_empty()) {
            if closed {
                plane.remove(block);
            } else {
                let low = (1 << at) - 1;
                plane[block] = plane[block] & low | plane[block] >> 1 & !low;
            }
        }
        Some(Taken { block, at, closed })
    }

    /// Gives a row other properties; returns where it stands.
    pub(crate) fn set(
        &mut self,
        slot: Slot,
        traits: Traits,
        before: impl Fn(Slot) -> bool,
    ) -> Option<(usize, usize)> {
        let (block, at) = self.locate(slot, before)?;
        for bit in 0..BITS {
            let set = traits.bits() >> bit & 1;
            self.wake(bit, set);
            if let Some(word) = self.planes[bit].get_mut(block) {
                *word = *word & !(1 << at) | set << at;
            }
        }
        Some((block, at))
    }

    /// Where a row stands; `before` must be strict.
    pub(crate) fn locate(
        &self,
        slot: Slot,
        before: impl Fn(Slot) -> bool,
    ) -> Option<(usize, usize)> {
        let (mut block, mut at) = self.find(before);
        if at == self.slots(block).len() {
            (block, at) = (block + 1, 0);
        }
        (self.slots(block).get(at) == Some(&slot)).then_some((block, at))
    }

    /// Rows that pass and are `before`.
    pub(crate) fn count_before(&self, filter: &Filter<'_>, before: impl Fn(Slot) -> bool) -> usize {
        let (block, at) = self.find(before);
        let mut count = 0;
        self.each_chunk(filter, block, |_, masks| count += ones(masks));
        if block == self.blocks.len() {
            return count;
        }
        let low = if at == ROWS { !0 } else { (1 << at) - 1 };
        count + ones(&[self.mask(block, filter) & low])
    }

    fn each_chunk(&self, filter: &Filter<'_>, blocks: usize, mut each: impl FnMut(usize, &[u64])) {
        let mut masks = [0; CHUNK];
        for first in (0..blocks).step_by(CHUNK) {
            let masks = &mut masks[..CHUNK.min(blocks - first)];
            self.masks(filter, first, masks);
            each(first, masks);
        }
    }

    /// Appends up to `take` rows that pass to `out`, after `skip` of them. Returns how many pass in all.
    pub(crate) fn page(
        &self,
        filter: &Filter<'_>,
        from: From,
        skip: usize,
        take: usize,
        out: &mut Vec<Slot>,
    ) -> usize {
        let mut chunks = Vec::with_capacity(self.blocks.len().div_ceil(CHUNK));
        self.each_chunk(filter, self.blocks.len(), |_, masks| {
            chunks.push(ones(masks));
        });
        let total = chunks.iter().sum();
        let end = out.len().saturating_add(take);
        let mut skip = skip;
        for i in 0..chunks.len() {
            let chunk = if from == From::First {
                i
            } else {
                chunks.len() - 1 - i
            };
            if out.len() >= end {
                break;
            } else if chunks[chunk] <= skip {
                skip -= chunks[chunk];
            } else {
                self.chunk_page(
                    filter,
                    from,
                    chunk * CHUNK,
                    std::mem::take(&mut skip),
                    end,
                    out,
                );
            }
        }
        total
    }

    /// The part of a page that one chunk gives.
    fn chunk_page(
        &self,
        filter: &Filter<'_>,
        from: From,
        first: usize,
        skip: usize,
        end: usize,
        out: &mut Vec<Slot>,
    ) {
        let mut masks = [0; CHUNK];
        let masks = &mut masks[..CHUNK.min(self.blocks.len() - first)];
        self.masks(filter, first, masks);
        let mut skip = skip;
        for i in 0..masks.len() {
            let i = if from == From::First {
                i
            } else {
                masks.len() - 1 - i
            };
            let rows = ones(&[masks[i]]);
            if rows <= skip {
                skip -= rows;
                continue;
            }
            let (slots, room) = (&self.blocks[first + i].slots, end - out.len());
            let passing = rows_of(masks[i], from).skip(std::mem::take(&mut skip));
            out.extend(passing.take(room).map(|at| slots[at]));
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.capacity() * size_of::<usize>()
            + self.blocks.len() * size_of::<Block>()
            + self
                .planes
                .iter()
                .map(|plane| plane.capacity() * 8)
                .sum::<usize>()
    }
}

fn ones(masks: &[u64]) -> usize {
    masks.iter().map(|mask| mask.count_ones() as usize).sum()
}

/// The rows in a mask, newest first.
pub(crate) fn rows_newest_first(mask: u64) -> impl Iterator<Item = usize> {
    rows_of(mask, From::Last)
}

/// The rows in a mask, in order.
fn rows_of(mask: u64, from: From) -> impl Iterator<Item = usize> {
    let mut left = mask;
    std::iter::from_fn(move || {
        let at = match from {
            _ if left == 0 => return None,
            From::First => left.trailing_zeros(),
            From::Last => left.ilog2(),
        };
        left &= !(1 << at);
        Some(at as usize)
    })
}
