//! How long no hand was on keyboard or mouse.
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Last sign of a person, by two clocks: the steady one stands still while the PC sleeps, the wall
/// clock may be set back. Whichever says more is believed.
pub(crate) struct Idle {
    last: Mutex<(Instant, SystemTime)>,
}

impl Default for Idle {
    fn default() -> Self {
        Self {
            last: Mutex::new((Instant::now(), SystemTime::now())),
        }
    }
}

impl Idle {
    /// A person is there.
    pub(crate) fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
            (Instant::now(), SystemTime::now());
    }

    /// How long nobody was.
    #[must_use]
    pub(crate) fn since(&self) -> Duration {
        let (steady, wall) = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        steady.elapsed().max(wall.elapsed().unwrap_or_default())
    }
}

/// Whether it is time to lock; `minutes` 0 is never.
#[must_use]
pub(crate) fn lock_due(idle: Duration, minutes: u32) -> bool {
    minutes > 0 && idle >= Duration::from_mins(u64::from(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_falls_at_the_minute_and_never_when_switched_off() {
        assert!(!lock_due(Duration::from_secs(299), 5));
        assert!(lock_due(Duration::from_mins(5), 5));
        assert!(!lock_due(Duration::MAX, 0));
        assert!(lock_due(Duration::MAX, u32::MAX));
    }

    #[test]
    fn a_touch_starts_the_clock_anew() {
        let idle = Idle::default();
        *idle.last.lock().unwrap_or_else(PoisonError::into_inner) =
            (Instant::now(), SystemTime::UNIX_EPOCH);
        assert!(lock_due(idle.since(), 60));
        idle.touch();
        assert!(!lock_due(idle.since(), 1));
    }
}
