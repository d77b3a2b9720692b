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
    StoreError,
};
use crate::Config;

#[path = "../../tests/support/postgres.rs"]
mod postgres;

/// One of the two stores, opened as a server opens it.
struct Bench {
    config: Config,
    store: Store,
    _dir: TempDir,
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
        Self {
            config,
            store,
            _dir: dir,
        }
    }

    async fn reopened(self) -> Self {
        self.store.close().await.unwrap();
        let Self {
            config,
            store,
            _dir,
        } = self;
        drop(store);
        let store = Store::open(&config).await.unwrap();
        Self {
            config,
            store,
            _dir,
        }
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

async fn entries_come_back_in_their_order_with_their_signatures(bench: Bench) {
    let (mut one, mut two) = (Author::new(1), Author::new(2));
    let mut entries = Vec::new();
    for n in 0..300 {
        entries.push(one.write(n as u8, Kind::Change, &vec![n as u8; n]));
        entries.push(two.write(9, Kind::Grant, b"grant"));
    }
    let mut changes = appended(&entries);
    let last = changes.entries.len() - 2;
    changes.entries[last].signature = Some(one.head().signature);
    bench.apply(&changes).await;
    let stored = all_of(&bench.store, one.id()).await;
    let expected: Vec<&Entry> = entries.iter().step_by(2).collect();
    assert_eq!(
        stored.iter().map(|it| &it.entry).collect::<Vec<_>>(),
        expected
    );
    let signed: Vec<u64> = stored
        .iter()
        .filter(|it| it.signature.is_some())
        .map(|it| it.entry.header.seq)
        .collect();
    assert_eq!(signed, [300]);
    let heads = vec![two.head()];
    bench
        .apply(&Changes {
            heads,
            ..Changes::default()
        })
        .await;
    let stored = all_of(&bench.store, two.id()).await;
    assert_eq!(stored[299].signature, Some(two.head().signature));
    let mut tips = bench.store.tips().await.unwrap();
    tips.sort_by_key(|header| header.author);
    let mut ends = [entries[598].header, entries[599].header];
    ends.sort_by_key(|header| header.author);
    assert_eq!(tips, ends);
    let headers = bench.store.headers(one.id(), 2, 4).await.unwrap();
    assert_eq!(
        headers,
        [entries[2].header, entries[4].header, entries[6].header]
    );
}

async fn a_page_holds_what_fits_and_nothing_beyond(bench: Bench) {
    let mut author = Author::new(1);
    let sizes = [10, 20, 0, 1_000_000, 5];
    let entries: Vec<Entry> = sizes
        .iter()
        .map(|size| author.write(1, Kind::Change, &vec![1; *size]))
        .collect();
    bench.apply(&appended(&entries)).await;
    let count = async |after, bytes| {
        let page = bench
            .store
            .entries_after(author.id(), after, bytes, 100)
            .await;
        page.unwrap().len()
    };
    assert_eq!(count(0, 99).await, 0);
    assert_eq!(count(0, 109).await, 0);
    assert_eq!(count(0, 110).await, 1);
    assert_eq!(count(0, 229).await, 1);
    assert_eq!(count(0, 330).await, 3);
    assert_eq!(count(0, 900_000).await, 3);
    assert_eq!(count(2, 4 << 20).await, 3);
    assert_eq!(count(5, 4 << 20).await, 0);
}

async fn arrivals_are_numbered_in_order_and_never_twice(bench: Bench) {
    let mut author = Author::new(1);
    let entries: Vec<Entry> = (0..6)
        .map(|n| author.write(n, Kind::Change, b"x"))
        .collect();
    assert_eq!(bench.store.turn().await.unwrap().at.cursor, 0);
    let first = bench.apply(&appended(&entries[..3])).await;
    let second = bench.apply(&appended(&entries[3..])).await;
    assert!(0 < first.cursor && first.cursor < second.cursor);
    let after = bench.store.arrived(first.cursor).await.unwrap();
    let after: Vec<u64> = after.iter().map(|(header, _)| header.seq).collect();
    assert_eq!(after, [4, 5, 6]);
    let arrival = async |seq| bench.store.arrival(author.id(), seq).await.unwrap();
    assert!(arrival(3).await < arrival(4).await);
    assert_eq!(arrival(7).await, None);
    let cuts = vec![ledger::replica::Cut {
        author: author.id(),
        last_seq: 3,
    }];
    bench
        .apply(&Changes {
            cuts,
            ..Changes::default()
        })
        .await;
    // The last ones make way for others: their numbers are not given again.
    let again = bench.apply(&appended(&entries[3..])).await;
    assert!(again.cursor > second.cursor);
    let turn = bench.store.turn().await.unwrap();
    assert_eq!(turn.at, again);
    turn.end().await;
}

async fn a_change_that_contradicts_the_store_changes_nothing(bench: Bench) {
    let mut author = Author::new(1);
    let entries: Vec<Entry> = (0..2)
        .map(|n| author.write(n, Kind::Change, b"x"))
        .collect();
    let before = bench.apply(&appended(&entries[..1])).await;
    let mut changes = appended(&[entries[1].clone(), entries[0].clone()]);
    changes.clinic = Some(clinic("A"));
    let failed = bench.try_apply(&changes).await.unwrap_err();
    assert!(failed.certain);
    assert!(matches!(failed.error, StoreError::Database(_)));
    assert_eq!(all_of(&bench.store, author.id()).await.len(), 1);
    assert!(bench.store.clinic().await.unwrap().is_none());
    let turn = bench.store.turn().await.unwrap();
    assert_eq!(turn.at.version, before.version);
    turn.end().await;
    bench.apply(&appended(&entries[1..])).await;
}

async fn an_erasure_takes_payloads_and_leaves_headers(bench: Bench) {
    let mut author = Author::new(1);
    let entries = [
        author.write(1, Kind::Change, b"gone"),
        author.write(2, Kind::Change, b"stays"),
        author.write(1, Kind::Erase, b"request 1"),
        author.write(1, Kind::Access, b"gone too"),
    ];
    bench.apply(&appended(&entries)).await;
    let record = RecordId::from_bytes([1; 16]);
    let erasable = bench.store.erasable(record).await.unwrap();
    let numbers: HashSet<u64> = erasable.iter().map(|header| header.seq).collect();
    assert_eq!(numbers, HashSet::from([1, 4]));
    let erased = vec![record];
    bench
        .apply(&Changes {
            erased,
            ..Changes::default()
        })
        .await;
    assert!(bench.store.fold().await.unwrap());
    let stored = all_of(&bench.store, author.id()).await;
    let present: Vec<bool> = stored
        .iter()
        .map(|it| it.entry.payload.bytes().is_some())
        .collect();
    assert_eq!(present, [false, true, true, false]);
    assert!(
        stored
            .iter()
            .zip(&entries)
            .all(|(a, b)| a.entry.header == b.header)
    );
    let gone = bench.store.gone().await.unwrap();
    assert!(gone.is_erased(record) && gone.missing().next().is_none());
    assert!(bench.store.erasable(record).await.unwrap().is_empty());
}

async fn a_payload_that_was_missing_is_filled_once(bench: Bench) {
    let mut author = Author::new(1);
    let entry = author.write(1, Kind::Change, b"payload");
    let entries = vec![bare(&entry)];
    bench
        .apply(&Changes {
            entries,
            ..Changes::default()
        })
        .await;
    let gone = bench.store.gone().await.unwrap();
    assert!(gone.is_missing(author.id(), 1));
    assert_eq!(
        bench.store.arrived(0).await.unwrap(),
        [(entry.header, false)]
    );
    let mut other = entry.clone();
    other.payload = Payload::Present(b"another".to_vec());
    for filled in [entry.clone(), other] {
        let filled = vec![filled];
        bench
            .apply(&Changes {
                filled,
                ..Changes::default()
            })
            .await;
    }
    assert_eq!(all_of(&bench.store, author.id()).await[0].entry, entry);
}

async fn entries_beyond_a_cut_count_for_nothing_and_make_way(bench: Bench) {
    let mut author = Author::new(1);
    let entries: Vec<Entry> = (0..4)
        .map(|n| author.write(n, Kind::Member, b"m"))
        .collect();
    bench.apply(&appended(&entries)).await;
    let cuts = vec![ledger::replica::Cut {
        author: author.id(),
        last_seq: 2,
    }];
    bench
        .apply(&Changes {
            cuts,
            ..Changes::default()
        })
        .await;
    let stored = all_of(&bench.store, author.id()).await;
    let beyond: Vec<(bool, bool)> = stored
        .iter()
        .map(|it| (it.void, it.entry.payload.bytes().is_some()))
        .collect();
    assert_eq!(
        beyond,
        [(false, true), (false, true), (true, false), (true, false)],
        "their payloads are given to nobody"
    );
    assert_eq!(bench.store.tips().await.unwrap(), [entries[1].header]);
    assert_eq!(bench.store.members().await.unwrap(), entries[..2]);
    assert_eq!(
        bench.store.headers(author.id(), 1, 9).await.unwrap().len(),
        2
    );
    assert_eq!(bench.store.arrived(0).await.unwrap().len(), 2);
    bench.apply(&appended(&entries[2..])).await;
    assert_eq!(bench.store.members().await.unwrap(), entries);
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
