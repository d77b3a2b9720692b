//! The people of the clinic: PINs, powers, branches, and two PCs that hear of each other late.
use std::sync::Arc;

use ledger::{Epoch, Kind, Ledger, RecordId};
use vault::view::{
    Chip, Happening, LeadAct, LeadQuery, PersonForm, PersonRow, Power, RevealPurpose, SavedView,
    StaffRole,
};
use vault::{ActError, DeskPlan, Event, SharedClock, SyncError, Vault};

use crate::support::exchange::{alarms, claimed};
use crate::support::server::CODE;
use crate::support::{Clinic, MORNING, all, drain, loaded, names, person, raw, sealed, search};

const PIN: &str = "258013";
const OTHER: &str = "730914";

fn form(name: &str, role: StaffRole, branches: &[&str]) -> PersonForm {
    PersonForm {
        name: name.into(),
        role,
        branches: branches.iter().map(|branch| (*branch).into()).collect(),
    }
}

pub(crate) async fn hire(vault: &Vault, name: &str, role: StaffRole, branches: &[&str]) -> String {
    let added = vault.add_person(form(name, role, branches), PIN).await;
    row(&added.unwrap(), name).id.clone()
}

fn row<'a>(people: &'a [PersonRow], name: &str) -> &'a PersonRow {
    people.iter().find(|row| row.name == name).unwrap()
}

/// Owner, manager of Quận 3, receptionist of Quận 3.
async fn staffed(vault: &Vault) -> [String; 3] {
    [
        hire(vault, "Lan", StaffRole::Owner, &[]).await,
        hire(vault, "Mai", StaffRole::Manager, &["Quận 3"]).await,
        hire(vault, "Đào", StaffRole::FrontDesk, &["Quận 3"]).await,
    ]
}

/// Another PC of the clinic: a copy of this one's data, enrolled as an author of its own.
async fn second_desk(clinic: &mut Clinic) -> (tempfile::TempDir, Vault) {
    clinic.close().await;
    let dir = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(clinic.dir.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    let plan = DeskPlan {
        branch: "Quận 1".into(),
        desk: "Quầy 2".into(),
        person: "Chị Hai".into(),
    };
    let root = seal::RootSecret::generate(&mut rand::rng());
    let locked = sealed(dir.path()).await.unwrap();
    let clock = Arc::clone(&clinic.clock) as SharedClock;
    let recovered = locked.recover(&clinic.kit.root, &root, plan, clock).await;
    let vault = recovered.map_err(|(_, error)| error).unwrap().vault;
    loaded(&vault).await;
    vault.sync().await.unwrap();
    clinic.vault = clinic.unlock(None).await.unwrap();
    loaded_whoever(&clinic.vault).await;
    clinic.vault.sync().await.unwrap();
    (dir, vault)
}

/// Waits until it is known who works here, and the leads are in memory.
async fn loaded_whoever(vault: &Vault) {
    vault.people().await.unwrap();
    let _ = vault.today().await;
}

#[tokio::test]
async fn as_long_as_nobody_is_entered_everything_works_as_before() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    assert!(!vault.has_people() && !vault.is_signed_out());
    let session = vault.session().await.unwrap();
    assert_eq!((session.person, session.name.as_str()), (None, "Chị Hạnh"));
    assert_eq!(session.powers, Power::ALL);
    vault.set_person("Chị Tư").await.unwrap();
    assert_eq!(vault.session().await.unwrap().name, "Chị Tư");
    assert_eq!(vault.people().await.unwrap(), []);
}

#[tokio::test]
async fn the_first_person_is_an_owner_and_sits_there_at_once() {
    let mut clinic = Clinic::found().await;
    let vault = &clinic.vault;
    let lowly = form("Lan", StaffRole::FrontDesk, &["Quận 3"]);
    for (pin, why) in [
        ("", ActError::PinTooSimple),
        ("123456", ActError::PinTooSimple),
    ] {
        let refused = vault.add_person(lowly.clone(), pin).await;
        assert_eq!(refused.err(), Some(why));
    }
    let people = vault.add_person(lowly, PIN).await.unwrap();
    let lan = row(&people, "Lan");
    assert_eq!(
        (lan.role, lan.has_pin, lan.gone),
        (StaffRole::Owner, true, false)
    );
    assert!(lan.branches.is_empty());
    let session = vault.session().await.unwrap();
    assert_eq!(session.person.as_ref(), Some(&lan.id));
    // The name at the desk is now the session's, and nobody renames it.
    assert_eq!(
        vault.set_person("X").await.err(),
        Some(ActError::NotAllowed)
    );
    assert_eq!(vault.desk_view().await.unwrap().person, "Lan");
    let lan = lan.id.clone();
    clinic.reopen().await;
    assert!(clinic.vault.is_signed_out());
    clinic.vault.sign_in(&lan, PIN).await.unwrap();
    assert_eq!(clinic.vault.desk_view().await.unwrap().person, "Lan");
}

