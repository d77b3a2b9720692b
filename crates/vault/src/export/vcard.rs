//! Contact cards for a telephone's address book: vCard 4.0 (RFC 6350) and 3.0 (RFC 2426).
use super::Unfit;
use super::cell::Contact;
use super::csv::END;
use super::run::Encode;

/// Bytes of one line before it is folded (RFC 6350, 3.2).
const FOLD: usize = 75;

/// Which vCard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardVersion {
    /// 3.0: what every telephone reads.
    V3,
    /// 4.0.
    V4,
}

/// Contact cards, one for each row.
pub struct VCard<R> {
    version: CardVersion,
    note: String,
    read: Box<dyn for<'a> Fn(&'a R) -> Contact<'a> + Send + Sync>,
}

impl<R> VCard<R> {
    /// `note` is on every card, as which lot it is of and until when it may be used; `read` finds
    /// whom a row is about.
    pub fn new(
        version: CardVersion,
        note: impl Into<String>,
        read: impl for<'a> Fn(&'a R) -> Contact<'a> + Send + Sync + 'static,
    ) -> Self {
        Self {
            version,
            note: note.into(),
            read: Box::new(read),
        }
    }
}

impl<R> Encode<R> for VCard<R> {
    fn head(&self, _out: &mut String) {}

    fn row(&self, row: &R, out: &mut String) -> Result<(), Unfit> {
        let contact = (self.read)(row);
        let number = contact.phone.e164();
        let name = match contact.name.trim() {
            "" => escaped(&contact.phone.display()),
            name => escaped(name),
        };
        line(out, "BEGIN:VCARD");
        let (version, tel) = match self.version {
            CardVersion::V3 => ("VERSION:3.0", format!("TEL;TYPE=CELL:{number}")),
            CardVersion::V4 => (
                "VERSION:4.0",
                format!("TEL;VALUE=uri;TYPE=cell:tel:{number}"),
            ),
        };
        line(out, version);
        line(out, &format!("FN:{name}"));
        // The whole name as the given one: a Vietnamese name is not cut into parts by guessing, and
        // a telephone that turns parts around leaves a single one alone.
        line(out, &format!("N:;{name};;{};", escaped(&contact.title)));
        line(out, &tel);
        if !self.note.is_empty() {
            line(out, &format!("NOTE:{}", escaped(&self.note)));
        }
        line(out, "END:VCARD");
        Ok(())
    }
}

/// A value: line ends, commas, semicolons and backslashes escaped, other control characters left out.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ',' | ';' => value.extend(['\\', c]),
            // A line end of two characters is one.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => value.push_str("\\n"),
            c if c.is_control() && c != '\t' => {}
            c => value.push(c),
        }
    }
    value
}

/// Folds between characters, never inside one.
fn line(out: &mut String, text: &str) {
    let mut room = FOLD;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str(END);
            out.push(' ');
            room = FOLD - 1;
        }
        room -= c.len_utf8();
        out.push(c);
    }
    out.push_str(END);
}
