//! Days as tables write them.
use jiff::civil::Date;

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// It doesn't look like one.
    NotADate,
    /// No calendar has such a day.
    NoSuchDay,
    /// The month stands first, as in America: other days of this table can't be trusted either.
    MonthFirst,
}

/// A day written as `dd/MM/yyyy` (also with `-` or `.`, or two digits for a year of this century),
/// as `yyyy-MM-dd`, or as the serial number that a spreadsheet keeps for it (days since 1899-12-30);
/// a time behind it is ignored.
pub fn read_date(text: &str) -> Result<Date, DateFault> {
    let text = text.trim().trim_start_matches('\'');
    let first = text
        .split(|c: char| c.is_whitespace() || c == 'T' || c == ',')
        .next()
        .unwrap_or_default();
    if let Some(day) = serial(first) {
        return Ok(day);
    }
    let parts: Vec<&str> = first.split(['/', '-', '.']).collect();
    let &[a, b, c] = parts.as_slice() else {
        return Err(DateFault::NotADate);
    };
    let (year, month, day) = if a.len() == 4 {
        (number(a)?, number(b)?, number(c)?)
    } else {
        let year = number(c)?;
        let year = match c.len() {
            2 => year + 2000,
            4 => year,
            _ => return Err(DateFault::NotADate),
        };
        (year, number(b)?, number(a)?)
    };
    if month > 12 && day <= 12 {
        return Err(DateFault::MonthFirst);
    }
    civil(year, month, day).ok_or(DateFault::NoSuchDay)
}

/// From 1954 to 2119: five digits, and a time as a fraction.
fn serial(text: &str) -> Option<Date> {
    let (days, time) = text.split_once('.').unwrap_or((text, ""));
    if days.len() != 5 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let days: i32 = days.parse().ok()?;
    if !(20_000..=80_000).contains(&days) {
        return None;
    }
    let epoch = civil(1899, 12, 30)?;
    epoch.checked_add(jiff::Span::new().days(days)).ok()
}

fn number(text: &str) -> Result<i16, DateFault> {
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateFault::NotADate);
    }
    text.parse().map_err(|_| DateFault::NotADate)
}

fn civil(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
