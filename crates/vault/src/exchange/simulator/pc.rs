//! One PC: writes its own ledger and takes in what others wrote, by the rules that the product has.
use std::collections::BTreeSet;
use std::sync::Arc;

use casebook::lead::Change;
use ledger::bundle::Reader;
use ledger::{
    AuthorId, AuthorKeys, ClinicId, Entry, Epoch, Have, Header, Kind, Member, RecordId, Role,
    Segment,
};
use rand::rngs::StdRng;
use seal::{ClinicKey, RootSecret};

use super::disk::Disk;
use crate::desk::{EpochKeys, Secrets};
use crate::exchange::apply::admit::admit;
use crate::exchange::{to_bring, to_fill};
use crate::projection::stamp;
use crate::view::AlarmKind;

/// How a PC stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// At work.
    Works,
    /// Waits for an owner to enrol its new author.
    Waits,
    /// Was told that it was revoked, and wiped itself.
    Removed,
}

/// One PC.
pub(super) struct Pc {
    pub name: String,
    pub secrets: Arc<Secrets>,
    pub disk: Disk,
    pub standing: Standing,
    /// Its wall clock minus true time, in milliseconds.
    pub offset: i64,
    /// The counter as the keychain mirrors it.
    pub mirrored: u64,
    /// A backup of its disk.
    pub backup: Option<Disk>,
    /// Ledgers that stopped; forgotten at a start.
    pub stopped: BTreeSet<AuthorId>,
    /// Ledgers of which the server has less than it had, and how much; forgotten at a start.
    pub doubts: Vec<(AuthorId, u64)>,
    /// What it knows of the server is the server's word since the start.
    pub have_is_fresh: bool,
    /// Entries whose payloads the server lacks, as it last told; forgotten at a start.
    pub missing_there: Vec<(AuthorId, u64)>,
    /// A revocation took entries from it since this was last looked at.
    pub dropped: bool,
    /// Everything a person here was told, ever: whose ledger, and what.
    pub told: Vec<(Option<AuthorId>, AlarmKind)>,
}

