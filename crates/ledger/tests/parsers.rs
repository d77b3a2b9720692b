//! Every parser: no panic on any bytes, one encoding of each value, every changed bit noticed.
use crate::support::*;
use ledger::statement::IntakeKeyStatement;
use ledger::submission::{
    Answers, AnswersError, Field, IntakePublicKey, Received, SealedSubmission, Suspicion, unpad,
};
use ledger::*;
use proptest::prelude::*;

fn header() -> impl Strategy<Value = Header> {
    (
        1u8..=7,
        any::<[u8; 16]>(),
        2u64..,
        0..Hlc::END.0,
        any::<[u8; 16]>(),
        any::<u32>(),
        any::<[u8; 32]>(),
        0u32..=1 << 20,
    )
        .prop_map(
            |(kind, author, seq, hlc, record, epoch, hash, payload_len)| {
                let mut bytes = [0; 128];
                bytes[0] = 1;
                bytes[1] = kind;
                bytes[2..18].copy_from_slice(&author);
                bytes[18..26].copy_from_slice(&seq.to_le_bytes());
                bytes[26..34].copy_from_slice(&hlc.to_le_bytes());
                bytes[34..50].copy_from_slice(&record);
                bytes[50..54].copy_from_slice(&epoch.to_le_bytes());
                bytes[54..86].copy_from_slice(&hash);
                bytes[54] |= 1;
                bytes[86..90].copy_from_slice(&payload_len.to_le_bytes());
                bytes[90..122].copy_from_slice(&hash);
                Header::decode(&bytes).expect("a header that makes sense")
            },
        )
}

fn text(max: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..max).prop_map(|chars| chars.into_iter().collect())
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let texts = (
        text(200),
        text(60),
        text(400),
        text(40),
        text(300),
        text(60),
    );
    (
        texts,
        any::<u8>(),
        any::<Option<[u8; 32]>>(),
        any::<Option<i64>>(),
    )
        .prop_map(
            |(
                (name, phone, question, notice_version, page, branch),
                promo,
                notice_hash,
                filled_at,
            )| Answers {
                name,
                phone,
                question,
                promo,
                notice_version,
                notice_hash,
                page,
                branch,
                filled_at,
            },
        )
}

fn any_member() -> impl Strategy<Value = Member> {
    let keys = (any::<[u8; 32]>(), any::<[u8; 32]>())
        .prop_map(|(sign, receive)| AuthorKeys { sign, receive });
    let role = prop_oneof![
        Just(Role::Server),
        Just(Role::Desk),
        Just(Role::Paper),
        Just(Role::Owner)
    ];
    (
        0..4,
        keys,
        role,
        text(200),
        text(200),
        text(200),
        any::<u64>(),
    )
        .prop_map(
            |(what, keys, role, name, branch, clinic, last_seq)| match what {
                0 => Member::Genesis {
                    keys,
                    clinic,
                    name,
                    branch,
                },
                1 => Member::Enrol {
                    keys,
                    role,
                    name,
                    branch,
                },
                2 => Member::Revoke {
                    author: keys.id(),
                    last_seq,
                },
                _ => Member::Rename {
                    author: keys.id(),
                    name,
                    branch,
                },
            },
        )
}

/// Decodes, encodes again, and says whether that gave the same bytes; `true` if it did not decode.
fn one_encoding(bytes: &[u8]) -> bool {
    let same = |again: Option<Vec<u8>>| again.is_none_or(|again| again == bytes);
    same(
        Header::decode(bytes)
            .ok()
            .map(|value| value.encode().to_vec()),
    ) && same(
        SignedHead::decode(bytes)
            .ok()
            .map(|value| value.encode().to_vec()),
    ) && same(Member::decode(bytes).ok().map(|value| value.encode()))
        && same(
            SealedSubmission::decode(bytes)
                .ok()
                .map(|value| value.encode()),
        )
        && same(Received::decode(bytes).ok().map(|value| value.encode()))
        && same(
            IntakeKeyStatement::decode(bytes)
                .ok()
                .map(|value| value.encode().to_vec()),
        )
}

