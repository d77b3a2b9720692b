//! Runs the product and its peers in turns and writes the report.
//!
//! `bench-driver --desk PROGRAM --sqlcipher PROGRAM --plain PROGRAM [--n 100000] [--runs 5] [--only TEXT]
//! [--json FILE]`: normally started by `benches/run`.
mod peer;
mod report;

use std::collections::HashMap;
use std::error::Error;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use peer::Peer;
use report::{Row, median};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SQLCIPHER: &str = "SQLCipher";
const PLAIN: &str = "SQLite";
/// Overwrites of one run.
const WRITES: usize = 300;

struct Bench {
    n: usize,
    runs: usize,
    only: String,
    dir: PathBuf,
    desk: Peer,
    sqlcipher: Peer,
    plain: Peer,
    rows: Vec<Row>,
}

fn main() -> Result<()> {
    let mut options: HashMap<String, String> = HashMap::new();
    let mut words = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        options.insert(name.trim_start_matches("--").to_owned(), value);
    }
    let option = |name: &str, default: &str| options.get(name).cloned().unwrap_or_else(|| default.to_owned());
    let n: usize = option("n", "100000").parse()?;
    let file = PathBuf::from(option("json", "target/bench/report.json"));
    let dir = file.parent().unwrap_or(Path::new(".")).join(format!("work-{}", std::process::id()));
    for name in ["desk", "sqlcipher", "plain"] {
        std::fs::create_dir_all(dir.join(name))?;
    }
    let result = run(&option, n, &dir, &file);
    std::fs::remove_dir_all(&dir)?;
    result
}

fn run(option: &dyn Fn(&str, &str) -> String, n: usize, dir: &Path, file: &Path) -> Result<()> {
    let program = |name: &str| Peer::start(Path::new(&option(name, "")));
    let only = option("only", "");
    let runs = option("runs", "5").parse()?;
    let (desk, sqlcipher, plain) = (program("desk")?, program("sqlcipher")?, program("plain")?);
    let mut bench = Bench { n, runs, only, dir: dir.to_owned(), desk, sqlcipher, plain, rows: Vec::new() };
    bench.record()?;
    bench.fill()?;
    // A new process, so that its memory holds the vault and nothing else.
    bench.desk = program("desk")?;
    bench.desk.ask(&json!({ "do": "open", "dir": dir.join("desk") }))?;
    bench.memory()?;
    bench.unlock()?;
    bench.lists()?;
    bench.searches()?;
    bench.edits()?;
    bench.sizes()?;
    let rows: Vec<Value> = bench.rows.iter().flat_map(|row| row.json(n)).collect();
    std::fs::write(file, serde_json::to_string_pretty(&json!({ "header": header(n), "rows": rows }))?)?;
    println!("\n{n} leads, medians of {} runs in turns; ours first, then theirs and ours ÷ theirs", bench.runs);
    for row in &bench.rows {
        println!("{}", row.line());
    }
    println!("\nwritten to {}", file.display());
    Ok(())
}

fn header(n: usize) -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({
        "n": n, "machine": model.trim_start_matches([' ', '\t', ':']), "cores": cores, "os": std::env::consts::OS,
        "load": load.trim(), "version": env!("CARGO_PKG_VERSION"),
    })
}

fn ns(answer: &Value) -> Vec<f64> {
    answer["ns"].as_f64().into_iter().collect()
}

impl Bench {
    fn wanted(&self, name: &str) -> bool {
        let wanted = name.contains(&self.only);
        if wanted {
            eprintln!("… {name}");
        }
        wanted
    }

    /// Asks all three the same, run after run.
    fn turns(&mut self, command: &Value, mut each: impl FnMut(usize, &Value)) -> Result<()> {
        for _ in 0..self.runs {
            each(0, &self.desk.ask(command)?);
            each(1, &self.sqlcipher.ask(command)?);
            each(2, &self.plain.ask(command)?);
        }
        Ok(())
    }

