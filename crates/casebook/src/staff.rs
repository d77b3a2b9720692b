//! The people of the clinic: who works here, who may what, and what may become of whom.
//!
//! A person's record is the set of changes that anyone ever made to it, like a lead's. Roles are
//! enforced by the program that reads them here; encryption knows PCs, not people.
mod change;
mod person;

use std::collections::BTreeMap;

pub use change::{Change, PIN_MAX};
pub use person::Person;
use thiserror::Error;

use crate::lead::{Doing, Limits};
use crate::merge::Id;
use crate::name::Name;
use crate::power::{Power, StaffRole};
use crate::text;

/// Branches that one person may be entered for.
const MOST_BRANCHES: usize = 200;

/// Why a change of the clinic's people is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The person at the desk may not do that.
    #[error("not allowed")]
    NotAllowed,
    /// Nobody with this id.
    #[error("no such person")]
    Unknown,
    /// The name is empty.
    #[error("a person needs a name")]
    NoName,
    /// A text, or the list of branches, is longer than a record may hold.
    #[error("too long")]
    TooLong,
    /// The clinic would be left without an owner who can sign in.
    #[error("the last owner must stay")]
    LastOwner,
    /// The first person is an owner, and an owner needs a PIN at once.
    #[error("the first person needs a PIN")]
    PinMissing,
}

/// Who is at the desk.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person's record; `None` as long as the clinic has entered nobody.
    pub id: Option<Id>,
    /// Name that acts are recorded under.
    pub name: String,
    /// Role.
    pub role: StaffRole,
    /// Branches whose leads the person sees; empty for all.
    pub branches: Vec<String>,
}

/// A person as somebody enters or changes one.
#[derive(Clone, Copy)]
pub struct Entered<'a> {
    /// Full name.
    pub name: &'a str,
    /// Role.
    pub role: StaffRole,
    /// Branches whose leads the person sees; empty for all.
    pub branches: &'a [String],
}

crate::redact::redact!(Actor, Entered<'a>, Staff);

impl Actor {
    /// Whoever sits at a PC of a clinic that has entered nobody: the owner, in all likelihood.
    #[must_use]
    pub const fn unnamed(name: String) -> Self {
        Self {
            id: None,
            name,
            role: StaffRole::Owner,
            branches: Vec::new(),
        }
    }

    /// Who does something now.
    #[must_use]
    pub fn doing(&self, now_ms: i64) -> Doing<'_> {
        Doing {
            by: &self.name,
            staff: self.id,
            now_ms,
        }
    }

    /// Whether this person may do that.
    #[must_use]
    pub const fn may(&self, power: Power) -> bool {
        self.role.may(power)
    }

    /// Whether a lead of this branch is this person's business: one without a branch is everybody's.
    #[must_use]
    pub fn sees(&self, branch: Option<&str>) -> bool {
        let own = |branch: &str| self.branches.iter().any(|own| own == branch);
        self.branches.is_empty() || branch.is_none_or(own)
    }

    /// The branch that a lead entered here belongs to: the desk's, or else the person's first one.
    #[must_use]
    pub fn own_branch<'a>(&'a self, desk: Option<&'a str>) -> Option<&'a str> {
        let first = self.branches.first().map(String::as_str);
        desk.filter(|desk| self.sees(Some(desk))).or(first)
    }
}

/// Everybody.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Staff {
    people: BTreeMap<Id, Person>,
}

impl Staff {
    /// Everybody whose record is here.
    #[must_use]
    pub const fn new(people: BTreeMap<Id, Person>) -> Self {
        Self { people }
    }

    /// Puts a record in, in place of an older one.
    pub fn put(&mut self, id: Id, person: Person) {
        self.people.insert(id, person);
    }

    /// One person's record.
    #[must_use]
    pub fn get(&self, id: &Id) -> Option<&Person> {
        self.people.get(id)
    }

