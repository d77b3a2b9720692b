//! What happens in one step: people work, things break, time passes.
use std::collections::BTreeSet;

use casebook::basis::BasisKind;
use casebook::lead::{Change, Doing, Draft, LeadState, Outcome, Source};
use casebook::opening::Hours;
use ledger::{AuthorId, Epoch, Kind, Ledger, Member, RecordId, Role};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use seal::RootSecret;

use super::pc::{Pc, Standing};
use super::world::{DAY, MINUTE, Node, World, enrol, server_node};
use crate::desk::Secrets;

/// Most PCs that ever exist in one schedule, copies included.
const MOST: usize = 8;
const TEN_YEARS: i64 = 3_652 * DAY;

/// Kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    Act,
    Submit,
    SyncServer,
    SyncPeer,
    StickOut,
    StickIn,
    Late,
    Wall,
    Crash,
    Clock,
    Join,
    Rename,
    Promote,
    Revoke,
    Erase,
    ServerRestart,
    ServerBackup,
    ServerRollback,
    Restored,
    Backup,
    Restore,
    Clone,
}

/// How often each comes; the last column: whether a schedule can do without it.
const WEIGHTS: [(Event, u32, bool); 22] = [
    (Event::Act, 300, false),
    (Event::Submit, 70, false),
    (Event::SyncServer, 200, false),
    (Event::SyncPeer, 80, true),
    (Event::StickOut, 20, true),
    (Event::StickIn, 30, true),
    (Event::Late, 40, false),
    (Event::Wall, 40, true),
    (Event::Crash, 40, true),
    (Event::Clock, 25, true),
    (Event::Join, 45, false),
    (Event::Rename, 15, true),
    (Event::Promote, 10, true),
    (Event::Revoke, 20, true),
    (Event::Erase, 20, true),
    (Event::ServerRestart, 10, true),
    (Event::ServerBackup, 15, true),
    (Event::ServerRollback, 12, true),
    (Event::Restored, 15, false),
    (Event::Backup, 25, true),
    (Event::Restore, 12, true),
    (Event::Clone, 10, true),
];

/// Events that a schedule may have: some do without this and that, so that what is left meets more often.
pub(super) fn possible(rng: &mut StdRng) -> Vec<(Event, u32)> {
    let all = WEIGHTS.iter();
    all.filter(|(_, _, optional)| !optional || rng.random_bool(0.6))
        .map(|(event, weight, _)| (*event, *weight))
        .collect()
}

/// One of them.
pub(super) fn pick(rng: &mut StdRng, possible: &[(Event, u32)]) -> Event {
    let total = possible.iter().map(|(_, weight)| weight).sum();
    let mut place = rng.random_range(0..total);
    for (event, weight) in possible {
        if place < *weight {
            return *event;
        }
        place -= weight;
    }
    Event::Act
}

/// Any of them; `None` of none.
fn any<T: Copy>(rng: &mut StdRng, all: &[T]) -> Option<T> {
    (!all.is_empty()).then(|| all[rng.random_range(0..all.len())])
}

/// Between two times, as likely short as long.
fn span(rng: &mut StdRng, from: i64, to: i64) -> i64 {
    let scale = |ms: i64| {
        #[allow(clippy::cast_precision_loss)]
        (ms as f64).ln()
    };
    #[allow(clippy::cast_possible_truncation)]
    (rng.random_range(scale(from)..scale(to)).exp() as i64)
}

impl World {
    /// One event, all of whose chances come from `seed`.
    pub(super) fn step(&mut self, event: Event, seed: u64) {
        let rng = &mut StdRng::seed_from_u64(seed);
        self.now += span(rng, 1_000, 4 * DAY);
        let everybody: Vec<usize> = (0..self.pcs.len()).collect();
        let one = any(rng, &everybody).unwrap_or(0);
        match event {
            Event::Act => self.act(rng),
            Event::Submit => {
                let now = self.now.saturating_add(self.server_offset);
                let entry = self.server.submit(rng, now);
                self.records
                    .extend(entry.iter().map(|entry| entry.header.record));
                self.note(entry);
            }
            Event::SyncServer => self.sync_server(one, rng),
            Event::SyncPeer => {
                let other = any(rng, &everybody).unwrap_or(0);
                self.sync_peer(one, other, rng);
            }
            Event::StickOut | Event::StickIn => self.stick(event, one, rng),
            Event::Late => self.late_post(rng),
            Event::Wall => self.wall(rng),
            Event::Crash => self.pcs[one].restart(),
            Event::Clock => self.clock(one, rng),
            Event::Join => self.join(rng),
            Event::Rename | Event::Promote => self.reword(event, rng),
            Event::Revoke => self.revoke_any(rng),
            Event::Erase => self.erase(rng),
            Event::ServerRestart => self.server.restart(),
            Event::ServerBackup => self.server.backup = Some(self.server.now.clone()),
            Event::ServerRollback => self.roll_server_back(),
            Event::Restored => {
                if self.server.is_behind() {
                    self.server.restored(rng);
                }
            }
            Event::Backup => self.pcs[one].backup = Some(self.pcs[one].disk.clone()),
            Event::Restore => self.restore(rng),
            Event::Clone => self.clone_one(rng),
        }
        let lossy = matches!(
            event,
            Event::Restore | Event::ServerRollback | Event::Revoke
        );
        if std::mem::take(&mut self.dropped) || lossy || self.pcs.iter().any(|pc| pc.dropped) {
            self.excuse();
        }
    }

