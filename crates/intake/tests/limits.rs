//! Too much, too fast, too large, too slow, no room.

use std::time::Duration;

use intake::leading_zero_bits;
use ledger::{SubmissionId, submission::Suspicion};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::Running;

const FORM: &str = "application/x-www-form-urlencoded";

fn post(n: usize) -> serde_json::Value {
    json!({ "name": format!("n{n}"), "phone": "1" })
}

#[tokio::test]
async fn one_address_has_a_limit_and_is_told_when_to_come_back() {
    let (server, clinic) = Running::claimed_with(|config| config.limits.posts_per_minute = 4).await;
    let mut taken = 0;
    let refused = loop {
        let answer = server.post_json(&post(taken)).await;
        if answer.status != 202 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (429, "rate-limited")
    );
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    let page = server.post("/v1/submissions", FORM, "name=a&phone=1").await;
    assert!(page.status == 429 && page.text().contains("chờ một phút"));
    // A header that anybody can write makes nobody another address.
    let forged = [("x-forwarded-for", "9.9.9.9")];
    let body = post(99).to_string();
    let answer = server
        .post_with("/v1/submissions", "application/json", body, &forged)
        .await;
    assert_eq!(answer.status, 429);
    server.pass(60_000);
    assert_eq!(server.post_json(&post(taken)).await.status, 202);
    assert_eq!(clinic.received(&server).await.len(), taken + 1);
}

#[tokio::test]
async fn behind_a_proxy_each_visitor_has_a_limit() {
    let (server, _) = Running::claimed_with(|config| {
        config.trust_proxy = true;
        config.limits.posts_per_minute = 1;
    })
    .await;
    let ask = async |n: usize, hops: &str| {
        let headers = [("x-forwarded-for", hops)];
        server
            .post_with(
                "/v1/submissions",
                "application/json",
                post(n).to_string(),
                &headers,
            )
            .await
            .status
    };
    assert_eq!(ask(1, "1.1.1.1").await, 202);
    assert_eq!(ask(2, "8.8.8.8, 1.1.1.1").await, 429);
    assert_eq!(ask(3, "1.1.1.1, 2.2.2.2").await, 202);
}

#[tokio::test]
async fn under_load_a_browser_works_for_its_post() {
    let (server, clinic) = Running::claimed_with(|config| {
        config.limits.calm_posts_per_second = 0;
        config.limits.pow_bits = 8;
    })
    .await;
    assert_eq!(server.get("/v1/clinic").await.json()["pow"]["bits"], 8);
    let body = clinic.seal(SubmissionId::from_bytes([1; 16]), "a");
    let ask = async |proof: &str| {
        let headers = [("letan-pow", proof)];
        server
            .post_with(
                "/v1/submissions",
                "application/letan-sealed",
                body.clone(),
                &headers,
            )
            .await
    };
    let asked = ask("").await;
    assert_eq!(
        (asked.status, asked.problem().as_str()),
        (428, "proof-of-work")
    );
    let (challenge, bits) = (
        asked.json()["challenge"].clone(),
        asked.json()["bits"].as_u64().unwrap(),
    );
    let challenge = challenge.as_str().unwrap();
    let mut proofs = (0u64..).map(|n| format!("{challenge}:{n}"));
    let solved = proofs
        .find(|proof| u64::from(leading_zero_bits(proof)) >= bits)
        .unwrap();
    assert_eq!(ask(&solved).await.status, 202);
    assert_eq!(
        ask(&solved).await.problem(),
        "proof-of-work",
        "a solved challenge is spent"
    );
    assert_eq!(server.post_json(&post(1)).await.problem(), "proof-of-work");
    // Who has no script cannot work: the post is kept and marked.
    assert_eq!(
        server
            .post("/v1/submissions", FORM, "name=a&phone=1")
            .await
            .status,
        202
    );
    let received = clinic.received(&server).await;
    assert_eq!(received.len(), 2);
    assert!(!received[0].suspicion.any() && received[1].suspicion.has(Suspicion::NO_WORK));
}

#[tokio::test]
async fn bodies_over_their_limit_are_cut_off() {
    let (server, clinic) = Running::claimed().await;
    let large = "x".repeat(16 * 1024 + 1);
    let answer = server
        .post("/v1/submissions", "application/json", large)
        .await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (413, "too-large")
    );
    let answer = server
        .post("/v1/submissions", FORM, "x".repeat(48 * 1024 + 1))
        .await;
    assert!(answer.status == 413 && answer.text().contains("quá dài"));
    let answer = clinic
        .ask(
            &server,
            &clinic.owner.signer,
            "POST",
            "/v1/push",
            vec![0; intake::PAGE_BYTES + 1],
        )
        .await;
    assert_eq!(answer.problem(), "too-large");
    let media = server.post("/v1/submissions", "text/plain", "name=a").await;
    assert_eq!(
        (media.status, media.problem().as_str()),
        (415, "unsupported-media")
    );
}