/// Every call that reads or writes something personal, and what it answers.
async fn asked(vault: &Vault, id: &str) -> Vec<(&'static str, Option<ActError>)> {
    let note = LeadAct::Note { text: "x".into() };
    let view = SavedView {
        name: "x".into(),
        query: LeadQuery::default(),
    };
    let store = |error: SyncError| match error {
        SyncError::Store(error) => error,
        other => panic!("{other:?}"),
    };
    let mine = form("X", StaffRole::Owner, &[]);
    vec![
        ("leads", vault.leads(all()).await.err()),
        ("lead", vault.lead(id).await.err()),
        ("act", vault.act(id, note).await.err()),
        ("add", vault.add(person("A", "0912345678", "x")).await.err()),
        ("undo", vault.undo("x").await.err()),
        ("merge", vault.merge(id, id).await.err()),
        ("unmerge", vault.unmerge(id).await.err()),
        ("reveal", vault.reveal(id, RevealPurpose::Show).await.err()),
        (
            "check_phone",
            vault.check_phone("0912345678", None).await.err(),
        ),
        ("save_draft", vault.save_draft(id, "x").await.err()),
        ("today", vault.today().await.err()),
        ("views", vault.views().await.err()),
        ("save_view", vault.save_view(view).await.err()),
        ("delete_view", vault.delete_view("x").await.err()),
        ("set_person", vault.set_person("x").await.err()),
        ("mark_kit_checked", vault.mark_kit_checked().await.err()),
        ("renew_kit", vault.renew_kit().await.err().map(store)),
        (
            "claim",
            vault
                .claim("http://127.0.0.1:1", CODE)
                .await
                .err()
                .map(store),
        ),
        ("session", vault.session().await.err()),
        (
            "add_person",
            vault.add_person(mine.clone(), PIN).await.err(),
        ),
        ("change_person", vault.change_person(id, mine).await.err()),
        ("dismiss_person", vault.dismiss_person(id, true).await.err()),
        ("set_pin", vault.set_pin(id, None, PIN).await.err()),
    ]
}

#[tokio::test]
async fn with_nobody_signed_in_the_vault_gives_nothing_and_takes_nothing() {
    let (clinic, server) = claimed().await;
    let vault = &clinic.vault;
    let id = vault.add(person("A", "0912345678", "x")).await.unwrap();
    let id = id.lead.row.id;
    staffed(vault).await;
    vault.sign_out();
    for (call, answer) in asked(vault, &id).await {
        assert_eq!(answer, Some(ActError::SignedOut), "{call}");
    }
    // The lock screen has the names of those who can sign in, and no more.
    let gone_and_pinless = vault.people().await.unwrap();
    let mut tiles: Vec<&str> = gone_and_pinless
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    tiles.sort_unstable();
    assert_eq!(tiles, ["Lan", "Mai", "Đào"]);
    assert!(gone_and_pinless.iter().all(|row| row.branches.is_empty()));
    // What the worker does goes on.
    server.post("Khách", "0987654321", "?");
    assert_eq!(vault.sync().await.unwrap().new_leads, 1);
    assert!(vault.sync_view().await.is_ok());
}

#[tokio::test]
async fn powers_are_asked_for_inside_the_vault() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    let [_, manager, front] = staffed(vault).await;
    let id = "00".repeat(16);
    for who in [&manager, &front] {
        vault.sign_in(who, PIN).await.unwrap();
        for (call, answer) in asked(vault, &id).await {
            let owners = [
                "set_person",
                "mark_kit_checked",
                "renew_kit",
                "claim",
                "add_person",
                "change_person",
                "dismiss_person",
            ];
            let refused = answer == Some(ActError::NotAllowed);
            assert_eq!(refused, owners.contains(&call), "{call}: {answer:?}");
        }
        let backups = vault.require(Power::ManageBackup).await.is_ok();
        assert_eq!(backups, *who == manager);
    }
}

