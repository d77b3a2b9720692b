//! Whether a word could be a Vietnamese syllable: initial, rime and tone that go together.
use unicode_normalization::UnicodeNormalization;

/// Consonants a syllable may begin with, longer ones first. `q` has its `u` either as part of the
/// rime (quyên) or not (quang), and so has `gi` its `i`.
const INITIALS: &[&str] = &[
    "ngh", "ng", "nh", "ch", "gh", "gi", "kh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "q", "r", "s", "t", "v", "x", "",
];

/// Every rime, without its tone.
const RIMES: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", //
    "ăc", "ăm", "ăn", "ăng", "ăp", "ăt", //
    "âc", "âm", "ân", "âng", "âp", "ât", "âu", "ây", //
    "e", "ec", "em", "en", "eng", "eo", "ep", "et", //
    "ê", "êch", "êm", "ên", "êng", "ênh", "êp", "êt", "êu", //
    "i", "ia", "ich", "im", "in", "inh", "ip", "it", "iu", //
    "iêc", "iêm", "iên", "iêng", "iêp", "iêt", "iêu", //
    "o", "oa", "oac", "oach", "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat", "oay",
    "oăc", "oăm", "oăn", "oăng", "oăt", "oc", "oe", "oen", "oeo", "oet", "oi", "om", "on", "ong",
    "ooc", "oong", "op", "ot", //
    "ô", "ôc", "ôi", "ôm", "ôn", "ông", "ôp", "ôt", //
    "ơ", "ơi", "ơm", "ơn", "ơp", "ơt", //
    "u", "ua", "uân", "uâng", "uât", "uây", "uc", "ui", "um", "un", "ung", "up", "ut", "uê",
    "uêch", "uênh", "uôc", "uôi", "uôm", "uôn", "uông", "uôt", "uơ", "uy", "uya", "uych", "uyên",
    "uyêt", "uynh", "uyt", "uyu", //
    "ư", "ưa", "ưc", "ưi", "ưm", "ưn", "ưng", "ưt", "ưu", "ươc", "ươi", "ươm", "ươn", "ương",
    "ươp", "ươt", "ươu", //
    "y", "yêm", "yên", "yêng", "yêt", "yêu",
];

/// Whether the word, in any case and normal form, is built like a Vietnamese syllable.
pub(super) fn is_vietnamese(word: &str) -> bool {
    let Some((plain, tone)) = without_tone(word) else {
        return false;
    };
    INITIALS.iter().any(|initial| {
        plain
            .strip_prefix(initial)
            .is_some_and(|rime| RIMES.contains(&rime) && tone.goes_with(rime))
    })
}

/// As far as it matters to which syllables a tone may stand on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    /// No mark.
    Level,
    /// Grave, hook or tilde.
    Open,
    /// Acute or dot below.
    Any,
}

impl Tone {
    /// A syllable that ends in a stop has only the rising or the heavy tone.
    fn goes_with(self, rime: &str) -> bool {
        self == Self::Any || !rime.ends_with(['c', 'p', 't']) && !rime.ends_with("ch")
    }
}

/// Small letters with their shapes (ă â ê ô ơ ư đ) and the tone apart; `None` if there is more than
/// one tone, or too much for a syllable.
fn without_tone(word: &str) -> Option<(String, Tone)> {
    const LONGEST: usize = 7;
    let mut tone = Tone::Level;
    let mut letters = String::with_capacity(16);
    for c in word.nfd() {
        let found = match c {
            '\u{300}' | '\u{303}' | '\u{309}' => Tone::Open,
            '\u{301}' | '\u{323}' => Tone::Any,
            _ => {
                letters.extend(c.to_lowercase());
                continue;
            }
        };
        if tone != Tone::Level {
            return None;
        }
        tone = found;
    }
    let plain: String = letters.nfc().collect();
    (plain.chars().count() <= LONGEST).then_some((plain, tone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_of_names_and_questions_are_vietnamese() {
        let text = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Thị Văn \
            Quỳnh Quốc Quyết Quang Giang Gì Giờ Nghĩa Khuyên Thuỳ Thúy Hòa Hoà Niềng răng sứ tẩy \
            trắng nhổ khôn cấy ghép implant bọc mấy tiền được không ạ ưu đãi Ý Yến uống nước";
        for word in text.split(' ').filter(|word| *word != "implant") {
            assert!(is_vietnamese(word), "{word}");
        }
    }

    #[test]
    fn words_of_other_languages_and_broken_ones_are_not() {
        for word in [
            "NguyÔn", "TrÇn", "Ph¹m", "Traàn", "Ñaëng", "café", "José", "Müller", "Việtt", "tàc",
            "hoàc", "áà", "naïve", "",
        ] {
            assert!(!is_vietnamese(word), "{word}");
        }
    }
}
