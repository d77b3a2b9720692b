//! The history of a lead in the window's words, numbers masked.
use std::collections::BTreeMap;

use casebook::lead::{Event, Moment, Purpose, UndoneKind};
use casebook::merge::Id;
use ledger::{AuthorId, RecordId};

use super::Memory;
use super::row::masked;
use crate::projection::Record;
use crate::view::{Happening, RevealPurpose, TimelineItem, UndoneWhat};

/// Names of other records that a timeline speaks of.
pub(crate) type Titles = BTreeMap<Id, String>;

/// Everything that happened to `record`, and the merges of `children` into it, newest first.
pub(crate) fn timeline(
    memory: &Memory,
    record: &Record,
    children: &[&Record],
    titles: &Titles,
) -> Vec<TimelineItem> {
    let own = record.lead.history();
    let mut moments: Vec<(Moment<'_>, Option<Happening>)> =
        own.into_iter().map(|moment| (moment, None)).collect();
    for child in children {
        for moment in child.lead.history() {
            if let Some(happening) = from_the_other_side(&moment, record.id, child, titles) {
                moments.push((moment, Some(happening)));
            }
        }
    }
    moments.sort_by(|(a, _), (b, _)| b.stamp.cmp(&a.stamp).then(a.part.cmp(&b.part)));
    moments
        .into_iter()
        .map(|(moment, seen)| item(memory, &moment, seen, titles))
        .collect()
}

/// Records that a timeline names.
pub(crate) fn others(record: &Record) -> Vec<RecordId> {
    let history = record.lead.history();
    let other = |moment: &Moment<'_>| match moment.event {
        Event::Merged { into } => Some(into),
        Event::Unmerged { from } => from,
        _ => None,
    };
    history
        .iter()
        .filter_map(other)
        .map(RecordId::from_bytes)
        .collect()
}

/// A merge of `child` as the record that it was merged into tells it.
fn from_the_other_side(
    moment: &Moment<'_>,
    into: RecordId,
    child: &Record,
    titles: &Titles,
) -> Option<Happening> {
    let other = titles.get(child.id.as_bytes()).cloned().unwrap_or_default();
    match moment.event {
        Event::Merged { into: target } if target == *into.as_bytes() => {
            Some(Happening::Merged { other })
        }
        Event::Unmerged { from: Some(target) } if target == *into.as_bytes() => {
            Some(Happening::Unmerged { other })
        }
        _ => None,
    }
}

fn item(
    memory: &Memory,
    moment: &Moment<'_>,
    seen: Option<Happening>,
    titles: &Titles,
) -> TimelineItem {
    TimelineItem {
        key: moment.key(),
        at: moment.at_ms,
        by: moment.by.to_owned(),
        desk: memory.name(AuthorId::from_bytes(moment.stamp.author)),
        happening: seen.unwrap_or_else(|| happening(&moment.event, titles)),
        undone: moment.undone,
    }
}

fn happening(event: &Event<'_>, titles: &Titles) -> Happening {
    let title = |id: Option<Id>| {
        id.and_then(|id| titles.get(&id).cloned())
            .unwrap_or_default()
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match *event {
        Event::Received => Happening::Received,
        Event::Created { source, basis } => Happening::Created { source, basis },
        Event::Called { outcome } => Happening::Called { outcome },
        Event::Noted { text } => Happening::Noted {
            text: text.to_owned(),
        },
        Event::StateChanged { from, to } => Happening::StateChanged {
            from: Some(from),
            to,
        },
        Event::NextCallSet { at_ms } => Happening::NextCallSet { at: at_ms },
        Event::NameChanged { from, to } => Happening::NameChanged {
            from: from.to_owned(),
            to: to.to_owned(),
        },
        Event::PhoneChanged { from, to } => Happening::PhoneChanged {
            from: masked(from),
            to: masked(to),
        },
        Event::QuestionChanged => Happening::QuestionChanged,
        Event::BranchSet { branch } => Happening::BranchSet {
            branch: owned(branch),
        },
        Event::Assigned { to } => Happening::Assigned { to: owned(to) },
        Event::OrderLinked { order } => Happening::OrderLinked {
            order: owned(order),
        },
        Event::Merged { into } => Happening::Merged {
            other: title(Some(into)),
        },
        Event::Unmerged { from } => Happening::Unmerged { other: title(from) },
        Event::Cleared => Happening::Cleared,
        Event::Revealed { purpose } => Happening::Revealed {
            purpose: purpose_view(purpose),
        },
        Event::Undone { what, .. } => Happening::Undone { act: undone(what) },
        Event::Redone { .. } => Happening::Redone,
    }
}

const fn undone(what: UndoneKind) -> UndoneWhat {
    match what {
        UndoneKind::Call => UndoneWhat::Call,
        UndoneKind::Note => UndoneWhat::Note,
        UndoneKind::Edit => UndoneWhat::Edit,
        UndoneKind::Merge => UndoneWhat::Merge,
    }
}

/// As the window names it.
pub(crate) const fn purpose_view(purpose: Purpose) -> RevealPurpose {
    match purpose {
        Purpose::Call => RevealPurpose::Call,
        Purpose::Copy => RevealPurpose::Copy,
        Purpose::Zalo => RevealPurpose::Zalo,
        Purpose::Show => RevealPurpose::Show,
        Purpose::Print => RevealPurpose::Print,
    }
}

/// As a lead records it.
pub(crate) const fn purpose(purpose: RevealPurpose) -> Purpose {
    match purpose {
        RevealPurpose::Call => Purpose::Call,
        RevealPurpose::Copy => Purpose::Copy,
        RevealPurpose::Zalo => Purpose::Zalo,
        RevealPurpose::Show => Purpose::Show,
        RevealPurpose::Print => Purpose::Print,
    }
}
