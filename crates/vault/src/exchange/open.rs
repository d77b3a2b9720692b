//! Opening entries' payloads, on two threads: opening submissions is what a first sync waits for.
use casebook::fact::Fact;
use casebook::lead::Change;
use casebook::staff;
use casebook::submission::{self, RawAnswers};
use ledger::submission::{Answers, Received};
use ledger::{ClinicId, Entry, Kind, RecordId};
use seal::open_submission;
use std::thread;
use zeroize::Zeroizing;

use crate::desk::Epochs;

/// Below this many entries a second thread is not worth its start.
const WORTH_A_THREAD: usize = 32;

/// What a payload turned out to be.
pub(crate) enum Opened {
    /// It says something about a lead.
    Change(Box<Change>),
    /// It says something about a person of the clinic.
    Staff(Box<staff::Change>),
    /// It says nothing that this version knows, was erased, or is a stranger's rubbish.
    Nothing,
    /// We were not given that clinic key (yet).
    NoKey,
    /// Its author is one of us, and yet it does not open or makes no sense.
    Bad,
}

/// Opens every payload, in order.
pub(crate) fn open_all(entries: &[Entry], epochs: &Epochs, clinic: ClinicId) -> Vec<Opened> {
    let open_part = |part: &[Entry]| -> Vec<Opened> {
        let mut plain = Zeroizing::default();
        part.iter()
            .map(|entry| open(entry, epochs, clinic, &mut plain))
            .collect()
    };
    if entries.len() < WORTH_A_THREAD {
        return open_part(entries);
    }
    let (first, second) = entries.split_at(entries.len() / 2);
    thread::scope(|scope| {
        let helper = scope.spawn(|| open_part(second));
        let mut opened = open_part(first);
        match helper.join() {
            Ok(rest) => opened.extend(rest),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        opened
    })
}

/// Opens one payload; `plain` is a buffer used for many.
fn open(
    entry: &Entry,
    epochs: &Epochs,
    clinic: ClinicId,
    plain: &mut Zeroizing<Vec<u8>>,
) -> Opened {
    let Some(payload) = entry.payload.bytes() else {
        return Opened::Nothing;
    };
    match entry.header.kind {
        Kind::Change | Kind::Access => {
            let Some(keys) = epochs.get(&entry.header.epoch) else {
                return Opened::NoKey;
            };
            let aad = entry.header.aad();
            let opened = keys.record.open_into(&aad, payload, plain);
            match opened.ok().and_then(|()| Fact::decode(plain).ok()) {
                Some(Fact::Lead(change)) => Opened::Change(change),
                Some(Fact::Staff(change)) if entry.header.kind == Kind::Change => {
                    Opened::Staff(change)
                }
                Some(_) => Opened::Nothing,
                None => Opened::Bad,
            }
        }
        Kind::Submission => submitted(entry, payload, epochs, clinic),
        Kind::Erase | Kind::Member | Kind::Grant | Kind::Witness => Opened::Nothing,
    }
}

/// Anybody can post rubbish that the server can't tell from a question: it stays in the ledger
/// and becomes no lead.
fn submitted(entry: &Entry, payload: &[u8], epochs: &Epochs, clinic: ClinicId) -> Opened {
    let Ok(received) = Received::decode(payload) else {
        return Opened::Nothing;
    };
    let ids = received.sealed.ids;
    if ids.clinic != clinic || RecordId::from(ids.submission) != entry.header.record {
        return Opened::Nothing;
    }
    let Some(keys) = epochs.get(&received.sealed.epoch) else {
        return Opened::NoKey;
    };
    match open_submission(&keys.intake, &received.sealed) {
        Ok(answers) => Opened::Change(Box::new(change(&answers, &received))),
        Err(_) => Opened::Nothing,
    }
}

fn change(answers: &Answers, received: &Received) -> Change {
    let raw = RawAnswers {
        name: &answers.name,
        phone: &answers.phone,
        question: &answers.question,
        promo: answers.promo,
        notice_version: &answers.notice_version,
        notice_hash: answers.notice_hash,
        page: &answers.page,
        branch: &answers.branch,
        filled_at_ms: answers.filled_at.unwrap_or(0),
    };
    submission::change(&raw, received.at_ms, received.suspicion.0)
}
