//! What passes through the waiting room: offer, request, answer.
use super::code::JoinCode;
use super::{MAX_ANSWER, MAX_REQUEST};
use crate::author::AuthorKeys;
use crate::cbor::Map;
use crate::member::Role;
use crate::wire::{self, Opening};
use core::fmt;
use minicbor::Decoder;
use thiserror::Error;

const OFFER: [u8; 5] = *b"LTOFR";
const REQUEST: [u8; 5] = *b"LTREQ";
const ANSWER: [u8; 5] = *b"LTANS";
const TAG: usize = 32;
/// Names, in characters; the same as in a member entry.
const MAX_CHARS: usize = 200;
/// Version of a program, in characters.
const VERSION_CHARS: usize = 40;

/// Why bytes are not the message that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JoinError {
    /// Not such a message, or not in its only encoding.
    #[error("not a message of the waiting room")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
    /// Not written by whoever has the code, or not about this offer and request.
    #[error("the message does not belong to this invitation")]
    Foreign,
}

/// What the owner's PC offers. `Debug` shows no names.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// Keys of the PC that invites.
    pub keys: AuthorKeys,
    /// What the new PC may become: desk or owner.
    pub role: Role,
    /// Name of the PC that invites.
    pub desk: String,
    /// The clinic's name.
    pub clinic: String,
    /// Not good for anything afterwards; milliseconds since the Unix epoch by the inviting PC's clock.
    pub expires_ms: u64,
}

/// What the new PC asks for. `Debug` shows no names.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Its keys.
    pub keys: AuthorKeys,
    /// Its name.
    pub name: String,
    /// Its branch; may be empty.
    pub branch: String,
    /// Version of its program.
    pub version: String,
}

/// What the owner answers.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was not let in.
    Refused,
    /// It is enrolled, and the server knows.
    Accepted {
        /// As what.
        role: Role,
        /// Entries that the inviting PC holds of all authors: what the first exchange has to bring, about.
        entries: u64,
        /// Grants of every clinic key, one behind the other, each as the payload of a grant entry.
        grants: Vec<u8>,
    },
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer({}, {:?})", self.keys.id(), self.role)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.keys.id())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("Refused"),
            Self::Accepted { role, .. } => write!(f, "Accepted({role:?})"),
        }
    }
}

mod key {
    pub(super) const SIGN: u64 = 0;
    pub(super) const RECEIVE: u64 = 1;
    pub(super) const ROLE: u64 = 2;
    pub(super) const NAME: u64 = 3;
    pub(super) const CLINIC: u64 = 4;
    pub(super) const EXPIRES: u64 = 5;
    pub(super) const BRANCH: u64 = 6;
    pub(super) const VERSION: u64 = 7;
    pub(super) const ACCEPTED: u64 = 8;
    pub(super) const ENTRIES: u64 = 9;
    pub(super) const GRANTS: u64 = 10;
}

impl Offer {
    /// `LTOFR` ‖ suite ‖ CBOR map ‖ tag.
    #[must_use]
    pub fn encode(&self, code: &JoinCode) -> Vec<u8> {
        let mut map = Map::new();
        map.bytes(key::SIGN, &self.keys.sign);
        map.bytes(key::RECEIVE, &self.keys.receive);
        map.uint(key::ROLE, self.role as u64);
        map.text(key::NAME, &self.desk);
        map.text(key::CLINIC, &self.clinic);
        map.uint(key::EXPIRES, self.expires_ms);
        close(OFFER, map, code, &[])
    }

    /// Reads an offer by whoever has the code.
    pub fn decode(bytes: &[u8], code: &JoinCode) -> Result<Self, JoinError> {
        let fields = Fields::read(open(bytes, OFFER, MAX_REQUEST, code, &[])?)?;
        fields
            .offer()
            .filter(|offer| offer.encode(code) == bytes)
            .ok_or(JoinError::Malformed)
    }
}

impl Request {
    /// `LTREQ` ‖ suite ‖ CBOR map ‖ tag over this and the offer.
    #[must_use]
    pub fn encode(&self, code: &JoinCode, offer: &[u8]) -> Vec<u8> {
        let mut map = Map::new();
        map.bytes(key::SIGN, &self.keys.sign);
        map.bytes(key::RECEIVE, &self.keys.receive);
        map.text(key::NAME, &self.name);
        map.text(key::BRANCH, &self.branch);
        map.text(key::VERSION, &self.version);
        close(REQUEST, map, code, &[offer])
    }

    /// Reads a request by whoever has the code, made upon exactly this offer.
    pub fn decode(bytes: &[u8], code: &JoinCode, offer: &[u8]) -> Result<Self, JoinError> {
        let fields = Fields::read(open(bytes, REQUEST, MAX_REQUEST, code, &[offer])?)?;
        fields
            .request()
            .filter(|request| request.encode(code, offer) == bytes)
            .ok_or(JoinError::Malformed)
    }
}

impl Answer {
    /// `LTANS` ‖ suite ‖ CBOR map ‖ tag over this, the offer and the request.
    #[must_use]
    pub fn encode(&self, code: &JoinCode, offer: &[u8], request: &[u8]) -> Vec<u8> {
        let mut map = Map::new();
        if let Self::Accepted {
            role,
            entries,
            grants,
        } = self
        {
            map.uint(key::ROLE, *role as u64);
            map.uint(key::ACCEPTED, 1);
            map.uint(key::ENTRIES, *entries);
            map.bytes(key::GRANTS, grants);
        } else {
            map.uint(key::ACCEPTED, 0);
        }
        close(ANSWER, map, code, &[offer, request])
    }

