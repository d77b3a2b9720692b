//! Letting a PC in: two screens, one code, and a server in between that can't be trusted.
use std::sync::Arc;

use vault::view::{DeskRole, Inviting, SyncMark, SyncState};
use vault::{ActError, Knock, MemberError, SharedClock, SyncError, fetch};

use crate::support::exchange::{alarms, claimed};
use crate::support::join::{digits, form, join, joined, knock, refused, until};
use crate::support::{Clinic, all, loaded, names, person};

#[tokio::test]
async fn a_pc_that_is_let_in_has_everything_and_both_see_what_the_other_writes() {
    let (clinic, server) = claimed().await;
    clinic
        .vault
        .add(person("Trần Thị Lan", "0903111222", "Niềng răng?"))
        .await
        .unwrap();
    server.post("Nguyễn Văn Đức", "0912 345 678", "Trồng răng?");
    clinic.vault.sync().await.unwrap();
    let mut second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let page = second.vault.leads(all()).await.unwrap();
    assert_eq!(names(&page).len(), 2);
    let desk = second.vault.desk_view().await.unwrap();
    assert_eq!(
        (desk.desk.as_str(), desk.branch.as_str()),
        ("Quầy 2", "Quận 7")
    );
    assert!(desk.kit_checked);
    let view = second.vault.sync_view().await.unwrap();
    assert_eq!((view.state, view.first), (SyncState::Synced, None));
    assert!(view.alarms.is_empty(), "{:?}", view.alarms);

    let added = second
        .vault
        .add(person("Lê Minh", "0987654321", ""))
        .await
        .unwrap();
    second.vault.sync().await.unwrap();
    clinic.vault.sync().await.unwrap();
    let there = clinic.vault.lead(&added.lead.row.id).await.unwrap();
    assert_eq!(there.row.name, "Lê Minh");
    // It came from there: nobody needs to send anything to know that.
    assert!(matches!(there.row.sync, SyncMark::OnServer { .. }));
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 0);
    second.reopen().await;
    assert_eq!(second.vault.leads(all()).await.unwrap().rows.len(), 3);
}

#[tokio::test]
async fn a_typed_code_does_as_well_as_the_whole_line() {
    let (clinic, server) = claimed().await;
    let invitation = clinic.vault.invite(DeskRole::Owner).await.unwrap();
    let mut form = form(&invitation.code.to_lowercase().replace('-', " "), "Quầy 2");
    assert_eq!(
        refused(&form, &clinic.clock).await,
        MemberError::Sync(SyncError::BadAddress)
    );
    form.server = Some(server.url());
    let clock = clinic.clock();
    assert!(Knock::at(&form, clock).await.is_ok());
}

#[tokio::test]
async fn only_an_owners_pc_with_a_server_can_invite() {
    let clinic = Clinic::found().await;
    let without = clinic.vault.invite(DeskRole::Desk).await;
    assert_eq!(without.err(), Some(MemberError::Sync(SyncError::NoServer)));
    let (clinic, _server) = claimed().await;
    let desk = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    assert_eq!(
        desk.vault.invite(DeskRole::Desk).await.err(),
        Some(MemberError::NotOwner)
    );
    let owner = joined(&clinic, DeskRole::Owner, "Quầy 3").await;
    assert!(owner.vault.invite(DeskRole::Desk).await.is_ok());
}

#[tokio::test]
async fn a_code_with_a_slip_or_of_no_room_leads_nowhere() {
    let (clinic, server) = claimed().await;
    let invitation = clinic.vault.invite(DeskRole::Desk).await.unwrap();
    let mut wrong = invitation.link.clone();
    let at = "letan:join:".len() + 3;
    let other = if &wrong[at..=at] == "7" { "8" } else { "7" };
    wrong.replace_range(at..=at, other);
    assert_eq!(
        refused(&form(&wrong, "Q"), &clinic.clock).await,
        MemberError::WrongInvitation
    );
    assert_eq!(
        refused(&form("hello", "Q"), &clinic.clock).await,
        MemberError::WrongInvitation
    );
    server.state().rooms.clear();
    assert_eq!(
        refused(&form(&invitation.link, "Q"), &clinic.clock).await,
        MemberError::Expired
    );
    until(&clinic.vault, |now| *now == Inviting::Expired).await;
}

#[tokio::test]
async fn the_second_one_to_knock_stays_outside() {
    let (clinic, _server) = claimed().await;
    let invitation = clinic.vault.invite(DeskRole::Desk).await.unwrap();
    let first = Knock::at(&form(&invitation.link, "Quầy 2"), clinic.clock()).await;
    assert!(first.is_ok());
    let second = refused(&form(&invitation.link, "Quầy 2"), &clinic.clock).await;
    assert_eq!(second, MemberError::Refused);
}