    /// A person does something to a lead.
    fn act(&mut self, rng: &mut StdRng) {
        let able = self.which(Pc::may_act);
        let Some(at) = any(rng, &able) else { return };
        let now = self.now;
        for _ in 0..rng.random_range(1..3) {
            let pc = &mut self.pcs[at];
            let leads: Vec<RecordId> = pc.disk.leads.keys().copied().collect();
            let doing = Doing {
                staff: None,
                by: "Chị Hạnh",
                now_ms: now.saturating_add(pc.offset),
            };
            let lead = any(rng, &leads).filter(|_| rng.random_bool(0.75));
            let (id, change) = match lead {
                None => {
                    let id = RecordId::from_bytes(rng.random());
                    self.records.push(id);
                    (id, created(rng, doing))
                }
                Some(id) => match proposed(rng, pc, &leads, id, doing) {
                    Some(change) => (id, change),
                    None => continue,
                },
            };
            let (name, kind) = (change.name.clone(), kind_of(&change));
            let entry = pc.change(rng, kind, id, change, now);
            if let Some(name) = name {
                let facts = pc.disk.leads[&id].facts();
                assert_eq!(facts.name, name, "an edit is not what its own PC shows");
            }
            self.note([entry]);
        }
    }

    fn stick(&mut self, event: Event, at: usize, rng: &mut StdRng) {
        if event == Event::StickOut {
            let pc = &self.pcs[at];
            // Sometimes all of it, sometimes what the server had not.
            let theirs = if rng.random_bool(0.5) {
                ledger::Have::default()
            } else {
                pc.disk.theirs.clone()
            };
            let (bundle, _) = pc
                .disk
                .whole_bundle(&pc.secrets.signer, &theirs, usize::MAX);
            self.sticks.push(bundle);
            return;
        }
        let place = rng.random_range(0..self.sticks.len().max(1));
        let Some(stick) = self.sticks.get(place).cloned() else {
            return;
        };
        if rng.random_bool(0.3) {
            let end = rng.random_range(0..=stick.len());
            self.pcs[at].take(&stick[..end]);
        } else {
            self.pcs[at].take(&stick);
        }
        if rng.random_bool(0.3) {
            self.pcs[at].take(&stick);
        }
    }

    fn late_post(&mut self, rng: &mut StdRng) {
        if self.late.is_empty() {
            return;
        }
        let place = rng.random_range(0..self.late.len());
        let late = self.late.swap_remove(place);
        match late.to {
            Node::Pc(at) => {
                self.pcs[at].take(&late.bundle);
            }
            Node::Server if self.server.knows(late.from) == Some(true) => {
                self.server.push(&late.bundle);
            }
            Node::Server => {}
        }
    }

    fn wall(&mut self, rng: &mut StdRng) {
        let mut side: BTreeSet<usize> = (0..self.pcs.len()).collect();
        side.insert(server_node());
        side.retain(|_| rng.random_bool(0.5));
        let until = self.now + span(rng, MINUTE, 60 * DAY);
        let now = self.now;
        self.walls.retain(|(_, until)| *until > now);
        self.walls.push((side, until));
    }

    fn clock(&mut self, one: usize, rng: &mut StdRng) {
        let offset = match rng.random_range(0..3) {
            0 => 0,
            1 => rng.random_range(-TEN_YEARS..TEN_YEARS),
            _ => rng.random_range(-DAY..DAY),
        };
        if rng.random_bool(0.1) {
            self.server_offset = offset;
        } else {
            self.pcs[one].offset = offset;
        }
    }

