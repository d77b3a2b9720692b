//! Vietnamese text of the time before Unicode: recognised, and converted when somebody says so.
//!
//! Old spreadsheets hold letters under the numbers that a font gave them, or bytes that were read
//! with the wrong table. What such text was can only be guessed: [`guess`] ranks the readings of a
//! sample, a person looks at the preview and chooses, and only then [`Script::convert`] is called.
//!
//! Convert before cleaning: ư of TCVN3 is a soft hyphen, à read with the wrong table ends in a
//! no-break space, and both are gone once somebody has trimmed them.
mod syllable;
mod table;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// How the letters of a text are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Script {
    /// As it stands; marks typed apart are joined.
    Unicode,
    /// TCVN3 (ABC), the fonts `.VnTime` and the like. Their capital fonts (`.VnTimeH`) share the
    /// numbers of small letters, so a text can't tell which of the two it was.
    Tcvn3,
    /// VNI-Windows, the fonts `VNI-Times` and the like: a letter, then its mark.
    Vni,
    /// Windows-1258 read as Windows-1252.
    Windows1258,
    /// UTF-8 read as Windows-1252.
    Mojibake,
    /// UTF-8 read as Windows-1252, and that once more.
    MojibakeTwice,
}

/// One way to read a sample of cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// The way.
    pub script: Script,
    /// Share of the telling words (those with a letter beyond ASCII) that it turns into Vietnamese
    /// syllables, 0 to 1; 1 for [`Script::Unicode`] if no word tells anything.
    pub score: f32,
    /// Cells that read better in this way than in any other; those that read equally well as they
    /// stand count there. Two ways with cells of their own mean a mixed file.
    pub cells: usize,
}

impl Script {
    /// Every way, the ones easily mistaken for plain text last.
    pub const ALL: [Self; 6] = [
        Self::Unicode,
        Self::Mojibake,
        Self::MojibakeTwice,
        Self::Tcvn3,
        Self::Vni,
        Self::Windows1258,
    ];

    /// The text in Unicode, NFC. What this way knows nothing of stays as it is.
    #[must_use]
    pub fn convert(self, text: &str) -> String {
        if text.is_ascii() {
            return text.to_owned();
        }
        match self {
            Self::Unicode => text.nfc().collect(),
            Self::Tcvn3 => capitals(table::tcvn3(text)),
            Self::Vni => table::vni(text),
            Self::Windows1258 => table::windows_1258(text),
            Self::Mojibake => table::utf8_again(text).nfc().collect(),
            Self::MojibakeTwice => table::utf8_again(&table::utf8_again(text)).nfc().collect(),
        }
    }

    /// For a file whose rows are of several ways: converts a cell only if more of its words become
    /// Vietnamese than are so already. A cell that is Vietnamese both ways stays.
    #[must_use]
    pub fn convert_if_better(self, text: &str) -> String {
        let reads = |script: Self| words(text).filter(|word| script.reads(word)).count();
        if reads(self) > reads(Self::Unicode) {
            self.convert(text)
        } else {
            Self::Unicode.convert(text)
        }
    }

    /// Whether a word becomes a Vietnamese syllable.
    fn reads(self, word: &str) -> bool {
        let stands_for_itself = |c: char| u32::from(c) > 0xff && !table::is_windows_1252(c);
        if self != Self::Unicode && word.chars().any(stands_for_itself) {
            return false;
        }
        let converted = match self {
            // Each layer has to be there to be taken off.
            Self::MojibakeTwice => {
                let once = table::utf8_again(word);
                let twice = table::utf8_again(&once);
                if once == word || once == twice {
                    return false;
                }
                Cow::Owned(twice)
            }
            Self::Unicode => Cow::Borrowed(word),
            _ => Cow::Owned(self.convert(word)),
        };
        syllable::is_vietnamese(&converted)
    }
}

/// The words that tell something: those with a letter beyond ASCII. They end at ASCII only, as in
/// old text every other character may be a letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic())
        .filter(|word| !word.is_ascii())
}

/// Ranks the ways to read a sample, the likeliest first. [`Script::Unicode`] is always among them
/// and wins every tie; the others are listed only if they make sense of a word.
#[must_use]
pub fn guess<'a>(cells: impl IntoIterator<Item = &'a str>) -> Vec<Guess> {
    let mut telling = 0_usize;
    let mut read = [0_usize; Script::ALL.len()];
    let mut best = [0_usize; Script::ALL.len()];
    for cell in cells {
        let mut here = [0_usize; Script::ALL.len()];
        for word in words(cell) {
            telling += 1;
            for (script, count) in Script::ALL.iter().zip(&mut here) {
                *count += usize::from(script.reads(word));
            }
        }
        let most = here.iter().copied().max().unwrap_or(0);
        if let Some(winner) = here.iter().position(|count| *count == most)
            && let Some(cells) = best.get_mut(winner)
        {
            *cells += 1;
        }
        for (sum, count) in read.iter_mut().zip(here) {
            *sum += count;
        }
    }
    let mut guesses: Vec<Guess> = Script::ALL
        .into_iter()
        .zip(read.into_iter().zip(best))
        .filter(|(script, (read, _))| *script == Script::Unicode || *read > 0)
        .map(|(script, (read, cells))| Guess {
            script,
            score: share(read, telling),
            cells,
        })
        .collect();
    // Stable: what comes first in `ALL` wins a tie.
    guesses.sort_by(|a, b| b.score.total_cmp(&a.score));
    guesses
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        return 1.0;
    }
    #[allow(clippy::cast_precision_loss)] // counts of words in a sample
    let share = part as f32 / whole as f32;
    share
}

/// TCVN3 has no capital letters with tones: where the plain letters of a cell are all capitals, and
/// enough of them stand together to mean it, the others were capitals too.
fn capitals(text: String) -> String {
    let shouted = |word: &str| word.chars().filter(|c| c.is_uppercase()).count() >= 2;
    let quiet = text.chars().any(|c| c.is_ascii_lowercase());
    if !quiet && text.split_whitespace().any(shouted) {
        text.to_uppercase()
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
