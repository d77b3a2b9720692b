//! Figures for whoever asks (`--ignored --nocapture`); the benches gate, not this.
use std::time::Instant;

use vault::view::{LeadAct, LeadQuery};

use crate::support::server::{CODE, Server};
use crate::support::{Clinic, loaded, search};

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
    clinic.close().await;
    let locked = crate::support::sealed(clinic.dir.path()).await.unwrap();
    let start = Instant::now();
    clinic.vault = locked
        .unlock(&clinic.root(), clinic.clock(), None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    let unlocked = start.elapsed();
    let page = clinic
        .vault
        .leads(LeadQuery {
            limit: 50,
            ..LeadQuery::default()
        })
        .await
        .unwrap();
    eprintln!(
        "unlock {unlocked:?}, first page {:?} ({} rows, searchable {})",
        start.elapsed(),
        page.rows.len(),
        page.searchable
    );
    loaded(&clinic.vault).await;
    eprintln!("searchable {:?}", start.elapsed());
    let start = Instant::now();
    let hits = clinic.vault.leads(search("nguyen van 199")).await.unwrap();
    eprintln!("search {:?} ({} hits)", start.elapsed(), hits.rows.len());
    let id = page.rows[0].id.clone();
    let mut times: Vec<_> = Vec::new();
    for n in 0..200 {
        let start = Instant::now();
        clinic
            .vault
            .act(
                &id,
                LeadAct::Note {
                    text: format!("ghi {n}"),
                },
            )
            .await
            .unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    eprintln!("act p50 {:?} p99 {:?}", times[100], times[198]);
    clinic.close().await;
}
