//! Every table there and back, and the detector on names of each kind.
use super::*;
use proptest::prelude::*;

const SMALL: &str =
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ";

const NAMES: &[&str] = &[
    "Nguyễn Thị Ánh Hường",
    "Trần Văn Đức",
    "Lê Hoàng Phương Thảo",
    "Phạm Quốc Bảo",
    "Huỳnh Ngọc Trâm",
    "Hoàng Thị Mỹ Duyên",
    "Phan Đình Phùng",
    "Vũ Thị Hạnh",
    "Võ Minh Triết",
    "Đặng Thùy Dương",
    "Bùi Xuân Trường",
    "Đỗ Thị Hồng Nhung",
    "Hồ Quỳnh Như",
    "Ngô Bảo Châu",
    "Dương Thế Vỹ",
    "Lý Thường Kiệt",
    "Đinh Tiến Đạt",
    "Trịnh Khánh Ly",
    "Mai Phước Lộc",
    "Cao Thị Bích Thủy",
    "Lưu Gia Huệ",
    "Tạ Hữu Nghĩa",
    "Châu Mẫn Nghi",
    "Tôn Nữ Diệu Hiền",
];

const QUESTIONS: &[&str] = &[
    "Niềng răng mắc cài sứ giá bao nhiêu ạ?",
    "Nhổ răng khôn mọc lệch, đau nhức 3 ngày rồi",
    "Tẩy trắng răng có ưu đãi cuối năm không",
];

/// TCVN3 has capitals for seven letters only.
fn in_tcvn3(text: &str) -> String {
    text.chars()
        .map(|c| {
            let row = table::TCVN3.iter().find(|row| row.1 == c);
            row.map_or(c, |row| char::from(row.0))
        })
        .collect()
}

fn in_vni(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let small = c.to_lowercase().next().unwrap();
        let spelled = vni_letter(small);
        if c == small {
            out.push_str(&spelled);
        } else {
            out.push_str(&spelled.to_uppercase());
        }
    }
    out
}

fn vni_letter(small: char) -> String {
    if let Some(row) = table::VNI_ALONE.iter().find(|row| row.1 == small) {
        return row.0.to_string();
    }
    let alone = |base: char| table::VNI_ALONE.iter().find(|row| row.0 == base);
    for (mark, takers, adds) in table::VNI_MARKS {
        for base in takers.chars() {
            let letter = alone(base).map_or(base, |row| row.1);
            let composed: String = format!("{letter}{adds}").nfc().collect();
            if composed == small.to_string() {
                return format!("{base}{mark}");
            }
        }
    }
    small.to_string()
}

fn in_windows_1258(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let mut shape = String::new();
        let mut tone = None;
        for part in c.to_string().nfd() {
            match part {
                '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tone = Some(part),
                _ => shape.push(part),
            }
        }
        for part in shape.nfc().chain(tone) {
            let row = table::WINDOWS_1258.iter().find(|row| row.1 == part);
            out.push(row.map_or(part, |row| row.0));
        }
    }
    out
}

fn in_mojibake(text: &str) -> String {
    text.bytes().map(table::seen_as_windows_1252).collect()
}

fn written(script: Script, text: &str) -> String {
    match script {
        Script::Unicode => text.to_owned(),
        Script::Tcvn3 => in_tcvn3(text),
        Script::Vni => in_vni(text),
        Script::Windows1258 => in_windows_1258(text),
        Script::Mojibake => in_mojibake(text),
        Script::MojibakeTwice => in_mojibake(&in_mojibake(text)),
    }
}

#[test]
fn every_letter_comes_back_from_every_way_it_was_written() {
    for script in Script::ALL {
        for letter in SMALL.chars() {
            let letter = letter.to_string();
            assert_eq!(
                script.convert(&written(script, &letter)),
                letter,
                "{script:?}"
            );
            if script != Script::Tcvn3 {
                let capital = letter.to_uppercase();
                let back = script.convert(&written(script, &capital));
                assert_eq!(back, capital, "{script:?}");
            }
        }
    }
    assert_eq!(Script::Tcvn3.convert("¡ ¢ £ ¤ ¥ ¦ §"), "Ă Â Ê Ô Ơ Ư Đ");
}

#[test]
fn text_as_found_in_old_files_is_read() {
    let table = [
        (
            Script::Tcvn3,
            "NguyÔn TrÇn §Æng Ph¹m Lª Bïi",
            "Nguyễn Trần Đặng Phạm Lê Bùi",
        ),
        (Script::Tcvn3, "H\u{ad}\u{ea}ng", "Hường"),
        (Script::Tcvn3, "H\u{ad}¬ng", "Hương"),
        (Script::Tcvn3, "NGUYÔN V¡N Hµ", "NGUYỄN VĂN HÀ"),
        (Script::Tcvn3, "Hµ T«", "Hà Tô"),
        (Script::Vni, "Nguyeãn Traàn Ñaëng", "Nguyễn Trần Đặng"),
        (Script::Vni, "AÙnh aùnh Höôøng Aùnh", "Ánh ánh Hường Ánh"),
        (Script::Vni, "Lyù Quyønh Vyõ", "Lý Quỳnh Vỹ"),
        (Script::Mojibake, "Nguyá»…n", "Nguyễn"),
        (Script::Mojibake, "HÃ\u{a0} Ná»™i – Huế", "Hà Nội – Huế"),
        (
            Script::Windows1258,
            "NguyêÞn TrâÌn Ðãòng",
            "Nguyễn Trần Đặng",
        ),
    ];
    for (script, raw, expected) in table {
        assert_eq!(script.convert(raw), expected, "{script:?}");
    }
    assert_eq!(Script::Unicode.convert("Tra\u{302}\u{300}n"), "Trần");
}