fn samples() -> Vec<Vec<u8>> {
    let mut desk = founder();
    let header = desk.write(Kind::Change, b"x").header;
    let key = IntakePublicKey {
        epoch: Epoch(2),
        key: [3; 32],
    };
    let statement = IntakeKeyStatement::sign(&desk.signer, clinic_of(&desk), &key);
    let received = Received {
        at_ms: NOW,
        suspicion: Suspicion(3),
        sealed: submission(),
    };
    let member = desk.entries[0].payload.bytes().unwrap().to_vec();
    vec![
        header.encode().to_vec(),
        desk.all().head.encode().to_vec(),
        member,
        submission().encode(),
        received.encode(),
        statement.encode().to_vec(),
    ]
}

fn decodes(bytes: &[u8]) -> bool {
    Header::decode(bytes).is_ok()
        || SignedHead::decode(bytes).is_ok()
        || Member::decode(bytes).is_ok()
        || SealedSubmission::decode(bytes).is_ok()
        || Received::decode(bytes).is_ok()
        || IntakeKeyStatement::decode(bytes).is_ok()
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    for sample in samples() {
        assert!(decodes(&sample));
        for len in 0..sample.len() {
            assert!(!decodes(&sample[..len]), "{len} of {} bytes", sample.len());
        }
        for extra in [0u8, 0x80, 0xff] {
            let longer = [sample.as_slice(), &[extra]].concat();
            assert!(!decodes(&longer));
        }
    }
}

#[test]
fn every_flipped_bit_gives_another_value_or_none() {
    for sample in samples() {
        for bit in 0..sample.len() * 8 {
            let mut changed = sample.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(one_encoding(&changed), "bit {bit}");
        }
    }
}

#[test]
fn an_unknown_suite_is_told_apart_from_foreign_bytes() {
    for (i, mut sample) in samples().into_iter().enumerate().skip(1) {
        sample[5] = 2;
        let named = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            SignedHead::decode(&sample).err(),
            Member::decode(&sample).err(),
            SealedSubmission::decode(&sample).err(),
            Received::decode(&sample).err(),
            IntakeKeyStatement::decode(&sample).err()
        );
        assert_eq!(named.matches("Suite").count(), 1, "sample {i}: {named}");
    }
}

#[test]
fn every_header_rule_is_enforced() {
    let good = founder().entries[0].header.encode();
    let broken = |at: usize, byte: u8| {
        let mut bytes = good;
        bytes[at] = byte;
        Header::decode(&bytes).unwrap_err()
    };
    assert_eq!(Header::decode(&good[..127]), Err(HeaderError::Length));
    assert_eq!(broken(0, 2), HeaderError::Version);
    assert_eq!(broken(1, 0), HeaderError::Kind);
    assert_eq!(broken(1, 8), HeaderError::Kind);
    assert_eq!(broken(18, 0), HeaderError::Sequence);
    assert_eq!(broken(18, 2), HeaderError::Sequence);
    assert_eq!(broken(54, 1), HeaderError::Sequence);
    assert_eq!(broken(88, 0x11), HeaderError::PayloadTooLong);
    for at in 122..128 {
        assert_eq!(broken(at, 1), HeaderError::Reserved);
    }
}

#[test]
fn every_flipped_bit_of_a_header_is_refused_or_changes_its_hash() {
    let mut desk = founder();
    for i in 0..40u8 {
        let header = desk.write(Kind::Change, &[i]).header;
        let (bytes, hash) = (header.encode(), header.hash());
        for bit in 0..128 * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&changed).map_or(true, |header| header.hash() != hash));
        }
    }
}

