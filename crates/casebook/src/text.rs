//! Text as people type it: cleaned for storing, folded for searching.
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Many lines: NFC, without control and direction characters, at most `max` characters.
#[must_use]
pub fn clean(raw: &str, max: usize) -> String {
    let kept: String = raw
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect();
    let kept: String = if is_nfc(&kept) {
        kept
    } else {
        kept.nfc().collect()
    };
    kept.trim()
        .chars()
        .take(max)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// One line: like [`clean`], with every run of white space as one space.
#[must_use]
pub fn one_line(raw: &str, max: usize) -> String {
    let spaced: String = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    clean(&spaced, max)
}

/// For searching: lower case, without marks, đ as d.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded text.
pub fn fold_into(text: &str, out: &mut String) {
    for c in text.nfd() {
        if !unicode_normalization::char::is_combining_mark(c) {
            out.extend(c.to_lowercase().map(|c| if c == 'đ' { 'd' } else { c }));
        }
    }
}
