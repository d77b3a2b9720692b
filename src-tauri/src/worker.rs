//! The exchange with the server, for ever: sync, wait for news, and pause after a failure.
use crate::backoff;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vault::{SyncError, Vault};

/// Longest time a question for news stays open; the server answers by itself a little earlier.
const NEWS: Duration = Duration::from_mins(1);
/// How long a running exchange may take to end when the desk is locked.
const GRACE: Duration = Duration::from_secs(2);

/// A turn shorter than this is a hasty one.
const HASTY: Duration = Duration::from_secs(1);
/// So many hasty turns in a row are a busy morning; more are a server that answers nonsense.
const HASTY_MAX: u32 = 8;
/// Pause between turns from then on.
const BREATH: Duration = Duration::from_secs(2);

/// What the worker drives: the vault, or a script in tests.
pub trait Exchange: Send + Sync + 'static {
    /// Sends and fetches until nothing is left.
    fn sync(&self) -> impl Future<Output = Result<(), SyncError>> + Send;
    /// Waits for news on the server; `false` if there were none in time.
    fn wait(&self, longest: Duration) -> impl Future<Output = Result<bool, SyncError>> + Send;
}

impl Exchange for Vault {
    async fn sync(&self) -> Result<(), SyncError> {
        Vault::sync(self).await.map(drop)
    }

    async fn wait(&self, longest: Duration) -> Result<bool, SyncError> {
        Vault::wait(self, longest).await
    }
}

/// A running worker.
pub struct Worker {
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts in the current runtime; `jitter` gives numbers from 0 to 1.
    pub fn start(exchange: impl Exchange, jitter: impl FnMut() -> f64 + Send + 'static) -> Self {
        let wake = Arc::new(Notify::new());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(turns(exchange, Arc::clone(&wake), stopped, jitter));
        Self { wake, stop, task }
    }

    /// There is something to send, or a person wants to see it done: ends any pause.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends the worker; what it was exchanging ends by itself or is dropped after two seconds,
    /// which loses nothing: an exchange takes effect only as a whole.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn turns(
    exchange: impl Exchange,
    wake: Arc<Notify>,
    mut stopped: watch::Receiver<bool>,
    mut jitter: impl FnMut() -> f64,
) {
    let mut failures = 0_u32;
    let mut hasty = 0_u32;
    while !*stopped.borrow() {
        let began = Instant::now();
        match exchange.sync().await {
            // Without a server there is nothing to try until a person claims one.
            Err(SyncError::NoServer) => {
                tokio::select! {
                    () = wake.notified() => {}
                    _ = stopped.changed() => {}
                }
            }
            Err(error) => failures = rest(failures, &error, &wake, &mut stopped, &mut jitter).await,
            Ok(()) => match news(&exchange, &wake, &mut stopped).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures = rest(failures, &error, &wake, &mut stopped, &mut jitter).await;
                }
            },
        }
        hasty = if began.elapsed() < HASTY {
            hasty + 1
        } else {
            0
        };
        if hasty > HASTY_MAX {
            hasty = 0;
            pause(BREATH, &wake, &mut stopped).await;
        }
    }
}

/// Waits until the server has news, somebody wakes the worker, time is up, or it has to stop.
async fn news(
    exchange: &impl Exchange,
    wake: &Notify,
    stopped: &mut watch::Receiver<bool>,
) -> Result<(), SyncError> {
    tokio::select! {
        () = wake.notified() => Ok(()),
        _ = stopped.changed() => Ok(()),
        found = exchange.wait(NEWS) => found.map(drop),
    }
}

/// Pauses after a failure, the longer the more of them there were; gives their new number.
async fn rest(
    failures: u32,
    error: &SyncError,
    wake: &Notify,
    stopped: &mut watch::Receiver<bool>,
    jitter: &mut impl FnMut() -> f64,
) -> u32 {
    let failures = failures.saturating_add(1);
    let length = backoff::pause(failures, jitter());
    tracing::info!(%error, failures, pause_ms = length.as_millis(), "exchange failed");
    pause(length, wake, stopped).await;
    failures
}

/// Sleeps, but not through a call or the end.
async fn pause(length: Duration, wake: &Notify, stopped: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = wake.notified() => {}
        _ = stopped.changed() => {}
        () = tokio::time::sleep(length) => {}
    }
}
