//! Exchange with a server, honest or not.
use std::time::Duration;

use casebook::lead::Outcome;
use ledger::submission::Suspicion;
use ledger::{Entry, Epoch, Ledger, RecordId, Segment, Signer};
use vault::view::{AlarmKind, Chip, LeadAct, LeadQuery, SyncMark, SyncState};
use vault::{DeskPlan, Event, SyncError};

use crate::support::exchange::{alarms, by_the_kit, claimed};
use crate::support::server::{CODE, Server};
use crate::support::{Clinic, all, drain, loaded, names, person, raw, sealed};

#[tokio::test]
async fn a_question_from_the_website_arrives_and_an_answer_goes_back() {
    let (mut clinic, server) = claimed().await;
    let id = server.post(
        "Nguyễn Văn Đức",
        "0912 345 678",
        "Trồng răng giá bao nhiêu?",
    );
    let mut events = clinic.vault.events();
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (1, 1));
    assert!(drain(&mut events).contains(&Event::Leads {
        ids: vec![id.clone()],
        arrived: 1
    }));
    let lead = clinic.vault.lead(&id).await.unwrap();
    assert_eq!(lead.row.name, "Nguyễn Văn Đức");
    assert_eq!(lead.row.sync, SyncMark::OnServer { at: 0 });
    assert_eq!(lead.timeline[0].desk, server.url());

    let act = LeadAct::Call {
        outcome: Outcome::Answered,
        next_call_at: None,
    };
    let acted = clinic.vault.act(&id, act).await.unwrap();
    assert_eq!(acted.lead.row.sync, SyncMark::OnlyHere);
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 1);
    clinic.reopen().await;
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 1);
    assert_eq!(clinic.vault.sync().await.unwrap().sent, 1);
    let view = clinic.vault.sync_view().await.unwrap();
    assert_eq!((view.state, view.unsent), (SyncState::Synced, 0));
    assert!(view.synced_at.is_some());
    let mark = clinic.vault.lead(&id).await.unwrap().row.sync;
    assert!(matches!(mark, SyncMark::OnServer { at } if at > 0));
    assert_eq!(clinic.vault.sync().await.unwrap(), vault::Synced::default());
}

