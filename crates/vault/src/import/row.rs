//! One line by its layout: what it says about a person, and what of it can't be read.
use casebook::lead::Limits;
use casebook::name::Name;
use casebook::phone::{self, Phone, PhoneKind, Reading};
use casebook::text::{clean, fold, one_line};
use jiff::civil::Date;

use super::header::{Field, Layout, is_email};
use super::sheet::Line;
use super::{DateFault, read_date};

/// A cell with numbers: kept as written, and read.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    /// As written, cleaned, at most [`Limits::PHONE`] characters.
    pub raw: String,
    /// What it says; numbers older than the change of 2018 are read by the row's day.
    pub reading: Reading,
}

/// What the table says about consent to offers. A claim without evidence: it may be shown and asked
/// about, it never becomes an opt-in (Decree 356/2025 Art. 6.2: the controller proves consent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Claim {
    /// It says nothing.
    #[default]
    Silent,
    /// It says that the person agreed.
    SaysYes,
    /// It says that the person refused.
    SaysNo,
    /// It says something else.
    Unclear,
}

/// Why a clerk should look at a row before it becomes a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No name.
    NoName,
    /// No cell with a number.
    NoPhone,
    /// There is text for a number and none that reaches a person; see the reading's warnings.
    PhoneUnreadable,
    /// The day can't be read.
    DateUnreadable(DateFault),
    /// What stands for mail is no address; it is kept.
    EmailUnreadable,
    /// What is said about consent is neither yes nor no.
    ConsentUnclear,
    /// A text was longer than a record may hold, and cut.
    Cut(Field),
}

/// What one line says.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the line.
    pub line: u32,
    /// Name, NFC, maybe empty.
    pub name: Name,
    /// Cells with numbers, in the order of their columns.
    pub numbers: Vec<Number>,
    /// What was asked.
    pub question: String,
    /// Notes.
    pub note: String,
    /// The day on which it was written down.
    pub date: Option<Date>,
    /// Branch.
    pub branch: String,
    /// Mail address, small letters.
    pub email: String,
    /// Where the person came from.
    pub source: String,
    /// What it says about consent.
    pub claim: Claim,
    /// What to look at, in the order of [`Doubt`].
    pub doubts: Vec<Doubt>,
}

impl core::fmt::Debug for Row {
    /// Without personal data.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Row({}, {:?})", self.line, self.doubts)
    }
}

impl core::fmt::Debug for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Number(..)")
    }
}

impl Row {
    /// Every number that may reach a person, each once, first the one to call: for the lead and for
    /// finding those that are known already.
    #[must_use]
    pub fn phones(&self) -> Vec<Phone> {
        let mut phones = Vec::new();
        for number in &self.numbers {
            let reading = &number.reading;
            let first = reading.first.filter(|_| reading.kind != PhoneKind::Hotline);
            for phone in first.into_iter().chain(reading.second) {
                if !phones.contains(&phone) {
                    phones.push(phone);
                }
            }
        }
        phones
    }
}

/// Reads a line. `None` if it stands above the data or none of the columns that are read has text.
#[must_use]
pub fn parse(line: &Line, layout: &Layout) -> Option<Row> {
    if !layout.is_data(line.number) {
        return None;
    }
    let mut reader = Reader {
        line,
        layout,
        doubts: Vec::new(),
    };
    let row = reader.row();
    let says_something = !row.name.as_str().is_empty()
        || !row.numbers.is_empty()
        || ![&row.question, &row.note, &row.email]
            .iter()
            .all(|text| text.is_empty());
    says_something.then_some(row)
}

struct Reader<'a> {
    line: &'a Line,
    layout: &'a Layout,
    doubts: Vec<Doubt>,
}

