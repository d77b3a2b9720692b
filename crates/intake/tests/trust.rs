//! Who may ask: signed, in time, once.

use ledger::{Label, Signer, request::sign_request};

use super::support::{Desk, Running, send};

const PULL: &[u8] = b"{\"have\":{}}";

#[tokio::test]
async fn an_unsigned_or_wrongly_signed_request_is_refused() {
    let (server, clinic) = Running::claimed().await;
    let owner = &clinic.owner.signer;
    let good = clinic.proof(&server, owner, "POST", "/v1/pull", PULL);
    for proof in [
        "",
        "Bearer x",
        "Letan ",
        "Letan !!!!",
        &good[..good.len() - 1],
    ] {
        let answer = send(&server, "POST", "/v1/pull", proof, PULL.to_vec()).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (401, "unauthorized")
        );
        assert_eq!(answer.header("www-authenticate"), "Letan");
    }
    let other_body = send(
        &server,
        "POST",
        "/v1/pull",
        &good,
        b"{\"have\": {}}".to_vec(),
    )
    .await;
    assert_eq!(other_body.problem(), "unauthorized");
    let other_path = send(&server, "POST", "/v1/push", &good, PULL.to_vec()).await;
    assert_eq!(other_path.problem(), "unauthorized");
    let query = send(&server, "POST", "/v1/pull?x=1", &good, PULL.to_vec()).await;
    assert_eq!(query.problem(), "unauthorized");
    let stranger = Desk::new();
    let answer = clinic
        .ask(&server, &stranger.signer, "POST", "/v1/pull", PULL.to_vec())
        .await;
    assert_eq!(answer.problem(), "unauthorized");
    assert_eq!(
        send(&server, "POST", "/v1/pull", &good, PULL.to_vec())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_signature_of_another_clinic_is_no_signature_here() {
    let (server, clinic) = Running::claimed().await;
    let other = super::support::Clinic::found();
    let proof = other.proof(&server, &clinic.owner.signer, "POST", "/v1/pull", PULL);
    assert_eq!(
        send(&server, "POST", "/v1/pull", &proof, PULL.to_vec())
            .await
            .problem(),
        "unauthorized"
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_the_servers_time() {
    let (server, clinic) = Running::claimed().await;
    // Proofs from before the start are refused for another reason.
    server.pass(20 * 60_000);
    let ask = |off: i64| {
        let at = server.now() + off;
        let proof = sign_request(
            &clinic.owner.signer,
            clinic.id,
            "POST",
            "/v1/pull",
            PULL,
            at,
            rand::random(),
        );
        let server = &server;
        async move { send(server, "POST", "/v1/pull", &proof, PULL.to_vec()).await }
    };
    for off in [-11 * 60_000, 11 * 60_000, -10 * 365 * 86_400_000] {
        let answer = ask(off).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "clock"));
        assert!(
            answer.json()["server_ms"]
                .as_i64()
                .unwrap()
                .abs_diff(server.now())
                < 60_000
        );
    }
    for off in [-9 * 60_000, 9 * 60_000] {
        assert_eq!(ask(off).await.status, 200);
    }
}

#[tokio::test]
async fn a_request_counts_once_even_after_a_restart() {
    let (server, clinic) = Running::claimed().await;
    let proof = clinic.proof(&server, &clinic.owner.signer, "POST", "/v1/pull", PULL);
    assert_eq!(
        send(&server, "POST", "/v1/pull", &proof, PULL.to_vec())
            .await
            .status,
        200
    );
    let again = send(&server, "POST", "/v1/pull", &proof, PULL.to_vec()).await;
    assert_eq!((again.status, again.problem().as_str()), (401, "replayed"));
    let server = Running::on(server.stop().await, |_| {}).await;
    assert_eq!(
        send(&server, "POST", "/v1/pull", &proof, PULL.to_vec())
            .await
            .problem(),
        "replayed"
    );
    server.pass(26 * 60_000);
    assert_eq!(
        send(&server, "POST", "/v1/pull", &proof, PULL.to_vec())
            .await
            .problem(),
        "clock"
    );
}

#[tokio::test]
async fn a_signature_for_another_use_is_none_for_a_request() {
    let (server, clinic) = Running::claimed().await;
    let signer: &Signer = &clinic.owner.signer;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(clinic.owner.id().as_bytes());
    bytes.extend_from_slice(&server.now().to_le_bytes());
    bytes.extend_from_slice(&[1; 16]);
    bytes.extend_from_slice(&signer.sign(Label::Head, &[b"POST", b"/v1/pull"]));
    let proof = format!("Letan {}", data_encoding::BASE64URL_NOPAD.encode(&bytes));
    assert_eq!(
        send(&server, "POST", "/v1/pull", &proof, PULL.to_vec())
            .await
            .problem(),
        "unauthorized"
    );
}
