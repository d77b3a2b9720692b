//! The registered name under which advertising goes out (Decree 91/2020 Art. 13.8, 23).
use jiff::ToSpan;
use jiff::civil::Date;
use thiserror::Error;

use crate::rules::{Number, Rules, Words};

/// A name that was registered, with the day it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brandname {
    name: String,
    issued: Date,
}

/// Why a text is no registered name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BrandnameError {
    /// Empty.
    #[error("empty")]
    Empty,
    /// More characters than a name may have.
    #[error("too long")]
    TooLong,
    /// A character other than Latin letters, digits and the few signs.
    #[error("a character that a name can't have")]
    Character,
    /// Digits alone.
    #[error("digits alone")]
    OnlyDigits,
}

impl Brandname {
    /// A name as the certificate has it.
    pub fn new(name: &str, issued: Date, rules: &Rules) -> Result<Self, BrandnameError> {
        let name = name.trim();
        let sign = |c: char| {
            let signs = rules.words(Words::BrandnameSymbols);
            signs.iter().any(|sign| sign.contains(c))
        };
        if name.is_empty() {
            return Err(BrandnameError::Empty);
        }
        if name.chars().count() > rules.count(Number::BrandnameCharacters) {
            return Err(BrandnameError::TooLong);
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || sign(c)) {
            return Err(BrandnameError::Character);
        }
        if !name.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Err(BrandnameError::OnlyDigits);
        }
        Ok(Self {
            name: name.to_owned(),
            issued,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// First day on which it is not valid any more; `None` beyond the calendar.
    #[must_use]
    pub fn ends(&self, rules: &Rules) -> Option<Date> {
        let years = i64::from(rules.number(Number::BrandnameYears));
        self.issued.checked_add(years.years()).ok()
    }

    /// Issued, and not run out on this day.
    #[must_use]
    pub fn valid_on(&self, day: Date, rules: &Rules) -> bool {
        self.issued <= day && self.ends(rules).is_some_and(|ends| day < ends)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_name_has_eleven_latin_characters_and_is_no_number() {
        let rules = Rules::builtin();
        let read = |name: &str| Brandname::new(name, date(2026, 1, 1), rules).err();
        for good in ["VIET SMILE", "Viet-Smile", "V_S.1", "ABCDEFGHIJK"] {
            assert_eq!(read(good), None, "{good}");
        }
        assert_eq!(read("ABCDEFGHIJKL"), Some(BrandnameError::TooLong));
        assert_eq!(read("VIỆT SMILE"), Some(BrandnameError::Character));
        assert_eq!(read("VIET&SMILE"), Some(BrandnameError::Character));
        assert_eq!(read("0912345678"), Some(BrandnameError::OnlyDigits));
        assert_eq!(read(" "), Some(BrandnameError::Empty));
    }

    #[test]
    fn it_is_valid_for_three_years_from_the_day_of_issue() {
        let rules = Rules::builtin();
        let name = Brandname::new("VIET SMILE", date(2024, 2, 29), rules).unwrap();
        assert!(name.valid_on(date(2024, 2, 29), rules));
        assert!(name.valid_on(date(2027, 2, 27), rules));
        assert!(!name.valid_on(date(2027, 2, 28), rules));
        assert!(!name.valid_on(date(2024, 2, 28), rules));
        assert!(!name.valid_on(date(2025, 1, 1), &Rules::default()));
    }
}
