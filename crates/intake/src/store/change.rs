//! What becomes durable together, and what it is made of.

use ledger::{AuthorId, BlobHash, Entry, EntryHash, Kind, RecordId, SubmissionId};
use zeroize::Zeroizing;

/// The server's own secrets and the state of its setup.
pub(crate) struct Identity {
    /// Root secret of the server's author.
    pub root: Zeroizing<[u8; 32]>,
    /// Signs the tokens in the form's page.
    pub token_key: [u8; 32],
    /// The one-time setup code, while no clinic has claimed this server.
    pub setup_code: Option<String>,
    /// The store is an old copy: a desk showed more of the server's own ledger than it holds.
    pub behind: bool,
}

/// The clinic that claimed this server, and what it published.
#[derive(Clone)]
pub(crate) struct ClinicRecord {
    /// Hash of the genesis entry; the clinic's id is its beginning.
    pub genesis: EntryHash,
    /// The clinic's name.
    pub name: String,
    /// The signed statement of the intake key, as received.
    pub statement: Vec<u8>,
    /// Version of the privacy notice.
    pub notice_version: String,
    /// Text of the privacy notice.
    pub notice_text: String,
}

/// An entry and, where its author vouched for it as a head, the signature.
pub(crate) struct Kept {
    /// The entry.
    pub entry: Entry,
    /// The author's signature over the head at this entry.
    pub signature: Option<[u8; 64]>,
    /// Set aside: it lies beyond its author's revocation.
    pub void: bool,
}

/// What is remembered of a submission so that a repeated post is recognised.
#[derive(Clone, Copy)]
pub(crate) struct Remembered {
    /// Its id.
    pub id: SubmissionId,
    /// Digest of its sealed bytes; none if it was sealed here.
    pub digest: Option<[u8; 32]>,
    /// When it was received, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A signed request's nonce.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Nonce {
    /// Who signed.
    pub author: AuthorId,
    /// The nonce.
    pub nonce: [u8; 16],
}

/// Names a waiting room: 16 bytes that only the two PCs of a joining know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomId(pub [u8; 16]);

/// What was said in a waiting room.
pub(crate) struct Room {
    /// The owner's offer.
    pub offer: Vec<u8>,
    /// The request of the PC that joins.
    pub request: Option<Vec<u8>>,
    /// The owner's answer.
    pub answer: Option<Vec<u8>>,
    /// When the room is gone, milliseconds since the Unix epoch.
    pub expires_ms: i64,
}

/// What became of a request to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knock {
    /// It is in the room, now or already.
    Heard,
    /// Somebody else asked first.
    Taken,
    /// No such room is open.
    NoRoom,
}

/// Everything that becomes durable together.
#[derive(Default)]
pub(crate) struct Changes {
    /// Entries in order of arrival.
    pub entries: Vec<Kept>,
    /// Entries stored without their payload, which has now come.
    pub filled: Vec<Entry>,
    /// Records whose payloads are deleted.
    pub erased: Vec<RecordId>,
    /// Authors whose entries beyond a number are set aside: a revocation cut them short.
    pub cuts: Vec<ledger::replica::Cut>,
    /// Signatures for heads of entries that were there already.
    pub heads: Vec<ledger::SignedHead>,
    /// Submissions to recognise from now on.
    pub submissions: Vec<Remembered>,
    /// Nonces with the time when they may be forgotten.
    pub nonces: Vec<(Nonce, i64)>,
    /// Nonces and waiting rooms that expired before this time are forgotten.
    pub forget_before_ms: Option<i64>,
    /// Attachment chunks.
    pub blobs: Vec<(BlobHash, Vec<u8>)>,
    /// The clinic's facts, whole; the setup code has done its work then.
    pub clinic: Option<ClinicRecord>,
    /// The store is an old copy.
    pub behind: bool,
    /// Proof that the store can be written, with the time.
    pub probe_ms: Option<i64>,
}

impl Changes {
    /// Whether there is nothing to do.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.filled.is_empty()
            && self.erased.is_empty()
            && self.cuts.is_empty()
            && self.heads.is_empty()
            && self.submissions.is_empty()
            && self.nonces.is_empty()
            && self.blobs.is_empty()
            && self.clinic.is_none()
            && !self.behind
            && self.probe_ms.is_none()
    }

    /// Whether it does more than append: memory that follows other processes' changes must be read anew then.
    #[must_use]
    pub(super) fn reshapes(&self) -> bool {
        let kinds = |kept: &Kept| {
            let kind = kept.entry.header.kind;
            kept.void || matches!(kind, Kind::Member | Kind::Erase)
        };
        self.clinic.is_some()
            || self.behind
            || !self.filled.is_empty()
            || !self.erased.is_empty()
            || !self.cuts.is_empty()
            || self.entries.iter().any(kinds)
    }
}
