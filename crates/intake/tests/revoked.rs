//! What becomes of a ledger that a revocation cuts short.

use ledger::{Kind, Member, Payload, Replica, Role, Segment};
use serde_json::json;

use super::support::{Clinic, Desk, Running, segment};

const LATE: &[u8] = b"written beyond the revocation";

/// A clinic with a desk whose three entries are vouched for by one head at the third.
async fn with_three() -> (Running, Clinic, Desk) {
    let (server, mut clinic) = Running::claimed().await;
    let mut desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    desk.write(Kind::Change, vec![1; 40]);
    desk.write(Kind::Change, vec![2; 40]);
    desk.write(Kind::Change, LATE.to_vec());
    (server, clinic, desk)
}

/// What a desk that knows nothing makes of everything that the server gives it.
fn replay(clinic: &Clinic, segments: Vec<Segment>) -> Replica {
    let mut replica = Replica::new(clinic.id);
    for segment in segments {
        replica.admit(segment, |_, _| None).unwrap();
    }
    replica
}

#[tokio::test]
async fn a_ledger_cut_between_two_signed_heads_still_reaches_a_new_desk() {
    let (server, mut clinic, desk) = with_three().await;
    clinic
        .push(&server, &[clinic.owner.since(1), desk.since(1)])
        .await;
    clinic.revoke(desk.id(), 2);
    let answer = clinic.push(&server, &[clinic.owner.since(1)]).await;
    assert_eq!(answer["have"][desk.id().to_string()], 2);
    let check = |segments: Vec<Segment>| {
        let given = segments
            .iter()
            .find(|one| one.author() == desk.id())
            .unwrap();
        assert_eq!(given.entries[..2], desk.entries[..2]);
        assert_eq!(
            given.entries[2].payload,
            Payload::Erased,
            "nothing beyond is given"
        );
        let replica = replay(&clinic, segments);
        assert_eq!(replica.tip(desk.id()).unwrap().seq, 2);
        assert!(!replica.gone().missing().any(|_| true));
    };
    check(clinic.pull_all(&server).await);
    let server = Running::on(server.stop().await, |_| {}).await;
    check(clinic.pull_all(&server).await);
    assert!(server.files_with(LATE) > 0, "set aside, not deleted");
}

#[tokio::test]
async fn a_push_that_reaches_beyond_a_revocation_counts_up_to_it() {
    let (server, mut clinic, desk) = with_three().await;
    clinic.revoke(desk.id(), 2);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let answer = clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(
        answer["refused"],
        json!([{ "author": desk.id().to_string(), "seq": 3, "reason": "beyond-revocation" }])
    );
    assert_eq!(answer["have"][desk.id().to_string()], 2);
    let replica = replay(&clinic, clinic.pull_all(&server).await);
    assert_eq!(replica.tip(desk.id()).unwrap().seq, 2);
    assert_eq!(server.files_with(LATE), 0, "what never counted is not kept");
    let again = clinic.push(&server, &[desk.since(1)]).await;
    assert_eq!(again["have"], answer["have"]);
}

#[tokio::test]
async fn a_revocation_in_the_push_of_what_it_cuts_leaves_no_fork() {
    let (server, mut clinic, desk) = with_three().await;
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    clinic.revoke(desk.id(), 2);
    let answer = clinic
        .push(&server, &[desk.since(1), clinic.owner.since(1)])
        .await;
    assert_eq!(
        (
            answer["refused"].clone(),
            answer["have"][desk.id().to_string()].clone()
        ),
        (json!([]), 2.into())
    );
    let early = segment(&desk.signer, &desk.entries[..2]);
    let again = clinic.push(&server, &[early]).await;
    assert_eq!(
        again["refused"],
        json!([]),
        "the same entries once more are no fork"
    );
    let replica = replay(&clinic, clinic.pull_all(&server).await);
    assert_eq!(replica.tip(desk.id()).unwrap().seq, 2);
}

#[tokio::test]
async fn a_server_that_was_cut_short_does_not_go_on_from_the_cut() {
    let (server, mut clinic) = Running::claimed().await;
    let mut rogue = Desk::new();
    clinic.enrol(rogue.signer.keys(), Role::Owner);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let post = |n: usize| json!({ "name": format!("n{n}"), "phone": "1" });
    assert_eq!(server.post_json(&post(1)).await.status, 202);
    let id = clinic.received(&server).await[0].sealed.ids.submission;
    let segments = clinic.pull_all(&server).await;
    let own = segments
        .iter()
        .find(|one| one.entries[0].header.record == id.into());
    let (author, last_seq) = (own.unwrap().author(), 0);
    rogue.write(Kind::Member, Member::Revoke { author, last_seq }.encode());
    clinic.push(&server, &[rogue.since(1)]).await;
    assert_eq!(server.post_json(&post(2)).await.problem(), "not-claimed");
    clinic.revoke(rogue.id(), 0);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let server = Running::on(server.stop().await, |_| {}).await;
    assert_eq!(server.post_json(&post(3)).await.problem(), "restored");
}

#[tokio::test]
async fn a_revocation_that_falls_itself_frees_what_it_cut() {
    let (server, mut clinic, desk) = with_three().await;
    let mut rogue = Desk::new();
    clinic.enrol(rogue.signer.keys(), Role::Owner);
    clinic
        .push(&server, &[clinic.owner.since(1), desk.since(1)])
        .await;
    let (author, last_seq) = (desk.id(), 1);
    rogue.write(Kind::Member, Member::Revoke { author, last_seq }.encode());
    let cut = clinic.push(&server, &[rogue.since(1)]).await;
    assert_eq!(cut["have"][desk.id().to_string()], 1);
    clinic.revoke(rogue.id(), 0);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let back = clinic
        .push_as(&server, &desk.signer, &[desk.since(1)])
        .await;
    assert_eq!(
        (
            back["refused"].clone(),
            back["have"][desk.id().to_string()].clone()
        ),
        (json!([]), 3.into())
    );
    let segments = clinic.pull_all(&server).await;
    assert!(segments.contains(&desk.since(1)));
    let server = Running::on(server.stop().await, |_| {}).await;
    assert_eq!(clinic.pull_all(&server).await, segments);
}
