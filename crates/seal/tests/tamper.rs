//! Every flipped bit, every truncation and an extension of every sealed format is refused.
use crate::support::*;
use ledger::submission::SealedSubmission;
use proptest::prelude::*;
use rand::RngExt;
use seal::*;

const SAMPLES: u8 = 40;

/// Flips each bit, cuts at each length, adds a byte: none may open. Gives the number of flips.
fn nothing_else_opens(sealed: &[u8], opens: impl Fn(&[u8]) -> bool) -> usize {
    assert!(opens(sealed), "the sample itself must open");
    let mut changed = sealed.to_vec();
    for bit in 0..sealed.len() * 8 {
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&changed), "bit {bit} of {} bytes", sealed.len());
        changed[bit / 8] ^= 1 << (bit % 8);
    }
    for len in 0..sealed.len() {
        assert!(!opens(&sealed[..len]), "cut to {len} bytes");
    }
    for byte in [0, 0x80, 0xff] {
        changed.push(byte);
        assert!(!opens(&changed), "extended by {byte}");
        changed.pop();
    }
    sealed.len() * 8
}

fn text(i: u8) -> Vec<u8> {
    vec![i; usize::from(i) * 5]
}

#[test]
fn no_changed_record_opens() {
    let key = clinic_key(1).record_key();
    let mut flips = 0;
    for i in 0..SAMPLES {
        let sealed = key.seal(&mut rand::rng(), &header_aad(), &text(i)).unwrap();
        flips += nothing_else_opens(&sealed, |bytes| key.open(&header_aad(), bytes).is_ok());
    }
    assert!(flips >= 45_000, "{flips} flips");
}

#[test]
fn no_changed_row_opens() {
    let key = root(1).storage_key();
    let mut flips = 0;
    for i in 0..SAMPLES {
        let sealed = key
            .seal_row(&mut rand::rng(), Table::Lead, i.into(), 3, &text(i))
            .unwrap();
        flips += nothing_else_opens(&sealed, |bytes| {
            key.open_row(Table::Lead, i.into(), 3, bytes).is_ok()
        });
    }
    assert!(flips >= 45_000, "{flips} flips");
}

#[test]
fn no_changed_chunk_opens() {
    let key = clinic_key(1).blob_key();
    let mut flips = 0;
    for i in 0..SAMPLES {
        let at = place(i.into(), i % 2 == 0);
        let sealed = blob::seal_chunk(&mut rand::rng(), &key, &at, &text(i)).unwrap();
        flips += nothing_else_opens(&sealed, |bytes| blob::open_chunk(&key, &at, bytes).is_ok());
    }
    assert!(flips >= 45_000, "{flips} flips");
}

#[test]
fn no_changed_grant_opens() {
    let (root, key) = (root(1), clinic_key(1));
    let receiver = root.signer().keys();
    let secret = root.receive_key();
    let mut flips = 0;
    for _ in 0..SAMPLES {
        let sealed = seal_grant(&mut rand::rng(), &receiver, &key).unwrap();
        flips += nothing_else_opens(&sealed, |bytes| {
            open_grant(&secret, receiver.id(), bytes).is_ok()
        });
    }
    assert_eq!(flips, usize::from(SAMPLES) * 106 * 8);
}

/// The encapsulated key's highest bit is ignored by X25519 itself (RFC 7748 §5), but HPKE hashes the bytes as sent.
#[test]
fn no_changed_submission_opens() {
    let key = clinic_key(1);
    let secret = key.intake_secret();
    let public = secret.public();
    let flips: usize = std::thread::scope(|scope| {
        let halves = [0..SAMPLES / 2, SAMPLES / 2..SAMPLES].map(|samples| {
            let secret = &secret;
            scope.spawn(move || {
                samples
                    .map(|i| {
                        let mut rng = rand::rng();
                        let sealed = SealedSubmission::seal(&mut rng, &public, ids(), &answers(i));
                        nothing_else_opens(&sealed.unwrap().encode(), |bytes| {
                            SealedSubmission::decode(bytes)
                                .is_ok_and(|sealed| open_submission(secret, &sealed).is_ok())
                        })
                    })
                    .sum::<usize>()
            })
        });
        halves.map(|half| half.join().unwrap()).iter().sum()
    });
    assert_eq!(
        flips,
        usize::from(SAMPLES) * (SealedSubmission::OVERHEAD + 256 + 16) * 8
    );
}

