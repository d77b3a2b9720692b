//! Every row of the rules about numbers, as a table.
mod anything;

use super::PhoneKind::{Foreign, Hotline, Landline, Mobile, Unreadable};
use super::PhoneWarning::{
    ExcelZeroRestored, MaybeOldLandline, NotAPerson, OldPrefixConverted, PrecisionLost, TooLong,
    TooShort, TwoNumbers, UnknownPrefix,
};
use super::*;
use jiff::civil::date;

fn e164(phone: Option<Phone>) -> String {
    phone.map_or(String::new(), |phone| phone.e164())
}

/// Raw text; number, kind and warnings expected of it today.
type Row = (
    &'static str,
    &'static str,
    PhoneKind,
    &'static [PhoneWarning],
);

fn check(rows: &[Row]) {
    for (raw, number, kind, warnings) in rows {
        let reading = parse(raw, None);
        assert_eq!(e164(reading.first), *number, "number of {raw:?}");
        assert_eq!(reading.kind, *kind, "kind of {raw:?}");
        assert_eq!(reading.warnings, *warnings, "warnings of {raw:?}");
    }
}

#[test]
fn every_way_to_write_a_mobile_is_the_same_number() {
    for raw in [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "(0912) 345 678",
        "0912\u{a0}345\u{a0}678",
        "'0912345678",
        "+84912345678",
        "+84 912 345 678",
        "+84(0)912345678",
        "+84 (0) 912 345 678",
        "0084912345678",
        "0084 912 345 678",
        "84912345678",
        "84 0912 345 678",
        "ĐT: 0912345678",
        "ĐT 0912 345 678",
        "Zalo 0912345678",
        "zalo:0912345678",
        "SĐT1: 0912345678",
        "0912345678 (mẹ)",
        "Chị Lan 0912.345.678 gặp sau 17h",
        "０９１２３４５６７８",
        "＋８４９１２３４５６７８",
        "٠٩١٢٣٤٥٦٧٨",
        "۰۹۱۲۳۴۵۶۷۸",
        "\u{202a}+84 912 345 678\u{202c}",
        "\u{200b}0912345678\u{feff}",
        "0912345678.0",
        "+0912345678",
        "0912–345–678",
        "  0912345678\n",
        "0912/345/678",
        "0912,345,678",
        "0912 - 345 - 678",
    ] {
        let reading = parse(raw, None);
        assert_eq!(e164(reading.first), "+84912345678", "{raw:?}");
        assert_eq!(reading.kind, Mobile, "{raw:?}");
        assert_eq!(reading.warnings, [], "{raw:?}");
        assert!(reading.second.is_none(), "{raw:?}");
    }
}

#[test]
fn every_row_of_the_change_of_2018_is_converted() {
    let rows = [
        ("0162", "032"),
        ("0163", "033"),
        ("0164", "034"),
        ("0165", "035"),
        ("0166", "036"),
        ("0167", "037"),
        ("0168", "038"),
        ("0169", "039"),
        ("0120", "070"),
        ("0121", "079"),
        ("0122", "077"),
        ("0126", "076"),
        ("0128", "078"),
        ("0123", "083"),
        ("0124", "084"),
        ("0125", "085"),
        ("0127", "081"),
        ("0129", "082"),
        ("0186", "056"),
        ("0188", "058"),
        ("0199", "059"),
    ];
    assert_eq!(rows.len(), table::MOVED.len());
    for (old, new) in rows {
        let expected = format!("+84{}1234567", &new[1..]);
        let with_zero = format!("{old}1234567");
        for (raw, warnings) in [
            (with_zero.clone(), vec![OldPrefixConverted]),
            (format!("+84 {}", &with_zero[1..]), vec![OldPrefixConverted]),
            (format!("84{}", &with_zero[1..]), vec![OldPrefixConverted]),
            (
                with_zero[1..].to_owned(),
                vec![ExcelZeroRestored, OldPrefixConverted],
            ),
        ] {
            let reading = parse(&raw, None);
            assert_eq!(e164(reading.first), expected, "{raw}");
            assert_eq!(reading.kind, Mobile, "{raw}");
            assert_eq!(reading.warnings, warnings, "{raw}");
        }
    }
}

