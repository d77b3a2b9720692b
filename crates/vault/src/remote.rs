//! The desk's side of the intake server's HTTP interface: signed, bounded, typed.
mod address;
mod answer;
mod call;
mod join;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ledger::author::{AuthorKeys, Signer};
use ledger::have::Have;
use ledger::id::{AuthorId, BlobHash, ClinicId, Epoch};
use reqwest::Method;
use sha2::{Digest, Sha256};

use answer::{BUNDLE, JSON, OCTETS};
use call::{Body, Call, Client};
pub use join::Room;

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
    RoomTaken,
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
    /// A bundle, whole: what is cut on the way is an error.
    pub bundle: Vec<u8>,
    /// Pull again.
    pub more: bool,
    /// Arrival cursor for `wait`.
    pub cursor: u64,
    /// Entries still lacking after this page; older servers don't tell.
    pub left: Option<u64>,
    /// The server says that the caller was cut off. The bundle must prove it.
    pub revoked: bool,
}

/// A push's answer.
pub struct Pushed {
    /// What the server has now.
    pub have: Have,
    /// Entries whose payloads it lacks; older servers don't tell.
    pub missing: Vec<(AuthorId, u64)>,
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

/// A claim's body, founding ledger and keys' statement included, is far smaller.
const SMALL: usize = 64 * 1024;
/// A page of a pull: 4 MiB, and room for the entry that crosses it.
const PAGE: usize = 6 * 1024 * 1024;
/// An attachment's chunk, as sealed.
const BLOB: usize = ledger::chunk::MAX_SEALED;
/// The form's script or page.
const FORM: usize = 256 * 1024;

/// An ordinary exchange.
const SHORT: Duration = Duration::from_secs(30);
/// One that carries megabytes over a bad line.
const LONG: Duration = Duration::from_mins(3);
/// What the server may take to answer a long poll: 55 seconds, and the way.
const POLL: Duration = Duration::from_secs(70);

/// TLS speaks through ring in the whole process. Whoever builds a client calls this first; twice is harmless.
pub fn speak_tls() {
    // Somebody else's choice, made before, is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// One server. Cheap to clone.
#[derive(Clone)]
pub struct Remote {
    client: Arc<Client>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl Remote {
    /// Reads the address (`https://…`; plain HTTP to this machine only); connects nowhere yet.
    pub fn new(address: &str, wall: Wall) -> Result<Self, RemoteError> {
        let client = Client::new(address::parse(address)?, wall)?;
        Ok(Self {
            client: Arc::new(client),
        })
    }

    /// Server's clock minus ours in milliseconds, once it has answered.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        self.client.offset()
    }

    /// Who the server is and whom it serves.
    pub async fn clinic(&self) -> Result<ClinicInfo, RemoteError> {
        let call = Call::new(Method::GET, "/v1/clinic");
        let body = self.client.send(None, &call).await?.body(JSON).await?;
        answer::clinic(&body)
    }

    /// Makes the server this clinic's own.
    pub async fn claim(&self, who: &Caller<'_>, claim: &Claim<'_>) -> Result<Claimed, RemoteError> {
        let mut call = Call::new(Method::POST, "/v1/claim");
        call.body = Body::Json(answer::claim_body(claim)?);
        let body = self.client.send(Some(who), &call).await?.body(JSON).await?;
        answer::claimed(&body, who.clinic)
    }

    /// Fetches what the server has beyond `have`.
    pub async fn pull(&self, who: &Caller<'_>, have: &Have) -> Result<Pulled, RemoteError> {
        let mut call = Call::new(Method::POST, "/v1/pull");
        call.body = Body::Json(answer::have_body(have)?);
        (call.timeout, call.limit) = (LONG, PAGE);
        let reply = self.client.send(Some(who), &call).await?;
        let revoked = reply.maybe("letan-revoked") == Some(1);
        let (more, cursor) = if revoked {
            let number = |name| reply.maybe(name).unwrap_or(0);
            (number("letan-more"), number("letan-cursor"))
        } else {
            (reply.header("letan-more")?, reply.header("letan-cursor")?)
        };
        if more > 1 {
            return Err(RemoteError::Garbled);
        }
        let left = reply.maybe("letan-left");
        Ok(Pulled {
            bundle: reply.body(BUNDLE).await?,
            more: more == 1,
            cursor,
            left,
            revoked,
        })
    }

    /// Hands entries to the server.
    pub async fn push(&self, who: &Caller<'_>, bundle: Vec<u8>) -> Result<Pushed, RemoteError> {
        let mut call = Call::new(Method::POST, "/v1/push");
        (call.body, call.timeout) = (Body::Bundle(bundle), LONG);
        let body = self.client.send(Some(who), &call).await?.body(JSON).await?;
        answer::pushed(&body)
    }

    /// `Some(cursor)` when something arrived after `since`, `None` when the time was up.
    pub async fn wait(
        &self,
        who: &Caller<'_>,
        since: u64,
        timeout: Duration,
    ) -> Result<Option<u64>, RemoteError> {
        let mut call = Call::new(Method::GET, &format!("/v1/wait?since={since}"));
        call.timeout = POLL;
        let asked = async {
            let reply = self.client.send(Some(who), &call).await?;
            if reply.is_empty() {
                return Ok(None);
            }
            answer::cursor(&reply.body(JSON).await?).map(Some)
        };
        tokio::time::timeout(timeout, asked)
            .await
            .unwrap_or(Ok(None))
    }

    /// Stores a sealed chunk under its hash.
    pub async fn put_blob(
        &self,
        who: &Caller<'_>,
        hash: BlobHash,
        bytes: Vec<u8>,
    ) -> Result<(), RemoteError> {
        let mut call = Call::new(Method::PUT, &format!("/v1/blobs/{hash}"));
        (call.body, call.timeout) = (Body::Octets(bytes), LONG);
        self.client.send(Some(who), &call).await.map(|_| ())
    }

    /// Fetches a chunk and checks its hash; `None` when the server has no such chunk.
    pub async fn get_blob(
        &self,
        who: &Caller<'_>,
        hash: BlobHash,
    ) -> Result<Option<Vec<u8>>, RemoteError> {
        let mut call = Call::new(Method::GET, &format!("/v1/blobs/{hash}"));
        (call.timeout, call.limit) = (LONG, BLOB);
        let bytes = match self.client.send(Some(who), &call).await {
            Ok(reply) => reply.body(OCTETS).await?,
            Err(RemoteError::Problem(ProblemKind::NotFound)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if BlobHash::of(&bytes) != hash {
            return Err(RemoteError::Garbled);
        }
        Ok(Some(bytes))
    }

    /// Whether the server has a chunk.
    pub async fn has_blob(&self, who: &Caller<'_>, hash: BlobHash) -> Result<bool, RemoteError> {
        let call = Call::new(Method::HEAD, &format!("/v1/blobs/{hash}"));
        match self.client.send(Some(who), &call).await {
            Ok(_) => Ok(true),
            Err(RemoteError::Problem(ProblemKind::NotFound)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Fetches the live form and hashes it, to compare with what was pinned.
    pub async fn live_form(&self) -> Result<FormHashes, RemoteError> {
        Ok(FormHashes {
            js: self.hash_of("/v1/form.js", "text/javascript").await?,
            html: self.hash_of("/v1/form.html", "text/html").await?,
        })
    }

    async fn hash_of(&self, path: &str, media: &str) -> Result<[u8; 32], RemoteError> {
        let mut call = Call::new(Method::GET, path);
        call.limit = FORM;
        let bytes = self.client.send(None, &call).await?.body(media).await?;
        Ok(Sha256::digest(&bytes).into())
    }
}
