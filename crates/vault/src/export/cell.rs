//! What a table is made of, and how a cell becomes text that no spreadsheet executes.
use std::borrow::Cow;

use casebook::phone::Phone;
use jiff::civil::Date;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Any text.
    Text(Cow<'a, str>),
    /// A number that can be dialled: written as in Viet Nam, `0912345678`.
    Phone(Phone),
    /// A day: written `dd/MM/yyyy`.
    Date(Date),
    /// How many; the only kind that is a number in a spreadsheet.
    Count(u32),
    /// Nothing is known.
    Nothing,
}

impl<'a> Cell<'a> {
    /// A text that lives in the row.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// As text for a spreadsheet.
    pub(super) fn for_sheet(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => neutral(text),
            Self::Phone(phone) => Cow::Owned(dialled(*phone)),
            Self::Date(date) => Cow::Owned(day(*date)),
            Self::Count(count) => Cow::Owned(count.to_string()),
            Self::Nothing => Cow::Borrowed(""),
        }
    }
}

type Read<R> = Box<dyn for<'a> Fn(&'a R) -> Cell<'a> + Send + Sync>;

/// One column of a table of `R`.
pub struct Column<R> {
    pub(super) heading: String,
    pub(super) width: u8,
    read: Read<R>,
}

impl<R> Column<R> {
    /// A column under a heading; `read` finds its cell in a row.
    pub fn new(
        heading: impl Into<String>,
        read: impl for<'a> Fn(&'a R) -> Cell<'a> + Send + Sync + 'static,
    ) -> Self {
        Self {
            heading: heading.into(),
            width: 20,
            read: Box::new(read),
        }
    }

    /// With another width than 20, in characters; only sheets have widths.
    #[must_use]
    pub fn wide(mut self, characters: u8) -> Self {
        self.width = characters;
        self
    }

    pub(super) fn cell<'a>(&self, row: &'a R) -> Cell<'a> {
        (self.read)(row)
    }
}

/// The columns of a list of `R`, from left to right.
pub struct Table<R> {
    /// Each of them.
    pub columns: Vec<Column<R>>,
}

/// Somebody to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact<'a> {
    /// The number.
    pub phone: Phone,
    /// The whole name.
    pub name: Cow<'a, str>,
    /// How to address this person: Anh, Chị, Cô …
    pub title: Cow<'a, str>,
}

/// What a spreadsheet takes for the beginning of a formula, with the forms that East Asian
/// keyboards type and that programs narrow on their way (OWASP, "CSV Injection").
const TRIGGERS: [char; 13] = [
    '=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−',
];

/// Whether programs skip it on their way to the first character that counts.
fn is_skipped(c: char) -> bool {
    let unseen = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
    );
    c.is_whitespace() || c.is_control() || unseen
}

fn is_dangerous(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        Some(byte) if byte.is_ascii_alphanumeric() => false,
        Some(b'\t' | b'\r' | b'\n') => true,
        Some(_) => text
            .trim_start_matches(is_skipped)
            .starts_with(TRIGGERS.as_slice()),
    }
}

/// The same text, with an apostrophe in front if a spreadsheet might take it for a formula: if it
/// begins with a tab or a line end, or if the first character that shows is one of `= + - @`, narrow,
/// wide or small, or the minus sign.
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    if is_dangerous(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// One line of text without what might make it a formula: for texts that customers read.
#[must_use]
pub fn harmless(text: &str) -> String {
    let line = casebook::text::one_line(text, usize::MAX);
    let bare = line.trim_start_matches(|c| is_skipped(c) || TRIGGERS.contains(&c));
    bare.to_owned()
}

/// Digits only: a plus in front would begin a formula, so a foreign number begins with `00`.
pub(super) fn dialled(phone: Phone) -> String {
    let digits = phone.national_digits();
    if phone.e164().starts_with("+84") {
        digits
    } else {
        format!("00{digits}")
    }
}

/// `dd/MM/yyyy`.
pub(super) fn day(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}
