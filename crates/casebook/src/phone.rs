//! Phone numbers as Viet Nam writes them: any text is read as far as it goes, none is refused.
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
    /// There are too many digits.
    TooLong,
}

/// A number that can be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone {
    /// Country code and national number, digits 0–9, then zeros.
    digits: [u8; 15],
    len: u8,
}

crate::redact::redact!(Phone, Reading);

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
    /// E.164, `+84912345678`: the key under which one number is known.
    #[must_use]
    pub fn e164(&self) -> String {
        let mut text = String::from("+");
        text.extend(
            self.digits
                .iter()
                .take(usize::from(self.len))
                .map(|d| char::from(b'0' + d)),
        );
        text
    }

    /// For reading: `0912 345 678`, `024 3825 1234`, `1900 1234`, `+1 415 555 2671`.
    #[must_use]
    pub fn display(&self) -> String {
        self.national_digits()
    }

    /// For a screen that others see: first two and last three digits, `09•• ••• 678`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.display())
    }

    /// As dialled in Viet Nam, digits only: `0912345678`; a foreign number with its country code.
    #[must_use]
    pub fn national_digits(&self) -> String {
        self.e164().replacen("+84", "0", 1)
    }

    /// A Vietnamese mobile.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.digits.starts_with(&[8, 4])
    }
}

/// Any text with its digits covered but the first two and last three; wholly covered if it holds
/// so few that the rest could be guessed.
#[must_use]
pub fn mask(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '•' } else { c })
        .collect()
}

/// Reads a text as typed. `recorded` is the day on which it was written down, `None` for now:
/// before 2018-09-15 what looks like a mobile may have been a landline.
#[must_use]
pub fn parse(raw: &str, recorded: Option<Date>) -> Reading {
    let _ = recorded;
    let digits: Vec<u8> = raw
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|d| d - b'0')
        .collect();
    let mut reading = Reading::none();
    if let [0, rest @ ..] = &digits[..]
        && rest.len() == 9
    {
        let mut phone = Phone {
            digits: [0; 15],
            len: 11,
        };
        for (to, from) in phone.digits.iter_mut().zip([8, 4].iter().chain(rest)) {
            *to = *from;
        }
        reading.first = Some(phone);
        reading.kind = PhoneKind::Mobile;
    } else if !raw.trim().is_empty() {
        reading.kind = PhoneKind::Unreadable;
    }
    reading
}
