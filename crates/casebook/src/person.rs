//! A person is whoever has a phone number: every inquiry from it, seen together.
use crate::lead::{Facts, LeadState};
use crate::merge::Id;

/// What all inquiries of one number say together.
///
/// Families share phones, so the same number is a hint and never proof of the same person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person<'a> {
    /// Every inquiry that stands for itself, newest first.
    pub leads: Vec<Id>,
    /// Inquiries that were merged into others.
    pub merged: u32,
    /// When this number was first heard of, milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Branch of that first inquiry.
    pub since_branch: Option<&'a str>,
    /// When it last asked.
    pub last_ms: i64,
    /// Has come to the clinic.
    pub visited: bool,
    /// Calls tried or made, over all inquiries.
    pub attempts: u32,
}

crate::redact::redact!(Person<'a>);

impl<'a> Person<'a> {
    /// Groups the leads of one number; `None` of no lead.
    pub fn of<'f>(leads: impl IntoIterator<Item = (Id, &'f Facts<'a>)>) -> Option<Self>
    where
        'a: 'f,
    {
        let mut all: Vec<(Id, &Facts<'a>)> = leads.into_iter().collect();
        // Newest first; the id decides between equals, so that every desk shows one order.
        all.sort_by_key(|(id, facts)| (core::cmp::Reverse(facts.received_ms), *id));
        let (_, newest) = all.first()?;
        let (_, oldest) = all.last()?;
        let standing = all.iter().filter(|(_, facts)| facts.merged_into.is_none());
        let leads: Vec<Id> = standing.map(|(id, _)| *id).collect();
        Some(Self {
            merged: u32::try_from(all.len() - leads.len()).unwrap_or(u32::MAX),
            leads,
            since_ms: oldest.received_ms,
            since_branch: oldest.branch,
            last_ms: newest.received_ms,
            visited: all
                .iter()
                .any(|(_, facts)| facts.state == LeadState::Visited),
            attempts: all
                .iter()
                .fold(0, |sum, (_, facts)| sum.saturating_add(facts.attempts)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::{Change, Lead, Patch};
    use crate::merge::Stamp;
    use crate::submission::{self, RawAnswers};

    fn lead(received_ms: i64, branch: &str, change: Change) -> Lead {
        let raw = RawAnswers {
            phone: "0912345678",
            branch,
            ..RawAnswers::default()
        };
        let stamp = |hlc| Stamp {
            hlc,
            author: [1; 16],
        };
        let mut lead = Lead::new();
        lead.insert(stamp(1), submission::change(&raw, received_ms, 0));
        lead.insert(stamp(2), change);
        lead
    }

    #[test]
    fn a_number_is_known_since_its_first_inquiry_wherever_that_was() {
        let came = Change {
            state: Some(LeadState::Visited),
            ..Change::default()
        };
        let duplicate = Change {
            merged_into: Patch::Set([1; 16]),
            ..Change::default()
        };
        let leads = [
            lead(300, "Quận 3", Change::default()),
            lead(100, "Quận 1", came),
            lead(200, "Quận 2", duplicate),
            lead(300, "Quận 4", Change::default()),
        ];
        let facts: Vec<_> = leads.iter().map(Lead::facts).collect();
        let ids = [[4; 16], [1; 16], [2; 16], [3; 16]];
        let person = Person::of(ids.into_iter().zip(&facts));
        let person = person.expect("there are leads");
        assert_eq!(person.leads, [[3; 16], [4; 16], [1; 16]]);
        assert_eq!((person.merged, person.attempts), (1, 0));
        assert_eq!((person.since_ms, person.last_ms), (100, 300));
        assert_eq!(person.since_branch, Some("Quận 1"));
        assert!(person.visited);
    }

    #[test]
    fn nobody_is_known_by_no_inquiry() {
        assert!(Person::of([]).is_none());
    }
}
