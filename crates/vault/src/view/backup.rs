//! Backups as a window shows them: when, where, and whether one would really come back.
use serde::Serialize;

use super::Millis;

/// How a backup or a drill ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum BackupOutcome {
    /// As it should.
    Good,
    /// The folder is not there: the disk is not plugged in, the network drive is away.
    FolderMissing,
    /// No room.
    NoRoom,
    /// A file was cut off, changed or does not open.
    Damaged,
    /// The operating system refused.
    Failed,
}

/// One backup that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct BackupRun {
    /// When.
    pub at: Millis,
    /// How it ended.
    pub outcome: BackupOutcome,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Entries in it.
    pub entries: u64,
}

/// One restore drill: the newest backup was opened in a place of its own and thrown away again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DrillRun {
    /// When.
    pub at: Millis,
    /// How it ended.
    pub outcome: BackupOutcome,
    /// When the backup was made.
    pub made_at: Millis,
    /// Entries whose chains and signatures were verified.
    pub entries: u64,
    /// Leads that came back.
    pub leads: u64,
}

/// How backups stand on this PC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct BackupView {
    /// Where they go, as people say it; `None` until somebody chose.
    pub place: Option<String>,
    /// The last one tried.
    pub last: Option<BackupRun>,
    /// The last one that is good.
    pub last_good_at: Option<Millis>,
    /// How many are kept there.
    pub kept: u32,
    /// The last drill.
    pub drill: Option<DrillRun>,
    /// One of the two is running.
    pub busy: bool,
    /// No good backup for over two days, or none ever.
    pub overdue: bool,
}

/// A backup file that was found on a drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct BackupFile {
    /// Names it for `restore_backup`.
    pub id: String,
    /// Name of the file.
    pub file: String,
    /// Name of the PC that made it.
    pub desk: String,
    /// Clinic's name.
    pub clinic: String,
    /// When it was made.
    pub made_at: Millis,
    /// Size in bytes.
    pub bytes: u64,
}
