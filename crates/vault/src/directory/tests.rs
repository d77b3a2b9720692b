//! The directory against a model that does everything the slow and obvious way.
use std::cmp::Reverse;
use std::collections::BTreeSet;

use casebook::lead::{LeadState, Source};
use ledger::id::RecordId;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

mod model;

use model::Model;

use super::*;
use crate::view::{Chip, ChipCounts, LeadQuery, LeadSort, Today};

const ME: &str = "Lan";
const NOW: Millis = 1_780_000_000_000;
const HOUR: Millis = 3_600_000;

const STATES: [LeadState; 7] = [
    LeadState::New,
    LeadState::Contacting,
    LeadState::Callback,
    LeadState::Booked,
    LeadState::Visited,
    LeadState::Declined,
    LeadState::WrongNumber,
];

#[derive(Debug, Clone)]
struct Lead {
    name: String,
    phone: Option<String>,
    question: String,
    order: Option<String>,
    branch: Option<String>,
    owner: Option<String>,
    state: LeadState,
    source: Source,
    received: Millis,
    next: Option<Millis>,
    suspect: bool,
    into: Option<u8>,
    own: u64,
}

fn id(n: u8) -> RecordId {
    // Spread, so that order of ids and order of numbers differ.
    RecordId::from_bytes([n.wrapping_mul(151); 16])
}

fn row(n: u8, lead: &Lead) -> Row<'_> {
    Row {
        id: id(n),
        row: i64::from(n) * 10,
        facts: Indexed {
            name: &lead.name,
            phone: lead.phone.as_deref(),
            second_phone: None,
            raw_phone: "gọi 12-34",
            question: &lead.question,
            order: lead.order.as_deref(),
            branch: lead.branch.as_deref(),
            owner: lead.owner.as_deref(),
            state: lead.state,
            source: lead.source,
            received_ms: lead.received,
            next_call_ms: lead.next,
            suspect: lead.suspect,
            merged_into: lead.into.map(id),
            own_seq: lead.own,
        },
    }
}

fn names() -> impl Strategy<Value = String> {
    let words = vec![
        "Nguyễn", "Trần", "Hưng", "Hùng", "Hung", "Văn", "Thị", "An", "Ân", "Đức", "hường", "Zoë",
        "李",
    ];
    vec(select(words), 0..4).prop_map(|words| words.join(" "))
}

fn questions() -> impl Strategy<Value = String> {
    let words = vec![
        "niềng", "răng", "rằng", "sứ", "hỏi", "giá", "ạ?", "Hưng", "implant", "đau", "\n", "\u{0}",
        "không", "an", "nguyên", "😀", "é",
    ];
    vec(select(words), 0..12).prop_map(|words| words.join(" "))
}

fn lead() -> impl Strategy<Value = Lead> {
    let text = (
        names(),
        of(select(vec!["+84912345678", "+84987654321", "+14155552671"])),
        questions(),
    );
    let who = (
        of(select(vec!["Q.1", "Q.7", "Đà Nẵng"])),
        of(select(vec![ME, "Mai"])),
        of(Just("DH-An")),
    );
    let work = (
        select(STATES.to_vec()),
        select(vec![Source::Web, Source::Zalo, Source::Other]),
    );
    let when = (
        0..6i64,
        of(-3..30i64),
        proptest::bool::weighted(0.2),
        of(0..24u8),
        0..4u64,
    );
    (text, who, work, when).prop_map(
        |((name, phone, question), (branch, owner, order), (state, source), when)| {
            let (received, next, suspect, into, own) = when;
            Lead {
                name,
                phone: phone.map(str::to_owned),
                question,
                order: order.map(str::to_owned),
                branch: branch.map(str::to_owned),
                owner: owner.map(str::to_owned),
                state,
                source,
                received: NOW - received * HOUR,
                next: next.map(|hours| NOW + hours * HOUR),
                suspect,
                into: into.filter(|into| *into < 12),
                own,
            }
        },
    )
}

#[derive(Debug, Clone)]
enum Step {
    Put(u8, Box<Lead>),
    Touch(u8, LeadState, Option<Millis>),
    Remove(u8),
    SortNames,
}

fn step(leads: u8) -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..leads, lead()).prop_map(|(n, lead)| Step::Put(n, Box::new(lead))),
        3 => (0..leads, select(STATES.to_vec()), of(Just(NOW + HOUR))).prop_map(|(n, s, at)| Step::Touch(n, s, at)),
        1 => (0..leads).prop_map(Step::Remove),
        1 => Just(Step::SortNames),
    ]
}

fn play(steps: &[Step]) -> (Directory, Model) {
    let (mut directory, mut model) = (Directory::new(), Model::default());
    for step in steps {
        match step {
            Step::Put(n, lead) => {
                model.0.insert(*n, (**lead).clone());
            }
            Step::Touch(n, state, next) => {
                let Some(lead) = model.0.get_mut(n) else {
                    continue;
                };
                (lead.state, lead.next) = (*state, *next);
            }
            Step::Remove(n) => {
                assert_eq!(directory.remove(id(*n)), model.0.remove(n).is_some());
                continue;
            }
            Step::SortNames => {
                directory.page(
                    &LeadQuery {
                        sort: LeadSort::Name,
                        ..LeadQuery::default()
                    },
                    Sight::of(ME),
                    NOW,
                );
                continue;
            }
        }
        let (Step::Put(n, _) | Step::Touch(n, ..)) = step else {
            continue;
        };
        directory.upsert(&row(*n, &model.0[n]));
    }
    (directory, model)
}

