//! Backups come back whole, with the words alone, or say what is wrong; nothing of them stays behind.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::rng;
use seal::RootSecret;
use tempfile::TempDir;
use vault::backup::{FoundBackup, Restoring, find_backups};
use vault::view::{BackupOutcome, LeadAct};
use vault::{BackupError, DeskPlan, Event, Found, OpenError, SharedClock, Vault, probe};

use crate::support::exchange::{by_the_kit, claimed};
use crate::support::{Clinic, MORNING, TestClock, all, drain, loaded, names, person, search};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A clinic with some leads and a folder for its backups.
pub(crate) struct Kept {
    pub(crate) clinic: Clinic,
    pub(crate) place: TempDir,
}

impl Kept {
    pub(crate) async fn with(leads: usize) -> Self {
        let clinic = Clinic::found().await;
        for i in 0..leads {
            let phone = format!("09031{i:05}");
            let lead = person(&format!("Khách {i}"), &phone, "Niềng răng?");
            clinic.vault.add(lead).await.unwrap();
        }
        let place = tempfile::tempdir().unwrap();
        clinic.vault.set_backup_place(place.path()).await.unwrap();
        Self { clinic, place }
    }

    pub(crate) async fn found(&self) -> Vec<FoundBackup> {
        find_backups(self.place.path()).await
    }

    async fn newest(&self) -> PathBuf {
        self.found().await.remove(0).path
    }

    async fn restored(&self, dir: &Path) -> Result<Vault, OpenError> {
        restored(&self.newest().await, dir, &self.clinic.kit.root).await
    }
}

async fn restored(file: &Path, dir: &Path, words: &RootSecret) -> Result<Vault, OpenError> {
    let clock = TestClock::at(MORNING + DAY) as SharedClock;
    let restoring = Restoring::begin(file, dir, words).await?;
    let root = RootSecret::generate(&mut rng());
    let recovered = restoring
        .finish(words, &root, plan("Quầy mới"), clock)
        .await?;
    Ok(recovered.vault)
}

fn plan(desk: &str) -> DeskPlan {
    DeskPlan {
        desk: desk.into(),
        branch: "Quận 3".into(),
        person: "Chị Hạnh".into(),
    }
}

/// Names of the files in a directory, but for the lock, which says nothing.
fn left_in(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).into_iter().flatten();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "letan.lock").collect();
    names.sort();
    names
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_lost_pc_comes_back_from_its_backup_with_the_words_as_a_new_author() {
    let kept = Kept::with(12).await;
    let view = kept.clinic.vault.back_up().await.unwrap();
    let run = view.last.unwrap();
    assert_eq!((run.outcome, view.kept), (BackupOutcome::Good, 1));
    assert_eq!(view.last_good_at, Some(MORNING));
    let found = kept.found().await.remove(0);
    assert_eq!(found.shown.clinic, "Nha khoa Việt Smile");
    assert_eq!(found.shown.desk, "Quầy 1");
    assert_eq!(
        (found.shown.made_at, found.shown.bytes),
        (MORNING, run.bytes)
    );
    assert!(found.shown.file.starts_with("LeTan-quay-1-20261123-090000"));
    let old = kept.clinic.vault.author();
    let before = kept.clinic.vault.leads(all()).await.unwrap();
    kept.clinic.close().await;

    let bare = tempfile::tempdir().unwrap();
    let vault = kept.restored(bare.path()).await.unwrap();
    loaded(&vault).await;
    let after = vault.leads(all()).await.unwrap();
    assert_eq!(names(&after), names(&before));
    assert_ne!(vault.author(), old);
    assert_eq!(vault.clinic_id(), kept.clinic.vault.clinic_id());
    assert_eq!(vault.desk_view().await.unwrap().desk, "Quầy mới");
    let note = LeadAct::Note {
        text: "làm tiếp".into(),
    };
    vault.act(&after.rows[0].id, note).await.unwrap();
    // Where the old PC kept its backups is nothing to this one.
    assert_eq!(vault.backups().await.unwrap().place, None);
    vault.close().await.unwrap();
}

