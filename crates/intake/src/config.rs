//! What an operator may set, and the limits that hold otherwise.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Where "now" comes from: milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Largest body of a submission, in bytes.
pub const SUBMISSION_BYTES: usize = 16 * 1024;
/// Largest bundle taken or given in one request, in bytes, headers and heads included.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Largest attachment chunk, in bytes: 1 MiB of content and the room its sealing takes.
pub const BLOB_BYTES: usize = 1024 * 1024 + 1024;
/// Largest body of a claim, in bytes: the founding ledgers, base64, and the notice.
pub const CLAIM_BYTES: usize = 1024 * 1024;
/// Largest `have` map of a pull, in bytes: some 7,000 authors.
pub const HAVE_BYTES: usize = 512 * 1024;

/// Everything the server is started with.
#[derive(Clone)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder of the store; made if it is not there.
    pub data: PathBuf,
    /// Origins whose pages may post with script and may frame the form; `*` is any.
    pub allow_origins: Vec<String>,
    /// Whether the last hop of `X-Forwarded-For` is the visitor's address.
    pub trust_proxy: bool,
    /// Limits on size, speed and time.
    pub limits: Limits,
    /// Source of time.
    pub clock: Clock,
}

/// Limits that protect the server; the defaults suit one clinic chain.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Submissions that one address may send in a minute; 0 switches the limit off.
    pub posts_per_minute: u32,
    /// Submissions per second, of all addresses, above which proof of work is asked; 0 asks always.
    pub calm_posts_per_second: u32,
    /// Leading zero bits of a proof of work.
    pub pow_bits: u8,
    /// Connections served at one time; more wait in the operating system's queue.
    pub connections: usize,
    /// Time in which a request's header must be complete.
    pub head_timeout: Duration,
    /// Time in which a request's body must be complete.
    pub body_timeout: Duration,
    /// Longest answer time of a long poll.
    pub wait: Duration,
    /// Time that requests in flight get at a graceful stop.
    pub grace: Duration,
    /// Largest size of the store in bytes; `None` is up to the disk.
    pub store_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            posts_per_minute: 30,
            calm_posts_per_second: 20,
            pow_bits: 18,
            connections: 2048,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            wait: Duration::from_secs(55),
            grace: Duration::from_secs(20),
            store_bytes: None,
        }
    }
}

impl Config {
    /// A server on `listen` with its store in `data`, default limits and the system's clock.
    #[must_use]
    pub fn new(listen: SocketAddr, data: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            data: data.into(),
            allow_origins: Vec::new(),
            trust_proxy: false,
            limits: Limits::default(),
            clock: Arc::new(system_now),
        }
    }
}

/// Milliseconds since the Unix epoch by the system's clock.
#[must_use]
pub fn system_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
