//! Figures for whoever asks (`--ignored --nocapture`).
use super::super::{header, row};
use super::*;
use std::time::Instant;

const ROWS: u32 = 100_000;

fn cell(row: u32, column: u16) -> String {
    match column {
        0 => format!("Nguyễn Thị Ánh {row}"),
        1 => format!("09{row:08}"),
        2 => "Niềng răng giá bao nhiêu? Tôi ở Quận 3, rảnh sau 17 giờ.".to_owned(),
        3 => "03/11/2026".to_owned(),
        _ => "Chi nhánh Quận 1".to_owned(),
    }
}

const TITLES: [&str; 5] = ["Họ và tên", "SĐT", "Nhu cầu", "Ngày", "Chi nhánh"];

fn as_text() -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(TITLES).unwrap();
    for row in 0..ROWS {
        csv.write_record((0..5).map(|column| cell(row, column)))
            .unwrap();
    }
    csv.into_inner().unwrap()
}

fn as_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in (0..).zip(TITLES) {
        sheet.write(0, column, title).unwrap();
    }
    for row in 0..ROWS {
        for column in 0..5 {
            sheet.write(row + 1, column, cell(row, column)).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stderr)]
fn figures() {
    for (name, bytes) in [("CSV", as_text()), ("XLSX", as_workbook())] {
        let size = bytes.len() >> 10;
        let start = Instant::now();
        let mut table = Table::open(bytes).unwrap();
        let layout = header::guess(&table.head(0, 100).unwrap());
        let opened = start.elapsed();
        let mut rows = 0_u32;
        let mut phones = 0;
        let each = |line: &Line| {
            if let Some(row) = row::parse(line, &layout) {
                rows += 1;
                phones += row.phones().len();
            }
            ControlFlow::Continue(())
        };
        table.lines(0, each).unwrap();
        let took = start.elapsed();
        assert_eq!(rows, ROWS);
        eprintln!(
            "{name} {size} KiB: open and guess {opened:?}, all {took:?} = {:.0} rows/s, {phones} numbers",
            f64::from(rows) / took.as_secs_f64()
        );
    }
}
