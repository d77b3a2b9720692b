//! May we call, and may we advertise: the light beside a lead, with the reasons as codes.
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
    /// The number may not be what it looks like: old landline, converted or completed digits,
    /// unknown prefix.
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
    ];
    let cautions = [
        (facts.state == LeadState::Declined, ConsultReason::Declined),
        (facts.suspect, ConsultReason::Suspect),
        (
            ambiguous.into_iter().any(warned),
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
