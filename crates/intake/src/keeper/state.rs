//! What the keeper holds in memory, always as the store has it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use ledger::{
    ClinicId, Hlc, Ledger, Member, Replica, Roster, Signer, SubmissionId, Tip,
    statement::IntakeKeyStatement,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::{Members, Published, View};
use crate::{
    config::Clock,
    metrics::Metrics,
    problem::Problem,
    store::{Changes, ClinicRecord, Identity, Nonce, Stamp, Store, StoreError, Turn},
};

/// Marks of plain posts kept in memory.
const PLAIN_MARKS: usize = 20_000;

/// Most arrivals of other processes that are followed one by one; beyond it everything is read again.
const FOLLOWED: u64 = 50_000;

/// What a keeper begins with.
pub(crate) struct Beginning {
    /// The store.
    pub store: Arc<Store>,
    /// The server's secrets.
    pub identity: Identity,
    /// Source of time.
    pub clock: Clock,
    /// Where to count.
    pub metrics: Arc<Metrics>,
}

#[allow(clippy::struct_excessive_bools)] // each is a doubt of its own
pub(super) struct State {
    pub(super) store: Arc<Store>,
    pub(super) signer: Signer,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
    pub(super) setup_code: Option<String>,
    /// The store is an old copy: questions taken now would contradict what desks already hold.
    pub(super) behind: bool,
    /// Deleted bytes may still be in the write-ahead log.
    pub(super) unfolded: bool,
    /// When this process began, by the clock that proofs are held against.
    pub(super) began_ms: i64,
    pub(super) ledger: Ledger,
    pub(super) replica: Option<Replica>,
    pub(super) members: Option<Arc<Members>>,
    pub(super) nonces: HashMap<Nonce, i64>,
    pub(super) plain: PlainMarks,
    pub(super) pruned_ms: i64,
    /// A transaction failed: memory may differ from the store until it is read again.
    doubtful: bool,
    /// How far of the store memory tells.
    at: Stamp,
    /// The right to change the store, from the first look of a piece of work to its commit or its end.
    turn: Option<Turn>,
    /// That the store is an old copy is known, and not written yet.
    unmarked: bool,
    view: watch::Sender<View>,
    codes: watch::Sender<Option<String>>,
}

type Loaded = (
    State,
    watch::Receiver<View>,
    watch::Receiver<Option<String>>,
);

impl State {
    pub(super) async fn load(beginning: Beginning) -> Result<Loaded, StoreError> {
        let Beginning {
            store,
            identity,
            clock,
            metrics,
        } = beginning;
        let signer = Signer::from_root(&identity.root);
        let blank = View {
            me: signer.keys(),
            members: None,
            have: Arc::default(),
            cursor: 0,
        };
        let (view, seen) = watch::channel(blank);
        let (codes, shown) = watch::channel(identity.setup_code.clone());
        let mut state = Self {
            ledger: Ledger::new(signer.id()),
            store,
            signer,
            metrics,
            setup_code: identity.setup_code,
            behind: identity.behind,
            unfolded: false,
            began_ms: clock(),
            replica: None,
            members: None,
            nonces: HashMap::new(),
            plain: PlainMarks::default(),
            pruned_ms: clock(),
            clock,
            // Nothing was read yet.
            doubtful: true,
            at: Stamp::default(),
            turn: None,
            unmarked: false,
            view,
            codes,
        };
        let turn = state.store.turn().await?;
        let caught_up = state.catch_up(&turn).await;
        turn.end().await;
        caught_up?;
        Ok((state, seen, shown))
    }

    /// Makes memory as the store has it in this turn.
    async fn catch_up(&mut self, turn: &Turn) -> Result<(), StoreError> {
        let known = !self.doubtful;
        if known && turn.at.version == self.at.version {
            return Ok(());
        }
        let appended = turn.reshaped <= self.at.version
            && turn.at.cursor.saturating_sub(self.at.cursor) <= FOLLOWED;
        // Until all of it is read.
        self.doubtful = true;
        match self.replica.take() {
            Some(replica) if known && appended => self.follow(replica).await?,
            _ => self.reload().await?,
        }
        self.doubtful = false;
        self.at = turn.at;
        self.show();
        Ok(())
    }

