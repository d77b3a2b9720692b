//! The waiting room of a joining, and what a desk that was revoked still gets.

use std::time::{Duration, Instant};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ledger::{Kind, Payload, Replica, Role, Segment, Signer, bundle::Reader};
use serde_json::{Value, json};

use super::support::{Answer, Clinic, Desk, Running};

/// A room's name and the paths that it has.
struct Room {
    name: String,
    path: String,
}

impl Room {
    fn new() -> Self {
        let name = HEXLOWER.encode(&rand::random::<[u8; 16]>());
        let path = format!("/v1/join/{name}");
        Self { name, path }
    }

    async fn open_as(&self, at: &Running, clinic: &Clinic, by: &Signer, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        clinic.ask(at, by, "POST", "/v1/join", body).await
    }

    fn opening(&self, at: &Running) -> Value {
        let offer = BASE64URL_NOPAD.encode(b"offer");
        json!({ "room": self.name, "offer": offer, "expires_ms": at.now() + 600_000 })
    }

    /// An open room.
    async fn opened(at: &Running, clinic: &Clinic) -> Self {
        let room = Self::new();
        let answer = room
            .open_as(at, clinic, &clinic.owner.signer, &room.opening(at))
            .await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        room
    }

    async fn ask(&self, at: &Running, request: &[u8]) -> Answer {
        let url = at.url(&format!("{}/request", self.path));
        let request = at.client.put(url).body(request.to_vec());
        Answer::of(request.send().await.unwrap()).await
    }

    async fn answer(&self, at: &Running, clinic: &Clinic, by: &Signer, answer: &[u8]) -> Answer {
        let path = format!("{}/answer", self.path);
        clinic.ask(at, by, "PUT", &path, answer.to_vec()).await
    }

    async fn look(&self, at: &Running, seen: u8) -> Answer {
        at.get(&format!("{}?seen={seen}", self.path)).await
    }
}

fn text(bytes: &[u8]) -> Value {
    BASE64URL_NOPAD.encode(bytes).into()
}

#[tokio::test]
async fn an_offer_a_request_and_an_answer_meet_in_a_room() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::opened(&server, &clinic).await;
    let inside = room.look(&server, 0).await.json();
    assert_eq!(
        (&inside["offer"], &inside["request"], &inside["answer"]),
        (&text(b"offer"), &Value::Null, &Value::Null)
    );
    assert_eq!(room.ask(&server, b"let me in").await.status, 204);
    let inside = room.look(&server, 1).await.json();
    assert_eq!(inside["request"], text(b"let me in"));
    let owner = &clinic.owner.signer;
    let large = vec![7; intake::ANSWER_BYTES];
    assert_eq!(
        room.answer(&server, &clinic, owner, &large).await.status,
        204
    );
    let inside = room.look(&server, 2).await.json();
    assert_eq!(inside["answer"], text(&large));
    let gone = clinic
        .ask(&server, owner, "DELETE", &room.path, Vec::new())
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(room.look(&server, 0).await.problem(), "not-found");
}

#[tokio::test]
async fn whoever_waits_in_a_room_hears_the_next_word_at_once() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::opened(&server, &clinic).await;
    let began = Instant::now();
    let (heard, asked) = tokio::join!(room.look(&server, 1), room.ask(&server, b"hello"));
    assert_eq!(asked.status, 204);
    assert_eq!(heard.json()["request"], text(b"hello"));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_look_that_waited_in_vain_says_what_is_there() {
    let (server, clinic) =
        Running::claimed_with(|config| config.limits.door_wait = Duration::from_millis(50)).await;
    let room = Room::opened(&server, &clinic).await;
    let answer = room.look(&server, 3).await;
    assert_eq!(
        (answer.status, answer.json()["offer"].clone()),
        (200, text(b"offer"))
    );
}

#[tokio::test]
async fn the_first_to_ask_has_the_room_and_may_say_it_again() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::opened(&server, &clinic).await;
    assert_eq!(room.ask(&server, b"first").await.status, 204);
    assert_eq!(room.ask(&server, b"first").await.status, 204);
    let second = room.ask(&server, b"second").await;
    assert_eq!(
        (second.status, second.problem()),
        (409, "room-taken".into())
    );
    assert_eq!(
        room.look(&server, 0).await.json()["request"],
        text(b"first")
    );
    // Opened anew, it is empty.
    let owner = &clinic.owner.signer;
    let again = room
        .open_as(&server, &clinic, owner, &room.opening(&server))
        .await;
    assert_eq!(again.status, 204);
    assert_eq!(room.ask(&server, b"second").await.status, 204);
}

