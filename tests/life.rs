//! The desk's life: every state of the keychain and of the data leads to its own phase, and no key
//! is ever made over sealed data.
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, Log, name, world};
use le_tan_lib::desk::Desk;
use le_tan_lib::failure::Code;
use le_tan_lib::outside::News;
use le_tan_lib::status::{FoundingForm, Kit, Lost, Phase, Repaired};
use std::path::Path;
use tempfile::TempDir;
use vault::view::{LeadQuery, NewLead};

/// A PC: its disk and its keychain outlive the program.
struct Pc {
    dir: TempDir,
    keychain: Moody,
}

impl Pc {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            keychain: Moody::new(Mood::Well),
        }
    }

    /// The program, freshly started.
    fn program(&self) -> (Desk, Log) {
        let (world, log) = world();
        (
            Desk::new(self.dir.path(), self.keychain.keychain(), world),
            log,
        )
    }

    /// Starts the program, says where it stands, and ends it.
    async fn started(&self) -> &'static str {
        let (desk, _) = self.program();
        let phase = name(&desk.start().await.phase);
        desk.close().await;
        phase
    }

    /// A PC with a clinic, its kit checked, and the program ended.
    async fn with_clinic() -> (Self, Kit) {
        let pc = Self::new();
        let (desk, _) = pc.program();
        desk.start().await;
        let kit = desk.found(form()).await.unwrap();
        desk.check_kit(&answers(&kit)).await.unwrap();
        desk.vault().unwrap().add(lead()).await.unwrap();
        desk.close().await;
        (pc, kit)
    }

    /// A note is begun on the one lead and left.
    async fn begin_a_note(&self) {
        let (desk, _) = self.program();
        desk.start().await;
        let vault = desk.vault().unwrap();
        let query = LeadQuery {
            limit: 1,
            ..LeadQuery::default()
        };
        let page = vault.leads(query).await.unwrap();
        vault.save_draft(&page.rows[0].id, "dở").await.unwrap();
        desk.close().await;
    }

    /// The account of the one clinic's key.
    fn account(&self) -> String {
        let accounts = self.keychain.accounts();
        accounts.into_iter().find(|a| !a.contains('.')).unwrap()
    }

    fn files(&self) -> Vec<String> {
        files(self.dir.path())
    }
}

