//! All of a clinic: PCs, a server, a network that fails, and the events that happen to them.
use std::collections::{BTreeMap, BTreeSet};

use ledger::bundle::{Reader, Writer};
use ledger::{
    AuthorId, ClinicId, Entry, EntryHash, Have, Kind, Lie, Member, Payload, RecordId, Role,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use seal::RootSecret;

use super::pc::{Pc, Standing};
use super::server::{Server, intake_key};
use crate::view::AlarmKind;

/// 2026-11-23 09:00 in Ho Chi Minh City.
const MORNING: i64 = 1_795_399_200_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;
/// Pages of one exchange.
const PAGES: usize = 12;

/// Who a message goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Pc(usize),
    Server,
}

/// A message that was held up on its way.
pub(super) struct Late {
    pub to: Node,
    pub from: AuthorId,
    pub bundle: Vec<u8>,
}

/// An entry that was durable somewhere.
pub(super) struct Written {
    pub entry: Entry,
    pub hash: EntryHash,
}

/// A clinic in a network that fails.
pub(super) struct World {
    pub now: i64,
    pub pcs: Vec<Pc>,
    pub server: Server,
    pub server_offset: i64,
    /// Who can't be reached by the others, until when.
    pub walls: Vec<(BTreeSet<usize>, i64)>,
    pub late: Vec<Late>,
    pub sticks: Vec<Vec<u8>>,
    pub written: Vec<Written>,
    /// Entries whose last disk is gone, or that a revocation took from everybody.
    pub excused: BTreeSet<EntryHash>,
    /// Entries whose payload no disk holds any more: whoever had it lost it, before those who know of it were given it.
    pub bare: BTreeSet<EntryHash>,
    pub erased: BTreeSet<RecordId>,
    pub records: Vec<RecordId>,
    /// The network works.
    pub calm: bool,
    /// Rollbacks of the server that took entries of its own from it which PCs hold.
    pub owed_notice: u32,
    /// How often a backup took the place of a disk, or a PC was copied.
    pub restored: u32,
    /// How often that was the server's.
    pub rolled_back: u32,
    /// A disk lost entries since this was last looked at.
    pub dropped: bool,
    /// Keys that no owner has.
    pub orphans: BTreeSet<ledger::Epoch>,
}

/// Number of the server among nodes that a wall may part.
const SERVER: usize = usize::MAX;

impl World {
    pub(super) fn found(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let root = RootSecret::generate(&mut rng);
        let keys = root.signer().keys();
        let genesis = Member::Genesis {
            keys,
            clinic: "Nha khoa".into(),
            name: "Quầy 0".into(),
            branch: "Quận 3".into(),
        };
        // The clinic's id is the hash of its first entry, so that one is made twice.
        let draft = ledger::Ledger::new(keys.id()).next(
            Kind::Member,
            keys.id().into(),
            ledger::Epoch::NONE,
            MORNING,
        );
        let first = draft.finish(genesis.encode()).unwrap();
        let clinic = ClinicId::of_genesis(&first.header.hash());
        let mut founder = Pc::new("Quầy 0".into(), clinic, &root);
        founder.standing = Standing::Works;
        let server = Server::new(&mut rng, clinic);
        let mut world = Self {
            now: MORNING,
            pcs: Vec::new(),
            server,
            server_offset: 0,
            walls: Vec::new(),
            late: Vec::new(),
            sticks: Vec::new(),
            written: Vec::new(),
            excused: BTreeSet::new(),
            bare: BTreeSet::new(),
            erased: BTreeSet::new(),
            records: Vec::new(),
            calm: true,
            owed_notice: 0,
            restored: 0,
            rolled_back: 0,
            dropped: false,
            orphans: BTreeSet::new(),
        };
        let kit = RootSecret::generate(&mut rng).signer().keys();
        let mut entries = vec![founder.member(&genesis, MORNING)];
        entries.push(founder.member(&enrol(kit, Role::Paper, "Giấy"), MORNING));
        entries.extend(founder.new_epoch(&mut rng, MORNING));
        world.pcs.push(founder);
        world.note(entries);
        world.sync_server(0, &mut rng);
        world.calm = false;
        world
    }

