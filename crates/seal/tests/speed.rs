//! The cost of opening one record; run it on a quiet machine by
//! `cargo test --release -p seal --test seal speed -- --ignored`.
use crate::support::*;
use std::time::Instant;

#[test]
#[ignore = "measures; only meaningful in a release build on a quiet machine"]
fn opening_a_record_of_250_bytes() {
    let key = clinic_key(1).record_key();
    let aad = header_aad();
    let mut rng = rand::rng();
    let sealed = key.seal(&mut rng, &aad, &[0x61; 230]).unwrap();
    let rounds = 200_000;
    let mut best = f64::MAX;
    let mut text = zeroize::Zeroizing::new(Vec::new());
    for _ in 0..7 {
        let begin = Instant::now();
        for _ in 0..rounds {
            key.open_into(&aad, std::hint::black_box(&sealed), &mut text)
                .unwrap();
            std::hint::black_box(&text);
        }
        best = best.min(begin.elapsed().as_secs_f64() / f64::from(rounds) * 1e9);
    }
    let begin = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(key.seal(&mut rng, &aad, &[0x61; 230]).unwrap());
    }
    let seal = begin.elapsed().as_secs_f64() / f64::from(rounds) * 1e9;
    assert!(best <= 800.0, "open {best:.0} ns, seal {seal:.0} ns");
}
