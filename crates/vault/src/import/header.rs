//! What the columns of a table are: by their titles in Vietnamese and English, else by their content.
use casebook::phone;
use casebook::text::fold;
use casebook::text::legacy::{self, Script};

use super::read_date;
use super::sheet::Line;

/// What a column may hold that is worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Full name; several such columns (family name, given name) are joined in their order.
    Name,
    /// Phone number; several such columns are all read.
    Phone,
    /// What the person asked.
    Question,
    /// Notes.
    Note,
    /// The day on which it was written down.
    Date,
    /// Branch.
    Branch,
    /// Electronic mail.
    Email,
    /// Where the person came from.
    Source,
    /// Whether the person is said to have agreed to offers: never more than a claim.
    Consent,
}

/// How a table is to be read: a proposal of [`guess`], changed at will before rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Number of the line that holds the titles; only what follows is read. `None`: every line is.
    pub header: Option<u32>,
    /// What each column is; `None` is left out.
    pub fields: Vec<Option<Field>>,
    /// How the letters are to be understood.
    pub script: Script,
    /// The table is mixed: only cells that read better for it are converted.
    pub cell_by_cell: bool,
}

impl Layout {
    /// A cell's text in Unicode, not cleaned.
    #[must_use]
    pub fn text(&self, cell: &str) -> String {
        if self.cell_by_cell {
            self.script.convert_if_better(cell)
        } else {
            self.script.convert(cell)
        }
    }

    /// Whether a line is one of those that are read.
    #[must_use]
    pub fn is_data(&self, line: u32) -> bool {
        self.header.is_none_or(|header| line > header)
    }
}

/// How far down a header may stand, below titles, addresses and logos.
const DEEPEST: usize = 20;

