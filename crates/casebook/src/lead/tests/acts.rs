//! The rules of the daily work, act by act.
use super::*;
use crate::opening::Hours;

fn after(lead: &Lead, change: Change) -> Lead {
    let mut after = lead.clone();
    let last = after.iter().map(|(stamp, _)| stamp.hlc).max().unwrap_or(0);
    after.insert(stamp(last + 1, 3), change);
    after
}

fn called(lead: &Lead, outcome: Outcome, at: i64) -> Lead {
    after(
        lead,
        lead.call(doing("Mai", at), outcome, None, Hours::default()),
    )
}

fn in_state(state: LeadState) -> Lead {
    let lead = lead();
    match lead.set_state(doing("Mai", NINE), state).unwrap() {
        Some(change) => after(&lead, change),
        None => lead,
    }
}

#[test]
fn what_the_form_brought_is_what_the_lead_shows() {
    let lead = lead();
    let facts = lead.facts();
    assert_eq!(facts.name, "Nguyễn Thị Thu Hương");
    assert_eq!(facts.phone.first.unwrap().e164(), "+84912345678");
    assert_eq!(facts.question, "Niềng răng giá bao nhiêu?");
    assert_eq!(facts.source, Source::Web);
    assert_eq!(facts.basis, BasisKind::Consent);
    assert_eq!(facts.branch, Some("Quận 1"));
    assert_eq!(facts.page, Some("/nieng-rang"));
    assert_eq!(facts.notice_version, Some("2026-11"));
    assert_eq!(facts.promo.unwrap().bits(), 5);
    assert_eq!(facts.state, LeadState::New);
    assert_eq!(facts.received_ms, NINE - HOUR);
    assert_eq!((facts.attempts, facts.next_call_ms), (0, None));
    assert!(!facts.suspect && !facts.conflict());
}

#[test]
fn the_state_after_a_call_is_the_one_in_the_table() {
    use LeadState as S;
    use Outcome as O;
    let same = |state| [(O::Answered, state), (O::NoAnswer, state)];
    let table = [
        (
            S::New,
            [(O::Answered, S::Contacting), (O::NoAnswer, S::Contacting)],
        ),
        (S::Contacting, same(S::Contacting)),
        (
            S::Callback,
            [(O::Answered, S::Contacting), (O::NoAnswer, S::Callback)],
        ),
        (S::Booked, same(S::Booked)),
        (S::Visited, same(S::Visited)),
        (S::Declined, same(S::Declined)),
        (
            S::WrongNumber,
            [(O::Answered, S::Contacting), (O::NoAnswer, S::WrongNumber)],
        ),
    ];
    let always = [
        (O::WrongNumber, S::WrongNumber),
        (O::Callback, S::Callback),
        (O::Booked, S::Booked),
        (O::Declined, S::Declined),
    ];
    for (before, own) in table {
        for (outcome, expected) in own.into_iter().chain(always) {
            let lead = called(&in_state(before), outcome, NINE);
            assert_eq!(lead.facts().state, expected, "{before:?} then {outcome:?}");
            assert_eq!(lead.facts().attempts, 1);
        }
    }
}

#[test]
fn nobody_answering_plans_the_next_try_each_time_later() {
    let first = called(&lead(), Outcome::NoAnswer, NINE);
    assert_eq!(first.facts().next_call_ms, Some(NINE + 2 * HOUR));
    let second = called(&first, Outcome::NoAnswer, NINE + 2 * HOUR);
    assert_eq!(second.facts().next_call_ms, Some(NINE + 6 * HOUR));
    let third = called(&second, Outcome::NoAnswer, NINE + 6 * HOUR);
    assert_eq!(third.facts().next_call_ms, Some(NINE + 24 * HOUR));
    let reached = called(&third, Outcome::Answered, NINE + 24 * HOUR);
    assert_eq!(reached.facts().next_call_ms, None);
    let again = called(&reached, Outcome::NoAnswer, NINE + 25 * HOUR);
    assert_eq!(again.facts().next_call_ms, Some(NINE + 27 * HOUR));
    assert_eq!((again.facts().attempts, again.facts().unanswered), (5, 1));
}

