//! Any order, any duplication, any grouping of the same entries gives the same bytes.
use super::*;
use crate::codec::Coded;
use crate::merge::Id;
use crate::submission::PromoChoices;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A small world, so that entries meet and name each other.
fn any_stamp() -> impl Strategy<Value = Stamp> {
    (1u64..12, 1u8..4).prop_map(|(hlc, author)| stamp(hlc, author))
}

fn any_of<T: Coded + core::fmt::Debug>() -> impl Strategy<Value = T> {
    prop::sample::select(T::ALL)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[A-Cđệ0-9 ]{1,6}"]
}

fn any_patch<T: Clone + core::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Patch<T>> {
    option::of(option::of(value)).prop_map(|patch| patch.map_or(Patch::Keep, Patch::from_option))
}

fn any_origin() -> impl Strategy<Value = Origin> {
    let texts = (any_text(), any_text(), any_text());
    let numbers = (any::<i64>(), 0u8..8, any::<i64>());
    let choices = (option::of(0u8..16), option::of(any::<[u8; 32]>()));
    (
        any_of::<Source>(),
        any_of::<BasisKind>(),
        texts,
        numbers,
        choices,
    )
        .prop_map(
            |(
                source,
                basis,
                texts,
                (received_ms, suspicion, filled_at_ms),
                (promo, notice_hash),
            )| {
                Origin {
                    source,
                    basis,
                    basis_note: texts.0,
                    received_ms,
                    suspicion,
                    promo: promo.map(PromoChoices::from_bits),
                    notice_version: texts.1,
                    notice_hash,
                    page: texts.2,
                    filled_at_ms,
                }
            },
        )
}

pub(super) fn any_change() -> impl Strategy<Value = Change> {
    let texts = (
        option::of(any_text()),
        option::of(any_text()),
        option::of(any_text()),
        option::of(any_text()),
    );
    let patches = (
        any_patch(any_text()),
        any_patch(any_text()),
        any_patch(any_text()),
        any_patch(any::<i64>()),
        any_patch(any::<Id>()),
    );
    let values = (
        option::of(any_of::<LeadState>()),
        option::of(any_of::<Outcome>()),
        option::of(any_of::<Purpose>()),
        any::<bool>(),
    );
    let stamps = (
        vec(any_stamp(), 0..3),
        vec(any_stamp(), 0..3),
        vec(any_stamp(), 0..3),
    );
    let head = (
        any::<i64>(),
        any_text(),
        option::weighted(0.2, any_origin()),
        option::of(any::<Id>()),
    );
    (head, texts, patches, values, stamps).prop_map(|(head, texts, patches, values, stamps)| {
        Change {
            at_ms: head.0,
            by: head.1,
            staff: head.3,
            origin: head.2.map(Box::new),
            name: texts.0,
            phone: texts.1,
            question: texts.2,
            note: texts.3,
            branch: patches.0,
            owner: patches.1,
            order: patches.2,
            next_call: patches.3,
            merged_into: patches.4,
            state: values.0,
            call: values.1,
            access: values.2,
            cleared: values.3,
            undoes: stamps.0,
            sees_name: stamps.1,
            sees_phone: stamps.2,
        }
    })
}

/// Entries, some of them at one place with different content.
fn any_entries() -> impl Strategy<Value = Vec<(Stamp, Change)>> {
    vec((any_stamp(), any_change()), 0..14)
}

fn all_of(entries: &[(Stamp, Change)]) -> Lead {
    let mut lead = Lead::new();
    for (stamp, change) in entries {
        lead.insert(*stamp, change.clone());
    }
    lead
}

proptest! {
    #[test]
    fn any_order_gives_the_same_bytes(
        (entries, shuffled) in any_entries()
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
    ) {
        let (a, b) = (all_of(&entries), all_of(&shuffled));
        prop_assert_eq!(a.encode(), b.encode());
        prop_assert!(a.facts() == b.facts());
        prop_assert!(a.history() == b.history());
    }

    #[test]
    fn any_duplication_gives_the_same_bytes(entries in any_entries(), extra in vec(any::<prop::sample::Index>(), 0..9)) {
        let mut doubled = entries.clone();
        if !entries.is_empty() {
            doubled.extend(extra.iter().map(|index| entries[index.index(entries.len())].clone()));
        }
        prop_assert_eq!(all_of(&entries).encode(), all_of(&doubled).encode());
    }

    #[test]
    fn any_grouping_gives_the_same_bytes(entries in any_entries(), cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let (mut i, mut j) = (cut.index(entries.len() + 1), other.index(entries.len() + 1));
        if i > j {
            core::mem::swap(&mut i, &mut j);
        }
        let [a, b, c] = [&entries[..i], &entries[i..j], &entries[j..]].map(all_of);
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut right = b;
        right.merge(&c);
        right.merge(&a);
        prop_assert_eq!(left.encode(), right.encode());
        prop_assert_eq!(left.encode(), all_of(&entries).encode());
        let before = left.encode();
        let again = left.clone();
        prop_assert!(!left.merge(&again), "merging with itself says that nothing changed");
        prop_assert_eq!(left.encode(), before);
    }

    #[test]
    fn insert_says_whether_it_changed_anything(entries in any_entries()) {
        let mut lead = Lead::new();
        for (stamp, change) in entries {
            let before = lead.encode();
            let changed = lead.insert(stamp, change);
            prop_assert_eq!(changed, lead.encode() != before);
        }
    }

    #[test]
    fn what_was_encoded_reads_back_the_same(entries in any_entries()) {
        let lead = all_of(&entries);
        let again = Lead::decode(&lead.encode()).unwrap();
        prop_assert!(again == lead);
        for (_, change) in lead.iter() {
            prop_assert!(Change::decode(&change.encode()).unwrap() == *change);
        }
    }

    #[test]
    fn every_dispute_can_be_settled(entries in any_entries()) {
        let mut lead = all_of(&entries);
        for clock in 100..110 {
            let facts = lead.facts();
            let Some(rival) = facts.name_rivals.iter().chain(&facts.phone_rivals).last() else {
                break;
            };
            let chosen = lead.settle(doing("Mai", NINE), &rival.key.clone()).unwrap();
            lead.insert(stamp(clock, 1), chosen);
        }
        prop_assert!(!lead.facts().conflict());
    }
}
