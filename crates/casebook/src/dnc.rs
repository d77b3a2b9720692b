//! The national do-not-call list: what one file of it says, and what that means for a channel.
//!
//! Numbers register by message to 5656: `DK DNC S` for text messages, `DK DNC V` for calls,
//! `DK DNC` for both, `HUY DNC …` to leave (Circular 22/2021 Art. 6 \[secondary sources\]). The
//! official layout of a bulk file is unknown \[unverified\]; this reads one number a line, with
//! the registration or a bare letter beside it. A number with nothing beside it is on both lists.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::day::{self, DAY_MS};
use crate::opt_in::Channel;
use crate::phone::{self, Phone};
use crate::rules::{Number, Rules};
use crate::text;

/// For which channels a number is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Text messages.
    pub sms: bool,
    /// Calls.
    pub voice: bool,
}

impl Listed {
    /// Neither channel.
    pub const NONE: Self = Self {
        sms: false,
        voice: false,
    };

    /// Whether this channel is closed. Zalo is held to what the person said about text messages,
    /// and to calls for its calls \[a reading: the stricter\]; the list says nothing of mail.
    #[must_use]
    pub fn closes(self, channel: Channel) -> bool {
        match channel {
            Channel::Call => self.voice,
            Channel::Sms => self.sms,
            Channel::Zalo => self.sms || self.voice,
            Channel::Email => false,
        }
    }
}

/// What is known of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// Nobody looked.
    #[default]
    Unchecked,
    /// Looked up in a list of this day.
    Checked {
        /// Day of the list.
        as_of: Date,
        /// What it says.
        listed: Listed,
    },
}

impl Status {
    /// A look-up too old to rely on, or from a day that has not come: the law names no term, the
    /// rules do.
    #[must_use]
    pub fn is_stale(self, now_ms: i64, rules: &Rules) -> bool {
        let Self::Checked { as_of, .. } = self else {
            return true;
        };
        let term = i64::from(rules.number(Number::DncStaleDays)).saturating_mul(DAY_MS);
        let earliest = day::date(now_ms.saturating_sub(term));
        let fresh = earliest.is_some_and(|earliest| as_of >= earliest)
            && day::date(now_ms).is_some_and(|today| as_of <= today);
        !fresh
    }
}

/// One number of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub phone: Phone,
    /// What it stands for now.
    pub listed: Listed,
}

/// What one file says.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Every number once, in the order in which they first appear. One that left both lists stays
    /// with [`Listed::NONE`].
    pub entries: Vec<Entry>,
    /// Lines (from 1) that could not be read. Whoever takes over a list must look at them: a line
    /// left out is a number left unprotected.
    pub unreadable: Vec<usize>,
}

crate::redact::redact!(Entry, Parsed);

/// Reads one file, a number a line; empty lines and lines that start with `#` are left out, and so
/// is a heading without digits in the first line.
#[must_use]
pub fn parse(file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut places = std::collections::HashMap::new();
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    for (line, number) in file.lines().zip(1..) {
        let line = line.trim();
        let heading = number == 1 && !line.bytes().any(|byte| byte.is_ascii_digit());
        if line.is_empty() || line.starts_with('#') || heading {
            continue;
        }
        let Some((phone, said)) = read_line(line) else {
            parsed.unreadable.push(number);
            continue;
        };
        let place = *places.entry(phone).or_insert_with(|| {
            parsed.entries.push(Entry {
                phone,
                listed: Listed::NONE,
            });
            parsed.entries.len() - 1
        });
        if let Some(entry) = parsed.entries.get_mut(place) {
            said.apply(&mut entry.listed);
        }
    }
    parsed
}

#[derive(Clone, Copy)]
struct Said {
    leaves: bool,
    sms: bool,
    voice: bool,
}

impl Said {
    fn apply(self, listed: &mut Listed) {
        if self.sms {
            listed.sms = !self.leaves;
        }
        if self.voice {
            listed.voice = !self.leaves;
        }
    }
}

