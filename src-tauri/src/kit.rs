//! The recovery kit between founding and the proof that it is on paper: words, QR code, three questions.
use crate::failure::{Code, Failure};
use crate::status::Kit;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::{ECL, QRBuilder};
use rand::seq::index;
use zeroize::Zeroizing;

/// How many words the kit has.
const WORDS: usize = 24;
/// How many of them have to be typed back.
const ASKED: usize = 3;

/// A kit that nobody proved to have on paper yet. It lives in memory and nowhere else.
pub struct PendingKit {
    words: Zeroizing<String>,
    ask: [u8; ASKED],
}

impl PendingKit {
    /// A kit of these 24 words, with three places to ask for.
    #[must_use]
    pub fn new(words: Zeroizing<String>, rng: &mut impl rand::Rng) -> Self {
        let mut places = index::sample(rng, WORDS, ASKED).into_vec();
        places.sort_unstable();
        let mut ask = [0; ASKED];
        for (place, slot) in places.into_iter().zip(&mut ask) {
            *slot = u8::try_from(place + 1).unwrap_or(1);
        }
        Self { words, ask }
    }

    /// What the window shows and prints.
    pub fn show(&self) -> Result<Kit, Failure> {
        Ok(Kit {
            words: self.words.split_whitespace().map(str::to_owned).collect(),
            qr_svg: qr_svg(&self.words)?,
            ask: self.ask,
        })
    }

    /// Whether the words typed back are those at the places asked for; case and spaces don't matter.
    #[must_use]
    pub fn accepts(&self, answers: &[String]) -> bool {
        let words: Vec<&str> = self.words.split_whitespace().collect();
        answers.len() == self.ask.len()
            && self.ask.iter().zip(answers).all(|(&place, answer)| {
                words
                    .get(usize::from(place).wrapping_sub(1))
                    .is_some_and(|word| word.eq_ignore_ascii_case(answer.trim()))
            })
    }
}

/// A text as a QR code that survives a crease: a quarter of it may be unreadable.
pub(crate) fn qr_svg(words: &str) -> Result<String, Failure> {
    let code = QRBuilder::new(words)
        .ecl(ECL::Q)
        .build()
        .map_err(|_| Failure::with(Code::Internal, "qr"))?;
    Ok(SvgBuilder::default().to_str(&code))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn words() -> Zeroizing<String> {
        let words: Vec<String> = (1..=WORDS).map(|n| format!("word{n}")).collect();
        Zeroizing::new(words.join(" "))
    }

    #[test]
    fn three_different_places_within_the_kit_are_asked_for_in_order() {
        let mut rng = rand::rng();
        for _ in 0..500 {
            let ask = PendingKit::new(words(), &mut rng).ask;
            assert!(ask[0] >= 1 && ask[0] < ask[1] && ask[1] < ask[2] && ask[2] <= 24);
        }
    }

    #[test]
    fn the_words_asked_for_are_accepted_whatever_their_case() {
        let kit = PendingKit::new(words(), &mut rand::rng());
        let answers: Vec<String> = kit.ask.iter().map(|n| format!(" WORD{n} ")).collect();
        assert!(kit.accepts(&answers));
    }

    #[test]
    fn other_words_too_few_words_and_too_many_words_are_refused() {
        let kit = PendingKit::new(words(), &mut rand::rng());
        let right: Vec<String> = kit.ask.iter().map(|n| format!("word{n}")).collect();
        let mut wrong = right.clone();
        wrong.swap(0, 1);
        let mut longer = right.clone();
        longer.push(right[0].clone());
        assert!(!kit.accepts(&wrong));
        assert!(!kit.accepts(&right[..2]));
        assert!(!kit.accepts(&longer));
        assert!(!kit.accepts(&[]));
    }

    #[test]
    fn the_picture_is_an_svg_without_script_or_reference() {
        let kit = PendingKit::new(words(), &mut rand::rng()).show().unwrap();
        assert_eq!(kit.words.len(), WORDS);
        assert!(kit.qr_svg.starts_with("<svg") && kit.qr_svg.ends_with("</svg>"));
        assert!(!kit.qr_svg.contains("<script") && !kit.qr_svg.contains("href"));
        assert!(!kit.qr_svg.contains("word1"));
    }
}
