//! The register of what left the clinic: one record for each lot, from its making to the proof
//! that the recipient deleted it (Decree 91/2020 Art. 11.4, Decree 356/2025 Art. 7).
mod change;

pub use change::{Act, Change, Made};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::gate::{Mailable, Refusal};
use super::recipient::Ready;
use super::segment::Segment;
use super::template::Passed;
use crate::day::DAY_MS;
use crate::lead::{Doing, Limits};
use crate::log::Log;
use crate::merge::Id;
use crate::opt_in::{Channel, PromoPurpose};
use crate::rules::{Number, Rules};
use crate::text;

/// All that is known of one lot.
pub type Lot = Log<Change>;

/// Why a lot, or a fact about one, can't be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// Nobody may be reached.
    #[error("nobody may be reached")]
    Empty,
    /// Numbers that passed the gate for another channel or purpose, or text that passed for another.
    #[error("what passed was meant for something else")]
    Mixed,
    /// Why it is made is missing.
    #[error("the reason is missing")]
    NoReason,
    /// How the deletion is proven is missing.
    #[error("the proof is missing")]
    NoProof,
    /// A text is longer than a record may hold.
    #[error("too long")]
    TooLong,
    /// The making of the lot is not known here.
    #[error("no such lot")]
    Unknown,
}

/// Who passed and who did not, counted while the gate is asked number by number.
#[derive(Clone, Default)]
pub struct Tally {
    passed: Vec<Mailable>,
    excluded: Vec<(Refusal, u32)>,
}

/// What a lot is made of, beside who is in it.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// Why it is made.
    pub why: &'a str,
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channel.
    pub channel: Channel,
    /// First and last moment of sending, milliseconds since the Unix epoch.
    pub window: (i64, i64),
    /// Which leads were looked at.
    pub segment: &'a Segment,
    /// Record of the recipient.
    pub recipient_id: Id,
    /// The recipient, with a whole agreement.
    pub recipient: &'a Ready,
    /// The text, linted.
    pub template: &'a Passed,
    /// SHA-256 of the text as it will be sent.
    pub template_hash: [u8; 32],
    /// SHA-256 of the file.
    pub file_hash: [u8; 32],
    /// What marks this copy, so that a leaked one names its lot; empty if nothing does.
    pub canary: &'a str,
    /// Up to when the clinic's other PCs' entries were here, milliseconds since the Unix epoch.
    pub data_as_of_ms: i64,
    /// Number of the health authority's confirmation of the content; empty if there is none.
    pub approval: &'a str,
}

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// In use.
    Open,
    /// Its time is over and the recipient has not proven that it was deleted.
    Overdue,
    /// Deleted, with proof.
    Deleted,
}

/// What holds of a lot now.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// How it was made; `None` while that has not arrived.
    pub made: Option<&'a Made>,
    /// Who made it.
    pub by: &'a str,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Numbers that the recipient was told to leave off.
    pub recalled: u32,
    /// When it was proven to be deleted.
    pub deleted_ms: Option<i64>,
}

crate::redact::redact!(Tally, Draft<'a>, Facts<'a>);

impl Tally {
    /// Counts one answer of the gate.
    pub fn take(&mut self, verdict: Result<Mailable, Refusal>) {
        let reason = match verdict {
            Ok(mailable) => return self.passed.push(mailable),
            Err(reason) => reason,
        };
        match self.excluded.iter_mut().find(|(kind, _)| *kind == reason) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.excluded.push((reason, 1)),
        }
        self.excluded.sort_unstable();
    }

    /// Who passed.
    #[must_use]
    pub fn passed(&self) -> &[Mailable] {
        &self.passed
    }

    /// How many did not, by their first reason, in the gate's order.
    #[must_use]
    pub fn excluded(&self) -> &[(Refusal, u32)] {
        &self.excluded
    }
}

