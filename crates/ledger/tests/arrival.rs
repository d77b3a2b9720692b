//! What a replica refuses, and by which name.
use crate::support::*;
use ledger::*;

/// A clinic with a desk that has written three changes, and a replica that knows the clinic only.
fn scene() -> (Desk, Desk, Store) {
    let mut owner = founder();
    let mut desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    for text in ["one", "two", "three"] {
        desk.write(Kind::Change, text.as_bytes());
    }
    let mut store = Store::of(&owner);
    store.take(owner.all());
    (owner, desk, store)
}

fn rejected(admission: &Admission) -> (u64, Lie) {
    let rejected = admission.rejected.expect("something to be rejected");
    assert_eq!(admission.head, None);
    (rejected.seq, rejected.why)
}

#[test]
fn a_good_segment_is_let_in_whole() {
    let (_, desk, mut store) = scene();
    let admission = store.take(desk.all());
    assert_eq!(admission.entries, desk.entries);
    assert_eq!(admission.head, Some(desk.all().head));
    assert_eq!(store.seq(desk.id()), 3);
    assert_eq!(
        store.replica.tip(desk.id()).unwrap().hash,
        desk.ledger.hash()
    );
    assert_eq!(
        store.replica.hlc(),
        desk.ledger.hlc().max(store.replica.hlc())
    );
}

#[test]
fn whoever_follows_another_replica_of_the_same_store_knows_the_same() {
    let (_, desk, mut store) = scene();
    let mut follower = store.replica.clone();
    let mut segment = desk.all();
    segment.entries[1].payload = Payload::Erased;
    store.take(segment.clone());
    for entry in &segment.entries {
        follower.follow(&entry.header, entry.payload.bytes().is_some());
    }
    assert!(follower == store.replica);
    assert!(follower.gone().is_missing(desk.id(), 2));
}

#[test]
fn entries_already_known_are_skipped() {
    let (_, desk, mut store) = scene();
    store.take(desk.segment(1, 2));
    let again = store.take(desk.segment(1, 2));
    assert_eq!(
        (again.entries.len(), again.head),
        (0, Some(desk.segment(1, 2).head))
    );
    let older = store.take(desk.segment(1, 1));
    assert!(older.entries.is_empty());
    let overlapping = store.take(desk.segment(1, 3));
    assert_eq!(overlapping.entries, desk.entries[2..]);
}

#[test]
fn an_unknown_author_waits_in_quarantine_and_is_let_in_once_enrolled() {
    let (mut owner, _, mut store) = scene();
    let mut late = Desk::new(3);
    late.write(Kind::Change, b"too early");
    let Unknown(kept) = store.admit(late.all()).unwrap_err();
    assert_eq!(store.replica.tip(late.id()), None);
    owner.enrol(&late, Role::Desk);
    store.take(owner.segment(3, 3));
    assert_eq!(store.take(*kept).entries, late.entries);
}

#[test]
fn malformed_segments_are_named() {
    let (owner, desk, mut store) = scene();
    let mut empty = desk.all();
    empty.entries.clear();
    assert_eq!(rejected(&store.admit(empty).unwrap()).1, Lie::Malformed);
    let mut stranger = desk.all();
    stranger.entries[1] = owner.entries[1].clone();
    assert_eq!(rejected(&store.admit(stranger).unwrap()).1, Lie::Malformed);
    let mut contradiction = desk.all();
    contradiction.entries[0].header.prev = EntryHash::from_bytes([1; 32]);
    assert_eq!(
        rejected(&store.admit(contradiction).unwrap()),
        (1, Lie::Malformed)
    );
    let mut other_head = desk.all();
    other_head.head.seq = 4;
    assert_eq!(
        rejected(&store.admit(other_head).unwrap()).1,
        Lie::Malformed
    );
    assert_eq!(store.seq(desk.id()), 0);
}

#[test]
fn a_member_payload_that_makes_no_sense_is_malformed() {
    let (mut owner, _, mut store) = scene();
    owner.write(Kind::Member, b"LTMEM\x01nonsense");
    assert_eq!(
        rejected(&store.admit(owner.all()).unwrap()),
        (3, Lie::Malformed)
    );
}

