//! What a sealed change is about, told by its own bytes: a lead, a person who works here,
//! a number's opt-ins, a lot that left the clinic, or whoever received it.
//!
//! Every fact is a CBOR map with integer keys. Keys 0, 1 and 19 mean the same in all of them; key
//! 20 names the kind of record and is absent for a lead. Facts about anything else keep to keys
//! from 32 on, so that a version from before them reads a change of a lead that touches nothing.
use minicbor::Decoder;

use crate::campaign::{lot, recipient};
use crate::codec::read_map;
use crate::lead::{self, Malformed};
use crate::opt_in;
use crate::staff;

/// Keys that no fact uses for anything else.
pub(crate) mod key {
    /// When, milliseconds since the Unix epoch.
    pub(crate) const AT: u64 = 0;
    /// Name of the person who did it.
    pub(crate) const BY: u64 = 1;
    /// Record of that person.
    pub(crate) const STAFF: u64 = 19;
    /// Kind of record; absent for a lead.
    pub(crate) const ABOUT: u64 = 20;
}

/// Kinds of records other than leads. A number is never given a second meaning.
pub(crate) mod about {
    /// A person who works at the clinic.
    pub(crate) const STAFF: u64 = 1;
    /// What a phone number agreed to.
    pub(crate) const OPT_IN: u64 = 2;
    /// One lot of a campaign that left the clinic.
    pub(crate) const LOT: u64 = 3;
    /// Somebody outside who is given data.
    pub(crate) const RECIPIENT: u64 = 4;
}

/// One change of one record.
pub enum Fact {
    /// Of a lead.
    Lead(Box<lead::Change>),
    /// Of a person who works at the clinic.
    Staff(Box<staff::Change>),
    /// Of what a phone number agreed to.
    OptIn(Box<opt_in::Change>),
    /// Of a lot that left the clinic.
    Lot(Box<lot::Change>),
    /// Of a recipient outside.
    Recipient(Box<recipient::Change>),
    /// Of something that a newer version knows: to be kept in the ledger, and read after an update.
    Newer,
}

impl Fact {
    /// Reads what any version's `encode` of a change wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        match about(bytes)? {
            None => lead::Change::decode(bytes).map(|change| Self::Lead(Box::new(change))),
            Some(about::STAFF) => {
                staff::Change::decode(bytes).map(|change| Self::Staff(Box::new(change)))
            }
            Some(about::OPT_IN) => {
                opt_in::Change::decode(bytes).map(|change| Self::OptIn(Box::new(change)))
            }
            Some(about::LOT) => {
                lot::Change::decode(bytes).map(|change| Self::Lot(Box::new(change)))
            }
            Some(about::RECIPIENT) => {
                recipient::Change::decode(bytes).map(|change| Self::Recipient(Box::new(change)))
            }
            Some(_) => Ok(Self::Newer),
        }
    }
}

/// The kind of record; `None` for a lead.
fn about(bytes: &[u8]) -> Result<Option<u64>, Malformed> {
    let mut d = Decoder::new(bytes);
    let mut about = None;
    let read = read_map(&mut d, |key, d| {
        if key == key::ABOUT {
            about = Some(d.u64()?);
        }
        Ok(key == key::ABOUT)
    });
    match read {
        Ok(()) if d.position() == bytes.len() => Ok(about),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::lead::{Change, Lead, LeadState};
    use crate::merge::Stamp;
    use proptest::prelude::*;

    #[test]
    fn a_change_of_a_lead_is_what_it_always_was() {
        let change = Change {
            at_ms: 5,
            state: Some(LeadState::Booked),
            ..Change::default()
        };
        match Fact::decode(&change.encode()) {
            Ok(Fact::Lead(read)) => assert!(*read == change),
            _ => panic!("no lead"),
        }
    }

    #[test]
    fn a_version_from_before_people_reads_a_change_that_touches_nothing() {
        let hired = staff::Change {
            at_ms: 7,
            by: "Lan".into(),
            name: Some("Mai".into()),
            role: Some(crate::power::StaffRole::Owner),
            branches: Some(vec!["Quận 1".into()]),
            pin: Some(vec![1; 66]),
            ..staff::Change::default()
        };
        let bytes = hired.encode();
        let read = Change::decode(&bytes).unwrap();
        let nothing = Change {
            at_ms: 7,
            by: "Lan".into(),
            ..Change::default()
        };
        assert!(read == nothing);
        // Nor does that version show a lead of it: nobody ever asked anything.
        let mut lead = Lead::new();
        let author = [1; 16];
        lead.insert(Stamp { hlc: 1, author }, read);
        assert!(lead.facts().origin.is_none());
        assert!(matches!(Fact::decode(&bytes), Ok(Fact::Staff(read)) if *read == hired));
    }

    #[test]
    fn each_kind_of_record_is_told_by_its_own_bytes() {
        let nine = [0xa2, 0, 9];
        for (code, kind) in [(2, "opt-in"), (3, "lot"), (4, "recipient")] {
            let bytes = [&nine[..], &[20, code]].concat();
            let read = match Fact::decode(&bytes).unwrap() {
                Fact::OptIn(change) => (change.at_ms, "opt-in"),
                Fact::Lot(change) => (change.at_ms, "lot"),
                Fact::Recipient(change) => (change.at_ms, "recipient"),
                Fact::Lead(_) | Fact::Staff(_) | Fact::Newer => (0, "other"),
            };
            assert_eq!(read, (9, kind));
        }
    }

    #[test]
    fn a_fact_of_the_future_is_neither_a_lead_nor_a_lie() {
        // {0: 1, 20: 9, 32: {…}}
        let bytes = [0xa3, 0, 1, 20, 9, 0x18, 32, 0xa1, 0, 0xf6];
        assert!(matches!(Fact::decode(&bytes), Ok(Fact::Newer)));
        assert!(Fact::decode(&bytes[..9]).is_err());
        assert!(Fact::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
            let _ = Fact::decode(&bytes);
        }
    }
}
