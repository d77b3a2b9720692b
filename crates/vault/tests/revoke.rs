//! Cutting PCs off: the key goes on without them, and only a proof makes them delete anything.
use ledger::{AuthorId, Epoch};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use vault::view::{AlarmKind, DeskRole};
use vault::{ActError, Event, MemberError, SyncError};

use crate::support::exchange::{alarms, claimed};
use crate::support::join::{Joined, join, joined};
use crate::support::second::connect;
use crate::support::server::Server;
use crate::support::state;
use crate::support::{Clinic, all, drain, loaded, person};

/// Everybody exchanges until nobody has anything new.
async fn settle(vaults: &[&vault::Vault]) {
    for _ in 0..4 {
        for vault in vaults {
            vault.sync().await.unwrap();
        }
    }
}

/// Who was granted which epoch, as the server's ledgers say.
fn granted(server: &Server, epoch: Epoch) -> Vec<AuthorId> {
    let state = server.state();
    let entries = state.ledgers.values().flatten();
    let mut to: Vec<AuthorId> = entries
        .filter(|entry| entry.header.kind == ledger::Kind::Grant)
        .filter_map(|entry| seal::grant_place(entry.payload.bytes()?))
        .filter(|(_, of)| *of == epoch)
        .map(|(to, _)| to)
        .collect();
    to.sort_unstable();
    to.dedup();
    to
}

