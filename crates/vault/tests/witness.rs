//! What PCs tell of each other: how they stand, and that none has a double.
use ledger::{Epoch, Kind, Ledger, RecordId, Signer, Witness};
use vault::Clock as _;
use vault::view::{AlarmKind, DeskRole};

use crate::support::exchange::{alarms, claimed};
use crate::support::join::joined;
use crate::support::server::Server;
use crate::support::{Clinic, person};

fn witnesses(server: &Server) -> usize {
    let state = server.state();
    let entries = state.ledgers.values().flatten();
    entries
        .filter(|entry| entry.header.kind == Kind::Witness)
        .count()
}

/// An entry of kind witness that a PC with this root writes next, as the server has it.
fn write(server: &Server, root: [u8; 32], payload: Vec<u8>) {
    let signer = Signer::from_root(&root);
    let mut state = server.state();
    let last = state.ledgers[&signer.id()].last().unwrap().header;
    let mut ledger = Ledger::resume(signer.id(), last.seq, last.hash(), last.hlc);
    let entry = ledger
        .next(Kind::Witness, RecordId::from(signer.id()), Epoch::NONE, 0)
        .finish(payload)
        .unwrap();
    ledger.accept(&entry).unwrap();
    state.ledgers.get_mut(&signer.id()).unwrap().push(entry);
    let head = signer.head(ledger.seq(), ledger.hash());
    state.heads.insert(signer.id(), head);
}

/// Time goes by, for the server too: it tells the PCs theirs.
fn pass(clinic: &Clinic, server: &Server, ms: i64) {
    clinic.clock.advance(ms);
    let system = vault::SystemClock.now_ms();
    server.state().offset = clinic.clock.now_ms() - system;
}

#[tokio::test]
async fn a_pc_tells_how_it_stands_and_never_in_a_storm() {
    let (mut clinic, server) = claimed().await;
    pass(&clinic, &server, 0);
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    clinic.vault.sync().await.unwrap();
    let after = witnesses(&server);
    assert_eq!(after, 2);
    for _ in 0..5 {
        pass(&clinic, &server, 30 * 60_000);
        second
            .vault
            .add(person("A", "0903111222", ""))
            .await
            .unwrap();
        second.vault.sync().await.unwrap();
        clinic.vault.sync().await.unwrap();
    }
    assert_eq!(witnesses(&server), after);
    let view = clinic.vault.desks().await.unwrap();
    assert!(view.may_manage);
    let row = view.desks.iter().find(|row| !row.me).unwrap();
    assert_eq!((row.name.as_str(), row.unsent), ("Quầy 2", Some(0)));
    assert_eq!(row.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(row.last_seen >= Some(row.joined_at));
    pass(&clinic, &server, 6 * 3_600_000);
    clinic.vault.sync().await.unwrap();
    assert_eq!(witnesses(&server), after + 1);

    // At the end of a day without a network it says how much is only there.
    server.state().down = true;
    clinic
        .vault
        .add(person("B", "0903111333", ""))
        .await
        .unwrap();
    pass(&clinic, &server, 20 * 60_000);
    clinic.reopen().await;
    server.state().down = false;
    clinic.vault.sync().await.unwrap();
    second.vault.sync().await.unwrap();
    let told = second.vault.desks().await.unwrap();
    let row = told.desks.iter().find(|row| !row.me).unwrap();
    assert_eq!(row.unsent, Some(1));
}

#[tokio::test]
async fn another_hash_at_one_place_is_a_fork_by_its_author() {
    let (clinic, server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    clinic.vault.sync().await.unwrap();
    assert!(alarms(&clinic).await.is_empty());
    let me = clinic.vault.author();
    let false_head = Witness {
        heads: vec![(me, 2, ledger::EntryHash::from_bytes([7; 32]))],
        ..Witness::default()
    };
    write(&server, second.root, false_head.encode());
    clinic.vault.sync().await.unwrap();
    let alarms = clinic.vault.sync_view().await.unwrap().alarms;
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].kind, alarms[0].me), (AlarmKind::Fork, true));
    // Reading and writing go on.
    clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_witness_of_another_version_alarms_nobody() {
    let (clinic, server) = claimed().await;
    let second = joined(&clinic, DeskRole::Desk, "Quầy 2").await;
    clinic.vault.sync().await.unwrap();
    write(&server, second.root, b"LTWIT\x02something newer".to_vec());
    clinic.vault.sync().await.unwrap();
    assert!(alarms(&clinic).await.is_empty());
    let view = clinic.vault.desks().await.unwrap();
    assert!(view.desks.iter().any(|row| row.version.is_none()));
}
