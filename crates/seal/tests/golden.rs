//! The sealed formats, frozen.
//!
//! Regenerate (`LETAN_REGENERATE_GOLDEN=1 cargo test -p seal golden`) ONLY on an intended, documented change of a
//! format: clinics have these bytes on their disks.
use crate::support::*;
use data_encoding::HEXLOWER;
use ledger::Epoch;
use ledger::submission::SealedSubmission;
use seal::*;
use std::path::Path;

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(format!("{name}.hex"))
}

fn frozen(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(path(name)).unwrap();
    let hex: String = text.split_whitespace().collect();
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    if std::env::var_os("LETAN_REGENERATE_GOLDEN").is_some() {
        let hex = HEXLOWER.encode(bytes);
        let lines: Vec<_> = hex
            .as_bytes()
            .chunks(96)
            .map(String::from_utf8_lossy)
            .collect();
        std::fs::write(path(name), lines.join("\n") + "\n").unwrap();
    }
    let frozen = frozen(name);
    assert_eq!(
        HEXLOWER.encode(&frozen),
        HEXLOWER.encode(bytes),
        "the format of {name} has changed"
    );
    frozen
}

#[test]
fn sealed_change() {
    let key = clinic_key(7).record_key();
    let sealed = key
        .seal(
            &mut Foretold(0),
            &header_aad(),
            "Gọi lại lúc 9 giờ".as_bytes(),
        )
        .unwrap();
    let frozen = golden("sealed-change", &sealed);
    assert_eq!(
        key.open(&header_aad(), &frozen).unwrap().as_slice(),
        "Gọi lại lúc 9 giờ".as_bytes()
    );
}

#[test]
fn sealed_row() {
    let key = root(1).storage_key();
    let sealed = key
        .seal_row(&mut Foretold(0), Table::Lead, -5, 9, b"a projection")
        .unwrap();
    let frozen = golden("sealed-row", &sealed);
    assert_eq!(
        key.open_row(Table::Lead, -5, 9, &frozen)
            .unwrap()
            .as_slice(),
        b"a projection"
    );
}

#[test]
fn sealed_chunk() {
    let key = clinic_key(7).blob_key();
    let sealed = blob::seal_chunk(&mut Foretold(0), &key, &place(3, true), b"a picture").unwrap();
    let frozen = golden("sealed-chunk", &sealed);
    assert_eq!(
        blob::open_chunk(&key, &place(3, true), &frozen)
            .unwrap()
            .as_slice(),
        b"a picture"
    );
    golden(
        "sealed-chunk-hash",
        ledger::BlobHash::of(&sealed).as_bytes(),
    );
}

#[test]
fn grant() {
    let receiver = root(1).signer().keys();
    let sealed = seal_grant(&mut Foretold(0), &receiver, &clinic_key(7)).unwrap();
    let frozen = golden("grant", &sealed);
    let opened = open_grant(&root(1).receive_key(), receiver.id(), &frozen).unwrap();
    assert_eq!(*opened.dangerous_bytes(), [7; 32]);
    assert_eq!(opened.epoch(), ledger::Epoch::FIRST);
}

#[test]
fn sealed_submission() {
    let key = clinic_key(7);
    let sealed = submission(0, &key, &answers(1));
    let frozen = golden("sealed-submission", &sealed.encode());
    let read = SealedSubmission::decode(&frozen).unwrap();
    assert_eq!(open_submission(&key.intake_secret(), &read), Ok(answers(1)));
}

#[test]
fn derived_public_key_and_record_ids() {
    golden(
        "intake-public-key",
        &clinic_key(7).intake_secret().public().key,
    );
    let blind = clinic_key(7).blind_key().unwrap();
    golden(
        "opt-in-id",
        blind.record_id(Derived::OptIn, "+84912345678").as_bytes(),
    );
    golden(
        "tombstone-id",
        blind
            .record_id(Derived::Tombstone, "+84912345678")
            .as_bytes(),
    );
}

#[test]
fn words() {
    let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
    golden("words", RootSecret::from_bytes(bytes).words().as_bytes());
}

#[test]
fn beacon_and_greetings() {
    let key = ClinicKey::from_bytes(Epoch::FIRST, &[7; 32])
        .nearby_key()
        .unwrap();
    let channel = [0xc4; 32];
    let words = [
        key.beacon(20_780).as_slice(),
        &key.greeting(End::Client, &channel),
        &key.greeting(End::Server, &channel),
        &key.mark(&[0x5a; 16]),
    ]
    .concat();
    golden("nearby", &words);
    assert!(key.is_greeting(End::Client, &channel, &key.greeting(End::Client, &channel)));
    assert!(!key.is_greeting(End::Server, &channel, &key.greeting(End::Client, &channel)));
    assert_ne!(key.beacon(20_780), key.beacon(20_781));
    assert!(
        ClinicKey::from_bytes(Epoch(2), &[7; 32])
            .nearby_key()
            .is_none()
    );
}

#[test]
fn stick_chunk() {
    let key = ClinicKey::from_bytes(Epoch::FIRST, &[7; 32]).stick_key();
    let text = "LETAN1".as_bytes();
    let mut chunk = text.to_vec();
    key.seal(&[0x5a; 16], b"header", 3, true, &mut chunk)
        .unwrap();
    let frozen = golden("stick-chunk", &chunk);
    let opens = |salt: u8, header: &[u8], index, last| {
        let mut chunk = frozen.clone();
        let opened = key.open(&[salt; 16], header, index, last, &mut chunk);
        opened.is_ok() && chunk == text
    };
    assert!(opens(0x5a, b"header", 3, true));
    assert!(!opens(0x5b, b"header", 3, true));
    assert!(!opens(0x5a, b"headers", 3, true));
    assert!(!opens(0x5a, b"header", 4, true));
    assert!(!opens(0x5a, b"header", 3, false));
    let mut long = vec![0; STICK_CHUNK + 1];
    assert!(key.seal(&[0; 16], b"", 0, false, &mut long).is_err());
}
