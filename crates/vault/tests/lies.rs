//! A server that lies in every answer: it is doubted, and nobody is told more than is so.
use std::time::Duration;

use ledger::{Kind, Member, RecordId, Role, Signer};
use vault::view::{AlarmKind, LeadAct, SyncMark};
use vault::{DeskPlan, SyncError};

use crate::support::exchange::{alarms, by_the_kit, claimed};
use crate::support::server::{CODE, Server};
use crate::support::{Clinic, all, loaded, names, person, sealed, search};

async fn added(clinic: &Clinic) -> String {
    let lead = person("A B", "0903111222", "");
    clinic.vault.add(lead).await.unwrap().lead.row.id
}

async fn mark(clinic: &Clinic, id: &str) -> SyncMark {
    clinic.vault.lead(id).await.unwrap().row.sync
}

#[tokio::test]
async fn a_payload_that_is_kept_back_is_missing_until_somebody_brings_it() {
    let (mut clinic, server) = claimed().await;
    server.post("Trước", "0912345678", "x");
    clinic.vault.sync().await.unwrap();
    server.state().withholds = true;
    let id = server.post("Giữ lại", "0912345679", "x");
    server.post("Sau", "0912345670", "x");
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (2, 0));
    let pulls = server.state().pulls;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().pulls, pulls + 1, "asked for ever");
    assert_eq!(names(&clinic.vault.leads(all()).await.unwrap()), ["Trước"]);
    server.state().withholds = false;
    clinic.reopen().await;
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (2, 2));
    assert_eq!(clinic.vault.lead(&id).await.unwrap().row.name, "Giữ lại");
    clinic.reopen().await;
    assert_eq!(clinic.vault.leads(all()).await.unwrap().rows.len(), 3);
    let pulls = server.state().pulls;
    clinic.vault.sync().await.unwrap();
    assert_eq!(
        server.state().pulls,
        pulls + 1,
        "nothing is missing any more"
    );
}

/// The server loses the payload of this PC's last entry.
fn lose_the_last(clinic: &Clinic, server: &Server) {
    let me = clinic.vault.author();
    let mut state = server.state();
    let ledger = state.ledgers.get_mut(&me).unwrap();
    ledger.last_mut().unwrap().payload = ledger::Payload::Erased;
}

#[tokio::test]
async fn a_payload_that_the_server_lacks_is_brought_by_whoever_has_it() {
    let (clinic, server) = claimed().await;
    added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    lose_the_last(&clinic, &server);
    added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let present = |entry: &ledger::Entry| entry.payload.bytes().is_some();
    assert!(server.state().ledgers[&me].iter().all(present));
    let pushes = server.state().pushes;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().pushes, pushes, "nothing is missing any more");
}

#[tokio::test]
async fn a_server_that_keeps_no_payload_does_not_keep_us_sending() {
    let (clinic, server) = claimed().await;
    added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    lose_the_last(&clinic, &server);
    server.state().insatiable = true;
    added(&clinic).await;
    let pushes = server.state().pushes;
    let turn = tokio::time::timeout(Duration::from_secs(20), clinic.vault.sync());
    assert!(turn.await.is_ok(), "an exchange without end");
    assert!(server.state().pushes <= pushes + 3);
}

#[tokio::test]
async fn a_server_that_boasts_is_still_sent_everything() {
    let (clinic, server) = claimed().await;
    server.state().boasts = true;
    added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    let id = added(&clinic).await;
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 1);
    assert_eq!(mark(&clinic, &id).await, SyncMark::OnlyHere);
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let held = server.state().ledgers[&me].len();
    assert_eq!(held, own_entries(&clinic).await);
}

/// Entries of this desk's ledger.
async fn own_entries(clinic: &Clinic) -> usize {
    // Each act is one entry, beside four of the founding, one of the claim and one of how the PC stands.
    6 + clinic.vault.leads(all()).await.unwrap().rows.len()
}

#[tokio::test]
async fn a_claim_that_boasts_makes_nothing_sent() {
    let clinic = Clinic::found().await;
    let server = Server::start();
    server.state().boasts = true;
    clinic.vault.claim(&server.url(), CODE).await.unwrap();
    let id = added(&clinic).await;
    assert_eq!(mark(&clinic, &id).await, SyncMark::OnlyHere);
    server.state().boasts = false;
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let held = server.state().ledgers[&me].len();
    assert_eq!(held, own_entries(&clinic).await);
}