    /// A new PC comes, or one that was restored from a backup comes back as a new author.
    fn join(&mut self, rng: &mut StdRng) {
        let waiting = self.which(|pc| pc.standing == Standing::Waits);
        let at = match any(rng, &waiting) {
            Some(at) => at,
            None if self.pcs.len() < MOST => {
                let root = RootSecret::generate(rng);
                let clinic = self.pcs[0].disk.clinic;
                let name = format!("Quầy {}", self.pcs.len());
                self.pcs.push(Pc::new(name, clinic, &root));
                self.pcs.len() - 1
            }
            None => return,
        };
        let owners = self.which(Pc::is_owner);
        if let Some(owner) = any(rng, &owners) {
            self.enrol(owner, at, rng);
        }
    }

    /// An owner enrols a PC that stands before it, and tells it all it knows.
    pub(super) fn enrol(&mut self, owner: usize, at: usize, rng: &mut StdRng) {
        if self.pcs[at].standing != Standing::Waits || !self.reach(owner, at) {
            return;
        }
        let role = if rng.random_bool(0.2) {
            Role::Owner
        } else {
            Role::Desk
        };
        let member = enrol(self.pcs[at].keys(), role, &self.pcs[at].name.clone());
        let now = self.now;
        let mut entries = vec![self.pcs[owner].member(&member, now)];
        entries.extend(self.pcs[owner].missing_grants(rng, now));
        self.note(entries);
        self.pcs[at].standing = Standing::Works;
        self.sync_peer(owner, at, rng);
    }

    /// An owner gives a PC another name, or makes it an owner.
    fn reword(&mut self, event: Event, rng: &mut StdRng) {
        let owners = self.which(Pc::is_owner);
        let Some(owner) = any(rng, &owners) else {
            return;
        };
        let roster = self.pcs[owner].disk.replica.roster();
        let desks = roster.iter().filter(|(_, author)| {
            author.last_seq.is_none() && matches!(author.role, Role::Desk | Role::Owner)
        });
        let desks: Vec<_> = desks.map(|(id, author)| (id, author.keys)).collect();
        let Some((author, keys)) = any(rng, &desks) else {
            return;
        };
        let name = format!("Quầy {}", rng.random_range(0..1000));
        let member = if event == Event::Rename {
            Member::Rename {
                author,
                name,
                branch: "Quận 1".into(),
            }
        } else {
            enrol(keys, Role::Owner, &name)
        };
        let now = self.now;
        let entry = self.pcs[owner].member(&member, now);
        self.note([entry]);
    }

    fn revoke_any(&mut self, rng: &mut StdRng) {
        let owners = self.which(Pc::is_owner);
        let Some(owner) = any(rng, &owners) else {
            return;
        };
        let (pc, founder) = (&self.pcs[owner], self.pcs[0].id());
        let forked = self.forked();
        let targets = pc.disk.replica.roster().iter().filter(|(id, author)| {
            let role = match author.role {
                Role::Desk => true,
                // Owners who revoke each other at once must be settled by people.
                Role::Owner => owner == 0,
                Role::Server | Role::Paper => false,
            };
            let free = !forked.contains_key(id) && *id != founder && *id != pc.id();
            author.last_seq.is_none() && role && free
        });
        let targets: Vec<AuthorId> = targets.map(|(id, _)| id).collect();
        let Some(author) = any(rng, &targets) else {
            return;
        };
        let last_seq = pc.disk.replica.have().seq(author);
        self.revoke(owner, author, last_seq, rng);
    }

    /// An owner revokes a PC, and gives the others a new key.
    pub(super) fn revoke(
        &mut self,
        owner: usize,
        author: AuthorId,
        last_seq: u64,
        rng: &mut StdRng,
    ) {
        let now = self.now;
        let pc = &mut self.pcs[owner];
        let entry = pc.member(&Member::Revoke { author, last_seq }, now);
        // What the cut takes leaves this PC as it leaves every other.
        let hashes = &pc.disk.hashes;
        let known = |by, seq| hashes.get(&(by, seq)).copied();
        let cuts = pc.disk.replica.settle(known);
        for cut in &cuts {
            pc.disk.cut(*cut);
        }
        if !cuts.is_empty() {
            pc.disk.project();
        }
        let mut entries = vec![entry];
        entries.extend(pc.new_epoch(rng, now));
        self.note(entries);
    }

    fn erase(&mut self, rng: &mut StdRng) {
        let owners = self.which(Pc::is_owner);
        let Some(owner) = any(rng, &owners) else {
            return;
        };
        let records = self.records.clone();
        let Some(record) = any(rng, &records) else {
            return;
        };
        let now = self.now;
        let pc = &mut self.pcs[owner];
        let entry = pc.write(Kind::Erase, record, Epoch::NONE, now, |_| b"1".to_vec());
        pc.disk.erase();
        self.erased.insert(record);
        self.note([entry]);
    }