    /// Reads what other processes appended.
    async fn follow(&mut self, mut replica: Replica) -> Result<(), StoreError> {
        for (header, present) in self.store.arrived(self.at.cursor).await? {
            replica.follow(&header, present);
        }
        self.replica = Some(replica);
        self.resume();
        Ok(())
    }

    /// Reads everything again that memory says of the store.
    async fn reload(&mut self) -> Result<(), StoreError> {
        let identity = self.store.identity().await?;
        let clinic = self.store.clinic().await?;
        self.signer = Signer::from_root(&identity.root);
        self.setup_code = identity.setup_code;
        self.behind = identity.behind || self.unmarked;
        if !self.store.is_shared() {
            // Added to what is there: nonces that found no room on the disk are known here only.
            self.nonces.extend(self.store.nonces((self.clock)()).await?);
        }
        self.replica = match &clinic {
            Some(record) => Some(replica(&self.store, record).await?),
            None => None,
        };
        self.resume();
        self.members = match (clinic, &self.replica) {
            (Some(record), Some(replica)) => Some(Arc::new(members(record, replica.roster())?)),
            _ => None,
        };
        self.show_code();
        Ok(())
    }

    /// Goes on with the server's own ledger where the replica has its end.
    fn resume(&mut self) {
        let me = self.signer.id();
        let tip = self.replica.as_ref().and_then(|replica| replica.tip(me));
        self.ledger = tip.map_or_else(
            || Ledger::new(me),
            |tip| Ledger::resume(me, tip.seq, tip.hash, tip.hlc),
        );
    }

    /// Shows the present state to requests.
    pub(super) fn show(&self) {
        let have = self.replica.as_ref().map(Replica::have).unwrap_or_default();
        self.view.send_replace(View {
            me: self.signer.keys(),
            members: self.members.clone(),
            have: Arc::new(have),
            cursor: self.at.cursor,
        });
    }

    /// Shows the setup code of the moment to whoever prints it.
    pub(super) fn show_code(&self) {
        self.codes.send_replace(self.setup_code.clone());
    }

    /// Makes sure that memory is as the store has it, and that it stays so until the commit or the end of this work.
    pub(super) async fn be_sure(&mut self) -> Result<(), Problem> {
        if self.turn.is_some() {
            return Ok(());
        }
        let turn = self.store.turn().await.map_err(|error| report(&error))?;
        self.catch_up(&turn).await.map_err(|error| report(&error))?;
        self.turn = Some(turn);
        Ok(())
    }

    /// Makes changes durable. Unless a failure left the store as it was for certain, memory is not trusted afterwards.
    pub(super) async fn commit(&mut self, changes: &Changes) -> Result<(), Problem> {
        let turn = self.turn.take().ok_or(Problem::Internal)?;
        match self.store.apply(turn, changes).await {
            Ok(at) => {
                self.at = at;
                self.metrics.commits.inc();
                Ok(())
            }
            Err(failed) => {
                self.doubtful |= !failed.certain;
                Err(report(&failed.error))
            }
        }
    }

    /// Learns what other processes did, if they did anything.
    pub(super) async fn look(&mut self) -> Result<(), Problem> {
        let version = self.store.version().await.map_err(|error| report(&error))?;
        if version == self.at.version {
            return Ok(());
        }
        self.be_sure().await
    }

    /// Ends a piece of work: writes what it owes, and lets others change the store.
    pub(super) async fn settle(&mut self) {
        if self.unmarked && self.be_sure().await.is_ok() {
            let behind = true;
            let mark = Changes {
                behind,
                ..Changes::default()
            };
            // Without room for the mark, memory holds it until the next work.
            self.unmarked = self.commit(&mark).await.is_err();
        }
        if let Some(turn) = self.turn.take() {
            turn.end().await;
        }
    }

    /// A desk says that it holds this server's own ledger up to `seq`.
    pub(super) async fn seen(&mut self, seq: u64) -> Result<(), Problem> {
        self.be_sure().await?;
        if seq > self.ledger.seq() {
            self.fall_behind();
        }
        Ok(())
    }

