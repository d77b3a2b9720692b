//! From a text to runs of digits: labels, separators, several numbers in one cell.
use super::national::{Number, read as judge};
use super::{PhoneKind, PhoneWarning, Reading};

/// Digits beside a number that are no number themselves: `0912345678 (2)`, `02438251234 101`.
const BESIDE_AT_MOST: usize = 4;

/// One run of digits that may be a number.
#[derive(Default)]
struct Run {
    /// It began with `+`.
    plus: bool,
    /// Its digits in groups, as the spaces, dots and dashes between them stood.
    groups: Vec<Group>,
    /// `9.12E+08`: a spreadsheet has rounded it.
    rounded: bool,
    /// Words stood between it and the run before.
    after_words: bool,
}

#[derive(Default)]
struct Group {
    /// ASCII digits.
    digits: Vec<u8>,
    /// A space stood before it.
    spaced: bool,
    /// A dot stood before it.
    dotted: bool,
}

impl Run {
    fn digits(&self) -> Vec<u8> {
        digits_of(&self.groups)
    }
}

fn digits_of(groups: &[Group]) -> Vec<u8> {
    groups
        .iter()
        .flat_map(|g| g.digits.iter().copied())
        .collect()
}

/// The value of a decimal digit of the scripts that meet us: Western, full-width, Arabic, and
/// those of our neighbours; as an ASCII digit.
pub(super) fn digit(c: char) -> Option<u8> {
    const ZEROS: [char; 11] = [
        '0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ed0}', '\u{1040}',
        '\u{17e0}', '\u{1810}', '\u{ff10}',
    ];
    let value = ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        (value < 10).then_some(value)
    })?;
    u8::try_from(value).ok().map(|value| b'0' + value)
}

/// What may stand inside a number without ending it.
fn joins(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\n' | '\r' | '\t')
        || matches!(
            c,
            '.' | '-' | '(' | ')' | '[' | ']' | '\'' | '’' | '‘' | '"' | '_' | '·' | '•'
        )
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
        || crate::text::is_invisible(c)
}

/// Reads a whole text.
pub(super) fn read(raw: &str, old_plan: bool) -> Reading {
    if raw.trim().is_empty() {
        return Reading::none();
    }
    let runs = runs(raw);
    let mut numbers: Vec<(Number, &Run)> = Vec::new();
    for run in &runs {
        numbers.extend(
            judge_run(run, old_plan)
                .into_iter()
                .map(|number| (number, run)),
        );
    }
    if !numbers.iter().any(|(number, _)| number.phone.is_some())
        && let Some(number) = judge_whole(&runs, old_plan)
    {
        return reading(number, None, false);
    }
    choose(numbers)
}

/// The first number of a person's own, else the first of any; then the next one that differs.
fn choose(mut numbers: Vec<(Number, &Run)>) -> Reading {
    let best = numbers
        .iter()
        .position(|(number, _)| number.reaches_a_person())
        .or_else(|| {
            numbers
                .iter()
                .position(|(number, _)| number.phone.is_some())
        })
        .or_else(|| longest(&numbers));
    let Some(best) = best else {
        return reading(Number::unreadable(PhoneWarning::TooShort), None, false);
    };
    let (first, run) = numbers.remove(best);
    let second = numbers
        .iter()
        .filter_map(|(number, _)| number.phone)
        .find(|phone| Some(*phone) != first.phone);
    let another = numbers.iter().any(|(number, other)| {
        let digits = other.digits().len();
        number.phone.is_none() && (digits >= 6 || digits >= 2 && !other.after_words)
    });
    // What stood before the number that was chosen is a label unless it is long.
    let more = second.is_some() || first.phone.is_some() && another && !run.rounded;
    reading(first, second, more)
}

fn longest(numbers: &[(Number, &Run)]) -> Option<usize> {
    let lengths = numbers.iter().map(|(_, run)| run.digits().len());
    // The first of equals.
    let (place, _) = lengths
        .enumerate()
        .min_by_key(|(_, len)| core::cmp::Reverse(*len))?;
    Some(place)
}

fn reading(number: Number, second: Option<super::Phone>, two: bool) -> Reading {
    let mut warnings = number.warnings;
    if two {
        warnings.push(PhoneWarning::TwoNumbers);
    }
    warnings.sort_unstable();
    warnings.dedup();
    Reading {
        first: number.phone,
        second,
        kind: number.kind,
        warnings,
    }
}

