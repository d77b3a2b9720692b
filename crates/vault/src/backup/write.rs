//! Making a backup: the database is copied to a private place, sealed into its folder, and old ones go.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledger::{AuthorKeys, Role};
use seal::backup::About;

use super::book::{self, Run};
use super::work::Work;
use super::{Stop, file, off_thread, place, place_of};
use crate::desk::{Desk, EpochKeys};
use crate::failure::BackupError;
use crate::store::Fault;
use crate::view::BackupOutcome;

/// Name of the copy in the private place.
const COPY: &str = "letan.db";
/// How often the copy gives way to somebody who works, and for how long each time.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_secs(5);
/// Names that are tried for one backup.
const NAMES: u32 = 20;

/// What was made.
struct Made {
    file: String,
    bytes: u64,
    entries: u64,
}

/// Makes a backup and remembers how that ended.
pub(super) async fn back_up(desk: &Arc<Desk>) -> Result<(), BackupError> {
    desk.loaded().await?;
    let before = book::read(desk).await?;
    let folder = place_of(&before)?;
    let at = desk.now();
    let made = make(desk, &folder, at).await;
    let me = desk.me;
    let (damaged, mut former, good) = (before.damaged_file, before.former, made.is_ok());
    let tidied = off_thread(move || {
        let there = folder.is_dir();
        // Only once there is a newer one is an old one no longer better than none.
        former.retain(|old| !good || place::tidy_former(Path::new(old), me, at));
        let kept = there.then(|| place::tidy(&folder, me, damaged.as_deref(), at));
        Ok((kept, former))
    });
    let (kept, former) = tidied.await?;
    let outcome = match &made {
        Ok(_) => Some(BackupOutcome::Good),
        Err(error) => error.outcome(),
    };
    if let Some(outcome) = outcome {
        let run = Run {
            at,
            outcome,
            bytes: made.as_ref().map_or(0, |made| made.bytes),
            entries: made.as_ref().map_or(0, |made| made.entries),
        };
        let file = made.as_ref().ok().map(|made| made.file.clone());
        book::change(desk, |book| {
            book.last = Some(run);
            book.kept = kept.unwrap_or(book.kept);
            book.former.retain(|old| former.contains(old));
            if file.is_some() {
                book.moved = false;
                book.last_good_at = Some(at);
                book.last_good_file = file;
            }
        })
        .await?;
    }
    made.map(drop)
}

async fn make(desk: &Arc<Desk>, folder: &Path, at: i64) -> Result<Made, BackupError> {
    let stop = desk.backups.stop();
    let there = folder.to_owned();
    // Never made anew: an empty mount point is not the disk.
    off_thread(move || {
        let there = there.is_dir();
        there.then_some(()).ok_or(BackupError::PlaceMissing)
    })
    .await?;
    let work = Work::begin(desk.store.files().directory())?;
    let copy = work.directory().join(COPY);
    let entries = copied(desk, &copy, &stop).await?;
    stop.check()?;
    let (about, keys, kits) = describe(desk, &copy, at, entries).await?;
    let folder = folder.to_owned();
    off_thread(move || {
        let sealed = put(&folder, &copy, &about, &keys, &kits, &stop);
        drop(work);
        // A disk that was pulled out while we wrote is one that is not there.
        let (file, bytes) = match sealed {
            Err(BackupError::Io) if !folder.is_dir() => Err(BackupError::PlaceMissing),
            other => other,
        }?;
        Ok(Made {
            file,
            bytes,
            entries,
        })
    })
    .await
}

/// Copies the database when nobody needs it: whoever works comes first, but not for ever.
async fn copied(desk: &Desk, to: &Path, stop: &Stop) -> Result<u64, BackupError> {
    let mut tries = 0;
    loop {
        let stopped = stop.clone();
        let patient = tries < TRIES;
        let go_on = move |waited_for: bool| !(stopped.is_set() || patient && waited_for);
        match desk.store.copy_into(to, go_on).await {
            Err(Fault::Interrupted) if patient => {
                std::fs::remove_file(to)?;
                stop.pause(PAUSE).await?;
                tries += 1;
            }
            other => return Ok(other?),
        }
    }
}

/// What the backup will say of itself, and who may open it.
async fn describe(
    desk: &Desk,
    copy: &Path,
    made_ms: i64,
    entries: u64,
) -> Result<(About, Arc<EpochKeys>, Vec<AuthorKeys>), BackupError> {
    let length = std::fs::metadata(copy)?.len();
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let (epoch, keys) = writer.epoch()?;
    let roster = writer.replica.roster();
    let kits = roster
        .iter()
        .filter(|(_, author)| author.role == Role::Paper && author.last_seq.is_none())
        .map(|(_, author)| author.keys)
        .collect();
    let about = About {
        clinic: desk.clinic,
        author: desk.me,
        made_ms,
        epoch,
        entries,
        length,
        desk: roster.name(desk.me).unwrap_or_default().to_owned(),
        clinic_name: roster.clinic_name().unwrap_or_default().to_owned(),
    };
    Ok((about, keys, kits))
}

/// Seals the copy into the folder under a name of its own, and gives it that name only when it is
/// whole and on the disk.
fn put(
    folder: &Path,
    copy: &Path,
    about: &About,
    keys: &EpochKeys,
    kits: &[AuthorKeys],
    stop: &Stop,
) -> Result<(String, u64), BackupError> {
    let (part, whole) = free_name(folder, about)?;
    let sealed = file::seal(copy, &part, about, keys, kits, stop);
    let published = sealed.and_then(|bytes| {
        std::fs::rename(&part, &whole)?;
        sync(folder);
        Ok(bytes)
    });
    if published.is_err() {
        // What stays is found by its header the next time.
        let _ = std::fs::remove_file(&part);
    }
    Ok((place::file_name(&whole), published?))
}

fn free_name(folder: &Path, about: &About) -> Result<(PathBuf, PathBuf), BackupError> {
    for tries in 0..NAMES {
        let name = place::name(&about.desk, about.made_ms, tries);
        let whole = folder.join(format!("{name}{}", place::ENDING));
        let part = folder.join(format!("{name}{}", place::PART));
        if !whole.try_exists()? && !part.try_exists()? {
            return Ok((part, whole));
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists).into())
}

/// Makes the new name durable; network drives may not know how, and then the file is there anyway.
fn sync(folder: &Path) {
    #[cfg(unix)]
    if std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .is_err()
    {
        tracing::warn!("the backup's folder was not synced");
    }
    #[cfg(not(unix))]
    let _ = folder;
}
