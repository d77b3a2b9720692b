//! The cost of letting entries in; run it on a quiet machine by
//! `cargo test --release -p ledger --test ledger speed -- --ignored`.
use crate::support::*;
use ledger::bundle::{Reader, Writer};
use ledger::*;
use std::time::Instant;

#[test]
#[ignore = "measures; only meaningful in a release build on a quiet machine"]
fn admitting_a_hundred_thousand_entries_of_250_bytes() {
    let mut desk = founder();
    for i in 0..100_000u32 {
        desk.write(Kind::Change, &[&i.to_le_bytes()[..], &[0x61; 246]].concat());
    }
    let mut writer = Writer::new();
    writer.segment(&desk.all());
    let bundle = writer.finish();
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        let mut replica = Replica::new(clinic_of(&desk));
        let begin = Instant::now();
        let segment = Reader::new(&bundle).next().unwrap().unwrap();
        let read = begin.elapsed().as_secs_f64();
        let admission = replica.admit(segment, |_, _| None).unwrap();
        assert_eq!(admission.entries.len(), 100_001);
        let both = begin.elapsed().as_secs_f64();
        if both < best.0 + best.1 {
            best = (read, both - read);
        }
    }
    // A third of the first sync's budget would be 1 s; signatures of single entries alone would take 3 s.
    let (read, admit) = best;
    assert!(read + admit < 0.5, "read {read:.3} s, admit {admit:.3} s");
}