#[test]
fn answers_that_are_too_long_are_refused_on_both_sides() {
    for field in Field::ALL {
        let mut answers = Answers::default();
        let set = |answers: &mut Answers, text: String| match field {
            Field::Name => answers.name = text,
            Field::Phone => answers.phone = text,
            Field::Question => answers.question = text,
            Field::NoticeVersion => answers.notice_version = text,
            Field::Page => answers.page = text,
            Field::Branch => answers.branch = text,
        };
        set(&mut answers, "ế".repeat(field.max_chars()));
        let fits = answers.encode().unwrap();
        assert_eq!(Answers::decode(&fits), Ok(answers.clone()));
        set(&mut answers, "ế".repeat(field.max_chars() + 1));
        assert_eq!(
            answers.encode().map(|_| ()),
            Err(AnswersError::TooLong(field))
        );
    }
}

#[test]
fn answers_of_a_newer_form_are_read_and_what_is_unknown_is_skipped() {
    let mut bytes = vec![
        0xa3, 0x00, 0x61, b'A', 0x18, 0x63, 0x82, 0x01, 0xa1, 0x02, 0x03, 0x01,
    ];
    bytes.extend_from_slice(&[0x62, b'0', b'9']);
    let answers = Answers::decode(&bytes).unwrap();
    assert_eq!((answers.name.as_str(), answers.phone.as_str()), ("A", "09"));
    let twice = [0xa2, 0x00, 0x61, b'A', 0x00, 0x61, b'B'];
    assert_eq!(Answers::decode(&twice), Err(AnswersError::Malformed));
    assert_eq!(Answers::decode(&[0xbf, 0xff]), Err(AnswersError::Malformed));
    assert_eq!(Answers::decode(&[0xa0, 0x00]), Err(AnswersError::Malformed));
}

#[test]
fn the_longest_answers_fit_into_a_submission_that_is_read_again() {
    let mut answers = Answers {
        notice_hash: Some([1; 32]),
        filled_at: Some(i64::MIN),
        promo: 255,
        ..Answers::default()
    };
    answers.name = "𠀀".repeat(200);
    answers.phone = "𠀀".repeat(60);
    answers.question = "𠀀".repeat(4000);
    answers.notice_version = "𠀀".repeat(40);
    answers.page = "𠀀".repeat(300);
    answers.branch = "𠀀".repeat(60);
    let key = submission_key();
    let sealed =
        SealedSubmission::seal(&mut Foretold(3), &key, submission_ids(), &answers).unwrap();
    let bytes = sealed.encode();
    assert!(bytes.len() <= SealedSubmission::MAX_LEN);
    assert!(SealedSubmission::decode(&bytes) == Ok(sealed));
}

fn submission_key() -> IntakePublicKey {
    let secret = x25519_dalek::StaticSecret::from([0x42; 32]);
    let key = x25519_dalek::PublicKey::from(&secret).to_bytes();
    IntakePublicKey {
        epoch: Epoch::FIRST,
        key,
    }
}

#[test]
fn a_submission_of_256_blocks_only_is_read() {
    let sealed = submission().encode();
    assert_eq!((sealed.len() - SealedSubmission::OVERHEAD - 16) % 256, 0);
    let shorter = &sealed[..sealed.len() - 256];
    assert!(SealedSubmission::decode(shorter).is_err());
    let longer = [sealed.as_slice(), &[0; 256]].concat();
    assert!(
        SealedSubmission::decode(&longer).is_ok(),
        "only opening can tell this one"
    );
    let far_too_long = vec![0; SealedSubmission::MAX_LEN + 256];
    let far_too_long = [&sealed[..SealedSubmission::OVERHEAD], &far_too_long].concat();
    assert!(SealedSubmission::decode(&far_too_long).is_err());
}

#[test]
fn padding_has_one_form() {
    let mut padded = vec![0; 256];
    padded[3] = 0x80;
    assert_eq!(unpad(&padded), Some([0, 0, 0].as_slice()));
    assert_eq!(unpad(&[0; 256]), None);
    padded[200] = 1;
    assert_eq!(unpad(&padded), None);
    let mut two_blocks = vec![0; 512];
    two_blocks[3] = 0x80;
    assert_eq!(unpad(&two_blocks), None, "one block would have been enough");
    assert_eq!(unpad(&[]), None);
}