#[test]
fn a_time_that_was_agreed_beats_the_rules() {
    let at = Some(NINE + 30 * HOUR);
    for outcome in [
        Outcome::NoAnswer,
        Outcome::Callback,
        Outcome::Answered,
        Outcome::Booked,
    ] {
        let change = lead().call(doing("Mai", NINE), outcome, at, Hours::default());
        assert_eq!(
            after(&lead(), change).facts().next_call_ms,
            at,
            "{outcome:?}"
        );
    }
    let callback = called(&lead(), Outcome::Callback, NINE);
    assert_eq!(callback.facts().next_call_ms, Some(NINE + 24 * HOUR));
}

#[test]
fn a_lead_that_ended_waits_for_no_call() {
    let planned = lead().set_next_call(doing("Mai", NINE), Some(NINE + HOUR));
    let lead = after(&lead(), planned.unwrap().unwrap());
    for outcome in [Outcome::Declined, Outcome::WrongNumber] {
        let change = lead.call(
            doing("Mai", NINE),
            outcome,
            Some(NINE + HOUR),
            Hours::default(),
        );
        assert_eq!(
            after(&lead, change).facts().next_call_ms,
            None,
            "{outcome:?}"
        );
    }
    for state in [LeadState::Booked, LeadState::Visited, LeadState::Declined] {
        let change = lead.set_state(doing("Mai", NINE), state).unwrap().unwrap();
        assert_eq!(after(&lead, change).facts().next_call_ms, None, "{state:?}");
    }
    let change = lead
        .set_state(doing("Mai", NINE), LeadState::Contacting)
        .unwrap()
        .unwrap();
    assert_eq!(after(&lead, change).facts().next_call_ms, Some(NINE + HOUR));
    // Nobody answers where nothing was due: nothing becomes due.
    let declined = called(&in_state(LeadState::Declined), Outcome::NoAnswer, NINE);
    assert_eq!(declined.facts().next_call_ms, None);
}

#[test]
fn what_changes_nothing_is_not_recorded() {
    let lead = lead();
    let mai = doing("Mai", NINE);
    assert!(lead.set_state(mai, LeadState::New).unwrap().is_none());
    assert!(lead.set_next_call(mai, None).unwrap().is_none());
    assert!(lead.set_branch(mai, Some(" Quận  1 ")).unwrap().is_none());
    assert!(lead.assign(mai, None).unwrap().is_none());
    assert!(lead.assign(mai, Some(" ")).unwrap().is_none());
    assert!(lead.link_order(mai, Some("")).unwrap().is_none());
    assert!(lead.clear(mai).unwrap().is_none());
    assert!(lead.note(mai, " \n\u{200b} ").unwrap().is_none());
    let same = lead.edit(
        mai,
        Some(" Nguyễn  Thị Thu Hương"),
        Some("0912345678"),
        None,
    );
    assert!(same.unwrap().is_none());
}

#[test]
fn values_are_set_and_emptied() {
    let mai = doing("Mai", NINE);
    let mut lead = lead();
    for change in [
        lead.set_branch(mai, Some("Quận 3")),
        lead.assign(mai, Some("Mai")),
        lead.link_order(mai, Some("DH-17")),
    ] {
        lead = after(&lead, change.unwrap().unwrap());
    }
    let facts = lead.facts();
    assert_eq!(
        (facts.branch, facts.owner, facts.order),
        (Some("Quận 3"), Some("Mai"), Some("DH-17"))
    );
    for change in [
        lead.set_branch(mai, None),
        lead.assign(mai, None),
        lead.link_order(mai, None),
    ] {
        lead = after(&lead, change.unwrap().unwrap());
    }
    let facts = lead.facts();
    assert_eq!((facts.branch, facts.owner, facts.order), (None, None, None));
}