#[test]
fn an_author_whose_enrolment_no_longer_counts_is_unknown() {
    let (mut owner, _, mut store) = scene();
    let (mut second, mut third) = (Desk::new(5), Desk::new(6));
    owner.enrol(&second, Role::Owner);
    store.take(owner.segment(3, 3));
    second.enrol(&third, Role::Desk);
    store.take(second.all());
    third.write(Kind::Change, b"x");
    store.take(third.all());
    owner.revoke(&second, 0);
    let cuts = store.take(owner.segment(4, 4)).cuts;
    assert_eq!(
        cuts.len(),
        2,
        "the revoked owner and the desk that only it enrolled"
    );
    assert!(store.admit(third.all()).is_err());
}

#[test]
fn an_own_entry_of_nobody_enrolled_is_not_taken() {
    let (_, _, mut store) = scene();
    let entry = Desk::new(9).write(Kind::Change, b"x");
    assert_eq!(store.replica.record(&entry), Err(Lie::NotEnrolled));
}

#[test]
fn entries_beyond_a_revocation_are_refused_and_those_before_it_are_let_in() {
    let (mut owner, desk, mut store) = scene();
    owner.revoke(&desk, 2);
    store.take(owner.segment(3, 3));
    let admission = store.admit(desk.all()).unwrap();
    assert_eq!(rejected(&admission), (3, Lie::BeyondRevocation));
    assert_eq!(admission.entries, desk.entries[..2]);
    assert_eq!(store.seq(desk.id()), 2);
}

#[test]
fn a_desk_may_not_change_the_membership_nor_grant_nor_erase() {
    for kind in [Kind::Grant, Kind::Erase] {
        let (_, mut desk, mut store) = scene();
        desk.write(kind, b"x");
        let admission = store.admit(desk.all()).unwrap();
        assert_eq!(rejected(&admission), (4, Lie::NotAllowed));
        assert_eq!(admission.entries.len(), 3);
    }
    let (_, mut desk, mut store) = scene();
    desk.enrol(&Desk::new(8), Role::Owner);
    assert_eq!(
        rejected(&store.admit(desk.all()).unwrap()),
        (4, Lie::NotAllowed)
    );
    assert!(store.replica.roster().author(Desk::new(8).id()).is_none());
}

#[test]
fn a_server_may_write_submissions_and_witnesses_only() {
    for kind in [
        Kind::Change,
        Kind::Erase,
        Kind::Member,
        Kind::Grant,
        Kind::Access,
    ] {
        let (mut owner, _, mut store) = scene();
        let mut server = Desk::new(4);
        owner.enrol(&server, Role::Server);
        store.take(owner.segment(3, 3));
        server.write(Kind::Submission, b"sealed");
        server.write(Kind::Witness, b"seen");
        let payload = Member::Revoke {
            author: owner.id(),
            last_seq: 1,
        }
        .encode();
        server.write(kind, &payload);
        assert_eq!(
            rejected(&store.admit(server.all()).unwrap()),
            (3, Lie::NotAllowed)
        );
        assert_eq!(store.seq(server.id()), 2);
    }
}

#[test]
fn a_broken_chain_is_refused_whole_because_no_head_covers_it() {
    let (_, desk, mut store) = scene();
    let mut segment = desk.all();
    segment.entries[2].header.prev = EntryHash::from_bytes([9; 32]);
    let segment = desk.sign(segment.entries);
    assert_eq!(
        rejected(&store.admit(segment).unwrap()),
        (3, Lie::BrokenChain)
    );
    let mut other_hash = desk.all();
    other_hash.head = desk.signer.head(3, EntryHash::from_bytes([9; 32]));
    assert_eq!(
        rejected(&store.admit(other_hash).unwrap()),
        (3, Lie::BrokenChain)
    );
    assert_eq!(store.seq(desk.id()), 0);
}

#[test]
fn a_gap_is_named_by_the_first_entry_that_is_missing() {
    let (_, desk, mut store) = scene();
    assert_eq!(
        rejected(&store.admit(desk.segment(2, 3)).unwrap()),
        (1, Lie::Gap)
    );
    store.take(desk.segment(1, 1));
    assert_eq!(
        rejected(&store.admit(desk.segment(3, 3)).unwrap()),
        (2, Lie::Gap)
    );
    let mut inside = desk.all();
    inside.entries.remove(1);
    assert_eq!(rejected(&store.admit(inside).unwrap()), (3, Lie::Gap));
}

