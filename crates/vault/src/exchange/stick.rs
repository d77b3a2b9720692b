//! Carrying ledgers by hand: one sealed file on a memory stick, written and read as a stream.
mod file;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::bundle::Reader;
use ledger::{Have, Role};
use seal::{NearbyKey, StickKey};

use self::file::{Opened, Source, Writing};
use super::transport::{Other, Page, Receipt, Transport};
use super::{outbox, take_all};
use crate::desk::{Desk, Vault};
use crate::failure::{ActError, SyncError};
use crate::view::{Progress, StickReport};

/// Ending of the files.
const ENDING: &str = "letan";
/// Characters of a PC's name in a file's name.
const NAME: usize = 40;

/// Why nothing was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StickError {
    /// No file of this kind lies there.
    #[error("no bundle there")]
    NoBundle,
    /// Not a bundle, or nothing in it could be read.
    #[error("the bundle is damaged")]
    Damaged,
    /// Another clinic's.
    #[error("the bundle is another clinic's")]
    Foreign,
    /// Written by a newer version of this program.
    #[error("the bundle is of a newer version")]
    TooNew,
    /// Sealed with a key that this PC was never given.
    #[error("the bundle's key is not known here")]
    NoKey,
    /// It was called off.
    #[error("called off")]
    Cancelled,
    /// No room on the stick.
    #[error("the stick is full")]
    Full,
    /// The stick could not be read or written.
    #[error("the stick could not be read or written")]
    Io,
    /// Something of ours went wrong.
    #[error(transparent)]
    Store(#[from] ActError),
}

impl From<std::io::Error> for StickError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Io,
        }
    }
}

/// How far it is, and whether to go on. Cheap to clone.
#[derive(Clone)]
pub struct Carrying {
    cancelled: Arc<AtomicBool>,
    report: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl Carrying {
    /// Tells `report` how far it is.
    #[must_use]
    pub fn new(report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self {
            cancelled: Arc::default(),
            report: Arc::new(report),
        }
    }

    /// Calls it off; what was taken in stays.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    fn go_on(&self) -> Result<(), StickError> {
        if self.cancelled.load(Ordering::Acquire) {
            Err(StickError::Cancelled)
        } else {
            Ok(())
        }
    }
}

impl Vault {
    /// Writes everything this PC has into one sealed file in `dir`.
    pub async fn export_stick(
        &self,
        dir: &Path,
        carrying: Carrying,
    ) -> Result<StickReport, StickError> {
        let dir = dir.to_owned();
        self.run(move |desk| async move { export(&desk, dir, carrying).await })
            .await
    }

    /// Takes in every file of this clinic that lies in `dir`.
    pub async fn import_stick(
        &self,
        dir: &Path,
        carrying: Carrying,
    ) -> Result<StickReport, StickError> {
        let dir = dir.to_owned();
        self.run(move |desk| async move { import(&desk, dir, carrying).await })
            .await
    }
}

/// Runs something that blocks.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StickError> + Send + 'static,
) -> Result<T, StickError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(StickError::Io))
}

/// A way whose own trouble is kept apart from the engine's.
struct Trouble(Mutex<Option<StickError>>);

impl Trouble {
    const fn none() -> Self {
        Self(Mutex::new(None))
    }

    fn note(&self, error: StickError) -> SyncError {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        SyncError::Unreachable
    }

    fn what(&self, error: SyncError) -> StickError {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (noted, error) {
            (Some(noted), _) => noted,
            (None, SyncError::Store(error)) => StickError::Store(error),
            (None, _) => StickError::Io,
        }
    }
}

async fn export(
    desk: &Arc<Desk>,
    dir: PathBuf,
    carrying: Carrying,
) -> Result<StickReport, StickError> {
    desk.loaded().await?;
    let (preamble, key, header, total) = prepare(desk).await?;
    let name = file_name(desk);
    let path = dir.join(&name);
    let writing = apart(move || Writing::create(path, key, &header, &preamble)).await?;
    let way = Target {
        writing: Arc::new(Mutex::new(Some(writing))),
        have: Mutex::default(),
        carrying: carrying.clone(),
        trouble: Trouble::none(),
        done: Mutex::new(0),
        total,
    };
    // What was begun and not finished removes itself.
    outbox::push(desk, &way)
        .await
        .map_err(|error| way.trouble.what(error))?;
    carrying.go_on()?;
    let writing = way
        .writing
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let writing = writing.ok_or(StickError::Io)?;
    apart(move || writing.finish()).await?;
    let entries = *way.done.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(StickReport {
        file: name,
        entries,
        arrived: 0,
        new_leads: 0,
        partial: false,
    })
}

