//! Calendar days as the clinic lives them: `Asia/Ho_Chi_Minh`, a fixed UTC+7, no summer time.
use jiff::civil::Date;
use jiff::{Timestamp, tz::Offset};

/// Milliseconds of one day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Milliseconds of one minute.
pub const MINUTE_MS: i64 = 60 * 1000;
/// Viet Nam has been UTC+7 since 1975, so no time zone database is needed.
const OFFSET_MS: i64 = 7 * 60 * MINUTE_MS;

/// First millisecond of the local day that holds `ms` (milliseconds since the Unix epoch).
#[must_use]
pub fn start(ms: i64) -> i64 {
    let local = ms.saturating_add(OFFSET_MS);
    local
        .saturating_sub(local.rem_euclid(DAY_MS))
        .saturating_sub(OFFSET_MS)
}

/// First millisecond of the next local day: the end of the day that holds `ms`, exclusive.
#[must_use]
pub fn end(ms: i64) -> i64 {
    start(ms).saturating_add(DAY_MS)
}

/// Minutes since local midnight, 0 to 1439.
#[must_use]
pub fn minute(ms: i64) -> u16 {
    let minutes = ms.saturating_add(OFFSET_MS).rem_euclid(DAY_MS) / MINUTE_MS;
    u16::try_from(minutes).unwrap_or(0)
}

/// The local calendar date; `None` outside the years that a calendar of ours can name.
#[must_use]
pub fn date(ms: i64) -> Option<Date> {
    let at = Timestamp::from_millisecond(ms).ok()?;
    Some(Offset::constant(7).to_datetime(at).date())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date as civil;
    use proptest::prelude::*;

    /// 2026-11-23 00:00 in Ho Chi Minh City.
    const MIDNIGHT: i64 = 1_795_366_800_000;

    #[test]
    fn a_day_begins_at_local_midnight_not_at_that_of_utc() {
        assert_eq!(date(MIDNIGHT), Some(civil(2026, 11, 23)));
        assert_eq!(date(MIDNIGHT - 1), Some(civil(2026, 11, 22)));
        assert_eq!(start(MIDNIGHT), MIDNIGHT);
        assert_eq!(start(MIDNIGHT - 1), MIDNIGHT - DAY_MS);
        assert_eq!(end(MIDNIGHT), MIDNIGHT + DAY_MS);
        assert_eq!(minute(MIDNIGHT + 9 * 60 * MINUTE_MS), 540);
    }

    #[test]
    fn a_date_beyond_the_calendar_is_none() {
        assert_eq!(date(i64::MAX), None);
        assert_eq!(date(i64::MIN), None);
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_day(ms in -4_000_000_000_000i64..40_000_000_000_000) {
            prop_assert!(start(ms) <= ms && ms < end(ms));
            prop_assert_eq!(date(start(ms)).unwrap(), date(ms).unwrap());
            prop_assert_eq!(date(end(ms) - 1).unwrap(), date(ms).unwrap());
        }

        #[test]
        fn no_clock_makes_it_panic(ms: i64) {
            let _ = (start(ms), end(ms), minute(ms), date(ms));
        }
    }
}
