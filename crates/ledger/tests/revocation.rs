//! Who counts after somebody was revoked.
use crate::support::*;
use ledger::roster::RosterError;
use ledger::*;

#[test]
fn a_revocation_cuts_a_ledger_that_is_already_held() {
    let mut owner = founder();
    let mut desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    for _ in 0..5 {
        desk.write(Kind::Change, b"x");
    }
    let mut store = Store::of(&owner);
    store.take(owner.all());
    store.take(desk.all());
    owner.revoke(&desk, 3);
    let admission = store.take(owner.segment(3, 3));
    let cut = Cut {
        author: desk.id(),
        last_seq: 3,
    };
    assert_eq!(admission.cuts, [cut]);
    let tip = store.replica.tip(desk.id()).unwrap();
    assert_eq!((tip.seq, tip.hash), (3, desk.entries[2].header.hash()));
    assert!(!store.replica.roster().is_active(desk.id()));
    assert!(store.replica.roster().is_enrolled_at(desk.id(), 3));
    assert!(!store.replica.roster().is_enrolled_at(desk.id(), 4));
    store.take(desk.segment(1, 3));
}

#[test]
fn the_lowest_of_several_cuts_counts() {
    let mut owner = founder();
    let desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    owner.revoke(&desk, 7);
    owner.revoke(&desk, 3);
    owner.revoke(&desk, 5);
    let mut store = Store::of(&owner);
    store.take(owner.all());
    assert_eq!(
        store.replica.roster().author(desk.id()).unwrap().last_seq,
        Some(3)
    );
}

#[test]
fn a_revoked_author_does_not_come_back_by_being_enrolled_again() {
    let mut owner = founder();
    let mut desk = Desk::new(2);
    owner.enrol(&desk, Role::Desk);
    owner.revoke(&desk, 0);
    owner.enrol(&desk, Role::Owner);
    desk.write(Kind::Change, b"x");
    let mut store = Store::of(&owner);
    store.take(owner.all());
    let admission = store.admit(desk.all()).unwrap();
    assert_eq!(admission.rejected.unwrap().why, Lie::BeyondRevocation);
}

#[test]
fn what_a_stolen_owner_did_beyond_its_cut_is_undone() {
    let mut owner = founder();
    let (mut paper, mut thief) = (Desk::new(2), Desk::new(3));
    owner.enrol(&paper, Role::Paper);
    let mut store = Store::of(&owner);
    store.take(owner.all());
    // Stolen now: it makes an accomplice, which enrols its maker's friend, and they vouch for each other.
    let mut accomplice = Desk::new(4);
    owner.enrol(&thief, Role::Owner);
    store.take(owner.segment(3, 3));
    thief.enrol(&accomplice, Role::Owner);
    store.take(thief.all());
    accomplice.enrol(&thief, Role::Owner);
    store.take(accomplice.all());
    assert_eq!(store.replica.roster().iter().count(), 4);

    paper.revoke(&owner, 2);
    let admission = store.take(paper.all());
    let left: Vec<_> = store.replica.roster().iter().map(|(id, _)| id).collect();
    let mut wanted = [owner.id(), paper.id()];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(admission.cuts.len(), 3);
    assert!(store.admit(accomplice.all()).is_err());
    assert_eq!(store.seq(owner.id()), 2);
}

#[test]
fn an_author_cannot_revoke_itself_nor_the_ground_it_stands_on() {
    let mut owner = founder();
    let clinic = clinic_of(&owner);
    let mut second = Desk::new(2);
    let enrol = owner.enrol(&second, Role::Owner);
    let mut roster = Roster::new(clinic);
    for entry in &owner.entries {
        let member = Member::decode(entry.payload.bytes().unwrap()).unwrap();
        roster.apply(&entry.header, &member).unwrap();
    }
    let before = roster.clone();
    let itself = Member::Revoke {
        author: owner.id(),
        last_seq: 99,
    };
    let header = owner.state(&itself).header;
    assert_eq!(roster.apply(&header, &itself), Err(RosterError::NotAllowed));
    // The second owner was enrolled by entry 2: cutting the founder before it would unseat the second owner too.
    let ground = Member::Revoke {
        author: owner.id(),
        last_seq: enrol.header.seq - 1,
    };
    let header = second.state(&ground).header;
    assert_eq!(roster.apply(&header, &ground), Err(RosterError::NotAllowed));
    assert!(roster == before);
    let lawful = Member::Revoke {
        author: owner.id(),
        last_seq: enrol.header.seq,
    };
    roster.apply(&header, &lawful).unwrap();
    assert!(!roster.is_active(owner.id()) && roster.is_active(second.id()));
}

