//! Keys, and turning values into bytes that only the right key opens.
//!
//! Every type here that holds a secret wipes it on drop and has no `Debug`, `Clone` or `Serialize`, so that it can't
//! be printed, copied or stored by accident. Keys for different uses are different types.

pub mod blob;
mod clinic;
mod envelope;
mod grant;
mod hazmat;
mod padding;
mod record;
mod root;
mod row;
mod secret;
mod words;

pub use clinic::{
    BlindKey, BlobKey, ClinicKey, Derived, End, IntakeSecret, NearbyKey, STICK_CHUNK, STICK_TAG,
    StickKey,
};
pub use envelope::{SubmissionError, open_submission};
pub use grant::{GrantError, open_grant, seal_grant};
pub use record::RecordKey;
pub use root::{ReceiveKey, RootSecret, StorageKey};
pub use row::Table;
pub use words::WordsError;

use thiserror::Error;

/// The bytes were not sealed with this key for this place, or have been changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this does not open here with this key")]
pub struct Unopenable;

/// More than can be sealed in one piece: [`MAX_PLAINTEXT`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too long to be sealed in one piece")]
pub struct TooLong;

/// Longest value that is sealed in one piece, in bytes; far below the cipher's own ceiling of 256 GiB.
pub const MAX_PLAINTEXT: usize = 1 << 30;
