//! Every number and word that law or a carrier prescribes, from one dated file, with its article.
//!
//! The file is compiled in ([`Rules::builtin`]) and can be replaced by a newer one
//! ([`Rules::read`]), so that a new decree is a change of data. A file that lacks a rule, names an
//! unknown one or holds a senseless value is refused whole: no rule is ever left to chance.
mod calendar;
mod file;

pub use file::RulesError;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::day::{self, MINUTE_MS};
use crate::opt_in::Channel;

/// The file that this version brings.
const BUILTIN: &str = include_str!("../rules/2026-11.json");

static OURS: LazyLock<Rules> =
    LazyLock::new(|| Rules::read(BUILTIN.as_bytes()).unwrap_or_default());

/// How far a rule's text was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum Mark {
    /// The article itself was read.
    V,
    /// Secondary sources only.
    V2,
    /// Unverified: an inference, a reading, or a default of ours.
    U,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the names say it
pub enum Unit {
    Times,
    Hours,
    Days,
    WorkingDays,
    Years,
    Characters,
    Recipients,
}

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each is explained by its article in the file
pub enum Number {
    SmsPerDay,
    EmailsPerDay,
    CallsPerDay,
    ZaloPerDay,
    CapWindowHours,
    OptInMessagesEver,
    OptInReplyHours,
    BrandnameYears,
    BrandnameCharacters,
    SmsPart1,
    SmsPart2,
    SmsPart3,
    CareSmsPart1,
    CareSmsPart2,
    CareSmsPart3,
    SmsOrderAtLeast,
    ContentApprovalDays,
    ZnsRows,
    ZnsParameterCharacters,
    ZaloPromoPerMonth,
    ChildAgreesFromAge,
    OptInRecordYears,
    OptOutRecordYears,
    RightsFirstReply,
    WithdrawAlone,
    WithdrawWithOthers,
    WithdrawExtension,
    AccessAlone,
    AccessWithOthers,
    AccessExtension,
    ErasureAlone,
    ErasureWithOthers,
    ErasureExtension,
    ProtectionAlone,
    ProtectionExtension,
    ComplaintReceived,
    ComplaintNegotiation,
    ComplaintRefusal,
    ComplaintReport,
    BreachConsumerHours,
    BreachDataHours,
    BreachCyberHours,
    ImpactDossierDays,
    DncStaleDays,
    ExportSyncHours,
    LotExpiryDays,
}

/// Which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each is explained by its article in the file
pub enum Words {
    SmsLabels,
    EmailLabels,
    OptInLabels,
    RefusalWords,
    SmsForbidden,
    BrandnameSymbols,
    CopyTo,
    WorkingWeekdays,
}

/// Whose hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum HoursOf {
    /// Text messages.
    Messages,
    /// Calls.
    Calls,
    /// Zalo.
    Zalo,
}

/// Minutes since local midnight: the first that is lawful, and the first that is not any more.
/// "Until 22:00" is read as ending there: the stricter of two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Span {
    /// First lawful minute.
    pub from: u16,
    /// First minute that is not.
    pub to: u16,
}

/// Where a rule stands written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    /// Instrument and article.
    pub article: String,
    /// In force since, `YYYY-MM-DD`.
    pub since: String,
    /// How far it was verified.
    pub mark: Mark,
}

/// One line of the settings screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which rule.
    pub rule: Rule,
    /// Where it stands written.
    pub source: Citation,
}

/// A rule with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Rule {
    /// Hours of the day.
    Hours {
        /// Whose.
        key: HoursOf,
        /// Which.
        span: Span,
    },
    /// A number.
    Number {
        /// Which.
        key: Number,
        /// How many.
        value: u32,
        /// Of what.
        unit: Unit,
    },
    /// Words.
    Words {
        /// Which.
        key: Words,
        /// The words.
        values: Vec<String>,
    },
}

/// A day on which nobody has to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// Which day.
    pub date: Date,
    /// What for.
    pub name: String,
    /// Given for one that fell on a weekend.
    pub substitute: bool,
    /// How far it was verified.
    pub mark: Mark,
}

