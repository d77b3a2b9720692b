//! The clinic's PCs as a window shows them: who belongs, who joins, who is cut off.
use serde::{Deserialize, Serialize};

use super::Millis;

/// What a PC may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum DeskRole {
    /// Works with leads.
    Desk,
    /// May also let PCs in, cut them off and erase.
    Owner,
}

/// One PC of the clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DeskRow {
    /// Author id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its branch; may be empty.
    pub branch: String,
    /// What it may do.
    pub role: DeskRole,
    /// It is this PC.
    pub me: bool,
    /// When it was let in.
    pub joined_at: Millis,
    /// When it was cut off; `None` while it belongs.
    pub revoked_at: Option<Millis>,
    /// The last time it is known to have worked.
    pub last_seen: Option<Millis>,
    /// Entries that it had not sent when it last told; `None` if it never told.
    pub unsent: Option<u32>,
    /// Version of the program when it last told.
    pub version: Option<String>,
    /// It answers in the local network at the moment.
    pub near: bool,
}

/// That this PC was cut off, as an owner or a kit has signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct CutOff {
    /// When.
    pub at: Millis,
    /// Name of the PC that did it; `None` if it was the recovery kit.
    pub by: Option<String>,
}

/// Every PC of the clinic, revoked ones last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DesksView {
    /// The PCs.
    pub desks: Vec<DeskRow>,
    /// This PC and the person at it may let in, cut off, rename and move.
    pub may_manage: bool,
    /// When the words of the recovery kit were last checked against the paper on this PC.
    pub kit_checked_at: Option<Millis>,
    /// That was over a year ago, or never.
    pub kit_drill_due: bool,
}

/// A one-time invitation, to be shown, printed, scanned or carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Base32 in groups of four, to be typed.
    pub code: String,
    /// Code and server's address in one line: what the QR code and the file hold.
    pub link: String,
    /// Not good for anything afterwards.
    pub expires_at: Millis,
}

/// How an invitation stands, on the PC that invites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "at")]
pub enum Inviting {
    /// Nobody is invited.
    Idle,
    /// Nobody has come yet.
    Waiting {
        /// Until when.
        expires_at: Millis,
    },
    /// A PC knocks: compare the digits.
    Asked {
        /// Its name.
        name: String,
        /// Its branch.
        branch: String,
        /// Twelve digits, to be the same on both screens.
        digits: String,
    },
    /// It was let in.
    Joined {
        /// Its author id.
        id: String,
        /// Its name.
        name: String,
    },
    /// The time is up.
    Expired,
    /// Somebody said no.
    Refused,
}

/// How joining stands, on the PC that joins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", tag = "at")]
pub enum Joining {
    /// Nothing is going on.
    Idle,
    /// On the way to the waiting room.
    Knocking,
    /// Compare the digits; the other PC decides.
    Confirm {
        /// Clinic's name.
        clinic: String,
        /// Name of the PC that invites.
        inviter: String,
        /// Twelve digits, to be the same on both screens.
        digits: String,
        /// Not good for anything afterwards.
        expires_at: Millis,
    },
    /// Let in; the data come.
    Joined,
    /// The other PC said no, or the digits were not of one piece.
    Refused,
    /// The time is up.
    Expired,
    /// Nobody answers at the address.
    Unreachable,
}

/// What joining asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct JoinForm {
    /// Code as typed, or the whole line of the QR code or the file.
    pub code: String,
    /// Server's address, if `code` is not a whole line.
    pub server: Option<String>,
    /// Name of this PC.
    pub desk: String,
    /// Branch of this PC.
    pub branch: String,
}
