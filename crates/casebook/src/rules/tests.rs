//! The file that is compiled in, and files that must be refused.
use super::*;
use jiff::civil::date;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The file as it was reviewed. Whoever changes a rule changes this line with it, knowingly.
const REVIEWED: &str = "f3beb25ce4cb03e1db6aae3bebe2789fec343f48cc5b8b3690150286efd33555";

fn rules() -> &'static Rules {
    Rules::builtin()
}

fn with(from: &str, to: &str) -> Result<Rules, RulesError> {
    assert!(BUILTIN.contains(from), "{from}");
    Rules::read(BUILTIN.replacen(from, to, 1).as_bytes())
}

#[test]
fn the_compiled_in_file_is_the_reviewed_one_and_is_read_whole() {
    let hash = Sha256::digest(BUILTIN.as_bytes());
    let hash = hash.iter().fold(String::new(), |mut text, byte| {
        use core::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    });
    assert_eq!(hash, REVIEWED);
    let read = Rules::read(BUILTIN.as_bytes()).unwrap();
    assert_eq!(&read, rules());
    assert_eq!(
        (read.version(), read.as_of()),
        ("2026-11", Some(date(2026, 11, 25)))
    );
}

#[test]
fn every_number_that_the_gate_asks_for_is_the_laws() {
    let table = [
        (Number::SmsPerDay, 3),
        (Number::EmailsPerDay, 3),
        (Number::CallsPerDay, 1),
        (Number::BrandnameYears, 3),
        (Number::BrandnameCharacters, 11),
        (Number::SmsPart1, 122),
        (Number::SmsPart2, 268),
        (Number::SmsPart3, 421),
        (Number::RightsFirstReply, 2),
        (Number::WithdrawAlone, 15),
        (Number::WithdrawWithOthers, 20),
        (Number::AccessAlone, 10),
        (Number::ErasureAlone, 20),
        (Number::ErasureWithOthers, 30),
        (Number::ComplaintReceived, 3),
        (Number::ComplaintNegotiation, 7),
        (Number::ComplaintReport, 5),
        (Number::BreachConsumerHours, 24),
        (Number::BreachDataHours, 72),
    ];
    for (key, value) in table {
        assert_eq!(rules().number(key), value, "{key:?}");
    }
    assert_eq!(
        rules().hours_of(Channel::Sms),
        Span {
            from: 420,
            to: 1320
        }
    );
    assert_eq!(
        rules().hours_of(Channel::Call),
        Span {
            from: 480,
            to: 1020
        }
    );
    assert_eq!(rules().words(Words::SmsLabels), ["[QC]", "[AD]"]);
    assert_eq!(rules().words(Words::OptInLabels), ["DKQC"]);
}

#[test]
fn every_line_of_the_screen_names_its_article_and_what_is_ours_is_never_called_verified() {
    let lines = rules().lines();
    assert_eq!(lines.len(), 3 + Number::LotExpiryDays as usize + 1 + 8);
    for line in &lines {
        let ours = line.source.article.starts_with("Mặc định");
        assert!(!ours || line.source.mark == Mark::U, "{:?}", line.rule);
    }
}

#[test]
fn deadlines_agree_with_the_worked_table() {
    let d = |month, day| date(2026, month, day);
    let table = [
        (
            d(11, 20),
            [d(11, 25), d(11, 26), d(12, 2)],
            [d(11, 30), d(12, 7), d(12, 10), d(12, 21)],
        ),
        (
            d(11, 21),
            [d(11, 25), d(11, 26), d(12, 2)],
            [d(12, 1), d(12, 7), d(12, 11), d(12, 21)],
        ),
        (
            d(11, 22),
            [d(11, 25), d(11, 26), d(12, 2)],
            [d(12, 2), d(12, 7), d(12, 14), d(12, 22)],
        ),
        (
            d(11, 23),
            [d(11, 26), d(11, 27), d(12, 3)],
            [d(12, 3), d(12, 8), d(12, 14), d(12, 23)],
        ),
    ];
    for (from, working, calendar) in table {
        for (days, end) in [2, 3, 7].into_iter().zip(working) {
            assert_eq!(
                rules().add_working_days(from, days),
                Some(end),
                "{from} + {days} wd"
            );
        }
        for (days, end) in [10, 15, 20, 30].into_iter().zip(calendar) {
            assert_eq!(rules().add_days(from, days), Some(end), "{from} + {days}");
        }
    }
}

