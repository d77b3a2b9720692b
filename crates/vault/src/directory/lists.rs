//! Reading the directory: pages, counts, the sentence on top.
use casebook::day;
use ledger::id::RecordId;

use super::names::Names;
use super::order::From;
use super::traits::{ALL_STATES, Filter, state_bit, state_code};
use super::{Directory, Hits, Page, Sight, Slot, rows_newest_first};
use crate::view::{Chip, ChipCounts, LeadQuery, LeadSort, Millis, Today};
use casebook::lead::LeadState;

/// Rows of one page at most.
const PAGE: usize = 200;
/// Hits that a search shows at most.
const HITS: usize = 50;

/// States of leads that still need somebody.
fn open_states() -> u8 {
    [
        LeadState::New,
        LeadState::Contacting,
        LeadState::Callback,
        LeadState::Booked,
    ]
    .into_iter()
    .fold(0, |set, state| set | state_bit(state))
}

/// What a query lets through.
struct View<'s> {
    filter: Filter<'s>,
    /// Only leads with a call before this.
    due: Option<Millis>,
}

impl Directory {
    /// One page of a list or of a search's hits. The order by name is built when first asked for, therefore `&mut`.
    pub fn page(&mut self, query: &LeadQuery, sight: Sight<'_>, now: Millis) -> Page {
        let scope = self.scope(sight);
        let Some(mut view) = self.view(query, sight.me, now) else {
            return Page::default();
        };
        view.filter = view.filter.within(scope.as_deref());
        let (skip, take) = (query.offset as usize, (query.limit as usize).min(PAGE));
        if !query.text.trim().is_empty() {
            let hits = self.hits(&query.text, HITS, &view);
            let total = hits.slots.len();
            let slots = hits.slots.into_iter().skip(skip).take(take).collect();
            return Page {
                slots,
                total: small(total),
                more: hits.more,
            };
        }
        if query.sort == LeadSort::Name {
            self.sort_names();
        }
        match view.due {
            Some(before) => self.due_page(&view.filter, before, query.sort, skip, take),
            None => self.plain_page(&view.filter, query.sort, skip, take),
        }
    }

    /// Sizes of the work lists.
    #[must_use]
    pub fn counts(&self, sight: Sight<'_>, now: Millis) -> ChipCounts {
        if let Some(scope) = self.scope(sight) {
            return self.counts_within(sight.me, &scope, now);
        }
        let me = sight.me;
        let of = |states: u8| {
            self.listed
                .iter()
                .enumerate()
                .filter(|(state, _)| states >> state & 1 == 1)
                .map(|(_, n)| n)
                .sum()
        };
        ChipCounts {
            all: of(ALL_STATES),
            new: of(state_bit(LeadState::New)),
            today: small(self.due_count(&Filter::listed(), day::end(now))),
            overdue: small(self.due_count(&Filter::listed(), now)),
            mine: self.people.known(me).map_or(0, |me| self.people.used(me)),
            open: of(open_states()),
            suspect: self.held,
        }
    }

    /// The same for somebody who doesn't see everything: counted, not remembered.
    fn counts_within(&self, me: &str, scope: &[u16], now: Millis) -> ChipCounts {
        let listed = Filter::listed().within(Some(scope));
        let of = |states: u8| self.count(&listed.states(states));
        let mine = self.people.known(me).map(|me| listed.owner(me));
        ChipCounts {
            all: of(ALL_STATES),
            new: of(state_bit(LeadState::New)),
            today: small(self.due_count(&listed, day::end(now))),
            overdue: small(self.due_count(&listed, now)),
            mine: mine.map_or(0, |mine| self.count(&mine)),
            open: of(open_states()),
            suspect: self.count(&Filter::held().within(Some(scope))),
        }
    }

    fn count(&self, filter: &Filter<'_>) -> u32 {
        small(
            self.arrival
                .page(filter, From::First, 0, 0, &mut Vec::new()),
        )
    }

    /// Numbers of the branches that are seen, 0 for none among them; `None` for all.
    fn scope(&self, sight: Sight<'_>) -> Option<Vec<u16>> {
        let known = |branch: &String| self.branches.known(branch);
        let seen = sight.branches.iter().filter_map(known);
        (!sight.branches.is_empty()).then(|| seen.chain([0]).collect())
    }

    /// The sentence on top of the list; `since` is when this desk was last in use.
    #[must_use]
    pub fn today(&self, sight: Sight<'_>, since: Millis, now: Millis) -> Today {
        let scope = self.scope(sight);
        let listed = Filter::listed().within(scope.as_deref());
        let uncalled = listed.states(state_bit(LeadState::New));
        let known = |slot| self.columns.age(slot) < (since, RecordId::from_bytes([0; 16]));
        let new = match scope {
            Some(_) => self.count(&uncalled),
            None => self.listed[usize::from(state_code(LeadState::New))],
        };
        let mut oldest = Vec::new();
        self.arrival.page(&uncalled, From::First, 0, 1, &mut oldest);
        let overdue = self.due_count(&listed, now);
        Today {
            new: new.saturating_sub(small(self.arrival.count_before(&uncalled, known))),
            due_today: small(self.due_count(&listed, day::end(now)) - overdue),
            overdue: small(overdue),
            oldest_uncalled_at: oldest.first().map(|slot| self.columns.received(*slot)),
        }
    }

    /// Branches that occur among leads not merged away, in alphabetical order.
    #[must_use]
    pub fn branches(&self) -> Vec<String> {
        let mut found: Vec<(String, &str)> = self
            .branches
            .in_use()
            .map(|branch| (casebook::text::fold(branch), branch))
            .collect();
        found.sort_unstable();
        found
            .into_iter()
            .map(|(_, branch)| branch.to_owned())
            .collect()
    }

