//! Phone numbers as Viet Nam writes them: any text is read as far as it goes, none is refused.
mod country;
mod national;
mod table;
mod words;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What sort of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum PhoneKind {
    /// A Vietnamese mobile.
    Mobile,
    /// A Vietnamese landline: no SMS, no Zalo.
    Landline,
    /// A hotline, an emergency or service number: nobody's own.
    Hotline,
    /// A number abroad.
    Foreign,
    /// There is text, but no number can be read from it.
    Unreadable,
    /// Nothing was given.
    None,
}

/// What a clerk should look at before dialling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum PhoneWarning {
    /// May be a landline of the plan before 2017–2018.
    MaybeOldLandline,
    /// The leading zero was missing, as after a trip through a spreadsheet.
    ExcelZeroRestored,
    /// Written with a prefix that no longer exists; converted.
    OldPrefixConverted,
    /// No operator is known to use this prefix.
    UnknownPrefix,
    /// The text holds more than one number.
    TwoNumbers,
    /// A spreadsheet rounded the number (`9.12E+08`): its digits are lost.
    PrecisionLost,
    /// A hotline, emergency, service or internet number: not a person.
    NotAPerson,
    /// Digits are missing.
    TooShort,
    /// There are too many digits; with a number: a zero too many in front was left out.
    TooLong,
}

/// A number that can be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone {
    /// Country code and national number in ASCII digits, then zero bytes.
    digits: [u8; 15],
    len: u8,
}

/// What a text says about numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// The number to call.
    pub first: Option<Phone>,
    /// A second one in the same text.
    pub second: Option<Phone>,
    /// What sort the first one is.
    pub kind: PhoneKind,
    /// What to look at, each once, in a fixed order.
    pub warnings: Vec<PhoneWarning>,
}

crate::redact::redact!(Phone, Reading);

impl Reading {
    /// Of an empty text.
    #[must_use]
    pub fn none() -> Self {
        Self {
            first: None,
            second: None,
            kind: PhoneKind::None,
            warnings: Vec::new(),
        }
    }
}

impl Phone {
    /// Of country code and national number in ASCII digits; `None` beyond the 15 of E.164.
    fn new(country: &[u8], national: &[u8]) -> Option<Self> {
        let mut digits = [0; 15];
        let len = country.len() + national.len();
        let filled = digits.get_mut(..len)?;
        for (to, from) in filled.iter_mut().zip(country.iter().chain(national)) {
            *to = *from;
        }
        Some(Self {
            digits,
            len: u8::try_from(len).ok()?,
        })
    }

    fn vietnamese(national: &[u8]) -> Option<Self> {
        Self::new(country::VIET_NAM, national)
    }

    fn digits(&self) -> &[u8] {
        self.digits.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The number without Viet Nam's country code; `None` for a foreign one.
    fn national(&self) -> Option<&[u8]> {
        self.digits().strip_prefix(country::VIET_NAM)
    }

    /// E.164, `+84912345678`: the key under which one number is known.
    #[must_use]
    pub fn e164(&self) -> String {
        let mut text = String::with_capacity(1 + self.digits().len());
        text.push('+');
        push(&mut text, self.digits());
        text
    }

    /// For reading: `0912 345 678`, `024 3825 1234`, `1900 1234`, `+1 415 555 2671`.
    #[must_use]
    pub fn display(&self) -> String {
        let mut text = String::with_capacity(20);
        if self.national().is_some() {
            let dialled = self.national_digits();
            let sizes = national::grouping(dialled.as_bytes());
            group(&mut text, dialled.as_bytes(), sizes);
        } else {
            let (code, rest) = country::split(self.digits());
            text.push('+');
            push(&mut text, code);
            text.push(' ');
            group(&mut text, rest, &[3; 5]);
        }
        text
    }

    /// For a screen that others see: first two and last three digits, `09•• ••• 678`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.display())
    }

    /// As dialled in Viet Nam, digits only: `0912345678`, `19001234`; a foreign number with its
    /// country code, `14155552671`.
    #[must_use]
    pub fn national_digits(&self) -> String {
        let mut text = String::with_capacity(15);
        if let Some(national) = self.national() {
            if !national::is_hotline(national) {
                text.push('0');
            }
            push(&mut text, national);
        } else {
            push(&mut text, self.digits());
        }
        text
    }

    /// A Vietnamese mobile.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.national().is_some_and(national::is_mobile)
    }
}

/// Any text with its letters and digits covered but the first two and last three digits; wholly
/// covered if it holds so few digits that the rest could be guessed. At most 40 characters.
#[must_use]
pub fn mask(text: &str) -> String {
    let digits = text.chars().filter(|c| words::digit(*c).is_some()).count();
    let mut seen = 0;
    text.chars()
        .take(40)
        .map(|c| {
            if words::digit(c).is_none() {
                return if c.is_alphanumeric() { '•' } else { c };
            }
            seen += 1;
            let at_edge = seen <= 2 || seen + 3 > digits;
            if digits > 6 && at_edge { c } else { '•' }
        })
        .collect()
}

/// Reads a text as typed. `recorded` is the day on which it was written down, `None` for now:
/// before 2018-09-15 what looks like a mobile may have been a landline.
#[must_use]
pub fn parse(raw: &str, recorded: Option<Date>) -> Reading {
    if recorded.is_none()
        && let Some(reading) = usual(raw)
    {
        return reading;
    }
    let old_plan = recorded.is_some_and(|day| day < table::MOBILE_CHANGE);
    words::read(raw, old_plan)
}

/// The way nearly every number is typed, without a detour: ten digits of a known mobile.
fn usual(raw: &str) -> Option<Reading> {
    let digits: &[u8; 10] = raw.as_bytes().try_into().ok()?;
    let national = digits.strip_prefix(b"0")?;
    let known = digits.iter().all(u8::is_ascii_digit) && table::is_mobile_now(national);
    if !known {
        return None;
    }
    Some(Reading {
        first: Some(Phone::vietnamese(national)?),
        kind: PhoneKind::Mobile,
        ..Reading::none()
    })
}

fn push(text: &mut String, digits: &[u8]) {
    text.extend(digits.iter().map(|digit| char::from(*digit)));
}

/// Writes digits in groups; what is left after the last size, or a lone last digit, stays with
/// the group before it.
fn group(text: &mut String, digits: &[u8], sizes: &[usize]) {
    let mut rest = digits;
    for size in sizes {
        if rest.len() <= size + 1 {
            break;
        }
        let (head, tail) = rest.split_at(*size);
        push(text, head);
        text.push(' ');
        rest = tail;
    }
    push(text, rest);
}

#[cfg(test)]
mod tests;
