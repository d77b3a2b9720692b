//! The one task through which everything durable goes, many requests in one transaction.

mod arrive;
mod claim;
mod light;
mod state;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::body::Bytes;
use futures_util::FutureExt;
use ledger::{AuthorId, AuthorKeys, BlobHash, ClinicId, Have, Roster, Segment, SubmissionId};
use ledger::{statement::IntakeKeyStatement, submission::SealedSubmission, submission::Suspicion};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

pub(crate) use claim::ClaimOrder;
pub(crate) use state::Beginning;

use crate::{
    problem::Problem,
    store::{ClinicRecord, Nonce},
};
pub(crate) use claim::fresh_code;
pub(crate) use state::report;
use state::{State, members};

/// Jobs that may wait; beyond that, requests wait to hand theirs in.
const QUEUE: usize = 4096;
/// Most jobs of one transaction.
const BATCH: usize = 512;
/// Most bytes of one transaction of submissions, so that its segment fits a page of a pull.
const BATCH_BYTES: usize = 1024 * 1024;

/// How often a store that is shared is looked at while there is nothing to do.
const LOOK: Duration = Duration::from_millis(500);

/// What tells one post from another of the same id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Digest of the bytes that were sealed elsewhere; it is stored.
    Sealed([u8; 32]),
    /// Keyed digest of a plain post; it is only kept in memory.
    Plain([u8; 32]),
}

/// A submission on its way into the server's ledger.
pub(crate) struct Post {
    /// What is stored.
    pub sealed: SealedSubmission,
    /// What spoke against a person.
    pub suspicion: Suspicion,
    /// Recognises the same post.
    pub mark: Mark,
}

/// The answer to a stored submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// The submission.
    pub submission: SubmissionId,
    /// When it was received first, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// What became of a push.
pub(crate) struct Pushed {
    /// What the server has now.
    pub have: Have,
    /// Entries without a payload that no erasure accounts for: the first ones.
    pub missing: Vec<(AuthorId, u64)>,
    /// What it did not take.
    pub refused: Vec<Refused>,
}

/// An author's segments that were not taken, and why.
pub(crate) struct Refused {
    /// Whose.
    pub author: AuthorId,
    /// The first entry that was not taken.
    pub seq: u64,
    /// A stable word for the reason.
    pub reason: &'static str,
}

/// The clinic as it is published.
pub(crate) struct Published {
    /// Its id.
    pub id: ClinicId,
    /// Its facts as stored.
    pub record: ClinicRecord,
    /// The intake key's statement, read.
    pub statement: IntakeKeyStatement,
    /// SHA-256 of the notice's text.
    pub notice_hash: [u8; 32],
}

/// The clinic and who belongs to it; changes seldom.
pub(crate) struct Members {
    /// The clinic.
    pub clinic: Published,
    /// Who is enrolled.
    pub roster: Roster,
}

/// What requests may look at without asking the keeper.
#[derive(Clone)]
pub(crate) struct View {
    /// The server's own public keys.
    pub me: AuthorKeys,
    /// Clinic and members, once claimed.
    pub members: Option<Arc<Members>>,
    /// How far each author's ledger is held.
    pub have: Arc<Have>,
    /// Number of the last arrival.
    pub cursor: u64,
}

type Reply<T> = oneshot::Sender<Result<T, Problem>>;

/// Work that shares a transaction with other work of its kind.
enum Light {
    Submit(Box<Post>, Reply<Receipt>),
    /// With the time that the signer gave it.
    Nonce(Nonce, i64, Reply<()>),
    Blob(BlobHash, Bytes, Reply<()>),
    Probe(Reply<()>),
}

enum Job {
    Light(Light),
    Push(Vec<Segment>, Reply<Pushed>),
    Seen(u64, Reply<()>),
    Claim(Box<ClaimOrder>, Reply<Have>),
    Look(Reply<()>),
    Close(oneshot::Sender<()>),
}

/// The way to the keeper.
#[derive(Clone)]
pub(crate) struct Keeper {
    jobs: mpsc::Sender<Job>,
    view: watch::Receiver<View>,
    codes: watch::Receiver<Option<String>>,
}

impl Keeper {
    /// Starts the task.
    pub(crate) async fn start(beginning: Beginning) -> Result<Self, crate::StoreError> {
        let (state, view, codes) = State::load(beginning).await?;
        let (jobs, inbox) = mpsc::channel(QUEUE);
        tokio::spawn(run(state, inbox));
        Ok(Self { jobs, view, codes })
    }

    /// What is known now.
    #[must_use]
    pub(crate) fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Sees every later view.
    #[must_use]
    pub(crate) fn watch(&self) -> watch::Receiver<View> {
        self.view.clone()
    }

    /// The setup code of an unclaimed server.
    #[must_use]
    pub(crate) fn codes(&self) -> watch::Receiver<Option<String>> {
        self.codes.clone()
    }

    /// Stores a submission; answers when it is on the disk.
    pub(crate) async fn submit(&self, post: Post) -> Result<Receipt, Problem> {
        self.ask(|reply| Job::Light(Light::Submit(Box::new(post), reply)))
            .await
    }

