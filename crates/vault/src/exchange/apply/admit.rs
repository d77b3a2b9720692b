//! Deciding what of a bundle is let in, without touching the database.
use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    AuthorId, ClinicId, Cut, Entry, EntryHash, Kind, Lie, RecordId, Replica, Segment, SignedHead,
    Tip,
};
use seal::ClinicKey;

use crate::desk::{Epochs, Secrets};
use crate::exchange::open::{Opened, open_all};
use crate::view::AlarmKind;

/// What was let in, and what it turned out to be.
pub(super) struct Admitted {
    /// The replica with it.
    pub replica: Replica,
    /// New entries, each author's in order.
    pub entries: Vec<Entry>,
    /// Entries held already whose missing payload came.
    pub filled: Vec<Entry>,
    /// What each of them says.
    pub opened: Vec<Opened>,
    /// Where the ledgers that moved now stand.
    pub heads: BTreeMap<AuthorId, (u64, Option<SignedHead>)>,
    /// Segments whose author nobody has vouched for.
    pub unknown: Vec<Segment>,
    /// What a person must know.
    pub alarms: Vec<(AuthorId, AlarmKind)>,
    /// Ledgers cut short by a revocation.
    pub cuts: Vec<Cut>,
    /// Clinic keys granted to us.
    pub keys: Vec<ClinicKey>,
    /// Authors whose ledger stopped at a bad entry.
    pub stopped: BTreeSet<AuthorId>,
}

/// Admits segments, those of authors unknown at first again after the others.
pub(super) fn admit(
    replica: Replica,
    segments: Vec<Segment>,
    known: &BTreeMap<(AuthorId, u64), EntryHash>,
    epochs: &Epochs,
    clinic: ClinicId,
    secrets: &Secrets,
) -> Admitted {
    let mut admitted = Admitted {
        replica,
        entries: Vec::new(),
        filled: Vec::new(),
        opened: Vec::new(),
        heads: BTreeMap::new(),
        unknown: Vec::new(),
        alarms: Vec::new(),
        cuts: Vec::new(),
        keys: Vec::new(),
        stopped: BTreeSet::new(),
    };
    let mut hashes = known.clone();
    let mut waiting = segments;
    loop {
        let before = waiting.len();
        for segment in std::mem::take(&mut waiting) {
            if let Some(unknown) = admitted.take(segment, &mut hashes) {
                waiting.push(unknown);
            }
        }
        if waiting.len() == before || waiting.is_empty() {
            break;
        }
    }
    admitted.unknown = newest_of_each(waiting);
    admitted.drop_cut();
    admitted.opened = open_all(&admitted.entries, epochs, clinic);
    admitted.stop_at_bad();
    admitted.keys = granted(&admitted.entries, secrets);
    admitted
}

impl Admitted {
    /// Takes one segment in; gives it back if its author is not known.
    fn take(
        &mut self,
        segment: Segment,
        hashes: &mut BTreeMap<(AuthorId, u64), EntryHash>,
    ) -> Option<Segment> {
        let author = segment.author();
        if self.stopped.contains(&author) {
            return None;
        }
        let lookup = |author, seq| hashes.get(&(author, seq)).copied();
        let admission = match self.replica.admit(segment, lookup) {
            Ok(admission) => admission,
            Err(unknown) => return Some(*unknown.0),
        };
        if let Some(rejected) = admission.rejected {
            // A gap is an answer cut short, no lie: the next pull brings what is missing.
            if rejected.why != Lie::Gap {
                let fork = rejected.why == Lie::Fork;
                let kind = if fork {
                    AlarmKind::Fork
                } else {
                    AlarmKind::BadEntry
                };
                self.alarms.push((author, kind));
                self.stopped.insert(author);
            }
        }
        for entry in &admission.entries {
            hashes.insert((author, entry.header.seq), entry.header.hash());
        }
        if let Some(last) = admission.entries.last() {
            let head = admission
                .head
                .or(self.heads.get(&author).and_then(|(_, head)| *head));
            self.heads.insert(author, (last.header.seq, head));
        }
        self.entries.extend(admission.entries);
        self.filled.extend(admission.filled);
        self.cuts.extend(admission.cuts);
        None
    }

