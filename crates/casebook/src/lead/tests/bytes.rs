//! The bytes themselves: frozen, and read with suspicion.
use super::merging::any_change;
use super::*;
use minicbor::Encoder;
use proptest::prelude::*;

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Every field with a value of its own.
fn full() -> Change {
    Change {
        at_ms: 1_795_399_200_000,
        by: "Mai".into(),
        staff: None,
        origin: Some(Box::new(Origin {
            source: Source::Zalo,
            basis: BasisKind::Contract,
            basis_note: "phiếu 12".into(),
            received_ms: -1,
            suspicion: 5,
            promo: Some(crate::submission::PromoChoices::from_bits(9)),
            notice_version: "v1".into(),
            notice_hash: Some([7; 32]),
            page: "/p".into(),
            filled_at_ms: 300,
        })),
        name: Some("Đào".into()),
        phone: Some("0912".into()),
        question: Some(String::new()),
        branch: Patch::Set("Q1".into()),
        state: Some(LeadState::WrongNumber),
        next_call: Patch::Set(1),
        owner: Patch::Clear,
        order: Patch::Set("D1".into()),
        merged_into: Patch::Set([1; 16]),
        cleared: true,
        call: Some(Outcome::Declined),
        note: Some("n".into()),
        undoes: vec![stamp(1, 2)],
        sees_name: vec![stamp(258, 3)],
        sees_phone: vec![stamp(1, 4), stamp(2, 5)],
        access: Some(Purpose::Print),
    }
}

#[test]
fn the_smallest_change_is_frozen() {
    let change = Change::revealed(doing("An", 1000), Purpose::Call);
    assert_eq!(hex(&change.encode()), "a3001903e80162416e1201");
    assert_eq!(hex(&Change::default().encode()), "a10000");
}

#[test]
fn who_acted_is_one_more_key_that_an_old_version_skips() {
    let change = Change {
        staff: Some([0xa5; 16]),
        ..Change::revealed(doing("An", 1000), Purpose::Call)
    };
    let bytes = change.encode();
    assert_eq!(
        hex(&bytes),
        format!("a4001903e80162416e12011350{}", "a5".repeat(16))
    );
    assert!(Change::decode(&bytes).unwrap() == change);
}

#[test]
fn every_field_of_a_change_is_frozen() {
    assert_eq!(
        hex(&full().encode()),
        include_str!("golden/change.hex").trim()
    );
    let mut lead = Lead::new();
    lead.insert(stamp(3, 1), full());
    lead.insert(stamp(2, 1), Change::default());
    assert_eq!(hex(&lead.encode()), include_str!("golden/lead.hex").trim());
}

#[test]
fn what_a_newer_version_wrote_is_read_without_what_is_new() {
    let mut bytes = Vec::new();
    let mut e = Encoder::new(&mut bytes);
    e.map(6).unwrap().u8(0).unwrap().i64(5).unwrap();
    e.u8(3).unwrap().str("Hương").unwrap();
    // A state, an outcome and a purpose of the future, and two new fields, one of them nested.
    e.u8(7).unwrap().u8(99).unwrap();
    e.u8(13).unwrap().u8(99).unwrap();
    e.u8(40)
        .unwrap()
        .array(2)
        .unwrap()
        .map(1)
        .unwrap()
        .u8(1)
        .unwrap()
        .null()
        .unwrap();
    e.str("mới").unwrap();
    e.u16(500).unwrap().bool(true).unwrap();
    let expected = Change {
        at_ms: 5,
        name: Some("Hương".into()),
        ..Change::default()
    };
    assert!(Change::decode(&bytes).unwrap() == expected);
}

#[test]
fn bytes_out_of_order_cut_or_extended_are_refused() {
    let bytes = full().encode();
    for len in 0..bytes.len() {
        assert_eq!(
            Change::decode(&bytes[..len]).err(),
            Some(Malformed),
            "cut at {len}"
        );
    }
    let refused = |bytes: &[u8]| Change::decode(bytes).err() == Some(Malformed);
    assert!(refused(&[&bytes[..], &[0]].concat()), "extended");
    assert!(refused(&[0xa2, 0, 1, 0, 1]), "a key twice");
    assert!(refused(&[0xa2, 1, 0x61, b'a', 0, 1]), "keys out of order");
    assert!(refused(&[0xbf, 0, 1, 0xff]), "a map of unknown length");
    let mut lead = lead();
    lead.insert(stamp(2, 1), full());
    let bytes = lead.encode();
    for len in 0..bytes.len() {
        assert!(Lead::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    assert!(Lead::decode(&[0x82, 2, 0x80]).is_err(), "another format");
    assert!(Lead::decode(&[0x82, 1, 0x80]).unwrap().is_empty());
}

#[test]
fn a_count_that_the_bytes_do_not_hold_costs_nothing() {
    let huge = [
        0x82, 1, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ];
    assert!(Lead::decode(&huge).is_err());
    let stamps = [
        0xa1, 15, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ];
    assert!(Change::decode(&stamps).is_err());
}

#[test]
fn a_lead_and_its_parts_are_kept_out_of_debug_output() {
    let lead = lead();
    let shown = format!(
        "{lead:?} {:?} {:?} {:?}",
        full(),
        lead.facts(),
        lead.history()
    );
    assert_eq!(shown, "Lead(..) Change(..) Facts(..) [Moment(..)]");
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>) {
        let _ = (Change::decode(&bytes), Lead::decode(&bytes));
    }

    #[test]
    fn a_flipped_bit_never_panics(change in any_change(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = change.encode();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(read) = Change::decode(&bytes) {
            let mut lead = lead();
            lead.insert(stamp(2, 1), read);
            let _ = (lead.facts(), lead.history());
        }
    }
}
