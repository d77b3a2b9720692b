//! Text as people type it: cleaned for storing, folded for searching.
mod fold;
pub mod legacy;

pub use fold::{fold, fold_into};

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// More marks on one letter than any script needs spill over the lines around it.
const MARKS_AT_MOST: u8 = 4;

/// Many lines: NFC, line ends as `\n`, without control, direction and zero-width characters,
/// trimmed, at most `max` characters. What is clean stays as it is.
#[must_use]
pub fn clean(raw: &str, max: usize) -> String {
    if raw
        .bytes()
        .all(|b| (b' '..=b'~').contains(&b) || b == b'\n')
    {
        return cut(raw, max);
    }
    let normal = nfc(raw);
    // Dropping a character may bring two together that compose.
    cut(&nfc(&visible(&normal)), max)
}

/// One line: like [`clean`], with every run of white space as one space.
#[must_use]
pub fn one_line(raw: &str, max: usize) -> String {
    let cleaned = clean(raw, usize::MAX);
    let mut line = String::with_capacity(cleaned.len());
    for word in cleaned.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    cut(&line, max)
}

fn nfc(text: &str) -> String {
    if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn cut(text: &str, max: usize) -> String {
    let text = text.trim();
    let end = text
        .char_indices()
        .nth(max)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text).trim_end().to_owned()
}

fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut marks = 0;
    let mut after_return = false;
    for c in text.chars() {
        let line_end = matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let second_half = c == '\n' && after_return;
        after_return = c == '\r';
        if second_half || is_unwanted(c) && !line_end {
            continue;
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks <= MARKS_AT_MOST {
            kept.push(if line_end { '\n' } else { c });
        } else {
            marks = MARKS_AT_MOST;
        }
    }
    kept
}

fn is_unwanted(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t') || is_invisible(c)
}

/// Characters that nobody sees and that hide or reorder what stands beside them.
///
/// Not among them: the joiners inside emoji and of other scripts (U+200C, U+200D), and U+00AD,
/// which in text of an old TCVN3 file is the letter ư and must survive until it is converted.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' // zero width, direction marks
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction overrides, isolates
        | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' // joiners and deprecated controls
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' // byte order, annotation
        | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // blank letters
        | '\u{e0000}'..='\u{e007f}' // tags
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_typed_apart_are_stored_as_one_letter() {
        let apart = "Tra\u{302}\u{300}n Thi\u{323} Hu\u{31b}o\u{31b}\u{300}ng";
        assert_eq!(clean(apart, 100), "Trần Thị Hường");
        assert_eq!(clean("Trần Thị Hường", 100).chars().count(), 14);
    }

    #[test]
    fn what_nobody_sees_is_taken_out() {
        let table = [
            ("An\0 Bình", "An Bình"),
            ("\u{feff}An\u{200b} Bình\u{200e}", "An Bình"),
            ("abc\u{202e}cba\u{202c}", "abccba"),
            ("\u{2066}0912\u{2069}", "0912"),
            ("a\u{7}\u{1b}[31mb", "a[31mb"),
            (
                "dòng 1\r\ndòng 2\rdòng 3\u{2028}dòng 4",
                "dòng 1\ndòng 2\ndòng 3\ndòng 4",
            ),
            ("  \n hai đầu \t\n", "hai đầu"),
            ("e\u{200b}\u{301}", "é"),
            ("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧"),
            ("H\u{ad}êng", "H\u{ad}êng"),
        ];
        for (raw, expected) in table {
            assert_eq!(clean(raw, 100), expected, "{raw:?}");
        }
    }

    #[test]
    fn marks_piled_on_one_letter_are_thinned_out() {
        let pile = format!("a{}b", "\u{316}".repeat(50));
        assert_eq!(clean(&pile, 100), format!("a{}b", "\u{316}".repeat(4)));
    }

    #[test]
    fn lines_become_one_line_and_lengths_count_characters() {
        assert_eq!(one_line(" a \n\t b\u{a0}\u{3000}c ", 100), "a b c");
        assert_eq!(one_line("ệệệ ệ", 4), "ệệệ");
        assert_eq!(clean("ệệệệệ", 3), "ệệệ");
        assert_eq!(clean("abc", 0), "");
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(raw: String, max in 0usize..40) {
            let once = clean(&raw, max);
            prop_assert_eq!(&clean(&once, max), &once);
            prop_assert!(once.chars().count() <= max);
            prop_assert!(is_nfc(&once));
            prop_assert!(once.chars().all(|c| !is_unwanted(c)));
            let line = one_line(&raw, max);
            prop_assert_eq!(&one_line(&line, max), &line);
            prop_assert!(!line.contains(['\n', '\t', '\r']));
        }

        #[test]
        fn marks_and_controls_in_any_mix_end_up_clean(
            raw in "[a-c\u{300}-\u{345}\u{200b}\u{202e}\r\n\t \u{85}\u{2028}]{0,30}",
        ) {
            let once = clean(&raw, 100);
            prop_assert_eq!(&clean(&once, 100), &once);
        }
    }
}
