//! A lead: one inquiry, held as the set of changes that anyone ever made to it.
//!
//! The set only grows. Everything shown is derived from it by [`Lead::facts`] and
//! [`Lead::history`], so desks that hold the same entries show the same values, whatever the order
//! in which the entries arrived.
mod act;
mod change;
mod facts;
mod history;
mod live;
mod value;

pub use act::{Doing, Draft, Proposed, Refused, UndoError};
pub use change::{Change, Limits, Malformed, Origin, Patch};
pub use facts::{Facts, Rival};
pub use history::{Event, Moment, UndoneKind};
pub use value::{LeadState, Outcome, Purpose, Source};

use minicbor::Decoder;
use minicbor::decode::Error as DecodeError;

use crate::codec::written;
use crate::merge::Stamp;

/// Format of [`Lead::encode`]; another number is a projection that must be rebuilt.
const FORMAT: u8 = 1;

/// One inquiry: a grow-only map from stamps to changes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Lead {
    /// Ascending by stamp, each stamp once.
    changes: Vec<(Stamp, Change)>,
}

crate::redact::redact!(Lead);

impl Lead {
    /// A record that nothing is known of yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one change; true if the record is now another.
    ///
    /// Two different changes at one stamp can't come from an honest desk (a fork is refused before
    /// it gets here); should it happen, the one with the greater encoding stays, everywhere.
    pub fn insert(&mut self, stamp: Stamp, change: Change) -> bool {
        match self.place(&stamp) {
            Err(place) => self.changes.insert(place, (stamp, change)),
            Ok(place) => {
                let Some((_, kept)) = self.changes.get_mut(place) else {
                    return false;
                };
                if *kept == change || kept.encode() >= change.encode() {
                    return false;
                }
                *kept = change;
            }
        }
        true
    }

    /// Takes in everything that another copy of the record knows; true if this one is now another.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (stamp, change) in &other.changes {
            if self.get(stamp) != Some(change) {
                changed |= self.insert(*stamp, change.clone());
            }
        }
        changed
    }

    /// The change at one stamp.
    #[must_use]
    pub fn get(&self, stamp: &Stamp) -> Option<&Change> {
        let place = self.place(stamp).ok()?;
        self.changes.get(place).map(|(_, change)| change)
    }

    /// Every change with its stamp, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Stamp, &Change)> + ExactSizeIterator {
        self.changes.iter().map(|(stamp, change)| (stamp, change))
    }

    /// How many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Nothing is known of the record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// All of it as bytes: the same set always gives the same bytes. CBOR `[1, [[hlc, author], change]…]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(|e| {
            e.array(2)?.u8(FORMAT)?.array(self.changes.len() as u64)?;
            for (stamp, change) in &self.changes {
                e.array(2)?;
                stamp.write(e)?;
                change.write(e)?;
            }
            e.ok()
        })
    }

    /// Reads what [`Lead::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut d = Decoder::new(bytes);
        let lead = Self::read(&mut d).map_err(|_| Malformed)?;
        (d.position() == bytes.len())
            .then_some(lead)
            .ok_or(Malformed)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        if d.array()? != Some(2) || d.u8()? != FORMAT {
            return Err(DecodeError::message("another format"));
        }
        let count = d.array()?.unwrap_or_default();
        // The count is a claim until the bytes are read: reserve for the usual, not for the claim.
        let mut changes: Vec<(Stamp, Change)> =
            Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(16));
        for _ in 0..count {
            if d.array()? != Some(2) {
                return Err(DecodeError::message("not a stamped change"));
            }
            let stamp = Stamp::read(d)?;
            if changes.last().is_some_and(|(last, _)| *last >= stamp) {
                return Err(DecodeError::message("changes out of order"));
            }
            // Read where it stays: a change is too large to be handed around.
            changes.push((stamp, Change::default()));
            if let Some((_, change)) = changes.last_mut() {
                change.read_into(d)?;
            }
        }
        Ok(Self { changes })
    }

    fn place(&self, stamp: &Stamp) -> Result<usize, usize> {
        // New changes nearly always come last.
        match self.changes.last() {
            Some((last, _)) if last < stamp => Err(self.changes.len()),
            _ => self.changes.binary_search_by(|(at, _)| at.cmp(stamp)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
