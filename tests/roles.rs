//! Who may what: every command for everybody who can sit at a desk, in one table.
use crate::configuration::commands;
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, name, world};
use le_tan_lib::desk::Desk;
use le_tan_lib::failure::Code;
use le_tan_lib::outside::News;
use le_tan_lib::status::{FoundingForm, Phase};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use vault::view::{PersonForm, StaffRole};

/// Who sits there, in the order of the columns.
const COLUMNS: [&str; 6] = [
    "nobody entered",
    "nobody signed in",
    "front desk",
    "manager",
    "owner",
    "data closed",
];

/// For each command: `+` may run, `-` not allowed, `l` locked.
const TABLE: [(&str, &str); 61] = [
    ("status", "++++++"),
    ("retry_start", "++++++"),
    ("repair_data", "++++++"),
    ("found_clinic", "++++++"),
    ("renew_kit", "+l--+l"),
    ("check_kit", "+l--+l"),
    ("claim_server", "+l--+l"),
    ("recover_with_words", "++++++"),
    ("lock", "++++++"),
    ("unlock", "++++++"),
    ("desk", "++++++"),
    ("set_person", "+l+++l"),
    ("leads", "+l+++l"),
    ("lead", "+l+++l"),
    ("act", "+l+++l"),
    ("add_lead", "+l+++l"),
    ("undo", "+l+++l"),
    ("merge_leads", "+l+++l"),
    ("unmerge_lead", "+l+++l"),
    ("use_phone", "+l+++l"),
    ("check_phone", "+l+++l"),
    ("save_draft", "+l+++l"),
    ("today", "+l+++l"),
    ("saved_views", "+l+++l"),
    ("save_view", "+l+++l"),
    ("delete_view", "+l+++l"),
    ("sync_status", "++++++"),
    ("sync_now", "++++++"),
    ("settings", "++++++"),
    ("set_settings", "+l+++l"),
    ("user_active", "++++++"),
    ("quit", "++++++"),
    ("desks", "+l+++l"),
    ("invite_desk", "+l--+l"),
    ("inviting", "+l--+l"),
    ("confirm_desk", "+l--+l"),
    ("cancel_invitation", "+l--+l"),
    ("save_invitation", "+l--+l"),
    ("revoke_desk", "+l--+l"),
    ("rename_desk", "+l--+l"),
    ("join_clinic", "++++++"),
    ("joining", "++++++"),
    ("cancel_joining", "++++++"),
    ("read_invitation", "++++++"),
    ("recover_from_server", "++++++"),
    ("check_kit_words", "+l--+l"),
    ("people", "++++++"),
    ("session", "+l+++l"),
    ("add_person", "+l--+l"),
    ("change_person", "+l--+l"),
    ("dismiss_person", "+l--+l"),
    ("set_pin", "+l+++l"),
    ("sign_in", "++++++"),
    ("drives", "+l+++l"),
    ("export_bundle", "+l+++l"),
    ("import_bundle", "+l+++l"),
    ("cancel_bundle", "+l+++l"),
    ("backups", "+l-++l"),
    ("choose_backup_place", "+l-++l"),
    ("back_up_now", "+l-++l"),
    ("drill_now", "+l-++l"),
];

/// Commands of a PC without data: they answer for themselves.
const BARE: [&str; 2] = ["find_backups", "restore_backup"];

const PIN: &str = "258013";

/// What the gate says to every command now.
fn answers(desk: &Desk) -> BTreeMap<String, char> {
    let answer = |command: &String| match desk.gate(command).map_err(|failure| failure.code) {
        Ok(()) => '+',
        Err(Code::NotAllowed) => '-',
        Err(Code::Locked) => 'l',
        Err(other) => panic!("{command}: {other:?}"),
    };
    let all = commands();
    all.iter()
        .map(|command| (command.clone(), answer(command)))
        .collect()
}

/// A clinic that has entered nobody.
async fn clinic() -> (TempDir, Desk, crate::support::world::Log) {
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
    desk.vault().unwrap().mark_kit_checked().await.unwrap();
    (dir, desk, log)
}