    /// Entries of this very bundle that a revocation in it made void.
    fn drop_cut(&mut self) {
        for cut in &self.cuts {
            self.entries.retain(|entry| {
                entry.header.author != cut.author || entry.header.seq <= cut.last_seq
            });
            if let Some((seq, head)) = self.heads.get_mut(&cut.author) {
                *seq = (*seq).min(cut.last_seq);
                *head = head.filter(|head| head.seq <= cut.last_seq);
            }
        }
        self.heads.retain(|_, (seq, _)| *seq > 0);
    }

    /// An entry of one of us that does not open stops its author's ledger just before it.
    fn stop_at_bad(&mut self) {
        let mut first_bad: BTreeMap<AuthorId, u64> = BTreeMap::new();
        for (entry, opened) in self.entries.iter().zip(&self.opened) {
            if matches!(opened, Opened::Bad) {
                first_bad
                    .entry(entry.header.author)
                    .or_insert(entry.header.seq);
            }
        }
        if first_bad.is_empty() {
            return;
        }
        let mut tips = self.replica.heads().clone();
        for (author, seq) in &first_bad {
            self.alarms.push((*author, AlarmKind::Unopenable));
            self.stopped.insert(*author);
            let good = self
                .entries
                .iter()
                .filter(|entry| entry.header.author == *author);
            let last = good.take_while(|entry| entry.header.seq < *seq).last();
            self.move_back(&mut tips, *author, *seq, last.cloned().as_ref());
        }
        let kept = |entry: &Entry| {
            first_bad
                .get(&entry.header.author)
                .is_none_or(|seq| entry.header.seq < *seq)
        };
        let flags: Vec<bool> = self.entries.iter().map(kept).collect();
        let mut flag = flags.iter();
        self.entries
            .retain(|_| flag.next().copied().unwrap_or(false));
        let mut flag = flags.iter();
        self.opened
            .retain(|_| flag.next().copied().unwrap_or(false));
        let (roster, gone) = (self.replica.roster().clone(), self.replica.gone().clone());
        self.replica = Replica::resume(roster, tips, gone);
    }

    fn move_back(
        &mut self,
        tips: &mut BTreeMap<AuthorId, Tip>,
        author: AuthorId,
        bad: u64,
        last: Option<&Entry>,
    ) {
        let Some(tip) = tips.get_mut(&author) else {
            return;
        };
        if let Some(last) = last {
            (tip.seq, tip.hash) = (last.header.seq, last.header.hash());
            if let Some((seq, head)) = self.heads.get_mut(&author) {
                *seq = last.header.seq;
                *head = head.filter(|head| head.seq <= last.header.seq);
            }
            return;
        }
        // Nothing new of this author is good: it stands where the bad entry's header links to.
        let prev = self
            .entries
            .iter()
            .find(|entry| entry.header.author == author && entry.header.seq == bad)
            .map(|entry| entry.header.prev);
        self.heads.remove(&author);
        match prev {
            Some(prev) if bad > 1 => (tip.seq, tip.hash) = (bad - 1, prev),
            _ => {
                tips.remove(&author);
            }
        }
    }
}

/// One segment per unknown author: the one that reaches furthest.
fn newest_of_each(segments: Vec<Segment>) -> Vec<Segment> {
    /// Authors that may wait for somebody to vouch for them.
    const MOST: usize = 32;
    let mut newest: BTreeMap<AuthorId, Segment> = BTreeMap::new();
    for segment in segments {
        let author = segment.author();
        let further = newest
            .get(&author)
            .is_none_or(|kept| kept.head.seq < segment.head.seq);
        if further && (newest.len() < MOST || newest.contains_key(&author)) {
            newest.insert(author, segment);
        }
    }
    newest.into_values().collect()
}

/// Clinic keys that were granted to us.
fn granted(entries: &[Entry], secrets: &Secrets) -> Vec<ClinicKey> {
    let me = secrets.signer.id();
    entries
        .iter()
        .filter(|entry| entry.header.kind == Kind::Grant)
        .filter(|entry| entry.header.record == RecordId::from(me))
        .filter_map(|entry| seal::open_grant(&secrets.receive, me, entry.payload.bytes()?).ok())
        .collect()
}
