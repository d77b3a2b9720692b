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
    store::{Changes, ClinicRecord, Identity, Nonce, Store, StoreError},
};

/// Marks of plain posts kept in memory.
const PLAIN_MARKS: usize = 20_000;

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
            doubtful: false,
            view,
            codes,
        };
        state.reload().await?;
        Ok((state, seen, shown))
    }

    /// Reads everything again that memory says of the store.
    async fn reload(&mut self) -> Result<(), StoreError> {
        let clinic = self.store.clinic().await?;
        // Added to what is there: nonces that found no room on the disk are known here only.
        self.nonces.extend(self.store.nonces((self.clock)()).await?);
        self.replica = match &clinic {
            Some(record) => Some(replica(&self.store, record).await?),
            None => None,
        };
        let me = self.signer.id();
        let tip = self.replica.as_ref().and_then(|replica| replica.tip(me));
        self.ledger = tip.map_or_else(
            || Ledger::new(me),
            |tip| Ledger::resume(me, tip.seq, tip.hash, tip.hlc),
        );
        self.members = match (clinic, &self.replica) {
            (Some(record), Some(replica)) => Some(Arc::new(members(record, replica.roster())?)),
            _ => None,
        };
        self.doubtful = false;
        self.show().await
    }

    /// Shows the present state to requests.
    pub(super) async fn show(&mut self) -> Result<(), StoreError> {
        let cursor = self.store.cursor().await?;
        let have = self.replica.as_ref().map(Replica::have).unwrap_or_default();
        let me = self.signer.keys();
        let members = self.members.clone();
        self.view.send_replace(View {
            me,
            members,
            have: Arc::new(have),
            cursor,
        });
        Ok(())
    }

    /// Shows the setup code of the moment to whoever prints it.
    pub(super) fn show_code(&self) {
        self.codes.send_replace(self.setup_code.clone());
    }

    /// Makes sure that memory is as the store has it.
    pub(super) async fn be_sure(&mut self) -> Result<(), Problem> {
        if self.doubtful {
            self.reload().await.map_err(|error| report(&error))?;
        }
        Ok(())
    }

    /// Makes changes durable. Unless a failure left the store as it was for certain, memory is not trusted afterwards.
    pub(super) async fn commit(&mut self, changes: &Changes) -> Result<(), Problem> {
        match self.store.apply(changes).await {
            Ok(()) => {
                self.metrics.commits.inc();
                Ok(())
            }
            Err(failed) => {
                self.doubtful |= !failed.certain;
                Err(report(&failed.error))
            }
        }
    }

    /// A desk says that it holds this server's own ledger up to `seq`.
    pub(super) async fn seen(&mut self, seq: u64) -> Result<(), Problem> {
        self.be_sure().await?;
        if seq > self.ledger.seq() {
            self.fall_behind().await;
        }
        Ok(())
    }

    /// Takes no questions any more, also after a restart, until the operator has said that the store was restored.
    pub(super) async fn fall_behind(&mut self) {
        if self.behind {
            return;
        }
        tracing::error!(
            "desks hold more of this server's own entries than its ledger here: the store is an old copy, or the \
             server was revoked. No questions are taken until you stop it and run `letan-intake restored`"
        );
        self.behind = true;
        let behind = true;
        // Without room for the mark, memory holds it until the next desk asks again.
        let _ = self
            .commit(&Changes {
                behind,
                ..Changes::default()
            })
            .await;
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

    /// Shows what was committed; memory that cannot be shown is read again before the next use.
    pub(super) async fn committed(&mut self) {
        if let Err(error) = self.show().await {
            self.doubtful = true;
            report(&error);
        }
    }

    pub(super) async fn close(&mut self) {
        if let Err(error) = self.store.close().await {
            report(&error);
        }
    }
}

/// Logs a fault of the store and gives the problem to answer with.
pub(crate) fn report(error: &StoreError) -> Problem {
    if matches!(error, StoreError::Full) {
        tracing::error!("no room: nothing was stored");
        return Problem::DiskFull;
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
            StoreError::Database(sqlx::Error::Io(io)) => Some(io.kind().to_string()),
            StoreError::Damaged(what) => Some((*what).to_owned()),
            _ => None,
        };
        Self(code.unwrap_or_else(|| "other".to_owned()))
    }
}

async fn replica(store: &Store, record: &ClinicRecord) -> Result<Replica, StoreError> {
    let mut roster = Roster::new(ClinicId::of_genesis(&record.genesis));
    for entry in store.members().await? {
        let member = entry.payload.bytes().map(Member::decode);
        let Some(Ok(member)) = member else {
            return Err(StoreError::Damaged("member entry"));
        };
        // Each counted when it arrived; one that no longer does was overruled by a later revocation.
        let _ = roster.apply(&entry.header, &member);
    }
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
