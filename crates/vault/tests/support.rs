//! What every test needs: a clock that stands still, a founded clinic, a server that can lie.
pub(crate) mod exchange;
pub(crate) mod intake;
pub(crate) mod join;
pub(crate) mod second;
pub(crate) mod server;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use casebook::basis::BasisKind;
use casebook::lead::Source;
use seal::RootSecret;
use tempfile::TempDir;
use vault::view::{Chip, LeadPage, LeadQuery, LeadSort, NewLead};
use vault::{
    Clock, Event, Found, Founding, FoundingPlan, LockedVault, OpenError, PaperKit, SharedClock,
    Vault, probe, set_reserve_bytes,
};

/// 2026-11-23 09:00 in Ho Chi Minh City.
pub(crate) const MORNING: i64 = 1_795_399_200_000;

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn at(ms: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(ms)))
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct Clinic {
    pub dir: TempDir,
    pub clock: Arc<TestClock>,
    pub root: [u8; 32],
    pub kit: PaperKit,
    pub vault: Vault,
}

pub(crate) fn plan() -> FoundingPlan {
    FoundingPlan {
        clinic_name: "Nha khoa Việt Smile".into(),
        branch: "Quận 3".into(),
        desk: "Quầy 1".into(),
        person: "Chị Hạnh".into(),
    }
}

impl Clinic {
    pub(crate) async fn found() -> Self {
        set_reserve_bytes(1 << 16);
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::at(MORNING);
        let founding = Founding::plan(plan(), clock.now_ms()).unwrap();
        let root = *founding.root().dangerous_bytes();
        let (vault, kit) = founding
            .create(dir.path(), Arc::clone(&clock) as SharedClock)
            .await
            .unwrap();
        Self {
            dir,
            clock,
            root,
            kit,
            vault,
        }
    }

    pub(crate) fn clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }

    pub(crate) fn root(&self) -> RootSecret {
        RootSecret::from_bytes(self.root)
    }

    pub(crate) async fn close(&self) {
        self.vault.close().await.unwrap();
    }

    /// Closes and opens again.
    pub(crate) async fn reopen(&mut self) {
        self.close().await;
        self.vault = self.unlock(None).await.unwrap();
    }

    pub(crate) async fn unlock(&self, mirrored: Option<u64>) -> Result<Vault, OpenError> {
        let locked = sealed(self.dir.path()).await?;
        locked
            .unlock(&self.root(), self.clock(), mirrored)
            .await
            .map_err(|(_, error)| error)
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.dir.path().join("letan.db")
    }
}

/// The database of a closed vault, as a stranger opens it.
pub(crate) async fn raw(clinic: &Clinic) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(clinic.database())
        .connect()
        .await
        .unwrap()
}

pub(crate) async fn sealed(dir: &Path) -> Result<LockedVault, OpenError> {
    match probe(dir).await? {
        Found::Sealed(locked) => Ok(locked),
        Found::Nothing => panic!("no database"),
    }
}

pub(crate) fn person(name: &str, phone: &str, question: &str) -> NewLead {
    NewLead {
        name: name.into(),
        phone: phone.into(),
        question: question.into(),
        source: Source::Phone,
        basis: BasisKind::Consent,
        basis_note: "Khách tự gọi đến, đồng ý qua điện thoại".into(),
        branch: None,
    }
}

pub(crate) fn all() -> LeadQuery {
    LeadQuery {
        chip: Chip::All,
        sort: LeadSort::Newest,
        limit: 200,
        ..LeadQuery::default()
    }
}

pub(crate) fn search(text: &str) -> LeadQuery {
    LeadQuery {
        text: text.into(),
        ..all()
    }
}

pub(crate) fn names(page: &LeadPage) -> Vec<&str> {
    page.rows.iter().map(|row| row.name.as_str()).collect()
}

/// Waits until every lead is in memory: whatever needs the directory does.
pub(crate) async fn loaded(vault: &Vault) {
    vault.today().await.unwrap();
}

/// Everything that has been told so far.
pub(crate) fn drain(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Vec<Event> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

/// Everything that a vault says of its leads, in a form that is compared byte by byte; marks of
/// where a record is are each PC's own.
pub(crate) async fn state(vault: &Vault) -> String {
    let mut rows = vault.leads(all()).await.unwrap().rows;
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let mut out = String::new();
    for row in rows {
        let mut lead = vault.lead(&row.id).await.unwrap();
        lead.row.sync = vault::view::SyncMark::OnlyHere;
        let mut lead = serde_json::to_value(&lead).unwrap();
        // The one depends on the minute in which it is asked, the other has marks of its own.
        for aside in ["permission", "siblings"] {
            lead.as_object_mut().unwrap().remove(aside);
        }
        out.push_str(&lead.to_string());
        out.push('\n');
    }
    out
}
