//! Posts that arrive in plain, as JSON or from a form without script: read once, checked, never stored so.

use data_encoding::HEXLOWER_PERMISSIVE;
use ledger::{FormId, SubmissionId};
use percent_encoding::percent_decode;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroize;

use crate::{config::SUBMISSION_BYTES, problem::Problem};

/// A submission as JSON. Every field may be left out except `name` and `phone`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, one per channel (L91 Đ9.4)"
)]
pub(crate) struct PlainPost {
    /// Id of the submission, 32 hexadecimal digits; a post that is sent again keeps it.
    submission: Option<String>,
    /// Id of the form, 32 hexadecimal digits; zeros are the clinic's only form.
    form: Option<String>,
    /// The visitor's name, at most 200 characters.
    name: String,
    /// The phone number as typed, at most 60 characters.
    phone: String,
    /// The question, at most 4,000 characters.
    question: String,
    /// Whether promotion by phone call was chosen.
    promo_call: bool,
    /// Whether promotion by SMS was chosen.
    promo_sms: bool,
    /// Whether promotion by Zalo was chosen.
    promo_zalo: bool,
    /// Whether promotion by e-mail was chosen.
    promo_email: bool,
    /// Version of the notice that the visitor saw.
    notice_version: String,
    /// SHA-256 of that notice's text, 64 hexadecimal digits.
    notice_hash: String,
    /// The page that the form was on, at most 300 characters.
    page: String,
    /// The branch that the visitor chose, at most 60 characters.
    branch: String,
    /// When the visitor sent it by the clock of the browser, milliseconds since the Unix epoch.
    filled_at: Option<i64>,
    /// The token of the form's page that says when it was opened.
    opened: Option<String>,
    /// The trap: a visitor does not see this field and leaves it empty.
    website: String,
    /// A solved challenge; the header `letan-pow` does as well.
    #[serde(rename = "letan-pow")]
    pow: Option<String>,
}

/// What a visitor wrote, within all limits.
pub(crate) struct Plain {
    post: PlainPost,
    /// The id that came with the post.
    pub submission: Option<SubmissionId>,
    /// The form.
    pub form: FormId,
    /// SHA-256 of the notice's text, if the post named one.
    pub notice_hash: Option<[u8; 32]>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.post.name.zeroize();
        self.post.phone.zeroize();
        self.post.question.zeroize();
    }
}

/// Longest texts, in characters.
mod longest {
    pub(super) const NAME: usize = 200;
    pub(super) const PHONE: usize = 60;
    pub(super) const QUESTION: usize = 4000;
    pub(super) const PAGE: usize = 300;
    pub(super) const BRANCH: usize = 60;
    pub(super) const VERSION: usize = 40;
}

const TOO_LONG: &str = "the text is longer than this field takes";
const EMPTY: &str = "the field is empty";
const NOT_TEXT: &str = "the field is not UTF-8 text";
const TWICE: &str = "the field is there twice";
const NOT_HEX: &str = "the field is not hexadecimal or has the wrong length";

