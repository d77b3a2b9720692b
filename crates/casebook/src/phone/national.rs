//! One run of digits, judged by the numbering plan.
use super::table::{self, MOVED};
use super::{Phone, PhoneKind, PhoneWarning, country};

/// What one run of digits turned out to be.
pub(super) struct Number {
    pub(super) phone: Option<Phone>,
    pub(super) kind: PhoneKind,
    pub(super) warnings: Vec<PhoneWarning>,
}

impl Number {
    fn of(kind: PhoneKind, phone: Option<Phone>, warnings: &[PhoneWarning]) -> Self {
        Self {
            phone,
            kind,
            warnings: warnings.to_vec(),
        }
    }

    pub(super) fn unreadable(warning: PhoneWarning) -> Self {
        Self::of(PhoneKind::Unreadable, None, &[warning])
    }

    fn and(mut self, warning: PhoneWarning) -> Self {
        self.warnings.push(warning);
        self
    }

    /// Somebody's own number, ready to dial.
    pub(super) fn reaches_a_person(&self) -> bool {
        self.phone.is_some() && self.kind != PhoneKind::Hotline
    }
}

/// A Vietnamese mobile, by shape: nine national digits.
pub(super) fn is_mobile(national: &[u8]) -> bool {
    national.len() == 9 && matches!(national, [b'3' | b'5' | b'7' | b'8' | b'9', ..])
}

/// `1800` or `1900` and four to six digits: dialled without a zero, answered by a company.
pub(super) fn is_hotline(national: &[u8]) -> bool {
    let rest = national
        .strip_prefix(b"1800")
        .or_else(|| national.strip_prefix(b"1900"));
    rest.is_some_and(|rest| (4..=6).contains(&rest.len()))
}

/// How the digits as dialled are grouped for reading.
pub(super) fn grouping(dialled: &[u8]) -> &'static [usize] {
    match dialled {
        [b'0', b'2', b'4' | b'8', ..] if dialled.len() == 11 => &[3, 4, 4],
        _ => &[4, 3, 3, 3],
    }
}

/// Judges digits as typed. `plus`: they began with `+`. `old_plan`: they were written down before
/// the change of 2018.
pub(super) fn read(digits: &[u8], plus: bool, old_plan: bool) -> Number {
    match digits {
        // A zero too many. Nine digits so beginning are no number abroad but in a few tiny countries.
        [b'0', b'0', national @ ..] if is_mobile(national) => {
            trunk(national, old_plan).and(PhoneWarning::TooLong)
        }
        [b'0', b'0', abroad @ ..] if abroad.len() >= 7 && abroad.first() != Some(&b'0') => {
            international(abroad, old_plan)
        }
        [b'0', national @ ..] => trunk(national, old_plan),
        _ if plus => international(digits, old_plan),
        _ => bare(digits, old_plan),
    }
}

fn international(digits: &[u8], old_plan: bool) -> Number {
    if let Some(national) = digits.strip_prefix(country::VIET_NAM) {
        return after_country(national, old_plan);
    }
    match digits.len() {
        ..7 => Number::unreadable(PhoneWarning::TooShort),
        16.. => Number::unreadable(PhoneWarning::TooLong),
        _ => Number::of(PhoneKind::Foreign, Phone::new(&[], digits), &[]),
    }
}

/// After `+84`, where some also write the zero: `+84 (0) 912…`.
fn after_country(national: &[u8], old_plan: bool) -> Number {
    trunk(national.strip_prefix(b"0").unwrap_or(national), old_plan)
}

/// Neither `+` nor a zero in front: something is missing, or is meant to be.
fn bare(digits: &[u8], old_plan: bool) -> Number {
    if is_hotline(digits) {
        return nobodys(digits);
    }
    if let Some(national) = digits.strip_prefix(country::VIET_NAM)
        && (matches!(national.len(), 9 | 10)
            || (national.first() == Some(&b'0') && matches!(national.len(), 10 | 11))
            || is_hotline(national))
    {
        return after_country(national, old_plan);
    }
    let zero_lost = match digits.len() {
        9 => is_mobile(digits),
        10 => old_mobile(digits).is_some() || table::is_landline_now(digits),
        _ => false,
    };
    if zero_lost {
        return trunk(digits, old_plan).and(PhoneWarning::ExcelZeroRestored);
    }
    match digits {
        // Police, fire, ambulance, and the rest of the three-digit numbers.
        [b'1', b'1', _] => Number::of(PhoneKind::Hotline, None, &[PhoneWarning::NotAPerson]),
        _ if digits.len() < 10 => Number::unreadable(PhoneWarning::TooShort),
        _ if digits.len() > 11 => Number::unreadable(PhoneWarning::TooLong),
        _ => Number::unreadable(PhoneWarning::UnknownPrefix),
    }
}

