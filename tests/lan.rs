//! PCs of one clinic find each other at fixed addresses, without a server, and keep one connection.
use le_tan_lib::lan::{Lan, Places};
use seal::RootSecret;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use vault::view::{LeadQuery, NewLead};
use vault::{
    DeskPlan, Event, Found, Founding, FoundingPlan, SharedClock, SystemClock, Vault, probe,
};

const PATIENCE: Duration = Duration::from_secs(30);

struct Pc {
    _dir: TempDir,
    vault: Vault,
    events: Receiver<Event>,
    address: SocketAddr,
}

impl Pc {
    fn of(dir: TempDir, vault: Vault) -> Self {
        // Free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let events = vault.events();
        Self {
            _dir: dir,
            vault,
            events,
            address,
        }
    }

    fn lan(&self, peers: &[&Self]) -> Lan {
        let places = Places {
            listen: Some(self.address),
            peers: peers.iter().map(|peer| peer.address.to_string()).collect(),
            silent: true,
        };
        Lan::start(self.vault.clone(), places, true)
    }

    async fn add(&self, name: &str) {
        let lead = NewLead {
            name: name.into(),
            phone: "0912345678".into(),
            question: String::new(),
            source: casebook::lead::Source::Phone,
            basis: casebook::basis::BasisKind::Consent,
            basis_note: "qua điện thoại".into(),
            branch: None,
        };
        self.vault.add(lead).await.unwrap();
    }

    /// Waits, event by event, until it is so.
    async fn until(&mut self, so: impl AsyncFn(&Vault) -> bool) {
        let waiting = async {
            while !so(&self.vault).await {
                // Fallen behind or not: look again.
                let _ = self.events.recv().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("it never was so");
    }

    async fn until_leads(&mut self, count: usize) {
        self.until(async |vault| {
            let query = LeadQuery {
                limit: 50,
                ..LeadQuery::default()
            };
            vault.leads(query).await.unwrap().rows.len() == count
        })
        .await;
    }

    async fn until_nearby(&mut self, count: usize) {
        self.until(async |vault| vault.sync_view().await.unwrap().nearby.len() == count)
            .await;
    }
}

/// Two PCs of a clinic that has no server.
async fn two() -> (Pc, Pc) {
    vault::set_reserve_bytes(1 << 16);
    let clock: SharedClock = Arc::new(SystemClock);
    let dir = tempfile::tempdir().unwrap();
    let plan = FoundingPlan {
        clinic_name: "Nha khoa Việt Smile".into(),
        branch: "Quận 1".into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    };
    let founding = Founding::plan(plan, clock.now_ms()).unwrap();
    let root = RootSecret::from_bytes(*founding.root().dangerous_bytes());
    let founded = founding.create(dir.path(), Arc::clone(&clock)).await;
    let (first, kit) = founded.unwrap();
    first.close().await.unwrap();
    let other = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "letan.lock" {
            std::fs::copy(entry.path(), other.path().join(entry.file_name())).unwrap();
        }
    }
    let plan = DeskPlan {
        branch: "Quận 3".into(),
        desk: "Quầy 2".into(),
        person: String::new(),
    };
    let new_root = RootSecret::from_bytes(rand::random());
    let recovered = sealed(other.path()).await;
    let recovered = recovered.recover(&kit.root, &new_root, plan, Arc::clone(&clock));
    let second = recovered.await.map_err(|(_, error)| error).unwrap().vault;
    let first = sealed(dir.path()).await.unlock(&root, clock, None).await;
    let first = first.map_err(|(_, error)| error).unwrap();
    (Pc::of(dir, first), Pc::of(other, second))
}

async fn sealed(dir: &Path) -> vault::LockedVault {
    match probe(dir).await.unwrap() {
        Found::Sealed(locked) => locked,
        Found::Nothing => panic!("no database"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_what_is_written_at_one_pc_is_soon_at_the_other() {
    let (mut a, mut b) = two().await;
    // Only one of them knows where the other is: a connection carries both ways.
    let (lan_a, lan_b) = (a.lan(&[]), b.lan(&[&a]));
    a.until_nearby(1).await;
    a.add("Lê An").await;
    b.until_leads(1).await;
    b.add("Trần Bình").await;
    a.until_leads(2).await;
    lan_b.stop().await;
    a.until_nearby(0).await;
    lan_a.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pcs_that_dial_each_other_agree_and_the_switch_ends_and_begins_it() {
    let (mut a, mut b) = two().await;
    let (lan_a, lan_b) = (a.lan(&[&b]), b.lan(&[&a]));
    for round in 0..5 {
        a.add(&format!("Lê An {round}")).await;
        b.until_leads(2 * round + 1).await;
        b.add(&format!("Trần Bình {round}")).await;
        a.until_leads(2 * round + 2).await;
    }
    lan_b.switch(false);
    a.until_nearby(0).await;
    b.until_nearby(0).await;
    a.add("khi tắt").await;
    lan_b.switch(true);
    b.until_leads(11).await;
    lan_a.stop().await;
    lan_b.stop().await;
}
