//! The worker's turns, against a scripted server and a clock that jumps.
use crate::worker::Call::{Rest, Sync, Wait};
use le_tan_lib::worker::{Exchange, Worker};
use std::collections::VecDeque;
use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use vault::SyncError;

/// What the next call answers; after the script's end nothing ever comes.
type Script<T> = Mutex<VecDeque<Result<T, SyncError>>>;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Call {
    Sync,
    Wait,
    /// So many seconds.
    Rest(u64),
}

struct Scripted {
    sync: Script<()>,
    wait: Script<bool>,
    /// Pauses never end by themselves.
    slow: bool,
    calls: UnboundedSender<Call>,
}

impl Scripted {
    async fn answer<T>(&self, call: Call, script: &Script<T>) -> Result<T, SyncError> {
        self.calls.send(call).unwrap();
        let next = script.lock().unwrap().pop_front();
        match next {
            Some(answer) => answer,
            None => pending().await,
        }
    }
}

impl Exchange for Scripted {
    async fn sync(&self) -> Result<(), SyncError> {
        self.answer(Sync, &self.sync).await
    }

    async fn wait(&self, _: Duration) -> Result<bool, SyncError> {
        self.answer(Wait, &self.wait).await
    }

    async fn rest(&self, length: Duration) {
        self.calls.send(Rest(length.as_secs())).unwrap();
        if self.slow {
            pending::<()>().await;
        }
    }
}

/// A worker, its calls, and a way to look at them.
struct Stage {
    worker: Worker,
    calls: UnboundedReceiver<Call>,
}

impl Stage {
    fn new(
        sync: impl IntoIterator<Item = Result<(), SyncError>>,
        wait: impl IntoIterator<Item = Result<bool, SyncError>>,
        slow: bool,
    ) -> Self {
        let (sender, calls) = unbounded_channel();
        let exchange = Scripted {
            sync: Mutex::new(sync.into_iter().collect()),
            wait: Mutex::new(wait.into_iter().collect()),
            slow,
            calls: sender,
        };
        Self {
            worker: Worker::start(exchange, || 0.0),
            calls,
        }
    }

    async fn next(&mut self, count: usize) -> Vec<Call> {
        let mut calls = Vec::new();
        for _ in 0..count {
            calls.push(self.calls.recv().await.unwrap());
        }
        calls
    }
}

fn down<T>() -> Result<T, SyncError> {
    Err(SyncError::Unreachable)
}

#[tokio::test]
async fn failures_are_followed_by_longer_and_longer_pauses() {
    let mut stage = Stage::new([down(), down(), down(), down()], [], false);
    let calls = stage.next(9).await;
    assert_eq!(
        calls,
        [
            Sync,
            Rest(1),
            Sync,
            Rest(2),
            Sync,
            Rest(4),
            Sync,
            Rest(8),
            Sync
        ]
    );
}

#[tokio::test]
async fn a_success_makes_the_next_pause_short_again() {
    let mut stage = Stage::new([down(), down(), Ok(()), down()], [Ok(true)], false);
    let calls = stage.next(8).await;
    assert_eq!(
        calls,
        [Sync, Rest(1), Sync, Rest(2), Sync, Wait, Sync, Rest(1)]
    );
}

#[tokio::test]
async fn a_server_that_fails_while_it_is_waited_for_is_a_failure_too() {
    let mut stage = Stage::new([Ok(()), Ok(())], [down(), down()], false);
    let calls = stage.next(6).await;
    assert_eq!(calls, [Sync, Wait, Rest(1), Sync, Wait, Rest(2)]);
}

#[tokio::test]
async fn a_call_ends_the_pause() {
    let mut stage = Stage::new([down()], [], true);
    assert_eq!(stage.next(2).await, [Sync, Rest(1)]);
    stage.worker.wake();
    assert_eq!(stage.next(1).await, [Sync]);
}

#[tokio::test]
async fn calls_in_a_pause_do_not_make_the_next_one_longer() {
    let mut stage = Stage::new([down(), down(), down()], [], true);
    assert_eq!(stage.next(2).await, [Sync, Rest(1)]);
    for _ in 0..2 {
        stage.worker.wake();
        assert_eq!(stage.next(2).await, [Sync, Rest(1)]);
    }
}

#[tokio::test]
async fn a_call_during_the_wait_for_news_exchanges_at_once() {
    let mut stage = Stage::new([Ok(()), Ok(())], [], true);
    assert_eq!(stage.next(2).await, [Sync, Wait]);
    stage.worker.wake();
    assert_eq!(stage.next(2).await, [Sync, Wait]);
}

#[tokio::test]
async fn an_act_during_an_exchange_is_followed_by_another_exchange() {
    let mut stage = Stage::new([Ok(()), Ok(())], [], true);
    stage.worker.wake();
    // Whether the wait was begun in between does not matter.
    let calls = stage.next(3).await;
    assert_eq!(calls.iter().filter(|call| **call == Sync).count(), 2);
}

#[tokio::test]
async fn without_a_server_nothing_is_tried_until_someone_calls() {
    let mut stage = Stage::new([Err(SyncError::NoServer), Ok(())], [], false);
    assert_eq!(stage.next(1).await, [Sync]);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(stage.calls.is_empty());
    stage.worker.wake();
    assert_eq!(stage.next(2).await, [Sync, Wait]);
}

#[tokio::test]
async fn a_server_that_always_claims_news_is_asked_in_measure() {
    let mut stage = Stage::new(vec![Ok(()); 100], vec![Ok(true); 100], false);
    let calls = stage.next(100).await;
    let breaths = calls.iter().filter(|call| **call == Rest(2)).count();
    assert!((4..=6).contains(&breaths), "{calls:?}");
}

#[tokio::test]
async fn a_worker_stops_whatever_it_is_waiting_for() {
    for sync in [
        vec![],
        vec![Ok(())],
        vec![down()],
        vec![Err(SyncError::NoServer)],
    ] {
        let mut stage = Stage::new(sync, [], true);
        stage.next(1).await;
        stage.worker.stop().await;
        while stage.calls.recv().await.is_some() {}
    }
}