#[test]
fn a_head_that_somebody_else_signed_is_refused() {
    let (owner, desk, mut store) = scene();
    let mut segment = desk.all();
    let forged = owner.signer.head(3, desk.ledger.hash());
    segment.head.signature = forged.signature;
    assert_eq!(
        rejected(&store.admit(segment).unwrap()),
        (3, Lie::BadSignature)
    );
    assert_eq!(store.seq(desk.id()), 0);
}

#[test]
fn another_payload_is_refused_and_the_entries_before_it_are_let_in() {
    let (_, desk, mut store) = scene();
    let mut segment = desk.all();
    segment.entries[1].payload = Payload::Present(b"TWO".to_vec());
    let admission = store.admit(segment).unwrap();
    assert_eq!(rejected(&admission), (2, Lie::PayloadMismatch));
    assert_eq!(admission.entries, desk.entries[..1]);
    let healed = store.take(desk.all());
    assert_eq!(healed.entries, desk.entries[1..]);
}

#[test]
fn an_erased_payload_is_let_in_where_an_erasure_may_have_taken_it_and_nowhere_else() {
    let (owner, desk, mut store) = scene();
    let mut segment = desk.all();
    segment.entries[1].payload = Payload::Erased;
    assert_eq!(store.take(segment.clone()).entries, segment.entries);
    let mut blank = Store::of(&owner);
    let mut hidden = owner.all();
    hidden.entries[1].payload = Payload::Erased;
    assert_eq!(
        rejected(&blank.admit(hidden).unwrap()),
        (2, Lie::PayloadMismatch)
    );
}

#[test]
fn a_stamp_from_the_end_of_time_is_malformed_and_moves_nobodys_clock() {
    let (_, mut desk, mut store) = scene();
    store.take(desk.all());
    let sane = store.replica.hlc();
    let last = desk.entries[2].header;
    let rogue = |hlc| {
        let payload = b"x".to_vec();
        let header = Header {
            seq: 4,
            prev: last.hash(),
            hlc,
            payload_len: 1,
            payload_hash: PayloadHash::of(&payload),
            ..last
        };
        let payload = Payload::Present(payload);
        Entry { header, payload }
    };
    let refused = rogue(Hlc(u64::MAX));
    assert_eq!(
        Header::decode(&refused.header.encode()),
        Err(HeaderError::Stamp)
    );
    let admission = store.admit(desk.sign(vec![refused])).unwrap();
    assert_eq!(rejected(&admission), (4, Lie::Malformed));
    let highest = rogue(Hlc(Hlc::END.0 - 1));
    desk.entries.push(highest);
    store.take(desk.all());
    assert!(store.replica.hlc() <= sane);
}

#[test]
fn an_author_never_has_two_entries_at_one_stamp() {
    let (_, desk, mut store) = scene();
    let (second, mut third) = (desk.entries[1].header, desk.entries[2].clone());
    third.header.hlc = second.hlc;
    let again = vec![desk.entries[0].clone(), desk.entries[1].clone(), third];
    let admission = store.admit(desk.sign(again)).unwrap();
    assert_eq!(rejected(&admission), (3, Lie::Malformed));
    assert_eq!(admission.entries, desk.entries[..2]);
}

#[test]
fn a_desk_that_saw_a_rogue_stamp_still_writes_entries_that_are_let_in_one_above_the_other() {
    let (_, mut desk, mut store) = scene();
    store.take(desk.all());
    desk.ledger.observe(Hlc(u64::MAX));
    desk.ledger.observe(Hlc(Hlc::END.0 - 1));
    let stamps = [b"a", b"b", b"c"].map(|text| desk.write(Kind::Change, text).header.hlc);
    assert!(stamps[0] < stamps[1] && stamps[1] < stamps[2]);
    store.take(desk.all());
    assert_eq!(store.seq(desk.id()), 6);
}

