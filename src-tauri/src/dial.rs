//! What an uncovered number is put to: the address to open or the text to copy.
use crate::failure::{Code, Failure};
use vault::view::{RevealPurpose, RevealedPhone};

/// What to do with a number.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Use {
    /// Open this address.
    Open(String),
    /// Put this into the clipboard.
    Copy(String),
    /// Only show it.
    Show,
}

/// The use that `purpose` makes of `phone`. A number that we couldn't read is copied as it was typed,
/// but never dialled.
pub(crate) fn used(phone: &RevealedPhone, purpose: RevealPurpose) -> Result<Use, Failure> {
    match purpose {
        RevealPurpose::Show | RevealPurpose::Print => Ok(Use::Show),
        RevealPurpose::Copy if phone.e164.is_empty() => Ok(Use::Copy(phone.raw.clone())),
        RevealPurpose::Copy => Ok(Use::Copy(digits(&phone.display))),
        RevealPurpose::Call => Ok(Use::Open(format!("tel:{}", dialled(phone)?))),
        RevealPurpose::Zalo => Ok(Use::Open(format!("https://zalo.me/{}", zalo(phone)?))),
    }
}

/// E.164 as it is dialled; nothing but a plus and digits ever reaches the desktop's programs.
fn dialled(phone: &RevealedPhone) -> Result<&str, Failure> {
    let number = phone.e164.strip_prefix('+').unwrap_or_default();
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then_some(phone.e164.as_str())
        .ok_or(Failure::new(Code::PhoneUnreadable))
}

/// Zalo knows Vietnamese numbers by their national form, others without the plus.
fn zalo(phone: &RevealedPhone) -> Result<String, Failure> {
    let number = dialled(phone)?;
    Ok(number.strip_prefix("+84").map_or_else(
        || number.trim_start_matches('+').to_owned(),
        |national| format!("0{national}"),
    ))
}

fn digits(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn phone(display: &str, e164: &str, raw: &str) -> RevealedPhone {
        RevealedPhone {
            display: display.into(),
            e164: e164.into(),
            raw: raw.into(),
        }
    }

    fn opened(phone: &RevealedPhone, purpose: RevealPurpose) -> String {
        match used(phone, purpose) {
            Ok(Use::Open(address)) => address,
            _ => String::new(),
        }
    }

    #[test]
    fn a_vietnamese_number_is_dialled_copied_and_looked_up_in_its_own_form() {
        let an = phone("0912 345 678", "+84912345678", "091 2345 678");
        assert_eq!(opened(&an, RevealPurpose::Call), "tel:+84912345678");
        assert_eq!(
            opened(&an, RevealPurpose::Zalo),
            "https://zalo.me/0912345678"
        );
        assert!(used(&an, RevealPurpose::Copy).unwrap() == Use::Copy("0912345678".into()));
        assert!(used(&an, RevealPurpose::Show).unwrap() == Use::Show);
    }

    #[test]
    fn a_foreign_number_keeps_its_country() {
        let far = phone("+1 202 555 0143", "+12025550143", "+1 202 555 0143");
        assert_eq!(
            opened(&far, RevealPurpose::Zalo),
            "https://zalo.me/12025550143"
        );
        assert!(used(&far, RevealPurpose::Copy).unwrap() == Use::Copy("+12025550143".into()));
    }

    #[test]
    fn an_unreadable_number_is_copied_as_typed_and_never_dialled() {
        let odd = phone("", "", "hỏi chị Lan");
        assert!(used(&odd, RevealPurpose::Copy).unwrap() == Use::Copy("hỏi chị Lan".into()));
        for purpose in [RevealPurpose::Call, RevealPurpose::Zalo] {
            assert_eq!(
                used(&odd, purpose).err().unwrap().code,
                Code::PhoneUnreadable
            );
        }
    }

    #[test]
    fn nothing_but_digits_reaches_the_desktop() {
        for hostile in [
            "+84912;ext=1",
            "+84 912",
            "tel:1",
            "+",
            "84912345678",
            "+84912\n",
        ] {
            let odd = phone("x", hostile, "x");
            assert!(used(&odd, RevealPurpose::Call).is_err(), "{hostile:?}");
        }
    }
}