#[tokio::test]
async fn a_suspect_is_kept_but_does_not_ring() {
    let (clinic, server) = claimed().await;
    server.post_suspect("Bot", "0912345678", "x", Suspicion::TRAP);
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (1, 0));
    let query = LeadQuery {
        chip: Chip::Suspect,
        ..all()
    };
    assert_eq!(names(&clinic.vault.leads(query).await.unwrap()), ["Bot"]);
    assert!(clinic.vault.leads(all()).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn the_code_must_be_right_and_claiming_twice_is_harmless() {
    let clinic = Clinic::found().await;
    let server = Server::start();
    let wrong = clinic.vault.claim(&server.url(), "WRNG-WRNG-WRNG").await;
    assert_eq!(wrong.err(), Some(SyncError::WrongSetupCode));
    assert_eq!(clinic.vault.sync().await.err(), Some(SyncError::NoServer));
    clinic.vault.claim(&server.url(), CODE).await.unwrap();
    clinic.vault.claim(&server.url(), CODE).await.unwrap();
    assert!(clinic.vault.sync().await.is_ok());
    let insecure = clinic.vault.claim("http://example.com", CODE).await;
    assert_eq!(insecure.err(), Some(SyncError::InsecureAddress));
    assert_eq!(
        clinic.vault.claim("not an address", CODE).await.err(),
        Some(SyncError::BadAddress)
    );
}

#[tokio::test]
async fn another_clinics_server_is_not_ours() {
    let (_first, server) = claimed().await;
    let second = Clinic::found().await;
    let refused = second.vault.claim(&server.url(), CODE).await;
    assert_eq!(refused.err(), Some(SyncError::AlreadyClaimed));
}

#[tokio::test]
async fn without_a_server_work_goes_on_and_nothing_claims_to_be_sent() {
    let (clinic, server) = claimed().await;
    clinic.vault.sync().await.unwrap();
    server.state().down = true;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    assert_eq!(
        clinic.vault.sync().await.err(),
        Some(SyncError::Unreachable)
    );
    let view = clinic.vault.sync_view().await.unwrap();
    assert_eq!((view.state, view.unsent), (SyncState::Offline, 1));
    assert!(view.oldest_unsent_at.is_some());
    assert_eq!(
        clinic.vault.lead(&id).await.unwrap().row.sync,
        SyncMark::OnlyHere
    );
    server.state().down = false;
    assert_eq!(clinic.vault.sync().await.unwrap().sent, 1);
    let mark = clinic.vault.lead(&id).await.unwrap().row.sync;
    assert!(matches!(mark, SyncMark::OnServer { .. }));
}

#[tokio::test]
async fn many_pages_are_pulled_until_there_is_no_more() {
    let (clinic, server) = claimed().await;
    server.state().page = 4_000;
    for n in 0..60 {
        server.post(&format!("Khách {n}"), "0912345678", "hỏi");
    }
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (60, 60));
    assert_eq!(clinic.vault.leads(all()).await.unwrap().rows.len(), 60);
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_loses_nothing() {
    let (clinic, server) = claimed().await;
    for n in 0..20 {
        server.post(&format!("Khách {n}"), "0912345678", "hỏi");
    }
    server.state().cut = true;
    assert!(clinic.vault.sync().await.is_err());
    server.state().cut = false;
    assert_eq!(clinic.vault.sync().await.unwrap().new_leads, 20);
}

#[tokio::test]
async fn rubbish_that_a_stranger_posted_stops_nobody() {
    let (clinic, server) = claimed().await;
    server.post("Trước", "0912345678", "x");
    {
        let mut state = server.state();
        let mut received = state.sealed("Rác", "1", "x", Suspicion::default());
        received.sealed.enc = [9; 32];
        let record = RecordId::from(received.sealed.ids.submission);
        state.append(record, Epoch::FIRST, received.encode());
        state.append(
            RecordId::from_bytes([1; 16]),
            Epoch::FIRST,
            b"no submission".to_vec(),
        );
    }
    server.post("Sau", "0912345679", "x");
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (4, 2));
    assert_eq!(alarms(&clinic).await, []);
}

#[tokio::test]
async fn a_forked_ledger_stops_with_an_alarm_that_stays_and_others_go_on() {
    let (mut clinic, server) = claimed().await;
    server.post("Thật", "0912345678", "x");
    clinic.vault.sync().await.unwrap();
    {
        let mut state = server.state();
        let id = state.server_id();
        state.own = Ledger::new(id);
        state.ledgers.insert(id, Vec::new());
    }
    server.post("Khác", "0912345678", "x");
    server.post("Nữa", "0912345678", "x");
    clinic
        .vault
        .act(
            &clinic.vault.leads(all()).await.unwrap().rows[0].id,
            LeadAct::Note {
                text: "vẫn gửi".into(),
            },
        )
        .await
        .unwrap();
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.sent, synced.arrived), (1, 0));
    assert!(alarms(&clinic).await.contains(&AlarmKind::Fork));
    clinic.reopen().await;
    assert!(alarms(&clinic).await.contains(&AlarmKind::Fork));
    assert_eq!(names(&clinic.vault.leads(all()).await.unwrap()), ["Thật"]);
}

#[tokio::test]
async fn entries_of_a_stranger_wait_and_never_count() {
    let (clinic, server) = claimed().await;
    server.state().smuggled.push(strangers_segment());
    server.post("Thật", "0912345678", "x");
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (1, 1));
    clinic.vault.sync().await.unwrap();
    assert_eq!(clinic.vault.leads(all()).await.unwrap().rows.len(), 1);
}

fn strangers_segment() -> Segment {
    let signer = Signer::from_root(&[0x33; 32]);
    let ledger = Ledger::new(signer.id());
    let record = RecordId::from_bytes([7; 16]);
    let draft = ledger.next(ledger::Kind::Change, record, Epoch::FIRST, 1);
    let entry: Entry = draft.finish(vec![1, 2, 3]).unwrap();
    let head = signer.head(1, entry.header.hash());
    Segment {
        entries: vec![entry],
        head,
    }
}

