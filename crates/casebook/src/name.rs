//! A person's name: one field, ordered the way Vietnamese lists are, by given name.
use core::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;

use crate::lead::Limits;
use crate::text;

/// A full name as written: family name, middle names, given name, or any other shape.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Name(String);

crate::redact::redact!(Name);

impl Name {
    /// Cleans what was typed: NFC, single spaces, no control or direction characters, at most
    /// 200 characters. Nothing is refused and no letter's case is touched.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        Self(text::one_line(raw, Limits::NAME))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// What people call this person: the last word.
    #[must_use]
    pub fn given(&self) -> &str {
        split(&self.0)[0]
    }
}

/// Order of a name list: by given name, then middle names, then family name, each by the
/// Vietnamese alphabet (ă â đ ê ô ơ ư are letters, tones come second in the order ngang huyền hỏi
/// ngã sắc nặng).
///
/// No name comes before every name.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    split(a)
        .iter()
        .zip(split(b))
        .map(|(a, b)| collate(a, b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Bytes that sort as [`compare`] does; for one sorting within one version of the program, never
/// to be stored.
#[must_use]
pub fn sort_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() * 3);
    for part in split(name) {
        append_key(part, &mut key);
        // Collation keys hold no zero, so a zero keeps the order of the parts.
        key.push(0);
    }
    key
}

/// Given name, middle names, family name; missing ones are empty.
fn split(name: &str) -> [&str; 3] {
    let (rest, given) = name.trim().rsplit_once(' ').unwrap_or(("", name.trim()));
    let (family, middle) = rest.split_once(' ').unwrap_or((rest, ""));
    [given, middle, family]
}

/// `None` only if the Vietnamese data were missing from the program; then the order is plain.
static VIETNAMESE: LazyLock<Option<CollatorBorrowed<'static>>> =
    LazyLock::new(|| Collator::try_new(locale!("vi").into(), CollatorOptions::default()).ok());

fn collate(a: &str, b: &str) -> Ordering {
    match &*VIETNAMESE {
        Some(collator) => collator.compare(a, b),
        None => a.cmp(b),
    }
}

fn append_key(part: &str, key: &mut Vec<u8>) {
    match &*VIETNAMESE {
        // A vector takes every byte.
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(part, key);
        }
        None => key.extend_from_slice(part.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_ordered(names: &[&str]) {
        for (place, a) in names.iter().enumerate() {
            for b in names.iter().skip(place + 1) {
                assert_eq!(compare(a, b), Ordering::Less, "{a} before {b}");
                assert_eq!(compare(b, a), Ordering::Greater, "{b} after {a}");
                assert!(sort_key(a) < sort_key(b), "key of {a} before key of {b}");
            }
        }
    }

    #[test]
    fn a_list_goes_by_given_name_then_middle_then_family() {
        assert_ordered(&[
            "Lê Văn An",
            "Trần Văn An",
            "Lê Xuân An",
            "Bùi Ân",
            "Nguyễn Thị Bình",
            "Nguyễn Thị Thu Hương",
        ]);
    }

    #[test]
    fn letters_of_the_vietnamese_alphabet_stand_by_themselves() {
        assert_ordered(&[
            "An", "Ăn", "Ân", "Bình", "Dung", "Duy", "Đan", "Đào", "En", "Êm",
        ]);
        assert_ordered(&["Oanh", "Ôn", "Ơn", "Uyên", "Ưng", "Vũ"]);
    }

    #[test]
    fn tones_decide_only_between_equal_letters_and_in_their_order() {
        assert_ordered(&["Ha", "Hà", "Hả", "Hã", "Há", "Hạ", "Hai"]);
        assert_ordered(&["Hung", "Hùng", "Hưng", "Hứng"]);
    }

    #[test]
    fn names_of_any_shape_have_a_given_name() {
        let table = [
            ("Nguyễn Thị Thu Hương", "Hương"),
            ("  Nguyễn   Hà ", "Hà"),
            ("Y Moan", "Moan"),
            ("Madonna", "Madonna"),
            ("", ""),
        ];
        for (name, given) in table {
            assert_eq!(Name::parse(name).given(), given, "{name}");
        }
        assert_eq!(Name::parse("\u{202e}Lê\nVăn\0 An").as_str(), "Lê Văn An");
        assert_eq!(Name::parse(&"ệ ".repeat(400)).as_str().chars().count(), 199);
    }

    #[test]
    fn a_name_is_kept_out_of_debug_output() {
        assert_eq!(format!("{:?}", Name::parse("Lê Văn An")), "Name(..)");
    }

    proptest! {
        #[test]
        fn sort_keys_sort_as_names_compare(
            a in "[a-eA-EđĐàảãáạăâêôơưỨ ]{0,12}",
            b in "[a-eA-EđĐàảãáạăâêôơưỨ ]{0,12}",
        ) {
            prop_assert_eq!(compare(&a, &b), sort_key(&a).cmp(&sort_key(&b)));
        }

        #[test]
        fn any_text_can_be_sorted(a: String, b: String) {
            let _ = (compare(&a, &b), sort_key(&a));
        }
    }
}
