//! Advertising that reached a number: the rolling day of Decree 91/2020 Art. 13.5, and the log of
//! advertising calls that Decree 330/2026 Art. 37.5.h wants kept.
use crate::day::DAY_MS;
use crate::merge::Id;
use crate::opt_in::{Act, Channel, OptIn};

/// What was sent or done.
#[derive(Clone, PartialEq, Eq)]
pub enum Contact {
    /// A message of a campaign, handed over in a lot.
    Message {
        /// By which channel.
        channel: Channel,
        /// When it is sent, milliseconds since the Unix epoch; planned times count like past ones.
        sent_ms: i64,
        /// The lot that it went in.
        lot: Option<Id>,
    },
    /// An advertising call.
    Call(AdCall),
}

/// One advertising call.
#[derive(Clone, PartialEq, Eq)]
pub struct AdCall {
    /// When it began, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Somebody picked up.
    pub answered: bool,
    /// The script with the caller's and the clinic's identity stood on the screen.
    pub script_shown: bool,
    /// The caller said name, position, unit and address before the offer.
    pub introduced: bool,
    /// Where the sound is kept; empty if there is none.
    pub recording: String,
}

crate::redact::redact!(Contact, AdCall);

/// What an advertising call lacks. The log takes a faulty call all the same: a log that refuses
/// the truth would be worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallDefect {
    /// The script was not shown.
    NoScript,
    /// The caller did not introduce himself or herself and the clinic (Decree 91/2020 Art. 21.1,
    /// Decree 330/2026 Art. 37.4.e).
    NotIntroduced,
    /// There is no recording (Decree 330/2026 Art. 37.5.h).
    NoRecording,
}

impl AdCall {
    /// What the law wants of a call that somebody answered and this one lacks.
    #[must_use]
    pub fn defects(&self) -> Vec<CallDefect> {
        let missing = [
            (!self.script_shown, CallDefect::NoScript),
            (!self.introduced, CallDefect::NotIntroduced),
            (self.recording.is_empty(), CallDefect::NoRecording),
        ];
        let found = missing.into_iter().filter(|_| self.answered);
        found
            .filter_map(|(is, defect)| is.then_some(defect))
            .collect()
    }
}

impl Contact {
    /// By which channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Message { channel, .. } => *channel,
            Self::Call(_) => Channel::Call,
        }
    }

    /// When, milliseconds since the Unix epoch.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Message { sent_ms, .. } => *sent_ms,
            Self::Call(call) => call.at_ms,
        }
    }

    /// The lot it belongs to.
    #[must_use]
    pub fn lot(&self) -> Option<Id> {
        match self {
            Self::Message { lot, .. } => *lot,
            Self::Call(_) => None,
        }
    }
}

impl OptIn {
    /// Every contact, oldest entry first.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.iter().filter_map(|(_, change)| match &change.act {
            Act::Contacted(contact) => Some(contact),
            _ => None,
        })
    }

    /// Contacts by this channel less than a day before `from_ms` or after `to_ms`: every one that
    /// could share 24 hours with something sent in between. Looking both ways also keeps a desk
    /// with a wrong clock from opening the gate. The opt-in request counts as a text message.
    #[must_use]
    pub fn contacts_around(&self, channel: Channel, from_ms: i64, to_ms: i64) -> usize {
        let near = from_ms.saturating_sub(DAY_MS)..to_ms.saturating_add(DAY_MS);
        // A moment exactly a day away shares no rolling day with it.
        let inside = |at: &i64| near.contains(at) && *at != near.start;
        self.contact_times(channel).filter(inside).count()
    }

    /// First moment from `now_ms` on with fewer than `cap` contacts around it; `None` if `cap`
    /// allows none.
    #[must_use]
    pub fn free_from_ms(&self, channel: Channel, now_ms: i64, cap: usize) -> Option<i64> {
        if cap == 0 {
            return None;
        }
        let mut after: Vec<i64> = self.contact_times(channel).collect();
        after.sort_unstable();
        let ends = after.into_iter().map(|at| at.saturating_add(DAY_MS));
        core::iter::once(now_ms)
            .chain(ends.filter(|end| *end > now_ms))
            .find(|at| self.contacts_around(channel, *at, *at) < cap)
    }

    fn contact_times(&self, channel: Channel) -> impl Iterator<Item = i64> {
        self.iter()
            .filter_map(move |(_, change)| match &change.act {
                Act::Contacted(contact) if contact.channel() == channel => Some(contact.at_ms()),
                Act::Requested { .. } if channel == Channel::Sms => Some(change.at_ms),
                _ => None,
            })
    }
}