fn files(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn form() -> FoundingForm {
    FoundingForm {
        clinic: "Nha khoa Việt Smile".into(),
        branch: "Quận 1".into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    }
}

fn lead() -> NewLead {
    serde_json::from_value(serde_json::json!({
        "name": "Trần Văn Bình", "phone": "0912345678", "question": "Niềng răng?", "source": "phone",
        "basis": "contract", "basisNote": "gọi đến quầy", "branch": null
    }))
    .unwrap()
}

fn answers(kit: &Kit) -> Vec<String> {
    let word = |place: &u8| kit.words[usize::from(*place) - 1].clone();
    kit.ask.iter().map(word).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_is_founded_checked_and_there_again_after_a_restart() {
    let pc = Pc::new();
    let (desk, mut log) = pc.program();
    desk.start().await;
    let kit = desk.found(form()).await.unwrap();
    assert_eq!(kit.words.len(), 24);
    desk.check_kit(&answers(&kit)).await.unwrap();
    desk.close().await;
    assert_eq!(log.phases(), ["noClinic", "kitUnchecked", "ready"]);
    assert_eq!(pc.started().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn nine_states_of_keychain_and_data_lead_to_nine_phases() {
    let empty = Pc::new();
    for mood in [Mood::Well, Mood::Locked, Mood::Gone] {
        empty.keychain.set(mood);
        assert_eq!(empty.started().await, "noClinic", "{mood:?}");
    }
    let (pc, _) = Pc::with_clinic().await;
    let (account, key) = (pc.account(), pc.keychain.value(&pc.account()).unwrap());
    for (mood, phase) in [
        (Mood::Well, "ready"),
        (Mood::Locked, "keychain locked"),
        (Mood::Gone, "keychain unavailable"),
        (Mood::Failing, "keychain unavailable"),
    ] {
        pc.keychain.set(mood);
        assert_eq!(pc.started().await, phase, "{mood:?}");
    }
    pc.keychain.set(Mood::Well);
    let writes = pc.keychain.with(|contents| contents.writes);
    for (value, phase) in [
        (None, "keychain missing"),
        (Some(vec![7; 32]), "keychain wrong"),
        (Some(vec![7; 5]), "keychain wrong"),
    ] {
        pc.keychain.with(|contents| {
            contents.entries.remove(&account);
            contents.entries.extend(value.map(|v| (account.clone(), v)));
        });
        assert_eq!(pc.started().await, phase);
    }
    assert_eq!(
        pc.keychain.with(|contents| contents.writes),
        writes,
        "something was written"
    );
    pc.keychain
        .with(|contents| contents.entries.insert(account, key));
    assert_eq!(pc.started().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_does_not_keep_keeps_the_clinic_from_being_founded() {
    for (mood, code) in [
        (Mood::Locked, Code::KeychainLocked),
        (Mood::Gone, Code::KeychainUnavailable),
        (Mood::Failing, Code::KeychainUnavailable),
        (Mood::Forgetful, Code::KeychainMissing),
        (Mood::Garbling, Code::KeychainUnavailable),
    ] {
        let pc = Pc::new();
        let (desk, _) = pc.program();
        desk.start().await;
        let before = pc.files();
        pc.keychain.set(mood);
        assert_eq!(
            desk.found(form()).await.err().unwrap().code,
            code,
            "{mood:?}"
        );
        assert_eq!(pc.files(), before, "{mood:?}");
        assert_eq!(name(&desk.status().phase), "noClinic");
        pc.keychain.set(Mood::Well);
        desk.found(form()).await.unwrap();
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_clinic_is_founded_over_another_one() {
    let (pc, _) = Pc::with_clinic().await;
    let key = pc.keychain.value(&pc.account());
    for mood in [Mood::Well, Mood::Locked] {
        pc.keychain.set(mood);
        let (desk, _) = pc.program();
        desk.start().await;
        assert_eq!(
            desk.found(form()).await.err().unwrap().code,
            Code::AlreadyFounded
        );
        desk.close().await;
    }
    pc.keychain.set(Mood::Well);
    pc.keychain.with(|contents| contents.entries.clear());
    let (desk, _) = pc.program();
    desk.start().await;
    assert_eq!(
        desk.found(form()).await.err().unwrap().code,
        Code::AlreadyFounded
    );
    assert!(
        pc.keychain.accounts().is_empty(),
        "a key was made over sealed data"
    );
    desk.close().await;
    assert!(key.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_comes_back_opens_the_clinic_without_a_restart() {
    let (pc, _) = Pc::with_clinic().await;
    pc.keychain.set(Mood::Locked);
    let (desk, mut log) = pc.program();
    desk.start().await;
    pc.keychain.set(Mood::Well);
    assert_eq!(name(&desk.start().await.phase), "ready");
    assert_eq!(log.phases(), ["keychain locked", "starting", "ready"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_desk_gives_nothing_until_it_is_unlocked() {
    let (pc, _) = Pc::with_clinic().await;
    let (desk, mut log) = pc.program();
    desk.start().await;
    let before = desk.vault().unwrap();
    assert_eq!(name(&desk.lock().await.unwrap().phase), "locked");
    assert_eq!(desk.vault().err().unwrap().code, Code::Locked);
    assert!(
        before.leads(LeadQuery::default()).await.is_err(),
        "an old handle still opens"
    );
    assert_eq!(desk.lock().await.err().unwrap().code, Code::NotReady);
    assert_eq!(name(&desk.start().await.phase), "ready");
    let query = LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    };
    let page = desk.vault().unwrap().leads(query).await.unwrap();
    assert_eq!(page.total, 1);
    desk.close().await;
    let lent: Vec<bool> = log
        .all()
        .iter()
        .filter_map(|deed| match deed {
            Deed::Lent(lent) => Some(*lent),
            _ => None,
        })
        .collect();
    assert_eq!(lent, [true, false, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_statuses_the_later_one_can_be_told() {
    let (pc, _) = Pc::with_clinic().await;
    let (desk, mut log) = pc.program();
    let before = desk.status();
    let ready = desk.start().await;
    let locked = desk.lock().await.unwrap();
    assert!(before.turn < ready.turn && ready.turn < locked.turn);
    assert_eq!(desk.status(), locked, "asking changes nothing");
    let told: Vec<u32> = log
        .all()
        .iter()
        .filter_map(|deed| match deed {
            Deed::Told(News::Phase(status)) => Some(status.turn),
            _ => None,
        })
        .collect();
    assert!(told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&locked.turn));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_open_the_clinic_when_the_key_is_lost() {
    let (pc, kit) = Pc::with_clinic().await;
    pc.begin_a_note().await;
    pc.keychain.with(|contents| contents.entries.clear());
    let (desk, _) = pc.program();
    assert_eq!(name(&desk.start().await.phase), "keychain missing");
    let words = kit.words.join(" ").to_uppercase();
    let Repaired { status, lost } = desk
        .recover(&words, "Quầy 2".into(), "Quận 1".into(), "Mai".into())
        .await
        .unwrap();
    let Phase::Ready { desk: view } = status.phase else {
        panic!("{}", name(&status.phase));
    };
    // Sealed for the lost key alone: it is said, not passed over.
    assert_eq!(lost, [Lost::Drafts, Lost::ServerLink]);
    assert_eq!(
        (view.desk.as_str(), view.person.as_str()),
        ("Quầy 2", "Mai")
    );
    let query = LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    };
    assert_eq!(desk.vault().unwrap().leads(query).await.unwrap().total, 1);
    desk.close().await;
    assert_eq!(pc.started().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_words_change_neither_keychain_nor_data() {
    let (pc, _) = Pc::with_clinic().await;
    let (stranger, _) = Pc::with_clinic().await;
    let (_, other_kit) = Pc::with_clinic().await;
    let account = pc.account();
    let wrong = stranger.keychain.value(&stranger.account()).unwrap();
    pc.keychain
        .with(|contents| contents.entries.insert(account.clone(), wrong.clone()));
    let (desk, _) = pc.program();
    assert_eq!(name(&desk.start().await.phase), "keychain wrong");
    let try_words = async |words: String| {
        let answer = desk
            .recover(&words, "Q".into(), "Q".into(), "Q".into())
            .await;
        let failure = answer.err().unwrap();
        (failure.code, failure.detail)
    };
    assert_eq!(
        try_words(other_kit.words.join(" ")).await,
        (Code::WrongWords, None)
    );
    let mut typo = other_kit.words.clone();
    typo[4] = "nhakhoa".into();
    assert_eq!(
        try_words(typo.join(" ")).await,
        (Code::WordsTypo, Some("5".into()))
    );
    assert_eq!(try_words("abandon".into()).await.0, Code::WordsTypo);
    assert_eq!(name(&desk.status().phase), "keychain wrong");
    assert_eq!(pc.keychain.value(&account), Some(wrong));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_data_is_noticed() {
    let (pc, _) = Pc::with_clinic().await;
    let backup = tempfile::tempdir().unwrap();
    copy(pc.dir.path(), backup.path());
    let (desk, _) = pc.program();
    desk.start().await;
    desk.vault().unwrap().add(lead()).await.unwrap();
    desk.close().await;
    assert_eq!(pc.started().await, "ready");
    copy(backup.path(), pc.dir.path());
    assert_eq!(pc.started().await, "database stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_data_are_brought_back_with_the_key_of_the_keychain() {
    let (pc, _) = Pc::with_clinic().await;
    let database = pc.dir.path().join("letan.db");
    let whole = std::fs::read(&database).unwrap();
    let mut repaired = 0;
    for page in 1..whole.len() / 4096 {
        let mut broken = whole.clone();
        broken[page * 4096..(page + 1) * 4096].fill(0x5a);
        std::fs::write(&database, &broken).unwrap();
        let (desk, _) = pc.program();
        if name(&desk.start().await.phase) == "database damaged"
            && let Ok(outcome) = desk.repair().await
        {
            assert!(matches!(
                outcome.status.phase,
                Phase::Ready { .. } | Phase::KitUnchecked { .. }
            ));
            repaired += 1;
        }
        desk.close().await;
    }
    assert!(repaired > 0, "no damage was ever repaired");
}

fn copy(from: &Path, to: &Path) {
    for name in files(from) {
        if from.join(&name).is_file() {
            std::fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_never_have_the_same_data_open() {
    let (pc, _) = Pc::with_clinic().await;
    let (first, _) = pc.program();
    first.start().await;
    assert_eq!(pc.started().await, "database in use");
    first.close().await;
    assert_eq!(pc.started().await, "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_that_nobody_checked_before_the_end_is_made_anew() {
    let pc = Pc::new();
    let (desk, _) = pc.program();
    desk.start().await;
    let lost = desk.found(form()).await.unwrap();
    desk.close().await;
    let (desk, _) = pc.program();
    assert_eq!(name(&desk.start().await.phase), "kitUnchecked");
    let refusal = desk.check_kit(&answers(&lost)).await.err().unwrap();
    assert_eq!(refusal.code, Code::NotReady);
    let kit = desk.renew_kit().await.unwrap();
    assert_ne!(kit.words, lost.words);
    desk.check_kit(&answers(&kit)).await.unwrap();
    assert_eq!(name(&desk.status().phase), "ready");
    desk.close().await;
    pc.keychain.with(|contents| contents.entries.clear());
    let (desk, _) = pc.program();
    desk.start().await;
    let old = desk
        .recover(&lost.words.join(" "), "Q".into(), "Q".into(), "Q".into())
        .await;
    assert_eq!(old.err().unwrap().code, Code::WrongWords);
    desk.recover(&kit.words.join(" "), "Q".into(), "Q".into(), "Q".into())
        .await
        .unwrap();
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_names_founds_nothing() {
    let pc = Pc::new();
    let (desk, _) = pc.program();
    desk.start().await;
    let empty = FoundingForm {
        clinic: "  ".into(),
        ..form()
    };
    assert_eq!(desk.found(empty).await.err().unwrap().code, Code::BadInput);
    assert!(pc.keychain.accounts().is_empty());
    desk.close().await;
}
