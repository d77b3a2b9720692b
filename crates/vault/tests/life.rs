//! Founding, unlocking, recovering: each wrong way has a name, and nothing is ever created over data.
use rand::rng;
use seal::RootSecret;
use vault::view::LeadAct;
use vault::{DeskPlan, Found, Founding, FoundingPlan, Loss, OpenError, SharedClock, probe};

use crate::support::{Clinic, MORNING, TestClock, all, loaded, names, person, plan, sealed};

#[tokio::test]
async fn an_empty_directory_holds_nothing_and_stays_empty() {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("none");
    assert!(matches!(probe(&inside).await.unwrap(), Found::Nothing));
    assert!(!inside.exists());
}

#[tokio::test]
async fn a_founded_clinic_is_found_again_with_its_name_and_desk() {
    let mut clinic = Clinic::found().await;
    let before = clinic.vault.desk_view().await.unwrap();
    assert_eq!(before.clinic, "Nha khoa Việt Smile");
    assert_eq!(
        (before.desk.as_str(), before.branch.as_str()),
        ("Quầy 1", "Quận 3")
    );
    assert_eq!(before.person, "Chị Hạnh");
    assert!(!before.kit_checked);
    clinic.vault.mark_kit_checked().await.unwrap();
    clinic.vault.set_person("Anh  Tú").await.unwrap();
    clinic.close().await;
    let locked = sealed(clinic.dir.path()).await.unwrap();
    assert_eq!(locked.clinic_name(), "Nha khoa Việt Smile");
    assert_eq!(locked.author(), clinic.vault.author());
    drop(locked);
    clinic.vault = clinic.unlock(None).await.unwrap();
    let after = clinic.vault.desk_view().await.unwrap();
    assert!(after.kit_checked);
    assert_eq!(after.person, "Anh Tú");
}

#[tokio::test]
async fn founding_never_happens_where_there_is_a_database() {
    let clinic = Clinic::found().await;
    clinic.close().await;
    let before = std::fs::read(clinic.database()).unwrap();
    let again = Founding::plan(plan(), MORNING).unwrap();
    let refused = again.create(clinic.dir.path(), clinic.clock()).await;
    assert_eq!(refused.err(), Some(OpenError::Exists));
    assert_eq!(std::fs::read(clinic.database()).unwrap(), before);
}

#[tokio::test]
async fn a_plan_without_names_is_refused() {
    for (clinic_name, desk) in [
        ("", "Quầy"),
        ("Nha khoa", " \u{202e} "),
        (&*"x".repeat(101), "Q"),
    ] {
        let plan = FoundingPlan {
            clinic_name: clinic_name.into(),
            desk: desk.into(),
            ..plan()
        };
        assert_eq!(
            Founding::plan(plan, MORNING).err(),
            Some(OpenError::BadPlan)
        );
    }
}

#[tokio::test]
async fn another_key_is_the_wrong_key_and_the_right_one_opens_afterwards() {
    let clinic = Clinic::found().await;
    clinic.close().await;
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let stranger = RootSecret::generate(&mut rng());
    let (locked, error) = locked
        .unlock(&stranger, clinic.clock(), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error, OpenError::WrongKey);
    let vault = locked
        .unlock(&clinic.root(), clinic.clock(), None)
        .await
        .map_err(|e| e.1);
    assert_eq!(vault.unwrap().desk_view().await.unwrap().desk, "Quầy 1");
}

#[tokio::test]
async fn the_database_of_another_pc_of_the_clinic_is_foreign() {
    let clinic = Clinic::found().await;
    clinic.close().await;
    // The kit is an author of the clinic, but not the one that wrote this database.
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let refused = locked.unlock(&clinic.kit.root, clinic.clock(), None).await;
    assert_eq!(
        refused.err().map(|(_, error)| error),
        Some(OpenError::Foreign)
    );
}

