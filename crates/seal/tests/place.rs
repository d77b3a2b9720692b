//! What was sealed for one place opens in no other: every part of the binding counts, alone and in pairs.
use crate::support::*;
use ledger::submission::{SealedSubmission, SubmissionIds};
use ledger::*;
use seal::*;

/// Where the fields of an entry's aad begin and end: version, kind, author, seq, hlc, record, epoch.
const FIELDS: [(usize, usize); 7] = [
    (0, 1),
    (1, 2),
    (2, 18),
    (18, 26),
    (26, 34),
    (34, 50),
    (50, 54),
];

#[test]
fn a_record_opens_only_under_its_own_header() {
    let key = clinic_key(1).record_key();
    let aad = header_aad();
    let sealed = key.seal(&mut rand::rng(), &aad, b"text").unwrap();
    for (i, first) in FIELDS.into_iter().enumerate() {
        for second in &FIELDS[i..] {
            let mut other = aad;
            other[first.0] ^= 1;
            other[second.1 - 1] ^= 0x80;
            assert_eq!(
                key.open(&other, &sealed).err(),
                Some(Unopenable),
                "{first:?} {second:?}"
            );
        }
    }
    for bit in 0..aad.len() * 8 {
        let mut other = aad;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(&other, &sealed).is_err(), "bit {bit}");
    }
    assert!(key.open(&aad, &sealed).is_ok());
}

#[test]
fn a_stolen_row_does_not_open_in_another_place() {
    let key = root(1).storage_key();
    let places: Vec<(Table, i64, u64)> = Table::ALL
        .into_iter()
        .flat_map(|table| [1, 2, -1, 256, i64::MAX].map(|row| (table, row)))
        .flat_map(|(table, row)| [0, 1, 256, u64::MAX].map(|version| (table, row, version)))
        .collect();
    let mut rng = rand::rng();
    let mut swaps = 0;
    for (i, (table, row, version)) in places.iter().copied().enumerate() {
        let sealed = key
            .seal_row(&mut rng, table, row, version, b"text")
            .unwrap();
        for (j, (table, row, version)) in places.iter().copied().enumerate() {
            assert_eq!(key.open_row(table, row, version, &sealed).is_ok(), i == j);
            swaps += usize::from(i != j);
        }
    }
    assert_eq!(places.len(), Table::ALL.len() * 20);
    assert_eq!(swaps, places.len() * (places.len() - 1));
}

#[test]
fn a_chunk_opens_only_in_its_attachment_at_its_index_with_its_end() {
    let key = clinic_key(1).blob_key();
    let places: Vec<blob::Place> = [[1; 16], [2; 16]]
        .into_iter()
        .flat_map(|id| [0, 1, 256].map(|index| (RecordId::from_bytes(id), index)))
        .flat_map(|(attachment, index)| {
            [false, true].map(|last| blob::Place {
                attachment,
                index,
                last,
            })
        })
        .collect();
    for (i, place) in places.iter().enumerate() {
        let sealed = blob::seal_chunk(&mut rand::rng(), &key, place, b"text").unwrap();
        for (j, other) in places.iter().enumerate() {
            assert_eq!(blob::open_chunk(&key, other, &sealed).is_ok(), i == j);
        }
    }
}

#[test]
fn a_submission_opens_only_for_its_clinic_form_and_id_and_under_its_epoch() {
    let key = clinic_key(1);
    let secret = key.intake_secret();
    let sealed = submission(0, &key, &answers(1));
    assert_eq!(open_submission(&secret, &sealed), Ok(answers(1)));
    let (clinic, form, submission) = (
        ClinicId::from_bytes([1; 16]),
        FormId::from_bytes([2; 16]),
        SubmissionId::from_bytes([3; 16]),
    );
    for which in 1..8u8 {
        let mut moved = sealed.clone();
        let good = ids();
        moved.ids = SubmissionIds {
            clinic: if which & 1 == 0 { good.clinic } else { clinic },
            form: if which & 2 == 0 { good.form } else { form },
            submission: if which & 4 == 0 {
                good.submission
            } else {
                submission
            },
        };
        assert_eq!(
            open_submission(&secret, &moved),
            Err(Unopenable.into()),
            "{which:03b}"
        );
    }
    let mut later = sealed.clone();
    later.epoch = Epoch(2);
    assert_eq!(
        open_submission(&secret, &later),
        Err(SubmissionError::OtherEpoch)
    );
    let renumbered = ClinicKey::from_bytes(Epoch(2), &[1; 32]).intake_secret();
    assert_eq!(
        open_submission(&renumbered, &sealed),
        Err(SubmissionError::OtherEpoch)
    );
    assert_eq!(
        open_submission(&clinic_key(2).intake_secret(), &sealed),
        Err(Unopenable.into())
    );
}

#[test]
fn a_submission_that_is_not_answers_is_told_apart() {
    let key = clinic_key(1);
    let public = key.intake_secret().public();
    let mut padded = vec![0xff, 0x80];
    padded.resize(256, 0);
    let mut wire = submission(0, &key, &answers(1)).encode()[..58].to_vec();
    let sealed = ledger::envelope::seal(
        &mut Foretold(0),
        &public.key,
        Label::Submission,
        &ids().aad(),
        &padded,
    );
    let sealed = sealed.unwrap();
    wire.extend_from_slice(&sealed.enc);
    wire.extend_from_slice(&sealed.ciphertext);
    let sealed = SealedSubmission::decode(&wire).unwrap();
    let opened = open_submission(&key.intake_secret(), &sealed);
    assert!(matches!(opened, Err(SubmissionError::Answers(_))));
}