#[tokio::test]
async fn of_many_who_ask_at_once_exactly_one_has_the_room() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::opened(&server, &clinic).await;
    let asked = (0..20).map(|n| {
        let room = &room;
        let server = &server;
        async move { room.ask(server, &[n; 8]).await.status }
    });
    let statuses = futures_util::future::join_all(asked).await;
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1);
    assert!(statuses.iter().all(|status| [204, 409].contains(status)));
}

#[tokio::test]
async fn a_room_lives_fifteen_minutes_at_most_also_over_a_restart() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::new();
    let mut opening = room.opening(&server);
    opening["expires_ms"] = (server.now() + 86_400_000).into();
    let owner = &clinic.owner.signer;
    let opened = room.open_as(&server, &clinic, owner, &opening).await;
    assert_eq!(opened.status, 204);
    let expires = room.look(&server, 0).await.json()["expires_ms"]
        .as_i64()
        .unwrap();
    assert!(expires <= server.now() + 15 * 60_000);
    let server = Running::on(server.stop().await, |_| {}).await;
    assert_eq!(room.ask(&server, b"hello").await.status, 204);
    server.pass(15 * 60_000);
    assert_eq!(room.look(&server, 0).await.problem(), "not-found");
    assert_eq!(room.ask(&server, b"hello").await.problem(), "not-found");
    let late = room.answer(&server, &clinic, owner, b"late").await;
    assert_eq!(late.problem(), "not-found");
}

#[tokio::test]
async fn eight_rooms_are_open_at_most_and_an_expired_one_makes_place() {
    let (server, clinic) = Running::claimed().await;
    for _ in 0..8 {
        Room::opened(&server, &clinic).await;
    }
    let ninth = Room::new();
    let owner = &clinic.owner.signer;
    let refused = ninth
        .open_as(&server, &clinic, owner, &ninth.opening(&server))
        .await;
    assert_eq!(
        (refused.status, refused.problem()),
        (409, "rooms-full".into())
    );
    server.pass(11 * 60_000);
    let opened = ninth
        .open_as(&server, &clinic, owner, &ninth.opening(&server))
        .await;
    assert_eq!(opened.status, 204);
}

#[tokio::test]
async fn only_owners_and_the_recovery_kit_open_answer_and_close() {
    let (server, mut clinic) = Running::claimed().await;
    let (desk, paper) = (Desk::new(), Desk::new());
    clinic.enrol(desk.signer.keys(), Role::Desk);
    clinic.enrol(paper.signer.keys(), Role::Paper);
    clinic.push(&server, &[clinic.owner.since(1)]).await;
    let room = Room::new();
    let opening = room.opening(&server);
    let refused = room.open_as(&server, &clinic, &desk.signer, &opening).await;
    assert_eq!(
        (refused.status, refused.problem()),
        (403, "not-allowed".into())
    );
    let opened = room
        .open_as(&server, &clinic, &paper.signer, &opening)
        .await;
    assert_eq!(opened.status, 204);
    assert_eq!(room.ask(&server, b"hello").await.status, 204);
    let refused = room.answer(&server, &clinic, &desk.signer, b"yes").await;
    assert_eq!(refused.problem(), "not-allowed");
    let close = clinic
        .ask(&server, &desk.signer, "DELETE", &room.path, Vec::new())
        .await;
    assert_eq!(close.problem(), "not-allowed");
    let unsigned = server.client.post(server.url("/v1/join"));
    let unsigned = Answer::of(unsigned.body(opening.to_string()).send().await.unwrap()).await;
    assert_eq!(unsigned.status, 401);
    assert_eq!(room.look(&server, 1).await.status, 200);
}

#[tokio::test]
async fn what_does_not_fit_a_room_is_refused() {
    let (server, clinic) = Running::claimed().await;
    let room = Room::opened(&server, &clinic).await;
    let owner = &clinic.owner.signer;
    let early = room.answer(&server, &clinic, owner, b"nobody asked").await;
    assert_eq!(early.problem(), "not-found");
    let most = vec![1; intake::DOOR_BYTES];
    let more = vec![1; intake::DOOR_BYTES + 1];
    assert_eq!(room.ask(&server, &more).await.problem(), "too-large");
    assert_eq!(room.ask(&server, &[]).await.problem(), "bad-request");
    assert_eq!(room.ask(&server, &most).await.status, 204);
    let wrong = [
        ("offer", text(&more)),
        ("offer", "".into()),
        ("offer", "=".into()),
        ("room", "00".into()),
        ("room", room.name.to_uppercase().into()),
        ("expires_ms", (server.now() - 1).into()),
    ];
    for (field, value) in wrong {
        let mut opening = room.opening(&server);
        opening["room"] = "ab".repeat(16).into();
        opening[field] = value;
        let refused = room.open_as(&server, &clinic, owner, &opening).await;
        assert_eq!(
            (refused.status, refused.json()["field"].clone()),
            (422, field.into())
        );
    }
    for path in ["/v1/join/xyz", "/v1/join/00?seen=0"] {
        assert_eq!(server.get(path).await.problem(), "not-found");
    }
    let nonsense = server.get(&format!("{}?seen=x", room.path)).await;
    assert_eq!(nonsense.problem(), "bad-request");
}

