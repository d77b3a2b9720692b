//! Names of branches and people as small numbers.
use std::collections::HashMap;

/// A table of strings; number 0 means none.
pub(crate) struct Words {
    numbers: HashMap<Box<str>, u16>,
    all: Vec<Box<str>>,
    used: Vec<u32>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            all: vec!["".into()],
            used: vec![0],
        }
    }
}

impl Words {
    /// The word's number, new if need be. Past 65,535 different words it says none: nothing sane has so many.
    pub(crate) fn number(&mut self, word: Option<&str>) -> u16 {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return 0;
        };
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.all.len()) else {
            return 0;
        };
        self.numbers.insert(word.into(), number);
        self.all.push(word.into());
        self.used.push(0);
        number
    }

    /// The word's number, if any lead ever had it.
    pub(crate) fn known(&self, word: &str) -> Option<u16> {
        self.numbers.get(word).copied()
    }

    /// How many leads have it, to be kept by the caller.
    pub(crate) fn used_mut(&mut self, number: u16) -> &mut u32 {
        &mut self.used[usize::from(number)]
    }

    /// How many leads have it.
    pub(crate) fn used(&self, number: u16) -> u32 {
        self.used[usize::from(number)]
    }

    /// Words in use.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = &str> {
        self.all
            .iter()
            .zip(&self.used)
            .skip(1)
            .filter(|(_, used)| **used > 0)
            .map(|(word, _)| &**word)
    }
}
