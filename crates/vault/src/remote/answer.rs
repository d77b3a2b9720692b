//! The server's answers, read with suspicion.
use std::collections::BTreeMap;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ledger::author::AuthorKeys;
use ledger::have::Have;
use ledger::id::{ClinicId, Epoch};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{
    Claim, Claimed, ClinicInfo, FormHashes, ProblemKind, Pushed, Refused, RemoteError, Room,
};

pub(super) const JSON: &str = "application/json";
pub(super) const BUNDLE: &str = "application/letan-bundle";
pub(super) const OCTETS: &str = "application/octet-stream";
pub(super) const PROBLEM: &str = "application/problem+json";

/// The interface that this program speaks.
const API: u32 = 1;
/// Characters of a server's reason that are kept.
const REASON: usize = 40;

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, RemoteError> {
    serde_json::from_slice(body).map_err(|_| RemoteError::Garbled)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, RemoteError> {
    serde_json::to_vec(value).map_err(|_| RemoteError::Garbled)
}

fn key(hex: &str) -> Result<[u8; 32], RemoteError> {
    let bytes = HEXLOWER
        .decode(hex.as_bytes())
        .map_err(|_| RemoteError::Garbled)?;
    bytes.try_into().map_err(|_| RemoteError::Garbled)
}

fn base64(text: &str) -> Result<Vec<u8>, RemoteError> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| RemoteError::Garbled)
}

fn have(map: &BTreeMap<String, u64>) -> Result<Have, RemoteError> {
    Have::from_map(map).map_err(|_| RemoteError::Garbled)
}

#[derive(Deserialize)]
struct Keys {
    sign: String,
    receive: String,
}

impl Keys {
    fn read(&self) -> Result<AuthorKeys, RemoteError> {
        Ok(AuthorKeys {
            sign: key(&self.sign)?,
            receive: key(&self.receive)?,
        })
    }
}

#[derive(Deserialize)]
struct Api {
    api: u32,
}

#[derive(Deserialize)]
struct Clinic {
    claimed: bool,
    #[serde(rename = "clinic")]
    id: Option<String>,
    name: Option<String>,
    epoch: Option<u32>,
    intake_key: Option<String>,
    statement: Option<String>,
    /// Nothing before the first claim.
    notice: Option<Notice>,
    server: Keys,
    form: Form,
    pow: Work,
}

#[derive(Deserialize)]
struct Notice {
    version: String,
    hash: String,
    text: String,
}

impl Default for Notice {
    fn default() -> Self {
        Self {
            version: String::new(),
            hash: "0".repeat(64),
            text: String::new(),
        }
    }
}

#[derive(Deserialize)]
struct Form {
    js: String,
    html: String,
}

#[derive(Deserialize)]
struct Work {
    bits: u8,
}

/// Reads `/v1/clinic`.
pub(super) fn clinic(body: &[u8]) -> Result<ClinicInfo, RemoteError> {
    // The version first: another version's other fields mean nothing.
    if json::<Api>(body)?.api != API {
        return Err(RemoteError::Version);
    }
    let info: Clinic = json(body)?;
    let notice = info.notice.unwrap_or_default();
    let intake_key = info.intake_key.as_deref().map(base64).transpose()?;
    Ok(ClinicInfo {
        claimed: info.claimed,
        clinic: info
            .id
            .map(|id| id.parse().map_err(|_| RemoteError::Garbled))
            .transpose()?,
        name: info.name,
        epoch: info.epoch.map(Epoch),
        intake_key: intake_key
            .map(|key| key.try_into().map_err(|_| RemoteError::Garbled))
            .transpose()?,
        statement: info.statement.as_deref().map(base64).transpose()?,
        notice_version: notice.version,
        notice_hash: key(&notice.hash)?,
        notice_text: notice.text,
        server: info.server.read()?,
        form: FormHashes {
            js: key(&info.form.js)?,
            html: key(&info.form.html)?,
        },
        pow_bits: info.pow.bits,
    })
}

#[derive(Serialize)]
struct ClaimBody<'a> {
    code: &'a str,
    bundle: String,
    statement: String,
    name: &'a str,
    notice: ClaimNotice<'a>,
}

#[derive(Serialize)]
struct ClaimNotice<'a> {
    version: &'a str,
    text: &'a str,
}

/// Writes a claim.
pub(super) fn claim_body(claim: &Claim<'_>) -> Result<Vec<u8>, RemoteError> {
    to_json(&ClaimBody {
        code: claim.code,
        bundle: BASE64URL_NOPAD.encode(claim.bundle),
        statement: BASE64URL_NOPAD.encode(claim.statement),
        name: claim.name,
        notice: ClaimNotice {
            version: claim.notice_version,
            text: claim.notice_text,
        },
    })
}

#[derive(Deserialize)]
struct ClaimAnswer {
    clinic: String,
    server: Keys,
    have: BTreeMap<String, u64>,
}

