//! PCs of one clinic in one room: who is let in, what goes over, and what a record is told to be.
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use vault::peer::PeerError;
use vault::view::{AlarmKind, LeadAct, SyncMark};
use vault::{SyncError, Transport as _, Vault};

use crate::support::exchange::claimed;
use crate::support::second::{Second, connect, second};
use crate::support::{Clinic, all, loaded, names, person};

async fn alarms(vault: &Vault) -> Vec<AlarmKind> {
    let view = vault.sync_view().await.unwrap();
    view.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

async fn note(vault: &Vault, id: &str, text: &str) {
    let act = LeadAct::Note { text: text.into() };
    vault.act(id, act).await.unwrap();
}

async fn sync(link: &vault::peer::Link, vault: &Vault) -> vault::Synced {
    vault.sync_with(link).await.unwrap()
}

#[tokio::test]
async fn two_pcs_end_with_the_same_and_say_truly_where_a_record_is() {
    let mut clinic = Clinic::found().await;
    let first = clinic
        .vault
        .add(person("Lê An", "0912345678", ""))
        .await
        .unwrap();
    let id = first.lead.row.id;
    let other = second(&mut clinic, "Quầy 2").await;
    loaded(&other.vault).await;
    other
        .vault
        .add(person("Trần Bình", "0987654321", ""))
        .await
        .unwrap();
    note(&clinic.vault, &id, "gọi lại sau").await;
    assert_eq!(
        clinic.vault.lead(&id).await.unwrap().row.sync,
        SyncMark::OnlyHere
    );
    assert_eq!(
        clinic.vault.here_only().unwrap(),
        0,
        "there is nobody else yet"
    );

    // The second was enrolled where the first did not see it: it introduces itself.
    let (link, _serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    assert_eq!(link.peer(), clinic.vault.author());
    let synced = sync(&link, &other.vault).await;
    assert!(synced.arrived > 0);
    assert_eq!(sync(&link, &other.vault).await, vault::Synced::default());
    for vault in [&clinic.vault, &other.vault] {
        let mut found = vault.leads(all()).await.unwrap();
        found.rows.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(names(&found), ["Lê An", "Trần Bình"]);
        let near = vault.sync_view().await.unwrap().nearby;
        assert_eq!(near.len(), 1);
        assert!(near[0].synced_at.is_some());
        assert_eq!(vault.here_only().unwrap(), 0);
    }
    let a = clinic.vault.lead(&id).await.unwrap();
    let b = other.vault.lead(&id).await.unwrap();
    assert!(
        matches!(a.row.sync, SyncMark::Elsewhere { at } if at > 0),
        "{:?}",
        a.row.sync
    );
    assert_eq!(a.timeline.len(), b.timeline.len());

    note(&clinic.vault, &id, "và nữa").await;
    assert_eq!(clinic.vault.here_only().unwrap(), 1);
    assert_eq!(
        clinic.vault.lead(&id).await.unwrap().row.sync,
        SyncMark::OnlyHere
    );
    drop(link);
    clinic.reopen().await;
    assert_eq!(
        clinic.vault.here_only().unwrap(),
        1,
        "known after a restart"
    );
}

/// Whether `vault` shows the PC `other` as being nearby.
async fn is_near(vault: &Vault, other: &Vault) -> bool {
    let id = other.author().to_string();
    let rows = vault.desks().await.unwrap().desks;
    rows.iter().find(|row| row.id == id).unwrap().near
}

#[tokio::test]
async fn a_pc_is_shown_as_near_as_long_as_it_is_and_the_window_is_told() {
    let mut clinic = Clinic::found().await;
    let other = second(&mut clinic, "Quầy 2").await;
    assert!(!is_near(&other.vault, &clinic.vault).await);
    let mut events = other.vault.events();
    let (link, _serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    assert!(is_near(&other.vault, &clinic.vault).await);
    assert!(!is_near(&other.vault, &other.vault).await);
    assert!(crate::support::drain(&mut events).contains(&vault::Event::Desks));
    drop(link);
    let told = async { while events.recv().await != Ok(vault::Event::Desks) {} };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    assert!(told.is_ok(), "nobody was told that it is gone");
    assert!(!is_near(&other.vault, &clinic.vault).await);
}

#[tokio::test]
async fn news_on_either_side_ends_the_wait() {
    let mut clinic = Clinic::found().await;
    let other = second(&mut clinic, "Quầy 2").await;
    let (link, _serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    sync(&link, &other.vault).await;
    let longest = Duration::from_secs(30);
    // Nothing new: the time is up.
    assert!(!link.wait(Duration::from_millis(50)).await.unwrap());
    let (news, added) = tokio::join!(
        other.vault.news_with(&link, longest),
        clinic.vault.add(person("Lê An", "0912345678", ""))
    );
    news.unwrap();
    added.unwrap();
    assert_eq!(sync(&link, &other.vault).await.arrived, 1);
    let (news, added) = tokio::join!(
        other.vault.news_with(&link, longest),
        other.vault.add(person("Trần Bình", "0987654321", ""))
    );
    news.unwrap();
    added.unwrap();
    // The open question does not stand in the way.
    assert_eq!(sync(&link, &other.vault).await.sent, 1);
}

#[tokio::test]
async fn another_clinics_pc_learns_nothing_and_gets_nothing() {
    let (ours, theirs) = (Clinic::found().await, Clinic::found().await);
    let refused = connect(&theirs.vault, &ours.vault).await.err().unwrap();
    assert_eq!(refused.1, PeerError::Stranger);
    assert!(matches!(refused.0, PeerError::Ended | PeerError::Stranger));
    assert_ne!(
        ours.vault.beacons().await.unwrap(),
        theirs.vault.beacons().await.unwrap()
    );
}

#[tokio::test]
async fn whoever_speaks_no_tls_is_told_nothing() {
    let clinic = Clinic::found().await;
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let knocking = async {
        near.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        let _ = near.read_to_end(&mut heard).await;
        heard
    };
    let (guest, heard) = tokio::join!(clinic.vault.let_in(far), knocking);
    assert_eq!(guest.err(), Some(PeerError::Ended));
    let name = "Việt Smile".as_bytes();
    assert!(heard.len() < 64 && !heard.windows(name.len()).any(|part| part == name));
}

#[tokio::test]
async fn a_pc_that_dials_itself_notices_and_two_with_one_identity_are_named() {
    let mut clinic = Clinic::found().await;
    let ourselves = connect(&clinic.vault, &clinic.vault).await.err().unwrap();
    assert_eq!(ourselves, (PeerError::Ourselves, PeerError::Ourselves));
    assert_eq!(alarms(&clinic.vault).await, []);

    clinic.close().await;
    let dir = tempfile::tempdir().unwrap();
    crate::support::second::copy(clinic.dir.path(), dir.path());
    clinic.vault = clinic.unlock(None).await.unwrap();
    let copy = crate::support::sealed(dir.path()).await.unwrap();
    let copy = copy.unlock(&clinic.root(), clinic.clock(), None).await;
    let copy = copy.map_err(|(_, error)| error).unwrap();
    let both = connect(&clinic.vault, &copy).await.err().unwrap();
    assert_eq!(both, (PeerError::Copy, PeerError::Copy));
    assert_eq!(alarms(&clinic.vault).await, [AlarmKind::Fork]);
    assert_eq!(alarms(&copy).await, [AlarmKind::Fork]);
}

#[tokio::test]
async fn a_connection_cut_anywhere_loses_nothing_and_is_resumed() {
    let mut clinic = Clinic::found().await;
    let other = second(&mut clinic, "Quầy 2").await;
    loaded(&other.vault).await;
    for n in 0..30 {
        clinic
            .vault
            .add(person(&format!("Khách {n}"), "0912345678", "hỏi"))
            .await
            .unwrap();
    }
    let mut whole = false;
    for bytes in (3_000..).step_by(2_500).take(60) {
        // A line that breaks after so many bytes.
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let (mut out, back) = tokio::io::duplex(1 << 16);
        let line = tokio::spawn(async move {
            let (mut read, mut write) = tokio::io::split(&mut far);
            let (mut read_out, mut write_out) = tokio::io::split(&mut out);
            let forth = async {
                let mut limited = (&mut read).take(bytes);
                let _ = tokio::io::copy(&mut limited, &mut write_out).await;
            };
            let back = async {
                let mut limited = (&mut read_out).take(bytes);
                let _ = tokio::io::copy(&mut limited, &mut write).await;
            };
            tokio::select! { () = forth => {}, () = back => {} }
        });
        let met = crate::support::second::meet(&other.vault, near, &clinic.vault, back).await;
        if let Ok((link, _)) = met {
            whole = other.vault.sync_with(&link).await.is_ok();
        }
        line.abort();
        if whole {
            break;
        }
    }
    assert!(whole);
    assert_eq!(other.vault.leads(all()).await.unwrap().rows.len(), 30);
    assert_eq!(alarms(&other.vault).await, []);
    assert_eq!(alarms(&clinic.vault).await, []);
}

/// A clinic and another PC of it that know each other.
async fn acquainted() -> (Clinic, Second) {
    let mut clinic = Clinic::found().await;
    let other = second(&mut clinic, "Quầy 2").await;
    let (link, _serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    sync(&link, &other.vault).await;
    link.close().await;
    (clinic, other)
}

async fn cut_off(clinic: &Clinic, other: &Second) {
    let id = other.vault.author().to_string();
    clinic.vault.revoke(&id, false).await.unwrap();
}

#[tokio::test]
async fn a_pc_that_was_cut_off_is_shown_the_proof_whoever_dials_and_deletes_itself() {
    for dials in [true, false] {
        let (clinic, other) = acquainted().await;
        cut_off(&clinic, &other).await;
        assert_eq!(other.vault.cut_off().await, Ok(None));
        let mut events = other.vault.events();
        let (it, we) = if dials {
            connect(&other.vault, &clinic.vault).await.err().unwrap()
        } else {
            let (we, it) = connect(&clinic.vault, &other.vault).await.err().unwrap();
            (it, we)
        };
        assert_eq!((it, we), (PeerError::Revoked, PeerError::CutOff));
        assert!(other.vault.cut_off().await.unwrap().is_some());
        assert!(crate::support::drain(&mut events).contains(&vault::Event::CutOff));
        other.vault.wipe().await.unwrap();
        let left = std::fs::read_dir(other.dir.path()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["letan.lock"]);
    }
}

#[tokio::test]
async fn a_pc_that_is_cut_off_while_it_is_connected_gets_the_proof_and_nothing_more() {
    let (clinic, other) = acquainted().await;
    let (link, serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    cut_off(&clinic, &other).await;
    clinic
        .vault
        .add(person("Lê An", "0912345678", ""))
        .await
        .unwrap();
    let refused = other.vault.sync_with(&link).await;
    assert_eq!(refused.err(), Some(SyncError::Revoked));
    assert_eq!(serving.await.unwrap(), PeerError::CutOff);
    assert!(other.vault.cut_off().await.unwrap().is_some());
    // The connection is closed.
    assert_eq!(link.have().await.err(), Some(SyncError::Unreachable));
    assert_eq!(other.vault.leads(all()).await.unwrap().total, 0);
}

#[tokio::test]
async fn what_came_from_a_pc_nearby_ends_the_wait_for_the_server_and_is_unsent_no_longer() {
    let (mut clinic, server) = claimed().await;
    let other = second(&mut clinic, "Quầy 2").await;
    loaded(&other.vault).await;
    for vault in [&other.vault, &clinic.vault, &other.vault] {
        vault.sync().await.unwrap();
    }
    let unsent = async || other.vault.sync_view().await.unwrap().unsent;
    assert_eq!(unsent().await, 0);
    clinic
        .vault
        .add(person("Lê An", "0912345678", ""))
        .await
        .unwrap();
    clinic.vault.sync().await.unwrap();
    server.state().patient = true;
    let (link, _serving) = connect(&clinic.vault, &other.vault).await.unwrap();
    let (news, synced) = tokio::join!(
        other.vault.wait(Duration::from_secs(30)),
        clinic.vault.sync_with(&link)
    );
    synced.unwrap();
    // The server has it, and here nobody knows that yet.
    assert!(unsent().await > 0);
    assert_eq!(news, Ok(true));
    other.vault.sync().await.unwrap();
    assert_eq!(unsent().await, 0);
}
