//! How the exchange stands, told truthfully.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use ledger::AuthorId;

use super::transport::Other;
use super::write_link;
use crate::desk::{Desk, Lag};
use crate::event::Event;
use crate::failure::{ActError, SyncError};
use crate::local::{KeptAlarm, Link};
use crate::remote::Remote;
use crate::view::{Millis, SyncState, SyncView};

/// `synced_at` is written down at most this often, in milliseconds: it is no news worth a write.
const WRITE_DOWN: i64 = 60_000;

/// A PC that we are in touch with.
#[derive(Clone, Copy, Default)]
pub(crate) struct Near {
    /// Connections with it.
    pub connections: u32,
    /// Last time everything was exchanged.
    pub synced_at: Option<Millis>,
}

/// What is known of the exchange between two writes.
pub(crate) struct Status {
    pub state: SyncState,
    pub remote: Option<Remote>,
    /// The server as it last named itself, if it is enrolled.
    pub server: Option<AuthorId>,
    /// Arrival cursor for waiting.
    pub cursor: u64,
    /// What the server is known to have is its word since the start, and since it last fell behind.
    pub have_is_fresh: bool,
    /// Entries whose payloads the server lacks, as it last told.
    pub missing_there: Vec<(AuthorId, u64)>,
    /// Authors whose ledgers stopped at a bad entry, by the way that it came: who lies on one way
    /// must not keep an author's entries from coming on another.
    stopped: BTreeMap<Other, BTreeSet<AuthorId>>,
    /// Authors nobody has vouched for, and how far their entries are kept.
    pub quarantined: BTreeMap<AuthorId, u64>,
    /// Who was asked once more for missing payloads, and when.
    pub asked_to_fill: BTreeMap<Other, Instant>,
    /// PCs nearby that we are in touch with, and when everything was last exchanged.
    pub nearby: BTreeMap<AuthorId, Near>,
    /// The last pull went to the end.
    pub complete: bool,
    /// When the server was last looked at closely.
    pub checked: Option<Instant>,
    /// Digest of the memberships that were last looked through for missing grants.
    pub healed: Option<[u8; 32]>,
    /// Witness entries that were compared with what is here, by author; `None` before the first look.
    pub compared: Option<BTreeMap<AuthorId, u64>>,
    /// Where the ledgers stood when the last exchange with the server began.
    pub since: u64,
    /// Entries that the server has and we lack, as it last told.
    pub left: Option<u64>,
    alarms: Vec<KeptAlarm>,
    synced_at: Option<Millis>,
    offset: Millis,
    acknowledged: u64,
}

impl Status {
    pub(crate) fn of(link: &Link) -> Self {
        let state = if link.url.is_some() {
            SyncState::Connecting
        } else {
            SyncState::NoServer
        };
        Self {
            state,
            remote: None,
            server: None,
            cursor: 0,
            have_is_fresh: false,
            missing_there: Vec::new(),
            stopped: BTreeMap::new(),
            quarantined: BTreeMap::new(),
            asked_to_fill: BTreeMap::new(),
            nearby: BTreeMap::new(),
            complete: false,
            checked: None,
            healed: None,
            compared: None,
            since: 0,
            left: None,
            alarms: link.alarms.clone(),
            synced_at: link.synced_at,
            offset: link.offset,
            acknowledged: link.acknowledged_seq(),
        }
    }

    /// Number of our last entry that the server has.
    pub(crate) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Notes whose ledgers stopped on this way.
    pub(crate) fn stop(&mut self, way: Other, authors: &BTreeSet<AuthorId>) {
        if !authors.is_empty() {
            self.stopped.entry(way).or_default().extend(authors);
        }
    }

    /// Gives this way another chance.
    pub(crate) fn forget(&mut self, way: Other) {
        self.stopped.remove(&way);
    }

