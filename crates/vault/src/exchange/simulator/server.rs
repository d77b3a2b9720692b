//! The clinic's server: takes ledgers whole or not at all, collects what visitors ask, and can be an old copy.
use ledger::bundle::{Reader, Writer};
use ledger::submission::{
    Answers, IntakePublicKey, Received, SealedSubmission, SubmissionIds, Suspicion,
};
use ledger::{
    Admission, AuthorId, Entry, Epoch, FormId, Have, Kind, Lie, Payload, RecordId, Segment,
    SignedHead, SubmissionId,
};
use rand::RngExt as _;
use rand::rngs::StdRng;
use seal::RootSecret;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::disk::Disk;
use crate::desk::Secrets;

/// What became of a push.
pub(super) struct Pushed {
    pub have: Have,
    pub missing: Vec<(AuthorId, u64)>,
    pub refused: Vec<(AuthorId, Lie)>,
}

/// The server's disk.
#[derive(Clone)]
pub(super) struct ServerDisk {
    pub disk: Disk,
    /// Bare headers beyond a revocation, up to the signed head that vouches for what is before it.
    beyond: BTreeMap<AuthorId, (Vec<Entry>, SignedHead)>,
    key: Option<IntakePublicKey>,
    behind: bool,
    secrets: Arc<Secrets>,
}

/// The server.
pub(super) struct Server {
    pub now: ServerDisk,
    pub backup: Option<ServerDisk>,
    /// Authors whose two ledgers met here.
    pub forks: Vec<AuthorId>,
    /// How often it noticed that it is an old copy.
    pub noticed: u32,
    /// A revocation took entries from it since this was last looked at.
    pub dropped: bool,
}

fn secrets(rng: &mut StdRng) -> Arc<Secrets> {
    Arc::new(Secrets::of(&RootSecret::generate(rng)))
}

impl Server {
    pub(super) fn new(rng: &mut StdRng, clinic: ledger::ClinicId) -> Self {
        let secrets = secrets(rng);
        Self {
            now: ServerDisk {
                disk: Disk::new(clinic, secrets.signer.id()),
                beyond: BTreeMap::new(),
                key: None,
                behind: false,
                secrets,
            },
            backup: None,
            forks: Vec::new(),
            noticed: 0,
            dropped: false,
        }
    }

    pub(super) fn id(&self) -> AuthorId {
        self.now.secrets.signer.id()
    }

    pub(super) fn keys(&self) -> ledger::AuthorKeys {
        self.now.secrets.signer.keys()
    }

    pub(super) fn knows(&self, author: AuthorId) -> Option<bool> {
        let roster = self.now.disk.replica.roster();
        roster.author(author).map(|_| roster.is_active(author))
    }

    pub(super) fn is_behind(&self) -> bool {
        self.now.behind
    }

    /// An owner publishes the newest intake key.
    pub(super) fn publish(&mut self, key: IntakePublicKey) {
        if self.now.key.is_none_or(|held| held.epoch < key.epoch) {
            self.now.key = Some(key);
        }
    }

    pub(super) fn restart(&mut self) {
        let held = &self.now.disk;
        let replica = held.reload();
        assert!(
            replica.have() == held.replica.have() && replica.roster() == held.replica.roster(),
            "a restarted server knows other ledgers or members"
        );
        self.now.disk.replica = replica;
    }

    /// An old backup takes the place of its disk. True if it lost something.
    pub(super) fn roll_back(&mut self) -> bool {
        let Some(backup) = self.backup.clone() else {
            return false;
        };
        self.now = backup;
        true
    }

    /// The operator says that the store was restored: it goes on as a new author.
    pub(super) fn restored(&mut self, rng: &mut StdRng) {
        self.now.secrets = secrets(rng);
        self.now.behind = false;
        let me = self.id();
        let mut own = ledger::Ledger::new(me);
        own.observe(self.now.disk.replica.hlc());
        self.now.disk.ledger = own;
    }

