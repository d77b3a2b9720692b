//! Consent is causal: what a grant's desk had not seen, the grant can't lift.
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn a_stop_that_the_grants_desk_had_not_seen_stands_whatever_the_clocks_say() {
    let (mut a, mut b) = (Desk::new(1), Desk::new(2));
    a.grant(all());
    meet(&mut a, &mut b);
    b.withdraw(all());
    // A is ahead by a hundred entries and grants anew without having heard of the stop.
    for _ in 0..100 {
        a.grant(all());
    }
    meet(&mut a, &mut b);
    assert_eq!(a.kind(Channel::Sms), StateKind::Withdrawn);
    // The next grant, by whoever has seen it, lifts it.
    b.grant(all());
    meet(&mut a, &mut b);
    assert_eq!(a.kind(Channel::Sms), StateKind::Granted);
}

#[test]
fn a_stop_after_a_grant_that_lifted_another_needs_a_grant_of_its_own() {
    let mut desk = Desk::new(1);
    desk.withdraw(all());
    desk.grant(all());
    desk.withdraw(all());
    assert_eq!(desk.kind(Channel::Sms), StateKind::Withdrawn);
}

#[test]
fn a_restriction_that_the_releasing_desk_had_not_seen_stands() {
    let (mut a, mut b) = (Desk::new(1), Desk::new(2));
    a.restrict();
    meet(&mut a, &mut b);
    b.restrict();
    let release = a.record.release(doing(), "khách yêu cầu").unwrap();
    a.put(release);
    assert!(a.record.limit().is_none());
    meet(&mut a, &mut b);
    assert!(a.record.limit().is_some());
    let release = b.record.release(doing(), "khách yêu cầu").unwrap();
    b.put(release);
    assert!(b.record.limit().is_none());
    assert_eq!(b.record.release(doing(), "x").err(), Some(Refused::Unknown));
}

#[test]
fn a_grant_that_names_a_stop_which_comes_after_it_is_not_obeyed() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    let later = stamp(2, 1);
    let mut forged = desk.record.grant(doing(), &phone(), &form(all())).unwrap();
    if let Act::Granted(grant) = &mut forged.act {
        grant.lifts = vec![later];
    }
    desk.record.insert(stamp(1, 0), forged);
    assert_eq!(desk.withdraw(all()), later);
    assert_eq!(desk.kind(Channel::Sms), StateKind::Withdrawn);
}

/// What a desk may do, or two desks together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Grant(usize, u8),
    Refuse(usize, u8),
    Withdraw(usize, u8),
    Restrict(usize),
    Release(usize),
    Correct(usize, prop::sample::Index),
    Meet(usize, usize),
}

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    let desk = || 0usize..3;
    let bits = || 1u8..16;
    prop_oneof![
        4 => (desk(), bits()).prop_map(|(d, b)| Step::Grant(d, b)),
        1 => (desk(), bits()).prop_map(|(d, b)| Step::Refuse(d, b)),
        3 => (desk(), bits()).prop_map(|(d, b)| Step::Withdraw(d, b)),
        1 => desk().prop_map(Step::Restrict),
        1 => desk().prop_map(Step::Release),
        1 => (desk(), any::<prop::sample::Index>()).prop_map(|(d, i)| Step::Correct(d, i)),
        3 => (desk(), desk()).prop_map(|(a, b)| Step::Meet(a, b)),
    ]
}

/// Three desks live through the steps; what each has in the end.
pub(crate) fn live(steps: &[Step]) -> [Desk; 3] {
    let mut desks = [Desk::new(1), Desk::new(2), Desk::new(3)];
    for step in steps {
        match *step {
            Step::Grant(d, bits) => drop(desks[d].grant(PromoChoices::from_bits(bits))),
            Step::Refuse(d, bits) => drop(desks[d].refuse(PromoChoices::from_bits(bits))),
            Step::Withdraw(d, bits) => drop(desks[d].withdraw(PromoChoices::from_bits(bits))),
            Step::Restrict(d) => drop(desks[d].restrict()),
            Step::Release(d) => {
                if let Ok(change) = desks[d].record.release(doing(), "khách yêu cầu") {
                    desks[d].put(change);
                }
            }
            Step::Correct(d, index) => {
                let stamps: Vec<Stamp> = desks[d].record.iter().map(|(s, _)| *s).collect();
                if stamps.is_empty() {
                    continue;
                }
                let target = stamps[index.index(stamps.len())];
                if let Ok(change) = desks[d].record.correct(doing(), target, "nhầm") {
                    desks[d].put(change);
                }
            }
            Step::Meet(a, b) => {
                let mut merged = desks[a].clone();
                merged.record.merge(&desks[b].record);
                desks[a].record = merged.record.clone();
                desks[b].record = merged.record;
            }
        }
    }
    desks
}

/// Said with other words than the product's: every stop on this channel is named by a grant on
/// this channel that nobody corrected.
pub(crate) fn live_yes(record: &OptIn, channel: Channel) -> bool {
    let corrected: Vec<Stamp> = record
        .iter()
        .filter_map(|(_, change)| match change.act {
            Act::Corrected { target, .. } => Some(target),
            _ => None,
        })
        .collect();
    let grants: Vec<(&Stamp, &Grant)> = record
        .iter()
        .filter_map(|(stamp, change)| match &change.act {
            Act::Granted(grant) if !corrected.contains(stamp) => Some((stamp, &**grant)),
            _ => None,
        })
        .filter(|(_, grant)| grant.scope.channels.has(channel))
        .collect();
    let stops = record.iter().filter(|(stamp, change)| match &change.act {
        Act::Withdrawn(said) => said.scope.channels.has(channel),
        Act::Refused(said) => said.scope.channels.has(channel) && !corrected.contains(stamp),
        _ => false,
    });
    let named = |stop: &Stamp| grants.iter().any(|(_, grant)| grant.lifts.contains(stop));
    !grants.is_empty() && stops.into_iter().all(|(stamp, _)| named(stamp))
}

proptest! {
    #[test]
    fn no_interleaving_lets_a_grant_that_did_not_name_a_stop_beat_it(steps in vec(any_step(), 0..40)) {
        for desk in live(&steps) {
            for channel in Channel::ALL {
                let granted = desk.kind(channel) == StateKind::Granted;
                prop_assert_eq!(granted, live_yes(&desk.record, channel));
            }
        }
    }

    #[test]
    fn a_stop_closes_its_channels_at_once_on_the_desk_that_writes_it_and_on_all_once_they_meet(
        steps in vec(any_step(), 0..30), bits in 1u8..16,
    ) {
        let mut desks = live(&steps);
        let channels = PromoChoices::from_bits(bits);
        desks[0].withdraw(channels);
        let record = desks[0].record.clone();
        desks[1].record.merge(&record);
        for desk in &desks[..2] {
            for channel in Channel::ALL.into_iter().filter(|channel| channels.has(*channel)) {
                prop_assert_eq!(desk.kind(channel), StateKind::Withdrawn);
            }
        }
    }
}