/// What it means (`None`: known, but not read), how it is compared, and its spellings.
type Title = (Option<Field>, &'static str, &'static [&'static str]);

/// Titles, folded, words apart by one space. A line of `=` must be the whole title; of `~`, stand in
/// it as whole words. The first that fits wins.
const TITLES: &[Title] = &[
    (
        Some(Field::Consent),
        "~",
        &[
            "dong y",
            "nhan tin",
            "nhan quang cao",
            "consent",
            "opt in",
            "optin",
            "marketing",
        ],
    ),
    // Told apart before they are taken for something else.
    (
        None,
        "~",
        &[
            "ngay sinh",
            "sinh nhat",
            "nam sinh",
            "birthday",
            "date of birth",
            "dob",
            "ma khach hang",
            "ma kh",
            "nhan vien",
            "tu van vien",
            "nguoi nhap",
            "nguoi tao",
            "bac si",
            "stt",
            "id",
            "nguoi gioi thieu",
            "ngay hen",
            "lich hen",
        ],
    ),
    (
        Some(Field::Phone),
        "~",
        &[
            "sdt",
            "dien thoai",
            "so dt",
            "dt",
            "dtdd",
            "di dong",
            "phone",
            "mobile",
            "tel",
            "zalo",
            "so lien he",
            "hotline",
            "cell",
        ],
    ),
    (
        Some(Field::Email),
        "~",
        &["email", "e mail", "mail", "thu dien tu"],
    ),
    (
        Some(Field::Branch),
        "~",
        &["chi nhanh", "co so", "phong kham", "branch", "clinic", "cn"],
    ),
    (
        Some(Field::Source),
        "~",
        &["nguon", "kenh", "source", "channel", "utm source"],
    ),
    (
        Some(Field::Question),
        "~",
        &[
            "noi dung",
            "nhu cau",
            "cau hoi",
            "dich vu",
            "yeu cau",
            "van de",
            "quan tam",
            "question",
            "message",
            "service",
            "interest",
            "inquiry",
            "tinh trang rang",
        ],
    ),
    (
        Some(Field::Note),
        "~",
        &[
            "ghi chu", "note", "notes", "comment", "comments", "remark", "luu y",
        ],
    ),
    (
        Some(Field::Date),
        "~",
        &[
            "ngay",
            "thoi gian",
            "date",
            "time",
            "timestamp",
            "created at",
            "submitted at",
        ],
    ),
    (
        Some(Field::Name),
        "~",
        &[
            "ho va ten",
            "ho ten",
            "ho dem",
            "ho lot",
            "ten khach hang",
            "ten khach",
            "ten kh",
            "ten benh nhan",
            "full name",
            "fullname",
            "customer name",
            "first name",
            "last name",
        ],
    ),
    (
        Some(Field::Name),
        "=",
        &[
            "ten",
            "ho",
            "khach hang",
            "khach",
            "benh nhan",
            "kh",
            "name",
            "customer",
            "client",
            "patient",
            "ten goi",
            "quy danh",
        ],
    ),
];

/// What a title says: `None` if nothing that is read.
#[must_use]
pub fn field_of(title: &str) -> Option<Field> {
    known(title).and_then(|(field, _, _)| *field)
}

/// The first row of the titles that fits.
fn known(title: &str) -> Option<&'static Title> {
    let folded = fold(title);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // A sentence is no title.
    if words.is_empty() || words.len() > 8 {
        return None;
    }
    let whole = words.join(" ");
    let padded = format!(" {whole} ");
    let fits = |(_, how, titles): &&Title| {
        titles.iter().any(|title| match *how {
            "=" => whole == **title,
            _ => padded.contains(&format!(" {title} ")),
        })
    };
    TITLES.iter().find(fits)
}

/// Proposes how to read a table from its first lines (some hundred are plenty).
#[must_use]
pub fn guess(lines: &[Line]) -> Layout {
    let (script, cell_by_cell) = script_of(lines);
    let mut layout = Layout {
        header: None,
        fields: Vec::new(),
        script,
        cell_by_cell,
    };
    let width = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    layout.fields = vec![None; width];
    if let Some((number, fields)) = titled(lines, &layout) {
        layout.header = Some(number);
        for (place, field) in layout.fields.iter_mut().zip(fields) {
            *place = field;
        }
    }
    by_content(lines, &mut layout);
    layout
}

/// How the letters are to be understood, and whether only in a part of the cells.
fn script_of(lines: &[Line]) -> (Script, bool) {
    let telling = || {
        let cells = lines.iter().flat_map(|line| &line.cells);
        cells.map(String::as_str).filter(|cell| !cell.is_ascii())
    };
    let count = telling().count();
    let guesses = legacy::guess(telling());
    let best = guesses.first().map_or(Script::Unicode, |best| best.script);
    if best == Script::Unicode {
        // One odd word makes no mixture.
        let others = guesses.iter().filter(|other| other.script != best);
        return others
            .max_by_key(|other| other.cells)
            .filter(|other| other.cells >= 2 && other.cells * 10 >= count)
            .map_or((best, false), |other| (other.script, true));
    }
    let plain = telling()
        .filter(|cell| best.convert_if_better(cell) != best.convert(cell))
        .count();
    // Now and then a word of the old kind happens to be one as it stands.
    (best, plain * 5 > count)
}

fn titled(lines: &[Line], layout: &Layout) -> Option<(u32, Vec<Option<Field>>)> {
    let mut best: Option<(usize, u32, Vec<Option<Field>>)> = None;
    for line in lines.iter().take(DEEPEST) {
        let titles: Vec<Option<&Title>> = line
            .cells
            .iter()
            .map(|cell| known(&layout.text(cell)))
            .collect();
        let found = titles.iter().flatten().count();
        let fields = titles.into_iter();
        let fields = fields
            .map(|title| title.and_then(|title| title.0))
            .collect();
        let filled = line
            .cells
            .iter()
            .filter(|cell| !cell.trim().is_empty())
            .count();
        let has_data = line.cells.iter().any(|cell| {
            phone::parse(cell, None).first.is_some()
                || cell.contains('@')
                || read_date(cell).is_ok()
        });
        // A title above the table may speak of customers too, in one cell of many columns.
        let alone = filled == 1 && lines.iter().any(|other| other.cells.len() > 1);
        if found == 0 || has_data || alone || found * 3 < filled {
            continue;
        }
        if best.as_ref().is_none_or(|(most, _, _)| found > *most) {
            best = Some((found, line.number, fields));
        }
    }
    best.map(|(_, number, fields)| (number, fields))
}

/// What a column may turn out to be, and what its cells look like then.
type Look = (Field, fn(&str) -> bool);

/// Looks for what no title named: numbers, mail, days and names look like themselves. A column whose
/// title is known for something else (whose birthday, whose colleague) is left alone, and below
/// titles no day is guessed, as it could be a day of anything.
fn by_content(lines: &[Line], layout: &mut Layout) {
    let data: Vec<&Line> = lines
        .iter()
        .filter(|line| layout.is_data(line.number))
        .collect();
    let looks: [Look; 4] = [
        (Field::Phone, |cell| {
            phone::parse(cell, None).first.is_some() && !cell.contains('@')
        }),
        (Field::Email, is_email),
        (Field::Date, |cell| {
            cell.contains(['/', '-', '.']) && read_date(cell).is_ok()
        }),
        (Field::Name, is_name),
    ];
    let header = lines.iter().find(|line| Some(line.number) == layout.header);
    let open = |layout: &Layout, column: usize| {
        let title = header.map(|line| layout.text(line.cell(column)));
        layout.fields.get(column) == Some(&None)
            && title.is_none_or(|title| known(&title).is_none())
    };
    for (field, looks_so) in looks {
        if layout.fields.contains(&Some(field)) || field == Field::Date && header.is_some() {
            continue;
        }
        let share = |column: usize| {
            let texts = data.iter().map(|line| layout.text(line.cell(column)));
            let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
            let hits = texts.iter().filter(|text| looks_so(text.trim())).count();
            (hits * 100).checked_div(texts.len()).unwrap_or(0)
        };
        let free = (0..layout.fields.len()).filter(|at| open(layout, *at));
        let best = free
            .map(|at| (share(at), at))
            .fold((0, 0), |a, b| if b.0 > a.0 { b } else { a });
        if best.0 >= 60
            && let Some(place) = layout.fields.get_mut(best.1)
        {
            *place = Some(field);
        }
    }
}

pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

/// Two to six words of letters, each with a capital.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=6).contains(&words.len())
        && words.iter().all(|word| {
            word.starts_with(char::is_uppercase)
                && word.chars().all(|c| c.is_alphabetic() || c == '.')
        })
}
