//! What a command answers when it can't: one code for which the window has one sentence.
use serde::Serialize;
use specta::Type;

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
