//! What an open vault keeps in memory, and nothing else does: lists, names, and who we are.
use std::collections::{BTreeMap, HashMap};

use ledger::{AuthorId, RecordId, Replica, Role};

use super::{Desk, Writer};
use crate::directory::Directory;
use crate::local::{Front, Link, Profile};
use crate::projection::{self, Record};
use crate::view::{DeskView, Millis, SyncMark};

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
    server: Option<String>,
    clinic: String,
    desk: String,
    branch: String,
    names: BTreeMap<AuthorId, String>,
    branches: Vec<String>,
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
        let desks = roster
            .iter()
            .filter(|(_, author)| author.role != Role::Server);
        self.branches = desks.map(|(_, author)| author.branch.clone()).collect();
        self.branches.retain(|branch| !branch.is_empty());
        self.branches.sort();
        self.branches.dedup();
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

    /// How far our newest entry about something has travelled.
    pub(crate) fn sync_mark(&self, own_seq: u64) -> SyncMark {
        if own_seq == 0 {
            return SyncMark::OnServer { at: 0 };
        }
        let covering = self.acknowledged.partition_point(|&(seq, _)| seq < own_seq);
        match self.acknowledged.get(covering) {
            Some(&(_, at)) => SyncMark::OnServer { at },
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