/// The digits after the leading zero.
fn trunk(national: &[u8], old_plan: bool) -> Number {
    if is_service(national) || is_hotline(national) {
        return nobodys(national);
    }
    if let Some(number) = old_landline(national) {
        return number;
    }
    match (national.len(), national.first()) {
        (9, Some(b'3' | b'5' | b'7' | b'8' | b'9')) => mobile(national, old_plan),
        (10, Some(b'1')) => {
            old_mobile(national).unwrap_or_else(|| Number::unreadable(PhoneWarning::UnknownPrefix))
        }
        (10, Some(b'2')) => landline(national),
        (..=8, _) | (9, Some(b'1' | b'2')) => hint(national, PhoneWarning::TooShort),
        (9, _) | (10, Some(b'0' | b'4' | b'6')) => hint(national, PhoneWarning::UnknownPrefix),
        _ => hint(national, PhoneWarning::TooLong),
    }
}

/// 069 (army and police) and 0672 (internet telephony).
fn is_service(national: &[u8]) -> bool {
    match national {
        [b'6', b'9', rest @ ..] => (5..=8).contains(&rest.len()),
        [b'6', b'7', b'2', rest @ ..] => (6..=7).contains(&rest.len()),
        _ => false,
    }
}

/// Hotlines and services: a number, but no person's own.
fn nobodys(national: &[u8]) -> Number {
    let phone = Phone::vietnamese(national);
    Number::of(PhoneKind::Hotline, phone, &[PhoneWarning::NotAPerson])
}

fn mobile(national: &[u8], old_plan: bool) -> Number {
    let phone = Phone::vietnamese(national);
    let known = table::is_mobile_now(national);
    let mut number = Number::of(PhoneKind::Mobile, phone, &[]);
    let doubtful = if old_plan {
        table::may_have_been_landline(national)
    } else {
        !known && table::old_area(national).is_some()
    };
    if doubtful {
        number = number.and(PhoneWarning::MaybeOldLandline);
    }
    if !known {
        number = number.and(PhoneWarning::UnknownPrefix);
    }
    number
}

/// Ten digits of the plan before 2018, converted; `None` if they are of no such prefix.
fn old_mobile(national: &[u8]) -> Option<Number> {
    let (prefix, rest) = national.split_first_chunk::<3>()?;
    let (_, now) = MOVED.iter().find(|(old, _)| *old == prefix)?;
    if rest.len() != 7 {
        return None;
    }
    let phone = Phone::vietnamese(&[*now, rest].concat());
    let warning = PhoneWarning::OldPrefixConverted;
    Some(Number::of(PhoneKind::Mobile, phone, &[warning]))
}

fn landline(national: &[u8]) -> Number {
    let number = Number::of(PhoneKind::Landline, Phone::vietnamese(national), &[]);
    if table::is_landline_now(national) {
        return number;
    }
    let old = table::old_area(national).is_some();
    let number = number.and(PhoneWarning::UnknownPrefix);
    if old {
        number.and(PhoneWarning::MaybeOldLandline)
    } else {
        number
    }
}

/// A landline of the plan before 2017 that can be nothing else today, converted.
fn old_landline(national: &[u8]) -> Option<Number> {
    let (area, subscriber) = table::old_area(national)?;
    if !area.sure || table::is_landline_now(national) {
        return None;
    }
    let now = [area.now, subscriber].concat();
    if !table::is_landline_now(&now) {
        return None;
    }
    let phone = Phone::vietnamese(&now);
    let warnings = [
        PhoneWarning::OldPrefixConverted,
        PhoneWarning::MaybeOldLandline,
    ];
    Some(Number::of(PhoneKind::Landline, phone, &warnings))
}

/// Unreadable, with a hint where an old landline would have had just these digits.
fn hint(national: &[u8], warning: PhoneWarning) -> Number {
    let number = Number::unreadable(warning);
    if table::old_area(national).is_some() {
        number.and(PhoneWarning::MaybeOldLandline)
    } else {
        number
    }
}