#[tokio::test]
async fn everything_in_the_timeline_carries_the_person() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    let [lan, _, dao] = staffed(vault).await;
    vault.sign_in(&dao, PIN).await.unwrap();
    let acted = vault.add(person("A", "0912345678", "x")).await.unwrap();
    let id = acted.lead.row.id;
    vault.reveal(&id, RevealPurpose::Call).await.unwrap();
    vault.sign_in(&lan, PIN).await.unwrap();
    let assign = LeadAct::Assign {
        to: Some("Lan".into()),
    };
    let lead = vault.act(&id, assign).await.unwrap().lead;
    let by: Vec<(&str, bool)> = lead
        .timeline
        .iter()
        .map(|item| {
            (
                item.by.as_str(),
                matches!(item.happening, Happening::Revealed { .. }),
            )
        })
        .collect();
    assert_eq!(by, [("Lan", false), ("Đào", true), ("Đào", false)]);
    let mine = LeadQuery {
        chip: Chip::Mine,
        ..all()
    };
    assert_eq!(vault.leads(mine.clone()).await.unwrap().total, 1);
    assert_eq!(vault.leads(mine.clone()).await.unwrap().counts.mine, 1);
    vault.sign_in(&dao, PIN).await.unwrap();
    let page = vault.leads(mine).await.unwrap();
    assert_eq!((page.total, page.counts.mine), (0, 0));
}

#[tokio::test]
async fn five_wrong_pins_are_free_and_the_pause_survives_a_restart_and_a_clock_set_back() {
    let mut clinic = Clinic::found().await;
    let lan = hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    let mai = hire(&clinic.vault, "Mai", StaffRole::Manager, &[]).await;
    clinic.vault.sign_out();
    for left in (0..5).rev() {
        let wrong = clinic.vault.sign_in(&lan, OTHER).await.err();
        assert_eq!(wrong, Some(ActError::WrongPin { left }));
    }
    let wait = |seconds| Some(ActError::PinWait { seconds });
    assert_eq!(clinic.vault.sign_in(&lan, PIN).await.err(), wait(30));
    clinic.reopen().await;
    assert_eq!(clinic.vault.sign_in(&lan, PIN).await.err(), wait(30));
    clinic.clock.advance(-86_400_000);
    assert_eq!(clinic.vault.sign_in(&lan, PIN).await.err(), wait(30));
    clinic.clock.advance(29_000);
    assert_eq!(clinic.vault.sign_in(&lan, PIN).await.err(), wait(1));
    let people = clinic.vault.people().await.unwrap();
    assert!(row(&people, "Lan").wait_until.is_some());
    assert!(row(&people, "Mai").wait_until.is_none());
    // Each person has tries of her own.
    clinic.vault.sign_in(&mai, PIN).await.unwrap();
    clinic.clock.advance(1_000);
    let wrong = clinic.vault.sign_in(&lan, OTHER).await.err();
    assert_eq!(wrong, Some(ActError::WrongPin { left: 0 }));
    assert_eq!(clinic.vault.sign_in(&lan, PIN).await.err(), wait(60));
    clinic.clock.advance(60_000);
    clinic.vault.sign_in(&lan, PIN).await.unwrap();
    let wrong = clinic.vault.sign_in(&lan, OTHER).await.err();
    assert_eq!(wrong, Some(ActError::WrongPin { left: 4 }));
}

#[tokio::test]
async fn several_tries_at_once_are_counted_one_by_one() {
    let clinic = Clinic::found().await;
    let lan = hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    let tries = (0..8).map(|_| {
        let (vault, lan) = (clinic.vault.clone(), lan.clone());
        tokio::spawn(async move { vault.sign_in(&lan, OTHER).await.err() })
    });
    let mut wrong = 0;
    for tried in tries.collect::<Vec<_>>() {
        wrong += u32::from(matches!(
            tried.await.unwrap(),
            Some(ActError::WrongPin { .. })
        ));
    }
    assert_eq!(wrong, 5);
}

