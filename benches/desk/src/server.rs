//! A website's endpoint that stands still: it takes one claim and gives out sealed submissions.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ledger::bundle;
use ledger::statement::IntakeKeyStatement;
use ledger::submission::{Answers, Received, SealedSubmission, SubmissionIds, Suspicion};
use ledger::{AuthorId, Entry, FormId, Have, Kind, Ledger, RecordId, Signer, SubmissionId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Result;

/// Taken by the one claim.
pub const CODE: &str = "ABCD-EFGH-JKLM";
/// Bytes of a page, as the real server's.
const PAGE: usize = 4 << 20;
const NOTICE: &str = "Thông báo xử lý dữ liệu";
const FORM: &str = "form";

struct State {
    signer: Signer,
    ledger: Ledger,
    entries: Vec<Entry>,
    statement: Option<IntakeKeyStatement>,
    have: BTreeMap<AuthorId, u64>,
}

/// The endpoint, listening on this machine until the process ends.
#[derive(Clone)]
pub struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Starts listening.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let signer = Signer::from_root(&[0x5e; 32]);
        let ledger = Ledger::new(signer.id());
        let state = State { signer, ledger, entries: Vec::new(), statement: None, have: BTreeMap::new() };
        let server = Self { address: listener.local_addr()?, state: Arc::new(Mutex::new(state)) };
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        Ok(server)
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals `n` invented leads as a visitor's browser would, and appends them to the server's ledger.
    pub fn receive(&self, n: usize) -> Result<()> {
        let mut state = self.state();
        let statement = state.statement.ok_or("not claimed")?;
        let key = statement.public_key();
        for i in 0..n {
            let lead = bench_data::lead(i, n);
            let ids = SubmissionIds {
                clinic: statement.clinic,
                form: FormId::from_bytes([0; 16]),
                submission: SubmissionId::from_bytes(lead.id),
            };
            let answers = Answers {
                name: lead.name,
                phone: lead.phone,
                question: lead.question,
                notice_version: "2026-11".into(),
                page: "https://cuoiholoi.vn/".into(),
                branch: bench_data::branch(lead.branch).into(),
                ..Answers::default()
            };
            let sealed = SealedSubmission::seal(&mut rand::rng(), &key, ids, &answers)?;
            let received = Received { at_ms: lead.received_ms, suspicion: Suspicion::default(), sealed };
            let record = RecordId::from(ids.submission);
            let draft = state.ledger.next(Kind::Submission, record, statement.epoch, lead.received_ms);
            let entry = draft.finish(received.encode())?;
            state.ledger.accept(&entry).map_err(|_| "not the next entry")?;
            state.entries.push(entry);
        }
        Ok(())
    }

    fn serve(&self, mut stream: TcpStream) {
        let Ok((path, body)) = read(&stream) else {
            return;
        };
        let (kind, extra, body) = self.state().answer(&path, &body).unwrap_or_default();
        let status = if kind.is_empty() { 404 } else { 200 };
        let now = vault::Clock::now_ms(&vault::SystemClock);
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nletan-time: {now}\r\n\
             connection: close\r\n{extra}\r\n",
            body.len()
        );
        // A client that hung up has what it wanted.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    }
}

type Answer = (&'static str, String, Vec<u8>);

fn json_answer(value: &Value) -> Answer {
    ("application/json", String::new(), value.to_string().into_bytes())
}

impl State {
    fn answer(&mut self, path: &str, body: &[u8]) -> Result<Answer> {
        Ok(match path.split('?').next().unwrap_or_default() {
            "/v1/clinic" => json_answer(&self.describe()),
            "/v1/form.js" => ("text/javascript", String::new(), FORM.into()),
            "/v1/form.html" => ("text/html", String::new(), FORM.into()),
            "/v1/claim" => json_answer(&self.claim(&serde_json::from_slice(body)?)?),
            "/v1/push" => {
                self.take(body);
                json_answer(&json!({ "have": self.have().to_map(), "refused": [] }))
            }
            "/v1/pull" => self.give(&serde_json::from_slice(body)?)?,
            _ => return Err("no such path".into()),
        })
    }

    fn keys(&self) -> Value {
        let keys = self.signer.keys();
        json!({ "sign": HEXLOWER.encode(&keys.sign), "receive": HEXLOWER.encode(&keys.receive) })
    }

    fn describe(&self) -> Value {
        let form = HEXLOWER.encode(&Sha256::digest(FORM));
        json!({
            "api": 1,
            "claimed": self.statement.is_some(),
            "clinic": self.statement.map(|statement| statement.clinic.to_string()),
            "name": self.statement.map(|_| "Nha khoa"),
            "epoch": self.statement.map(|statement| statement.epoch.0),
            "intake_key": self.statement.map(|statement| BASE64URL_NOPAD.encode(&statement.key)),
            "statement": self.statement.map(|statement| BASE64URL_NOPAD.encode(&statement.encode())),
            "notice": { "version": "2026-11", "hash": HEXLOWER.encode(&Sha256::digest(NOTICE)), "text": NOTICE },
            "server": self.keys(),
            "form": { "js": form, "html": form },
            "pow": { "bits": 0 },
        })
    }

    fn claim(&mut self, asked: &Value) -> Result<Value> {
        let bytes = |key: &str| BASE64URL_NOPAD.decode(asked[key].as_str().unwrap_or_default().as_bytes());
        let statement = IntakeKeyStatement::decode(&bytes("statement")?)?;
        self.statement = Some(statement);
        self.take(&bytes("bundle")?);
        Ok(json!({ "clinic": statement.clinic.to_string(), "server": self.keys(), "have": self.have().to_map() }))
    }

    fn take(&mut self, bundle: &[u8]) {
        for segment in bundle::Reader::new(bundle).flatten() {
            self.have.insert(segment.author(), segment.head.seq);
        }
    }

    fn have(&self) -> Have {
        let mut have = self.have.clone();
        have.insert(self.signer.id(), self.ledger.seq());
        Have(have)
    }

    fn give(&self, asked: &Value) -> Result<Answer> {
        let have: BTreeMap<String, u64> = serde_json::from_value(asked["have"].clone())?;
        let from = usize::try_from(Have::from_map(&have)?.seq(self.signer.id()))?;
        let mut bundle = bundle::Writer::new();
        let mut last = None;
        for entry in self.entries.iter().skip(from) {
            if bundle.len() >= PAGE {
                break;
            }
            bundle.entry(entry);
            last = Some(&entry.header);
        }
        if let Some(last) = last {
            bundle.head(&self.signer.head(last.seq, last.hash()));
        }
        let more = last.is_some_and(|last| last.seq < self.ledger.seq());
        let extra = format!("letan-more: {}\r\nletan-cursor: {}\r\n", u8::from(more), self.ledger.seq());
        Ok(("application/letan-bundle", extra, bundle.finish()))
    }
}

/// Path and body of a request.
fn read(stream: &TcpStream) -> Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).ok_or("no path")?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((path, body))
}
