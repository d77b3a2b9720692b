//! State is a function of the entries, not of how or in which order they come.
use crate::support::*;
use ledger::*;
use proptest::prelude::*;
use std::time::Instant;

/// An owner, two desks and a server; members are enrolled, renamed and one is revoked in the middle.
fn clinic() -> (ClinicId, Vec<Desk>) {
    let mut owner = founder();
    let (mut a, mut b, mut server) = (Desk::new(2), Desk::new(3), Desk::new(4));
    owner.enrol(&a, Role::Desk);
    owner.write(Kind::Change, b"1");
    owner.enrol(&b, Role::Owner);
    owner.enrol(&server, Role::Server);
    for i in 0..9u8 {
        a.write(Kind::Change, &[i]);
        server.write(Kind::Submission, &[i]);
    }
    b.write(Kind::Access, b"x");
    b.revoke(&a, 6);
    b.state(&Member::Rename {
        author: server.id(),
        name: "Web".into(),
        branch: String::new(),
    });
    owner.write(Kind::Change, b"2");
    (clinic_of(&owner), vec![owner, a, b, server])
}

/// Offers everything again and again until nothing changes any more, as a syncing caller does.
fn settle(clinic: ClinicId, mut offers: Vec<Segment>) -> Replica {
    let mut store = Store::new(clinic);
    loop {
        let before = store.replica.clone();
        for offer in offers.iter().cloned() {
            let _ = store.admit(offer);
        }
        if store.replica == before {
            return store.replica;
        }
        offers.rotate_left(1);
    }
}

fn cut_up(desk: &Desk, cuts: &[usize]) -> Vec<Segment> {
    let len = desk.entries.len();
    let mut ends: Vec<_> = cuts.iter().map(|cut| 1 + cut % len).collect();
    ends.push(len);
    ends.sort_unstable();
    ends.dedup();
    let mut first = 1;
    ends.into_iter()
        .map(|last| {
            let segment = desk.segment(first, last);
            first = last + 1;
            segment
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_in_any_order_with_repetitions_ends_in_the_same_state(
        cuts in proptest::collection::vec(proptest::collection::vec(any::<usize>(), 0..5), 4),
        seed in any::<u64>(),
        again in proptest::collection::vec(any::<usize>(), 0..6),
    ) {
        let (id, desks) = clinic();
        let whole = settle(id, desks.iter().map(Desk::all).collect());
        prop_assert_eq!(whole.have().seq(desks[1].id()), 6);

        let mut pieces: Vec<_> = desks.iter().zip(&cuts).flat_map(|(desk, cuts)| cut_up(desk, cuts)).collect();
        for which in again {
            let copy = pieces[which % pieces.len()].clone();
            pieces.push(copy);
        }
        let mut state = seed;
        for i in (1..pieces.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            pieces.swap(i, (state >> 33) as usize % (i + 1));
        }
        let split = settle(id, pieces);
        prop_assert!(split.have() == whole.have());
        prop_assert!(split.roster() == whole.roster());
        for (author, tip) in whole.heads() {
            prop_assert_eq!(split.tip(*author).map(|tip| (tip.seq, tip.hash)), Some((tip.seq, tip.hash)));
        }
    }
}

#[test]
fn many_entries_are_let_in_without_a_signature_for_each() {
    let mut desk = founder();
    for i in 0..20_000u32 {
        desk.write(Kind::Change, &[i.to_le_bytes(); 60].concat());
    }
    let mut store = Store::of(&desk);
    let segment = desk.all();
    let begin = Instant::now();
    let admission = store.replica.admit(segment, |_, _| None).unwrap();
    let per_entry = begin.elapsed().as_nanos() / 20_001;
    assert_eq!(admission.entries.len(), 20_001);
    // A signature for each would take more than this even on a fast machine; unoptimised hashing takes far less.
    assert!(per_entry < 50_000, "{per_entry} ns an entry");
}