#[test]
fn a_text_with_a_blank_at_the_limit_is_too_long_all_the_same() {
    let lead = lead();
    let long = |max: usize| format!("{} x", "a".repeat(max));
    let mai = doing("Mai", NINE);
    assert_eq!(
        lead.note(mai, &long(Limits::NOTE)).err(),
        Some(Refused::TooLong)
    );
    let name = long(Limits::NAME);
    assert_eq!(
        lead.edit(mai, Some(&name), None, None).err(),
        Some(Refused::TooLong)
    );
    let order = long(Limits::ORDER);
    assert_eq!(
        lead.link_order(mai, Some(&order)).err(),
        Some(Refused::TooLong)
    );
    let fits = format!("  {}  ", "a".repeat(Limits::NAME));
    assert!(lead.edit(mai, Some(&fits), None, None).unwrap().is_some());
}

#[test]
fn a_text_that_is_too_long_goes_back_and_is_not_cut() {
    let lead = lead();
    let mai = doing("Mai", NINE);
    let long = "ệ".repeat(4001);
    assert_eq!(lead.note(mai, &long).err(), Some(Refused::TooLong));
    assert!(lead.note(mai, &long[3..]).unwrap().is_some());
    let name = "ệ".repeat(201);
    assert_eq!(
        lead.edit(mai, Some(&name), None, None).err(),
        Some(Refused::TooLong)
    );
    assert_eq!(lead.assign(mai, Some(&name)).err(), Some(Refused::TooLong));
    assert_eq!(
        lead.set_branch(mai, Some(&name)).err(),
        Some(Refused::TooLong)
    );
    assert_eq!(
        lead.link_order(mai, Some(&name)).err(),
        Some(Refused::TooLong)
    );
}

fn draft<'a>() -> Draft<'a> {
    Draft {
        name: "Lê Văn An",
        phone: "0987 654 321",
        question: "",
        source: Source::WalkIn,
        basis: BasisKind::Consent,
        basis_note: "Đồng ý tại quầy, phiếu số 12",
        branch: Some("Quận 1"),
    }
}

#[test]
fn a_lead_entered_by_hand_needs_something_to_go_by_and_a_ground() {
    let mai = doing("Mai", NINE);
    let created = |draft: Draft<'_>| Change::created(mai, &draft).err();
    assert_eq!(created(draft()), None);
    let empty = Draft {
        name: " ",
        phone: "\u{200b}",
        ..draft()
    };
    assert_eq!(created(empty), Some(Refused::EmptyLead));
    let unfounded = Draft {
        basis_note: " ",
        ..draft()
    };
    assert_eq!(created(unfounded), Some(Refused::BasisNoteMissing));
    let long = "9".repeat(61);
    assert_eq!(
        created(Draft {
            phone: &long,
            ..draft()
        }),
        Some(Refused::TooLong)
    );
    assert_eq!(
        created(Draft {
            phone: "không nhớ số",
            ..draft()
        }),
        None
    );
}

#[test]
fn a_lead_entered_by_hand_shows_who_took_it_and_why() {
    let change = Change::created(doing(" Mai ", NINE), &draft()).unwrap();
    assert_eq!(change.by, "Mai");
    let mut lead = Lead::new();
    lead.insert(stamp(1, 3), change);
    let facts = lead.facts();
    assert_eq!(
        (facts.source, facts.basis),
        (Source::WalkIn, BasisKind::Consent)
    );
    assert_eq!(facts.basis_note, "Đồng ý tại quầy, phiếu số 12");
    assert_eq!(
        (facts.promo, facts.page, facts.notice_version),
        (None, None, None)
    );
    assert_eq!((facts.received_ms, facts.branch), (NINE, Some("Quận 1")));
    let [moment] = &lead.history()[..] else {
        panic!("one line")
    };
    assert!(matches!(
        moment.event,
        Event::Created {
            source: Source::WalkIn,
            basis: BasisKind::Consent
        }
    ));
}

