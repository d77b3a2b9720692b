//! May we advertise, channel by channel: what the opt-in record and the gate say of a lead.
use serde::{Deserialize, Serialize};

use super::{Light, Permission, PromoReason};
use crate::campaign::gate::{Asked, Candidate, Refusal, all_reasons, next_ms};
use crate::lead::Facts;
use crate::opt_in::{Channel, PromoPurpose, StateKind};
use crate::rules::Rules;

/// One channel's light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct OfferLight {
    /// Which channel.
    pub channel: Channel,
    /// Where the consent stands.
    pub state: StateKind,
    /// Green: an offer may reach the person now. Amber: it may later, or once a tick is confirmed.
    pub light: Light,
    /// The first reason of the gate that is about the person; `None` when green.
    pub reason: Option<Refusal>,
    /// The first moment at which it may, milliseconds since the Unix epoch; `None` if no moment is
    /// known.
    pub next_legal_ms: Option<i64>,
}

/// The four channels for the clinic's own offers. What belongs to a campaign (its text, its name,
/// the age of the data) is asked when there is one.
#[must_use]
pub fn offers(candidate: &Candidate<'_>, now_ms: i64, rules: &Rules) -> [OfferLight; 4] {
    Channel::ALL.map(|channel| offer(candidate, channel, now_ms, rules))
}

fn offer(candidate: &Candidate<'_>, channel: Channel, now_ms: i64, rules: &Rules) -> OfferLight {
    let purpose = PromoPurpose::Offers;
    let asked = Asked {
        purpose,
        channel,
        now_ms,
        window: (now_ms, now_ms),
        brandname: None,
        template: None,
        synced_ms: None,
    };
    let mut reasons = all_reasons(candidate, &asked, rules);
    reasons.retain(|reason| reason.is_personal());
    let lasting = reasons.iter().find(|reason| !reason.passes());
    let unconfirmed = |reason: &Refusal| *reason == Refusal::Unconfirmed || reason.passes();
    let light = match lasting {
        None if reasons.is_empty() => Light::Green,
        None => Light::Amber,
        Some(_) if reasons.iter().all(unconfirmed) => Light::Amber,
        Some(_) => Light::Red,
    };
    OfferLight {
        channel,
        state: candidate.record.state(channel, purpose).kind(),
        light,
        reason: reasons.first().copied(),
        next_legal_ms: match lasting {
            None => next_ms(candidate, channel, purpose, now_ms, rules),
            Some(_) => None,
        },
    }
}

impl Permission {
    /// The light for a lead whose number has a record of opt-ins: the best of its channels, and
    /// why. Without a record what the form brought decides, as in [`Permission::of`].
    #[must_use]
    pub fn with_offers(
        facts: &Facts<'_>,
        candidate: &Candidate<'_>,
        now_ms: i64,
        rules: &Rules,
    ) -> Self {
        let permission = Self::of(facts);
        if candidate.record.is_empty() {
            return permission;
        }
        let lights = offers(candidate, now_ms, rules);
        let best = lights
            .iter()
            .min_by_key(|offer| (offer.light, offer.reason));
        let Some(best) = best else { return permission };
        Self {
            promo: best.light,
            promo_reasons: vec![reason(best.reason)],
            ..permission
        }
    }
}

