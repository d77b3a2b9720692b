//! What the vault tells whoever shows it.

use crate::view::Inviting;

/// Something changed; ask for what you show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// These leads changed.
    Leads {
        /// Record ids, lower-case hexadecimal; at most a thousand, then empty for "any".
        ids: Vec<String>,
        /// New leads from outside that a person should hear of; suspects don't count.
        arrived: u32,
    },
    /// The exchange with the server stands differently.
    Sync,
    /// The clinic's PCs changed.
    Desks,
    /// The invitation stands differently.
    Inviting(Inviting),
    /// The clinic has cut this PC off, proven by an owner's signature: its data are to be deleted.
    CutOff,
    /// Backups stand differently.
    Backups,
    /// The clinic's people changed, or who is at this PC.
    People,
    /// Every lead is in memory: search is complete.
    Loaded,
    /// The leads are being computed anew from the ledger.
    Rebuilding {
        /// Entries done.
        done: u64,
        /// Entries in all.
        total: u64,
    },
}