impl Pc {
    pub(super) fn new(name: String, clinic: ClinicId, root: &RootSecret) -> Self {
        let secrets = Secrets::of(root);
        let disk = Disk::new(clinic, secrets.signer.id());
        Self {
            name,
            secrets: Arc::new(secrets),
            disk,
            standing: Standing::Waits,
            offset: 0,
            mirrored: 0,
            backup: None,
            stopped: BTreeSet::new(),
            doubts: Vec::new(),
            have_is_fresh: false,
            missing_there: Vec::new(),
            dropped: false,
            told: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> AuthorId {
        self.secrets.signer.id()
    }

    pub(super) fn keys(&self) -> AuthorKeys {
        self.secrets.signer.keys()
    }

    pub(super) fn role(&self) -> Option<Role> {
        let roster = self.disk.replica.roster();
        roster
            .is_active(self.id())
            .then(|| roster.role(self.id()))
            .flatten()
    }

    pub(super) fn is_owner(&self) -> bool {
        self.standing == Standing::Works && self.role() == Some(Role::Owner)
    }

    /// Enrolled, not revoked, and with a key to write with.
    pub(super) fn may_act(&self) -> bool {
        self.standing == Standing::Works && self.role().is_some() && !self.disk.epochs.is_empty()
    }

    /// Writes one entry, durable at once.
    pub(super) fn write(
        &mut self,
        kind: Kind,
        record: RecordId,
        epoch: Epoch,
        now: i64,
        payload: impl FnOnce(&[u8; Header::AAD_LEN]) -> Vec<u8>,
    ) -> Entry {
        let disk = &mut self.disk;
        let draft = disk
            .ledger
            .next(kind, record, epoch, now.saturating_add(self.offset));
        let aad = draft.aad();
        let entry = draft.finish(payload(&aad)).unwrap();
        assert!(
            entry.header.hlc > disk.replica.hlc(),
            "a stamp that is not above all seen"
        );
        disk.ledger.accept(&entry).unwrap();
        disk.replica.record(&entry).unwrap();
        disk.append(std::slice::from_ref(&entry));
        disk.stop(
            self.secrets
                .signer
                .head(entry.header.seq, entry.header.hash()),
        );
        self.committed();
        entry
    }

    /// Records a change of a lead.
    pub(super) fn change(
        &mut self,
        rng: &mut StdRng,
        kind: Kind,
        id: RecordId,
        change: Change,
        now: i64,
    ) -> Entry {
        let (epoch, keys) = self.disk.epochs.last_key_value().unwrap();
        let (epoch, keys) = (*epoch, Arc::clone(keys));
        let plain = change.encode();
        let entry = self.write(kind, id, epoch, now, |aad| {
            keys.record.seal(rng, aad, &plain).unwrap()
        });
        let lead = self.disk.leads.entry(id).or_default();
        lead.insert(stamp(&entry), change);
        entry
    }

    pub(super) fn member(&mut self, member: &Member, now: i64) -> Entry {
        let about = RecordId::from(member.author());
        self.write(Kind::Member, about, Epoch::NONE, now, |_| member.encode())
    }

    /// Gives one author one clinic key.
    pub(super) fn grant(
        &mut self,
        rng: &mut StdRng,
        to: &AuthorKeys,
        epoch: Epoch,
        now: i64,
    ) -> Entry {
        let key = Arc::clone(&self.disk.epochs[&epoch]);
        let sealed = seal::seal_grant(rng, to, &key.clinic).unwrap();
        self.write(Kind::Grant, to.id().into(), Epoch::NONE, now, |_| sealed)
    }

    /// A new clinic key for everybody who belongs here.
    pub(super) fn new_epoch(&mut self, rng: &mut StdRng, now: i64) -> Vec<Entry> {
        let newest = self
            .disk
            .epochs
            .last_key_value()
            .map_or(0, |(epoch, _)| epoch.0);
        let id = self.id();
        let tail = u32::from(u16::from_le_bytes([id.as_bytes()[0], id.as_bytes()[1]]));
        let epoch = if newest == 0 {
            Epoch::FIRST
        } else {
            Epoch((((newest >> 16) + 1) << 16) | tail)
        };
        let key = ClinicKey::generate(rng, epoch);
        self.disk.epochs.insert(epoch, Arc::new(EpochKeys::of(key)));
        self.missing_grants(rng, now)
    }

    /// As an owner: gives every clinic key to everybody who belongs here and was not given it.
    pub(super) fn missing_grants(&mut self, rng: &mut StdRng, now: i64) -> Vec<Entry> {
        let given: BTreeSet<(RecordId, Vec<u8>)> = self
            .disk
            .all()
            .filter(|entry| entry.header.kind == Kind::Grant)
            .filter_map(|entry| {
                let epoch = entry.payload.bytes()?.get(22..26)?.to_vec();
                Some((entry.header.record, epoch))
            })
            .collect();
        let members: Vec<AuthorKeys> = self
            .disk
            .replica
            .roster()
            .iter()
            .filter(|(_, author)| author.role != Role::Server && author.last_seq.is_none())
            .map(|(_, author)| author.keys)
            .collect();
        let epochs: Vec<Epoch> = self.disk.epochs.keys().copied().collect();
        let mut written = Vec::new();
        for to in &members {
            for epoch in &epochs {
                let place = (to.id().into(), epoch.to_le_bytes().to_vec());
                if !given.contains(&place) {
                    written.push(self.grant(rng, to, *epoch, now));
                }
            }
        }
        written
    }

    /// Takes in a bundle, or what is whole of it.
    pub(super) fn take(&mut self, bundle: &[u8]) -> usize {
        if self.standing == Standing::Removed {
            return 0;
        }
        let mut segments: Vec<Segment> = Reader::new(bundle).map_while(Result::ok).collect();
        segments.extend(self.disk.waiting.iter().cloned());
        let mut admitted = admit(
            &self.disk.replica,
            &segments,
            &self.disk.hashes,
            &self.disk.epochs,
            self.disk.clinic,
            &self.secrets,
        );
        self.stopped.append(&mut admitted.stopped);
        let alarms = admitted.alarms.drain(..);
        self.told
            .extend(alarms.map(|(author, kind)| (Some(author), kind)));
        let disk = &mut self.disk;
        disk.waiting = admitted.unknown;
        disk.replica = admitted.replica;
        disk.append(&admitted.entries);
        for entry in &admitted.filled {
            if let Some(held) = disk.entry_mut(&entry.header) {
                held.payload = entry.payload.clone();
            }
        }
        for (_, head) in admitted.heads.values() {
            head.iter().for_each(|head| disk.stop(*head));
        }
        for segment in &segments {
            let head = &segment.head;
            let held = disk.hashes.get(&(head.author, head.seq)) == Some(&head.hash);
            if held && !head.is_unsigned() {
                disk.stop(*head);
            }
        }
        for cut in &admitted.cuts {
            disk.cut(*cut);
        }
        self.dropped |= !admitted.cuts.is_empty();
        disk.ledger.observe(disk.replica.hlc());
        let me = disk.ledger.author();
        for entry in admitted.entries.iter().filter(|e| e.header.author == me) {
            let _ = disk.ledger.accept(entry);
        }
        let mut learned = false;
        for key in admitted.keys {
            if let std::collections::btree_map::Entry::Vacant(place) =
                disk.epochs.entry(key.epoch())
            {
                place.insert(Arc::new(EpochKeys::of(key)));
                learned = true;
            }
        }
        disk.merge(&admitted.entries, admitted.opened);
        disk.merge(&admitted.filled, admitted.opened_filled);
        let erases = disk.replica.gone() != &ledger::Gone::default();
        if erases {
            disk.erase();
        }
        if learned || !admitted.cuts.is_empty() {
            disk.project();
        }
        if admitted.cuts.iter().any(|cut| cut.author == me) {
            self.told.push((None, AlarmKind::Revoked));
            self.standing = Standing::Removed;
        }
        self.committed();
        admitted.entries.len() + admitted.filled.len()
    }

    /// What it asks for: what it has, and what it does not want (again).
    pub(super) fn wanted(&self) -> Have {
        let mut have = self.disk.replica.have();
        for segment in &self.disk.waiting {
            let mark = have.0.entry(segment.author()).or_default();
            *mark = (*mark).max(segment.head.seq);
        }
        for author in &self.stopped {
            have.0.insert(*author, u64::MAX);
        }
        have
    }

    /// As it asks for payloads that are missing; nothing if none is.
    pub(super) fn wanted_whole(&self) -> Option<Have> {
        let stopped = |author| self.stopped.contains(&author);
        to_fill(&self.disk.replica, self.wanted(), stopped)
    }

    /// What the server has, drawn back to before what it lacks and this PC can bring.
    pub(super) fn to_bring(&self) -> Option<Have> {
        let disk = &self.disk;
        to_bring(&disk.replica, &disk.theirs, &self.missing_there)
    }

    /// Once everything that the server has is here: less of a ledger is no old copy where a revocation cut it short.
    pub(super) fn judge_server(&mut self) {
        let roster = self.disk.replica.roster();
        for (author, seq) in self.doubts.drain(..) {
            let cut = match roster.author(author) {
                Some(author) => author.last_seq.is_some_and(|last| last <= seq),
                None => true,
            };
            if !cut {
                self.told.push((None, AlarmKind::Rollback));
            }
        }
    }

    fn committed(&mut self) {
        self.disk.counter += 1;
        self.mirrored = self.mirrored.max(self.disk.counter);
    }

    /// Power is cut and comes back: whatever was not on the disk is gone, the rest is as it was.
    pub(super) fn restart(&mut self) {
        self.stopped.clear();
        self.doubts.clear();
        self.have_is_fresh = false;
        self.missing_there.clear();
        if self.standing == Standing::Removed {
            return;
        }
        let held = self.disk.clone();
        let replica = held.reload();
        assert!(
            replica.have() == held.replica.have(),
            "a restart knows other ledgers"
        );
        assert!(
            replica.roster() == held.replica.roster(),
            "a restart knows other members"
        );
        assert!(
            replica.gone() == held.replica.gone(),
            "a restart knows other erasures"
        );
        self.disk.replica = replica;
        self.disk.ledger.observe(self.disk.replica.hlc());
        self.disk.project();
        let leads = |disk: &Disk| -> Vec<Vec<u8>> {
            disk.leads
                .values()
                .map(casebook::lead::Lead::encode)
                .collect()
        };
        assert!(
            leads(&self.disk) == leads(&held),
            "the leads computed anew are not those that were kept"
        );
    }
}