#[tokio::test]
async fn a_server_that_wavers_does_not_keep_us_sending() {
    let (clinic, server) = claimed().await;
    added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    server.state().wavers = true;
    for _ in 0..3 {
        added(&clinic).await;
        let turn = tokio::time::timeout(Duration::from_secs(20), clinic.vault.sync());
        assert!(turn.await.is_ok(), "an exchange without end");
    }
    assert!(server.state().pushes < 20);
    assert!(alarms(&clinic).await.contains(&AlarmKind::Rollback));
}

#[tokio::test]
async fn what_another_server_has_is_not_on_this_one() {
    let (clinic, _first) = claimed().await;
    let id = added(&clinic).await;
    clinic.vault.sync().await.unwrap();
    assert!(matches!(
        mark(&clinic, &id).await,
        SyncMark::OnServer { .. }
    ));
    let second = Server::start();
    // Its ledger would be a fork of the first one's if it had the same key.
    second.state().become_another();
    clinic.vault.claim(&second.url(), CODE).await.unwrap();
    second.state().ledgers.clear();
    let note = LeadAct::Note {
        text: "một".into()
    };
    clinic.vault.act(&id, note).await.unwrap();
    assert_eq!(mark(&clinic, &id).await, SyncMark::OnlyHere);
    clinic.vault.sync().await.ok();
    clinic.vault.sync().await.unwrap();
    assert!(matches!(
        mark(&clinic, &id).await,
        SyncMark::OnServer { .. }
    ));
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 0);
}

#[tokio::test]
async fn what_a_recovered_pc_wrote_under_its_former_name_is_not_sent_before_it_is() {
    let (clinic, server) = claimed().await;
    clinic.vault.sync().await.unwrap();
    let id = added(&clinic).await;
    clinic.close().await;
    let new_root = seal::RootSecret::generate(&mut rand::rng());
    let plan = DeskPlan {
        branch: String::new(),
        desk: "Quầy mới".into(),
        person: String::new(),
    };
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let recovered = locked.recover(&clinic.kit.root, &new_root, plan, clinic.clock());
    let vault = recovered.await.map_err(|e| e.1).unwrap().vault;
    loaded(&vault).await;
    assert_eq!(vault.lead(&id).await.unwrap().row.sync, SyncMark::OnlyHere);
    let view = vault.sync_view().await.unwrap();
    assert!(view.unsent > 0 && view.oldest_unsent_at.is_some());
    vault.sync().await.unwrap();
    let mark = vault.lead(&id).await.unwrap().row.sync;
    assert!(matches!(mark, SyncMark::OnServer { .. }));
    assert_eq!(vault.sync_view().await.unwrap().unsent, 0);
    drop(server);
}

#[tokio::test]
async fn times_at_the_end_of_their_range_break_nothing() {
    let (mut clinic, server) = claimed().await;
    let ten_years = 10 * 365 * 86_400_000;
    let times = [i64::MAX, i64::MIN, -1, 0, -ten_years, 2 * ten_years * 100];
    for (n, at) in times.into_iter().enumerate() {
        server.state().at_ms = at;
        server.post(&format!("Khách {n}"), "0912345678", "x");
    }
    clinic.vault.sync().await.unwrap();
    for offset in [ten_years, -ten_years, i64::MAX / 2, -i64::MAX / 2] {
        server.state().offset = offset;
        clinic.vault.sync().await.ok();
        clinic.vault.today().await.unwrap();
        let page = clinic.vault.leads(all()).await.unwrap();
        assert_eq!(page.rows.len(), times.len());
        for row in &page.rows {
            let note = LeadAct::Note { text: "ghi".into() };
            clinic.vault.act(&row.id, note).await.unwrap();
            let next = Some(offset.saturating_mul(3));
            let plan = LeadAct::SetNextCall { at: next };
            clinic.vault.act(&row.id, plan).await.unwrap();
        }
    }
    clinic.reopen().await;
    let page = clinic.vault.leads(all()).await.unwrap();
    for row in &page.rows {
        let timeline = clinic.vault.lead(&row.id).await.unwrap().timeline;
        let notes = timeline
            .iter()
            .filter(|item| matches!(item.happening, vault::view::Happening::Noted { .. }));
        assert_eq!(notes.count(), 4, "an act was lost");
    }
}

