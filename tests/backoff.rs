//! The pause before the server is tried again.
use le_tan_lib::backoff::{LONGEST, SHORTEST, pause};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_pause_lies_between_a_second_and_five_minutes(failures: u32, jitter: f64) {
        let length = pause(failures, jitter);
        prop_assert!((SHORTEST..=LONGEST).contains(&length));
    }

    #[test]
    fn jitter_only_shortens_and_at_most_by_half(failures in 0_u32..40, jitter in 0.0_f64..1.0) {
        let full = pause(failures, 0.0);
        let length = pause(failures, jitter);
        prop_assert!(length <= full);
        prop_assert!(length >= (full / 2).max(SHORTEST));
    }

    #[test]
    fn more_failures_never_mean_a_shorter_pause(failures in 0_u32..1000, jitter in 0.0_f64..1.0) {
        prop_assert!(pause(failures, jitter) <= pause(failures + 1, jitter));
    }
}

#[test]
fn the_pause_doubles_up_to_five_minutes() {
    let seconds: Vec<u64> = (1..=11).map(|n| pause(n, 0.0).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
}
