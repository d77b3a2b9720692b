//! The numbering plan of Viet Nam as data: mobile prefixes, the change of 2018, area codes.
use jiff::civil::{Date, date};

/// First day of the mobile change: before it, no mobile began with 03, 05, 07 or 081–085.
pub(super) const MOBILE_CHANGE: Date = date(2018, 9, 15);

/// The complete change of 2018, 11 digits to 10, without the leading zero; the last seven digits
/// stay. `MobiFone`'s and `VinaPhone`'s rows are not in numeric order.
pub(super) const MOVED: &[(&[u8; 3], &[u8; 2])] = &[
    // MobiFone
    (b"120", b"70"),
    (b"121", b"79"),
    (b"122", b"77"),
    (b"126", b"76"),
    (b"128", b"78"),
    // VinaPhone
    (b"123", b"83"),
    (b"124", b"84"),
    (b"125", b"85"),
    (b"127", b"81"),
    (b"129", b"82"),
    // Viettel
    (b"162", b"32"),
    (b"163", b"33"),
    (b"164", b"34"),
    (b"165", b"35"),
    (b"166", b"36"),
    (b"167", b"37"),
    (b"168", b"38"),
    (b"169", b"39"),
    // Vietnamobile
    (b"186", b"56"),
    (b"188", b"58"),
    // Gmobile
    (b"199", b"59"),
];

/// Whether nine national digits begin with a prefix that an operator uses today. Numbers move
/// between operators, so a prefix says nothing about whose it is.
pub(super) fn is_mobile_now(national: &[u8]) -> bool {
    match national {
        // Viettel
        [b'3', rest @ ..] => matches!(rest, [b'2'..=b'9', ..]),
        // Vietnamobile (a part of 052, 056, 058), Wintel (a part of 055), Gmobile
        [b'5', rest @ ..] => matches!(
            rest,
            [b'6' | b'8' | b'9', ..] | [b'2', b'2' | b'3' | b'8', ..] | [b'5', b'9', ..]
        ),
        // MobiFone
        [b'7', rest @ ..] => matches!(rest, [b'0' | b'6'..=b'9', ..]),
        // VinaPhone (081–085, 088), Viettel, iTel, MobiFone (a part of 089)
        [b'8', rest @ ..] => matches!(rest, [b'1'..=b'8', ..] | [b'9', b'6'..=b'9', ..]),
        // MobiFone, VinaPhone, Vietnamobile, Viettel, Gmobile (a part of 099)
        [b'9', rest @ ..] => {
            matches!(rest, [b'0'..=b'4' | b'6'..=b'8', ..] | [b'9', b'3'..=b'7', ..])
        }
        _ => false,
    }
}

/// Whether a number that looks like a mobile today may have been a landline before the change:
/// all mobile prefixes that came with it, and those of Ho Chi Minh City's 08 + eight digits that
/// mobiles have shared since.
pub(super) fn may_have_been_landline(national: &[u8]) -> bool {
    matches!(national, [b'3' | b'5' | b'7', ..] | [b'8', b'1'..=b'7', ..])
}

/// How an area's numbers were dialled before 2017.
pub(super) struct Area {
    /// Code today, without the leading zero.
    pub(super) now: &'static [u8],
    /// Code before 2017; the same where nothing changed.
    pub(super) before: &'static [u8],
    /// A number with the old code can be nothing else today, and the old code is documented: only
    /// such a number is converted. All others get no more than a hint.
    pub(super) sure: bool,
}

const fn moved(before: &'static [u8], now: &'static [u8]) -> Area {
    let sure = false;
    Area { now, before, sure }
}

const fn surely_moved(before: &'static [u8], now: &'static [u8]) -> Area {
    let sure = true;
    Area { now, before, sure }
}

const fn kept(now: &'static [u8]) -> Area {
    moved(now, now)
}

