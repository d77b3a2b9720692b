//! Whatever desks do in whatever order, no number passes without a live yes.
use super::*;
use crate::opt_in::tests::causal::{any_step, live, live_yes};
use proptest::collection::vec;
use proptest::prelude::*;

/// The rest of the world, each part as it should be more often than not.
fn any_world() -> impl Strategy<Value = World> {
    let usually = || prop::bool::weighted(0.9);
    let flags = (
        usually(),
        usually(),
        usually(),
        usually(),
        usually(),
        usually(),
        usually(),
        usually(),
    );
    let status = prop_oneof![
        8 => Just(CLEAR),
        1 => Just(dnc::Status::Unchecked),
        1 => (any::<bool>(), any::<bool>(), 10i8..24).prop_map(|(sms, voice, day)| dnc::Status::Checked {
            as_of: date(2026, 11, day),
            listed: dnc::Listed { sms, voice },
        }),
    ];
    let raw = prop::sample::select(vec![
        "0912345678",
        "0912345678",
        "0912345678",
        "0987654321",
        "024 3825 1234",
        "1900 1234",
        "12345",
    ]);
    let times = (-12i64..15, 0i64..3, vec(-30i64..30, 0..4));
    (
        prop::sample::select(&Channel::ALL[..]),
        flags,
        status,
        raw,
        times,
        usually(),
    )
        .prop_map(
            |(channel, flags, status, raw, (hour, length, reached), offers)| {
                let mut world = World::unasked(channel);
                world.at(NINE + hour * HOUR);
                world.window.1 += length * HOUR;
                world.reading = phone::parse(raw, None);
                world.dnc = status;
                world.erased = !flags.0;
                world.notice_known = flags.1;
                world.evidence_kept = flags.2;
                world.minor = !flags.3;
                world.wrong_number = !flags.4;
                world.complaint_open = !flags.5;
                world.suspect = !flags.6;
                world.email_known = flags.7;
                if !offers {
                    world.purpose = PromoPurpose::Affiliates;
                }
                let times: Vec<i64> = reached.iter().map(|hour| NINE + hour * HOUR).collect();
                world.reached(channel, &times);
                world
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_history_of_events_clocks_and_merges_lets_a_number_through_without_a_live_yes(
        steps in vec(any_step(), 0..30), world in any_world(),
    ) {
        for desk in live(&steps) {
            let mut world = world.clone();
            world.desk.record.merge(&desk.record);
            let (verdict, reasons) = (world.verdict(), world.reasons());
            prop_assert_eq!(verdict.as_ref().err(), reasons.first());
            prop_assert!(reasons.is_sorted());
            if verdict.is_ok() {
                prop_assert!(live_yes(&world.desk.record, world.channel));
                prop_assert!(world.desk.record.limit().is_none() && !world.erased);
                prop_assert_eq!(world.purpose, PromoPurpose::Offers);
                prop_assert_eq!(world.reading.first.unwrap().e164(), "+84912345678");
            }
        }
    }

    #[test]
    fn a_stop_that_arrives_closes_the_gate_and_nothing_but_a_new_yes_opens_it(
        steps in vec(any_step(), 0..20), hours in -12i64..36,
    ) {
        for channel in Channel::ALL {
            let mut world = World::good(channel);
            for desk in live(&steps) {
                world.desk.record.merge(&desk.record);
            }
            world.desk.withdraw(all());
            world.at(NINE + hours * HOUR);
            prop_assert!(world.verdict().is_err());
            prop_assert!(world.reasons().contains(&Refusal::Withdrawn));
        }
    }

    #[test]
    fn what_the_cap_lets_pass_never_makes_more_than_the_cap_in_any_24_hours(
        gaps in vec(0i64..20, 1..40), channel in prop::sample::select(&Channel::ALL[..]),
    ) {
        let mut world = World::good(channel);
        let cap = Rules::builtin().cap(channel);
        let (mut at, mut sent) = (NINE, Vec::new());
        for gap in gaps {
            at += gap * HOUR / 3;
            world.at(at);
            world.dnc = dnc::Status::Checked { as_of: day::date(at).unwrap(), listed: dnc::Listed::NONE };
            let free = world.desk.record.free_from_ms(channel, at, cap);
            if world.verdict().is_ok() {
                prop_assert_eq!(free, Some(at));
                world.reached(channel, &[at]);
                sent.push(at);
            }
        }
        for from in &sent {
            let day = *from..*from + 24 * HOUR;
            prop_assert!(sent.iter().filter(|at| day.contains(at)).count() <= cap);
        }
    }
}
