//! What one phone number agreed to: a grow-only set of facts, judged by what each desk had seen.
//!
//! Consent is causal, not clocked. A grant names the withdrawals and refusals that its desk had
//! seen and lifts those alone; one that no standing grant names stands, whatever the clocks say.
//! So a grant and a withdrawal that were written unaware of each other come to a withdrawal.
//! A restriction and its release work the same way.
//!
//! The record's id is derived elsewhere by a keyed hash of the number; the number itself is in the
//! facts, so that it can be shown. Families share phones: what is said counts for the number.
mod act;
mod change;
mod value;

pub use act::{AgeGroup, GrantForm, Refused, StatementForm};
pub use change::{Act, Change};
pub use value::{
    Channel, Evidence, EvidenceKind, Grant, Limit, Method, Notice, PromoPurpose, Representative,
    Scope, Statement, Subject, Way,
};

use serde::{Deserialize, Serialize};

use crate::log::Log;
use crate::merge::Stamp;

/// All that is known of one number's opt-ins.
pub type OptIn = Log<Change>;

/// Where one channel and purpose stand, and since which fact.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State<'a> {
    /// Nobody asked; silence is no consent (Law 91/2025 Art. 9.4.d).
    NotAsked,
    /// Ticked at a distance, not confirmed.
    Declared(Since<'a>, &'a Statement),
    /// Agreed, with proof.
    Granted(Since<'a>, &'a Grant),
    /// Said no.
    Refused(Since<'a>),
    /// Got the one opt-in message and did not say yes: asked never again, and held for a refusal
    /// at once, not only after the 24 hours of the draft circular (Decree 91/2020 Art. 13.3).
    NoReply(Since<'a>),
    /// Said stop.
    Withdrawn(Since<'a>),
}

/// The fact behind a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Since<'a> {
    /// Entry that recorded it.
    pub stamp: Stamp,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Person at the desk; empty for the website.
    pub by: &'a str,
}

/// A state without its proof, for lists and charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum StateKind {
    /// Nobody asked.
    NotAsked,
    /// Ticked, not confirmed.
    Declared,
    /// Agreed.
    Granted,
    /// Said no, or did not answer the one request.
    Refused,
    /// Said stop.
    Withdrawn,
}

impl State<'_> {
    /// Without its proof.
    #[must_use]
    pub fn kind(&self) -> StateKind {
        match self {
            Self::NotAsked => StateKind::NotAsked,
            Self::Declared(..) => StateKind::Declared,
            Self::Granted(..) => StateKind::Granted,
            Self::Refused(_) | Self::NoReply(_) => StateKind::Refused,
            Self::Withdrawn(_) => StateKind::Withdrawn,
        }
    }
}

/// One line of the record's history.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Moment<'a> {
    /// Entry that recorded it.
    pub stamp: Stamp,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Person at the desk; empty for the website.
    pub by: &'a str,
    /// What happened.
    pub act: &'a Act,
    /// Corrected later: a mistaken entry.
    pub undone: bool,
}