fn query() -> impl Strategy<Value = LeadQuery> {
    let chips = vec![
        Chip::All,
        Chip::New,
        Chip::Today,
        Chip::Overdue,
        Chip::Mine,
        Chip::Open,
        Chip::Suspect,
    ];
    let sorts = vec![
        LeadSort::Work,
        LeadSort::Newest,
        LeadSort::Name,
        LeadSort::NextCall,
    ];
    let branches = of(select(vec!["Q.1", "Q.7", "nowhere"]));
    (
        select(chips),
        vec(select(STATES.to_vec()), 0..3),
        branches,
        of(Just(Source::Web)),
        select(sorts),
        0..40u32,
        0..30u32,
    )
        .prop_map(
            |(chip, states, branch, source, sort, offset, limit)| LeadQuery {
                text: String::new(),
                chip,
                states,
                branch: branch.map(str::to_owned),
                source,
                sort,
                offset,
                limit,
            },
        )
}

fn words() -> impl Strategy<Value = String> {
    let words = vec![
        "hưng", "hung", "Hùng", "an", "ân", "n", "ngu", "guyen", "răng", "rang", "rằ", "niềng",
        "implant", "đ", "zoe", "李", "😀", "é", "dh-an", "nva", "nvh", "xyz", "à", "HỎI",
    ];
    vec(select(words), 1..4).prop_map(|words| words.join(" "))
}

fn ids(directory: &Directory, model: &Model, slots: &[Slot]) -> Vec<u8> {
    slots
        .iter()
        .map(|slot| model.number(directory.id_of(*slot)))
        .collect()
}

proptest! {

    #[test]
    fn every_page_is_what_sorting_and_filtering_everything_gives(
        steps in vec(step(200), 0..400),
        queries in vec(query(), 1..12),
    ) {
        let (mut directory, model) = play(&steps);
        prop_assert_eq!(directory.len(), model.0.len());
        for query in queries {
            let page = directory.page(&query, Sight::of(ME), NOW);
            let list = model.list(&query);
            let (from, take) = (query.offset as usize, query.limit as usize);
            let wanted: Vec<u8> = list.iter().copied().skip(from).take(take).collect();
            prop_assert_eq!(ids(&directory, &model, &page.slots), wanted, "{:?}", query);
            prop_assert_eq!(page.total as usize, list.len());
        }
        prop_assert_eq!(directory.counts(Sight::of(ME), NOW), model.counts());
        prop_assert_eq!(directory.today(Sight::of(ME), NOW - 2 * HOUR, NOW), model.today(NOW - 2 * HOUR));
    }

    #[test]
    fn whoever_sees_some_branches_sees_and_counts_these_and_what_has_none(
        steps in vec(step(200), 0..400),
        queries in vec(query(), 1..12),
        branches in vec(select(vec!["Q.1".to_owned(), "Q.7".into(), "nowhere".into()]), 1..3),
        text in words(),
    ) {
        let (mut directory, model) = play(&steps);
        let sight = Sight { me: ME, branches: &branches };
        let seen = |n: &u8| model.0[n].branch.as_ref().is_none_or(|b| branches.contains(b));
        for mut query in queries {
            (query.offset, query.limit) = (0, 200);
            let page = directory.page(&query, sight, NOW);
            let mut wanted = model.list(&query);
            wanted.retain(seen);
            prop_assert_eq!(page.total as usize, wanted.len());
            wanted.truncate(200);
            prop_assert_eq!(ids(&directory, &model, &page.slots), wanted, "{:?}", query);
            let mut among = model.pass(&query);
            among.retain(seen);
            query.text = text.clone();
            let page = directory.page(&query, sight, NOW);
            let wanted = model.find(&text, 50, &among);
            prop_assert_eq!((ids(&directory, &model, &page.slots), page.more), wanted, "{:?}", query);
        }
        let of = |chip| u32::try_from(model.chip(chip).iter().filter(|n| seen(n)).count()).unwrap();
        let counts = directory.counts(sight, NOW);
        prop_assert_eq!(counts, ChipCounts {
            all: of(Chip::All),
            new: of(Chip::New),
            today: of(Chip::Today),
            overdue: of(Chip::Overdue),
            mine: of(Chip::Mine),
            open: of(Chip::Open),
            suspect: of(Chip::Suspect),
        });
        let since = NOW - 2 * HOUR;
        let arrived: Vec<Millis> = model.chip(Chip::New).iter().filter(|n| seen(n)).map(|n| model.0[n].received).collect();
        prop_assert_eq!(directory.today(sight, since, NOW), Today {
            new: u32::try_from(arrived.iter().filter(|at| **at >= since).count()).unwrap(),
            due_today: counts.today - counts.overdue,
            overdue: counts.overdue,
            oldest_uncalled_at: arrived.into_iter().min(),
        });
    }

    #[test]
    fn search_finds_what_reading_everything_finds_in_the_same_order(
        steps in vec(step(200), 0..400),
        texts in vec(words(), 1..12),
        query in query(),
        limit in 1..60usize,
    ) {
        let (mut directory, model) = play(&steps);
        for text in texts {
            let hits = directory.find(&text, limit);
            let wanted = model.find(&text, limit, &model.shown());
            prop_assert_eq!((ids(&directory, &model, &hits.slots), hits.more), wanted, "{}", text);
            let query = LeadQuery { text, offset: 0, limit: 200, ..query.clone() };
            let page = directory.page(&query, Sight::of(ME), NOW);
            let wanted = model.find(&query.text, 50, &model.pass(&query));
            prop_assert_eq!((ids(&directory, &model, &page.slots), page.more), wanted, "{:?}", query);
        }
    }

    #[test]
    fn numbers_and_merges_know_their_relatives(steps in vec(step(24), 0..120)) {
        let (directory, model) = play(&steps);
        for (n, lead) in &model.0 {
            let slot = directory.slot(id(*n)).unwrap();
            prop_assert_eq!(directory.row_of(slot), i64::from(*n) * 10);
            let mut same: Vec<u8> = model.shown();
            same.retain(|o| o != n && lead.phone.is_some() && model.0[o].phone == lead.phone);
            same.sort_by_key(|n| Reverse(model.age(*n)));
            prop_assert_eq!(directory.sibling_count(slot) as usize, same.len());
            prop_assert_eq!(ids(&directory, &model, &directory.siblings(slot)), same);
            let mut merged: Vec<u8> = model.0.keys().copied().filter(|o| o != n && model.root(*o) == *n).collect();
            merged.sort_by_key(|n| Reverse(model.age(*n)));
            prop_assert_eq!(ids(&directory, &model, &directory.merged(slot)), merged);
            prop_assert_eq!(directory.own_seq(slot), lead.own);
        }
        let unsent: BTreeSet<u8> = ids(&directory, &model, &directory.own_after(1)).into_iter().collect();
        prop_assert_eq!(unsent, model.0.iter().filter(|(_, l)| l.own > 1).map(|(n, _)| *n).collect::<BTreeSet<_>>());
        let branches: BTreeSet<&str> = model.shown().iter().filter_map(|n| model.0[n].branch.as_deref()).collect();
        let listed = directory.branches();
        prop_assert_eq!(listed.iter().map(String::as_str).collect::<BTreeSet<_>>(), branches);
    }
}

