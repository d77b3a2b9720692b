//! What can go wrong, one enum per family of operations; no name, number or key is ever inside.
use std::io::ErrorKind;

/// Finding, founding, unlocking or recovering a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key is not the one this database was sealed with.
    #[error("the key does not open this database")]
    WrongKey,
    /// The words are those of another recovery kit.
    #[error("the words belong to no recovery kit of this clinic")]
    WrongWords,
    /// The file or a row in it is broken, or was changed by someone without the key.
    #[error("the database is damaged")]
    Damaged,
    /// A newer version of this program wrote it.
    #[error("the database was written by a newer version")]
    TooNew,
    /// It is another PC's database, or no database of ours at all.
    #[error("the database belongs to another PC or another program")]
    Foreign,
    /// Another instance of this program has it open.
    #[error("the database is in use")]
    InUse,
    /// No room on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// It is older than what this PC had already written.
    #[error("the database is an older copy")]
    StaleCopy,
    /// There is a database already; founding never touches it.
    #[error("a database exists already")]
    Exists,
    /// A name is empty or too long.
    #[error("the plan is incomplete")]
    BadPlan,
    /// The operating system refused.
    #[error("the operating system refused: {0}")]
    Io(ErrorKind),
}

/// Looking at leads and acting on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// No such record, draft, view or act.
    #[error("not found")]
    NotFound,
    /// Neither a name nor a number was given.
    #[error("neither name nor number")]
    EmptyLead,
    /// The legal ground needs a note that says where its proof is.
    #[error("the ground needs a note")]
    BasisNoteMissing,
    /// The request makes no sense.
    #[error("bad input")]
    BadInput,
    /// A text is longer than a record may hold.
    #[error("too long")]
    TooLong,
    /// Something was built on the act since.
    #[error("too late to undo")]
    UndoTooLate,
    /// The act was taken back before.
    #[error("already undone")]
    AlreadyUndone,
    /// These two can't be one.
    #[error("cannot merge")]
    CannotMerge,
    /// There is no number to show.
    #[error("no readable number")]
    PhoneUnreadable,
    /// No room on the disk; nothing was changed.
    #[error("the disk is full")]
    DiskFull,
    /// A sealed row does not open.
    #[error("the database is damaged")]
    Damaged,
    /// This PC was let in, and its enrolment has not arrived yet: nothing was written.
    #[error("this PC's enrolment has not arrived yet")]
    NotYet,
    /// The clinic has cut this PC off: nothing was written.
    #[error("this PC was cut off")]
    CutOff,
    /// The vault is closed.
    #[error("the vault is closed")]
    Closed,
    /// The clinic has people with PINs, and none of them is at this PC.
    #[error("nobody is signed in")]
    SignedOut,
    /// The person at the desk may not do that.
    #[error("not allowed")]
    NotAllowed,
    /// Not that person's PIN.
    #[error("wrong PIN")]
    WrongPin {
        /// Tries left before pauses begin.
        left: u32,
    },
    /// Too many wrong tries.
    #[error("too early for another try of the PIN")]
    PinWait {
        /// Until the next try.
        seconds: u32,
    },
    /// Not six digits, or too easily guessed.
    #[error("the PIN is too simple")]
    PinTooSimple,
    /// The clinic would be left without an owner who can sign in.
    #[error("the last owner must stay")]
    LastOwner,
    /// The operating system or SQLite refused; nothing was changed.
    #[error("the database could not be read or written")]
    Io,
}

/// Exchanging entries with the intake server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// No server was claimed.
    #[error("no server was claimed")]
    NoServer,
    /// The address can't be one of a server.
    #[error("not a server's address")]
    BadAddress,
    /// Plain HTTP to somewhere else than this PC.
    #[error("the address is not encrypted")]
    InsecureAddress,
    /// No answer.
    #[error("the server can't be reached")]
    Unreachable,
    /// An answer, but not as agreed.
    #[error("the server refused")]
    Refused,
    /// The server speaks a version that this program does not know.
    #[error("the server's version is not known")]
    TooOld,
    /// The server answers for another clinic, or with another key than the enrolled one.
    #[error("the server is another clinic's")]
    WrongClinic,
    /// The one-time code is not the one on the server's console.
    #[error("wrong setup code")]
    WrongSetupCode,
    /// Another clinic has this server.
    #[error("claimed by another clinic")]
    AlreadyClaimed,
    /// The server was not claimed yet, or forgot that it was.
    #[error("the server is not claimed")]
    NotClaimed,
    /// The clocks are too far apart even after correction.
    #[error("the clocks differ")]
    ClockSkew,
    /// The server no longer takes this PC for one of the clinic.
    #[error("this PC was revoked")]
    Revoked,
    /// What arrived could not be stored, or what should be sent not read.
    #[error(transparent)]
    Store(#[from] ActError),
}

/// Letting PCs in, cutting them off, becoming one, and coming back without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// Only an owner's PC may do this.
    #[error("only an owner's PC may do this")]
    NotOwner,
    /// The server could not be asked what the PC wrote last.
    #[error("the server was not asked what the PC wrote last")]
    Unseen,
    /// One's own PC can't be cut off from itself.
    #[error("a PC can't cut itself off")]
    Oneself,
    /// The typed text is no invitation, or has a slip.
    #[error("not an invitation")]
    WrongInvitation,
    /// The invitation is over, or there never was one under this code.
    #[error("the invitation is over")]
    Expired,
    /// The other side said no, or somebody in between changed what was said.
    #[error("refused")]
    Refused,
    /// The words are those of no recovery kit that counts.
    #[error("the words belong to no recovery kit of this clinic")]
    WrongWords,
    /// The exchange failed.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The database could not be made or opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<ActError> for MemberError {
    fn from(error: ActError) -> Self {
        Self::Sync(SyncError::Store(error))
    }
}

/// Making a backup, or trying one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// Nobody chose where backups go.
    #[error("no folder for backups was chosen")]
    NoPlace,
    /// The folder is not there.
    #[error("the folder for backups is not there")]
    PlaceMissing,
    /// No room, in the folder or on this PC.
    #[error("no room for a backup")]
    NoRoom,
    /// There is no backup of this PC to be tried out.
    #[error("no backup is there")]
    NothingThere,
    /// The backup was cut off or changed, or does not hold together.
    #[error("the backup is damaged")]
    Damaged,
    /// Another one is running.
    #[error("a backup is running")]
    Busy,
    /// The vault was closed meanwhile.
    #[error("stopped because the vault was closed")]
    Stopped,
    /// The operating system refused.
    #[error("the operating system refused")]
    Io,
    /// This PC's own database could not be read or written.
    #[error(transparent)]
    Store(#[from] ActError),
}
