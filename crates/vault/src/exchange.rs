//! The exchange with the intake server, PCs nearby and sticks: what to send, what to take, and how it stands.
mod alarm;
pub(crate) mod apply;
mod claim;
mod cutoff;
pub(crate) mod doubt;
pub(crate) mod open;
mod outbox;
pub(crate) mod peers;
pub(crate) mod project;
pub(crate) mod shelf;
#[cfg(test)]
#[allow(
    clippy::needless_for_each,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    clippy::too_many_lines
)] // a model for tests, told in the order in which things happen
mod simulator;
mod status;
pub(crate) mod stick;
pub(crate) mod transport;
pub(crate) mod upkeep;
pub(crate) mod witness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::{AuthorId, Have, Replica, Signer};
use seal::RootSecret;

pub(crate) use claim::claim;
pub(crate) use status::{Status, view};
pub(crate) use witness::VERSION;

use self::transport::{Other, Server, Transport};
use crate::desk::{Desk, Secrets};
use crate::event::Event;
use crate::failure::{ActError, SyncError};
use crate::local::{self, Link};
use crate::remote::{Caller, ProblemKind, Remote, RemoteError, Wall};
use crate::store::Batch;
use crate::view::{AlarmKind, SyncState};
use witness::Occasion;

/// What an exchange did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Synced {
    /// Entries that the server now has and lacked before.
    pub sent: u32,
    /// Entries that we now have and lacked before.
    pub arrived: u32,
    /// New leads from the website among them that no trap spoke against.
    pub new_leads: u32,
}

impl Synced {
    fn count(&mut self, applied: &apply::Applied) {
        self.arrived += applied.entries;
        self.new_leads += applied.new_leads;
    }
}

/// Pages without an entry for us that a server may send in a row.
const BARREN_PAGES: u32 = 64;

/// After this time a side is asked again for payloads that it did not bring: somebody may have brought them to it.
const ASK_AGAIN: Duration = Duration::from_mins(10);

/// A clock that is further off than this is worth writing down, in milliseconds.
const OFFSET_STEP: i64 = 500;

/// An author's ledger that stopped is asked for no more on the same way until the next start: that
/// side would send the same bad page for ever, and nobody else's entries.
pub(crate) const NEVER_AGAIN: u64 = i64::MAX.cast_unsigned();

impl From<RemoteError> for SyncError {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Unreachable | RemoteError::Timeout => Self::Unreachable,
            RemoteError::BadAddress => Self::BadAddress,
            RemoteError::InsecureAddress => Self::InsecureAddress,
            RemoteError::Version => Self::TooOld,
            RemoteError::WrongClinic => Self::WrongClinic,
            RemoteError::Garbled => Self::Refused,
            RemoteError::Problem(problem) => match problem {
                ProblemKind::SetupCode => Self::WrongSetupCode,
                ProblemKind::AlreadyClaimed => Self::AlreadyClaimed,
                ProblemKind::NotClaimed => Self::NotClaimed,
                ProblemKind::Clock => Self::ClockSkew,
                ProblemKind::Revoked => Self::Revoked,
                _ => Self::Refused,
            },
        }
    }
}

/// Who signs requests: this desk, or the paper kit until the server knows this desk.
pub(crate) struct Credentials {
    secrets: Arc<Secrets>,
    sponsor: Option<Signer>,
}

impl Credentials {
    pub(crate) fn caller<'a>(&'a self, desk: &Desk) -> Caller<'a> {
        let signer = self.sponsor.as_ref().unwrap_or(&self.secrets.signer);
        Caller {
            clinic: desk.clinic,
            signer,
        }
    }
}

pub(crate) async fn credentials(desk: &Desk) -> Result<Credentials, ActError> {
    let secrets = desk.secrets()?;
    let sponsor = desk.writing().await.get()?.link.value.sponsor.clone();
    let root = |hex: String| -> Option<RootSecret> {
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
        Some(RootSecret::from_bytes(bytes.try_into().ok()?))
    };
    let sponsor = sponsor.and_then(root).map(|root| root.signer());
    Ok(Credentials { secrets, sponsor })
}

/// The client for the claimed server.
pub(crate) async fn connected(desk: &Desk) -> Result<Remote, SyncError> {
    if let Some(remote) = desk.status().remote.clone() {
        return Ok(remote);
    }
    let url = desk
        .writing()
        .await
        .get()?
        .link
        .value
        .url
        .clone()
        .ok_or(SyncError::NoServer)?;
    let remote = Remote::new(&url, wall(desk))?;
    desk.status().remote = Some(remote.clone());
    Ok(remote)
}

