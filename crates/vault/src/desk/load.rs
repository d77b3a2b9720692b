//! Reading every lead into memory after unlocking, without keeping the first page waiting.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ledger::RecordId;
use seal::Table;

use super::{Desk, Secrets};
use crate::directory::Directory;
use crate::event::Event;
use crate::failure::ActError;
use crate::life::rebuild;
use crate::projection::{self, Record};
use crate::state::RowSum;
use crate::store::sealed_rows::{self, Opener, SealedRow};
use crate::store::{Checked, Fault};

/// Rows of the first read: small, so that the first page gets its turn at once.
const FIRST_ROWS: i64 = 128;
/// Rows of a later read.
const MOST_ROWS: i64 = 8192;

/// How often a check that gave way is begun anew, and after how long.
const CHECKS: u32 = 100;
const CHECK_AGAIN: Duration = Duration::from_secs(10);
/// Longest time that one check may take.
const CHECK_MOST: Duration = Duration::from_mins(10);

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loading {
    /// Rows are still being read, or computed anew first if `rebuild` says so.
    Running {
        /// The projections are not to be trusted.
        rebuild: bool,
    },
    /// Everything is in memory.
    Done,
    /// It could not be read.
    Failed(ActError),
}

/// Starts reading in the background.
pub(crate) fn begin(desk: &Arc<Desk>, check_later: bool) {
    let desk = Arc::clone(desk);
    tokio::spawn(async move {
        let outcome = run(&desk).await;
        if let Err(error) = outcome {
            tracing::error!(%error, "the leads could not be loaded");
        }
        desk.loading
            .send_replace(outcome.map_or_else(Loading::Failed, |()| Loading::Done));
        desk.tell(Event::Loaded);
        settle_down(&desk, check_later).await;
    });
}

async fn run(desk: &Arc<Desk>) -> Result<(), ActError> {
    let rebuild = matches!(*desk.loading.borrow(), Loading::Running { rebuild: true });
    if rebuild {
        return rebuild::projections(desk).await;
    }
    match rows(desk).await {
        // Rows that don't open or don't add up were changed behind our back; the ledger is signed.
        Err(Fault::Damaged) => {
            tracing::warn!("lead rows are damaged; computing them anew from the ledger");
            rebuild::projections(desk).await
        }
        other => Ok(other?),
    }
}

/// What can wait: the rest of the structural check, and room for emergencies.
async fn settle_down(desk: &Arc<Desk>, check_later: bool) {
    // One that is only being made may be thrown away again, and nothing is to stay of it.
    if desk.store.files().is_final() {
        let store = desk.store.clone();
        let filled = tokio::task::spawn_blocking(move || store.reserve().fill()).await;
        if !matches!(filled, Ok(Ok(()))) {
            tracing::warn!("no room for the reserve file");
        }
    }
    if check_later {
        let whole = check(desk).await;
        if whole == Err(Fault::Damaged) {
            tracing::error!("the database is damaged");
            desk.loading
                .send_replace(Loading::Failed(ActError::Damaged));
            desk.tell(Event::Loaded);
        } else if whole != Ok(Checked::Whole) {
            tracing::warn!("the database could not be checked to its end");
        }
    }
}

/// Looks for broken pages between other work, which it gives way to.
async fn check(desk: &Desk) -> Result<Checked, Fault> {
    for _ in 0..CHECKS {
        let found = desk.store.quick_check(Some(CHECK_MOST)).await;
        if found != Ok(Checked::Partly) {
            return found;
        }
        tokio::time::sleep(CHECK_AGAIN).await;
    }
    Ok(Checked::Partly)
}

/// What rows give while they are read.
struct Found {
    directory: Directory,
    orphans: HashMap<RecordId, i64>,
    sum: RowSum,
}

