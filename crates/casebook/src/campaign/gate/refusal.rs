//! Why the gate is closed: one reason for each condition, in the order of the conditions.
use serde::{Deserialize, Serialize};

use crate::codec::coded;

/// Why an offer may not reach a number, in the order in which the conditions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// Nobody asked, and silence is no consent (Law 91/2025 Art. 9.4; Decree 91/2020 Art. 11.2).
    NotAsked,
    /// Ticked at a distance, not confirmed (Decree 91/2020 Art. 11.2.b).
    Unconfirmed,
    /// Said no (Decree 91/2020 Art. 13.2).
    SaidNo,
    /// Did not answer the one request, which counts as no (Decree 91/2020 Art. 13.3).
    NoReply,
    /// Agreed already: only a request for consent is refused for that.
    AlreadyAgreed,
    /// The notice that was shown is not one of ours, or lacks what a notice must say (Law 91/2025
    /// Art. 9.2).
    NoticeUnknown,
    /// The proof is not here (Decree 356/2025 Art. 6.2).
    EvidenceLost,
    /// Said stop (Decree 91/2020 Art. 13.4).
    Withdrawn,
    /// Processing is restricted (Law 91/2025 Art. 4.1).
    Restricted,
    /// The person objected to processing (Law 91/2025 Art. 4.1).
    Objected,
    /// Erased (Law 91/2025 Art. 14).
    Erased,
    /// On the clinic's own list.
    Suppressed,
    /// Nobody looked into the national list (Decree 91/2020 Art. 7.3, 11.1).
    DncUnchecked,
    /// The national list that was looked into is too old.
    DncStale,
    /// On the national list.
    DncListed,
    /// There is no number, or it can't be read.
    NoNumber,
    /// A hotline, an emergency or service number.
    NotAPerson,
    /// No mobile: no text message, no Zalo.
    NotMobile,
    /// Abroad.
    Foreign,
    /// May not be this person's number.
    AmbiguousNumber,
    /// Reaches somebody else.
    WrongNumber,
    /// There is no address for mail.
    NoEmail,
    /// The time of sending is over, or ends before it begins.
    WindowPast,
    /// Outside the hours of Decree 91/2020 Art. 13.6.
    OutsideHours,
    /// As often as 24 hours allow (Decree 91/2020 Art. 13.5).
    CapReached,
    /// A minor for whom no representative agreed (Law 91/2025 Art. 24.2).
    NoRepresentative,
    /// No registered name to send under (Decree 91/2020 Art. 13.8).
    BrandnameMissing,
    /// The registered name runs out before the last message (Decree 91/2020 Art. 23.3).
    BrandnameExpired,
    /// The text has not passed the linter (Decree 91/2020 Art. 15–20).
    TemplateNotPassed,
    /// A complaint of this person is open (Law 19/2023 Art. 10.1.b).
    ComplaintOpen,
    /// The form's traps say that this may be no person.
    Suspect,
    /// This PC has not heard from the others for too long: a withdrawal may be waiting.
    NotSynced,
    /// A reason that only a newer version knows; read from its register, never given.
    Newer,
}

coded!(Refusal {
    NotAsked = 1,
    Unconfirmed = 2,
    SaidNo = 3,
    NoReply = 4,
    AlreadyAgreed = 5,
    NoticeUnknown = 6,
    EvidenceLost = 7,
    Withdrawn = 8,
    Restricted = 9,
    Objected = 10,
    Erased = 11,
    Suppressed = 12,
    DncUnchecked = 13,
    DncStale = 14,
    DncListed = 15,
    NoNumber = 16,
    NotAPerson = 17,
    NotMobile = 18,
    Foreign = 19,
    AmbiguousNumber = 20,
    WrongNumber = 21,
    NoEmail = 22,
    WindowPast = 23,
    OutsideHours = 24,
    CapReached = 25,
    NoRepresentative = 26,
    BrandnameMissing = 27,
    BrandnameExpired = 28,
    TemplateNotPassed = 29,
    ComplaintOpen = 30,
    Suspect = 31,
    NotSynced = 32,
    Newer = 255,
});

impl Refusal {
    /// It is about the person or the number, not about the campaign or this PC.
    #[must_use]
    pub fn is_personal(self) -> bool {
        !matches!(
            self,
            Self::WindowPast
                | Self::BrandnameMissing
                | Self::BrandnameExpired
                | Self::TemplateNotPassed
                | Self::NotSynced
                | Self::Newer
        )
    }

    /// It passes by itself with time.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::OutsideHours | Self::CapReached)
    }
}