fn simple(n: u8, name: &str, phone: &str) -> (u8, Lead) {
    let lead = Lead {
        name: name.to_owned(),
        phone: Some(phone.to_owned()),
        question: String::new(),
        order: None,
        branch: None,
        owner: None,
        state: LeadState::New,
        source: Source::Web,
        received: NOW + i64::from(n),
        next: None,
        suspect: false,
        into: None,
        own: 0,
    };
    (n, lead)
}

fn directory(leads: &[(u8, Lead)]) -> Directory {
    let mut directory = Directory::new();
    for (n, lead) in leads {
        directory.upsert(&row(*n, lead));
    }
    directory
}

#[test]
fn a_number_is_found_by_any_piece_of_it_in_any_writing() {
    let directory = directory(&[
        simple(1, "An", "+84912345678"),
        simple(2, "Bình", "+84987345111"),
    ]);
    let found = |text: &str| -> Vec<RecordId> {
        directory
            .find(text, 50)
            .slots
            .iter()
            .map(|slot| directory.id_of(*slot))
            .collect()
    };
    for text in [
        "0912 345",
        "0912.345.678",
        "+84912",
        "+84 912 345 678",
        "84912345",
        "0084912",
        "5678",
        "912345678",
    ] {
        assert_eq!(found(text), [id(1)], "{text}");
    }
    assert_eq!(found("345"), [id(2), id(1)]);
    assert_eq!(found("an 345"), [id(1)]);
    assert_eq!(found("0912 999"), []);
}

#[test]
fn an_unreadable_number_is_found_by_the_digits_typed() {
    let (n, mut lead) = simple(1, "An", "+84912345678");
    lead.phone = None;
    assert_eq!(directory(&[(n, lead)]).find("1234", 50).slots.len(), 1);
}

#[test]
fn a_name_that_stops_being_hidden_is_found_again() {
    let (first, second) = (
        simple(1, "Hường", "+84912345678"),
        simple(2, "Hương", "+84912345678"),
    );
    let mut directory = directory(&[first, second.clone()]);
    let (n, mut merged) = second;
    merged.into = Some(1);
    directory.upsert(&row(n, &merged));
    assert_eq!(directory.find("huong", 50).slots.len(), 1);
    assert_eq!(directory.same_number("+84912345678").len(), 1);
    assert!(directory.remove(id(1)));
    assert_eq!(
        directory.find("hương", 50).slots,
        [directory.slot(id(2)).unwrap()]
    );
    assert_eq!(directory.same_number("+84912345678").len(), 1);
}