#[tokio::test]
async fn whoever_tries_doors_too_often_is_told_to_wait() {
    let (server, _) = Running::claimed().await;
    let mut last = 0;
    for _ in 0..200 {
        last = Room::new().look(&server, 0).await.status;
        if last != 404 {
            break;
        }
    }
    assert_eq!(last, 429);
}

async fn pull(at: &Running, clinic: &Clinic, by: &Signer) -> Answer {
    let body = json!({ "have": {} }).to_string().into_bytes();
    clinic.ask(at, by, "POST", "/v1/pull", body).await
}

/// A clinic that has revoked a desk, and the desk.
async fn with_revoked() -> (Running, Clinic, Desk) {
    let (server, mut clinic) = Running::claimed().await;
    let mut desk = Desk::new();
    clinic.enrol(desk.signer.keys(), Role::Desk);
    desk.write(Kind::Change, vec![1; 40]);
    clinic.owner.write(Kind::Change, b"what is ours".to_vec());
    clinic.revoke(desk.id(), 1);
    let all = [clinic.owner.since(1), desk.since(1)];
    clinic.push(&server, &all).await;
    (server, clinic, desk)
}

#[tokio::test]
async fn a_revoked_desk_gets_the_proof_of_it_and_no_record() {
    let (server, clinic, desk) = with_revoked().await;
    let answer = pull(&server, &clinic, &desk.signer).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = ["letan-revoked", "letan-more", "letan-left"].map(|name| answer.header(name));
    assert_eq!(told, ["1", "0", "0"]);
    let segments: Vec<Segment> = Reader::new(&answer.body).map(Result::unwrap).collect();
    let owner = clinic.owner.id();
    assert!(segments.iter().all(|segment| segment.author() == owner));
    let entries: Vec<_> = segments.iter().flat_map(|one| &one.entries).collect();
    assert_eq!(entries.len(), clinic.owner.entries.len());
    for entry in entries {
        let withheld = entry.payload == Payload::Erased;
        assert_eq!(withheld, entry.header.kind == Kind::Change);
    }
    let mut replica = Replica::new(clinic.id);
    for segment in segments {
        replica.admit(segment, |_, _| None).unwrap();
    }
    let active = replica.roster().is_active(desk.id());
    assert!(!active, "it sees for itself that it was revoked");
}

#[tokio::test]
async fn a_revoked_desk_is_refused_everything_else() {
    let (server, clinic, desk) = with_revoked().await;
    let blob = format!("/v1/blobs/{}", "0".repeat(64));
    let push = super::support::bundle(&[desk.since(1)]);
    for (method, path, body) in [
        ("GET", "/v1/wait?since=0", Vec::new()),
        ("GET", blob.as_str(), Vec::new()),
        ("POST", "/v1/push", push),
        ("POST", "/v1/join", b"{}".to_vec()),
    ] {
        let refused = clinic.ask(&server, &desk.signer, method, path, body).await;
        let said = (refused.status, refused.problem());
        assert_eq!(said, (403, "revoked".into()), "{path}");
    }
    let others = pull(&server, &clinic, &clinic.owner.signer).await;
    assert_eq!(others.header("letan-revoked"), "");
}

#[tokio::test]
async fn each_page_says_how_much_is_left_behind_it() {
    let (server, mut clinic) = Running::claimed().await;
    for _ in 0..7 {
        clinic.owner.write(Kind::Change, vec![0; 900_000]);
        let last = clinic.owner.entries.len();
        clinic
            .push(&server, &[clinic.owner.since(last.max(3))])
            .await;
    }
    let first = pull(&server, &clinic, &clinic.owner.signer).await;
    let given: usize = Reader::new(&first.body)
        .map(|segment| segment.unwrap().entries.len())
        .sum();
    let all = clinic.owner.entries.len();
    assert_eq!(first.header("letan-more"), "1");
    assert_eq!(first.header("letan-left"), (all - given).to_string());
    assert!(given < all);
}