    /// A desk says how far it has this server's own ledger.
    pub(super) fn seen(&mut self, seq: u64) {
        if seq > self.now.disk.ledger.seq() && !self.now.behind {
            self.now.behind = true;
            self.noticed += 1;
        }
    }

    /// A visitor sends the form; the entry, if the server may take it.
    pub(super) fn submit(&mut self, rng: &mut StdRng, now: i64) -> Option<Entry> {
        let key = self.now.key?;
        if self.now.behind || self.knows(self.id()) != Some(true) {
            return None;
        }
        let submission = SubmissionId::from_bytes(rng.random());
        let ids = SubmissionIds {
            clinic: self.now.disk.clinic,
            form: FormId::from_bytes([0; 16]),
            submission,
        };
        let answers = Answers {
            name: format!("Khách {}", rng.random_range(0..1000)),
            phone: format!("09{:08}", rng.random_range(0..100_000_000)),
            question: "Niềng răng giá bao nhiêu?".into(),
            ..Answers::default()
        };
        let received = Received {
            at_ms: now,
            suspicion: Suspicion::default(),
            sealed: SealedSubmission::seal(rng, &key, ids, &answers).unwrap(),
        };
        let disk = &mut self.now.disk;
        let draft = disk
            .ledger
            .next(Kind::Submission, RecordId::from(submission), key.epoch, now);
        let entry = draft.finish(received.encode()).unwrap();
        disk.ledger.accept(&entry).unwrap();
        disk.replica.record(&entry).unwrap();
        disk.append(std::slice::from_ref(&entry));
        let head = self
            .now
            .secrets
            .signer
            .head(entry.header.seq, entry.header.hash());
        disk.stop(head);
        Some(entry)
    }

    /// Takes what is good of a push, each author's segments whole or not at all.
    pub(super) fn push(&mut self, bundle: &[u8]) -> Pushed {
        let mut refused = Vec::new();
        let mut waiting: Vec<(AuthorId, Vec<Segment>)> = Vec::new();
        for segment in Reader::new(bundle).map_while(Result::ok) {
            let author = segment.author();
            if author == self.id() && segment.head.seq > self.now.disk.ledger.seq() {
                self.seen(segment.head.seq);
                continue;
            }
            match waiting.iter_mut().find(|(by, _)| *by == author) {
                Some((_, segments)) => segments.push(segment),
                None => waiting.push((author, vec![segment])),
            }
        }
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut again = Vec::new();
            let mut later = Vec::new();
            for (author, segments) in waiting {
                match self.take(author, &segments) {
                    Ok(()) => {}
                    Err(Some(lie)) => refused.push((author, lie)),
                    Err(None) => {
                        later.push((author, Lie::Gap));
                        again.push((author, segments));
                    }
                }
            }
            if again.len() == before {
                refused.append(&mut later);
                break;
            }
            waiting = again;
        }
        self.now.disk.erase();
        for (author, lie) in &refused {
            if *lie == Lie::Fork {
                self.forks.push(*author);
            }
        }
        let have = self.now.disk.replica.have();
        let missing = self.now.disk.replica.gone().missing().collect();
        Pushed {
            have,
            missing,
            refused,
        }
    }

    /// One author's segments; `Err(None)` if it may be otherwise later in the same push.
    fn take(&mut self, author: AuthorId, segments: &[Segment]) -> Result<(), Option<Lie>> {
        // Most of what comes is here already: it is found out before anything is copied.
        let hashes = &self.now.disk.hashes;
        let held = |head: &SignedHead| hashes.get(&(head.author, head.seq)) == Some(&head.hash);
        let whole = self.now.disk.replica.gone() == &ledger::Gone::default();
        if whole && segments.iter().all(|segment| held(&segment.head)) {
            return Ok(());
        }
        let mut trial = self.now.clone();
        for segment in segments {
            let hashes = &trial.disk.hashes;
            let admission = trial
                .disk
                .replica
                .admit(segment.clone(), |by, seq| hashes.get(&(by, seq)).copied())
                .map_err(|_| None)?;
            match admission.rejected.map(|rejected| rejected.why) {
                Some(Lie::BeyondRevocation) | None => {}
                Some(lie) => return Err(Some(lie)),
            }
            self.dropped |= !admission.cuts.is_empty();
            if trial.keep(author, segment, admission) {
                break;
            }
        }
        self.now = trial;
        Ok(())
    }

    /// What `theirs` lacks, at most about `limit` bytes; whether there is more.
    pub(super) fn page(&self, theirs: &Have, limit: usize) -> (Vec<u8>, bool) {
        let signer = &self.now.secrets.signer;
        let (bundle, more) = self.now.disk.bundle(signer, theirs, limit);
        if more {
            return (bundle, more);
        }
        let mut writer = Writer::new();
        for (author, (bare, head)) in &self.now.beyond {
            self.now.vouched(&mut writer, *author, theirs, bare, head);
        }
        let vouched = writer.finish();
        let magic = Writer::new().finish().len();
        ([bundle.as_slice(), &vouched[magic..]].concat(), false)
    }
}

