//! One contract for every way that ledgers travel, and what a lying other side can do: be named, and stop one author.
use std::sync::Mutex;
use std::time::Duration;

use ledger::bundle::{Reader, Writer};
use ledger::{Have, Payload, Segment};
use rand::RngExt as _;
use vault::view::AlarmKind;
use vault::{AuthorId, Carrying, Other, Page, Receipt, SyncError, Transport, Vault};

use crate::support::exchange::claimed;
use crate::support::second::{Second, connect, second};
use crate::support::server::Server;
use crate::support::{Clinic, all, loaded, person, state};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Server,
    Lan,
    Stick,
}

const WAYS: [Way; 3] = [Way::Server, Way::Lan, Way::Stick];

/// Brings both to the same, on this way; gives how many entries arrived.
async fn exchange(way: Way, a: &Vault, b: &Vault) -> u32 {
    match way {
        Way::Server => {
            let one = a.sync().await.unwrap().arrived;
            one + b.sync().await.unwrap().arrived + a.sync().await.unwrap().arrived
        }
        Way::Lan => {
            let (link, _serving) = connect(a, b).await.unwrap();
            let synced = a.sync_with(&link).await.unwrap();
            synced.arrived + synced.sent
        }
        Way::Stick => carry(a, b).await + carry(b, a).await,
    }
}

async fn carry(from: &Vault, to: &Vault) -> u32 {
    let stick = tempfile::tempdir().unwrap();
    let quiet = Carrying::new(|_| {});
    from.export_stick(stick.path(), quiet.clone())
        .await
        .unwrap();
    let report = to.import_stick(stick.path(), quiet).await.unwrap();
    assert!(!report.partial);
    u32::try_from(report.arrived).unwrap()
}

/// A clinic with a server, three PCs, and something written at each.
async fn clinic() -> (Clinic, Server, Second, Second) {
    let (mut clinic, server) = claimed().await;
    let b = second(&mut clinic, "Quầy 2").await;
    let c = second_of(&mut clinic, &b).await;
    for (n, vault) in [&clinic.vault, &b.vault, &c.vault].into_iter().enumerate() {
        loaded(vault).await;
        for m in 0..4 {
            vault
                .add(person(&format!("Khách {n}{m}"), "0912345678", "hỏi"))
                .await
                .unwrap();
        }
    }
    (clinic, server, b, c)
}

/// A third PC. The paper kit writes on where it stood for the second: the first hears of that first.
async fn second_of(clinic: &mut Clinic, b: &Second) -> Second {
    loaded(&clinic.vault).await;
    loaded(&b.vault).await;
    exchange(Way::Lan, &b.vault, &clinic.vault).await;
    second(clinic, "Quầy 3").await
}

#[tokio::test]
async fn on_every_way_two_pcs_end_with_the_same_and_repeating_it_brings_nothing() {
    for way in WAYS {
        let (clinic, _server, b, c) = clinic().await;
        assert!(exchange(way, &b.vault, &c.vault).await > 0, "{way:?}");
        assert_eq!(state(&b.vault).await, state(&c.vault).await, "{way:?}");
        assert_eq!(exchange(way, &b.vault, &c.vault).await, 0, "{way:?}");
        // What the one learned of the other it hands on to a third.
        exchange(way, &clinic.vault, &b.vault).await;
        assert_eq!(state(&clinic.vault).await, state(&b.vault).await, "{way:?}");
        assert_eq!(
            clinic.vault.leads(all()).await.unwrap().rows.len(),
            12,
            "{way:?}"
        );
        for vault in [&clinic.vault, &b.vault, &c.vault] {
            assert_eq!(alarms(vault).await, [], "{way:?}");
        }
    }
}

#[tokio::test]
async fn the_ways_can_be_mixed_in_any_order() {
    let (clinic, _server, b, c) = clinic().await;
    let vaults = [&clinic.vault, &b.vault, &c.vault];
    let mut rng = rand::rng();
    for step in 0..12 {
        let (i, j) = (rng.random_range(0..3), rng.random_range(0..3));
        if i == j {
            continue;
        }
        let way = WAYS[rng.random_range(0..3)];
        exchange(way, vaults[i], vaults[j]).await;
        assert_eq!(
            state(vaults[i]).await,
            state(vaults[j]).await,
            "{step} {way:?}"
        );
        vaults[i]
            .add(person(&format!("Bước {step}"), "0912345678", ""))
            .await
            .unwrap();
    }
    for (i, j) in [(0, 1), (1, 2), (2, 0)] {
        exchange(Way::Lan, vaults[i], vaults[j]).await;
    }
    exchange(Way::Lan, vaults[0], vaults[1]).await;
    assert_eq!(state(vaults[0]).await, state(vaults[1]).await);
    assert_eq!(state(vaults[1]).await, state(vaults[2]).await);
}

