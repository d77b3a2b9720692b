//! Several processes on one PostgreSQL database are one server.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use data_encoding::HEXLOWER;
use ledger::{Kind, RecordId, Replica, Role, Segment, SubmissionId};
use serde_json::json;
use sqlx::Connection;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::support::{
    Answer, Clinic, Desk, Program, Running, database, database_by_tls, post, send,
};

/// Two processes that a clinic has claimed through the first.
async fn pair() -> (Running, Running, Clinic, String) {
    let url = database();
    let (one, two) = (Running::sharing(&url).await, Running::sharing(&url).await);
    assert_eq!(one.code, two.code, "one server, one setup code");
    let mut clinic = Clinic::found();
    assert_eq!(clinic.claim(&one).await.status, 200);
    (one, two, clinic, url)
}

/// What a desk that knows nothing makes of everything: nothing of it may contradict anything else.
fn replay(clinic: &Clinic, segments: &[Segment]) -> Replica {
    let mut replica = Replica::new(clinic.id);
    for segment in segments {
        let admission = replica.admit(segment.clone(), |_, _| None).unwrap();
        assert_eq!(admission.rejected, None);
    }
    replica
}

#[tokio::test]
async fn what_one_process_learned_the_other_knows_at_once() {
    let (one, two, mut clinic, _) = pair().await;
    // Claimed through the first: the second takes a signed request without waiting for anything.
    let first = clinic.pull_all(&two).await;
    assert_eq!(first.len(), 1);
    assert_eq!(
        two.post_json(&json!({ "name": "a", "phone": "1" }))
            .await
            .status,
        202
    );
    let mut desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.push(&one, &[clinic.owner.since(1)]).await;
    desk.write(Kind::Change, vec![1; 40]);
    let pushed = clinic.push_as(&two, &desk.signer, &[desk.since(1)]).await;
    assert_eq!(pushed["refused"], json!([]));
    clinic.revoke(desk.id(), 1);
    clinic.push(&one, &[clinic.owner.since(1)]).await;
    let shut_out = clinic
        .ask(&two, &desk.signer, "GET", "/v1/wait?since=0", Vec::new())
        .await;
    assert_eq!(shut_out.problem(), "revoked");
    assert_eq!(clinic.pull_all(&one).await, clinic.pull_all(&two).await);
}

#[tokio::test]
async fn a_request_that_one_process_has_seen_is_a_replay_at_the_other() {
    let (one, two, clinic, _) = pair().await;
    let body = b"{\"have\":{}}".to_vec();
    let proof = clinic.proof(&one, &clinic.owner.signer, "POST", "/v1/pull", &body);
    let first = send(&one, "POST", "/v1/pull", &proof, body.clone()).await;
    assert_eq!(first.status, 200);
    let again = send(&two, "POST", "/v1/pull", &proof, body).await;
    assert_eq!(again.problem(), "replayed");
}

#[tokio::test]
async fn a_wait_at_one_process_ends_when_the_other_stores() {
    let (one, two, clinic, _) = pair().await;
    let cursor = clinic
        .ask(
            &two,
            &clinic.owner.signer,
            "POST",
            "/v1/pull",
            b"{\"have\":{}}".to_vec(),
        )
        .await
        .header("letan-cursor")
        .to_owned();
    let path = format!("/v1/wait?since={cursor}");
    let question = json!({ "name": "a", "phone": "1" });
    let (waited, posted) = tokio::join!(
        clinic.ask(&two, &clinic.owner.signer, "GET", &path, Vec::new()),
        one.post_json(&question)
    );
    assert_eq!((waited.status, posted.status), (200, 202));
    // What the cursor speaks of is there to be fetched.
    assert_eq!(clinic.received(&two).await.len(), 1);
}

#[tokio::test]
async fn a_waiting_room_is_the_same_at_every_process() {
    let (one, two, clinic, _) = pair().await;
    let name = HEXLOWER.encode(&[7; 16]);
    let opening = json!({ "room": name, "offer": "AAAA", "expires_ms": one.now() + 60_000 });
    let opened = clinic
        .ask(
            &one,
            &clinic.owner.signer,
            "POST",
            "/v1/join",
            opening.to_string().into_bytes(),
        )
        .await;
    assert_eq!(opened.status, 204);
    let path = format!("/v1/join/{name}?seen=1");
    let request = two.client.put(two.url(&format!("/v1/join/{name}/request")));
    let (heard, asked) = tokio::join!(one.get(&path), request.body("hello").send());
    assert_eq!(asked.unwrap().status(), 204);
    assert!(heard.json()["request"].is_string());
}

