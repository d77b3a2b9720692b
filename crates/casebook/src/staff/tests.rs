//! The people of a clinic, changed at several PCs at once.
use super::*;
use crate::merge::Stamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const NOW: i64 = 1_795_399_200_000;

fn stamp(hlc: u64, author: u8) -> Stamp {
    Stamp {
        hlc,
        author: [author; 16],
    }
}

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn full() -> Change {
    Change {
        at_ms: NOW,
        by: "Mai".into(),
        staff: Some([9; 16]),
        name: Some("Đào".into()),
        role: Some(StaffRole::Manager),
        branches: Some(vec!["Quận 1".into(), "Quận 3".into()]),
        gone: Some(true),
        pin: Some(vec![7; 66]),
    }
}

fn entered<'a>(name: &'a str, role: StaffRole, branches: &'a [String]) -> Entered<'a> {
    Entered {
        name,
        role,
        branches,
    }
}

fn owner() -> Actor {
    Actor::unnamed("Lan".into())
}

/// A clinic with its people, and the clock of its one PC.
struct Clinic {
    staff: Staff,
    clock: u64,
}

impl Clinic {
    fn new() -> Self {
        Self {
            staff: Staff::default(),
            clock: 0,
        }
    }

    fn take(&mut self, id: u8, change: &Change) {
        self.clock += 1;
        let mut person = self.staff.get(&[id; 16]).cloned().unwrap_or_default();
        person.insert(stamp(self.clock, 1), change);
        self.staff.put([id; 16], person);
    }

    fn hire(&mut self, id: u8, name: &str, role: StaffRole, branches: &[String], pin: bool) {
        let pin = pin.then(|| vec![id]);
        let entered = entered(name, role, branches);
        let change = self.staff.enter(&owner(), entered, pin, NOW).unwrap();
        self.take(id, &change);
    }

    fn actor(&self, id: u8) -> Actor {
        self.staff.actor(&[id; 16]).unwrap()
    }
}

#[test]
fn every_field_of_a_change_and_of_a_record_is_frozen() {
    let golden = include_str!("tests/staff.hex");
    let mut lines = golden.lines();
    assert_eq!(Some(hex(&full().encode()).as_str()), lines.next());
    let mut person = Person::default();
    person.insert(stamp(258, 3), &full());
    person.insert(
        stamp(2, 3),
        &Change {
            role: Some(StaffRole::Owner),
            ..Change::default()
        },
    );
    assert_eq!(Some(hex(&person.encode()).as_str()), lines.next());
    assert!(Person::decode(&person.encode()).unwrap() == person);
    assert!(Change::decode(&full().encode()).unwrap() == full());
}

#[test]
fn bytes_cut_or_extended_or_about_something_else_are_refused() {
    let mut person = Person::default();
    person.insert(stamp(1, 1), &full());
    let (change, record) = (full().encode(), person.encode());
    for len in 0..change.len() {
        assert!(Change::decode(&change[..len]).is_err(), "cut at {len}");
    }
    for len in 0..record.len() {
        assert!(Person::decode(&record[..len]).is_err(), "cut at {len}");
    }
    assert!(Change::decode(&[&change[..], &[0]].concat()).is_err());
    assert!(Person::decode(&[&record[..], &[0]].concat()).is_err());
    assert!(Change::decode(&crate::lead::Change::default().encode()).is_err());
}

#[test]
fn the_first_person_is_an_owner_of_everything_and_has_a_pin() {
    let staff = Staff::default();
    let wished = ["Quận 1".to_owned()];
    let lowly = entered("  Lan\nAnh ", StaffRole::FrontDesk, &wished);
    assert_eq!(
        staff.enter(&owner(), lowly, None, NOW).err(),
        Some(Refused::PinMissing)
    );
    let change = staff.enter(&owner(), lowly, Some(vec![1]), NOW).unwrap();
    assert_eq!(change.role, Some(StaffRole::Owner));
    assert_eq!(change.branches, Some(Vec::new()));
    assert_eq!(change.name.as_deref(), Some("Lan Anh"));
    for (name, why) in [
        ("  ", Refused::NoName),
        (&*"a".repeat(81), Refused::TooLong),
    ] {
        let entered = entered(name, StaffRole::Owner, &[]);
        assert_eq!(
            staff.enter(&owner(), entered, Some(vec![1]), NOW).err(),
            Some(why)
        );
    }
}

