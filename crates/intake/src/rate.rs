//! How often one address may post, and whether the whole server is under load.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

/// Addresses remembered at one time; beyond it those that may post again are forgotten first.
const REMEMBERED: usize = 100_000;

/// A limit per address by the generic cell rate algorithm: one instant per address, no history.
pub(crate) struct PerAddress {
    /// Milliseconds that one post costs; 0 switches the limit off.
    cost_ms: i64,
    /// Milliseconds by which an address may be ahead of its pace.
    burst_ms: i64,
    free_at: Mutex<HashMap<IpAddr, i64>>,
}

impl PerAddress {
    /// At most `per_minute` posts a minute, half of them at once; 0 is no limit.
    #[must_use]
    pub(crate) fn new(per_minute: u32) -> Self {
        let cost_ms = if per_minute == 0 {
            0
        } else {
            (60_000 / i64::from(per_minute)).max(1)
        };
        Self {
            cost_ms,
            burst_ms: 30_000,
            free_at: Mutex::default(),
        }
    }

    /// Takes one post's cost of `address`, or says how many seconds to wait.
    pub(crate) fn take(&self, address: IpAddr, now_ms: i64) -> Result<(), u32> {
        if self.cost_ms == 0 {
            return Ok(());
        }
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if free_at.len() >= REMEMBERED {
            free_at.retain(|_, at| *at > now_ms);
            if free_at.len() >= REMEMBERED {
                free_at.clear();
            }
        }
        let at = free_at.entry(network(address)).or_insert(now_ms);
        // A clock that was set back must not lock an address out.
        let start = (*at).clamp(now_ms, now_ms.saturating_add(self.burst_ms + self.cost_ms));
        let ahead = start - now_ms;
        if ahead > self.burst_ms {
            *at = start;
            let wait_s = (ahead - self.burst_ms + 999) / 1000;
            return Err(u32::try_from(wait_s).unwrap_or(1).max(1));
        }
        *at = start + self.cost_ms;
        Ok(())
    }
}

/// One visitor's network: an IPv6 subscriber owns a whole /64.
#[must_use]
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Length of the window that load is counted in, in milliseconds.
const WINDOW_MS: i64 = 5_000;

/// Counts posts of everybody in windows of five seconds.
pub(crate) struct Load {
    calm: u64,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    window: i64,
    now: u64,
    before: u64,
}

impl Load {
    /// Up to `calm_per_second` posts a second are calm; 0 is never calm.
    #[must_use]
    pub(crate) fn new(calm_per_second: u32) -> Self {
        Self {
            calm: u64::from(calm_per_second) * 5,
            counts: Mutex::default(),
        }
    }

    /// Counts one post.
    pub(crate) fn count(&self, now_ms: i64) {
        self.counts_at(now_ms, |counts| counts.now += 1);
    }

    /// Whether proofs of work are asked for at this moment.
    pub(crate) fn is_high(&self, now_ms: i64) -> bool {
        self.calm == 0 || self.counts_at(now_ms, |counts| counts.now.max(counts.before)) > self.calm
    }

    fn counts_at<T>(&self, now_ms: i64, read: impl FnOnce(&mut Counts) -> T) -> T {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = now_ms.div_euclid(WINDOW_MS);
        if window != counts.window {
            let before = if window == counts.window + 1 {
                counts.now
            } else {
                0
            };
            *counts = Counts {
                window,
                now: 0,
                before,
            };
        }
        read(&mut counts)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_gets_its_burst_then_its_pace() {
        let rate = PerAddress::new(30);
        let taken = (0..100)
            .filter(|_| rate.take(address("10.0.0.1"), 0).is_ok())
            .count();
        assert_eq!(taken, 16);
        assert_eq!(rate.take(address("10.0.0.1"), 0), Err(2));
        assert!(rate.take(address("10.0.0.2"), 0).is_ok());
        assert!(rate.take(address("10.0.0.1"), 2_000).is_ok());
        assert!(rate.take(address("10.0.0.1"), 2_000).is_err());
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_long() {
        let rate = PerAddress::new(30);
        assert!(rate.take(address("10.0.0.1"), 1_000_000_000).is_ok());
        assert!(
            rate.take(address("10.0.0.1"), 0)
                .is_err_and(|wait| wait <= 2)
        );
        assert!(rate.take(address("10.0.0.1"), 2_000).is_ok());
    }

    #[test]
    fn one_subscriber_has_one_limit_over_all_of_its_addresses() {
        let rate = PerAddress::new(2);
        assert!(rate.take(address("2001:db8::1"), 0).is_ok());
        assert!(rate.take(address("2001:db8::2"), 0).is_ok());
        assert!(rate.take(address("2001:db8::3"), 0).is_err());
        assert!(rate.take(address("2001:db8:0:1::3"), 0).is_ok());
    }

    #[test]
    fn the_memory_of_addresses_is_bounded() {
        let rate = PerAddress::new(2);
        for n in 0..250_000_u32 {
            let _ = rate.take(IpAddr::from(n.to_be_bytes()), i64::from(n / 10));
        }
        assert!(rate.free_at.lock().unwrap().len() <= REMEMBERED);
    }

    #[test]
    fn load_rises_with_posts_and_falls_with_time() {
        let load = Load::new(2);
        for _ in 0..10 {
            load.count(5_000);
        }
        assert!(!load.is_high(5_000));
        load.count(5_000);
        assert!(load.is_high(5_000));
        assert!(load.is_high(9_999));
        assert!(load.is_high(10_000));
        assert!(!load.is_high(15_000));
        assert!(Load::new(0).is_high(0));
    }
}
