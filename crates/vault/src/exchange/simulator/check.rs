//! The end of a schedule: everything is healed, everybody meets, and what must hold is held against what is.
use std::collections::{BTreeMap, BTreeSet};

use ledger::{AuthorId, EntryHash, Epoch, Kind};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::disk::Disk;
use super::pc::{Pc, Standing};
use super::world::{World, Written};
use crate::projection::stamp;
use crate::view::AlarmKind;

/// Rounds in which everybody meets the server and everybody else.
const ROUNDS: usize = 4;

impl World {
    /// Heals everything, lets everybody meet, and checks. Panics with what does not hold.
    pub(super) fn end(&mut self) {
        let rng = &mut StdRng::seed_from_u64(0);
        self.calm = true;
        self.walls.clear();
        self.now += super::world::DAY;
        self.restart_all();
        let forked = self.copies_go_on(rng);
        self.meet(rng);
        self.forks_are_named(&forked);
        self.settle_forks(rng);
        self.meet(rng);
        self.server_noticed();
        self.alarms_are_true();
        self.orphan_keys();
        self.converged();
        for pc in self.live() {
            self.nothing_is_lost(pc);
            beyond_nothing(&pc.disk);
        }
        beyond_nothing(&self.server.now.disk);
        // What is computed anew is the same once more.
        let last = self.pcs.len() - 1;
        self.pcs[last].restart();
    }

    fn restart_all(&mut self) {
        self.server.restart();
        for pc in &mut self.pcs {
            pc.restart();
        }
    }

    /// Everybody meets the server and everybody else, until nobody learns anything.
    fn meet(&mut self, rng: &mut StdRng) {
        for _ in 0..ROUNDS {
            let before = self.standing();
            if self.server.is_behind() {
                self.server.restored(rng);
            }
            for at in 0..self.pcs.len() {
                if self.pcs[at].standing == Standing::Waits {
                    self.enrol(0, at, rng);
                }
                self.sync_server(at, rng);
            }
            for other in 1..self.pcs.len() {
                self.sync_peer(0, other, rng);
            }
            // A PC that learns that it was revoked takes along what only it had.
            if std::mem::take(&mut self.dropped) || self.pcs.iter().any(|pc| pc.dropped) {
                self.excuse();
            }
            if self.standing() == before {
                return;
            }
        }
    }

    fn standing(&self) -> Vec<(ledger::Have, usize)> {
        let pcs = self.pcs.iter().map(|pc| &pc.disk.replica);
        let all = pcs.chain([&self.server.now.disk.replica]);
        all.map(|one| (one.have(), one.gone().missing().count()))
            .collect()
    }

    /// PCs that belong here to the end.
    fn live(&self) -> Vec<&Pc> {
        let roster = self.pcs[0].disk.replica.roster();
        let all = self.pcs.iter();
        all.filter(|pc| pc.standing == Standing::Works && roster.is_active(pc.id()))
            .collect()
    }

    /// Copies of one PC that stand at the same number differ unnoticed until one of them writes on: one of each does.
    /// Gives the authors who are to be named.
    fn copies_go_on(&mut self, rng: &mut StdRng) -> BTreeSet<AuthorId> {
        let mut named = BTreeSet::new();
        for author in self.forked().into_keys() {
            let able = self.which(|pc| pc.may_act() && pc.id() == author);
            if let Some(at) = able.first() {
                let id = ledger::RecordId::from_bytes(*author.as_bytes());
                let change = casebook::lead::Change::default();
                let entry = self.pcs[*at].change(rng, Kind::Change, id, change, self.now);
                self.note([entry]);
                named.insert(author);
            }
        }
        named
    }

    fn forks_are_named(&self, forked: &BTreeSet<AuthorId>) {
        for author in forked {
            let told = |pc: &Pc| {
                pc.told.contains(&(Some(*author), AlarmKind::Fork))
                    || pc.told.contains(&(Some(*author), AlarmKind::StaleCopy))
            };
            let gone = !self.pcs[0].disk.replica.roster().is_active(*author);
            assert!(
                gone || self.server.forks.contains(author) || self.pcs.iter().any(told),
                "nobody was told of the two ledgers of {author}"
            );
        }
    }

