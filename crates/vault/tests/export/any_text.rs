//! Any text in any cell comes back as it was, or neutralised as documented.
use std::convert::Infallible;
use std::fs;

use calamine::{Data, Reader, Xlsx as Opened, open_workbook};
use jiff::civil::date;
use proptest::prelude::*;
use tempfile::TempDir;
use vault::export::{
    CardVersion, Cell, Column, Contact, Csv, Format, Letters, Line, Separator, Sms, Stamp, Table,
    VCard, Xlsx, neutral,
};

use super::{number, put, to};

const FORMULA: [char; 13] = [
    '=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−',
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \t\r\n\u{a0}\u{200b}\u{feff}']{0,3}[=+@＝＋－＠﹣−-]{0,2}[a-zđễ0-9\",;'\\\\\r\n_x]{0,12}",
        "(_x00[0-9A-F]{2}_|[\u{0}-\u{1f}\u{fffe}\u{ffff}]| ){0,4}",
    ]
}

type Texts = [String; 2];

fn any_rows() -> impl Strategy<Value = Vec<Texts>> {
    proptest::collection::vec([any_text(), any_text()], 1..30)
}

fn table() -> Table<Texts> {
    Table {
        columns: vec![
            Column::new("Một", |row: &Texts| Cell::text(&row[0])),
            Column::new("Hai", |row: &Texts| Cell::text(&row[1])),
        ],
    }
}

/// RFC 4180 as it is written, by nobody who wrote the writer.
fn parse(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        let cell = record.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            _ if quoted => cell.push(c),
            '\r' if chars.peek() == Some(&'\n') => {
                chars.next();
                records.push(vec![String::new()]);
            }
            _ if c == separator => record.push(String::new()),
            _ => cell.push(c),
        }
    }
    assert!(!quoted);
    records.pop();
    records
}

fn written<R: Clone, F>(format: &Format<R, F>, rows: &[R]) -> (TempDir, std::path::PathBuf) {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.xlsx");
    let lines = rows
        .iter()
        .map(|row| Ok::<_, Infallible>(Line::Row(row.clone())));
    put(format, &to(&path), lines).0.unwrap();
    (place, path)
}

fn looks_like_a_formula(cell: &str) -> bool {
    let seen = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    seen.starts_with(FORMULA.as_slice()) || cell.starts_with(['\t', '\r', '\n'])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_text_in_a_table_comes_back(rows in any_rows(), comma: bool) {
        let separator = if comma { Separator::Comma } else { Separator::Semicolon };
        let format: Format<_, ()> = Format::Csv(Csv { table: table(), separator });
        let (_place, path) = written(&format, &rows);
        let text = fs::read_to_string(path).unwrap();
        let records = parse(text.strip_prefix('\u{feff}').unwrap(), if comma { ',' } else { ';' });
        let expected = rows.iter().map(|row| row.each_ref().map(|text| neutral(text).into_owned()));
        prop_assert!(records.iter().skip(1).eq(expected.collect::<Vec<_>>().iter()));
        prop_assert!(!records.iter().flatten().any(|cell| looks_like_a_formula(cell)));
    }

    #[test]
    fn what_is_neutral_stays_and_only_an_apostrophe_is_ever_added(text in any_text()) {
        let once = neutral(&text).into_owned();
        let marked = format!("'{text}");
        prop_assert!(once == text || once == marked);
        prop_assert!(!looks_like_a_formula(&once));
        let twice = neutral(&once).into_owned();
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn any_name_in_an_sms_table_is_harmless(rows in any_rows(), plain: bool) {
        let letters = if plain { Letters::Plain } else { Letters::Accented };
        let format: Format<Texts, ()> = Format::Sms(Sms::new(letters, |row: &Texts| Contact {
            phone: number("0912345678"),
            name: row[0].as_str().into(),
            title: row[1].as_str().into(),
        }));
        let (_place, path) = written(&format, &rows);
        let text = fs::read_to_string(path).unwrap();
        let records = parse(text.strip_prefix('\u{feff}').unwrap(), ',');
        prop_assert_eq!(records.len(), 1 + rows.len());
        for cell in records.iter().flatten() {
            prop_assert!(!looks_like_a_formula(cell));
            prop_assert!(!plain || cell.is_ascii() && !cell.contains(['#', '&']));
        }
        prop_assert!(records.iter().all(|record| record.len() == 4));
    }

    #[test]
    fn any_name_on_a_card_comes_back(name in any_text(), v4: bool) {
        let version = if v4 { CardVersion::V4 } else { CardVersion::V3 };
        let format: Format<String, ()> = Format::VCard(VCard::new(version, "", |row: &String| Contact {
            phone: number("0912345678"),
            name: row.as_str().into(),
            title: "".into(),
        }));
        let (_place, path) = written(&format, core::slice::from_ref(&name));
        let text = fs::read_to_string(path).unwrap();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 75));
        let unfolded = text.replace("\r\n ", "");
        let lines: Vec<&str> = unfolded.split("\r\n").collect();
        prop_assert_eq!(lines.len(), 7);
        let mut back = String::new();
        let mut chars = lines[2].strip_prefix("FN:").unwrap().chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next().unwrap() {
                    'n' => back.push('\n'),
                    c => back.push(c),
                },
                c => back.push(c),
            }
        }
        let ends = name.trim().replace("\r\n", "\n");
        let kept: String = ends
            .chars()
            .map(|c| if matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') { '\n' } else { c })
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        let expected = if name.trim().is_empty() { "0912 345 678" } else { &kept };
        prop_assert_eq!(back, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_text_in_a_workbook_comes_back(rows in any_rows()) {
        // Written side by side, the beginning of a code and a character that is written as one can be read in two ways.
        let two_ways = |text: &String| text.contains('_') && text.contains(char::is_control);
        prop_assume!(!rows.iter().flatten().any(two_ways));
        let scratch = TempDir::new().unwrap();
        let format: Format<_, ()> = Format::Xlsx(Xlsx {
            stamp: Stamp {
                lot: rows[0][0].clone(),
                as_of: date(2026, 11, 25).at(8, 5, 0, 0),
                expires: date(2026, 11, 30),
                purpose: rows[0][1].clone(),
                channel: String::new(),
            },
            rows: table(),
            refused: Table { columns: Vec::new() },
            scratch: scratch.path().to_owned(),
        });
        let (_place, path) = written(&format, &rows);
        let mut book: Opened<_> = open_workbook(path).unwrap();
        let sheet = book.worksheet_range("Danh sách").unwrap();
        for (row, texts) in (1..).zip(&rows) {
            for (column, text) in (0..).zip(texts) {
                let back = match sheet.get_value((row, column)) {
                    Some(Data::String(back)) => back.as_str(),
                    Some(Data::Empty) | None => "",
                    Some(other) => panic!("not a text: {other:?}"),
                };
                prop_assert_eq!(back, neutral(text));
            }
        }
    }
}
