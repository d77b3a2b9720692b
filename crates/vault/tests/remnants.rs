//! Nothing that a person said can be found in any file of the vault.
use std::fs;
use std::path::Path;

use casebook::text::fold;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use vault::view::{LeadAct, RevealPurpose, SavedView};

use crate::support::{Clinic, person, search};

const CANARIES: [&str; 8] = [
    "Quách Thị Canary Ngọc Ẩn",
    "0977 654 321",
    "0977654321",
    "Tôi muốn hỏi về canary-sứ-zirconia-4417",
    "ghi chú canary-8861 khó quên",
    "nháp canary-2290",
    "danh sách canary-5513",
    "Chị Canary Trực Quầy",
];

/// Ways in which a text may lie in a file.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let percent = bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    // Base64 of a text inside of a longer one: without the ends that depend on its neighbours.
    let base64 = |skip: usize, code: &dyn Fn(&[u8]) -> String| {
        let padded = [vec![b' '; skip], bytes.to_vec()].concat();
        let coded = code(&padded);
        coded.as_bytes()[4..coded.len() - 4].to_vec()
    };
    let mut all = vec![
        bytes.to_vec(),
        text.to_lowercase().into_bytes(),
        fold(text).into_bytes(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        percent.into_bytes(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXLOWER.encode(bytes).to_uppercase().into_bytes(),
    ];
    for skip in 0..3 {
        all.push(base64(skip, &|bytes| BASE64.encode(bytes)));
        all.push(base64(skip, &|bytes| BASE64URL_NOPAD.encode(bytes)));
    }
    all
}

fn found_in(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(found_in(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        found.extend(found_in_bytes(&bytes, &path));
    }
    found
}

fn found_in_bytes(bytes: &[u8], path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for canary in CANARIES {
        for spelling in spellings(canary) {
            if bytes
                .windows(spelling.len())
                .any(|window| window == spelling)
            {
                found.push(format!("{canary} in {}", path.display()));
            }
        }
    }
    found
}

/// As [`found_in`], where files come and go.
fn found_meanwhile(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for bytes in files.filter_map(|file| fs::read(file.path()).ok()) {
        found.extend(found_in_bytes(&bytes, dir));
    }
    found
}

async fn work(clinic: &Clinic) {
    let vault = &clinic.vault;
    vault.set_person(CANARIES[7]).await.unwrap();
    let id = vault
        .add(person(CANARIES[0], CANARIES[1], CANARIES[3]))
        .await
        .unwrap()
        .lead
        .row
        .id;
    vault.save_draft(&id, CANARIES[5]).await.unwrap();
    vault
        .act(
            &id,
            LeadAct::Note {
                text: CANARIES[4].into(),
            },
        )
        .await
        .unwrap();
    vault
        .act(
            &id,
            LeadAct::Assign {
                to: Some(CANARIES[7].into()),
            },
        )
        .await
        .unwrap();
    vault.save_draft(&id, CANARIES[5]).await.unwrap();
    vault.reveal(&id, RevealPurpose::Copy).await.unwrap();
    let kept = SavedView {
        name: CANARIES[6].into(),
        query: search(CANARIES[2]),
    };
    vault.save_view(kept).await.unwrap();
    vault.leads(search(CANARIES[0])).await.unwrap();
    vault.delete_view(CANARIES[6]).await.unwrap();
}

#[tokio::test]
async fn no_name_number_or_question_is_left_in_any_file() {
    let clinic = Clinic::found().await;
    work(&clinic).await;
    assert_eq!(
        found_in(clinic.dir.path()),
        Vec::<String>::new(),
        "while open"
    );
    clinic.close().await;
    assert_eq!(
        found_in(clinic.dir.path()),
        Vec::<String>::new(),
        "after closing"
    );
    let log = clinic.dir.path().join("letan.db-wal");
    assert!(
        fs::metadata(log).is_ok_and(|log| log.len() == 0)
            || !clinic.dir.path().join("letan.db-wal").exists()
    );
}

#[tokio::test]
async fn nothing_readable_is_in_a_backup_nor_left_by_making_and_trying_it_out() {
    let clinic = Clinic::found().await;
    work(&clinic).await;
    let place = tempfile::tempdir().unwrap();
    clinic.vault.set_backup_place(place.path()).await.unwrap();
    // The private place, as a crash in the middle would leave it.
    let mut looking = tokio::task::JoinSet::new();
    let dir = clinic.dir.path().join("backup-work");
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let watched = std::sync::Arc::clone(&done);
    looking.spawn_blocking(move || {
        let mut found = Vec::new();
        while !watched.load(std::sync::atomic::Ordering::Acquire) {
            found.extend(found_meanwhile(&dir));
        }
        found
    });
    clinic.vault.back_up().await.unwrap();
    clinic.vault.drill_backup().await.unwrap();
    done.store(true, std::sync::atomic::Ordering::Release);
    let meanwhile = looking.join_next().await.unwrap().unwrap();
    assert_eq!(meanwhile, Vec::<String>::new(), "meanwhile");
    for dir in [clinic.dir.path(), place.path()] {
        assert_eq!(found_in(dir), Vec::<String>::new(), "afterwards");
    }
    assert!(!clinic.dir.path().join("backup-work").exists());
    clinic.close().await;
}

#[test]
fn the_search_for_remnants_finds_every_spelling() {
    for canary in CANARIES {
        for spelling in spellings(canary) {
            let dir = tempfile::tempdir().unwrap();
            let around = [b"xyz".as_slice(), &spelling, b"zyx"].concat();
            fs::write(dir.path().join("file"), around).unwrap();
            assert!(!found_in(dir.path()).is_empty());
        }
    }
}
