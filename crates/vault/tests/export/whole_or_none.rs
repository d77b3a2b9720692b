//! Either the whole file is there, or none: stopped, failing, in the way of another, or sealed.
use std::cell::Cell as Counter;
use std::convert::Infallible;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use vault::export::{Destination, Password, PhoneForm, Watch, Zns, write};
use zeroize::Zeroizing;
use zip::ZipArchive;

use super::books::book;
use super::{
    Cell, Column, Csv, ExportError, Format, Guest, Line, Separator, Table, WriteError, csv, guest,
    guests, put, rows, to,
};

fn files(place: &Path) -> usize {
    fs::read_dir(place).unwrap().count()
}

fn sealed(path: &Path) -> Destination {
    Destination {
        path: path.to_owned(),
        password: Password::new(Zeroizing::new("mot mat khau dai".to_owned())),
    }
}

fn endless() -> impl Iterator<Item = Result<Line<Guest, Guest>, Infallible>> {
    let one = guest("Nguyễn Thị Thu Hương", "0912345678");
    std::iter::repeat_with(move || Ok(Line::Row(one.clone())))
}

fn zns() -> Format<Guest, Guest> {
    let params = vec![Column::new("name", |guest: &Guest| Cell::text(&guest.name))];
    let zns = Zns::new(
        PhoneForm::Zero,
        "phone",
        |guest: &Guest| guest.phone,
        params,
    );
    Format::Zns(zns.unwrap())
}

#[test]
fn an_export_that_is_stopped_leaves_no_file_whatever_it_was() {
    for protect in [false, true] {
        let place = TempDir::new().unwrap();
        let formats = [csv(Separator::Comma), zns(), book(place.path())];
        for format in formats {
            let path = place.path().join("lo");
            let to = if protect { sealed(&path) } else { to(&path) };
            let stop = AtomicBool::new(false);
            let mut watch = Watch {
                stop: &stop,
                progress: &mut |lines| stop.store(lines >= 120_000, Ordering::Relaxed),
                unfit: &mut |_, _| {},
            };
            let result = write(&format, &to, endless(), &mut watch);
            assert_eq!(
                result.unwrap_err(),
                ExportError::Write(WriteError::Cancelled)
            );
            assert_eq!(files(place.path()), 0);
        }
    }
}

#[test]
fn a_stop_after_the_last_row_still_leaves_no_file() {
    for protect in [false, true] {
        let place = TempDir::new().unwrap();
        for format in [csv(Separator::Comma), book(place.path())] {
            let path = place.path().join("lo");
            let to = if protect { sealed(&path) } else { to(&path) };
            let stop = AtomicBool::new(false);
            let lines = endless().take(5).chain(std::iter::from_fn(|| {
                stop.store(true, Ordering::Relaxed);
                None
            }));
            let mut watch = Watch {
                stop: &stop,
                progress: &mut |_| {},
                unfit: &mut |_, _| {},
            };
            let result = write(&format, &to, lines, &mut watch);
            assert_eq!(
                result.unwrap_err(),
                ExportError::Write(WriteError::Cancelled)
            );
            assert_eq!(files(place.path()), 0);
        }
    }
}

#[test]
fn rows_that_end_in_an_error_leave_no_file() {
    let place = TempDir::new().unwrap();
    for format in [csv(Separator::Comma), zns(), book(place.path())] {
        let lines = endless()
            .take(150_000)
            .map(|line| line.map_err(|never| match never {}))
            .chain([Err("hỏng")]);
        let (result, _) = put(&format, &to(&place.path().join("lo")), lines);
        assert_eq!(result.unwrap_err(), ExportError::Source("hỏng"));
        assert_eq!(files(place.path()), 0);
    }
}