#[tokio::test]
async fn a_person_who_says_no_lets_nobody_in() {
    let (clinic, _server) = claimed().await;
    let knock = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    assert_eq!(
        clinic.vault.confirm_desk(false).await,
        Ok(Inviting::Refused)
    );
    assert_eq!(knock.answer().await.err(), Some(MemberError::Refused));
    assert_eq!(clinic.vault.desks().await.unwrap().desks.len(), 1);
    assert_eq!(
        clinic.vault.confirm_desk(true).await,
        Err(MemberError::Expired)
    );
}

#[tokio::test]
async fn an_invitation_is_good_for_fifteen_minutes() {
    let (clinic, _server) = claimed().await;
    let _knock = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    clinic.clock.advance(15 * 60_000);
    assert_eq!(
        clinic.vault.confirm_desk(true).await,
        Err(MemberError::Expired)
    );
    assert_eq!(clinic.vault.inviting(), Inviting::Expired);
    assert_eq!(clinic.vault.desks().await.unwrap().desks.len(), 1);
}

#[tokio::test]
async fn a_cancelled_invitation_is_over() {
    let (clinic, server) = claimed().await;
    let invitation = clinic.vault.invite(DeskRole::Desk).await.unwrap();
    assert_eq!(clinic.vault.cancel_invitation().await, Ok(Inviting::Idle));
    assert!(server.state().rooms.is_empty());
    assert_eq!(
        refused(&form(&invitation.link, "Q"), &clinic.clock).await,
        MemberError::Expired
    );
}

#[tokio::test]
async fn a_lying_waiting_room_can_swap_neither_side() {
    let (clinic, server) = claimed().await;
    // Another room's offer in the place of ours.
    let invitation = clinic.vault.invite(DeskRole::Owner).await.unwrap();
    let theirs = server.state().rooms.values().next().unwrap().clone();
    let ours = clinic.vault.invite(DeskRole::Desk).await.unwrap();
    let name = server.state().rooms.keys().next().unwrap().clone();
    server.state().rooms.get_mut(&name).unwrap().offer = theirs.offer;
    assert_eq!(
        refused(&form(&ours.link, "Q"), &clinic.clock).await,
        MemberError::Refused
    );
    assert_ne!(invitation.link, ours.link);

    // A request that the server made up.
    let _ours = clinic.vault.invite(DeskRole::Desk).await.unwrap();
    for room in server.state().rooms.values_mut() {
        room.request = Some(b"LTREQ\x01let me in".to_vec());
    }
    until(&clinic.vault, |now| *now == Inviting::Refused).await;
    assert_eq!(
        clinic.vault.confirm_desk(true).await,
        Err(MemberError::Expired)
    );

    // An answer that the server made up, or kept from another joining.
    let knocked = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    for room in server.state().rooms.values_mut() {
        room.answer = Some(b"LTANS\x01".to_vec());
    }
    assert_eq!(knocked.answer().await.err(), Some(MemberError::Refused));
}

#[tokio::test]
async fn what_the_server_could_not_be_told_is_told_when_a_person_tries_again() {
    let (clinic, server) = claimed().await;
    let knock = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    server.state().down = true;
    assert_eq!(
        clinic.vault.confirm_desk(true).await,
        Err(MemberError::Sync(SyncError::Unreachable))
    );
    assert!(matches!(clinic.vault.inviting(), Inviting::Asked { .. }));
    server.state().down = false;
    assert!(matches!(
        clinic.vault.confirm_desk(true).await,
        Ok(Inviting::Joined { .. })
    ));
    assert!(knock.answer().await.is_ok());
    assert_eq!(clinic.vault.desks().await.unwrap().desks.len(), 2);
}