    /// People revoke what was copied, below where the copies part.
    fn settle_forks(&mut self, rng: &mut StdRng) {
        let forked = self.forked();
        for (author, first) in forked.clone() {
            if author == self.server.id() {
                self.server.restored(rng);
                self.sync_server(0, rng);
            }
            self.revoke(0, author, first - 1, rng);
        }
        if !forked.is_empty() {
            self.excuse();
            self.restart_all();
        }
    }

    /// A server whose own questions were rolled back knows it, or its two ledgers were named.
    fn server_noticed(&self) {
        let named = self.server.noticed > 0
            || self
                .pcs
                .iter()
                .any(|pc| pc.told.iter().any(|(_, kind)| *kind == AlarmKind::Fork));
        assert!(
            self.owed_notice == 0 || named || self.live().len() < self.pcs.len(),
            "a server rolled back and nobody noticed"
        );
    }

    /// Nobody was accused who did nothing: a warning that is not true is a fault as well.
    fn alarms_are_true(&self) {
        let mut places: BTreeMap<(AuthorId, u64), EntryHash> = BTreeMap::new();
        let mut copied: BTreeSet<AuthorId> = BTreeSet::new();
        for Written { entry, hash } in &self.written {
            let place = (entry.header.author, entry.header.seq);
            if *places.entry(place).or_insert(*hash) != *hash {
                copied.insert(entry.header.author);
            }
        }
        let mut members = self.pcs[0].disk.replica.roster().iter();
        let owner_revoked = members
            .any(|(_, author)| author.role == ledger::Role::Owner && author.last_seq.is_some());
        for (author, kind) in self.pcs.iter().flat_map(|pc| &pc.told) {
            let of_copy = author.is_some_and(|author| copied.contains(&author));
            let true_one = match kind {
                AlarmKind::Fork => of_copy,
                AlarmKind::StaleCopy => self.restored > 0,
                // A revocation that a later one makes void took something from the server, too, for a while.
                AlarmKind::Rollback => self.rolled_back > 0 || owner_revoked,
                AlarmKind::Revoked => true,
                _ => false,
            };
            assert!(true_one, "a false alarm: {kind:?} of {author:?}");
        }
    }

    /// Keys that no owner has: their maker was revoked before any other owner was given them.
    fn orphan_keys(&mut self) {
        let held = &self.pcs[0].disk.epochs;
        let sealed = self
            .written
            .iter()
            .map(|written| written.entry.header.epoch);
        let orphans = sealed.filter(|epoch| *epoch != Epoch::NONE && !held.contains_key(epoch));
        self.orphans = orphans.collect();
    }

    fn converged(&self) {
        let live = self.live();
        let first = live.first().unwrap();
        let all = bytes(&first.disk, &self.orphans);
        for pc in &live {
            let own = bytes(&pc.disk, &self.orphans);
            assert!(
                own.0 == all.0,
                "{} has other ledgers: {}",
                pc.name,
                differ(&first.disk, &pc.disk)
            );
            assert!(own.1 == all.1, "{} knows other members", pc.name);
            assert!(
                own.2 == all.2,
                "{} shows other leads: {}",
                pc.name,
                shown(&first.disk, &pc.disk)
            );
        }
        let server = bytes(&self.server.now.disk, &self.orphans);
        assert!(
            server.0 == all.0,
            "the server has other ledgers: {}",
            differ(&first.disk, &self.server.now.disk)
        );
        assert!(server.1 == all.1, "the server knows other members");
    }