impl Reader<'_> {
    fn row(&mut self) -> Row {
        let name = self.one(Field::Name, " ", Limits::NAME);
        if name.is_empty() {
            self.doubts.push(Doubt::NoName);
        }
        let (date, fault) = self.date();
        let numbers = self.numbers(date);
        let row = Row {
            line: self.line.number,
            name: Name::parse(&name),
            numbers,
            question: self.many(Field::Question, Limits::QUESTION),
            note: self.many(Field::Note, Limits::NOTE),
            date,
            branch: self.one(Field::Branch, " ", Limits::BRANCH),
            email: self.one(Field::Email, " ", Limits::PAGE).to_lowercase(),
            source: self.one(Field::Source, ", ", Limits::PERSON),
            claim: claim(&self.one(Field::Consent, " ", Limits::NOTE)),
            doubts: Vec::new(),
        };
        if row.numbers.is_empty() {
            self.doubts.push(Doubt::NoPhone);
        } else if row.phones().is_empty() {
            self.doubts.push(Doubt::PhoneUnreadable);
        }
        self.doubts.extend(fault.map(Doubt::DateUnreadable));
        if !row.email.is_empty() && !is_email(&row.email) {
            self.doubts.push(Doubt::EmailUnreadable);
        }
        if row.claim == Claim::Unclear {
            self.doubts.push(Doubt::ConsentUnclear);
        }
        let mut doubts = core::mem::take(&mut self.doubts);
        doubts.sort_by_key(|doubt| rank(*doubt));
        Row { doubts, ..row }
    }

    /// The texts of every column of a kind, in Unicode; not cleaned.
    fn texts(&self, field: Field) -> impl Iterator<Item = String> {
        let fields = self.layout.fields.iter().enumerate();
        fields
            .filter(move |(_, known)| **known == Some(field))
            .map(|(column, _)| self.line.cell(column))
            .filter(|cell| !cell.trim_matches([' ', '\t', '\r', '\n']).is_empty())
            .map(|cell| self.layout.text(cell))
    }

    fn one(&mut self, field: Field, joint: &str, max: usize) -> String {
        let joined = self.texts(field).collect::<Vec<_>>().join(joint);
        let whole = one_line(&joined, usize::MAX);
        self.within(field, &whole, max)
    }

    fn many(&mut self, field: Field, max: usize) -> String {
        let joined = self.texts(field).collect::<Vec<_>>().join("\n");
        let whole = clean(&joined, usize::MAX);
        self.within(field, &whole, max)
    }

    fn within(&mut self, field: Field, whole: &str, max: usize) -> String {
        let kept = clean(whole, max);
        if kept.len() < whole.len() {
            self.doubts.push(Doubt::Cut(field));
        }
        kept
    }

    fn date(&self) -> (Option<Date>, Option<DateFault>) {
        let mut fault = None;
        for text in self.texts(Field::Date) {
            match read_date(&text) {
                Ok(date) => return (Some(date), None),
                Err(why) => fault = fault.or(Some(why)),
            }
        }
        (None, fault)
    }

    fn numbers(&mut self, recorded: Option<Date>) -> Vec<Number> {
        let cells: Vec<String> = self.texts(Field::Phone).collect();
        let mut numbers = Vec::with_capacity(cells.len());
        for cell in cells {
            let whole = one_line(&cell, usize::MAX);
            if whole.is_empty() {
                continue;
            }
            let reading = phone::parse(&whole, recorded);
            let raw = self.within(Field::Phone, &whole, Limits::PHONE);
            numbers.push(Number { raw, reading });
        }
        numbers
    }
}

fn rank(doubt: Doubt) -> u8 {
    match doubt {
        Doubt::NoName => 0,
        Doubt::NoPhone => 1,
        Doubt::PhoneUnreadable => 2,
        Doubt::DateUnreadable(_) => 3,
        Doubt::EmailUnreadable => 4,
        Doubt::ConsentUnclear => 5,
        Doubt::Cut(_) => 6,
    }
}

fn claim(text: &str) -> Claim {
    let folded = fold(text);
    let said = folded.trim_matches(|c: char| !c.is_alphanumeric() && c != '✓' && c != '✔');
    match said {
        "" if text.is_empty() => Claim::Silent,
        "co" | "x" | "yes" | "y" | "true" | "1" | "dong y" | "ok" | "roi" | "da dong y" | "✓"
        | "✔" => Claim::SaysYes,
        "khong" | "no" | "n" | "false" | "0" | "tu choi" | "khong dong y" | "ko" | "k" | "chua" => {
            Claim::SaysNo
        }
        _ => Claim::Unclear,
    }
}
