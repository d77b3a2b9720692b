//! The client against servers that say anything but what was agreed.
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use data_encoding::HEXLOWER;
use ledger::id::EntryHash;
use ledger::request::RequestProof;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const NOW: i64 = 1_780_000_000_000;

/// A server that plays one answer after the other and keeps the requests.
struct Script {
    address: String,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Script {
    async fn play(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = requests.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = hear(&mut stream).await;
                kept.lock().unwrap().push(request);
                // The client may hang up before it has heard everything.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, requests }
    }

    fn remote(&self) -> Remote {
        Remote::new(&self.address, Arc::new(|| NOW)).unwrap()
    }

    fn request(&self, number: usize) -> (String, Vec<u8>) {
        let requests = self.requests.lock().unwrap();
        let at = memchr::memmem::find(&requests[number], b"\r\n\r\n").unwrap();
        let (head, body) = requests[number].split_at(at + 4);
        (String::from_utf8(head.to_vec()).unwrap(), body.to_vec())
    }
}

/// Reads one request with its body.
async fn hear(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..read]);
        let Some(head) = memchr::memmem::find(&request, b"\r\n\r\n") else {
            assert!(read > 0, "a request without an end");
            continue;
        };
        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
        let length = text
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.parse().ok());
        if read == 0 || request.len() >= head + 4 + length.unwrap_or(0) {
            return request;
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn timed(media: &str) -> String {
    format!("letan-time: {NOW}\r\ncontent-type: {media}\r\n")
}

fn problem(name: &str, extra: &str) -> Vec<u8> {
    let body = format!(r#"{{"type":"urn:letan:problem:{name}","title":"x","status":401{extra}}}"#);
    answer("401 Unauthorized", &timed(answer::PROBLEM), body.as_bytes())
}

struct Desk {
    signer: Signer,
    clinic: ClinicId,
}

impl Desk {
    fn new() -> Self {
        let clinic = ClinicId::of_genesis(&EntryHash::from_bytes([9; 32]));
        Self {
            signer: Signer::from_root(&[7; 32]),
            clinic,
        }
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            clinic: self.clinic,
            signer: &self.signer,
        }
    }
}

fn clinic_json() -> String {
    let hex = HEXLOWER.encode(&[1; 32]);
    format!(
        r#"{{"api":1,"claimed":false,"clinic":null,"name":null,"epoch":null,"intake_key":null,"statement":null,
        "notice":{{"version":"1","hash":"{hex}","text":"Thông báo"}},"server":{{"sign":"{hex}","receive":"{hex}"}},
        "form":{{"js":"{hex}","html":"{hex}"}},"pow":{{"bits":0}}}}"#
    )
}

fn bundle_answer(body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "{}letan-more: 1\r\nletan-cursor: 42\r\n",
        timed(answer::BUNDLE)
    );
    answer("200 OK", &headers, body)
}