impl Plain {
    /// Reads a JSON body.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let post = serde_json::from_slice(body)
            .map_err(|_| Problem::BadRequest("the body is not the JSON object of a submission"))?;
        Self::checked(post)
    }

    /// Reads an `application/x-www-form-urlencoded` body.
    pub(crate) fn from_form(body: &[u8]) -> Result<Self, Problem> {
        let mut post = PlainPost::default();
        let mut seen = Vec::new();
        let mut said = 0;
        for pair in body.split(|byte| *byte == b'&') {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = parts.next().unwrap_or_default();
            let Some(field) = Field::named(name) else {
                continue;
            };
            if seen.contains(&field.0) {
                return Err(Problem::Unprocessable {
                    field: field.0,
                    detail: TWICE,
                });
            }
            seen.push(field.0);
            let value = decode(parts.next().unwrap_or_default()).ok_or(Problem::Unprocessable {
                field: field.0,
                detail: NOT_TEXT,
            })?;
            said += value.len();
            if said > SUBMISSION_BYTES {
                return Err(Problem::TooLarge);
            }
            field.put(&mut post, value);
        }
        Self::checked(post)
    }

    fn checked(post: PlainPost) -> Result<Self, Problem> {
        filled("name", &post.name, longest::NAME)?;
        filled("phone", &post.phone, longest::PHONE)?;
        fits("question", &post.question, longest::QUESTION)?;
        fits("page", &post.page, longest::PAGE)?;
        fits("branch", &post.branch, longest::BRANCH)?;
        fits("notice_version", &post.notice_version, longest::VERSION)?;
        let submission =
            hex("submission", post.submission.as_deref())?.map(SubmissionId::from_bytes);
        let form = hex("form", post.form.as_deref())?
            .map_or(FormId::from_bytes([0; 16]), FormId::from_bytes);
        let notice_hash = hex("notice_hash", Some(&post.notice_hash))?;
        Ok(Self {
            post,
            submission,
            form,
            notice_hash,
        })
    }

    /// Name, phone and question.
    #[must_use]
    pub(crate) fn wrote(&self) -> (&str, &str, &str) {
        (&self.post.name, &self.post.phone, &self.post.question)
    }

    /// The choices: 1 call, 2 SMS, 4 Zalo, 8 e-mail.
    #[must_use]
    pub(crate) fn promo(&self) -> u8 {
        u8::from(self.post.promo_call)
            | u8::from(self.post.promo_sms) << 1
            | u8::from(self.post.promo_zalo) << 2
            | u8::from(self.post.promo_email) << 3
    }

    /// Version of the notice that the visitor saw; empty if the post named none.
    #[must_use]
    pub(crate) fn notice_version(&self) -> &str {
        &self.post.notice_version
    }

    /// The page that the form was on, and the branch that the visitor chose.
    #[must_use]
    pub(crate) fn place(&self) -> (&str, &str) {
        (&self.post.page, &self.post.branch)
    }

    /// When it was filled in by the sender's clock, if the post says so.
    #[must_use]
    pub(crate) fn filled_at_ms(&self) -> Option<i64> {
        self.post.filled_at
    }

    /// The token that says when the form was opened.
    #[must_use]
    pub(crate) fn opened(&self) -> Option<&str> {
        self.post.opened.as_deref()
    }

    /// A solved challenge.
    #[must_use]
    pub(crate) fn pow(&self) -> Option<&str> {
        self.post.pow.as_deref()
    }

    /// Whether the field that no visitor sees was filled in.
    #[must_use]
    pub(crate) fn trapped(&self) -> bool {
        !self.post.website.is_empty()
    }
}

fn fits(field: &'static str, text: &str, longest: usize) -> Result<(), Problem> {
    if text.chars().nth(longest).is_some() {
        return Err(Problem::Unprocessable {
            field,
            detail: TOO_LONG,
        });
    }
    Ok(())
}

fn filled(field: &'static str, text: &str, longest: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::Unprocessable {
            field,
            detail: EMPTY,
        });
    }
    fits(field, text, longest)
}

/// Exactly `N` bytes of hexadecimal; nothing and the empty text are `None`.
fn hex<const N: usize>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<[u8; N]>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(Some).ok_or(Problem::Unprocessable {
        field,
        detail: NOT_HEX,
    })
}

/// A value of a form post as text; `None` if it is not UTF-8: a guess at lost letters would be sealed for good.
fn decode(value: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = value
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
}

