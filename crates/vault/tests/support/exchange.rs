//! What tests of the exchange begin with.
use ledger::{Epoch, Ledger, RecordId};
use vault::Clock as _;
use vault::view::AlarmKind;

use super::server::{CODE, Server};
use super::{Clinic, MORNING};

/// A clinic whose server is claimed.
pub(crate) async fn claimed() -> (Clinic, Server) {
    let clinic = Clinic::found().await;
    let server = Server::start();
    // The server goes by the same clock: else the first exchange would put that of the PC right.
    let (ours, system) = (clinic.clock.now_ms(), vault::SystemClock.now_ms());
    server.state().offset = ours - system;
    let desk = clinic.vault.claim(&server.url(), CODE).await.unwrap();
    assert_eq!(desk.server.as_deref(), Some(server.url().as_str()));
    (clinic, server)
}

/// Alarms that stand.
pub(crate) async fn alarms(clinic: &Clinic) -> Vec<AlarmKind> {
    let view = clinic.vault.sync_view().await.unwrap();
    view.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

/// Entries that the paper kit writes somewhere else and the server hands out.
pub(crate) fn by_the_kit(
    clinic: &Clinic,
    server: &Server,
    entries: &[(ledger::Kind, RecordId, Vec<u8>)],
) {
    let signer = clinic.kit.root.signer();
    let mut ledger = Ledger::new(signer.id());
    let mut state = server.state();
    for (kind, record, payload) in entries {
        let epoch = if *kind == ledger::Kind::Change {
            Epoch::FIRST
        } else {
            Epoch::NONE
        };
        let entry = ledger
            .next(*kind, *record, epoch, MORNING)
            .finish(payload.clone())
            .unwrap();
        ledger.accept(&entry).unwrap();
        state.ledgers.entry(signer.id()).or_default().push(entry);
    }
    let head = signer.head(ledger.seq(), ledger.hash());
    state.heads.insert(signer.id(), head);
}
