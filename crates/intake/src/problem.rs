//! Everything that can go wrong with a request, as RFC 9457 problem documents.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not done. Carries nothing that the request contained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// The request cannot be read; the text says which part.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The body is over the route's limit.
    #[error("the body is larger than this address takes")]
    TooLarge,
    /// The body's media type is none that the route takes.
    #[error("the body's media type is not one that this address takes")]
    UnsupportedMedia,
    /// The body can be read, but a field cannot be accepted.
    #[error("{detail}")]
    Unprocessable {
        /// The field's name in the interface, never its value.
        field: &'static str,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// This address sent too much.
    #[error("too many requests from this address, try again later")]
    RateLimited {
        /// Seconds to wait.
        retry_s: u32,
    },
    /// The server is under load and asks for a proof of work.
    #[error("solve the challenge and send the post again with the header letan-pow")]
    ProofOfWork {
        /// The challenge, to be hashed and sent back as it is.
        challenge: String,
        /// Leading zero bits wanted.
        bits: u8,
    },
    /// No clinic has claimed this server yet.
    #[error("this server belongs to no clinic yet")]
    NotClaimed,
    /// The store is an old copy and goes on only after its operator has said so.
    #[error(
        "this server's store was restored from a backup; its operator must run `letan-intake restored`"
    )]
    Restored,
    /// Another clinic has claimed this server.
    #[error("this server belongs to another clinic")]
    AlreadyClaimed,
    /// The setup code is wrong.
    #[error("the setup code is wrong; the right one is on the server's console")]
    SetupCode,
    /// The request's signature is missing, wrong or by nobody known.
    #[error("the request is not signed by an enrolled author")]
    Unauthorized,
    /// The signer's clock is too far from the server's.
    #[error("the signer's clock is too far from the server's")]
    Clock {
        /// The server's time, milliseconds since the Unix epoch.
        server_ms: i64,
    },
    /// This signed request was seen before.
    #[error("this signed request was seen before")]
    Replayed,
    /// The signer was revoked.
    #[error("the signer was revoked")]
    Revoked,
    /// The signer's role does not allow it.
    #[error("only an owner's PC or the recovery kit may do this")]
    NotAllowed,
    /// Another PC asked in this waiting room first.
    #[error("another request is in this room")]
    RoomTaken,
    /// Too many waiting rooms are open.
    #[error("too many rooms are open; close one or wait until one expires")]
    RoomsFull,
    /// Nothing is at this address.
    #[error("nothing is at this address")]
    NotFound,
    /// The address takes other methods.
    #[error("the address takes other methods")]
    MethodNotAllowed,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    Timeout,
    /// The server is stopping or has more work than it can queue.
    #[error("the server is busy, try again")]
    Busy,
    /// A submission of this id with other contents is stored.
    #[error("a submission with this id and other contents was received before")]
    SubmissionConflict,
    /// The disk is full; nothing of the request was stored.
    #[error("the server's disk is full; nothing was stored")]
    DiskFull,
    /// A fault of the server; nothing of the request was stored.
    #[error("the server failed; nothing was stored")]
    Internal,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `urn:letan:problem:` and the problem's stable name.
    #[serde(rename = "type")]
    kind: String,
    /// The problem in a few words.
    title: &'static str,
    /// The answer's status.
    status: u16,
    /// What is wrong, for a developer.
    detail: String,
    /// The field that cannot be accepted (`unprocessable`).
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// The challenge to solve (`proof-of-work`).
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// Leading zero bits wanted (`proof-of-work`).
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<u8>,
    /// The server's time, milliseconds since the Unix epoch (`clock`).
    #[serde(skip_serializing_if = "Option::is_none")]
    server_ms: Option<i64>,
}

/// The problem's name, left on an answer for the log and the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProblemName(pub &'static str);

const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

impl Problem {
    /// Status, stable name and title.
    fn facts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad-request", "Bad request"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            Self::UnsupportedMedia => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media",
                "Unsupported media type",
            ),
            Self::Unprocessable { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "unprocessable",
                "A field cannot be accepted",
            ),
            Self::RateLimited { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate-limited",
                "Too many requests",
            ),
            Self::ProofOfWork { .. } => (
                StatusCode::PRECONDITION_REQUIRED,
                "proof-of-work",
                "Proof of work required",
            ),
            Self::NotClaimed => (UNAVAILABLE, "not-claimed", "Not claimed"),
            Self::Restored => (UNAVAILABLE, "restored", "Restored from a backup"),
            Self::AlreadyClaimed => (StatusCode::CONFLICT, "already-claimed", "Already claimed"),
            Self::SetupCode => (StatusCode::FORBIDDEN, "setup-code", "Wrong setup code"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized"),
            Self::Clock { .. } => (StatusCode::UNAUTHORIZED, "clock", "Clock too far off"),
            Self::Replayed => (StatusCode::UNAUTHORIZED, "replayed", "Replayed request"),
            Self::Revoked => (StatusCode::FORBIDDEN, "revoked", "Revoked"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "not-allowed", "Not allowed"),
            Self::RoomTaken => (StatusCode::CONFLICT, "room-taken", "Room taken"),
            Self::RoomsFull => (StatusCode::CONFLICT, "rooms-full", "Too many rooms"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
            ),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "Too slow"),
            Self::Busy => (UNAVAILABLE, "busy", "Busy"),
            Self::SubmissionConflict => (
                StatusCode::CONFLICT,
                "submission-conflict",
                "Submission id used before",
            ),
            Self::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk-full", "Disk full"),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
            ),
        }
    }

    /// The status of the answer.
    #[must_use]
    pub(crate) fn status(&self) -> StatusCode {
        self.facts().0
    }

    /// The stable name: the end of the document's `type`.
    #[must_use]
    pub(crate) fn name(&self) -> &'static str {
        self.facts().1
    }

    /// Seconds after which trying again makes sense.
    fn retry_s(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_s } => Some(*retry_s),
            Self::NotClaimed | Self::Restored | Self::DiskFull => Some(60),
            Self::Busy => Some(2),
            _ => None,
        }
    }

    fn document(&self) -> ProblemDocument {
        let (status, name, title) = self.facts();
        let mut document = ProblemDocument {
            kind: format!("urn:letan:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.to_string(),
            field: None,
            challenge: None,
            bits: None,
            server_ms: None,
        };
        match self {
            Self::Unprocessable { field, .. } => document.field = Some(field),
            Self::ProofOfWork { challenge, bits } => {
                document.challenge = Some(challenge.clone());
                document.bits = Some(*bits);
            }
            Self::Clock { server_ms } => document.server_ms = Some(*server_ms),
            _ => {}
        }
        document
    }

    /// Adds to an answer, whatever its body, what every answer to this problem has.
    pub(crate) fn mark(&self, response: &mut Response) {
        *response.status_mut() = self.status();
        response.extensions_mut().insert(ProblemName(self.name()));
        if let Some(seconds) = self.retry_s() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Letan");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let media = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (media, body).into_response();
        self.mark(&mut response);
        response
    }
}