/// What is sealed before the bundle, the key, the header, and how many entries there are.
async fn prepare(desk: &Desk) -> Result<(Vec<u8>, StickKey, Vec<u8>, u64), StickError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let (epoch, keys) = writer.epoch()?;
    let nearby = first_key(writer)?;
    let roster = writer.replica.roster();
    let desks = roster.iter().filter(|(_, author)| {
        matches!(author.role, Role::Desk | Role::Owner) && author.last_seq.is_none()
    });
    let mut grants = Vec::new();
    for (_, author) in desks {
        let grant = seal::seal_grant(&mut rand::rng(), &author.keys, &keys.clinic);
        grants.push(grant.map_err(|_| ActError::Io)?);
    }
    let have = writer.replica.have();
    let total = have.0.values().sum();
    let header = file::header(epoch, &nearby, &first_stick_key(writer)?, &grants)?;
    let preamble = file::preamble(desk.now(), desk.me, total, &have);
    Ok((preamble, keys.clinic.stick_key(), header, total))
}

fn first_key(writer: &crate::desk::Writer) -> Result<NearbyKey, ActError> {
    let first = writer.epochs.first_key_value();
    first
        .and_then(|(_, keys)| keys.clinic.nearby_key())
        .ok_or(ActError::Damaged)
}

/// The first epoch's, which every PC has.
fn first_stick_key(writer: &crate::desk::Writer) -> Result<StickKey, ActError> {
    let first = writer.epochs.first_key_value();
    first
        .map(|(_, keys)| keys.clinic.stick_key())
        .ok_or(ActError::Damaged)
}

/// `LeTan-<desk>-<yyyymmdd-hhmm>.letan`, in letters that every file system takes.
fn file_name(desk: &Desk) -> String {
    let view = desk.memory().desk_view(desk);
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = view.desk.chars().take(NAME).map(plain).collect();
    let at = minute(desk.now());
    format!("LeTan-{name}-{at}.{ENDING}")
}

/// `yyyymmdd-hhmm` on the clinic's clock.
fn minute(ms: i64) -> String {
    let clinic = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    at.to_zoned(clinic).strftime("%Y%m%d-%H%M").to_string()
}

/// Writes what it is handed.
struct Target {
    writing: Arc<Mutex<Option<Writing>>>,
    have: Mutex<Have>,
    carrying: Carrying,
    trouble: Trouble,
    done: Mutex<u64>,
    total: u64,
}

impl Transport for Target {
    fn other(&self) -> Other {
        Other::Stick
    }

    async fn have(&self) -> Result<Have, SyncError> {
        Ok(Have::default())
    }

    async fn pull(&self, _: &Have) -> Result<Page, SyncError> {
        Ok(Page::default())
    }

    async fn push(&self, bundle: Vec<u8>) -> Result<Receipt, SyncError> {
        let note = |error| self.trouble.note(error);
        self.carrying.go_on().map_err(note)?;
        let place = Arc::clone(&self.writing);
        let written = apart(move || {
            let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
            let writing = place.as_mut().ok_or(StickError::Io)?;
            writing.bundle(&bundle)?;
            let heads = Reader::new(&bundle).map_while(Result::ok);
            Ok(heads
                .map(|segment| (segment.head, segment.entries.len() as u64))
                .collect::<Vec<_>>())
        });
        let written = written.await.map_err(note)?;
        let mut have = self.have.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        for (head, entries) in written {
            have.0.insert(head.author, head.seq);
            *done += entries;
        }
        (self.carrying.report)(Progress {
            done: *done,
            total: self.total.max(*done),
        });
        Ok(Receipt {
            have: have.clone(),
            missing: Vec::new(),
            refused: Vec::new(),
        })
    }

    async fn wait(&self, _: Duration) -> Result<bool, SyncError> {
        Ok(false)
    }
}

