//! Questions come in: sealed, as JSON, from a form without script.

use futures_util::StreamExt;
use ledger::{SubmissionId, submission::Suspicion};
use serde_json::json;
use sha2::Digest;

use super::support::{Answer, NOTICE, Running, urlencode};

const SEALED: &str = "application/letan-sealed";
const FORM: &str = "application/x-www-form-urlencoded";

fn id() -> SubmissionId {
    SubmissionId::from_bytes(rand::random())
}

#[tokio::test]
async fn a_sealed_question_reaches_the_clinic_as_it_was_sealed() {
    let (server, clinic) = Running::claimed().await;
    let id = id();
    let body = clinic.seal(id, "Nguyễn Văn Ánh");
    let answer = server.post("/v1/submissions", SEALED, body.clone()).await;
    assert_eq!(answer.status, 202);
    let accepted = answer.json();
    assert_eq!(accepted["submission"], id.to_string());
    assert_eq!(accepted["receipt"].as_str().unwrap().len(), 9);
    let received = clinic.received(&server).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].sealed.encode(), body);
    assert_eq!(received[0].at_ms, accepted["at"].as_i64().unwrap());
    assert!(!received[0].suspicion.any());
}

#[tokio::test]
async fn a_json_question_is_sealed_with_all_that_it_says() {
    let (server, clinic) = Running::claimed().await;
    let about = server.get("/v1/clinic").await.json();
    let post = json!({
        "name": "Trần Thị Bưởi", "phone": "+84 912 345 678", "question": "Đau răng\n\u{202e}từ hôm qua\u{0}",
        "promo_sms": true, "promo_email": true, "notice_version": about["notice"]["version"],
        "notice_hash": about["notice"]["hash"], "page": "https://cuoiholoi.vn/", "branch": "Q.3", "filled_at": 7
    });
    assert_eq!(server.post_json(&post).await.status, 202);
    let answers = clinic.open(&clinic.received(&server).await[0]);
    assert_eq!(answers.name, "Trần Thị Bưởi");
    assert_eq!(answers.phone, "+84 912 345 678");
    assert_eq!(answers.question, "Đau răng\n\u{202e}từ hôm qua\u{0}");
    assert_eq!((answers.promo, answers.branch.as_str()), (2 | 8, "Q.3"));
    assert_eq!(answers.notice_version, "2026-11");
    assert_eq!(
        answers.notice_hash.unwrap(),
        <[u8; 32]>::from(sha2::Sha256::digest(NOTICE))
    );
    assert_eq!(
        (answers.page.as_str(), answers.filled_at),
        ("https://cuoiholoi.vn/", Some(7))
    );
}

