//! Text without its accents, and the accents beside it: search runs over the first, rank asks the second.
//!
//! A mark is one byte: five bits say which accent the letter has (0 none: only an advance), three
//! bits how many bytes it stands behind the mark before. A record's marks end in a zero byte.
use std::sync::LazyLock;

use casebook::text::fold_into;

use super::secret::Secret;

/// Ends the marks of one text.
pub(crate) const END: u8 = 0;
/// An accent that Vietnamese doesn't have.
const FOREIGN: u8 = 31;
const LOW: std::ops::Range<u32> = 0xC0..0x1B1;
const HIGH: std::ops::Range<u32> = 0x1EA0..0x1EFA;

/// Base letter and number of its accent; base 0 where the letter stays as it is.
struct Letters {
    low: [(u8, u8); 0x1B1 - 0xC0],
    high: [(u8, u8); 0x1EFA - 0x1EA0],
}

static LETTERS: LazyLock<Letters> = LazyLock::new(Letters::new);

impl Letters {
    /// Numbers the accents of each base letter, as the house's folding defines base letters.
    fn new() -> Self {
        let mut letters = Self {
            low: [(0, 0); LOW.end as usize - LOW.start as usize],
            high: [(0, 0); 90],
        };
        let mut given = [0u8; 128];
        for code in LOW.chain(HIGH) {
            let Some(lower) = char::from_u32(code).and_then(lower) else {
                continue;
            };
            let Some(base) = base(lower) else {
                continue;
            };
            let next = given[usize::from(base)] + 1;
            if let Some(place) = letters.place(lower).filter(|place| place.0 == 0) {
                *place = (base, next.min(FOREIGN));
                given[usize::from(base)] = next.min(FOREIGN);
            }
        }
        letters
    }

    fn place(&mut self, letter: char) -> Option<&mut (u8, u8)> {
        let code = u32::from(letter);
        if LOW.contains(&code) {
            self.low.get_mut((code - LOW.start) as usize)
        } else if HIGH.contains(&code) {
            self.high.get_mut((code - HIGH.start) as usize)
        } else {
            None
        }
    }

    fn get(&self, letter: char) -> Option<(u8, u8)> {
        let code = u32::from(letter);
        let found = if LOW.contains(&code) {
            self.low.get((code - LOW.start) as usize)
        } else if HIGH.contains(&code) {
            self.high.get((code - HIGH.start) as usize)
        } else {
            None
        };
        found.copied().filter(|(base, _)| *base != 0)
    }
}

fn lower(letter: char) -> Option<char> {
    let mut all = letter.to_lowercase();
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// The one ASCII letter that folding leaves.
fn base(letter: char) -> Option<u8> {
    let mut folded = String::new();
    fold_into(letter.encode_utf8(&mut [0; 4]), &mut folded);
    match folded.as_bytes() {
        [one] if one.is_ascii() => Some(*one),
        _ => None,
    }
}

/// Appends `text` folded to `folded` and its accents to `marks`, without the end mark. Control
/// characters become spaces: they separate the fields.
pub(crate) fn split(text: &str, folded: &mut Secret, marks: &mut Secret) {
    let start = folded.len();
    let mut gap = Gap { start, last: 0 };
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest
            .bytes()
            .position(|b| !b.is_ascii())
            .unwrap_or(rest.len());
        let at = folded.len();
        folded.append(&rest.as_bytes()[..plain]);
        folded.lower_from(at);
        let mut chars = rest[plain..].chars();
        if let Some(letter) = chars.next() {
            accented(letter, folded, marks, &mut gap);
        }
        rest = chars.as_str();
    }
}

fn accented(letter: char, folded: &mut Secret, marks: &mut Secret, gap: &mut Gap) {
    let known = LETTERS
        .get(letter)
        .or_else(|| lower(letter).and_then(|letter| LETTERS.get(letter)));
    if let Some((base, accent)) = known {
        gap.mark(folded.len(), accent, marks);
        folded.push(base);
        return;
    }
    if letter.is_control() {
        folded.push(b' ');
        return;
    }
    let mut other = zeroize::Zeroizing::new(String::new());
    fold_into(letter.encode_utf8(&mut [0; 4]), &mut other);
    if other.len() == 1 {
        gap.mark(folded.len(), FOREIGN, marks);
    }
    folded.append(other.as_bytes());
}

/// Where the mark before stands.
struct Gap {
    start: usize,
    last: usize,
}

