//! The exchange with the server, for ever: sync, wait for news, and pause after a failure.
use crate::backoff;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use vault::{SyncError, Vault};

/// Longest time a question for news stays open; the server answers by itself a little earlier.
const NEWS: Duration = Duration::from_mins(1);
/// A turn shorter than this is a hasty one.
const HASTY: Duration = Duration::from_secs(1);
/// So many hasty turns in a row are a busy morning; more are a server that answers nonsense.
const HASTY_MAX: u32 = 8;
/// Pause after too much haste.
const BREATH: Duration = Duration::from_secs(2);

/// What the worker drives: the vault, or a script in tests.
pub trait Exchange: Send + Sync + 'static {
    /// Sends and fetches until nothing is left. To be dropped at any moment without harm.
    fn sync(&self) -> impl Future<Output = Result<(), SyncError>> + Send;
    /// Waits for news on the server; `false` if there were none in time.
    fn wait(&self, longest: Duration) -> impl Future<Output = Result<bool, SyncError>> + Send;
    /// Lets time pass.
    fn rest(&self, length: Duration) -> impl Future<Output = ()> + Send;
}

impl Exchange for Vault {
    async fn sync(&self) -> Result<(), SyncError> {
        Self::sync(self).await.map(drop)
    }

    async fn wait(&self, longest: Duration) -> Result<bool, SyncError> {
        Self::wait(self, longest).await
    }

    async fn rest(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

/// A running worker.
pub struct Worker {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts in the current runtime; `jitter` gives numbers from 0 to 1.
    pub fn start(exchange: impl Exchange, jitter: impl FnMut() -> f64 + Send + 'static) -> Self {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(turns(exchange, Arc::clone(&wake), jitter));
        Self { wake, task }
    }

    /// There is something to send, or a person wants to see it done: ends any pause.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends the worker, whatever it is waiting for.
    pub async fn stop(self) {
        self.task.abort();
        // Cancelled is what was asked for.
        let _ = self.task.await;
    }
}

async fn turns(exchange: impl Exchange, wake: Arc<Notify>, mut jitter: impl FnMut() -> f64) {
    let (mut failures, mut hasty) = (0_u32, 0_u32);
    loop {
        let began = Instant::now();
        match turn(&exchange, &wake).await {
            Ok(()) => failures = 0,
            // Without a server there is nothing to try until a person claims one.
            Err(SyncError::NoServer) => wake.notified().await,
            Err(error) => {
                failures = failures.saturating_add(1);
                let length = backoff::pause(failures, jitter());
                tracing::info!(%error, failures, pause_ms = length.as_millis(), "exchange failed");
                if pause(&exchange, &wake, length).await {
                    // A busy hour without a server must not make the pauses after it long.
                    failures = failures.saturating_sub(1);
                }
            }
        }
        hasty = if began.elapsed() < HASTY {
            hasty + 1
        } else {
            0
        };
        if hasty > HASTY_MAX {
            hasty = 0;
            pause(&exchange, &wake, BREATH).await;
        }
    }
}

/// One exchange, then the wait for a reason to have another one.
async fn turn(exchange: &impl Exchange, wake: &Notify) -> Result<(), SyncError> {
    exchange.sync().await?;
    tokio::select! {
        () = wake.notified() => Ok(()),
        found = exchange.wait(NEWS) => found.map(drop),
    }
}

/// Lets time pass, but not through a call; whether it was a call that ended it.
async fn pause(exchange: &impl Exchange, wake: &Notify, length: Duration) -> bool {
    tokio::select! {
        () = wake.notified() => true,
        () = exchange.rest(length) => false,
    }
}
