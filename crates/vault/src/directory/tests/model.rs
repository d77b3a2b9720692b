//! The directory done the slow and obvious way.
use std::cmp::Reverse;
use std::collections::BTreeMap;

use casebook::day;
use casebook::lead::LeadState;
use casebook::text::fold;
use ledger::id::RecordId;

use super::{Lead, ME, NOW, id};
use crate::view::{Chip, ChipCounts, LeadQuery, LeadSort, Millis, Today};

#[derive(Default)]
pub(super) struct Model(pub(super) BTreeMap<u8, Lead>);

impl Model {
    pub(super) fn number(&self, wanted: RecordId) -> u8 {
        *self.0.keys().find(|n| id(**n) == wanted).unwrap()
    }

    pub(super) fn root(&self, n: u8) -> u8 {
        let mut path = vec![n];
        loop {
            let at = *path.last().unwrap();
            let next = self.0[&at]
                .into
                .filter(|next| *next != at && self.0.contains_key(next));
            let Some(next) = next else { return at };
            if let Some(start) = path.iter().position(|step| *step == next) {
                return *path[start..].iter().min_by_key(|n| id(**n)).unwrap();
            }
            path.push(next);
        }
    }

    pub(super) fn shown(&self) -> Vec<u8> {
        self.0
            .keys()
            .copied()
            .filter(|n| self.root(*n) == *n)
            .collect()
    }

    pub(super) fn listed(&self) -> Vec<u8> {
        self.shown()
            .into_iter()
            .filter(|n| !self.0[n].suspect)
            .collect()
    }

    pub(super) fn age(&self, n: u8) -> (Millis, RecordId) {
        (self.0[&n].received, id(n))
    }

    pub(super) fn chip(&self, chip: Chip) -> Vec<u8> {
        let due = |n: &u8, before: Millis| self.0[n].next.is_some_and(|call| call < before);
        let open = [
            LeadState::New,
            LeadState::Contacting,
            LeadState::Callback,
            LeadState::Booked,
        ];
        let (mut listed, mut shown) = (self.listed(), self.shown());
        match chip {
            Chip::All => {}
            Chip::New => listed.retain(|n| self.0[n].state == LeadState::New),
            Chip::Today => listed.retain(|n| due(n, day::end(NOW))),
            Chip::Overdue => listed.retain(|n| due(n, NOW)),
            Chip::Mine => listed.retain(|n| self.0[n].owner.as_deref() == Some(ME)),
            Chip::Open => listed.retain(|n| open.contains(&self.0[n].state)),
            Chip::Suspect => {
                shown.retain(|n| self.0[n].suspect);
                return shown;
            }
        }
        listed
    }

    pub(super) fn pass(&self, query: &LeadQuery) -> Vec<u8> {
        let mut found = self.chip(query.chip);
        found.retain(|n| {
            let lead = &self.0[n];
            (query.states.is_empty() || query.states.contains(&lead.state))
                && query
                    .branch
                    .as_ref()
                    .is_none_or(|branch| lead.branch.as_ref() == Some(branch))
                && query.source.is_none_or(|source| lead.source == source)
        });
        found
    }

    pub(super) fn list(&self, query: &LeadQuery) -> Vec<u8> {
        let mut found = self.pass(query);
        found.sort_by_key(|n| Reverse(self.age(*n)));
        match query.sort {
            LeadSort::Newest => {}
            LeadSort::Work => {
                let new = |n: &u8| self.0[n].state == LeadState::New;
                let (mut work, others): (Vec<u8>, Vec<u8>) = found.into_iter().partition(new);
                work.reverse();
                work.extend(others);
                return work;
            }
            LeadSort::Name => {
                found.sort_by_cached_key(|n| {
                    casebook::name::sort_key(&self.0[n].name.to_lowercase())
                });
            }
            LeadSort::NextCall => found.sort_by_key(|n| self.0[n].next.unwrap_or(Millis::MAX)),
        }
        found
    }

    pub(super) fn counts(&self) -> ChipCounts {
        let of = |chip| u32::try_from(self.chip(chip).len()).unwrap();
        ChipCounts {
            all: of(Chip::All),
            new: of(Chip::New),
            today: of(Chip::Today),
            overdue: of(Chip::Overdue),
            mine: of(Chip::Mine),
            open: of(Chip::Open),
            suspect: of(Chip::Suspect),
        }
    }

    pub(super) fn today(&self, since: Millis) -> Today {
        let uncalled: Vec<Millis> = self
            .chip(Chip::New)
            .iter()
            .map(|n| self.0[n].received)
            .collect();
        let counts = self.counts();
        Today {
            new: u32::try_from(uncalled.iter().filter(|at| **at >= since).count()).unwrap(),
            due_today: counts.today - counts.overdue,
            overdue: counts.overdue,
            oldest_uncalled_at: uncalled.into_iter().min(),
        }
    }

    /// Words without digits only: numbers have their own tests.
    pub(super) fn find(&self, text: &str, limit: usize, among: &[u8]) -> (Vec<u8>, bool) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let all =
            |hay: &str, f: fn(&str) -> String| words.iter().all(|word| f(hay).contains(&f(word)));
        // A word typed without accents asks for none.
        let exact = |hay: &str| {
            let lower = hay.to_lowercase();
            words.iter().all(|word| {
                let typed = word.to_lowercase();
                if fold(word) == typed {
                    fold(hay).contains(&typed)
                } else {
                    lower.contains(&typed)
                }
            })
        };
        let mut found = Vec::new();
        for n in among {
            let lead = &self.0[n];
            let order = lead.order.as_deref().unwrap_or("");
            let head = format!("{}\u{1f}{order}", lead.name);
            let whole = format!("{head}\u{1f}{}", lead.question);
            let rank = match () {
                () if exact(&head) => 0,
                () if exact(&whole) => 1,
                () if all(&head, fold) => 2,
                () if all(&whole, fold) => 3,
                () if words.len() == 1 && initials(&lead.name, words[0]) => 1,
                () => continue,
            };
            found.push((rank, Reverse(self.age(*n)), *n));
        }
        found.sort();
        let more = found.len() > limit;
        (
            found.into_iter().take(limit).map(|(_, _, n)| n).collect(),
            more,
        )
    }
}

fn initials(name: &str, word: &str) -> bool {
    let letters: String = fold(name)
        .split_whitespace()
        .filter_map(|w| w.chars().next())
        .filter(char::is_ascii_alphabetic)
        .collect();
    (3..=6).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_alphabetic())
        && letters == word.to_lowercase()
}
