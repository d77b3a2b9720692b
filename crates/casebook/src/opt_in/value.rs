//! What an opt-in is made of: for which channel and purpose, by which method, with which proof.
use serde::{Deserialize, Serialize};

use crate::codec::coded;
use crate::merge::Stamp;
use crate::submission::PromoChoices;

/// A way to reach somebody with an offer; each is agreed to for itself (Law 91/2025 Art. 9.4.a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Phone call.
    Call,
    /// Text message.
    Sms,
    /// Zalo message.
    Zalo,
    /// Electronic mail.
    Email,
}

coded!(Channel { Call = 1, Sms = 2, Zalo = 3, Email = 4 });

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 4] = [Self::Call, Self::Sms, Self::Zalo, Self::Email];
}

impl PromoChoices {
    /// This channel and no other.
    #[must_use]
    pub fn only(channel: Channel) -> Self {
        Self {
            call: channel == Channel::Call,
            sms: channel == Channel::Sms,
            zalo: channel == Channel::Zalo,
            email: channel == Channel::Email,
        }
    }

    /// Whether this channel is among them.
    #[must_use]
    pub fn has(self, channel: Channel) -> bool {
        match channel {
            Channel::Call => self.call,
            Channel::Sms => self.sms,
            Channel::Zalo => self.zalo,
            Channel::Email => self.email,
        }
    }
}

/// What the person agrees to be approached for. Nothing is agreed to unless asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum PromoPurpose {
    /// Offers of the clinic itself.
    Offers,
    /// Data goes to an affiliated unit (Law 91/2025 Art. 17.1.a, Law 19/2023 Art. 18.4.a).
    Affiliates,
}

coded!(PromoPurpose {
    Offers = 1,
    Affiliates = 2,
});

impl PromoPurpose {
    /// Every purpose: whoever says stop to everything says it to each.
    pub const ALL: [Self; 2] = [Self::Offers, Self::Affiliates];
}

/// How the person said it (Decree 356/2025 Art. 6.1.a–đ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// A signed paper form.
    Paper,
    /// Signed on the screen at the desk.
    SignedAtDesk,
    /// A call that was recorded.
    CallRecording,
    /// Text message to our number.
    Sms,
    /// Electronic mail.
    Email,
    /// The website's form.
    WebForm,
    /// An app, or our page on a social network.
    App,
    /// Another form that can be printed or copied in writing.
    Other,
}

coded!(Method {
    Paper = 1,
    SignedAtDesk = 2,
    CallRecording = 3,
    Sms = 4,
    Email = 5,
    WebForm = 6,
    App = 7,
    Other = 8,
});

/// Which of the four ways to a lawful advertising consent (Decree 91/2020 Art. 11.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Yes to the first and only opt-in message (a).
    OptInMessage,
    /// Declared and confirmed on a form: paper, website, app, social network (b).
    ConfirmedForm,
    /// Called or wrote to the advertiser's switchboard (c).
    Switchboard,
}

impl Method {
    /// The way that this method is. A reply to the opt-in message and a message of the person's
    /// own accord both come by SMS; the record of the request tells them apart.
    #[must_use]
    pub fn way(self, after_request: bool) -> Way {
        match self {
            Self::Sms if after_request => Way::OptInMessage,
            Self::Sms | Self::CallRecording => Way::Switchboard,
            _ => Way::ConfirmedForm,
        }
    }

    /// Whether evidence of this kind proves a consent by this method. A form filled in at a
    /// distance must be confirmed beside (Decree 91/2020 Art. 11.2.b): by a code, a reply, a
    /// signature or a recorded call; the tick alone is a declaration.
    #[must_use]
    pub fn proven_by(self, kind: EvidenceKind) -> bool {
        use EvidenceKind as E;
        match self {
            Self::Paper | Self::SignedAtDesk => kind == E::Signature,
            Self::CallRecording => kind == E::Recording,
            Self::Sms | Self::Email => matches!(kind, E::Reply | E::Code),
            Self::WebForm | Self::App => {
                matches!(kind, E::Signature | E::Recording | E::Reply | E::Code)
            }
            Self::Other => true,
        }
    }
}