/// Every area code. Provinces merged in 2025 while their codes run on side by side, so a code
/// names no province; the comments say where a row came from.
pub(super) const AREAS: &[Area] = &[
    // Hà Nội, TP.HCM (eight digits after the code), Hải Phòng, Đà Nẵng, Cần Thơ
    surely_moved(b"4", b"24"),
    moved(b"8", b"28"),
    moved(b"31", b"225"),
    moved(b"511", b"236"),
    surely_moved(b"710", b"292"),
    // Quảng Ninh, Bắc Giang, Lạng Sơn, Cao Bằng, Tuyên Quang, Thái Nguyên, Bắc Kạn
    moved(b"33", b"203"),
    surely_moved(b"240", b"204"),
    moved(b"25", b"205"),
    moved(b"26", b"206"),
    moved(b"27", b"207"),
    surely_moved(b"280", b"208"),
    surely_moved(b"281", b"209"),
    // Phú Thọ, Vĩnh Phúc, Hòa Bình, Hà Giang; Sơn La, Lai Châu, Lào Cai, Điện Biên, Yên Bái
    kept(b"210"),
    kept(b"211"),
    kept(b"218"),
    kept(b"219"),
    moved(b"22", b"212"),
    moved(b"231", b"213"),
    moved(b"20", b"214"),
    moved(b"230", b"215"),
    moved(b"29", b"216"),
    // Hải Dương, Hưng Yên, Bắc Ninh, Hà Nam, Thái Bình, Nam Định, Ninh Bình
    moved(b"320", b"220"),
    moved(b"321", b"221"),
    surely_moved(b"241", b"222"),
    moved(b"351", b"226"),
    moved(b"36", b"227"),
    moved(b"350", b"228"),
    moved(b"30", b"229"),
    // Quảng Bình, Quảng Trị, Thừa Thiên Huế, Quảng Nam, Thanh Hóa, Nghệ An, Hà Tĩnh
    moved(b"52", b"232"),
    moved(b"53", b"233"),
    moved(b"54", b"234"),
    moved(b"510", b"235"),
    moved(b"37", b"237"),
    moved(b"38", b"238"),
    moved(b"39", b"239"),
    // Đồng Nai, Bình Thuận, Bà Rịa – Vũng Tàu, Quảng Ngãi, Bình Định, Phú Yên, Khánh Hòa
    surely_moved(b"61", b"251"),
    surely_moved(b"62", b"252"),
    surely_moved(b"64", b"254"),
    moved(b"55", b"255"),
    moved(b"56", b"256"),
    moved(b"57", b"257"),
    moved(b"58", b"258"),
    // Ninh Thuận, Kon Tum, Đắk Nông, Đắk Lắk, Lâm Đồng, Gia Lai
    surely_moved(b"68", b"259"),
    surely_moved(b"60", b"260"),
    surely_moved(b"501", b"261"),
    surely_moved(b"500", b"262"),
    surely_moved(b"63", b"263"),
    moved(b"59", b"269"),
    // Vĩnh Long, Bình Phước, Long An, Tiền Giang, Bình Dương, Bến Tre, Tây Ninh, Đồng Tháp
    moved(b"70", b"270"),
    surely_moved(b"651", b"271"),
    moved(b"72", b"272"),
    moved(b"73", b"273"),
    surely_moved(b"650", b"274"),
    moved(b"75", b"275"),
    surely_moved(b"66", b"276"),
    surely_moved(b"67", b"277"),
    // Cà Mau, Bạc Liêu, Hậu Giang, Trà Vinh, An Giang, Kiên Giang, Sóc Trăng
    moved(b"780", b"290"),
    moved(b"781", b"291"),
    surely_moved(b"711", b"293"),
    moved(b"74", b"294"),
    moved(b"76", b"296"),
    moved(b"77", b"297"),
    moved(b"79", b"299"),
];

/// Digits after the area code, today and before: eight in Hà Nội and TP.HCM, else seven.
fn subscriber_len(area: &Area) -> usize {
    if matches!(area.now, b"24" | b"28") {
        8
    } else {
        7
    }
}

/// Whether national digits are a landline of today's plan.
pub(super) fn is_landline_now(national: &[u8]) -> bool {
    AREAS.iter().any(|area| {
        national.strip_prefix(area.now).is_some_and(|subscriber| {
            // No subscriber number begins with 0 or 1 where the code has two digits; that is
            // what keeps 0240… (old Bắc Giang) apart from 024 (Hà Nội).
            subscriber.len() == subscriber_len(area)
                && !(area.now.len() == 2 && matches!(subscriber, [b'0' | b'1', ..]))
        })
    })
}

/// The area whose numbers looked like this before 2017, with the subscriber's digits.
pub(super) fn old_area(national: &[u8]) -> Option<(&'static Area, &[u8])> {
    AREAS
        .iter()
        .filter(|area| area.before != area.now)
        .find_map(|area| {
            let subscriber = national.strip_prefix(area.before)?;
            (subscriber.len() == subscriber_len(area)).then_some((area, subscriber))
        })
}