#[test]
fn only_an_owner_enters_changes_and_dismisses() {
    let mut clinic = Clinic::new();
    clinic.hire(1, "Lan", StaffRole::Owner, &[], true);
    clinic.hire(2, "Mai", StaffRole::Manager, &[], true);
    clinic.hire(3, "Đào", StaffRole::FrontDesk, &[], true);
    let id = [3; 16];
    for actor in [clinic.actor(2), clinic.actor(3)] {
        let form = entered("X", StaffRole::Owner, &[]);
        let staff = &clinic.staff;
        assert_eq!(
            staff.enter(&actor, form, None, NOW).err(),
            Some(Refused::NotAllowed)
        );
        assert_eq!(
            staff.change(&actor, &id, form, NOW).err(),
            Some(Refused::NotAllowed)
        );
        assert_eq!(
            staff.dismiss(&actor, &id, true, NOW).err(),
            Some(Refused::NotAllowed)
        );
    }
    let change = clinic.staff.dismiss(&clinic.actor(1), &id, true, NOW);
    clinic.take(3, &change.unwrap().unwrap());
    assert!(clinic.staff.actor(&id).is_none());
    let again = clinic.staff.dismiss(&clinic.actor(1), &id, true, NOW);
    assert!(again.unwrap().is_none());
}

#[test]
fn the_last_owner_who_can_sign_in_stays_one() {
    let mut clinic = Clinic::new();
    clinic.hire(1, "Lan", StaffRole::Owner, &[], true);
    // An owner without a PIN could not open the clinic for anybody.
    clinic.hire(2, "Mai", StaffRole::Owner, &[], false);
    let me = clinic.actor(1);
    let demoted = entered("Lan", StaffRole::Manager, &[]);
    let refused = |staff: &Staff| {
        let dismissed = staff.dismiss(&me, &[1; 16], true, NOW).err();
        (dismissed, staff.change(&me, &[1; 16], demoted, NOW).err())
    };
    let last = Some(Refused::LastOwner);
    assert_eq!(refused(&clinic.staff), (last, last));
    let change = clinic.staff.set_pin(&me, &[2; 16], vec![2], NOW).unwrap();
    clinic.take(2, &change);
    assert_eq!(refused(&clinic.staff), (None, None));
}

#[test]
fn two_owners_who_dismiss_each_other_unaware_leave_the_elder_one_standing() {
    let mut clinic = Clinic::new();
    clinic.hire(2, "Lan", StaffRole::Owner, &[], true);
    clinic.hire(1, "Mai", StaffRole::Owner, &[], true);
    let (lan, mai) = ([2; 16], [1; 16]);
    let by_lan = clinic
        .staff
        .dismiss(&clinic.actor(2), &mai, true, NOW)
        .unwrap()
        .unwrap();
    let one = ["Quận 1".to_owned()];
    let demoted = entered("Lan", StaffRole::FrontDesk, &one);
    let by_mai = clinic
        .staff
        .change(&clinic.actor(1), &lan, demoted, NOW)
        .unwrap()
        .unwrap();
    clinic.take(1, &by_lan);
    clinic.take(2, &by_mai);
    let staff = &clinic.staff;
    assert_eq!(staff.stands(), Some(lan));
    assert_eq!(staff.role(&lan), StaffRole::Owner);
    assert!(staff.can_sign_in(&lan) && !staff.can_sign_in(&mai));
    assert!(clinic.actor(2).branches.is_empty());
    // She settles it: an owner again by the records, too.
    let form = entered("Lan", StaffRole::Owner, &[]);
    let change = staff
        .change(&clinic.actor(2), &lan, form, NOW)
        .unwrap()
        .unwrap();
    clinic.take(2, &change);
    assert_eq!(clinic.staff.stands(), None);
    assert_eq!(clinic.actor(2).role, StaffRole::Owner);
}

#[test]
fn whoever_stands_in_after_being_dismissed_works_here_again_once_confirmed() {
    let mut clinic = Clinic::new();
    clinic.hire(1, "Lan", StaffRole::Owner, &[], true);
    clinic.take(
        1,
        &Change {
            gone: Some(true),
            ..Change::default()
        },
    );
    assert!(!clinic.staff.gone(&[1; 16]));
    let form = entered("Lan", StaffRole::Owner, &[]);
    let change = clinic.staff.change(&clinic.actor(1), &[1; 16], form, NOW);
    clinic.take(1, &change.unwrap().unwrap());
    assert!(!clinic.staff.get(&[1; 16]).unwrap().gone());
}

