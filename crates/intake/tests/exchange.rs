//! Entries go to and fro between the server and desks.

use std::time::Duration;

use ledger::{BlobHash, Kind, Role, SubmissionId, bundle::Reader};
use serde_json::json;

use super::support::{Clinic, Desk, Running, bundle, segment};

async fn with_desk() -> (Running, Clinic, Desk) {
    let (server, mut clinic) = Running::claimed().await;
    let desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    let pushed = clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(pushed["refused"], json!([]));
    (server, clinic, desk)
}

#[tokio::test]
async fn what_a_desk_pushes_another_pulls_unchanged() {
    let (server, clinic, mut desk) = with_desk().await;
    for n in 0..20u8 {
        desk.write(Kind::Change, vec![n; 100]);
    }
    let answer = clinic
        .ask(
            &server,
            &desk.signer,
            "POST",
            "/v1/push",
            bundle(&[desk.since(1)]),
        )
        .await;
    assert_eq!(answer.json()["have"][desk.id().to_string()], 20);
    // Twice is as good as once.
    let again = clinic
        .ask(
            &server,
            &desk.signer,
            "POST",
            "/v1/push",
            bundle(&[desk.since(5)]),
        )
        .await;
    assert_eq!(
        (again.status, again.json()["refused"].clone()),
        (200, json!([]))
    );
    let pulled = clinic.pull_all(&server).await;
    let of_desk: Vec<_> = pulled
        .iter()
        .filter(|one| one.author() == desk.id())
        .collect();
    assert_eq!(of_desk.len(), 1);
    assert_eq!(of_desk[0].entries, desk.entries);
    assert!(of_desk[0].head.verify(&desk.signer.keys()));
    assert_eq!(
        pulled[0].author(),
        clinic.owner.id(),
        "whoever enrols comes first"
    );
}

#[tokio::test]
async fn a_long_ledger_comes_in_pages_that_each_end_in_a_signed_head() {
    let (server, clinic, mut desk) = with_desk().await;
    for round in 0..6u8 {
        let from = desk.entries.len() + 1;
        for _ in 0..3 {
            desk.write(Kind::Change, vec![round; 600_000]);
        }
        clinic.push(&server, &[desk.since(from)]).await;
    }
    let pages = clinic.pull_all(&server).await;
    let of_desk: Vec<_> = pages
        .iter()
        .filter(|one| one.author() == desk.id())
        .collect();
    assert!(of_desk.len() >= 3, "{} pages", of_desk.len());
    assert!(
        of_desk
            .iter()
            .all(|one| one.head.verify(&desk.signer.keys()))
    );
    let entries: Vec<_> = of_desk.iter().flat_map(|one| one.entries.clone()).collect();
    assert_eq!(entries, desk.entries);
}

#[tokio::test]
async fn many_submissions_come_in_pages_too() {
    let (server, clinic) = Running::claimed().await;
    let posts = (0..600).map(|n| {
        let (server, clinic) = (&server, &clinic);
        async move {
            let id = SubmissionId::from_bytes(rand::random());
            let body = clinic.seal(id, &"ấ".repeat(1 + n % 200));
            server
                .post("/v1/submissions", "application/letan-sealed", body)
                .await
                .status
        }
    });
    let statuses = futures_util::future::join_all(posts).await;
    assert!(statuses.iter().all(|status| *status == 202));
    let received = clinic.received(&server).await;
    let ids: std::collections::HashSet<_> = received
        .iter()
        .map(|one| one.sealed.ids.submission)
        .collect();
    assert_eq!((received.len(), ids.len()), (600, 600));
}

#[tokio::test]
async fn a_push_is_taken_whole_per_author_or_not_at_all() {
    let (server, mut clinic, mut desk) = with_desk().await;
    let mut other = Desk::new();
    clinic.enrol(other.signer.keys(), Role::Desk);
    desk.write(Kind::Change, vec![1]);
    desk.write(Kind::Change, vec![2]);
    desk.write(Kind::Change, vec![3]);
    other.write(Kind::Change, vec![4]);
    let mut bad = desk.since(3);
    bad.head.signature[0] ^= 1;
    let good = segment(&desk.signer, &desk.entries[..2]);
    // The other desk comes before the entry that enrols it, and is taken all the same.
    let answer = clinic
        .push(&server, &[good, bad, other.since(1), clinic.owner.since(1)])
        .await;
    assert_eq!(answer["have"].get(desk.id().to_string()), None);
    assert_eq!(answer["have"][other.id().to_string()], 1);
    let refused = answer["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0]["author"].clone(), refused[0]["reason"].clone()),
        (desk.id().to_string().into(), "bad-signature".into())
    );
}

