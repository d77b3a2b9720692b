//! What an operator may set, and the limits that hold otherwise.

use std::{
    net::{Ipv6Addr, SocketAddr},
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
/// Largest attachment chunk as sealed, in bytes.
pub const BLOB_BYTES: usize = ledger::chunk::MAX_SEALED;
/// Largest body of a claim, in bytes: the founder's whole ledger up to the server's enrolment, base64,
/// and the notice. A clinic may have worked alone before it claims: this holds some 30,000 acts.
pub const CLAIM_BYTES: usize = 16 * 1024 * 1024;
/// Largest `have` map of a pull, in bytes: some 7,000 authors.
pub const HAVE_BYTES: usize = 512 * 1024;

/// Largest offer or request in a waiting room, in bytes.
pub const DOOR_BYTES: usize = 2 * 1024;
/// Largest answer in a waiting room, in bytes.
pub const ANSWER_BYTES: usize = 64 * 1024;

/// Everything the server is started with.
#[derive(Clone)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder of the store; made if it is not there.
    pub data: PathBuf,
    /// Address of a PostgreSQL database to use instead of the folder, `postgres://…`; it may hold a password.
    pub database_url: Option<String>,
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
    /// Connections of one address (IPv6: of one /64) served at one time; more are closed at once. 0 is no limit. Not
    /// applied behind a trusted proxy, whose address all visitors share.
    pub connections_per_address: usize,
    /// Bytes of desks' and claims' bodies in memory at one time; a quarter of it for one author.
    pub desk_bytes: usize,
    /// Time in which a reader must take 32 KiB, or all that waits for it.
    pub stall: Duration,
    /// Time in which a request's header must be complete.
    pub head_timeout: Duration,
    /// Time in which a request's body must be complete.
    pub body_timeout: Duration,
    /// Longest answer time of a long poll.
    pub wait: Duration,
    /// Longest answer time of a look into a waiting room.
    pub door_wait: Duration,
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
            connections_per_address: 128,
            desk_bytes: 128 * 1024 * 1024,
            stall: Duration::from_secs(30),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            wait: Duration::from_secs(55),
            door_wait: Duration::from_secs(25),
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
            database_url: None,
            allow_origins: Vec::new(),
            trust_proxy: false,
            limits: Limits::default(),
            clock: Arc::new(system_now),
        }
    }
}

/// Whether `text` is an origin exactly as browsers send it, or `*`: `https://cuoiholoi.vn`, with a port only if it is
/// not the usual one. Anything else would match no browser's header, or say more than an origin in the page's policy.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let schemes = [("https://", 443), ("http://", 80)];
    let found = schemes
        .iter()
        .find_map(|(scheme, usual)| Some((text.strip_prefix(scheme)?, *usual)));
    let Some((place, usual)) = found else {
        return false;
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    is_host(host) && port.is_none_or(|port| is_port(port, usual))
}

fn is_port(text: &str, usual: u16) -> bool {
    let number = text.parse::<u16>();
    number.is_ok_and(|port| port != usual && port != 0 && port.to_string() == text)
}

/// A name in ASCII (punycode where it has other letters) and lower case, or an address.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').map(str::parse::<Ipv6Addr>);
        return address.is_some_and(|address| address.is_ok_and(|it| format!("[{it}]") == host));
    }
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label = |label: &str| !label.is_empty() && label.bytes().all(letter);
    !host.is_empty() && host.split('.').all(label)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_would_send() {
        for good in [
            "*",
            "https://cuoiholoi.vn",
            "https://xn--nhakha-9xa.vn:8443",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "https://[2001:db8::1]",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "cuoiholoi.vn",
            "https://cuoiholoi.vn/",
            "https://cuoiholoi.vn/hoi",
            "https://Cuoiholoi.vn",
            "https://nụcười.vn",
            "https://a.vn:443",
            "http://a.vn:080",
            "https://a.vn:",
            "https://a.vn:99999",
            "https://a..vn",
            "https://a.vn;script-src *",
            "https://a.vn 'unsafe-inline'",
            "https://u@a.vn",
            "https://[::1",
            "https://[0:0::1]",
            "null",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
