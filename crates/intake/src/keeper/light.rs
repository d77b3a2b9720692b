//! Submissions, nonces and chunks: as many as wait go into one transaction.

use std::collections::{HashMap, HashSet};

use axum::body::Bytes;
use ledger::{
    BlobHash, Entry, Kind, Ledger, RecordId, SubmissionId,
    submission::{Received, SealedSubmission, Suspicion},
};

use super::{Light, Mark, Post, Receipt, Reply, state::State, state::report};
use crate::{
    problem::Problem,
    store::{Changes, Kept, Nonce, Remembered},
};

/// How long a nonce is remembered, in milliseconds: the window of ± 10 minutes and then some.
pub(super) const NONCE_MS: i64 = 25 * 60 * 1000;
/// Most nonces in memory; more than all desks together can use within the time.
const NONCES: usize = 2_000_000;
/// How often expired nonces are forgotten, in milliseconds.
const PRUNE_MS: i64 = 60 * 1000;

/// An answer that waits for the transaction.
type Waiting = Box<dyn FnOnce(Result<(), Problem>) + Send>;

fn waiting<T: Send + 'static>(reply: Reply<T>, value: T) -> Waiting {
    Box::new(move |outcome| {
        // Whoever asked may have gone; what is stored stays stored.
        let _ = reply.send(outcome.map(|()| value));
    })
}

/// One transaction in the making.
struct Batch {
    changes: Changes,
    ledger: Ledger,
    now_ms: i64,
    found: HashMap<SubmissionId, (Option<Mark>, i64)>,
    nonces: HashMap<Nonce, i64>,
    spent: HashSet<Nonce>,
    asked: Vec<(Nonce, i64, Reply<()>)>,
    marks: Vec<(SubmissionId, [u8; 32])>,
    verdicts: Vec<&'static str>,
    answers: Vec<Waiting>,
}

impl State {
    /// Does all of `jobs` in one transaction, then answers each.
    pub(super) async fn light(&mut self, jobs: Vec<Light>) {
        let mut batch = match self.begin(&jobs).await {
            Ok(batch) => batch,
            Err(problem) => return refuse(jobs, &problem),
        };
        for job in jobs {
            self.stage(&mut batch, job);
        }
        self.seal_head(&mut batch);
        let outcome = self.finish(&mut batch).await;
        for (nonce, signed_ms, reply) in batch.asked {
            let known = self.remember(&outcome, nonce, signed_ms, batch.now_ms);
            let _ = reply.send(known);
        }
        for answer in batch.answers {
            answer(outcome.clone());
        }
        self.fold().await;
    }

    /// On a full disk, nonces are remembered here only: desks must be able to fetch what is stored, and to erase. A
    /// restart forgets those, so that it refuses all proofs signed before it; a proof from a clock that runs ahead
    /// could be signed after it, and gets the time first.
    fn remember(
        &mut self,
        outcome: &Result<(), Problem>,
        nonce: Nonce,
        signed_ms: i64,
        now_ms: i64,
    ) -> Result<(), Problem> {
        match outcome {
            // Other processes would not know it.
            Err(Problem::DiskFull) if self.store.is_shared() => return Err(Problem::DiskFull),
            Err(Problem::DiskFull) if signed_ms > now_ms => {
                return Err(Problem::Clock { server_ms: now_ms });
            }
            Err(Problem::DiskFull) => {
                self.nonces.insert(nonce, now_ms.saturating_add(NONCE_MS));
                if now_ms.abs_diff(self.pruned_ms) > PRUNE_MS.unsigned_abs() {
                    self.pruned_ms = now_ms;
                    self.nonces.retain(|_, expires| *expires >= now_ms);
                }
            }
            other => other.clone()?,
        }
        Ok(())
    }

