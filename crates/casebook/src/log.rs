//! A record as the set of every stamped fact about it: it only grows, so copies merge by union.
use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use crate::codec::written;
use crate::lead::Malformed;
use crate::merge::Stamp;

/// Format of [`Log::encode`]; another number is a projection that must be rebuilt.
const FORMAT: u8 = 1;

/// One fact about a record, as an entry seals it.
pub trait Entry: Clone + Eq {
    /// The same bytes for equal facts.
    fn encode(&self) -> Vec<u8>;
    /// Reads what this or any other version wrote.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

/// A grow-only map from stamps to facts: any order, duplication or grouping of the same facts
/// gives the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Log<C> {
    /// Ascending by stamp, each stamp once.
    facts: Vec<(Stamp, C)>,
}

impl<C> Default for Log<C> {
    fn default() -> Self {
        Self { facts: Vec::new() }
    }
}

impl<C> core::fmt::Debug for Log<C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Log(..)")
    }
}

impl<C: Entry> Log<C> {
    /// Takes in one fact; true if the record is now another.
    ///
    /// Two different facts at one stamp can't come from an honest desk; should it happen, the one
    /// with the greater encoding stays, everywhere.
    pub fn insert(&mut self, stamp: Stamp, fact: C) -> bool {
        match self.facts.binary_search_by(|(at, _)| at.cmp(&stamp)) {
            Err(place) => self.facts.insert(place, (stamp, fact)),
            Ok(place) => {
                let Some((_, kept)) = self.facts.get_mut(place) else {
                    return false;
                };
                if *kept == fact || kept.encode() >= fact.encode() {
                    return false;
                }
                *kept = fact;
            }
        }
        true
    }

    /// Takes in everything that another copy of the record knows; true if this one is now another.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (stamp, fact) in &other.facts {
            changed |= self.insert(*stamp, fact.clone());
        }
        changed
    }

    /// The fact at one stamp.
    #[must_use]
    pub fn get(&self, stamp: &Stamp) -> Option<&C> {
        let place = self.facts.binary_search_by(|(at, _)| at.cmp(stamp)).ok()?;
        self.facts.get(place).map(|(_, fact)| fact)
    }

    /// Every fact with its stamp, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Stamp, &C)> + ExactSizeIterator {
        self.facts.iter().map(|(stamp, fact)| (stamp, fact))
    }

    /// Nothing is known of the record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// All of it as bytes. CBOR `[1, [[hlc, author], fact]…]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(|e| {
            e.array(2)?.u8(FORMAT)?.array(self.facts.len() as u64)?;
            for (stamp, fact) in &self.facts {
                e.array(2)?;
                stamp.write(e)?;
                e.writer_mut().extend_from_slice(&fact.encode());
            }
            e.ok()
        })
    }

    /// Reads what [`Log::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let log = Self::read(&mut d, bytes).map_err(|_| Malformed)?;
        (d.position() == bytes.len())
            .then_some(log)
            .ok_or(Malformed)
    }

    fn read(d: &mut Decoder<'_>, bytes: &[u8]) -> Result<Self, DecodeError> {
        if d.array()? != Some(2) || d.u8()? != FORMAT {
            return Err(DecodeError::message("another format"));
        }
        let count = d.array()?.unwrap_or_default();
        let mut facts: Vec<(Stamp, C)> = Vec::new();
        for _ in 0..count {
            if d.array()? != Some(2) {
                return Err(DecodeError::message("not a stamped fact"));
            }
            let stamp = Stamp::read(d)?;
            if facts.last().is_some_and(|(last, _)| *last >= stamp) {
                return Err(DecodeError::message("facts out of order"));
            }
            let from = d.position();
            d.skip()?;
            let fact = bytes.get(from..d.position()).unwrap_or_default();
            let fact = C::decode(fact).map_err(|_| DecodeError::message("no fact"))?;
            facts.push((stamp, fact));
        }
        Ok(Self { facts })
    }
}