impl Change {
    /// A lot is made of exactly those whom the gate let pass.
    pub fn made(
        doing: Doing<'_>,
        draft: &Draft<'_>,
        tally: &Tally,
        rules: &Rules,
    ) -> Result<Self, Refused> {
        if tally.passed.is_empty() {
            return Err(Refused::Empty);
        }
        let fits = |one: &Mailable| {
            one.channel() == draft.channel
                && one.purpose() == draft.purpose
                && one.window() == draft.window
        };
        if !tally.passed.iter().all(fits) || draft.template.channel() != draft.channel {
            return Err(Refused::Mixed);
        }
        let why = fit(draft.why)?;
        if why.is_empty() {
            return Err(Refused::NoReason);
        }
        let days = i64::from(rules.number(Number::LotExpiryDays));
        let made = Made {
            why,
            purpose: draft.purpose,
            channel: draft.channel,
            window: draft.window,
            filter: draft.segment.to_text(),
            count: u32::try_from(tally.passed.len()).unwrap_or(u32::MAX),
            excluded: tally.excluded.clone(),
            recipient: draft.recipient_id,
            recipient_name: draft.recipient.name().to_owned(),
            agreement: draft.recipient.agreement().to_owned(),
            template_hash: draft.template_hash,
            file_hash: draft.file_hash,
            expires_ms: draft.window.1.saturating_add(days.saturating_mul(DAY_MS)),
            canary: fit(draft.canary)?,
            data_as_of_ms: draft.data_as_of_ms,
            rules: rules.version().to_owned(),
            approval: fit(draft.approval)?,
        };
        Ok(Self::by(doing, Act::Made(Box::new(made))))
    }
}

impl Lot {
    /// The recipient was told to leave off numbers that withdrew since.
    pub fn recall(
        &self,
        doing: Doing<'_>,
        count: u32,
        file_hash: [u8; 32],
    ) -> Result<Change, Refused> {
        self.facts().made.ok_or(Refused::Unknown)?;
        if count == 0 {
            return Err(Refused::Empty);
        }
        Ok(Change::by(doing, Act::Recalled { count, file_hash }))
    }

    /// The recipient proved that it deleted the file.
    pub fn deleted(
        &self,
        doing: Doing<'_>,
        proof: &str,
        attachment: Option<[u8; 32]>,
    ) -> Result<Change, Refused> {
        self.facts().made.ok_or(Refused::Unknown)?;
        let proof = fit(proof)?;
        if proof.is_empty() && attachment.is_none() {
            return Err(Refused::NoProof);
        }
        Ok(Change::by(doing, Act::Deleted { proof, attachment }))
    }

    /// What holds now.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        let mut facts = Facts {
            made: None,
            by: "",
            at_ms: 0,
            recalled: 0,
            deleted_ms: None,
        };
        for (_, change) in self.iter() {
            match &change.act {
                Act::Made(made) if facts.made.is_none() => {
                    facts.made = Some(made);
                    (facts.by, facts.at_ms) = (&change.by, change.at_ms);
                }
                Act::Recalled { count, .. } => {
                    facts.recalled = facts.recalled.saturating_add(*count);
                }
                Act::Deleted { .. } => {
                    facts.deleted_ms.get_or_insert(change.at_ms);
                }
                Act::Made(_) | Act::Newer => {}
            }
        }
        facts
    }
}

impl Facts<'_> {
    /// Where the lot stands.
    #[must_use]
    pub fn stage(&self, now_ms: i64) -> Stage {
        let over = self.made.is_some_and(|made| made.expires_ms <= now_ms);
        match self.deleted_ms {
            Some(_) => Stage::Deleted,
            None if over => Stage::Overdue,
            None => Stage::Open,
        }
    }
}

fn fit(raw: &str) -> Result<String, Refused> {
    let text = text::clean(raw, usize::MAX);
    (text.chars().count() <= Limits::BASIS_NOTE)
        .then_some(text)
        .ok_or(Refused::TooLong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