#[tokio::test]
async fn a_pc_that_is_cut_off_gets_no_later_key_and_the_website_learns_of_it_at_once() {
    let (clinic, server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let third = joined(&clinic, DeskRole::Desk, "Quầy 3").await;
    let view = clinic.vault.revoke(&second.id(), false).await.unwrap();
    let row = view.desks.iter().find(|row| row.id == second.id()).unwrap();
    assert!(row.revoked_at.is_some());
    assert_eq!(view.desks.last().unwrap().id, second.id());
    clinic.vault.sync().await.unwrap();
    let epoch = server.state().epoch().unwrap();
    assert!(epoch > Epoch::FIRST);
    let holders = granted(&server, epoch);
    assert!(!holders.contains(&second.vault.author()));
    for id in [
        clinic.vault.author(),
        third.vault.author(),
        clinic.kit.root.signer().id(),
    ] {
        assert!(holders.contains(&id));
    }
    // What was sealed before and what is sealed from now on opens for whoever stays.
    server.post("Khách mới", "0912345678", "Hỏi giá");
    clinic
        .vault
        .add(person("Trần Thị Lan", "0903111222", ""))
        .await
        .unwrap();
    clinic.vault.sync().await.unwrap();
    third.vault.sync().await.unwrap();
    assert_eq!(third.vault.leads(all()).await.unwrap().total, 2);
    assert!(third.vault.sync_view().await.unwrap().alarms.is_empty());
}

#[tokio::test]
async fn nobody_is_cut_off_blindly_unless_a_person_insists() {
    let (clinic, server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    server.state().down = true;
    let blind = clinic.vault.revoke(&second.id(), false).await;
    assert_eq!(blind.err(), Some(MemberError::Unseen));
    assert!(clinic.vault.revoke(&second.id(), true).await.is_ok());
    server.state().down = false;
    assert_eq!(server.state().epoch(), Some(Epoch::FIRST));
    clinic.vault.sync().await.unwrap();
    assert!(server.state().epoch() > Some(Epoch::FIRST));
}

#[tokio::test]
async fn what_a_pc_wrote_and_sent_before_it_was_cut_off_counts() {
    let (clinic, _server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    second
        .vault
        .add(person("Lê Minh", "0987654321", ""))
        .await
        .unwrap();
    second.vault.sync().await.unwrap();
    clinic.vault.revoke(&second.id(), false).await.unwrap();
    assert_eq!(clinic.vault.leads(all()).await.unwrap().total, 1);
}

#[tokio::test]
async fn nobody_cuts_off_itself_a_stranger_or_twice_and_no_desk_anybody() {
    let (clinic, _server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let me = clinic.vault.author().to_string();
    assert_eq!(
        clinic.vault.revoke(&me, false).await.err(),
        Some(MemberError::Oneself)
    );
    let desk = second.vault.revoke(&me, false).await;
    assert_eq!(desk.err(), Some(MemberError::NotOwner));
    let not_found = Some(MemberError::from(ActError::NotFound));
    assert_eq!(clinic.vault.revoke("zz", false).await.err(), not_found);
    let kit = clinic.kit.root.signer().id().to_string();
    assert_eq!(clinic.vault.revoke(&kit, false).await.err(), not_found);
    clinic.vault.revoke(&second.id(), false).await.unwrap();
    assert_eq!(
        clinic.vault.revoke(&second.id(), false).await.err(),
        not_found
    );
}

#[tokio::test]
async fn a_pc_is_called_otherwise_and_moved_everywhere() {
    let (clinic, _server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let renamed = clinic
        .vault
        .rename(&second.id(), "Tầng 2", "Quận 10")
        .await
        .unwrap();
    assert!(renamed.desks.iter().any(|row| row.name == "Tầng 2"));
    clinic.vault.sync().await.unwrap();
    second.vault.sync().await.unwrap();
    let desk = second.vault.desk_view().await.unwrap();
    assert_eq!(
        (desk.desk.as_str(), desk.branch.as_str()),
        ("Tầng 2", "Quận 10")
    );
    let empty = clinic.vault.rename(&second.id(), " ", "").await;
    assert_eq!(empty.err(), Some(MemberError::from(ActError::BadInput)));
}

/// Two owners, each of whom cuts a PC off and one of whom lets one in, unaware of each other.
#[tokio::test]
async fn owners_who_act_at_the_same_time_agree_afterwards_and_no_key_leaks() {
    let (clinic, server) = claimed().await;
    let other = joined(&clinic, DeskRole::Owner, "Chủ 2").await;
    let lost = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let stolen = joined(&clinic, DeskRole::Desk, "Quầy 3").await;
    settle(&[&clinic.vault, &other.vault]).await;

    server.state().down = true;
    clinic.vault.revoke(&lost.id(), true).await.unwrap();
    other.vault.revoke(&stolen.id(), true).await.unwrap();
    server.state().down = false;
    // The other owner has not heard of the revocation when it lets one in.
    let new = join(&other.vault, DeskRole::Desk, "Quầy 4", &clinic.clock).await;
    let active = [&clinic.vault, &other.vault, &new.vault];
    settle(&active).await;

    let newest = server.state().epoch().unwrap();
    let holders = granted(&server, newest);
    for vault in active {
        assert!(holders.contains(&vault.author()));
    }
    assert!(!holders.contains(&lost.vault.author()));
    assert!(!holders.contains(&stolen.vault.author()));
    for (i, vault) in active.iter().enumerate() {
        vault
            .add(person(&format!("Khách {i}"), &format!("090311122{i}"), ""))
            .await
            .unwrap();
    }
    server.post("Từ trang web", "0912345678", "Hỏi giá");
    settle(&active).await;
    for vault in active {
        loaded(vault).await;
        assert_eq!(vault.leads(all()).await.unwrap().total, 4);
        assert!(vault.sync_view().await.unwrap().alarms.is_empty());
        let desks = vault.desks().await.unwrap().desks;
        let gone = desks.iter().filter(|row| row.revoked_at.is_some()).count();
        assert_eq!((desks.len(), gone), (5, 2));
    }
    // And they come to rest: nobody writes anything any more.
    let held = server.state().have();
    settle(&active).await;
    assert_eq!(server.state().have(), held);
}

/// Hands everything on that one PC has and the other lacks.
async fn hand_on(from: &vault::Vault, to: &vault::Vault) {
    let (link, _serving) = connect(from, to).await.unwrap();
    from.sync_with(&link).await.unwrap();
}

/// Entries of others that a revocation made void and that are kept aside.
async fn kept_aside(joined: &Joined) -> i64 {
    joined.vault.close().await.unwrap();
    let mut database = SqliteConnectOptions::new()
        .filename(joined.dir.path().join("letan.db"))
        .connect()
        .await
        .unwrap();
    sqlx::query_scalar("SELECT count(*) FROM void_entry")
        .fetch_one(&mut database)
        .await
        .unwrap()
}

#[tokio::test]
async fn owners_who_cut_one_pc_off_at_different_entries_end_with_the_same() {
    let (clinic, server) = claimed().await;
    let other = joined(&clinic, DeskRole::Owner, "Chủ 2").await;
    let third = joined(&clinic, DeskRole::Desk, "Quầy 3").await;
    let lost = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    let lead = person("Lê Minh", "0987654321", "");
    lost.vault.add(lead).await.unwrap();
    settle(&[&lost.vault, &clinic.vault, &other.vault, &third.vault]).await;

    server.state().down = true;
    for phone in ["0903111222", "0903111223"] {
        let lead = person("Trần Thị Lan", phone, "");
        lost.vault.add(lead).await.unwrap();
    }
    // The one owner has not heard of these two.
    hand_on(&lost.vault, &other.vault).await;
    hand_on(&lost.vault, &third.vault).await;
    clinic.vault.revoke(&lost.id(), true).await.unwrap();
    other.vault.revoke(&lost.id(), true).await.unwrap();
    for (vault, leads) in [(&clinic.vault, 1), (&other.vault, 3), (&third.vault, 3)] {
        assert_eq!(vault.leads(all()).await.unwrap().total, leads);
    }
    server.state().down = false;
    settle(&[&clinic.vault, &other.vault, &third.vault]).await;

    let ours = state(&clinic.vault).await;
    assert_eq!(ours.lines().count(), 1);
    assert_eq!(state(&other.vault).await, ours);
    assert_eq!(state(&third.vault).await, ours);
    for joined in [&other, &third] {
        assert!(kept_aside(joined).await >= 2, "it stays as evidence");
    }
}

async fn cut_off(clinic: &Clinic, server: &Server) -> Joined {
    let second = joined(clinic, DeskRole::Desk, "Quầy 2").await;
    second
        .vault
        .add(person("Lê Minh", "0987654321", ""))
        .await
        .unwrap();
    second.vault.sync().await.unwrap();
    server.state().refuses = Some(second.vault.author());
    second
}

#[tokio::test]
async fn a_servers_mere_word_deletes_nothing() {
    let (clinic, server) = claimed().await;
    let second = cut_off(&clinic, &server).await;
    server.state().proves_nothing = true;
    let mut events = second.vault.events();
    assert_eq!(second.vault.sync().await.err(), Some(SyncError::Revoked));
    assert_eq!(second.vault.cut_off().await, Ok(None));
    assert!(!drain(&mut events).contains(&Event::CutOff));
    let kinds: Vec<_> = second.vault.sync_view().await.unwrap().alarms;
    assert!(kinds.iter().any(|alarm| alarm.kind == AlarmKind::Revoked));
    // Nor does everything that it has, as long as no owner says so.
    server.state().proves_nothing = false;
    assert_eq!(second.vault.sync().await.err(), Some(SyncError::Revoked));
    assert_eq!(second.vault.cut_off().await, Ok(None));
    assert_eq!(second.vault.leads(all()).await.unwrap().total, 1);
    second
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_owners_signature_makes_a_pc_delete_itself() {
    let (clinic, server) = claimed().await;
    let second = cut_off(&clinic, &server).await;
    clinic.vault.revoke(&second.id(), false).await.unwrap();
    clinic.vault.sync().await.unwrap();
    let mut events = second.vault.events();
    assert_eq!(second.vault.sync().await.err(), Some(SyncError::Revoked));
    let cut_off = second.vault.cut_off().await.unwrap().unwrap();
    assert_eq!(cut_off.by.as_deref(), Some("Quầy 1"));
    let off = cut_off.at - vault::Clock::now_ms(&*clinic.clock);
    assert!(off.abs() < 2_000, "as exact as a server tells the time");
    assert!(drain(&mut events).contains(&Event::CutOff));
    let refused = second.vault.add(person("A B", "0903111222", "")).await;
    assert_eq!(refused.err(), Some(ActError::CutOff));
    second.vault.wipe().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(second.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["letan.lock"]);
    assert_eq!(second.vault.desks().await.err(), Some(ActError::Closed));
    vault::wipe(second.dir.path()).await.unwrap();
}

#[tokio::test]
async fn deleting_takes_copies_that_a_repair_put_aside_too() {
    let (clinic, _server) = claimed().await;
    let aside = clinic.dir.path().join("damaged-7");
    std::fs::create_dir(&aside).unwrap();
    std::fs::write(aside.join("letan.db"), "old").unwrap();
    std::fs::write(clinic.dir.path().join("settings.json"), "{}").unwrap();
    clinic.vault.wipe().await.unwrap();
    assert!(!aside.exists() && !clinic.database().exists());
    assert!(clinic.dir.path().join("settings.json").exists());
}

#[tokio::test]
async fn a_new_kit_in_place_of_the_old_one_has_a_key_that_the_old_one_lacks() {
    let (clinic, server) = claimed().await;
    let old = clinic.kit.root.signer().id();
    clinic.vault.renew_kit().await.unwrap();
    clinic.vault.sync().await.unwrap();
    let newest = server.state().epoch().unwrap();
    assert!(newest > Epoch::FIRST);
    assert!(!granted(&server, newest).contains(&old));
    assert!(alarms(&clinic).await.is_empty());
}

/// Two PCs of a clinic, the second of which wrote more than its owner had seen when it was cut off;
/// the server took the revocation in.
async fn cut_short(server: &Server, clinic: &Clinic) -> (Joined, Joined) {
    let second = joined(clinic, DeskRole::Desk, "Quầy 2").await;
    let third = joined(clinic, DeskRole::Desk, "Quầy 3").await;
    clinic.vault.sync().await.unwrap();
    let seen = server.state().ledgers[&second.vault.author()].len();
    for phone in ["0903111222", "0903111223"] {
        let lead = person("Lê Minh", phone, "");
        second.vault.add(lead).await.unwrap();
    }
    second.vault.sync().await.unwrap();
    third.vault.sync().await.unwrap();
    // The third knows that the server has it all.
    third.vault.sync().await.unwrap();
    server.state().down = true;
    clinic.vault.revoke(&second.id(), true).await.unwrap();
    server.state().down = false;
    let id = second.vault.author();
    server.state().ledgers.get_mut(&id).unwrap().truncate(seen);
    clinic.vault.sync().await.unwrap();
    (second, third)
}

async fn kinds(vault: &vault::Vault) -> Vec<AlarmKind> {
    let view = vault.sync_view().await.unwrap();
    view.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

#[tokio::test]
async fn a_ledger_that_a_revocation_shortens_is_no_old_copy_of_the_server() {
    let (clinic, server) = claimed().await;
    let (_second, third) = cut_short(&server, &clinic).await;
    let lead = person("A B", "0987654321", "");
    third.vault.add(lead).await.unwrap();
    third.vault.sync().await.unwrap();
    assert_eq!(third.vault.leads(all()).await.unwrap().total, 1);
    third.vault.sync().await.unwrap();
    assert_eq!(kinds(&third.vault).await, []);
}

#[tokio::test]
async fn a_server_that_lost_even_one_entry_of_somebody_else_is_named() {
    let (clinic, server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    clinic.vault.sync().await.unwrap();
    clinic.vault.sync().await.unwrap();
    let id = second.vault.author();
    let whole = server.state().ledgers[&id].len();
    server
        .state()
        .ledgers
        .get_mut(&id)
        .unwrap()
        .truncate(whole - 1);
    let lead = person("A B", "0987654321", "");
    clinic.vault.add(lead).await.unwrap();
    clinic.vault.sync().await.unwrap();
    assert_eq!(kinds(&clinic.vault).await, [AlarmKind::Rollback]);
}

#[tokio::test]
async fn a_server_that_lost_more_than_a_revocation_cut_is_named() {
    let (clinic, server) = claimed().await;
    let (second, third) = cut_short(&server, &clinic).await;
    let id = second.vault.author();
    server.state().ledgers.get_mut(&id).unwrap().pop();
    let lead = person("A B", "0987654321", "");
    third.vault.add(lead).await.unwrap();
    third.vault.sync().await.unwrap();
    assert_eq!(kinds(&third.vault).await, [AlarmKind::Rollback]);
}
