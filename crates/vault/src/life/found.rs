//! Founding a clinic: the first desk, the paper kit, the first clinic key.
use std::path::Path;
use std::sync::Arc;

use casebook::text;
use ledger::{ClinicId, Epoch, Ledger, Member, RecordId, Replica, Role};
use rand::rng;
use seal::{ClinicKey, RootSecret, StorageKey, Table};

use super::{Found, FoundingPlan, PAPER_NAME, PaperKit, open, probe};
use crate::clock::SharedClock;
use crate::desk::{Scribe, Vault};
use crate::failure::OpenError;
use crate::local::{self, Profile};
use crate::state::State;
use crate::store::files::{Files, Hold};
use crate::store::ledger_rows::{Identity, Numbers, put_identity};
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault, Store};

/// Name of the database until it is whole.
pub(super) const UNFINISHED: &str = "letan.founding";

/// Names that people give, in characters.
pub(super) const NAME_CHARS: usize = 100;

/// A clinic that exists in memory only, so that its key can be kept safe before there is data.
pub struct Founding {
    person: String,
    root: RootSecret,
    paper: RootSecret,
    key: ClinicKey,
    scribe: Scribe,
    clinic: ClinicId,
}

/// A name as a plan gives it; `None` when it is empty or too long.
pub(crate) fn name(raw: &str) -> Option<String> {
    let name = text::one_line(raw, NAME_CHARS + 1);
    (!name.is_empty() && name.chars().count() <= NAME_CHARS).then_some(name)
}

impl Founding {
    /// Makes every key and the first entries. `now_ms` is milliseconds since the Unix epoch.
    pub fn plan(plan: FoundingPlan, now_ms: i64) -> Result<Self, OpenError> {
        let FoundingPlan {
            clinic_name,
            branch,
            desk,
            person,
        } = plan;
        let clinic = name(&clinic_name).ok_or(OpenError::BadPlan)?;
        let desk = name(&desk).ok_or(OpenError::BadPlan)?;
        let branch = text::one_line(&branch, casebook::lead::Limits::BRANCH);
        let root = RootSecret::generate(&mut rng());
        let paper = RootSecret::generate(&mut rng());
        let key = ClinicKey::generate(&mut rng(), Epoch::FIRST);
        let (own, kit) = (root.signer().keys(), paper.signer().keys());
        let genesis = Member::Genesis {
            keys: own,
            clinic,
            name: desk,
            branch,
        };
        let (ledger, id) = begin(&genesis, now_ms)?;
        let mut scribe = Scribe {
            ledger,
            replica: Replica::new(id),
            entries: Vec::new(),
        };
        scribe.member(&genesis, now_ms)?;
        let name = PAPER_NAME.to_owned();
        let enrol = Member::Enrol {
            keys: kit,
            role: Role::Paper,
            name,
            branch: String::new(),
        };
        scribe.member(&enrol, now_ms)?;
        scribe.grant(&own, &key, now_ms)?;
        scribe.grant(&kit, &key, now_ms)?;
        let person = text::one_line(&person, casebook::lead::Limits::PERSON);
        Ok(Self {
            person,
            root,
            paper,
            key,
            scribe,
            clinic: id,
        })
    }

    /// The clinic's id: the account under which the keychain keeps the key.
    #[must_use]
    pub const fn clinic_id(&self) -> ClinicId {
        self.clinic
    }

    /// This desk's secret, to be kept in the keychain before [`Founding::create`].
    #[must_use]
    pub const fn root(&self) -> &RootSecret {
        &self.root
    }

    /// Creates the database; never where there is one.
    pub async fn create(
        self,
        dir: &Path,
        clock: SharedClock,
    ) -> Result<(Vault, PaperKit), OpenError> {
        let rows = self.first_rows(&self.root.storage_key())?;
        let vault = create_database(dir, rows, &self.root, clock).await?;
        Ok((vault, PaperKit { root: self.paper }))
    }

    fn first_rows(&self, storage: &StorageKey) -> Result<Batch, Fault> {
        let mut batch = Batch::new();
        let signer = self.root.signer();
        put_identity(
            &mut batch,
            Identity {
                clinic: self.clinic,
                author: signer.id(),
            },
        );
        let mut state = State::new();
        self.scribe
            .put(&mut batch, &mut state, &mut Numbers::new(), &signer);
        state.set_ledgers(&self.scribe.replica, self.scribe.ledger.seq());
        put_epoch_key(&mut batch, storage, &self.key)?;
        let profile = Profile {
            person: self.person.clone(),
            ..Profile::default()
        };
        local::put(&mut batch, storage, &profile, None)?;
        state.put(&mut batch, storage)?;
        Ok(batch)
    }
}

/// Makes a database of these rows, never where there is one, and opens it. Cut off at any moment,
/// there is no database or a whole one.
pub(super) async fn create_database(
    dir: &Path,
    rows: Batch,
    root: &RootSecret,
    clock: SharedClock,
) -> Result<Vault, OpenError> {
    let files = Files::new(dir);
    files.create_directory()?;
    let hold = Arc::new(Hold::take(&files)?);
    if files.exists()? {
        return Err(OpenError::Exists);
    }
    let unfinished = files.beside(UNFINISHED);
    unfinished.discard()?;
    let store = Store::open(unfinished.clone(), Arc::clone(&hold), true).await?;
    let written = store.write(rows).await;
    let closed = store.close().await;
    if let Err(fault) = written.and(closed) {
        let _ = unfinished.discard();
        return Err(fault.into());
    }
    drop(store);
    unfinished.publish(&files)?;
    drop(hold);
    let Found::Sealed(locked) = probe(dir).await? else {
        return Err(OpenError::Damaged);
    };
    open::unlock(&locked, root, clock, None).await
}

/// The ledger before its genesis, and the clinic that this genesis will begin.
fn begin(genesis: &Member, now_ms: i64) -> Result<(Ledger, ClinicId), OpenError> {
    let ledger = Ledger::new(genesis.author());
    let about = RecordId::from(genesis.author());
    let entry = ledger
        .next(ledger::Kind::Member, about, Epoch::NONE, now_ms)
        .finish(genesis.encode())
        .map_err(|_| OpenError::BadPlan)?;
    Ok((ledger, ClinicId::of_genesis(&entry.header.hash())))
}

/// Whether the PC of this plan has a name.
pub(crate) fn is_named(plan: &super::DeskPlan) -> bool {
    name(&plan.desk).is_some()
}

/// Adds a clinic key to a transaction.
pub(crate) fn put_epoch_key(
    batch: &mut Batch,
    storage: &StorageKey,
    key: &ClinicKey,
) -> Result<(), Fault> {
    let row = i64::from(key.epoch().0);
    let version = sealed_rows::next_version(None);
    let sealed = sealed_rows::seal(
        storage,
        Table::Key,
        row,
        version,
        key.dangerous_bytes().as_slice(),
    )?;
    sealed_rows::put(
        batch,
        Table::Key,
        SealedRow {
            row,
            version,
            sealed,
        },
    );
    Ok(())
}