#[test]
fn a_member_entry_applied_twice_changes_nothing() {
    let mut owner = founder();
    owner.enrol(&Desk::new(2), Role::Desk);
    let mut roster = Roster::new(clinic_of(&owner));
    for round in 0..2 {
        for entry in &owner.entries {
            let member = Member::decode(entry.payload.bytes().unwrap()).unwrap();
            roster.apply(&entry.header, &member).unwrap();
        }
        assert_eq!(roster.iter().count(), 2, "round {round}");
    }
}

#[test]
fn names_follow_the_last_writer_and_roles_only_rise() {
    let mut owner = founder();
    let desk = Desk::new(2);
    owner.enrol(&desk, Role::Owner);
    let rename = Member::Rename {
        author: desk.id(),
        name: "Quầy mới".into(),
        branch: "Thủ Đức".into(),
    };
    owner.state(&rename);
    let mut store = Store::of(&owner);
    store.take(owner.all());
    let roster = store.replica.roster();
    assert_eq!(roster.name(desk.id()), Some("Quầy mới"));
    assert_eq!(roster.keys(desk.id()), Some(desk.signer.keys()));
    owner.enrol(&desk, Role::Server);
    store.take(owner.segment(4, 4));
    assert_eq!(store.replica.roster().role(desk.id()), Some(Role::Owner));
    assert_eq!(
        store.replica.roster().author(desk.id()).unwrap().branch,
        "Quận 3"
    );
}

#[test]
fn names_that_are_too_long_are_refused() {
    let mut owner = founder();
    owner.state(&Member::Rename {
        author: owner.id(),
        name: "đ".repeat(201),
        branch: String::new(),
    });
    let mut store = Store::of(&owner);
    let admission = store.admit(owner.all()).unwrap();
    assert_eq!(admission.rejected.unwrap().why, Lie::Malformed);
}

/// Between two signed heads, only the headers beyond a cut lead from the last entry that counts to a signature.
#[test]
fn a_revoked_owners_bare_headers_beyond_its_cut_are_no_lie_whatever_they_were_about() {
    let mut owner = founder();
    let mut second = Desk::new(2);
    owner.enrol(&second, Role::Owner);
    second.write(Kind::Change, b"x");
    second.write(Kind::Change, b"y");
    second.enrol(&Desk::new(3), Role::Desk);
    second.write(Kind::Grant, b"key");
    owner.revoke(&second, 2);
    let mut store = Store::of(&owner);
    store.take(owner.all());
    let mut segment = second.all();
    for entry in &mut segment.entries[2..] {
        entry.payload = Payload::Erased;
    }
    let admission = store.admit(segment).unwrap();
    let rejected = admission.rejected.unwrap();
    assert_eq!((rejected.seq, rejected.why), (3, Lie::BeyondRevocation));
    assert_eq!(store.seq(second.id()), 2);
}

#[test]
fn an_owner_who_revokes_draws_its_own_copies_back_also_of_those_whom_the_revoked_had_enrolled() {
    let mut owner = founder();
    let (mut second, mut desk) = (Desk::new(2), Desk::new(3));
    owner.enrol(&second, Role::Owner);
    second.enrol(&desk, Role::Desk);
    desk.write(Kind::Change, b"x");
    let mut store = Store::of(&owner);
    for segment in [owner.all(), second.all(), desk.all()] {
        store.take(segment);
    }
    let entry = owner.revoke(&second, 0);
    store.replica.record(&entry).unwrap();
    let hashes = store.hashes.clone();
    let known = |author, seq| hashes.get(&(author, seq)).copied();
    let mut cuts = store.replica.settle(known);
    cuts.sort_by_key(|cut| cut.author);
    let gone = |author| Cut {
        author,
        last_seq: 0,
    };
    let mut wanted = [gone(second.id()), gone(desk.id())];
    wanted.sort_by_key(|cut| cut.author);
    assert_eq!(cuts, wanted);
    assert_eq!((store.seq(second.id()), store.seq(desk.id())), (0, 0));
    assert!(store.replica.settle(known).is_empty());
}
