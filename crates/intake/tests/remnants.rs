//! What a thief of the server's files finds: nothing that a visitor wrote.

use std::{fmt::Write, path::Path};

use data_encoding::{BASE64, BASE64URL, HEXLOWER};
use memchr::memmem;
use serde_json::json;

use super::support::{Running, urlencode};

/// One text in every encoding in which it could have been written down by mistake.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let escaped = utf16.iter().fold(String::new(), |mut escaped, unit| {
        write!(escaped, "\\u{unit:04x}").unwrap();
        escaped
    });
    vec![
        text.as_bytes().to_vec(),
        text.to_uppercase().into_bytes(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        HEXLOWER.encode(text.as_bytes()).into_bytes(),
        urlencode(text.as_bytes()).into_bytes(),
        escaped.into_bytes(),
        BASE64
            .encode(text.as_bytes())
            .trim_end_matches('=')
            .as_bytes()
            .to_vec(),
        BASE64URL
            .encode(text.as_bytes())
            .trim_end_matches('=')
            .as_bytes()
            .to_vec(),
    ]
}

fn hits(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files
        .map(|bytes| {
            needles
                .iter()
                .filter(|needle| memmem::find(&bytes, needle).is_some())
                .count()
        })
        .sum()
}

#[tokio::test]
async fn the_servers_files_hold_nothing_that_a_visitor_wrote() {
    let (server, clinic) = Running::claimed().await;
    let mut needles = Vec::new();
    for n in 0..100 {
        let texts = [
            format!("Canary Tên Thứ {n:03}"),
            format!("09{:08}", n * 7_919 + 1),
            format!("Hỏi về răng số {n:03} ạ"),
        ];
        let [name, phone, question] = &texts;
        let status = if n % 2 == 0 {
            server
                .post_json(&json!({ "name": name, "phone": phone, "question": question }))
                .await
                .status
        } else {
            let body = format!(
                "name={}&phone={phone}&question={}",
                urlencode(name.as_bytes()),
                urlencode(question.as_bytes())
            );
            server
                .post("/v1/submissions", "application/x-www-form-urlencoded", body)
                .await
                .status
        };
        assert_eq!(status, 202);
        needles.extend(texts.iter().flat_map(|text| spellings(text)));
    }
    // A refused post must leave nothing either.
    let refused = json!({ "name": "Canary Bị Từ Chối", "phone": "" });
    assert_eq!(server.post_json(&refused).await.status, 422);
    needles.extend(spellings("Canary Bị Từ Chối"));
    assert_eq!(clinic.received(&server).await.len(), 100);
    let folder = server.dir.path().to_owned();
    assert!(
        folder.join("intake.db-wal").metadata().unwrap().len() > 0,
        "the WAL is searched too"
    );
    assert_eq!(hits(&folder, &needles), 0);
    // The search finds what is there: a desk's plain membership entry holds the clinic's name.
    assert!(hits(&folder, &["Nha khoa Thử".as_bytes().to_vec()]) > 0);
    let dir = server.stop().await;
    assert_eq!(hits(dir.path(), &needles), 0);
    assert!(hits(dir.path(), &["Nha khoa Thử".as_bytes().to_vec()]) > 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_servers_files_are_its_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (server, _) = Running::claimed_with(|config| config.data = config.data.join("inner")).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let folder = server.dir.path().join("inner");
    assert_eq!(mode(&folder), 0o700);
    for file in ["intake.db", "intake.db-wal", "intake.lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}
