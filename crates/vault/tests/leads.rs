//! What a clerk does to leads, and that all of it is there after opening again.
use casebook::lead::{LeadState, Outcome};
use vault::view::{Happening, LeadAct, LeadQuery, RevealPurpose, SavedView, SyncMark};
use vault::{ActError, Event};

use crate::support::{Clinic, all, drain, loaded, names, person, search};

#[tokio::test]
async fn everything_a_clerk_did_is_there_after_opening_again() {
    let mut clinic = Clinic::found().await;
    let vault = clinic.vault.clone();
    let lead = person(
        "Nguyễn Thị Hường",
        "0912 345 678",
        "Niềng răng giá bao nhiêu?",
    );
    let id = vault.add(lead).await.unwrap().lead.row.id;
    let acts = [
        LeadAct::Call {
            outcome: Outcome::NoAnswer,
            next_call_at: None,
        },
        LeadAct::Note {
            text: "Gọi lại sau giờ làm".into(),
        },
        LeadAct::Assign {
            to: Some("Chị Hạnh".into()),
        },
        LeadAct::SetBranch {
            branch: Some("Quận 1".into()),
        },
        LeadAct::LinkOrder {
            order: Some("DH-77".into()),
        },
        LeadAct::SetState {
            state: LeadState::Booked,
        },
        LeadAct::Edit {
            name: None,
            phone: None,
            question: Some("Niềng trong suốt?".into()),
        },
    ];
    let mut last = None;
    for act in acts {
        last = Some(vault.act(&id, act).await.unwrap());
    }
    vault.save_draft(&id, "nháp").await.unwrap();
    let query = LeadQuery {
        text: "huong".into(),
        ..all()
    };
    vault
        .save_view(SavedView {
            name: "Của Hường".into(),
            query,
        })
        .await
        .unwrap();
    clinic.reopen().await;
    let view = clinic.vault.lead(&id).await.unwrap();
    let mut expected = last.unwrap().lead;
    expected.draft = Some("nháp".into());
    assert_eq!(view, expected);
    assert_eq!(view.row.state, LeadState::Booked);
    assert_eq!(view.row.attempts, 1);
    assert_eq!(view.row.sync, SyncMark::OnlyHere);
    assert_eq!(view.row.phone.masked, "09•• ••• 678");
    assert_eq!(clinic.vault.views().await.unwrap()[0].name, "Của Hường");
    for text in ["huong", "nguyen thi", "345678", "trong suot", "dh-77"] {
        let page = clinic.vault.leads(search(text)).await.unwrap();
        assert_eq!(names(&page), ["Nguyễn Thị Hường"], "{text}");
    }
}

#[tokio::test]
async fn an_act_tells_what_changed_and_one_that_changes_nothing_writes_nothing() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let mut events = clinic.vault.events();
    let before = clinic.vault.counter();
    let same = clinic
        .vault
        .act(
            &id,
            LeadAct::SetState {
                state: LeadState::New,
            },
        )
        .await
        .unwrap();
    assert_eq!(same.undo, None);
    assert_eq!(clinic.vault.counter(), before);
    assert!(drain(&mut events).is_empty());
    clinic
        .vault
        .act(
            &id,
            LeadAct::SetState {
                state: LeadState::Visited,
            },
        )
        .await
        .unwrap();
    let told = drain(&mut events);
    assert!(told.contains(&Event::Leads {
        ids: vec![id],
        arrived: 0
    }));
}

