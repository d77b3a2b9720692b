//! The legal ground on which a record may be held.
use serde::{Deserialize, Serialize};

use crate::codec::Coded;

/// Why we may hold somebody's data (Law 91/2025/QH15, Art. 11.1 and 19.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum BasisKind {
    /// The person agreed before anything was collected (Art. 9, Art. 11.1).
    Consent,
    /// Needed to perform an agreement with the person (Art. 19.1.d).
    Contract,
    /// Needed at once to protect life, health or lawful interests (Art. 19.1).
    Urgent,
    /// Work of a state authority as the law provides (Art. 19.1).
    State,
    /// Another duty or permission that a law states (Art. 19.1).
    Law,
}

impl Coded for BasisKind {
    const ALL: &'static [Self] = &[
        Self::Consent,
        Self::Contract,
        Self::Urgent,
        Self::State,
        Self::Law,
    ];
    fn code(self) -> u8 {
        match self {
            Self::Consent => 1,
            Self::Contract => 2,
            Self::Urgent => 3,
            Self::State => 4,
            Self::Law => 5,
        }
    }
}

/// How the record came to be, as far as proof of the ground goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The website's form: it carries the notice's version and text hash, and the choices made.
    Form,
    /// Typed in by a clerk: only a note can say how the ground was given and where its proof is.
    Hand,
}

/// Whether a note must say how the ground was given.
///
/// Consent must be kept and proven by us in a dispute (Decree 356/2025 Art. 6.2), and every other
/// ground needs a written process that we can show (Law 91/2025 Art. 19.2). Only consent by the
/// form brings its own proof.
#[must_use]
pub fn note_required(kind: BasisKind, proof: Proof) -> bool {
    !(kind == BasisKind::Consent && proof == Proof::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_consent_by_the_form_needs_no_note() {
        for &kind in BasisKind::ALL {
            assert!(note_required(kind, Proof::Hand), "{kind:?}");
            assert_eq!(
                note_required(kind, Proof::Form),
                kind != BasisKind::Consent,
                "{kind:?}"
            );
        }
    }
}