#[tokio::test]
async fn the_own_pin_needs_the_old_one_and_others_need_the_right() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    let [lan, mai, dao] = staffed(vault).await;
    let set = |id: &str, old: Option<&'static str>, new: &'static str| {
        let (vault, id) = (vault.clone(), id.to_owned());
        async move { vault.set_pin(&id, old, new).await.err() }
    };
    assert_eq!(set(&lan, None, OTHER).await, Some(ActError::BadInput));
    let wrong = Some(ActError::WrongPin { left: 4 });
    assert_eq!(set(&lan, Some(OTHER), OTHER).await, wrong);
    assert_eq!(
        set(&lan, Some(PIN), "111111").await,
        Some(ActError::PinTooSimple)
    );
    assert_eq!(set(&lan, Some(PIN), OTHER).await, None);
    // A receptionist forgot hers; the manager gives a new one, which ends the pause, too.
    for _ in 0..5 {
        vault.sign_in(&dao, OTHER).await.unwrap_err();
    }
    vault.sign_in(&mai, PIN).await.unwrap();
    let people = vault.people().await.unwrap();
    let offered = |name: &str| row(&people, name).may_set_pin;
    assert!(offered("Đào") && offered("Mai") && !offered("Lan"));
    assert_eq!(set(&dao, None, OTHER).await, None);
    assert_eq!(set(&lan, None, OTHER).await, Some(ActError::NotAllowed));
    vault.sign_in(&dao, OTHER).await.unwrap();
    assert_eq!(set(&mai, None, OTHER).await, Some(ActError::NotAllowed));
}

#[tokio::test]
async fn the_last_owner_can_neither_be_dismissed_nor_demoted() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    let [lan, mai, _] = staffed(vault).await;
    let last = Some(ActError::LastOwner);
    assert_eq!(vault.dismiss_person(&lan, true).await.err(), last);
    let demoted = form("Lan", StaffRole::Manager, &[]);
    assert_eq!(vault.change_person(&lan, demoted).await.err(), last);
    let promoted = form("Mai", StaffRole::Owner, &[]);
    vault.change_person(&mai, promoted).await.unwrap();
    let mut events = vault.events();
    vault.dismiss_person(&lan, true).await.unwrap();
    assert!(drain(&mut events).contains(&Event::People));
    assert!(vault.is_signed_out(), "who is dismissed leaves the desk");
    assert_eq!(
        vault.sign_in(&lan, PIN).await.err(),
        Some(ActError::NotFound)
    );
    vault.sign_in(&mai, PIN).await.unwrap();
    let people = vault.people().await.unwrap();
    assert!(row(&people, "Lan").gone);
    vault.dismiss_person(&lan, false).await.unwrap();
    vault.sign_in(&lan, PIN).await.unwrap();
}

#[tokio::test]
async fn whoever_sees_one_branch_sees_it_and_what_has_none() {
    let (clinic, server) = claimed().await;
    let vault = &clinic.vault;
    let in_branch = |name: &str, phone: &str, branch: &str| {
        let mut lead = person(name, phone, "Niềng răng");
        lead.branch = Some(branch.into());
        vault.add(lead)
    };
    in_branch("Ba", "0912345678", "Quận 3").await.unwrap();
    let elsewhere = in_branch("Một", "0912345679", "Quận 1").await.unwrap();
    let elsewhere = elsewhere.lead.row.id;
    server.post("Không", "0912345670", "Niềng răng?");
    vault.sync().await.unwrap();
    let [_, _, dao] = staffed(vault).await;
    vault.sign_in(&dao, PIN).await.unwrap();
    let page = vault.leads(all()).await.unwrap();
    let mut seen = names(&page);
    seen.sort_unstable();
    assert_eq!(seen, ["Ba", "Không"]);
    assert_eq!((page.total, page.counts.all, page.counts.new), (2, 2, 2));
    assert_eq!(page.branches, ["Quận 3"]);
    assert_eq!(vault.leads(search("niềng")).await.unwrap().total, 2);
    let other = LeadQuery {
        branch: Some("Quận 1".into()),
        ..all()
    };
    assert_eq!(vault.leads(other).await.unwrap().total, 0);
    for answer in [
        vault.lead(&elsewhere).await.err(),
        vault.reveal(&elsewhere, RevealPurpose::Show).await.err(),
        vault.save_draft(&elsewhere, "x").await.err(),
        vault.act(&elsewhere, LeadAct::Clear).await.err(),
        vault.unmerge(&elsewhere).await.err(),
        vault.merge(&page.rows[0].id, &elsewhere).await.err(),
        vault.merge(&elsewhere, &page.rows[0].id).await.err(),
    ] {
        assert_eq!(answer, Some(ActError::NotFound));
    }
    // A number of another branch is known, and no more is told.
    let known = vault.check_phone("0912345679", None).await.unwrap().known;
    assert_eq!(known[0].branch.as_deref(), Some("Quận 1"));
    assert_eq!(
        (known[0].name.as_str(), known[0].question.as_str()),
        ("", "")
    );
}