#[tokio::test]
async fn a_server_that_lost_what_it_had_is_named_and_filled_again() {
    let (clinic, server) = claimed().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let whole = server.state().ledgers[&me].len();
    server
        .state()
        .ledgers
        .get_mut(&me)
        .unwrap()
        .truncate(whole - 1);
    clinic
        .vault
        .act(
            &id,
            LeadAct::Note {
                text: "mới".into()
            },
        )
        .await
        .unwrap();
    // The server can't take entry n + 1 without n, and says what it has.
    let _ = clinic.vault.sync().await;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().ledgers[&me].len(), whole + 1);
    assert!(alarms(&clinic).await.contains(&AlarmKind::Rollback));
    assert_eq!(clinic.vault.sync_view().await.unwrap().unsent, 0);
}

/// Forgets the last of these entries, as an older copy of the server's store would.
fn forget_last(server: &Server, author: ledger::AuthorId) -> usize {
    let mut state = server.state();
    let ledger = state.ledgers.get_mut(&author).unwrap();
    ledger.pop();
    ledger.len() + 1
}

#[tokio::test]
async fn a_server_that_lost_what_it_had_is_filled_again_also_by_a_pc_that_has_nothing_new() {
    let (mut clinic, server) = claimed().await;
    let lead = person("A B", "0903111222", "");
    clinic.vault.add(lead).await.unwrap();
    clinic.vault.sync().await.unwrap();
    clinic.reopen().await;
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let whole = forget_last(&server, me);
    clinic.reopen().await;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().ledgers[&me].len(), whole);
    assert!(alarms(&clinic).await.contains(&AlarmKind::Rollback));
    // It is asked once, and not at every exchange.
    let pushes = server.state().pushes;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().pushes, pushes);
}

#[tokio::test]
async fn a_server_that_counts_fewer_arrivals_than_before_is_asked_what_it_has() {
    let (clinic, server) = claimed().await;
    let earlier = server.state().own.clone();
    server.post("Trần B", "0903444555", "Giá?");
    clinic.vault.sync().await.unwrap();
    clinic.vault.sync().await.unwrap();
    let me = clinic.vault.author();
    let whole = forget_last(&server, me);
    server.state().own = earlier;
    clinic.vault.sync().await.unwrap();
    assert_eq!(server.state().ledgers[&me].len(), whole);
    assert!(alarms(&clinic).await.contains(&AlarmKind::Rollback));
}

#[tokio::test]
async fn a_changed_form_raises_an_alarm_until_it_is_the_pinned_one_again() {
    let (mut clinic, server) = claimed().await;
    clinic.vault.sync().await.unwrap();
    server.state().form = "form that also sends elsewhere".into();
    clinic.reopen().await;
    clinic.vault.sync().await.unwrap();
    assert_eq!(alarms(&clinic).await, [AlarmKind::FormChanged]);
    server.state().form = "form".into();
    clinic.reopen().await;
    clinic.vault.sync().await.unwrap();
    assert_eq!(alarms(&clinic).await, []);
}

#[tokio::test]
async fn the_servers_time_corrects_what_people_read() {
    let (clinic, server) = claimed().await;
    server.state().offset = 0;
    clinic.vault.sync().await.unwrap();
    let offset = clinic.vault.sync_view().await.unwrap().clock_offset;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let at = clinic.vault.lead(&id).await.unwrap().timeline[0].at;
    assert_eq!(at, crate::support::MORNING + offset);
    assert!(
        offset.abs() > 1000,
        "the test's clock stands at another time than the server's"
    );
}

#[tokio::test]
async fn waiting_tells_when_something_is_there() {
    let (clinic, server) = claimed().await;
    clinic.vault.sync().await.unwrap();
    assert!(!clinic.vault.wait(Duration::from_secs(1)).await.unwrap());
    server.post("A", "0912345678", "x");
    assert!(clinic.vault.wait(Duration::from_secs(1)).await.unwrap());
    clinic.vault.sync().await.unwrap();
    assert!(!clinic.vault.wait(Duration::from_secs(1)).await.unwrap());
}

