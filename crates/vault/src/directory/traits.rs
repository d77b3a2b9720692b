//! The few properties that lists are filtered by, packed into one word a lead.
use casebook::lead::{LeadState, Source};

/// Bits in use; each becomes one bit plane of an order.
pub(crate) const BITS: usize = 41;

const SOURCE: u32 = 3;
const SUSPECT: u32 = 6;
const MERGED: u32 = 7;
const PLANNED: u32 = 8;
const BRANCH: u32 = 9;
const OWNER: u32 = 25;

/// Every state allowed.
pub(crate) const ALL_STATES: u8 = 0b111_1111;

/// Where a lead is shown at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// In the work lists.
    Listed,
    /// Held back as suspect.
    Held,
    /// Shown only inside the lead it was merged into.
    Merged,
}

/// Number of a state, 0 to 6.
pub(crate) fn state_code(state: LeadState) -> u8 {
    match state {
        LeadState::New => 0,
        LeadState::Contacting => 1,
        LeadState::Callback => 2,
        LeadState::Booked => 3,
        LeadState::Visited => 4,
        LeadState::Declined => 5,
        LeadState::WrongNumber => 6,
    }
}

/// A set with one state in it.
pub(crate) fn state_bit(state: LeadState) -> u8 {
    1 << state_code(state)
}

fn source_code(source: Source) -> u64 {
    match source {
        Source::Web => 0,
        Source::WalkIn => 1,
        Source::Phone => 2,
        Source::Zalo => 3,
        Source::Facebook => 4,
        Source::Other => 5,
    }
}

/// One lead's properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traits(u64);

impl Traits {
    pub(crate) fn new(
        state: LeadState,
        source: Source,
        suspect: bool,
        branch: u16,
        owner: u16,
    ) -> Self {
        Self(
            u64::from(state_code(state))
                | source_code(source) << SOURCE
                | u64::from(suspect) << SUSPECT
                | u64::from(branch) << BRANCH
                | u64::from(owner) << OWNER,
        )
    }

    pub(crate) fn with_merged(self, merged: bool) -> Self {
        Self(self.0 & !(1 << MERGED) | u64::from(merged) << MERGED)
    }

    pub(crate) fn with_planned(self, planned: bool) -> Self {
        Self(self.0 & !(1 << PLANNED) | u64::from(planned) << PLANNED)
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn state(self) -> usize {
        (self.0 & 0b111) as usize
    }

    pub(crate) fn class(self) -> Class {
        if self.0 >> MERGED & 1 == 1 {
            Class::Merged
        } else if self.0 >> SUSPECT & 1 == 1 {
            Class::Held
        } else {
            Class::Listed
        }
    }

    pub(crate) fn planned(self) -> bool {
        self.0 >> PLANNED & 1 == 1
    }

    pub(crate) fn branch(self) -> u16 {
        (self.0 >> BRANCH & 0xffff) as u16
    }

    pub(crate) fn owner(self) -> u16 {
        (self.0 >> OWNER & 0xffff) as u16
    }
}

/// Which leads a list shows: some bits fixed, some states allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter<'s> {
    fixed: u64,
    value: u64,
    states: u8,
    scope: Option<&'s [u16]>,
}

impl<'s> Filter<'s> {
    /// Everything that was not merged away.
    pub(crate) fn shown() -> Self {
        Self {
            fixed: 0,
            value: 0,
            states: ALL_STATES,
            scope: None,
        }
        .fix(MERGED, 1, 0)
    }

    /// Everything in the work lists.
    pub(crate) fn listed() -> Self {
        Self::shown().fix(SUSPECT, 1, 0)
    }

    /// Everything held back.
    pub(crate) fn held() -> Self {
        Self::shown().fix(SUSPECT, 1, 1)
    }

    fn fix(mut self, shift: u32, width: u64, value: u64) -> Self {
        self.fixed |= width << shift;
        self.value |= value << shift;
        self
    }

    pub(crate) fn source(self, source: Source) -> Self {
        self.fix(SOURCE, 0b111, source_code(source))
    }

    pub(crate) fn branch(self, branch: u16) -> Self {
        self.fix(BRANCH, 0xffff, u64::from(branch))
    }

    pub(crate) fn owner(self, owner: u16) -> Self {
        self.fix(OWNER, 0xffff, u64::from(owner))
    }

    pub(crate) fn planned(self, planned: bool) -> Self {
        self.fix(PLANNED, 1, u64::from(planned))
    }

    /// Only states that are in the set as well.
    pub(crate) fn states(mut self, set: u8) -> Self {
        self.states &= set;
        self
    }

    #[cfg(test)]
    fn admits(self, traits: Traits) -> bool {
        traits.0 & self.fixed == self.value
            && self.states >> traits.state() & 1 == 1
            && self
                .scope
                .is_none_or(|scope| scope.contains(&traits.branch()))
    }

    /// Only leads of these branches; `None` for all.
    pub(crate) fn within(self, scope: Option<&'s [u16]>) -> Self {
        Self { scope, ..self }
    }

    /// Branches that are let through, each as bits that must have a value; `None` for all.
    pub(crate) fn scope(
        self,
    ) -> Option<impl Iterator<Item = impl Iterator<Item = (usize, bool)>> + use<'s>> {
        let bits = |branch: u16| {
            let bit = move |bit: u32| ((BRANCH + bit) as usize, branch >> bit & 1 == 1);
            (0..u16::BITS).map(bit)
        };
        self.scope.map(|scope| scope.iter().copied().map(bits))
    }

    /// Bits that must have a value.
    pub(crate) fn fixed(self) -> impl Iterator<Item = (usize, bool)> + use<'s> {
        (0..BITS)
            .filter(move |bit| self.fixed >> bit & 1 == 1)
            .map(move |bit| (bit, self.value >> bit & 1 == 1))
    }

    /// States that are let through.
    pub(crate) fn allowed(self) -> u8 {
        self.states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_read_back_as_it_was_packed() {
        let traits = Traits::new(LeadState::WrongNumber, Source::Other, true, 65_535, 65_534)
            .with_planned(true);
        assert_eq!(
            (traits.state(), traits.branch(), traits.owner()),
            (6, 65_535, 65_534)
        );
        assert_eq!(traits.class(), Class::Held);
        assert!(traits.planned() && !traits.with_planned(false).planned());
        assert_eq!(traits.bits() >> BITS, 0);
        assert!(
            Filter::held()
                .planned(true)
                .source(Source::Other)
                .admits(traits)
        );
        assert!(!Filter::listed().admits(traits));
        let merged = traits.with_merged(true);
        assert_eq!(merged.class(), Class::Merged);
        assert!(!Filter::shown().admits(merged));
        assert_eq!(merged.with_merged(false), traits);
    }
}