/// The client measures its own offset: it gets this PC's clock, uncorrected.
fn wall(desk: &Desk) -> Wall {
    let clock = Arc::clone(&desk.clock);
    Arc::new(move || clock.now_ms())
}

/// Sends what the server lacks and takes what we lack.
pub(crate) async fn sync(desk: &Arc<Desk>) -> Result<Synced, SyncError> {
    desk.loaded().await?;
    let _one = desk.exchange.lock().await;
    let remote = connected(desk).await?;
    desk.status().since = *desk.grown().borrow();
    status::set(desk, SyncState::Syncing);
    let outcome = exchange(desk, &remote).await;
    if outcome == Err(SyncError::Revoked) {
        // Its word is not enough to delete anything by.
        let asked = cutoff::ask_for_proof(desk, &remote).await;
        tracing::warn!(?asked, "the server says that this PC was cut off");
    }
    if let Err(error) = outcome {
        alarm::for_error(desk, error).await?;
    }
    note_clock(desk, &remote).await?;
    status::finish(desk, outcome.as_ref().err().copied()).await?;
    outcome
}

async fn exchange(desk: &Arc<Desk>, remote: &Remote) -> Result<Synced, SyncError> {
    alarm::check_server(desk, remote).await?;
    let way = to_server(desk, remote);
    let synced = both_ways(desk, &way).await?;
    // Whoever has just become one of us looks at the server as such; a new key is published at once.
    let over = first_is_over(desk).await?;
    if over || desk.status().checked.is_none() {
        alarm::check_server(desk, remote).await?;
    }
    if witness::tell(desk, Occasion::Exchange).await? {
        outbox::push(desk, &way).await?;
    }
    Ok(synced)
}

fn to_server(desk: &Arc<Desk>, remote: &Remote) -> Server {
    Server {
        desk: Arc::clone(desk),
        remote: remote.clone(),
    }
}

/// Sends what the other side lacks and takes what we lack, on whatever way.
pub(crate) async fn both_ways<T: Transport>(
    desk: &Arc<Desk>,
    way: &T,
) -> Result<Synced, SyncError> {
    let mut synced = Synced {
        sent: outbox::push(desk, way).await?,
        ..Synced::default()
    };
    pull(desk, way, &mut synced).await?;
    fill(desk, way, &mut synced).await?;
    let unsure = way.other() == Other::Server && !desk.status().have_is_fresh;
    if upkeep::heal(desk).await? || unsure {
        synced.sent += outbox::push_anew(desk, way).await?;
    }
    if synced.arrived > 0 || desk.status().compared.is_none() {
        witness::compare(desk).await?;
    }
    Ok(synced)
}

/// Takes what we lack, and sends nothing.
pub(crate) async fn take_all<T: Transport>(desk: &Arc<Desk>, way: &T) -> Result<Synced, SyncError> {
    let mut synced = Synced::default();
    pull(desk, way, &mut synced).await?;
    Ok(synced)
}

/// Ends the first exchange of a PC that joined, once everything is here and it belongs. True if
/// that was now.
async fn first_is_over(desk: &Arc<Desk>) -> Result<bool, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let belongs = writer.replica.roster().is_active(desk.me);
    if writer.link.value.first.is_none() || !belongs || !desk.status().complete {
        return Ok(false);
    }
    let mut link = writer.link.value.clone();
    link.first = None;
    write_link(desk, writer, link).await?;
    Ok(true)
}

/// Sends what the server lacks, and no more: whoever waits for it can't wait for all that comes.
pub(crate) async fn send(desk: &Arc<Desk>) -> Result<(), SyncError> {
    let _one = desk.exchange.lock().await;
    let remote = connected(desk).await?;
    outbox::push(desk, &to_server(desk, &remote)).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if writer.link.value.acknowledged_seq() < writer.ledger.seq() {
        return Err(SyncError::Refused);
    }
    Ok(())
}

/// Takes everything that the server has and gives nothing: for a kit that looks for its clinic.
pub(crate) async fn fetch(desk: &Arc<Desk>) -> Result<(), SyncError> {
    desk.loaded().await?;
    let _one = desk.exchange.lock().await;
    let remote = connected(desk).await?;
    take_all(desk, &to_server(desk, &remote)).await?;
    let status = desk.status();
    if status.complete && status.stopped(Other::Server).next().is_none() {
        Ok(())
    } else {
        Err(SyncError::Refused)
    }
}