    /// A row in which each answers with its time.
    fn timed(&mut self, name: String, command: &Value, limit: (&'static str, Vec<f64>)) -> Result<()> {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        self.turns(command, |who, answer| times[who].extend(ns(answer)))?;
        let [ours, sqlcipher, plain] = times;
        let peers = vec![(SQLCIPHER, sqlcipher), (PLAIN, plain)];
        self.rows.push(Row { name, unit: "ns", ours, peers, limit });
        Ok(())
    }

    fn record(&mut self) -> Result<()> {
        let name = "open a record of 250 B";
        if !self.wanted(name) {
            return Ok(());
        }
        let (mut ours, mut peer, mut limit) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.runs {
            let answer = self.desk.ask(&json!({ "do": "record" }))?;
            ours.extend(answer["ns"].as_f64());
            peer.extend(answer["peer_ns"].as_f64());
            limit.extend(answer["limit_ns"].as_f64());
        }
        let (peers, limit) = (vec![("RustCrypto", peer)], ("ring's cipher alone", limit));
        self.rows.push(Row { name: name.into(), unit: "ns", ours, peers, limit });
        Ok(())
    }

    /// Once: it makes the data that everything else reads.
    fn fill(&mut self) -> Result<()> {
        let mut rates = Vec::new();
        for (peer, name) in [(&mut self.desk, "desk"), (&mut self.sqlcipher, "sqlcipher"), (&mut self.plain, "plain")] {
            eprintln!("… filling: {name}");
            let answer = peer.ask(&json!({ "do": "prepare", "n": self.n, "dir": self.dir.join(name) }))?;
            rates.push(answer["per_second"].as_f64().into_iter().collect::<Vec<f64>>());
        }
        let (plain, sqlcipher, ours) = (rates.pop(), rates.pop(), rates.pop());
        self.rows.push(Row {
            name: "pull and apply sealed submissions".into(),
            unit: "1/s",
            ours: ours.unwrap_or_default(),
            peers: vec![(SQLCIPHER, sqlcipher.unwrap_or_default()), (PLAIN, plain.unwrap_or_default())],
            limit: ("", Vec::new()),
        });
        Ok(())
    }

    fn memory(&mut self) -> Result<()> {
        self.measured("resident memory, searchable", "memory")
    }

    fn sizes(&mut self) -> Result<()> {
        self.measured("files, searchable", "size")
    }

    fn measured(&mut self, name: &str, what: &str) -> Result<()> {
        if !self.wanted(name) {
            return Ok(());
        }
        let command = json!({ "do": what });
        let mut bytes = Vec::new();
        for peer in [&mut self.desk, &mut self.sqlcipher, &mut self.plain] {
            bytes.push(peer.ask(&command)?["bytes"].as_f64().into_iter().collect::<Vec<f64>>());
        }
        let (plain, sqlcipher, ours) = (bytes.pop(), bytes.pop(), bytes.pop());
        let mut peers = vec![(SQLCIPHER, sqlcipher.unwrap_or_default()), (PLAIN, plain.unwrap_or_default())];
        if what == "memory" {
            // The peers' processes have just made the data: their memory says nothing.
            peers.clear();
        }
        let limit = ("", Vec::new());
        self.rows.push(Row { name: name.into(), unit: "bytes", ours: ours.unwrap_or_default(), peers, limit });
        Ok(())
    }

    fn unlock(&mut self) -> Result<()> {
        let name = "unlock → first page";
        if !self.wanted(name) {
            return Ok(());
        }
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        let mut searchable = Vec::new();
        self.turns(&json!({ "do": "first page" }), |who, answer| {
            times[who].extend(ns(answer));
            searchable.extend(answer["searchable_ns"].as_f64());
        })?;
        let [ours, sqlcipher, plain] = times;
        let peers = vec![(SQLCIPHER, sqlcipher), (PLAIN, plain)];
        self.rows.push(Row { name: name.into(), unit: "ns", ours, peers, limit: ("", Vec::new()) });
        let name = "unlock → searchable, from rows".to_owned();
        self.rows.push(Row { name, unit: "ns", ours: searchable, peers: Vec::new(), limit: ("", Vec::new()) });
        Ok(())
    }

    fn lists(&mut self) -> Result<()> {
        for (name, last) in [("new, of one branch: first page", false), ("new, of one branch: last page", true)] {
            if self.wanted(name) {
                self.timed(name.into(), &json!({ "do": "list", "last": last }), ("", Vec::new()))?;
            }
        }
        Ok(())
    }

    fn searches(&mut self) -> Result<()> {
        let mut worst = Vec::new();
        for term in bench_data::terms(self.n) {
            let name = format!("search: {} “{}”", term.name, term.text);
            if !self.wanted(&name) {
                continue;
            }
            let command = json!({ "do": "search", "text": term.text });
            let mut times = [Vec::new(), Vec::new(), Vec::new()];
            let mut slowest: f64 = 0.0;
            self.turns(&command, |who, answer| {
                times[who].extend(ns(answer));
                if who == 0 {
                    slowest = slowest.max(answer["worst_ns"].as_f64().unwrap_or(0.0));
                }
            })?;
            worst.push(slowest);
            let [ours, sqlcipher, plain] = times;
            let peers = vec![(SQLCIPHER, sqlcipher), (PLAIN, plain)];
            self.rows.push(Row { name, unit: "ns", ours, peers, limit: ("", Vec::new()) });
        }
        if let Some(slowest) = worst.iter().copied().max_by(f64::total_cmp) {
            let mut limit = Vec::new();
            for _ in 0..self.runs {
                limit.extend(ns(&self.desk.ask(&json!({ "do": "scan", "n": self.n }))?));
            }
            let limit = ("one pass over the text", limit);
            let name = "search: slowest of all keystrokes".into();
            self.rows.push(Row { name, unit: "ns", ours: vec![slowest], peers: Vec::new(), limit });
        }
        Ok(())
    }

    fn edits(&mut self) -> Result<()> {
        let name = "one edit, durable";
        if !self.wanted(name) {
            return Ok(());
        }
        let mut times = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..self.runs {
            let command = json!({ "do": "edit" });
            times[3].push(overwrite(&self.dir)?);
            times[0].extend(ns(&self.desk.ask(&command)?));
            times[1].extend(ns(&self.sqlcipher.ask(&command)?));
            times[2].extend(ns(&self.plain.ask(&command)?));
        }
        let [ours, sqlcipher, plain, limit] = times;
        let peers = vec![(SQLCIPHER, sqlcipher), (PLAIN, plain)];
        self.rows.push(Row { name: name.into(), unit: "ns", ours, peers, limit: ("4 KiB and fsync", limit) });
        Ok(())
    }
}

/// Nanoseconds to overwrite 4 KiB and have them on the disk.
fn overwrite(dir: &Path) -> Result<f64> {
    let file = std::fs::File::create(dir.join("overwrite"))?;
    file.write_all_at(&[0; 4096], 0)?;
    file.sync_all()?;
    let mut times = Vec::new();
    for i in 0..WRITES {
        let started = Instant::now();
        file.write_all_at(&[(i % 251) as u8; 4096], 0)?;
        file.sync_all()?;
        times.push(started.elapsed().as_nanos() as f64);
    }
    Ok(median(&times).unwrap_or_default())
}