#[test]
fn holidays_are_no_working_days_and_a_guess_is_marked_as_one() {
    for (year, month, day) in [
        (2026, 11, 24),
        (2026, 2, 16),
        (2026, 4, 27),
        (2027, 2, 8),
        (2028, 1, 31),
    ] {
        assert!(
            !rules().is_working_day(date(year, month, day)),
            "{year}-{month}-{day}"
        );
    }
    assert!(rules().is_working_day(date(2026, 11, 25)));
    let tet = rules()
        .holidays()
        .filter(|day| day.date.year() > 2026 && day.name.contains("âm lịch"));
    assert!(tet.count() > 12);
    assert!(
        rules()
            .holidays()
            .filter(|day| day.name.contains("âm lịch"))
            .all(|day| day.mark == Mark::U)
    );
}

#[test]
fn hours_end_where_they_end() {
    let nine = 1_795_366_800_000 + 9 * 60 * MINUTE_MS;
    let hour = 60 * MINUTE_MS;
    let calls = rules().hours_of(Channel::Call);
    assert!(calls.holds(nine - hour) && !calls.holds(nine - hour - 1));
    assert!(calls.holds(nine + 8 * hour - 1) && !calls.holds(nine + 8 * hour));
    assert!(calls.holds_all(nine, nine + 8 * hour) && !calls.holds_all(nine, nine + 8 * hour + 1));
    assert!(!calls.holds_all(nine, nine + 24 * hour) && !calls.holds_all(nine, nine - 1));
    assert_eq!(calls.next_ms(nine), Some(nine));
    assert_eq!(calls.next_ms(nine - 3 * hour), Some(nine - hour));
    assert_eq!(calls.next_ms(nine + 8 * hour), Some(nine + 23 * hour));
    let mail = rules().hours_of(Channel::Email);
    assert!(mail.holds_all(nine, nine + 48 * hour));
}

#[test]
fn a_file_that_is_not_wholly_understood_is_refused_whole() {
    let table = [
        (with("smsPerDay", "smsPerWeek"), "malformed"),
        (with("\"value\": 3,", "\"value\": -3,"), "malformed"),
        (
            with("\"value\": 3,", "\"value\": 3, \"extra\": 1,"),
            "malformed",
        ),
        (with("\"format\": 1", "\"format\": 2"), "newer"),
        (with("smsPerDay", "emailsPerDay"), "twice"),
        (
            with("2026-01-01\", \"name", "2026-02-16\", \"name"),
            "twice",
        ),
        (with("\"value\": 3,", "\"value\": 0,"), "senseless"),
        (with("22:00", "25:00"), "senseless"),
        (with("22:00", "06:00"), "senseless"),
        (with("\"monday\"", "\"moonday\""), "senseless"),
        (with("2026-11-24", "2026-11-31"), "senseless"),
        (with("[\"5656\"]", "[]"), "senseless"),
        (with("\"value\": 122", "\"value\": 922"), "senseless"),
    ];
    for (read, why) in table {
        let is = match read {
            Err(RulesError::Malformed { line }) if line > 0 => "malformed",
            Err(RulesError::Newer) => "newer",
            Err(RulesError::Twice) => "twice",
            Err(RulesError::Senseless) => "senseless",
            Err(RulesError::Incomplete) => "incomplete",
            _ => "taken",
        };
        assert_eq!(is, why);
    }
    let from = BUILTIN.find("    {\"key\": \"smsPerDay\"").unwrap();
    let to = from + BUILTIN[from..].find('\n').unwrap() + 1;
    let lacking = [&BUILTIN[..from], &BUILTIN[to..]].concat();
    assert_eq!(Rules::read(lacking.as_bytes()), Err(RulesError::Incomplete));
    assert!(Rules::read(&vec![b' '; (1 << 20) + 1]).is_err());
}

#[test]
fn without_rules_nothing_is_allowed() {
    let none = Rules::default();
    for channel in [Channel::Call, Channel::Sms, Channel::Zalo] {
        assert_eq!(none.hours_of(channel).next_ms(0), None);
    }
    for channel in Channel::ALL {
        assert_eq!(none.cap(channel), 0);
    }
    assert_eq!(none.add_days(date(2026, 1, 1), 1), None);
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
        let _ = Rules::read(&bytes);
        let mut changed = BUILTIN.as_bytes().to_vec();
        let at = at.index(changed.len());
        changed[at] = byte;
        let _ = Rules::read(&changed);
    }
}
