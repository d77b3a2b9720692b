//! The small closed sets of values that a lead is made of.
use serde::{Deserialize, Serialize};

use crate::codec::coded;

/// Where the work on a lead stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum LeadState {
    /// Nobody has called yet ("mới").
    #[default]
    New,
    /// Somebody is at it ("đang liên hệ").
    Contacting,
    /// A call was agreed ("hẹn gọi lại").
    Callback,
    /// An appointment was made ("đã đặt lịch").
    Booked,
    /// The person came ("đã đến").
    Visited,
    /// The person wants nothing ("không có nhu cầu").
    Declined,
    /// The number reaches somebody else or nobody ("sai số").
    WrongNumber,
}

coded!(LeadState {
    New = 1,
    Contacting = 2,
    Callback = 3,
    Booked = 4,
    Visited = 5,
    Declined = 6,
    WrongNumber = 7,
});

impl LeadState {
    /// Work is left: new, contacting, callback or booked.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::New | Self::Contacting | Self::Callback | Self::Booked
        )
    }

    /// A call may still be due in this state.
    #[must_use]
    pub fn awaits_call(self) -> bool {
        matches!(self, Self::New | Self::Contacting | Self::Callback)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Spoke with the person ("nghe máy").
    Answered,
    /// Nobody picked up ("không nghe").
    NoAnswer,
    /// Not that person's number ("sai số").
    WrongNumber,
    /// Agreed to call again ("hẹn gọi lại").
    Callback,
    /// Made an appointment ("đã đặt lịch").
    Booked,
    /// Wants nothing ("từ chối").
    Declined,
}

coded!(Outcome {
    Answered = 1,
    NoAnswer = 2,
    WrongNumber = 3,
    Callback = 4,
    Booked = 5,
    Declined = 6,
});

/// Where a lead came from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The website.
    Web,
    /// Came to the desk.
    WalkIn,
    /// Called.
    Phone,
    /// Zalo.
    Zalo,
    /// Facebook.
    Facebook,
    /// Anything else, or not known.
    #[default]
    Other,
}

coded!(Source {
    Web = 1,
    WalkIn = 2,
    Phone = 3,
    Zalo = 4,
    Facebook = 5,
    Other = 6,
});

/// Why a number was uncovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// To dial it.
    Call,
    /// To paste it elsewhere.
    Copy,
    /// To open Zalo with it.
    Zalo,
    /// To read it.
    Show,
    /// On paper.
    Print,
}

coded!(Purpose {
    Call = 1,
    Copy = 2,
    Zalo = 3,
    Show = 4,
    Print = 5,
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basis::BasisKind;
    use crate::codec::Coded;
    use core::fmt::Debug;
    use std::collections::BTreeSet;

    fn check<T: Coded + Debug + PartialEq>() {
        let codes: BTreeSet<u8> = T::ALL.iter().map(|value| value.code()).collect();
        assert_eq!(codes.len(), T::ALL.len(), "codes are used once");
        for &value in T::ALL {
            assert_eq!(T::from_code(u64::from(value.code())), Some(value));
        }
        assert_eq!(T::from_code(0), None);
        assert_eq!(T::from_code(200), None);
    }

    #[test]
    fn each_value_has_a_code_of_its_own_that_leads_back_to_it() {
        check::<LeadState>();
        check::<Outcome>();
        check::<Source>();
        check::<Purpose>();
        check::<BasisKind>();
    }
}
