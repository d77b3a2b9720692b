//! What the typed words ask for: all of them, in any order, anywhere.
use memchr::memmem::Finder;
use zeroize::Zeroizing;

use super::accent;
use super::secret::Secret;
use super::text::{INITIALS, Record};

/// More words than this are not looked at.
const CLAUSES: usize = 12;
/// More characters than this are not looked at.
const CHARS: usize = 200;

/// Which part of a lead a needle may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Head or body.
    Anywhere,
    /// Head only: digits of a number.
    Head,
    /// Body only: a number's text as typed.
    Body,
    /// Initials, which rank like the body.
    Initials,
}

/// One run of bytes to find.
pub(crate) struct Needle {
    finder: Finder<'static>,
    pub(crate) accents: Vec<(usize, u8)>,
    pub(crate) scope: Scope,
}

impl Needle {
    fn new(folded: &[u8], accents: Vec<(usize, u8)>, scope: Scope) -> Self {
        Self {
            finder: Finder::new(folded).into_owned(),
            accents,
            scope,
        }
    }

    fn digits(digits: &str) -> Self {
        Self::new(digits.as_bytes(), Vec::new(), Scope::Head)
    }

    fn word(word: &str) -> Self {
        let (mut folded, mut marks) = (Secret::default(), Secret::default());
        accent::split(word, &mut folded, &mut marks);
        Self::new(&folded, accent::read(&marks).collect(), Scope::Anywhere)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.finder.needle()
    }

    pub(crate) fn finder(&self) -> &Finder<'static> {
        &self.finder
    }

    fn in_part(&self, text: &[u8], marks: &[u8], exact: bool) -> bool {
        if !exact || self.accents.is_empty() {
            return self.finder.find(text).is_some();
        }
        let len = self.bytes().len();
        self.finder
            .find_iter(text)
            .any(|at| accent::same(marks, at, len, &self.accents))
    }

    /// May stand in the head, initials aside.
    pub(crate) fn for_head(&self) -> bool {
        matches!(self.scope, Scope::Anywhere | Scope::Head)
    }

    /// May stand in the body.
    pub(crate) fn for_body(&self) -> bool {
        matches!(self.scope, Scope::Anywhere | Scope::Body)
    }

    fn in_head(&self, record: &Record<'_>, exact: bool) -> bool {
        self.for_head() && self.in_part(record.head, record.head_marks(), exact)
    }

    fn in_record(&self, record: &Record<'_>, exact: bool) -> bool {
        self.scope != Scope::Body && self.in_part(record.head, record.head_marks(), exact)
            || self.for_body() && self.in_part(record.body, record.body_marks(), exact)
    }
}

/// One thing asked for; any of its needles will do.
pub(crate) struct Clause {
    pub(crate) needles: Vec<Needle>,
}

impl Clause {
    /// Asked for in the head?
    pub(crate) fn in_head(&self, record: &Record<'_>, exact: bool) -> bool {
        self.needles
            .iter()
            .any(|needle| needle.in_head(record, exact))
    }

    fn in_record(&self, record: &Record<'_>, exact: bool) -> bool {
        self.needles
            .iter()
            .any(|needle| needle.in_record(record, exact))
    }

    fn contains(&self, other: &Self) -> bool {
        // A clause is spared when another one holds only if that other one is sure to imply it.
        let ([mine], [theirs]) = (&self.needles[..], &other.needles[..]) else {
            return false;
        };
        mine.scope == theirs.scope
            && theirs.accents.is_empty()
            && memchr::memmem::find(mine.bytes(), theirs.bytes()).is_some()
    }
}

/// How well a lead fits; smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Everything in name, number or order, accents as typed.
    ExactHead,
    /// Accents as typed.
    Exact,
    /// Everything in name, number or order.
    Head,
    /// All the same.
    Folded,
}

/// The whole question.
pub(crate) struct Query {
    pub(crate) clauses: Vec<Clause>,
    pub(crate) accented: bool,
}

impl Query {
    /// Reads what was typed; `None` when nothing was.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = Zeroizing::new(casebook::text::one_line(text, CHARS));
        let tokens: Vec<&str> = text
            .split_whitespace()
            .map(trim)
            .filter(|token| !token.is_empty())
            .collect();
        let mut clauses: Vec<Clause> = Vec::new();
        let mut at = 0;
        while at < tokens.len() && clauses.len() < CLAUSES {
            let run = tokens[at..]
                .iter()
                .take_while(|token| numeric(token))
                .count();
            clauses.push(if run == 0 {
                word(tokens[at], tokens.len() == 1)
            } else {
                number(&tokens[at..at + run])
            });
            at += run.max(1);
        }
        let clauses = without_implied(clauses);
        let accented = clauses
            .iter()
            .flat_map(|clause| &clause.needles)
            .any(|needle| !needle.accents.is_empty());
        (!clauses.is_empty()).then_some(Self { clauses, accented })
    }

    /// Everything asked for stands in the head, accents aside.
    pub(crate) fn in_head(&self, record: &Record<'_>) -> bool {
        self.clauses
            .iter()
            .all(|clause| clause.in_head(record, false))
    }

    /// Cheap and necessary for accents as typed: the lead has such accents at all.
    pub(crate) fn may_be_exact(&self, record: &Record<'_>) -> bool {
        self.clauses.iter().all(|clause| match &clause.needles[..] {
            [one] => one
                .accents
                .iter()
                .all(|(_, accent)| record.has_accent(*accent)),
            _ => true,
        })
    }

    /// Rank of a lead whose head holds everything.
    pub(crate) fn rank_head(&self, record: &Record<'_>) -> Rank {
        if !self.accented
            || self
                .clauses
                .iter()
                .all(|clause| clause.in_head(record, true))
        {
            Rank::ExactHead
        } else if self
            .clauses
            .iter()
            .all(|clause| clause.in_record(record, true))
        {
            Rank::Exact
        } else {
            Rank::Head
        }
    }

    /// Rank of a lead whose head doesn't hold everything; `None` when something is missing.
    pub(crate) fn rank_body(&self, record: &Record<'_>) -> Option<Rank> {
        if !self
            .clauses
            .iter()
            .all(|clause| clause.in_record(record, false))
            || self.in_head(record)
        {
            None
        } else if !self.accented
            || self
                .clauses
                .iter()
                .all(|clause| clause.in_record(record, true))
        {
            Some(Rank::Exact)
        } else {
            Some(Rank::Folded)
        }
    }
}