#[test]
fn a_file_that_exists_is_never_overwritten_nor_are_others_left_beside_it() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.csv");
    let second = place.path().join("lo-2.csv");
    for taken in [&path, &second] {
        fs::write(taken, "cũ").unwrap();
        let (result, _) = put(&zns(), &to(&path), endless().take(100_001));
        assert_eq!(result.unwrap_err(), ExportError::Write(WriteError::Exists));
        assert_eq!(fs::read_to_string(taken).unwrap(), "cũ");
        assert_eq!(files(place.path()), 1);
        fs::remove_file(taken).unwrap();
    }
    let lines = rows(guests()).chain(std::iter::from_fn(|| {
        fs::write(&path, "vừa có").unwrap();
        None
    }));
    let (result, _) = put(&csv(Separator::Comma), &to(&path), lines);
    assert_eq!(result.unwrap_err(), ExportError::Write(WriteError::Exists));
    assert_eq!(fs::read_to_string(&path).unwrap(), "vừa có");
    assert_eq!(files(place.path()), 1);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("nowhere").join("lo.csv");
    let (result, _) = put(&csv(Separator::Comma), &to(&path), rows(guests()));
    let expected = WriteError::Io(std::io::ErrorKind::NotFound);
    assert_eq!(result.unwrap_err(), ExportError::Write(expected));
    let path = place.path().join("lo.xlsx");
    let format = book(&place.path().join("nowhere"));
    let (result, _) = put(&format, &to(&path), rows(guests()));
    assert_eq!(result.unwrap_err(), ExportError::Write(WriteError::Scratch));
    assert_eq!(files(place.path()), 0);
}

#[test]
fn the_hash_and_the_size_are_those_of_the_file() {
    let place = TempDir::new().unwrap();
    for protect in [false, true] {
        for (name, format) in [("csv", csv(Separator::Comma)), ("xlsx", book(place.path()))] {
            let path = place.path().join(format!("lo-{protect}.{name}"));
            let to = if protect { sealed(&path) } else { to(&path) };
            let written = put(&format, &to, endless().take(20_000)).0.unwrap();
            let bytes = fs::read(&path).unwrap();
            assert_eq!(written.files[0].bytes, bytes.len() as u64);
            assert_eq!(
                written.files[0].sha256,
                <[u8; 32]>::from(Sha256::digest(&bytes))
            );
        }
    }
}

#[test]
fn a_sealed_file_opens_with_its_password_only_and_shows_nothing_without() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lô 12.zip");
    let written = put(&zns(), &sealed(&path), endless().take(100_001));
    assert_eq!(written.0.unwrap().files.len(), 1);
    let bytes = fs::read(&path).unwrap();
    assert!(!bytes.windows(10).any(|piece| piece == b"0912345678"));
    let mut archive = ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let names: Vec<_> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert_eq!(names, ["lô 12.csv", "lô 12-2.csv"]);
    assert!(archive.by_index_decrypt(0, b"mot mat khau sai").is_err());
    let mut text = String::new();
    let mut entry = archive.by_index_decrypt(1, b"mot mat khau dai").unwrap();
    entry.read_to_string(&mut text).unwrap();
    assert_eq!(
        text,
        "\u{feff}phone,name\r\n0912345678,Nguyễn Thị Thu Hương\r\n"
    );
}

#[test]
fn a_password_is_long_and_spelled_alike_everywhere() {
    let accepted = |text: &str| Password::new(Zeroizing::new(text.to_owned())).is_some();
    assert!(accepted("mot mat khau dai"));
    assert!(!accepted("ngan"));
    assert!(!accepted("một mật khẩu dài"));
    let password = Password::new(Zeroizing::new("mot mat khau dai".to_owned()));
    assert!(!format!("{password:?}").contains("mot"));
}

/// A row that knows how many of its kind are alive.
struct Counted<'a>(u32, &'a Counter<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.1.set(self.1.get() - 1);
    }
}

#[test]
fn a_million_rows_pass_one_by_one() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("lo.csv");
    let (alive, most, told) = (Counter::new(0), Counter::new(0), Counter::new(0));
    let format: Format<Counted<'_>, ()> = Format::Csv(Csv {
        table: Table {
            columns: vec![Column::new("Số", |row: &Counted<'_>| Cell::Count(row.0))],
        },
        separator: Separator::Comma,
    });
    let lines = (0..1_000_000).map(|place| {
        alive.set(alive.get() + 1);
        most.set(most.get().max(alive.get()));
        Ok::<_, Infallible>(Line::Row(Counted(place, &alive)))
    });
    let mut watch = Watch {
        stop: &AtomicBool::new(false),
        progress: &mut |lines| {
            assert!(lines >= told.get());
            told.set(lines);
        },
        unfit: &mut |_, _| {},
    };
    let written = write(&format, &to(&path), lines, &mut watch).unwrap();
    assert_eq!((written.rows, told.get()), (1_000_000, 1_000_000));
    assert_eq!((alive.get(), most.get()), (0, 1));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1_000_001);
    assert!(text.ends_with("\r\n999999\r\n"));
}
