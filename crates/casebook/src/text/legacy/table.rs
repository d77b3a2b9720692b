//! The old tables: which character, seen through Windows-1252, stood for which letter.
use unicode_normalization::UnicodeNormalization;

/// TCVN 5712:1993 VN3, bytes above 0xA0. They are the same characters in Windows-1252.
pub(super) const TCVN3: &[(u8, char)] = &[
    (0xa1, 'Ă'),
    (0xa2, 'Â'),
    (0xa3, 'Ê'),
    (0xa4, 'Ô'),
    (0xa5, 'Ơ'),
    (0xa6, 'Ư'),
    (0xa7, 'Đ'),
    (0xa8, 'ă'),
    (0xa9, 'â'),
    (0xaa, 'ê'),
    (0xab, 'ô'),
    (0xac, 'ơ'),
    (0xad, 'ư'),
    (0xae, 'đ'),
    (0xb5, 'à'),
    (0xb6, 'ả'),
    (0xb7, 'ã'),
    (0xb8, 'á'),
    (0xb9, 'ạ'),
    (0xbb, 'ằ'),
    (0xbc, 'ẳ'),
    (0xbd, 'ẵ'),
    (0xbe, 'ắ'),
    (0xc6, 'ặ'),
    (0xc7, 'ầ'),
    (0xc8, 'ẩ'),
    (0xc9, 'ẫ'),
    (0xca, 'ấ'),
    (0xcb, 'ậ'),
    (0xcc, 'è'),
    (0xce, 'ẻ'),
    (0xcf, 'ẽ'),
    (0xd0, 'é'),
    (0xd1, 'ẹ'),
    (0xd2, 'ề'),
    (0xd3, 'ể'),
    (0xd4, 'ễ'),
    (0xd5, 'ế'),
    (0xd6, 'ệ'),
    (0xd7, 'ì'),
    (0xd8, 'ỉ'),
    (0xdc, 'ĩ'),
    (0xdd, 'í'),
    (0xde, 'ị'),
    (0xdf, 'ò'),
    (0xe1, 'ỏ'),
    (0xe2, 'õ'),
    (0xe3, 'ó'),
    (0xe4, 'ọ'),
    (0xe5, 'ồ'),
    (0xe6, 'ổ'),
    (0xe7, 'ỗ'),
    (0xe8, 'ố'),
    (0xe9, 'ộ'),
    (0xea, 'ờ'),
    (0xeb, 'ở'),
    (0xec, 'ỡ'),
    (0xed, 'ớ'),
    (0xee, 'ợ'),
    (0xef, 'ù'),
    (0xf1, 'ủ'),
    (0xf2, 'ũ'),
    (0xf3, 'ú'),
    (0xf4, 'ụ'),
    (0xf5, 'ừ'),
    (0xf6, 'ử'),
    (0xf7, 'ữ'),
    (0xf8, 'ứ'),
    (0xf9, 'ự'),
    (0xfa, 'ỳ'),
    (0xfb, 'ỷ'),
    (0xfc, 'ỹ'),
    (0xfd, 'ý'),
    (0xfe, 'ỵ'),
];

/// VNI letters that stand alone.
pub(super) const VNI_ALONE: &[(char, char)] = &[
    ('ñ', 'đ'),
    ('ô', 'ơ'),
    ('ö', 'ư'),
    ('í', 'í'),
    ('ì', 'ì'),
    ('æ', 'ỉ'),
    ('ó', 'ĩ'),
    ('ò', 'ị'),
    ('î', 'ỵ'),
];

/// VNI marks behind a letter: which letters take them, and what they add to it.
pub(super) const VNI_MARKS: &[(char, &str, &str)] = &[
    ('ù', "aeouyôö", "\u{301}"),
    ('ø', "aeouyôö", "\u{300}"),
    ('û', "aeouyôö", "\u{309}"),
    ('õ', "aeouyôö", "\u{303}"),
    ('ï', "aeouôö", "\u{323}"),
    ('â', "aeo", "\u{302}"),
    ('á', "aeo", "\u{302}\u{301}"),
    ('à', "aeo", "\u{302}\u{300}"),
    ('å', "aeo", "\u{302}\u{309}"),
    ('ã', "aeo", "\u{302}\u{303}"),
    ('ä', "aeo", "\u{302}\u{323}"),
    ('ê', "a", "\u{306}"),
    ('é', "a", "\u{306}\u{301}"),
    ('è', "a", "\u{306}\u{300}"),
    ('ú', "a", "\u{306}\u{309}"),
    ('ü', "a", "\u{306}\u{303}"),
    ('ë', "a", "\u{306}\u{323}"),
];

