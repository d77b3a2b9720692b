//! A clinic's authors, writing real ledgers.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hpke::{Deserializable, Kem, Serializable};
use ledger::{
    AuthorId, AuthorKeys, ClinicId, Entry, Epoch, FormId, Kind, Label, Ledger, Member, RecordId,
    Role, Segment, Signer, SubmissionId,
    bundle::{Reader, Writer},
    request::sign_request,
    statement::IntakeKeyStatement,
    submission::{Answers, IntakePublicKey, Received, SealedSubmission, SubmissionIds, unpad},
};
use serde_json::{Value, json};

use super::{Answer, Running};

pub(crate) const NOTICE: &str =
    "Thông báo: phòng khám dùng số điện thoại để gọi lại tư vấn. Lưu 24 tháng.";

type X25519 = hpke::kem::X25519HkdfSha256;

/// One author that writes and signs.
pub(crate) struct Desk {
    pub(crate) signer: Signer,
    pub(crate) ledger: Ledger,
    pub(crate) entries: Vec<Entry>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let signer = Signer::from_root(&rand::random());
        let ledger = Ledger::new(signer.id());
        Self {
            signer,
            ledger,
            entries: Vec::new(),
        }
    }

    pub(crate) fn id(&self) -> AuthorId {
        self.signer.id()
    }

    pub(crate) fn write(&mut self, kind: Kind, payload: Vec<u8>) -> &Entry {
        self.write_about(RecordId::from_bytes(rand::random()), kind, payload)
    }

    pub(crate) fn write_about(&mut self, record: RecordId, kind: Kind, payload: Vec<u8>) -> &Entry {
        let draft = self
            .ledger
            .next(kind, record, Epoch::FIRST, 1_764_000_000_000);
        let entry = draft.finish(payload).unwrap();
        self.ledger.accept(&entry).unwrap();
        self.entries.push(entry);
        self.entries.last().unwrap()
    }

    /// The same segment as a relay would pass it on that keeps its payloads back.
    pub(crate) fn bare(&self, from: usize) -> Segment {
        let mut segment = self.since(from);
        for entry in &mut segment.entries {
            entry.payload = ledger::Payload::Erased;
        }
        segment
    }

    /// Everything from number `from` on, as one segment.
    pub(crate) fn since(&self, from: usize) -> Segment {
        segment(&self.signer, &self.entries[from - 1..])
    }
}

/// Entries closed by their author's head.
pub(crate) fn segment(signer: &Signer, entries: &[Entry]) -> Segment {
    let last = &entries.last().unwrap().header;
    Segment {
        entries: entries.to_vec(),
        head: signer.head(last.seq, last.hash()),
    }
}

pub(crate) fn bundle(segments: &[Segment]) -> Vec<u8> {
    let mut writer = Writer::new();
    for segment in segments {
        writer.segment(segment);
    }
    writer.finish()
}

pub(crate) struct Clinic {
    pub(crate) owner: Desk,
    pub(crate) id: ClinicId,
    secret: <X25519 as Kem>::PrivateKey,
    pub(crate) key: IntakePublicKey,
}

impl Clinic {
    pub(crate) fn found() -> Self {
        let mut owner = Desk::new();
        let keys = owner.signer.keys();
        let genesis = Member::Genesis {
            keys,
            clinic: "Nha khoa Thử".into(),
            name: "Quầy 1".into(),
            branch: "Q.1".into(),
        };
        let hash = owner.write(Kind::Member, genesis.encode()).header.hash();
        let (secret, public) = <X25519 as Kem>::derive_keypair(&rand::random::<[u8; 32]>());
        let key = IntakePublicKey {
            epoch: Epoch::FIRST,
            key: public.to_bytes().into(),
        };
        Self {
            owner,
            id: ClinicId::of_genesis(&hash),
            secret,
            key,
        }
    }

    /// Enrols somebody by an entry of the owner.
    pub(crate) fn enrol(&mut self, keys: AuthorKeys, role: Role) {
        let member = Member::Enrol {
            keys,
            role,
            name: "Máy".into(),
            branch: String::new(),
        };
        self.owner.write(Kind::Member, member.encode());
    }

    pub(crate) fn revoke(&mut self, author: AuthorId, last_seq: u64) {
        self.owner
            .write(Kind::Member, Member::Revoke { author, last_seq }.encode());
    }

    pub(crate) async fn claim(&mut self, server: &Running) -> Answer {
        self.enrol_server(server).await;
        let code = server.code.clone().unwrap();
        self.claim_with(server, &self.claim_body(&code)).await
    }