/// A ledger of somebody else that is much longer than a bundle may be comes over a relay that can
/// sign for no part of it, however often the line breaks.
#[tokio::test]
async fn a_long_ledger_of_a_third_pc_is_handed_on_in_parts() {
    let mut clinic = Clinic::found().await;
    let relay = second(&mut clinic, "Quầy 2").await;
    let far = second_of(&mut clinic, &relay).await;
    loaded(&far.vault).await;
    let text = "ế".repeat(3_900);
    for n in 0..450 {
        relay_lead(&clinic.vault, n, &text).await;
    }
    exchange(Way::Lan, &relay.vault, &clinic.vault).await;
    let (link, _serving) = connect(&far.vault, &relay.vault).await.unwrap();
    let first = link.pull(&Have::default()).await.unwrap();
    assert!(first.more && first.bundle.len() <= 4 << 20);
    let heads: Vec<_> = Reader::new(&first.bundle)
        .map(|one| one.unwrap().head)
        .collect();
    let of_first = heads
        .iter()
        .filter(|head| head.author == clinic.vault.author());
    assert!(of_first.count() > 1, "it stops at heads on the way");
    far.vault.sync_with(&link).await.unwrap();
    assert_eq!(state(&far.vault).await, state(&clinic.vault).await);
}

async fn relay_lead(vault: &Vault, n: usize, text: &str) {
    vault
        .add(person(&format!("Khách {n}"), &format!("0912{n:06}"), text))
        .await
        .unwrap();
}

