//! The arrows between the rooms point one way, and each foreign library has the room it belongs to.
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Direct dependencies of every package of ours, without those of tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let named = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        all.iter()
            .filter(|d| d["kind"].is_null())
            .map(named)
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|p| (named(p), of(p))).collect()
}

#[test]
fn arrows_between_the_rooms_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("casebook", &[][..]),
        ("ledger", &[]),
        ("seal", &["ledger"]),
        ("intake", &["ledger"]),
        ("vault", &["casebook", "ledger", "seal"]),
        ("le-tan", &["vault"]),
    ]);
    let found = dependencies();
    for (room, allowed) in &allowed {
        let rooms = &found[*room];
        let arrows: Vec<&String> = rooms.iter().filter(|d| found.contains_key(*d)).collect();
        assert!(
            arrows.iter().all(|arrow| allowed.contains(&arrow.as_str())),
            "{room} → {arrows:?}"
        );
    }
}

#[test]
fn each_library_stays_in_its_room() {
    let homes: [(&str, &[&str]); 10] = [
        ("tauri", &["le-tan"]),
        ("keyring", &["le-tan"]),
        ("zbus", &["le-tan"]),
        ("axum", &["intake"]),
        ("sqlx", &["vault", "intake", "bench"]),
        ("calamine", &["vault"]),
        ("reqwest", &["vault"]),
        ("ring", &["seal", "intake"]),
        ("chacha20", &["seal"]),
        ("tokio", &["le-tan", "vault", "intake", "bench"]),
    ];
    for (package, dependencies) in dependencies() {
        for (library, rooms) in &homes {
            let has = dependencies.iter().any(|d| d.starts_with(library));
            assert!(
                !has || rooms.contains(&package.as_str()),
                "{library} in {package}"
            );
        }
    }
}

#[test]
fn the_leaves_do_no_input_or_output() {
    let banned = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "println!",
        "eprintln!",
    ];
    for leaf in ["casebook", "ledger", "seal"] {
        let dir = crate::support::repository(&format!("crates/{leaf}/src"));
        for (file, text) in sources(&dir) {
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in banned {
                assert!(!product.contains(word), "{word} in {file}");
            }
        }
    }
}

fn sources(dir: &std::path::Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
    found
}
