//! Taking back, and taking that back.
use super::*;
use crate::day::DAY_MS;
use crate::opening::Hours;
use proptest::prelude::*;

fn undo(desk: &mut Desk, target: Stamp) -> Stamp {
    let change = desk.lead.undo(doing("Mai", NINE), target).unwrap();
    desk.record(change)
}

fn call(desk: &mut Desk, outcome: Outcome) -> Stamp {
    let hours = Hours::default();
    let change = desk.lead.call(doing("Mai", NINE), outcome, None, hours);
    desk.record(change)
}

#[test]
fn an_act_that_was_taken_back_leaves_no_trace_in_the_facts() {
    let mut desk = Desk::with(&lead(), 3);
    let before = desk.lead.clone();
    let booked = call(&mut desk, Outcome::Booked);
    let undone = undo(&mut desk, booked);
    assert!(desk.lead.facts() == before.facts());
    // Taken back twice is as it was; thrice is taken back.
    let redone = undo(&mut desk, undone);
    assert_eq!(desk.lead.facts().state, LeadState::Booked);
    undo(&mut desk, redone);
    assert!(desk.lead.facts() == before.facts());
}

#[test]
fn the_timeline_shows_what_was_taken_back_and_what_was_restored() {
    let mut desk = Desk::with(&lead(), 3);
    let booked = call(&mut desk, Outcome::Booked);
    let undone = undo(&mut desk, booked);
    let restored = undo(&mut desk, undone);
    let history = desk.lead.history();
    let find = |stamp: Stamp| history.iter().find(|moment| moment.stamp == stamp).unwrap();
    assert!(!find(booked).undone);
    assert!(find(undone).undone);
    assert!(
        find(undone).event
            == Event::Undone {
                what: UndoneKind::Call,
                target: booked
            }
    );
    assert!(find(restored).event == Event::Redone { target: undone });
}

#[test]
fn taking_back_an_older_act_keeps_what_was_done_since() {
    let mut desk = Desk::with(&lead(), 3);
    let first = call(&mut desk, Outcome::Callback);
    call(&mut desk, Outcome::Booked);
    undo(&mut desk, first);
    let facts = desk.lead.facts();
    assert_eq!((facts.state, facts.attempts), (LeadState::Booked, 1));
}

#[test]
fn taking_back_an_act_leaves_what_a_colleague_decided_too() {
    for (outcome, state) in [
        (Outcome::Booked, LeadState::Booked),
        (Outcome::Declined, LeadState::Declined),
        (Outcome::WrongNumber, LeadState::WrongNumber),
        (Outcome::Callback, LeadState::Callback),
        (Outcome::Answered, LeadState::Contacting),
        (Outcome::NoAnswer, LeadState::Contacting),
    ] {
        let mut a = Desk::with(&lead(), 3);
        let slip = call(&mut a, outcome);
        let mut b = Desk::with(&a.lead, 4);
        call(&mut b, outcome);
        let next = b.lead.facts().next_call_ms;
        meet(&mut a, &mut b);
        undo(&mut a, slip);
        let facts = a.lead.facts();
        assert_eq!((facts.state, facts.attempts), (state, 1), "{outcome:?}");
        assert_eq!(facts.next_call_ms, next, "{outcome:?}");
    }
}

#[test]
fn taking_back_a_slip_is_not_hindered_by_a_call_that_decided_nothing() {
    let mut desk = Desk::with(&lead(), 3);
    let slip = call(&mut desk, Outcome::Booked);
    call(&mut desk, Outcome::NoAnswer);
    undo(&mut desk, slip);
    assert_eq!(desk.lead.facts().state, LeadState::New);
}

#[test]
fn a_state_that_waits_for_no_call_drops_the_next_one_also_when_the_act_before_is_taken_back() {
    let mut desk = Desk::with(&lead(), 3);
    let planned = desk
        .lead
        .set_next_call(doing("Mai", NINE), Some(NINE + HOUR));
    desk.record(planned.unwrap().unwrap());
    let declined = call(&mut desk, Outcome::Declined);
    let visited = desk.lead.set_state(doing("Lan", NINE), LeadState::Visited);
    desk.record(visited.unwrap().unwrap());
    undo(&mut desk, declined);
    let facts = desk.lead.facts();
    assert_eq!(
        (facts.state, facts.next_call_ms),
        (LeadState::Visited, None)
    );
}

