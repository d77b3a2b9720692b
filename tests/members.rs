//! A second PC from the code on the first one's screen to its own removal, over the real server.
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, Log, name, world};
use intake::{Config, Server};
use le_tan_lib::desk::Desk;
use le_tan_lib::failure::Code;
use le_tan_lib::outside::News;
use le_tan_lib::status::{FoundingForm, Kit, Phase};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vault::view::{DeskRole, Inviting, JoinForm, Joining, LeadQuery, NewLead};

/// A running server.
struct Site {
    url: String,
    code: String,
    _data: TempDir,
    _stop: oneshot::Sender<()>,
    _running: JoinHandle<()>,
}

impl Site {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = Config::new("127.0.0.1:0".parse().unwrap(), data.path());
        let server = Server::bind(config).await.unwrap();
        let (url, code) = (format!("http://{}", server.addr()), server.setup_code());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            url,
            code: code.unwrap(),
            _data: data,
            _stop: stop,
            _running: running,
        }
    }
}

impl Site {
    /// Epoch of the key that the website seals to.
    async fn epoch(&self) -> u64 {
        let about = reqwest::get(format!("{}/v1/clinic", self.url)).await;
        let about = about.unwrap().bytes().await.unwrap();
        let about: serde_json::Value = serde_json::from_slice(&about).unwrap();
        about["epoch"].as_u64().unwrap()
    }
}

/// A PC with its program.
struct Pc {
    dir: TempDir,
    keychain: Moody,
    desk: Desk,
    log: Log,
}

impl Pc {
    async fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keychain = Moody::new(Mood::Well);
        keychain.with(|contents| contents.may_delete = true);
        let (world, log) = world();
        let desk = Desk::new(dir.path(), keychain.keychain(), world);
        assert_eq!(desk.start().await.phase, Phase::NoClinic);
        Self {
            dir,
            keychain,
            desk,
            log,
        }
    }

    /// Ends the program and starts it again.
    async fn restart(&mut self) -> &'static str {
        self.desk.close().await;
        let (world, log) = world();
        self.desk = Desk::new(self.dir.path(), self.keychain.keychain(), world);
        self.log = log;
        name(&self.desk.start().await.phase)
    }

    async fn total(&self) -> u32 {
        let vault = self.desk.vault().unwrap();
        let query = LeadQuery {
            chip: vault::view::Chip::All,
            limit: 10,
            ..LeadQuery::default()
        };
        vault.leads(query).await.unwrap().total
    }

    async fn joining(&mut self, wanted: fn(&Joining) -> bool) {
        self.log
            .until(|deed| match deed {
                Deed::Told(News::Joining(now)) if wanted(now) => Some(()),
                _ => None,
            })
            .await;
    }

    async fn phase(&mut self, wanted: &'static str) {
        self.log
            .until(|deed| match deed {
                Deed::Told(News::Phase(status)) if name(&status.phase) == wanted => Some(()),
                _ => None,
            })
            .await;
    }
}

fn lead(name: &str, phone: &str) -> NewLead {
    serde_json::from_value(serde_json::json!({
        "name": name, "phone": phone, "question": "Niềng răng?", "source": "phone",
        "basis": "contract", "basisNote": "gọi đến quầy", "branch": null
    }))
    .unwrap()
}

/// The first PC: a clinic with a server, its kit checked, one lead.
async fn owner(site: &Site) -> (Pc, Kit) {
    let pc = Pc::bare().await;
    let form = FoundingForm {
        clinic: "Nha khoa Việt Smile".into(),
        branch: "Quận 1".into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    };
    let kit = pc.desk.found(form).await.unwrap();
    let answers: Vec<String> = kit
        .ask
        .iter()
        .map(|place| kit.words[usize::from(*place) - 1].clone())
        .collect();
    pc.desk.check_kit(&answers).await.unwrap();
    pc.desk.claim(&site.url, &site.code).await.unwrap();
    let vault = pc.desk.vault().unwrap();
    vault
        .add(lead("Trần Văn Bình", "0912345678"))
        .await
        .unwrap();
    vault.sync().await.unwrap();
    (pc, kit)
}

fn form(code: String, desk: &str) -> JoinForm {
    JoinForm {
        code,
        server: None,
        desk: desk.into(),
        branch: "Quận 7".into(),
    }
}

