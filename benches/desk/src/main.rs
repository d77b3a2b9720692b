//! The product's side of the benchmarks: reads commands, one JSON value a line, answers each with one.
mod cipher;
mod server;

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vault::view::{LeadAct, LeadQuery, LeadSort};
use vault::{Event, Found, Founding, FoundingPlan, RootSecret, SystemClock, Vault};

use server::{CODE, Server};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows of one page, and of search hits.
const PAGE: u32 = 50;
/// Edits of one run.
const EDITS: usize = 300;
/// Times that a search is repeated in one run.
const SEARCHES: usize = 51;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let mut desk: Option<Desk> = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let dir = PathBuf::from(command["dir"].as_str().unwrap_or_default());
        let answer = match command["do"].as_str().unwrap_or_default() {
            "prepare" => prepare(&dir, usize::try_from(command["n"].as_u64().unwrap_or(0))?).await?,
            "record" => cipher::open_record()?,
            "open" => {
                desk = Some(Desk::open(dir).await?);
                json!({})
            }
            other => desk.as_mut().ok_or("not open")?.row(other, &command).await?,
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Founds a clinic, claims a server, and applies what its visitors sent: the timed part.
async fn prepare(dir: &Path, n: usize) -> Result<Value> {
    let server = Server::start()?;
    let plan = FoundingPlan {
        clinic_name: "Nha khoa".into(),
        branch: bench_data::branch(0).into(),
        desk: "Quầy 1".into(),
        person: "Lan".into(),
    };
    let founding = Founding::plan(plan, bench_data::NEWEST_MS)?;
    let root = RootSecret::from_bytes(*founding.root().dangerous_bytes());
    let (vault, _) = founding.create(dir, Arc::new(SystemClock)).await?;
    vault.claim(&server.url(), CODE).await?;
    server.receive(n)?;
    let started = Instant::now();
    let synced = vault.sync().await?;
    let seconds = started.elapsed().as_secs_f64();
    vault.close().await?;
    std::fs::write(dir.join("bench-root"), *root.dangerous_bytes())?;
    Ok(json!({ "per_second": n as f64 / seconds, "arrived": format!("{synced:?}") }))
}

struct Desk {
    dir: PathBuf,
    vault: Option<Vault>,
    first_page: Duration,
    searchable: Duration,
    rows: Vec<String>,
    text: Option<String>,
}

async fn unlock(dir: &Path) -> Result<Vault> {
    let root: [u8; 32] = std::fs::read(dir.join("bench-root"))?.try_into().map_err(|_| "root")?;
    let Found::Sealed(locked) = vault::probe(dir).await? else {
        return Err("no database".into());
    };
    let root = RootSecret::from_bytes(root);
    Ok(locked.unlock(&root, Arc::new(SystemClock), None).await.map_err(|(_, error)| error)?)
}

impl Desk {
    async fn open(dir: PathBuf) -> Result<Self> {
        let zero = Duration::ZERO;
        let mut desk =
            Self { dir, vault: None, first_page: zero, searchable: zero, rows: Vec::new(), text: None };
        desk.reopen().await?;
        Ok(desk)
    }

    fn vault(&self) -> Result<&Vault> {
        Ok(self.vault.as_ref().ok_or("closed")?)
    }

    async fn reopen(&mut self) -> Result<()> {
        if let Some(vault) = self.vault.take() {
            vault.close().await?;
        }
        let started = Instant::now();
        let vault = unlock(&self.dir).await?;
        let mut events = vault.events();
        let page = vault.leads(LeadQuery { limit: PAGE, sort: LeadSort::Newest, ..LeadQuery::default() }).await?;
        self.first_page = started.elapsed();
        let mut searchable = page.searchable;
        while !searchable {
            // Events may have gone by before we listened: ask as well.
            let heard = tokio::time::timeout(Duration::from_millis(5), events.recv()).await;
            searchable = matches!(heard, Ok(Ok(Event::Loaded)))
                || vault.leads(LeadQuery { limit: 1, ..LeadQuery::default() }).await?.searchable;
        }
        self.searchable = started.elapsed();
        self.rows = page.rows.into_iter().map(|row| row.id).collect();
        self.vault = Some(vault);
        Ok(())
    }

    async fn row(&mut self, name: &str, command: &Value) -> Result<Value> {
        Ok(match name {
            "first page" => {
                self.reopen().await?;
                json!({ "ns": self.first_page.as_nanos() as f64, "searchable_ns": self.searchable.as_nanos() as f64 })
            }
            "search" => self.search(command["text"].as_str().unwrap_or_default()).await?,
            "scan" => self.scan(command)?,
            "edit" => json!({ "ns": self.edit().await? }),
            "list" => json!({ "ns": self.list(command["last"].as_bool().unwrap_or(false)).await? }),
            "size" => json!({ "bytes": self.size().await? }),
            "memory" => json!({ "bytes": resident()? }),
            _ => json!({}),
        })
    }

    async fn search(&self, text: &str) -> Result<Value> {
        let query = LeadQuery { text: text.into(), limit: PAGE, ..LeadQuery::default() };
        let mut times = Vec::new();
        let mut hits = 0;
        for _ in 0..SEARCHES {
            let started = Instant::now();
            hits = black_box(self.vault()?.leads(query.clone()).await?).rows.len();
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let worst = times[times.len() - 1].as_nanos() as f64;
        Ok(json!({ "ns": median(times), "worst_ns": worst, "hits": hits }))
    }

    /// One pass of `memmem` over the same text: what any scan costs at least when nothing is found.
    fn scan(&mut self, command: &Value) -> Result<Value> {
        let n = usize::try_from(command["n"].as_u64().unwrap_or(0))?;
        let text = self.text.get_or_insert_with(|| {
            let line = |lead: bench_data::Lead| format!("{}\n{}\n{}\n", lead.name, lead.phone, lead.question);
            (0..n).map(|i| bench_data::fold(&line(bench_data::lead(i, n)))).collect()
        });
        let times = (0..SEARCHES).map(|_| {
            let started = Instant::now();
            black_box(memchr::memmem::find(text.as_bytes(), b"ngahnoi"));
            started.elapsed()
        });
        Ok(json!({ "ns": median(times.collect()) }))
    }

    async fn edit(&self) -> Result<f64> {
        let states = [casebook::lead::LeadState::Contacting, casebook::lead::LeadState::Booked];
        let mut times = Vec::new();
        for i in 0..EDITS {
            let act = LeadAct::SetState { state: states[i / self.rows.len() % 2] };
            let started = Instant::now();
            self.vault()?.act(&self.rows[i % self.rows.len()], act).await?;
            times.push(started.elapsed());
        }
        Ok(median(times))
    }

    async fn list(&self, last: bool) -> Result<f64> {
        let mut query = LeadQuery {
            states: vec![casebook::lead::LeadState::New],
            branch: Some(bench_data::branch(3).into()),
            sort: LeadSort::Newest,
            limit: PAGE,
            ..LeadQuery::default()
        };
        let total = self.vault()?.leads(query.clone()).await?.total;
        query.offset = if last { total.saturating_sub(PAGE) } else { 0 };
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let started = Instant::now();
            black_box(self.vault()?.leads(query.clone()).await?);
            times.push(started.elapsed());
        }
        Ok(median(times))
    }

    /// The database without the reserve that is kept for a full disk.
    async fn size(&mut self) -> Result<u64> {
        if let Some(vault) = self.vault.take() {
            vault.close().await?;
        }
        let mut bytes = 0;
        for file in std::fs::read_dir(&self.dir)? {
            let file = file?;
            if !file.file_name().to_string_lossy().contains("reserve") {
                bytes += file.metadata()?.len();
            }
        }
        self.reopen().await?;
        Ok(bytes)
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}

/// Resident memory of this process, in bytes.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}
