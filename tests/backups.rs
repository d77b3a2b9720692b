//! A PC burns down, its backup and the words bring the clinic back, and the server gives the rest.
use crate::exchange::Site;
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, Log, World, name, world};
use le_tan_lib::desk::Desk;
use le_tan_lib::failure::Code;
use le_tan_lib::outside::News;
use le_tan_lib::status::{FoundingForm, Kit, Lost, Repaired};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use vault::view::{BackupOutcome, BackupView, LeadQuery, NewLead, SyncState};

/// A PC with the program running on it.
struct Pc {
    dir: TempDir,
    keychain: Moody,
    world: Arc<World>,
    desk: Desk,
    log: Log,
}

impl Pc {
    async fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keychain = Moody::new(Mood::Well);
        let (world, log) = world();
        let desk = Desk::new(
            dir.path(),
            keychain.keychain(),
            Arc::clone(&world) as Arc<_>,
        );
        desk.start().await;
        Self {
            dir,
            keychain,
            world,
            desk,
            log,
        }
    }

    async fn with_clinic() -> (Self, Kit) {
        let pc = Self::bare().await;
        let form = FoundingForm {
            clinic: "Nha khoa Việt Smile".into(),
            branch: "Quận 1".into(),
            desk: "Quầy 1".into(),
            person: "Lan".into(),
        };
        let kit = pc.desk.found(form).await.unwrap();
        (pc, kit)
    }

    async fn add(&self, name: &str) {
        let lead: NewLead = serde_json::from_value(serde_json::json!({
            "name": name, "phone": "", "question": "Niềng răng?", "source": "walkIn",
            "basis": "contract", "basisNote": "đến quầy", "branch": null
        }))
        .unwrap();
        let added = self.desk.vault().unwrap().add(lead).await;
        self.desk.recorded(added).unwrap();
    }

    async fn names(&self) -> Vec<String> {
        let query = LeadQuery {
            limit: 100,
            ..LeadQuery::default()
        };
        let page = self.desk.vault().unwrap().leads(query).await.unwrap();
        let mut names: Vec<String> = page.rows.into_iter().map(|row| row.name).collect();
        names.sort();
        names
    }

    /// Waits until backups stand so.
    async fn until(&mut self, wanted: impl Fn(&BackupView) -> bool) -> BackupView {
        loop {
            let view = self.desk.backups().await.unwrap();
            if !view.busy && wanted(&view) {
                return view;
            }
            self.log
                .until(|deed| (*deed == Deed::Told(News::Backups)).then_some(()))
                .await;
        }
    }

    async fn synced(&mut self) {
        loop {
            let view = self.desk.sync_view().await.unwrap();
            if view.state == SyncState::Synced && view.unsent == 0 {
                assert_eq!(view.alarms, vec![], "an alarm");
                return;
            }
            self.desk.wake_worker();
            let told = |deed: &Deed| matches!(deed, Deed::Told(News::Sync(_))).then_some(());
            self.log.until(told).await;
        }
    }

    async fn restore(&self, drive: &Path, kit: &Kit, desk: &str) -> Result<Repaired, Code> {
        let found = self.desk.find_backups(drive.to_str().unwrap()).await;
        let newest = found.unwrap().remove(0);
        let words = kit.words.join(" ");
        self.desk
            .restore(
                &newest.id,
                &words,
                desk.into(),
                "Quận 1".into(),
                "Lan".into(),
            )
            .await
            .map_err(|failure| failure.code)
    }

    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.dir.path()).unwrap();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "letan.lock")
            .collect()
    }
}

