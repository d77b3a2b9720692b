//! Backups: a sealed copy of the whole database every night, tried out every week, and the way back from one.
mod book;
mod drill;
mod file;
mod place;
mod prove;
mod restore;
mod work;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use casebook::day::{self, DAY_MS, MINUTE_MS};

pub(crate) use book::Book;
pub use place::{FoundBackup, find_backups};
pub use restore::Restoring;
pub(crate) use restore::sweep;

use crate::desk::{Desk, Vault};
use crate::event::Event;
use crate::failure::{ActError, BackupError};
use crate::store::Fault;
use crate::view::{BackupOutcome, BackupView, Millis};

/// Nobody works at that hour, minutes after midnight.
const NIGHT: i64 = 2 * 60 * MINUTE_MS;
/// How long after one that failed another one is tried.
const RETRY: i64 = 30 * MINUTE_MS;
/// How old the last drill may be.
const DRILL_EVERY: i64 = 7 * DAY_MS;
/// A backup older than this is too old.
const OVERDUE: i64 = 2 * DAY_MS;
/// How long closing waits for a backup to stop: a network drive may hang for longer.
const STOPPING: Duration = Duration::from_secs(5);
/// How soon a pause notices that it is time to stop.
const STEP: Duration = Duration::from_millis(100);

/// Lets one backup or drill run at a time, and stops it when the vault is closed.
#[derive(Default)]
pub(crate) struct Turn {
    running: Arc<tokio::sync::Mutex<()>>,
    stop: Arc<AtomicBool>,
}

impl Turn {
    /// Takes the turn, unless somebody has it.
    fn take(&self) -> Result<tokio::sync::OwnedMutexGuard<()>, BackupError> {
        let taken = Arc::clone(&self.running).try_lock_owned();
        taken.map_err(|_| BackupError::Busy)
    }

    fn is_taken(&self) -> bool {
        self.running.try_lock().is_err()
    }

    /// What says that it is time to stop.
    fn stop(&self) -> Stop {
        Stop(Arc::clone(&self.stop))
    }

    /// Stops what runs and waits for it, but not for ever.
    pub(crate) async fn end(&self) {
        self.stop.store(true, Ordering::Release);
        let ended = tokio::time::timeout(STOPPING, self.running.lock()).await;
        if ended.is_err() {
            tracing::warn!("a backup does not stop");
        }
    }
}

/// Says when it is time to stop.
#[derive(Clone, Default)]
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Waits, unless it is time to stop.
    async fn pause(&self, time: Duration) -> Result<(), BackupError> {
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            self.check()?;
            tokio::time::sleep(STEP).await;
        }
        self.check()
    }

    fn check(&self) -> Result<(), BackupError> {
        if self.is_set() {
            Err(BackupError::Stopped)
        } else {
            Ok(())
        }
    }
}

impl From<Fault> for BackupError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DiskFull => Self::NoRoom,
            Fault::Damaged | Fault::Foreign | Fault::TooNew => Self::Damaged,
            Fault::Closed | Fault::Interrupted => Self::Stopped,
            Fault::InUse | Fault::Settings | Fault::Io => Self::Io,
        }
    }
}

impl From<std::io::Error> for BackupError {
    fn from(error: std::io::Error) -> Self {
        Fault::from(error).into()
    }
}

impl BackupError {
    /// How a run ended, as far as it is worth being remembered.
    const fn outcome(self) -> Option<BackupOutcome> {
        match self {
            Self::PlaceMissing => Some(BackupOutcome::FolderMissing),
            Self::NoRoom => Some(BackupOutcome::NoRoom),
            Self::Damaged => Some(BackupOutcome::Damaged),
            Self::Io => Some(BackupOutcome::Failed),
            Self::NoPlace | Self::Busy | Self::Stopped | Self::NothingThere | Self::Store(_) => {
                None
            }
        }
    }
}

