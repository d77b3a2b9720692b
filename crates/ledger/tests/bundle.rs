//! Bundles that arrive whole, cut, or changed.
use crate::support::*;
use ledger::bundle::{BundleError, Reader, Writer};
use ledger::*;
use proptest::prelude::*;

fn two_segments() -> (Desk, Vec<u8>, Vec<Segment>, Vec<usize>) {
    let mut owner = founder();
    let mut desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    desk.write(Kind::Change, b"sealed bytes");
    desk.write(Kind::Access, b"");
    let segments = vec![owner.all(), desk.all()];
    let mut writer = Writer::new();
    let mut ends = Vec::new();
    assert!(writer.is_empty());
    for segment in &segments {
        writer.segment(segment);
        ends.push(writer.len());
    }
    (owner, writer.finish(), segments, ends)
}

#[test]
fn a_bundle_cut_at_any_byte_gives_its_whole_segments_only() {
    let (_, bytes, segments, ends) = two_segments();
    for cut in 0..=bytes.len() {
        let mut reader = Reader::new(&bytes[..cut]);
        let read: Vec<_> = reader.by_ref().collect();
        let whole = ends.iter().filter(|end| **end <= cut).count();
        for (i, segment) in segments.iter().take(whole).enumerate() {
            assert_eq!(read[i].as_ref(), Ok(segment));
        }
        let clean = cut == 7 || ends.contains(&cut);
        if clean {
            assert_eq!(read.len(), whole, "cut at {cut}");
        } else {
            assert_eq!(read[whole..], [Err(BundleError::Cut)], "cut at {cut}");
        }
        let magic = if cut < 7 { 0 } else { 7 };
        let consumed = whole.checked_sub(1).map_or(magic, |last| ends[last]);
        assert_eq!(reader.consumed(), consumed);
    }
}

#[test]
fn no_flipped_bit_of_a_bundle_lets_anything_else_in() {
    let (owner, bytes, segments, _) = two_segments();
    let mut honest = Store::of(&owner);
    for segment in segments {
        honest.take(segment);
    }
    let mut flips = 0;
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut store = Store::of(&owner);
        let mut refused = false;
        for segment in Reader::new(&changed) {
            match segment.map(|segment| store.admit(segment)) {
                Ok(Ok(admission)) => refused |= admission.rejected.is_some(),
                Ok(Err(_)) | Err(_) => refused = true,
            }
        }
        assert!(refused, "bit {bit} flipped and nobody noticed");
        for (place, hash) in &store.hashes {
            assert_eq!(honest.hashes.get(place), Some(hash), "bit {bit}");
        }
        flips += 1;
    }
    assert!(flips > 7_000, "{flips} flips");
}

#[test]
fn bytes_after_the_last_segment_are_an_error_and_take_nothing_away() {
    let (_, mut bytes, segments, _) = two_segments();
    bytes.push(0);
    let read: Vec<_> = Reader::new(&bytes).collect();
    assert_eq!(read.len(), 3);
    assert_eq!(read[1].as_ref(), Ok(&segments[1]));
    assert_eq!(read[2], Err(BundleError::Cut));
}

#[test]
fn foreign_bytes_and_newer_suites_are_told_apart() {
    assert_eq!(
        Reader::new(b"PK\x03\x04").next(),
        Some(Err(BundleError::Foreign))
    );
    assert_eq!(
        Reader::new(b"LETAN1\x02").next(),
        Some(Err(BundleError::Suite))
    );
    assert_eq!(Reader::new(b"LETAN1\x01").next(), None);
    assert_eq!(Reader::new(b"").next(), Some(Err(BundleError::Cut)));
}

#[test]
fn a_frame_that_claims_more_than_any_entry_has_is_refused_at_once() {
    let mut bytes = b"LETAN1\x01\x01".to_vec();
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        Reader::new(&bytes).next(),
        Some(Err(BundleError::Malformed))
    );
    let mut unknown_tag = b"LETAN1\x01\x04".to_vec();
    unknown_tag.extend_from_slice(&1u32.to_le_bytes());
    assert_eq!(
        Reader::new(&unknown_tag).next(),
        Some(Err(BundleError::Malformed))
    );
}

#[test]
fn a_segment_of_two_authors_or_without_entries_is_malformed() {
    let owner = founder();
    let mut desk = Desk::new(2);
    desk.write(Kind::Change, b"x");
    let mut mixed = Writer::new();
    mixed.entry(&owner.entries[0]);
    mixed.entry(&desk.entries[0]);
    mixed.head(&desk.all().head);
    assert_eq!(
        Reader::new(&mixed.finish()).next(),
        Some(Err(BundleError::Malformed))
    );
    let mut bare = Writer::new();
    bare.head(&desk.all().head);
    assert_eq!(
        Reader::new(&bare.finish()).next(),
        Some(Err(BundleError::Malformed))
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, tail: Vec<u8>) {
        let _ = Reader::new(&bytes).count();
        let framed = [b"LETAN1\x01".as_slice(), &tail].concat();
        let _ = Reader::new(&framed).count();
    }

    #[test]
    fn damage_anywhere_never_panics_and_what_is_read_writes_back(at in 0usize..1200, byte: u8, cut in 0usize..1200) {
        let (_, mut bytes, _, _) = two_segments();
        bytes.truncate(cut.max(1));
        let len = bytes.len();
        bytes[at % len] = byte;
        let mut reader = Reader::new(&bytes);
        let mut writer = Writer::new();
        for segment in reader.by_ref().flatten() {
            writer.segment(&segment);
        }
        let again = writer.finish();
        if reader.consumed() > 0 {
            prop_assert_eq!(&again[..], &bytes[..reader.consumed()]);
        }
    }
}
