//! A PC without a window, for runs over a real network; no part of the product.
//!
//! `desk found DIR`, `desk second FROM TO`, `desk claim DIR URL CODE`, `desk work DIR SECONDS`, `desk settle DIR`,
//! `desk state DIR`; `desk invite DIR ROOM` and `desk join DIR ROOM` meet in the waiting room, and ROOM is a folder for
//! what people carry between the two screens; `desk host DIR ADDRESS` and `desk dial DIR ADDRESS` exchange without a
//! server. The secrets lie beside the data: never use it with real ones.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use casebook::basis::BasisKind;
use casebook::lead::{Outcome, Source};
use tokio::net::{TcpListener, TcpStream};
use vault::view::{
    Chip, DeskRole, Inviting, JoinForm, Joining, LeadAct, LeadQuery, LeadSort, NewLead,
};
use vault::{
    Admitted, DeskPlan, Found, Founding, FoundingPlan, Knock, LockedVault, RootSecret, SharedClock,
    SystemClock, Vault, probe, set_reserve_bytes,
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

/// Tries again until the time is up.
async fn pause(until: Instant, what: &str) {
    assert!(Instant::now() < until, "{what}");
    tokio::time::sleep(Duration::from_millis(200)).await;
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(150)
}

/// Puts a file there whole.
fn put(path: &Path, text: &str) {
    let aside = path.with_extension("new");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, path).unwrap();
}

/// Invites until a PC was let in whose digits are ours.
async fn invite(dir: &Path, room: &Path) {
    let vault = open(dir).await;
    let (until, link, digits) = (soon(), room.join("link"), room.join("digits"));
    let mut rooms = 0;
    'room: loop {
        rooms += 1;
        let invitation = loop {
            match vault.invite(DeskRole::Desk).await {
                Ok(invitation) => break invitation,
                Err(error) => pause(until, &format!("no room: {error}")).await,
            }
        };
        put(&link, &invitation.link);
        let (shown, told) = loop {
            if !link.exists() {
                continue 'room;
            }
            let told = std::fs::read_to_string(&digits).unwrap_or_default();
            let told = told.strip_prefix(&format!("{}\n", invitation.link));
            if let (Inviting::Asked { digits, .. }, Some(told)) = (vault.inviting(), told) {
                break (digits, told.to_owned());
            }
            pause(until, "nobody knocked").await;
        };
        assert_eq!(shown, told, "the screens show different digits");
        while let Err(error) = vault.confirm_desk(true).await {
            pause(until, &format!("not let in: {error}")).await;
        }
        println!("joined, digits {shown} on both, {rooms} rooms");
        return vault.close().await.unwrap();
    }
}

/// Knocks at whatever room is open until we are let in.
async fn join(dir: &Path, room: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let admitted: Admitted = {
        let (until, link) = (soon(), room.join("link"));
        loop {
            pause(until, "never let in").await;
            let Ok(code) = std::fs::read_to_string(&link) else {
                continue;
            };
            let form = JoinForm {
                code: code.clone(),
                server: None,
                desk: "Quầy 3".into(),
                branch: "Quận 5".into(),
            };
            match Knock::at(&form, clock()).await {
                Ok(knock) => {
                    let Joining::Confirm { digits, .. } = knock.view() else {
                        panic!("no digits");
                    };
                    put(&room.join("digits"), &format!("{code}\n{digits}"));
                    break knock.answer().await.unwrap();
                }
                Err(vault::MemberError::Sync(_)) => {}
                // Our knock arrived and its answer did not: people open another room.
                Err(_) => std::fs::remove_file(&link).unwrap(),
            }
        }
    };
    keep(dir, "root", admitted.root());
    let vault = admitted.create(dir, clock()).await.unwrap();
    // Until the first exchange it can write nothing.
    let until = soon();
    while let Err(error) = vault.sync().await {
        pause(until, &format!("no first exchange: {error}")).await;
    }
    vault.close().await.unwrap();
}

/// Something that only this PC knows.
async fn news(dir: &Path, vault: &Vault) {
    let text = format!("{}-near", vault.author());
    vault.add(lead(&text, 0)).await.unwrap();
    tell(dir, &text);
}

/// Lets PCs in that dial, until this process ends.
async fn host(dir: &Path, address: &str) {
    let vault = open(dir).await;
    news(dir, &vault).await;
    let listener = TcpListener::bind(address).await.unwrap();
    println!("listening");
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let vault = vault.clone();
        tokio::spawn(async move {
            if let Ok(mut guest) = vault.let_in(stream).await {
                while guest.serve().await.is_ok() {}
            }
        });
    }
}

/// Dials until an exchange brought all in both directions.
async fn dial(dir: &Path, address: &str) {
    let vault = open(dir).await;
    news(dir, &vault).await;
    let (until, mut done) = (soon(), 0);
    while done < 2 {
        if let Ok(stream) = TcpStream::connect(address).await
            && let Ok(link) = vault.greet(stream).await
            && vault.sync_with(&link).await.is_ok()
        {
            link.close().await;
            done += 1;
            continue;
        }
        pause(until, "no exchange with the PC nearby").await;
    }
    vault.close().await.unwrap();
}

fn lead(text: &str, number: u64) -> NewLead {
    NewLead {
        name: text.into(),
        phone: format!("09{:08}", number * 7919),
        question: "Niềng răng".into(),
        source: Source::Phone,
        basis: BasisKind::Consent,
        basis_note: "Khách gọi đến".into(),
        branch: None,
    }
}

/// Keeps what was acknowledged.
fn tell(dir: &Path, text: &str) {
    let path = dir.join("written");
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path);
    writeln!(file.unwrap(), "{text}").unwrap();
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
    let me = vault.author();
    let (mut number, mut good, mut bad) = (0, 0, 0);
    let syncing = vault.clone();
    let mut exchange = tokio::spawn(async move { syncing.sync().await });
    while Instant::now() < until {
        number += 1;
        let text = format!("{me}-{number}");
        let leads = ids(&vault).await;
        let acted = if number % 3 == 1 || leads.is_empty() {
            vault.add(lead(&text, number)).await
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
        tell(dir, &text);
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
        ["invite", dir, room] => invite(Path::new(dir), Path::new(room)).await,
        ["join", dir, room] => join(Path::new(dir), Path::new(room)).await,
        ["host", dir, address] => host(Path::new(dir), address).await,
        ["dial", dir, address] => dial(Path::new(dir), address).await,
        ["work", dir, seconds] => work(Path::new(dir), seconds.parse().unwrap()).await,
        ["settle", dir] => settle(Path::new(dir)).await,
        ["state", dir] => state(Path::new(dir)).await,
        _ => panic!("the first lines of this file tell how"),
    }
}