#[tokio::test]
async fn every_lie_is_refused_by_its_name() {
    let (server, clinic, mut desk) = with_desk().await;
    for n in 0..4 {
        desk.write(Kind::Change, vec![n; 8]);
    }
    let reason = async |segment| {
        let answer = clinic.push(&server, &[segment]).await;
        answer["refused"][0]["reason"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    };
    assert_eq!(reason(desk.since(2)).await, "gap");
    let mut broken = desk.since(1);
    broken.entries[2].header.prev = ledger::EntryHash::from_bytes([7; 32]);
    assert_eq!(reason(broken).await, "broken-chain");
    let mut swapped = desk.since(1);
    swapped.entries[1].payload = ledger::Payload::Present(vec![9; 8]);
    assert_eq!(reason(swapped).await, "payload-mismatch");
    let mut stranger = Desk::new();
    stranger.write(Kind::Change, vec![1]);
    assert_eq!(reason(stranger.since(1)).await, "unknown-author");
    let mut clerk = Desk::new();
    std::mem::swap(&mut clerk.signer, &mut desk.signer);
    clerk.ledger = ledger::Ledger::new(clerk.signer.id());
    clerk.write(Kind::Erase, vec![1]);
    assert_eq!(reason(clerk.since(1)).await, "not-allowed");
    std::mem::swap(&mut clerk.signer, &mut desk.signer);
    assert_eq!(reason(desk.since(1)).await, "none");
}

#[tokio::test]
async fn a_fork_is_refused_and_reported_and_the_first_stays() {
    let (server, clinic, mut desk) = with_desk().await;
    let mut copy = Desk::new();
    std::mem::swap(&mut copy.signer, &mut desk.signer);
    copy.ledger = ledger::Ledger::new(copy.signer.id());
    desk.ledger = copy.ledger.clone();
    desk.write(Kind::Change, vec![1]);
    copy.write(Kind::Change, vec![2]);
    copy.write(Kind::Change, vec![3]);
    let first = segment(&copy.signer, &desk.entries);
    clinic.push(&server, std::slice::from_ref(&first)).await;
    let answer = clinic.push(&server, &[copy.since(1)]).await;
    assert_eq!(
        (
            answer["refused"][0]["reason"].clone(),
            answer["refused"][0]["seq"].clone()
        ),
        ("fork".into(), 1.into())
    );
    let pulled = clinic.pull_all(&server).await;
    assert!(pulled.contains(&first));
}

#[tokio::test]
async fn a_revoked_desk_is_shut_out_and_its_late_entries_are_dropped() {
    let (server, mut clinic, mut desk) = with_desk().await;
    for n in 0..3 {
        desk.write(Kind::Change, vec![n]);
    }
    let early = segment(&desk.signer, &desk.entries[..2]);
    clinic.push(&server, &[early.clone(), desk.since(3)]).await;
    clinic.revoke(desk.id(), 2);
    let answer = clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(answer["have"][desk.id().to_string()], 2);
    let refused = clinic
        .ask(&server, &desk.signer, "GET", "/v1/wait?since=0", Vec::new())
        .await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (403, "revoked")
    );
    let late = clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(late["refused"][0]["reason"], "beyond-revocation");
    assert_eq!(
        clinic.push(&server, std::slice::from_ref(&early)).await["refused"],
        json!([])
    );
    let before: Vec<_> = clinic.pull_all(&server).await;
    assert!(before.contains(&early));
    let server = Running::on(server.stop().await, |_| {}).await;
    assert_eq!(clinic.pull_all(&server).await, before);
}

