//! Who is enrolled, as a function of the member entries that count.
//!
//! Every member entry that is held is kept as a fact under (author, seq), and the roster is computed from all of them, in
//! whatever order they came. When a revocation cuts an author short, the facts that it wrote beyond the cut go too, and
//! with them whoever was enrolled only by those. What an author stated while it could, and can no longer, stays without
//! counting as long as its entry is held.
use crate::author::AuthorKeys;
use crate::clock::Hlc;
use crate::header::{Header, Kind};
use crate::id::{AuthorId, ClinicId};
use crate::member::{Member, Role};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a member entry doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RosterError {
    /// Its author may not change the membership, or not in this way.
    #[error("this author may not change the membership so")]
    NotAllowed,
    /// It begins a clinic, but not this one, or not as the first entry.
    #[error("not the genesis of this clinic")]
    NotGenesis,
}

/// What is known of one author.
#[derive(Clone, PartialEq, Eq)]
pub struct Author {
    /// Its public keys.
    pub keys: AuthorKeys,
    /// What it may write: the highest role it was ever enrolled with.
    pub role: Role,
    /// Its name, as people say it.
    pub name: String,
    /// Its branch; may be empty.
    pub branch: String,
    /// Its last entry that counts, if it was revoked.
    pub last_seq: Option<u64>,
}

impl Author {
    /// Whether its entry of this number counts.
    #[must_use]
    pub fn may_write(&self, seq: u64) -> bool {
        self.last_seq.is_none_or(|last| seq <= last)
    }

