//! The desk's side of the intake server's HTTP interface: signed, bounded, typed.
use std::sync::Arc;
use std::time::Duration;

use ledger::author::{AuthorKeys, Signer};
use ledger::have::Have;
use ledger::id::{AuthorId, BlobHash, ClinicId, Epoch};

/// The wall clock, handed in: milliseconds since the Unix epoch.
pub type Wall = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Who asks.
pub struct Caller<'a> {
    /// The clinic that the server must serve.
    pub clinic: ClinicId,
    /// Signs every request.
    pub signer: &'a Signer,
}

/// Names of the problems a server may answer with (`urn:letan:problem:<name>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProblemKind {
    BadRequest,
    TooLarge,
    UnsupportedMedia,
    Unprocessable,
    RateLimited,
    ProofOfWork,
    NotClaimed,
    AlreadyClaimed,
    SetupCode,
    Unauthorized,
    Clock,
    Replayed,
    Revoked,
    NotFound,
    SubmissionConflict,
    DiskFull,
    Internal,
    Unknown,
}

/// Why an exchange failed; holds no address, no name, no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// No connection, or it was cut.
    #[error("the server can't be reached")]
    Unreachable,
    /// No answer in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// Not an address.
    #[error("this is no server address")]
    BadAddress,
    /// Plain HTTP to another machine.
    #[error("the address would send data without encryption")]
    InsecureAddress,
    /// The server refused, and said why.
    #[error("the server refused: {0:?}")]
    Problem(ProblemKind),
    /// The server's interface is of another version.
    #[error("the server speaks another version")]
    Version,
    /// The server answers for another clinic.
    #[error("the server belongs to another clinic")]
    WrongClinic,
    /// The answer makes no sense.
    #[error("the server's answer makes no sense")]
    Garbled,
}

/// What `/v1/clinic` says.
pub struct ClinicInfo {
    /// Claimed by a clinic.
    pub claimed: bool,
    /// That clinic.
    pub clinic: Option<ClinicId>,
    /// Its name.
    pub name: Option<String>,
    /// Epoch of the intake key.
    pub epoch: Option<Epoch>,
    /// Intake key.
    pub intake_key: Option<[u8; 32]>,
    /// Signed statement of that key, as it came.
    pub statement: Option<Vec<u8>>,
    /// Version of the notice.
    pub notice_version: String,
    /// SHA-256 of the notice's text.
    pub notice_hash: [u8; 32],
    /// The notice's text.
    pub notice_text: String,
    /// The server's author keys.
    pub server: AuthorKeys,
    /// What the server says its form hashes to.
    pub form: FormHashes,
    /// Bits of work that a post needs now.
    pub pow_bits: u8,
}

/// SHA-256 of the embeddable form's two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct FormHashes {
    pub js: [u8; 32],
    pub html: [u8; 32],
}

/// A claim.
pub struct Claim<'a> {
    /// One-time setup code.
    pub code: &'a str,
    /// The founding ledger so far.
    pub bundle: &'a [u8],
    /// Signed statement of the intake key.
    pub statement: &'a [u8],
    /// Clinic's name.
    pub name: &'a str,
    /// Notice's version.
    pub notice_version: &'a str,
    /// Notice's text.
    pub notice_text: &'a str,
}

/// A claim's answer.
pub struct Claimed {
    /// The server's author keys, to be enrolled.
    pub server: AuthorKeys,
    /// What the server has.
    pub have: Have,
}

/// A pull's answer.
pub struct Pulled {
    /// A bundle, at most 4 MiB and the framing; may be cut, `ledger::bundle` says so.
    pub bundle: Vec<u8>,
    /// Pull again.
    pub more: bool,
    /// Arrival cursor for `wait`.
    pub cursor: u64,
}

/// A push's answer.
pub struct Pushed {
    /// What the server has now.
    pub have: Have,
    /// What it refused.
    pub refused: Vec<Refused>,
}

/// An author's entries refused by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub author: AuthorId,
    /// From this number on.
    pub seq: u64,
    /// The server's word for why: a short code, at most 40 ASCII characters.
    pub reason: String,
}

/// One server. Cheap to clone.
#[derive(Clone)]
pub struct Remote {}

#[allow(missing_docs, unused_variables, clippy::unused_self, clippy::unused_async)]
impl Remote {
    /// Reads the address (`https://…`, plain HTTP to loopback only); connects nowhere yet.
    pub fn new(address: &str, wall: Wall) -> Result<Self, RemoteError> {
        Err(RemoteError::BadAddress)
    }
    /// Server's clock minus ours in milliseconds, once it has answered.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        None
    }
    pub async fn clinic(&self) -> Result<ClinicInfo, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    pub async fn claim(&self, who: &Caller<'_>, claim: &Claim<'_>) -> Result<Claimed, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    pub async fn pull(&self, who: &Caller<'_>, have: &Have) -> Result<Pulled, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    pub async fn push(&self, who: &Caller<'_>, bundle: Vec<u8>) -> Result<Pushed, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    /// `Some(cursor)` when something arrived after `since`, `None` when the time was up.
    pub async fn wait(&self, who: &Caller<'_>, since: u64, timeout: Duration) -> Result<Option<u64>, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    pub async fn put_blob(&self, who: &Caller<'_>, hash: BlobHash, bytes: Vec<u8>) -> Result<(), RemoteError> {
        Err(RemoteError::Unreachable)
    }
    /// `None` when the server has no such blob; the hash is checked.
    pub async fn get_blob(&self, who: &Caller<'_>, hash: BlobHash) -> Result<Option<Vec<u8>>, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    pub async fn has_blob(&self, who: &Caller<'_>, hash: BlobHash) -> Result<bool, RemoteError> {
        Err(RemoteError::Unreachable)
    }
    /// Fetches the live form and hashes it, to compare with what was pinned.
    pub async fn live_form(&self) -> Result<FormHashes, RemoteError> {
        Err(RemoteError::Unreachable)
    }
}
