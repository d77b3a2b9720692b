//! What both stores do with entries.

use std::collections::HashSet;

use ledger::{Entry, Kind, Payload, RecordId};

use super::{Author, Bench, all_of, appended, bare, clinic};
use crate::store::{Changes, StoreError};

pub(super) async fn entries_come_back_in_their_order_with_their_signatures(bench: Bench) {
    let (mut one, mut two) = (Author::new(1), Author::new(2));
    let mut entries = Vec::new();
    for n in 0..300 {
        entries.push(one.write(8, Kind::Change, &vec![7; n]));
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

pub(super) async fn a_page_holds_what_fits_and_nothing_beyond(bench: Bench) {
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

pub(super) async fn arrivals_are_numbered_in_order_and_never_twice(bench: Bench) {
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

pub(super) async fn a_change_that_contradicts_the_store_changes_nothing(bench: Bench) {
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

pub(super) async fn an_erasure_takes_payloads_and_leaves_headers(bench: Bench) {
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

pub(super) async fn a_payload_that_was_missing_is_filled_once(bench: Bench) {
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

pub(super) async fn entries_beyond_a_cut_count_for_nothing_and_make_way(bench: Bench) {
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