    /// Searches everything but what was merged away.
    #[must_use]
    pub fn find(&self, text: &str, limit: usize) -> Hits {
        self.hits(
            text,
            limit,
            &View {
                filter: Filter::shown(),
                due: None,
            },
        )
    }

    fn hits(&self, text: &str, limit: usize, view: &View<'_>) -> Hits {
        let mask = |block| self.due_rows(block, self.arrival.mask(block, &view.filter), view.due);
        let (places, more) = self.search.find(text, limit, mask);
        Hits {
            slots: places
                .into_iter()
                .map(|(block, at)| self.arrival.slots(block)[at])
                .collect(),
            more,
        }
    }

    fn due_rows(&self, block: usize, rows: u64, due: Option<Millis>) -> u64 {
        let Some(before) = due else {
            return rows;
        };
        let slots = self.arrival.slots(block);
        let late = |at: &usize| {
            self.columns
                .next_call(slots[*at])
                .is_some_and(|call| call < before)
        };
        rows_newest_first(rows)
            .filter(late)
            .fold(0, |found, at| found | 1 << at)
    }

    /// `None` when nothing can pass: a branch or a person that no lead has.
    fn view<'s>(&self, query: &LeadQuery, me: &str, now: Millis) -> Option<View<'s>> {
        let listed = Filter::listed();
        let mut filter = match query.chip {
            Chip::All => listed,
            Chip::New => listed.states(state_bit(LeadState::New)),
            Chip::Today | Chip::Overdue => listed.planned(true),
            Chip::Mine => listed.owner(self.people.known(me)?),
            Chip::Open => listed.states(open_states()),
            Chip::Suspect => Filter::held(),
        };
        if !query.states.is_empty() {
            filter = filter.states(
                query
                    .states
                    .iter()
                    .fold(0, |set, state| set | state_bit(*state)),
            );
        }
        if let Some(branch) = &query.branch {
            filter = filter.branch(self.branches.known(branch)?);
        }
        if let Some(source) = query.source {
            filter = filter.source(source);
        }
        let due = match query.chip {
            Chip::Today => Some(day::end(now)),
            Chip::Overdue => Some(now),
            _ => None,
        };
        Some(View { filter, due })
    }

    fn due_count(&self, filter: &Filter<'_>, before: Millis) -> usize {
        self.calls
            .count_before(filter, |slot| self.columns.next_call(slot) < Some(before))
    }

    fn plain_page(&self, filter: &Filter<'_>, sort: LeadSort, skip: usize, take: usize) -> Page {
        let uncalled = state_bit(LeadState::New);
        let mut slots = Vec::with_capacity(take);
        // Two lists after each other: what the first one leaves of `skip` and `take` goes to the second.
        let rest = |slots: &Vec<Slot>| take - slots.len();
        let total = match sort {
            LeadSort::Newest => self
                .arrival
                .page(filter, From::Last, skip, take, &mut slots),
            LeadSort::Work => {
                let new = filter.states(uncalled);
                let first = self.arrival.page(&new, From::First, skip, take, &mut slots);
                let others = filter.states(ALL_STATES & !uncalled);
                let (skip, take) = (skip.saturating_sub(first), rest(&slots));
                first
                    + self
                        .arrival
                        .page(&others, From::Last, skip, take, &mut slots)
            }
            LeadSort::NextCall => {
                let first = self.calls.page(filter, From::First, skip, take, &mut slots);
                let others = filter.planned(false);
                let (skip, take) = (skip.saturating_sub(first), rest(&slots));
                first
                    + self
                        .arrival
                        .page(&others, From::Last, skip, take, &mut slots)
            }
            LeadSort::Name => {
                let order = self.names.as_ref().map(Names::order);
                order.map_or(0, |order| {
                    order.page(filter, From::First, skip, take, &mut slots)
                })
            }
        };
        Page {
            slots,
            total: small(total),
            more: false,
        }
    }

    /// Calls before a moment. They are few, so that other orders than the calls' own may sort them all.
    fn due_page(
        &self,
        filter: &Filter<'_>,
        before: Millis,
        sort: LeadSort,
        skip: usize,
        take: usize,
    ) -> Page {
        let total = self.due_count(filter, before);
        let mut slots = Vec::new();
        if sort == LeadSort::NextCall {
            self.calls.page(
                filter,
                From::First,
                skip,
                take.min(total.saturating_sub(skip)),
                &mut slots,
            );
            return Page {
                slots,
                total: small(total),
                more: false,
            };
        }
        self.calls.page(filter, From::First, 0, total, &mut slots);
        self.newest_first(&mut slots);
        if sort == LeadSort::Work {
            let new = usize::from(state_code(LeadState::New));
            let (mut work, others): (Vec<Slot>, Vec<Slot>) = slots
                .into_iter()
                .partition(|slot| self.columns.traits(*slot).state() == new);
            work.reverse();
            work.extend(others);
            slots = work;
        }
        if let Some(names) = self.names.as_ref().filter(|_| sort == LeadSort::Name) {
            slots.sort_by(|a, b| {
                names
                    .place(&self.columns, *a)
                    .cmp(&names.place(&self.columns, *b))
            });
        }
        Page {
            slots: slots.into_iter().skip(skip).take(take).collect(),
            total: small(total),
            more: false,
        }
    }

    fn sort_names(&mut self) {
        if self.names.is_some() {
            return;
        }
        let mut all = Vec::with_capacity(self.len());
        for block in 0..self.arrival.blocks() {
            for (at, slot) in self.arrival.slots(block).iter().enumerate() {
                all.push((*slot, self.search.name((block, at))));
            }
        }
        self.names = Some(Names::new(&self.columns, &all));
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