/// Where Windows-1258 differs from Windows-1252: four letters in both cases, five tones that follow
/// their letter, and the currency.
pub(super) const WINDOWS_1258: &[(char, char)] = &[
    ('Ã', 'Ă'),
    ('ã', 'ă'),
    ('Ð', 'Đ'),
    ('ð', 'đ'),
    ('Õ', 'Ơ'),
    ('õ', 'ơ'),
    ('Ý', 'Ư'),
    ('ý', 'ư'),
    ('Ì', '\u{300}'),
    ('Ò', '\u{309}'),
    ('Þ', '\u{303}'),
    ('ì', '\u{301}'),
    ('ò', '\u{323}'),
    ('þ', '₫'),
];

/// Windows-1252 from 0x80 to 0x9F; the five bytes without a character stand for themselves.
const UPPER_CONTROLS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte that Windows-1252 shows as this character.
fn windows_1252(c: char) -> Option<u8> {
    if let Some(at) = UPPER_CONTROLS.iter().position(|known| *known == c) {
        return u8::try_from(at + 0x80).ok();
    }
    let byte = u8::try_from(c).ok()?;
    (!(0x80..0xa0).contains(&byte)).then_some(byte)
}

/// Whether a character could have come out of Windows-1252.
pub(super) fn is_windows_1252(c: char) -> bool {
    windows_1252(c).is_some()
}

/// The character that Windows-1252 shows for a byte.
#[cfg(test)]
pub(super) fn seen_as_windows_1252(byte: u8) -> char {
    let at = usize::from(byte).wrapping_sub(0x80);
    UPPER_CONTROLS.get(at).copied().unwrap_or(char::from(byte))
}

pub(super) fn tcvn3(text: &str) -> String {
    let letter = |c: char| {
        let byte = u8::try_from(c).ok()?;
        let at = TCVN3.binary_search_by_key(&byte, |row| row.0).ok()?;
        TCVN3.get(at).map(|row| row.1)
    };
    text.chars().map(|c| letter(c).unwrap_or(c)).nfc().collect()
}

pub(super) fn windows_1258(text: &str) -> String {
    let letter = |c: char| WINDOWS_1258.iter().find(|row| row.0 == c).map(|row| row.1);
    text.chars().map(|c| letter(c).unwrap_or(c)).nfc().collect()
}

pub(super) fn vni(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let small = lower(c);
        match VNI_ALONE.iter().find(|row| row.0 == small) {
            Some((_, letter)) if c != small => letters.extend(letter.to_uppercase()),
            Some((_, letter)) => letters.push(*letter),
            None => letters.push(c),
        }
        let mark = chars.peek().and_then(|next| vni_mark(small, lower(*next)));
        if let Some(mark) = mark {
            letters.push_str(mark);
            chars.next();
        }
    }
    letters.nfc().collect()
}

fn vni_mark(letter: char, mark: char) -> Option<&'static str> {
    VNI_MARKS
        .iter()
        .find(|(known, takers, _)| *known == mark && takers.contains(letter))
        .map(|(_, _, adds)| *adds)
}

/// The small letter, as far as these tables need it: one for one.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Puts sequences of UTF-8 together that were read byte by byte as Windows-1252; whatever is no
/// whole sequence stays.
pub(super) fn utf8_again(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (letter, len) = sequence(rest).unwrap_or((c, c.len_utf8()));
        out.push(letter);
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

/// The character whose bytes the text begins with, and how much of the text they take.
fn sequence(text: &str) -> Option<(char, usize)> {
    let lead = windows_1252(text.chars().next()?)?;
    let count = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0_u8; 4];
    let mut taken = 0;
    let mut chars = text.chars();
    for place in bytes.get_mut(..count)? {
        let c = chars.next()?;
        taken += c.len_utf8();
        *place = windows_1252(c)?;
    }
    let letter = core::str::from_utf8(bytes.get(..count)?).ok()?;
    Some((letter.chars().next()?, taken))
}
