//! The same invented leads for every store that is measured: no run, no machine, no order changes them.
mod terms;
mod words;

pub use terms::{Term, fold, terms};

/// Milliseconds since the Unix epoch at which the newest lead arrived.
pub const NEWEST_MS: i64 = 1_780_000_000_000;
/// Milliseconds between two arrivals.
pub const STEP_MS: i64 = 61_000;
/// How many branches there are.
pub const BRANCHES: usize = 12;
/// States, as their place in the product's own list: new, contacting, callback, booked, visited, declined, wrong number.
pub const STATES: usize = 7;

/// One invented lead.
pub struct Lead {
    /// 16 bytes, unique.
    pub id: [u8; 16],
    /// Full name.
    pub name: String,
    /// `0912345678`.
    pub phone: String,
    /// What the visitor asks.
    pub question: String,
    /// Arrival.
    pub received_ms: i64,
    /// Number of a state.
    pub state: usize,
    /// Number of a branch.
    pub branch: usize,
}

/// A small generator with a known sequence (xorshift*); not for secrets.
pub struct Random(u64);

impl Random {
    /// Starts a sequence.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.draw() >> 33) as usize % n
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// The front of a list is the common part, as with names and words in life.
    fn often<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let (one, other) = (self.below(list.len()), self.below(list.len()));
        list[one.min(other)]
    }
}

/// Lead number `i` of `n`; number `n - 1` is the newest.
#[must_use]
pub fn lead(i: usize, n: usize) -> Lead {
    let mut random = Random::new(i as u64 + 1);
    for _ in 0..4 {
        random.draw();
    }
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(i as u64).to_be_bytes());
    id[8..].copy_from_slice(&random.draw().to_be_bytes());
    Lead {
        id,
        name: name(&mut random),
        phone: phone(&mut random),
        question: question(&mut random),
        received_ms: NEWEST_MS - (n - 1 - i) as i64 * STEP_MS,
        state: [0, 0, 1, 1, 2, 3, 4, 4, 4, 5, 5, 6][random.below(12)],
        branch: random.below(BRANCHES),
    }
}

/// A branch's name.
#[must_use]
pub fn branch(number: usize) -> &'static str {
    words::BRANCHES[number % BRANCHES]
}

fn name(random: &mut Random) -> String {
    let family = random.often(words::FAMILY);
    let woman = random.below(100) < 58;
    let given = if woman { words::GIVEN_F } else { words::GIVEN_M };
    let mut name = family.to_owned();
    match random.below(10) {
        0 => {}
        1..=5 => {
            name.push(' ');
            name.push_str(if woman { "Thị" } else { "Văn" });
        }
        _ => {
            name.push(' ');
            name.push_str(random.pick(words::MIDDLE));
        }
    }
    if random.below(3) == 0 {
        name.push(' ');
        name.push_str(random.pick(given));
    }
    name.push(' ');
    name.push_str(random.often(given));
    name
}

fn phone(random: &mut Random) -> String {
    format!("{}{:07}", random.often(words::PREFIXES), random.below(10_000_000))
}

fn question(random: &mut Random) -> String {
    let mut text = String::new();
    if random.below(3) > 0 {
        text.push_str(random.pick(words::HELLO));
        text.push(' ');
    }
    clause(random, &mut text);
    while text.chars().count() < 58 || random.below(5) < 2 && text.chars().count() < 160 {
        text.push_str([", ", ". ", " - ", ", "][random.below(4)]);
        clause(random, &mut text);
    }
    text.push_str(random.pick(words::END));
    text
}

fn clause(random: &mut Random, text: &mut String) {
    let pattern = random.pick(words::PATTERNS);
    for part in pattern.split_inclusive('}') {
        let Some((plain, slot)) = part.strip_suffix('}').and_then(|part| part.split_once('{')) else {
            text.push_str(part);
            continue;
        };
        text.push_str(plain);
        match slot {
            "n" => text.push_str(&(1 + random.below(32)).to_string()),
            "tr" => text.push_str(&format!("{} triệu {}", 1 + random.below(90), random.below(10))),
            "date" => text.push_str(&format!("{}/{}", 1 + random.below(28), 1 + random.below(12))),
            "hour" => text.push_str(&format!("{}h{:02}", 8 + random.below(12), random.below(4) * 15)),
            "age" => text.push_str(&(3 + random.below(80)).to_string()),
            "syllable" => syllable(random, text),
            "service" => text.push_str(random.often(words::SERVICES)),
            "trouble" => text.push_str(random.often(words::TROUBLES)),
            "place" => text.push_str(random.pick(words::PLACES)),
            "who" => text.push_str(random.often(words::WHO)),
            "when" => text.push_str(random.pick(words::WHEN)),
            _ => text.push_str(random.pick(words::OTHER)),
        }
    }
}

/// Any syllable that Vietnamese could have: streets, brands, villages, misspellings.
fn syllable(random: &mut Random, text: &mut String) {
    text.push_str(random.pick(words::ONSETS));
    text.push_str(random.pick(words::RIMES));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_as_long_and_as_varied_as_in_life() {
        let leads: Vec<Lead> = (0..20_000).map(|i| lead(i, 20_000)).collect();
        let mean = |of: fn(&Lead) -> usize| leads.iter().map(of).sum::<usize>() / leads.len();
        let question = mean(|lead| lead.question.len());
        assert!((125..=150).contains(&question), "{question}");
        let name = mean(|lead| lead.name.len());
        assert!((15..=22).contains(&name), "{name}");
        let words: std::collections::HashSet<&str> =
            leads.iter().flat_map(|lead| lead.question.split_whitespace()).collect();
        assert!(words.len() > 4_000, "{}", words.len());
        let names: std::collections::HashSet<&str> = leads.iter().map(|lead| lead.name.as_str()).collect();
        assert!(names.len() > 8_000, "{}", names.len());
    }

    #[test]
    fn a_lead_is_the_same_whenever_it_is_made() {
        assert_eq!(lead(7, 10).question, lead(7, 10).question);
        assert_eq!(lead(7, 10).received_ms, NEWEST_MS - 2 * STEP_MS);
    }
}
