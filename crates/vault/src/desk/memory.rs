//! What an open vault keeps in memory, and nothing else does: lists, names, and who we are.
use std::collections::{BTreeMap, HashMap};

use ledger::{AuthorId, Have, RecordId, Replica, Role};

use super::{Desk, Writer};
use crate::directory::Directory;
use crate::exchange::peers::Peers;
use crate::local::{Front, Link, Profile};
use crate::projection::{self, Record};
use crate::view::{DeskView, Millis, Nearby, SyncMark};

/// A part of another desk's ledger that is here and, as far as we know, not on the server.
#[derive(Clone, Copy)]
pub(crate) struct Lag {
    /// Its first entry.
    pub from: u64,
    /// How many entries.
    pub entries: u64,
}

/// In-memory side of a vault.
#[derive(Default)]
pub(crate) struct Memory {
    pub directory: Directory,
    /// Rows of records whose first entry has not arrived: they belong in no list.
    orphans: HashMap<RecordId, i64>,
    /// The page kept for the moment after unlocking, until the directory is there.
    pub front: Option<Front>,
    pub profile: Profile,
    /// Number of our own last entry.
    pub own_seq: u64,
    acknowledged: Vec<(u64, Millis)>,
    /// Own last entries that another PC acknowledged, and when, rising.
    elsewhere: Vec<(u64, Millis)>,
    /// When every part that the server lacks of other desks' ledgers was known to be on another PC
    /// as well; `None` while one is here only.
    lag_elsewhere: Option<Millis>,
    /// How much of what the server lacks of other desks is here only.
    lag_here_only: u64,
    /// Other desks whose ledgers the server lacks a part of: from which entry on, and how many.
    lagging: BTreeMap<AuthorId, Lag>,
    server: Option<String>,
    clinic: String,
    desk: String,
    branch: String,
    names: BTreeMap<AuthorId, String>,
    branches: Vec<String>,
    /// Branch of each author.
    places: BTreeMap<AuthorId, String>,
}

impl Memory {
    pub(crate) fn of(writer: &Writer, front: Option<Front>) -> Self {
        let mut memory = Self {
            front,
            own_seq: writer.ledger.seq(),
            ..Self::default()
        };
        memory.see_profile(&writer.profile.value);
        memory.see_link(&writer.link.value);
        memory.see_roster(&writer.replica, writer.ledger.author());
        memory.see_others(writer);
        memory
    }

    pub(crate) fn see_profile(&mut self, profile: &Profile) {
        self.profile.clone_from(profile);
    }

    pub(crate) fn see_link(&mut self, link: &Link) {
        self.acknowledged.clone_from(&link.acknowledged);
        self.server.clone_from(&link.url);
    }

    pub(crate) fn see_roster(&mut self, replica: &Replica, me: AuthorId) {
        let roster = replica.roster();
        roster
            .clinic_name()
            .unwrap_or_default()
            .clone_into(&mut self.clinic);
        if let Some(author) = roster.author(me) {
            self.desk.clone_from(&author.name);
            self.branch.clone_from(&author.branch);
        }
        self.names = roster
            .iter()
            .map(|(id, author)| (id, author.name.clone()))
            .collect();
        self.places = roster
            .iter()
            .map(|(id, author)| (id, author.branch.clone()))
            .collect();
        let desks = roster
            .iter()
            .filter(|(_, author)| author.role != Role::Server);
        self.branches = desks.map(|(_, author)| author.branch.clone()).collect();
        self.branches.retain(|branch| !branch.is_empty());
        self.branches.sort();
        self.branches.dedup();
    }

    /// Compares what we have of other desks with what the server has: a PC that was recovered
    /// holds what it wrote under its former name, and maybe nobody else does.
    pub(crate) fn see_others(&mut self, writer: &Writer) {
        let have = Have::from_map(&writer.link.value.have).unwrap_or_default();
        let others =
            writer.replica.roster().iter().filter(|(id, author)| {
                *id != writer.ledger.author() && author.role != Role::Server
            });
        let lag = |id: AuthorId| {
            let (tip, held) = (writer.replica.tip(id)?.seq, have.seq(id));
            let entries = tip.checked_sub(held).filter(|entries| *entries > 0)?;
            let from = held + 1;
            Some((id, Lag { from, entries }))
        };
        self.lagging = others.filter_map(|(id, _)| lag(id)).collect();
        self.see_peers(&writer.peers.value);
    }

    /// Compares what the server lacks with what other PCs have.
    fn see_peers(&mut self, peers: &Peers) {
        self.elsewhere = peers.acknowledged();
        let (mut since, mut here_only) = (Some(0), 0);
        for (author, lag) in &self.lagging {
            let end = lag.from + lag.entries - 1;
            let (near, at) = peers.reach(*author, end);
            here_only += end.saturating_sub(near.max(lag.from - 1));
            since = since.zip(at).map(|(one, other)| one.max(other));
        }
        self.lag_elsewhere = since.filter(|_| here_only == 0);
        self.lag_here_only = here_only;
    }