/// One run: a number, or two with a space between them or, where it is too long for one, any
/// sign. Beside a number may stand up to four digits that are none: an extension, a place in a list.
fn judge_run(run: &Run, old_plan: bool) -> Vec<Number> {
    if run.rounded {
        return vec![Number::unreadable(PhoneWarning::PrecisionLost)];
    }
    let whole = judge(&run.digits(), run.plus, old_plan);
    if whole.kind != PhoneKind::Unreadable {
        return vec![whole];
    }
    let too_long = whole.warnings.contains(&PhoneWarning::TooLong);
    let boundaries = run.groups.iter().enumerate().skip(1).take(16);
    let mut beside = None;
    for (place, _) in boundaries.filter(|(_, group)| too_long || group.spaced) {
        let [left, right] = [run.groups.get(..place), run.groups.get(place..)]
            .map(|groups| digits_of(groups.unwrap_or_default()));
        let few = left.len().min(right.len()) <= BESIDE_AT_MOST;
        let left = judge(&left, run.plus, old_plan);
        let right = judge(&right, false, old_plan);
        match (left.phone.is_some(), right.phone.is_some()) {
            (true, true) => return vec![left, right],
            // `024 3825 12345` is one landline too long, not a mobile without its zero after `024`.
            (true, false) | (false, true) if few && !guessed(&left) && !guessed(&right) => {
                beside = beside.or(Some([left, right]));
            }
            _ => {}
        }
    }
    if let Some([left, right]) = beside {
        return vec![left, right];
    }
    vec![whole]
}

fn guessed(number: &Number) -> bool {
    number.warnings.contains(&PhoneWarning::ExcelZeroRestored)
}

/// `0912/345/678`: what looked like several numbers may be one, if no words stand between.
fn judge_whole(runs: &[Run], old_plan: bool) -> Option<Number> {
    let (first, others) = runs.split_first()?;
    let plain = !first.rounded
        && others
            .iter()
            .all(|r| !r.plus && !r.rounded && !r.after_words);
    if others.is_empty() || !plain {
        return None;
    }
    let digits: Vec<u8> = runs.iter().flat_map(Run::digits).collect();
    let number = judge(&digits, first.plus, old_plan);
    number.phone.is_some().then_some(number)
}

/// Cuts a text into runs of digits.
fn runs(raw: &str) -> Vec<Run> {
    let chars: Vec<char> = raw.chars().collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut cutter = Cutter::default();
    let mut place = 0;
    while let Some(&c) = chars.get(place) {
        let before = place.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(place + 1).copied();
        if let Some(digit) = digit(c) {
            cutter.digit(digit);
        } else if matches!(c, '+' | '＋' | '﹢') {
            cutter.end(&mut runs);
            cutter.run.plus = true;
        } else if let Some(skip) = exponent(&chars, place) {
            cutter.run.rounded = true;
            cutter.end(&mut runs);
            place += skip;
        } else if is_spaced_dash(c, before, after) || !joins(c) {
            cutter.end(&mut runs);
            cutter.run.after_words |= c.is_alphabetic();
        } else {
            cutter.join(c);
        }
        place += 1;
    }
    cutter.end(&mut runs);
    runs
}

#[derive(Default)]
struct Cutter {
    run: Run,
    spaced: bool,
    dotted: bool,
    open: bool,
}

impl Cutter {
    fn digit(&mut self, digit: u8) {
        if !self.open {
            self.run.groups.push(Group {
                digits: Vec::new(),
                spaced: self.spaced,
                dotted: self.dotted,
            });
            (self.open, self.spaced, self.dotted) = (true, false, false);
        }
        if let Some(group) = self.run.groups.last_mut() {
            group.digits.push(digit);
        }
    }

    fn join(&mut self, c: char) {
        self.open = false;
        self.spaced |= c.is_whitespace();
        self.dotted |= c == '.';
    }

    fn end(&mut self, runs: &mut Vec<Run>) {
        if self.run.groups.is_empty() {
            // A `+` of which no digits came is only a sign; words before it still count.
            self.run.plus = false;
        } else {
            let mut run = core::mem::take(&mut self.run);
            drop_decimal(&mut run);
            runs.push(run);
        }
        (self.open, self.spaced, self.dotted) = (false, false, false);
    }
}

/// `912345678.0`: a table that took the number for an amount.
fn drop_decimal(run: &mut Run) {
    if let [number, zero] = &run.groups[..]
        && number.digits.len() >= 9
        && zero.dotted
        && zero.digits == b"0"
    {
        run.groups.truncate(1);
    }
}

/// ` - ` between two numbers, as opposed to a dash within one.
fn is_spaced_dash(c: char, before: Option<char>, after: Option<char>) -> bool {
    let space = |c: Option<char>| c.is_some_and(char::is_whitespace);
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}') && space(before) && space(after)
}

/// `E+08` right after a digit: how many characters follow the `E`.
fn exponent(chars: &[char], place: usize) -> Option<usize> {
    let c = chars.get(place)?;
    let after_digit = digit(*chars.get(place.checked_sub(1)?)?).is_some();
    if !after_digit || !matches!(c, 'e' | 'E') {
        return None;
    }
    let rest = chars.get(place + 1..)?;
    let sign = usize::from(matches!(rest.first(), Some('+' | '-')));
    let digits = rest
        .iter()
        .skip(sign)
        .take_while(|c| digit(**c).is_some())
        .count();
    (1..=3).contains(&digits).then_some(sign + digits)
}
