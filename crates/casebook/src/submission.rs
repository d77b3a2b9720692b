//! What the website's form brings: answers become the first change of a lead.
use serde::{Deserialize, Serialize};

use crate::basis::BasisKind;
use crate::lead::{Change, Limits, Origin, Patch, Source};
use crate::name::Name;
use crate::text;

/// Channels on which the visitor said yes to offers; saying nothing is no.
///
/// Silence is not consent (Law 91/2025 Art. 9.4.d), so a missing answer is `false`, and each
/// channel is asked for itself (Art. 9.4.a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // four boxes on the form, each for itself
pub struct PromoChoices {
    /// Phone calls.
    pub call: bool,
    /// Text messages.
    pub sms: bool,
    /// Zalo messages.
    pub zalo: bool,
    /// Electronic mail.
    pub email: bool,
}

impl PromoChoices {
    /// From the form's bits: 1 call, 2 SMS, 4 Zalo, 8 email; higher bits mean nothing yet.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self {
            call: bits & 1 != 0,
            sms: bits & 2 != 0,
            zalo: bits & 4 != 0,
            email: bits & 8 != 0,
        }
    }

    /// The form's bits.
    #[must_use]
    pub fn bits(self) -> u8 {
        u8::from(self.call)
            | u8::from(self.sms) << 1
            | u8::from(self.zalo) << 2
            | u8::from(self.email) << 3
    }

    /// Whether any channel was chosen.
    #[must_use]
    pub fn any(self) -> bool {
        self.bits() != 0
    }
}

/// The form's answers as they were sealed, before any cleaning.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RawAnswers<'a> {
    /// Full name.
    pub name: &'a str,
    /// Number as typed.
    pub phone: &'a str,
    /// What the visitor asks.
    pub question: &'a str,
    /// Bits of [`PromoChoices`].
    pub promo: u8,
    /// Version of the notice that was shown.
    pub notice_version: &'a str,
    /// SHA-256 of the notice's text.
    pub notice_hash: Option<[u8; 32]>,
    /// Address of the page that the form stood on.
    pub page: &'a str,
    /// Branch that the visitor chose.
    pub branch: &'a str,
    /// When the visitor pressed send by their own clock, milliseconds; shown, never obeyed.
    pub filled_at_ms: i64,
}

crate::redact::redact!(RawAnswers<'a>);

/// The first change of a lead that came through the website.
///
/// `received_ms` is the server's clock; `suspicion` holds the traps' bits (1 trap, 2 too fast,
/// 4 no proof of work under load). Nothing is refused here: what is too long is cut, because the
/// intake has already refused it from an honest form.
#[must_use]
pub fn change(raw: &RawAnswers<'_>, received_ms: i64, suspicion: u8) -> Change {
    let name = Name::parse(raw.name).into_string();
    let phone = text::one_line(raw.phone, Limits::PHONE);
    let question = text::clean(raw.question, Limits::QUESTION);
    let branch = text::one_line(raw.branch, Limits::BRANCH);
    Change {
        at_ms: received_ms,
        origin: Some(Box::new(Origin {
            source: Source::Web,
            basis: BasisKind::Consent,
            received_ms,
            suspicion,
            promo: Some(PromoChoices::from_bits(raw.promo)),
            notice_version: text::one_line(raw.notice_version, Limits::VERSION),
            notice_hash: raw.notice_hash,
            page: text::one_line(raw.page, Limits::PAGE),
            filled_at_ms: raw.filled_at_ms,
            basis_note: String::new(),
        })),
        name: (!name.is_empty()).then_some(name),
        phone: (!phone.is_empty()).then_some(phone),
        question: (!question.is_empty()).then_some(question),
        branch: if branch.is_empty() {
            Patch::Keep
        } else {
            Patch::Set(branch)
        },
        ..Change::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_box_of_the_form_has_its_bit_and_no_other() {
        let call = PromoChoices {
            call: true,
            ..PromoChoices::default()
        };
        assert_eq!((call.bits(), PromoChoices::from_bits(1)), (1, call));
        assert!(PromoChoices::from_bits(2).sms);
        assert!(PromoChoices::from_bits(4).zalo);
        assert!(PromoChoices::from_bits(8).email);
        assert!(!PromoChoices::default().any());
        assert!(!PromoChoices::from_bits(0xf0).any());
        for bits in 0..16 {
            assert_eq!(PromoChoices::from_bits(bits).bits(), bits);
        }
    }

    #[test]
    fn silence_on_the_form_is_no_consent_and_says_so() {
        let change = change(&RawAnswers::default(), 5, 0);
        let promo = change.origin.and_then(|origin| origin.promo);
        assert_eq!(promo, Some(PromoChoices::default()));
        assert_eq!(
            (change.name, change.phone, change.question),
            (None, None, None)
        );
        assert_eq!(change.branch, Patch::Keep);
    }

    #[test]
    fn what_the_visitor_wrote_is_cleaned_and_what_is_too_long_is_cut() {
        let long = "9".repeat(100);
        let raw = RawAnswers {
            name: "\u{202e}Tra\u{302}\u{300}n\0 Thị\n Hường ",
            phone: &long,
            question: "Đau răng\r\ntừ hôm qua\u{200b}",
            ..RawAnswers::default()
        };
        let change = change(&raw, 5, 0);
        assert_eq!(change.name.as_deref(), Some("Trần Thị Hường"));
        assert_eq!(change.phone.map(|phone| phone.len()), Some(Limits::PHONE));
        assert_eq!(change.question.as_deref(), Some("Đau răng\ntừ hôm qua"));
    }

    #[test]
    fn the_proof_of_consent_is_kept_with_the_lead() {
        let raw = RawAnswers {
            notice_version: "2026-11",
            notice_hash: Some([3; 32]),
            filled_at_ms: 77,
            ..RawAnswers::default()
        };
        let change = change(&raw, 5, 6);
        let origin = change.origin.expect("the form begins a lead");
        assert_eq!(origin.basis, BasisKind::Consent);
        assert_eq!(origin.notice_version, "2026-11");
        assert_eq!(origin.notice_hash, Some([3; 32]));
        assert_eq!((origin.received_ms, origin.filled_at_ms), (5, 77));
        assert_eq!((origin.suspicion, change.at_ms), (6, 5));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(name: String, phone: String, question: String, promo: u8) {
            let raw = RawAnswers { name: &name, phone: &phone, question: &question, promo, ..RawAnswers::default() };
            let change = change(&raw, 0, 0);
            prop_assert!(change.name.unwrap_or_default().chars().count() <= Limits::NAME);
        }
    }
}