#[test]
fn a_grant_opens_for_its_receiver_only() {
    let (mine, theirs) = (root(1), root(2));
    let (my_id, their_id) = (mine.signer().id(), theirs.signer().id());
    let grant = seal_grant(&mut rand::rng(), &mine.signer().keys(), &clinic_key(7)).unwrap();
    assert!(open_grant(&mine.receive_key(), my_id, &grant).is_ok());
    let error = |key: &RootSecret, id| open_grant(&key.receive_key(), id, &grant).err();
    assert_eq!(error(&theirs, their_id), Some(GrantError::OtherAuthor));
    assert_eq!(error(&theirs, my_id), Some(Unopenable.into()));
    let mut renamed = grant.clone();
    renamed[6..22].copy_from_slice(their_id.as_bytes());
    let opened = open_grant(&mine.receive_key(), their_id, &renamed);
    assert_eq!(opened.err(), Some(Unopenable.into()));
    let mut renumbered = grant.clone();
    renumbered[22] = 2;
    let opened = open_grant(&mine.receive_key(), my_id, &renumbered);
    assert_eq!(opened.err(), Some(Unopenable.into()));
    let mut newer = grant.clone();
    newer[5] = 2;
    assert_eq!(
        open_grant(&mine.receive_key(), my_id, &newer).err(),
        Some(GrantError::Suite)
    );
    let mut epoch_zero = grant.clone();
    epoch_zero[22] = 0;
    assert_eq!(
        open_grant(&mine.receive_key(), my_id, &epoch_zero).err(),
        Some(GrantError::Malformed)
    );
}

#[test]
fn keys_of_other_clinics_authors_epochs_and_uses_open_nothing() {
    let mut rng = rand::rng();
    let sealed = clinic_key(1)
        .record_key()
        .seal(&mut rng, &header_aad(), b"x")
        .unwrap();
    assert!(
        clinic_key(2)
            .record_key()
            .open(&header_aad(), &sealed)
            .is_err()
    );
    let row = root(1)
        .storage_key()
        .seal_row(&mut rng, Table::Lead, 1, 1, b"x")
        .unwrap();
    assert!(
        root(2)
            .storage_key()
            .open_row(Table::Lead, 1, 1, &row)
            .is_err()
    );
    let chunk =
        blob::seal_chunk(&mut rng, &clinic_key(1).blob_key(), &place(0, true), b"x").unwrap();
    assert!(blob::open_chunk(&clinic_key(2).blob_key(), &place(0, true), &chunk).is_err());
    assert!(
        clinic_key(1)
            .record_key()
            .open(&header_aad(), &chunk[6..])
            .is_err()
    );
}

#[test]
fn a_chunk_without_its_magic_or_of_a_newer_suite_is_refused() {
    let key = clinic_key(1).blob_key();
    let mut chunk = blob::seal_chunk(&mut rand::rng(), &key, &place(0, true), b"x").unwrap();
    assert!(blob::open_chunk(&key, &place(0, true), &chunk[6..]).is_err());
    chunk[5] = 2;
    assert!(blob::open_chunk(&key, &place(0, true), &chunk).is_err());
}

#[test]
fn derived_ids_differ_by_kind_number_and_clinic_and_only_the_first_epoch_derives_them() {
    let id = |clinic, kind, phone| {
        clinic_key(clinic)
            .blind_key()
            .unwrap()
            .record_id(kind, phone)
    };
    let mine = id(1, Derived::OptIn, "+84912345678");
    assert_eq!(mine, id(1, Derived::OptIn, "+84912345678"));
    assert_ne!(mine, id(1, Derived::Tombstone, "+84912345678"));
    assert_ne!(mine, id(1, Derived::OptIn, "+84912345679"));
    assert_ne!(mine, id(2, Derived::OptIn, "+84912345678"));
    assert!(
        ClinicKey::from_bytes(Epoch(2), &[1; 32])
            .blind_key()
            .is_none()
    );
}

#[test]
fn generated_keys_differ() {
    let mut rng = rand::rng();
    let root = || RootSecret::generate(&mut rand::rng()).signer().id();
    assert_ne!(root(), root());
    let key = |rng: &mut _| *ClinicKey::generate(rng, Epoch(3)).dangerous_bytes();
    assert_ne!(key(&mut rng), key(&mut rng));
    assert_eq!(ClinicKey::generate(&mut rng, Epoch(3)).epoch(), Epoch(3));
}

#[test]
fn submissions_can_be_opened_on_several_threads_at_once() {
    fn shared_by_threads<T: Sync + Send>() {}
    shared_by_threads::<IntakeSecret>();
    shared_by_threads::<RecordKey>();
    shared_by_threads::<StorageKey>();
    let key = clinic_key(1);
    let secret = key.intake_secret();
    let sealed = submission(0, &key, &answers(1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(open_submission(&secret, &sealed), Ok(answers(1))));
        }
    });
}