    pub(crate) async fn enrol_server(&mut self, server: &Running) {
        let about = server.get("/v1/clinic").await.json();
        let part = |name: &str| {
            let hex = about["server"][name].as_str().unwrap();
            HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
        };
        self.enrol(
            AuthorKeys {
                sign: part("sign"),
                receive: part("receive"),
            },
            Role::Server,
        );
    }

    pub(crate) fn claim_body(&self, code: &str) -> Value {
        let statement = IntakeKeyStatement::sign(&self.owner.signer, self.id, &self.key);
        json!({
            "code": code,
            "bundle": BASE64URL_NOPAD.encode(&bundle(&[self.owner.since(1)])),
            "statement": BASE64URL_NOPAD.encode(&statement.encode()),
            "name": "Nha khoa <Thử> & \"Bạn\"",
            "notice": { "version": "2026-11", "text": NOTICE },
        })
    }

    pub(crate) async fn claim_with(&self, server: &Running, body: &Value) -> Answer {
        self.ask(
            server,
            &self.owner.signer,
            "POST",
            "/v1/claim",
            body.to_string().into_bytes(),
        )
        .await
    }

    /// A signed request.
    pub(crate) async fn ask(
        &self,
        server: &Running,
        signer: &Signer,
        method: &str,
        path: &str,
        body: Vec<u8>,
    ) -> Answer {
        let proof = self.proof(server, signer, method, path, &body);
        send(server, method, path, &proof, body).await
    }

    pub(crate) fn proof(
        &self,
        server: &Running,
        signer: &Signer,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> String {
        sign_request(
            signer,
            self.id,
            method,
            path,
            body,
            server.now(),
            rand::random(),
        )
    }

    pub(crate) async fn push(&self, server: &Running, segments: &[Segment]) -> Value {
        self.push_as(server, &self.owner.signer, segments).await
    }

    pub(crate) async fn push_as(
        &self,
        server: &Running,
        signer: &Signer,
        segments: &[Segment],
    ) -> Value {
        let answer = self
            .ask(server, signer, "POST", "/v1/push", bundle(segments))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Everything that the server has, page by page.
    pub(crate) async fn pull_all(&self, server: &Running) -> Vec<Segment> {
        let mut have = serde_json::Map::new();
        let mut all = Vec::new();
        loop {
            let body = json!({ "have": have }).to_string().into_bytes();
            let answer = self
                .ask(server, &self.owner.signer, "POST", "/v1/pull", body)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(answer.body.len() <= intake::PAGE_BYTES);
            for segment in Reader::new(&answer.body) {
                let segment = segment.unwrap();
                have.insert(segment.author().to_string(), segment.head.seq.into());
                all.push(segment);
            }
            if answer.header("letan-more") == "0" {
                return all;
            }
        }
    }

    /// Every submission that the server has.
    pub(crate) async fn received(&self, server: &Running) -> Vec<Received> {
        let segments = self.pull_all(server).await;
        let entries = segments.iter().flat_map(|segment| &segment.entries);
        let submissions = entries.filter(|entry| entry.header.kind == Kind::Submission);
        submissions
            .map(|entry| Received::decode(entry.payload.bytes().unwrap()).unwrap())
            .collect()
    }

    /// Opens a submission as a desk does.
    pub(crate) fn open(&self, received: &Received) -> Answers {
        let sealed = &received.sealed;
        let enc = <X25519 as Kem>::EncappedKey::from_bytes(&sealed.enc).unwrap();
        let padded =
            hpke::single_shot_open::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, X25519>(
                &hpke::OpModeR::Base,
                &self.secret,
                &enc,
                Label::Submission.as_bytes(),
                sealed.ciphertext(),
                &sealed.ids.aad(),
            )
            .unwrap();
        Answers::decode(unpad(&padded).unwrap()).unwrap()
    }

    /// A submission sealed as a browser does.
    pub(crate) fn seal(&self, submission: SubmissionId, name: &str) -> Vec<u8> {
        let answers = Answers {
            name: name.into(),
            phone: "0912345678".into(),
            ..Answers::default()
        };
        let ids = SubmissionIds {
            clinic: self.id,
            form: FormId::from_bytes([0; 16]),
            submission,
        };
        SealedSubmission::seal(&mut rand::rng(), &self.key, ids, &answers)
            .unwrap()
            .encode()
    }
}

pub(crate) async fn send(
    server: &Running,
    method: &str,
    path: &str,
    proof: &str,
    body: Vec<u8>,
) -> Answer {
    let method = method.parse().unwrap();
    let request = server
        .client
        .request(method, server.url(path))
        .header("authorization", proof);
    Answer::of(request.body(body).send().await.unwrap()).await
}