    /// Whose ledgers stopped on this way.
    pub(crate) fn stopped(&self, way: Other) -> impl Iterator<Item = AuthorId> + '_ {
        self.stopped.get(&way).into_iter().flatten().copied()
    }

    /// Whether this author's ledger stopped on this way.
    pub(crate) fn has_stopped(&self, way: Other, author: AuthorId) -> bool {
        self.stopped(way).any(|stopped| stopped == author)
    }

    /// Takes over what was made durable.
    pub(crate) fn see(&mut self, link: &Link) {
        self.alarms.clone_from(&link.alarms);
        self.synced_at = self.synced_at.max(link.synced_at);
        self.offset = link.offset;
        self.acknowledged = link.acknowledged_seq();
    }
}

/// Changes the state and tells whoever shows it.
pub(crate) fn set(desk: &Desk, state: SyncState) {
    desk.status().state = state;
    desk.tell(Event::Sync);
}

/// Ends an exchange, well or not.
pub(crate) async fn finish(desk: &Arc<Desk>, error: Option<SyncError>) -> Result<(), ActError> {
    let state = match error {
        None => SyncState::Synced,
        Some(SyncError::NoServer) => SyncState::NoServer,
        // If something of ours went wrong, nothing new is known of the server.
        Some(SyncError::Unreachable | SyncError::Store(_)) => SyncState::Offline,
        Some(_) => SyncState::Refused,
    };
    if state == SyncState::Synced {
        let now = desk.now();
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        let before = writer.link.value.synced_at.unwrap_or(0);
        if now.saturating_sub(before) >= WRITE_DOWN {
            let mut link = writer.link.value.clone();
            link.synced_at = Some(now);
            write_link(desk, writer, link).await?;
        }
        desk.status().synced_at = Some(now);
    }
    set(desk, state);
    Ok(())
}

/// What the server lacks, as far as we know: of our own ledger, and of other desks'.
fn unsent(desk: &Desk) -> BTreeMap<AuthorId, Lag> {
    let acknowledged = desk.status().acknowledged;
    let memory = desk.memory();
    let mut lacking = memory.lagging().clone();
    let entries = memory.own_seq.saturating_sub(acknowledged);
    if entries > 0 {
        let from = acknowledged + 1;
        lacking.insert(desk.me, Lag { from, entries });
    }
    lacking
}

/// For the window.
pub(crate) async fn view(desk: &Desk) -> Result<SyncView, ActError> {
    let mut lacking = unsent(desk);
    if let Some(lag) = lacking.get_mut(&desk.me) {
        lag.entries = super::witness::unsent(desk).await?;
    }
    lacking.retain(|_, lag| lag.entries > 0);
    let unsent: u64 = lacking.values().map(|lag| lag.entries).sum();
    let mut oldest_unsent_at = None;
    while let Some((author, lag)) = lacking.pop_first() {
        let at = super::outbox::written_at(desk, author, lag.from).await?;
        oldest_unsent_at = [oldest_unsent_at, at].into_iter().flatten().min();
    }
    let (state, alarms, synced_at, clock_offset) = {
        let status = desk.status();
        (
            status.state,
            status.alarms.clone(),
            status.synced_at,
            status.offset,
        )
    };
    let left = desk.status().left.unwrap_or(0);
    let nearby = desk.status().nearby.clone();
    let memory = desk.memory();
    let first = memory.first(left);
    let name = |alarm: &KeptAlarm| {
        alarm
            .author
            .parse()
            .map(|id| memory.name(id))
            .unwrap_or_default()
    };
    Ok(SyncView {
        state,
        unsent: u32::try_from(unsent).unwrap_or(u32::MAX),
        oldest_unsent_at,
        synced_at,
        clock_offset,
        alarms: alarms
            .iter()
            .map(|alarm| alarm.shown(name(alarm), desk.me))
            .collect(),
        nearby: nearby
            .into_iter()
            .map(|(id, near)| memory.nearby(id, near.synced_at))
            .collect(),
        first,
    })
}