/// Tells at an orderly end what this PC could not send.
pub(crate) async fn witness_at_end(desk: &Desk) -> Result<(), ActError> {
    // Waits for a running exchange no longer than the closing itself would.
    witness::tell(desk, Occasion::End).await.map(drop)
}

/// Makes sure that everything the server has is here; without a server there is nothing to do.
pub(crate) async fn catch_up(desk: &Arc<Desk>) -> Result<(), SyncError> {
    desk.loaded().await?;
    if desk.writing().await.get()?.link.value.url.is_none() {
        return Ok(());
    }
    sync(desk).await?;
    if desk.status().complete {
        Ok(())
    } else {
        Err(SyncError::Refused)
    }
}

/// Takes what we lack, page by page.
async fn pull<T: Transport>(
    desk: &Arc<Desk>,
    way: &T,
    synced: &mut Synced,
) -> Result<(), SyncError> {
    let other = way.other();
    desk.status().complete &= other != Other::Server;
    let mut barren = 0;
    loop {
        let mut have = wanted(desk, other).await?;
        if other == Other::Stick {
            // What is carried is read once: missing payloads are asked for along with the rest.
            have = incomplete(desk, other).await?.unwrap_or(have);
        }
        let waiting = !desk.status().quarantined.is_empty();
        let page = way.pull(&have).await?;
        let applied = apply::apply(desk, page.bundle, other).await?;
        synced.count(&applied);
        if other == Other::Server {
            note_left(desk, page.left);
        }
        barren = if applied.entries > 0 { 0 } else { barren + 1 };
        // Of those who waited only the newest part was kept: now that they are known, the rest is
        // asked for. A file is read once.
        let vouched = other != Other::Stick && waiting && desk.status().quarantined.is_empty();
        let more = page.more || vouched;
        // A ledger that stopped just now is left out of the next question, and the others go on.
        // A file comes to its end by itself.
        let goes_on = other == Other::Stick
            || ((applied.progress || !applied.stopped.is_empty()) && barren <= BARREN_PAGES);
        if !more || !goes_on {
            note_end(desk, other, page.cursor, !more);
            if !more {
                doubt::judge(desk, other).await?;
            }
            return Ok(());
        }
    }
}

/// Keeps where a pull ended, and whether that was the end of everything.
fn note_end(desk: &Desk, other: Other, cursor: Option<u64>, whole: bool) {
    let mut status = desk.status();
    // Arrivals are never taken back: a server that counts fewer than before is an older copy of itself.
    status.have_is_fresh &= cursor.is_none_or(|cursor| status.cursor <= cursor);
    if cursor.is_some_and(|cursor| status.cursor != cursor) {
        // Something came to that side, perhaps what it lacked.
        status.asked_to_fill.remove(&other);
    }
    status.cursor = cursor.unwrap_or(status.cursor);
    if other == Other::Server {
        status.complete = whole;
    }
}

/// Keeps how much is still to come, for whoever waits for the first exchange.
fn note_left(desk: &Desk, left: Option<u64>) {
    desk.status().left = left;
    if desk.memory().first(0).is_some() {
        desk.tell(Event::Sync);
    }
}

/// Asks once more for payloads that came without an erasure to account for it; now and then, since a
/// side that keeps them back would be asked for ever. Every answer that brings none ends it.
async fn fill<T: Transport>(
    desk: &Arc<Desk>,
    way: &T,
    synced: &mut Synced,
) -> Result<(), SyncError> {
    let other = way.other();
    {
        let mut status = desk.status();
        let asked = status.asked_to_fill.get(&other);
        if asked.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            return Ok(());
        }
        status.asked_to_fill.insert(other, Instant::now());
    }
    while let Some(have) = incomplete(desk, other).await? {
        let page = way.pull(&have).await?;
        let applied = apply::apply(desk, page.bundle, other).await?;
        synced.count(&applied);
        if applied.filled == 0 {
            break;
        }
    }
    Ok(())
}

/// What we have, drawn back to before the first missing payload of each ledger; nothing if none is.
async fn incomplete(desk: &Desk, other: Other) -> Result<Option<Have>, ActError> {
    let have = wanted(desk, other).await?;
    let mut writing = desk.writing().await;
    let replica = &writing.get()?.replica;
    let status = desk.status();
    Ok(to_fill(replica, have, |author| {
        status.has_stopped(other, author)
    }))
}

