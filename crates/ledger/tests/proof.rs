//! Signed heads, key statements and request proofs: every field and every bit is covered.
use crate::support::*;
use ledger::request::{RequestProof, sign_request};
use ledger::statement::IntakeKeyStatement;
use ledger::submission::IntakePublicKey;
use ledger::*;
use proptest::prelude::*;

const SAMPLES: u8 = 40;

fn clinic(byte: u8) -> ClinicId {
    ClinicId::from_bytes([byte; 16])
}

#[test]
fn every_flipped_bit_of_a_signed_head_is_refused() {
    let signer = Desk::new(1).signer;
    let mut flips = 0;
    for i in 0..SAMPLES {
        let bytes = signer
            .head(u64::from(i) + 1, EntryHash::from_bytes([i; 32]))
            .encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            let good = SignedHead::decode(&changed).is_ok_and(|head| head.verify(&signer.keys()));
            assert!(!good, "bit {bit}");
            flips += 1;
        }
    }
    assert_eq!(flips, usize::from(SAMPLES) * SignedHead::LEN * 8);
}

#[test]
fn every_flipped_bit_of_a_key_statement_is_refused() {
    let signer = Desk::new(1).signer;
    let mut flips = 0;
    for i in 0..SAMPLES {
        let key = IntakePublicKey {
            epoch: Epoch(u32::from(i) + 1),
            key: [i; 32],
        };
        let bytes = IntakeKeyStatement::sign(&signer, clinic(i), &key).encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            let good = IntakeKeyStatement::decode(&changed)
                .is_ok_and(|statement| statement.verify(&signer.keys()));
            assert!(!good, "bit {bit}");
            flips += 1;
        }
    }
    assert_eq!(flips, usize::from(SAMPLES) * IntakeKeyStatement::LEN * 8);
}

#[test]
fn every_changed_character_of_a_request_proof_is_refused() {
    let signer = Desk::new(1).signer;
    let mut flips = 0;
    for i in 0..SAMPLES {
        let header = sign_request(&signer, clinic(1), "GET", "/v1/wait", &[i], NOW, [i; 16]);
        let proof = RequestProof::parse(&header).unwrap();
        assert!(proof.verify(&signer.keys(), clinic(1), "GET", "/v1/wait", &[i]));
        for bit in 0..header.len() * 8 {
            let mut changed = header.clone().into_bytes();
            changed[bit / 8] ^= 1 << (bit % 8);
            let good = std::str::from_utf8(&changed)
                .ok()
                .and_then(|text| RequestProof::parse(text).ok())
                .is_some_and(|proof| {
                    proof.verify(&signer.keys(), clinic(1), "GET", "/v1/wait", &[i])
                });
            assert!(!good, "bit {bit}");
            flips += 1;
        }
        for len in 0..header.len() {
            assert!(RequestProof::parse(&header[..len]).is_err());
        }
        for tail in ["A", "=", " "] {
            assert!(RequestProof::parse(&format!("{header}{tail}")).is_err());
        }
    }
    assert!(flips > 40_000, "{flips}");
}

#[test]
fn a_request_proof_serves_for_its_own_request_only() {
    let signer = Desk::new(1).signer;
    let keys = signer.keys();
    let header = sign_request(
        &signer,
        clinic(1),
        "POST",
        "/v1/push?a=b",
        b"body",
        NOW,
        [5; 16],
    );
    let proof = RequestProof::parse(&header).unwrap();
    assert_eq!(
        (proof.author, proof.ms, proof.nonce),
        (signer.id(), NOW, [5; 16])
    );
    let asks = [
        (clinic(1), "POST", "/v1/push?a=b", b"body".as_slice()),
        (clinic(2), "POST", "/v1/push?a=b", b"body"),
        (clinic(1), "PUT", "/v1/push?a=b", b"body"),
        (clinic(1), "POST", "/v1/push?a=c", b"body"),
        (clinic(1), "POST", "/v1/push", b"body"),
        (clinic(1), "POST", "/v1/push?a=b", b"bodY"),
        (clinic(1), "POST", "/v1/push?a=b", b""),
        // Lengths are signed too: bytes can't wander from one part to the next.
        (clinic(1), "POST/v1/push", "?a=b", b"body"),
    ];
    for (i, (clinic, method, path, body)) in asks.into_iter().enumerate() {
        assert_eq!(
            proof.verify(&keys, clinic, method, path, body),
            i == 0,
            "ask {i}"
        );
    }
    let mut later = proof;
    later.ms += 1;
    assert!(!later.verify(&keys, clinic(1), "POST", "/v1/push?a=b", b"body"));
    let mut other_nonce = proof;
    other_nonce.nonce[0] ^= 1;
    assert!(!other_nonce.verify(&keys, clinic(1), "POST", "/v1/push?a=b", b"body"));
    assert!(!proof.verify(
        &Desk::new(2).signer.keys(),
        clinic(1),
        "POST",
        "/v1/push?a=b",
        b"body"
    ));
}

#[test]
fn a_signature_under_one_label_serves_under_no_other() {
    let signer = Desk::new(1).signer;
    for a in Label::ALL {
        let signature = signer.sign(a, &[b"part"]);
        for b in Label::ALL {
            assert_eq!(signer.keys().verify(b, &[b"part"], &signature), a == b);
        }
    }
}

#[test]
fn a_head_of_other_keys_with_this_name_is_refused() {
    let (mine, theirs) = (Desk::new(1).signer, Desk::new(2).signer);
    let head = mine.head(1, EntryHash::from_bytes([1; 32]));
    assert!(head.verify(&mine.keys()));
    assert!(!head.verify(&theirs.keys()));
    let mixed = AuthorKeys {
        sign: mine.keys().sign,
        receive: theirs.keys().receive,
    };
    assert!(!head.verify(&mixed), "the name covers both keys");
}

proptest! {
    #[test]
    fn text_that_is_no_proof_never_panics(text in ".{0,200}") {
        prop_assert!(RequestProof::parse(&text).is_err());
        let _ = RequestProof::parse(&format!("Letan {text}"));
    }
}