/// The rules of one date. The default allows nothing: no hours, no times, no label that fits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    version: String,
    as_of: Option<Date>,
    hours: BTreeMap<HoursOf, (Span, Citation)>,
    numbers: BTreeMap<Number, (u32, Unit, Citation)>,
    words: BTreeMap<Words, (Vec<String>, Citation)>,
    weekdays: Vec<Weekday>,
    holidays: BTreeMap<Date, Holiday>,
}

impl Rules {
    /// The rules that this version brings.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &OURS
    }

    /// Name of the file's edition, `2026-11`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day on which the file was drawn up; of two files the later one counts.
    #[must_use]
    pub fn as_of(&self) -> Option<Date> {
        self.as_of
    }

    /// A number.
    #[must_use]
    pub fn number(&self, key: Number) -> u32 {
        self.numbers.get(&key).map_or(0, |(value, ..)| *value)
    }

    /// The same as a count or length.
    #[must_use]
    pub fn count(&self, key: Number) -> usize {
        usize::try_from(self.number(key)).unwrap_or(usize::MAX)
    }

    /// Words.
    #[must_use]
    pub fn words(&self, key: Words) -> &[String] {
        self.words.get(&key).map_or(&[], |(values, _)| values)
    }

    /// Hours; none at all if there is no rule.
    #[must_use]
    pub fn hours(&self, key: HoursOf) -> Span {
        let none = Span { from: 0, to: 0 };
        self.hours.get(&key).map_or(none, |(span, _)| *span)
    }

    /// Hours in which this channel may carry offers. The decree names none for electronic mail.
    #[must_use]
    pub fn hours_of(&self, channel: Channel) -> Span {
        match channel {
            Channel::Call => self.hours(HoursOf::Calls),
            Channel::Sms => self.hours(HoursOf::Messages),
            Channel::Zalo => self.hours(HoursOf::Zalo),
            Channel::Email => Span {
                from: 0,
                to: 24 * 60,
            },
        }
    }

    /// Contacts that a number may get within 24 hours by this channel.
    #[must_use]
    pub fn cap(&self, channel: Channel) -> usize {
        self.count(match channel {
            Channel::Call => Number::CallsPerDay,
            Channel::Sms => Number::SmsPerDay,
            Channel::Zalo => Number::ZaloPerDay,
            Channel::Email => Number::EmailsPerDay,
        })
    }

    /// Every rule for the settings screen: hours, numbers, words, each group in a fixed order.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let hours = self.hours.iter().map(|(key, (span, source))| Line {
            rule: Rule::Hours {
                key: *key,
                span: *span,
            },
            source: source.clone(),
        });
        let numbers = self
            .numbers
            .iter()
            .map(|(key, (value, unit, source))| Line {
                rule: Rule::Number {
                    key: *key,
                    value: *value,
                    unit: *unit,
                },
                source: source.clone(),
            });
        let words = self.words.iter().map(|(key, (values, source))| Line {
            rule: Rule::Words {
                key: *key,
                values: values.clone(),
            },
            source: source.clone(),
        });
        hours.chain(numbers).chain(words).collect()
    }

    /// Every holiday, oldest first.
    pub fn holidays(&self) -> impl Iterator<Item = &Holiday> {
        self.holidays.values()
    }
}

impl Span {
    /// This moment lies in these hours, Vietnamese time.
    #[must_use]
    pub fn holds(self, ms: i64) -> bool {
        (self.from..self.to).contains(&day::minute(ms))
    }

    /// Everything from one moment to the other lies in these hours of one day. The last moment may
    /// be the end itself: nothing is sent at or after it.
    #[must_use]
    pub fn holds_all(self, from_ms: i64, to_ms: i64) -> bool {
        let end = day::start(from_ms).saturating_add(i64::from(self.to) * MINUTE_MS);
        let whole_day = self.from == 0 && self.to == 24 * 60;
        from_ms <= to_ms && (whole_day || self.holds(from_ms) && to_ms <= end)
    }

    /// The moment itself if it is lawful, else the next one that is; `None` if none ever is.
    #[must_use]
    pub fn next_ms(self, now_ms: i64) -> Option<i64> {
        if self.from >= self.to {
            return None;
        }
        let opens = i64::from(self.from) * MINUTE_MS;
        Some(match day::minute(now_ms) {
            minute if minute < self.from => day::start(now_ms).saturating_add(opens),
            minute if minute < self.to => now_ms,
            _ => day::end(now_ms).saturating_add(opens),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
