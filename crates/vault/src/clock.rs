//! Time, passed in, so that tests decide what it is.
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of this PC.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch, as this PC believes.
    fn now_ms(&self) -> i64;
}

/// A clock that several parts look at.
pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |past| -past)
            }
        }
    }
}
