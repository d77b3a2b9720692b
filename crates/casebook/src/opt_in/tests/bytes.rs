//! Bytes of facts and records: frozen, the same in any order, harmless when broken.
use super::*;
use crate::codec::Coded;
use crate::contact::{AdCall, Contact};
use crate::merge::Id;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn change(act: Act) -> Change {
    Change {
        at_ms: NINE,
        by: "Mai".into(),
        staff: Some([9; 16]),
        number: "+84912345678".into(),
        act,
    }
}

fn full_grant() -> Grant {
    Grant {
        scope: Scope {
            purpose: PromoPurpose::Affiliates,
            channels: PromoChoices::from_bits(6),
        },
        method: Method::WebForm,
        notice: Notice {
            version: "2026-11".into(),
            hash: [3; 32],
        },
        evidence: Evidence {
            kind: EvidenceKind::Code,
            hash: Some([4; 32]),
            reference: "OTP 12".into(),
        },
        frequency: "2 tin mỗi tháng".into(),
        subject: Subject::From7(Representative {
            name: "Lan".into(),
            phone: "0987654321".into(),
        }),
        said_ms: NINE - 5,
        hours: Some((420, 1260)),
        lifts: vec![stamp(1, 2), stamp(258, 3)],
    }
}

fn full_statement() -> Statement {
    let grant = full_grant();
    Statement {
        scope: grant.scope,
        method: Some(Method::CallRecording),
        notice: Some(grant.notice),
        evidence: Some(grant.evidence),
        note: "gọi điện báo".into(),
    }
}

/// One fact of each sort with every field filled.
fn every_act() -> Vec<Act> {
    let said = || Box::new(full_statement());
    vec![
        Act::Granted(Box::new(full_grant())),
        Act::Refused(said()),
        Act::Declared(said()),
        Act::Withdrawn(said()),
        Act::Acknowledged {
            withdrawal: stamp(5, 1),
            text: "Đã ngừng".into(),
        },
        Act::Requested {
            text: "DKQC".into(),
        },
        Act::Limited {
            limit: Limit::Objection,
            note: "đơn số 3".into(),
        },
        Act::Released {
            lifts: vec![stamp(7, 1)],
            note: "đơn số 4".into(),
        },
        Act::Corrected {
            target: stamp(8, 1),
            note: "nhầm".into(),
        },
        Act::Contacted(Contact::Message {
            channel: Channel::Zalo,
            sent_ms: NINE,
            lot: Some([5; 16]),
        }),
        Act::Contacted(Contact::Call(AdCall {
            at_ms: NINE,
            answered: true,
            script_shown: true,
            introduced: true,
            recording: "REC-9".into(),
        })),
        Act::Newer,
    ]
}

fn every_change() -> Vec<Change> {
    every_act().into_iter().map(change).collect()
}

#[test]
fn every_field_of_every_fact_is_frozen() {
    let lines: Vec<String> = every_change().iter().map(|c| hex(&c.encode())).collect();
    assert_eq!(lines.join("\n"), include_str!("facts.hex").trim_end());
    for change in every_change() {
        assert!(Change::decode(&change.encode()).unwrap() == change);
    }
    let mut record = OptIn::default();
    for (change, hlc) in every_change().into_iter().zip(1..) {
        record.insert(stamp(hlc, 1), change);
    }
    assert!(OptIn::decode(&record.encode()).unwrap() == record);
    assert_eq!(record.encode()[..4], [0x82, 1, 0x8c, 0x82]);
}

#[test]
fn codes_are_used_once_and_lead_back() {
    fn check<T: Coded + PartialEq + core::fmt::Debug>() {
        let mut codes: Vec<u8> = T::ALL.iter().map(|value| value.code()).collect();
        for &value in T::ALL {
            assert_eq!(T::from_code(value.code().into()), Some(value));
        }
        codes.dedup();
        assert_eq!(codes.len(), T::ALL.len());
        assert!(
            codes.is_sorted(),
            "the order of codes is that of the variants"
        );
    }
    check::<Channel>();
    check::<PromoPurpose>();
    check::<Method>();
    check::<EvidenceKind>();
    check::<Limit>();
    check::<crate::suppression::Why>();
    check::<crate::campaign::gate::Refusal>();
}

#[test]
fn a_grant_of_another_version_that_lacks_its_proof_does_nothing() {
    let whole = change(Act::Granted(Box::new(full_grant())));
    let strip: [fn(&mut Grant); 5] = [
        |grant| grant.notice.hash = [0; 32],
        |grant| grant.notice.version.clear(),
        |grant| grant.frequency.clear(),
        |grant| grant.evidence.kind = EvidenceKind::Document,
        |grant| {
            grant.subject = Subject::From7(Representative {
                name: String::new(),
                phone: String::new(),
            });
        },
    ];
    for strip in strip {
        let mut lacking = whole.clone();
        if let Act::Granted(grant) = &mut lacking.act {
            strip(grant);
        }
        let read = Change::decode(&lacking.encode()).unwrap();
        assert!(read.act == Act::Newer);
    }
}

#[test]
fn a_stop_of_another_version_stops_whatever_else_it_brings() {
    // {0: 1, 20: 2, 33: 4, 34: 1, 35: 0xf2, 36: 99, 39: 99, 99: null}
    let bytes = [
        0xa8, 0, 1, 20, 2, 0x18, 33, 4, 0x18, 34, 1, 0x18, 35, 0x18, 0xf2, 0x18, 36, 0x18, 99,
        0x18, 39, 0x18, 99, 0x18, 99, 0xf6,
    ];
    let read = Change::decode(&bytes).unwrap();
    let Act::Withdrawn(said) = read.act else {
        panic!("no stop");
    };
    assert_eq!(said.scope.channels, PromoChoices::only(Channel::Sms));
}

