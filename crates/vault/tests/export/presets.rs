//! Tables for campaign tools, and cards, to the byte.
use std::convert::Infallible;
use std::fs;

use tempfile::TempDir;
use vault::export::{
    BadTemplate, CardVersion, Cell, Column, Format, Letters, Line, PhoneForm, Sms, Unfit, VCard,
    Zns,
};

use super::{Guest, contact, guest, guests, number, put, rows, text_of, to};

fn zns(form: PhoneForm) -> Format<Guest, Guest> {
    let params = vec![
        Column::new("customer_name", |guest: &Guest| Cell::text(&guest.name)),
        Column::new("date", |guest: &Guest| {
            guest.seen.map_or(Cell::Nothing, Cell::Date)
        }),
    ];
    Format::Zns(Zns::new(form, "phone", |guest: &Guest| guest.phone, params).unwrap())
}

fn sms(letters: Letters) -> Format<Guest, Guest> {
    Format::Sms(Sms::new(letters, contact))
}

fn cards(version: CardVersion) -> Format<Guest, Guest> {
    Format::VCard(VCard::new(version, "Lô 12; hết hạn 30/11/2026", contact))
}

#[test]
fn a_zns_table_is_this_to_the_byte_and_tells_whom_it_left_out() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("zns.csv");
    let mut people = guests();
    people.push(guest("Nguyễn Phúc Bảo Quỳnh Anh Thư 1", "0912345678"));
    people.push(guest(" - Chị\tMai, Đà Lạt ", "0387654321"));
    people.push(Guest {
        seen: None,
        ..guest("Không ngày", "0387654321")
    });
    people.push(guest("+=@", "0387654321"));
    let (written, unfit) = put(&zns(PhoneForm::Zero), &to(&path), rows(people));
    assert_eq!(written.unwrap().unfit, 5);
    assert_eq!(
        unfit,
        vec![
            (2, Unfit::NotMobile),
            (3, Unfit::NotMobile),
            (4, Unfit::TooLong),
            (6, Unfit::Empty),
            (7, Unfit::Empty),
        ]
    );
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "\u{feff}phone,customer_name,date\r\n\
         0912345678,Nguyễn Thị Thu Hương,07/03/2026\r\n\
         0398765432,\"HYPERLINK(\"\"http://a.b\"\";\"\"Đặng\"\")\",07/03/2026\r\n\
         0387654321,\"Chị Mai, Đà Lạt\",07/03/2026\r\n"
    );
}

#[test]
fn a_zns_number_may_carry_the_country_code() {
    assert_eq!(
        text_of(
            &zns(PhoneForm::Code84),
            vec![guest("An", "0912345678"), guest("Bình", "0938484848")]
        ),
        "\u{feff}phone,customer_name,date\r\n\
         84912345678,An,07/03/2026\r\n84938484848,Bình,07/03/2026\r\n"
    );
}

#[test]
fn a_template_has_plain_and_different_names() {
    let with = |name: &str| {
        let params = vec![Column::new(name, |guest: &Guest| Cell::text(&guest.name))];
        Zns::new(
            PhoneForm::Zero,
            "phone",
            |guest: &Guest| guest.phone,
            params,
        )
        .map(drop)
    };
    assert_eq!(with("customer_name"), Ok(()));
    assert_eq!(with("phone"), Err(BadTemplate::Twice));
    for name in ["", "tên", "a b", "=a"] {
        assert_eq!(with(name), Err(BadTemplate::Name), "{name}");
    }
}

