//! A question posted to the real server reaches the desk, the person hears of it, and nothing is
//! lost while the server is away.
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, Log, world};
use intake::{Config, Server};
use le_tan_lib::desk::Desk;
use le_tan_lib::failure::Code;
use le_tan_lib::outside::News;
use le_tan_lib::status::FoundingForm;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vault::view::{LeadAct, LeadQuery, SyncState};

/// A running server that can be stopped and started again in its place.
struct Site {
    address: SocketAddr,
    setup_code: Option<String>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Site {
    async fn start(data: &Path, address: &str) -> Self {
        let config = Config::new(address.parse().unwrap(), data);
        let server = Server::bind(config).await.unwrap();
        let (address, setup_code) = (server.addr(), server.setup_code());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            // Dropped or sent: both mean stop.
            let _ = stopped.await;
        }));
        Self {
            address,
            setup_code,
            stop,
            running,
        }
    }

    async fn stop(self) -> SocketAddr {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        self.address
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a visitor's browser without script sends.
    async fn ask(&self, name: &str) {
        vault::remote::speak_tls();
        let client = reqwest::Client::new();
        let about = client
            .get(format!("{}/v1/clinic", self.url()))
            .send()
            .await
            .unwrap();
        let about: Value = serde_json::from_slice(&about.bytes().await.unwrap()).unwrap();
        let question = json!({
            "name": name, "phone": "0912 345 678", "question": "Niềng răng mất bao lâu?",
            "notice_version": about["notice"]["version"], "notice_hash": about["notice"]["hash"],
        });
        let answer = client
            .post(format!("{}/v1/submissions", self.url()))
            .header("content-type", "application/json")
            .header("letan-fill-ms", "20000")
            .body(question.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    }
}

/// A desk with a clinic, not yet claimed.
async fn desk() -> (TempDir, Desk, Log) {
    let dir = tempfile::tempdir().unwrap();
    let (world, log) = world();
    let desk = Desk::new(dir.path(), Moody::new(Mood::Well).keychain(), world);
    desk.start().await;
    let form = FoundingForm {
        clinic: "Nha khoa Việt Smile".into(),
        branch: "Quận 1".into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    };
    desk.found(form).await.unwrap();
    (dir, desk, log)
}

async fn sync_state(log: &mut Log, wanted: SyncState) {
    log.until(|deed| match deed {
        Deed::Told(News::Sync(view)) => (view.state == wanted).then_some(()),
        _ => None,
    })
    .await;
}

async fn announced(log: &mut Log) -> u32 {
    log.until(|deed| match deed {
        Deed::Announced(count) => Some(*count),
        _ => None,
    })
    .await
}

async fn first(desk: &Desk) -> String {
    let query = LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    };
    let page = desk.vault().unwrap().leads(query).await.unwrap();
    page.rows[0].id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_from_the_website_is_announced_and_listed() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (_dir, desk, mut log) = desk().await;
    let code = site.setup_code.clone().unwrap();
    let claimed = desk.claim(&site.url(), &code).await.unwrap();
    assert!(claimed.server.is_some());
    sync_state(&mut log, SyncState::Synced).await;
    site.ask("Trần Thị Ỷ").await;
    assert_eq!(announced(&mut log).await, 1);
    let lead = desk
        .vault()
        .unwrap()
        .lead(&first(&desk).await)
        .await
        .unwrap();
    assert_eq!(lead.row.name, "Trần Thị Ỷ");
    desk.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_without_the_server_and_is_sent_when_it_is_back() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (_dir, desk, mut log) = desk().await;
    let code = site.setup_code.clone().unwrap();
    desk.claim(&site.url(), &code).await.unwrap();
    site.ask("Trần Thị Ỷ").await;
    announced(&mut log).await;
    let address = site.stop().await;
    sync_state(&mut log, SyncState::Offline).await;
    let note = LeadAct::Note {
        text: "hẹn chiều mai".into(),
    };
    let acted = desk.vault().unwrap().act(&first(&desk).await, note).await;
    desk.recorded(acted).unwrap();
    assert!(desk.sync_view().await.unwrap().unsent > 0);
    let site = Site::start(data.path(), &address.to_string()).await;
    desk.wake_worker();
    sync_state(&mut log, SyncState::Synced).await;
    assert_eq!(desk.sync_view().await.unwrap().unsent, 0);
    desk.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_claimed_with_the_right_code_and_only_over_a_safe_way() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (_dir, desk, _) = desk().await;
    let right = site.setup_code.clone().unwrap();
    for (url, code, refusal) in [
        (site.url(), "AAAA-AAAA-AAAA", Code::WrongSetupCode),
        (
            "http://example.org".into(),
            right.as_str(),
            Code::InsecureAddress,
        ),
        (
            "không phải địa chỉ".into(),
            right.as_str(),
            Code::BadAddress,
        ),
        (
            "http://127.0.0.1:9".into(),
            right.as_str(),
            Code::ServerUnreachable,
        ),
    ] {
        let failure = desk.claim(&url, code).await.err().unwrap();
        assert_eq!(failure.code, refusal, "{url}");
    }
    assert!(desk.claim(&site.url(), &right).await.is_ok());
    desk.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_unasked_while_entries_are_on_this_pc_only() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (_dir, desk, mut log) = desk().await;
    // Alone there is nobody else who could have anything.
    assert_eq!(desk.here_only(), 0);
    let code = site.setup_code.clone().unwrap();
    desk.claim(&site.url(), &code).await.unwrap();
    sync_state(&mut log, SyncState::Synced).await;
    site.ask("Trần Thị Ỷ").await;
    assert_eq!(announced(&mut log).await, 1);
    site.stop().await;
    sync_state(&mut log, SyncState::Offline).await;
    let note = LeadAct::Note { text: "x".into() };
    let id = first(&desk).await;
    desk.vault().unwrap().act(&id, note).await.unwrap();
    let refused = desk.leave(false).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.detail.as_deref()),
        (Code::Unsent, Some("1"))
    );
    assert!(!log.all().contains(&Deed::Quit));
    desk.leave(true).await.unwrap();
    assert!(log.all().contains(&Deed::Quit));
    desk.close().await;
}
