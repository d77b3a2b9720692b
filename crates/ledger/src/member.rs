//! Who belongs to a clinic: the plain payload of an entry of kind `Member`.
use crate::author::AuthorKeys;
use crate::cbor::Map;
use crate::id::AuthorId;
use crate::wire::{self, Opening};
use core::fmt;
use minicbor::Decoder;
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTMEM";
const MAX_CHARS: usize = 200;

/// What an author may write; the order is that of what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// The website's endpoint: submissions and witness entries.
    Server = 1,
    /// A front-desk PC.
    Desk = 2,
    /// The recovery kit: as an owner.
    Paper = 3,
    /// A front-desk PC that may enrol, revoke, grant and erase.
    Owner = 4,
}

impl Role {
    fn from_number(number: u64) -> Option<Self> {
        [Self::Server, Self::Desk, Self::Paper, Self::Owner]
            .into_iter()
            .find(|role| *role as u64 == number)
    }
}

/// Why bytes are not a member payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MemberError {
    /// Not a member payload, or not in its only encoding.
    #[error("not a member payload")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
}

/// One change of a clinic's membership. `Debug` shows no names.
#[derive(Clone, PartialEq, Eq)]
pub enum Member {
    /// The founding author's first entry: begins the clinic, with that author as an owner.
    Genesis {
        /// The founder's public keys.
        keys: AuthorKeys,
        /// The clinic's name.
        clinic: String,
        /// The founding desk's name.
        name: String,
        /// The founding desk's branch; may be empty.
        branch: String,
    },
    /// An author may write from now on.
    Enrol {
        /// Its public keys, which name it.
        keys: AuthorKeys,
        /// What it may write.
        role: Role,
        /// Its name, as people say it.
        name: String,
        /// Its branch; may be empty.
        branch: String,
    },
    /// An author's entries beyond `last_seq` don't count.
    Revoke {
        /// Who.
        author: AuthorId,
        /// Its last entry that counts; 0 if none does.
        last_seq: u64,
    },
    /// An author is called otherwise or has moved.
    Rename {
        /// Who.
        author: AuthorId,
        /// Its new name.
        name: String,
        /// Its new branch; may be empty.
        branch: String,
    },
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Genesis { keys, .. } => write!(f, "Genesis({})", keys.id()),
            Self::Enrol { keys, role, .. } => write!(f, "Enrol({}, {role:?})", keys.id()),
            Self::Revoke { author, last_seq } => write!(f, "Revoke({author}, {last_seq})"),
            Self::Rename { author, .. } => write!(f, "Rename({author})"),
        }
    }
}

mod key {
    pub(super) const WHAT: u64 = 0;
    pub(super) const SIGN: u64 = 1;
    pub(super) const RECEIVE: u64 = 2;
    pub(super) const ROLE: u64 = 3;
    pub(super) const NAME: u64 = 4;
    pub(super) const BRANCH: u64 = 5;
    pub(super) const AUTHOR: u64 = 6;
    pub(super) const LAST_SEQ: u64 = 7;
    pub(super) const CLINIC: u64 = 8;
}

