//! Agreements, whole and not, and their bytes.
use super::*;
use crate::merge::Stamp;
use jiff::civil::date;
use proptest::prelude::*;

fn doing() -> Doing<'static> {
    Doing {
        by: "Lan",
        staff: Some([9; 16]),
        now_ms: 7,
    }
}

pub(in crate::campaign) fn form() -> Form<'static> {
    Form {
        name: "Công ty Tin nhắn Sao Việt",
        kind: RecipientKind::Agency,
        number: "12/2026/HĐ",
        signed: Some(date(2026, 11, 1)),
        ends: Some(date(2027, 10, 31)),
        items: &Item::ALL,
    }
}

fn stamp(hlc: u64) -> Stamp {
    let author = [1; 16];
    Stamp { hlc, author }
}

fn recipient(changes: &[Change]) -> Recipient {
    let mut recipient = Recipient::default();
    for (change, hlc) in changes.iter().zip(1..) {
        recipient.insert(stamp(hlc), change.clone());
    }
    recipient
}

#[test]
fn nothing_is_given_under_an_agreement_that_lacks_anything() {
    let f = form;
    let today = date(2026, 11, 23);
    let lacking: Vec<Item> = Item::ALL
        .into_iter()
        .filter(|item| *item != Item::Breach)
        .collect();
    let table: [(Form<'_>, &[Missing]); 8] = [
        (f(), &[]),
        (Form { number: " ", ..f() }, &[Missing::Number]),
        (
            Form {
                signed: None,
                ..f()
            },
            &[Missing::Signed],
        ),
        (
            Form {
                signed: Some(date(2026, 11, 24)),
                ..f()
            },
            &[Missing::Signed],
        ),
        (Form { ends: None, ..f() }, &[Missing::Ended]),
        (
            Form {
                ends: Some(date(2026, 11, 22)),
                ..f()
            },
            &[Missing::Ended],
        ),
        (
            Form {
                ends: Some(today),
                ..f()
            },
            &[],
        ),
        (
            Form {
                items: &lacking,
                ..f()
            },
            &[Missing::Item(Item::Breach)],
        ),
    ];
    for (number, (form, missing)) in table.into_iter().enumerate() {
        let recipient = recipient(&[Change::entered(doing(), &form).unwrap()]);
        let facts = recipient.facts();
        assert_eq!(facts.missing(today), missing, "row {number}");
        assert_eq!(
            facts.ready(today).is_ok(),
            missing.is_empty(),
            "row {number}"
        );
    }
    let nobody = Recipient::default();
    assert_eq!(nobody.facts().missing(today), [Missing::Agreement]);
}

#[test]
fn a_recipient_that_was_struck_off_gets_nothing_until_it_is_back() {
    let today = date(2026, 11, 23);
    let entered = Change::entered(doing(), &form()).unwrap();
    let struck = Change::closed(doing(), true);
    let closed = recipient(&[entered.clone(), struck.clone(), entered.clone()]);
    assert_eq!(closed.facts().missing(today), [Missing::Closed]);
    let back = recipient(&[entered, struck, Change::closed(doing(), false)]);
    let ready = back.facts().ready(today).unwrap();
    assert_eq!(
        (ready.name(), ready.agreement()),
        (form().name, form().number)
    );
}

#[test]
fn a_name_is_needed_and_cut_nowhere() {
    let unnamed = Form {
        name: "\n",
        ..form()
    };
    assert_eq!(
        Change::entered(doing(), &unnamed).err(),
        Some(Refused::NoName)
    );
    let long = "a".repeat(201);
    let long = Form {
        name: &long,
        ..form()
    };
    assert_eq!(
        Change::entered(doing(), &long).err(),
        Some(Refused::TooLong)
    );
}

#[test]
fn every_field_of_a_fact_is_frozen() {
    let mut change = Change::entered(doing(), &form()).unwrap();
    change.closed = Some(true);
    let bytes = change.encode();
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        use core::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    });
    assert_eq!(text, include_str!("fact.hex").trim_end());
    assert!(Change::decode(&bytes).unwrap() == change);
    for len in 0..bytes.len() {
        assert!(Change::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    assert!(crate::opt_in::Change::decode(&bytes).is_err());
    let recipient = recipient(&[change]);
    assert!(Recipient::decode(&recipient.encode()).unwrap() == recipient);
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
        let _ = Change::decode(&bytes);
        let mut bytes = Change::entered(doing(), &form()).unwrap().encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Change::decode(&bytes);
    }
}
