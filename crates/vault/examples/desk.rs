//! A PC without a window, for runs over a real network; no part of the product.
//!
//! `desk found DIR`, `desk second FROM TO`, `desk claim DIR URL CODE`, `desk work DIR SECONDS`, `desk settle DIR`,
//! `desk state DIR`. The secrets lie beside the data: never use it with real ones.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use casebook::basis::BasisKind;
use casebook::lead::{Outcome, Source};
use vault::view::{Chip, LeadAct, LeadQuery, LeadSort, NewLead};
use vault::{
    DeskPlan, Found, Founding, FoundingPlan, LockedVault, RootSecret, SharedClock, SystemClock,
    Vault, probe, set_reserve_bytes,
};

fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

fn keep(dir: &Path, name: &str, root: &RootSecret) {
    std::fs::write(dir.join(name), *root.dangerous_bytes()).unwrap();
}

fn secret(dir: &Path, name: &str) -> RootSecret {
    let bytes = std::fs::read(dir.join(name)).unwrap();
    RootSecret::from_bytes(bytes.try_into().unwrap())
}

async fn sealed(dir: &Path) -> LockedVault {
    match probe(dir).await.unwrap() {
        Found::Sealed(locked) => locked,
        Found::Nothing => panic!("no database"),
    }
}

async fn open(dir: &Path) -> Vault {
    let root = secret(dir, "root");
    let unlocked = sealed(dir).await.unlock(&root, clock(), None);
    unlocked.await.map_err(|(_, error)| error).unwrap()
}

async fn found(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let plan = FoundingPlan {
        clinic_name: "Nha khoa".into(),
        branch: "Quận 3".into(),
        desk: "Quầy 1".into(),
        person: "Chị Hạnh".into(),
    };
    let founding = Founding::plan(plan, clock().now_ms()).unwrap();
    keep(dir, "root", founding.root());
    let (vault, kit) = founding.create(dir, clock()).await.unwrap();
    keep(dir, "kit", &kit.root);
    vault.close().await.unwrap();
}

/// The paper kit enrols a second PC, from a copy of the first one's data.
async fn second(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["letan.db", "kit"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    let root = RootSecret::generate(&mut rand::rng());
    keep(to, "root", &root);
    let plan = DeskPlan {
        branch: "Quận 1".into(),
        desk: "Quầy 2".into(),
        person: "Anh Tú".into(),
    };
    let kit = secret(to, "kit");
    let recovered = sealed(to).await.recover(&kit, &root, plan, clock());
    let recovered = recovered.await.map_err(|(_, error)| error).unwrap();
    recovered.vault.close().await.unwrap();
}

async fn ids(vault: &Vault) -> Vec<String> {
    let mut query = LeadQuery {
        chip: Chip::All,
        sort: LeadSort::Newest,
        limit: 200,
        ..LeadQuery::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = vault.leads(query.clone()).await.unwrap();
        ids.extend(page.rows.iter().map(|row| row.id.clone()));
        if page.rows.len() < 200 {
            return ids;
        }
        query.offset += 200;
    }
}

/// Writes and exchanges until the time is up; what was acknowledged is told in `written`.
async fn work(dir: &Path, seconds: u64) {
    let vault = open(dir).await;
    let until = Instant::now() + Duration::from_secs(seconds);
    let path = dir.join("written");
    let mut written = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    let me = vault.author();
    let (mut number, mut good, mut bad) = (0, 0, 0);
    let syncing = vault.clone();
    let mut exchange = tokio::spawn(async move { syncing.sync().await });
    while Instant::now() < until {
        number += 1;
        let text = format!("{me}-{number}");
        let leads = ids(&vault).await;
        let acted = if number % 3 == 1 || leads.is_empty() {
            let lead = NewLead {
                name: text.clone(),
                phone: format!("09{:08}", number * 7919),
                question: "Niềng răng".into(),
                source: Source::Phone,
                basis: BasisKind::Consent,
                basis_note: "Khách gọi đến".into(),
                branch: None,
            };
            vault.add(lead).await
        } else {
            let id = &leads[usize::try_from(number).unwrap() * 31 % leads.len()];
            if number % 3 == 2 {
                let act = LeadAct::Call {
                    outcome: Outcome::NoAnswer,
                    next_call_at: None,
                };
                vault.act(id, act).await.unwrap();
            }
            vault.act(id, LeadAct::Note { text: text.clone() }).await
        };
        acted.unwrap();
        writeln!(written, "{text}").unwrap();
        if exchange.is_finished() {
            match (&mut exchange).await.unwrap() {
                Ok(_) => good += 1,
                Err(_) => bad += 1,
            }
            let syncing = vault.clone();
            exchange = tokio::spawn(async move { syncing.sync().await });
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    println!("{number} acts, {good} exchanges done, {bad} failed");
    // As a power cut would: nothing is closed.
    std::process::exit(0);
}

/// Exchanges until that went well.
async fn settle(dir: &Path) {
    let vault = open(dir).await;
    let until = Instant::now() + Duration::from_secs(90);
    let mut done = 0;
    while done < 2 {
        match vault.sync().await {
            Ok(_) => done += 1,
            Err(error) => {
                assert!(Instant::now() < until, "no exchange: {error}");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
    vault.close().await.unwrap();
}

/// What a person sees, a line for each lead, and the alarms.
async fn state(dir: &Path) {
    let vault = open(dir).await;
    let mut ids = ids(&vault).await;
    ids.sort();
    for id in ids {
        let lead = vault.lead(&id).await.unwrap();
        let timeline = serde_json::to_value(&lead.timeline).unwrap();
        let mut texts = Vec::new();
        texts_of(&timeline, &mut texts);
        let (row, count) = (&lead.row, lead.timeline.len());
        println!(
            "{id} {} {:?} {} {:?} {count} {}",
            row.name,
            row.state,
            row.attempts,
            row.next_call_at,
            texts.join(" ")
        );
    }
    for alarm in vault.sync_view().await.unwrap().alarms {
        println!("alarm {:?}", alarm.kind);
    }
    vault.close().await.unwrap();
}

/// Every text in a value that is one of our notes.
fn texts_of(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.len() > 32 && text.as_bytes()[32] == b'-' => {
            texts.push(text.clone());
        }
        serde_json::Value::Array(all) => all.iter().for_each(|one| texts_of(one, texts)),
        serde_json::Value::Object(all) => all.values().for_each(|one| texts_of(one, texts)),
        _ => {}
    }
}

#[tokio::main]
async fn main() {
    set_reserve_bytes(1 << 16);
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["found", dir] => found(Path::new(dir)).await,
        ["second", from, to] => second(Path::new(from), Path::new(to)).await,
        ["claim", dir, url, code] => {
            let vault = open(Path::new(dir)).await;
            vault.claim(url, code).await.unwrap();
            vault.sync().await.unwrap();
            vault.close().await.unwrap();
        }
        ["work", dir, seconds] => work(Path::new(dir), seconds.parse().unwrap()).await,
        ["settle", dir] => settle(Path::new(dir)).await,
        ["state", dir] => state(Path::new(dir)).await,
        _ => panic!("found, second, claim, work, settle or state"),
    }
}
