//! The words of the recovery kit, typed where the clinic went on without this PC, or on a bare one.
use std::sync::Arc;

use seal::RootSecret;
use vault::view::{DeskRole, StaffRole};
use vault::{DeskPlan, SharedClock, Vault, fetch};

use crate::people::hire;
use crate::support::exchange::claimed;
use crate::support::join::joined;
use crate::support::second::copy;
use crate::support::server::Server;
use crate::support::{Clinic, all, loaded, person, sealed};

fn plan(desk: &str) -> DeskPlan {
    DeskPlan {
        branch: "Quận 1".into(),
        desk: desk.into(),
        person: String::new(),
    }
}

/// Types the words of the clinic's kit over the data in `dir`.
async fn by_words(clinic: &Clinic, dir: &std::path::Path, desk: &str) -> Vault {
    let root = RootSecret::generate(&mut rand::rng());
    let clock = Arc::clone(&clinic.clock) as SharedClock;
    let locked = sealed(dir).await.unwrap();
    let recovered = locked
        .recover(&clinic.kit.root, &root, plan(desk), clock)
        .await;
    recovered.map_err(|(_, error)| error).unwrap().vault
}

/// A clinic with a third PC that looks on, and old data of its first PC on another disk.
async fn with_old_data() -> (Clinic, Server, Vault, tempfile::TempDir) {
    let (mut clinic, server) = claimed().await;
    let third = joined(&clinic, DeskRole::Desk, "Quầy 3").await;
    clinic.vault.sync().await.unwrap();
    clinic.close().await;
    let old = tempfile::tempdir().unwrap();
    copy(clinic.dir.path(), old.path());
    clinic.vault = clinic.unlock(None).await.unwrap();
    clinic.close().await;
    // Its data must outlive this.
    std::mem::forget(third.dir);
    (clinic, server, third.vault, old)
}

#[tokio::test]
async fn words_typed_over_older_data_write_no_number_a_second_time() {
    let (clinic, server, third, old) = with_old_data().await;
    let first = by_words(&clinic, clinic.dir.path(), "Máy A").await;
    loaded(&first).await;
    first.sync().await.unwrap();
    first
        .add(person("Trần Thị Lan", "0903111222", ""))
        .await
        .unwrap();
    first.sync().await.unwrap();
    // The data on this disk know nothing of all that.
    let second = by_words(&clinic, old.path(), "Máy B").await;
    loaded(&second).await;
    assert_eq!(second.leads(all()).await.unwrap().total, 1);
    second
        .add(person("Lê Minh", "0987654321", ""))
        .await
        .unwrap();
    for _ in 0..3 {
        for vault in [&second, &first, &third] {
            vault.sync().await.unwrap();
        }
    }
    for vault in [&first, &second, &third] {
        let view = vault.sync_view().await.unwrap();
        assert_eq!((view.alarms, view.unsent), (Vec::new(), 0));
        assert_eq!(vault.leads(all()).await.unwrap().total, 2);
        assert_eq!(vault.desks().await.unwrap().desks.len(), 4);
    }
    let kit = clinic.kit.root.signer().id();
    // Each time a PC and the one clinic key for it.
    assert_eq!(server.state().ledgers[&kit].len(), 4);
    assert!(!old.path().join("letan.recovering").exists());
}

#[tokio::test]
async fn without_the_server_the_words_still_open_what_is_there() {
    let (clinic, server, _third, _old) = with_old_data().await;
    server.state().down = true;
    let vault = by_words(&clinic, clinic.dir.path(), "Máy A").await;
    loaded(&vault).await;
    assert_eq!(vault.desks().await.unwrap().desks.len(), 3);
    vault.close().await.unwrap();
}

#[tokio::test]
async fn words_that_open_nothing_leave_the_data_as_they_were() {
    let (mut clinic, _server, _third, _old) = with_old_data().await;
    let root = RootSecret::generate(&mut rand::rng());
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let nameless = locked.recover(&clinic.kit.root, &root, plan(" "), clinic.clock());
    let (locked, error) = nameless.await.err().unwrap();
    assert_eq!(error, vault::OpenError::BadPlan);
    let reopened = locked.unlock(&clinic.root(), clinic.clock(), None).await;
    clinic.vault = reopened.map_err(|(_, error)| error).unwrap();
    clinic.close().await;
}

#[tokio::test]
async fn whoever_fetches_the_clinic_by_words_may_still_do_everything_there() {
    let (clinic, server) = claimed().await;
    hire(&clinic.vault, "Lan", StaffRole::Owner, &[]).await;
    clinic.vault.sync().await.unwrap();
    clinic.close().await;
    let dir = tempfile::tempdir().unwrap();
    let root = RootSecret::generate(&mut rand::rng());
    let words = &clinic.kit.root;
    let fetched = fetch(dir.path(), words, &server.url(), clinic.clock())
        .await
        .unwrap();
    let back = fetched
        .recover(words, &root, plan("Máy mới"), clinic.clock())
        .await
        .unwrap()
        .vault;
    // The database was given its name and opened anew meanwhile.
    loaded(&back).await;
    assert!(!back.is_signed_out());
    hire(&back, "Mai", StaffRole::Manager, &["Quận 1"]).await;
    back.add(person("Trần Thị Lan", "0903111222", ""))
        .await
        .unwrap();
    back.sign_out();
    assert_eq!(
        back.leads(all()).await.err(),
        Some(vault::ActError::SignedOut)
    );
    back.close().await.unwrap();
}
