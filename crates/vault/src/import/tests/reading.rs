//! From lines to rows.
use super::super::row::{Claim, Doubt, Row, parse};
use super::super::{header, read_date};
use super::*;
use casebook::phone::PhoneWarning;
use casebook::text::legacy::Script;
use jiff::civil::date;

fn rows(lines: &[Line]) -> Vec<Row> {
    let layout = header::guess(lines);
    lines
        .iter()
        .filter_map(|line| parse(line, &layout))
        .collect()
}

#[test]
fn titles_in_both_languages_with_and_without_marks_are_known() {
    let table = [
        ("Họ và tên", Some(Field::Name)),
        ("HO TEN KH", Some(Field::Name)),
        ("Tên khách hàng", Some(Field::Name)),
        ("Full Name", Some(Field::Name)),
        ("SĐT", Some(Field::Phone)),
        ("so dien thoai", Some(Field::Phone)),
        ("Điện thoại (Zalo)", Some(Field::Phone)),
        ("Phone_Number", Some(Field::Phone)),
        ("Nội dung tư vấn", Some(Field::Question)),
        ("NHU CẦU", Some(Field::Question)),
        ("Tên dịch vụ", Some(Field::Question)),
        ("Ghi chú", Some(Field::Note)),
        ("Ngày", Some(Field::Date)),
        ("Ngày tạo", Some(Field::Date)),
        ("Chi nhánh", Some(Field::Branch)),
        ("E-mail", Some(Field::Email)),
        ("Nguồn", Some(Field::Source)),
        ("Đồng ý nhận tin", Some(Field::Consent)),
        ("Đồng ý nhận tin qua Zalo", Some(Field::Consent)),
        ("Ngày sinh", None),
        ("Mã khách hàng", None),
        ("STT", None),
        ("", None),
    ];
    for (title, expected) in table {
        assert_eq!(header::field_of(title), expected, "{title}");
    }
}

#[test]
fn a_header_is_found_below_a_title() {
    let layout = header::guess(&lines(&[
        "DANH SÁCH KHÁCH HÀNG THÁNG 11|||",
        "Chi nhánh Quận 1|||",
        "STT|Họ tên|Điện thoại|Ghi chú",
        "1|Lê Ý|0912345678|gọi sau 17h",
        "2|Đỗ Hà|0987654321|",
    ]));
    assert_eq!(layout.header, Some(3));
    let expected = [
        None,
        Some(Field::Name),
        Some(Field::Phone),
        Some(Field::Note),
    ];
    assert_eq!(layout.fields, expected);
    assert_eq!(layout.script, Script::Unicode);
    assert!(!layout.cell_by_cell);
}

#[test]
fn without_a_header_columns_are_known_by_what_stands_in_them() {
    let sample = lines(&[
        "0912345678|Lê Thị Ý|y@nhakhoa.vn|03/11/2026",
        "0987 654 321|Đỗ Hà||04/11/2026",
        "hỏi lại|Trần Văn Bình||",
    ]);
    let layout = header::guess(&sample);
    assert_eq!(layout.header, None);
    let expected = [Field::Phone, Field::Name, Field::Email, Field::Date].map(Some);
    assert_eq!(layout.fields, expected);
    assert_eq!(rows(&sample).len(), 3);
}

#[test]
fn neither_a_birthday_nor_a_colleague_is_taken_for_what_is_missing() {
    let layout = header::guess(&lines(&[
        "Nhân viên|Ngày sinh|SĐT|Liên lạc|Hạn",
        "Lê Thị Ý|03/11/1990|0912345678|y@nhakhoa.vn|03/11/2026",
        "Lê Thị Ý|04/11/1991|0987654321|b@nhakhoa.vn|04/11/2026",
    ]));
    let expected = [None, None, Some(Field::Phone), Some(Field::Email), None];
    assert_eq!(layout.fields, expected);
}

#[test]
fn a_row_says_who_how_to_call_what_and_when() {
    let rows = rows(&lines(&[
        "Họ tên|SĐT|Nhu cầu|Ghi chú|Ngày|Chi nhánh|Email|Nguồn|Đồng ý nhận tin",
        "  Tra\u{302}\u{300}n  Thị Hường |0912.345.678 / 0987654321|Niềng răng|mẹ|03/11/2026|Q.1|A@B.vn|FB|Có",
        "Lê Ý|912345678|||2026-11-04 10:05:00||||",
        "||||||||",
        "Đỗ Hà|9.12E+08||||||a@|có lẽ",
    ]));
    assert_eq!(rows.len(), 3);
    let first = &rows[0];
    assert_eq!(first.name.as_str(), "Trần Thị Hường");
    let numbers: Vec<String> = first
        .phones()
        .iter()
        .map(casebook::phone::Phone::e164)
        .collect();
    assert_eq!(numbers, ["+84912345678", "+84987654321"]);
    assert_eq!(
        (first.question.as_str(), first.note.as_str()),
        ("Niềng răng", "mẹ")
    );
    assert_eq!(first.date, Some(date(2026, 11, 3)));
    assert_eq!(first.email, "a@b.vn");
    assert_eq!(
        (first.branch.as_str(), first.source.as_str()),
        ("Q.1", "FB")
    );
    assert_eq!(first.claim, Claim::SaysYes);
    assert_eq!(first.doubts, []);
    let reading = &rows[1].numbers[0].reading;
    assert_eq!(reading.warnings, [PhoneWarning::ExcelZeroRestored]);
    assert_eq!(rows[1].date, Some(date(2026, 11, 4)));
    let third = &rows[2];
    assert_eq!(
        third.numbers[0].reading.warnings,
        [PhoneWarning::PrecisionLost]
    );
    assert_eq!(
        third.doubts,
        [Doubt::PhoneUnreadable, Doubt::ConsentUnclear]
    );
}

