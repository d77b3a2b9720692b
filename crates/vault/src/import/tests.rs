//! Files of every kind, made here, read back as rows.
mod figures;
mod files;
mod reading;

use std::io::Write;
use std::ops::ControlFlow;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use super::header::{Field, Layout};
use super::sheet::{Line, Table};
use super::*;

fn read(bytes: Vec<u8>) -> Vec<Line> {
    Table::open(bytes).unwrap().head(0, usize::MAX).unwrap()
}

fn cells(lines: &[Line]) -> Vec<Vec<&str>> {
    lines
        .iter()
        .map(|line| line.cells.iter().map(String::as_str).collect())
        .collect()
}

/// Lines numbered from 1, cells apart by `|`.
fn lines(rows: &[&str]) -> Vec<Line> {
    (1..)
        .zip(rows)
        .map(|(number, row)| Line {
            number,
            cells: row.split('|').map(str::to_owned).collect(),
        })
        .collect()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}