async fn alarms(vault: &Vault) -> Vec<AlarmKind> {
    let view = vault.sync_view().await.unwrap();
    view.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

/// What a PC hands out, changed by a liar.
struct Liar {
    pages: Mutex<Vec<Vec<u8>>>,
    have: Have,
    from: AuthorId,
}

impl Transport for Liar {
    fn other(&self) -> Other {
        Other::Peer(self.from)
    }
    async fn have(&self) -> Result<Have, SyncError> {
        Ok(self.have.clone())
    }
    async fn pull(&self, _: &Have) -> Result<Page, SyncError> {
        let mut pages = self.pages.lock().unwrap();
        let bundle = if pages.is_empty() {
            Vec::new()
        } else {
            pages.remove(0)
        };
        Ok(Page {
            bundle,
            more: !pages.is_empty(),
            ..Page::default()
        })
    }
    async fn push(&self, _: Vec<u8>) -> Result<Receipt, SyncError> {
        self.have().await.map(|have| Receipt {
            have,
            missing: Vec::new(),
            refused: Vec::new(),
        })
    }
    async fn wait(&self, _: Duration) -> Result<bool, SyncError> {
        Ok(false)
    }
}

fn bundle(segments: &[Segment]) -> Vec<u8> {
    let mut writer = Writer::new();
    for segment in segments {
        writer.segment(segment);
    }
    writer.finish()
}

async fn all_segments(from: &Vault, to: &Vault) -> Vec<Segment> {
    let (link, _serving) = connect(to, from).await.unwrap();
    let page = link.pull(&Have::default()).await.unwrap();
    Reader::new(&page.bundle).map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_lying_other_side_is_named_and_stops_only_the_author_it_lied_about() {
    type Lie = fn(&mut Segment);
    let swap: Lie = |segment| {
        let last = segment.entries.len() - 1;
        let (one, two) = (
            segment.entries[last - 1].payload.clone(),
            segment.entries[last].payload.clone(),
        );
        (
            segment.entries[last - 1].payload,
            segment.entries[last].payload,
        ) = (two, one);
    };
    let spoil: Lie = |segment| {
        let last = segment.entries.last_mut().unwrap();
        if let Payload::Present(bytes) = &mut last.payload {
            bytes[40] ^= 1;
        }
    };
    let drop_one: Lie = |segment| {
        let middle = segment.entries.len() - 2;
        segment.entries.remove(middle);
    };
    let reorder: Lie = |segment| {
        let last = segment.entries.len() - 1;
        segment.entries.swap(last, last - 1);
    };
    let forge: Lie = |segment| segment.head.signature[3] ^= 1;
    for (name, lie, alarm) in [
        ("swap", swap, Some(AlarmKind::BadEntry)),
        ("spoil", spoil, Some(AlarmKind::BadEntry)),
        ("drop", drop_one, None),
        ("reorder", reorder, None),
        ("forge", forge, Some(AlarmKind::BadEntry)),
    ] {
        let (_clinic, _server, b, c) = clinic().await;
        let mut segments = all_segments(&b.vault, &c.vault).await;
        let victim = b.vault.author();
        let place = segments
            .iter()
            .position(|one| one.author() == victim)
            .unwrap();
        lie(&mut segments[place]);
        let others: usize = segments.iter().filter(|one| one.author() != victim).count();
        assert!(others > 1);
        let liar = Liar {
            pages: Mutex::new(vec![bundle(&segments)]),
            have: Have::default(),
            from: victim,
        };
        let _ = c.vault.sync_over(liar).await;
        if let Some(alarm) = alarm {
            assert_eq!(alarms(&c.vault).await, [alarm], "{name}");
        }
        // On an honest way everything comes, of the victim too.
        exchange(Way::Stick, &b.vault, &c.vault).await;
        assert_eq!(state(&b.vault).await, state(&c.vault).await, "{name}");
    }
}

#[tokio::test]
async fn replays_other_orders_cuts_and_rubbish_do_no_harm() {
    let (_clinic, _server, b, c) = clinic().await;
    let segments = all_segments(&b.vault, &c.vault).await;
    let whole = bundle(&segments);
    let mut backwards = segments.clone();
    backwards.reverse();
    let mut pages = vec![bundle(&backwards), whole.clone(), whole.clone()];
    pages.extend(
        (0..whole.len())
            .step_by(997)
            .map(|end| whole[..end].to_vec()),
    );
    pages.push(b"LETAN1\x07rubbish".to_vec());
    for page in pages {
        let liar = Liar {
            pages: Mutex::new(vec![page]),
            have: Have::default(),
            from: b.vault.author(),
        };
        let _ = c.vault.sync_over(liar).await;
        assert_eq!(alarms(&c.vault).await, []);
    }
    exchange(Way::Lan, &b.vault, &c.vault).await;
    assert_eq!(state(&b.vault).await, state(&c.vault).await);
}

#[tokio::test]
async fn a_pc_that_lost_what_it_had_is_named_and_filled_again() {
    let (_clinic, _server, b, c) = clinic().await;
    exchange(Way::Lan, &c.vault, &b.vault).await;
    let liar = Liar {
        pages: Mutex::new(Vec::new()),
        have: Have::default(),
        from: b.vault.author(),
    };
    let _ = c.vault.sync_over(liar).await;
    assert_eq!(alarms(&c.vault).await, [AlarmKind::Rollback]);
}

#[tokio::test]
async fn the_alarm_about_a_pc_is_taken_back_once_it_has_everything_again() {
    let (_clinic, _server, b, c) = clinic().await;
    exchange(Way::Lan, &c.vault, &b.vault).await;
    let liar = Liar {
        pages: Mutex::new(Vec::new()),
        have: Have::default(),
        from: b.vault.author(),
    };
    let _ = c.vault.sync_over(liar).await;
    assert_eq!(alarms(&c.vault).await, [AlarmKind::Rollback]);
    exchange(Way::Lan, &c.vault, &b.vault).await;
    assert_eq!(alarms(&c.vault).await, []);
}

/// What `b` has, less one entry of `short`.
async fn one_less(b: &Vault, c: &Vault, short: AuthorId) -> Have {
    let segments = all_segments(b, c).await;
    let ends = segments.iter();
    let mut have = Have(ends.map(|one| (one.author(), one.head.seq)).collect());
    *have.0.get_mut(&short).unwrap() -= 1;
    have
}

#[tokio::test]
async fn a_pc_that_lost_one_entry_is_named() {
    let (_clinic, _server, b, c) = clinic().await;
    exchange(Way::Lan, &c.vault, &b.vault).await;
    let liar = Liar {
        pages: Mutex::new(Vec::new()),
        have: one_less(&b.vault, &c.vault, c.vault.author()).await,
        from: b.vault.author(),
    };
    let _ = c.vault.sync_over(liar).await;
    assert_eq!(alarms(&c.vault).await, [AlarmKind::Rollback]);
}

#[tokio::test]
async fn a_pc_that_has_less_of_us_because_we_were_cut_off_lost_nothing() {
    let (clinic, _server, b, c) = clinic().await;
    exchange(Way::Lan, &c.vault, &clinic.vault).await;
    let written = person("Sau", "0912345678", "");
    c.vault.add(written).await.unwrap();
    exchange(Way::Lan, &c.vault, &b.vault).await;
    // The owner has not seen the last entry, and cuts it off.
    let id = c.vault.author().to_string();
    clinic.vault.revoke(&id, true).await.unwrap();
    let segments = all_segments(&clinic.vault, &b.vault).await;
    let liar = Liar {
        pages: Mutex::new(vec![bundle(&segments)]),
        have: one_less(&b.vault, &c.vault, c.vault.author()).await,
        from: b.vault.author(),
    };
    let _ = c.vault.sync_over(liar).await;
    assert_eq!(alarms(&c.vault).await, [AlarmKind::Revoked]);
}
