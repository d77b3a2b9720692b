//! Numbers that the clinic itself never advertises to again. The set of keyed hashes is held
//! elsewhere; here is what an entry of it means.
use serde::{Deserialize, Serialize};

use crate::codec::coded;

/// Why a number is on the clinic's own list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// Everything about the person was erased; only this hash was kept, so that nobody writes
    /// again by mistake (Law 91/2025 Art. 14, Decree 91/2020 Art. 13.3–4).
    Erased,
    /// A complaint about unwanted contact (Law 19/2023 Art. 10.1.b).
    Complaint,
    /// The owner's decision.
    Owner,
}

coded!(Why { Erased = 1, Complaint = 2, Owner = 3 });

/// One entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Why.
    pub why: Why,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Generation of the tombstone, for [`Why::Erased`].
    pub generation: u32,
}

/// The entry that keeps a number from being mailed, or `None`.
///
/// An erased number may come back by a lawful new consent, whose record then has a higher
/// generation than the tombstone; the other reasons hold until an owner strikes the entry.
#[must_use]
pub fn blocking(entries: &[Entry], record_generation: u32) -> Option<Entry> {
    let holds = |entry: &&Entry| entry.why != Why::Erased || entry.generation >= record_generation;
    let standing = entries.iter().filter(holds);
    standing
        .min_by_key(|entry| (entry.why, entry.since_ms))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_consent_after_the_erasure_brings_a_number_back_and_only_from_erasure() {
        let entry = |why, since_ms| Entry {
            why,
            since_ms,
            generation: 1,
        };
        let erased = [entry(Why::Erased, 5)];
        assert_eq!(blocking(&erased, 0), Some(erased[0]));
        assert_eq!(blocking(&erased, 1), Some(erased[0]));
        assert_eq!(blocking(&erased, 2), None);
        for why in [Why::Complaint, Why::Owner] {
            assert_eq!(
                blocking(&[entry(why, 5)], 9).map(|found| found.why),
                Some(why)
            );
        }
        let both = [
            entry(Why::Owner, 1),
            entry(Why::Complaint, 3),
            entry(Why::Complaint, 2),
        ];
        assert_eq!(blocking(&both, 0), Some(both[2]));
        assert_eq!(blocking(&[], 0), None);
    }
}