#[tokio::test]
async fn an_inquiry_of_the_same_number_elsewhere_shows_as_a_fact_without_a_name() {
    let clinic = Clinic::found().await;
    let vault = &clinic.vault;
    for branch in ["Quận 3", "Quận 1"] {
        let mut lead = person(branch, "0912345678", "bí mật");
        lead.branch = Some(branch.into());
        vault.add(lead).await.unwrap();
    }
    let [lan, _, dao] = staffed(vault).await;
    vault.sign_in(&dao, PIN).await.unwrap();
    let page = vault.leads(all()).await.unwrap();
    assert_eq!(names(&page), ["Quận 3"]);
    let id = &page.rows[0].id;
    let sibling = &vault.lead(id).await.unwrap().siblings[0];
    assert_eq!((sibling.name.as_str(), sibling.question.as_str()), ("", ""));
    assert_eq!(sibling.branch.as_deref(), Some("Quận 1"));
    // What she hands to another branch she no longer sees, but may take back.
    let hand = LeadAct::SetBranch {
        branch: Some("Quận 1".into()),
    };
    let undo = vault.act(id, hand).await.unwrap().undo.unwrap();
    assert_eq!(vault.lead(id).await.err(), Some(ActError::NotFound));
    vault.undo(&undo).await.unwrap();
    assert_eq!(vault.lead(id).await.unwrap().row.name, "Quận 3");
    vault.sign_in(&lan, PIN).await.unwrap();
    assert_eq!(vault.lead(id).await.unwrap().siblings[0].name, "Quận 1");
}