impl Gap {
    fn mark(&mut self, at: usize, accent: u8, marks: &mut Secret) {
        let at = at - self.start;
        let mut gap = at - self.last;
        while gap > 7 {
            let leap = u8::try_from(gap / 8).unwrap_or(u8::MAX).min(7);
            marks.push(leap << 5);
            gap -= usize::from(leap) * 8;
        }
        marks.push(u8::try_from(gap).unwrap_or(7) << 5 | accent);
        self.last = at;
    }
}

/// The accents of a text: (byte in the folded text, accent).
pub(crate) fn read(marks: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let mut at = 0;
    marks.iter().filter_map(move |mark| {
        let (gap, accent) = (usize::from(mark >> 5), mark & 0x1f);
        at += if accent == 0 { gap * 8 } else { gap };
        (accent != 0).then_some((at, accent))
    })
}

/// Are the accents in `at..at + len` exactly those of `wanted` (counted from `at`)?
pub(crate) fn same(marks: &[u8], at: usize, len: usize, wanted: &[(usize, u8)]) -> bool {
    let found = read(marks)
        .skip_while(|(place, _)| *place < at)
        .take_while(|(place, _)| *place < at + len);
    found
        .map(|(place, accent)| (place - at, accent))
        .eq(wanted.iter().copied())
}

/// Puts accents back, in lower case; accents that Vietnamese doesn't have are lost.
pub(crate) fn join(folded: &[u8], marks: &[u8]) -> zeroize::Zeroizing<String> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(folded.len() * 2));
    let mut done = 0;
    for (at, accent) in read(marks) {
        let letter = folded.get(at).and_then(|base| with_accent(*base, accent));
        let (Some(letter), Some(before)) = (letter, folded.get(done..at)) else {
            continue;
        };
        text.push_str(&String::from_utf8_lossy(before));
        text.push(letter);
        done = at + 1;
    }
    text.push_str(&String::from_utf8_lossy(
        folded.get(done..).unwrap_or_default(),
    ));
    text
}

fn with_accent(base: u8, accent: u8) -> Option<char> {
    let find = |table: &[(u8, u8)], start: u32| {
        let place = table.iter().position(|entry| *entry == (base, accent))?;
        char::from_u32(start + u32::try_from(place).ok()?)
    };
    find(&LETTERS.low, LOW.start).or_else(|| find(&LETTERS.high, HIGH.start))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> (Secret, Secret) {
        let (mut folded, mut marks) = (Secret::default(), Secret::default());
        split(text, &mut folded, &mut marks);
        (folded, marks)
    }

    #[test]
    fn a_question_keeps_every_accent_and_finds_its_way_back() {
        let text =
            "Chị Đặng Thị Ánh Hường hỏi: niềng răng trong suốt hết bao nhiêu tiền ạ? Ở Q.7, Ỷ lại.";
        let (folded, marks) = parts(text);
        assert_eq!(&*folded, casebook::text::fold(text).as_bytes());
        assert_eq!(*join(&folded, &marks), text.to_lowercase());
    }

    #[test]
    fn one_word_is_told_from_another_by_its_accents_alone() {
        let (_, hung) = parts("hưng");
        let wanted: Vec<_> = read(&hung).collect();
        let (_, marks) = parts("nguyễn văn hưng");
        assert!(same(&marks, 11, 4, &wanted));
        for other in ["nguyễn văn hùng", "nguyễn văn hung", "nguyễn văn hứng"] {
            assert!(!same(&parts(other).1, 11, 4, &wanted), "{other}");
        }
    }

    #[test]
    fn accents_of_the_same_letter_are_all_different() {
        for base in [
            "aàáảãạăằắẳẵặâầấẩẫậ",
            "eèéẻẽẹêềếểễệ",
            "iìíỉĩị",
            "oòóỏõọôồốổỗộơờớởỡợ",
            "uùúủũụưừứửữự",
            "yỳýỷỹỵ",
            "dđ",
        ] {
            let mut seen = std::collections::HashSet::new();
            for letter in base.chars() {
                assert!(
                    seen.insert(parts(&letter.to_string()).1.to_vec()),
                    "{letter}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn folding_here_is_folding_in_the_casebook(text in "\\PC{0,80}") {
            let folded = casebook::text::fold(&text);
            prop_assert_eq!(&*parts(&text).0, folded.as_bytes());
        }

        #[test]
        fn vietnamese_survives_the_way_there_and_back(text in "[a-zàáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ 0-9]{0,60}") {
            let (folded, marks) = parts(&text);
            prop_assert_eq!(&**join(&folded, &marks), text.as_str());
        }
    }
}