#[test]
fn a_received_submission_knows_where_it_belongs() {
    let received = Received {
        at_ms: NOW,
        suspicion: Suspicion::default(),
        sealed: submission(),
    };
    let ids = submission_ids();
    let desk = Desk::new(4);
    let draft = desk
        .ledger
        .next(Kind::Submission, ids.submission.into(), Epoch::FIRST, NOW);
    let entry = draft.finish(received.encode()).unwrap();
    assert!(received.belongs(&entry.header, ids.clinic));
    assert!(!received.belongs(&entry.header, ClinicId::from_bytes([0; 16])));
    let change = |change: fn(&mut Header)| {
        let mut header = entry.header;
        change(&mut header);
        received.belongs(&header, ids.clinic)
    };
    assert!(!change(
        |header| header.record = RecordId::from_bytes([0; 16])
    ));
    assert!(!change(|header| header.epoch = Epoch(2)));
    assert!(!change(|header| header.kind = Kind::Change));
}

#[test]
fn nothing_personal_is_printed() {
    let printed = format!("{:?} {:?}", answers(), founder().entries[0]);
    assert!(!printed.contains("Nguyễn") && !printed.contains("0912") && !printed.contains("Smile"));
    let member = Member::decode(founder().entries[0].payload.bytes().unwrap());
    assert!(!format!("{member:?}").contains("Quầy"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_have_one_meaning(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(one_encoding(&bytes));
        let _ = Answers::decode(&bytes);
        let _ = unpad(&bytes);
    }

    #[test]
    fn damaged_samples_never_panic_and_have_one_meaning(which in 0usize..6, edits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
        let mut bytes = samples().swap_remove(which);
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        prop_assert!(one_encoding(&bytes));
    }

    #[test]
    fn members_in_any_other_cbor_spelling_are_refused(tail in proptest::collection::vec(any::<u8>(), 0..80)) {
        let bytes = [b"LTMEM\x01".as_slice(), &tail].concat();
        prop_assert!(one_encoding(&bytes));
    }

    #[test]
    fn headers_come_back(header in header()) {
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
        prop_assert_eq!(&header.aad()[..], &header.encode()[..54]);
    }

    #[test]
    fn answers_come_back(answers in any_answers()) {
        let bytes = answers.encode().unwrap();
        prop_assert_eq!(Answers::decode(&bytes), Ok(answers));
    }

    #[test]
    fn members_come_back(member in any_member()) {
        prop_assert_eq!(Member::decode(&member.encode()), Ok(member));
    }

    #[test]
    fn submissions_of_one_block_count_have_one_length(a in text(20), b in text(20)) {
        let seal = |name: String| {
            let answers = Answers { name, ..Answers::default() };
            SealedSubmission::seal(&mut Foretold(1), &submission_key(), submission_ids(), &answers).unwrap().encode().len()
        };
        prop_assert_eq!(seal(a), seal(b));
    }
}

#[test]
fn a_member_in_another_spelling_of_cbor_is_refused() {
    let author = Desk::new(1).id();
    let good = Member::Revoke {
        author,
        last_seq: 5,
    }
    .encode();
    assert_eq!(good.last(), Some(&5));
    // The same number in two bytes instead of one.
    let mut wide = good.clone();
    wide.pop();
    wide.extend_from_slice(&[0x18, 5]);
    assert!(Member::decode(&wide).is_err());
    // The same map, its keys in another order.
    let mut swapped = good[..6].to_vec();
    swapped.extend_from_slice(&[0xa3, 0x07, 0x05, 0x00, 0x02, 0x06]);
    swapped.push(0x50);
    swapped.extend_from_slice(author.as_bytes());
    assert!(Member::decode(&swapped).is_err());
}