#[tokio::test]
async fn texts_of_any_script_and_length_are_a_lead_or_nothing() {
    let (mut clinic, server) = claimed().await;
    let texts = [
        "\u{202e}\u{0}\u{feff}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".to_owned(),
        "e\u{301}".repeat(1_900),
        "\u{1d173}\u{e0001}\n\r\t\u{2028}".repeat(90),
        "9".repeat(60),
        "ไทย 日本 العربية".to_owned(),
    ];
    for text in &texts {
        let cut = |most: usize| text.chars().take(most).collect::<String>();
        server.post(&cut(200), &cut(60), &cut(4000));
    }
    clinic.vault.sync().await.unwrap();
    clinic.reopen().await;
    loaded(&clinic.vault).await;
    let page = clinic.vault.leads(all()).await.unwrap();
    assert_eq!(page.rows.len(), texts.len());
    for row in &page.rows {
        clinic.vault.lead(&row.id).await.unwrap();
    }
    for text in texts {
        clinic.vault.leads(search(&text)).await.unwrap();
        clinic.vault.check_phone(&text, None).await.unwrap();
    }
}

#[tokio::test]
async fn what_comes_after_an_entry_that_does_not_open_has_not_happened() {
    let (mut clinic, server) = claimed().await;
    let other = Signer::from_root(&[0x44; 32]);
    let enrol = Member::Enrol {
        keys: other.keys(),
        role: Role::Desk,
        name: "Quầy lạ".into(),
        branch: String::new(),
    };
    let revoke = Member::Revoke {
        author: server.state().server_id(),
        last_seq: 0,
    };
    let entries = [
        (Kind::Change, RecordId::from_bytes([5; 16]), vec![7; 80]),
        (Kind::Member, RecordId::from(other.id()), enrol.encode()),
        (
            Kind::Member,
            RecordId::from(revoke.author()),
            revoke.encode(),
        ),
    ];
    by_the_kit(&clinic, &server, &entries);
    server.post("Thật", "0912345678", "x");
    clinic.vault.sync().await.unwrap();
    assert_eq!(alarms(&clinic).await, [AlarmKind::Unopenable]);
    assert_eq!(names(&clinic.vault.leads(all()).await.unwrap()), ["Thật"]);
    server.post("Nữa", "0912345670", "x");
    assert_eq!(clinic.vault.sync().await.unwrap().new_leads, 1);
    clinic.reopen().await;
    assert_eq!(clinic.vault.leads(all()).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn a_new_kit_is_refused_while_the_server_can_not_say_what_the_old_one_did() {
    let (mut clinic, server) = claimed().await;
    server.state().down = true;
    let refused = clinic.vault.renew_kit().await;
    assert_eq!(refused.err(), Some(SyncError::Unreachable));
    // The old kit enrolled a PC in another branch, and nobody here knows of it yet.
    let other = Signer::from_root(&[0x44; 32]);
    let enrol = Member::Enrol {
        keys: other.keys(),
        role: Role::Desk,
        name: "Quầy Quận 7".into(),
        branch: "Quận 7".into(),
    };
    let about = RecordId::from(other.id());
    by_the_kit(&clinic, &server, &[(Kind::Member, about, enrol.encode())]);
    server.state().down = false;
    let kit = clinic.vault.renew_kit().await.unwrap();
    let desk = clinic.vault.desk_view().await.unwrap();
    assert!(
        desk.branches.contains(&"Quận 7".to_owned()),
        "its PC was cut off"
    );
    clinic.reopen().await;
    let desk = clinic.vault.desk_view().await.unwrap();
    assert!(desk.branches.contains(&"Quận 7".to_owned()));
    clinic.close().await;
    let locked = sealed(clinic.dir.path()).await.unwrap();
    assert!(locked.check_words(&kit.root).is_ok());
    assert!(locked.check_words(&clinic.kit.root).is_err());
}