#[tokio::test]
async fn wrong_words_leave_nothing_behind_and_the_right_ones_still_work() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let bare = tempfile::tempdir().unwrap();
    let newest = kept.newest().await;
    let stranger = RootSecret::generate(&mut rng());
    let refused = restored(&newest, bare.path(), &stranger).await;
    assert_eq!(refused.err(), Some(OpenError::WrongWords));
    assert_eq!(left_in(bare.path()), Vec::<String>::new());
    assert!(
        restored(&newest, bare.path(), &kept.clinic.kit.root)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn nothing_is_ever_restored_over_data() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let refused = kept.restored(kept.clinic.dir.path()).await;
    assert_eq!(refused.err(), Some(OpenError::InUse));
    kept.clinic.close().await;
    let before = fs::read(kept.clinic.database()).unwrap();
    let refused = kept.restored(kept.clinic.dir.path()).await;
    assert_eq!(refused.err(), Some(OpenError::Exists));
    assert_eq!(fs::read(kept.clinic.database()).unwrap(), before);
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_found_by_the_drill_and_by_the_restore() {
    let mut kept = Kept::with(3).await;
    kept.clinic.vault.back_up().await.unwrap();
    let good = kept.clinic.vault.drill_backup().await.unwrap();
    let drill = good.drill.unwrap();
    assert_eq!((drill.outcome, drill.leads), (BackupOutcome::Good, 3));
    assert_eq!(drill.entries, good.last.unwrap().entries);
    assert_eq!(drill.made_at, MORNING);
    let newest = kept.newest().await;
    let length = fs::read(&newest).unwrap().len();
    for at in [7, 100, 400, length / 2, length - 1] {
        flip(&newest, at);
        let found = kept.clinic.vault.drill_backup().await;
        assert_eq!(found.err(), Some(BackupError::Damaged), "byte {at}");
        let bare = tempfile::tempdir().unwrap();
        let refused = restored(&newest, bare.path(), &kept.clinic.kit.root).await;
        assert!(refused.is_err(), "byte {at}");
        assert_eq!(left_in(bare.path()), Vec::<String>::new());
        flip(&newest, at);
    }
    // It stays to be seen until a good one, also after a restart.
    flip(&newest, length / 2);
    assert!(kept.clinic.vault.drill_backup().await.is_err());
    kept.clinic.reopen().await;
    let seen = kept.clinic.vault.backups().await.unwrap().drill.unwrap();
    assert_eq!(seen.outcome, BackupOutcome::Damaged);
    // Due is a backup each night, and a drill at once after a bad one.
    kept.clinic.clock.advance(DAY);
    assert!(kept.clinic.vault.back_up_if_due().await.unwrap());
    let seen = kept.clinic.vault.backups().await.unwrap().drill.unwrap();
    assert_eq!(seen.outcome, BackupOutcome::Good);
    assert!(!kept.clinic.vault.back_up_if_due().await.unwrap());
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_not_offered_and_not_restored() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let newest = kept.newest().await;
    let bytes = fs::read(&newest).unwrap();
    fs::write(&newest, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(kept.found().await, vec![]);
    let drilled = kept.clinic.vault.drill_backup().await;
    assert_eq!(drilled.err(), Some(BackupError::Damaged));
    let bare = tempfile::tempdir().unwrap();
    let refused = restored(&newest, bare.path(), &kept.clinic.kit.root).await;
    assert_eq!(refused.err(), Some(OpenError::Damaged));
    assert_eq!(left_in(bare.path()), Vec::<String>::new());
}

#[tokio::test]
async fn old_backups_of_this_pc_go_and_nobody_elses_file_does() {
    let kept = Kept::with(1).await;
    let stranger = Clinic::found().await;
    let place = kept.place.path();
    stranger.vault.set_backup_place(place).await.unwrap();
    stranger.vault.back_up().await.unwrap();
    fs::write(place.join("LeTan-quay-1-x.letan-backup"), "no backup").unwrap();
    fs::write(place.join("luong.xlsx"), "wages").unwrap();
    for _ in 0..3 {
        kept.clinic.vault.back_up().await.unwrap();
        kept.clinic.clock.advance(17 * DAY);
    }
    // Ages 51, 34 and 17 days.
    let view = kept.clinic.vault.back_up().await.unwrap();
    assert_eq!(view.kept, 3);
    let mine = kept.clinic.vault.author();
    let ages = |found: &[FoundBackup]| -> Vec<i64> {
        let mine = found.iter().filter(|one| one.author == mine);
        let age = |one: &FoundBackup| (MORNING + 51 * DAY - one.shown.made_at) / DAY;
        mine.map(age).collect()
    };
    let found = kept.found().await;
    assert_eq!(ages(&found), [0, 17, 34]);
    assert_eq!(found.len(), 4, "the other clinic's stays");
    assert!(place.join("LeTan-quay-1-x.letan-backup").exists());
    assert!(place.join("luong.xlsx").exists());
}

#[tokio::test]
async fn a_new_folder_gets_a_backup_at_once_and_the_old_one_is_emptied_in_time() {
    let kept = Kept::with(1).await;
    let vault = &kept.clinic.vault;
    vault.back_up().await.unwrap();
    let old = kept.newest().await;
    assert!(!vault.back_up_if_due().await.unwrap());
    let place = tempfile::tempdir().unwrap();
    vault.set_backup_place(place.path()).await.unwrap();
    assert!(vault.back_up_if_due().await.unwrap());
    assert!(!vault.back_up_if_due().await.unwrap());
    assert_eq!(left_in(place.path()).len(), 1);
    kept.clinic.clock.advance(35 * DAY);
    vault.back_up().await.unwrap();
    assert!(old.exists());
    kept.clinic.clock.advance(1);
    vault.back_up().await.unwrap();
    assert!(!old.exists());
}

#[tokio::test]
async fn the_newest_good_backup_outlives_its_time_while_no_newer_one_comes_about() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let only = kept.newest().await;
    // From now on this PC's private place can't be made: no backup comes about.
    let blocked = kept.clinic.dir.path().join("backup-work");
    fs::write(&blocked, "in the way").unwrap();
    kept.clinic.clock.advance(40 * DAY);
    assert!(kept.clinic.vault.back_up().await.is_err());
    assert!(only.exists());
    let view = kept.clinic.vault.backups().await.unwrap();
    assert!(view.overdue);
    assert_eq!(view.last_good_at, Some(MORNING));
    fs::remove_file(blocked).unwrap();
    kept.clinic.vault.back_up().await.unwrap();
    assert!(!only.exists());
}

#[tokio::test]
async fn a_folder_that_is_away_is_said_so_and_never_made_anew() {
    let kept = Kept::with(1).await;
    let place = kept.place.path().join("LeTan");
    let vault = &kept.clinic.vault;
    let refused = vault.set_backup_place(&place).await;
    assert_eq!(refused.err(), Some(BackupError::PlaceMissing));
    fs::create_dir(&place).unwrap();
    vault.set_backup_place(&place).await.unwrap();
    fs::remove_dir(&place).unwrap();
    assert_eq!(vault.back_up().await.err(), Some(BackupError::PlaceMissing));
    assert_eq!(
        vault.drill_backup().await.err(),
        Some(BackupError::PlaceMissing)
    );
    assert!(!place.exists());
    let view = vault.backups().await.unwrap();
    assert_eq!(view.last.unwrap().outcome, BackupOutcome::FolderMissing);
    assert!(view.overdue);
    // Half an hour later it is there.
    kept.clinic.clock.advance(29 * 60 * 1000);
    assert!(!vault.back_up_if_due().await.unwrap());
    kept.clinic.clock.advance(60 * 1000);
    fs::create_dir(&place).unwrap();
    assert!(vault.back_up_if_due().await.unwrap());
    assert!(!vault.backups().await.unwrap().overdue);
}

#[tokio::test]
async fn without_a_folder_nothing_is_made_and_nothing_is_remembered() {
    let clinic = Clinic::found().await;
    assert_eq!(
        clinic.vault.back_up().await.err(),
        Some(BackupError::NoPlace)
    );
    assert!(!clinic.vault.back_up_if_due().await.unwrap());
    assert_eq!(clinic.vault.backups().await.unwrap().last, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_never_run_at_once_and_closing_does_not_wait_for_the_end() {
    let kept = Kept::with(40).await;
    let mut events = kept.clinic.vault.events();
    let (a, b) = tokio::join!(
        kept.clinic.vault.back_up(),
        kept.clinic.vault.drill_backup()
    );
    assert!(a.is_ok());
    // Whoever came second was told so, or came after the end and found a good backup.
    assert!(b.is_ok() || b == Err(BackupError::Busy), "{b:?}");
    let told = drain(&mut events);
    assert!(
        told.iter()
            .filter(|event| **event == Event::Backups)
            .count()
            >= 2
    );
    let vault = kept.clinic.vault.clone();
    let running = tokio::spawn(async move { vault.back_up().await });
    kept.clinic.close().await;
    // Whether it was done, stopped on the way or came too late: nothing of it is left over.
    let _ = running.await.unwrap();
    assert!(!kept.clinic.dir.path().join("backup-work").exists());
    let parts = left_in(kept.place.path());
    assert!(
        parts.iter().all(|name| !name.contains(".part")),
        "{parts:?}"
    );
}

#[tokio::test]
async fn what_a_crash_left_is_gone_after_the_next_start() {
    let mut kept = Kept::with(2).await;
    kept.clinic.vault.back_up().await.unwrap();
    kept.clinic.close().await;
    let work = kept.clinic.dir.path().join("backup-work");
    fs::create_dir(&work).unwrap();
    fs::copy(kept.clinic.database(), work.join("letan.db")).unwrap();
    // And a file that was being written, of which the header is there.
    let newest = kept.newest().await;
    let part = PathBuf::from(format!("{}.part", newest.display()));
    fs::write(&part, &fs::read(&newest).unwrap()[..5000]).unwrap();
    kept.clinic.vault = kept.clinic.unlock(None).await.unwrap();
    assert!(!work.exists());
    kept.clinic.vault.back_up().await.unwrap();
    assert!(!part.exists());

    let bare = tempfile::tempdir().unwrap();
    for name in ["letan.lock", "letan.restoring", "letan.restoring-wal"] {
        fs::write(bare.path().join(name), "left").unwrap();
    }
    assert!(matches!(probe(bare.path()).await.unwrap(), Found::Nothing));
    assert_eq!(left_in(bare.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_backup_holds_what_was_written_until_its_moment_and_no_later() {
    let kept = Kept::with(1).await;
    let vault = &kept.clinic.vault;
    vault.back_up().await.unwrap();
    vault
        .add(person("Sau Sao Lưu", "0977123456", ""))
        .await
        .unwrap();
    let bare = tempfile::tempdir().unwrap();
    let back = kept.restored(bare.path()).await.unwrap();
    loaded(&back).await;
    assert_eq!(back.leads(search("sau sao luu")).await.unwrap().total, 0);
    assert_eq!(back.leads(all()).await.unwrap().total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_knows_beyond_the_backup_is_there_when_the_vault_opens() {
    let (clinic, server) = claimed().await;
    let place = tempfile::tempdir().unwrap();
    clinic.vault.sync().await.unwrap();
    clinic.vault.set_backup_place(place.path()).await.unwrap();
    clinic.vault.back_up().await.unwrap();
    server.post("Sau Sao Lưu", "0977123456", "Trồng răng?");
    // And the kit has let in another PC meanwhile: its own ledger went on.
    let other = RootSecret::generate(&mut rng()).signer().keys();
    let enrol = ledger::Member::Enrol {
        keys: other,
        role: ledger::Role::Desk,
        name: "Quầy 2".into(),
        branch: String::new(),
    };
    let entry = (ledger::Kind::Member, other.id().into(), enrol.encode());
    by_the_kit(&clinic, &server, &[entry]);
    clinic.close().await;
    let file = find_backups(place.path()).await.remove(0).path;
    let bare = tempfile::tempdir().unwrap();
    let vault = restored(&file, bare.path(), &clinic.kit.root)
        .await
        .unwrap();
    // Not exchanged yet, and nevertheless:
    loaded(&vault).await;
    assert_eq!(vault.leads(search("sau sao luu")).await.unwrap().total, 1);
    vault.sync().await.unwrap();
    assert_eq!(vault.sync_view().await.unwrap().alarms, vec![]);
    assert_eq!(vault.sync_view().await.unwrap().unsent, 0);
    vault.close().await.unwrap();
}

#[tokio::test]
async fn the_words_of_a_kit_that_was_replaced_open_only_what_was_made_before() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let before = kept.newest().await;
    let new = kept.clinic.vault.renew_kit().await.unwrap();
    kept.clinic.clock.advance(1000);
    kept.clinic.vault.back_up().await.unwrap();
    let after = kept.newest().await;
    let old = &kept.clinic.kit.root;
    for (file, words, opens) in [
        (&before, old, true),
        (&before, &new.root, false),
        (&after, old, false),
        (&after, &new.root, true),
    ] {
        let bare = tempfile::tempdir().unwrap();
        let tried = restored(file, bare.path(), words).await;
        let expected = (!opens).then_some(OpenError::WrongWords);
        assert_eq!(tried.err(), expected);
    }
}

#[tokio::test]
async fn a_plan_without_a_name_leaves_nothing_behind() {
    let kept = Kept::with(1).await;
    kept.clinic.vault.back_up().await.unwrap();
    let bare = tempfile::tempdir().unwrap();
    let words = &kept.clinic.kit.root;
    let restoring = Restoring::begin(&kept.newest().await, bare.path(), words)
        .await
        .unwrap();
    let root = RootSecret::generate(&mut rng());
    let clock = Arc::clone(&kept.clinic.clock) as SharedClock;
    let refused = restoring.finish(words, &root, plan(" "), clock).await;
    assert_eq!(refused.err(), Some(OpenError::BadPlan));
    assert_eq!(left_in(bare.path()), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[allow(clippy::print_stderr)] // a skipped test must say so
async fn a_full_disk_is_named_whether_it_is_the_backups_or_the_bare_pcs() {
    let Some(disk) = crate::disk::SmallDisk::mount() else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    let kept = Kept::with(3).await;
    let vault = &kept.clinic.vault;
    vault.back_up().await.unwrap();
    let place = disk.0.path().join("LeTan");
    let bare = disk.0.path().join("bare");
    fs::create_dir(&place).unwrap();
    vault.set_backup_place(&place).await.unwrap();
    let filler = disk.fill();
    assert_eq!(vault.back_up().await.err(), Some(BackupError::NoRoom));
    assert_eq!(left_in(&place), Vec::<String>::new());
    let view = vault.backups().await.unwrap();
    assert_eq!(view.last.unwrap().outcome, BackupOutcome::NoRoom);
    assert_eq!(view.last_good_at, Some(MORNING), "the one elsewhere");
    // The directory itself takes a page that is not there either.
    let refused = kept.restored(&bare).await;
    assert_eq!(refused.err(), Some(OpenError::DiskFull));
    assert_eq!(left_in(&bare), Vec::<String>::new());
    fs::remove_file(filler).unwrap();
    vault.back_up().await.unwrap();
    assert!(kept.restored(&bare).await.is_ok());
}