#[test]
fn a_manager_chooses_pins_of_receptionists_of_the_own_branches_only() {
    let (one, three) = ("Quận 1".to_owned(), "Quận 3".to_owned());
    let mut clinic = Clinic::new();
    clinic.hire(1, "Lan", StaffRole::Owner, &[], true);
    clinic.hire(
        2,
        "Mai",
        StaffRole::Manager,
        std::slice::from_ref(&one),
        true,
    );
    clinic.hire(
        3,
        "Đào",
        StaffRole::FrontDesk,
        std::slice::from_ref(&one),
        true,
    );
    clinic.hire(4, "Cúc", StaffRole::FrontDesk, &[one, three], true);
    clinic.hire(5, "Hà", StaffRole::FrontDesk, &[], true);
    let may = |actor: u8, of: u8| {
        let actor = clinic.actor(actor);
        clinic.staff.may_set_pin(&actor, &[of; 16]).is_ok()
    };
    let table = [
        (1, [true, true, true, true, true]),
        (2, [false, true, true, false, false]),
        (3, [false, false, true, false, false]),
    ];
    for (actor, allowed) in table {
        for (of, allowed) in (1..).zip(allowed) {
            assert_eq!(may(actor, of), allowed, "{actor} of {of}");
        }
    }
    let nobody = clinic.staff.may_set_pin(&owner(), &[9; 16]);
    assert_eq!(nobody.err(), Some(Refused::Unknown));
}

#[test]
fn a_lead_without_a_branch_is_everybodys() {
    let own = Actor {
        branches: vec!["Quận 1".into()],
        ..owner()
    };
    assert!(own.sees(None) && own.sees(Some("Quận 1")) && !own.sees(Some("Quận 3")));
    assert!(owner().sees(Some("Quận 3")));
    assert_eq!(own.own_branch(Some("Quận 3")), Some("Quận 1"));
    assert_eq!(owner().own_branch(Some("Quận 3")), Some("Quận 3"));
    assert_eq!(owner().own_branch(None), None);
}

#[test]
fn people_are_kept_out_of_debug_output() {
    let shown = format!("{:?} {:?} {:?}", full(), Person::default(), owner());
    assert_eq!(shown, "Change(..) Person(..) Actor(..)");
}

fn any_change() -> impl Strategy<Value = Change> {
    let role = prop::sample::select(vec![
        StaffRole::FrontDesk,
        StaffRole::Manager,
        StaffRole::Owner,
    ]);
    (
        any::<i64>(),
        "[A-C]{0,2}",
        option::of(any::<Id>()),
        option::of("[A-Cđệ]{1,3}"),
        option::of(role),
        option::of(vec("[A-C]", 0..3)),
        option::of(any::<bool>()),
        option::of(vec(any::<u8>(), 0..4)),
    )
        .prop_map(
            |(at_ms, by, staff, name, role, branches, gone, pin)| Change {
                at_ms,
                by,
                staff,
                name,
                role,
                branches,
                gone,
                pin,
            },
        )
}

/// Changes, some of them at one place with different content.
fn any_entries() -> impl Strategy<Value = Vec<(Stamp, Change)>> {
    let place = (1u64..10, 1u8..4).prop_map(|(hlc, author)| stamp(hlc, author));
    vec((place, any_change()), 0..14)
}

fn all_of(entries: &[(Stamp, Change)]) -> Person {
    let mut person = Person::default();
    for (stamp, change) in entries {
        person.insert(*stamp, change);
    }
    person
}

proptest! {
    #[test]
    fn any_order_gives_the_same_bytes(
        (entries, shuffled) in any_entries()
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
    ) {
        prop_assert_eq!(all_of(&entries).encode(), all_of(&shuffled).encode());
    }

    #[test]
    fn any_grouping_and_any_repetition_give_the_same_bytes(entries in any_entries(), at: prop::sample::Index) {
        let (a, b) = entries.split_at(at.index(entries.len() + 1));
        let mut merged = all_of(b);
        merged.merge(&all_of(a));
        merged.merge(&all_of(a));
        prop_assert_eq!(merged.encode(), all_of(&entries).encode());
    }

    #[test]
    fn whoever_was_ever_an_owner_with_a_pin_leaves_the_clinic_one(
        first in any_entries(), second in any_entries(),
    ) {
        let staff = Staff::new([([1; 16], all_of(&first)), ([2; 16], all_of(&second))].into());
        let ever = staff.iter().any(|(_, p)| p.owner_since().is_some() && p.pin().is_some());
        let now = staff.iter().any(|(id, _)| staff.can_sign_in(id) && staff.role(id) == StaffRole::Owner);
        prop_assert!(now || !ever);
    }

    #[test]
    fn what_was_written_is_read(change in any_change(), entries in any_entries()) {
        prop_assert!(Change::decode(&change.encode()).unwrap() == change);
        let person = all_of(&entries);
        prop_assert!(Person::decode(&person.encode()).unwrap() == person);
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>) {
        let _ = (Change::decode(&bytes), Person::decode(&bytes));
    }
}
