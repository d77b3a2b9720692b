//! Giving a server to a clinic.

use ledger::{Kind, Role};

use super::support::{Clinic, Desk, Running, bundle, send};

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
async fn a_clinic_that_worked_alone_for_weeks_may_still_claim() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    let acts = 10_000;
    for _ in 0..acts {
        clinic.owner.write(Kind::Change, vec![7; 300]);
    }
    let claimed = clinic.claim(&server).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text());
    // Genesis, the acts, the server's enrolment.
    let have = &claimed.json()["have"][clinic.owner.id().to_string()];
    assert_eq!(*have, acts + 2);
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
async fn an_owner_who_publishes_something_newer_need_not_bring_the_ledgers_again() {
    let (server, clinic) = Running::claimed().await;
    let mut body = clinic.claim_body("");
    body["bundle"] = "TEVUQU4xAQ".into();
    body["notice"]["version"] = "2027-02".into();
    let answer = clinic.claim_with(&server, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["clinic"],
        clinic.claim_with(&server, &body).await.json()["clinic"]
    );
    // Who is not of this clinic is refused as before.
    let stranger = Clinic::found();
    let answer = stranger.claim_with(&server, &body).await;
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
async fn wrong_codes_change_nothing_for_whoever_reads_the_right_one() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    clinic.enrol_server(&server).await;
    let code = server.code.clone().unwrap();
    for _ in 0..15 {
        server.pass(60_000);
        let answer = clinic
            .claim_with(&server, &clinic.claim_body("AAAA-AAAA-AAAA"))
            .await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (403, "setup-code")
        );
    }
    let careless = code.to_lowercase().replace('-', " ");
    let claimed = clinic
        .claim_with(&server, &clinic.claim_body(&careless))
        .await;
    assert_eq!(claimed.status, 200, "{}", claimed.text());
}

#[tokio::test]
async fn a_claim_is_looked_into_only_with_the_code_and_a_signature() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    clinic.enrol_server(&server).await;
    let mut broken = clinic.owner.since(1);
    broken.head.signature[0] ^= 1;
    let mut body = clinic.claim_body("AAAA-AAAA-AAAA");
    body["bundle"] = data_encoding::BASE64URL_NOPAD
        .encode(&bundle(&[broken]))
        .into();
    let unread = clinic.claim_with(&server, &body).await;
    assert_eq!(unread.problem(), "setup-code");
    body["code"] = server.code.clone().unwrap().into();
    let unsigned = clinic.proof(&server, &clinic.owner.signer, "POST", "/v1/claim", b"x");
    let bytes = body.to_string().into_bytes();
    let unread = send(&server, "POST", "/v1/claim", &unsigned, bytes).await;
    assert_eq!(unread.problem(), "unauthorized");
    let read = clinic.claim_with(&server, &body).await;
    assert_eq!(read.json()["field"], "bundle");
}

#[tokio::test]
async fn a_claim_of_more_members_than_any_clinic_has_is_refused() {
    let server = Running::new().await;
    let mut clinic = Clinic::found();
    clinic.enrol_server(&server).await;
    for _ in 0..500 {
        clinic.enrol(Desk::new().signer.keys(), Role::Desk);
    }
    let code = server.code.clone().unwrap();
    let answer = clinic.claim_with(&server, &clinic.claim_body(&code)).await;
    assert_eq!(
        (answer.status, answer.json()["field"].as_str()),
        (422, Some("bundle"))
    );
}

#[tokio::test]
async fn a_claim_counts_once_even_after_a_restart() {
    let (server, clinic) = Running::claimed().await;
    let body = clinic.claim_body("").to_string().into_bytes();
    let proof = clinic.proof(&server, &clinic.owner.signer, "POST", "/v1/claim", &body);
    let first = send(&server, "POST", "/v1/claim", &proof, body.clone()).await;
    assert_eq!(first.status, 200);
    let again = send(&server, "POST", "/v1/claim", &proof, body.clone()).await;
    assert_eq!((again.status, again.problem().as_str()), (401, "replayed"));
    let server = Running::on(server.stop().await, |_| {}).await;
    let again = send(&server, "POST", "/v1/claim", &proof, body).await;
    assert_eq!(again.problem(), "replayed");
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
