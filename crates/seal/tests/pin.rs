//! PINs: which are accepted, what opens, and that a try costs what it should.
use crate::support::*;
use rand::rng;
use seal::{Pin, PinKey, TooSimple, Verifier, VerifierError};

fn key(byte: u8) -> PinKey {
    clinic_key(byte).pin_key().unwrap()
}

#[test]
fn what_everybody_tries_first_is_no_pin() {
    for simple in [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "000000",
        "777777",
        "123456",
        "654321",
        "890123",
        "321098",
        "121212",
        "909090",
        "123123",
        "505505",
    ] {
        assert!(matches!(Pin::chosen(simple), Err(TooSimple)), "{simple}");
    }
    for good in ["258013", "112233", "100000", "135791", "123465", "123321"] {
        assert!(Pin::chosen(good).is_ok(), "{good}");
    }
}

#[test]
fn a_pin_opens_for_one_person_of_one_clinic_only() {
    let pin = Pin::chosen("258013").unwrap();
    let (me, other) = ([1; 16], [2; 16]);
    let verifier = key(7).verifier(&mut rng(), &pin, &me).unwrap();
    let verifier = Verifier::decode(&verifier.encode()).unwrap();
    let typed = Pin::typed("258013").unwrap();
    assert!(key(7).opens(&typed, &me, &verifier).unwrap());
    assert!(!key(7).opens(&typed, &other, &verifier).unwrap());
    assert!(!key(8).opens(&typed, &me, &verifier).unwrap());
    let wrong = Pin::typed("258014").unwrap();
    assert!(!key(7).opens(&wrong, &me, &verifier).unwrap());
}

#[test]
fn only_the_first_epoch_has_the_pepper() {
    let second = seal::ClinicKey::from_bytes(ledger::Epoch(2), &[7; 32]);
    assert!(second.pin_key().is_none());
}

#[test]
fn a_verifier_is_read_one_way_only_and_never_for_less() {
    let pin = Pin::chosen("258013").unwrap();
    let verifier = key(7).verifier(&mut Foretold(0), &pin, &[1; 16]).unwrap();
    let bytes = crate::golden::golden("pin-verifier", &verifier.encode());
    for len in 0..bytes.len() {
        assert!(Verifier::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    let with = |place: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[place] = value;
        Verifier::decode(&changed).err()
    };
    assert_eq!(with(0, b'X'), Some(VerifierError::Malformed));
    assert_eq!(with(5, 2), Some(VerifierError::Suite));
    assert_eq!(
        Verifier::decode(&[&bytes[..], &[0]].concat()).err(),
        Some(VerifierError::Malformed)
    );
    // Memory 0x0001_0000 KiB, three passes, one lane: less is a trap, far more a burden.
    for (place, value) in [(8, 0), (9, 1), (10, 2), (10, 17), (14, 0), (14, 5)] {
        assert_eq!(
            with(place, value),
            Some(VerifierError::Cost),
            "{place} {value}"
        );
    }
    assert_eq!(with(8, 2), None);
}