/// Punctuation around a word is not part of it, unless nothing else is there.
fn trim(token: &str) -> &str {
    let bare = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '+');
    if bare.is_empty() { token } else { bare }
}

fn numeric(token: &str) -> bool {
    token.bytes().any(|b| b.is_ascii_digit())
        && token
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+.-()".contains(&b))
}

fn word(word: &str, alone: bool) -> Clause {
    let mut needles = vec![Needle::word(word)];
    // Two letters would be the initials of half the clinic.
    if alone && (3..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphabetic()) {
        let mut initials = vec![INITIALS];
        initials.extend(word.to_ascii_uppercase().bytes());
        initials.push(INITIALS);
        needles.push(Needle::new(&initials, Vec::new(), Scope::Initials));
    }
    Clause { needles }
}

/// Digits in one or several groups: a piece of a number however it was written, or the same text in the question.
fn number(tokens: &[&str]) -> Clause {
    let typed = tokens.join(" ");
    let digits: String = typed
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(char::from)
        .collect();
    let mut forms = Vec::new();
    let abroad = typed
        .starts_with('+')
        .then_some(digits.as_str())
        .or_else(|| digits.strip_prefix("00"));
    match abroad.and_then(|digits| digits.strip_prefix("84")) {
        Some(national) => forms.push(format!("0{}", national.trim_start_matches('0'))),
        None => forms.push(digits.clone()),
    }
    if let Some(national) = digits
        .strip_prefix("84")
        .filter(|rest| abroad.is_none() && !rest.is_empty())
    {
        forms.push(format!("0{}", national.trim_start_matches('0')));
    }
    // A number of before 2018 stands in its new form.
    if let Some(phone) = (digits.len() >= 9)
        .then(|| casebook::phone::parse(&typed, None).first)
        .flatten()
    {
        forms.push(phone.national_digits());
    }
    let mut needles: Vec<Needle> = Vec::new();
    for form in &forms {
        if needles
            .iter()
            .all(|needle| needle.bytes() != form.as_bytes())
        {
            needles.push(Needle::digits(form));
        }
    }
    needles.push(Needle {
        scope: Scope::Body,
        ..Needle::word(&typed)
    });
    Clause { needles }
}

/// Drops words that stand inside another asked word: finding that one finds them.
fn without_implied(clauses: Vec<Clause>) -> Vec<Clause> {
    let implied = |i: usize| {
        clauses.iter().enumerate().any(|(j, other)| {
            i != j && other.contains(&clauses[i]) && (j < i || !clauses[i].contains(other))
        })
    };
    let keep: Vec<bool> = (0..clauses.len()).map(|i| !implied(i)).collect();
    clauses
        .into_iter()
        .zip(keep)
        .filter(|(_, keep)| *keep)
        .map(|(clause, _)| clause)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn needles(text: &str) -> Vec<Vec<String>> {
        let query = Query::parse(text).unwrap();
        let show = |needle: &Needle| String::from_utf8_lossy(needle.bytes()).into_owned();
        query
            .clauses
            .iter()
            .map(|clause| clause.needles.iter().map(show).collect())
            .collect()
    }

    #[test]
    fn a_number_is_found_however_it_is_typed() {
        assert_eq!(needles("345"), [["345", "345"]]);
        assert_eq!(needles("0912 34"), [["091234", "0912 34"]]);
        assert_eq!(needles("0912.34"), [["091234", "0912.34"]]);
        assert_eq!(needles("+84912"), [["0912", "+84912"]]);
        assert_eq!(needles("+84 0912"), [["0912", "+84 0912"]]);
        assert_eq!(needles("0084 912"), [["0912", "0084 912"]]);
        assert_eq!(needles("8491"), [["8491", "091", "8491"]]);
        assert_eq!(needles("84"), [["84", "84"]]);
        assert_eq!(needles("+84"), [["0", "+84"]]);
    }

    #[test]
    fn words_lose_accents_and_punctuation_and_those_inside_others() {
        assert_eq!(needles("  Nguyễn,  \"An\" "), [["nguyen"], ["an"]]);
        assert_eq!(needles("guyen thi th"), [["guyen"], ["thi"]]);
        assert_eq!(needles("an An AN"), [["an"]]);
        assert_eq!(needles("?"), [["?"]]);
        assert!(Query::parse("  \u{0} \t").is_none());
    }

    #[test]
    fn an_accented_word_is_kept_beside_a_plain_one_that_holds_it() {
        assert_eq!(needles("hang hà"), [["hang"], ["ha"]]);
        assert!(Query::parse("hà").unwrap().accented);
        assert!(!Query::parse("ha").unwrap().accented);
    }

    #[test]
    fn a_short_word_alone_may_be_initials() {
        assert_eq!(needles("nva"), [["nva", "\u{1e}NVA\u{1e}"]]);
        assert_eq!(needles("nva 345").first().unwrap().len(), 1);
        assert_eq!(needles("an").first().unwrap().len(), 1);
    }
}