    fn roll_server_back(&mut self) {
        let (id, before) = (self.server.id(), self.server.now.disk.ledger.seq());
        if !self.server.roll_back() {
            return;
        }
        self.rolled_back += 1;
        let after = self.server.now.disk.ledger.seq();
        let held =
            |pc: &Pc| pc.standing != Standing::Removed && pc.disk.replica.have().seq(id) > after;
        if id == self.server.id() && before > after && self.pcs.iter().any(held) {
            self.owed_notice += 1;
        }
    }

    /// A PC's disk is replaced by its backup. If the keychain is not, that is noticed, and the PC
    /// waits to be enrolled as a new author; else it goes on as if nothing were.
    fn restore(&mut self, rng: &mut StdRng) {
        let able = self.which(|pc| pc.backup.is_some() && pc.standing == Standing::Works);
        let Some(at) = any(rng, &able).filter(|at| *at != 0) else {
            return;
        };
        let pc = &mut self.pcs[at];
        let Some(backup) = pc.backup.clone() else {
            return;
        };
        pc.disk = backup;
        self.restored += 1;
        pc.stopped.clear();
        if rng.random_bool(0.3) {
            pc.mirrored = pc.disk.counter;
        }
        if pc.mirrored > pc.disk.counter {
            pc.secrets = Secrets::of(&RootSecret::generate(rng)).into();
            pc.backup = None;
            pc.standing = Standing::Waits;
            let mut own = Ledger::new(pc.id());
            own.observe(pc.disk.replica.hlc());
            pc.disk.ledger = own;
        }
    }

    /// A disk and its keychain are copied to a second PC.
    fn clone_one(&mut self, rng: &mut StdRng) {
        let able = self.which(Pc::may_act);
        let Some(at) = any(rng, &able).filter(|at| *at != 0) else {
            return;
        };
        if self.pcs.len() >= MOST {
            return;
        }
        let pc = &self.pcs[at];
        let copy = Pc {
            name: pc.name.clone(),
            secrets: pc.secrets.clone(),
            disk: pc.disk.clone(),
            standing: pc.standing,
            offset: pc.offset,
            mirrored: pc.mirrored,
            backup: None,
            stopped: BTreeSet::new(),
            doubts: Vec::new(),
            have_is_fresh: false,
            missing_there: Vec::new(),
            dropped: false,
            told: Vec::new(),
        };
        self.restored += 1;
        self.pcs.push(copy);
    }
}

fn created(rng: &mut StdRng, doing: Doing<'_>) -> Change {
    let phone = format!("09{:08}", rng.random_range(0..100_000_000));
    let draft = Draft {
        name: "Nguyễn Văn An",
        phone: &phone,
        question: "Nhổ răng khôn",
        source: Source::Phone,
        basis: BasisKind::Consent,
        basis_note: "Khách gọi đến",
        branch: None,
    };
    Change::created(doing, &draft).unwrap()
}

fn kind_of(change: &Change) -> Kind {
    if change.access.is_some() {
        Kind::Access
    } else {
        Kind::Change
    }
}

/// What a clerk does to a lead, if that changes anything.
fn proposed(
    rng: &mut StdRng,
    pc: &Pc,
    leads: &[RecordId],
    id: RecordId,
    doing: Doing<'_>,
) -> Option<Change> {
    let lead = &pc.disk.leads[&id];
    let text = format!("Chị {}", rng.random_range(0..1000));
    match rng.random_range(0..10) {
        0 | 1 => {
            let outcome =
                [Outcome::Answered, Outcome::NoAnswer, Outcome::Callback][rng.random_range(0..3)];
            Some(lead.call(doing, outcome, None, Hours::default()))
        }
        2 => lead.note(doing, &text).ok()?,
        3 | 4 => lead.edit(doing, Some(&text), None, None).ok()?,
        5 => {
            let phone = format!("03{:08}", rng.random_range(0..100_000_000));
            lead.edit(doing, None, Some(&phone), None).ok()?
        }
        6 => {
            let state = [LeadState::Booked, LeadState::Declined, LeadState::Callback];
            lead.set_state(doing, state[rng.random_range(0..3)]).ok()?
        }
        7 => {
            let stamps: Vec<_> = lead.iter().map(|(stamp, _)| *stamp).collect();
            lead.undo(doing, any(rng, &stamps)?).ok()
        }
        8 => {
            let target = any(rng, leads)?;
            lead.merge_into(doing, *id.as_bytes(), *target.as_bytes())
                .ok()
        }
        _ => lead.unmerge(doing).ok(),
    }
}
