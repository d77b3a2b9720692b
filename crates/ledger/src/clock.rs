//! The hybrid logical clock: orders entries, never judges them.

const COUNTER_BITS: u32 = 16;
const MAX_MS: u64 = (1 << 48) - 1;

/// 48 bits of milliseconds since the Unix epoch and 16 bits of counter, in one number that orders as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hlc(pub u64);

impl Hlc {
    /// A stamp of these milliseconds and this counter; milliseconds outside of 48 bits are moved to the nearest end.
    #[must_use]
    pub fn new(ms: i64, counter: u16) -> Self {
        let ms = u64::try_from(ms).unwrap_or(0).min(MAX_MS);
        Self((ms << COUNTER_BITS) | u64::from(counter))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn ms(self) -> i64 {
        i64::try_from(self.0 >> COUNTER_BITS).unwrap_or(i64::MAX)
    }

    /// Counter within the millisecond.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // The low 16 bits are what is asked for.
    pub const fn counter(self) -> u16 {
        self.0 as u16
    }

    /// The next stamp: the wall clock if it is ahead of `last`, else one above `last`, whatever the wall clock says.
    #[must_use]
    pub fn next(last: Self, now_ms: i64) -> Self {
        Self::new(now_ms, 0).max(Self(last.0.saturating_add(1)))
    }

    /// Takes note of a stamp seen elsewhere; the next own stamp will be above it.
    pub fn observe(&mut self, seen: Self) {
        *self = (*self).max(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_next_stamp_is_above_the_last_whatever_the_wall_clock_says(last in 0..u64::MAX, now: i64) {
            prop_assert!(Hlc::next(Hlc(last), now) > Hlc(last));
        }

        #[test]
        fn a_wall_clock_that_is_ahead_is_taken(last in 0..MAX_MS - 1, ahead in 1i64..1000) {
            let now = i64::try_from(last).unwrap_or(0) + ahead;
            prop_assert_eq!(Hlc::next(Hlc(last << 16), now).ms(), now.min(i64::try_from(MAX_MS).unwrap_or(0)));
        }

        #[test]
        fn parts_come_back(ms in 0i64..(1 << 48), counter: u16) {
            let stamp = Hlc::new(ms, counter);
            prop_assert_eq!((stamp.ms(), stamp.counter()), (ms, counter));
        }
    }

    #[test]
    fn a_full_counter_carries_into_the_milliseconds() {
        assert_eq!(Hlc::next(Hlc::new(5, u16::MAX), 5), Hlc::new(6, 0));
    }

    #[test]
    fn times_before_1970_and_beyond_48_bits_stay_in_range() {
        assert_eq!(Hlc::new(-1, 3), Hlc(3));
        assert_eq!(Hlc::new(i64::MAX, 0).ms(), (1 << 48) - 1);
    }
}