    /// Remembers the nonce of a request signed at `signed_ms`; a second time is a replay.
    pub(crate) async fn first_time(&self, nonce: Nonce, signed_ms: i64) -> Result<(), Problem> {
        self.ask(|reply| Job::Light(Light::Nonce(nonce, signed_ms, reply)))
            .await
    }

    /// Stores an attachment chunk.
    pub(crate) async fn keep_blob(&self, hash: BlobHash, bytes: Bytes) -> Result<(), Problem> {
        self.ask(|reply| Job::Light(Light::Blob(hash, bytes, reply)))
            .await
    }

    /// Proves that the store can be written.
    pub(crate) async fn probe(&self) -> Result<(), Problem> {
        self.ask(|reply| Job::Light(Light::Probe(reply))).await
    }

    /// Takes entries of desks.
    pub(crate) async fn push(&self, segments: Vec<Segment>) -> Result<Pushed, Problem> {
        self.ask(|reply| Job::Push(segments, reply)).await
    }

    /// Hears how far a desk holds this server's own ledger; more than is here means that the store is an old copy.
    pub(crate) async fn seen(&self, seq: u64) -> Result<(), Problem> {
        self.ask(|reply| Job::Seen(seq, reply)).await
    }

    /// Gives the server to a clinic, or publishes what its owner changed.
    pub(crate) async fn claim(&self, order: ClaimOrder) -> Result<Have, Problem> {
        self.ask(|reply| Job::Claim(Box::new(order), reply)).await
    }

    /// Learns what other processes of this server did until now.
    pub(crate) async fn look(&self) -> Result<(), Problem> {
        self.ask(Job::Look).await
    }

    /// Waits for everything handed in before, then closes the store.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send(job(reply))
            .await
            .map_err(|_| Problem::Busy)?;
        answer.await.map_err(|_| Problem::Busy)?
    }
}

async fn run(mut state: State, mut inbox: mpsc::Receiver<Job>) {
    let mut next = receive(&mut state, &mut inbox).await;
    while let Some(job) = next.take() {
        let work = match job {
            Job::Light(first) => {
                let (batch, after) = gather(first, &mut inbox);
                next = after;
                Work::Light(batch)
            }
            Job::Push(segments, reply) => Work::Push(segments, reply),
            Job::Seen(seq, reply) => Work::Seen(seq, reply),
            Job::Claim(order, reply) => Work::Claim(order, reply),
            Job::Look(reply) => Work::Look(reply),
            Job::Close(done) => {
                inbox.close();
                state.close().await;
                let _ = done.send(());
                return;
            }
        };
        // A fault of the program ends this work, not the server: whoever waits for it is told to try again.
        let done = AssertUnwindSafe(work.on(&mut state)).catch_unwind().await;
        if done.is_err() {
            state.metrics.panics.inc();
            state.doubt();
        }
        state.settle().await;
        if next.is_none() {
            next = receive(&mut state, &mut inbox).await;
        }
    }
    state.close().await;
}

/// The next job. Where other processes change the store too, it is looked at from time to time until one comes.
async fn receive(state: &mut State, inbox: &mut mpsc::Receiver<Job>) -> Option<Job> {
    if !state.store.is_shared() {
        return inbox.recv().await;
    }
    loop {
        match timeout(LOOK, inbox.recv()).await {
            Ok(job) => return job,
            // A database that is away is reported by the jobs that need it.
            Err(_) => drop(state.look().await),
        }
        state.settle().await;
    }
}

/// What one turn of the keeper does.
enum Work {
    Light(Vec<Light>),
    Push(Vec<Segment>, Reply<Pushed>),
    Seen(u64, Reply<()>),
    Claim(Box<ClaimOrder>, Reply<Have>),
    Look(Reply<()>),
}

impl Work {
    async fn on(self, state: &mut State) {
        match self {
            Self::Light(batch) => state.light(batch).await,
            Self::Push(segments, reply) => {
                let _ = reply.send(state.push(segments).await);
            }
            Self::Seen(seq, reply) => drop(reply.send(state.seen(seq).await)),
            Self::Claim(order, reply) => drop(reply.send(state.claim(*order).await)),
            Self::Look(reply) => drop(reply.send(state.look().await)),
        }
    }
}

/// What is waiting already goes into one transaction; the first job of another kind is handed back.
fn gather(first: Light, inbox: &mut mpsc::Receiver<Job>) -> (Vec<Light>, Option<Job>) {
    let mut bytes = first.weight();
    let mut batch = vec![first];
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        match inbox.try_recv() {
            Ok(Job::Light(light)) => {
                bytes += light.weight();
                batch.push(light);
            }
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}

impl Light {
    /// Bytes it brings, roughly.
    fn weight(&self) -> usize {
        match self {
            Self::Submit(post, _) => post.sealed.ciphertext().len() + 512,
            Self::Blob(_, bytes, _) => bytes.len(),
            Self::Nonce(..) | Self::Probe(_) => 64,
        }
    }
}