#[test]
fn what_an_act_only_confirms_is_no_line_of_the_timeline() {
    let mut desk = Desk::with(&lead(), 3);
    call(&mut desk, Outcome::Callback);
    let again = call(&mut desk, Outcome::Callback);
    let history = desk.lead.history();
    let lines: Vec<_> = history
        .iter()
        .filter(|moment| moment.stamp == again)
        .collect();
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].event
            == Event::Called {
                outcome: Outcome::Callback
            }
    );
}

#[test]
fn nobody_can_take_back_the_arrival_of_a_lead_or_a_look_at_its_number() {
    let mut lead = lead();
    let looked = stamp(2, 3);
    lead.insert(looked, Change::revealed(doing("Mai", NINE), Purpose::Show));
    let rogue = Change {
        undoes: vec![stamp(1, 9), looked],
        ..Change::default()
    };
    lead.insert(stamp(3, 4), rogue);
    let facts = lead.facts();
    assert!(facts.origin.is_some());
    assert_eq!(facts.name, "Nguyễn Thị Thu Hương");
    assert!(lead.history().iter().all(|moment| !moment.undone));
}

#[test]
fn two_desks_that_take_back_the_same_act_undo_it_once() {
    let mut a = Desk::with(&lead(), 3);
    let booked = call(&mut a, Outcome::Booked);
    let mut b = Desk::with(&a.lead, 4);
    let by_a = undo(&mut a, booked);
    undo(&mut b, booked);
    meet(&mut a, &mut b);
    assert_eq!(a.lead.facts().state, LeadState::New);
    // Restoring by one of them restores it, though the other's act stands.
    undo(&mut a, by_a);
    assert_eq!(a.lead.facts().state, LeadState::Booked);
}

#[test]
fn only_slips_of_the_last_day_can_be_taken_back() {
    let mut desk = Desk::with(&lead(), 3);
    let booked = call(&mut desk, Outcome::Booked);
    let seen = desk.record(Change::revealed(doing("Mai", NINE), Purpose::Show));
    let refused = |target, now| desk.lead.undo(doing("Mai", now), target).err();
    assert_eq!(refused(booked, NINE + DAY_MS), None);
    assert_eq!(refused(booked, NINE + DAY_MS + 1), Some(UndoError::TooLate));
    assert_eq!(refused(booked, i64::MIN), None);
    assert_eq!(refused(seen, NINE), Some(UndoError::NotUndoable));
    assert_eq!(refused(stamp(1, 9), NINE), Some(UndoError::NotUndoable));
    assert_eq!(refused(stamp(77, 7), NINE), Some(UndoError::Unknown));
    undo(&mut desk, booked);
    let again = desk.lead.undo(doing("Mai", NINE), booked).err();
    assert_eq!(again, Some(UndoError::AlreadyUndone));
}

#[test]
fn an_act_that_claims_to_take_back_its_own_future_is_not_obeyed() {
    let mut lead = lead();
    let ahead = stamp(9, 4);
    for at in [stamp(2, 3), ahead] {
        let liar = Change {
            undoes: vec![ahead],
            state: Some(LeadState::Declined),
            ..Change::default()
        };
        lead.insert(at, liar);
    }
    assert_eq!(lead.facts().state, LeadState::Declined);
    assert!(lead.history().iter().all(|moment| !moment.undone));
}

proptest! {
    #[test]
    fn taking_back_twice_changes_nothing(
        outcomes in proptest::collection::vec(0usize..6, 1..6),
        which in any::<prop::sample::Index>(),
    ) {
        use crate::codec::Coded;
        let mut desk = Desk::with(&lead(), 3);
        let mut acts = Vec::new();
        for place in outcomes {
            acts.push(call(&mut desk, Outcome::ALL[place]));
        }
        let before = desk.lead.clone();
        let undone = undo(&mut desk, acts[which.index(acts.len())]);
        undo(&mut desk, undone);
        prop_assert!(desk.lead.facts() == before.facts());
    }
}
