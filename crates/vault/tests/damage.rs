//! A file that was changed behind our back: noticed, named, and brought back from the ledger.
use std::fs;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use vault::view::LeadAct;
use vault::{Loss, OpenError, probe, salvage};

use crate::support::{Clinic, all, loaded, names, person, raw, sealed};

async fn change(clinic: &Clinic, sql: &str) {
    let mut connection = raw(clinic).await;
    let changed = sqlx::query(sql)
        .execute(&mut connection)
        .await
        .unwrap()
        .rows_affected();
    assert!(changed > 0, "{sql}");
    connection.close().await.unwrap();
}

async fn with_leads() -> Clinic {
    let clinic = Clinic::found().await;
    for n in 0..5 {
        let lead = person(&format!("Khách {n}"), &format!("09031112{n:02}"), "hỏi");
        let id = clinic.vault.add(lead).await.unwrap().lead.row.id;
        clinic
            .vault
            .act(
                &id,
                LeadAct::Note {
                    text: "một".into()
                },
            )
            .await
            .unwrap();
        clinic
            .vault
            .act(&id, LeadAct::Note { text: "hai".into() })
            .await
            .unwrap();
    }
    clinic.close().await;
    clinic
}

#[tokio::test]
async fn a_changed_stolen_or_rolled_back_lead_row_is_computed_anew_from_the_ledger() {
    let changes = [
        // A flipped byte.
        "UPDATE lead SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB) WHERE row = 2",
        // One row in another's place.
        "UPDATE lead SET (version, sealed) = (SELECT version, sealed FROM lead WHERE row = 1) \
         WHERE row = 2",
        // A row taken away.
        "DELETE FROM lead WHERE row = 3",
        "UPDATE lead SET sealed = x'' WHERE row = 5",
    ];
    for sql in changes {
        let clinic = with_leads().await;
        change(&clinic, sql).await;
        let vault = clinic.unlock(None).await.unwrap();
        loaded(&vault).await;
        let page = vault.leads(all()).await.unwrap();
        assert_eq!(page.rows.len(), 5, "{sql}");
        for row in page.rows {
            assert_eq!(
                vault.lead(&row.id).await.unwrap().timeline.len(),
                3,
                "{sql}"
            );
        }
        vault.close().await.unwrap();
    }
}

