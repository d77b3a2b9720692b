//! The contract that both stores keep.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use ledger::{
    AuthorId, BlobHash, Entry, Epoch, Kind, Ledger, Payload, RecordId, SignedHead, Signer,
    SubmissionId,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{
    Changes, ClinicRecord, Failed, Identity, Kept, Knock, Nonce, Remembered, RoomId, Stamp, Store,
};
use crate::Config;

mod entries;
#[path = "../../tests/support/postgres.rs"]
mod postgres;

use entries::{
    a_change_that_contradicts_the_store_changes_nothing, a_page_holds_what_fits_and_nothing_beyond,
    a_payload_that_was_missing_is_filled_once, an_erasure_takes_payloads_and_leaves_headers,
    arrivals_are_numbered_in_order_and_never_twice,
    entries_beyond_a_cut_count_for_nothing_and_make_way,
    entries_come_back_in_their_order_with_their_signatures,
};

/// One of the two stores, opened as a server opens it.
struct Bench {
    config: Config,
    store: Store,
    dir: TempDir,
}

impl Bench {
    async fn sqlite() -> Self {
        Self::open(None).await
    }

    async fn postgres() -> Self {
        Self::open(Some(postgres::database())).await
    }

    async fn open(database_url: Option<String>) -> Self {
        let dir = TempDir::new().unwrap();
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path());
        config.database_url = database_url;
        let store = Store::open(&config).await.unwrap();
        store.found(identity(1)).await.unwrap();
        Self { config, store, dir }
    }

    async fn reopened(self) -> Self {
        self.store.close().await.unwrap();
        let Self { config, store, dir } = self;
        drop(store);
        let store = Store::open(&config).await.unwrap();
        Self { config, store, dir }
    }

    async fn try_apply(&self, changes: &Changes) -> Result<Stamp, Failed> {
        let turn = self.store.turn().await.unwrap();
        self.store.apply(turn, changes).await
    }

    async fn apply(&self, changes: &Changes) -> Stamp {
        self.try_apply(changes).await.unwrap()
    }
}

/// Makes one test of both stores out of each function.
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod sqlite_store {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Bench::sqlite().await).await;
            })*
        }
        mod postgres_store {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Bench::postgres().await).await;
            })*
        }
    };
}

contract!(
    the_first_identity_stays_until_it_is_renewed,
    entries_come_back_in_their_order_with_their_signatures,
    a_page_holds_what_fits_and_nothing_beyond,
    arrivals_are_numbered_in_order_and_never_twice,
    a_change_that_contradicts_the_store_changes_nothing,
    an_erasure_takes_payloads_and_leaves_headers,
    a_payload_that_was_missing_is_filled_once,
    entries_beyond_a_cut_count_for_nothing_and_make_way,
    submissions_and_nonces_are_recognised,
    the_clinic_is_published_whole_and_takes_the_setup_code,
    chunks_and_probes_are_kept,
    a_room_is_taken_by_the_first_to_ask,
    rooms_are_few_and_expire,
    everything_is_there_after_opening_it_again,
);

fn identity(n: u8) -> Identity {
    Identity {
        root: Zeroizing::new([n; 32]),
        token_key: [n; 32],
        setup_code: Some(format!("CODE-{n}")),
        behind: false,
    }
}

fn clinic(name: &str) -> ClinicRecord {
    ClinicRecord {
        genesis: ledger::EntryHash::from_bytes([7; 32]),
        name: name.into(),
        statement: vec![1, 2, 3],
        notice_version: "1".into(),
        notice_text: "Thông báo".into(),
    }
}

/// An author whose entries are made as they are needed.
struct Author {
    signer: Signer,
    ledger: Ledger,
}

impl Author {
    fn new(n: u8) -> Self {
        let signer = Signer::from_root(&[n; 32]);
        let ledger = Ledger::new(signer.id());
        Self { signer, ledger }
    }

    fn id(&self) -> AuthorId {
        self.signer.id()
    }

    fn write(&mut self, record: u8, kind: Kind, payload: &[u8]) -> Entry {
        let record = RecordId::from_bytes([record; 16]);
        let draft = self
            .ledger
            .next(kind, record, Epoch::FIRST, 1_764_000_000_000);
        let entry = draft.finish(payload.to_vec()).unwrap();
        self.ledger.accept(&entry).unwrap();
        entry
    }

