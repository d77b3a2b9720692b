//! Which leads a campaign looks at: a predicate over what is known of one. It chooses whom to ask
//! the gate about and never stands in for it.
use serde::{Deserialize, Serialize};

use crate::lead::{Facts, LeadState, Source};
use crate::text;

/// The predicate: every part that is given must hold; an empty list holds for everybody.
///
/// Interest words are looked for in the question without regard to case and marks. They choose
/// within the clinic and never leave it: the question may tell of health, which is sensitive
/// (Decree 356/2025 Art. 4.1.d), so no file carries it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Segment {
    /// Branches; a lead without a branch matches none of them.
    pub branches: Vec<String>,
    /// Asked at or after this, milliseconds since the Unix epoch.
    pub received_from_ms: Option<i64>,
    /// Asked before this.
    pub received_until_ms: Option<i64>,
    /// States.
    pub states: Vec<LeadState>,
    /// Where they came from.
    pub sources: Vec<Source>,
    /// Words of which at least one stands in the question.
    pub words: Vec<String>,
    /// Last contact before this, milliseconds since the Unix epoch; who was never contacted counts.
    pub quiet_since_ms: Option<i64>,
}

crate::redact::redact!(Segment);

impl Segment {
    /// Whether the campaign looks at this lead. Duplicates are never looked at: the lead that
    /// they were merged into is.
    #[must_use]
    pub fn matches(&self, facts: &Facts<'_>, last_contact_ms: Option<i64>) -> bool {
        let branch = |name: &str| self.branches.iter().any(|wanted| wanted == name);
        facts.origin.is_some()
            && facts.merged_into.is_none()
            && (self.branches.is_empty() || facts.branch.is_some_and(branch))
            && self
                .received_from_ms
                .is_none_or(|from| facts.received_ms >= from)
            && self
                .received_until_ms
                .is_none_or(|until| facts.received_ms < until)
            && (self.states.is_empty() || self.states.contains(&facts.state))
            && (self.sources.is_empty() || self.sources.contains(&facts.source))
            && self
                .quiet_since_ms
                .is_none_or(|since| last_contact_ms.is_none_or(|at| at < since))
            && self.speaks_of(facts.question)
    }

    fn speaks_of(&self, question: &str) -> bool {
        let mut words = self.words.iter().map(|word| text::fold(word.trim()));
        let folded = text::fold(question);
        self.words.is_empty() || words.any(|word| !word.is_empty() && holds_word(&folded, &word))
    }

    /// As text for the register; the same for equal predicates.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Segment::to_text`] wrote; `None` for one of a newer version, which must not be
    /// read as a wider one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Whole words only: "mai" (plum) is not in "email".
fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text
            .get(at + word.len()..)
            .and_then(|tail| tail.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::lead::{Change, Lead, Patch};
    use crate::merge::Stamp;
    use crate::submission::{self, RawAnswers};

    fn lead(question: &str, branch: &str, received_ms: i64) -> Lead {
        let raw = RawAnswers {
            phone: "0912345678",
            question,
            branch,
            ..RawAnswers::default()
        };
        let mut lead = Lead::new();
        let author = [1; 16];
        lead.insert(
            Stamp { hlc: 1, author },
            submission::change(&raw, received_ms, 0),
        );
        lead
    }

    /// A part of the predicate, the last contact, and whether the lead below is looked at.
    type Row = (fn(&mut Segment), Option<i64>, bool);

    const PARTS: &[Row] = &[
        (|_| {}, None, true),
        (
            |s| s.branches = vec!["Quận 3".into(), "Quận 1".into()],
            None,
            true,
        ),
        (|s| s.branches = vec!["Quận 3".into()], None, false),
        (|s| s.received_from_ms = Some(100), None, true),
        (|s| s.received_from_ms = Some(101), None, false),
        (|s| s.received_until_ms = Some(101), None, true),
        (|s| s.received_until_ms = Some(100), None, false),
        (|s| s.states = vec![LeadState::New], None, true),
        (|s| s.states = vec![LeadState::Visited], None, false),
        (|s| s.sources = vec![Source::Zalo], None, false),
        (
            |s| s.words = vec!["implant".into(), "nieng".into()],
            None,
            true,
        ),
        (|s| s.words = vec!["niềng răng".into()], None, true),
        (|s| s.words = vec!["nie".into()], None, false),
        (|s| s.words = vec![" ".into()], None, false),
        (|s| s.quiet_since_ms = Some(50), Some(49), true),
        (|s| s.quiet_since_ms = Some(50), Some(50), false),
        (|s| s.quiet_since_ms = Some(50), None, true),
    ];

    #[test]
    fn every_part_that_is_given_must_hold() {
        let lead = lead("Em muốn NIỀNG răng", "Quận 1", 100);
        let facts = lead.facts();
        for (number, (part, last, expected)) in PARTS.iter().enumerate() {
            let mut segment = Segment::default();
            part(&mut segment);
            assert_eq!(segment.matches(&facts, *last), *expected, "row {number}");
            assert!(Segment::from_text(&segment.to_text()).unwrap() == segment);
        }
    }

    #[test]
    fn a_duplicate_and_a_lead_that_has_not_arrived_are_never_looked_at() {
        let mut merged = lead("", "", 1);
        let change = Change {
            merged_into: Patch::Set([7; 16]),
            ..Change::default()
        };
        let author = [1; 16];
        merged.insert(Stamp { hlc: 2, author }, change);
        assert!(!Segment::default().matches(&merged.facts(), None));
        assert!(!Segment::default().matches(&Lead::new().facts(), None));
    }

    #[test]
    fn a_predicate_of_a_newer_version_is_not_read_as_a_wider_one() {
        assert!(Segment::from_text(r#"{"onlyLeftHanded":true}"#).is_none());
        assert!(Segment::from_text("{}").unwrap() == Segment::default());
    }
}