crate::redact::redact!(State<'a>, Since<'a>, Moment<'a>);

impl OptIn {
    /// The number, E.164; empty as long as nothing is known.
    #[must_use]
    pub fn number(&self) -> &str {
        self.iter().next().map_or("", |(_, change)| &change.number)
    }

    /// Where this channel and purpose stand.
    #[must_use]
    pub fn state(&self, channel: Channel, purpose: PromoPurpose) -> State<'_> {
        let (mut refused, mut withdrawn) = (None, None);
        let (mut granted, mut declared, mut requested) = (None, None, None);
        for (stamp, change) in self.iter() {
            let since = since(*stamp, change);
            let covers = |scope: Scope| scope.covers(channel, purpose);
            match &change.act {
                Act::Granted(grant) if covers(grant.scope) && !self.corrected(stamp) => {
                    granted = Some((since, grant));
                }
                Act::Refused(said)
                    if covers(said.scope)
                        && !self.corrected(stamp)
                        && !self.lifted(stamp, channel, purpose) =>
                {
                    refused = Some(since);
                }
                Act::Withdrawn(said)
                    if covers(said.scope) && !self.lifted(stamp, channel, purpose) =>
                {
                    withdrawn = Some(since);
                }
                Act::Declared(said) if covers(said.scope) => declared = Some((since, said)),
                Act::Requested { .. }
                    if channel == Channel::Sms && purpose == PromoPurpose::Offers =>
                {
                    requested = Some(since);
                }
                _ => {}
            }
        }
        match (withdrawn, refused, granted, requested, declared) {
            (Some(since), ..) => State::Withdrawn(since),
            (_, Some(since), ..) => State::Refused(since),
            (_, _, Some((since, grant)), ..) => State::Granted(since, grant),
            (_, _, _, Some(since), _) => State::NoReply(since),
            (.., Some((since, said))) => State::Declared(since, said),
            _ => State::NotAsked,
        }
    }

    /// The newest restriction or objection that nobody who had seen it released.
    #[must_use]
    pub fn limit(&self) -> Option<(Since<'_>, Limit)> {
        let standing = self.iter().rev().find_map(|(stamp, change)| {
            let Act::Limited { limit, .. } = change.act else {
                return None;
            };
            let released = self.iter().any(|(at, other)| {
                matches!(&other.act, Act::Released { lifts, .. } if at > stamp && lifts.contains(stamp))
            });
            (!released).then_some((*stamp, change, limit))
        });
        standing.map(|(stamp, change, limit)| (since(stamp, change), limit))
    }

    /// The one opt-in message was sent.
    #[must_use]
    pub fn was_requested(&self) -> bool {
        self.iter()
            .any(|(_, change)| matches!(change.act, Act::Requested { .. }))
    }

    /// Withdrawals whose confirmation was never sent (Decree 91/2020 Art. 16.3), oldest first.
    pub fn unacknowledged(&self) -> impl Iterator<Item = Since<'_>> {
        self.iter().filter_map(|(stamp, change)| {
            let withdrawn = matches!(change.act, Act::Withdrawn(_));
            let told = || {
                self.iter().any(|(_, other)| {
                    matches!(&other.act, Act::Acknowledged { withdrawal, .. } if withdrawal == stamp)
                })
            };
            (withdrawn && !told()).then(|| since(*stamp, change))
        })
    }

    /// Everything that happened, newest first.
    #[must_use]
    pub fn history(&self) -> Vec<Moment<'_>> {
        self.iter()
            .rev()
            .map(|(stamp, change)| Moment {
                stamp: *stamp,
                at_ms: change.at_ms,
                by: &change.by,
                act: &change.act,
                undone: self.corrected(stamp),
            })
            .collect()
    }

    /// A grant or refusal that a later correction names. A withdrawal can't be corrected away:
    /// only a new grant lifts it. Nor can what no person entered.
    fn corrected(&self, stamp: &Stamp) -> bool {
        let can_be = self.get(stamp).is_some_and(Change::can_be_corrected);
        can_be
            && self.iter().any(|(at, change)| {
                matches!(&change.act, Act::Corrected { target, .. } if at > stamp && target == stamp)
            })
    }

    /// A standing grant for this channel and purpose names it. A grant that names what is not
    /// before it is not obeyed: no desk can have seen that.
    fn lifted(&self, stamp: &Stamp, channel: Channel, purpose: PromoPurpose) -> bool {
        self.iter().any(|(at, change)| match &change.act {
            Act::Granted(grant) => {
                at > stamp
                    && grant.lifts.contains(stamp)
                    && grant.scope.covers(channel, purpose)
                    && !self.corrected(at)
            }
            _ => false,
        })
    }
}

fn since(stamp: Stamp, change: &Change) -> Since<'_> {
    Since {
        stamp,
        at_ms: change.at_ms,
        by: &change.by,
    }
}

/// How many numbers stand where, for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Which channel.
    pub channel: Channel,
    /// Nobody asked.
    pub not_asked: u32,
    /// Ticked, not confirmed.
    pub declared: u32,
    /// Agreed.
    pub granted: u32,
    /// Said no, or did not answer.
    pub refused: u32,
    /// Said stop.
    pub withdrawn: u32,
}

/// How many of these numbers stand where, one row for each channel.
#[must_use]
pub fn coverage<'a>(
    records: impl IntoIterator<Item = &'a OptIn>,
    purpose: PromoPurpose,
) -> [Coverage; 4] {
    let mut rows = Channel::ALL.map(|channel| Coverage {
        channel,
        not_asked: 0,
        declared: 0,
        granted: 0,
        refused: 0,
        withdrawn: 0,
    });
    for record in records {
        for row in &mut rows {
            let count = match record.state(row.channel, purpose).kind() {
                StateKind::NotAsked => &mut row.not_asked,
                StateKind::Declared => &mut row.declared,
                StateKind::Granted => &mut row.granted,
                StateKind::Refused => &mut row.refused,
                StateKind::Withdrawn => &mut row.withdrawn,
            };
            *count = count.saturating_add(1);
        }
    }
    rows
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests;