    fn head(&self) -> SignedHead {
        self.signer.head(self.ledger.seq(), self.ledger.hash())
    }
}

fn kept(entry: &Entry) -> Kept {
    Kept {
        entry: entry.clone(),
        signature: None,
        void: false,
    }
}

fn bare(entry: &Entry) -> Kept {
    let mut kept = kept(entry);
    kept.entry.payload = Payload::Erased;
    kept
}

fn appended(entries: &[Entry]) -> Changes {
    Changes {
        entries: entries.iter().map(kept).collect(),
        ..Changes::default()
    }
}

async fn all_of(store: &Store, author: AuthorId) -> Vec<Kept> {
    store.entries_after(author, 0, 1 << 40, 1).await.unwrap()
}

async fn the_first_identity_stays_until_it_is_renewed(bench: Bench) {
    let second = bench.store.found(identity(2)).await.unwrap();
    assert_eq!(
        (second.token_key, second.setup_code.as_deref()),
        ([1; 32], Some("CODE-1"))
    );
    let behind = true;
    bench
        .apply(&Changes {
            behind,
            ..Changes::default()
        })
        .await;
    assert!(bench.store.identity().await.unwrap().behind);
    bench.store.renew_identity(identity(3)).await.unwrap();
    let renewed = bench.store.identity().await.unwrap();
    assert_eq!((*renewed.root, renewed.behind), ([3; 32], false));
}

async fn submissions_and_nonces_are_recognised(bench: Bench) {
    let id = |n: u8| SubmissionId::from_bytes([n; 16]);
    let nonce = |n: u8| Nonce {
        author: AuthorId::from_bytes([1; 16]),
        nonce: [n; 16],
    };
    let remembered = |n, digest| Remembered {
        id: id(n),
        digest,
        at_ms: 5,
    };
    let changes = Changes {
        submissions: vec![remembered(1, Some([1; 32])), remembered(2, None)],
        nonces: vec![(nonce(1), 100), (nonce(2), 200)],
        ..Changes::default()
    };
    bench.apply(&changes).await;
    let known = bench
        .store
        .remembered(&[id(1), id(2), id(3)])
        .await
        .unwrap();
    assert_eq!(
        (known[&id(1)].digest, known[&id(2)].digest, known.len()),
        (Some([1; 32]), None, 2)
    );
    assert!(bench.store.remembered(&[]).await.unwrap().is_empty());
    let spent = bench.store.spent(&[nonce(1), nonce(3)]).await.unwrap();
    assert!(spent == HashSet::from([nonce(1)]));
    assert!(bench.store.spent(&[]).await.unwrap().is_empty());
    let twice = Changes {
        nonces: vec![(nonce(1), 300)],
        ..Changes::default()
    };
    assert!(bench.try_apply(&twice).await.unwrap_err().certain);
    let forget = Changes {
        nonces: vec![(nonce(4), 400)],
        forget_before_ms: Some(150),
        ..Changes::default()
    };
    bench.apply(&forget).await;
    let alive: HashSet<Nonce> = bench.store.nonces(0).await.unwrap().into_keys().collect();
    assert!(alive == HashSet::from([nonce(2), nonce(4)]));
    assert_eq!(bench.store.nonces(201).await.unwrap().len(), 1);
}

async fn the_clinic_is_published_whole_and_takes_the_setup_code(bench: Bench) {
    assert!(bench.store.clinic().await.unwrap().is_none());
    for name in ["A", "B"] {
        let clinic = Some(clinic(name));
        bench
            .apply(&Changes {
                clinic,
                ..Changes::default()
            })
            .await;
    }
    let stored = bench.store.clinic().await.unwrap().unwrap();
    assert_eq!(
        (stored.name.as_str(), stored.statement),
        ("B", vec![1, 2, 3])
    );
    assert_eq!(bench.store.identity().await.unwrap().setup_code, None);
}

async fn chunks_and_probes_are_kept(bench: Bench) {
    let hash = BlobHash::of(b"chunk");
    let changes = Changes {
        blobs: vec![(hash, b"chunk".to_vec()), (hash, b"chunk".to_vec())],
        probe_ms: Some(77),
        ..Changes::default()
    };
    bench.apply(&changes).await;
    bench.apply(&changes).await;
    assert_eq!(bench.store.blob(hash).await.unwrap().unwrap(), b"chunk");
    assert!(bench.store.blob(BlobHash::of(b"")).await.unwrap().is_none());
    assert_eq!(bench.store.probed_ms().await.unwrap(), 77);
}