#[test]
fn random_edits_of_a_record_are_refused() {
    let key = clinic_key(1).record_key();
    let mut rng = rand::rng();
    let sealed = key.seal(&mut rng, &header_aad(), &[9; 200]).unwrap();
    for _ in 0..20_000 {
        let mut changed = sealed.clone();
        for _ in 0..rng.random_range(1..8) {
            let at = rng.random_range(0..changed.len());
            changed[at] = rng.random();
        }
        assert!(changed == sealed || key.open(&header_aad(), &changed).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_open_nowhere_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (root, key) = (root(1), clinic_key(1));
        let id = root.signer().id();
        prop_assert!(key.record_key().open(&header_aad(), &bytes).is_err());
        prop_assert!(root.storage_key().open_row(Table::Lead, 1, 1, &bytes).is_err());
        prop_assert!(blob::open_chunk(&key.blob_key(), &place(0, true), &bytes).is_err());
        for magic in [b"LTGRT\x01".as_slice(), b""] {
            prop_assert!(open_grant(&root.receive_key(), id, &[magic, &bytes].concat()).is_err());
        }
        let chunk = [b"LTBLB\x01".as_slice(), &bytes].concat();
        prop_assert!(blob::open_chunk(&key.blob_key(), &place(0, true), &chunk).is_err());
    }

    #[test]
    fn what_was_sealed_opens(text in proptest::collection::vec(any::<u8>(), 0..3000), row: i64, version: u64) {
        let (root, key) = (root(1), clinic_key(1));
        let mut rng = rand::rng();
        let record = key.record_key();
        let sealed = record.seal(&mut rng, &header_aad(), &text).unwrap();
        let opened = record.open(&header_aad(), &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), &text[..]);
        let storage = root.storage_key();
        let sealed = storage.seal_row(&mut rng, Table::Draft, row, version, &text).unwrap();
        let opened = storage.open_row(Table::Draft, row, version, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), &text[..]);
        let blobs = key.blob_key();
        let sealed = blob::seal_chunk(&mut rng, &blobs, &place(1, false), &text).unwrap();
        let opened = blob::open_chunk(&blobs, &place(1, false), &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), &text[..]);
    }
}

#[test]
fn one_value_sealed_twice_gives_different_bytes_of_one_length() {
    let key = clinic_key(1).record_key();
    let seal = |text: &[u8]| key.seal(&mut rand::rng(), &header_aad(), text).unwrap();
    let (a, b) = (seal(b"same"), seal(b"same"));
    assert_ne!(a, b);
    assert_eq!(a.len(), b.len());
    assert_eq!(
        seal(&[1; 130]).len(),
        seal(&[2; 140]).len(),
        "Padmé: both are padded to 144"
    );
}

#[test]
fn the_longest_chunk_is_as_long_as_everybody_reckons_and_none_is_longer() {
    let key = clinic_key(1).blob_key();
    for len in (blob::MAX_CHUNK - 70_000..=blob::MAX_CHUNK)
        .step_by(9_999)
        .chain([blob::MAX_CHUNK])
    {
        let at = place(0, true);
        let sealed = blob::seal_chunk(&mut rand::rng(), &key, &at, &vec![7; len]).unwrap();
        assert!(sealed.len() <= ledger::chunk::MAX_SEALED, "{len}");
        if len == blob::MAX_CHUNK {
            assert_eq!(sealed.len(), ledger::chunk::MAX_SEALED);
            assert_eq!(sealed.len(), 1_048_622);
            assert_eq!(blob::open_chunk(&key, &at, &sealed).unwrap().len(), len);
        }
    }
}

#[test]
fn a_chunk_of_a_mebibyte_or_more_is_refused() {
    let key = clinic_key(1).blob_key();
    let text = vec![0; blob::MAX_CHUNK + 1];
    let seal = |text| blob::seal_chunk(&mut rand::rng(), &key, &place(0, true), text);
    assert_eq!(seal(&text), Err(TooLong));
    assert!(seal(&text[1..]).is_ok());
}

#[test]
fn a_buffer_used_again_holds_the_last_text_only_and_nothing_after_a_failure() {
    let key = clinic_key(1).record_key();
    let storage = root(1).storage_key();
    let mut rng = rand::rng();
    let mut text = zeroize::Zeroizing::new(Vec::new());
    for len in [300, 5, 0, 1000, 999] {
        let sealed = key.seal(&mut rng, &header_aad(), &vec![7; len]).unwrap();
        key.open_into(&header_aad(), &sealed, &mut text).unwrap();
        assert_eq!(*text, vec![7; len]);
        let row = storage
            .seal_row(&mut rng, Table::View, 1, 2, &vec![8; len])
            .unwrap();
        storage
            .open_row_into(Table::View, 1, 2, &row, &mut text)
            .unwrap();
        assert_eq!(*text, vec![8; len]);
        assert!(
            storage
                .open_row_into(Table::View, 1, 3, &row, &mut text)
                .is_err()
        );
        assert!(text.is_empty());
        assert!(
            key.open_into(&header_aad(), &sealed[..20], &mut text)
                .is_err()
        );
        assert!(text.is_empty());
    }
}
