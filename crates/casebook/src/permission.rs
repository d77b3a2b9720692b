//! May we call, and may we advertise: the light beside a lead, with the reasons as codes.
mod offers;

pub use offers::{OfferLight, offers};

use serde::{Deserialize, Serialize};

use crate::lead::{Facts, LeadState};
use crate::phone::{PhoneKind, PhoneWarning};
use crate::submission::PromoChoices;

/// A traffic light; always shown with a word, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Light {
    /// Yes.
    Green,
    /// With care: read the reasons.
    Amber,
    /// No.
    Red,
}

/// Why we may or may not call about the inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum ConsultReason {
    /// The person asked and waits for an answer.
    Asked,
    /// There is no number.
    NoNumber,
    /// The number can't be read.
    Unreadable,
    /// The number is a hotline, an emergency or service number.
    NotAPerson,
    /// The number reaches somebody else.
    WrongNumber,
    /// The number may not be the right one: maybe an old landline, digits completed or left out,
    /// an unknown prefix, or two people wrote down different ones. (A mobile of before 2018 is
    /// converted one to one by the official table and is as good as any.)
    AmbiguousNumber,
    /// The text holds two numbers.
    TwoNumbers,
    /// The number is abroad.
    Foreign,
    /// The person wants nothing: only answer what they ask themselves.
    Declined,
    /// The form's traps say that this may be no person.
    Suspect,
}

/// Why we may or may not send offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum PromoReason {
    /// Nobody asked this person, and silence is no consent (Law 91/2025 Art. 9.4.d).
    NotAsked,
    /// The person was asked on the form and left every box empty.
    NotChosen,
    /// Ticked on the form; the law wants it confirmed too (Decree 91/2020 Art. 11.2.b).
    ChosenUnconfirmed,
    /// There is no number that reaches this person.
    NoNumber,
    /// The form's traps say that this may be no person.
    Suspect,
    /// Agreed, by one channel at least.
    Agreed,
    /// Said no, or did not answer the one request.
    SaidNo,
    /// Said stop.
    Withdrawn,
    /// Agreed, but not at this hour or not so often.
    NotNow,
    /// Barred for another reason: restriction, erasure, a list, a doubtful number, a complaint.
    Barred,
}

/// The light and its reasons, weightiest first. No sentence: the window has those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Calling about what the person asked.
    pub consult: Light,
    /// Why; never empty.
    pub consult_reasons: Vec<ConsultReason>,
    /// Advertising of any sort.
    pub promo: Light,
    /// Why; never empty.
    pub promo_reasons: Vec<PromoReason>,
    /// Channels ticked on the form, waiting for confirmation.
    pub promo_channels: PromoChoices,
}

impl Permission {
    /// The light for a lead as it now is.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let (consult, consult_reasons) = consult(facts);
        let (promo, promo_reasons) = promo(facts);
        Self {
            consult,
            consult_reasons,
            promo,
            promo_reasons,
            promo_channels: facts.promo.unwrap_or_default(),
        }
    }
}

/// The number, as far as it decides: what makes a call impossible.
fn unreachable(facts: &Facts<'_>) -> Option<ConsultReason> {
    match facts.phone.kind {
        _ if facts.state == LeadState::WrongNumber => Some(ConsultReason::WrongNumber),
        PhoneKind::None => Some(ConsultReason::NoNumber),
        PhoneKind::Hotline => Some(ConsultReason::NotAPerson),
        _ if facts.phone.first.is_none() => Some(ConsultReason::Unreadable),
        _ => None,
    }
}

fn consult(facts: &Facts<'_>) -> (Light, Vec<ConsultReason>) {
    if let Some(reason) = unreachable(facts) {
        return (Light::Red, vec![reason]);
    }
    let warned = |warning| facts.phone.warnings.contains(&warning);
    let ambiguous = [
        PhoneWarning::MaybeOldLandline,
        PhoneWarning::ExcelZeroRestored,
        PhoneWarning::UnknownPrefix,
        PhoneWarning::TooLong,
    ];
    let cautions = [
        (facts.state == LeadState::Declined, ConsultReason::Declined),
        (facts.suspect, ConsultReason::Suspect),
        (
            !facts.phone_rivals.is_empty() || ambiguous.into_iter().any(warned),
            ConsultReason::AmbiguousNumber,
        ),
        (warned(PhoneWarning::TwoNumbers), ConsultReason::TwoNumbers),
        (
            facts.phone.kind == PhoneKind::Foreign,
            ConsultReason::Foreign,
        ),
    ];
    let reasons: Vec<_> = cautions
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect();
    if reasons.is_empty() {
        (Light::Green, vec![ConsultReason::Asked])
    } else {
        (Light::Amber, reasons)
    }
}

