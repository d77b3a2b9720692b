//! How long to wait before the server is tried again.
use std::time::Duration;

/// Shortest pause after a failure.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// Longest pause after a failure.
pub const LONGEST: Duration = Duration::from_mins(5);

/// The pause after `failures` failures in a row (from 1): doubled each time from one second to five
/// minutes, and shortened by up to half, `jitter` (0 ≤ jitter < 1) saying by how much, so that the
/// PCs of a clinic don't come back to a server all at once.
#[must_use]
pub fn pause(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = SHORTEST.saturating_mul(1 << doublings).min(LONGEST);
    let kept = 1.0 - jitter.clamp(0.0, 1.0) / 2.0;
    full.mul_f64(kept).clamp(SHORTEST, LONGEST)
}
