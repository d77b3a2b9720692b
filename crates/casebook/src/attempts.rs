//! How often a PIN may be tried: a few times at once, then after pauses that grow.
use serde::{Deserialize, Serialize};

/// Wrong tries without a pause.
const FREE: u32 = 5;
/// Pauses after the last free try and after each one that follows, in milliseconds.
const PAUSES: [i64; 6] = [30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000];

/// Wrong tries of one person's PIN at one PC since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    wrong: u32,
    until_ms: i64,
}

/// The next try must wait so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Milliseconds.
    pub ms: i64,
}

impl Attempts {
    /// Counts a try as a wrong one before it is made, or says how long it must wait. What this
    /// leaves must be durable before the try; a right one then forgets all of it.
    ///
    /// A clock that was set back makes nobody wait for longer than one whole pause from now, and
    /// nobody shorter.
    pub fn begin(&mut self, now_ms: i64) -> Result<(), Wait> {
        let ms = self.wait_ms(now_ms);
        if ms > 0 {
            self.until_ms = now_ms.saturating_add(ms);
            return Err(Wait { ms });
        }
        self.wrong = self.wrong.saturating_add(1);
        self.until_ms = now_ms.saturating_add(pause(self.wrong));
        Ok(())
    }

    /// How long the next try must wait, in milliseconds.
    #[must_use]
    pub fn wait_ms(&self, now_ms: i64) -> i64 {
        let left = self.until_ms.saturating_sub(now_ms);
        left.clamp(0, pause(self.wrong))
    }

    /// Tries left before the pauses begin.
    #[must_use]
    pub fn left(&self) -> u32 {
        FREE.saturating_sub(self.wrong)
    }
}

fn pause(wrong: u32) -> i64 {
    let Some(beyond) = wrong.checked_sub(FREE) else {
        return 0;
    };
    let place = usize::try_from(beyond).unwrap_or(usize::MAX);
    PAUSES[place.min(PAUSES.len() - 1)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_tries_are_free_and_then_the_pauses_grow_up_to_an_hour() {
        let (mut attempts, mut now) = (Attempts::default(), 1_000);
        for left in [4, 3, 2, 1, 0] {
            attempts.begin(now).unwrap();
            assert_eq!(attempts.left(), left);
        }
        for seconds in [30, 60, 120, 300, 900, 3600, 3600] {
            let ms = seconds * 1000;
            assert_eq!(attempts.begin(now), Err(Wait { ms }));
            assert_eq!(attempts.begin(now + ms - 1), Err(Wait { ms: 1 }));
            now += ms;
            attempts.begin(now).unwrap();
        }
    }

    #[test]
    fn a_clock_set_back_starts_the_pause_anew_and_no_longer_one() {
        let mut attempts = Attempts::default();
        let now = 1_000_000_000;
        (0..5).for_each(|_| attempts.begin(now).unwrap());
        assert_eq!(attempts.begin(1_000), Err(Wait { ms: 30_000 }));
        assert_eq!(attempts.begin(30_999), Err(Wait { ms: 1 }));
        attempts.begin(31_000).unwrap();
    }

    proptest! {
        #[test]
        fn no_clock_makes_it_panic_or_wait_beyond_an_hour(times: Vec<i64>) {
            let mut attempts = Attempts::default();
            for now in times {
                let _ = attempts.begin(now);
                prop_assert!((0..=3_600_000).contains(&attempts.wait_ms(now)));
            }
        }
    }
}