fn hidden(page: &str, name: &str) -> String {
    let (_, after) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    after.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_forms_page_works_without_script() {
    let (server, clinic) = Running::claimed().await;
    let page = server.get("/v1/form.html").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'; script-src 'self'")
    );
    let html = page.text();
    assert!(html.contains("Nha khoa &lt;Thử&gt; &amp; &quot;Bạn&quot;") && html.contains(NOTICE));
    assert!(!html.contains("{{"));
    server.pass(20_000);
    let body = format!(
        "name={}&phone=0912345678&question=a%26b&promo_zalo=1&opened={}&notice_version={}&notice_hash={}&website=",
        urlencode("Lê Thị Đào".as_bytes()),
        hidden(&html, "opened"),
        hidden(&html, "notice_version"),
        hidden(&html, "notice_hash"),
    );
    let thanks = server.post("/v1/submissions", FORM, body.clone()).await;
    assert_eq!(thanks.status, 202);
    assert!(thanks.header("content-type").starts_with("text/html"));
    assert!(
        thanks
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert!(thanks.text().contains("lang=\"vi\"") && thanks.text().contains("Mã tiếp nhận"));
    assert!(!thanks.text().contains("Đào"));
    // The same click twice is one question; another text from the same page is another.
    assert_eq!(
        server
            .post("/v1/submissions", FORM, body.clone())
            .await
            .text(),
        thanks.text()
    );
    assert_eq!(
        server
            .post("/v1/submissions", FORM, body.replace("a%26b", "c"))
            .await
            .status,
        202
    );
    let received = clinic.received(&server).await;
    assert_eq!(received.len(), 2);
    let answers = clinic.open(&received[0]);
    assert_eq!(
        (answers.name.as_str(), answers.question.as_str()),
        ("Lê Thị Đào", "a&b")
    );
    assert_eq!(answers.promo, 4);
    assert!(answers.notice_hash.is_some());
    assert!(!received[0].suspicion.any());
}

#[tokio::test]
async fn posts_that_look_like_a_machine_are_kept_and_marked() {
    let (server, clinic) = Running::claimed().await;
    let sealed = clinic.seal(id(), "a");
    let headers = [("letan-fill-ms", "900"), ("letan-trap", "1")];
    assert_eq!(
        server
            .post_with("/v1/submissions", SEALED, sealed, &headers)
            .await
            .status,
        202
    );
    let json = json!({ "name": "b", "phone": "1", "website": "http://spam" });
    assert_eq!(server.post_json(&json).await.status, 202);
    assert_eq!(
        server
            .post("/v1/submissions", FORM, "name=c&phone=1")
            .await
            .status,
        202
    );
    let early = hidden(&server.get("/v1/form.html").await.text(), "opened");
    let body = format!("name=d&phone=1&opened={early}");
    assert_eq!(server.post("/v1/submissions", FORM, body).await.status, 202);
    let clean = [("letan-fill-ms", "3000"), ("letan-trap", "0")];
    assert_eq!(
        server
            .post_with("/v1/submissions", SEALED, clinic.seal(id(), "e"), &clean)
            .await
            .status,
        202
    );
    let found: Vec<Suspicion> = clinic
        .received(&server)
        .await
        .iter()
        .map(|one| one.suspicion)
        .collect();
    let fast = Suspicion::TOO_FAST;
    let expected = [
        Suspicion::TRAP.with(fast),
        Suspicion::TRAP,
        fast,
        fast,
        Suspicion::default(),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_same_words_count_once_within_ten_minutes_and_again_after_them() {
    let (server, clinic) = Running::claimed().await;
    let json = json!({ "name": "Lan", "phone": "0912345678", "question": "Còn đau" });
    let form = "name=Mai&phone=0987654321";
    let mut receipts = Vec::new();
    for pass in [0, 9 * 60_000, 2 * 60_000, 90 * 86_400_000] {
        server.pass(pass);
        let first = server.post_json(&json).await;
        let second = server.post("/v1/submissions", FORM, form).await;
        assert_eq!((first.status, second.status), (202, 202));
        receipts.push((first.json()["receipt"].to_string(), second.text()));
    }
    assert_eq!(receipts[0], receipts[1], "a second click");
    assert!(receipts[1].0 != receipts[2].0 && receipts[1].1 != receipts[2].1);
    assert!(receipts[2].0 != receipts[3].0 && receipts[2].1 != receipts[3].1);
    assert_eq!(clinic.received(&server).await.len(), 6);
}

#[tokio::test]
async fn two_hundred_copies_at_once_are_one_question() {
    let (server, clinic) = Running::claimed().await;
    let body = clinic.seal(id(), "a");
    let json = json!({ "submission": id().to_string(), "name": "b", "phone": "2" });
    let posts = (0..200).map(|n| {
        let (server, body, json) = (&server, body.clone(), json.clone());
        async move {
            if n % 2 == 0 {
                server.post("/v1/submissions", SEALED, body).await
            } else {
                server.post_json(&json).await
            }
        }
    });
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    let receipts: std::collections::BTreeSet<String> = answers.iter().map(Answer::text).collect();
    assert_eq!(receipts.len(), 2);
    assert_eq!(clinic.received(&server).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_questions_each_sent_up_to_three_times_are_a_thousand() {
    let (server, clinic) = Running::claimed().await;
    let copies = (0..1000_usize).flat_map(|n| {
        let id = id();
        let sealed = clinic.seal(id, &format!("n{n}"));
        let json = json!({ "submission": id.to_string(), "name": format!("n{n}"), "phone": "1" });
        (0..=n % 3).map(move |_| (n, sealed.clone(), json.to_string()))
    });
    let mut copies: Vec<_> = copies.collect();
    assert_eq!(copies.len(), 1999);
    // Copies of one question far apart, next to each other, and at the same moment.
    copies.rotate_left(700);
    copies[..900].reverse();
    let post = |(n, sealed, json): (usize, Vec<u8>, String)| {
        let server = &server;
        async move {
            let answer = if n % 2 == 0 {
                server.post("/v1/submissions", SEALED, sealed).await
            } else {
                server
                    .post("/v1/submissions", "application/json", json)
                    .await
            };
            assert_eq!(answer.status, 202, "{}", answer.text());
            (n, answer.text())
        }
    };
    let answers: Vec<(usize, String)> = futures_util::stream::iter(copies.into_iter().map(post))
        .buffer_unordered(64)
        .collect()
        .await;
    let receipts: std::collections::BTreeSet<_> = answers.into_iter().collect();
    assert_eq!(receipts.len(), 1000, "every copy has the same receipt");
    let received = clinic.received(&server).await;
    let names: std::collections::BTreeSet<_> =
        received.iter().map(|one| clinic.open(one).name).collect();
    assert_eq!((received.len(), names.len()), (1000, 1000));
}

#[tokio::test]
async fn an_id_used_again_for_something_else_is_a_conflict() {
    let (server, clinic) = Running::claimed().await;
    let id = id();
    assert_eq!(
        server
            .post("/v1/submissions", SEALED, clinic.seal(id, "a"))
            .await
            .status,
        202
    );
    let other = server
        .post("/v1/submissions", SEALED, clinic.seal(id, "b"))
        .await;
    assert_eq!(
        (other.status, other.problem().as_str()),
        (409, "submission-conflict")
    );
    let plain = |name: &str| json!({ "submission": "ab".repeat(16), "name": name, "phone": "1" });
    assert_eq!(server.post_json(&plain("a")).await.status, 202);
    assert_eq!(
        server.post_json(&plain("b")).await.problem(),
        "submission-conflict"
    );
    assert_eq!(server.post_json(&plain("a")).await.status, 202);
    assert_eq!(clinic.received(&server).await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_accepted_is_named_and_nothing_is_kept() {
    let (server, clinic) = Running::claimed().await;
    let long = "ế".repeat(201);
    for (post, field) in [
        (json!({ "phone": "1" }), "name"),
        (json!({ "name": "a", "phone": " " }), "phone"),
        (json!({ "name": long, "phone": "1" }), "name"),
        (
            json!({ "name": "a", "phone": "1", "question": "x".repeat(4001) }),
            "question",
        ),
        (
            json!({ "name": "a", "phone": "1", "notice_hash": "zz" }),
            "notice_hash",
        ),
        (
            json!({ "name": "a", "phone": "1", "submission": "12" }),
            "submission",
        ),
    ] {
        let answer = server.post_json(&post).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (422, "unprocessable")
        );
        assert_eq!(answer.json()["field"], field);
    }
    let page = server
        .post(
            "/v1/submissions",
            FORM,
            "name=Qu%E1%BB%B3nh&question=secretword",
        )
        .await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Số điện thoại còn trống"));
    assert!(!page.text().contains("secretword") && !page.text().contains("Quỳnh"));
    let broken = server
        .post("/v1/submissions", FORM, "name=%FF%FE&phone=1")
        .await;
    assert_eq!(broken.status, 422);
    let stranger = super::support::Clinic::found();
    let foreign = server
        .post("/v1/submissions", SEALED, stranger.seal(id(), "a"))
        .await;
    assert_eq!(
        (foreign.problem().as_str(), foreign.json()["field"].as_str()),
        ("unprocessable", Some("clinic"))
    );
    let mut later = clinic.seal(id(), "a");
    later[54] = 9;
    assert_eq!(
        server.post("/v1/submissions", SEALED, later).await.json()["field"],
        "epoch"
    );
    assert_eq!(clinic.received(&server).await.len(), 0);
}

#[tokio::test]
async fn a_server_without_a_clinic_says_so() {
    let server = Running::new().await;
    let about = server.get("/v1/clinic").await.json();
    assert_eq!(
        (about["claimed"].as_bool(), about["clinic"].is_null()),
        (Some(false), true)
    );
    let answer = server
        .post_json(&json!({ "name": "a", "phone": "1" }))
        .await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "not-claimed")
    );
    assert_eq!(server.get("/v1/form.html").await.status, 503);
}

#[tokio::test]
async fn the_clinic_is_published_with_hashes_that_are_true() {
    let (server, clinic) = Running::claimed().await;
    let about = server.get("/v1/clinic").await.json();
    let hash = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes));
    assert_eq!(about["clinic"], clinic.id.to_string());
    assert_eq!(
        (
            about["api"].as_i64(),
            about["epoch"].as_i64(),
            about["pow"]["bits"].as_i64()
        ),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(
        about["intake_key"],
        data_encoding::BASE64URL_NOPAD.encode(&clinic.key.key)
    );
    assert_eq!(about["notice"]["hash"], hash(NOTICE.as_bytes()));
    let script = server.get("/v1/form.js").await;
    assert_eq!(about["form"]["js"], hash(&script.body));
    assert!(script.body.len() < 30 * 1024);
    let tag = script.header("etag").to_owned();
    let again = server
        .client
        .get(server.url("/v1/form.js"))
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn only_pages_of_allowed_origins_may_post_with_script() {
    let (server, _) =
        Running::claimed_with(|config| config.allow_origins = vec!["https://a.vn".into()]).await;
    let ask = |origin: &'static str| {
        let request = server
            .client
            .request(reqwest::Method::OPTIONS, server.url("/v1/submissions"));
        request
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,letan-pow")
            .send()
    };
    let ours = ask("https://a.vn").await.unwrap();
    assert_eq!(
        ours.headers()["access-control-allow-origin"],
        "https://a.vn"
    );
    assert!(
        ours.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("letan-pow")
    );
    assert!(
        !ask("https://b.vn")
            .await
            .unwrap()
            .headers()
            .contains_key("access-control-allow-origin")
    );
    let page = server.get("/v1/form.html").await;
    assert!(
        page.header("content-security-policy")
            .ends_with("frame-ancestors https://a.vn")
    );
}

#[tokio::test]
async fn an_origin_that_no_browser_sends_stops_the_start() {
    for origin in [
        "https://nụcười.vn",
        "https://a.vn/",
        "https://a.vn; script-src *",
    ] {
        let dir = tempfile::TempDir::new().unwrap();
        let mut config = intake::Config::new("127.0.0.1:0".parse().unwrap(), dir.path());
        config.allow_origins = vec!["https://good.vn".into(), origin.into()];
        let refused = intake::Server::bind(config).await.err().unwrap();
        assert!(refused.to_string().contains("is no origin"), "{refused}");
        assert!(!dir.path().join("intake.db").exists(), "nothing was begun");
    }
}
