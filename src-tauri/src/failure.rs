//! What a command answers when it can't: one code for which the window has one sentence.
use crate::keychain::Trouble;
use serde::Serialize;
use specta::Type;
use vault::{ActError, MemberError, OpenError, SyncError, WordsError};

/// What went wrong, for a machine: the window gives each code its sentence, its severity and its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each is one sentence of the catalogue
pub enum Code {
    KeychainLocked,
    KeychainMissing,
    KeychainWrong,
    KeychainUnavailable,
    DatabaseInUse,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseTooNew,
    StaleCopy,
    DiskFull,
    Io,
    Locked,
    NotReady,
    AlreadyFounded,
    NotFound,
    EmptyLead,
    BasisNoteMissing,
    BadInput,
    TooLong,
    UndoTooLate,
    AlreadyUndone,
    CannotMerge,
    PhoneUnreadable,
    ServerUnreachable,
    ServerRefused,
    ServerTooOld,
    BadAddress,
    InsecureAddress,
    WrongSetupCode,
    AlreadyClaimed,
    NotClaimed,
    ClockSkew,
    Revoked,
    WrongWords,
    WordsTypo,
    KitAnswersWrong,
    OpenerFailed,
    ClipboardFailed,
    /// The person at the desk may not do this.
    NotAllowed,
    /// Only an owner's PC can do this.
    NotOwnerDesk,
    /// Not that person's PIN; the detail is the tries left before pauses begin.
    WrongPin,
    /// Too many wrong tries; the detail is the seconds to wait.
    PinWait,
    /// Six digits, no row, no repetition.
    PinTooSimple,
    /// The clinic would be left without an owner.
    LastOwner,
    /// The typed invitation is no invitation, or has a slip.
    WrongInvitation,
    InvitationExpired,
    /// The server was not asked what the PC wrote last; `anyway` goes on without.
    RevokeUnseen,
    /// One's own PC can't be cut off from itself.
    RevokeSelf,
    /// Entries are on this PC only; the detail is how many.
    Unsent,
    DriveMissing,
    /// No file of this clinic lies there.
    NoBundle,
    /// The file is damaged, or another program's.
    BundleDamaged,
    /// The file is another clinic's.
    BundleForeign,
    Cancelled,
    Busy,
    BackupPlaceMissing,
    BackupDamaged,
    Internal,
}

/// A command's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What went wrong.
    pub code: Code,
    /// A number or a technical word that helps; never a name, a phone number, a path or a key.
    pub detail: Option<String>,
}

impl Failure {
    /// A refusal that needs no detail.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None }
    }

    /// A refusal with a detail that is safe to show and to log.
    #[must_use]
    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: Some(detail.into()),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(match trouble {
            Trouble::Locked => Code::KeychainLocked,
            Trouble::Missing => Code::KeychainMissing,
            Trouble::Wrong => Code::KeychainWrong,
            Trouble::Unavailable => Code::KeychainUnavailable,
        })
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(match error {
            OpenError::WrongKey => Code::KeychainWrong,
            OpenError::WrongWords => Code::WrongWords,
            OpenError::Damaged => Code::DatabaseDamaged,
            OpenError::TooNew => Code::DatabaseTooNew,
            OpenError::Foreign => Code::DatabaseForeign,
            OpenError::InUse => Code::DatabaseInUse,
            OpenError::DiskFull => Code::DiskFull,
            OpenError::StaleCopy => Code::StaleCopy,
            OpenError::Exists => Code::AlreadyFounded,
            OpenError::BadPlan => Code::BadInput,
            OpenError::Io(kind) => return Self::with(Code::Io, format!("{kind:?}")),
        })
    }
}

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        Self::new(match error {
            ActError::NotAllowed => Code::NotAllowed,
            ActError::PinTooSimple => Code::PinTooSimple,
            ActError::LastOwner => Code::LastOwner,
            ActError::WrongPin { left } => return Self::with(Code::WrongPin, left.to_string()),
            ActError::PinWait { seconds } => {
                return Self::with(Code::PinWait, seconds.to_string());
            }
            ActError::NotFound => Code::NotFound,
            ActError::EmptyLead => Code::EmptyLead,
            ActError::BasisNoteMissing => Code::BasisNoteMissing,
            ActError::BadInput => Code::BadInput,
            ActError::TooLong => Code::TooLong,
            ActError::UndoTooLate => Code::UndoTooLate,
            ActError::AlreadyUndone => Code::AlreadyUndone,
            ActError::CannotMerge => Code::CannotMerge,
            ActError::PhoneUnreadable => Code::PhoneUnreadable,
            ActError::DiskFull => Code::DiskFull,
            ActError::Damaged => Code::DatabaseDamaged,
            ActError::NotYet => Code::NotReady,
            ActError::CutOff => Code::Revoked,
            ActError::Closed | ActError::SignedOut => Code::Locked,
            ActError::Io => Code::Io,
        })
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        Self::new(match error {
            SyncError::NoServer | SyncError::NotClaimed => Code::NotClaimed,
            SyncError::BadAddress => Code::BadAddress,
            SyncError::InsecureAddress => Code::InsecureAddress,
            SyncError::Unreachable => Code::ServerUnreachable,
            SyncError::Refused => Code::ServerRefused,
            SyncError::TooOld => Code::ServerTooOld,
            SyncError::WrongClinic => return Self::with(Code::ServerRefused, "clinic"),
            SyncError::WrongSetupCode => Code::WrongSetupCode,
            SyncError::AlreadyClaimed => Code::AlreadyClaimed,
            SyncError::ClockSkew => Code::ClockSkew,
            SyncError::Revoked => Code::Revoked,
            SyncError::Store(error) => return error.into(),
        })
    }
}

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        Self::new(match error {
            MemberError::NotOwner => Code::NotOwnerDesk,
            MemberError::Unseen => Code::RevokeUnseen,
            MemberError::Oneself => Code::RevokeSelf,
            MemberError::WrongInvitation => Code::WrongInvitation,
            MemberError::Expired => Code::InvitationExpired,
            MemberError::Refused => Code::Cancelled,
            MemberError::WrongWords => Code::WrongWords,
            MemberError::Sync(error) => return error.into(),
            MemberError::Open(error) => return error.into(),
        })
    }
}

impl From<WordsError> for Failure {
    fn from(error: WordsError) -> Self {
        match error {
            // People count from one.
            WordsError::UnknownWord { index } => {
                Self::with(Code::WordsTypo, (index + 1).to_string())
            }
            WordsError::Count | WordsError::Checksum => Self::new(Code::WordsTypo),
        }
    }
}