async fn hire(desk: &Desk, name: &str, role: StaffRole) -> String {
    let form = PersonForm {
        name: name.into(),
        role,
        branches: Vec::new(),
    };
    let people = desk.add_person(form, PIN).await.unwrap();
    people.into_iter().find(|row| row.name == name).unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_for_those_it_is_for() {
    let (_dir, desk, _log) = clinic().await;
    let mut columns = vec![answers(&desk)];
    let owner = hire(&desk, "Lan", StaffRole::FrontDesk).await;
    let manager = hire(&desk, "Mai", StaffRole::Manager).await;
    let front = hire(&desk, "Đào", StaffRole::FrontDesk).await;
    desk.lock().await.unwrap();
    columns.push(answers(&desk));
    for person in [front, manager, owner] {
        desk.sign_in(&person, PIN).await.unwrap();
        columns.push(answers(&desk));
    }
    desk.close().await;

    // Without people the lock closes the data.
    let (_dir, desk, _log) = clinic().await;
    desk.lock().await.unwrap();
    columns.push(answers(&desk));

    let listed: BTreeSet<String> = TABLE.iter().map(|(command, _)| (*command).into()).collect();
    let all: BTreeSet<String> = commands();
    let bare: BTreeSet<String> = BARE.iter().map(|command| (*command).into()).collect();
    let table: BTreeSet<String> = listed.union(&bare).cloned().collect();
    assert_eq!(
        all, table,
        "a command is in no table, or a table has one too many"
    );
    for (command, expected) in TABLE.into_iter().chain(BARE.map(|c| (c, "++++++"))) {
        for ((column, who), expected) in columns.iter().zip(COLUMNS).zip(expected.chars()) {
            assert_eq!(column[command], expected, "{command}: {who}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_nobody_thought_about_runs_for_nobody() {
    let (_dir, desk, _log) = clinic().await;
    let refused = desk.gate("erase_everything").unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_signs_out_stays_open_and_starts_with_nobody_at_it() {
    let (dir, keychain) = (tempfile::tempdir().unwrap(), Moody::new(Mood::Well));
    let program = || {
        let (world, log) = world();
        (Desk::new(dir.path(), keychain.keychain(), world), log)
    };
    let (desk, mut log) = program();
    desk.start().await;
    let form = FoundingForm {
        clinic: "Nha khoa Việt Smile".into(),
        branch: "Quận 1".into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    };
    desk.found(form).await.unwrap();
    desk.vault().unwrap().mark_kit_checked().await.unwrap();
    let lan = hire(&desk, "Lan", StaffRole::Owner).await;
    assert_eq!(desk.session().await.unwrap().person.as_ref(), Some(&lan));
    let status = desk.lock().await.unwrap();
    assert_eq!(name(&status.phase), "signedOut");
    assert!(desk.vault().is_ok(), "the vault was closed");
    assert_eq!(desk.session().await.unwrap_err().code, Code::Locked);
    let wrong = desk.sign_in(&lan, "258014").await.unwrap_err();
    assert_eq!(
        (wrong.code, wrong.detail.as_deref()),
        (Code::WrongPin, Some("4"))
    );
    let status = desk.sign_in(&lan, PIN).await.unwrap();
    assert_eq!(name(&status.phase), "ready");
    assert!(log.phases().ends_with(&["signedOut", "ready"]));
    assert_eq!(desk.settings().autolock_minutes, 5);
    desk.close().await;

    let (desk, _log) = program();
    assert_eq!(name(&desk.start().await.phase), "signedOut");
    let tiles = desk.people().await.unwrap();
    assert_eq!(tiles.len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_see_the_kits_words_is_asked_for_them() {
    let (_dir, desk, _log) = clinic().await;
    let lan = hire(&desk, "Lan", StaffRole::Owner).await;
    let dao = hire(&desk, "Đào", StaffRole::FrontDesk).await;
    desk.renew_kit().await.unwrap();
    let status = desk.sign_in(&dao, PIN).await.unwrap();
    assert_eq!(name(&status.phase), "ready");
    let status = desk.sign_in(&lan, PIN).await.unwrap();
    assert_eq!(name(&status.phase), "kitUnchecked");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_dismissed_sees_the_window_close() {
    let (_dir, desk, mut log) = clinic().await;
    let lan = hire(&desk, "Lan", StaffRole::Owner).await;
    hire(&desk, "Mai", StaffRole::Owner).await;
    desk.dismiss_person(&lan, true).await.unwrap();
    // The vault says so, as it does when the news comes from another PC; the shell follows.
    let out = |deed: &Deed| match deed {
        Deed::Told(News::Phase(status)) => {
            matches!(status.phase, Phase::SignedOut { .. }).then_some(())
        }
        _ => None,
    };
    log.until(out).await;
    assert!(log.all().contains(&Deed::Told(News::People)));
    let people = desk.people().await.unwrap();
    let names: Vec<&str> = people.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Mai"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_pins_make_everybody_wait() {
    let (_dir, desk, _log) = clinic().await;
    let lan = hire(&desk, "Lan", StaffRole::Owner).await;
    for left in (0..5).rev() {
        let wrong = desk.sign_in(&lan, "111111").await.unwrap_err();
        assert_eq!(wrong.detail, Some(left.to_string()));
    }
    let wait = desk.sign_in(&lan, PIN).await.unwrap_err();
    assert_eq!(wait.code, Code::PinWait);
    let seconds: u32 = wait.detail.unwrap().parse().unwrap();
    assert!((25..=30).contains(&seconds), "{seconds}");
}