#[test]
fn no_number_is_converted_that_was_not_moved() {
    for prefix in [
        "0161", "0160", "0180", "0187", "0189", "0198", "0110", "0150",
    ] {
        let reading = parse(&format!("{prefix}1234567"), None);
        assert_eq!(reading.first, None, "{prefix}");
        assert_eq!(reading.kind, Unreadable, "{prefix}");
    }
}

#[test]
fn prefixes_of_today_are_known_and_others_only_warn() {
    let known = [
        "086", "096", "097", "098", "032", "033", "034", "035", "036", "037", "038", "039", "088",
        "091", "094", "081", "082", "083", "084", "085", "0896", "0897", "0898", "0899", "090",
        "093", "070", "076", "077", "078", "079", "092", "056", "058", "0522", "0523", "0528",
        "0993", "0994", "0995", "0996", "0997", "059", "087", "0559",
    ];
    for prefix in known {
        let raw = format!("{prefix:1<10}");
        let reading = parse(&raw, None);
        assert_eq!(reading.kind, Mobile, "{raw}");
        assert_eq!(reading.warnings, [], "{raw}");
    }
    for prefix in ["095", "0990", "0891", "051", "0529", "071", "080"] {
        let raw = format!("{prefix:1<10}");
        let reading = parse(&raw, None);
        assert_eq!(e164(reading.first), format!("+84{}", &raw[1..]), "{raw}");
        assert_eq!(reading.kind, Mobile, "{raw}");
        assert!(reading.warnings.contains(&UnknownPrefix), "{raw}");
    }
}

#[test]
fn every_area_of_today_is_a_landline() {
    let areas = [
        "24", "28", "225", "236", "292", "203", "204", "205", "206", "207", "208", "209", "210",
        "211", "218", "219", "212", "213", "214", "215", "216", "220", "221", "222", "226", "227",
        "228", "229", "232", "233", "234", "235", "237", "238", "239", "251", "252", "254", "255",
        "256", "257", "258", "259", "260", "261", "262", "263", "269", "270", "271", "272", "273",
        "274", "275", "276", "277", "290", "291", "293", "294", "296", "297", "299",
    ];
    assert_eq!(areas.len(), table::AREAS.len());
    for area in areas {
        let raw = format!("0{area:3<10}");
        let reading = parse(&raw, None);
        assert_eq!(e164(reading.first), format!("+84{}", &raw[1..]), "{raw}");
        assert_eq!(reading.kind, Landline, "{raw}");
        assert_eq!(reading.warnings, [], "{raw}");
        let eaten = parse(&raw[1..], None);
        assert_eq!(eaten.first, reading.first, "{raw} without its zero");
        assert_eq!(
            eaten.warnings,
            [ExcelZeroRestored],
            "{raw} without its zero"
        );
    }
}