/// The drive that stands in for a memory stick, if this is the run that has one. Else runs the
/// test `name` once more with one: a program's own environment can't be changed safely.
fn drive(name: &str) -> Option<PathBuf> {
    if let Some(drive) = std::env::var_os("LETAN_DRIVES") {
        return Some(drive.into());
    }
    let drive = tempfile::tempdir().unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("backups::{name}"), "--nocapture"])
        .env("LETAN_DRIVES", drive.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burnt_pc_comes_back_twice_over_and_nobody_writes_a_fork() {
    let Some(drive) = drive("a_burnt_pc_comes_back_twice_over_and_nobody_writes_a_fork") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (mut first, kit) = Pc::with_clinic().await;
    let code = site.setup_code.clone().unwrap();
    first.desk.claim(&site.url(), &code).await.unwrap();
    first.add("Trước sao lưu").await;
    let id = drive.to_str().unwrap().to_owned();
    let view = first.desk.choose_backup_place(Some(id)).await.unwrap();
    assert!(view.overdue);
    // Nobody has to ask for the first one, nor for its drill.
    let view = first.until(|view| view.drill.is_some()).await;
    assert_eq!((view.kept, view.overdue), (1, false));
    let drill = view.drill.unwrap();
    assert_eq!((drill.outcome, drill.leads), (BackupOutcome::Good, 1));
    first.add("Sau sao lưu").await;
    site.ask("Từ website").await;
    first
        .log
        .until(|deed| matches!(deed, Deed::Announced(_)).then_some(()))
        .await;
    first.synced().await;
    let old = first.desk.vault().unwrap().author();
    first.desk.close().await;

    let everything = ["Sau sao lưu", "Trước sao lưu", "Từ website"];
    let mut authors = vec![old];
    for (desk, more) in [("Quầy mới", vec![]), ("Quầy mới nữa", vec!["Từ quầy mới"])]
    {
        let mut pc = Pc::bare().await;
        let back = pc.restore(&drive, &kit, desk).await.unwrap();
        assert_eq!(name(&back.status.phase), "ready");
        assert_eq!(back.lost, Vec::<Lost>::new());
        // What the server knows is here before the window opens.
        let mut expected: Vec<&str> = everything.iter().copied().chain(more).collect();
        expected.sort_unstable();
        assert_eq!(pc.names().await, expected, "{desk}");
        let author = pc.desk.vault().unwrap().author();
        assert!(!authors.contains(&author));
        authors.push(author);
        pc.add("Từ quầy mới").await;
        pc.synced().await;
        assert!(pc.keychain.accounts().iter().any(|a| !a.contains('.')));
        pc.desk.close().await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_server_a_backup_still_comes_back() {
    let Some(drive) = drive("without_its_server_a_backup_still_comes_back") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path(), "127.0.0.1:0").await;
    let (mut first, kit) = Pc::with_clinic().await;
    let code = site.setup_code.clone().unwrap();
    first.desk.claim(&site.url(), &code).await.unwrap();
    first.add("Trước sao lưu").await;
    first.synced().await;
    let id = drive.to_str().unwrap().to_owned();
    first.desk.choose_backup_place(Some(id)).await.unwrap();
    first.until(|view| view.last_good_at.is_some()).await;
    first.desk.close().await;
    let address = site.stop().await;
    let mut pc = Pc::bare().await;
    let back = pc.restore(&drive, &kit, "Quầy mới").await.unwrap();
    assert_eq!(name(&back.status.phase), "ready");
    assert_eq!(pc.names().await, ["Trước sao lưu"]);
    pc.add("Từ quầy mới").await;
    let site = Site::start(data.path(), &address.to_string()).await;
    pc.synced().await;
    pc.desk.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_can_not_be_leaves_nothing_and_says_why() {
    let Some(drive) = drive("a_restore_that_can_not_be_leaves_nothing_and_says_why") else {
        return;
    };
    let (mut first, kit) = Pc::with_clinic().await;
    let id = drive.to_str().unwrap().to_owned();
    first.desk.choose_backup_place(Some(id)).await.unwrap();
    first.until(|view| view.drill.is_some()).await;
    let over_data = first.restore(&drive, &kit, "Quầy mới").await;
    assert_eq!(over_data.err(), Some(Code::AlreadyFounded));
    let (_, stranger) = Pc::with_clinic().await;

    let pc = Pc::bare().await;
    let wrong = pc.restore(&drive, &stranger, "Quầy mới").await;
    assert_eq!(wrong.err(), Some(Code::WrongWords));
    assert_eq!(pc.keychain.accounts(), Vec::<String>::new());
    pc.keychain.set(Mood::Gone);
    let keyless = pc.restore(&drive, &kit, "Quầy mới").await;
    assert_eq!(keyless.err(), Some(Code::KeychainUnavailable));
    pc.keychain.set(Mood::Well);
    let nameless = pc.restore(&drive, &kit, " ").await;
    assert_eq!(nameless.err(), Some(Code::BadInput));
    assert_eq!(pc.files(), Vec::<String>::new());
    let words = kit.words.join(" ");
    let desk = &pc.desk;
    let unknown = desk.restore(
        "/etc/passwd",
        &words,
        "Q".into(),
        String::new(),
        String::new(),
    );
    assert_eq!(unknown.await.err().unwrap().code, Code::NotFound);
    assert_eq!(name(&pc.desk.status().phase), "noClinic");
    assert!(pc.restore(&drive, &kit, "Quầy mới").await.is_ok());
    pc.desk.close().await;
    first.desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_dialog_gives_backups_a_folder_of_their_own() {
    let (mut pc, _) = Pc::with_clinic().await;
    let nas = tempfile::tempdir().unwrap();
    let thought_better = pc.desk.choose_backup_place(None).await;
    assert_eq!(thought_better.err().unwrap().code, Code::Cancelled);
    pc.world.will_choose(Some(nas.path()));
    let view = pc.desk.choose_backup_place(None).await.unwrap();
    let folder = nas.path().join("LeTan");
    assert_eq!(view.place.as_deref(), folder.to_str());
    pc.until(|view| view.drill.is_some()).await;
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 1);
    // The disk is away, its mount point is empty.
    std::fs::rename(&folder, nas.path().join("away")).unwrap();
    let missing = pc.desk.back_up_now().await;
    assert_eq!(missing.err().unwrap().code, Code::BackupPlaceMissing);
    assert!(!folder.exists());
    pc.world.will_choose(Some(&nas.path().join("nowhere")));
    let nowhere = pc.desk.choose_backup_place(None).await;
    assert_eq!(nowhere.err().unwrap().code, Code::BackupPlaceMissing);
    pc.desk.close().await;
}