#[tokio::test]
async fn an_older_version_of_one_row_is_noticed_although_it_opens() {
    let clinic = with_leads().await;
    let sql = "SELECT version, sealed FROM lead WHERE row = 1";
    let mut connection = raw(&clinic).await;
    let (version, sealed): (i64, Vec<u8>) = sqlx::query_as(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let vault = clinic.unlock(None).await.unwrap();
    let id = vault
        .leads(all())
        .await
        .unwrap()
        .rows
        .last()
        .unwrap()
        .id
        .clone();
    let name = Some("Tên mới".to_owned());
    vault
        .act(
            &id,
            LeadAct::Edit {
                name,
                phone: None,
                question: None,
            },
        )
        .await
        .unwrap();
    vault.close().await.unwrap();
    let mut connection = raw(&clinic).await;
    sqlx::query("UPDATE lead SET version = ?, sealed = ? WHERE row = 1")
        .bind(version)
        .bind(sealed)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let vault = clinic.unlock(None).await.unwrap();
    assert_eq!(vault.lead(&id).await.unwrap().row.name, "Tên mới");
}

#[tokio::test]
async fn a_changed_ledger_state_or_membership_is_damage() {
    let changes = [
        "UPDATE state SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)",
        "UPDATE state SET version = version - 1",
        "DELETE FROM state",
        "DELETE FROM membership WHERE number = 2",
        "UPDATE entry SET payload = CAST(x'00' || substr(payload, 2) AS BLOB) WHERE seq = 2",
        "UPDATE head SET seq = seq - 1",
        "DELETE FROM identity",
    ];
    for sql in changes {
        let clinic = with_leads().await;
        change(&clinic, sql).await;
        let refused = clinic.unlock(None).await;
        assert_eq!(refused.err(), Some(OpenError::Damaged), "{sql}");
    }
}

#[tokio::test]
async fn another_programs_file_is_left_alone() {
    let clinic = with_leads().await;
    fs::remove_file(clinic.database()).unwrap();
    let mut connection = SqliteConnectOptions::new()
        .filename(clinic.database())
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    sqlx::query("CREATE TABLE theirs (x)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = fs::read(clinic.database()).unwrap();
    assert_eq!(
        probe(clinic.dir.path()).await.err(),
        Some(OpenError::Foreign)
    );
    assert_eq!(fs::read(clinic.database()).unwrap(), before);
    for rubbish in [
        b"".as_slice(),
        b"not a database, but long enough to be looked at as one, really so, yes it is",
    ] {
        fs::write(clinic.database(), rubbish).unwrap();
        assert_eq!(
            probe(clinic.dir.path()).await.err(),
            Some(OpenError::Damaged)
        );
        assert_eq!(fs::read(clinic.database()).unwrap(), rubbish);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let clinic = with_leads().await;
    change(
        &clinic,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .await;
    assert_eq!(
        probe(clinic.dir.path()).await.err(),
        Some(OpenError::TooNew)
    );
}

#[tokio::test]
async fn what_proves_itself_is_saved_from_a_damaged_database_and_the_rest_is_named() {
    let clinic = with_leads().await;
    let last = "SELECT max(seq) FROM entry";
    // Another desk's ledger would be fetched again; ours is whole, so work goes on.
    change(
        &clinic,
        "UPDATE state SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)",
    )
    .await;
    change(&clinic, "DELETE FROM membership").await;
    let mut connection = raw(&clinic).await;
    let entries: i64 = sqlx::query_scalar(last)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let damaged = fs::read(clinic.database()).unwrap();
    assert_eq!(clinic.unlock(None).await.err(), Some(OpenError::Damaged));
    let recovered = salvage(clinic.dir.path(), &clinic.root(), clinic.clock())
        .await
        .unwrap();
    assert_eq!(recovered.lost, []);
    let vault = recovered.vault;
    loaded(&vault).await;
    let page = vault.leads(all()).await.unwrap();
    assert_eq!(names(&page).len(), 5);
    let id = &page.rows[0].id;
    assert_eq!(vault.lead(id).await.unwrap().timeline.len(), 3);
    vault
        .act(id, LeadAct::Note { text: "ba".into() })
        .await
        .unwrap();
    assert!(vault.counter() > u64::try_from(entries).unwrap());
    vault.close().await.unwrap();
    assert!(clinic.unlock(None).await.is_ok());
    let aside = fs::read_dir(clinic.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("damaged-")
        })
        .unwrap();
    assert_eq!(fs::read(aside.join("letan.db")).unwrap(), damaged);
}

#[tokio::test]
async fn a_desk_whose_own_newest_entries_are_lost_never_uses_their_numbers_again() {
    let clinic = with_leads().await;
    change(
        &clinic,
        "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
    )
    .await;
    assert_eq!(clinic.unlock(None).await.err(), Some(OpenError::Damaged));
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let refused = locked.repair(&clinic.root(), clinic.clock()).await;
    assert_eq!(refused.err(), Some(OpenError::StaleCopy));
    // The paper kit enrols this PC anew; everything but the lost entry is there.
    let plan = vault::DeskPlan {
        branch: String::new(),
        desk: "Quầy 1 mới".into(),
        person: String::new(),
    };
    let new_root = seal::RootSecret::generate(&mut rand::rng());
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let recovered = locked
        .recover(&clinic.kit.root, &new_root, plan, clinic.clock())
        .await
        .map_err(|e| e.1)
        .unwrap();
    assert_eq!(recovered.lost, [Loss::ServerLink]);
    loaded(&recovered.vault).await;
    assert_eq!(recovered.vault.leads(all()).await.unwrap().rows.len(), 5);
}

#[tokio::test]
async fn leads_are_computed_anew_when_a_rebuild_was_cut_short() {
    let clinic = with_leads().await;
    let vault = clinic.unlock(None).await.unwrap();
    loaded(&vault).await;
    let before = vault.leads(all()).await.unwrap();
    vault.close().await.unwrap();
    change(&clinic, "DELETE FROM lead").await;
    let vault = clinic.unlock(None).await.unwrap();
    loaded(&vault).await;
    let after = vault.leads(all()).await.unwrap();
    assert_eq!(after, before);
}

/// Somebody with the file and without a key writes an enrolment into this desk's ledger.
async fn forge(clinic: &Clinic) {
    let mut connection = raw(clinic).await;
    let me = clinic.vault.author();
    let (number, seq, header): (i64, i64, Vec<u8>) = sqlx::query_as(
        "SELECT e.author, e.seq, e.header FROM entry e JOIN author a ON a.number = e.author \
         WHERE a.id = ? ORDER BY e.seq DESC LIMIT 1",
    )
    .bind(me.as_bytes().as_slice())
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let last = ledger::Header::decode(&header).unwrap();
    let thief = ledger::Signer::from_root(&[0x66; 32]);
    let enrol = ledger::Member::Enrol {
        keys: thief.keys(),
        role: ledger::Role::Owner,
        name: "Kẻ trộm".into(),
        branch: "Chi nhánh giả".into(),
    };
    let entry = ledger::Ledger::resume(me, last.seq, last.hash(), last.hlc)
        .next(
            ledger::Kind::Member,
            thief.id().into(),
            ledger::Epoch::NONE,
            0,
        )
        .finish(enrol.encode())
        .unwrap();
    sqlx::query("INSERT INTO entry VALUES (?, ?, ?, ?)")
        .bind(number)
        .bind(seq + 1)
        .bind(entry.header.encode().to_vec())
        .bind(entry.payload.bytes().unwrap().to_vec())
        .execute(&mut connection)
        .await
        .unwrap();
    for sql in [
        "INSERT INTO membership (author, seq) VALUES (?, ?)",
        "UPDATE head SET seq = ?2 WHERE author = ?1",
    ] {
        let change = sqlx::query(sql).bind(number).bind(seq + 1);
        change.execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_forged_enrolment_is_not_brought_back_by_repair() {
    let clinic = with_leads().await;
    forge(&clinic).await;
    assert_eq!(clinic.unlock(None).await.err(), Some(OpenError::Damaged));
    let recovered = salvage(clinic.dir.path(), &clinic.root(), clinic.clock())
        .await
        .unwrap();
    let vault = recovered.vault;
    loaded(&vault).await;
    let branches = vault.desk_view().await.unwrap().branches;
    assert!(
        !branches.contains(&"Chi nhánh giả".to_owned()),
        "{branches:?}"
    );
    assert_eq!(vault.leads(all()).await.unwrap().rows.len(), 5);
}

#[tokio::test]
async fn a_forged_enrolment_is_not_signed_by_the_kit() {
    let clinic = with_leads().await;
    forge(&clinic).await;
    let plan = vault::DeskPlan {
        branch: String::new(),
        desk: "Quầy mới".into(),
        person: String::new(),
    };
    let new_root = seal::RootSecret::generate(&mut rand::rng());
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let recovered = locked
        .recover(&clinic.kit.root, &new_root, plan, clinic.clock())
        .await;
    assert_eq!(recovered.err().map(|e| e.1), Some(OpenError::Damaged));
}
