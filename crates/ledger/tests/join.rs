//! The waiting room's messages: what the server in between can't do.
use crate::support::*;
use ledger::join::{Answer, JoinError, Offer, Request};
use ledger::{ClinicId, JoinCode, Role};
use proptest::prelude::*;

fn code(secret: u8) -> JoinCode {
    JoinCode::new([secret; 16], ClinicId::from_bytes([7; 16]))
}

fn offer() -> Offer {
    Offer {
        keys: Desk::new(1).signer.keys(),
        role: Role::Desk,
        desk: "Quầy 1".into(),
        clinic: "Nha khoa Việt Smile".into(),
        expires_ms: 1_795_399_200_000,
    }
}

fn request(author: u8) -> Request {
    Request {
        keys: Desk::new(author).signer.keys(),
        name: "Quầy 2".into(),
        branch: "Quận 7".into(),
        version: "1.0.0".into(),
    }
}

fn accepted() -> Answer {
    Answer::Accepted {
        role: Role::Desk,
        entries: 1_234,
        grants: vec![5; 212],
    }
}

#[test]
fn every_message_arrives_as_it_was_said() {
    let code = code(1);
    let offered = offer().encode(&code);
    assert_eq!(Offer::decode(&offered, &code), Ok(offer()));
    let asked = request(2).encode(&code, &offered);
    assert_eq!(Request::decode(&asked, &code, &offered), Ok(request(2)));
    for answer in [accepted(), Answer::Refused] {
        let said = answer.encode(&code, &offered, &asked);
        assert_eq!(Answer::decode(&said, &code, &offered, &asked), Ok(answer));
    }
}

#[test]
fn whoever_lacks_the_code_can_say_nothing() {
    let (ours, theirs) = (code(1), code(2));
    let offered = offer().encode(&theirs);
    assert_eq!(Offer::decode(&offered, &ours), Err(JoinError::Foreign));
    let offered = offer().encode(&ours);
    let asked = request(2).encode(&theirs, &offered);
    assert_eq!(
        Request::decode(&asked, &ours, &offered),
        Err(JoinError::Foreign)
    );
    let asked = request(2).encode(&ours, &offered);
    let said = accepted().encode(&theirs, &offered, &asked);
    assert_eq!(
        Answer::decode(&said, &ours, &offered, &asked),
        Err(JoinError::Foreign)
    );
}

#[test]
fn an_answer_belongs_to_one_request_and_one_offer() {
    let code = code(1);
    let offered = offer().encode(&code);
    let other = Offer {
        role: Role::Owner,
        ..offer()
    }
    .encode(&code);
    let (asked, swapped) = (
        request(2).encode(&code, &offered),
        request(3).encode(&code, &offered),
    );
    assert_eq!(
        Request::decode(&asked, &code, &other),
        Err(JoinError::Foreign)
    );
    let said = accepted().encode(&code, &offered, &asked);
    assert_eq!(
        Answer::decode(&said, &code, &offered, &swapped),
        Err(JoinError::Foreign)
    );
    assert_ne!(
        code.digits(&offered, &asked),
        code.digits(&offered, &swapped)
    );
    assert_ne!(code.digits(&offered, &asked), code.digits(&other, &asked));
}

#[test]
fn nobody_is_invited_as_a_server_or_as_a_kit() {
    let code = code(1);
    for role in [Role::Server, Role::Paper] {
        let offered = Offer { role, ..offer() }.encode(&code);
        assert_eq!(Offer::decode(&offered, &code), Err(JoinError::Malformed));
    }
}

proptest! {
    #[test]
    fn one_changed_byte_anywhere_is_noticed(at: prop::sample::Index, by in 1u8..) {
        let code = code(1);
        let offered = offer().encode(&code);
        let mut changed = request(2).encode(&code, &offered);
        let at = at.index(changed.len());
        changed[at] ^= by;
        prop_assert!(Request::decode(&changed, &code, &offered).is_err());
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes: Vec<u8>) {
        let code = code(1);
        for magic in [b"LTOFR\x01".as_slice(), b"LTREQ\x01", b"LTANS\x01", b""] {
            let bytes = [magic, &bytes].concat();
            prop_assert!(Offer::decode(&bytes, &code).is_err());
            prop_assert!(Request::decode(&bytes, &code, b"").is_err());
            prop_assert!(Answer::decode(&bytes, &code, b"", b"").is_err());
        }
    }
}
