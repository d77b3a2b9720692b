//! Giving a server to a clinic.

use ledger::Role;

use super::support::{Clinic, Desk, Running};

#[tokio::test]
async fn a_clinic_claims_a_server_once_and_may_repeat_it() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    let first = clinic.claim(&server).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.json()["clinic"], clinic.id.to_string());
    assert_eq!(first.json()["have"][clinic.owner.id().to_string()], 2);
    let again = clinic.claim_with(&server, &clinic.claim_body("")).await;
    assert_eq!(again.status, 200);
    let mut other = Clinic::found();
    let refused = other.claim(&server).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (409, "already-claimed")
    );
    let dir = server.stop().await;
    let server = Running::on(dir, |_| {}).await;
    assert_eq!(server.code, None);
    assert_eq!(
        server.get("/v1/clinic").await.json()["clinic"],
        clinic.id.to_string()
    );
}

#[tokio::test]
async fn an_owner_publishes_a_new_notice_by_claiming_again() {
    let (server, clinic) = Running::claimed().await;
    let mut body = clinic.claim_body("");
    body["notice"]["text"] = "Bản mới".into();
    assert_eq!(clinic.claim_with(&server, &body).await.status, 200);
    assert_eq!(
        server.get("/v1/clinic").await.json()["notice"]["text"],
        "Bản mới"
    );
    let mut stranger = Desk::new();
    stranger.entries.clone_from(&clinic.owner.entries);
    let raw = body.to_string().into_bytes();
    let answer = clinic
        .ask(&server, &stranger.signer, "POST", "/v1/claim", raw)
        .await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (401, "unauthorized")
    );
}

#[tokio::test]
async fn a_desk_that_is_no_owner_publishes_nothing() {
    let (server, mut clinic) = Running::claimed().await;
    let desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let body = clinic.claim_body("").to_string().into_bytes();
    let answer = clinic
        .ask(&server, &desk.signer, "POST", "/v1/claim", body)
        .await;
    assert_eq!(answer.problem(), "unauthorized");
}

#[tokio::test]
async fn wrong_codes_are_counted_and_end_in_a_new_code() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    clinic.enrol_server(&server).await;
    let code = server.code.clone().unwrap();
    for _ in 0..10 {
        let answer = clinic
            .claim_with(&server, &clinic.claim_body("AAAA-AAAA-AAAA"))
            .await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (403, "setup-code")
        );
    }
    assert_eq!(
        clinic
            .claim_with(&server, &clinic.claim_body(&code))
            .await
            .problem(),
        "setup-code"
    );
    let dir = server.stop().await;
    let server = Running::on(dir, |_| {}).await;
    let renewed = server.code.clone().unwrap();
    assert_ne!(renewed, code);
    let careless = renewed.to_lowercase().replace('-', " ");
    assert_eq!(
        clinic
            .claim_with(&server, &clinic.claim_body(&careless))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn one_address_cannot_try_codes_without_end() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    clinic.enrol_server(&server).await;
    let mut limited = false;
    for _ in 0..25 {
        let answer = clinic
            .claim_with(&server, &clinic.claim_body("AAAA-AAAA-AAAA"))
            .await;
        limited |= answer.status == 429 && answer.problem() == "rate-limited";
    }
    assert!(limited);
}

#[tokio::test]
async fn a_claim_that_is_not_whole_is_refused_by_its_field() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    let code = server.code.clone().unwrap();
    let unenrolled = clinic.claim_with(&server, &clinic.claim_body(&code)).await;
    assert_eq!(
        (unenrolled.status, unenrolled.json()["field"].as_str()),
        (422, Some("bundle"))
    );
    clinic.enrol_server(&server).await;
    let good = clinic.claim_body(&code);
    let stranger = Clinic::found();
    for (field, value) in [
        ("bundle", "!".into()),
        ("bundle", "TEVUQU4xAQ".into()),
        ("statement", "AAAA".into()),
        ("statement", stranger.claim_body("")["statement"].clone()),
        ("name", " ".into()),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = clinic.claim_with(&server, &body).await;
        assert_eq!(
            (answer.status, answer.json()["field"].as_str()),
            (422, Some(field))
        );
    }
    assert_eq!(clinic.claim_with(&server, &good).await.status, 200);
}
