//! One request and its answer: signed, timed, bounded.
use std::sync::Mutex;
use std::time::Duration;

use ledger::request::sign_request;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode, Url};

use super::address::is_loopback;
use super::answer::{self, BUNDLE, JSON, OCTETS, PROBLEM};
use super::{Caller, ProblemKind, RemoteError, SHORT, SMALL, Wall};

/// A request's body.
pub(super) enum Body {
    None,
    Json(Vec<u8>),
    Bundle(Vec<u8>),
    Octets(Vec<u8>),
}

impl Body {
    fn parts(&self) -> (&'static str, &[u8]) {
        match self {
            Self::None => ("", &[]),
            Self::Json(bytes) => (JSON, bytes),
            Self::Bundle(bytes) => (BUNDLE, bytes),
            Self::Octets(bytes) => (OCTETS, bytes),
        }
    }
}

/// A request.
pub(super) struct Call {
    method: Method,
    path: String,
    pub(super) body: Body,
    pub(super) timeout: Duration,
    /// Bytes of the answer that are taken.
    pub(super) limit: usize,
}

impl Call {
    pub(super) fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            body: Body::None,
            timeout: SHORT,
            limit: SMALL,
        }
    }
}

/// An answer that is no error.
pub(super) struct Reply {
    response: Response,
    limit: usize,
}

impl Reply {
    /// There is nothing to read.
    pub(super) fn is_empty(&self) -> bool {
        self.response.status() == StatusCode::NO_CONTENT
    }

    /// A number out of a header.
    pub(super) fn header(&self, name: &str) -> Result<u64, RemoteError> {
        number(&self.response, name).ok_or(RemoteError::Garbled)
    }

    /// The body, which must be of this media type.
    pub(super) async fn body(self, media: &str) -> Result<Vec<u8>, RemoteError> {
        if !is_of(&self.response, media) {
            return Err(RemoteError::Garbled);
        }
        read(self.response, self.limit).await
    }
}

/// Connections to one server, and what is known of its clock.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    wall: Wall,
    offset: Mutex<Option<i64>>,
}

impl Client {
    pub(super) fn new(base: Url, wall: Wall) -> Result<Self, RemoteError> {
        crate::remote::speak_tls();
        let builder = reqwest::Client::builder()
            .user_agent("letan/1")
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10));
        // Loopback asks no certificate store, which a bare machine may not have, and no proxy.
        let builder = if is_loopback(&base) {
            builder.no_proxy().tls_certs_only([])
        } else {
            builder.https_only(true)
        };
        let http = builder.build().map_err(|_| RemoteError::Unreachable)?;
        Ok(Self {
            http,
            base,
            wall,
            offset: Mutex::new(None),
        })
    }

    pub(super) fn offset(&self) -> Option<i64> {
        *self
            .offset
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn learn(&self, server_ms: i64, local_ms: i64) {
        let mut offset = self
            .offset
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *offset = Some(server_ms.saturating_sub(local_ms));
    }

    /// Sends; signs again with the server's time when it finds ours too far off, once.
    pub(super) async fn send(
        &self,
        who: Option<&Caller<'_>>,
        call: &Call,
    ) -> Result<Reply, RemoteError> {
        match self.send_once(who, call).await {
            Err(RemoteError::Problem(ProblemKind::Clock)) if who.is_some() => {
                self.send_once(who, call).await
            }
            other => other,
        }
    }

    async fn send_once(&self, who: Option<&Caller<'_>>, call: &Call) -> Result<Reply, RemoteError> {
        let url = self
            .base
            .join(&call.path)
            .map_err(|_| RemoteError::BadAddress)?;
        let (media, body) = call.body.parts();
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .timeout(call.timeout);
        if let Some(who) = who {
            request = request.header(AUTHORIZATION, self.sign(who, call, body));
        }
        if !media.is_empty() {
            request = request.header(CONTENT_TYPE, media).body(body.to_vec());
        }
        let sent = (self.wall)();
        let response = request.send().await.map_err(|error| transport(&error))?;
        self.judge(response, sent, call.limit).await
    }

    fn sign(&self, who: &Caller<'_>, call: &Call, body: &[u8]) -> String {
        let now = (self.wall)().saturating_add(self.offset().unwrap_or(0));
        sign_request(
            who.signer,
            who.clinic,
            call.method.as_str(),
            &call.path,
            body,
            now,
            rand::random(),
        )
    }

    /// Takes the time from an answer, and passes it on if it is none of an error.
    async fn judge(
        &self,
        response: Response,
        sent: i64,
        limit: usize,
    ) -> Result<Reply, RemoteError> {
        let arrived = (self.wall)();
        let time = number(&response, "letan-time").and_then(|ms| i64::try_from(ms).ok());
        if let Some(time) = time {
            // Half the way there and back; a long poll was answered at its end.
            let way = arrived.saturating_sub(sent);
            let half = if (0..=5_000).contains(&way) {
                way / 2
            } else {
                0
            };
            self.learn(time, arrived.saturating_sub(half));
        }
        let status = response.status();
        // Every answer of ours has the time: a hotel's login page has not.
        if status.is_success() && time.is_some() {
            return Ok(Reply { response, limit });
        }
        Err(match status {
            _ if is_of(&response, PROBLEM) => self.problem(response, arrived).await,
            StatusCode::NOT_FOUND if time.is_some() => RemoteError::Problem(ProblemKind::NotFound),
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => RemoteError::Unreachable,
            _ => RemoteError::Garbled,
        })
    }

    async fn problem(&self, response: Response, arrived: i64) -> RemoteError {
        let problem = match read(response, SMALL)
            .await
            .and_then(|body| answer::problem(&body))
        {
            Ok(problem) => problem,
            Err(error) => return error,
        };
        if let Some(server_ms) = problem.server_ms {
            self.learn(server_ms, arrived);
        }
        problem.error()
    }
}

/// What went wrong on the way; the error's own text holds the address and is dropped.
fn transport(error: &reqwest::Error) -> RemoteError {
    if error.is_timeout() {
        RemoteError::Timeout
    } else {
        RemoteError::Unreachable
    }
}

fn number(response: &Response, name: &str) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

fn is_of(response: &Response, media: &str) -> bool {
    let given = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case(media)
}

/// Reads a body to its end, unless it is larger than agreed.
async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, RemoteError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(RemoteError::Garbled);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
