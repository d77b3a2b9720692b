//! Working without the server, as a window shows it: PCs nearby, memory sticks, what is on its way.
use serde::Serialize;

use super::Millis;

/// A PC of the clinic in the local network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Nearby {
    /// Author id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its branch.
    pub branch: String,
    /// Last time everything was exchanged with it; `None` before the first.
    pub synced_at: Option<Millis>,
}

/// How far something long has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Entries done.
    pub done: u64,
    /// Entries in all, as far as known.
    pub total: u64,
}

/// What a bundle that was written to, or read from, a memory stick brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct StickReport {
    /// Name of the file; the newest if there were several.
    pub file: String,
    /// Entries in it.
    pub entries: u64,
    /// Entries that were new here; 0 when writing.
    pub arrived: u64,
    /// New leads among them.
    pub new_leads: u32,
    /// Part of the file was cut off or damaged: what was whole has been taken in.
    pub partial: bool,
}
