//! Workbooks, opened again by somebody else's reader.
use std::borrow::Cow;
use std::convert::Infallible;
use std::path::Path;

use calamine::{Data, Reader, Xlsx as Opened, open_workbook};
use jiff::civil::date;
use tempfile::TempDir;
use vault::export::{Cell, Column, ExportError, Format, Line, Stamp, Table, WriteError, Xlsx};

use super::{Guest, columns, guest, guests, put, rows, to};

pub(crate) fn book(scratch: &Path) -> Format<Guest, Guest> {
    Format::Xlsx(Xlsx {
        stamp: Stamp {
            lot: "0012".to_owned(),
            as_of: date(2026, 11, 25).at(8, 5, 0, 0),
            expires: date(2026, 12, 1),
            purpose: "=Nhắc lịch".to_owned(),
            channel: "Zalo".to_owned(),
        },
        rows: columns(),
        refused: Table {
            columns: vec![Column::new("Họ tên", |guest: &Guest| {
                Cell::text(&guest.name)
            })],
        },
        scratch: scratch.to_owned(),
    })
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

#[test]
fn a_workbook_opens_with_its_zeros_its_accents_and_no_formula() {
    let place = TempDir::new().unwrap();
    let scratch = TempDir::new().unwrap();
    let path = place.path().join("lo.xlsx");
    let refused = Line::Refused {
        row: guest("@Bình", "0912345679"),
        reason: Cow::Borrowed("Đã từ chối quảng cáo"),
    };
    let lines = rows(guests()).chain([Ok(refused)]);
    let written = put(&book(scratch.path()), &to(&path), lines).0.unwrap();
    assert_eq!((written.rows, written.refused), (4, 1));

    let mut opened: Opened<_> = open_workbook(&path).unwrap();
    assert_eq!(
        opened.sheet_names(),
        ["Thông tin lô", "Danh sách", "Bị loại"]
    );
    for name in opened.sheet_names() {
        let formulas = opened.worksheet_formula(&name).unwrap();
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
    }
    let stamp = opened.worksheet_range("Thông tin lô").unwrap();
    let values: Vec<_> = stamp.rows().map(|row| row[1].clone()).collect();
    assert_eq!(
        values,
        [
            text("0012"),
            text("08:05 25/11/2026"),
            text("01/12/2026"),
            text("'=Nhắc lịch"),
            text("Zalo"),
            Data::Float(4.0),
            Data::Float(1.0),
        ]
    );
    let list = opened.worksheet_range("Danh sách").unwrap();
    let list: Vec<_> = list.rows().collect();
    assert_eq!(
        list[1],
        [
            text("Nguyễn Thị Thu Hương"),
            text("0912345678"),
            text("07/03/2026"),
            Data::Float(2.0),
        ]
    );
    assert_eq!(list[2][0], text("'=HYPERLINK(\"http://a.b\";\"Đặng\")"));
    assert_eq!(list[3][0], text("Lê \"Út\", quận 5\nhẻm 2"));
    assert_eq!(list[3][2], Data::Empty);
    assert_eq!(list[4][1], text("0014155552671"));
    let others = opened.worksheet_range("Bị loại").unwrap();
    assert_eq!(
        others.rows().nth(1).unwrap(),
        [text("'@Bình"), text("Đã từ chối quảng cáo")]
    );
}

#[test]
fn a_text_that_no_cell_holds_ends_the_export_and_leaves_no_file() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.xlsx");
    let long = guest(&"ệ".repeat(32_768), "0912345678");
    let (result, _) = put(&book(place.path()), &to(&path), rows(vec![long]));
    assert_eq!(
        result.unwrap_err(),
        ExportError::Write(WriteError::TextTooLong)
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_sheet_is_full_at_its_last_row() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.xlsx");
    let format: Format<(), ()> = Format::Xlsx(Xlsx {
        stamp: Stamp {
            lot: String::new(),
            as_of: date(2026, 11, 25).at(8, 5, 0, 0),
            expires: date(2026, 12, 1),
            purpose: String::new(),
            channel: String::new(),
        },
        rows: Table {
            columns: Vec::new(),
        },
        refused: Table {
            columns: Vec::new(),
        },
        scratch: place.path().to_owned(),
    });
    let lines = |many| (0..many).map(|_| Ok::<_, Infallible>(Line::Row(())));
    put(&format, &to(&path), lines(1_048_575)).0.unwrap();
    let beyond = place.path().join("beyond.xlsx");
    let (result, _) = put(&format, &to(&beyond), lines(1_048_576));
    assert_eq!(
        result.unwrap_err(),
        ExportError::Write(WriteError::TooManyRows)
    );
    assert!(!beyond.exists());
}