    /// Whatever was durable once is everywhere, unless it was revoked, erased, or its last disk is gone.
    fn nothing_is_lost(&self, pc: &Pc) {
        let disk = &pc.disk;
        for Written { entry, hash } in &self.written {
            let header = &entry.header;
            let counts = disk
                .replica
                .roster()
                .is_enrolled_at(header.author, header.seq);
            if !counts || self.excused.contains(hash) {
                continue;
            }
            assert!(
                disk.hashes.get(&(header.author, header.seq)) == Some(hash),
                "{} lacks entry {} of {}",
                pc.name,
                header.seq,
                header.author
            );
            let says = matches!(header.kind, Kind::Change | Kind::Access | Kind::Submission);
            let legible = !self.orphans.contains(&header.epoch);
            let whole = !self.bare.contains(hash);
            if says && legible && whole && !self.erased.contains(&header.record) {
                let lead = disk.leads.get(&header.record);
                assert!(
                    lead.is_some_and(|lead| lead.get(&stamp(entry)).is_some()),
                    "{} does not show entry {} of {} (epoch {})",
                    pc.name,
                    header.seq,
                    header.author,
                    header.epoch
                );
            }
        }
        for record in &self.erased {
            if disk.replica.is_erased(*record) {
                let kept = |entry: &ledger::Entry| {
                    entry.header.record == *record
                        && entry.header.kind.is_erasable()
                        && entry.payload.bytes().is_some()
                };
                assert!(!disk.all().any(kept), "{} keeps what was erased", pc.name);
            }
        }
    }
}

/// Nothing counts that was written beyond a revocation.
fn beyond_nothing(disk: &Disk) {
    for (author, known) in disk.replica.roster().iter() {
        let held = disk.entries.get(&author).map_or(0, Vec::len) as u64;
        assert!(
            held == disk.replica.have().seq(author),
            "a ledger is not as long as it says"
        );
        assert!(
            known.last_seq.is_none_or(|last| held <= last),
            "something counts beyond a revocation"
        );
    }
}

/// Ledgers, members and leads as bytes.
fn bytes(disk: &Disk, orphans: &BTreeSet<Epoch>) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut ledgers = Vec::new();
    for entry in disk.all() {
        ledgers.extend_from_slice(&entry.header.encode());
        ledgers.push(u8::from(entry.payload.bytes().is_some()));
    }
    let mut members = Vec::new();
    for (id, author) in disk.replica.roster().iter() {
        members.extend_from_slice(id.as_bytes());
        members.extend_from_slice(&author.keys.sign);
        members.push(author.role as u8);
        members.extend_from_slice(author.name.as_bytes());
        members.extend_from_slice(author.branch.as_bytes());
        members.extend_from_slice(&author.last_seq.unwrap_or(u64::MAX).to_le_bytes());
    }
    let sealed = disk.all().filter(|e| orphans.contains(&e.header.epoch));
    let illegible: BTreeSet<_> = sealed.map(stamp).collect();
    let mut leads = Vec::new();
    for (id, lead) in &disk.leads {
        if illegible.is_empty() {
            leads.extend_from_slice(id.as_bytes());
            leads.extend_from_slice(&lead.encode());
            continue;
        }
        for (at, change) in lead.iter().filter(|(at, _)| !illegible.contains(at)) {
            leads.extend_from_slice(id.as_bytes());
            leads.extend_from_slice(at.key().as_bytes());
            leads.extend_from_slice(&change.encode());
        }
    }
    (ledgers, members, leads)
}

fn differ(one: &Disk, other: &Disk) -> String {
    let (a, b) = (one.replica.have(), other.replica.have());
    let authors: BTreeSet<AuthorId> = a.0.keys().chain(b.0.keys()).copied().collect();
    let differing = authors.into_iter().filter(|id| a.seq(*id) != b.seq(*id));
    let roster = one.replica.roster();
    let lines = differing.map(|id| {
        let known = roster.author(id);
        let role = known.map(|known| known.role);
        let cut = known.and_then(|known| known.last_seq);
        format!("{id} {} ≠ {} ({role:?}, cut {cut:?})", a.seq(id), b.seq(id))
    });
    let mut lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        lines.push("payloads or hashes".into());
    }
    for (disk, whose) in [(one, "the first"), (other, "the other")] {
        for (author, seq) in disk.replica.gone().missing() {
            let role = roster
                .author(author)
                .map(|known| (known.role, known.last_seq));
            lines.push(format!(
                "{whose} lacks the payload of {seq} of {author} {role:?}"
            ));
        }
    }
    lines.join("; ")
}

fn shown(one: &Disk, other: &Disk) -> String {
    let keys = |disk: &Disk| -> Vec<u32> { disk.epochs.keys().map(|epoch| epoch.0).collect() };
    format!(
        "{} and {} leads, keys {:x?} and {:x?}",
        one.leads.len(),
        other.leads.len(),
        keys(one),
        keys(other)
    )
}
