//! How the exchange stands, and what is wrong.
use serde::{Deserialize, Serialize};

use super::{Millis, Nearby, Progress};

/// How the exchange with the server stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SyncView {
    /// What is so.
    pub state: SyncState,
    /// Acts recorded here that the server lacks.
    pub unsent: u32,
    /// When the oldest of them was recorded.
    pub oldest_unsent_at: Option<Millis>,
    /// Last time everything was exchanged.
    pub synced_at: Option<Millis>,
    /// How far this PC's clock is from the server's, in milliseconds; shown when over two minutes.
    pub clock_offset: Millis,
    /// Ledgers that stopped at a bad entry: names of their authors.
    pub alarms: Vec<Alarm>,
    /// PCs of the clinic in the local network.
    pub nearby: Vec<Nearby>,
    /// How far the first exchange has come; `None` once it is over.
    pub first: Option<Progress>,
}

/// State of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum SyncState {
    /// No server was claimed yet: everything stays here.
    NoServer,
    /// Trying for the first time since start.
    Connecting,
    /// All exchanged.
    Synced,
    /// Exchanging now.
    Syncing,
    /// The server can't be reached.
    Offline,
    /// The server answers, but not as agreed; see `alarms`.
    Refused,
}

/// Something wrong that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Which author's ledger; empty for the server as a whole.
    pub author: String,
    /// It is this PC's own ledger: there is a second copy of this PC, or one was restored.
    pub me: bool,
    /// What was found.
    pub kind: AlarmKind,
    /// When.
    pub at: Millis,
}

/// Kinds of alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum AlarmKind {
    /// An entry doesn't fit its chain, signature or payload hash.
    BadEntry,
    /// Two different entries stand at one place: a copy of a PC, or a lie.
    Fork,
    /// A payload does not open with its key.
    Unopenable,
    /// The server has less than it once had.
    Rollback,
    /// This database is older than what this PC had already written.
    StaleCopy,
    /// The server answers for another clinic.
    WrongClinic,
    /// The server speaks a version that this program does not know.
    Version,
    /// The live form differs from the one pinned when the server was claimed.
    FormChanged,
    /// The server refuses this PC.
    Revoked,
}
