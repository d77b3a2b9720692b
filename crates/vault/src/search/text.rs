//! The folded text of up to 64 neighbouring leads, in one run, so that a scan reads memory in order.
use super::accent::{self, END};
use super::secret::Secret;
use crate::directory::{Indexed, ROWS};

/// Between the fields of a head.
pub(crate) const FIELD: u8 = 0x1f;
/// Around the initials of a name.
pub(crate) const INITIALS: u8 = 0x1e;

/// One lead's text, ready to be put away.
#[derive(Default)]
pub(crate) struct Folded {
    /// Name, numbers, order, initials.
    head: Secret,
    /// Question.
    body: Secret,
    /// Accents of the head, `END`, accents of the body, `END`.
    marks: Secret,
}

impl Folded {
    /// Folds a lead's text; reuses the room of the one before.
    pub(crate) fn fill(&mut self, facts: &Indexed<'_>) {
        self.head.clear();
        self.body.clear();
        self.marks.clear();
        accent::split(facts.name, &mut self.head, &mut self.marks);
        let name = self.head.len();
        self.head.push(FIELD);
        self.numbers(facts);
        if let Some(order) = facts.order {
            let mut plain = Secret::default();
            accent::split(order, &mut self.head, &mut plain);
        }
        self.initials(name);
        self.marks.push(END);
        accent::split(facts.question, &mut self.body, &mut self.marks);
        self.body.push(FIELD);
        self.marks.push(END);
    }

    fn numbers(&mut self, facts: &Indexed<'_>) {
        match facts.phone {
            Some(first) => self.number(first),
            None => self.digits(facts.raw_phone),
        }
        if let Some(second) = facts.second_phone {
            self.number(second);
        }
    }

    fn number(&mut self, e164: &str) {
        match e164.strip_prefix("+84") {
            Some(national) => {
                self.head.push(b'0');
                self.digits(national);
            }
            None => self.digits(e164),
        }
    }

    fn digits(&mut self, text: &str) {
        for digit in text.bytes().filter(u8::is_ascii_digit) {
            self.head.push(digit);
        }
        self.head.push(FIELD);
    }

    fn initials(&mut self, name: usize) {
        self.head.push(INITIALS);
        let mut at = 0;
        while at < name {
            let starts = self.head[at] != b' ' && (at == 0 || self.head[at - 1] == b' ');
            if starts && self.head[at].is_ascii_alphabetic() {
                // Capitals, which no folded word has: only a question for initials finds them.
                let letter = self.head[at].to_ascii_uppercase();
                self.head.push(letter);
            }
            at += 1;
        }
        self.head.push(INITIALS);
    }
}

/// Where one lead's parts end in its block.
#[derive(Clone, Copy, Default)]
struct Ends {
    head: u32,
    body: u32,
    marks: u32,
}

/// One lead's text in its block.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    /// Name, numbers, order, initials; folded.
    pub(crate) head: &'a [u8],
    /// Question; folded.
    pub(crate) body: &'a [u8],
    marks: &'a [u8],
}

impl<'a> Record<'a> {
    #[cfg(test)]
    pub(super) fn new(head: &'a [u8], body: &'a [u8], marks: &'a [u8]) -> Self {
        Self { head, body, marks }
    }

    /// Has a letter with this accent at all.
    pub(crate) fn has_accent(&self, accent: u8) -> bool {
        self.marks.iter().any(|mark| mark & 0x1f == accent)
    }

    /// Accents of the head.
    pub(crate) fn head_marks(&self) -> &'a [u8] {
        &self.marks[..self.middle()]
    }

    /// Accents of the body.
    pub(crate) fn body_marks(&self) -> &'a [u8] {
        &self.marks[self.middle()..]
    }

    fn middle(&self) -> usize {
        memchr::memchr(END, self.marks).map_or(self.marks.len(), |at| at + 1)
    }
}

/// The block.
#[derive(Default)]
pub(crate) struct TextBlock {
    head: Secret,
    body: Secret,
    marks: Secret,
    ends: Vec<Ends>,
    /// Its column in the signatures.
    pub(crate) sign: u32,
    /// Texts taken out since the signature was made.
    pub(crate) stale: u8,
}

fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl TextBlock {
    /// An empty block with its place in the signatures.
    pub(crate) fn new(sign: u32) -> Self {
        Self {
            sign,
            ..Self::default()
        }
    }

    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Rows in it.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, at: usize) -> Ends {
        at.checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn record(&self, at: usize) -> Record<'_> {
        let (start, end) = (self.start(at), self.ends[at]);
        Record {
            head: &self.head[start.head as usize..end.head as usize],
            body: &self.body[start.body as usize..end.body as usize],
            marks: &self.marks[start.marks as usize..end.marks as usize],
        }
    }

    /// The row that a byte of the heads belongs to, and the byte behind that row.
    pub(crate) fn row_of_head(&self, byte: usize) -> (usize, usize) {
        let row = self.ends.partition_point(|end| end.head as usize <= byte);
        (
            row,
            self.ends
                .get(row)
                .map_or(self.head.len(), |end| end.head as usize),
        )
    }

    /// The row that a byte of the bodies belongs to, and the byte behind that row.
    pub(crate) fn row_of_body(&self, byte: usize) -> (usize, usize) {
        let row = self.ends.partition_point(|end| end.body as usize <= byte);
        (
            row,
            self.ends
                .get(row)
                .map_or(self.body.len(), |end| end.body as usize),
        )
    }

    /// Holds exactly this text at a row.
    pub(crate) fn holds(&self, at: usize, text: &Folded) -> bool {
        let record = self.record(at);
        record.head == &*text.head && record.body == &*text.body && record.marks == &*text.marks
    }

    /// Puts a text in as row `at`.
    pub(crate) fn insert(&mut self, at: usize, text: &Folded) {
        let start = self.start(at);
        self.ends.insert(at, start);
        self.splice(at, text);
        if self.ends.len() == ROWS {
            self.fit();
        }
    }

    /// Replaces a row's text.
    pub(crate) fn replace(&mut self, at: usize, text: &Folded) {
        self.splice(at, text);
        self.stale = self.stale.saturating_add(1);
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, at: usize) {
        self.splice(at, &Folded::default());
        self.ends.remove(at);
        self.stale = self.stale.saturating_add(1);
    }

    fn splice(&mut self, at: usize, text: &Folded) {
        let (start, end) = (self.start(at), self.ends[at]);
        let put = |into: &mut Secret, start: u32, end: u32, new: &[u8]| {
            into.replace(start as usize, (end - start) as usize, new);
            i64::from(start) + i64::from(small(new.len())) - i64::from(end)
        };
        let head = put(&mut self.head, start.head, end.head, &text.head);
        let body = put(&mut self.body, start.body, end.body, &text.body);
        let marks = put(&mut self.marks, start.marks, end.marks, &text.marks);
        let moved = |end: u32, by: i64| u32::try_from(i64::from(end) + by).unwrap_or(u32::MAX);
        for end in &mut self.ends[at..] {
            *end = Ends {
                head: moved(end.head, head),
                body: moved(end.body, body),
                marks: moved(end.marks, marks),
            };
        }
    }

    /// Gives rows from `at` on to a new block.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let mut ends = self.ends.split_off(at);
        for end in &mut ends {
            *end = Ends {
                head: end.head - start.head,
                body: end.body - start.body,
                marks: end.marks - start.marks,
            };
        }
        self.ends.shrink_to_fit();
        Self {
            head: self.head.split_off(start.head as usize),
            body: self.body.split_off(start.body as usize),
            marks: self.marks.split_off(start.marks as usize),
            ends,
            sign: 0,
            stale: 0,
        }
    }

    fn fit(&mut self) {
        self.head.fit();
        self.body.fit();
        self.marks.fit();
        self.ends.shrink_to_fit();
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.head.capacity()
            + self.body.capacity()
            + self.marks.capacity()
            + self.ends.capacity() * size_of::<Ends>()
    }
}
