//! What this PC remembers of its backups, sealed: a folder's name may tell something.
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::failure::ActError;
use crate::local::{self, Kept};
use crate::store::Batch;
use crate::view::{BackupOutcome, BackupRun, DrillRun, Millis};

/// Where backups go and how the last ones ended.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Book {
    /// The folder.
    pub place: Option<String>,
    /// Folders before that one, as long as old backups of this PC may lie there.
    pub former: Vec<String>,
    /// The folder is new and has no backup yet.
    pub moved: bool,
    /// The last one tried.
    pub last: Option<Run>,
    /// When the last good one was made.
    pub last_good_at: Option<Millis>,
    /// Name of its file.
    pub last_good_file: Option<String>,
    /// Name of a file that a drill found damaged.
    pub damaged_file: Option<String>,
    /// Files of this PC in the folder.
    pub kept: u32,
    /// The last drill.
    pub drill: Option<Drill>,
}

/// As [`BackupRun`], to be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub at: Millis,
    pub outcome: BackupOutcome,
    pub bytes: u64,
    pub entries: u64,
}

/// As [`DrillRun`], to be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drill {
    pub at: Millis,
    pub outcome: BackupOutcome,
    pub made_at: Millis,
    pub entries: u64,
    pub leads: u64,
}

impl Kept for Book {
    const PLACE: i64 = 9;
}

impl From<Run> for BackupRun {
    fn from(run: Run) -> Self {
        Self {
            at: run.at,
            outcome: run.outcome,
            bytes: run.bytes,
            entries: run.entries,
        }
    }
}

impl From<Drill> for DrillRun {
    fn from(drill: Drill) -> Self {
        Self {
            at: drill.at,
            outcome: drill.outcome,
            made_at: drill.made_at,
            entries: drill.entries,
            leads: drill.leads,
        }
    }
}

impl Book {
    /// Backups go to `place` from now on.
    pub(super) fn move_to(&mut self, place: String) {
        if self.place.as_ref() == Some(&place) {
            return;
        }
        self.former.retain(|former| *former != place);
        self.former.extend(self.place.replace(place));
        self.moved = true;
        self.last = None;
        self.kept = 0;
    }
}

/// What is remembered.
pub(super) async fn read(desk: &Desk) -> Result<Book, ActError> {
    let secrets = desk.secrets()?;
    let found = local::read::<Book>(&desk.store, &secrets.storage).await?;
    Ok(found.map(|(book, _)| book).unwrap_or_default())
}

/// Changes what is remembered; durable when this returns.
pub(super) async fn change(desk: &Desk, with: impl FnOnce(&mut Book)) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let secrets = desk.secrets()?;
    let found = local::read::<Book>(&desk.store, &secrets.storage).await?;
    let (mut book, version) = match found {
        Some((book, version)) => (book, Some(version)),
        None => (Book::default(), None),
    };
    with(&mut book);
    let mut batch = Batch::new();
    local::put(&mut batch, &secrets.storage, &book, version)?;
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await
}