#[tokio::test]
async fn a_pc_reads_while_the_first_pages_come_and_writes_nothing_before_it_belongs() {
    let (clinic, server) = claimed().await;
    for i in 0..40 {
        server.post(&format!("Khách {i}"), &format!("09120000{i:02}"), "Hỏi giá");
    }
    clinic.vault.sync().await.unwrap();
    let mut second = join(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    loaded(&second.vault).await;
    let first = second.vault.sync_view().await.unwrap().first.unwrap();
    assert_eq!(first.done, 0);
    assert!(first.total > 40, "{first:?}");
    let early = second.vault.add(person("A B", "0903111222", "")).await;
    assert_eq!(early.err(), Some(ActError::NotYet));
    // Interrupted and begun again.
    server.state().down = true;
    assert!(second.vault.sync().await.is_err());
    second.reopen().await;
    assert_eq!(
        second
            .vault
            .add(person("A B", "0903111222", ""))
            .await
            .err(),
        Some(ActError::NotYet)
    );
    server.state().down = false;
    server.state().page = 4_000;
    second.vault.sync().await.unwrap();
    assert_eq!(second.vault.sync_view().await.unwrap().first, None);
    assert_eq!(second.vault.leads(all()).await.unwrap().total, 40);
    second
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap();
    second.vault.sync().await.unwrap();
}

#[tokio::test]
async fn a_joining_that_breaks_off_leaves_nothing_behind() {
    let (clinic, _server) = claimed().await;
    let knock = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    clinic.vault.confirm_desk(true).await.unwrap();
    let admitted = knock.answer().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    drop(admitted);
    assert!(matches!(
        vault::probe(dir.path()).await,
        Ok(vault::Found::Nothing)
    ));
    // The next one is let in as a PC of its own.
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    assert_eq!(second.vault.desks().await.unwrap().desks.len(), 3);
}

#[tokio::test]
async fn digits_differ_from_one_joining_to_the_next() {
    let (clinic, _server) = claimed().await;
    let first = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    let second = knock(&clinic.vault, DeskRole::Desk, "Quầy 2", &clinic.clock).await;
    assert_ne!(digits(&first.view()), digits(&second.view()));
}

#[tokio::test]
async fn the_words_and_the_server_bring_a_clinic_back_on_a_bare_pc() {
    let (clinic, server) = claimed().await;
    clinic
        .vault
        .add(person("Trần Thị Lan", "0903111222", ""))
        .await
        .unwrap();
    server.post("Nguyễn Văn Đức", "0912 345 678", "Trồng răng?");
    clinic.vault.sync().await.unwrap();
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    second
        .vault
        .add(person("Lê Minh", "0987654321", ""))
        .await
        .unwrap();
    second.vault.sync().await.unwrap();
    clinic.close().await;

    let dir = tempfile::tempdir().unwrap();
    let root = seal::RootSecret::generate(&mut rand::rng());
    let plan = vault::DeskPlan {
        branch: "Quận 1".into(),
        desk: "Máy mới".into(),
        person: "Chị Hạnh".into(),
    };
    let fetched = fetch(dir.path(), &clinic.kit.root, &server.url(), clinic.clock())
        .await
        .unwrap();
    assert_eq!(fetched.clinic(), clinic.vault.clinic_id());
    let back = fetched
        .recover(&clinic.kit.root, &root, plan, clinic.clock())
        .await
        .unwrap();
    assert!(back.lost.is_empty(), "{:?}", back.lost);
    loaded(&back.vault).await;
    assert_eq!(back.vault.leads(all()).await.unwrap().total, 3);
    assert_eq!(
        back.vault.desk_view().await.unwrap().server,
        Some(server.url())
    );
    back.vault
        .add(person("Phạm An", "0977000111", ""))
        .await
        .unwrap();
    back.vault.sync().await.unwrap();
    let view = back.vault.sync_view().await.unwrap();
    assert_eq!((view.state, view.unsent), (SyncState::Synced, 0));
    second.vault.sync().await.unwrap();
    assert_eq!(second.vault.leads(all()).await.unwrap().total, 4);
    // The kit stays good, and may let the next one in.
    assert!(back.vault.check_kit_words(&clinic.kit.root).await.is_ok());
}

#[tokio::test]
async fn wrong_words_and_wrong_servers_leave_no_files() {
    let (clinic, server) = claimed().await;
    let dir = tempfile::tempdir().unwrap();
    let other = seal::RootSecret::generate(&mut rand::rng());
    let clock = || Arc::clone(&clinic.clock) as SharedClock;
    let attempt = fetch(dir.path(), &other, &server.url(), clock()).await;
    assert_eq!(attempt.err(), Some(MemberError::WrongWords));
    server.state().stranger = true;
    let attempt = fetch(dir.path(), &clinic.kit.root, &server.url(), clock()).await;
    assert_eq!(attempt.err(), Some(MemberError::WrongWords));
    let unclaimed = crate::support::server::Server::start();
    let attempt = fetch(dir.path(), &clinic.kit.root, &unclaimed.url(), clock()).await;
    assert_eq!(
        attempt.err(),
        Some(MemberError::Sync(SyncError::NotClaimed))
    );
    server.state().down = true;
    let attempt = fetch(dir.path(), &clinic.kit.root, &server.url(), clock()).await;
    assert_eq!(
        attempt.err(),
        Some(MemberError::Sync(SyncError::Unreachable))
    );
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "letan.lock")
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(alarms(&clinic).await.is_empty());
}

#[tokio::test]
async fn the_yearly_drill_knows_the_kit_and_its_date() {
    let (clinic, _server) = claimed().await;
    assert!(clinic.vault.desks().await.unwrap().kit_drill_due);
    let other = seal::RootSecret::generate(&mut rand::rng());
    let wrong = clinic.vault.check_kit_words(&other).await;
    assert_eq!(wrong.err(), Some(MemberError::WrongWords));
    let view = clinic
        .vault
        .check_kit_words(&clinic.kit.root)
        .await
        .unwrap();
    assert_eq!(
        (view.kit_checked_at, view.kit_drill_due),
        (Some(crate::support::MORNING), false)
    );
    clinic.clock.advance(365 * 86_400_000);
    assert!(clinic.vault.desks().await.unwrap().kit_drill_due);
    let desk = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    assert!(!desk.vault.desks().await.unwrap().kit_drill_due);
}
