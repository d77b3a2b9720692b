//! Reads a file of rules, or says what is wrong with it.
use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use thiserror::Error;

use super::{Citation, Holiday, HoursOf, Mark, Number, Rules, Span, Unit, Words};

/// The only layout there is.
const FORMAT: u32 = 1;
/// How many of each there must be: every one that this version asks for.
const HOURS: usize = 3;
const NUMBERS: usize = Number::LotExpiryDays as usize + 1;
const WORDS: usize = Words::WorkingWeekdays as usize + 1;
/// No file of rules is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Why a file of rules is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    /// Not this layout, or it names a rule that this version does not know.
    #[error("not a file of rules that this version can read (line {line})")]
    Malformed {
        /// Where reading stopped; 0 if unknown.
        line: usize,
    },
    /// A later layout.
    #[error("a file of rules of a newer version")]
    Newer,
    /// A rule is missing.
    #[error("the file lacks rules")]
    Incomplete,
    /// A rule or a holiday stands there twice.
    #[error("the file says something twice")]
    Twice,
    /// A value that can't be meant.
    #[error("the file holds a value that can't be meant")]
    Senseless,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    format: u32,
    version: String,
    as_of: String,
    hours: Vec<HoursRow>,
    numbers: Vec<NumberRow>,
    labels: Vec<WordsRow>,
    holidays: Vec<HolidayRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursRow {
    key: HoursOf,
    from: String,
    to: String,
    article: String,
    since: String,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberRow {
    key: Number,
    value: u32,
    unit: Unit,
    article: String,
    since: String,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsRow {
    key: Words,
    values: Vec<String>,
    article: String,
    since: String,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayRow {
    date: String,
    name: String,
    substitute: bool,
    mark: Mark,
}

impl Rules {
    /// Reads a file of rules.
    pub fn read(bytes: &[u8]) -> Result<Self, RulesError> {
        if bytes.len() > LONGEST {
            return Err(RulesError::Malformed { line: 0 });
        }
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| RulesError::Malformed { line: error.line() })?;
        if file.format > FORMAT {
            return Err(RulesError::Newer);
        }
        if file.format != FORMAT || file.version.trim().is_empty() {
            return Err(RulesError::Senseless);
        }
        let mut rules = Self {
            version: file.version,
            as_of: Some(date(&file.as_of)?),
            ..Self::default()
        };
        for row in file.hours {
            let span = span(&row.from, &row.to)?;
            let source = source(row.article, row.since, row.mark)?;
            once(&mut rules.hours, row.key, (span, source))?;
        }
        for row in file.numbers {
            let source = source(row.article, row.since, row.mark)?;
            if row.value == 0 {
                return Err(RulesError::Senseless);
            }
            once(&mut rules.numbers, row.key, (row.value, row.unit, source))?;
        }
        for row in file.labels {
            let source = source(row.article, row.since, row.mark)?;
            if row.values.is_empty() || row.values.iter().any(String::is_empty) {
                return Err(RulesError::Senseless);
            }
            once(&mut rules.words, row.key, (row.values, source))?;
        }
        for row in file.holidays {
            let holiday = Holiday {
                date: date(&row.date)?,
                name: row.name,
                substitute: row.substitute,
                mark: row.mark,
            };
            once(&mut rules.holidays, holiday.date, holiday)?;
        }
        rules.whole()
    }

    fn whole(mut self) -> Result<Self, RulesError> {
        let counts = (self.hours.len(), self.numbers.len(), self.words.len());
        if counts != (HOURS, NUMBERS, WORDS) || self.holidays.is_empty() {
            return Err(RulesError::Incomplete);
        }
        let days = self.words(Words::WorkingWeekdays);
        self.weekdays = days
            .iter()
            .map(|day| weekday(day))
            .collect::<Result<_, _>>()?;
        let parts = [Number::SmsPart1, Number::SmsPart2, Number::SmsPart3];
        let ascending = parts.map(|part| self.number(part)).is_sorted();
        ascending.then_some(self).ok_or(RulesError::Senseless)
    }
}

fn once<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), RulesError> {
    match map.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(RulesError::Twice),
    }
}

fn source(article: String, since: String, mark: Mark) -> Result<Citation, RulesError> {
    date(&since)?;
    if article.trim().is_empty() {
        return Err(RulesError::Senseless);
    }
    Ok(Citation {
        article,
        since,
        mark,
    })
}

fn date(text: &str) -> Result<Date, RulesError> {
    // Only `YYYY-MM-DD`, though the library reads more.
    if text.len() != 10 {
        return Err(RulesError::Senseless);
    }
    text.parse().map_err(|_| RulesError::Senseless)
}

fn span(from: &str, to: &str) -> Result<Span, RulesError> {
    let (from, to) = (minute(from)?, minute(to)?);
    (from < to)
        .then_some(Span { from, to })
        .ok_or(RulesError::Senseless)
}

fn minute(text: &str) -> Result<u16, RulesError> {
    let parts = text.split_once(':').filter(|_| text.len() == 5);
    let read = |part: &str| part.parse::<u16>().ok();
    parts
        .and_then(|(hours, minutes)| Some((read(hours)?, read(minutes)?)))
        .filter(|(hours, minutes)| *minutes < 60 && hours * 60 + minutes <= 24 * 60)
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or(RulesError::Senseless)
}

fn weekday(text: &str) -> Result<Weekday, RulesError> {
    Ok(match text {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return Err(RulesError::Senseless),
    })
}