/// Reads a claim's answer.
pub(super) fn claimed(body: &[u8], clinic: ClinicId) -> Result<Claimed, RemoteError> {
    let answer: ClaimAnswer = json(body)?;
    if answer.clinic.parse() != Ok(clinic) {
        return Err(RemoteError::WrongClinic);
    }
    Ok(Claimed {
        server: answer.server.read()?,
        have: have(&answer.have)?,
    })
}

#[derive(Serialize)]
struct HaveBody {
    have: BTreeMap<String, u64>,
}

/// Writes what we have.
pub(super) fn have_body(have: &Have) -> Result<Vec<u8>, RemoteError> {
    to_json(&HaveBody {
        have: have.to_map(),
    })
}

#[derive(Deserialize)]
struct PushAnswer {
    have: BTreeMap<String, u64>,
    #[serde(default)]
    missing: BTreeMap<String, Vec<u64>>,
    #[serde(default)]
    refused: Vec<RefusedAnswer>,
}

#[derive(Deserialize)]
struct RefusedAnswer {
    author: String,
    seq: u64,
    reason: String,
}

/// Reads a push's answer.
pub(super) fn pushed(body: &[u8]) -> Result<Pushed, RemoteError> {
    let answer: PushAnswer = json(body)?;
    let refused = |refused: RefusedAnswer| {
        // A word for the log: nothing else may come in through it.
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
        Ok(Refused {
            author: refused.author.parse().map_err(|_| RemoteError::Garbled)?,
            seq: refused.seq,
            reason: refused.reason.chars().filter(plain).take(REASON).collect(),
        })
    };
    let mut missing = Vec::new();
    for (author, numbers) in &answer.missing {
        let author = author.parse().map_err(|_| RemoteError::Garbled)?;
        missing.extend(numbers.iter().map(|seq| (author, *seq)));
    }
    Ok(Pushed {
        have: have(&answer.have)?,
        missing,
        refused: answer
            .refused
            .into_iter()
            .map(refused)
            .collect::<Result<_, RemoteError>>()?,
    })
}

#[derive(Deserialize)]
struct CursorAnswer {
    cursor: u64,
}

/// Reads a long poll's answer.
pub(super) fn cursor(body: &[u8]) -> Result<u64, RemoteError> {
    json::<CursorAnswer>(body).map(|answer| answer.cursor)
}

/// A problem document.
#[derive(Deserialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    /// The server's clock, with a `clock` problem.
    pub(super) server_ms: Option<i64>,
}

/// Reads a problem document.
pub(super) fn problem(body: &[u8]) -> Result<Problem, RemoteError> {
    json(body)
}

impl Problem {
    /// What it means here.
    pub(super) fn error(&self) -> RemoteError {
        let name = self
            .kind
            .strip_prefix("urn:letan:problem:")
            .unwrap_or_default();
        RemoteError::Problem(match name {
            // Try again later, as with a server that says nothing.
            "timeout" | "busy" => return RemoteError::Timeout,
            "method-not-allowed" => return RemoteError::Version,
            "bad-request" => ProblemKind::BadRequest,
            "too-large" => ProblemKind::TooLarge,
            "unsupported-media" => ProblemKind::UnsupportedMedia,
            "unprocessable" => ProblemKind::Unprocessable,
            "rate-limited" => ProblemKind::RateLimited,
            "proof-of-work" => ProblemKind::ProofOfWork,
            "not-claimed" => ProblemKind::NotClaimed,
            "already-claimed" => ProblemKind::AlreadyClaimed,
            "setup-code" => ProblemKind::SetupCode,
            "unauthorized" => ProblemKind::Unauthorized,
            "clock" => ProblemKind::Clock,
            "replayed" => ProblemKind::Replayed,
            "revoked" => ProblemKind::Revoked,
            "not-found" => ProblemKind::NotFound,
            "room-taken" => ProblemKind::RoomTaken,
            "submission-conflict" => ProblemKind::SubmissionConflict,
            "disk-full" => ProblemKind::DiskFull,
            "internal" => ProblemKind::Internal,
            _ => ProblemKind::Unknown,
        })
    }
}

#[derive(Serialize)]
struct RoomBody {
    room: String,
    offer: String,
    expires_ms: u64,
}

/// Writes the opening of a waiting room.
pub(super) fn room_body(
    room: &[u8; 16],
    offer: &[u8],
    expires_ms: u64,
) -> Result<Vec<u8>, RemoteError> {
    to_json(&RoomBody {
        room: HEXLOWER.encode(room),
        offer: BASE64URL_NOPAD.encode(offer),
        expires_ms,
    })
}

#[derive(Deserialize)]
struct RoomAnswer {
    offer: String,
    request: Option<String>,
    answer: Option<String>,
}

/// Reads what lies in a waiting room.
pub(super) fn room(body: &[u8]) -> Result<Room, RemoteError> {
    let room: RoomAnswer = json(body)?;
    Ok(Room {
        offer: base64(&room.offer)?,
        request: room.request.as_deref().map(base64).transpose()?,
        answer: room.answer.as_deref().map(base64).transpose()?,
    })
}
