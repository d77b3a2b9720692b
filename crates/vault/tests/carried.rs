//! Ledgers carried by hand: whole, cut, damaged, foreign, again.
use std::path::{Path, PathBuf};

use vault::view::{Progress, SyncMark};
use vault::{Carrying, StickError, Vault};

use crate::support::second::{Second, connect, second};
use crate::support::{Clinic, all, loaded, person};

fn quiet() -> Carrying {
    Carrying::new(|_| {})
}

async fn export(vault: &Vault, dir: &Path) -> PathBuf {
    let report = vault.export_stick(dir, quiet()).await.unwrap();
    let whole = Path::new(&report.file).extension();
    assert!(report.file.starts_with("LeTan-") && whole.is_some_and(|end| end == "letan"));
    dir.join(report.file)
}

/// A clinic with so many leads, another PC that lacks them, and a stick.
async fn apart(leads: usize) -> (Clinic, Second, tempfile::TempDir) {
    let mut clinic = Clinic::found().await;
    let other = second(&mut clinic, "Quầy 2").await;
    loaded(&other.vault).await;
    for n in 0..leads {
        let question = "x".repeat(600);
        clinic
            .vault
            .add(person(&format!("Khách {n}"), "0912345678", &question))
            .await
            .unwrap();
    }
    (clinic, other, tempfile::tempdir().unwrap())
}

async fn count(vault: &Vault) -> usize {
    vault.leads(all()).await.unwrap().rows.len()
}

