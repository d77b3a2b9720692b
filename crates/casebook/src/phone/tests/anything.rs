//! What must hold of any text at all.
use super::super::PhoneKind::{Hotline, Unreadable};
use super::super::*;
use jiff::civil::date;
use proptest::prelude::*;

/// Texts that look like what people type into a phone box.
fn phone_like() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9+ .()/-]{0,24}",
        "0[1-9][0-9]{7,10}",
        "(\\+|00)?84(\\(0\\)|0)?[1-9][0-9]{7,9}",
        "(\\+|00)[1-9][0-9]{5,16}",
        "1[89]00[0-9]{3,7}",
        "[0-9]{8,11}( ?[/;,-] ?[0-9]{8,11})?",
    ]
}

fn any_day() -> impl Strategy<Value = Option<Date>> {
    prop_oneof![
        Just(None),
        (2010i16..2030, 1i8..13, 1i8..28).prop_map(|(y, m, d)| Some(date(y, m, d))),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(raw: String, day in any_day()) {
        let reading = parse(&raw, day);
        let _ = mask(&raw);
        prop_assert_eq!(reading.kind == PhoneKind::None, raw.trim().is_empty());
    }

    #[test]
    fn a_displayed_number_reads_as_itself(raw in phone_like(), day in any_day()) {
        let reading = parse(&raw, day);
        for phone in [reading.first, reading.second].into_iter().flatten() {
            for text in [phone.display(), phone.e164()] {
                let again = parse(&text, None);
                prop_assert_eq!(again.first, Some(phone), "{} from {}", text, raw);
                prop_assert_eq!(again.second, None);
            }
            if phone.national().is_some() {
                prop_assert_eq!(parse(&phone.national_digits(), None).first, Some(phone));
            }
        }
    }

    #[test]
    fn warnings_stand_once_and_in_order(raw in phone_like(), day in any_day()) {
        let reading = parse(&raw, day);
        prop_assert!(reading.warnings.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(
            reading.first.is_none() && reading.kind != PhoneKind::None,
            reading.kind == Unreadable || reading.kind == Hotline && reading.first.is_none()
        );
    }

    #[test]
    fn the_quick_way_reads_as_the_long_one(raw in "0[0-9]{9}") {
        let long = words::read(&raw, false);
        prop_assert_eq!(parse(&raw, None) == long, true, "{}", raw);
    }

    #[test]
    fn separators_never_change_a_mobile(
        digits in "0(3[2-9]|7[06-9]|8[1-9]|9[0-46-8])[0-9]{7}",
        marks in proptest::collection::vec("[ .()-]|\u{a0}|\u{202c}", 9),
    ) {
        let mut spaced = String::new();
        for (digit, mark) in digits.chars().zip(marks.iter().map(String::as_str).chain([""])) {
            spaced.push(digit);
            spaced.push_str(mark);
        }
        prop_assert_eq!(parse(&spaced, None).first, parse(&digits, None).first, "{}", spaced);
    }

    #[test]
    fn a_mask_keeps_five_digits_at_most(raw: String) {
        let shown = mask(&raw).chars().filter(|c| words::digit(*c).is_some()).count();
        prop_assert!(shown <= 5);
    }
}
