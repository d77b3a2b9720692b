//! Values that two people wrote without knowing of each other.
use super::*;

#[test]
fn who_saw_a_name_replaces_it_without_a_dispute() {
    let mut a = Desk::with(&lead(), 3);
    a.rename("Hương A");
    let mut b = Desk::with(&a.lead, 4);
    b.rename("Hương B");
    meet(&mut a, &mut b);
    assert_eq!(a.lead.facts().name, "Hương B");
    assert!(!a.lead.facts().conflict());
}

#[test]
fn names_written_at_once_are_shown_to_a_person_and_settled_once() {
    let (mut a, mut b) = (Desk::with(&lead(), 3), Desk::with(&lead(), 4));
    a.rename("Hương A");
    b.rename("Hương B");
    meet(&mut a, &mut b);
    let facts = a.lead.facts();
    assert_eq!(
        facts.name, "Hương B",
        "the later author wins until somebody chooses"
    );
    assert_eq!(texts(&facts.name_rivals), ["Hương B", "Hương A"]);
    assert!(facts.phone_rivals.is_empty());
    let key = facts.name_rivals[1].key.clone();
    let settled = a.lead.settle(doing("Lan", NINE), &key).unwrap();
    a.record(settled);
    meet(&mut a, &mut b);
    assert_eq!(b.lead.facts().name, "Hương A");
    assert!(!b.lead.facts().conflict());
    let again = b.lead.settle(doing("Lan", NINE), &key);
    assert_eq!(again.err(), Some(Refused::NoSuchRival));
}

#[test]
fn a_dispute_over_both_values_is_settled_one_by_one() {
    let (mut a, mut b) = (Desk::with(&lead(), 3), Desk::with(&lead(), 4));
    for (desk, name, phone) in [(&mut a, "A", "0987000001"), (&mut b, "B", "0987000002")] {
        let edit = desk
            .lead
            .edit(doing("Mai", NINE), Some(name), Some(phone), None);
        desk.record(edit.unwrap().unwrap());
    }
    meet(&mut a, &mut b);
    let facts = a.lead.facts();
    let (name, phone) = (&facts.name_rivals[1], &facts.phone_rivals[0]);
    assert_ne!(name.key, phone.key);
    let settled = a
        .lead
        .settle(doing("Mai", NINE), &name.key.clone())
        .unwrap();
    a.record(settled);
    assert_eq!(a.lead.facts().name, "A");
    assert_eq!(
        texts(&a.lead.facts().phone_rivals),
        ["0987000002", "0987000001"]
    );
}

#[test]
fn equal_values_written_at_once_are_no_dispute() {
    let (mut a, mut b) = (Desk::with(&lead(), 3), Desk::with(&lead(), 4));
    a.rename("Hương");
    b.rename("Hương");
    for (desk, phone) in [(&mut a, "0987 654 321"), (&mut b, "+84987654321")] {
        let edit = desk.lead.edit(doing("Mai", NINE), None, Some(phone), None);
        desk.record(edit.unwrap().unwrap());
    }
    meet(&mut a, &mut b);
    assert!(!a.lead.facts().conflict());
    assert_eq!(a.lead.facts().phone_raw, "+84987654321");
}

#[test]
fn taking_back_the_one_in_the_middle_does_not_raise_the_dead() {
    let mut desk = Desk::with(&lead(), 3);
    let middle = desk.rename("Hương A");
    desk.rename("Hương B");
    let undo = desk.lead.undo(doing("Mai", NINE), middle).unwrap();
    desk.record(undo);
    let facts = desk.lead.facts();
    assert_eq!(facts.name, "Hương B");
    assert!(!facts.conflict(), "who replaced A knew the first name too");
}

#[test]
fn taking_back_one_of_two_rivals_ends_the_dispute() {
    let (mut a, mut b) = (Desk::with(&lead(), 3), Desk::with(&lead(), 4));
    a.rename("Hương A");
    let by_b = b.rename("Hương B");
    meet(&mut a, &mut b);
    let undo = a.lead.undo(doing("Mai", NINE), by_b).unwrap();
    a.record(undo);
    assert_eq!(a.lead.facts().name, "Hương A");
    assert!(!a.lead.facts().conflict());
}

#[test]
fn a_name_that_was_taken_back_gives_way_to_the_one_before() {
    let mut desk = Desk::with(&lead(), 3);
    let renamed = desk.rename("Hương A");
    let undo = desk.lead.undo(doing("Mai", NINE), renamed).unwrap();
    desk.record(undo);
    assert_eq!(desk.lead.facts().name, "Nguyễn Thị Thu Hương");
    assert!(!desk.lead.facts().conflict());
}

#[test]
fn names_that_claim_to_have_seen_each_other_still_have_a_winner() {
    let mut lead = lead();
    let (a, b) = (stamp(5, 3), stamp(6, 4));
    for (at, other, name) in [(a, b, "A"), (b, a, "B")] {
        let change = Change {
            name: Some(name.to_owned()),
            sees_name: vec![other, stamp(1, 9)],
            ..Change::default()
        };
        lead.insert(at, change);
    }
    assert_eq!(lead.facts().name, "B");
    assert!(!lead.facts().conflict());
}
