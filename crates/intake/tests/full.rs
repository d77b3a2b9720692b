//! A store without room: desks go on fetching, and no request counts twice for it.

use serde_json::json;

use super::support::{Answer, Clinic, Running, send};

const PULL: &[u8] = b"{\"have\":{}}";

async fn full() -> (Running, Clinic) {
    let (server, clinic) =
        Running::claimed_with(|config| config.limits.store_bytes = Some(500 * 1024)).await;
    for length in [4000, 400, 1] {
        let mut n = 0;
        let post = |n: usize| json!({ "name": format!("{length}/{n}"), "phone": "1", "question": "x".repeat(length) });
        while server.post_json(&post(n)).await.status == 202 {
            n += 1;
        }
    }
    (server, clinic)
}

async fn pull(server: &Running, clinic: &Clinic) -> (String, Answer) {
    let proof = clinic.proof(server, &clinic.owner.signer, "POST", "/v1/pull", PULL);
    let answer = send(server, "POST", "/v1/pull", &proof, PULL.to_vec()).await;
    (proof, answer)
}

#[tokio::test]
async fn desks_fetch_from_a_full_store_and_no_proof_is_good_twice() {
    let (server, clinic) = full().await;
    let mut proofs = Vec::new();
    for _ in 0..300 {
        let (proof, answer) = pull(&server, &clinic).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        proofs.push(proof);
    }
    let metrics = server.get("/metrics").await.text();
    assert!(!metrics.contains("route=\"/v1/pull\",method=\"POST\",status=\"507\""));
    for proof in proofs.iter().step_by(50).chain(proofs.last()) {
        let again = send(&server, "POST", "/v1/pull", proof, PULL.to_vec()).await;
        assert_eq!(again.problem(), "replayed");
    }
    // A restart forgets those that found no room, and refuses what was signed before it.
    let server = Running::on(server.stop().await, |_| {}).await;
    let again = send(
        &server,
        "POST",
        "/v1/pull",
        proofs.last().unwrap(),
        PULL.to_vec(),
    )
    .await;
    assert_eq!((again.status, again.problem().as_str()), (401, "clock"));
    assert_eq!(pull(&server, &clinic).await.1.status, 200);
}

#[tokio::test]
async fn a_clock_that_runs_ahead_gets_the_time_before_it_may_fetch_from_a_full_store() {
    let (server, clinic) = full().await;
    // What was signed before the start is refused for another reason.
    server.pass(120_000);
    let ahead = |ms: i64| {
        let nonce = rand::random();
        let (signer, at) = (&clinic.owner.signer, server.now() + ms);
        ledger::request::sign_request(signer, clinic.id, "POST", "/v1/pull", PULL, at, nonce)
    };
    let mut problems = Vec::new();
    for _ in 0..300 {
        let answer = send(&server, "POST", "/v1/pull", &ahead(60_000), PULL.to_vec()).await;
        if answer.status != 200 {
            problems.push(answer.problem());
        }
    }
    assert!(problems.iter().all(|problem| problem == "clock"));
    assert!(problems.len() > 100, "{} of 300", problems.len());
    assert_eq!(
        send(&server, "POST", "/v1/pull", &ahead(-60_000), PULL.to_vec())
            .await
            .status,
        200
    );
}