fn promo(facts: &Facts<'_>) -> (Light, Vec<PromoReason>) {
    let refusal = match facts.promo {
        None => Some(PromoReason::NotAsked),
        Some(choices) if !choices.any() => Some(PromoReason::NotChosen),
        Some(_) if facts.suspect => Some(PromoReason::Suspect),
        Some(choices) if unreachable(facts).is_some() && !choices.email => {
            Some(PromoReason::NoNumber)
        }
        Some(_) => None,
    };
    match refusal {
        Some(reason) => (Light::Red, vec![reason]),
        None => (Light::Amber, vec![PromoReason::ChosenUnconfirmed]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basis::BasisKind;
    use crate::lead::{Change, Doing, Draft, Lead, Source};
    use crate::merge::Stamp;
    use crate::submission::{self, RawAnswers};

    fn stamp(hlc: u64) -> Stamp {
        Stamp {
            hlc,
            author: [1; 16],
        }
    }

    /// What the form brought, and the state that a clerk gave it.
    fn light(phone: &str, promo: u8, suspicion: u8, state: LeadState) -> Permission {
        let raw = RawAnswers {
            phone,
            promo,
            ..RawAnswers::default()
        };
        let mut lead = Lead::new();
        lead.insert(
            stamp(1),
            submission::change(&raw, 1_795_399_200_000, suspicion),
        );
        let state = Change {
            state: Some(state),
            ..Change::default()
        };
        lead.insert(stamp(2), state);
        Permission::of(&lead.facts())
    }

    /// Number, suspicion and state; the light and why.
    type Row = (&'static str, u8, LeadState, Light, &'static [ConsultReason]);

    const CONSULT: &[Row] = &[
        (
            "0912345678",
            0,
            LeadState::New,
            Light::Green,
            &[ConsultReason::Asked],
        ),
        (
            "0912345678",
            0,
            LeadState::Visited,
            Light::Green,
            &[ConsultReason::Asked],
        ),
        (
            "01681234567",
            0,
            LeadState::New,
            Light::Green,
            &[ConsultReason::Asked],
        ),
        (
            "024 3825 1234",
            0,
            LeadState::New,
            Light::Green,
            &[ConsultReason::Asked],
        ),
        (
            "0912345678",
            0,
            LeadState::Declined,
            Light::Amber,
            &[ConsultReason::Declined],
        ),
        (
            "0912345678",
            2,
            LeadState::New,
            Light::Amber,
            &[ConsultReason::Suspect],
        ),
        (
            "912345678",
            0,
            LeadState::New,
            Light::Amber,
            &[ConsultReason::AmbiguousNumber],
        ),
        (
            "00912345678",
            0,
            LeadState::New,
            Light::Amber,
            &[ConsultReason::AmbiguousNumber],
        ),
        (
            "0512345678",
            0,
            LeadState::New,
            Light::Amber,
            &[ConsultReason::AmbiguousNumber],
        ),
        (
            "+14155552671",
            0,
            LeadState::New,
            Light::Amber,
            &[ConsultReason::Foreign],
        ),
        (
            "1900 1234",
            0,
            LeadState::New,
            Light::Red,
            &[ConsultReason::NotAPerson],
        ),
        (
            "12345",
            0,
            LeadState::New,
            Light::Red,
            &[ConsultReason::Unreadable],
        ),
        (
            "",
            0,
            LeadState::Declined,
            Light::Red,
            &[ConsultReason::NoNumber],
        ),
        (
            "0912345678",
            2,
            LeadState::WrongNumber,
            Light::Red,
            &[ConsultReason::WrongNumber],
        ),
    ];

    #[test]
    fn a_call_about_the_inquiry_is_free_unless_the_table_says_otherwise() {
        for (phone, suspicion, state, expected, reasons) in CONSULT {
            let permission = light(phone, 0, *suspicion, *state);
            assert_eq!(permission.consult, *expected, "{phone} {state:?}");
            assert_eq!(permission.consult_reasons, *reasons, "{phone} {state:?}");
        }
    }

    #[test]
    fn a_number_in_dispute_is_called_with_care_until_somebody_chooses() {
        let mut lead = Lead::new();
        let raw = RawAnswers {
            phone: "0912345678",
            ..RawAnswers::default()
        };
        lead.insert(stamp(1), submission::change(&raw, 1_795_399_200_000, 0));
        for (hlc, phone) in [(2, "0987654321"), (3, "0903123456")] {
            let write = Change {
                phone: Some(phone.into()),
                sees_phone: vec![stamp(1)],
                ..Change::default()
            };
            lead.insert(stamp(hlc), write);
        }
        let disputed = Permission::of(&lead.facts());
        assert_eq!(disputed.consult, Light::Amber);
        assert_eq!(disputed.consult_reasons, [ConsultReason::AmbiguousNumber]);
        let key = lead
            .facts()
            .phone_rivals
            .first()
            .map(|rival| rival.key.clone());
        let doing = Doing {
            by: "Mai",
            staff: None,
            now_ms: 1_795_399_200_000,
        };
        let chosen = lead.settle(doing, &key.unwrap_or_default());
        lead.insert(stamp(4), chosen.expect("a rival"));
        assert_eq!(Permission::of(&lead.facts()).consult, Light::Green);
    }

    #[test]
    fn every_caution_is_listed_weightiest_first() {
        let permission = light("912345678 / 0987654321", 0, 1, LeadState::Declined);
        assert_eq!(
            permission.consult_reasons,
            [
                ConsultReason::Declined,
                ConsultReason::Suspect,
                ConsultReason::AmbiguousNumber,
                ConsultReason::TwoNumbers,
            ]
        );
    }

    #[test]
    fn offers_are_never_green_without_a_confirmed_opt_in() {
        use PromoReason as R;
        let table = [
            ("0912345678", 0, 0, Light::Red, R::NotChosen),
            ("0912345678", 1, 0, Light::Amber, R::ChosenUnconfirmed),
            ("0912345678", 15, 0, Light::Amber, R::ChosenUnconfirmed),
            ("0912345678", 15, 1, Light::Red, R::Suspect),
            ("1900 1234", 7, 0, Light::Red, R::NoNumber),
            ("", 8, 0, Light::Amber, R::ChosenUnconfirmed),
        ];
        for (phone, promo, suspicion, expected, reason) in table {
            let permission = light(phone, promo, suspicion, LeadState::New);
            assert_eq!(permission.promo, expected, "{phone} {promo}");
            assert_eq!(permission.promo_reasons, [reason], "{phone} {promo}");
            assert_eq!(permission.promo_channels.bits(), promo);
        }
    }

    #[test]
    fn a_lead_entered_by_hand_was_never_asked_about_offers() {
        let doing = Doing {
            by: "Mai",
            staff: None,
            now_ms: 1_795_399_200_000,
        };
        let draft = Draft {
            name: "An",
            phone: "0912345678",
            question: "",
            source: Source::WalkIn,
            basis: BasisKind::Consent,
            basis_note: "tại quầy",
            branch: None,
        };
        let mut lead = Lead::new();
        lead.insert(
            stamp(1),
            Change::created(doing, &draft).expect("a good draft"),
        );
        let permission = Permission::of(&lead.facts());
        assert_eq!(permission.consult, Light::Green);
        assert_eq!(permission.promo, Light::Red);
        assert_eq!(permission.promo_reasons, [PromoReason::NotAsked]);
    }

    #[test]
    fn codes_reach_the_window_in_camel_case() {
        let json = serde_json::to_value(light("", 4, 0, LeadState::WrongNumber));
        let expected = serde_json::json!({
            "consult": "red",
            "consultReasons": ["wrongNumber"],
            "promo": "red",
            "promoReasons": ["noNumber"],
            "promoChannels": {"call": false, "sms": false, "zalo": true, "email": false},
        });
        assert_eq!(json.ok(), Some(expected));
    }
}