#[tokio::test]
async fn an_act_is_undone_and_the_undoing_too() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let act = LeadAct::Call {
        outcome: Outcome::Declined,
        next_call_at: None,
    };
    let acted = clinic.vault.act(&id, act).await.unwrap();
    assert_eq!(acted.lead.row.state, LeadState::Declined);
    let token = acted.undo.unwrap();
    let undone = clinic.vault.undo(&token).await.unwrap();
    assert_eq!(
        (undone.lead.row.state, undone.lead.row.attempts),
        (LeadState::New, 0)
    );
    assert_eq!(
        clinic.vault.undo(&token).await.err(),
        Some(ActError::AlreadyUndone)
    );
    let redone = clinic.vault.undo(&undone.undo.unwrap()).await.unwrap();
    assert_eq!(redone.lead.row.state, LeadState::Declined);
    for wrong in ["", "x", "a.b.c", &format!("{token}.x")] {
        assert_eq!(
            clinic.vault.undo(wrong).await.err(),
            Some(ActError::BadInput),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn duplicates_are_merged_and_parted_again() {
    let mut clinic = Clinic::found().await;
    let vault = clinic.vault.clone();
    let one = vault
        .add(person("Phạm Ánh", "0903111222", "Tẩy trắng"))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let two = vault
        .add(person("Ánh Phạm", "0903 111 222", "Nhổ răng"))
        .await
        .unwrap();
    assert_eq!(two.lead.row.siblings, 1);
    let two = two.lead.row.id;
    let merged = vault.merge(&one, &two).await.unwrap();
    assert_eq!(merged.lead.row.id, one);
    assert_eq!((merged.lead.row.merged, merged.lead.merged.len()), (1, 1));
    let happening = &merged.lead.timeline[0].happening;
    assert_eq!(
        *happening,
        Happening::Merged {
            other: "Ánh Phạm".into()
        }
    );
    assert_eq!(names(&vault.leads(all()).await.unwrap()), ["Phạm Ánh"]);
    assert_eq!(
        vault.merge(&two, &one).await.err(),
        Some(ActError::CannotMerge)
    );
    assert_eq!(
        vault.merge(&one, &one).await.err(),
        Some(ActError::CannotMerge)
    );
    clinic.reopen().await;
    let vault = clinic.vault.clone();
    assert_eq!(names(&vault.leads(all()).await.unwrap()), ["Phạm Ánh"]);
    let parted = vault.unmerge(&two).await.unwrap();
    assert_eq!(parted.lead.row.id, two);
    assert_eq!(vault.leads(all()).await.unwrap().rows.len(), 2);
    assert_eq!(vault.unmerge(&two).await.err(), Some(ActError::CannotMerge));
    let again = vault.merge(&one, &two).await.unwrap();
    let undone = vault.undo(&again.undo.unwrap()).await.unwrap();
    assert_eq!((undone.lead.row.id, undone.lead.row.merged), (one, 0));
}

#[tokio::test]
async fn a_number_is_given_out_only_after_it_is_written_down_that_it_was() {
    let mut clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903.111.222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let before = clinic.vault.counter();
    let number = clinic.vault.reveal(&id, RevealPurpose::Call).await.unwrap();
    assert_eq!(
        (number.e164.as_str(), number.raw.as_str()),
        ("+84903111222", "0903.111.222")
    );
    assert_eq!(number.display, "0903 111 222");
    assert_eq!(clinic.vault.counter(), before + 1);
    clinic.reopen().await;
    let view = clinic.vault.lead(&id).await.unwrap();
    let revealed = Happening::Revealed {
        purpose: RevealPurpose::Call,
    };
    assert_eq!(view.timeline[0].happening, revealed);
    assert_eq!(view.timeline[0].by, "Chị Hạnh");
    let nameless = clinic
        .vault
        .add(person("Không số", "", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let none = clinic.vault.reveal(&nameless, RevealPurpose::Show).await;
    assert_eq!(none.err(), Some(ActError::PhoneUnreadable));
}

#[tokio::test]
async fn rules_refuse_and_nothing_is_written() {
    let clinic = Clinic::found().await;
    loaded(&clinic.vault).await;
    let before = clinic.vault.counter();
    let mut lead = person(" \u{200b} ", "", "\u{0}");
    assert_eq!(
        clinic.vault.add(lead.clone()).await.err(),
        Some(ActError::EmptyLead)
    );
    lead.name = "A".repeat(201);
    assert_eq!(
        clinic.vault.add(lead.clone()).await.err(),
        Some(ActError::TooLong)
    );
    lead.name = "A".into();
    lead.basis_note = "  ".into();
    assert_eq!(
        clinic.vault.add(lead).await.err(),
        Some(ActError::BasisNoteMissing)
    );
    assert_eq!(
        clinic.vault.lead("nonsense").await.err(),
        Some(ActError::NotFound)
    );
    assert_eq!(
        clinic.vault.lead(&"ab".repeat(16)).await.err(),
        Some(ActError::NotFound)
    );
    assert_eq!(clinic.vault.counter(), before);
}

#[tokio::test]
async fn typing_a_known_number_finds_who_has_it() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("Đặng Dũng", "01689 123 456", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let check = clinic
        .vault
        .check_phone("+84 389 123 456", None)
        .await
        .unwrap();
    assert_eq!(check.display, "0389 123 456");
    assert_eq!(check.known.len(), 1);
    assert!(
        clinic
            .vault
            .check_phone("0389123456", Some(&id))
            .await
            .unwrap()
            .known
            .is_empty()
    );
    let page = clinic.vault.leads(search("0938 222 333")).await.unwrap();
    assert_eq!(page.unknown_number.as_deref(), Some("0938 222 333"));
    assert_eq!(
        clinic
            .vault
            .leads(search("0389123456"))
            .await
            .unwrap()
            .unknown_number,
        None
    );
}

#[tokio::test]
async fn a_note_ends_its_draft() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    clinic.vault.save_draft(&id, "đang g").await.unwrap();
    clinic.vault.save_draft(&id, "đang gõ").await.unwrap();
    assert_eq!(
        clinic.vault.lead(&id).await.unwrap().draft.as_deref(),
        Some("đang gõ")
    );
    let acted = clinic
        .vault
        .act(
            &id,
            LeadAct::Note {
                text: "xong".into(),
            },
        )
        .await
        .unwrap();
    assert_eq!(acted.lead.draft, None);
    clinic.vault.save_draft(&id, "x").await.unwrap();
    clinic.vault.save_draft(&id, "").await.unwrap();
    assert_eq!(clinic.vault.lead(&id).await.unwrap().draft, None);
}

#[tokio::test]
async fn saved_lists_have_one_name_each() {
    let clinic = Clinic::found().await;
    let view = |name: &str, text: &str| SavedView {
        name: name.into(),
        query: search(text),
    };
    clinic.vault.save_view(view("Quá hẹn", "a")).await.unwrap();
    clinic.vault.save_view(view("Đặt lịch", "b")).await.unwrap();
    clinic.vault.save_view(view("Quá hẹn", "c")).await.unwrap();
    let kept = clinic.vault.views().await.unwrap();
    assert_eq!(kept, [view("Đặt lịch", "b"), view("Quá hẹn", "c")]);
    clinic.vault.delete_view("Quá hẹn").await.unwrap();
    assert_eq!(
        clinic.vault.delete_view("Quá hẹn").await.err(),
        Some(ActError::NotFound)
    );
    assert_eq!(
        clinic.vault.save_view(view(" ", "")).await.err(),
        Some(ActError::BadInput)
    );
}

#[tokio::test]
async fn the_first_page_is_there_before_everything_is_loaded_and_is_the_same_one() {
    let mut clinic = Clinic::found().await;
    for n in 0..60 {
        clinic
            .vault
            .add(person(&format!("Khách {n}"), "", "hỏi"))
            .await
            .unwrap();
        clinic.clock.advance(1000);
    }
    let query = LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    };
    let before = clinic.vault.leads(query.clone()).await.unwrap();
    assert!(before.searchable);
    clinic.reopen().await;
    let first = clinic.vault.leads(query.clone()).await.unwrap();
    assert_eq!(first.rows, before.rows);
    assert_eq!(first.total, 60);
    loaded(&clinic.vault).await;
    assert_eq!(clinic.vault.leads(query).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_acts_at_once_all_happen_once() {
    let mut clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let (vault, id) = (clinic.vault.clone(), id.clone());
            tokio::spawn(async move {
                if n % 2 == 0 {
                    vault
                        .act(
                            &id,
                            LeadAct::Note {
                                text: format!("ghi {n}"),
                            },
                        )
                        .await
                        .map(drop)
                } else {
                    vault.leads(search("a b")).await.map(drop)
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    clinic.reopen().await;
    assert_eq!(clinic.vault.lead(&id).await.unwrap().timeline.len(), 21);
}

#[tokio::test]
async fn an_act_that_nobody_waits_for_any_more_still_ends() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    for n in 0..20 {
        let act = clinic.vault.act(
            &id,
            LeadAct::Note {
                text: format!("ghi {n}"),
            },
        );
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            done = act => drop(done.unwrap()),
        }
    }
    clinic
        .vault
        .act(
            &id,
            LeadAct::Note {
                text: "cuối".into(),
            },
        )
        .await
        .unwrap();
    let timeline = clinic.vault.lead(&id).await.unwrap().timeline;
    let noted = |text: &str| {
        let happening = Happening::Noted {
            text: text.to_owned(),
        };
        timeline.iter().any(|item| item.happening == happening)
    };
    assert!(noted("cuối") && noted("ghi 0"));
}
