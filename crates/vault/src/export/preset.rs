//! Tables in the form that a campaign tool asks for. What it can't take is left out and told.
use casebook::name::Name;
use casebook::phone::Phone;

use super::Unfit;
use super::cell::{self, Cell, Column, Contact, Table};
use super::csv::{MARK, Record, Separator};
use super::run::Encode;

/// How a ZNS table writes a number; both are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneForm {
    /// Ten digits, `0912345678`.
    Zero,
    /// Eleven digits, `84912345678`: no spreadsheet eats a digit of it.
    Code84,
}

impl PhoneForm {
    fn write(self, phone: Phone) -> Result<String, Unfit> {
        if !phone.is_mobile() {
            return Err(Unfit::NotMobile);
        }
        Ok(match self {
            Self::Zero => phone.national_digits(),
            Self::Code84 => phone.e164().trim_start_matches('+').to_owned(),
        })
    }
}

/// Names that a ZNS template can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// Something else than letters, digits and `_`, or nothing at all.
    #[error("a parameter's name has a character that a template can't have")]
    Name,
    /// The same name twice.
    #[error("two columns have the same name")]
    Twice,
}

/// The CSV of a ZNS (ZBS Template Message) campaign: its columns are named as the template's
/// parameters, dates are `dd/MM/yyyy`, and a parameter has at most 30 characters (zalo.cloud,
/// "Những lưu ý khi đăng tải tệp danh sách").
pub struct Zns<R> {
    form: PhoneForm,
    phone_heading: String,
    phone: Box<dyn Fn(&R) -> Phone + Send + Sync>,
    params: Table<R>,
}

impl<R> Zns<R> {
    /// Rows of one file; what is beyond goes into the next one.
    pub const MOST_ROWS: u64 = 100_000;
    /// Characters of one parameter.
    pub const LONGEST: usize = 30;

    /// The number goes first, under `phone_heading`; each of `params` is headed by the name of the
    /// template's parameter.
    pub fn new(
        form: PhoneForm,
        phone_heading: &str,
        phone: impl Fn(&R) -> Phone + Send + Sync + 'static,
        params: Vec<Column<R>>,
    ) -> Result<Self, BadTemplate> {
        let mut names = vec![phone_heading];
        names.extend(params.iter().map(|param| param.heading.as_str()));
        let plain = |name: &&str| {
            let mut bytes = name.bytes();
            !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !names.iter().all(plain) {
            return Err(BadTemplate::Name);
        }
        names.sort_unstable();
        if names.windows(2).any(|two| two.first() == two.last()) {
            return Err(BadTemplate::Twice);
        }
        Ok(Self {
            form,
            phone_heading: phone_heading.to_owned(),
            phone: Box::new(phone),
            params: Table { columns: params },
        })
    }

    fn param(&self, cell: &Cell<'_>) -> Result<String, Unfit> {
        let text = match cell {
            Cell::Text(text) => cell::harmless(text),
            Cell::Phone(phone) => self.form.write(*phone)?,
            Cell::Date(date) => cell::day(*date),
            Cell::Count(count) => count.to_string(),
            Cell::Nothing => String::new(),
        };
        match text.chars().count() {
            0 => Err(Unfit::Empty),
            length if length > Self::LONGEST => Err(Unfit::TooLong),
            _ => Ok(text),
        }
    }
}

impl<R> Encode<R> for Zns<R> {
    fn head(&self, out: &mut String) {
        out.push_str(MARK);
        let mut record = Record::begin(Separator::Comma, out);
        record.cell(&self.phone_heading);
        for column in &self.params.columns {
            record.cell(&column.heading);
        }
        record.end();
    }

    fn row(&self, row: &R, out: &mut String) -> Result<(), Unfit> {
        let mut record = Record::begin(Separator::Comma, out);
        record.cell(&self.form.write((self.phone)(row))?);
        for column in &self.params.columns {
            record.cell(&self.param(&column.cell(row))?);
        }
        record.end();
        Ok(())
    }

    fn most_rows(&self) -> u64 {
        Self::MOST_ROWS
    }
}

/// Which letters an SMS table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Vietnamese as it is written.
    Accented,
    /// ASCII without `#` and `&`, as networks take an advertisement; what has no plain letter is left
    /// out.
    Plain,
}

/// The table for an SMS brandname agency: `SoDienThoai, HoTen, Ten, DanhXung`.
pub struct Sms<R> {
    letters: Letters,
    read: Box<dyn for<'a> Fn(&'a R) -> Contact<'a> + Send + Sync>,
}

impl<R> Sms<R> {
    /// `read` finds whom a row is about.
    pub fn new(
        letters: Letters,
        read: impl for<'a> Fn(&'a R) -> Contact<'a> + Send + Sync + 'static,
    ) -> Self {
        Self {
            letters,
            read: Box::new(read),
        }
    }

    fn text(&self, text: &str) -> String {
        match self.letters {
            Letters::Accented => cell::harmless(text),
            // Leaving a letter out may bring a dangerous one to the front.
            Letters::Plain => cell::harmless(&plain(text)),
        }
    }
}

impl<R> Encode<R> for Sms<R> {
    fn head(&self, out: &mut String) {
        out.push_str(MARK);
        let mut record = Record::begin(Separator::Comma, out);
        for heading in ["SoDienThoai", "HoTen", "Ten", "DanhXung"] {
            record.cell(heading);
        }
        record.end();
    }

    fn row(&self, row: &R, out: &mut String) -> Result<(), Unfit> {
        let contact = (self.read)(row);
        let mut record = Record::begin(Separator::Comma, out);
        record.cell(&PhoneForm::Zero.write(contact.phone)?);
        let name = Name::parse(&self.text(&contact.name));
        record.cell(name.as_str());
        // A last word of a longer name may begin with what the first one may not.
        record.cell(&cell::harmless(name.given()));
        record.cell(&self.text(&contact.title));
        record.end();
        Ok(())
    }
}

/// ASCII letters for Vietnamese ones, capitals kept.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut folded = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            plain.push(c);
            continue;
        }
        folded.clear();
        casebook::text::fold_into(c.encode_utf8(&mut [0; 4]), &mut folded);
        if c.is_uppercase() {
            folded.make_ascii_uppercase();
        }
        plain.extend(folded.chars().filter(char::is_ascii));
    }
    plain.retain(|c| !matches!(c, '#' | '&'));
    plain
}