impl ServerDisk {
    /// Stores what was let in; true if the rest lies beyond a revocation.
    fn keep(&mut self, author: AuthorId, segment: &Segment, admission: Admission) -> bool {
        self.disk.append(&admission.entries);
        for entry in &admission.filled {
            if let Some(held) = self.disk.entry_mut(&entry.header) {
                held.payload = entry.payload.clone();
            }
        }
        if let Some(head) = admission.head {
            self.disk.stop(head);
        }
        for cut in &admission.cuts {
            self.set_aside(cut.author, cut.last_seq);
            self.disk.cut(*cut);
        }
        let Some(rejected) = admission.rejected else {
            return false;
        };
        let beyond = segment
            .entries
            .iter()
            .filter(|entry| entry.header.seq >= rejected.seq);
        if !admission.entries.is_empty() {
            let bare = beyond.cloned().map(bare).collect();
            self.beyond.insert(author, (bare, segment.head));
        }
        true
    }

    /// Bare headers from a cut up to the next signed head, if no head stands at the cut itself.
    fn set_aside(&mut self, author: AuthorId, last_seq: u64) {
        let stops = self.disk.stops.get(&author);
        let head = stops.and_then(|stops| stops.range(last_seq..).next());
        let Some((_, head)) = head.filter(|(seq, _)| **seq > last_seq) else {
            return;
        };
        let held = self.disk.entries.get(&author).into_iter().flatten();
        let between = held.filter(|entry| (last_seq + 1..=head.seq).contains(&entry.header.seq));
        let bare: Vec<Entry> = between.cloned().map(bare).collect();
        if last_seq > 0 && !bare.is_empty() {
            self.beyond.insert(author, (bare, *head));
        }
    }

    /// Adds the end of a ledger that was cut between two signed heads.
    fn vouched(
        &self,
        writer: &mut Writer,
        author: AuthorId,
        theirs: &Have,
        bare: &[Entry],
        head: &SignedHead,
    ) {
        let ledger = self.disk.entries.get(&author).into_iter().flatten();
        let end = self.disk.replica.have().seq(author);
        let stops = self.disk.stops.get(&author);
        let covered = stops.and_then(|stops| stops.keys().next_back().copied());
        let from = theirs.seq(author).max(covered.unwrap_or(0));
        let goes_on = bare
            .first()
            .is_some_and(|first| first.header.seq == end + 1);
        if from >= end || !goes_on {
            return;
        }
        for entry in ledger.filter(|entry| entry.header.seq > from).chain(bare) {
            writer.entry(entry);
        }
        writer.head(head);
    }
}

fn bare(mut entry: Entry) -> Entry {
    entry.payload = Payload::Erased;
    entry
}

/// The newest intake key that these clinic keys give.
pub(super) fn intake_key(epochs: &crate::desk::Epochs) -> Option<(Epoch, IntakePublicKey)> {
    let (epoch, keys) = epochs.last_key_value()?;
    Some((*epoch, keys.intake.public()))
}