/// `have`, drawn back to before the first missing payload of each ledger that did not stop; nothing if none is. That a
/// revoked author wrote on stops its ledger as well, and is no reason to go without what it wrote before.
fn to_fill(replica: &Replica, mut have: Have, stopped: impl Fn(AuthorId) -> bool) -> Option<Have> {
    let whole = replica.have_whole();
    let mut lacks = false;
    for (author, _) in replica.gone().missing() {
        if !replica.roster().is_active(author) || !stopped(author) {
            have.0.insert(author, whole.seq(author));
            lacks = true;
        }
    }
    lacks.then_some(have)
}

/// `theirs`, drawn back to before each ledger's first payload that is missing there and held here; nothing if none is.
fn to_bring(replica: &Replica, theirs: &Have, missing: &[(AuthorId, u64)]) -> Option<Have> {
    let mut have = theirs.clone();
    for (author, seq) in missing {
        if let Some(held) = have.0.get_mut(author)
            && replica.is_whole(*author, *seq)
        {
            *held = (*held).min(seq.saturating_sub(1));
        }
    }
    (have != *theirs).then_some(have)
}

/// What we have, and what we don't want (again).
async fn wanted(desk: &Desk, other: Other) -> Result<Have, ActError> {
    let mut have = desk.writing().await.get()?.replica.have();
    let status = desk.status();
    for (author, seq) in &status.quarantined {
        let mark = have.0.entry(*author).or_default();
        *mark = (*mark).max(*seq);
    }
    for author in status.stopped(other) {
        have.0.insert(author, NEVER_AGAIN);
    }
    Ok(have)
}

/// Waits until the server has something new, or lacks what came here on another way.
pub(crate) async fn wait(desk: &Arc<Desk>, timeout: Duration) -> Result<bool, SyncError> {
    let way = Server {
        desk: Arc::clone(desk),
        remote: connected(desk).await?,
    };
    let answer = tokio::select! {
        biased;
        () = others_have_come(desk) => return Ok(true),
        answer = way.wait(timeout) => answer,
    };
    match answer {
        Ok(news) => Ok(news),
        Err(error) => {
            status::finish(desk, Some(error)).await?;
            Err(error)
        }
    }
}

/// Waits until entries of other PCs are here that came since the last exchange with the server
/// began and that it lacks, as far as is known. Whoever wrote them may have sent them meanwhile:
/// only the server can say. A ledger that it does not take ends no wait by itself.
async fn others_have_come(desk: &Desk) {
    let mut grown = desk.grown();
    let since = desk.status().since;
    loop {
        let moved = *grown.borrow_and_update() != since;
        // Whoever took them in holds the writer until it is known what the server lacks.
        drop(desk.writing().await);
        if moved && !desk.memory().lagging().is_empty() {
            return;
        }
        if grown.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Keeps what the server said about the time.
async fn note_clock(desk: &Desk, remote: &Remote) -> Result<(), ActError> {
    let Some(offset) = remote.clock_offset() else {
        return Ok(());
    };
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if writer.link.value.offset.abs_diff(offset) < OFFSET_STEP.unsigned_abs() {
        return Ok(());
    }
    let mut link = writer.link.value.clone();
    link.offset = offset;
    write_link(desk, writer, link).await?;
    desk.set_offset(offset);
    Ok(())
}

/// Makes `link` durable, then true.
pub(crate) async fn write_link(
    desk: &Desk,
    writer: &mut crate::desk::Writer,
    link: Link,
) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let mut batch = Batch::new();
    let version = local::put(&mut batch, &secrets.storage, &link, writer.link.version)?;
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await?;
    adopt_link(desk, writer, link, version);
    Ok(())
}

/// Takes over a link that is durable.
fn adopt_link(desk: &Desk, writer: &mut crate::desk::Writer, link: Link, version: i64) {
    writer.link.version = Some(version);
    writer.link.value = link;
    {
        let mut memory = desk.memory();
        memory.see_link(&writer.link.value);
        memory.see_others(writer);
    }
    desk.status().see(&writer.link.value);
    desk.tell(Event::Sync);
}

/// Raises alarms that stay until what they warn of is put right.
pub(crate) async fn raise(
    desk: &Desk,
    alarms: &[(Option<AuthorId>, AlarmKind)],
) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut link = writer.link.value.clone();
    let now = desk.now();
    let mut news = false;
    for (author, kind) in alarms {
        let author = author.map(|author| author.to_string()).unwrap_or_default();
        news |= link.raise(&author, *kind, now);
    }
    if news {
        write_link(desk, writer, link).await
    } else {
        Ok(())
    }
}