#[test]
fn a_cleaner_leaves_the_letter_that_looks_like_a_soft_hyphen() {
    let kept = crate::text::one_line("  H\u{ad}\u{ea}ng ", 100);
    assert_eq!(Script::Tcvn3.convert(&kept), "Hường");
}

#[test]
fn the_detector_names_the_way_of_each_file_and_of_each_kind_of_cell() {
    assert!(NAMES.len() >= 20);
    for script in Script::ALL {
        for sample in [NAMES, QUESTIONS] {
            let cells: Vec<String> = sample.iter().map(|cell| written(script, cell)).collect();
            let guesses = guess(cells.iter().map(String::as_str));
            assert_eq!(guesses[0].script, script, "{guesses:?}");
            assert!(guesses[0].score > 0.95, "{script:?}: {guesses:?}");
            let next = guesses.get(1).map_or(0.0, |guess| guess.score);
            assert!(next < 0.9, "{script:?}: {guesses:?}");
        }
    }
}

#[test]
fn names_in_parts_are_plain_text() {
    let cells: Vec<String> = NAMES.iter().map(|name| name.nfd().collect()).collect();
    let guesses = guess(cells.iter().map(String::as_str));
    assert_eq!(guesses[0].script, Script::Unicode);
    assert!(guesses[0].score > 0.95);
}

#[test]
fn text_that_tells_nothing_is_plain_text() {
    let english = [
        "John Smith",
        "Whitening, price?",
        "0912 345 678",
        "",
        "a@b.vn",
    ];
    let samples: [&[&str]; 3] = [&english, &["Café José", "Müller"], &[]];
    for sample in samples {
        let guesses = guess(sample.iter().copied());
        assert_eq!(guesses[0].script, Script::Unicode, "{guesses:?}");
    }
    assert_eq!(guess(english)[0].cells, english.len());
}

#[test]
fn a_mixed_file_shows_both_its_ways_and_is_converted_cell_by_cell() {
    let mixed: Vec<String> = NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| match at % 3 {
            0 => (*name).to_owned(),
            _ => in_tcvn3(name),
        })
        .collect();
    let guesses = guess(mixed.iter().map(String::as_str));
    assert_eq!(guesses[0].script, Script::Tcvn3, "{guesses:?}");
    assert!(guesses[0].cells > NAMES.len() / 2);
    let plain = guesses.iter().find(|guess| guess.script == Script::Unicode);
    assert!(plain.unwrap().cells >= NAMES.len() / 3, "{guesses:?}");
    for (cell, name) in mixed.iter().zip(NAMES) {
        assert_eq!(Script::Tcvn3.convert_if_better(cell), *name);
    }
}

fn syllable() -> impl Strategy<Value = String> {
    let letters: Vec<char> = SMALL.chars().collect();
    let small = prop::collection::vec(prop::sample::select(letters), 1..6);
    (
        prop::sample::select(vec!["N", "Th", "Tr", "Đ", "Ng", "Ă", "Ơ"]),
        small,
    )
        .prop_map(|(first, rest)| first.to_owned() + &rest.iter().collect::<String>())
}

proptest! {
    #[test]
    fn any_name_comes_back_from_every_way_it_was_written(
        words in prop::collection::vec(syllable(), 1..5),
    ) {
        let name = words.join(" ");
        for script in Script::ALL {
            // Two letters may look like one letter with its mark; then nobody can tell.
            let raw = written(script, &name);
            let unclear = script == Script::Vni && words.iter().any(|word| runs_together(word));
            let shouted = script == Script::Tcvn3 && !name.chars().any(|c| c.is_ascii_lowercase());
            if !unclear && !shouted {
                prop_assert_eq!(script.convert(&raw), name.clone(), "{:?}", script);
            }
        }
    }

    #[test]
    fn known_names_in_any_order_come_back(
        names in prop::collection::vec(prop::sample::select(NAMES.to_vec()), 1..6),
    ) {
        let text = names.join("; ");
        for script in Script::ALL {
            prop_assert_eq!(script.convert(&written(script, &text)), text.clone(), "{:?}", script);
        }
    }

    #[test]
    fn no_text_makes_any_of_it_panic(text in "[ -~\u{80}-\u{ff}À-ỹ€™»…\u{300}-\u{323}]{0,40}") {
        for script in Script::ALL {
            let _ = (script.convert(&text), script.convert_if_better(&text));
        }
        let _ = guess([text.as_str()]);
    }
}

/// Whether a letter that needs no mark stands before one that VNI writes as a mark does.
fn runs_together(word: &str) -> bool {
    let letters: Vec<String> = word.chars().map(|c| in_vni(&c.to_string())).collect();
    letters.windows(2).any(|pair| {
        let joined = pair.concat();
        Script::Vni.convert(&joined)
            != Script::Vni.convert(&pair[0]) + &Script::Vni.convert(&pair[1])
    })
}