    async fn begin(&mut self, jobs: &[Light]) -> Result<Batch, Problem> {
        self.be_sure().await?;
        let ids: Vec<SubmissionId> = jobs.iter().filter_map(Light::submission).collect();
        let remembered = self
            .store
            .remembered(&ids)
            .await
            .map_err(|error| report(&error))?;
        let found = remembered
            .into_iter()
            .map(|(id, known)| {
                let plain = || self.plain.get(id).map(Mark::Plain);
                (
                    id,
                    (known.digest.map(Mark::Sealed).or_else(plain), known.at_ms),
                )
            })
            .collect();
        let now_ms = (self.clock)();
        let nonces: Vec<Nonce> = jobs.iter().filter_map(Light::nonce).collect();
        Ok(Batch {
            changes: Changes::default(),
            ledger: self.ledger.clone(),
            now_ms,
            found,
            nonces: HashMap::new(),
            spent: self.spent(&nonces, now_ms).await?,
            asked: Vec::new(),
            marks: Vec::new(),
            verdicts: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Those of `asked` that were used before.
    pub(super) async fn spent(
        &self,
        asked: &[Nonce],
        now_ms: i64,
    ) -> Result<HashSet<Nonce>, Problem> {
        if self.store.is_shared() {
            let stored = self.store.spent(asked).await;
            return stored.map_err(|error| report(&error));
        }
        let alive = |nonce: &&Nonce| self.nonces.get(nonce).is_some_and(|end| *end >= now_ms);
        Ok(asked.iter().filter(alive).copied().collect())
    }

    /// Remembers nonces that are stored. Where other processes store some too, only the database knows them all.
    pub(super) fn spend(&mut self, nonces: impl IntoIterator<Item = (Nonce, i64)>) {
        if !self.store.is_shared() {
            self.nonces.extend(nonces);
        }
    }

    fn stage(&self, batch: &mut Batch, job: Light) {
        match job {
            Light::Submit(post, reply) => self.stage_post(batch, *post, reply),
            Light::Nonce(nonce, signed_ms, reply) => {
                self.stage_nonce(batch, nonce, signed_ms, reply);
            }
            Light::Blob(hash, bytes, reply) => stage_blob(batch, hash, &bytes, reply),
            Light::Probe(reply) if self.behind => drop(reply.send(Err(Problem::Restored))),
            Light::Probe(reply) => {
                batch.changes.probe_ms = Some(batch.now_ms);
                batch.answers.push(waiting(reply, ()));
            }
        }
    }

    fn stage_post(&self, batch: &mut Batch, post: Post, reply: Reply<Receipt>) {
        let submission = post.sealed.ids.submission;
        if let Some((mark, at_ms)) = batch.found.get(&submission) {
            batch.verdicts.push("repeated");
            let receipt = Receipt {
                submission,
                at_ms: *at_ms,
            };
            let answer = match mark {
                // A plain post from before a restart: its mark is gone, its id still speaks for it.
                None if matches!(post.mark, Mark::Plain(_)) => Ok(receipt),
                Some(mark) if *mark == post.mark => Ok(receipt),
                _ => Err(Problem::SubmissionConflict),
            };
            match answer {
                // The first of the two may still be in this very transaction.
                Ok(receipt) => batch.answers.push(waiting(reply, receipt)),
                Err(problem) => drop(reply.send(Err(problem))),
            }
            return;
        }
        if let Err(problem) = self.may_take(submission) {
            let _ = reply.send(Err(problem));
            return;
        }
        match append(batch, post) {
            Ok(receipt) => batch.answers.push(waiting(reply, receipt)),
            Err(problem) => drop(reply.send(Err(problem))),
        }
    }

    fn may_take(&self, submission: SubmissionId) -> Result<(), Problem> {
        let replica = self.replica.as_ref().ok_or(Problem::NotClaimed)?;
        if !replica.roster().is_active(self.signer.id()) {
            return Err(Problem::NotClaimed);
        }
        if self.behind {
            return Err(Problem::Restored);
        }
        // An id that was erased is not filled again; whoever asks anew has a new one.
        if replica.is_erased(RecordId::from(submission)) {
            return Err(Problem::SubmissionConflict);
        }
        Ok(())
    }

    fn stage_nonce(&self, batch: &mut Batch, nonce: Nonce, signed_ms: i64, reply: Reply<()>) {
        if batch.spent.contains(&nonce) || batch.nonces.contains_key(&nonce) {
            let _ = reply.send(Err(Problem::Replayed));
            return;
        }
        // What a full disk made memory alone remember is forgotten with it.
        if signed_ms < self.began_ms && !self.store.is_shared() {
            let server_ms = batch.now_ms;
            let _ = reply.send(Err(Problem::Clock { server_ms }));
            return;
        }
        if self.nonces.len() + batch.nonces.len() >= NONCES {
            let _ = reply.send(Err(Problem::Busy));
            return;
        }
        let expires_ms = batch.now_ms.saturating_add(NONCE_MS);
        batch.nonces.insert(nonce, expires_ms);
        batch.changes.nonces.push((nonce, expires_ms));
        batch.asked.push((nonce, signed_ms, reply));
    }

    /// One signature vouches for everything this transaction appends.
    fn seal_head(&self, batch: &mut Batch) {
        if let Some(last) = batch.changes.entries.last_mut() {
            let head = self.signer.head(batch.ledger.seq(), batch.ledger.hash());
            last.signature = Some(head.signature);
        }
    }

    async fn finish(&mut self, batch: &mut Batch) -> Result<(), Problem> {
        if batch.changes.is_empty() {
            return Ok(());
        }
        let prune = batch.now_ms.abs_diff(self.pruned_ms) > PRUNE_MS.unsigned_abs();
        batch.changes.forget_before_ms = prune.then_some(batch.now_ms);
        self.commit(&batch.changes).await?;
        if prune {
            self.pruned_ms = batch.now_ms;
            self.nonces.retain(|_, expires| *expires >= batch.now_ms);
        }
        self.spend(batch.nonces.drain());
        for (id, mark) in batch.marks.drain(..) {
            self.plain.keep(id, mark);
        }
        for verdict in &batch.verdicts {
            self.metrics.submitted(verdict);
        }
        if !batch.changes.entries.is_empty() {
            self.take_own(batch);
            self.show();
        }
        Ok(())
    }

    fn take_own(&mut self, batch: &Batch) {
        self.ledger = batch.ledger.clone();
        let Some(replica) = self.replica.as_mut() else {
            return;
        };
        for kept in &batch.changes.entries {
            if let Err(lie) = replica.record(&kept.entry) {
                tracing::error!(%lie, "the server's own entry does not follow its ledger");
            }
        }
    }
}

impl Light {
    fn submission(&self) -> Option<SubmissionId> {
        match self {
            Self::Submit(post, _) => Some(post.sealed.ids.submission),
            _ => None,
        }
    }

    fn nonce(&self) -> Option<Nonce> {
        match self {
            Self::Nonce(nonce, ..) => Some(*nonce),
            _ => None,
        }
    }
}

fn refuse(jobs: Vec<Light>, problem: &Problem) {
    for job in jobs {
        match job {
            Light::Submit(_, reply) => drop(reply.send(Err(problem.clone()))),
            Light::Nonce(_, _, reply) | Light::Blob(_, _, reply) | Light::Probe(reply) => {
                drop(reply.send(Err(problem.clone())));
            }
        }
    }
}

fn append(batch: &mut Batch, post: Post) -> Result<Receipt, Problem> {
    let Post {
        sealed,
        suspicion,
        mark,
    } = post;
    let submission = sealed.ids.submission;
    let at_ms = batch.now_ms;
    let entry = entry(&mut batch.ledger, at_ms, suspicion, sealed)?;
    batch.changes.entries.push(Kept {
        entry,
        signature: None,
        void: false,
    });
    let digest = match mark {
        Mark::Sealed(digest) => Some(digest),
        Mark::Plain(digest) => {
            batch.marks.push((submission, digest));
            None
        }
    };
    batch.changes.submissions.push(Remembered {
        id: submission,
        digest,
        at_ms,
    });
    batch.found.insert(submission, (Some(mark), at_ms));
    batch
        .verdicts
        .push(if suspicion.any() { "suspect" } else { "clean" });
    Ok(Receipt { submission, at_ms })
}

fn entry(
    ledger: &mut Ledger,
    at_ms: i64,
    suspicion: Suspicion,
    sealed: SealedSubmission,
) -> Result<Entry, Problem> {
    let record = RecordId::from(sealed.ids.submission);
    let draft = ledger.next(Kind::Submission, record, sealed.epoch, at_ms);
    let payload = Received {
        at_ms,
        suspicion,
        sealed,
    }
    .encode();
    let entry = draft.finish(payload).map_err(|_| Problem::TooLarge)?;
    ledger.accept(&entry).map_err(|_| Problem::Internal)?;
    Ok(entry)
}

fn stage_blob(batch: &mut Batch, hash: BlobHash, bytes: &Bytes, reply: Reply<()>) {
    batch.changes.blobs.push((hash, bytes.to_vec()));
    batch.answers.push(waiting(reply, ()));
}
