//! Which changes count: those nobody took back, and of rival values those nobody has replaced.
use super::{Change, Lead};
use crate::merge::Stamp;

/// Which changes of a lead were taken back.
pub(super) struct Live {
    /// By place in the lead; empty when nothing was ever taken back.
    undone: Vec<bool>,
}

impl Live {
    /// One pass from the newest change down: an act is taken back by a later change that itself
    /// stands. A change that names itself or a later one is not obeyed: no desk can have seen it.
    /// Nor is one that names what is no slip of a hand: that would hide the lead, or who looked.
    pub(super) fn of(lead: &Lead) -> Self {
        if lead
            .changes
            .iter()
            .all(|(_, change)| change.undoes.is_empty())
        {
            return Self { undone: Vec::new() };
        }
        let mut undone = vec![false; lead.changes.len()];
        for (place, (stamp, change)) in lead.changes.iter().enumerate().rev() {
            if undone.get(place) == Some(&true) {
                continue;
            }
            for target in change.undoes.iter().filter(|target| *target < stamp) {
                if lead.get(target).is_some_and(Change::can_be_undone) {
                    mark(lead, &mut undone, target);
                }
            }
        }
        Self { undone }
    }

    /// Nothing was ever taken back.
    pub(super) fn undone_none(&self) -> bool {
        self.undone.is_empty()
    }

    /// The change at this place stands.
    pub(super) fn stands(&self, place: usize) -> bool {
        self.undone.get(place) != Some(&true)
    }
}

/// The places of the values that stand and that no other standing value knowingly replaced; the
/// last of them is the value shown, and more than one with different values is a conflict.
///
/// Who replaced a value that replaced another replaced both, also when the middle one was taken
/// back in between; so what was seen is followed through changes that no longer stand.
pub(super) fn heads(
    lead: &Lead,
    live: &Live,
    value: impl Fn(&Change) -> Option<&str>,
    sees: impl Fn(&Change) -> &[Stamp],
) -> Vec<usize> {
    let mut covered = vec![false; lead.changes.len()];
    let mut heads = Vec::new();
    for (place, (stamp, change)) in lead.changes.iter().enumerate().rev() {
        if value(change).is_none() {
            continue;
        }
        let is_covered = covered.get(place) == Some(&true);
        if live.stands(place) && !is_covered {
            heads.push(place);
        }
        if live.stands(place) || is_covered {
            for seen in sees(change).iter().filter(|seen| *seen < stamp) {
                mark(lead, &mut covered, seen);
            }
        }
    }
    heads.reverse();
    heads
}

fn mark(lead: &Lead, marks: &mut [bool], stamp: &Stamp) {
    if let Ok(place) = lead.place(stamp)
        && let Some(mark) = marks.get_mut(place)
    {
        *mark = true;
    }
}
