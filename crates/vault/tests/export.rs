//! Files for campaigns: byte for byte, opened again, stopped half-way, and a million rows long.
mod any_text;
mod books;
mod presets;
mod speed;
mod whole_or_none;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use casebook::phone::{self, Phone};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use vault::export::{
    Cell, Column, Contact, Csv, Destination, ExportError, Format, Line, Separator, Table, Unfit,
    Watch, WriteError, Written, write,
};

/// A caller's row.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) name: String,
    pub(crate) phone: Phone,
    pub(crate) seen: Option<Date>,
    pub(crate) visits: u32,
}

pub(crate) fn number(text: &str) -> Phone {
    phone::parse(text, None).first.unwrap()
}

pub(crate) fn guest(name: &str, phone: &str) -> Guest {
    Guest {
        name: name.to_owned(),
        phone: number(phone),
        seen: Some(date(2026, 3, 7)),
        visits: 2,
    }
}

pub(crate) fn guests() -> Vec<Guest> {
    vec![
        guest("Nguyễn Thị Thu Hương", "0912345678"),
        guest("=HYPERLINK(\"http://a.b\";\"Đặng\")", "0398765432"),
        Guest {
            seen: None,
            ..guest("Lê \"Út\", quận 5\nhẻm 2", "024 3825 1234")
        },
        guest("Smith", "+1 415 555 2671"),
    ]
}

pub(crate) fn columns() -> Table<Guest> {
    Table {
        columns: vec![
            Column::new("Họ tên", |guest: &Guest| Cell::text(&guest.name)).wide(32),
            Column::new("Điện thoại", |guest: &Guest| Cell::Phone(guest.phone)),
            Column::new("Lần cuối", |guest: &Guest| {
                guest.seen.map_or(Cell::Nothing, Cell::Date)
            }),
            Column::new("Số lần", |guest: &Guest| Cell::Count(guest.visits)),
        ],
    }
}

pub(crate) fn contact(guest: &Guest) -> Contact<'_> {
    Contact {
        phone: guest.phone,
        name: Cow::Borrowed(&guest.name),
        title: Cow::Borrowed("Chị"),
    }
}

pub(crate) fn csv(separator: Separator) -> Format<Guest, Guest> {
    Format::Csv(Csv {
        table: columns(),
        separator,
    })
}

pub(crate) fn to(path: &Path) -> Destination {
    Destination {
        path: path.to_owned(),
        password: None,
    }
}

pub(crate) fn rows(
    guests: Vec<Guest>,
) -> impl Iterator<Item = Result<Line<Guest, Guest>, Infallible>> {
    guests.into_iter().map(|guest| Ok(Line::Row(guest)))
}

type Outcome<E> = Result<Written, ExportError<E>>;

/// Writes, and gives also which rows were unfit.
pub(crate) fn put<R, F, E>(
    format: &Format<R, F>,
    to: &Destination,
    lines: impl IntoIterator<Item = Result<Line<R, F>, E>>,
) -> (Outcome<E>, Vec<(u64, Unfit)>) {
    let mut left_out = Vec::new();
    let written = write(
        format,
        to,
        lines,
        &mut Watch {
            stop: &AtomicBool::new(false),
            progress: &mut |_| {},
            unfit: &mut |place, why| left_out.push((place, why)),
        },
    );
    (written, left_out)
}

/// What a format makes of the usual guests.
pub(crate) fn text_of(format: &Format<Guest, Guest>, guests: Vec<Guest>) -> String {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo");
    put(format, &to(&path), rows(guests)).0.unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_table_of_commas_is_this_to_the_byte() {
    assert_eq!(
        text_of(&csv(Separator::Comma), guests()),
        "\u{feff}Họ tên,Điện thoại,Lần cuối,Số lần\r\n\
         Nguyễn Thị Thu Hương,0912345678,07/03/2026,2\r\n\
         \"'=HYPERLINK(\"\"http://a.b\"\";\"\"Đặng\"\")\",0398765432,07/03/2026,2\r\n\
         \"Lê \"\"Út\"\", quận 5\nhẻm 2\",02438251234,,2\r\n\
         Smith,0014155552671,07/03/2026,2\r\n"
    );
}

#[test]
fn a_table_of_semicolons_differs_only_in_them() {
    let commas = text_of(&csv(Separator::Comma), vec![guest("Lê An", "0912345678")]);
    let semicolons = text_of(
        &csv(Separator::Semicolon),
        vec![guest("Lê An", "0912345678")],
    );
    assert_eq!(semicolons, commas.replace(',', ";"));
}

#[test]
fn a_table_without_rows_is_its_heading() {
    assert_eq!(
        text_of(&csv(Separator::Comma), Vec::new()),
        "\u{feff}Họ tên,Điện thoại,Lần cuối,Số lần\r\n"
    );
}

#[test]
fn a_row_of_one_empty_cell_is_still_a_row() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.csv");
    let format: Format<String, ()> = Format::Csv(Csv {
        table: Table {
            columns: vec![Column::new("Tên", |name: &String| Cell::text(name))],
        },
        separator: Separator::Comma,
    });
    let lines = [Ok::<_, Infallible>(Line::Row(String::new()))];
    put(&format, &to(&path), lines).0.unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text, "\u{feff}Tên\r\n\"\"\r\n");
}

#[test]
fn those_refused_are_counted_and_in_no_table() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.csv");
    let lines = [
        Ok::<_, Infallible>(Line::Row(guest("An", "0912345678"))),
        Ok(Line::Refused {
            row: guest("Bình", "0912345679"),
            reason: Cow::Borrowed("Đã từ chối"),
        }),
    ];
    let written = put(&csv(Separator::Comma), &to(&path), lines).0.unwrap();
    assert_eq!((written.rows, written.refused, written.unfit), (1, 1, 0));
    assert!(!fs::read_to_string(path).unwrap().contains("Bình"));
}