/// What the proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum EvidenceKind {
    /// A signature on paper or screen.
    Signature,
    /// Sound of a call.
    Recording,
    /// The person's own message.
    Reply,
    /// A one-time code that the person typed or read out.
    Code,
    /// Any other document.
    Document,
}

coded!(EvidenceKind {
    Signature = 1,
    Recording = 2,
    Reply = 3,
    Code = 4,
    Document = 5,
});

/// Where the proof is: a sealed attachment, words that lead to it, or both; never neither.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// Hash of the sealed attachment.
    pub hash: Option<[u8; 32]>,
    /// Words that lead to it: number of the form, folder, time of the message.
    pub reference: String,
}

impl Evidence {
    pub(in crate::opt_in) fn of(
        kind: EvidenceKind,
        hash: Option<[u8; 32]>,
        reference: String,
    ) -> Option<Self> {
        (hash.is_some() || !reference.is_empty()).then_some(Self {
            kind,
            hash,
            reference,
        })
    }
}

/// The text that the person was shown (Law 91/2025 Art. 9.2, CPL Art. 17.1).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Its version.
    pub version: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
}

/// What an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// For what.
    pub purpose: PromoPurpose,
    /// By which channels; at least one.
    pub channels: PromoChoices,
}

impl Scope {
    pub(super) fn covers(self, channel: Channel, purpose: PromoPurpose) -> bool {
        self.purpose == purpose && self.channels.has(channel)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.purpose == other.purpose && self.channels.bits() & other.channels.bits() != 0
    }
}

/// Who speaks for a child (Law 91/2025 Art. 24.2).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Representative {
    /// Full name.
    pub name: String,
    /// Number, as typed.
    pub phone: String,
}

/// Whose consent it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Subject {
    /// An adult, for himself or herself.
    Adult,
    /// A child under seven: the representative decides.
    Under7(Representative),
    /// A child from seven on: the representative agreed **and** the child did. Decree 330/2026
    /// Art. 60.1 fines a missing one of both, Law 91/2025 Art. 24.2 asks for both only where
    /// private life is disclosed \[unverified which governs: the stricter is followed\].
    From7(Representative),
}

impl Subject {
    /// A minor.
    #[must_use]
    pub fn is_minor(&self) -> bool {
        !matches!(self, Self::Adult)
    }
}

/// A yes with everything that makes it count; made by [`super::OptIn::grant`] or read from bytes
/// that hold all of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// What was agreed to.
    pub scope: Scope,
    /// How.
    pub method: Method,
    /// What the person knew.
    pub notice: Notice,
    /// Where the proof is.
    pub evidence: Evidence,
    /// How often at most, in the words that the person was told (Law 91/2025 Art. 28.3).
    pub frequency: String,
    /// Whose yes it is.
    pub subject: Subject,
    /// When it was said, milliseconds since the Unix epoch; the fact's own time is when it was
    /// entered (Decree 356/2025 Art. 6.1 wants who, when and what to be verifiable).
    pub said_ms: i64,
    /// Other hours that the person agreed to, minutes since local midnight, the end excluded
    /// (Decree 91/2020 Art. 13.6 "unless agreed otherwise").
    pub hours: Option<(u16, u16)>,
    /// Withdrawals and refusals that its desk had seen, and which it lifts.
    pub lifts: Vec<Stamp>,
}

/// A statement against offers, or a mere declaration, with what is known about it. Nothing but
/// its scope is needed: whoever says stop is heard at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is about.
    pub scope: Scope,
    /// How it was said.
    pub method: Option<Method>,
    /// What the person was shown.
    pub notice: Option<Notice>,
    /// Where the proof is.
    pub evidence: Option<Evidence>,
    /// In the clerk's words.
    pub note: String,
}

/// What the person asked us to leave off (Law 91/2025 Art. 4.1.d).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Limit {
    /// Processing is restricted.
    Restriction,
    /// The person objects to processing.
    Objection,
}

coded!(Limit { Restriction = 1, Objection = 2 });

crate::redact::redact!(Evidence, Notice, Representative, Subject, Grant, Statement);
