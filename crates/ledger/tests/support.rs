//! A small clinic with desks that write, and a random source that can be foretold.
use ledger::author::Signer;
use ledger::submission::{Answers, IntakePublicKey, SealedSubmission, SubmissionIds};
use ledger::*;
use rand::{TryCryptoRng, TryRng};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// 2026-11-22 08:00 UTC.
pub(crate) const NOW: i64 = 1_795_334_400_000;

/// Gives 0, 1, 2 … as bytes: the same on every machine and in every version, as golden files need it.
pub(crate) struct Foretold(pub(crate) u8);

impl TryRng for Foretold {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Foretold {}

/// One author with all that it has written.
pub(crate) struct Desk {
    pub(crate) signer: Signer,
    pub(crate) ledger: Ledger,
    pub(crate) entries: Vec<Entry>,
}

impl Desk {
    pub(crate) fn new(root: u8) -> Self {
        let signer = Signer::from_root(&[root; 32]);
        let ledger = Ledger::new(signer.id());
        let entries = Vec::new();
        Self {
            signer,
            ledger,
            entries,
        }
    }

    pub(crate) fn id(&self) -> AuthorId {
        self.signer.id()
    }

    pub(crate) fn write(&mut self, kind: Kind, payload: &[u8]) -> Entry {
        self.write_about(kind, RecordId::from_bytes([0xab; 16]), payload)
    }

    pub(crate) fn write_about(&mut self, kind: Kind, record: RecordId, payload: &[u8]) -> Entry {
        let draft = self.ledger.next(kind, record, Epoch::FIRST, NOW);
        let entry = draft.finish(payload.to_vec()).unwrap();
        self.ledger.accept(&entry).unwrap();
        self.entries.push(entry.clone());
        entry
    }

    pub(crate) fn state(&mut self, member: &Member) -> Entry {
        self.write(Kind::Member, &member.encode())
    }

    pub(crate) fn enrol(&mut self, other: &Desk, role: Role) -> Entry {
        self.state(&Member::Enrol {
            keys: other.signer.keys(),
            role,
            name: format!("Quầy {}", other.id()),
            branch: "Quận 3".into(),
        })
    }

    pub(crate) fn revoke(&mut self, other: &Desk, last_seq: u64) -> Entry {
        self.state(&Member::Revoke {
            author: other.id(),
            last_seq,
        })
    }

    /// Entries number `first` to `last`, signed.
    pub(crate) fn segment(&self, first: usize, last: usize) -> Segment {
        let entries = self.entries[first - 1..last].to_vec();
        self.sign(entries)
    }

    pub(crate) fn sign(&self, entries: Vec<Entry>) -> Segment {
        let header = entries.last().unwrap().header;
        let head = self.signer.head(header.seq, header.hash());
        Segment { entries, head }
    }

    pub(crate) fn all(&self) -> Segment {
        self.segment(1, self.entries.len())
    }
}

/// The founding desk of a clinic, its genesis written.
pub(crate) fn founder() -> Desk {
    let mut desk = Desk::new(1);
    let keys = desk.signer.keys();
    desk.state(&Member::Genesis {
        keys,
        clinic: "Nha khoa Việt Smile".into(),
        name: "Quầy 1".into(),
        branch: "Quận 1".into(),
    });
    desk
}

pub(crate) fn clinic_of(founder: &Desk) -> ClinicId {
    ClinicId::of_genesis(&founder.entries[0].header.hash())
}

/// A replica with the store that its caller would keep.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) replica: Replica,
    pub(crate) hashes: BTreeMap<(AuthorId, u64), EntryHash>,
}

impl Store {
    pub(crate) fn new(clinic: ClinicId) -> Self {
        Self {
            replica: Replica::new(clinic),
            hashes: BTreeMap::new(),
        }
    }

    pub(crate) fn of(founder: &Desk) -> Self {
        Self::new(clinic_of(founder))
    }

    pub(crate) fn admit(&mut self, segment: Segment) -> Result<Admission, Unknown> {
        let hashes = &self.hashes;
        let admission = self
            .replica
            .admit(segment, |author, seq| hashes.get(&(author, seq)).copied())?;
        for cut in &admission.cuts {
            self.hashes
                .retain(|(author, seq), _| *author != cut.author || *seq <= cut.last_seq);
        }
        for entry in &admission.entries {
            let header = &entry.header;
            self.hashes
                .insert((header.author, header.seq), header.hash());
        }
        Ok(admission)
    }

    /// Lets in a segment that must be wholly good.
    pub(crate) fn take(&mut self, segment: Segment) -> Admission {
        let admission = self.admit(segment).unwrap();
        assert_eq!(admission.rejected, None);
        admission
    }

    pub(crate) fn seq(&self, author: AuthorId) -> u64 {
        self.replica.have().seq(author)
    }
}

pub(crate) fn answers() -> Answers {
    Answers {
        name: "Nguyễn Thị Ánh".into(),
        phone: "0912 345 678".into(),
        question: "Niềng răng trong suốt giá bao nhiêu?".into(),
        promo: 5,
        notice_version: "2026-11".into(),
        notice_hash: Some([0x5a; 32]),
        page: "https://cuoiholoi.vn/nieng-rang".into(),
        branch: "Quận 1".into(),
        filled_at: Some(NOW),
    }
}

pub(crate) fn submission_ids() -> SubmissionIds {
    SubmissionIds {
        clinic: ClinicId::from_bytes([0xc1; 16]),
        form: FormId::from_bytes([0xf0; 16]),
        submission: SubmissionId::from_bytes([0x5b; 16]),
    }
}

pub(crate) fn submission() -> SealedSubmission {
    let key = IntakePublicKey {
        epoch: Epoch::FIRST,
        // X25519 public key of the secret 0x42 × 32.
        key: x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from([0x42; 32]))
            .to_bytes(),
    };
    SealedSubmission::seal(&mut Foretold(0), &key, submission_ids(), &answers()).unwrap()
}