#[tokio::test]
async fn every_request_of_a_desk_is_signed_over_what_is_on_the_wire() {
    let desk = Desk::new();
    let script = Script::play(vec![
        bundle_answer(b"LETAN1"),
        answer("200 OK", &timed("application/json"), br#"{"cursor":7}"#),
        answer("204 No Content", &timed("x/x"), b""),
    ])
    .await;
    let remote = script.remote();
    let pulled = remote.pull(&desk.caller(), &Have::default()).await.unwrap();
    assert_eq!(
        (pulled.bundle.as_slice(), pulled.more, pulled.cursor),
        (&b"LETAN1"[..], true, 42)
    );
    let minute = Duration::from_mins(1);
    assert_eq!(
        remote.wait(&desk.caller(), 6, minute).await.unwrap(),
        Some(7)
    );
    assert_eq!(remote.wait(&desk.caller(), 7, minute).await.unwrap(), None);
    for (number, method, path) in [
        (0, "POST", "/v1/pull"),
        (1, "GET", "/v1/wait?since=6"),
        (2, "GET", "/v1/wait?since=7"),
    ] {
        let (head, body) = script.request(number);
        assert!(
            head.starts_with(&format!("{method} {path} HTTP/1.1\r\n")),
            "{head}"
        );
        assert!(!head.to_lowercase().contains("cookie"));
        let proof = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap();
        let proof = RequestProof::parse(proof).unwrap();
        assert!(proof.verify(&desk.signer.keys(), desk.clinic, method, path, &body));
        assert_eq!(proof.ms, NOW);
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_by_the_servers() {
    let desk = Desk::new();
    let ahead = NOW + 3_600_000;
    let clock = problem("clock", &format!(r#","server_ms":{ahead}"#)).clone();
    let script = Script::play(vec![
        clock.clone(),
        bundle_answer(b""),
        clock.clone(),
        clock,
    ])
    .await;
    let remote = script.remote();
    assert_eq!(remote.clock_offset(), None);
    remote.pull(&desk.caller(), &Have::default()).await.unwrap();
    let proof = |number| {
        let head = script.request(number).0;
        let proof = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap()
            .to_owned();
        RequestProof::parse(&proof).unwrap()
    };
    assert_eq!((proof(0).ms, proof(1).ms), (NOW, ahead));
    assert_ne!(proof(0).nonce, proof(1).nonce);
    let refused = remote.pull(&desk.caller(), &Have::default()).await;
    assert_eq!(
        refused.err(),
        Some(RemoteError::Problem(ProblemKind::Clock))
    );
    assert_eq!(script.requests.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn the_servers_clock_is_read_from_any_answer() {
    let local = Arc::new(AtomicI64::new(NOW - 90_000));
    let script = Script::play(vec![answer(
        "200 OK",
        &timed("application/json"),
        clinic_json().as_bytes(),
    )])
    .await;
    let wall = local.clone();
    let remote = Remote::new(
        &script.address,
        Arc::new(move || wall.load(Ordering::SeqCst)),
    )
    .unwrap();
    let info = remote.clinic().await.unwrap();
    assert!(!info.claimed && info.notice_text == "Thông báo");
    assert_eq!(remote.clock_offset(), Some(90_000));
    let (head, _) = script.request(0);
    assert!(!head.contains("authorization"));
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_an_error_and_never_half_taken() {
    let desk = Desk::new();
    let whole = bundle_answer(b"LETAN1 and then some");
    let cuts: Vec<Vec<u8>> = (0..whole.len()).map(|at| whole[..at].to_vec()).collect();
    let script = Script::play(cuts.clone()).await;
    let remote = script.remote();
    for at in 0..cuts.len() {
        let error = remote.pull(&desk.caller(), &Have::default()).await.err();
        assert_eq!(error, Some(RemoteError::Unreachable), "cut at {at}");
    }
}

#[tokio::test]
async fn nonsense_of_any_kind_is_named_and_not_believed() {
    let desk = Desk::new();
    let json = timed("application/json");
    let no_time = "content-type: application/letan-bundle\r\nletan-more: 0\r\nletan-cursor: 1\r\n";
    let bundle = timed(answer::BUNDLE);
    let garbled = vec![
        b"\x16\x03\x01 what is this\r\n\r\n".to_vec(),
        b"HTTP/1.1 999999 Hi\r\n\r\n".to_vec(),
        answer("200 OK", no_time, b"LETAN1"),
        answer("200 OK", &bundle, b"LETAN1"),
        answer(
            "200 OK",
            &format!("{bundle}letan-more: 2\r\nletan-cursor: 1\r\n"),
            b"LETAN1",
        ),
        answer(
            "200 OK",
            &format!("{bundle}letan-more: 0\r\nletan-cursor: -1\r\n"),
            b"LETAN1",
        ),
        answer(
            "200 OK",
            &format!("{json}letan-more: 0\r\nletan-cursor: 1\r\n"),
            b"LETAN1",
        ),
        answer("302 Found", "location: http://127.0.0.1:1/\r\n", b""),
        answer(
            "404 Not Found",
            "content-type: text/html\r\n",
            b"<h1>nginx</h1>",
        ),
        answer("500 Oops", &timed(answer::PROBLEM), b"{"),
        answer("500 Oops", &timed(answer::PROBLEM), &vec![b' '; SMALL + 1]),
    ];
    let script = Script::play(garbled.clone()).await;
    let remote = script.remote();
    for number in 0..garbled.len() {
        let error = remote
            .pull(&desk.caller(), &Have::default())
            .await
            .err()
            .unwrap();
        let wanted = if number < 2 {
            RemoteError::Unreachable
        } else {
            RemoteError::Garbled
        };
        assert_eq!(error, wanted, "answer {number}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_dropped_at_its_limit() {
    let desk = Desk::new();
    let declared = timed(answer::BUNDLE) + "letan-more: 0\r\nletan-cursor: 1\r\n";
    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{declared}\r\n");
    let flood = [endless.as_bytes(), &vec![7; PAGE + 1]].concat();
    let script = Script::play(vec![flood]).await;
    let error = script
        .remote()
        .pull(&desk.caller(), &Have::default())
        .await
        .err();
    assert_eq!(error, Some(RemoteError::Garbled));
}

#[tokio::test]
async fn every_problem_keeps_its_name() {
    let desk = Desk::new();
    let cases = [
        ("revoked", RemoteError::Problem(ProblemKind::Revoked)),
        ("setup-code", RemoteError::Problem(ProblemKind::SetupCode)),
        (
            "already-claimed",
            RemoteError::Problem(ProblemKind::AlreadyClaimed),
        ),
        ("not-claimed", RemoteError::Problem(ProblemKind::NotClaimed)),
        ("disk-full", RemoteError::Problem(ProblemKind::DiskFull)),
        ("something-new", RemoteError::Problem(ProblemKind::Unknown)),
        ("busy", RemoteError::Timeout),
        ("method-not-allowed", RemoteError::Version),
    ];
    let mut answers: Vec<Vec<u8>> = cases.iter().map(|(name, _)| problem(name, "")).collect();
    answers.push(answer(
        "502 Bad Gateway",
        "content-type: text/html\r\n",
        b"<html>",
    ));
    let script = Script::play(answers).await;
    let remote = script.remote();
    for (name, wanted) in cases {
        assert_eq!(
            remote.push(&desk.caller(), vec![1]).await.err(),
            Some(wanted),
            "{name}"
        );
    }
    assert_eq!(
        remote.push(&desk.caller(), vec![1]).await.err(),
        Some(RemoteError::Unreachable)
    );
}

#[tokio::test]
async fn another_version_and_another_clinic_are_told_apart_from_nonsense() {
    let desk = Desk::new();
    let newer = br#"{"api":2,"entirely":"different"}"#;
    let hex = HEXLOWER.encode(&[1; 32]);
    let keys = format!(r#""server":{{"sign":"{hex}","receive":"{hex}"}},"have":{{}}"#);
    let other = format!(r#"{{"clinic":"{}",{keys}}}"#, HEXLOWER.encode(&[5; 16]));
    let ours = format!(r#"{{"clinic":"{}",{keys}}}"#, desk.clinic);
    let json = timed("application/json; charset=utf-8");
    let script = Script::play(vec![
        answer("200 OK", &json, newer),
        answer("200 OK", &json, other.as_bytes()),
        answer("200 OK", &json, ours.as_bytes()),
    ])
    .await;
    let remote = script.remote();
    assert_eq!(remote.clinic().await.err(), Some(RemoteError::Version));
    let claim = Claim {
        code: "AAAA",
        bundle: b"b",
        statement: b"s",
        name: "n",
        notice_version: "1",
        notice_text: "t",
    };
    assert_eq!(
        remote.claim(&desk.caller(), &claim).await.err(),
        Some(RemoteError::WrongClinic)
    );
    assert_eq!(
        remote
            .claim(&desk.caller(), &claim)
            .await
            .unwrap()
            .server
            .sign,
        [1; 32]
    );
    let (_, body) = script.request(2);
    assert_eq!(body, br#"{"code":"AAAA","bundle":"Yg","statement":"cw","name":"n","notice":{"version":"1","text":"t"}}"#);
}

#[tokio::test]
async fn a_chunk_is_believed_only_if_it_hashes_to_its_name() {
    let desk = Desk::new();
    let chunk = b"sealed chunk".to_vec();
    let hash = BlobHash::of(&chunk);
    let octets = timed(answer::OCTETS);
    let script = Script::play(vec![
        answer("200 OK", &octets, &chunk),
        answer("200 OK", &octets, b"sealed chunk?"),
        problem("not-found", ""),
        answer("200 OK", &octets, b""),
        answer("404 Not Found", &octets, b""),
        answer("201 Created", &octets, b""),
    ])
    .await;
    let (remote, who) = (script.remote(), desk.caller());
    assert_eq!(
        remote.get_blob(&who, hash).await.unwrap(),
        Some(chunk.clone())
    );
    assert_eq!(
        remote.get_blob(&who, hash).await.err(),
        Some(RemoteError::Garbled)
    );
    assert_eq!(remote.get_blob(&who, hash).await.unwrap(), None);
    assert!(remote.has_blob(&who, hash).await.unwrap());
    assert!(!remote.has_blob(&who, hash).await.unwrap());
    remote.put_blob(&who, hash, chunk.clone()).await.unwrap();
    assert_eq!(script.request(5).1, chunk);
}

#[tokio::test]
async fn a_refusal_carries_no_text_of_the_servers_own() {
    let author = HEXLOWER.encode(&[3; 16]);
    let body = format!(
        r#"{{"have":{{"{author}":4}},"refused":[{{"author":"{author}","seq":5,"reason":"fork <script>\n{}"}}]}}"#,
        "x".repeat(100)
    );
    let script = Script::play(vec![answer(
        "200 OK",
        &timed("application/json"),
        body.as_bytes(),
    )])
    .await;
    let desk = Desk::new();
    let pushed = script
        .remote()
        .push(&desk.caller(), Vec::new())
        .await
        .unwrap();
    assert_eq!(pushed.have.seq(AuthorId::from_bytes([3; 16])), 4);
    assert_eq!(pushed.refused[0].seq, 5);
    assert!(
        pushed.refused[0].reason.starts_with("forkscriptxx")
            && pushed.refused[0].reason.len() == 40
    );
}

#[tokio::test]
async fn the_live_form_is_hashed_as_it_is_served() {
    let script = Script::play(vec![
        answer("200 OK", &timed("text/javascript; charset=utf-8"), b"js"),
        answer("200 OK", &timed("text/html; charset=utf-8"), b"html"),
    ])
    .await;
    let form = script.remote().live_form().await.unwrap();
    assert_eq!(form.js, <[u8; 32]>::from(Sha256::digest(b"js")));
    assert_eq!(form.html, <[u8; 32]>::from(Sha256::digest(b"html")));
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_a_silent_server_runs_out_of_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let desk = Desk::new();
    let remote = Remote::new(&address, Arc::new(|| NOW)).unwrap();
    let waited = remote
        .wait(&desk.caller(), 0, Duration::from_millis(50))
        .await;
    assert_eq!(waited.unwrap(), None);
    drop(listener);
    let gone = Remote::new(&address, Arc::new(|| NOW)).unwrap();
    assert_eq!(gone.clinic().await.err(), Some(RemoteError::Unreachable));
}
