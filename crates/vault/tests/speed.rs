//! Figures for whoever asks (`--ignored --nocapture`); the benches gate, not this.
use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use casebook::lead::LeadState;
use vault::view::{LeadAct, LeadQuery};

use crate::support::server::{CODE, Server};
use crate::support::{Clinic, loaded, sealed, search};

fn first_page() -> LeadQuery {
    LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures"]
#[allow(clippy::print_stderr, clippy::cast_precision_loss)]
async fn figures() {
    let leads: usize = std::env::var("LEADS").map_or(20_000, |n| n.parse().unwrap());
    let mut clinic = Clinic::found().await;
    let server = Server::start();
    clinic.vault.claim(&server.url(), CODE).await.unwrap();
    for n in 0..leads {
        server.post(
            &format!("Nguyễn Văn {n}"),
            &format!("09{n:08}"),
            "Niềng răng giá bao nhiêu? Tôi ở Quận 3, rảnh sau 17 giờ, xin gọi lại giúp.",
        );
    }
    let start = Instant::now();
    clinic.vault.sync().await.unwrap();
    let took = start.elapsed();
    eprintln!(
        "sync {leads}: {took:?} = {:.0}/s",
        leads as f64 / took.as_secs_f64()
    );
    server.state().ledgers.clear();
    for _ in 0..5 {
        reopen(&mut clinic).await;
    }
    let start = Instant::now();
    let hits = clinic.vault.leads(search("nguyen van 199")).await.unwrap();
    eprintln!("search {:?} ({} hits)", start.elapsed(), hits.rows.len());
    acts(&clinic).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmRSS")) {
        eprintln!("{line}");
    }
    clinic.close().await;
}

#[allow(clippy::print_stderr)]
async fn reopen(clinic: &mut Clinic) {
    clinic.close().await;
    let start = Instant::now();
    let locked = sealed(clinic.dir.path()).await.unwrap();
    let found = start.elapsed();
    let start = Instant::now();
    clinic.vault = locked
        .unlock(&clinic.root(), clinic.clock(), None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    let unlocked = start.elapsed();
    clinic.vault.leads(first_page()).await.unwrap();
    let page = start.elapsed();
    loaded(&clinic.vault).await;
    let searchable = start.elapsed();
    eprintln!(
        "probe {found:?}, unlock {unlocked:?}, first page {page:?}, searchable {searchable:?}"
    );
}

#[allow(clippy::print_stderr)]
async fn acts(clinic: &Clinic) {
    let rows = clinic.vault.leads(first_page()).await.unwrap().rows;
    let states = [LeadState::Contacting, LeadState::Booked];
    let mut file = std::fs::File::create(clinic.dir.path().join("bare")).unwrap();
    file.write_all(&[7; 4096]).unwrap();
    let (mut times, mut bare) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let state = states[n / rows.len() % 2];
        let start = Instant::now();
        let act = LeadAct::SetState { state };
        clinic
            .vault
            .act(&rows[n % rows.len()].id, act)
            .await
            .unwrap();
        times.push(start.elapsed());
        let start = Instant::now();
        file.rewind().unwrap();
        file.write_all(&[8; 4096]).unwrap();
        file.sync_all().unwrap();
        bare.push(start.elapsed());
    }
    let middle = |times: &mut Vec<Duration>| {
        times.sort();
        (times[100], times[198])
    };
    let (act, bare) = (middle(&mut times), middle(&mut bare));
    eprintln!(
        "act p50 {:?} p99 {:?}, bare write p50 {:?} p99 {:?}",
        act.0, act.1, bare.0, bare.1
    );
}
