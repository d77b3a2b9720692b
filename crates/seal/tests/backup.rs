//! A backup opens for the clinic's key and for the words, and for nothing that was cut, swapped or changed.
use crate::support::*;
use ledger::{AuthorId, ClinicId, Epoch};
use proptest::prelude::*;
use seal::backup::*;
use seal::{ClinicKey, RootSecret};

pub(crate) fn about(length: usize) -> About {
    About {
        clinic: ClinicId::from_bytes([0xc1; 16]),
        author: AuthorId::from_bytes([0xaa; 16]),
        made_ms: 1_795_399_200_000,
        epoch: Epoch::FIRST,
        entries: 41,
        length: length as u64,
        desk: "Quầy 1".into(),
        clinic_name: "Nha khoa Việt Smile".into(),
    }
}

/// Header and chunks of a backup that the clinic key 7 and the kits 1 and 2 open.
pub(crate) fn backup(rng: u8, text: &[u8]) -> Vec<u8> {
    let kits = [1, 2].map(|kit| root(kit).signer().keys());
    let (mut file, mut sealer) = Sealer::begin(
        &mut Foretold(rng),
        &about(text.len()),
        &clinic_key(7),
        &kits,
    )
    .unwrap();
    let pieces: Vec<&[u8]> = text.chunks(CHUNK).collect();
    for (i, piece) in pieces.iter().enumerate() {
        let mut piece = piece.to_vec();
        sealer.seal(i + 1 == pieces.len(), &mut piece).unwrap();
        file.extend_from_slice(&piece);
    }
    file
}

enum With {
    Clinic(ClinicKey),
    Kit(RootSecret),
}

/// The text, if every byte of `file` is as it was sealed.
fn opened(file: &[u8], with: &With) -> Option<Vec<u8>> {
    let header = Header::decode(&file[..file.len().min(MAX_HEADER)]).ok()?;
    let opener = match with {
        With::Clinic(key) => header.open(key),
        With::Kit(root) => header.open_with_kit(root.signer().id(), &root.receive_key()),
    };
    let mut opener = opener.ok()?;
    let mut text = Vec::new();
    let pieces: Vec<&[u8]> = file[header.len()..].chunks(CHUNK + CHUNK_TAG).collect();
    for (i, piece) in pieces.iter().enumerate() {
        let mut piece = piece.to_vec();
        opener.open(i + 1 == pieces.len(), &mut piece).ok()?;
        text.extend_from_slice(&piece);
    }
    (text.len() as u64 == header.about().length).then_some(text)
}

fn keys() -> [With; 3] {
    [
        With::Clinic(clinic_key(7)),
        With::Kit(root(1)),
        With::Kit(root(2)),
    ]
}

#[test]
fn the_clinics_key_and_the_words_of_every_kit_open_it() {
    let text: Vec<u8> = (0u32..200_000).map(|i| i.to_le_bytes()[0]).collect();
    let file = backup(0, &text);
    for with in keys() {
        assert_eq!(opened(&file, &with).as_deref(), Some(text.as_slice()));
    }
    for with in [With::Clinic(clinic_key(8)), With::Kit(root(3))] {
        assert_eq!(opened(&file, &with), None);
    }
}

#[test]
fn the_key_of_another_epoch_and_another_kit_are_told_apart_from_damage() {
    let file = backup(0, b"text");
    let header = Header::decode(&file).unwrap();
    let other = ClinicKey::from_bytes(Epoch(2), &[7; 32]);
    assert_eq!(header.open(&other).err(), Some(HeaderError::OtherEpoch));
    let stranger = root(9);
    let kit = stranger.signer().id();
    assert!(!header.is_for(kit));
    assert_eq!(
        header.open_with_kit(kit, &stranger.receive_key()).err(),
        Some(HeaderError::OtherKit)
    );
}

#[test]
fn no_flipped_bit_and_no_cut_is_ever_opened() {
    let file = backup(0, b"a small database");
    for with in keys() {
        assert!(opened(&file, &with).is_some());
    }
    // Who opens it with one key does not look at the other wraps, but the chunks are bound to them.
    for with in keys() {
        let mut changed = file.clone();
        for bit in 0..file.len() * 8 {
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&changed, &with), None, "bit {bit}");
            changed[bit / 8] ^= 1 << (bit % 8);
        }
        for len in 0..file.len() {
            assert_eq!(opened(&file[..len], &with), None, "cut to {len}");
        }
        changed.push(0);
        assert_eq!(opened(&changed, &with), None, "extended");
    }
}

#[test]
fn chunks_are_bound_to_their_place_and_to_their_backup() {
    let text = vec![5; 3 * CHUNK];
    let (file, other) = (backup(0, &text), backup(90, &text));
    let start = Header::decode(&file[..MAX_HEADER]).unwrap().len();
    assert_eq!(start, Header::decode(&other[..MAX_HEADER]).unwrap().len());
    let with = With::Clinic(clinic_key(7));
    let (header, chunks) = file.split_at(start);
    let piece = CHUNK + CHUNK_TAG;
    let order = |order: &[usize]| {
        let pieces: Vec<&[u8]> = order
            .iter()
            .map(|i| &chunks[i * piece..(i + 1) * piece])
            .collect();
        opened(&[header, &pieces.concat()].concat(), &with)
    };
    assert!(order(&[0, 1, 2]).is_some());
    for wrong in [&[1, 0, 2][..], &[0, 1], &[0, 1, 1], &[0, 2], &[0, 1, 2, 2]] {
        assert_eq!(order(wrong), None, "{wrong:?}");
    }
    let headers_swapped = [header, &other[start..]].concat();
    assert_eq!(opened(&headers_swapped, &with), None);
}

#[test]
fn a_piece_that_is_too_long_or_short_in_the_middle_is_not_sealed() {
    let begin = || Sealer::begin(&mut Foretold(0), &about(1), &clinic_key(7), &[]).unwrap();
    let (_, mut sealer) = begin();
    assert!(sealer.seal(false, &mut vec![0; CHUNK - 1]).is_err());
    assert!(sealer.seal(true, &mut vec![0; CHUNK + 1]).is_err());
}

#[test]
fn a_newer_suite_is_named() {
    let mut file = backup(0, b"text");
    file[5] = 2;
    assert_eq!(Header::decode(&file).err(), Some(HeaderError::Suite));
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), ours: bool) {
        if ours && bytes.len() >= 6 {
            bytes[..6].copy_from_slice(b"LTBAK\x01");
        }
        let _ = Header::decode(&bytes);
    }

    #[test]
    fn what_is_said_is_read_again(desk in "\\PC{0,200}", clinic_name in "\\PC{0,200}", made_ms in 0i64.., epoch in 1u32.., entries: u64, length in 1u64..1 << 48, kits in 0u8..5) {
        let about = About { made_ms, epoch: Epoch(epoch), entries, length, desk, clinic_name, ..about(1) };
        let kits: Vec<_> = (0..kits).map(|kit| root(kit).signer().keys()).collect();
        let key = ClinicKey::from_bytes(Epoch(epoch), &[7; 32]);
        let (bytes, _) = Sealer::begin(&mut Foretold(3), &about, &key, &kits).unwrap();
        prop_assert!(bytes.len() <= MAX_HEADER);
        let header = Header::decode(&[bytes.as_slice(), b"chunks"].concat()).unwrap();
        prop_assert_eq!(header.about(), &about);
        prop_assert_eq!(header.len(), bytes.len());
        prop_assert!(header.open(&key).is_ok());
    }
}