    /// Reads an answer by whoever has the code, to exactly this request upon this offer.
    pub fn decode(
        bytes: &[u8],
        code: &JoinCode,
        offer: &[u8],
        request: &[u8],
    ) -> Result<Self, JoinError> {
        let parts = [offer, request];
        let fields = Fields::read(open(bytes, ANSWER, MAX_ANSWER, code, &parts)?)?;
        fields
            .answer()
            .filter(|answer| answer.encode(code, offer, request) == bytes)
            .ok_or(JoinError::Malformed)
    }
}

/// The whole message: its tag also covers what was said before.
fn close(magic: [u8; 5], map: Map, code: &JoinCode, before: &[&[u8]]) -> Vec<u8> {
    let mut out = [magic.as_slice(), &[wire::SUITE]].concat();
    map.finish(&mut out);
    let tag = tag(code, &out, before);
    out.extend_from_slice(tag.as_bytes());
    out
}

/// The map of a message whose tag is right.
fn open<'a>(
    bytes: &'a [u8],
    magic: [u8; 5],
    longest: usize,
    code: &JoinCode,
    before: &[&[u8]],
) -> Result<&'a [u8], JoinError> {
    let inside = wire::open(bytes, &magic).map_err(|why| match why {
        Opening::Foreign => JoinError::Malformed,
        Opening::Suite => JoinError::Suite,
    })?;
    let (said, given) = bytes
        .split_last_chunk::<TAG>()
        .filter(|_| bytes.len() <= longest)
        .ok_or(JoinError::Malformed)?;
    // Compared in constant time.
    if tag(code, said, before) != blake3::Hash::from_bytes(*given) {
        return Err(JoinError::Foreign);
    }
    let rest = inside.rest();
    let end = rest.len().checked_sub(TAG).ok_or(JoinError::Malformed)?;
    Ok(&rest[..end])
}

fn tag(code: &JoinCode, said: &[u8], before: &[&[u8]]) -> blake3::Hash {
    let mut parts = vec![said];
    parts.extend_from_slice(before);
    code.tag(&parts)
}

/// The map's values before they are known to make sense together.
#[derive(Default)]
struct Fields {
    sign: Option<[u8; 32]>,
    receive: Option<[u8; 32]>,
    role: Option<Role>,
    name: Option<String>,
    clinic: Option<String>,
    expires: Option<u64>,
    branch: Option<String>,
    version: Option<String>,
    accepted: Option<u64>,
    entries: Option<u64>,
    grants: Option<Vec<u8>>,
}

impl Fields {
    fn read(body: &[u8]) -> Result<Self, JoinError> {
        Self::parsed(body).ok_or(JoinError::Malformed)
    }

    fn parsed(body: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(body);
        let mut fields = Self::default();
        for _ in 0..decoder.map().ok()?? {
            match decoder.u64().ok()? {
                key::SIGN => fields.sign = Some(decoder.bytes().ok()?.try_into().ok()?),
                key::RECEIVE => fields.receive = Some(decoder.bytes().ok()?.try_into().ok()?),
                key::ROLE => fields.role = Some(role(decoder.u64().ok()?)?),
                key::NAME => fields.name = Some(short(decoder.str().ok()?, MAX_CHARS)?),
                key::CLINIC => fields.clinic = Some(short(decoder.str().ok()?, MAX_CHARS)?),
                key::EXPIRES => fields.expires = Some(decoder.u64().ok()?),
                key::BRANCH => fields.branch = Some(short(decoder.str().ok()?, MAX_CHARS)?),
                key::VERSION => fields.version = Some(short(decoder.str().ok()?, VERSION_CHARS)?),
                key::ACCEPTED => fields.accepted = Some(decoder.u64().ok()?),
                key::ENTRIES => fields.entries = Some(decoder.u64().ok()?),
                key::GRANTS => fields.grants = Some(decoder.bytes().ok()?.to_vec()),
                _ => return None,
            }
        }
        Some(fields)
    }

    fn keys(&self) -> Option<AuthorKeys> {
        Some(AuthorKeys {
            sign: self.sign?,
            receive: self.receive?,
        })
    }

    fn offer(self) -> Option<Offer> {
        Some(Offer {
            keys: self.keys()?,
            role: self.role?,
            desk: self.name?,
            clinic: self.clinic?,
            expires_ms: self.expires?,
        })
    }

    fn request(self) -> Option<Request> {
        Some(Request {
            keys: self.keys()?,
            name: self.name?,
            branch: self.branch?,
            version: self.version?,
        })
    }

    fn answer(self) -> Option<Answer> {
        match self.accepted? {
            0 => Some(Answer::Refused),
            1 => Some(Answer::Accepted {
                role: self.role?,
                entries: self.entries?,
                grants: self.grants?,
            }),
            _ => None,
        }
    }
}

/// Nobody joins as a server or as a kit.
fn role(number: u64) -> Option<Role> {
    [Role::Desk, Role::Owner]
        .into_iter()
        .find(|role| *role as u64 == number)
}

fn short(text: &str, most: usize) -> Option<String> {
    (text.chars().count() <= most).then(|| text.to_owned())
}