    /// Takes no questions any more, also after a restart, until the operator has said that the store was restored.
    pub(super) fn fall_behind(&mut self) {
        if self.behind {
            return;
        }
        tracing::error!(
            "desks hold more of this server's own entries than its ledger here: the store is an old copy, or the \
             server was revoked. No questions are taken until you stop it and run `letan-intake restored`"
        );
        self.behind = true;
        self.unmarked = true;
    }

    /// Removes deleted bytes from the write-ahead log too; tried again with the next work if a reader is in the way.
    pub(super) async fn fold(&mut self) {
        if !self.unfolded {
            return;
        }
        match self.store.fold().await {
            Ok(folded) => self.unfolded = !folded,
            Err(error) => drop(report(&error)),
        }
    }

    /// Memory may differ from the store: it is read again before the next use.
    pub(super) fn doubt(&mut self) {
        self.doubtful = true;
    }

    pub(super) async fn close(&mut self) {
        if let Err(error) = self.store.close().await {
            report(&error);
        }
    }
}

/// Logs a fault of the store and gives the problem to answer with.
pub(crate) fn report(error: &StoreError) -> Problem {
    match error {
        StoreError::Full => {
            tracing::error!("no room: nothing was stored");
            return Problem::DiskFull;
        }
        StoreError::Busy => {
            tracing::warn!("another process held the database for too long");
            return Problem::Busy;
        }
        StoreError::Away => {
            tracing::error!("the database does not answer");
            return Problem::Busy;
        }
        _ => {}
    }
    tracing::error!(cause = ?CauseCode::of(error), "the store failed");
    Problem::Internal
}

/// A database error's code: its message could quote a value.
#[derive(Debug)]
struct CauseCode(#[allow(dead_code, reason = "read by its Debug form in the log")] String);

impl CauseCode {
    fn of(error: &StoreError) -> Self {
        let code = match error {
            StoreError::Database(sqlx::Error::Database(database)) => {
                database.code().map(std::borrow::Cow::into_owned)
            }
            StoreError::Damaged(what) => Some((*what).to_owned()),
            _ => None,
        };
        Self(code.unwrap_or_else(|| "other".to_owned()))
    }
}

async fn replica(store: &Store, record: &ClinicRecord) -> Result<Replica, StoreError> {
    let mut members = Vec::new();
    for entry in store.members().await? {
        let member = entry.payload.bytes().map(Member::decode);
        let Some(Ok(member)) = member else {
            return Err(StoreError::Damaged("member entry"));
        };
        members.push((entry.header, member));
    }
    // Each counted when it arrived; one that no longer does was overruled by a later revocation.
    let roster = Roster::of(ClinicId::of_genesis(&record.genesis), members);
    let mut heads = BTreeMap::new();
    for header in store.tips().await? {
        let hlc: Hlc = header.hlc;
        heads.insert(
            header.author,
            Tip {
                seq: header.seq,
                hash: header.hash(),
                hlc,
            },
        );
    }
    Ok(Replica::resume(roster, heads, store.gone().await?))
}

/// The clinic's facts, read once for all requests.
pub(super) fn members(record: ClinicRecord, roster: &Roster) -> Result<Members, StoreError> {
    let statement = IntakeKeyStatement::decode(&record.statement)
        .map_err(|_| StoreError::Damaged("intake key statement"))?;
    let clinic = Published {
        id: ClinicId::of_genesis(&record.genesis),
        notice_hash: Sha256::digest(record.notice_text.as_bytes()).into(),
        statement,
        record,
    };
    Ok(Members {
        clinic,
        roster: roster.clone(),
    })
}

/// Marks of the plain posts of late, oldest forgotten first.
#[derive(Default)]
pub(super) struct PlainMarks {
    marks: HashMap<SubmissionId, [u8; 32]>,
    order: VecDeque<SubmissionId>,
}

impl PlainMarks {
    pub(super) fn get(&self, id: SubmissionId) -> Option<[u8; 32]> {
        self.marks.get(&id).copied()
    }

    pub(super) fn keep(&mut self, id: SubmissionId, mark: [u8; 32]) {
        if self.marks.insert(id, mark).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > PLAIN_MARKS
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
    }
}
