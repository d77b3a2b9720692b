//! Figures for whoever asks (`--release --ignored --nocapture`): what the export costs beyond the
//! bare work.
use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::sync::LazyLock;
use std::time::Instant;

use jiff::civil::date;
use rust_xlsxwriter::{Format as Style, Workbook};
use tempfile::TempDir;
use vault::export::{Cell, Column, Csv, Format, Line, Separator, Stamp, Table, Xlsx};

use super::{Guest, guest, put, to};

const ROWS: usize = 100_000;
const ROUNDS: usize = 7;

static GUESTS: LazyLock<Vec<Guest>> = LazyLock::new(|| {
    (0..ROWS)
        .map(|place| {
            guest(
                &format!("Nguyễn Thị Thu Hương {place}"),
                &format!("09{place:08}"),
            )
        })
        .collect()
});

fn table() -> Table<usize> {
    let of = |row: &usize| &GUESTS[*row];
    Table {
        columns: vec![
            Column::new("Họ tên", move |row| Cell::text(&of(row).name)),
            Column::new("Điện thoại", move |row| Cell::Phone(of(row).phone)),
            Column::new("Lần cuối", move |row| {
                of(row).seen.map_or(Cell::Nothing, Cell::Date)
            }),
            Column::new("Số lần", move |row| Cell::Count(of(row).visits)),
        ],
    }
}

fn day(guest: &Guest) -> String {
    guest
        .seen
        .map(|day| day.strftime("%d/%m/%Y").to_string())
        .unwrap()
}

/// The best of some rounds, in milliseconds.
fn best(mut work: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1000.0
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

fn bare_csv() -> String {
    let mut text = String::new();
    for guest in GUESTS.iter() {
        let number = guest.phone.national_digits();
        let (name, visits) = (&guest.name, guest.visits);
        let _ = write!(text, "{name},{number},{},{visits}\r\n", day(guest));
    }
    text
}

fn bare_book(scratch: &std::path::Path, path: &std::path::Path) {
    let mut book = Workbook::new();
    book.set_tempdir(scratch).unwrap();
    let text = Style::new().set_num_format("@");
    let sheet = book.add_worksheet_with_constant_memory().unwrap();
    for (row, guest) in (0..).zip(GUESTS.iter()) {
        let cells = [
            guest.name.clone(),
            guest.phone.national_digits(),
            day(guest),
        ];
        for (column, cell) in (0..).zip(cells) {
            sheet
                .write_string_with_format(row, column, cell, &text)
                .unwrap();
        }
        sheet.write_number(row, 3, guest.visits).unwrap();
    }
    let file = File::create(path).unwrap();
    book.save_to_writer(&file).unwrap();
    file.sync_all().unwrap();
}

#[test]
#[ignore = "prints figures; only meaningful in a release build on a quiet machine"]
#[allow(clippy::print_stderr)]
fn figures() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo");
    LazyLock::force(&GUESTS);
    let export = |format: &Format<usize, ()>| {
        let lines = (0..ROWS).map(|row| Ok::<_, Infallible>(Line::Row(row)));
        put(format, &to(&path), lines).0.unwrap();
        fs::remove_file(&path).unwrap();
    };
    let csv = Format::Csv(Csv {
        table: table(),
        separator: Separator::Comma,
    });
    let book = Format::Xlsx(Xlsx {
        stamp: Stamp {
            lot: "12".to_owned(),
            as_of: date(2026, 11, 25).at(8, 5, 0, 0),
            expires: date(2026, 12, 1),
            purpose: String::new(),
            channel: String::new(),
        },
        rows: table(),
        refused: Table {
            columns: Vec::new(),
        },
        scratch: place.path().to_owned(),
    });
    let ours = best(|| export(&csv));
    let text = best(|| drop(std::hint::black_box(bare_csv())));
    let filed = best(|| {
        fs::write(&path, bare_csv()).unwrap();
        File::open(&path).unwrap().sync_all().unwrap();
        fs::remove_file(&path).unwrap();
    });
    eprintln!(
        "csv of {ROWS}: {ours:.1} ms; text alone {text:.1} ms ({:.2}×), with its file {filed:.1} ms ({:.2}×)",
        ours / text,
        ours / filed
    );
    let ours = best(|| export(&book));
    let bare = best(|| bare_book(place.path(), &path));
    eprintln!(
        "xlsx of {ROWS}: {ours:.1} ms; the library alone {bare:.1} ms ({:.2}×)",
        ours / bare
    );
}
