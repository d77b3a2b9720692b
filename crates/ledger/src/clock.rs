//! The hybrid logical clock: orders entries, never judges them.

const COUNTER_BITS: u32 = 16;
const MAX_MS: u64 = (1 << 48) - 1;
/// Milliseconds up to which a stamp is followed whoever wrote it: the year 4199. No clock goes there by mistake, and
/// above it stays room for more stamps than anybody can write.
const FOLLOWED_MS: u64 = 1 << 46;
/// Above that, only stamps this near to the own highest are followed: enough for all that honest desks write there,
/// and so little that nobody can lead them to the end of the range.
const NEAR: u64 = 1 << 32;

/// 48 bits of milliseconds since the Unix epoch and 16 bits of counter, in one number that orders as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hlc(pub u64);

impl Hlc {
    /// Every stamp in a header is below this: one bit is left unused, so that there is always a next stamp.
    pub const END: Self = Self(1 << 63);

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
        let now = Self::new(now_ms, 0).min(Self((FOLLOWED_MS - 1) << COUNTER_BITS));
        now.max(Self(last.0.saturating_add(1)))
    }

    /// Takes note of a stamp seen elsewhere; the next own stamp will be above it.
    ///
    /// A stamp thousands of years ahead is not followed: following it would leave no stamps for anybody to write.
    /// What such an entry says stands above all others until somebody takes it back.
    pub fn observe(&mut self, seen: Self) {
        let followed =
            seen.0 < FOLLOWED_MS << COUNTER_BITS || seen.0 <= self.0.saturating_add(NEAR);
        if followed {
            *self = (*self).max(seen);
        }
    }

    /// The highest of several stamps that is followed, in whatever order they are given.
    #[must_use]
    pub fn highest(stamps: impl IntoIterator<Item = Self>) -> Self {
        let mut stamps: Vec<Self> = stamps.into_iter().collect();
        stamps.sort_unstable();
        let mut highest = Self::default();
        for stamp in stamps {
            highest.observe(stamp);
        }
        highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_next_stamp_is_above_the_last_whatever_the_wall_clock_says(last in 0..Hlc::END.0, now: i64) {
            prop_assert!(Hlc::next(Hlc(last), now) > Hlc(last));
        }

        #[test]
        fn a_wall_clock_that_is_ahead_is_taken(last in 0..FOLLOWED_MS - 1, ahead in 1i64..1000) {
            let now = i64::try_from(last).unwrap_or(0) + ahead;
            prop_assert_eq!(Hlc::next(Hlc(last << 16), now).ms(), now.min(i64::try_from(FOLLOWED_MS - 1).unwrap_or(0)));
        }

        #[test]
        fn parts_come_back(ms in 0i64..(1 << 48), counter: u16) {
            let stamp = Hlc::new(ms, counter);
            prop_assert_eq!((stamp.ms(), stamp.counter()), (ms, counter));
        }
    }

    #[test]
    fn a_stamp_from_the_end_of_time_is_not_followed() {
        let sane = Hlc::new(1_795_334_400_000, 0);
        for rogue in [Hlc(u64::MAX), Hlc(Hlc::END.0 - 1), Hlc(FOLLOWED_MS << 16)] {
            let mut hlc = sane;
            hlc.observe(rogue);
            assert_eq!(hlc, sane);
            assert_eq!(Hlc::highest([rogue, sane]), sane);
        }
    }

    #[test]
    fn desks_led_to_the_edge_still_follow_each_other_and_never_reach_the_end() {
        let edge = Hlc((FOLLOWED_MS << 16) - 1);
        let (mut a, mut b) = (Hlc::new(1, 0), Hlc::new(2, 0));
        a.observe(edge);
        b.observe(edge);
        for _ in 0..1000 {
            a = Hlc::next(a, i64::MAX);
            b.observe(a);
            b = Hlc::next(b, 5);
            assert!(b > a);
            a.observe(b);
        }
        assert_eq!(Hlc::highest([b, a, edge, Hlc(1)]), b);
        assert!(b < Hlc::END);
        assert_eq!(b.0 - edge.0, 2000);
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