/// Whether a backup should be made now: once for every night that has begun, as soon as this PC
/// is on, and into a new folder at once; some time after one that failed.
fn is_due(book: &Book, now: Millis) -> bool {
    let night = day::start(now) + NIGHT;
    let night = if night > now { night - DAY_MS } else { night };
    // A time that is yet to come was written by a clock that ran ahead.
    let past = |at: Millis| (at <= now + DAY_MS).then_some(at);
    let good = book.last_good_at.and_then(past);
    let tried = book.last.as_ref().and_then(|run| past(run.at));
    let rested = tried.is_none_or(|at| now - at >= RETRY || good == Some(at));
    let wanted = book.moved || good.is_none_or(|at| at < night);
    book.place.is_some() && wanted && rested
}

/// Whether the newest backup should be tried out.
fn drill_is_due(book: &Book, now: Millis) -> bool {
    book.drill.as_ref().is_none_or(|drill| {
        let apart = now.abs_diff(drill.at);
        drill.outcome != BackupOutcome::Good || apart >= DRILL_EVERY.unsigned_abs()
    })
}

fn shown(book: Book, busy: bool, now: Millis) -> BackupView {
    let old = |at: Millis| now - at > OVERDUE;
    BackupView {
        overdue: book.last_good_at.is_none_or(old),
        place: book.place,
        last: book.last.map(Into::into),
        last_good_at: book.last_good_at,
        kept: book.kept,
        drill: book.drill.map(Into::into),
        busy,
    }
}

async fn view(desk: &Desk) -> Result<BackupView, ActError> {
    let book = book::read(desk).await?;
    Ok(shown(book, desk.backups.is_taken(), desk.now()))
}

/// Runs `work` with the turn in hand, and tells whoever looks when it begins and ends.
async fn in_turn<T>(
    desk: &Arc<Desk>,
    work: impl Future<Output = Result<T, BackupError>>,
) -> Result<T, BackupError> {
    let turn = desk.backups.take()?;
    desk.tell(Event::Backups);
    let done = work.await;
    drop(turn);
    desk.tell(Event::Backups);
    done
}

impl Vault {
    /// How backups stand on this PC.
    pub async fn backups(&self) -> Result<BackupView, ActError> {
        view(self.desk()).await
    }

    /// Sends backups into the folder `place` from now on. It must be there, and is proved to take
    /// files at once.
    pub async fn set_backup_place(&self, place: &Path) -> Result<BackupView, BackupError> {
        let place = place.to_owned();
        self.run(move |desk| async move {
            place::prove_writable(&place).await?;
            let place = place.to_str().ok_or(BackupError::PlaceMissing)?.to_owned();
            book::change(&desk, |book| book.move_to(place)).await?;
            desk.tell(Event::Backups);
            Ok(view(&desk).await?)
        })
        .await
    }

    /// Makes a backup now, and deletes this PC's old ones. How it ended is remembered.
    pub async fn back_up(&self) -> Result<BackupView, BackupError> {
        self.run(move |desk| async move {
            in_turn(&desk, write::back_up(&desk)).await?;
            Ok(view(&desk).await?)
        })
        .await
    }

    /// Tries the newest backup out: opened, verified, counted and thrown away again. How it ended
    /// is remembered.
    pub async fn drill_backup(&self) -> Result<BackupView, BackupError> {
        self.run(move |desk| async move {
            in_turn(&desk, drill::drill(&desk)).await?;
            Ok(view(&desk).await?)
        })
        .await
    }

    /// Does what is due tonight: a backup if the last one is from before the last 02:00, and after
    /// a good one a drill if the last is a week old. `false` when nothing was due.
    pub async fn back_up_if_due(&self) -> Result<bool, BackupError> {
        self.run(move |desk| async move {
            if !is_due(&book::read(&desk).await?, desk.now()) {
                return Ok(false);
            }
            in_turn(&desk, write::back_up(&desk)).await?;
            if drill_is_due(&book::read(&desk).await?, desk.now()) {
                in_turn(&desk, drill::drill(&desk)).await?;
            }
            Ok(true)
        })
        .await
    }
}