impl Member {
    /// Whom it is about.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        match self {
            Self::Genesis { keys, .. } | Self::Enrol { keys, .. } => keys.id(),
            Self::Revoke { author, .. } | Self::Rename { author, .. } => *author,
        }
    }

    /// `LTMEM` ‖ suite ‖ CBOR map.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::new();
        map.uint(key::WHAT, self.number());
        match self {
            Self::Genesis {
                keys,
                clinic,
                name,
                branch,
            } => {
                put_author(&mut map, keys, None, name, branch);
                map.text(key::CLINIC, clinic);
            }
            Self::Enrol {
                keys,
                role,
                name,
                branch,
            } => put_author(&mut map, keys, Some(*role), name, branch),
            Self::Revoke { author, last_seq } => {
                map.bytes(key::AUTHOR, author.as_bytes());
                map.uint(key::LAST_SEQ, *last_seq);
            }
            Self::Rename {
                author,
                name,
                branch,
            } => {
                map.text(key::NAME, name);
                map.text(key::BRANCH, branch);
                map.bytes(key::AUTHOR, author.as_bytes());
            }
        }
        let mut out = [MAGIC.as_slice(), &[wire::SUITE]].concat();
        map.finish(&mut out);
        out
    }

    const fn number(&self) -> u64 {
        match self {
            Self::Genesis { .. } => 0,
            Self::Enrol { .. } => 1,
            Self::Revoke { .. } => 2,
            Self::Rename { .. } => 3,
        }
    }

    /// Reads exactly one payload. An unknown key or kind is refused: membership must not be half understood.
    pub fn decode(bytes: &[u8]) -> Result<Self, MemberError> {
        let body = wire::open(bytes, MAGIC)
            .map_err(|why| match why {
                Opening::Foreign => MemberError::Malformed,
                Opening::Suite => MemberError::Suite,
            })?
            .rest();
        Fields::read(body)
            .and_then(Fields::member)
            // CBOR has many spellings of one value; only the one that `encode` gives is accepted.
            .filter(|member| member.encode() == bytes)
            .ok_or(MemberError::Malformed)
    }

    /// Whether names are at most 200 characters; longer ones are refused on arrival.
    #[must_use]
    pub fn fits(&self) -> bool {
        let short = |text: &String| text.chars().count() <= MAX_CHARS;
        match self {
            Self::Genesis {
                clinic,
                name,
                branch,
                ..
            } => short(clinic) && short(name) && short(branch),
            Self::Enrol { name, branch, .. } | Self::Rename { name, branch, .. } => {
                short(name) && short(branch)
            }
            Self::Revoke { .. } => true,
        }
    }
}

fn put_author(map: &mut Map, keys: &AuthorKeys, role: Option<Role>, name: &str, branch: &str) {
    map.bytes(key::SIGN, &keys.sign);
    map.bytes(key::RECEIVE, &keys.receive);
    if let Some(role) = role {
        map.uint(key::ROLE, role as u64);
    }
    map.text(key::NAME, name);
    map.text(key::BRANCH, branch);
}

/// The map's values before they are known to make sense together.
#[derive(Default)]
struct Fields {
    what: Option<u64>,
    sign: Option<[u8; 32]>,
    receive: Option<[u8; 32]>,
    role: Option<Role>,
    name: Option<String>,
    branch: Option<String>,
    author: Option<AuthorId>,
    last_seq: Option<u64>,
    clinic: Option<String>,
}

impl Fields {
    fn read(body: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(body);
        let mut fields = Self::default();
        for _ in 0..decoder.map().ok()?? {
            match decoder.u64().ok()? {
                key::WHAT => fields.what = Some(decoder.u64().ok()?),
                key::SIGN => fields.sign = Some(decoder.bytes().ok()?.try_into().ok()?),
                key::RECEIVE => fields.receive = Some(decoder.bytes().ok()?.try_into().ok()?),
                key::ROLE => fields.role = Some(Role::from_number(decoder.u64().ok()?)?),
                key::NAME => fields.name = Some(decoder.str().ok()?.to_owned()),
                key::BRANCH => fields.branch = Some(decoder.str().ok()?.to_owned()),
                key::AUTHOR => {
                    let id = decoder.bytes().ok()?.try_into().ok()?;
                    fields.author = Some(AuthorId::from_bytes(id));
                }
                key::LAST_SEQ => fields.last_seq = Some(decoder.u64().ok()?),
                key::CLINIC => fields.clinic = Some(decoder.str().ok()?.to_owned()),
                _ => return None,
            }
        }
        Some(fields)
    }

    fn member(self) -> Option<Member> {
        let keys = |sign: Option<_>, receive: Option<_>| {
            Some(AuthorKeys {
                sign: sign?,
                receive: receive?,
            })
        };
        let member = match self.what? {
            0 => Member::Genesis {
                keys: keys(self.sign, self.receive)?,
                clinic: self.clinic?,
                name: self.name?,
                branch: self.branch?,
            },
            1 => Member::Enrol {
                keys: keys(self.sign, self.receive)?,
                role: self.role?,
                name: self.name?,
                branch: self.branch?,
            },
            2 => Member::Revoke {
                author: self.author?,
                last_seq: self.last_seq?,
            },
            3 => Member::Rename {
                author: self.author?,
                name: self.name?,
                branch: self.branch?,
            },
            _ => return None,
        };
        member.fits().then_some(member)
    }
}
