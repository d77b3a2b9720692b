//! Folding: what two spellings have in common once case and marks are ignored.
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Stands in the tables for a character that isn't folded by them.
const ELSE: u8 = 0;

/// U+00C0–U+01B4: Latin letters with marks, with Vietnamese Ă Đ Ĩ Ũ Ơ Ư among them.
/// Letters that have no plain form of one byte (Æ, ß, Þ, ŋ …) take the long way.
const LATIN: &[u8; 0xf5] = b"\
aaaaaa\0ceeeeiiiidnooooo\0\0uuuuy\0\0aaaaaa\0ceeeeiiiidnooooo\0\0uuuuy\0yaaaaaaccccccccd\
dddeeeeeeeeeegggggggghh\0\0iiiiiiiii\0\0\0jjkk\0llllll\0\0\0\0nnnnnn\0\0\0oooooo\0\0rrrr\
rrsssssssstttt\0\0uuuuuuuuuuuuwwyyyzzzzzz\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
\0\0\0\0\0\0\0\0\0oo\0\0\0\0\0\0\0\0\0\0\0\0\0uu\0\0\0\0";

/// U+1EA0–U+1EF9: the rest of the Vietnamese letters, capitals and small ones in turn.
const VIETNAMESE: &[u8; 0x5a] = b"\
aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyy\
yy";

/// For searching: lower case, without marks, đ (and ð, which bad files have in its place) as d.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded text. Names of a hundred thousand leads pass here, so plain letters go
/// eight at a time and Vietnamese ones through a table.
pub fn fold_into(text: &str, out: &mut String) {
    out.reserve(text.len());
    let mut rest = text;
    loop {
        let plain = ascii_prefix(rest.as_bytes());
        let (head, tail) = rest.split_at(plain);
        let from = out.len();
        out.push_str(head);
        if let Some(new) = out.get_mut(from..) {
            new.make_ascii_lowercase();
        }
        let mut chars = tail.chars();
        match chars.next() {
            Some(c) => fold_char(c, out),
            None => return,
        }
        rest = chars.as_str();
    }
}

/// Length of the ASCII at the start.
fn ascii_prefix(bytes: &[u8]) -> usize {
    let mut len = 0;
    for block in bytes.chunks_exact(8) {
        if !block.is_ascii() {
            break;
        }
        len += 8;
    }
    let rest = bytes.get(len..).unwrap_or_default();
    len + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

fn fold_char(c: char, out: &mut String) {
    let code = u32::from(c);
    let plain = match code {
        0xc0..=0x1b4 => look_up(LATIN, code - 0xc0),
        0x1ea0..=0x1ef9 => look_up(VIETNAMESE, code - 0x1ea0),
        0x300..=0x36f => return,
        _ => ELSE,
    };
    if plain == ELSE {
        fold_slowly(c, out);
    } else {
        out.push(char::from(plain));
    }
}

fn look_up(table: &[u8], place: u32) -> u8 {
    usize::try_from(place)
        .ok()
        .and_then(|place| table.get(place).copied())
        .unwrap_or(ELSE)
}

/// The definition that the tables shorten.
fn fold_slowly(c: char, out: &mut String) {
    for lower in c.to_lowercase() {
        for part in core::iter::once(lower)
            .nfd()
            .filter(|c| !is_combining_mark(*c))
        {
            out.push(match part {
                'đ' | 'ð' => 'd',
                other => other,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slowly(text: &str) -> String {
        let mut out = String::new();
        text.chars().for_each(|c| fold_slowly(c, &mut out));
        out
    }

    #[test]
    fn the_table_says_for_every_character_what_its_definition_says() {
        let wrong: Vec<(u32, String, String)> = ('\0'..='\u{ffff}')
            .map(|c| (u32::from(c), fold(&c.to_string()), slowly(&c.to_string())))
            .filter(|(_, table, definition)| table != definition)
            .collect();
        assert_eq!(wrong, []);
    }

    #[test]
    fn every_vietnamese_letter_folds_to_its_plain_one_in_both_forms() {
        let rows = [
            ("a", "aàảãáạăằẳẵắặâầẩẫấậ"),
            ("d", "dđ"),
            ("e", "eèẻẽéẹêềểễếệ"),
            ("i", "iìỉĩíị"),
            ("o", "oòỏõóọôồổỗốộơờởỡớợ"),
            ("u", "uùủũúụưừửữứự"),
            ("y", "yỳỷỹýỵ"),
        ];
        for (plain, letters) in rows {
            for letter in letters
                .chars()
                .flat_map(|c| [c.to_string(), c.to_uppercase().collect()])
            {
                let apart: String = letter.nfd().collect();
                assert_eq!(fold(&letter), plain, "{letter}");
                assert_eq!(fold(&apart), plain, "{letter} in parts");
            }
        }
    }

    #[test]
    fn the_letter_that_normal_forms_leave_alone_is_folded_too() {
        assert_eq!(fold("ĐẶNG Đức Ðạt ðông"), "dang duc dat dong");
        assert_eq!(fold("Nguyễn Thị Ánh Hường"), "nguyen thi anh huong");
    }

    proptest! {
        #[test]
        fn folding_in_one_go_is_folding_letter_by_letter(text: String) {
            prop_assert_eq!(fold(&text), slowly(&text));
        }

        #[test]
        fn folding_vietnamese_equals_stripping_marks(text in "[ a-zA-ZÀ-ỹđĐ0-9.]{0,60}") {
            let stripped: String = text
                .to_lowercase()
                .nfd()
                .filter(|c| !is_combining_mark(*c))
                .map(|c| if matches!(c, 'đ' | 'ð') { 'd' } else { c })
                .collect();
            // Capital sigma is the one letter whose small form depends on its place in the word.
            prop_assume!(!text.contains('Σ'));
            prop_assert_eq!(fold(&text), stripped);
        }

        #[test]
        fn what_is_folded_stays_as_it_is(text in "[ a-zA-ZÀ-ỹđĐ]{0,60}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
