//! Requests that no honest program sends.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{Answer, Clinic, Running};

const CANARY: &str = "Kh0ngDuocLapLai";
const MEDIA: [&str; 4] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/letan-sealed",
    "multipart/form-data; boundary=x",
];
const PATHS: [&str; 12] = [
    "/v1/submissions",
    "/v1/claim",
    "/v1/pull",
    "/v1/push",
    "/v1/wait",
    "/v1/clinic",
    "/v1/blobs/00",
    "/v1/form.html",
    "/",
    "/v1/../etc/passwd",
    "/v1/blobs/%00%ff",
    "/healthz",
];

fn bodies(clinic: &Clinic) -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "\u{0}",
        "{\"name\":1}",
        "{\"name\":null,\"phone\":[]}",
        "=&=&=",
        "%",
        "name=%",
        "name=%zz&phone",
        "{\"have\":[]}",
        "{\"have\":{\"x\":-1}}",
        "LETAN1",
        "LTSUB\u{1}",
        "\u{feff}{}",
    ]
    .map(|text| format!("{text}{CANARY}").into_bytes())
    .to_vec();
    bodies.push(vec![0xff; 300]);
    bodies.push("\u{202e}\u{2066}".repeat(500).into_bytes());
    bodies.push(format!("name={}&phone=%00&notice_hash={CANARY}", "%".repeat(900)).into_bytes());
    bodies.push(format!("{}{CANARY}", "[".repeat(10_000)).into_bytes());
    bodies.push(
        json!({ "name": CANARY.repeat(20), "phone": CANARY })
            .to_string()
            .into_bytes(),
    );
    let mut sealed = clinic.seal(ledger::SubmissionId::from_bytes([9; 16]), "a");
    sealed.truncate(200);
    bodies.push(sealed);
    bodies
}

fn check(answer: &Answer, what: &str) {
    assert!(
        (400..500).contains(&answer.status),
        "{what}: {} {}",
        answer.status,
        answer.text()
    );
    assert!(!answer.text().contains(CANARY), "{what}: echoed");
    for value in answer.headers.values() {
        assert!(
            !value.to_str().unwrap().contains(CANARY),
            "{what}: echoed in a header"
        );
    }
    if !answer.header("content-type").starts_with("text/html") {
        answer.problem();
    }
}

#[tokio::test]
async fn malformed_requests_are_refused_and_nothing_is_echoed() {
    let (server, clinic) = Running::claimed().await;
    let bodies = bodies(&clinic);
    let mut asked = 0;
    for path in PATHS.iter().filter(|path| **path != "/healthz") {
        for (n, body) in bodies.iter().enumerate() {
            for media in MEDIA {
                let url = format!("{path}?{CANARY}");
                let answer = server
                    .post_with(&url, media, body.clone(), &[("authorization", CANARY)])
                    .await;
                check(&answer, &format!("POST {path} {media} #{n}"));
                asked += 1;
            }
        }
    }
    for path in PATHS
        .iter()
        .chain(&["/v1/wait?since=", "/v1/wait?since=1", "/v1/openapi.json"])
    {
        for method in ["DELETE", "PATCH", "PUT", "TRACE", "LETAN"] {
            let request = server
                .client
                .request(method.parse().unwrap(), server.url(path))
                .body(CANARY);
            check(
                &Answer::of(request.send().await.unwrap()).await,
                &format!("{method} {path}"),
            );
            asked += 1;
        }
    }
    for path in [
        format!("/{CANARY}"),
        format!("/v1/{CANARY}"),
        "/v1/wait?since=1".into(),
        "/v1/pull".into(),
    ] {
        check(&server.get(&path).await, &path);
        asked += 1;
    }
    assert!(asked >= 1000, "{asked}");
    assert_eq!(clinic.received(&server).await.len(), 0);
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn bytes_that_are_no_http_end_the_connection_and_nothing_else() {
    let (server, _) = Running::claimed().await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
    let raw: [&[u8]; 10] = [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/submissions HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
        b"POST /v1/submissions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST /v1/submissions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in raw {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(
            !answer.starts_with(b"HTTP/1.1 2") && !answer.starts_with(b"HTTP/1.1 5"),
            "{bytes:?}"
        );
    }
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_connection_cut_at_any_byte_stores_nothing_and_harms_nobody() {
    let (server, clinic) = Running::claimed().await;
    let body = json!({ "name": "a", "phone": "1" }).to_string();
    let whole = format!(
        "POST /v1/submissions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for cut in 0..whole.len() {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&whole.as_bytes()[..cut]).await.unwrap();
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(clinic.received(&server).await.len(), 0);
}

#[tokio::test]
async fn a_fault_of_the_program_ends_one_request_and_not_the_server() {
    // Every place that asks for the time fails once, in the order in which a post comes by: handler, keeper, answer.
    for place in 0..8 {
        let countdown = Arc::new(AtomicI64::new(i64::MAX));
        let left = Arc::clone(&countdown);
        let (server, clinic) = Running::claimed_with(|config| {
            let clock = Arc::clone(&config.clock);
            config.clock = Arc::new(move || {
                assert!(left.fetch_sub(1, Ordering::SeqCst) != 0, "{CANARY}");
                clock()
            });
        })
        .await;
        countdown.store(place, Ordering::SeqCst);
        let body = json!({ "name": "a", "phone": "1" }).to_string();
        let request = server.client.post(server.url("/v1/submissions"));
        let answered = request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        if place == 0 {
            let answer = Answer::of(answered.unwrap()).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (500, "internal")
            );
            assert!(!answer.text().contains(CANARY));
            assert!(
                server
                    .get("/metrics")
                    .await
                    .text()
                    .contains("letan_panics_total 1")
            );
        }
        countdown.store(i64::MAX, Ordering::SeqCst);
        assert_eq!(server.get("/healthz").await.status, 200, "place {place}");
        let next = server
            .post_json(&json!({ "name": "b", "phone": "2" }))
            .await;
        assert_eq!(next.status, 202, "place {place}");
        assert!((1..=2).contains(&clinic.received(&server).await.len()));
    }
}