async fn rows(desk: &Arc<Desk>) -> Result<(), Fault> {
    let secrets = desk.secrets().map_err(|_| Fault::Closed)?;
    let state = match desk.writing().await.get() {
        Ok(writer) => writer.state.clone(),
        Err(_) => return Err(Fault::Closed),
    };
    let mut found = Found {
        directory: Directory::new(),
        orphans: HashMap::new(),
        sum: state.row_sum(),
    };
    found
        .directory
        .reserve(usize::try_from(state.leads).unwrap_or(0));
    let (mut after, mut limit) = (0, FIRST_ROWS);
    let mut read = sealed_rows::oldest(&desk.store, Table::Lead, after, limit).await?;
    while let Some(last) = read.last() {
        after = last.row;
        limit = (limit * 4).min(MOST_ROWS);
        let secrets = Arc::clone(&secrets);
        let opened = tokio::task::spawn_blocking(move || open(found, &read, &secrets));
        let (next, opened) = tokio::join!(
            sealed_rows::oldest(&desk.store, Table::Lead, after, limit),
            opened
        );
        found = opened.map_err(|_| Fault::Io)??;
        read = next?;
    }
    if !state.rows_agree(&found.sum) {
        return Err(Fault::Damaged);
    }
    desk.memory().load(found.directory, found.orphans);
    Ok(())
}

fn open(mut found: Found, rows: &[SealedRow], secrets: &Secrets) -> Result<Found, Fault> {
    let mut opener = Opener::new(&secrets.storage, Table::Lead);
    for row in rows {
        let record = Record::decode(opener.open(row)?)?;
        found.sum.add(row.row, row.version);
        if !projection::index(&mut found.directory, row.row, &record) {
            found.orphans.insert(record.id, row.row);
        }
    }
    Ok(found)
}

impl Desk {
    /// Computes every lead anew; until then nobody is shown one.
    pub(crate) async fn rebuild(self: &Arc<Self>) -> Result<(), ActError> {
        self.loading
            .send_replace(Loading::Running { rebuild: true });
        let outcome = rebuild::projections(self).await;
        self.loading
            .send_replace(outcome.map_or_else(Loading::Failed, |()| Loading::Done));
        self.tell(Event::Loaded);
        outcome
    }

    /// Computes every lead anew if what was just written has made entries void that are here.
    pub(crate) async fn rebuild_if_due(self: &Arc<Self>) -> Result<(), ActError> {
        if self.loaded().await.is_err() {
            // What can't be read now is computed at the next start.
            return Ok(());
        }
        let current = {
            let mut writing = self.writing().await;
            writing.get()?.state.projection_is_current()
        };
        if !current {
            self.rebuild().await?;
            self.tell(Event::Leads {
                ids: Vec::new(),
                arrived: 0,
            });
        }
        Ok(())
    }

    /// The lead rows get new places, or have got them.
    pub(crate) fn replace_rows(&self) {
        self.placement.fetch_add(1, Ordering::AcqRel);
    }

    /// Reads leads, and once more if their rows were given new places meanwhile.
    pub(crate) async fn steady<T, F>(&self, read: impl Fn() -> F) -> Result<T, ActError>
    where
        F: Future<Output = Result<T, ActError>>,
    {
        loop {
            let before = self.placement.load(Ordering::Acquire);
            let found = read().await;
            if self.placement.load(Ordering::Acquire) == before {
                return found;
            }
        }
    }

    /// Every lead is in memory.
    pub(crate) fn is_loaded(&self) -> bool {
        *self.loading.borrow() == Loading::Done
    }

    /// The lead rows are not to be trusted at the moment.
    pub(crate) fn is_rebuilding(&self) -> bool {
        matches!(*self.loading.borrow(), Loading::Running { rebuild: true })
    }

    /// Waits until every lead is in memory.
    pub(crate) async fn loaded(&self) -> Result<(), ActError> {
        let mut loading = self.loading.subscribe();
        let arrived = loading
            .wait_for(|now| !matches!(now, Loading::Running { .. }))
            .await;
        match arrived.as_deref() {
            Ok(Loading::Done) => Ok(()),
            Ok(Loading::Failed(error)) => Err(*error),
            Ok(Loading::Running { .. }) | Err(_) => Err(ActError::Closed),
        }
    }
}
