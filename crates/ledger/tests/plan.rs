//! What is sent: all that is lacking, nothing else, and whatever was cut off is planned again.
use crate::support::*;
use ledger::plan::{Closing, Shelf, Stretch};
use ledger::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Authors of a made-up clinic.
const AUTHORS: u8 = 6;

fn id(n: u8) -> AuthorId {
    AuthorId::from_bytes([n; 16])
}

fn have() -> impl Strategy<Value = Have> {
    proptest::collection::btree_map((0..AUTHORS).prop_map(id), 1u64..40, 0..6).prop_map(Have)
}

/// A replica that holds a head for the end of each ledger, and some on the way.
fn shelf() -> impl Strategy<Value = Shelf> {
    let stops = proptest::collection::vec(proptest::collection::btree_set(1u64..40, 0..6), 6);
    let order = Just((0..AUTHORS).map(id).collect::<Vec<_>>()).prop_shuffle();
    (have(), stops, order, 0..=AUTHORS).prop_map(|(have, stops, order, own)| {
        let mut stops: BTreeMap<AuthorId, BTreeSet<u64>> =
            (0..AUTHORS).map(id).zip(stops).collect();
        for (author, end) in &have.0 {
            stops.entry(*author).or_default().insert(*end);
        }
        Shelf {
            have,
            stops,
            order,
            own: (own < AUTHORS).then(|| id(own)),
            unsigned: false,
        }
    })
}

/// Takes a stretch in as a replica would: it must go on where that one stands.
fn take(theirs: &mut Have, stretch: &Stretch, up_to: u64) {
    assert_eq!(theirs.seq(stretch.author), stretch.after);
    assert!(stretch.after < up_to && up_to <= stretch.up_to);
    theirs.0.insert(stretch.author, up_to);
}

fn covers(theirs: &Have, ours: &Have) -> bool {
    ours.0
        .iter()
        .all(|(author, seq)| theirs.seq(*author) >= *seq)
}

proptest! {
    #[test]
    fn whoever_takes_the_whole_plan_has_everything_and_is_sent_nothing_more(
        ours in shelf(), theirs in have(),
    ) {
        let mut after = theirs.clone();
        for stretch in ours.plan(&theirs) {
            take(&mut after, &stretch, stretch.up_to);
        }
        prop_assert!(covers(&after, &ours.have));
        prop_assert!(covers(&after, &theirs));
        prop_assert_eq!(ours.plan(&after), vec![]);
    }

    #[test]
    fn nothing_is_sent_that_the_other_has_or_that_nobody_vouches_for(
        ours in shelf(), theirs in have(),
    ) {
        for stretch in ours.plan(&theirs) {
            prop_assert!(stretch.after >= theirs.seq(stretch.author));
            prop_assert!(stretch.up_to > stretch.after);
            prop_assert!(stretch.up_to <= ours.have.seq(stretch.author));
            match stretch.closing {
                Closing::Own => prop_assert_eq!(Some(stretch.author), ours.own),
                Closing::Held => prop_assert!(ours.stops[&stretch.author].contains(&stretch.up_to)),
                Closing::Nobody => prop_assert!(ours.unsigned),
            }
        }
    }

    #[test]
    fn a_plan_that_was_cut_anywhere_is_resumed_by_the_next_one(
        ours in shelf(), theirs in have(), cuts in proptest::collection::vec((0usize..8, 1u64..40), 0..5),
    ) {
        let mut now = theirs;
        for (whole, part) in cuts {
            let plan = ours.plan(&now);
            for stretch in plan.iter().take(whole) {
                take(&mut now, stretch, stretch.up_to);
            }
            if let Some(stretch) = plan.get(whole).filter(|stretch| stretch.closing == Closing::Own) {
                let up_to = stretch.up_to.min(stretch.after + part);
                take(&mut now, stretch, up_to);
            }
        }
        for stretch in ours.plan(&now) {
            take(&mut now, &stretch, stretch.up_to);
        }
        prop_assert!(covers(&now, &ours.have));
    }

    #[test]
    fn the_ledgers_go_in_the_order_given(ours in shelf(), theirs in have()) {
        let place = |author| ours.order.iter().position(|id| *id == author);
        let places: Vec<_> = ours.plan(&theirs).iter().map(|one| place(one.author)).collect();
        prop_assert!(places.is_sorted());
    }
}

#[test]
fn a_part_without_a_signed_head_waits_for_one() {
    let ours = Shelf {
        have: Have([(id(1), 9)].into()),
        stops: [(id(1), [4, 7].into())].into(),
        ..Shelf::default()
    };
    let held = |after, up_to| Stretch {
        author: id(1),
        after,
        up_to,
        closing: Closing::Held,
    };
    assert_eq!(ours.plan(&Have::default()), [held(0, 4), held(4, 7)]);
    assert_eq!(ours.plan(&Have([(id(1), 5)].into())), [held(5, 7)]);
    assert_eq!(ours.plan(&Have([(id(1), 7)].into())), []);
    assert_eq!(ours.plan(&Have([(id(1), u64::MAX)].into())), []);
    let tail = |after| Stretch {
        after,
        up_to: 9,
        closing: Closing::Nobody,
        ..held(0, 0)
    };
    let ours = Shelf {
        unsigned: true,
        ..ours
    };
    let after = |seq| ours.plan(&Have([(id(1), seq)].into()));
    assert_eq!(after(5), [held(5, 7), tail(7)]);
    assert_eq!(after(8), [tail(8)]);
    assert_eq!(after(9), []);
}

/// Whoever was given the power to enrol goes after whoever gave it, and before those it enrolled,
/// however the ids sort and whatever role it was enrolled with at first.
#[test]
fn the_roster_names_the_enrolling_before_the_enrolled() {
    let mut founder = founder();
    let (mut a, mut b) = (Desk::new(2), Desk::new(3));
    let (c, server) = (Desk::new(4), Desk::new(5));
    founder.enrol(&server, Role::Server);
    founder.enrol(&a, Role::Desk);
    founder.enrol(&b, Role::Owner);
    b.enrol(&a, Role::Owner);
    a.enrol(&c, Role::Desk);
    let mut store = Store::of(&founder);
    for desk in [&founder, &b, &a] {
        store.take(desk.all());
    }
    let order = store.replica.roster().order();
    assert_eq!(order[..3], [founder.id(), b.id(), a.id()]);
    let rest: BTreeSet<_> = order[3..].iter().copied().collect();
    assert_eq!(rest, [c.id(), server.id()].into());
    assert_eq!(Roster::new(clinic_of(&founder)).order(), []);
}
