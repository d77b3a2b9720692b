//! When a call may be planned: opening hours, and the next try after nobody answered.
use crate::day::{self, MINUTE_MS};

/// Hours in which a front desk calls back, in minutes since local midnight.
///
/// The default is the clinic's 08:00–20:00. (Advertising calls have narrower legal hours,
/// Decree 91/2020 Art. 13.6; answering an inquiry is no advertising.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// First minute in which a call may be planned.
    pub open: u16,
    /// First minute that is too late.
    pub close: u16,
    /// When to call on a day that was not chosen for its hour.
    pub morning: u16,
}

impl Default for Hours {
    fn default() -> Self {
        Self {
            open: 8 * 60,
            close: 20 * 60,
            morning: 9 * 60,
        }
    }
}

impl Hours {
    /// The moment itself if it lies in opening hours, else the next moment that suits a call.
    #[must_use]
    pub fn fit(self, ms: i64) -> i64 {
        let minute = day::minute(ms);
        if minute < self.open {
            at(day::start(ms), self.open)
        } else if minute < self.close {
            ms
        } else {
            self.next_morning(ms)
        }
    }

    /// The morning after `ms`.
    #[must_use]
    pub fn next_morning(self, ms: i64) -> i64 {
        at(day::end(ms), self.morning)
    }

    /// When to try again after the `tries`-th call in a row that nobody answered (1 is the first).
    ///
    /// People who don't answer are at work or in traffic: two hours later, then four, then once
    /// each morning, so that trying hard does not become pestering.
    #[must_use]
    pub fn next_try(self, tries: u32, now_ms: i64) -> i64 {
        match tries {
            0 | 1 => self.fit(now_ms.saturating_add(2 * 60 * MINUTE_MS)),
            2 => self.fit(now_ms.saturating_add(4 * 60 * MINUTE_MS)),
            _ => self.next_morning(now_ms),
        }
    }
}

fn at(midnight: i64, minute: u16) -> i64 {
    midnight.saturating_add(i64::from(minute) * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-23 00:00 in Ho Chi Minh City.
    const MIDNIGHT: i64 = 1_795_366_800_000;

    fn clock(hour: i64, minute: i64) -> i64 {
        MIDNIGHT + (hour * 60 + minute) * MINUTE_MS
    }

    #[test]
    fn the_next_try_comes_later_each_time_and_in_opening_hours() {
        let hours = Hours::default();
        let table = [
            (1, clock(9, 0), clock(11, 0)),
            (1, clock(17, 59), clock(19, 59)),
            (1, clock(18, 0), clock(24 + 9, 0)),
            (1, clock(5, 30), clock(8, 0)),
            (1, clock(23, 30), clock(24 + 8, 0)),
            (2, clock(9, 0), clock(13, 0)),
            (2, clock(16, 30), clock(24 + 9, 0)),
            (3, clock(9, 0), clock(24 + 9, 0)),
            (9, clock(19, 59), clock(24 + 9, 0)),
            (3, clock(0, 1), clock(24 + 9, 0)),
        ];
        for (tries, now, expected) in table {
            assert_eq!(hours.next_try(tries, now), expected, "try {tries} at {now}");
        }
    }

    proptest! {
        #[test]
        fn a_next_try_is_ahead_and_in_opening_hours(
            tries in 0u32..20,
            now in 0i64..4_000_000_000_000,
        ) {
            let hours = Hours::default();
            let next = hours.next_try(tries, now);
            prop_assert!(next > now);
            prop_assert!((hours.open..hours.close).contains(&day::minute(next)));
        }
    }
}