async fn import(
    desk: &Arc<Desk>,
    dir: PathBuf,
    carrying: Carrying,
) -> Result<StickReport, StickError> {
    desk.loaded().await?;
    // What one stick spoiled, another may bring whole.
    desk.status().forget(Other::Stick);
    let files = apart(move || Ok(candidates(&dir)?)).await?;
    if files.is_empty() {
        return Err(StickError::NoBundle);
    }
    let mut report = StickReport {
        file: String::new(),
        entries: 0,
        arrived: 0,
        new_leads: 0,
        partial: false,
    };
    let mut refusal = None;
    for path in files {
        match take_in(desk, &path, &carrying, &mut report).await {
            Ok(()) => {}
            Err(error @ (StickError::Foreign | StickError::NoKey | StickError::TooNew)) => {
                refusal = Some(error);
            }
            Err(StickError::Damaged) => refusal = refusal.or(Some(StickError::Damaged)),
            Err(error) => return Err(error),
        }
    }
    match refusal {
        Some(refusal) if report.file.is_empty() => Err(refusal),
        _ => Ok(report),
    }
}

/// Files that may be ours, oldest first.
fn candidates(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let ours = path.extension().is_some_and(|ending| ending == ENDING);
        // What a Mac leaves beside a file on a stick begins with a dot.
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if ours && !hidden && entry.file_type()?.is_file() {
            let written = entry.metadata()?.modified().ok();
            files.push((written, path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// Takes one file in.
async fn take_in(
    desk: &Arc<Desk>,
    path: &Path,
    carrying: &Carrying,
    report: &mut StickReport,
) -> Result<(), StickError> {
    carrying.go_on()?;
    let owned = path.to_owned();
    let (file, head) = apart(move || {
        let mut file = File::open(owned)?;
        let head = file::read_header(&mut file)?;
        Ok((file, head))
    })
    .await?;
    let key = key_for(desk, &head).await?;
    let source = apart(move || Source::open(file, &head, key)).await?;
    let total = source.entries;
    let way = Origin {
        source: Arc::new(Mutex::new(source)),
        carrying: carrying.clone(),
        trouble: Trouble::none(),
    };
    let synced = take_all(desk, &way).await;
    let partial = {
        let source = way.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.is_damaged()
    };
    let synced = synced.map_err(|error| way.trouble.what(error))?;
    report.file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    report.entries += total;
    report.arrived += u64::from(synced.arrived);
    report.new_leads += synced.new_leads;
    report.partial |= partial;
    Ok(())
}

/// The key of a file: by its epoch, or out of the file itself if it was written after a change of keys.
async fn key_for(desk: &Desk, head: &Opened) -> Result<StickKey, StickError> {
    let secrets = desk.secrets()?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if !head.is_of(&first_key(writer)?) {
        return Err(StickError::Foreign);
    }
    if let Some(keys) = writer.epochs.get(&head.epoch) {
        return Ok(keys.clinic.stick_key());
    }
    head.grants(&first_stick_key(writer)?)?
        .iter()
        .find_map(|grant| seal::open_grant(&secrets.receive, desk.me, grant).ok())
        .filter(|key| key.epoch() == head.epoch)
        .map(|key| key.stick_key())
        .ok_or(StickError::NoKey)
}

/// Reads what somebody wrote.
struct Origin {
    source: Arc<Mutex<Source>>,
    carrying: Carrying,
    trouble: Trouble,
}

impl Transport for Origin {
    fn other(&self) -> Other {
        Other::Stick
    }

    async fn have(&self) -> Result<Have, SyncError> {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(source.have.clone())
    }

    async fn pull(&self, have: &Have) -> Result<Page, SyncError> {
        let note = |error| self.trouble.note(error);
        self.carrying.go_on().map_err(note)?;
        let (source, have) = (Arc::clone(&self.source), have.clone());
        let page = apart(move || {
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            let page = source.page(&have)?;
            let progress = Progress {
                done: source.seen,
                total: source.entries.max(source.seen),
            };
            Ok((page, progress))
        });
        let (page, progress) = page.await.map_err(note)?;
        (self.carrying.report)(progress);
        Ok(page)
    }

    async fn push(&self, _: Vec<u8>) -> Result<Receipt, SyncError> {
        self.have().await.map(|have| Receipt {
            have,
            missing: Vec::new(),
            refused: Vec::new(),
        })
    }

    async fn wait(&self, _: Duration) -> Result<bool, SyncError> {
        Ok(false)
    }
}