fn reason(refusal: Option<Refusal>) -> PromoReason {
    match refusal {
        None => PromoReason::Agreed,
        Some(Refusal::NotAsked) => PromoReason::NotAsked,
        Some(Refusal::Unconfirmed) => PromoReason::ChosenUnconfirmed,
        Some(Refusal::SaidNo | Refusal::NoReply) => PromoReason::SaidNo,
        Some(Refusal::Withdrawn) => PromoReason::Withdrawn,
        Some(Refusal::NoNumber) => PromoReason::NoNumber,
        Some(Refusal::Suspect) => PromoReason::Suspect,
        Some(reason) if reason.passes() => PromoReason::NotNow,
        Some(_) => PromoReason::Barred,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::campaign::gate::tests::World;
    use crate::lead::Lead;
    use crate::merge::Stamp;
    use crate::opt_in::tests::{Desk, NINE, all};
    use crate::submission::{self, PromoChoices, RawAnswers};

    const HOUR: i64 = 60 * 60_000;

    fn lights(world: &World, now_ms: i64) -> [OfferLight; 4] {
        offers(&world.candidate(), now_ms, Rules::builtin())
    }

    #[test]
    fn each_channel_has_its_own_light_reason_and_next_moment() {
        let mut world = World::good(Channel::Sms);
        world.desk.withdraw(PromoChoices::only(Channel::Zalo));
        let [call, sms, zalo, email] = lights(&world, NINE + 9 * HOUR);
        assert_eq!(
            (call.light, call.reason),
            (Light::Amber, Some(Refusal::OutsideHours))
        );
        assert_eq!(call.next_legal_ms, Some(NINE + 23 * HOUR));
        assert_eq!((sms.light, sms.reason), (Light::Green, None));
        assert_eq!(sms.next_legal_ms, Some(NINE + 9 * HOUR));
        assert_eq!(
            (zalo.light, zalo.reason),
            (Light::Red, Some(Refusal::Withdrawn))
        );
        assert_eq!(
            (zalo.state, zalo.next_legal_ms),
            (StateKind::Withdrawn, None)
        );
        assert_eq!(email.light, Light::Green);
    }

    #[test]
    fn after_as_often_as_allowed_the_next_moment_is_a_day_later_and_in_lawful_hours() {
        let mut world = World::good(Channel::Call);
        world.reached(Channel::Call, &[NINE - 30 * 60_000]);
        let [call, ..] = lights(&world, NINE);
        assert_eq!(
            (call.light, call.reason),
            (Light::Amber, Some(Refusal::CapReached))
        );
        assert_eq!(call.next_legal_ms, Some(NINE - 30 * 60_000 + 24 * HOUR));
        // The day is over at half past seven: the call waits until eight.
        let mut world = World::good(Channel::Call);
        world.reached(Channel::Call, &[NINE - 90 * 60_000]);
        let [call, ..] = lights(&world, NINE);
        assert_eq!(call.next_legal_ms, Some(NINE + 23 * HOUR));
    }

    #[test]
    fn the_leads_light_is_that_of_its_best_channel() {
        let raw = RawAnswers {
            phone: "0912345678",
            promo: 2,
            ..RawAnswers::default()
        };
        let change = submission::change(&raw, NINE, 0);
        let origin = change.origin.clone().unwrap();
        let mut lead = Lead::new();
        let author = [1; 16];
        lead.insert(Stamp { hlc: 1, author }, change);
        let facts = lead.facts();
        let light = |world: &World| {
            let rules = Rules::builtin();
            let permission = Permission::with_offers(&facts, &world.candidate(), NINE, rules);
            (permission.promo, permission.promo_reasons)
        };
        let mut world = World::good(Channel::Sms);
        world.desk = Desk::new(1);
        assert_eq!(
            light(&world),
            (Light::Amber, vec![PromoReason::ChosenUnconfirmed])
        );
        let declared = world.desk.record.declare(&world.desk.phone(), &origin);
        world.desk.put(declared.unwrap().unwrap());
        assert_eq!(
            light(&world),
            (Light::Amber, vec![PromoReason::ChosenUnconfirmed])
        );
        world.desk.grant(PromoChoices::only(Channel::Email));
        assert_eq!(light(&world), (Light::Green, vec![PromoReason::Agreed]));
        world.desk.withdraw(all());
        assert_eq!(light(&world), (Light::Red, vec![PromoReason::Withdrawn]));
        world.desk.grant(all());
        world.desk.restrict();
        assert_eq!(light(&world), (Light::Red, vec![PromoReason::Barred]));
    }
}