/// Runs what waits for disks on a thread of its own.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(BackupError::Io))
}

/// Where backups of this desk are kept, if somebody chose.
fn place_of(book: &Book) -> Result<PathBuf, BackupError> {
    let place = book.place.as_ref().ok_or(BackupError::NoPlace)?;
    Ok(PathBuf::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::book::{Drill, Run};

    /// 2026-11-23 00:00 in Ho Chi Minh City.
    const MIDNIGHT: i64 = 1_795_366_800_000;
    const HOUR: i64 = 60 * MINUTE_MS;

    fn book(good: Option<i64>, tried: Option<i64>) -> Book {
        Book {
            place: Some("/backups".into()),
            last_good_at: good,
            last: tried.or(good).map(|at| Run {
                at,
                outcome: BackupOutcome::Good,
                bytes: 1,
                entries: 1,
            }),
            ..Book::default()
        }
    }

    #[test]
    fn one_is_made_each_night_or_as_soon_as_the_pc_is_on_again() {
        let evening = MIDNIGHT - 5 * HOUR;
        let yesterday = book(Some(evening), None);
        for (now, due) in [
            (MIDNIGHT, false),
            (MIDNIGHT + 2 * HOUR - 1, false),
            (MIDNIGHT + 2 * HOUR, true),
            (MIDNIGHT + 9 * HOUR, true),
            (MIDNIGHT + 80 * HOUR, true),
        ] {
            assert_eq!(
                is_due(&yesterday, now),
                due,
                "{} h",
                (now - MIDNIGHT) / HOUR
            );
        }
        let tonight = book(Some(MIDNIGHT + 2 * HOUR), None);
        assert!(!is_due(&tonight, MIDNIGHT + 2 * HOUR + 1));
        assert!(!is_due(&tonight, MIDNIGHT + 25 * HOUR));
        assert!(is_due(&tonight, MIDNIGHT + 26 * HOUR));
        assert!(is_due(&book(None, None), MIDNIGHT + HOUR), "never any");
        assert!(!is_due(&Book::default(), MIDNIGHT), "nobody chose a place");
    }

    #[test]
    fn one_that_failed_is_tried_again_after_half_an_hour() {
        let tried = MIDNIGHT + 3 * HOUR;
        let failed = book(Some(MIDNIGHT - 20 * HOUR), Some(tried));
        assert!(!is_due(&failed, tried + RETRY - 1));
        assert!(is_due(&failed, tried + RETRY));
    }

    #[test]
    fn a_clock_that_once_ran_ahead_does_not_end_the_backups() {
        let ahead = book(Some(MIDNIGHT + 400 * DAY_MS), None);
        assert!(is_due(&ahead, MIDNIGHT + 9 * HOUR));
    }

    #[test]
    fn a_drill_is_due_every_week_and_after_one_that_went_wrong() {
        let drilled = |at, outcome| Book {
            drill: Some(Drill {
                at,
                outcome,
                made_at: at,
                entries: 1,
                leads: 1,
            }),
            ..Book::default()
        };
        let good = drilled(MIDNIGHT, BackupOutcome::Good);
        assert!(drill_is_due(&Book::default(), MIDNIGHT));
        assert!(!drill_is_due(&good, MIDNIGHT + DRILL_EVERY - 1));
        assert!(drill_is_due(&good, MIDNIGHT + DRILL_EVERY));
        assert!(drill_is_due(&good, MIDNIGHT - DRILL_EVERY));
        let bad = drilled(MIDNIGHT, BackupOutcome::Damaged);
        assert!(drill_is_due(&bad, MIDNIGHT + 1));
    }

    #[test]
    fn two_days_without_a_good_one_are_too_many() {
        let at = |good, now| shown(book(good, None), false, now).overdue;
        assert!(at(None, MIDNIGHT));
        assert!(!at(Some(MIDNIGHT), MIDNIGHT + OVERDUE));
        assert!(at(Some(MIDNIGHT), MIDNIGHT + OVERDUE + 1));
    }
}