#[tokio::test]
async fn what_one_pc_wrote_is_read_by_another_and_the_second_time_brings_nothing() {
    let (clinic, other, stick) = apart(12).await;
    let (sender, steps) = std::sync::mpsc::channel::<Progress>();
    let carrying = Carrying::new(move |progress| sender.send(progress).unwrap());
    let written = clinic
        .vault
        .export_stick(stick.path(), carrying)
        .await
        .unwrap();
    let last = steps.try_iter().last().unwrap();
    assert_eq!((last.done, last.total), (written.entries, written.entries));
    let read = other
        .vault
        .import_stick(stick.path(), quiet())
        .await
        .unwrap();
    assert_eq!((read.arrived, read.partial), (12, false));
    assert_eq!(read.entries, written.entries);
    assert_eq!(count(&other.vault).await, 12);
    let again = other
        .vault
        .import_stick(stick.path(), quiet())
        .await
        .unwrap();
    assert_eq!((again.arrived, again.partial), (0, false));
    // A stick in a drawer is nowhere yet.
    let row = &clinic.vault.leads(all()).await.unwrap().rows[0];
    assert_eq!(row.sync, SyncMark::OnlyHere);
    // Only the file itself is left on the stick.
    assert_eq!(std::fs::read_dir(stick.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_found_stick_tells_nothing() {
    let (clinic, _, stick) = apart(3).await;
    let bytes = std::fs::read(export(&clinic.vault, stick.path()).await).unwrap();
    assert!(bytes.starts_with(b"LTSTK\x01"));
    let told = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for secret in [
        "Khách",
        "0912345678",
        "Việt Smile",
        "LETAN1",
        "LTMEM",
        "LTHED",
    ] {
        assert!(!told(secret.as_bytes()), "{secret}");
    }
    let clinic_id: [u8; 16] = *clinic.vault.clinic_id().as_bytes();
    assert!(!told(&clinic_id) && !told(clinic.vault.author().as_bytes()));
}

#[tokio::test]
async fn a_file_cut_anywhere_gives_what_is_whole_before_the_cut() {
    let (clinic, other, stick) = apart(150).await;
    let path = export(&clinic.vault, stick.path()).await;
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 2 * (64 << 10), "more than two chunks");
    let mut before = 0;
    for part in [0, 20, 300, 70_000, whole.len() - 1] {
        std::fs::write(&path, &whole[..part]).unwrap();
        match other.vault.import_stick(stick.path(), quiet()).await {
            Ok(report) => assert!(report.partial, "cut at {part}"),
            Err(error) => assert_eq!(error, StickError::Damaged, "cut at {part}"),
        }
        let now = count(&other.vault).await;
        assert!(now >= before);
        before = now;
    }
    std::fs::write(&path, &whole).unwrap();
    let report = other
        .vault
        .import_stick(stick.path(), quiet())
        .await
        .unwrap();
    assert!(!report.partial);
    assert_eq!(count(&other.vault).await, 150);
}

#[tokio::test]
async fn a_changed_byte_is_noticed_wherever_it_is() {
    let (clinic, other, stick) = apart(150).await;
    let path = export(&clinic.vault, stick.path()).await;
    let whole = std::fs::read(&path).unwrap();
    for at in [7, 12, 30, 60, 1_000, 70_000, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        match other.vault.import_stick(stick.path(), quiet()).await {
            Ok(report) => assert!(report.partial, "changed at {at}"),
            Err(error) => assert!(
                matches!(
                    error,
                    StickError::Damaged | StickError::Foreign | StickError::NoKey
                ),
                "changed at {at}: {error:?}"
            ),
        }
    }
    // Chunks in another order don't open either.
    let (head, chunk) = (46 + 4_096 + 16, (64 << 10) + 16);
    let mut swapped = whole.clone();
    swapped.copy_within(head + chunk..head + 2 * chunk, head);
    std::fs::write(&path, &swapped).unwrap();
    let report = other.vault.import_stick(stick.path(), quiet()).await;
    assert!(report.map_or(true, |report| report.partial));
}

#[tokio::test]
async fn nothing_there_foreign_and_strange_files_are_told_apart() {
    let (clinic, other, stick) = apart(1).await;
    let import = |dir: &Path| {
        let (vault, dir) = (other.vault.clone(), dir.to_owned());
        async move { vault.import_stick(&dir, quiet()).await.err() }
    };
    std::fs::write(stick.path().join("thư.txt"), b"x").unwrap();
    assert_eq!(import(stick.path()).await, Some(StickError::NoBundle));
    std::fs::write(stick.path().join("x.letan"), b"LTSTJ").unwrap();
    assert_eq!(import(stick.path()).await, Some(StickError::Damaged));
    let stranger = Clinic::found().await;
    export(&stranger.vault, stick.path()).await;
    assert_eq!(import(stick.path()).await, Some(StickError::Foreign));
    std::fs::write(
        stick.path().join("y.letan"),
        [b"LTSTK\x02".as_slice(), &[0; 99]].concat(),
    )
    .unwrap();
    assert!(matches!(
        import(stick.path()).await,
        Some(StickError::Foreign | StickError::TooNew)
    ));
    // With one of ours beside them, ours is read.
    export(&clinic.vault, stick.path()).await;
    assert_eq!(import(stick.path()).await, None);
    assert_eq!(count(&other.vault).await, 1);
}

#[tokio::test]
async fn what_is_called_off_leaves_no_half_file() {
    let (clinic, _, stick) = apart(3).await;
    let carrying = quiet();
    carrying.cancel();
    let called_off = clinic.vault.export_stick(stick.path(), carrying).await;
    assert_eq!(called_off.err(), Some(StickError::Cancelled));
    assert_eq!(std::fs::read_dir(stick.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_stick_from_before_a_change_of_keys_is_read_and_one_from_after_not_by_whoever_was_cut_off()
 {
    let (mut clinic, other, stick) = apart(0).await;
    let (link, _serving) = connect(&other.vault, &clinic.vault).await.unwrap();
    other.vault.sync_with(&link).await.unwrap();
    let lost = second(&mut clinic, "Quầy 3").await;
    loaded(&lost.vault).await;
    let (link, _serving) = connect(&lost.vault, &clinic.vault).await.unwrap();
    lost.vault.sync_with(&link).await.unwrap();
    let lead = |name: &str| person(name, "0912345678", "");
    other.vault.add(lead("Trước")).await.unwrap();
    export(&other.vault, stick.path()).await;

    let id = lost.vault.author().to_string();
    clinic.vault.revoke(&id, false).await.unwrap();
    let import = |vault: &Vault, dir: &tempfile::TempDir| {
        let (vault, dir) = (vault.clone(), dir.path().to_owned());
        async move { vault.import_stick(&dir, quiet()).await }
    };
    let read = import(&clinic.vault, &stick).await.unwrap();
    assert!(read.arrived > 0 && !read.partial);
    assert_eq!(count(&clinic.vault).await, 1);

    clinic.vault.add(lead("Sau")).await.unwrap();
    let after = tempfile::tempdir().unwrap();
    export(&clinic.vault, after.path()).await;
    let refused = import(&lost.vault, &after).await;
    assert_eq!(refused.err(), Some(StickError::NoKey));
    assert_eq!(count(&lost.vault).await, 0);
    // Whoever stays finds the new key in the file itself.
    assert!(!import(&other.vault, &after).await.unwrap().partial);
    assert_eq!(count(&other.vault).await, 2);
}