/// Lets `new` in at `owner`'s, as two people at two screens do.
async fn let_in(owner: &mut Pc, new: &mut Pc, role: DeskRole, desk: &str) {
    let invited = owner.desk.invite(role).await.unwrap();
    assert!(invited.qr_svg.starts_with("<svg"));
    let confirm = new
        .desk
        .join(form(invited.invitation.link, desk))
        .await
        .unwrap();
    let Joining::Confirm { digits, clinic, .. } = confirm else {
        panic!("{confirm:?}");
    };
    assert_eq!(clinic, "Nha khoa Việt Smile");
    let shown = owner
        .log
        .until(|deed| match deed {
            Deed::Told(News::Inviting(Inviting::Asked { digits, .. })) => Some(digits.clone()),
            _ => None,
        })
        .await;
    assert_eq!(shown, digits);
    let confirmed = owner.desk.confirm_desk(true).await.unwrap();
    assert!(matches!(confirmed, Inviting::Joined { .. }));
    new.phase("ready").await;
    new.joining(|now| *now == Joining::Joined).await;
}

#[tokio::test]
async fn a_pc_joins_works_is_cut_off_deletes_itself_and_joins_again() {
    let site = Site::start().await;
    let (mut first, _kit) = owner(&site).await;
    let mut second = Pc::bare().await;
    let_in(&mut first, &mut second, DeskRole::Desk, "Quầy 2").await;
    second.desk.vault().unwrap().sync().await.unwrap();
    assert_eq!(second.total().await, 1);
    let vault = second.desk.vault().unwrap();
    vault.add(lead("Lê Minh", "0987654321")).await.unwrap();
    vault.sync().await.unwrap();
    assert_eq!(second.restart().await, "ready");

    let desks = first.desk.desks().await.unwrap();
    assert!(desks.may_manage);
    let id = desks.desks.iter().find(|row| !row.me).unwrap().id.clone();
    let after = first.desk.revoke(&id, false).await.unwrap();
    assert!(after.desks.iter().any(|row| row.revoked_at.is_some()));
    first.desk.vault().unwrap().sync().await.unwrap();
    assert_eq!(first.total().await, 2);
    assert!(site.epoch().await > 1, "the website seals to the new key");

    second.phase("removed").await;
    let files: Vec<String> = std::fs::read_dir(second.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !files.iter().any(|name| name.starts_with("letan.db")),
        "{files:?}"
    );
    assert!(second.keychain.accounts().is_empty());
    let closed = second.desk.desks().await.err().map(|failure| failure.code);
    assert_eq!(closed, Some(Code::NotReady));
    assert_eq!(second.restart().await, "removed");
    let Phase::Removed { cut_off: Some(end) } = second.desk.status().phase else {
        panic!("still says when and by whom, after a restart");
    };
    let revoked_at = after.desks.iter().find_map(|row| row.revoked_at);
    assert_eq!(Some(end.at), revoked_at);
    let owner = after.desks.iter().find(|row| row.me);
    assert_eq!(end.by.as_ref(), owner.map(|row| &row.name));

    let_in(&mut first, &mut second, DeskRole::Desk, "Quầy 2").await;
    assert_eq!(second.restart().await, "ready");
    first.desk.close().await;
    second.desk.close().await;
}

#[tokio::test]
async fn a_removal_that_was_interrupted_is_ended_at_the_next_start() {
    let site = Site::start().await;
    let (mut first, _kit) = owner(&site).await;
    let mut second = Pc::bare().await;
    let_in(&mut first, &mut second, DeskRole::Desk, "Quầy 2").await;
    let clinic = second.desk.vault().unwrap().clinic_id().to_string();
    second.desk.close().await;
    std::fs::write(second.dir.path().join("removed"), clinic).unwrap();
    assert_eq!(second.restart().await, "removed");
    assert!(!second.dir.path().join("letan.db").exists());
    assert!(second.keychain.accounts().is_empty());
    first.desk.close().await;
}

