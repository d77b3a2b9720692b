//! An old copy of the store that nobody declared: noticed before it contradicts what desks hold.

use std::sync::Arc;

use ledger::{Kind, Segment};
use serde_json::json;
use tempfile::TempDir;

use super::support::{Clinic, Running};

fn post(n: usize) -> serde_json::Value {
    json!({ "name": format!("n{n}"), "phone": "1" })
}

/// A server on yesterday's copy, and today's entries of its own ledger, which a desk fetched.
async fn on_an_old_copy() -> (Running, Clinic, Segment) {
    let (server, clinic) = Running::claimed().await;
    assert_eq!(server.post_json(&post(1)).await.status, 202);
    let dir = server.stop().await;
    let copy = Arc::new(TempDir::new().unwrap());
    std::fs::copy(dir.path().join("intake.db"), copy.path().join("intake.db")).unwrap();
    let server = Running::on(dir, |_| {}).await;
    for n in 2..5 {
        assert_eq!(server.post_json(&post(n)).await.status, 202);
    }
    let segments = clinic.pull_all(&server).await;
    let of_server = |one: &&Segment| one.entries[0].header.kind == Kind::Submission;
    let all: Vec<_> = segments.iter().filter(of_server).collect();
    let own = Segment {
        entries: all.iter().flat_map(|one| one.entries.clone()).collect(),
        head: all.last().unwrap().head,
    };
    server.stop().await;
    (Running::on(copy, |_| {}).await, clinic, own)
}

async fn pull(server: &Running, clinic: &Clinic, have: u64, own: &Segment) -> u16 {
    let body = json!({ "have": { own.author().to_string(): have } }).to_string();
    let signer = &clinic.owner.signer;
    let answer = clinic
        .ask(server, signer, "POST", "/v1/pull", body.into_bytes())
        .await;
    answer.status
}

async fn takes_no_questions(server: &Running) {
    let refused = server.post_json(&post(9)).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (503, "restored")
    );
    let health = server.get("/healthz").await;
    assert_eq!(
        (health.status, health.problem().as_str()),
        (503, "restored")
    );
}

#[tokio::test]
async fn a_desk_that_holds_more_of_the_server_than_it_does_itself_stops_it() {
    let (server, clinic, own) = on_an_old_copy().await;
    assert_eq!(own.entries.len(), 4);
    assert_eq!(pull(&server, &clinic, 1, &own).await, 200);
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(
        pull(&server, &clinic, 4, &own).await,
        200,
        "desks still exchange entries"
    );
    takes_no_questions(&server).await;
    // A restart makes nothing good; the operator's word does.
    let server = Running::on(server.stop().await, |_| {}).await;
    takes_no_questions(&server).await;
    let dir = server.stop().await;
    let config = intake::Config::new("127.0.0.1:0".parse().unwrap(), dir.path());
    intake::renew_identity(&config).await.unwrap();
    let server = Running::on(dir, |_| {}).await;
    assert_eq!(server.get("/healthz").await.status, 200);
    let mut clinic = clinic;
    clinic.enrol_server(&server).await;
    let claimed = clinic.claim_with(&server, &clinic.claim_body("")).await;
    assert_eq!(claimed.status, 200);
    assert_eq!(server.post_json(&post(9)).await.status, 202);
    // Its former self's entries are anybody's now, and come back from the desks.
    let answer = clinic.push(&server, &[own]).await;
    assert_eq!(answer["refused"], json!([]));
    assert_eq!(clinic.received(&server).await.len(), 5);
}

#[tokio::test]
async fn the_servers_own_later_entries_stop_it_too() {
    let (server, clinic, own) = on_an_old_copy().await;
    let author = own.author().to_string();
    let mut forged = own.clone();
    forged.head.signature[0] ^= 1;
    let answer = clinic.push(&server, &[forged]).await;
    assert_eq!(answer["refused"][0]["reason"], "server-behind");
    assert_eq!(
        server.get("/healthz").await.status,
        200,
        "a forgery proves nothing"
    );
    let answer = clinic.push(&server, &[own]).await;
    assert_eq!(answer["refused"][0]["reason"], "server-behind");
    assert_eq!(answer["have"][author], 1);
    takes_no_questions(&server).await;
}

#[tokio::test]
async fn a_fork_of_the_servers_own_ledger_stops_it_too() {
    let (server, clinic, own) = on_an_old_copy().await;
    for n in 10..20 {
        assert_eq!(server.post_json(&post(n)).await.status, 202);
    }
    let answer = clinic.push(&server, &[own]).await;
    assert_eq!(answer["refused"][0]["reason"], "fork");
    takes_no_questions(&server).await;
}
