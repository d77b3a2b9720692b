//! The twelve searches that are compared.
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::lead;

/// One search.
pub struct Term {
    /// What it stands for.
    pub name: &'static str,
    /// What is typed.
    pub text: String,
}

/// Lower case, without accents, đ as d: what a full-text index of this text has to hold.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

/// The searches for `n` leads; rare words are chosen by how many leads really have them.
#[must_use]
pub fn terms(n: usize) -> Vec<Term> {
    let leads: Vec<String> = (0..n.min(100_000)).map(|i| fold(&lead(i, n).question)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for text in &leads {
        let mut words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() >= 4).collect();
        words.sort_unstable();
        words.dedup();
        for word in words.into_iter().filter(|word| word.bytes().all(|b| b.is_ascii_lowercase())) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let near = |one_in: usize| {
        let wanted = (leads.len() / one_in).max(1);
        let best = counts.iter().min_by_key(|(word, count)| (count.abs_diff(wanted), **word));
        best.map_or_else(String::new, |(word, _)| (*word).to_owned())
    };
    let four = (0..n).map(|i| lead(i, n).name).find(|name| name.split(' ').count() == 4);
    let fixed = |name, text: &str| Term { name, text: text.to_owned() };
    vec![
        fixed("two words of a name", "nguyen van"),
        fixed("two words of a question", "nieng rang"),
        fixed("start of a number", "0912 34"),
        fixed("four digits", "5678"),
        Term { name: "a word of 1 lead in 1,000", text: near(1_000) },
        Term { name: "a word of 1 lead in 30,000", text: near(30_000) },
        Term { name: "a name of four words", text: fold(&four.unwrap_or_default()) },
        fixed("middle of words", "guyen thi th"),
        fixed("two letters", "an"),
        fixed("no hit, rare letters", "zqxjw"),
        fixed("no hit, common letters", "ngahnoi"),
        fixed("no hit, common triples", "niengiangoan"),
    ]
}
