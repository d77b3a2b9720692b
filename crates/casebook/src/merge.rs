//! Merging: the place of a change in the common order, and where a merged record ended up.
use std::collections::HashMap;

use thiserror::Error;

use crate::codec::{Out, Written, read_array};

/// Raw id of a record.
pub type Id = [u8; 16];

/// Place of one entry in the order that every desk agrees on: hybrid clock first, author second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Hybrid logical clock of the entry's header: 48 bits of milliseconds, 16 bits of counter.
    pub hlc: u64,
    /// Author of the entry.
    pub author: [u8; 16],
}

/// The text is no stamp's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the key of an entry")]
pub struct NoStamp;

impl Stamp {
    /// Handle for windows: 48 lower-case hexadecimal digits, clock then author.
    #[must_use]
    pub fn key(&self) -> String {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        let mut key = String::with_capacity(48);
        for byte in self.hlc.to_be_bytes().iter().chain(&self.author) {
            key.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        key
    }

    /// Reads what [`Stamp::key`] wrote, exactly.
    pub fn parse(key: &str) -> Result<Self, NoStamp> {
        let digits = key.as_bytes();
        if digits.len() != 48 {
            return Err(NoStamp);
        }
        let mut bytes = [0u8; 24];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair
                .iter()
                .try_fold(0u8, |high, &digit| Some(high << 4 | nibble(digit)?))
                .ok_or(NoStamp)?;
        }
        let (hlc, author) = bytes.split_first_chunk::<8>().ok_or(NoStamp)?;
        Ok(Self {
            hlc: u64::from_be_bytes(*hlc),
            author: author.try_into().map_err(|_| NoStamp)?,
        })
    }

    /// As an array of clock and author.
    pub(crate) fn write(&self, e: &mut Out<'_>) -> Written {
        e.array(2)?.u64(self.hlc)?.bytes(&self.author)?.ok()
    }

    /// Reads what [`Stamp::write`] wrote.
    pub(crate) fn read(d: &mut minicbor::Decoder<'_>) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("not a stamp"));
        }
        Ok(Self {
            hlc: d.u64()?,
            author: read_array(d)?,
        })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The record that `start` now lives in: follows `merged_into` (what `lookup` tells of a record,
/// `None` for one that stands for itself or is not here) to its end.
///
/// Two desks that merge the same records in opposite directions at once make a ring; then the
/// smallest id of the ring stands for all of it, whichever record one starts from.
#[must_use]
pub fn merge_target(start: Id, mut lookup: impl FnMut(Id) -> Option<Id>) -> Id {
    let mut path = vec![start];
    let mut places = HashMap::from([(start, 0)]);
    let mut at = start;
    while let Some(next) = lookup(at) {
        if let Some(&place) = places.get(&next) {
            let ring = path.get(place..).unwrap_or_default();
            return ring.iter().min().copied().unwrap_or(start);
        }
        places.insert(next, path.len());
        path.push(next);
        at = next;
    }
    at
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> Id {
        [n; 16]
    }

    fn target(start: u8, merges: &[(u8, u8)]) -> Id {
        merge_target(id(start), |from| {
            let found = merges.iter().find(|(a, _)| id(*a) == from);
            found.map(|(_, b)| id(*b))
        })
    }

    #[test]
    fn a_record_that_was_merged_twice_is_found_at_the_end() {
        assert_eq!(target(1, &[(1, 2), (2, 3)]), id(3));
        assert_eq!(target(3, &[(1, 2), (2, 3)]), id(3));
        assert_eq!(target(9, &[(1, 2)]), id(9));
    }

    #[test]
    fn a_ring_of_merges_has_one_place_for_all_its_records() {
        let ring = [(5, 2), (2, 7), (7, 5), (9, 7)];
        for start in [5, 2, 7, 9] {
            assert_eq!(target(start, &ring), id(2), "from {start}");
        }
        assert_eq!(target(4, &[(4, 4)]), id(4));
    }

    #[test]
    fn a_key_that_is_not_exactly_a_stamps_is_refused() {
        let stamp = Stamp {
            hlc: 0x0102,
            author: id(0xab),
        };
        let key = stamp.key();
        assert_eq!(key, format!("0000000000000102{}", "ab".repeat(16)));
        assert_eq!(Stamp::parse(&key), Ok(stamp));
        for wrong in ["", &key[1..], &format!("{key}0"), &key.to_uppercase()] {
            assert_eq!(Stamp::parse(wrong), Err(NoStamp), "{wrong}");
        }
        assert_eq!(Stamp::parse(&"é".repeat(24)), Err(NoStamp));
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_stamps_do(a: (u64, [u8; 16]), b: (u64, [u8; 16])) {
            let [a, b] = [a, b].map(|(hlc, author)| Stamp { hlc, author });
            prop_assert_eq!(a.cmp(&b), a.key().cmp(&b.key()));
            prop_assert_eq!(Stamp::parse(&a.key()), Ok(a));
        }

        #[test]
        fn every_graph_of_merges_ends(edges in proptest::collection::vec((0u8..12, 0u8..12), 0..20)) {
            for start in 0..12 {
                let end = target(start, &edges);
                // The end stands for itself: asking again leads to the same place.
                prop_assert_eq!(target(end[0], &edges), end);
            }
        }
    }
}
