//! From bytes to lines.
use super::super::sheet::Format as Kind;
use super::*;
use proptest::prelude::*;

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    let sheet = book.add_worksheet().set_name("Khách").unwrap();
    for (at, title) in ["Họ và tên", "SĐT", "Ngày", "Tổng"].iter().enumerate() {
        sheet.write(1, u16::try_from(at).unwrap(), *title).unwrap();
    }
    sheet.write(3, 0, "Trần Thị Hường").unwrap();
    sheet.write(3, 1, 912_345_678.0).unwrap();
    let moment = ExcelDateTime::from_ymd(2026, 11, 3).unwrap();
    sheet.write_with_format(3, 2, &moment, &day).unwrap();
    let total = Formula::new("1+1").set_result("2.5");
    sheet.write_formula(3, 3, total).unwrap();
    sheet.write(4, 1, 9.12e8).unwrap();
    sheet.write(4, 2, 45_000.0).unwrap();
    book.add_worksheet()
        .set_name("Ẩn")
        .unwrap()
        .set_hidden(true);
    let other = book.add_worksheet().set_name("Cơ sở 2").unwrap();
    other.write(0, 0, "một").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn numbers_days_and_results_of_formulas_keep_what_they_say() {
    let mut table = Table::open(workbook()).unwrap();
    assert_eq!(table.format(), Kind::Xlsx);
    assert_eq!(table.sheets(), ["Khách", "Cơ sở 2"]);
    let lines = table.head(0, 10).unwrap();
    let expected = [
        vec!["Họ và tên", "SĐT", "Ngày", "Tổng"],
        vec!["Trần Thị Hường", "912345678", "2026-11-03", "2.5"],
        vec!["", "912000000", "45000"],
    ];
    assert_eq!(cells(&lines), expected);
    let numbers: Vec<u32> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 4, 5]);
    assert_eq!(cells(&table.head(1, 10).unwrap()), [["một"]]);
    assert_eq!(table.head(2, 1), Err(ImportError::NoSuchSheet));
}

const ODS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Khách">
<table:table-row><table:table-cell office:value-type="string"><text:p>Tên</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>SĐT</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Ngày</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Lê Ý</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="912345678"><text:p>9,12E+08</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2026-11-03"><text:p>03/11/26</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;

const ODS_MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"#;

#[test]
fn an_opendocument_table_is_read() {
    let bytes = zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", ODS_MANIFEST.as_bytes()),
        ("content.xml", ODS.replace('\n', "").as_bytes()),
    ]);
    let mut table = Table::open(bytes).unwrap();
    assert_eq!(table.format(), Kind::Ods);
    let lines = table.head(0, 9).unwrap();
    let expected = [["Tên", "SĐT", "Ngày"], ["Lê Ý", "912345678", "2026-11-03"]];
    assert_eq!(cells(&lines), expected);
}

/// A record of the format of Excel 97.
fn record(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let len = u16::try_from(body.len()).unwrap();
    [&kind.to_le_bytes(), &len.to_le_bytes(), body.as_slice()].concat()
}

/// Row and column of a cell, and the format that every cell here has.
fn place(row: u16, column: u16) -> Vec<u8> {
    [row, column, 0].map(u16::to_le_bytes).concat()
}

fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let count = u16::try_from(text.encode_utf16().count()).unwrap();
    let parts = [
        &place(row, column),
        &count.to_le_bytes()[..],
        &[1],
        &utf16(text, false),
    ];
    record(0x204, &parts)
}

/// No sector, and the end of a chain of sectors.
const NONE: u32 = 0xffff_ffff;
const LAST: u32 = 0xffff_fffe;