#[tokio::test]
async fn a_gibibyte_without_a_length_is_cut_off_early() {
    let (server, _) = Running::claimed().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /v1/submissions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
    let mut sent = 0_usize;
    while sent < 1 << 30 && stream.write_all(&chunk).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_head_and_a_body_that_never_end_are_cut_off() {
    let (server, _) = Running::claimed_with(|config| {
        config.limits.head_timeout = Duration::from_millis(100);
        config.limits.body_timeout = Duration::from_millis(100);
    })
    .await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /v1/clinic HTTP/1.1\r\nhost: a\r\nx-")
        .await
        .unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.starts_with(b"HTTP/1.1 2"));
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /v1/submissions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut rest = [0; 12];
    slow.read_exact(&mut rest).await.unwrap();
    assert_eq!(&rest, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_thousand_connections_that_say_nothing_stop_nobody() {
    let (server, _) = Running::claimed_with(|config| {
        config.limits.head_timeout = Duration::from_millis(300);
        config.limits.connections = 200;
    })
    .await;
    raise_file_limit();
    let mut silent = Vec::new();
    for _ in 0..1000 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"P").await.unwrap();
        silent.push(stream);
    }
    assert_eq!(server.post_json(&post(1)).await.status, 202);
}

/// Both ends of a thousand connections are this process's files.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let wanted = Some(4096.min(now.maximum.unwrap_or(4096)));
    if now.current.is_some_and(|current| Some(current) < wanted) {
        let raised = Rlimit {
            current: wanted,
            ..now
        };
        setrlimit(Resource::Nofile, raised).unwrap();
    }
}

#[tokio::test]
async fn one_address_cannot_take_every_place() {
    let (server, _) = Running::claimed_with(|config| {
        config.limits.connections_per_address = 4;
        config.limits.connections = 100;
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // One that was closed at once may say so already here.
        let _ = stream.write_all(b"P").await;
        silent.push(stream);
    }
    let mut open = async || {
        let mut open = 0;
        for stream in &mut silent {
            let read = tokio::time::timeout(Duration::from_millis(20), stream.read_u8());
            open += usize::from(read.await.is_err());
        }
        open
    };
    // The client of the claim may still have its own.
    assert!((1..=4).contains(&open().await));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_gives_its_place_back() {
    let (mut server, _) = Running::claimed_with(|config| {
        config.limits.connections = 1;
        config.limits.stall = Duration::from_millis(200);
    })
    .await;
    // The connection of the claim would keep the one place.
    server.client = crate::support::client();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let asks = "GET /v1/form.js HTTP/1.1\r\nhost: a\r\n\r\n".repeat(5000);
    let (_read, mut write) = slow.split();
    let sent = tokio::time::timeout(Duration::from_millis(100), write.write_all(asks.as_bytes()));
    let _ = sent.await;
    assert_eq!(server.post_json(&post(1)).await.status, 202);
}

#[tokio::test]
async fn bodies_that_nobody_signed_take_bounded_memory() {
    let (server, clinic) = Running::claimed_with(|config| {
        config.limits.desk_bytes = 8 * 1024 * 1024;
    })
    .await;
    let owner = &clinic.owner.signer;
    // Somebody who has seen one request of the owner writes the owner's name on bodies that never end.
    let proof = clinic.proof(&server, owner, "POST", "/v1/push", b"another body");
    let head = format!(
        "POST /v1/push HTTP/1.1\r\nhost: a\r\nauthorization: {proof}\r\ncontent-length: 4000000\r\n\r\n"
    );
    let part = vec![b'x'; 1_000_000];
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&part).await.unwrap();
        open.push(stream);
    }
    let answers = open.iter_mut().map(|stream| {
        Box::pin(async {
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.map(|_| answer)
        })
    });
    let (first, ..) = futures_util::future::select_all(answers).await;
    assert_eq!(&first.unwrap(), b"HTTP/1.1 503");
    // Others have their own share, and it comes back when the bodies end.
    assert_eq!(server.post_json(&post(1)).await.status, 202);
    drop(open);
    let pushed = loop {
        let body = super::support::bundle(&[clinic.owner.since(1)]);
        let answer = clinic.ask(&server, owner, "POST", "/v1/push", body).await;
        if answer.status != 503 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(pushed.status, 200);
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_stored() {
    let (server, clinic) =
        Running::claimed_with(|config| config.limits.store_bytes = Some(600 * 1024)).await;
    let mut stored = 0;
    let full = loop {
        let body =
            json!({ "name": format!("n{stored}"), "phone": "1", "question": "x".repeat(4000) });
        let answer = server.post_json(&body).await;
        if answer.status != 202 {
            break answer;
        }
        stored += 1;
        assert!(stored < 1000);
    };
    assert_eq!((full.status, full.problem().as_str()), (507, "disk-full"));
    let page = server
        .post(
            "/v1/submissions",
            FORM,
            format!("name=a&phone=1&question={}", "y".repeat(4000)),
        )
        .await;
    assert!(page.status == 507 && page.text().contains("chưa được lưu"));
    // With room again, the very same store goes on where it stopped.
    let dir = server.stop().await;
    let server = Running::on(dir, |_| {}).await;
    assert_eq!(clinic.received(&server).await.len(), stored);
    assert_eq!(server.post_json(&post(1)).await.status, 202);
    assert_eq!(clinic.received(&server).await.len(), stored + 1);
}

#[tokio::test]
async fn a_store_that_was_full_takes_small_things_again_without_a_restart() {
    let (server, clinic) =
        Running::claimed_with(|config| config.limits.store_bytes = Some(600 * 1024)).await;
    let large =
        |n: usize| json!({ "name": format!("n{n}"), "phone": "1", "question": "x".repeat(4000) });
    let mut stored = 0;
    while server.post_json(&large(stored)).await.status == 202 {
        stored += 1;
    }
    let health = server.get("/healthz").await;
    assert!(health.status == 200 || health.problem() == "disk-full");
    assert_eq!(server.get("/v1/clinic").await.status, 200);
    assert_ne!(server.post_json(&large(stored)).await.status, 202);
    let _ = clinic;
}
