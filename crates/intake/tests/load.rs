//! The floor of load: ten thousand questions, many at once, each sent up to five times, in the real program.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use ledger::SubmissionId;
use reqwest::Client;

use super::support::{Answer, Clinic, Program, Running, database};

const POSTS: usize = 10_000;
/// Senders that post at the same time, below the connections that one address may have.
const LANES: usize = 96;
/// What a small machine has to spare.
const MOST_MIB: u64 = 400;

/// How often question `n` is sent: 1 to 5 times; most visitors click once.
fn times(n: usize) -> usize {
    match n % 50 {
        0 => 5,
        1 => 4,
        2 | 3 => 3,
        4..=8 => 2,
        _ => 1,
    }
}

/// Part of all answers that are about a question that was not there before.
#[allow(clippy::cast_precision_loss, reason = "some ten thousands")]
fn share_of_firsts() -> f64 {
    POSTS as f64 / (0..POSTS).map(times).sum::<usize>() as f64
}

async fn send(client: &Client, url: &str, body: &Arc<[u8]>) -> (String, i64) {
    let request = client
        .post(url)
        .header("content-type", "application/letan-sealed")
        .body(body.to_vec());
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let receipt = answer.json();
    (
        receipt["submission"].as_str().unwrap().to_owned(),
        receipt["at"].as_i64().unwrap(),
    )
}

/// Sends everything; gives each submission's receipts, and the answers in a second.
async fn storm(url: &str, bodies: &[Arc<[u8]>]) -> (HashMap<String, HashSet<i64>>, f64) {
    let client = Client::new();
    let mut lanes = tokio::task::JoinSet::new();
    // Repetitions follow the first in other lanes, so that some meet it in the same transaction and some come later.
    let all: Vec<Arc<[u8]>> = (0..5)
        .flat_map(|round| {
            bodies
                .iter()
                .enumerate()
                .filter(move |(n, _)| round < times(*n))
        })
        .map(|(_, body)| Arc::clone(body))
        .collect();
    let all = Arc::new(all);
    let began = Instant::now();
    for lane in 0..LANES {
        let (client, url, all) = (client.clone(), url.to_owned(), Arc::clone(&all));
        lanes.spawn(async move {
            let mut receipts = Vec::new();
            for body in all.iter().skip(lane).step_by(LANES) {
                receipts.push(send(&client, &url, body).await);
            }
            receipts
        });
    }
    let mut receipts: HashMap<String, HashSet<i64>> = HashMap::new();
    while let Some(lane) = lanes.join_next().await {
        for (id, at) in lane.unwrap() {
            receipts.entry(id).or_default().insert(at);
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "some ten thousands")]
    let speed = all.len() as f64 / began.elapsed().as_secs_f64();
    (receipts, speed)
}

async fn bears(
    program: Program,
    clinic: &Clinic,
    store: &str,
    reopened: impl Future<Output = Running>,
) {
    let ids: Vec<SubmissionId> = (0..POSTS)
        .map(|_| SubmissionId::from_bytes(rand::random()))
        .collect();
    let bodies: Vec<Arc<[u8]>> = ids
        .iter()
        .map(|id| clinic.seal(*id, "Nguyễn Văn A").into())
        .collect();
    let url = format!("http://{}/v1/submissions", program.address);
    let (receipts, speed) = storm(&url, &bodies).await;
    let peak = program.peak_mib();
    #[allow(clippy::print_stderr)] // the figures that a reader of the log looks for
    {
        eprintln!(
            "{store}: {speed:.0} durable answers a second, {:.0} of them first ones, {peak} MiB at most",
            speed * share_of_firsts(),
        );
    }
    assert!(peak <= MOST_MIB, "{peak} MiB");
    assert_eq!(receipts.len(), POSTS);
    assert!(
        receipts.values().all(|times| times.len() == 1),
        "every repetition is told the first receipt"
    );
    program.kill();
    let server = reopened.await;
    let received = clinic.received(&server).await;
    let stored: HashSet<SubmissionId> = received
        .iter()
        .map(|one| one.sealed.ids.submission)
        .collect();
    assert_eq!((received.len(), stored), (POSTS, ids.into_iter().collect()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_questions_are_each_stored_once_in_a_file() {
    let (server, clinic) = Running::claimed().await;
    let dir = server.stop().await;
    let program = Program::start(dir.path(), true);
    bears(program, &clinic, "SQLite", Running::on(dir, |_| {})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_questions_are_each_stored_once_in_a_database() {
    let url = database();
    let server = Running::sharing(&url).await;
    let mut clinic = Clinic::found();
    assert_eq!(clinic.claim(&server).await.status, 200);
    drop(server.stop().await);
    let program = Program::sharing(&url);
    bears(program, &clinic, "PostgreSQL", Running::sharing(&url)).await;
}