    /// Whether it may write entries of this kind.
    #[must_use]
    pub const fn may(&self, kind: Kind) -> bool {
        match self.role {
            Role::Owner | Role::Paper => true,
            Role::Desk => !matches!(kind, Kind::Member | Kind::Grant | Kind::Erase),
            Role::Server => matches!(kind, Kind::Submission | Kind::Witness),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Fact {
    hlc: Hlc,
    member: Member,
}

/// (author, seq) of the entry that states a fact.
type Place = (AuthorId, u64);

/// The members of one clinic.
#[derive(Clone, PartialEq, Eq)]
pub struct Roster {
    clinic: ClinicId,
    facts: BTreeMap<Place, Fact>,
    authors: BTreeMap<AuthorId, Author>,
}

impl Roster {
    /// Nobody yet; only the genesis entry of this clinic can begin it.
    #[must_use]
    pub const fn new(clinic: ClinicId) -> Self {
        Self {
            clinic,
            facts: BTreeMap::new(),
            authors: BTreeMap::new(),
        }
    }

    /// The roster that these member entries make, in any order: what living through them came to. What does not count is
    /// left out, and so is everything if the genesis entry of this clinic is not among them.
    #[must_use]
    pub fn of(clinic: ClinicId, members: impl IntoIterator<Item = (Header, Member)>) -> Self {
        let mut roster = Self::new(clinic);
        let (mut geneses, mut others) = (Vec::new(), Vec::new());
        for (header, member) in members {
            match member {
                Member::Genesis { .. } => geneses.push((header, member)),
                _ => others.push((header, member)),
            }
        }
        for (header, member) in geneses {
            let _ = roster.apply(&header, &member);
        }
        if roster.facts.is_empty() {
            return roster;
        }
        for (header, member) in others {
            let place = (header.author, header.seq);
            if may_state(place.0, &member) {
                let hlc = header.hlc;
                roster.facts.entry(place).or_insert(Fact { hlc, member });
            }
        }
        roster.settle();
        roster
    }

    /// Which clinic's.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.clinic
    }

    /// The clinic's name; `None` before the genesis entry.
    #[must_use]
    pub fn clinic_name(&self) -> Option<&str> {
        self.facts.values().find_map(|fact| match &fact.member {
            Member::Genesis { clinic, .. } => Some(clinic.as_str()),
            _ => None,
        })
    }

    /// What is known of an author that is, or once was, enrolled.
    #[must_use]
    pub fn author(&self, id: AuthorId) -> Option<&Author> {
        self.authors.get(&id)
    }

    /// An author's public keys.
    #[must_use]
    pub fn keys(&self, id: AuthorId) -> Option<AuthorKeys> {
        self.author(id).map(|author| author.keys)
    }

    /// An author's role.
    #[must_use]
    pub fn role(&self, id: AuthorId) -> Option<Role> {
        self.author(id).map(|author| author.role)
    }

    /// An author's name.
    #[must_use]
    pub fn name(&self, id: AuthorId) -> Option<&str> {
        self.author(id).map(|author| author.name.as_str())
    }

    /// Whether this author's entry of this number counts.
    #[must_use]
    pub fn is_enrolled_at(&self, id: AuthorId, seq: u64) -> bool {
        self.author(id).is_some_and(|author| author.may_write(seq))
    }

    /// Whether the author is enrolled and not revoked.
    #[must_use]
    pub fn is_active(&self, id: AuthorId) -> bool {
        self.author(id)
            .is_some_and(|author| author.last_seq.is_none())
    }

    /// When, by their stamps, this author was first enrolled, and when it was cut off, if it was.
    #[must_use]
    pub fn lifetime(&self, id: AuthorId) -> Option<(Hlc, Option<Hlc>)> {
        let (mut began, mut ended) = (None::<Hlc>, None::<Hlc>);
        let counts = |by: AuthorId| self.author(by).is_some_and(|by| by.may(Kind::Member));
        let facts = self.facts.iter().filter(|((by, _), _)| counts(*by));
        for fact in facts
            .map(|(_, fact)| fact)
            .filter(|fact| fact.member.author() == id)
        {
            let first =
                |known: Option<Hlc>| Some(known.map_or(fact.hlc, |known| known.min(fact.hlc)));
            match fact.member {
                Member::Genesis { .. } | Member::Enrol { .. } => began = first(began),
                Member::Revoke { .. } => ended = first(ended),
                Member::Rename { .. } => {}
            }
        }
        began.map(|began| (began, ended))
    }

    /// Who cut this author off, and when by the stamp: the earliest revocation that counts.
    #[must_use]
    pub fn cut_off_by(&self, id: AuthorId) -> Option<(AuthorId, Hlc)> {
        let revocations = self.facts.iter().filter(|((by, _), fact)| {
            matches!(fact.member, Member::Revoke { .. })
                && fact.member.author() == id
                && self.author(*by).is_some_and(|by| by.may(Kind::Member))
        });
        revocations
            .min_by_key(|(_, fact)| fact.hlc)
            .map(|((by, _), fact)| (*by, fact.hlc))
    }

    /// Every author, revoked ones too, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = (AuthorId, &Author)> {
        self.authors.iter().map(|(id, author)| (*id, author))
    }

    /// Every author, whoever can enrol after whoever gave it that power and before everybody who can't. Ledgers taken in
    /// this order never wait for each other.
    #[must_use]
    pub fn order(&self) -> Vec<AuthorId> {
        let powerful = |id: &AuthorId| {
            self.author(*id)
                .is_some_and(|author| author.may(Kind::Member))
        };
        let facts = in_order(&self.facts);
        let mut order: Vec<AuthorId> = Vec::new();
        loop {
            let given = facts.iter().find_map(|((by, _), fact)| {
                let whom = match &fact.member {
                    Member::Genesis { keys, .. } => keys.id(),
                    Member::Enrol { keys, role, .. }
                        if matches!(role, Role::Owner | Role::Paper) && order.contains(by) =>
                    {
                        keys.id()
                    }
                    _ => return None,
                };
                (powerful(&whom) && !order.contains(&whom)).then_some(whom)
            });
            let Some(whom) = given else { break };
            order.push(whom);
        }
        let rest: Vec<_> = self.authors.keys().copied().collect();
        order.extend(rest.into_iter().filter(|id| !powerful(id)));
        order
    }

    /// Takes a member entry in; twice is as good as once. Leaves the roster as it was if the entry doesn't count.
    pub fn apply(&mut self, header: &Header, member: &Member) -> Result<(), RosterError> {
        let place = (header.author, header.seq);
        if self
            .facts
            .get(&place)
            .is_some_and(|fact| fact.member == *member)
        {
            return Ok(());
        }
        match member {
            Member::Genesis { keys, .. } => self.check_genesis(header, keys)?,
            _ => self.check_power(place, member)?,
        }
        let mut next = self.clone();
        let fact = Fact {
            hlc: header.hlc,
            member: member.clone(),
        };
        next.facts.insert(place, fact);
        next.settle();
        // Nobody takes away the ground it stands on.
        let counts = next.author(place.0).is_some_and(|by| by.may(Kind::Member));
        if !counts || !next.facts.contains_key(&place) {
            return Err(RosterError::NotAllowed);
        }
        *self = next;
        Ok(())
    }

    fn check_genesis(&self, header: &Header, keys: &AuthorKeys) -> Result<(), RosterError> {
        let begins = self.facts.is_empty()
            && header.seq == 1
            && header.author == keys.id()
            && ClinicId::of_genesis(&header.hash()) == self.clinic;
        begins.then_some(()).ok_or(RosterError::NotGenesis)
    }

    fn check_power(&self, (by, seq): Place, member: &Member) -> Result<(), RosterError> {
        let powerful = self
            .author(by)
            .is_some_and(|author| author.may(Kind::Member) && author.may_write(seq));
        (powerful && may_state(by, member))
            .then_some(())
            .ok_or(RosterError::NotAllowed)
    }

    /// Computes who is enrolled, and forgets facts whose entries nobody holds any more: those beyond a cut, and all of
    /// whoever is not enrolled.
    fn settle(&mut self) {
        loop {
            self.authors = fold(&self.facts);
            let before = self.facts.len();
            let authors = &self.authors;
            self.facts.retain(|(by, seq), _| {
                authors.get(by).is_some_and(|author| author.may_write(*seq))
            });
            if self.facts.len() == before {
                return;
            }
        }
    }
}

/// Whether anybody may state this: it fits, and nobody revokes itself.
fn may_state(by: AuthorId, member: &Member) -> bool {
    let revokes_itself = matches!(member, Member::Revoke { author, .. } if *author == by);
    !revokes_itself && member.fits()
}

/// Everybody whom a chain of enrolments that count links to the genesis entry, with the cuts of revocations that count.
fn fold(facts: &BTreeMap<Place, Fact>) -> BTreeMap<AuthorId, Author> {
    let mut facts = in_order(facts);
    loop {
        // A revocation counts if a chain of enrolments gave its author that power, and no other one took it.
        let linked = link(&facts, &BTreeMap::new());
        let cuts = cuts(&facts, &linked);
        let before = facts.len();
        let uncut = |by: &AuthorId, seq: u64| cuts.get(by).is_none_or(|cut| seq <= *cut);
        facts.retain(|((by, seq), _)| linked.contains_key(by) && uncut(by, *seq));
        if facts.len() == before {
            return link(&facts, &cuts);
        }
    }
}

/// Everybody whom a chain of enrolments among these facts links to the genesis entry.
fn link(facts: &[(&Place, &Fact)], cuts: &BTreeMap<AuthorId, u64>) -> BTreeMap<AuthorId, Author> {
    let mut authors = BTreeMap::new();
    loop {
        let before = strength(&authors);
        let mut next = BTreeMap::new();
        for ((by, _), fact) in facts {
            let founding = matches!(fact.member, Member::Genesis { .. });
            let counts = |author: &Author| author.may(Kind::Member);
            if founding || authors.get(by).is_some_and(counts) {
                state(&mut next, &fact.member, cuts);
            }
        }
        authors = next;
        if strength(&authors) == before {
            return authors;
        }
    }
}

/// Grows with every author linked and every role raised, and with nothing else.
fn strength(authors: &BTreeMap<AuthorId, Author>) -> usize {
    authors.values().map(|author| author.role as usize).sum()
}

/// Facts as the last writer wins: by stamp, then author, then number.
fn in_order(facts: &BTreeMap<Place, Fact>) -> Vec<(&Place, &Fact)> {
    let mut ordered: Vec<_> = facts.iter().collect();
    ordered.sort_by_key(|(place, fact)| (fact.hlc, **place));
    ordered
}

/// Where those who may revoke end each ledger.
fn cuts(facts: &[(&Place, &Fact)], linked: &BTreeMap<AuthorId, Author>) -> BTreeMap<AuthorId, u64> {
    let mut cuts = BTreeMap::new();
    let counts = |by: &AuthorId| linked.get(by).is_some_and(|by| by.may(Kind::Member));
    for (_, fact) in facts.iter().filter(|((by, _), _)| counts(by)) {
        if let Member::Revoke { author, last_seq } = fact.member {
            let cut = cuts.entry(author).or_insert(last_seq);
            *cut = last_seq.min(*cut);
        }
    }
    cuts
}

fn state(
    authors: &mut BTreeMap<AuthorId, Author>,
    member: &Member,
    cuts: &BTreeMap<AuthorId, u64>,
) {
    let (keys, role, name, branch) = match member {
        Member::Genesis {
            keys, name, branch, ..
        } => (keys, Role::Owner, name, branch),
        Member::Enrol {
            keys,
            role,
            name,
            branch,
        } => (keys, *role, name, branch),
        Member::Rename {
            author,
            name,
            branch,
        } => {
            if let Some(author) = authors.get_mut(author) {
                author.name.clone_from(name);
                author.branch.clone_from(branch);
            }
            return;
        }
        Member::Revoke { .. } => return,
    };
    let id = keys.id();
    let role = authors.get(&id).map_or(role, |known| known.role.max(role));
    let author = Author {
        keys: *keys,
        role,
        name: name.clone(),
        branch: branch.clone(),
        last_seq: cuts.get(&id).copied(),
    };
    authors.insert(id, author);
}
