//! Erased is erased: in the store's files, in what is given, in what arrives later.

use ledger::{Kind, Payload, RecordId, Role, SubmissionId};
use serde_json::{Value, json};

use super::support::{Clinic, Desk, Running};

const FIRST: &[u8] = b"canary of a change, as it was sealed";
const LATER: &[u8] = b"canary of a change that was away for a month";

fn record() -> RecordId {
    RecordId::from_bytes([7; 16])
}

async fn with_desk() -> (Running, Clinic, Desk) {
    let (server, mut clinic) = Running::claimed().await;
    let desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    (server, clinic, desk)
}

fn have(answer: &Value, desk: &Desk) -> Value {
    answer["have"][desk.id().to_string()].clone()
}

async fn payloads_of(server: &Running, clinic: &Clinic, desk: &Desk) -> Vec<Payload> {
    let segments = clinic.pull_all(server).await;
    let mine = segments.into_iter().filter(|one| one.author() == desk.id());
    mine.flat_map(|one| one.entries)
        .map(|entry| entry.payload)
        .collect()
}

#[tokio::test]
async fn an_erasure_empties_every_file_and_leaves_the_chain_whole() {
    let (server, mut clinic, mut desk) = with_desk().await;
    desk.write_about(record(), Kind::Change, FIRST.repeat(300));
    desk.write(Kind::Change, b"of somebody else".to_vec());
    desk.write_about(record(), Kind::Access, FIRST.to_vec());
    clinic.push(&server, &[desk.since(1)]).await;
    assert!(server.files_with(FIRST) > 0);
    clinic
        .owner
        .write_about(record(), Kind::Erase, b"request 1".to_vec());
    let answer = clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(answer["refused"], json!([]));
    assert_eq!(server.files_with(FIRST), 0);
    let expected = vec![
        Payload::Erased,
        Payload::Present(b"of somebody else".to_vec()),
        Payload::Erased,
    ];
    assert_eq!(payloads_of(&server, &clinic, &desk).await, expected);
    // An honest copy fills nothing that was erased, not even after a restart.
    let server = Running::on(server.stop().await, |_| {}).await;
    clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(server.files_with(FIRST), 0);
    assert_eq!(payloads_of(&server, &clinic, &desk).await, expected);
}

#[tokio::test]
async fn an_erased_question_is_gone_and_its_repeat_is_still_recognised() {
    let (server, mut clinic) = Running::claimed().await;
    let id = SubmissionId::from_bytes([3; 16]);
    let body = clinic.seal(id, "a");
    let post = async |server: &Running| {
        let media = "application/letan-sealed";
        server
            .post("/v1/submissions", media, body.clone())
            .await
            .text()
    };
    let receipt = post(&server).await;
    let sealed = &body[body.len() - 60..];
    assert!(server.files_with(sealed) > 0);
    clinic.owner.write_about(id.into(), Kind::Erase, vec![1]);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(server.files_with(sealed), 0);
    assert_eq!(post(&server).await, receipt);
    assert_eq!(server.files_with(sealed), 0);
}

#[tokio::test]
async fn what_comes_after_its_erasure_is_linked_but_not_stored() {
    let (server, mut clinic, mut desk) = with_desk().await;
    clinic.owner.write_about(record(), Kind::Erase, vec![1]);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    desk.write_about(record(), Kind::Change, LATER.to_vec());
    let answer = clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(
        (answer["refused"].clone(), have(&answer, &desk)),
        (json!([]), 1.into())
    );
    assert_eq!(server.files_with(LATER), 0);
    assert_eq!(
        payloads_of(&server, &clinic, &desk).await,
        [Payload::Erased]
    );
}

#[tokio::test]
async fn an_erasure_finds_room_in_a_full_store() {
    let (server, mut clinic, mut desk) = with_desk().await;
    desk.write_about(record(), Kind::Change, FIRST.repeat(3000));
    clinic.push(&server, &[desk.since(1)]).await;
    let limit = |config: &mut intake::Config| config.limits.store_bytes = Some(400 * 1024);
    let server = Running::on(server.stop().await, limit).await;
    let large =
        |n: usize| json!({ "name": format!("n{n}"), "phone": "1", "question": "x".repeat(4000) });
    let mut posts = 0;
    while server.post_json(&large(posts)).await.status == 202 {
        posts += 1;
    }
    clinic
        .owner
        .write_about(record(), Kind::Erase, vec![1; 9000]);
    let answer = clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(answer["refused"], json!([]));
    assert_eq!(server.files_with(FIRST), 0);
    assert_eq!(
        server.post_json(&large(posts)).await.status,
        202,
        "with the room it made"
    );
}

#[tokio::test]
async fn payloads_that_a_relay_keeps_back_are_missing_until_they_are_brought_or_erased() {
    let (server, mut clinic, mut desk) = with_desk().await;
    desk.write_about(record(), Kind::Change, FIRST.to_vec());
    let answer = clinic.push(&server, &[desk.bare(1)]).await;
    let missing = json!({ desk.id().to_string(): [1] });
    assert_eq!(
        (answer["refused"].clone(), have(&answer, &desk)),
        (json!([]), 1.into())
    );
    assert_eq!(answer["missing"], missing);
    // Whoever has the payload brings it, and nobody takes it away again.
    clinic.push(&server, &[desk.since(1)]).await;
    let answer = clinic.push(&server, &[desk.bare(1)]).await;
    assert_eq!(answer["missing"], json!({}));
    assert_eq!(
        payloads_of(&server, &clinic, &desk).await,
        [Payload::Present(FIRST.to_vec())]
    );
    // What an erase entry accounts for is not missed.
    desk.write_about(record(), Kind::Change, FIRST.to_vec());
    clinic.owner.write_about(record(), Kind::Erase, vec![1]);
    let answer = clinic
        .push(&server, &[desk.bare(2), clinic.owner.since(1)])
        .await;
    assert_eq!(
        (answer["missing"].clone(), have(&answer, &desk)),
        (json!({}), 2.into())
    );
}

#[tokio::test]
async fn a_missing_payload_is_filled_by_the_first_whole_copy() {
    let (server, clinic, mut desk) = with_desk().await;
    desk.write(Kind::Change, FIRST.to_vec());
    // Its own author may have lost it, and says so; somebody else still has it.
    let answer = clinic.push_as(&server, &desk.signer, &[desk.bare(1)]).await;
    assert_eq!(
        (answer["refused"].clone(), have(&answer, &desk)),
        (json!([]), 1.into())
    );
    assert_eq!(
        payloads_of(&server, &clinic, &desk).await,
        [Payload::Erased]
    );
    clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(
        payloads_of(&server, &clinic, &desk).await,
        [Payload::Present(FIRST.to_vec())]
    );
}