    /// Everybody, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Person)> {
        self.people.iter()
    }

    /// Whether the clinic works with names and PINs: somebody can sign in.
    #[must_use]
    pub fn in_use(&self) -> bool {
        self.people.iter().any(|(id, _)| self.can_sign_in(id))
    }

    /// Works here (no longer), as it counts: the owner who [`Staff::stands`] in does.
    #[must_use]
    pub fn gone(&self, id: &Id) -> bool {
        self.get(id).is_none_or(Person::gone) && self.stands() != Some(*id)
    }

    /// The role that counts.
    #[must_use]
    pub fn role(&self, id: &Id) -> StaffRole {
        if self.stands() == Some(*id) {
            return StaffRole::Owner;
        }
        self.get(id).map_or(StaffRole::FrontDesk, Person::role)
    }

    /// Works here and has a PIN.
    #[must_use]
    pub fn can_sign_in(&self, id: &Id) -> bool {
        let has_pin = self.get(id).is_some_and(|person| person.pin().is_some());
        has_pin && !self.gone(id)
    }

    /// Who acts when this person is at the desk; `None` for one who can't be.
    #[must_use]
    pub fn actor(&self, id: &Id) -> Option<Actor> {
        let person = self.get(id).filter(|_| self.can_sign_in(id))?;
        let standing_in = self.stands() == Some(*id);
        Some(Actor {
            id: Some(*id),
            name: person.name().to_owned(),
            role: self.role(id),
            branches: if standing_in {
                Vec::new()
            } else {
                person.branches().to_vec()
            },
        })
    }

    /// Owners who can sign in, as the records say it.
    fn owners(&self) -> impl Iterator<Item = &Id> {
        let active = |person: &Person| {
            person.role() == StaffRole::Owner && !person.gone() && person.pin().is_some()
        };
        let all = self.people.iter();
        all.filter(move |(_, person)| active(person))
            .map(|(id, _)| id)
    }

    /// Two owners at two PCs may dismiss each other unaware. If the records leave no owner who can
    /// sign in, then whoever became an owner first of all stands as one until there is another:
    /// the same person at every PC, whatever order the changes arrived in.
    #[must_use]
    pub fn stands(&self) -> Option<Id> {
        if self.owners().next().is_some() {
            return None;
        }
        let once = self.people.iter().filter_map(|(id, person)| {
            let since = person.owner_since().filter(|_| person.pin().is_some())?;
            Some((since, *id))
        });
        once.min().map(|(_, id)| id)
    }

    /// Whether no owner who can sign in would be left without this person.
    fn is_last_owner(&self, id: &Id) -> bool {
        let owner = |id: &Id| self.can_sign_in(id) && self.role(id) == StaffRole::Owner;
        owner(id) && !self.people.keys().any(|other| other != id && owner(other))
    }

    /// Enters a person; `pin` is what to compare a typed PIN with. The first one is an owner of
    /// the whole clinic, whatever was entered, and must have a PIN.
    pub fn enter(
        &self,
        actor: &Actor,
        entered: Entered<'_>,
        pin: Option<Vec<u8>>,
        now_ms: i64,
    ) -> Result<Change, Refused> {
        allow(actor.may(Power::ManagePeople))?;
        let first = !self.in_use();
        if first && pin.is_none() {
            return Err(Refused::PinMissing);
        }
        let (name, branches) = (named(entered.name)?, within(entered.branches)?);
        Ok(Change {
            name: Some(name),
            role: Some(if first {
                StaffRole::Owner
            } else {
                entered.role
            }),
            branches: Some(if first { Vec::new() } else { branches }),
            pin,
            ..begun(actor, now_ms)
        })
    }

    /// Changes name, role or branches; `None` when nothing would change.
    pub fn change(
        &self,
        actor: &Actor,
        id: &Id,
        entered: Entered<'_>,
        now_ms: i64,
    ) -> Result<Option<Change>, Refused> {
        allow(actor.may(Power::ManagePeople))?;
        let person = self.get(id).ok_or(Refused::Unknown)?;
        if entered.role != StaffRole::Owner && self.is_last_owner(id) {
            return Err(Refused::LastOwner);
        }
        let (name, branches) = (named(entered.name)?, within(entered.branches)?);
        let change = Change {
            name: Some(name).filter(|name| name != person.name()),
            role: Some(entered.role).filter(|role| *role != person.role()),
            branches: Some(branches).filter(|branches| branches != person.branches()),
            // Whoever stands in as an owner and is made one for good works here again.
            gone: (person.gone() && !self.gone(id)).then_some(false),
            ..begun(actor, now_ms)
        };
        let touched = change.name.is_some() || change.role.is_some() || change.branches.is_some();
        Ok((touched || change.gone.is_some()).then_some(change))
    }

    /// Dismisses a person, or takes one back; `None` when nothing would change.
    pub fn dismiss(
        &self,
        actor: &Actor,
        id: &Id,
        gone: bool,
        now_ms: i64,
    ) -> Result<Option<Change>, Refused> {
        allow(actor.may(Power::ManagePeople))?;
        let person = self.get(id).ok_or(Refused::Unknown)?;
        if gone && self.is_last_owner(id) {
            return Err(Refused::LastOwner);
        }
        Ok((person.gone() != gone).then(|| Change {
            gone: Some(gone),
            ..begun(actor, now_ms)
        }))
    }

    /// Whether this person may choose that one's PIN: everybody the own one, owners anybody's,
    /// managers those of receptionists who see no branch that the manager doesn't.
    pub fn may_set_pin(&self, actor: &Actor, id: &Id) -> Result<(), Refused> {
        let person = self.get(id).ok_or(Refused::Unknown)?;
        let beneath = || {
            let everywhere = person.branches().is_empty() && !actor.branches.is_empty();
            let all = person.branches().iter();
            actor.may(Power::SetPins)
                && self.role(id) == StaffRole::FrontDesk
                && !everywhere
                && all.clone().all(|branch| actor.sees(Some(branch)))
        };
        allow(actor.id == Some(*id) || actor.may(Power::ManagePeople) || beneath())
    }

    /// Chooses a person's PIN.
    pub fn set_pin(
        &self,
        actor: &Actor,
        id: &Id,
        pin: Vec<u8>,
        now_ms: i64,
    ) -> Result<Change, Refused> {
        self.may_set_pin(actor, id)?;
        Ok(Change {
            pin: Some(pin),
            ..begun(actor, now_ms)
        })
    }
}

fn begun(actor: &Actor, now_ms: i64) -> Change {
    Change {
        at_ms: now_ms,
        by: Name::parse(&actor.name).into_string(),
        staff: actor.id,
        ..Change::default()
    }
}

fn allow(allowed: bool) -> Result<(), Refused> {
    allowed.then_some(()).ok_or(Refused::NotAllowed)
}

fn named(raw: &str) -> Result<String, Refused> {
    let name = text::one_line(raw, usize::MAX);
    if name.is_empty() {
        return Err(Refused::NoName);
    }
    if name.chars().count() > Limits::PERSON {
        return Err(Refused::TooLong);
    }
    Ok(name)
}

/// Branches as a record keeps them: cleaned, sorted, each once.
fn within(raw: &[String]) -> Result<Vec<String>, Refused> {
    let clean = raw.iter().map(|branch| text::one_line(branch, usize::MAX));
    let mut branches: Vec<String> = clean.filter(|branch| !branch.is_empty()).collect();
    branches.sort();
    branches.dedup();
    let long = |branch: &String| branch.chars().count() > Limits::BRANCH;
    if branches.len() > MOST_BRANCHES || branches.iter().any(long) {
        return Err(Refused::TooLong);
    }
    Ok(branches)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