fn read_line(line: &str) -> Option<(Phone, Said)> {
    let end = line
        .find(|c: char| !(c.is_ascii_digit() || "+. -()\"'".contains(c)))
        .unwrap_or(line.len());
    let (number, words) = line.split_at_checked(end)?;
    let phone = phone::parse(number.trim_matches(['"', '\'', ' ', '-']), None).first?;
    let folded = text::fold(words);
    let (mut sms, mut voice, mut leaves) = (false, false, false);
    for word in folded.split(|c: char| !c.is_ascii_alphanumeric()) {
        match word {
            "" | "dk" | "dnc" => {}
            "huy" => leaves = true,
            "s" | "sms" => sms = true,
            "v" | "voice" | "call" => voice = true,
            "sv" | "vs" | "both" | "all" => (sms, voice) = (true, true),
            _ => return None,
        }
    }
    if !sms && !voice {
        (sms, voice) = (true, true);
    }
    Some((phone, Said { leaves, sms, voice }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const BOTH: Listed = Listed {
        sms: true,
        voice: true,
    };
    const SMS: Listed = Listed {
        sms: true,
        voice: false,
    };
    const VOICE: Listed = Listed {
        sms: false,
        voice: true,
    };

    #[test]
    fn each_way_to_write_a_registration_is_read() {
        let table = [
            ("0912345678", BOTH),
            ("+84 912 345 678", BOTH),
            ("84912345678;S", SMS),
            ("0912345678,V", VOICE),
            ("0912.345.678\tDK DNC S", SMS),
            ("\"0912345678\",\"DK DNC V\"", VOICE),
            ("0912345678;DK DNC", BOTH),
            ("0912345678;sms", SMS),
            ("0912345678;HUY DNC", Listed::NONE),
        ];
        for (line, listed) in table {
            let parsed = parse(line);
            assert_eq!(parsed.entries.len(), 1, "{line}");
            let entry = parsed.entries[0];
            assert_eq!(
                (entry.phone.e164().as_str(), entry.listed),
                ("+84912345678", listed),
                "{line}"
            );
        }
    }

    #[test]
    fn later_lines_add_to_earlier_ones_and_unreadable_ones_are_named() {
        let file = "\u{feff}Số thuê bao;Loại\n# danh sách\n0912345678;S\n\nkhông phải số\n0912345678;V\n0987654321;X\n0987654321\n0987654321;HUY DNC V\n12";
        let parsed = parse(file);
        assert_eq!(parsed.unreadable, [5, 7, 10]);
        let listed: Vec<_> = parsed.entries.iter().map(|entry| entry.listed).collect();
        assert_eq!(listed, [BOTH, SMS]);
    }

    #[test]
    fn a_channel_is_closed_by_its_own_list_and_zalo_by_either() {
        let open = |listed: Listed| Channel::ALL.map(|channel| listed.closes(channel));
        assert_eq!(open(SMS), [false, true, true, false]);
        assert_eq!(open(VOICE), [true, false, true, false]);
        assert_eq!(open(Listed::NONE), [false; 4]);
    }

    #[test]
    fn a_list_goes_stale_after_the_days_that_the_rules_say_and_one_of_tomorrow_is_no_list() {
        let nine = 1_795_366_800_000 + 9 * 60 * day::MINUTE_MS;
        let checked = |month, day| Status::Checked {
            as_of: date(2026, month, day),
            listed: Listed::NONE,
        };
        let rules = Rules::builtin();
        assert!(!checked(11, 23).is_stale(nine, rules));
        assert!(!checked(11, 16).is_stale(nine, rules));
        assert!(checked(11, 15).is_stale(nine, rules));
        assert!(checked(11, 24).is_stale(nine, rules));
        assert!(Status::Unchecked.is_stale(nine, rules));
        assert!(checked(11, 22).is_stale(nine, &Rules::default()));
    }

    proptest! {
        #[test]
        fn no_file_makes_reading_panic(file: String, lines in "[0-9 ;DKNCSVHUYdnc\n#\"+-]{0,80}") {
            let _ = parse(&file);
            let parsed = parse(&lines);
            prop_assert!(parsed.unreadable.len() + parsed.entries.len() <= lines.lines().count());
        }
    }
}