#[tokio::test]
async fn a_pc_recovered_with_the_words_introduces_itself_to_the_server() {
    let (clinic, server) = claimed().await;
    server.post("A", "0912345678", "x");
    clinic.vault.sync().await.unwrap();
    let id = clinic.vault.leads(all()).await.unwrap().rows[0].id.clone();
    clinic.close().await;
    let new_root = seal::RootSecret::generate(&mut rand::rng());
    let plan = DeskPlan {
        branch: String::new(),
        desk: "Quầy mới".into(),
        person: String::new(),
    };
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let recovered = locked
        .recover(&clinic.kit.root, &new_root, plan, clinic.clock())
        .await
        .map_err(|e| e.1);
    let recovered = recovered.unwrap();
    assert_eq!(recovered.lost, []);
    let vault = recovered.vault;
    loaded(&vault).await;
    vault
        .act(
            &id,
            LeadAct::Note {
                text: "trở lại".into(),
            },
        )
        .await
        .unwrap();
    vault.sync().await.unwrap();
    // The note, and how the new PC stands.
    assert_eq!(server.state().ledgers[&vault.author()].len(), 2);
    let kit = clinic.kit.root.signer().id();
    assert_eq!(server.state().ledgers[&kit].len(), 2);
    assert_eq!(vault.sync_view().await.unwrap().unsent, 0);
}

#[tokio::test]
async fn a_payload_of_one_of_us_that_does_not_open_stops_its_author_only() {
    let (mut clinic, server) = claimed().await;
    let garbage = (
        ledger::Kind::Change,
        RecordId::from_bytes([5; 16]),
        vec![7; 80],
    );
    by_the_kit(&clinic, &server, &[garbage]);
    server.post("Thật", "0912345678", "x");
    let synced = clinic.vault.sync().await.unwrap();
    assert_eq!((synced.arrived, synced.new_leads), (1, 1));
    assert_eq!(alarms(&clinic).await, [AlarmKind::Unopenable]);
    server.post("Nữa", "0912345679", "x");
    assert_eq!(clinic.vault.sync().await.unwrap().new_leads, 1);
    clinic.reopen().await;
    assert_eq!(clinic.vault.sync().await.unwrap().arrived, 0);
    assert_eq!(clinic.vault.leads(all()).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn what_a_revoked_author_wrote_beyond_its_end_is_gone_everywhere() {
    let (mut clinic, server) = claimed().await;
    server.post("Trước", "0912345678", "x");
    server.post("Sau", "0912345679", "x");
    clinic.vault.sync().await.unwrap();
    let revoke = ledger::Member::Revoke {
        author: server.state().server_id(),
        last_seq: 1,
    };
    let about = RecordId::from(revoke.author());
    by_the_kit(
        &clinic,
        &server,
        &[(ledger::Kind::Member, about, revoke.encode())],
    );
    clinic.vault.sync().await.unwrap();
    assert_eq!(names(&clinic.vault.leads(all()).await.unwrap()), ["Trước"]);
    clinic.reopen().await;
    loaded(&clinic.vault).await;
    assert_eq!(names(&clinic.vault.leads(all()).await.unwrap()), ["Trước"]);
    // It counts nowhere, but a wrong revocation has destroyed nothing.
    let sql = "SELECT count(*) FROM void_entry WHERE payload IS NOT NULL";
    clinic.close().await;
    let mut closed = raw(&clinic).await;
    let kept: i64 = sqlx::query_scalar(sql)
        .fetch_one(&mut closed)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_while_leads_are_computed_anew_sees_them_before_or_after() {
    let (clinic, server) = claimed().await;
    let first = server.post("Khách 0", "0900000000", "x");
    for n in 1..1500 {
        server.post(&format!("Khách {n}"), &format!("09{n:08}"), "x");
    }
    clinic.vault.sync().await.unwrap();
    let kept = first;
    let revoke = ledger::Member::Revoke {
        author: server.state().server_id(),
        last_seq: 1400,
    };
    let about = RecordId::from(revoke.author());
    let entry = (ledger::Kind::Member, about, revoke.encode());
    by_the_kit(&clinic, &server, &[entry]);
    let vault = clinic.vault.clone();
    let reader = tokio::spawn(async move {
        loop {
            let total = vault.leads(all()).await.unwrap().total;
            assert!(total == 1500 || total == 1400, "half: {total}");
            assert_eq!(vault.lead(&kept).await.unwrap().row.name, "Khách 0");
            if total == 1400 {
                return;
            }
        }
    });
    clinic.vault.sync().await.unwrap();
    reader.await.unwrap();
}