#[test]
fn a_zns_list_beyond_a_hundred_thousand_rows_goes_on_in_a_further_file() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("zns.csv");
    let one = guest("An", "0912345678");
    let lines = (0..200_001).map(|_| Ok::<_, Infallible>(Line::Row(one.clone())));
    let written = put(&zns(PhoneForm::Zero), &to(&path), lines).0.unwrap();
    let names: Vec<_> = written
        .files
        .iter()
        .map(|file| file.path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["zns.csv", "zns-2.csv", "zns-3.csv"]);
    let lengths: Vec<_> = written
        .files
        .iter()
        .map(|file| fs::read_to_string(&file.path).unwrap().lines().count())
        .collect();
    assert_eq!(lengths, [100_001, 100_001, 2]);
    let exact = place.path().join("exact.csv");
    let lines = (0..100_000).map(|_| Ok::<_, Infallible>(Line::Row(one.clone())));
    let written = put(&zns(PhoneForm::Zero), &to(&exact), lines).0.unwrap();
    assert_eq!(written.files.len(), 1);
}

#[test]
fn an_sms_table_is_this_to_the_byte() {
    let people = || {
        vec![
            guest("NGUYỄN Thị Thu Hương", "0912345678"),
            guest("Đặng & Ơn #1 😀", "0398765432"),
            guest("Bàn", "024 3825 1234"),
        ]
    };
    assert_eq!(
        text_of(&sms(Letters::Plain), people()),
        "\u{feff}SoDienThoai,HoTen,Ten,DanhXung\r\n\
         0912345678,NGUYEN Thi Thu Huong,Huong,Chi\r\n\
         0398765432,Dang On 1,1,Chi\r\n"
    );
    assert_eq!(
        text_of(&sms(Letters::Accented), people()),
        "\u{feff}SoDienThoai,HoTen,Ten,DanhXung\r\n\
         0912345678,NGUYỄN Thị Thu Hương,Hương,Chị\r\n\
         0398765432,Đặng & Ơn #1 😀,😀,Chị\r\n"
    );
}

#[test]
fn cards_are_these_to_the_byte() {
    let people = vec![
        guest("Lê, Út; \\ An", "0912345678"),
        guest("", "+1 415 555 2671"),
        guest(
            "Công Tằng Tôn Nữ Thị Hồng Ngọc Quỳnh Như Nguyễn Đặng Trần Hoàng",
            "0398765432",
        ),
    ];
    let old = text_of(&cards(CardVersion::V3), people.clone());
    assert_eq!(
        old,
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lê\\, Út\\; \\\\ An\r\nN:;Lê\\, Út\\; \\\\ An;;Chị;\r\n\
         TEL;TYPE=CELL:+84912345678\r\nNOTE:Lô 12\\; hết hạn 30/11/2026\r\nEND:VCARD\r\n\
         BEGIN:VCARD\r\nVERSION:3.0\r\nFN:+1 415 555 2671\r\nN:;+1 415 555 2671;;Chị;\r\n\
         TEL;TYPE=CELL:+14155552671\r\nNOTE:Lô 12\\; hết hạn 30/11/2026\r\nEND:VCARD\r\n\
         BEGIN:VCARD\r\nVERSION:3.0\r\n\
         FN:Công Tằng Tôn Nữ Thị Hồng Ngọc Quỳnh Như Nguyễn Đặng\r\n  Trần Hoàng\r\n\
         N:;Công Tằng Tôn Nữ Thị Hồng Ngọc Quỳnh Như Nguyễn Đặng\r\n  Trần Hoàng;;Chị;\r\n\
         TEL;TYPE=CELL:+84398765432\r\nNOTE:Lô 12\\; hết hạn 30/11/2026\r\nEND:VCARD\r\n"
    );
    let new = old
        .replace("VERSION:3.0", "VERSION:4.0")
        .replace("TEL;TYPE=CELL:", "TEL;VALUE=uri;TYPE=cell:tel:");
    assert_eq!(text_of(&cards(CardVersion::V4), people), new);
}

#[test]
fn a_number_is_never_taken_for_a_formula() {
    for text in [
        "0912345678",
        "+1 415 555 2671",
        "024 3825 1234",
        "1900 1234",
    ] {
        let table = text_of(
            &super::csv(vault::export::Separator::Comma),
            vec![guest("An", text)],
        );
        let cell = table.lines().nth(1).unwrap().split(',').nth(1).unwrap();
        assert!(cell.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
        assert!(cell.ends_with(&number(text).national_digits()));
    }
}