#[tokio::test]
async fn a_key_that_a_broken_attempt_left_behind_confuses_nobody() {
    let site = Site::start().await;
    let (mut first, _kit) = owner(&site).await;
    let mut second = Pc::bare().await;
    let clinic = first.desk.vault().unwrap().clinic_id().to_string();
    let left = vec![7; 32];
    second.keychain.with(|contents| {
        contents.entries.insert(clinic.clone(), left.clone());
        let counter = 5_u64.to_le_bytes().to_vec();
        contents
            .entries
            .insert(format!("{clinic}.counter"), counter);
    });
    let_in(&mut first, &mut second, DeskRole::Owner, "Quầy 2").await;
    assert_eq!(second.restart().await, "ready");
    let former = second.keychain.value(&format!("{clinic}.former-1"));
    assert_eq!(former, Some(left));
    // By now it knows that it is an owner's: the first exchange told.
    second.desk.vault().unwrap().sync().await.unwrap();
    assert!(second.desk.desks().await.unwrap().may_manage);
    first.desk.close().await;
    second.desk.close().await;
}

#[tokio::test]
async fn a_keychain_that_keeps_nothing_is_noticed_before_anybody_is_let_in() {
    let site = Site::start().await;
    let (first, _kit) = owner(&site).await;
    let second = Pc::bare().await;
    let invited = first.desk.invite(DeskRole::Desk).await.unwrap();
    second.keychain.set(Mood::Gone);
    let joined = second
        .desk
        .join(form(invited.invitation.link, "Quầy 2"))
        .await;
    assert_eq!(
        joined.err().map(|f| f.code),
        Some(Code::KeychainUnavailable)
    );
    assert_eq!(second.desk.joining(), Joining::Idle);
    first.desk.close().await;
}

#[tokio::test]
async fn a_no_at_the_other_screen_and_a_slip_in_the_code_lead_back() {
    let site = Site::start().await;
    let (mut first, _kit) = owner(&site).await;
    let mut second = Pc::bare().await;
    let slip = second.desk.join(form("ABCD-EFGH".into(), "Quầy 2")).await;
    assert_eq!(slip.err().map(|f| f.code), Some(Code::WrongInvitation));
    let invited = first.desk.invite(DeskRole::Desk).await.unwrap();
    let link = invited.invitation.link;
    second.desk.join(form(link, "Quầy 2")).await.unwrap();
    first
        .log
        .until(|deed| {
            matches!(deed, Deed::Told(News::Inviting(Inviting::Asked { .. }))).then_some(())
        })
        .await;
    first.desk.confirm_desk(false).await.unwrap();
    second.joining(|now| *now == Joining::Refused).await;
    assert_eq!(second.restart().await, "noClinic");
    assert!(second.keychain.accounts().is_empty());
    first.desk.close().await;
}

#[tokio::test]
async fn the_kit_and_the_server_bring_everything_back_when_every_pc_is_gone() {
    let site = Site::start().await;
    let (first, kit) = owner(&site).await;
    first.desk.close().await;
    let mut bare = Pc::bare().await;
    let words = kit.words.join(" ");
    let recover = |words: String, url: String| {
        let desk = bare.desk.clone();
        async move {
            desk.recover_from_server(
                &words,
                &url,
                "Máy mới".into(),
                "Quận 1".into(),
                "Lan".into(),
            )
            .await
        }
    };
    let mut wrong = kit.words.clone();
    wrong.swap(0, 1);
    let typo = recover(wrong.join(" "), site.url.clone()).await;
    assert!(typo.is_err());
    let other = vault::RootSecret::from_bytes([9; 32]).words().to_string();
    let foreign = recover(other, site.url.clone()).await;
    assert_eq!(foreign.err().map(|f| f.code), Some(Code::WrongWords));
    let nobody = recover(words.clone(), "http://127.0.0.1:9".into()).await;
    assert_eq!(nobody.err().map(|f| f.code), Some(Code::ServerUnreachable));
    assert!(bare.keychain.accounts().is_empty());
    let back = recover(words, site.url.clone()).await.unwrap();
    assert!(back.lost.is_empty(), "{:?}", back.lost);
    assert_eq!(name(&back.status.phase), "ready");
    assert_eq!(bare.total().await, 1);
    bare.desk.vault().unwrap().sync().await.unwrap();
    assert_eq!(bare.restart().await, "ready");
    bare.desk.close().await;
}