/// A form field that the server reads.
struct Field(&'static str);

impl Field {
    const NAMES: [&str; 16] = [
        "submission",
        "form",
        "name",
        "phone",
        "question",
        "promo_call",
        "promo_sms",
        "promo_zalo",
        "promo_email",
        "notice_version",
        "notice_hash",
        "page",
        "branch",
        "opened",
        "website",
        "letan-pow",
    ];

    fn named(name: &[u8]) -> Option<Self> {
        let name = decode(name)?;
        Self::NAMES
            .into_iter()
            .find(|known| *known == name)
            .map(Self)
    }

    fn put(&self, post: &mut PlainPost, value: String) {
        match self.0 {
            "submission" => post.submission = Some(value),
            "form" => post.form = Some(value),
            "name" => post.name = value,
            "phone" => post.phone = value,
            "question" => post.question = value,
            "promo_call" => post.promo_call = is_yes(&value),
            "promo_sms" => post.promo_sms = is_yes(&value),
            "promo_zalo" => post.promo_zalo = is_yes(&value),
            "promo_email" => post.promo_email = is_yes(&value),
            "notice_version" => post.notice_version = value,
            "notice_hash" => post.notice_hash = value,
            "page" => post.page = value,
            "branch" => post.branch = value,
            "opened" => post.opened = Some(value),
            "website" => post.website = value,
            _ => post.pow = Some(value),
        }
    }
}

/// Only what plainly says yes is a choice for promotion; everything else is none (L91 Đ9.4.d).
fn is_yes(value: &str) -> bool {
    matches!(value, "1" | "on" | "true" | "yes" | "co")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field_of(result: &Result<Plain, Problem>) -> &'static str {
        match result {
            Err(Problem::Unprocessable { field, .. }) => field,
            Err(_) => "other",
            Ok(_) => "none",
        }
    }

    #[test]
    fn a_form_post_is_read_letter_by_letter() {
        let body = "name=Nguy%E1%BB%85n+V%C4%83n+%C3%81nh&phone=0912+345+678&question=a%26b%3Dc%00%E2%80%AE\
                    &promo_zalo=1&promo_sms=0&website=&unknown=x";
        let plain = Plain::from_form(body.as_bytes()).unwrap();
        assert_eq!(
            plain.wrote(),
            ("Nguyễn Văn Ánh", "0912 345 678", "a&b=c\0\u{202e}")
        );
        assert_eq!(plain.promo(), 4);
        assert!(!plain.trapped());
        assert_eq!(plain.submission, None);
    }

    #[test]
    fn a_choice_that_is_missing_or_strange_is_no_choice() {
        for value in ["", "0", "no", "off", "yes please", "TRUE"] {
            let body = format!("name=a&phone=1&promo_call={}", value.replace(' ', "+"));
            assert_eq!(
                Plain::from_form(body.as_bytes()).unwrap().promo(),
                0,
                "{value}"
            );
        }
        assert_eq!(
            Plain::from_json(br#"{"name":"a","phone":"1"}"#)
                .unwrap()
                .promo(),
            0
        );
    }

    #[test]
    fn the_field_that_cannot_be_accepted_is_named() {
        assert_eq!(field_of(&Plain::from_form(b"phone=1")), "name");
        assert_eq!(field_of(&Plain::from_form(b"name=+%09&phone=1")), "name");
        assert_eq!(field_of(&Plain::from_form(b"name=a")), "phone");
        assert_eq!(field_of(&Plain::from_form(b"name=%FF&phone=1")), "name");
        assert_eq!(
            field_of(&Plain::from_form(b"name=a&phone=1&name=b")),
            "name"
        );
        assert_eq!(
            field_of(&Plain::from_form(b"name=a&phone=1&notice_hash=00")),
            "notice_hash"
        );
        assert_eq!(
            field_of(&Plain::from_form(b"name=a&phone=1&submission=zz")),
            "submission"
        );
        let long = format!("name={}&phone=1", "ễ".repeat(201));
        assert_eq!(field_of(&Plain::from_form(long.as_bytes())), "name");
        let just = format!("name={}&phone=1", "ễ".repeat(200));
        assert_eq!(field_of(&Plain::from_form(just.as_bytes())), "none");
        let long = format!("name=a&phone=1&question={}", "x".repeat(4001));
        assert_eq!(field_of(&Plain::from_form(long.as_bytes())), "question");
    }

    proptest! {
        #[test]
        fn any_text_comes_through_a_form_unchanged(name in "\\PC{1,50}", question in any::<String>()) {
            prop_assume!(!name.trim().is_empty() && question.chars().count() <= 4000);
            let encode = |text: &str| {
                percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            let body = format!("name={}&phone=1&question={}", encode(&name), encode(&question));
            let plain = Plain::from_form(body.as_bytes()).unwrap();
            prop_assert_eq!(plain.wrote(), (name.as_str(), "1", question.as_str()));
        }

        #[test]
        fn no_body_makes_reading_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Plain::from_form(&body);
            let _ = Plain::from_json(&body);
        }
    }
}
