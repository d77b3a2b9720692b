//! The shape and integrity of entries; sealing a website submission to a public key, never opening one.
//!
//! Nothing here reads a clock, a file, the network or a random source: times and random sources are passed in.
//! `docs/protocol.md` describes every format byte by byte.

pub mod author;
pub mod bundle;
mod cbor;
pub mod chunk;
pub mod clock;
pub mod entry;
pub mod envelope;
pub mod gone;
pub mod have;
pub mod head;
pub mod header;
pub mod id;
pub mod join;
pub mod kdf;
pub mod label;
pub mod member;
pub mod plan;
pub mod replica;
pub mod request;
pub mod roster;
pub mod statement;
pub mod submission;
mod wire;
pub mod witness;
pub mod writer;

pub use author::{AuthorKeys, Signer};
pub use clock::Hlc;
pub use entry::{Entry, Payload};
pub use gone::Gone;
pub use have::Have;
pub use head::SignedHead;
pub use header::{Header, HeaderError, Kind};
pub use id::{
    AuthorId, BlobHash, ClinicId, EntryHash, Epoch, FormId, IdError, PayloadHash, RecordId,
    SubmissionId,
};
pub use join::JoinCode;
pub use label::Label;
pub use member::{Member, Role};
pub use plan::{Closing, Shelf, Stretch};
pub use replica::{Admission, Cut, Lie, Rejected, Replica, Segment, Tip, Unknown};
pub use roster::Roster;
pub use witness::Witness;
pub use writer::{Draft, Ledger};