#[tokio::test]
async fn one_pin_works_on_every_pc_and_so_does_its_change() {
    let (mut clinic, _server) = claimed().await;
    let (_dir, other) = second_desk(&mut clinic).await;
    let mai = {
        hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
        hire(&clinic.vault, "Mai", StaffRole::FrontDesk, &[]).await
    };
    clinic.vault.sync().await.unwrap();
    let mut events = other.events();
    other.sync().await.unwrap();
    assert!(drain(&mut events).contains(&Event::People));
    // So far nobody had to sign in there; from now on somebody must.
    assert!(!other.is_signed_out(), "the words still count");
    other.sign_out();
    assert_eq!(other.leads(all()).await.err(), Some(ActError::SignedOut));
    other.sign_in(&mai, PIN).await.unwrap();
    assert_eq!(alarms(&clinic).await, []);
    assert_eq!(
        other.leads(all()).await.unwrap().total,
        0,
        "a person is no lead"
    );
    other.set_pin(&mai, Some(PIN), OTHER).await.unwrap();
    other.sync().await.unwrap();
    clinic.vault.sync().await.unwrap();
    let old = clinic.vault.sign_in(&mai, PIN).await.err();
    assert_eq!(old, Some(ActError::WrongPin { left: 4 }));
    clinic.vault.sign_in(&mai, OTHER).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn who_is_dismissed_elsewhere_leaves_the_desk_at_the_next_exchange() {
    let (mut clinic, _server) = claimed().await;
    let lan = hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    let mai = hire(&clinic.vault, "Mai", StaffRole::FrontDesk, &[]).await;
    let (_dir, other) = second_desk(&mut clinic).await;
    other.sign_in(&mai, PIN).await.unwrap();
    clinic.vault.sign_in(&lan, PIN).await.unwrap();
    clinic.vault.dismiss_person(&mai, true).await.unwrap();
    clinic.vault.sync().await.unwrap();
    let mut events = other.events();
    other.sync().await.unwrap();
    assert!(drain(&mut events).contains(&Event::People));
    assert!(other.is_signed_out());
    assert_eq!(other.today().await.err(), Some(ActError::SignedOut));
    other.close().await.unwrap();
}

#[tokio::test]
async fn two_owners_who_dismiss_each_other_leave_the_elder_one_on_both_pcs() {
    let (mut clinic, _server) = claimed().await;
    let lan = hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    let mai = hire(&clinic.vault, "Mai", StaffRole::Owner, &[]).await;
    let (_dir, other) = second_desk(&mut clinic).await;
    other.sign_in(&mai, PIN).await.unwrap();
    clinic.vault.sign_in(&lan, PIN).await.unwrap();
    clinic.vault.dismiss_person(&mai, true).await.unwrap();
    other.dismiss_person(&lan, true).await.unwrap();
    for _ in 0..2 {
        clinic.vault.sync().await.unwrap();
        other.sync().await.unwrap();
    }
    for vault in [&clinic.vault, &other] {
        let session = vault.sign_in(&lan, PIN).await.unwrap();
        assert_eq!(session.role, StaffRole::Owner);
        assert_eq!(
            vault.sign_in(&mai, PIN).await.err(),
            Some(ActError::NotFound)
        );
    }
    other.close().await.unwrap();
}

#[tokio::test]
async fn whoever_types_the_kits_words_may_give_everybody_a_new_pin() {
    let (mut clinic, _server) = claimed().await;
    let lan = hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    let (_dir, other) = second_desk(&mut clinic).await;
    assert!(!other.is_signed_out());
    other.set_pin(&lan, None, OTHER).await.unwrap();
    other.sign_out();
    assert!(other.is_signed_out());
    other.sign_in(&lan, OTHER).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn rows_of_people_that_were_taken_away_or_rolled_back_come_back_from_the_ledger() {
    let mut clinic = Clinic::found().await;
    let [lan, ..] = staffed(&clinic.vault).await;
    for tampering in [
        "DELETE FROM staff",
        "DELETE FROM staff WHERE row = 1",
        "UPDATE staff SET sealed = (SELECT sealed FROM staff WHERE row = 2) WHERE row = 1",
    ] {
        clinic.close().await;
        let mut database = raw(&clinic).await;
        sqlx::query(tampering).execute(&mut database).await.unwrap();
        sqlx::Connection::close(database).await.unwrap();
        clinic.vault = clinic.unlock(None).await.unwrap();
        // Whoever asks before it is known waits; nobody is an owner meanwhile.
        let early = clinic.vault.leads(all()).await.err();
        assert_eq!(early, Some(ActError::SignedOut), "{tampering}");
        assert_eq!(clinic.vault.people().await.unwrap().len(), 3, "{tampering}");
        clinic.vault.sign_in(&lan, PIN).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_newer_version_says_is_kept_and_is_neither_a_lead_nor_an_alarm() {
    let (clinic, server) = claimed().await;
    clinic.vault.sync().await.unwrap();
    let kit = clinic.kit.root.signer();
    let mut ledger = Ledger::new(kit.id());
    let draft = ledger.next(
        Kind::Change,
        RecordId::from_bytes([5; 16]),
        Epoch::FIRST,
        MORNING,
    );
    let key = {
        let state = server.state();
        let founder = &state.ledgers[&clinic.vault.author()];
        let mut grants = founder.iter().filter(|entry| {
            entry.header.kind == Kind::Grant && entry.header.record == RecordId::from(kit.id())
        });
        let grant = grants.next().unwrap().payload.bytes().unwrap();
        seal::open_grant(&clinic.kit.root.receive_key(), kit.id(), grant).unwrap()
    };
    // {0: 1, 20: 9, 32: {0: null}}: about something that this version has never heard of.
    let fact = [0xa3, 0, 1, 20, 9, 0x18, 32, 0xa1, 0, 0xf6];
    let sealed = key.record_key().seal(&mut rand::rng(), &draft.aad(), &fact);
    let entry = draft.finish(sealed.unwrap()).unwrap();
    ledger.accept(&entry).unwrap();
    {
        let mut state = server.state();
        state.ledgers.entry(kit.id()).or_default().push(entry);
        let head = kit.head(ledger.seq(), ledger.hash());
        state.heads.insert(kit.id(), head);
    }
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (1, 0));
    assert_eq!(alarms(&clinic).await, []);
    assert_eq!(clinic.vault.leads(all()).await.unwrap().total, 0);
    assert_eq!(clinic.vault.people().await.unwrap(), []);
}

#[tokio::test]
async fn changing_places_takes_less_than_three_seconds() {
    let clinic = Clinic::found().await;
    let [lan, mai, _] = staffed(&clinic.vault).await;
    let mut best = std::time::Duration::MAX;
    for who in [&lan, &mai, &lan] {
        let begun = std::time::Instant::now();
        clinic.vault.sign_in(who, PIN).await.unwrap();
        best = best.min(begun.elapsed());
    }
    assert!(best.as_secs() < 3, "{best:?}");
}