#[tokio::test]
async fn an_erasure_through_one_process_holds_at_the_other() {
    let (one, two, mut clinic, _) = pair().await;
    let record = RecordId::from_bytes([5; 16]);
    let mut desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.push(&one, &[clinic.owner.since(1)]).await;
    clinic.pull_all(&two).await;
    desk.write_about(record, Kind::Change, b"to be gone".to_vec());
    clinic
        .owner
        .write_about(record, Kind::Erase, b"request 1".to_vec());
    clinic.push(&one, &[clinic.owner.since(1)]).await;
    clinic.push(&two, &[desk.since(1)]).await;
    for segment in clinic.pull_all(&one).await {
        for entry in segment.entries {
            let late = entry.header.author == desk.id();
            assert_eq!(entry.payload.bytes().is_none(), late);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_and_pushes_through_both_are_stored_once_and_fork_nothing() {
    const POSTS: usize = 300;
    let (one, two, mut clinic, url) = pair().await;
    let mut desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.push(&one, &[clinic.owner.since(1)]).await;
    let ids: Vec<SubmissionId> = (0..POSTS)
        .map(|_| SubmissionId::from_bytes(rand::random()))
        .collect();
    let mut posts = tokio::task::JoinSet::new();
    for id in &ids {
        let body = clinic.seal(*id, "Nguyễn Văn A");
        // The very same question to both, at the same time.
        for server in [&one, &two] {
            let request = server.client.post(server.url("/v1/submissions"));
            let request = request.header("content-type", "application/letan-sealed");
            let request = request.body(body.clone());
            posts.spawn(async move { Answer::of(request.send().await.unwrap()).await });
        }
    }
    for n in 0..20 {
        desk.write(Kind::Change, vec![n; 100]);
        let at = if n % 2 == 0 { &one } else { &two };
        let from = desk.entries.len();
        let pushed = clinic.push_as(at, &desk.signer, &[desk.since(from)]).await;
        assert_eq!(pushed["refused"], json!([]));
    }
    let mut receipts: HashMap<String, HashSet<i64>> = HashMap::new();
    while let Some(answer) = posts.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
        let receipt = answer.json();
        let id = receipt["submission"].as_str().unwrap().to_owned();
        receipts
            .entry(id)
            .or_default()
            .insert(receipt["at"].as_i64().unwrap());
    }
    assert_eq!(receipts.len(), POSTS);
    assert!(
        receipts.values().all(|times| times.len() == 1),
        "both say the same receipt"
    );
    let third = Running::sharing(&url).await;
    let all = clinic.pull_all(&one).await;
    assert_eq!(clinic.pull_all(&two).await, all);
    assert_eq!(clinic.pull_all(&third).await, all);
    let replica = replay(&clinic, &all);
    assert_eq!(replica.tip(desk.id()).unwrap().seq, 20);
    let stored: Vec<SubmissionId> = clinic
        .received(&third)
        .await
        .iter()
        .map(|one| one.sealed.ids.submission)
        .collect();
    assert_eq!(stored.len(), POSTS, "each is there once");
    assert_eq!(
        stored.into_iter().collect::<HashSet<_>>(),
        ids.into_iter().collect()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_loses_nothing_and_stops_nobody() {
    let (one, two, clinic, url) = pair().await;
    drop((one.stop().await, two.stop().await));
    let mut answered = Vec::new();
    let survivor = Program::sharing(&url);
    for round in 0..3_usize {
        let victim = Program::sharing(&url);
        let client = reqwest::Client::new();
        let mut posts = tokio::task::JoinSet::new();
        for n in 0..200 {
            let address = if n % 2 == 0 {
                victim.address
            } else {
                survivor.address
            };
            let (client, n) = (client.clone(), round * 200 + n);
            posts.spawn(async move { (n, post(&client, address, n).await) });
        }
        // Killed in the middle, perhaps in its turn.
        for _ in 0..=round * 20 {
            answered.push(posts.join_next().await.unwrap().unwrap());
        }
        victim.kill();
        while let Some(done) = posts.join_next().await {
            answered.push(done.unwrap());
        }
    }
    let odd: Vec<bool> = answered
        .iter()
        .filter(|(n, _)| n % 2 == 1)
        .map(|(_, taken)| *taken)
        .collect();
    assert_eq!(
        (odd.len(), odd.iter().all(|taken| *taken)),
        (300, true),
        "the other goes on"
    );
    survivor.kill();
    let server = Running::sharing(&url).await;
    replay(&clinic, &clinic.pull_all(&server).await);
    let received = clinic.received(&server).await;
    let stored: HashSet<String> = received
        .iter()
        .map(|one| one.sealed.ids.submission.to_string())
        .collect();
    assert_eq!(stored.len(), received.len(), "each is there once");
    for (n, taken) in answered {
        assert!(
            !taken || stored.contains(&format!("{n:032x}")),
            "{n} was answered and is lost"
        );
    }
}

#[tokio::test]
async fn a_restored_database_goes_on_as_a_new_author_also_in_a_process_that_ran_on() {
    let (one, two, mut clinic, url) = pair().await;
    let question = |n: usize| json!({ "name": "a", "phone": n.to_string() });
    assert_eq!(one.post_json(&question(1)).await.status, 202);
    drop(one.stop().await);
    let restored = Command::new(env!("CARGO_BIN_EXE_letan-intake"))
        .arg("restored")
        .env("DATABASE_URL", &url)
        // Not waited for by the thread on which the other process's turns go on.
        .output()
        .await
        .unwrap();
    assert!(restored.status.success(), "{restored:?}");
    clinic.pull_all(&two).await;
    assert_eq!(two.post_json(&question(2)).await.problem(), "not-claimed");
    clinic.enrol_server(&two).await;
    let again = clinic.claim_with(&two, &clinic.claim_body("")).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(two.post_json(&question(2)).await.status, 202);
    replay(&clinic, &clinic.pull_all(&two).await);
    assert_eq!(clinic.received(&two).await.len(), 2);
}

#[tokio::test]
async fn connections_that_broke_are_made_anew() {
    let (one, _two, clinic, url) = pair().await;
    assert_eq!(
        one.post_json(&json!({ "name": "a", "phone": "1" }))
            .await
            .status,
        202
    );
    let mut own = sqlx::PgConnection::connect(&url).await.unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let cut: i64 = sqlx::query_scalar(cut).fetch_one(&mut own).await.unwrap();
    assert!(cut > 0);
    assert_eq!(
        one.post_json(&json!({ "name": "a", "phone": "2" }))
            .await
            .status,
        202
    );
    assert_eq!(clinic.received(&one).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_and_not_waited_for() {
    let url = "postgres://letan:secret@localhost/none?host=/nowhere";
    let began = std::time::Instant::now();
    let program = Command::new(env!("CARGO_BIN_EXE_letan-intake"))
        .args(["--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", url)
        .output()
        .await
        .unwrap();
    assert!(!program.status.success());
    let said =
        String::from_utf8(program.stdout).unwrap() + &String::from_utf8(program.stderr).unwrap();
    assert!(said.contains("the database cannot be reached"), "{said}");
    assert!(!said.contains("secret"));
    assert!(began.elapsed() < Duration::from_mins(1));
}

/// Starts the program on a database; gives what it said if it ended, or nothing if it serves.
async fn starts(url: &str) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_letan-intake"));
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", url)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("listening on ") {
            return Ok(());
        }
        said += &line;
    }
    Err(said)
}

#[tokio::test]
async fn the_way_to_a_database_elsewhere_is_encrypted_and_its_server_proves_itself() {
    let (url, certificate) = database_by_tls();
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root.crt");
    std::fs::write(&root, certificate).unwrap();
    let verified = format!("{url}?sslmode=verify-full&sslrootcert={}", root.display());
    let server = Running::sharing(&verified).await;
    let mut eyes = sqlx::PgConnection::connect(&url).await.unwrap();
    let bare: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = 'letan-intake' AND datname = current_database() AND NOT ssl",
    )
    .fetch_one(&mut eyes)
    .await
    .unwrap();
    assert_eq!(bare, 0);
    let mut clinic = Clinic::found();
    assert_eq!(clinic.claim(&server).await.status, 200);
    drop(server.stop().await);
    // The machine's own roots know nothing of this certificate.
    let stranger = starts(&format!("{url}?sslmode=verify-full")).await;
    let said = stranger.expect_err("a server that nobody vouches for");
    assert!(said.contains("UnknownIssuer"), "{said}");
    assert_eq!(starts(&verified).await, Ok(()));
}
