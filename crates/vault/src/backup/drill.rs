//! Trying a backup out: opened in a private place, verified, counted, and thrown away again.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seal::Table;
use seal::backup::{Header, Opener};

use super::book::{self, Book, Drill};
use super::prove::prove;
use super::work::Work;
use super::{Stop, file, off_thread, place, place_of};
use crate::desk::{Desk, Secrets};
use crate::failure::BackupError;
use crate::life::{look, matches_state};
use crate::projection::Record;
use crate::state::{self, State};
use crate::store::files::{Files, Hold, create_private};
use crate::store::ledger_rows::Identity;
use crate::store::sealed_rows::{self, Opener as Rows};
use crate::store::{Checked, Store};
use crate::view::BackupOutcome;

/// Rows read at once.
const ROWS: i64 = 8_192;
/// Longest time that looking for broken pages may take.
const CHECK_MOST: Duration = Duration::from_mins(30);

/// What came back.
struct Counted {
    entries: u64,
    leads: u64,
}

/// Tries the newest backup out and remembers how that ended.
pub(super) async fn drill(desk: &Arc<Desk>) -> Result<(), BackupError> {
    let before = book::read(desk).await?;
    let folder = place_of(&before)?;
    let at = desk.now();
    let me = desk.me;
    let newest = off_thread(move || newest(&folder, &before, me)).await;
    let name = newest.as_ref().ok().map(|path| place::file_name(path));
    let mut made_at = 0;
    let counted = match newest {
        Ok(path) => try_out(desk, &path, &mut made_at).await,
        Err(error) => Err(error),
    };
    let outcome = match &counted {
        Ok(_) => Some(BackupOutcome::Good),
        Err(error) => error.outcome(),
    };
    if let Some(outcome) = outcome {
        let drill = Drill {
            at,
            outcome,
            made_at,
            entries: counted.as_ref().map_or(0, |counted| counted.entries),
            leads: counted.as_ref().map_or(0, |counted| counted.leads),
        };
        book::change(desk, |book| {
            book.drill = Some(drill);
            book.damaged_file = name.filter(|_| outcome == BackupOutcome::Damaged);
        })
        .await?;
    }
    counted.map(drop)
}

/// The file that was made last; if it is gone, the newest of this PC's that is there.
fn newest(folder: &Path, book: &Book, author: ledger::AuthorId) -> Result<PathBuf, BackupError> {
    if !folder.is_dir() {
        return Err(BackupError::PlaceMissing);
    }
    let last = book.last_good_file.as_ref().map(|name| folder.join(name));
    if let Some(last) = last.filter(|last| last.is_file()) {
        return Ok(last);
    }
    let own = place::own(folder, author, place::ENDING);
    let newest = own.into_iter().next().map(|(path, _)| path);
    newest.ok_or(BackupError::NothingThere)
}

async fn try_out(desk: &Arc<Desk>, path: &Path, made_at: &mut i64) -> Result<Counted, BackupError> {
    let stop = desk.backups.stop();
    let (from, read) = (path.to_owned(), path.to_owned());
    let header = off_thread(move || file::header(&read)).await?;
    *made_at = header.about().made_ms;
    let ours = Identity {
        clinic: desk.clinic,
        author: desk.me,
    };
    if header.about().clinic != ours.clinic || header.about().author != ours.author {
        return Err(BackupError::Damaged);
    }
    let opener = opener(desk, &header).await?;
    let work = Work::begin(desk.store.files().directory())?;
    let files = Files::new(work.directory());
    let to = files.database().to_owned();
    let stopped = stop.clone();
    let header = off_thread(move || {
        create_private(&to)?;
        file::open(&from, &header, opener, &to, &stopped)?;
        Ok(header)
    })
    .await?;
    let hold = Arc::new(Hold::take(&files)?);
    let store = Store::open(files, hold, false).await?;
    let secrets = desk.secrets()?;
    let counted = examine(&store, ours, &secrets, &stop).await;
    store.let_go().await;
    store.hold().release();
    off_thread(move || {
        drop(work);
        Ok(())
    })
    .await?;
    match counted {
        Ok(counted) if counted.entries != header.about().entries => Err(BackupError::Damaged),
        other => other,
    }
}

/// What opens the backup, with the clinic key that this PC has.
async fn opener(desk: &Desk, header: &Header) -> Result<Opener, BackupError> {
    let mut writing = desk.writing().await;
    let epochs = &writing.get()?.epochs;
    let keys = epochs.get(&header.about().epoch);
    Ok(header.open(&keys.ok_or(BackupError::Damaged)?.clinic)?)
}

/// Everything that would be looked at when the database is opened in earnest, and every signature.
async fn examine(
    store: &Store,
    ours: Identity,
    secrets: &Secrets,
    stop: &Stop,
) -> Result<Counted, BackupError> {
    if store.quick_check(Some(CHECK_MOST)).await? != Checked::Whole {
        return Err(BackupError::Io);
    }
    let locked = look(store.clone()).await?;
    let state = state::open(&state::read(store).await?, &secrets.storage)?;
    if locked.identity() != ours || !matches_state(&locked, &state) {
        return Err(BackupError::Damaged);
    }
    let entries = prove(store, locked.roster(), stop).await?;
    let leads = count_leads(store, &state, secrets, stop).await?;
    Ok(Counted { entries, leads })
}

/// Opens and decodes every lead; those whose first entry has not arrived are in no list.
async fn count_leads(
    store: &Store,
    state: &State,
    secrets: &Secrets,
    stop: &Stop,
) -> Result<u64, BackupError> {
    let mut rows = Rows::new(&secrets.storage, Table::Lead);
    let mut sum = state.row_sum();
    let (mut leads, mut after) = (0, 0);
    loop {
        stop.check()?;
        let read = sealed_rows::oldest(store, Table::Lead, after, ROWS).await?;
        let Some(last) = read.last() else { break };
        after = last.row;
        for row in &read {
            let record = Record::decode(rows.open(row)?)?;
            sum.add(row.row, row.version);
            leads += u64::from(record.lead.facts().origin.is_some());
        }
    }
    if state.projection_is_current() && !state.rows_agree(&sum) {
        return Err(BackupError::Damaged);
    }
    Ok(leads)
}