#[test]
fn several_columns_of_a_kind_are_read_together() {
    let rows = rows(&lines(&[
        "Họ|Tên|Điện thoại 1|Điện thoại 2",
        "Trần Thị|Hường|0912345678|0912 345 678",
        "Lê|Ý|1900 1234|0987654321",
    ]));
    assert_eq!(rows[0].name.as_str(), "Trần Thị Hường");
    assert_eq!(rows[0].numbers.len(), 2);
    assert_eq!(rows[0].phones().len(), 1);
    assert_eq!(rows[1].phones()[0].e164(), "+84987654321");
}

#[test]
fn a_table_of_old_letters_is_known_by_its_title_and_read() {
    let sample = lines(&[
        "Hä vµ tªn|§iÖn tho¹i|Ghi chó",
        "NguyÔn ThÞ H\u{ad}\u{ea}ng|0912345678|\u{ad}u tiªn",
        "§Æng V¨n §øc|0987654321|",
    ]);
    let layout = header::guess(&sample);
    assert_eq!(layout.script, Script::Tcvn3);
    assert!(!layout.cell_by_cell);
    let rows = rows(&sample);
    assert_eq!(rows[0].name.as_str(), "Nguyễn Thị Hường");
    assert_eq!(rows[0].note, "ưu tiên");
    assert_eq!(rows[1].name.as_str(), "Đặng Văn Đức");
}

#[test]
fn a_table_of_two_ways_is_read_cell_by_cell() {
    let plain = ["Nguyễn Thị Hường|0912345678", "Lê Văn Đức|0912345679"];
    let old = [
        "NguyÔn ThÞ H\u{ad}\u{ea}ng|0912345678",
        "§Æng V¨n §øc|0912345679",
    ];
    for (many, few) in [(plain, old), (old, plain)] {
        let sample = lines(&[&["Tên|SĐT"], &many[..], &many, &few].concat());
        let layout = header::guess(&sample);
        assert_eq!((layout.script, layout.cell_by_cell), (Script::Tcvn3, true));
        let rows = rows(&sample);
        assert_eq!(rows[0].name.as_str(), "Nguyễn Thị Hường");
        assert_eq!(rows[4].name.as_str(), "Nguyễn Thị Hường");
    }
}

#[test]
fn a_number_older_than_the_change_is_read_by_the_day_of_its_row() {
    let rows = rows(&lines(&["Tên|SĐT|Ngày", "Lê Ý|0838123456|01/03/2016"]));
    let warnings = &rows[0].numbers[0].reading.warnings;
    assert!(warnings.contains(&PhoneWarning::MaybeOldLandline));
}

#[test]
fn days_are_read_in_every_usual_form() {
    let third = date(2026, 11, 3);
    for text in [
        "03/11/2026",
        "3/11/2026",
        "3-11-26",
        "03.11.2026",
        "2026-11-03",
        "2026/11/3",
        "2026-11-03T10:00:00Z",
        "03/11/2026 10:05",
        "46329",
        "46329.5",
        " '03/11/2026 ",
    ] {
        assert_eq!(read_date(text), Ok(third), "{text}");
    }
    for (text, fault) in [
        ("11/25/2026", DateFault::MonthFirst),
        ("31/02/2026", DateFault::NoSuchDay),
        ("00/00/0000", DateFault::NoSuchDay),
        ("hôm qua", DateFault::NotADate),
        ("0912345678", DateFault::NotADate),
        ("", DateFault::NotADate),
        ("1/2/3/4", DateFault::NotADate),
    ] {
        assert_eq!(read_date(text), Err(fault), "{text}");
    }
}

#[test]
fn what_a_table_says_about_consent_is_only_a_claim() {
    let says = |text: &str| {
        let layout = Layout {
            header: None,
            fields: vec![Some(Field::Name), Some(Field::Consent)],
            script: Script::Unicode,
            cell_by_cell: false,
        };
        parse(&lines(&[&format!("An|{text}")])[0], &layout)
            .unwrap()
            .claim
    };
    for (text, claim) in [
        ("", Claim::Silent),
        ("Có", Claim::SaysYes),
        ("x", Claim::SaysYes),
        ("Đồng ý", Claim::SaysYes),
        ("không", Claim::SaysNo),
        ("FALSE", Claim::SaysNo),
        ("Không đồng ý", Claim::SaysNo),
        ("để hỏi lại", Claim::Unclear),
        ("?", Claim::Unclear),
    ] {
        assert_eq!(says(text), claim, "{text}");
    }
}

#[test]
fn a_text_too_long_is_cut_and_says_so() {
    let long = "dài ".repeat(2000);
    let rows = rows(&lines(&[
        "Tên|SĐT|Ghi chú",
        &format!("An|0912345678|{long}"),
    ]));
    assert_eq!(rows[0].doubts, [Doubt::Cut(Field::Note)]);
}

#[test]
fn nothing_of_a_row_is_printed_by_accident() {
    let rows = rows(&lines(&["Tên|SĐT", "Lê Ý|0912345678"]));
    let printed = format!("{:?} {:?}", rows, rows[0].numbers);
    assert!(
        !printed.contains("Lê") && !printed.contains("0912"),
        "{printed}"
    );
}