#[tokio::test]
async fn a_wait_ends_when_something_arrives() {
    let (server, clinic) = Running::claimed().await;
    let pull = clinic
        .ask(
            &server,
            &clinic.owner.signer,
            "POST",
            "/v1/pull",
            b"{\"have\":{}}".to_vec(),
        )
        .await;
    let cursor: u64 = pull.header("letan-cursor").parse().unwrap();
    let path = format!("/v1/wait?since={cursor}");
    let waiting = clinic.ask(&server, &clinic.owner.signer, "GET", &path, Vec::new());
    let posting = server.post(
        "/v1/submissions",
        "application/letan-sealed",
        clinic.seal(SubmissionId::from_bytes([1; 16]), "a"),
    );
    let (answer, _) = tokio::join!(waiting, posting);
    assert_eq!(
        (answer.status, answer.json()["cursor"].as_u64()),
        (200, Some(cursor + 1))
    );
    let at_once = clinic
        .ask(
            &server,
            &clinic.owner.signer,
            "GET",
            "/v1/wait?since=0",
            Vec::new(),
        )
        .await;
    assert_eq!(at_once.status, 200);
    let bad = clinic
        .ask(
            &server,
            &clinic.owner.signer,
            "GET",
            "/v1/wait?since=x",
            Vec::new(),
        )
        .await;
    assert_eq!(bad.problem(), "bad-request");
}

#[tokio::test]
async fn a_wait_without_arrival_ends_empty_in_its_time_and_at_a_stop() {
    let (server, clinic) =
        Running::claimed_with(|config| config.limits.wait = Duration::from_millis(50)).await;
    let path = format!("/v1/wait?since={}", u64::MAX);
    let answer = clinic
        .ask(&server, &clinic.owner.signer, "GET", &path, Vec::new())
        .await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    let server = Running::on(server.stop().await, |_| {}).await;
    let proof = clinic.proof(&server, &clinic.owner.signer, "GET", &path, b"");
    let request = server
        .client
        .get(server.url(&path))
        .header("authorization", proof)
        .send();
    let waiting = tokio::spawn(request);
    // The stop must come while the request waits: it is in flight once the server has counted it in.
    while !server
        .get("/metrics")
        .await
        .text()
        .contains("letan_connections 2")
    {
        tokio::task::yield_now().await;
    }
    server.stop().await;
    assert!(
        waiting
            .await
            .unwrap()
            .is_ok_and(|answer| answer.status() == 204)
    );
}

#[tokio::test]
async fn chunks_are_kept_under_their_hash_only() {
    let (server, clinic) = Running::claimed().await;
    let chunk = vec![5u8; 1024 * 1024];
    let path = format!("/v1/blobs/{}", BlobHash::of(&chunk));
    let ask = async |method: &str, path: &str, body: &[u8]| {
        let signer = &clinic.owner.signer;
        clinic
            .ask(&server, signer, method, path, body.to_vec())
            .await
    };
    assert_eq!(ask("HEAD", &path, b"").await.status, 404);
    assert_eq!(ask("GET", &path, b"").await.problem(), "not-found");
    assert_eq!(ask("PUT", &path, &chunk).await.status, 204);
    assert_eq!(ask("PUT", &path, &chunk).await.status, 204);
    let head = ask("HEAD", &path, b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), "1048576");
    assert_eq!(ask("GET", &path, b"").await.body, chunk);
    assert_eq!(ask("PUT", &path, &[1]).await.problem(), "unprocessable");
    assert_eq!(
        ask("GET", "/v1/blobs/xyz", b"").await.problem(),
        "not-found"
    );
    let unsigned = server.client.put(server.url(&path)).body("x");
    assert_eq!(unsigned.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_bundle_that_is_not_whole_stores_nothing() {
    let (server, clinic, mut desk) = with_desk().await;
    desk.write(Kind::Change, vec![1; 50]);
    let whole = bundle(&[desk.since(1)]);
    for cut in (0..whole.len()).step_by(37) {
        let answer = clinic
            .ask(
                &server,
                &desk.signer,
                "POST",
                "/v1/push",
                whole[..cut].to_vec(),
            )
            .await;
        let stored_nothing =
            answer.status == 400 || answer.json()["have"].get(desk.id().to_string()).is_none();
        assert!(stored_nothing, "cut at {cut}");
    }
    assert!(Reader::new(&whole).all(|segment| segment.is_ok()));
    assert_eq!(
        clinic
            .ask(&server, &desk.signer, "POST", "/v1/push", whole)
            .await
            .status,
        200
    );
}