#[test]
fn bytes_cut_or_extended_or_about_something_else_are_refused() {
    for change in every_change() {
        let bytes = change.encode();
        for len in 0..bytes.len() {
            assert!(Change::decode(&bytes[..len]).is_err(), "cut at {len}");
        }
        assert!(Change::decode(&[&bytes[..], &[0]].concat()).is_err());
        assert!(crate::staff::Change::decode(&bytes).is_err());
        // A version from before opt-ins reads a lead's change that touches nothing.
        let old = crate::lead::Change::decode(&bytes).unwrap();
        assert!(old.origin.is_none() && old.name.is_none() && old.note.is_none());
    }
}

fn any_stamp() -> impl Strategy<Value = Stamp> {
    (1u64..10, 1u8..4).prop_map(|(hlc, author)| stamp(hlc, author))
}

fn any_of<T: Coded + core::fmt::Debug>() -> impl Strategy<Value = T> {
    prop::sample::select(T::ALL)
}

fn any_scope() -> impl Strategy<Value = Scope> {
    (any_of::<PromoPurpose>(), 1u8..16).prop_map(|(purpose, bits)| Scope {
        purpose,
        channels: PromoChoices::from_bits(bits),
    })
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let who = || {
        "[A-C]{1,2}".prop_map(|name| Representative {
            name,
            phone: String::new(),
        })
    };
    let subject = prop_oneof![
        Just(Subject::Adult),
        who().prop_map(Subject::Under7),
        who().prop_map(Subject::From7),
    ];
    (
        any_scope(),
        vec(any_stamp(), 0..3),
        subject,
        option::of(Just((1u16, 5u16))),
    )
        .prop_map(|(scope, lifts, subject, hours)| Grant {
            scope,
            subject,
            hours,
            lifts,
            ..full_grant()
        })
}

fn any_act() -> impl Strategy<Value = Act> {
    let statement = || {
        (any_scope(), option::of(any_of::<Method>()), "[A-C]{0,2}").prop_map(
            |(scope, method, note)| {
                Box::new(Statement {
                    scope,
                    method,
                    note,
                    notice: None,
                    evidence: None,
                })
            },
        )
    };
    prop_oneof![
        3 => any_grant().prop_map(|grant| Act::Granted(Box::new(grant))),
        2 => statement().prop_map(Act::Withdrawn),
        1 => statement().prop_map(Act::Refused),
        1 => (any_stamp(), "[A-C]{0,2}").prop_map(|(target, note)| Act::Corrected { target, note }),
        1 => vec(any_stamp(), 0..3).prop_map(|lifts| Act::Released { lifts, note: String::new() }),
        3 => prop::sample::select(every_act()),
    ]
}

fn any_entries() -> impl Strategy<Value = Vec<(Stamp, Change)>> {
    let change = (
        any::<i64>(),
        "[A-C]{0,1}",
        option::of(any::<Id>()),
        any_act(),
    )
        .prop_map(|(at_ms, by, staff, act)| Change {
            at_ms,
            by,
            staff,
            number: "+84912345678".into(),
            act,
        });
    vec((any_stamp(), change), 0..14)
}

fn all_of(entries: &[(Stamp, Change)]) -> OptIn {
    let mut record = OptIn::default();
    for (stamp, change) in entries {
        record.insert(*stamp, change.clone());
    }
    record
}

proptest! {
    #[test]
    fn any_order_gives_the_same_bytes_and_the_same_states(
        (entries, shuffled) in any_entries()
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
    ) {
        let (a, b) = (all_of(&entries), all_of(&shuffled));
        prop_assert_eq!(a.encode(), b.encode());
        prop_assert!(a.history() == b.history());
        for channel in Channel::ALL {
            prop_assert!(a.state(channel, PromoPurpose::Offers) == b.state(channel, PromoPurpose::Offers));
        }
    }

    #[test]
    fn any_grouping_and_any_repetition_give_the_same_bytes(
        entries in any_entries(), cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let (mut i, mut j) = (cut.index(entries.len() + 1), other.index(entries.len() + 1));
        if i > j {
            core::mem::swap(&mut i, &mut j);
        }
        let [a, b, c] = [&entries[..i], &entries[i..j], &entries[j..]].map(all_of);
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut right = c;
        right.merge(&a);
        right.merge(&b);
        right.merge(&a);
        prop_assert_eq!(left.encode(), right.encode());
        prop_assert_eq!(left.encode(), all_of(&entries).encode());
        let again = left.clone();
        prop_assert!(!left.merge(&again));
    }

    #[test]
    fn what_was_written_is_read(entries in any_entries()) {
        let record = all_of(&entries);
        prop_assert!(OptIn::decode(&record.encode()).unwrap() == record);
        for (_, change) in record.iter() {
            prop_assert!(Change::decode(&change.encode()).unwrap() == *change);
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
        let _ = (Change::decode(&bytes), OptIn::decode(&bytes));
        for change in every_change() {
            let mut bytes = change.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = Change::decode(&bytes) {
                let _ = Change::decode(&read.encode());
            }
        }
    }
}