    /// Entries that neither the server nor another PC has, as far as we know; nothing while there
    /// is nobody else to have any.
    pub(crate) fn here_only(&self) -> u64 {
        if self.server.is_none() && self.elsewhere.is_empty() {
            return 0;
        }
        let server = self.acknowledged.last().map_or(0, |&(seq, _)| seq);
        let near = self.elsewhere.last().map_or(0, |&(seq, _)| seq);
        self.own_seq.saturating_sub(server.max(near)) + self.lag_here_only
    }

    /// A PC nearby, for the window.
    pub(crate) fn nearby(&self, id: AuthorId, synced_at: Option<Millis>) -> Nearby {
        Nearby {
            id: id.to_string(),
            name: self.name(id),
            branch: self.places.get(&id).cloned().unwrap_or_default(),
            synced_at,
        }
    }

    /// What the server lacks of other desks.
    pub(crate) fn lagging(&self) -> &BTreeMap<AuthorId, Lag> {
        &self.lagging
    }

    /// Puts a record where lists find it.
    pub(crate) fn index(&mut self, row: i64, record: &Record) {
        if projection::index(&mut self.directory, row, record) {
            self.orphans.remove(&record.id);
        } else {
            self.orphans.insert(record.id, row);
        }
    }

    /// Place of a record's row.
    pub(crate) fn row_of(&self, id: RecordId) -> Option<i64> {
        let slot = self.directory.slot(id);
        slot.map(|slot| self.directory.row_of(slot))
            .or_else(|| self.orphans.get(&id).copied())
    }

    /// Takes everything over that was read from the rows.
    pub(crate) fn load(&mut self, directory: Directory, orphans: HashMap<RecordId, i64>) {
        self.directory = directory;
        self.orphans = orphans;
        self.front = None;
    }

    /// How far a record has travelled: our newest entry about it, and those of desks whose ledgers
    /// the server does not have whole.
    pub(crate) fn sync_mark(&self, record: &Record) -> SyncMark {
        let own_seq = record.own_seq;
        let mut authors = record.lead.iter().map(|(stamp, _)| stamp.author);
        let lags = |author| self.lagging.contains_key(&AuthorId::from_bytes(author));
        let lagging = !self.lagging.is_empty() && authors.any(lags);
        let on_server = covering(&self.acknowledged, own_seq);
        match (lagging, on_server) {
            (false, Some(at)) => return SyncMark::OnServer { at },
            (true, _) if self.lag_elsewhere.is_none() => return SyncMark::OnlyHere,
            _ => {}
        }
        let others = if lagging { self.lag_elsewhere } else { Some(0) };
        let own = on_server.or_else(|| covering(&self.elsewhere, own_seq));
        match own.zip(others) {
            Some((own, others)) => SyncMark::Elsewhere {
                at: own.max(others),
            },
            None => SyncMark::OnlyHere,
        }
    }

    /// Name of a desk or server.
    pub(crate) fn name(&self, author: AuthorId) -> String {
        self.names.get(&author).cloned().unwrap_or_default()
    }

    /// Branches of the desks and of the leads.
    pub(crate) fn all_branches(&self) -> Vec<String> {
        let mut all = self.directory.branches();
        all.extend(self.branches.iter().cloned());
        all.extend(
            self.front
                .iter()
                .flat_map(|front| front.branches.iter().cloned()),
        );
        all.sort();
        all.dedup();
        all
    }

    /// Branch of this desk, if it has one.
    pub(crate) fn own_branch(&self) -> Option<&str> {
        (!self.branch.is_empty()).then_some(self.branch.as_str())
    }

    pub(crate) fn desk_view(&self, desk: &Desk) -> DeskView {
        DeskView {
            clinic: self.clinic.clone(),
            clinic_id: desk.clinic.to_string(),
            branch: self.branch.clone(),
            desk: self.desk.clone(),
            author: desk.me.to_string(),
            person: self.profile.person.clone(),
            server: self.server.clone(),
            kit_checked: self.profile.kit_checked,
            branches: self.all_branches(),
        }
    }
}

/// When an own entry was acknowledged: 0 for none at all, nothing for one that was not.
fn covering(acknowledged: &[(u64, Millis)], own_seq: u64) -> Option<Millis> {
    if own_seq == 0 {
        return Some(0);
    }
    let covering = acknowledged.partition_point(|&(seq, _)| seq < own_seq);
    acknowledged.get(covering).map(|&(_, at)| at)
}
