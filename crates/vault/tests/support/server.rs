//! A small intake server made of ledger types: keeps what it is sent, and lies when told to.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ledger::bundle;
use ledger::statement::IntakeKeyStatement;
use ledger::submission::{
    Answers, IntakePublicKey, Received, SealedSubmission, SubmissionIds, Suspicion,
};
use ledger::{
    AuthorId, ClinicId, Entry, Epoch, FormId, Have, Kind, Ledger, RecordId, Segment, SignedHead,
    Signer, SubmissionId,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const CODE: &str = "ABCD-EFGH-JKLM";

/// What the server holds; tests reach in to make it lie.
#[allow(clippy::struct_excessive_bools)] // each is a lie of its own
pub(crate) struct State {
    signer: Signer,
    pub own: Ledger,
    pub clinic: Option<ClinicId>,
    statement: Option<IntakeKeyStatement>,
    name: String,
    pub ledgers: BTreeMap<AuthorId, Vec<Entry>>,
    pub heads: BTreeMap<AuthorId, SignedHead>,
    /// Extra segments that every pull brings.
    pub smuggled: Vec<Segment>,
    pub form: String,
    /// Server's clock minus the system's.
    pub offset: i64,
    /// Bytes of one page.
    pub page: usize,
    pub pushes: usize,
    /// Answers are cut off in the middle.
    pub cut: bool,
    /// Hands out its own entries without their payloads.
    pub withholds: bool,
    /// Lacks payloads, and keeps none that is brought.
    pub insatiable: bool,
    /// Says that it has more of everything than there is.
    pub boasts: bool,
    /// Says at every other push that it lost entries.
    pub wavers: bool,
    pub pulls: usize,
    /// When its visitors asked, by its own word.
    pub at_ms: i64,
    pub down: bool,
    /// Waiting rooms by name.
    pub rooms: BTreeMap<String, Room>,
    /// Answers every signed call but a pull with "revoked", and a pull with what proves it.
    pub refuses: Option<AuthorId>,
    /// And keeps the proof back.
    pub proves_nothing: bool,
    /// Knows no author of this id.
    pub stranger: bool,
    /// Leaves questions for news open until whoever asked gives up.
    pub patient: bool,
}

/// A waiting room; tests put into it what they like.
#[derive(Clone, Default)]
pub(crate) struct Room {
    pub offer: Vec<u8>,
    pub request: Option<Vec<u8>>,
    pub answer: Option<Vec<u8>>,
}

#[derive(Clone)]
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let signer = Signer::from_root(&[0x5e; 32]);
        let state = State {
            own: Ledger::new(signer.id()),
            signer,
            clinic: None,
            statement: None,
            name: String::new(),
            ledgers: BTreeMap::new(),
            heads: BTreeMap::new(),
            smuggled: Vec::new(),
            form: "form".into(),
            offset: 0,
            page: 4 << 20,
            pushes: 0,
            cut: false,
            withholds: false,
            insatiable: false,
            boasts: false,
            wavers: false,
            pulls: 0,
            at_ms: super::MORNING,
            down: false,
            rooms: BTreeMap::new(),
            refuses: None,
            proves_nothing: false,
            stranger: false,
            patient: false,
        };
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(state)),
        };
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A visitor sends the form.
    pub(crate) fn post(&self, name: &str, phone: &str, question: &str) -> String {
        self.post_suspect(name, phone, question, Suspicion::default())
    }

    pub(crate) fn post_suspect(
        &self,
        name: &str,
        phone: &str,
        q: &str,
        suspicion: Suspicion,
    ) -> String {
        let mut state = self.state();
        let received = state.sealed(name, phone, q, suspicion);
        let record = RecordId::from(received.sealed.ids.submission);
        let epoch = received.sealed.epoch;
        state.append(record, epoch, received.encode());
        record.to_string()
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some((line, headers, body)) = read(&stream) else {
            return;
        };
        let (down, cut) = {
            let state = self.state();
            (state.down, state.cut)
        };
        if down {
            return;
        }
        let (status, kind, extra, body) = self.answer(&line, &headers, &body);
        if self.state().patient && status == 204 && line.contains("/v1/wait") {
            let _ = stream.read(&mut [0]);
            return;
        }
        let now = now() + self.state().offset;
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
             letan-time: {now}\r\nconnection: close\r\n{extra}\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes());
        let end = if cut { body.len() / 2 } else { body.len() };
        let _ = stream.write_all(&body[..end]);
    }

    fn answer(
        &self,
        line: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> (u16, &'static str, String, Vec<u8>) {
        let mut state = self.state();
        let path = line.split(' ').nth(1).unwrap_or("");
        let route = path.split('?').next().unwrap_or("");
        let signed = headers.contains_key("authorization");
        let caller = headers.get("authorization").and_then(|value| caller(value));
        if let Some(path) = route.strip_prefix("/v1/join") {
            drop(state);
            let method = line.split(' ').next().unwrap_or("");
            return self.waiting_room(method, path, line, signed, body);
        }
        if state.stranger && signed {
            return problem(401, "unauthorized");
        }
        if caller.is_some() && caller == state.refuses {
            if route != "/v1/pull" {
                return problem(403, "revoked");
            }
            let bundle = if state.proves_nothing {
                bundle::Writer::new().finish()
            } else {
                state.proof()
            };
            let extra = "letan-revoked: 1\r\nletan-more: 0\r\n".to_owned();
            return (200, "application/letan-bundle", extra, bundle);
        }
        match route {
            "/v1/clinic" => ok(&state.describe()),
            "/v1/form.js" => (
                200,
                "text/javascript",
                String::new(),
                state.form.clone().into_bytes(),
            ),
            "/v1/form.html" => {
                let page = format!("<form data-opened={}>", uuid::Uuid::new_v4());
                (200, "text/html", String::new(), page.into_bytes())
            }
            "/v1/claim" if signed => match state.claim(&serde_json::from_slice(body).unwrap()) {
                Ok(answer) => ok(&answer),
                Err(name) => problem(403, name),
            },
            "/v1/push" if signed => {
                state.pushes += 1;
                let refused = state.take(body);
                let have = state.have().to_map();
                ok(&json!({ "have": have, "missing": state.missing(), "refused": refused }))
            }
            "/v1/pull" if signed => {
                state.pulls += 1;
                let asked: Value = serde_json::from_slice(body).unwrap();
                let have: BTreeMap<String, u64> =
                    serde_json::from_value(asked["have"].clone()).unwrap();
                let (bundle, more) = state.give(&Have::from_map(&have).unwrap());
                let left = state.left(&Have::from_map(&have).unwrap(), &bundle);
                let extra = format!(
                    "letan-more: {}\r\nletan-cursor: {}\r\nletan-left: {left}\r\n",
                    u8::from(more),
                    state.own.seq()
                );
                (200, "application/letan-bundle", extra, bundle)
            }
            "/v1/wait" if signed => {
                let since: u64 = path.rsplit('=').next().unwrap().parse().unwrap();
                if state.own.seq() > since {
                    ok(&json!({ "cursor": state.own.seq() }))
                } else {
                    (204, "text/plain", String::new(), Vec::new())
                }
            }
            _ => problem(404, "not-found"),
        }
    }

    fn waiting_room(
        &self,
        method: &str,
        path: &str,
        line: &str,
        signed: bool,
        body: &[u8],
    ) -> (u16, &'static str, String, Vec<u8>) {
        let nothing = || (204, "text/plain", String::new(), Vec::new());
        let mut parts = path.trim_start_matches('/').split('/');
        let name = parts.next().unwrap_or("").to_owned();
        match (method, parts.next(), signed) {
            ("POST", None, true) => {
                let asked: Value = serde_json::from_slice(body).unwrap();
                let offer = asked["offer"].as_str().unwrap();
                let room = Room {
                    offer: BASE64URL_NOPAD.decode(offer.as_bytes()).unwrap(),
                    ..Room::default()
                };
                let name = asked["room"].as_str().unwrap().to_owned();
                self.state().rooms.insert(name, room);
                nothing()
            }
            ("GET", None, _) => {
                let seen: u8 = line.split("seen=").nth(1).unwrap()[..1].parse().unwrap();
                for _ in 0..200 {
                    let Some(room) = self.state().rooms.get(&name).cloned() else {
                        return problem(404, "not-found");
                    };
                    let messages =
                        1 + u8::from(room.request.is_some()) + u8::from(room.answer.is_some());
                    if messages > seen {
                        let text = |bytes: &Vec<u8>| BASE64URL_NOPAD.encode(bytes);
                        return ok(&json!({
                            "offer": text(&room.offer),
                            "request": room.request.as_ref().map(text),
                            "answer": room.answer.as_ref().map(text),
                            "expires_ms": 0,
                        }));
                    }
                    // A long poll: somebody else has to put something in.
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                let room = self.state().rooms[&name].clone();
                ok(
                    &json!({ "offer": BASE64URL_NOPAD.encode(&room.offer), "request": null, "answer": null }),
                )
            }
            ("PUT", Some("request"), _) => {
                let mut state = self.state();
                let Some(room) = state.rooms.get_mut(&name) else {
                    return problem(404, "not-found");
                };
                if room.request.get_or_insert_with(|| body.to_vec()) == body {
                    nothing()
                } else {
                    problem(409, "room-taken")
                }
            }
            ("PUT", Some("answer"), true) => {
                if let Some(room) = self.state().rooms.get_mut(&name) {
                    room.answer = Some(body.to_vec());
                }
                nothing()
            }
            ("DELETE", None, true) => {
                self.state().rooms.remove(&name);
                nothing()
            }
            _ => problem(404, "not-found"),
        }
    }
}

/// Who signed a request, unproven.
fn caller(header: &str) -> Option<AuthorId> {
    let text = header.strip_prefix("Letan ")?;
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    Some(AuthorId::from_bytes(bytes.get(..16)?.try_into().ok()?))
}

impl State {
    /// Every ledger, the sealed payloads held back: what proves a revocation and tells nothing else.
    fn proof(&self) -> Vec<u8> {
        let mut bundle = bundle::Writer::new();
        for (author, ledger) in &self.ledgers {
            if *author == self.signer.id() {
                continue;
            }
            for entry in ledger {
                let kept = entry
                    .payload
                    .bytes()
                    .filter(|_| !entry.header.kind.is_erasable());
                bundle.stored(&entry.header.encode(), kept);
            }
            bundle.head(&self.heads[author]);
        }
        bundle.finish()
    }

    /// Entries that are lacking after this page.
    fn left(&self, have: &Have, page: &[u8]) -> u64 {
        let given: usize = bundle::Reader::new(page)
            .filter_map(Result::ok)
            .map(|segment| segment.entries.len())
            .sum();
        let lacking = self
            .ledgers
            .iter()
            .map(|(author, ledger)| (ledger.len() as u64).saturating_sub(have.seq(*author)));
        lacking.sum::<u64>().saturating_sub(given as u64)
    }

    /// Epoch of the published intake key.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.statement.map(|statement| statement.epoch)
    }

    pub(crate) fn sealed(
        &self,
        name: &str,
        phone: &str,
        q: &str,
        suspicion: Suspicion,
    ) -> Received {
        let key: IntakePublicKey = self.statement.as_ref().unwrap().public_key();
        let submission = SubmissionId::from_bytes(uuid::Uuid::new_v4().into_bytes());
        let ids = SubmissionIds {
            clinic: self.clinic.unwrap(),
            form: FormId::from_bytes([0; 16]),
            submission,
        };
        let answers = Answers {
            name: name.into(),
            phone: phone.into(),
            question: q.into(),
            notice_version: "2026-11".into(),
            page: "https://cuoiholoi.vn/".into(),
            ..Answers::default()
        };
        let sealed = SealedSubmission::seal(&mut rand::rng(), &key, ids, &answers).unwrap();
        Received {
            at_ms: self.at_ms,
            suspicion,
            sealed,
        }
    }

    /// Appends a submission entry with this payload.
    pub(crate) fn append(&mut self, record: RecordId, epoch: Epoch, payload: Vec<u8>) {
        let draft = self
            .own
            .next(Kind::Submission, record, epoch, super::MORNING);
        let entry = draft.finish(payload).unwrap();
        self.own.accept(&entry).unwrap();
        let head = self.signer.head(entry.header.seq, entry.header.hash());
        let id = self.signer.id();
        self.ledgers.entry(id).or_default().push(entry);
        self.heads.insert(id, head);
    }

    /// Takes another key.
    pub(crate) fn become_another(&mut self) {
        self.signer = Signer::from_root(&[0x5f; 32]);
        self.own = Ledger::new(self.signer.id());
    }

    pub(crate) fn server_id(&self) -> AuthorId {
        self.signer.id()
    }

    pub(crate) fn have(&self) -> Have {
        let last = |ledger: &Vec<Entry>| {
            let last = ledger.last().map_or(0, |entry| entry.header.seq);
            match (self.boasts, self.wavers && self.pushes.is_multiple_of(2)) {
                (true, _) => u64::MAX,
                (_, true) => last.saturating_sub(3),
                _ => last,
            }
        };
        Have(
            self.ledgers
                .iter()
                .map(|(id, ledger)| (*id, last(ledger)))
                .collect(),
        )
    }

    fn describe(&self) -> Value {
        let keys = self.signer.keys();
        let form = HEXLOWER.encode(&Sha256::digest(self.form.as_bytes()));
        let text = "Thông báo xử lý dữ liệu";
        json!({
            "api": 1,
            "claimed": self.clinic.is_some(),
            "clinic": self.clinic.map(|id| id.to_string()),
            "name": self.clinic.map(|_| self.name.clone()),
            "epoch": self.statement.map(|statement| statement.epoch.0),
            "intake_key": self.statement.map(|s| BASE64URL_NOPAD.encode(&s.key)),
            "statement": self.statement.map(|s| BASE64URL_NOPAD.encode(&s.encode())),
            "notice": {
                "version": "2026-11",
                "hash": HEXLOWER.encode(&Sha256::digest(text.as_bytes())),
                "text": text,
            },
            "server": {
                "sign": HEXLOWER.encode(&keys.sign),
                "receive": HEXLOWER.encode(&keys.receive),
            },
            "form": { "js": form, "html": form },
            "pow": { "bits": 0 },
        })
    }

    fn claim(&mut self, asked: &Value) -> Result<Value, &'static str> {
        if asked["code"] != CODE && self.clinic.is_none() {
            return Err("setup-code");
        }
        let decode = |key: &str| BASE64URL_NOPAD.decode(asked[key].as_str().unwrap().as_bytes());
        let statement = IntakeKeyStatement::decode(&decode("statement").unwrap()).unwrap();
        self.clinic = Some(statement.clinic);
        self.statement = Some(statement);
        asked["name"].as_str().unwrap().clone_into(&mut self.name);
        self.take(&decode("bundle").unwrap());
        let keys = self.signer.keys();
        Ok(json!({
            "clinic": statement.clinic.to_string(),
            "server": {
                "sign": HEXLOWER.encode(&keys.sign),
                "receive": HEXLOWER.encode(&keys.receive),
            },
            "have": self.have().to_map(),
        }))
    }

    fn take(&mut self, bundle: &[u8]) -> Vec<Value> {
        let mut refused = Vec::new();
        for segment in bundle::Reader::new(bundle) {
            let segment = segment.unwrap();
            let keeps = !self.insatiable;
            let ledger = self.ledgers.entry(segment.author()).or_default();
            for entry in &segment.entries {
                let seq = entry.header.seq;
                let next = ledger.len() as u64 + 1;
                match ledger.get_mut(usize::try_from(seq).unwrap() - 1) {
                    None if seq == next => ledger.push(entry.clone()),
                    Some(held) if held.header == entry.header => {
                        if keeps && held.payload.bytes().is_none() {
                            held.payload = entry.payload.clone();
                        }
                    }
                    _ => {
                        let author = segment.author().to_string();
                        refused.push(json!({ "author": author, "seq": seq, "reason": "fork" }));
                        break;
                    }
                }
            }
            let head = self.heads.entry(segment.author()).or_insert(segment.head);
            if head.seq < segment.head.seq {
                *head = segment.head;
            }
        }
        refused
    }

    /// Entries of desks whose payloads it lacks.
    fn missing(&self) -> BTreeMap<String, Vec<u64>> {
        let mut missing: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let bare = |entry: &&Entry| entry.payload.bytes().is_none();
        for entry in self.ledgers.values().flatten().filter(bare) {
            let header = &entry.header;
            let numbers = missing.entry(header.author.to_string()).or_default();
            numbers.push(header.seq);
        }
        missing
    }

    fn give(&self, have: &Have) -> (Vec<u8>, bool) {
        let mut bundle = bundle::Writer::new();
        let mut more = false;
        for (author, ledger) in &self.ledgers {
            let lacks = |entry: &&Entry| entry.header.seq > have.seq(*author);
            let mut fresh: Vec<&Entry> = ledger.iter().filter(lacks).collect();
            if fresh.is_empty() {
                continue;
            }
            let whole = fresh.len();
            let mut bytes = bundle.len();
            fresh.retain(|entry| {
                let fits = bytes < self.page;
                bytes += 133 + entry.payload.bytes().map_or(0, <[u8]>::len);
                fits
            });
            let Some(&last) = fresh.last() else {
                more = true;
                continue;
            };
            let mut head = self.heads[author];
            if fresh.len() < whole {
                more = true;
                if *author != self.signer.id() {
                    continue;
                }
                head = self.signer.head(last.header.seq, last.header.hash());
            }
            for entry in fresh {
                let held_back = self.withholds && *author == self.signer.id();
                let payload = entry.payload.bytes().filter(|_| !held_back);
                bundle.stored(&entry.header.encode(), payload);
            }
            bundle.head(&head);
        }
        for segment in &self.smuggled {
            bundle.segment(segment);
        }
        (bundle.finish(), more)
    }
}

fn now() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
}

fn ok(value: &Value) -> (u16, &'static str, String, Vec<u8>) {
    (
        200,
        "application/json",
        String::new(),
        serde_json::to_vec(value).unwrap(),
    )
}

fn problem(status: u16, name: &str) -> (u16, &'static str, String, Vec<u8>) {
    let body = json!({ "type": format!("urn:letan:problem:{name}"), "status": status });
    (
        status,
        "application/problem+json",
        String::new(),
        serde_json::to_vec(&body).unwrap(),
    )
}

type Request = (String, BTreeMap<String, String>, Vec<u8>);

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((line, headers, body))
}