#[tokio::test]
async fn a_second_instance_is_told_so() {
    let clinic = Clinic::found().await;
    let second = probe(clinic.dir.path()).await;
    assert_eq!(second.err(), Some(OpenError::InUse));
    clinic.close().await;
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_noticed() {
    let clinic = Clinic::found().await;
    clinic.close().await;
    let old = std::fs::read(clinic.database()).unwrap();
    let vault = clinic.unlock(None).await.unwrap();
    vault
        .add(person("Trần Thị Bé", "0903 111 222", "Niềng răng?"))
        .await
        .unwrap();
    let mirrored = vault.counter();
    vault.close().await.unwrap();
    let vault = clinic.unlock(Some(mirrored)).await.unwrap();
    assert!(vault.counter() >= mirrored);
    vault.close().await.unwrap();
    std::fs::write(clinic.database(), old).unwrap();
    assert_eq!(
        clinic.unlock(Some(mirrored)).await.err(),
        Some(OpenError::StaleCopy)
    );
}

#[tokio::test]
async fn the_words_on_paper_open_a_database_whose_key_is_lost() {
    let clinic = Clinic::found().await;
    let added = clinic
        .vault
        .add(person("Lê Văn Đức", "0912345678", "Trồng răng"))
        .await
        .unwrap();
    clinic
        .vault
        .act(
            &added.lead.row.id,
            LeadAct::Note {
                text: "Hẹn thứ hai".into(),
            },
        )
        .await
        .unwrap();
    clinic
        .vault
        .save_draft(&added.lead.row.id, "đang gõ dở")
        .await
        .unwrap();
    clinic.close().await;

    let words = RootSecret::from_words(&clinic.kit.root.words()).unwrap();
    let new_root = RootSecret::generate(&mut rng());
    let plan = DeskPlan {
        branch: "Quận 3".into(),
        desk: "Quầy mới".into(),
        person: "Hạnh".into(),
    };
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let recovered = locked
        .recover(&words, &new_root, plan, clinic.clock())
        .await
        .map_err(|e| e.1)
        .unwrap();
    assert_eq!(recovered.lost, [Loss::Drafts, Loss::ServerLink]);
    let vault = recovered.vault;
    assert_ne!(vault.author(), clinic.vault.author());
    let page = vault.leads(all()).await.unwrap();
    loaded(&vault).await;
    assert_eq!(names(&page), ["Lê Văn Đức"]);
    let lead = vault.lead(&added.lead.row.id).await.unwrap();
    assert_eq!(lead.timeline.len(), 2);
    assert_eq!(lead.timeline[0].desk, "Quầy 1");
    vault
        .act(
            &added.lead.row.id,
            LeadAct::Note {
                text: "Vẫn làm việc".into(),
            },
        )
        .await
        .unwrap();
    vault.close().await.unwrap();

    // The old key opens nothing any more, the new one does.
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let (locked, error) = locked
        .unlock(&clinic.root(), clinic.clock(), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error, OpenError::Foreign);
    let vault = locked
        .unlock(&new_root, clinic.clock(), None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    assert_eq!(
        vault.lead(&added.lead.row.id).await.unwrap().timeline.len(),
        3
    );
}

#[tokio::test]
async fn words_of_another_kit_recover_nothing_and_change_nothing() {
    let clinic = Clinic::found().await;
    clinic.close().await;
    let before = std::fs::read(clinic.database()).unwrap();
    let plan = DeskPlan {
        branch: String::new(),
        desk: "Quầy".into(),
        person: String::new(),
    };
    let stranger = RootSecret::generate(&mut rng());
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let (locked, error) = locked
        .recover(&stranger, &stranger, plan, clinic.clock())
        .await
        .err()
        .unwrap();
    assert_eq!(error, OpenError::WrongWords);
    drop(locked);
    assert_eq!(std::fs::read(clinic.database()).unwrap(), before);
}

#[tokio::test]
async fn a_renewed_kit_replaces_the_old_one() {
    let clinic = Clinic::found().await;
    let renewed = clinic.vault.renew_kit().await.unwrap();
    clinic.close().await;
    let plan = || DeskPlan {
        branch: String::new(),
        desk: "Quầy".into(),
        person: String::new(),
    };
    let new_root = RootSecret::generate(&mut rng());
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let (locked, error) = locked
        .recover(&clinic.kit.root, &new_root, plan(), clinic.clock())
        .await
        .err()
        .unwrap();
    assert_eq!(error, OpenError::WrongWords);
    let recovered = locked
        .recover(&renewed.root, &new_root, plan(), clinic.clock())
        .await;
    assert!(
        recovered
            .map_err(|e| e.1)
            .unwrap()
            .vault
            .desk_view()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_clock_years_off_refuses_nobody_and_the_order_stays() {
    let clinic = Clinic::found().await;
    let added = clinic
        .vault
        .add(person("Một", "0903111222", ""))
        .await
        .unwrap();
    clinic.close().await;
    let past = TestClock::at(0) as SharedClock;
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let vault = locked
        .unlock(&clinic.root(), past, None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    let id = added.lead.row.id;
    vault
        .act(
            &id,
            LeadAct::Edit {
                name: Some("Hai".into()),
                phone: None,
                question: None,
            },
        )
        .await
        .unwrap();
    assert_eq!(vault.lead(&id).await.unwrap().row.name, "Hai");
}

#[tokio::test]
async fn a_closed_vault_answers_closed() {
    let clinic = Clinic::found().await;
    let clone = clinic.vault.clone();
    clinic.close().await;
    assert_eq!(
        clone.leads(all()).await.err(),
        Some(vault::ActError::Closed)
    );
    assert_eq!(clone.close().await.err(), Some(vault::ActError::Closed));
    assert_eq!(
        clone.add(person("A", "0903111222", "")).await.err(),
        Some(vault::ActError::Closed)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_this_pc_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let clinic = Clinic::found().await;
    clinic
        .vault
        .add(person("A", "0903111222", ""))
        .await
        .unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(clinic.dir.path()), 0o700);
    let mut seen = 0;
    for entry in std::fs::read_dir(clinic.dir.path()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        seen += 1;
    }
    assert!(seen >= 3, "database, log and lock file");
}