const OLD_LANDLINES: &[Row] = &[
    (
        "04 3825 1234",
        "+842438251234",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "+84 4 3825 1234",
        "+842438251234",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "061 3822 123",
        "+842513822123",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "0650 3822 123",
        "+842743822123",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "0710 3822 123",
        "+842923822123",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "0240 3822 123",
        "+842043822123",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    (
        "0281 3822 123",
        "+842093822123",
        Landline,
        &[MaybeOldLandline, OldPrefixConverted],
    ),
    // Known from memory only, or like a mobile with one digit too many: a hint.
    (
        "0511 3822 123",
        "",
        Unreadable,
        &[MaybeOldLandline, TooLong],
    ),
    (
        "0320 3822 123",
        "",
        Unreadable,
        &[MaybeOldLandline, TooLong],
    ),
    (
        "0780 3822 123",
        "",
        Unreadable,
        &[MaybeOldLandline, TooLong],
    ),
    (
        "0230 3822 123",
        "+842303822123",
        Landline,
        &[MaybeOldLandline, UnknownPrefix],
    ),
    // Today's landlines with a digit missing look like these.
    (
        "025 3822 123",
        "",
        Unreadable,
        &[MaybeOldLandline, TooShort],
    ),
    ("024 3825 123", "", Unreadable, &[TooShort]),
    // Not a mobile's prefix today, but near enough to one.
    (
        "054 3822 123",
        "+84543822123",
        Mobile,
        &[MaybeOldLandline, UnknownPrefix],
    ),
    (
        "072 3822 123",
        "+84723822123",
        Mobile,
        &[MaybeOldLandline, UnknownPrefix],
    ),
    (
        "031 3822 123",
        "+84313822123",
        Mobile,
        &[MaybeOldLandline, UnknownPrefix],
    ),
];

#[test]
fn an_old_landline_is_converted_only_where_it_can_be_nothing_else() {
    check(OLD_LANDLINES);
}

#[test]
fn before_the_change_a_mobile_look_alike_may_be_a_landline() {
    let ambiguous = [
        "0838123456",
        "0333822123",
        "0363822123",
        "0373822123",
        "0383822123",
        "0393822123",
        "0523822123",
        "0563822123",
        "0583822123",
        "0593822123",
        "0703822123",
        "0763822123",
        "0773822123",
        "0793822123",
        "0303822123",
        "0313822123",
    ];
    for raw in ambiguous {
        let old = parse(raw, Some(date(2018, 9, 14)));
        assert!(old.warnings.contains(&MaybeOldLandline), "{raw} in 2018");
        assert_eq!(
            e164(old.first),
            format!("+84{}", &raw[1..]),
            "{raw} is not converted"
        );
    }
    for raw in &ambiguous[..6] {
        for day in [Some(date(2018, 9, 15)), Some(date(2026, 11, 23)), None] {
            assert_eq!(parse(raw, day).warnings, [], "{raw} on {day:?}");
        }
    }
    for raw in ["0912345678", "0988123456", "0896123456"] {
        assert_eq!(parse(raw, Some(date(2015, 1, 1))).warnings, [], "{raw}");
    }
    let converted = parse("01681234567", Some(date(2015, 1, 1)));
    assert_eq!(e164(converted.first), "+84381234567");
    assert_eq!(converted.warnings, [OldPrefixConverted]);
}

#[test]
fn a_zero_that_a_spreadsheet_ate_is_put_back() {
    check(&[
        ("912345678", "+84912345678", Mobile, &[ExcelZeroRestored]),
        ("381234567", "+84381234567", Mobile, &[ExcelZeroRestored]),
        ("841234567", "+84841234567", Mobile, &[ExcelZeroRestored]),
        ("912345678.0", "+84912345678", Mobile, &[ExcelZeroRestored]),
        (
            "1681234567",
            "+84381234567",
            Mobile,
            &[ExcelZeroRestored, OldPrefixConverted],
        ),
        (
            "2438251234",
            "+842438251234",
            Landline,
            &[ExcelZeroRestored],
        ),
        ("412345678", "", Unreadable, &[TooShort]),
        ("9.12E+08", "", Unreadable, &[PrecisionLost]),
        ("9,12E+08", "", Unreadable, &[PrecisionLost]),
        ("9.12345678E+08", "", Unreadable, &[PrecisionLost]),
        ("8.491E10", "", Unreadable, &[PrecisionLost]),
    ]);
}

#[test]
fn hotlines_and_service_numbers_are_nobodys_own() {
    check(&[
        ("1900 1234", "+8419001234", Hotline, &[NotAPerson]),
        ("19001234", "+8419001234", Hotline, &[NotAPerson]),
        ("1900 12345", "+84190012345", Hotline, &[NotAPerson]),
        ("1800 123 456", "+841800123456", Hotline, &[NotAPerson]),
        ("1900123456", "+841900123456", Hotline, &[NotAPerson]),
        ("+84 1900 1234", "+8419001234", Hotline, &[NotAPerson]),
        ("113", "", Hotline, &[NotAPerson]),
        ("114", "", Hotline, &[NotAPerson]),
        ("115", "", Hotline, &[NotAPerson]),
        ("069 696 969", "+8469696969", Hotline, &[NotAPerson]),
        ("0692 345 678", "+84692345678", Hotline, &[NotAPerson]),
        ("0672 123 456", "+84672123456", Hotline, &[NotAPerson]),
        ("01900 1234", "+8419001234", Hotline, &[NotAPerson]),
        ("+84 (0) 1900 1234", "+8419001234", Hotline, &[NotAPerson]),
        ("1900 123", "", Unreadable, &[TooShort]),
    ]);
}

#[test]
fn numbers_abroad_are_kept_with_their_country() {
    check(&[
        ("+1 415 555 2671", "+14155552671", Foreign, &[]),
        ("001 415 555 2671", "+14155552671", Foreign, &[]),
        ("+61 412 345 678", "+61412345678", Foreign, &[]),
        ("+855 12 345 678", "+85512345678", Foreign, &[]),
        ("+82-10-1234-5678", "+821012345678", Foreign, &[]),
        ("+1234567", "+1234567", Foreign, &[]),
        ("+123456789012345", "+123456789012345", Foreign, &[]),
        ("+123456", "", Unreadable, &[TooShort]),
        ("+1234567890123456", "", Unreadable, &[TooLong]),
        ("+84 123", "", Unreadable, &[TooShort]),
        ("+", "", Unreadable, &[TooShort]),
    ]);
}

#[test]
fn digits_too_few_or_too_many_are_said_and_not_guessed() {
    check(&[
        ("091234567", "", Unreadable, &[TooShort]),
        ("09123456789", "", Unreadable, &[TooLong]),
        ("12345", "", Unreadable, &[TooShort]),
        ("không có", "", Unreadable, &[TooShort]),
        ("09123456780912345678123", "", Unreadable, &[TooLong]),
        ("", "", PhoneKind::None, &[]),
        (" \u{a0}\n", "", PhoneKind::None, &[]),
        ("024 3825 12345", "", Unreadable, &[TooLong]),
        (
            "0400000000",
            "",
            Unreadable,
            &[MaybeOldLandline, UnknownPrefix],
        ),
        ("0651234567", "", Unreadable, &[UnknownPrefix]),
        ("0162345678", "", Unreadable, &[TooShort]),
    ]);
}

#[test]
fn two_numbers_in_one_cell_are_both_read() {
    for raw in [
        "0912345678/0987654321",
        "0912345678 ; 0987654321",
        "0912345678, 0987654321",
        "0912 345 678 - 0987 654 321",
        "0912345678 hoặc 0987654321",
        "0912345678 HOẶC 0987654321",
        "0912345678\n0987654321",
        "0912345678\t0987654321",
        "0912345678 0987654321",
        "0912 345 678 0987 654 321",
        "0912345678 | +84 987 654 321",
        "+84912345678 +84987654321",
        "ĐT 0912345678 Zalo 0987654321",
        "ĐT1: 0912345678; ĐT2: 0987654321",
        "912345678 & 987654321",
    ] {
        let reading = parse(raw, None);
        assert_eq!(e164(reading.first), "+84912345678", "{raw:?}");
        assert_eq!(e164(reading.second), "+84987654321", "{raw:?}");
        assert!(reading.warnings.contains(&TwoNumbers), "{raw:?}");
    }
}

#[test]
fn two_numbers_with_only_a_dash_or_dots_between_them_are_both_read() {
    for raw in [
        "0912345678-0987654321",
        "0912.345.678.0987.654.321",
        "+84912345678–0987654321",
    ] {
        let reading = parse(raw, None);
        assert_eq!(e164(reading.first), "+84912345678", "{raw:?}");
        assert_eq!(e164(reading.second), "+84987654321", "{raw:?}");
        assert!(reading.warnings.contains(&TwoNumbers), "{raw:?}");
    }
}

#[test]
fn a_few_digits_beside_a_number_do_not_hide_it_and_are_mentioned() {
    check(&[
        ("0912345678 (2)", "+84912345678", Mobile, &[TwoNumbers]),
        ("1. 0912345678", "+84912345678", Mobile, &[TwoNumbers]),
        ("02438251234 101", "+842438251234", Landline, &[TwoNumbers]),
        (
            "024 3825 1234-101",
            "+842438251234",
            Landline,
            &[TwoNumbers],
        ),
        ("0912345678 12345", "", Unreadable, &[TooLong]),
    ]);
}

#[test]
fn a_zero_too_many_makes_no_number_abroad_of_a_mobile() {
    check(&[
        ("00912345678", "+84912345678", Mobile, &[TooLong]),
        ("00 912 345 678", "+84912345678", Mobile, &[TooLong]),
        ("0084912345678", "+84912345678", Mobile, &[]),
        ("0033123456789", "+33123456789", Foreign, &[]),
        ("0061412345678", "+61412345678", Foreign, &[]),
    ]);
}

#[test]
fn of_two_numbers_the_one_that_reaches_a_person_comes_first() {
    let reading = parse("1900 1234 / 0912345678", None);
    assert_eq!(e164(reading.first), "+84912345678");
    assert_eq!(e164(reading.second), "+8419001234");
    assert_eq!(reading.kind, Mobile);
    let reading = parse("không số / 0912345678", None);
    assert_eq!(e164(reading.first), "+84912345678");
    assert_eq!(reading.warnings, []);
}

#[test]
fn a_second_number_that_cannot_be_read_is_still_mentioned() {
    for raw in [
        "0912345678/79",
        "0912345678; 098765432",
        "0912345678, 3825 123",
    ] {
        let reading = parse(raw, None);
        assert_eq!(e164(reading.first), "+84912345678", "{raw}");
        assert_eq!(reading.second, None, "{raw}");
        assert_eq!(reading.warnings, [TwoNumbers], "{raw}");
    }
    let twice = parse("0912345678 / 0912 345 678", None);
    assert_eq!((twice.second, twice.warnings), (None, vec![]));
}

#[test]
fn numbers_are_shown_in_groups_and_masked_to_their_edges() {
    let rows = [
        ("0912345678", "0912 345 678", "09•• ••• 678", "0912345678"),
        (
            "02438251234",
            "024 3825 1234",
            "02• •••• •234",
            "02438251234",
        ),
        (
            "02253123456",
            "0225 312 3456",
            "02•• ••• •456",
            "02253123456",
        ),
        ("19001234", "1900 1234", "19•• •234", "19001234"),
        ("1800123456", "1800 123 456", "18•• ••• 456", "1800123456"),
        (
            "+14155552671",
            "+1 415 555 2671",
            "+1 4•• ••• •671",
            "14155552671",
        ),
        (
            "+85512345678",
            "+855 123 456 78",
            "+85• ••• ••6 78",
            "85512345678",
        ),
    ];
    for (raw, display, masked, national) in rows {
        let Some(phone) = parse(raw, None).first else {
            panic!("{raw} is a number");
        };
        assert_eq!(phone.display(), display);
        assert_eq!(phone.masked(), masked);
        assert_eq!(phone.national_digits(), national);
        assert_eq!(phone.is_mobile(), raw == "0912345678");
    }
}

#[test]
fn a_mask_never_shows_the_whole_of_a_short_or_unreadable_number() {
    assert_eq!(mask("12345"), "•••••");
    assert_eq!(mask("123456"), "••••••");
    assert_eq!(mask("1234567"), "12••567");
    assert_eq!(mask("chị Lan 091234567"), "••• ••• 09••••567");
    assert_eq!(mask(&"9".repeat(100)).chars().count(), 40);
    assert_eq!(mask("٠٩١٢٣٤٥٦٧٨"), "٠٩•••••٦٧٨");
}

#[test]
fn a_number_is_kept_out_of_debug_output() {
    let reading = parse("0912345678", None);
    assert_eq!(
        format!("{reading:?} {:?}", reading.first),
        "Reading(..) Some(Phone(..))"
    );
}
