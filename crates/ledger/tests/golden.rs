//! The formats, frozen.
//!
//! Regenerate (`LETAN_REGENERATE_GOLDEN=1 cargo test -p ledger golden`) ONLY on an intended, documented change of a
//! format: clinics have these bytes on their disks.
use crate::support::*;
use data_encoding::HEXLOWER;
use ledger::statement::IntakeKeyStatement;
use ledger::submission::{Answers, IntakePublicKey, Received, SealedSubmission, Suspicion};
use ledger::*;
use std::path::Path;

fn golden(name: &str, bytes: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(format!("{name}.hex"));
    let hex = HEXLOWER.encode(bytes);
    if std::env::var_os("LETAN_REGENERATE_GOLDEN").is_some() {
        let lines: Vec<_> = hex
            .as_bytes()
            .chunks(96)
            .map(String::from_utf8_lossy)
            .collect();
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    }
    let frozen: String = std::fs::read_to_string(&file)
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(frozen, hex, "the format of {name} has changed");
}

fn entry() -> Entry {
    let mut desk = founder();
    desk.ledger.observe(Hlc::new(NOW + 5000, 7));
    desk.write(Kind::Change, b"a sealed change")
}

#[test]
fn header_and_aad_and_hash() {
    let header = entry().header;
    golden("header", &header.encode());
    golden("aad", &header.aad());
    golden("entry-hash", header.hash().as_bytes());
    assert_eq!(Header::decode(&header.encode()), Ok(header));
    assert_eq!(header.aad(), header.encode()[..54]);
}

#[test]
fn signed_head() {
    let header = entry().header;
    let signer = Desk::new(1).signer;
    let head = signer.head(header.seq, header.hash());
    golden("signed-head", &head.encode());
    assert_eq!(SignedHead::decode(&head.encode()), Ok(head));
    assert!(head.verify(&signer.keys()));
}

#[test]
fn author_keys() {
    let keys = Desk::new(1).signer.keys();
    golden("author-sign", &keys.sign);
    golden("author-receive", &keys.receive);
    golden("author-id", keys.id().as_bytes());
}

#[test]
fn signature() {
    let signer = Desk::new(1).signer;
    let signature = signer.sign(Label::Request, &[b"GET", b"", b"/v1/wait"]);
    golden("signature", &signature);
}

#[test]
fn every_member_variant() {
    let keys = Desk::new(2).signer.keys();
    let (name, branch) = ("Quầy 2".to_owned(), "Quận 3".to_owned());
    let variants = [
        (
            "member-genesis",
            Member::Genesis {
                keys,
                clinic: "Nha khoa Việt Smile".into(),
                name: name.clone(),
                branch: branch.clone(),
            },
        ),
        (
            "member-enrol",
            Member::Enrol {
                keys,
                role: Role::Desk,
                name: name.clone(),
                branch: branch.clone(),
            },
        ),
        (
            "member-revoke",
            Member::Revoke {
                author: keys.id(),
                last_seq: 300,
            },
        ),
        (
            "member-rename",
            Member::Rename {
                author: keys.id(),
                name,
                branch,
            },
        ),
    ];
    for (file, member) in variants {
        golden(file, &member.encode());
        assert_eq!(Member::decode(&member.encode()), Ok(member));
    }
}

#[test]
fn bundle() {
    let mut desk = founder();
    desk.write(Kind::Change, b"first");
    let gone = desk.write(Kind::Change, b"second, erased later");
    let mut segment = desk.all();
    segment.entries[2].payload = Payload::Erased;
    assert_eq!(segment.entries[2].header, gone.header);
    let mut writer = bundle::Writer::new();
    writer.segment(&segment);
    let bytes = writer.finish();
    golden("bundle", &bytes);
    let read: Result<Vec<_>, _> = bundle::Reader::new(&bytes).collect();
    assert_eq!(read, Ok(vec![segment]));
}

#[test]
fn answers_in_cbor() {
    let bytes = answers().encode().unwrap();
    golden("answers", &bytes);
    assert_eq!(Answers::decode(&bytes), Ok(answers()));
    golden("answers-empty", &Answers::default().encode().unwrap());
}

#[test]
fn sealed_submission_and_received() {
    let sealed = submission();
    golden("sealed-submission", &sealed.encode());
    assert!(SealedSubmission::decode(&sealed.encode()) == Ok(sealed.clone()));
    let received = Received {
        at_ms: NOW,
        suspicion: Suspicion::TRAP.with(Suspicion::NO_WORK),
        sealed,
    };
    golden("received", &received.encode());
    assert!(Received::decode(&received.encode()) == Ok(received));
}

#[test]
fn intake_key_statement() {
    let signer = Desk::new(1).signer;
    let key = IntakePublicKey {
        epoch: Epoch(3),
        key: [0x77; 32],
    };
    let statement = IntakeKeyStatement::sign(&signer, ClinicId::from_bytes([0xc1; 16]), &key);
    golden("intake-key-statement", &statement.encode());
    assert_eq!(
        IntakeKeyStatement::decode(&statement.encode()),
        Ok(statement)
    );
    assert!(statement.verify(&signer.keys()));
    assert_eq!(statement.public_key(), key);
}

#[test]
fn request_proof() {
    let header = request::sign_request(
        &Desk::new(1).signer,
        ClinicId::from_bytes([0xc1; 16]),
        "POST",
        "/v1/pull?x=1",
        br#"{"have":{}}"#,
        NOW,
        [9; 16],
    );
    golden("request-proof", header.as_bytes());
}

#[test]
fn derived_keys() {
    for label in [
        Label::Sign,
        Label::Receive,
        Label::Storage,
        Label::Record,
        Label::Blob,
        Label::Blind,
        Label::Intake,
    ] {
        let name = format!("derived-{}", label.as_str().replace('/', "-"));
        golden(&name, kdf::derive(&[7; 32], label).as_slice());
    }
}

#[test]
fn invitation_and_waiting_room() {
    use ledger::join::{Answer, Offer, Request};
    let code = JoinCode::new([0x11; 16], ClinicId::from_bytes([0x22; 16]));
    golden("join-code", code.spell().as_bytes());
    golden("join-room", &code.room());
    let offer = Offer {
        keys: Desk::new(1).signer.keys(),
        role: Role::Desk,
        desk: "Quầy 1".into(),
        clinic: "Nha khoa Việt Smile".into(),
        expires_ms: 1_795_399_200_000,
    }
    .encode(&code);
    golden("join-offer", &offer);
    let request = Request {
        keys: Desk::new(2).signer.keys(),
        name: "Quầy 2".into(),
        branch: "Quận 7".into(),
        version: "1.0.0".into(),
    }
    .encode(&code, &offer);
    golden("join-request", &request);
    let answer = Answer::Accepted {
        role: Role::Desk,
        entries: 1_234,
        grants: vec![5; 106],
    };
    golden("join-answer", &answer.encode(&code, &offer, &request));
    golden(
        "join-refusal",
        &Answer::Refused.encode(&code, &offer, &request),
    );
    golden("join-digits", code.digits(&offer, &request).as_bytes());
}

#[test]
fn witness() {
    let header = entry().header;
    let witness = Witness {
        heads: vec![(header.author, header.seq, header.hash())],
        unsent: 3,
        version: "1.0.0".into(),
        at_ms: 1_795_399_200_000,
    };
    golden("witness", &witness.encode());
    assert_eq!(Witness::decode(&witness.encode()), Ok(witness));
}
