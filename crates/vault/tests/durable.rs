//! A process killed at any moment loses nothing that it had acknowledged.
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use data_encoding::HEXLOWER;
use rand::RngExt as _;
use vault::view::{Happening, LeadAct};

use crate::support::{Clinic, all, loaded, person, sealed};

const CYCLES: usize = 30;

/// The process that is killed: acts and says so after each act is durable.
#[tokio::test]
#[ignore = "runs only as the child of the test below"]
#[allow(clippy::print_stdout)] // how it tells its parent
async fn a_child_that_acts_until_it_is_killed() {
    let dir = std::env::var("VAULT_TEST_DIR").unwrap();
    let root = HEXLOWER
        .decode(std::env::var("VAULT_TEST_ROOT").unwrap().as_bytes())
        .unwrap();
    let id = std::env::var("VAULT_TEST_LEAD").unwrap();
    let from: usize = std::env::var("VAULT_TEST_FROM").unwrap().parse().unwrap();
    let root = seal::RootSecret::from_bytes(root.try_into().unwrap());
    let locked = sealed(Path::new(&dir)).await.unwrap();
    let clock = std::sync::Arc::new(vault::SystemClock);
    let vault = locked
        .unlock(&root, clock, None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    for n in from.. {
        let text = format!("ghi {n}");
        vault
            .act(&id, LeadAct::Note { text: text.clone() })
            .await
            .unwrap();
        if n % 5 == 0 {
            vault
                .add(person(&format!("Khách {n}"), "", ""))
                .await
                .unwrap();
        }
        println!("\nDONE {n}");
    }
}

#[tokio::test]
async fn no_acknowledged_act_is_lost_when_the_process_is_killed() {
    let clinic = Clinic::found().await;
    let id = clinic
        .vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    clinic.close().await;
    let mut done = BTreeSet::new();
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durable::a_child_that_acts_until_it_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env("VAULT_TEST_DIR", clinic.dir.path())
            .env("VAULT_TEST_ROOT", HEXLOWER.encode(&clinic.root))
            .env("VAULT_TEST_LEAD", &id)
            .env("VAULT_TEST_FROM", (cycle * 10_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = |line: &str| {
            line.strip_prefix("DONE ")
                .map(|n| n.parse::<usize>().unwrap())
        };
        let first = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| said(&line));
        done.insert(first.expect("the child acts"));
        let grace = rand::rng().random_range(0..12_000);
        std::thread::sleep(Duration::from_micros(grace));
        child.kill().unwrap();
        done.extend(lines.map_while(Result::ok).filter_map(|line| said(&line)));
        child.wait().unwrap();
    }
    let vault = clinic.unlock(None).await.unwrap();
    loaded(&vault).await;
    let kept: BTreeSet<usize> = vault
        .lead(&id)
        .await
        .unwrap()
        .timeline
        .into_iter()
        .filter_map(|item| match item.happening {
            Happening::Noted { text } => text.strip_prefix("ghi ").map(|n| n.parse().unwrap()),
            _ => None,
        })
        .collect();
    assert!(done.len() >= CYCLES);
    let lost: Vec<_> = done.difference(&kept).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    // What was not acknowledged is whole or not there: at most one more act per cycle.
    assert!(kept.len() <= done.len() + CYCLES);
    assert!(vault.leads(all()).await.unwrap().searchable);
}
