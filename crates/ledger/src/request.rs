//! How a desk proves to the server, on every request, that it is the one asking.
use crate::author::{AuthorKeys, Signer};
use crate::id::{AuthorId, ClinicId};
use crate::label::Label;
use crate::wire::Cursor;
use data_encoding::BASE64URL_NOPAD;
use thiserror::Error;

const SCHEME: &str = "Letan ";
const LEN: usize = 16 + 8 + 16 + 64;

/// The text is not a request proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a request proof")]
pub struct ProofError;

/// What a desk asks: the parts of a request that its proof covers.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    clinic: ClinicId,
    method: &'a str,
    path: &'a str,
    body: &'a [u8],
}

/// The value of the `Authorization` header for this request. `path_and_query` as sent on the wire, `nonce` random.
#[must_use]
pub fn sign_request(
    signer: &Signer,
    clinic: ClinicId,
    method: &str,
    path_and_query: &str,
    body: &[u8],
    now_ms: i64,
    nonce: [u8; 16],
) -> String {
    let asked = Asked {
        clinic,
        method,
        path: path_and_query,
        body,
    };
    let proof = RequestProof {
        author: signer.id(),
        ms: now_ms,
        nonce,
        signature: asked.parts(now_ms, &nonce, |parts| signer.sign(Label::Request, parts)),
    };
    proof.to_header()
}

/// What a desk sent to prove itself. Freshness of `ms` and of `nonce` is for the server to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestProof {
    /// Who asks.
    pub author: AuthorId,
    /// When, by the desk's clock, in milliseconds since the Unix epoch.
    pub ms: i64,
    /// Tells this request from every other.
    pub nonce: [u8; 16],
    signature: [u8; 64],
}

impl RequestProof {
    /// Reads the value of an `Authorization` header; there is one spelling of each proof.
    pub fn parse(header: &str) -> Result<Self, ProofError> {
        let text = header.strip_prefix(SCHEME).ok_or(ProofError)?;
        if text.len() != BASE64URL_NOPAD.encode_len(LEN) {
            return Err(ProofError);
        }
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| ProofError)?;
        Self::fields(Cursor::new(&bytes)).ok_or(ProofError)
    }

    fn fields(mut cursor: Cursor<'_>) -> Option<Self> {
        let proof = Self {
            author: AuthorId::from_bytes(cursor.array()?),
            ms: cursor.i64()?,
            nonce: cursor.array()?,
            signature: cursor.array()?,
        };
        cursor.end()?;
        Some(proof)
    }

    fn to_header(self) -> String {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend_from_slice(self.author.as_bytes());
        bytes.extend_from_slice(&self.ms.to_le_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.signature);
        format!("{SCHEME}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Whether the author with these keys asked exactly this.
    #[must_use]
    pub fn verify(
        &self,
        keys: &AuthorKeys,
        clinic: ClinicId,
        method: &str,
        path_and_query: &str,
        body: &[u8],
    ) -> bool {
        let asked = Asked {
            clinic,
            method,
            path: path_and_query,
            body,
        };
        keys.id() == self.author
            && asked.parts(self.ms, &self.nonce, |parts| {
                keys.verify(Label::Request, parts, &self.signature)
            })
    }
}

impl Asked<'_> {
    fn parts<T>(&self, ms: i64, nonce: &[u8; 16], with: impl FnOnce(&[&[u8]]) -> T) -> T {
        with(&[
            self.method.as_bytes(),
            self.path.as_bytes(),
            blake3::hash(self.body).as_bytes(),
            &ms.to_le_bytes(),
            nonce,
            self.clinic.as_bytes(),
        ])
    }
}
