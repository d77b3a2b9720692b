//! Lots: made of those who passed and nobody else, and what is kept of them.
use super::*;
use crate::campaign::gate::tests::World;
use crate::campaign::recipient::{self, Recipient};
use crate::campaign::template;
use crate::day;
use crate::merge::Stamp;
use proptest::prelude::*;

fn doing() -> Doing<'static> {
    crate::opt_in::tests::doing()
}

fn stamp(hlc: u64) -> Stamp {
    crate::opt_in::tests::stamp(hlc, 1)
}

fn agency() -> Ready {
    let mut agency = Recipient::default();
    let form = recipient::tests::form();
    agency.insert(
        stamp(1),
        recipient::Change::entered(doing(), &form).unwrap(),
    );
    agency
        .facts()
        .ready(day::date(doing().now_ms).unwrap())
        .unwrap()
}

fn tally(channel: Channel) -> Tally {
    let mut tally = Tally::default();
    tally.take(World::good(channel).verdict());
    tally.take(World::good(channel).verdict());
    for refusal in [Refusal::CapReached, Refusal::NotAsked, Refusal::NotAsked] {
        tally.take(Err(refusal));
    }
    tally
}

/// Makes a lot after `change` had its way with the draft.
fn make(tally: &Tally, change: impl FnOnce(&mut Draft<'_>)) -> Result<Change, Refused> {
    let (recipient, segment) = (agency(), Segment::default());
    let template = template::tests::passed(Channel::Sms);
    let mut draft = Draft {
        why: "Ưu đãi niềng răng tháng 12",
        purpose: PromoPurpose::Offers,
        channel: Channel::Sms,
        window: World::good(Channel::Sms).window,
        segment: &segment,
        recipient_id: [7; 16],
        recipient: &recipient,
        template: &template,
        template_hash: [1; 32],
        file_hash: [2; 32],
        canary: "L-0012",
        data_as_of_ms: doing().now_ms - 5,
        approval: "",
    };
    change(&mut draft);
    Change::made(doing(), &draft, tally, Rules::builtin())
}

fn lot(changes: &[Change]) -> Lot {
    let mut lot = Lot::default();
    for (change, hlc) in changes.iter().zip(1..) {
        lot.insert(stamp(hlc), change.clone());
    }
    lot
}

#[test]
fn the_register_says_who_passed_and_why_the_others_did_not() {
    let lot = lot(&[make(&tally(Channel::Sms), |_| {}).unwrap()]);
    let facts = lot.facts();
    let made = facts.made.unwrap();
    assert_eq!(
        (facts.by, facts.at_ms, made.count),
        ("Mai", doing().now_ms, 2)
    );
    assert_eq!(
        made.excluded,
        [(Refusal::NotAsked, 2), (Refusal::CapReached, 1)]
    );
    assert_eq!(made.expires_ms, made.window.1 + 7 * DAY_MS);
    assert_eq!(
        (made.agreement.as_str(), made.rules.as_str()),
        ("12/2026/HĐ", "2026-11")
    );
    assert!(Segment::from_text(&made.filter).unwrap() == Segment::default());
}

#[test]
fn a_lot_of_nobody_or_of_what_passed_for_something_else_is_not_made() {
    let good = tally(Channel::Sms);
    let zalo = template::tests::passed(Channel::Zalo);
    assert_eq!(make(&Tally::default(), |_| {}).err(), Some(Refused::Empty));
    assert_eq!(
        make(&tally(Channel::Call), |_| {}).err(),
        Some(Refused::Mixed)
    );
    assert_eq!(
        make(&good, |draft| draft.window.1 += 1).err(),
        Some(Refused::Mixed)
    );
    assert_eq!(
        make(&good, |draft| draft.purpose = PromoPurpose::Affiliates).err(),
        Some(Refused::Mixed)
    );
    assert!(zalo.channel() != Channel::Sms);
    assert_eq!(
        make(&good, |draft| draft.why = " ").err(),
        Some(Refused::NoReason)
    );
}

#[test]
fn a_lot_is_open_then_overdue_until_its_deletion_is_proven() {
    let made = make(&tally(Channel::Sms), |_| {}).unwrap();
    let mut lot = lot(&[made]);
    let expires = lot.facts().made.unwrap().expires_ms;
    assert_eq!(lot.facts().stage(expires - 1), Stage::Open);
    assert_eq!(lot.facts().stage(expires), Stage::Overdue);
    let recall = lot.recall(doing(), 3, [4; 32]).unwrap();
    lot.insert(stamp(2), recall);
    assert_eq!(lot.recall(doing(), 0, [4; 32]).err(), Some(Refused::Empty));
    assert_eq!(
        lot.deleted(doing(), " ", None).err(),
        Some(Refused::NoProof)
    );
    let deleted = lot.deleted(doing(), "biên bản 3", None).unwrap();
    lot.insert(stamp(3), deleted);
    assert_eq!(
        (lot.facts().recalled, lot.facts().stage(expires)),
        (3, Stage::Deleted)
    );
    let nothing = Lot::default();
    assert_eq!(
        nothing.deleted(doing(), "x", None).err(),
        Some(Refused::Unknown)
    );
}

fn every_change() -> Vec<Change> {
    let made = make(&tally(Channel::Sms), |draft| draft.approval = "99/XN").unwrap();
    let lot = lot(std::slice::from_ref(&made));
    vec![
        made,
        lot.recall(doing(), 3, [4; 32]).unwrap(),
        lot.deleted(doing(), "biên bản 3", Some([5; 32])).unwrap(),
        Change::by(doing(), Act::Newer),
    ]
}

#[test]
fn every_field_of_every_fact_is_frozen() {
    let lines: Vec<String> = every_change()
        .iter()
        .map(|change| {
            let mut text = String::new();
            for byte in change.encode() {
                use core::fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
            }
            text
        })
        .collect();
    assert_eq!(lines.join("\n"), include_str!("fact.hex").trim_end());
    for change in every_change() {
        let bytes = change.encode();
        assert!(Change::decode(&bytes).unwrap() == change);
        for len in 0..bytes.len() {
            assert!(Change::decode(&bytes[..len]).is_err(), "cut at {len}");
        }
    }
    let lot = lot(&every_change());
    assert!(Lot::decode(&lot.encode()).unwrap() == lot);
}

#[test]
fn reasons_of_a_newer_version_are_counted_as_such() {
    // {0: 1, 20: 3, 32: 1, …, 40: {1: 2, 60: 3, 61: 4}, …}
    let made = every_change().remove(0);
    let bytes = made.encode();
    let old = [0x18, 40, 0xa2, 1, 2, 0x18, 25, 1];
    let at = bytes
        .windows(old.len())
        .position(|window| window == old)
        .unwrap();
    let new = [0x18, 40, 0xa3, 1, 2, 0x18, 60, 3, 0x18, 61, 4];
    let bytes = [&bytes[..at], &new, &bytes[at + old.len()..]].concat();
    let read = Change::decode(&bytes).unwrap();
    let Act::Made(made) = &read.act else {
        panic!("no lot");
    };
    assert_eq!(made.excluded, [(Refusal::NotAsked, 2), (Refusal::Newer, 7)]);
    assert!(Change::decode(&read.encode()).unwrap() == read);
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
        let _ = Change::decode(&bytes);
        for change in every_change() {
            let mut bytes = change.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Change::decode(&bytes);
        }
    }
}
