//! The roster as a function of the member entries that are held.
use crate::support::*;
use ledger::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Member entries that are held, by author and number.
type Held = BTreeMap<(AuthorId, u64), (Header, Member)>;

fn read(entry: &Entry) -> (Header, Member) {
    let member = Member::decode(entry.payload.bytes().unwrap()).unwrap();
    (entry.header, member)
}

/// Lives through one entry: true if it counts. What a revocation takes is held no more.
fn live(roster: &mut Roster, held: &mut Held, entry: &Entry) -> bool {
    let (header, member) = read(entry);
    if roster.apply(&header, &member).is_err() {
        return false;
    }
    held.insert((header.author, header.seq), (header, member));
    held.retain(|(by, seq), _| roster.is_enrolled_at(*by, *seq));
    true
}

#[test]
fn whom_an_owner_enrolled_stays_when_only_a_later_entry_says_that_it_is_an_owner() {
    let mut founder = founder();
    let clinic = clinic_of(&founder);
    let (mut second, mut third, desk) = (Desk::new(2), Desk::new(3), Desk::new(4));
    let mut roster = Roster::new(clinic);
    let mut held = Held::new();
    let mut order = vec![founder.entries[0].clone()];
    order.push(founder.enrol(&second, Role::Owner));
    order.push(second.enrol(&third, Role::Owner));
    order.push(third.enrol(&desk, Role::Desk));
    order.push(founder.enrol(&third, Role::Owner));
    order.push(founder.revoke(&second, 0));
    for entry in &order {
        assert!(live(&mut roster, &mut held, entry));
    }
    assert!(roster.is_active(desk.id()));
    // The entry that made `third` an owner first is gone: the one left came after what it did as such.
    let left = order.iter().map(read);
    let left = left.filter(|(header, _)| held.contains_key(&(header.author, header.seq)));
    assert!(Roster::of(clinic, left) == roster);
}

#[test]
fn what_an_author_stated_as_an_owner_counts_again_once_it_is_an_owner_again() {
    let mut founder = founder();
    let clinic = clinic_of(&founder);
    let (mut second, mut third, desk) = (Desk::new(2), Desk::new(3), Desk::new(4));
    let mut roster = Roster::new(clinic);
    let mut held = Held::new();
    let steps = [
        founder.entries[0].clone(),
        founder.enrol(&second, Role::Owner),
        founder.enrol(&third, Role::Desk),
        second.enrol(&third, Role::Owner),
        third.enrol(&desk, Role::Desk),
        founder.revoke(&second, 0),
    ];
    for entry in &steps {
        assert!(live(&mut roster, &mut held, entry));
    }
    assert!(roster.author(desk.id()).is_none() && roster.is_active(third.id()));
    assert!(roster.lifetime(desk.id()).is_none());
    assert!(Roster::of(clinic, held.values().cloned()) == roster);
    assert!(live(
        &mut roster,
        &mut held,
        &founder.enrol(&third, Role::Owner)
    ));
    assert!(roster.is_active(desk.id()));
    assert!(Roster::of(clinic, held.values().cloned()) == roster);
}

#[test]
fn members_of_another_clinic_and_those_without_their_beginning_make_nobody() {
    let mut owner = founder();
    owner.enrol(&Desk::new(2), Role::Desk);
    let members = || owner.entries.iter().map(read);
    let other = ClinicId::of_genesis(&owner.entries[1].header.hash());
    assert_eq!(Roster::of(other, members()).iter().count(), 0);
    assert_eq!(
        Roster::of(clinic_of(&owner), members().skip(1))
            .iter()
            .count(),
        0
    );
}

/// Who does what to whom; how much a revocation leaves.
type Step = (usize, u8, usize, u64);

proptest! {
    #[test]
    fn any_order_of_the_same_facts_gives_the_same_roster_as_living_through_them(
        steps in prop::collection::vec((0..5_usize, 0..6_u8, 0..5_usize, 0..6_u64), 1..40),
        keys in prop::collection::vec(any::<u32>(), 64),
    ) {
        let mut desks = vec![founder()];
        desks.extend((2..6).map(Desk::new));
        let clinic = clinic_of(&desks[0]);
        let mut roster = Roster::new(clinic);
        let mut held = Held::new();
        prop_assert!(live(&mut roster, &mut held, &desks[0].entries[0]));
        for step in steps {
            let (by, _, whom, _) = step;
            if let Some(member) = stated(&desks, &roster, step) {
                let (ledger, entries) = (desks[by].ledger.clone(), desks[by].entries.clone());
                let entry = desks[by].state(&member);
                if !live(&mut roster, &mut held, &entry) {
                    (desks[by].ledger, desks[by].entries) = (ledger, entries);
                }
            }
            let mut members: Vec<_> = held.values().cloned().collect();
            let mut place = keys.iter().cycle().skip(whom);
            members.sort_by_cached_key(|_| place.next());
            prop_assert!(Roster::of(clinic, members) == roster);
        }
    }
}

/// A step as a member entry. Only the founder revokes owners: those who revoke each other must be settled by people.
fn stated(desks: &[Desk], roster: &Roster, (by, what, whom, seq): Step) -> Option<Member> {
    let target = &desks[whom];
    let (author, keys) = (target.id(), target.signer.keys());
    let (name, branch) = (format!("Quầy {what}{seq}"), String::new());
    let role = |role| Member::Enrol {
        keys,
        role,
        name: name.clone(),
        branch: branch.clone(),
    };
    Some(match what {
        0 | 1 => role(Role::Owner),
        2 => role(Role::Desk),
        3 => Member::Rename {
            author,
            name,
            branch,
        },
        _ if whom == 0 || (by != 0 && roster.role(author) == Some(Role::Owner)) => return None,
        _ => Member::Revoke {
            author,
            last_seq: seq,
        },
    })
}