#[test]
fn a_copy_of_a_desk_that_went_another_way_is_a_fork() {
    let (_, desk, store) = scene();
    let mut copy = Desk::new(2);
    copy.write(Kind::Change, b"one");
    copy.write(Kind::Change, b"another two");
    copy.write(Kind::Change, b"three");
    copy.write(Kind::Change, b"four");
    for (held, first, last) in [
        (3, 1, 2),
        (3, 1, 3),
        (3, 1, 4),
        (3, 2, 3),
        (2, 3, 4),
        (2, 2, 2),
    ] {
        let mut store = store.clone();
        store.take(desk.segment(1, held));
        let admission = store.admit(copy.segment(first, last)).unwrap();
        assert_eq!(
            rejected(&admission),
            (2, Lie::Fork),
            "held {held}, offered {first}–{last}"
        );
        assert_eq!(store.seq(desk.id()), held as u64);
    }
    let mut store = store.clone();
    store.take(desk.segment(1, 3));
    store.take(copy.segment(1, 1));
}

#[test]
fn another_clinics_genesis_is_unknown_here() {
    let owner = founder();
    let mut other = Desk::new(7);
    let keys = other.signer.keys();
    other.state(&Member::Genesis {
        keys,
        clinic: "Khác".into(),
        name: "x".into(),
        branch: String::new(),
    });
    let mut store = Store::of(&owner);
    assert!(store.admit(other.all()).is_err());
    store.take(owner.all());
    assert!(store.admit(other.all()).is_err());
    assert_eq!(
        store.replica.roster().clinic_name(),
        Some("Nha khoa Việt Smile")
    );
}

#[test]
fn a_second_genesis_is_not_allowed() {
    let (mut owner, _, mut store) = scene();
    let keys = owner.signer.keys();
    owner.state(&Member::Genesis {
        keys,
        clinic: "Khác".into(),
        name: "x".into(),
        branch: String::new(),
    });
    assert_eq!(
        rejected(&store.admit(owner.all()).unwrap()),
        (3, Lie::NotAllowed)
    );
}

#[test]
fn own_entries_are_recorded_in_their_order_only() {
    let mut owner = founder();
    let clinic = clinic_of(&owner);
    owner.write(Kind::Change, b"a");
    let mut replica = Replica::new(clinic);
    assert_eq!(replica.record(&owner.entries[1]), Err(Lie::Gap));
    replica.record(&owner.entries[0]).unwrap();
    let mut elsewhere = owner.entries[1].clone();
    elsewhere.header.prev = EntryHash::from_bytes([3; 32]);
    assert_eq!(replica.record(&elsewhere), Err(Lie::BrokenChain));
    replica.record(&owner.entries[1]).unwrap();
    assert_eq!(replica.record(&owner.entries[1]), Err(Lie::Gap));
    let mut store = Store::of(&owner);
    store.take(owner.all());
    assert!(store.replica == replica);
}

#[test]
fn a_ledger_stays_where_it_is_until_an_entry_is_accepted() {
    let mut desk = founder();
    let before = desk.ledger.clone();
    let record = RecordId::from_bytes([1; 16]);
    let first = desk.ledger.next(Kind::Change, record, Epoch::FIRST, NOW);
    let again = desk.ledger.next(Kind::Change, record, Epoch::FIRST, NOW);
    assert_eq!(first, again);
    assert_eq!(desk.ledger, before);
    let entry = first.finish(b"x".to_vec()).unwrap();
    desk.ledger.accept(&entry).unwrap();
    assert!(desk.ledger.accept(&entry).is_err());
    assert_eq!(desk.ledger.seq(), 2);
    let too_long = desk.ledger.next(Kind::Change, record, Epoch::FIRST, NOW);
    assert_eq!(
        too_long.finish(vec![0; (1 << 20) + 1]),
        Err(HeaderError::PayloadTooLong)
    );
}

#[test]
fn the_next_stamp_is_above_everything_seen_even_from_a_clock_of_the_future() {
    let mut desk = founder();
    desk.ledger
        .observe(Hlc::new(NOW + 10 * 365 * 86_400_000, 0));
    let entry = desk.write(Kind::Change, b"x");
    assert!(entry.header.hlc > Hlc::new(NOW + 10 * 365 * 86_400_000, 0));
}