    /// Remembers what was made durable.
    pub(super) fn note(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            let hash = entry.header.hash();
            self.written.push(Written { entry, hash });
        }
    }

    /// PCs for which `wish` holds.
    pub(super) fn which(&self, wish: impl Fn(&Pc) -> bool) -> Vec<usize> {
        let all = self.pcs.iter().enumerate();
        all.filter(|(_, pc)| wish(pc)).map(|(at, _)| at).collect()
    }

    /// Whether nothing stands between two nodes.
    pub(super) fn reach(&self, a: usize, b: usize) -> bool {
        let parts = |side: &BTreeSet<usize>| side.contains(&a) != side.contains(&b);
        !self
            .walls
            .iter()
            .any(|(side, until)| *until > self.now && parts(side))
    }

    /// What arrives at once of a message; what is held up arrives some day.
    fn carry(
        &mut self,
        rng: &mut StdRng,
        to: Node,
        from: AuthorId,
        bundle: Vec<u8>,
    ) -> Vec<Vec<u8>> {
        if self.calm {
            return vec![bundle];
        }
        let late = |bundle| Late { to, from, bundle };
        match rng.random_range(0..100) {
            0..12 => Vec::new(),
            12..24 => {
                self.late.push(late(bundle));
                Vec::new()
            }
            24..36 => {
                let end = rng.random_range(0..=bundle.len());
                vec![bundle[..end].to_vec()]
            }
            36..44 => vec![bundle.clone(), bundle],
            44..52 => {
                self.late.push(late(bundle.clone()));
                vec![bundle]
            }
            52..57 => vec![withhold(rng, &bundle)],
            _ => vec![bundle],
        }
    }

    /// One PC and the server tell each other what the other lacks.
    pub(super) fn sync_server(&mut self, at: usize, rng: &mut StdRng) {
        if self.pcs[at].standing == Standing::Removed || !self.reach(at, SERVER) {
            return;
        }
        self.claim(at);
        let id = self.pcs[at].id();
        match self.server.knows(id) {
            Some(false) => {
                self.remove(at);
                return;
            }
            None if self.server.knows(self.pcs[0].id()).is_some() => return,
            _ => {}
        }
        if !self.push(at, false, rng) || !self.pull(at, rng) || !self.push(at, true, rng) {
            return;
        }
        self.bring(at, rng);
        self.pcs[at].judge_server();
        let pc = &self.pcs[at];
        if pc.is_owner() && self.server.knows(id) == Some(true) {
            if let Some((_, key)) = intake_key(&pc.disk.epochs) {
                self.server.publish(key);
            }
            let now = self.now;
            let written = self.pcs[at].missing_grants(rng, now);
            let wrote = !written.is_empty();
            self.note(written);
            if wrote {
                self.push(at, false, rng);
            }
        }
    }

    /// An owner enrols a server whose key is new.
    fn claim(&mut self, at: usize) {
        let server = self.server.keys();
        let pc = &mut self.pcs[at];
        let known = pc.disk.replica.roster().author(server.id()).is_some();
        if pc.is_owner() && !known && !self.server.is_behind() {
            let now = self.now;
            let entry = pc.member(&enrol(server, Role::Server, "Máy chủ"), now);
            pc.disk.theirs = Have::default();
            self.note([entry]);
        }
    }

    /// With `ask`, a server that has not said since the start what it has is asked even if it seems to lack nothing.
    fn push(&mut self, at: usize, ask: bool, rng: &mut StdRng) -> bool {
        let id = self.pcs[at].id();
        let mut rolled_back = false;
        for _ in 0..PAGES {
            let pc = &self.pcs[at];
            let limit = if self.calm { usize::MAX } else { 6_000 };
            let theirs = pc.disk.theirs.clone();
            let (bundle, _) = pc.disk.bundle(&pc.secrets.signer, &theirs, limit);
            let unsure = ask && !pc.have_is_fresh;
            if Reader::new(&bundle).next().is_none() && !unsure {
                return true;
            }
            let mut answer = None;
            for bundle in self.carry(rng, Node::Server, id, bundle) {
                answer = Some(self.server.push(&bundle));
                self.dropped |= std::mem::take(&mut self.server.dropped);
            }
            let Some(pushed) = answer else { return false };
            if !self.calm && rng.random_bool(0.1) {
                // The answer is lost.
                return false;
            }
            let pc = &mut self.pcs[at];
            pc.have_is_fresh = true;
            pc.missing_there.clone_from(&pushed.missing);
            if pushed.have.seq(id) > pc.disk.ledger.seq() {
                pc.told.push((Some(id), AlarmKind::StaleCopy));
            }
            let forks = pushed.refused.iter().filter(|(_, lie)| *lie == Lie::Fork);
            let forks: Vec<_> = forks.map(|(by, _)| (Some(*by), AlarmKind::Fork)).collect();
            pc.told.extend(forks);
            let lost = theirs
                .0
                .iter()
                .filter(|(by, seq)| pushed.have.seq(**by) < **seq);
            let lost: Vec<_> = lost.map(|(by, _)| (*by, pushed.have.seq(*by))).collect();
            let fell = !lost.is_empty();
            pc.doubts.extend(lost);
            pc.disk.theirs = within(&pushed.have, pc);
            let more = pc
                .disk
                .theirs
                .0
                .iter()
                .any(|(by, seq)| theirs.seq(*by) < *seq);
            let again = fell && !std::mem::replace(&mut rolled_back, true);
            if pushed.refused.iter().any(|(by, _)| *by == id) {
                return false;
            }
            if !more && !again {
                return true;
            }
        }
        true
    }

    /// Sends once more what the server holds without its payload and this PC holds whole.
    fn bring(&mut self, at: usize, rng: &mut StdRng) {
        let id = self.pcs[at].id();
        let mut last = None;
        while let Some(have) = self.pcs[at]
            .to_bring()
            .filter(|have| last.as_ref() != Some(have))
        {
            let pc = &self.pcs[at];
            let limit = if self.calm { usize::MAX } else { 6_000 };
            let (bundle, _) = pc.disk.whole_bundle(&pc.secrets.signer, &have, limit);
            for bundle in self.carry(rng, Node::Server, id, bundle) {
                let pushed = self.server.push(&bundle);
                self.pcs[at].missing_there = pushed.missing;
            }
            last = Some(have);
        }
    }

    fn pull(&mut self, at: usize, rng: &mut StdRng) -> bool {
        let server = self.server.id();
        let fresh = self.pcs[at].disk.replica.have().seq(server);
        self.server.seen(fresh);
        let mut whole_answer = true;
        for whole in [false, true] {
            for _ in 0..PAGES {
                let pc = &self.pcs[at];
                let have = if whole {
                    let Some(have) = pc.wanted_whole() else { break };
                    have
                } else {
                    pc.wanted()
                };
                let limit = if self.calm { usize::MAX } else { 8_000 };
                let (bundle, more) = self.server.page(&have, limit);
                let carried = self.carry(rng, Node::Pc(at), server, bundle.clone());
                let mut news = 0;
                for bundle in &carried {
                    news += self.pcs[at].take(bundle);
                }
                // A PC notices an answer that did not come whole.
                if carried.last() != Some(&bundle) {
                    return false;
                }
                if !more || news == 0 {
                    whole_answer &= !more;
                    break;
                }
            }
        }
        whole_answer
    }

    /// Two PCs in one room.
    pub(super) fn sync_peer(&mut self, a: usize, b: usize, rng: &mut StdRng) {
        let works = |pc: &Pc| pc.standing != Standing::Removed;
        if a == b || !self.reach(a, b) || !works(&self.pcs[a]) || !works(&self.pcs[b]) {
            return;
        }
        for (from, to) in [(a, b), (b, a)] {
            for _ in 0..PAGES {
                let whole = self.pcs[to].wanted_whole();
                let have = whole.unwrap_or_else(|| self.pcs[to].wanted());
                let pc = &self.pcs[from];
                let limit = if self.calm { usize::MAX } else { 8_000 };
                let (bundle, more) = pc.disk.whole_bundle(&pc.secrets.signer, &have, limit);
                let sender = pc.id();
                let carried = self.carry(rng, Node::Pc(to), sender, bundle);
                let mut news = 0;
                for bundle in carried {
                    news += self.pcs[to].take(&bundle);
                }
                if !more || news == 0 {
                    break;
                }
            }
        }
    }

    /// A PC that was told so wipes itself.
    pub(super) fn remove(&mut self, at: usize) {
        self.dropped = true;
        self.pcs[at].standing = Standing::Removed;
        self.pcs[at].told.push((None, AlarmKind::Revoked));
    }

    /// Whatever no disk holds any more can't be asked for.
    pub(super) fn excuse(&mut self) {
        self.pcs.iter_mut().for_each(|pc| pc.dropped = false);
        let pcs = self.pcs.iter();
        let pcs = pcs.filter(|pc| pc.standing != Standing::Removed);
        let disks: Vec<_> = pcs.map(|pc| &pc.disk).collect();
        let mut held: BTreeSet<EntryHash> = BTreeSet::new();
        let mut whole: BTreeSet<EntryHash> = BTreeSet::new();
        for disk in disks.into_iter().chain([&self.server.now.disk]) {
            held.extend(disk.hashes.values());
            let present = disk.all().filter(|entry| entry.payload.bytes().is_some());
            let places = present.map(|entry| (entry.header.author, entry.header.seq));
            whole.extend(places.filter_map(|place| disk.hashes.get(&place)));
        }
        let gone = self.written.iter().map(|written| written.hash);
        let lost = gone.clone().filter(|hash| !whole.contains(hash));
        self.bare.extend(lost);
        self.excused
            .extend(gone.filter(|hash| !held.contains(hash)));
    }

    /// Authors of whom two disks hold different entries of one number.
    pub(super) fn forked(&self) -> BTreeMap<AuthorId, u64> {
        let pcs = self
            .pcs
            .iter()
            .filter(|pc| pc.standing != Standing::Removed);
        let disks = pcs.map(|pc| &pc.disk).chain([&self.server.now.disk]);
        let mut seen: BTreeMap<super::disk::Place, EntryHash> = BTreeMap::new();
        let mut forked: BTreeMap<AuthorId, u64> = BTreeMap::new();
        for disk in disks {
            for ((author, seq), hash) in &disk.hashes {
                if *seen.entry((*author, *seq)).or_insert(*hash) != *hash {
                    let first = forked.entry(*author).or_insert(*seq);
                    *first = (*first).min(*seq);
                }
            }
        }
        forked
    }
}

pub(super) fn enrol(keys: ledger::AuthorKeys, role: Role, name: &str) -> Member {
    Member::Enrol {
        keys,
        role,
        name: name.into(),
        branch: "Quận 3".into(),
    }
}

/// What the server says, as far as it can be so.
fn within(have: &Have, pc: &Pc) -> Have {
    let held = |(author, seq): (&AuthorId, &u64)| {
        let tip = pc.disk.replica.tip(*author)?;
        Some((*author, tip.seq.min(*seq)))
    };
    Have(have.0.iter().filter_map(held).collect())
}

/// The same bundle with some payloads kept back.
fn withhold(rng: &mut StdRng, bundle: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    for mut segment in Reader::new(bundle).map_while(Result::ok) {
        for entry in &mut segment.entries {
            if entry.header.kind.is_erasable() && rng.random_bool(0.3) {
                entry.payload = Payload::Erased;
            }
        }
        writer.segment(&segment);
    }
    writer.finish()
}

pub(super) const fn server_node() -> usize {
    SERVER
}
