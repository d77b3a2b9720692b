//! The embeddable form: its script, and its page filled in for the clinic of the moment.

use axum::http::{HeaderValue, header::InvalidHeaderValue};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::{keeper::Published, page::escape};

/// The script.
pub(crate) const SCRIPT: &str = include_str!("../form/dist/form.js");
const TEMPLATE: &str = include_str!("../form/form.html");

/// The page's style, where it is a file of its own.
pub(crate) const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/form.css"));

/// Where the page's form is sent to.
const ACTION: &str = "/v1/submissions";

/// The form's files with their hashes.
pub(crate) struct Form {
    /// SHA-256 of the script, lower hexadecimal.
    pub script_hash: String,
    /// SHA-256 of the page's template, lower hexadecimal.
    pub page_hash: String,
    policy: HeaderValue,
}

impl Form {
    /// The form as it was built into this program; pages of `origins` may frame it. Refuses origins that make no policy.
    pub(crate) fn new(origins: &[String]) -> Result<Self, InvalidHeaderValue> {
        // A style inside the page is allowed by its hash, and no other.
        let inside = style(TEMPLATE).map(|style| BASE64.encode(&Sha256::digest(style)));
        let inside = inside.map_or_else(String::new, |hash| format!(" 'sha256-{hash}'"));
        let ancestors = if origins.is_empty() {
            "'none'".to_owned()
        } else {
            origins.join(" ")
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'{inside}; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        );
        Ok(Self {
            script_hash: HEXLOWER.encode(&Sha256::digest(SCRIPT)),
            page_hash: HEXLOWER.encode(&Sha256::digest(TEMPLATE)),
            policy: HeaderValue::try_from(policy)?,
        })
    }

    /// The page's content security policy.
    #[must_use]
    pub(crate) fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }
}

/// The page for a visitor who opens it now; `opened` is the token that says so.
pub(crate) fn page(clinic: &Published, opened: &str) -> String {
    fill(TEMPLATE, |name| {
        Some(match name {
            "notice_version" => escape(&clinic.record.notice_version),
            "notice_hash" => HEXLOWER.encode(&clinic.notice_hash),
            "notice_text" => escape(&clinic.record.notice_text),
            "opened" => escape(opened),
            "clinic_name" => escape(&clinic.record.name),
            "action" => ACTION.to_owned(),
            _ => return None,
        })
    })
}

/// The text of the page's style element, if it has one.
fn style(page: &str) -> Option<&str> {
    let (_, after) = page.split_once("<style>")?;
    after.split_once("</style>").map(|(style, _)| style)
}

/// Puts values for `{{name}}` in one pass, so that a value that looks like a placeholder stays what it is.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let known = after
            .split_once("}}")
            .and_then(|(name, tail)| Some((value(name)?, tail)));
        let (text, tail) = known.unwrap_or_else(|| ("{{".to_owned(), after));
        filled.push_str(&text);
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_placeholder_stays_what_it_is() {
        let filled = fill("<{{a}}|{{b}}|{{c}}|{{", |name| match name {
            "a" => Some("{{b}}".to_owned()),
            "b" => Some("x".to_owned()),
            _ => None,
        });
        assert_eq!(filled, "<{{b}}|x|{{c}}|{{");
    }

    #[test]
    fn the_page_has_a_style_and_every_placeholder() {
        assert!(TEMPLATE.matches("<style").count() <= 1);
        assert!(style(TEMPLATE).is_some() != TEMPLATE.contains("form.css"));
        assert_eq!(STYLE.is_empty(), style(TEMPLATE).is_some());
        assert!(!TEMPLATE.contains("style=\""));
        for name in [
            "notice_version",
            "notice_hash",
            "notice_text",
            "opened",
            "clinic_name",
            "action",
        ] {
            assert!(TEMPLATE.contains(&format!("{{{{{name}}}}}")), "{name}");
        }
    }

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 30 * 1024);
    }
}
