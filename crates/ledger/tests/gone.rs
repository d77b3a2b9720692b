//! Payloads that are not there: erased, or kept back by whoever passed the entries on.
use crate::support::*;
use ledger::*;

/// A clinic with a desk that has written three changes, of one record each, and a replica that knows the clinic only.
fn scene() -> (Desk, Desk, Store) {
    let mut owner = founder();
    let mut desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    for (record, text) in ["one", "two", "three"].into_iter().enumerate() {
        desk.write_about(Kind::Change, record_id(record), text.as_bytes());
    }
    let mut store = Store::of(&owner);
    store.take(owner.all());
    (owner, desk, store)
}

fn record_id(number: usize) -> RecordId {
    RecordId::from_bytes([u8::try_from(number).unwrap() + 1; 16])
}

/// The segment with the payload of its entry at `index` kept back.
fn without(mut segment: Segment, index: usize) -> Segment {
    segment.entries[index].payload = Payload::Erased;
    segment
}

fn missing(store: &Store) -> Vec<u64> {
    store.replica.gone().missing().map(|(_, seq)| seq).collect()
}

#[test]
fn a_payload_that_was_kept_back_is_missing_until_an_honest_copy_fills_it() {
    let (_, desk, mut store) = scene();
    store.take(without(desk.all(), 1));
    assert_eq!(missing(&store), [2]);
    assert_eq!(store.replica.have().seq(desk.id()), 3);
    assert_eq!(store.replica.have_whole().seq(desk.id()), 1);
    assert!(store.take(without(desk.all(), 1)).filled.is_empty());
    let filling = store.take(desk.segment(2, 3));
    assert_eq!(filling.filled, desk.entries[1..2]);
    assert!(filling.entries.is_empty());
    assert_eq!(missing(&store), []);
    assert_eq!(store.replica.have_whole(), store.replica.have());
    assert!(store.take(desk.all()).filled.is_empty());
}

/// The same entries with an end that nobody signed.
fn unsigned(mut segment: Segment) -> Segment {
    let head = segment.head;
    segment.head = SignedHead::unsigned(head.author, head.seq, head.hash);
    segment
}

#[test]
fn a_segment_that_nobody_signed_brings_payloads_to_whoever_holds_its_entries_and_nothing_else() {
    let (_, desk, mut store) = scene();
    let admission = store.take(unsigned(desk.all()));
    assert_eq!(admission, Admission::default());
    store.take(without(desk.all(), 1));
    let (tip, have) = (store.replica.tip(desk.id()), store.replica.have());
    let mut forged = unsigned(desk.segment(2, 3));
    forged.entries[0].payload = Payload::Present(b"TWO".to_vec());
    assert_eq!(store.take(forged), Admission::default());
    let mut other = unsigned(desk.segment(2, 3));
    other.entries[1].header.hlc = Hlc::default();
    other.head.hash = other.entries[1].header.hash();
    assert_eq!(
        store.take(other),
        Admission::default(),
        "nobody is accused by it"
    );
    let filling = store.take(unsigned(desk.segment(2, 3)));
    assert_eq!(filling.filled, desk.entries[1..2]);
    assert_eq!((filling.head, filling.rejected), (None, None));
    assert_eq!(missing(&store), []);
    assert_eq!(
        (store.replica.tip(desk.id()), store.replica.have()),
        (tip, have)
    );
}

#[test]
fn another_payload_fills_nothing() {
    let (_, desk, mut store) = scene();
    store.take(without(desk.all(), 1));
    let mut forged = desk.all();
    forged.entries[1].payload = Payload::Present(b"TWO".to_vec());
    assert!(store.take(forged).filled.is_empty());
    assert_eq!(missing(&store), [2]);
}

#[test]
fn a_copy_that_went_another_way_below_what_is_remembered_fills_nothing() {
    let (_, desk, mut store) = scene();
    store.take(without(desk.all(), 0));
    let mut copy = Desk::new(2);
    copy.write_about(Kind::Change, record_id(0), b"another one");
    store.hashes.clear();
    assert!(store.take(copy.segment(1, 1)).filled.is_empty());
    assert_eq!(missing(&store), [1]);
}

#[test]
fn nothing_fills_what_an_erase_entry_took() {
    let (mut owner, desk, mut store) = scene();
    assert!(!store.replica.is_erased(record_id(1)));
    owner.write_about(Kind::Erase, record_id(1), b"request 7");
    store.take(owner.segment(3, 3));
    assert!(store.replica.is_erased(record_id(1)));
    assert!(!store.replica.is_erased(record_id(0)));
    store.take(without(desk.all(), 1));
    assert_eq!(missing(&store), []);
    assert!(store.take(desk.all()).filled.is_empty());
}

#[test]
fn an_erase_entry_that_comes_later_accounts_for_what_was_missing() {
    let (mut owner, desk, mut store) = scene();
    owner.write_about(Kind::Erase, record_id(1), b"request 7");
    store.take(without(without(desk.all(), 1), 2));
    assert_eq!(missing(&store), [2, 3]);
    store.take(owner.segment(3, 3));
    assert_eq!(missing(&store), [3]);
    assert_eq!(store.replica.have_whole().seq(desk.id()), 2);
}

#[test]
fn an_owner_may_erase_what_it_wrote_before_in_the_same_ledger() {
    let (mut owner, _, mut store) = scene();
    owner.write_about(Kind::Change, record_id(5), b"mine");
    owner.write_about(Kind::Erase, record_id(5), b"request 8");
    store.take(without(owner.segment(3, 4), 0));
    assert_eq!(missing(&store), []);
}

#[test]
fn a_revocation_that_voids_an_erasure_makes_the_payload_missing_again() {
    let (mut owner, desk, mut store) = scene();
    let mut rogue = Desk::new(5);
    owner.enrol(&rogue, Role::Owner);
    store.take(owner.segment(3, 3));
    store.take(desk.all());
    rogue.write_about(Kind::Erase, record_id(1), b"request 9");
    store.take(rogue.all());
    let deleted = desk.entries[1].header;
    store.replica.forget_payload(&deleted);
    assert_eq!(missing(&store), []);
    owner.revoke(&rogue, 0);
    store.take(owner.segment(4, 4));
    assert!(!store.replica.is_erased(record_id(1)));
    assert_eq!(missing(&store), [2]);
    assert_eq!(store.take(desk.all()).filled, desk.entries[1..2]);
}

#[test]
fn what_is_gone_is_known_again_after_a_restart() {
    let (mut owner, desk, mut store) = scene();
    owner.write_about(Kind::Erase, record_id(0), b"request 7");
    store.take(without(without(desk.all(), 0), 2));
    store.take(owner.segment(3, 3));
    let replica = &store.replica;
    let mut gone = Gone::default();
    for entry in owner.entries.iter().chain(&desk.entries) {
        let kept_back = entry.header.author == desk.id() && entry.header.seq != 2;
        gone.note(&entry.header, !kept_back);
    }
    let mut strange = desk.entries[2].header;
    strange.seq = 4;
    gone.note(&strange, false);
    let resumed = Replica::resume(replica.roster().clone(), replica.heads().clone(), gone);
    assert!(resumed == *replica);
}