/// A compound file with one stream, and in it a workbook with one sheet.
fn workbook_of_1997() -> Vec<u8> {
    let begin = |kind: u8| {
        record(
            0x809,
            &[&[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
        )
    };
    let end = record(0x0a, &[]);
    let name = [&[6, 1][..], &utf16("Khách2", false)].concat();
    let globals = begin(5).len() + 4 + 6 + name.len() + end.len();
    let at = u32::try_from(globals).unwrap().to_le_bytes();
    let mut stream = [begin(5), record(0x85, &[&at, &[0, 0], &name]), end.clone()].concat();
    stream.extend(
        [
            begin(0x10),
            label(0, 0, "Tên"),
            label(0, 1, "SĐT"),
            label(1, 0, "Đỗ Hà"),
        ]
        .concat(),
    );
    stream.extend(record(
        0x203,
        &[&place(1, 1), &912_345_678_f64.to_le_bytes()],
    ));
    stream.extend(end);
    stream.resize(4096, 0);

    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let mut head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    head.resize(24, 0);
    head.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    // No directory count, one table of sectors, directory in sector 1, no small streams.
    head.extend(words(&[0, 1, 1, 0, 4096, LAST, 0, LAST, 0, 0]));
    head.resize(512, 0xff);
    let mut table = words(&[0xffff_fffd, LAST, 3, 4, 5, 6, 7, 8, 9, LAST]);
    table.resize(512, 0xff);
    let entry = |name: &str, kind: u8, child: u32, start: u32, size: u32| {
        let mut entry = utf16(name, false);
        let len = u8::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend([len, 0, kind, 1]);
        entry.extend(words(&[NONE, NONE, child]));
        entry.resize(116, 0);
        entry.extend(words(&[start, size, 0]));
        entry
    };
    let mut directory = entry("Root Entry", 5, 1, LAST, 0);
    directory.extend(entry("Workbook", 2, NONE, 2, 4096));
    directory.resize(512, 0);
    [head, table, directory, stream].concat()
}

#[test]
fn a_workbook_of_the_old_format_is_read() {
    let mut table = Table::open(workbook_of_1997()).unwrap();
    assert_eq!(table.format(), Kind::Xls);
    assert_eq!(table.sheets(), ["Khách2"]);
    let lines = table.head(0, 9).unwrap();
    assert_eq!(cells(&lines), [["Tên", "SĐT"], ["Đỗ Hà", "912345678"]]);
}

#[test]
fn text_is_read_in_every_character_set_and_with_every_separator() {
    let text = "Họ tên;SĐT;Ghi chú\r\nTrần Thị Hường;0912345678;\"răng; khôn\"\r\n";
    let expected = [
        vec!["Họ tên", "SĐT", "Ghi chú"],
        vec!["Trần Thị Hường", "0912345678", "răng; khôn"],
    ];
    let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let files = [
        (text.as_bytes().to_vec(), Charset::Utf8),
        (with_mark, Charset::Utf8),
        (utf16(text, false), Charset::Utf16Le),
        (utf16(text, true), Charset::Utf16Be),
        (utf16(&format!("\u{feff}{text}"), false), Charset::Utf16Le),
        (utf16(&format!("\u{feff}{text}"), true), Charset::Utf16Be),
    ];
    for (bytes, charset) in files {
        let mut table = Table::open(bytes).unwrap();
        assert_eq!(table.text(), Some((charset, Separator::Semicolon)));
        assert_eq!(cells(&table.head(0, 9).unwrap()), expected, "{charset:?}");
    }
    for (sign, separator) in [
        (',', Separator::Comma),
        ('\t', Separator::Tab),
        ('|', Separator::Bar),
    ] {
        let bytes = text.replace(';', &sign.to_string()).into_bytes();
        let mut table = Table::open(bytes).unwrap();
        assert_eq!(table.text().unwrap().1, separator);
        assert_eq!(table.head(0, 9).unwrap().len(), 2);
        assert_eq!(table.head(0, 9).unwrap()[1].cell(1), "0912345678");
    }
}

#[test]
fn vietnamese_windows_and_old_fonts_are_told_apart() {
    // "Nguyễn;Trần;Đặng" of Windows-1258, with its tones behind the letters.
    let bytes = b"Nguy\xea\xden;Tr\xe2\xccn\n\xd0\xe3\xf2ng;Ph\xfa\xec\n".to_vec();
    let mut table = Table::open(bytes).unwrap();
    assert_eq!(table.text().unwrap().0, Charset::Windows1258);
    let lines = table.head(0, 9).unwrap();
    assert_eq!(
        casebook::name::Name::parse(lines[0].cell(0)).as_str(),
        "Nguyễn"
    );
    // TCVN3: only a person may say that it is.
    let mut table = Table::open(b"Nguy\xd4n;Tr\xc7n\n\xa7\xc6ng;H\xad\xeang\n".to_vec()).unwrap();
    assert_eq!(table.text().unwrap().0, Charset::Windows1252);
    assert_eq!(table.head(0, 9).unwrap()[1].cell(1), "H\u{ad}\u{ea}ng");
    table.reread(Charset::Windows1258, Separator::Comma);
    assert_eq!(table.head(0, 1).unwrap()[0].cells.len(), 1);
}

#[test]
fn commas_in_addresses_do_not_beat_the_real_separator() {
    let text = "Tên;Địa chỉ\nAn;12, Lê Lợi, Q.1\nBình;3, Hai Bà Trưng, Q.3, HCM\nChi;Huế\n";
    assert_eq!(read(text.into())[1].cell(1), "12, Lê Lợi, Q.1");
    let said = "sep=;\nTên;SĐT\nAn;0912345678\n";
    assert_eq!(
        cells(&read(said.into())),
        [["Tên", "SĐT"], ["An", "0912345678"]]
    );
}

#[test]
fn what_is_no_table_is_refused_with_its_reason() {
    let locked = [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(),
        &[0; 600],
        &utf16("EncryptedPackage", false),
    ];
    let broken = workbook()[..2000].to_vec();
    let table = [
        (b"%PDF-1.7 \xe2\xe3".to_vec(), ImportError::NotATable),
        (
            b"<html><table><tr><td>1</td></tr></table>".to_vec(),
            ImportError::NotATable,
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0".to_vec(),
            ImportError::NotATable,
        ),
        (
            zipped(&[("word/document.xml", b"<w/>")]),
            ImportError::NotATable,
        ),
        (
            zipped(&[("xl/workbook.bin", b"")]),
            ImportError::Unsupported,
        ),
        (
            zipped(&[("xl/workbook.xml", b"<workbook>")]),
            ImportError::Damaged,
        ),
        (locked.concat(), ImportError::Locked),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest".to_vec(),
            ImportError::Damaged,
        ),
        (broken, ImportError::Damaged),
    ];
    for (at, (bytes, expected)) in table.into_iter().enumerate() {
        assert_eq!(Table::open(bytes).map(|_| ()), Err(expected), "{at}");
    }
}

#[test]
fn every_limit_ends_the_reading_with_its_own_error() {
    let limits = Limits {
        file: 1 << 20,
        unpacked: 100_000,
        rows: 3,
        columns: 4,
        cell: 50,
    };
    let all =
        |bytes: Vec<u8>| Table::open_within(bytes, limits)?.lines(0, |_| ControlFlow::Continue(()));
    assert_eq!(all(b"a,b\n".repeat(3)), Ok(()));
    assert_eq!(all(b"a,b\n".repeat(4)), Err(ImportError::TooManyRows));
    assert_eq!(
        all(b"a,b\n,,,,x\n".to_vec()),
        Err(ImportError::TooWide { line: 2 })
    );
    assert_eq!(all(b"a,b,,,,,,\n".to_vec()), Ok(()));
    let open = format!("a,b\n\"{}", "x,y\n".repeat(20));
    assert_eq!(all(open.into()), Err(ImportError::CellTooLong { line: 2 }));
    assert_eq!(all(vec![b'a'; 2 << 20]), Err(ImportError::TooLarge));
    let bomb = zipped(&[("xl/workbook.xml", &vec![b' '; 200_000])]);
    assert!(bomb.len() < 2000);
    assert_eq!(all(bomb), Err(ImportError::TooLarge));
}

#[test]
fn an_empty_file_is_a_table_without_lines() {
    assert_eq!(read(Vec::new()), []);
    assert_eq!(read(b"\n\n , \n".to_vec()), []);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4) {
        let start: &[u8] = match kind {
            0 => b"PK\x03\x04",
            1 => b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            2 => b"\xff\xfe",
            _ => b"",
        };
        if let Ok(mut table) = Table::open([start, &bytes].concat()) {
            let _ = table.head(0, 50);
        }
    }

    #[test]
    fn a_workbook_with_broken_bytes_is_an_error_and_no_panic(
        at in 0usize..5000, byte: u8,
    ) {
        let mut bytes = workbook();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(mut table) = Table::open(bytes) {
            let _ = table.head(0, 50);
        }
    }
}