#[test]
fn an_edit_can_empty_a_value_but_not_the_whole_lead() {
    let mai = doing("Mai", NINE);
    let lead = lead();
    let unnamed = lead.edit(mai, Some(""), None, None).unwrap().unwrap();
    assert_eq!(after(&lead, unnamed).facts().name, "");
    let nothing = lead.edit(mai, Some(""), Some(""), Some(""));
    assert_eq!(nothing.err(), Some(Refused::EmptyLead));
}

#[test]
fn a_corrected_number_is_read_again_and_can_be_called_again() {
    let wrong = called(&lead(), Outcome::WrongNumber, NINE);
    let edit = wrong.edit(doing("Mai", NINE), None, Some("0168 123 4567"), None);
    // Eleven digits of the old plan with a space: read as what they are today.
    let lead = after(&wrong, edit.unwrap().unwrap());
    assert_eq!(lead.facts().state, LeadState::Contacting);
    assert_eq!(lead.facts().phone_raw, "0168 123 4567");
    assert_eq!(lead.facts().phone.first.unwrap().e164(), "+84381234567");
    let renamed = wrong.edit(doing("Mai", NINE), Some("Hương"), None, None);
    let renamed = after(&wrong, renamed.unwrap().unwrap());
    assert_eq!(renamed.facts().state, LeadState::WrongNumber);
}

#[test]
fn a_suspect_is_cleared_by_hand_or_by_being_reached() {
    let mut lead = Lead::new();
    lead.insert(stamp(1, 9), submitted("An", "0912345678", 2));
    assert!(lead.facts().suspect);
    assert!(called(&lead, Outcome::NoAnswer, NINE).facts().suspect);
    assert!(called(&lead, Outcome::Declined, NINE).facts().suspect);
    assert!(!called(&lead, Outcome::Answered, NINE).facts().suspect);
    assert!(!called(&lead, Outcome::Booked, NINE).facts().suspect);
    let cleared = lead.clear(doing("Mai", NINE)).unwrap().unwrap();
    assert!(!after(&lead, cleared).facts().suspect);
}

#[test]
fn a_record_whose_first_entry_is_still_missing_says_so() {
    let note = lead()
        .note(doing("Mai", NINE), "Gọi lại sau 17h")
        .unwrap()
        .unwrap();
    let mut orphan = Lead::new();
    orphan.insert(stamp(5, 3), note);
    let facts = orphan.facts();
    assert!(facts.origin.is_none());
    assert_eq!((facts.received_ms, facts.name), (NINE, ""));
    orphan.merge(&lead());
    assert!(orphan.facts().origin.is_some());
}

#[test]
fn the_timeline_tells_what_became_of_what_newest_first() {
    let mai = doing("Mai", NINE);
    let lead = called(&lead(), Outcome::NoAnswer, NINE);
    let edit = lead.edit(mai, Some("Hương"), Some("0987654321"), Some("Tẩy trắng"));
    let lead = after(&lead, edit.unwrap().unwrap());
    let lead = after(&lead, Change::revealed(mai, Purpose::Zalo));
    let lead = after(&lead, lead.merge_into(mai, [1; 16], [2; 16]).unwrap());
    let lead = after(&lead, lead.unmerge(mai).unwrap());
    let events: Vec<Event<'_>> = lead.history().into_iter().map(|m| m.event).collect();
    let to = "Hương";
    let expected = [
        Event::Unmerged {
            from: Some([2; 16]),
        },
        Event::Merged { into: [2; 16] },
        Event::Revealed {
            purpose: Purpose::Zalo,
        },
        Event::NameChanged {
            from: "Nguyễn Thị Thu Hương",
            to,
        },
        Event::PhoneChanged {
            from: "0912345678",
            to: "0987654321",
        },
        Event::QuestionChanged,
        Event::Called {
            outcome: Outcome::NoAnswer,
        },
        Event::StateChanged {
            from: LeadState::New,
            to: LeadState::Contacting,
        },
        Event::NextCallSet {
            at_ms: Some(NINE + 2 * HOUR),
        },
        Event::Received,
    ];
    assert!(events == expected);
    let keys: std::collections::BTreeSet<_> = lead.history().iter().map(Moment::key).collect();
    assert_eq!(keys.len(), expected.len());
}