async fn a_room_is_taken_by_the_first_to_ask(bench: Bench) {
    let (store, id) = (&bench.store, RoomId([1; 16]));
    assert_eq!(store.knock(id, b"a", 0).await.unwrap(), Knock::NoRoom);
    assert!(store.open_room(id, b"offer", 100, 0).await.unwrap());
    assert!(!store.answer_room(id, b"yes", 0).await.unwrap());
    assert_eq!(store.knock(id, b"a", 99).await.unwrap(), Knock::Heard);
    assert_eq!(store.knock(id, b"a", 99).await.unwrap(), Knock::Heard);
    assert_eq!(store.knock(id, b"b", 99).await.unwrap(), Knock::Taken);
    assert!(store.answer_room(id, b"yes", 99).await.unwrap());
    let room = store.room(id, 99).await.unwrap().unwrap();
    assert_eq!(
        (
            room.offer.as_slice(),
            room.request.as_deref(),
            room.answer.as_deref()
        ),
        (
            b"offer".as_slice(),
            Some(b"a".as_slice()),
            Some(b"yes".as_slice())
        )
    );
    assert!(store.open_room(id, b"again", 100, 0).await.unwrap());
    assert!(store.room(id, 0).await.unwrap().unwrap().request.is_none());
    store.close_room(id).await.unwrap();
    store.close_room(id).await.unwrap();
    assert!(store.room(id, 0).await.unwrap().is_none());
}

async fn rooms_are_few_and_expire(bench: Bench) {
    let store = &bench.store;
    for n in 0..8 {
        let opened = store.open_room(RoomId([n; 16]), b"offer", 100 + i64::from(n), 0);
        assert!(opened.await.unwrap());
    }
    let ninth = RoomId([9; 16]);
    assert!(!store.open_room(ninth, b"offer", 500, 0).await.unwrap());
    assert!(
        store
            .open_room(RoomId([0; 16]), b"offer", 100, 0)
            .await
            .unwrap()
    );
    assert!(store.room(RoomId([0; 16]), 100).await.unwrap().is_none());
    assert_eq!(
        store.knock(RoomId([0; 16]), b"a", 100).await.unwrap(),
        Knock::NoRoom
    );
    assert!(store.open_room(ninth, b"offer", 500, 100).await.unwrap());
    let forget = Changes {
        forget_before_ms: Some(501),
        probe_ms: Some(1),
        ..Changes::default()
    };
    bench.apply(&forget).await;
    assert!(store.room(ninth, 0).await.unwrap().is_none());
}

async fn everything_is_there_after_opening_it_again(bench: Bench) {
    let mut author = Author::new(1);
    let entries = [author.write(1, Kind::Change, b"x")];
    let mut changes = appended(&entries);
    changes.clinic = Some(clinic("A"));
    let at = bench.apply(&changes).await;
    let bench = bench.reopened().await;
    let turn = bench.store.turn().await.unwrap();
    assert_eq!(turn.at, at);
    turn.end().await;
    assert_eq!(all_of(&bench.store, author.id()).await[0].entry, entries[0]);
    assert_eq!(bench.store.clinic().await.unwrap().unwrap().name, "A");
}

#[tokio::test]
async fn of_two_processes_only_one_has_its_turn_and_each_sees_what_the_other_did() {
    let bench = Bench::postgres().await;
    let other = Store::open(&bench.config).await.unwrap();
    let turn = bench.store.turn().await.unwrap();
    let before = turn.at.version;
    let mut waits = Box::pin(other.turn());
    let early = tokio::time::timeout(std::time::Duration::from_millis(100), &mut waits).await;
    assert!(early.is_err(), "the other one waits");
    let probe = Changes {
        probe_ms: Some(1),
        ..Changes::default()
    };
    bench.store.apply(turn, &probe).await.unwrap();
    let turn = waits.await.unwrap();
    assert_eq!((turn.at.version, turn.reshaped), (before + 1, 0));
    turn.end().await;
    let member = Author::new(1).write(1, Kind::Member, b"m");
    bench.apply(&appended(&[member])).await;
    let turn = other.turn().await.unwrap();
    assert_eq!(turn.reshaped, turn.at.version);
    // A process that goes in its turn takes nobody else's away.
    drop(turn);
    bench.apply(&probe).await;
}
