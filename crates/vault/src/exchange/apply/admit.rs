//! Deciding what of a bundle is let in, without touching the database.
use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    AuthorId, ClinicId, Cut, Entry, EntryHash, Gone, Header, Hlc, Kind, Lie, Member, RecordId,
    Replica, Roster, Segment, SignedHead, Tip,
};
use seal::ClinicKey;

use crate::desk::{Epochs, Secrets};
use crate::exchange::open::{Opened, open_all};
use crate::store::ledger_rows;
use crate::view::AlarmKind;

/// What was let in, and what it turned out to be.
pub(in crate::exchange) struct Admitted {
    /// The replica with it.
    pub replica: Replica,
    /// New entries, each author's in order.
    pub entries: Vec<Entry>,
    /// What each of them says.
    pub opened: Vec<Opened>,
    /// Entries held already whose missing payload came.
    pub filled: Vec<Entry>,
    /// What each of those says.
    pub opened_filled: Vec<Opened>,
    /// New entries that a revocation made void at once: kept aside, never read.
    pub void: Vec<Entry>,
    /// Where the ledgers that moved now stand.
    pub heads: BTreeMap<AuthorId, (u64, Option<SignedHead>)>,
    /// Signed heads of whole segments, each author's in order, and how far behind the one before.
    pub stops: Vec<(SignedHead, usize)>,
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
    /// Those of them whose entry of this number does not open.
    bad: BTreeMap<AuthorId, u64>,
}

/// Hashes of entries by author and number.
type Hashes = BTreeMap<(AuthorId, u64), EntryHash>;

/// Admits segments, those of authors unknown at first again after the others.
pub(in crate::exchange) fn admit(
    replica: &Replica,
    segments: &[Segment],
    known: &Hashes,
    epochs: &Epochs,
    clinic: ClinicId,
    secrets: &Secrets,
) -> Admitted {
    let mut admitted = Admitted {
        replica: replica.clone(),
        entries: Vec::new(),
        opened: Vec::new(),
        filled: Vec::new(),
        opened_filled: Vec::new(),
        void: Vec::new(),
        heads: BTreeMap::new(),
        stops: Vec::new(),
        unknown: Vec::new(),
        alarms: Vec::new(),
        cuts: Vec::new(),
        keys: Vec::new(),
        stopped: BTreeSet::new(),
        bad: BTreeMap::new(),
    };
    let mut hashes = known.clone();
    loop {
        let waiting = admitted.take_all(segments.to_vec(), &mut hashes);
        admitted.unknown = newest_of_each(waiting);
        let opened = open_all(&admitted.entries[admitted.opened.len()..], epochs, clinic);
        admitted.opened.extend(opened);
        let opened = &admitted.filled[admitted.opened_filled.len()..];
        let opened = open_all(opened, epochs, clinic);
        admitted.opened_filled.extend(opened);
        // Whoever was judged by what has not happened is judged again.
        if !admitted.stop_at_bad(replica, &hashes) {
            break;
        }
    }
    admitted.set_void_aside();
    admitted.keys = granted(&admitted.entries, secrets);
    admitted
}

impl Admitted {
    /// Takes in what can be; gives back segments whose author is not known, also not by the others.
    fn take_all(&mut self, mut waiting: Vec<Segment>, hashes: &mut Hashes) -> Vec<Segment> {
        loop {
            let before = waiting.len();
            for segment in std::mem::take(&mut waiting) {
                if let Some(unknown) = self.take(segment, hashes) {
                    waiting.push(unknown);
                }
            }
            if waiting.len() == before || waiting.is_empty() {
                return waiting;
            }
        }
    }

    /// Takes one segment in; gives it back if its author is not known.
    fn take(&mut self, segment: Segment, hashes: &mut Hashes) -> Option<Segment> {
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
            self.refuse(author, rejected.why);
        }
        for entry in &admission.entries {
            hashes.insert((author, entry.header.seq), entry.header.hash());
        }
        if let (Some(head), false) = (admission.head, admission.entries.is_empty()) {
            let bytes = admission.entries.iter().map(ledger_rows::weight).sum();
            self.stops.push((head, bytes));
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

    fn refuse(&mut self, author: AuthorId, why: Lie) {
        let alarm = match why {
            // An answer cut short, no lie: the next pull brings what is missing.
            Lie::Gap => return,
            // That it writes on is what it was revoked for.
            Lie::BeyondRevocation => None,
            Lie::Fork => Some(AlarmKind::Fork),
            _ => Some(AlarmKind::BadEntry),
        };
        self.alarms.extend(alarm.map(|alarm| (author, alarm)));
        self.stopped.insert(author);
    }

    /// An entry of one of us that does not open stops its author's ledger just before it; whatever
    /// the entries after it brought about (who is enrolled, what is cut) has not happened. True if
    /// there was a new one.
    fn stop_at_bad(&mut self, before: &Replica, hashes: &Hashes) -> bool {
        let mut found = false;
        for (entry, opened) in self.entries.iter().zip(&self.opened) {
            if matches!(opened, Opened::Bad) {
                let end = self.bad.entry(entry.header.author).or_insert(u64::MAX);
                *end = (*end).min(entry.header.seq);
                found = true;
            }
        }
        if found {
            self.alarms.clear();
            self.stopped = self.bad.keys().copied().collect();
            self.replay(before, hashes);
            return true;
        }
        let fills = self.filled.iter().zip(&self.opened_filled);
        let bad = fills.filter(|(_, opened)| matches!(opened, Opened::Bad));
        let mut unopenable: BTreeSet<_> = bad.map(|(entry, _)| entry.header.author).collect();
        unopenable.extend(self.bad.keys());
        let alarms = unopenable.iter().map(|by| (*by, AlarmKind::Unopenable));
        self.alarms.extend(alarms);
        false
    }

    /// Lets the entries in once more, in the same order, each author's up to before its bad one.
    fn replay(&mut self, before: &Replica, hashes: &Hashes) {
        let ends = &self.bad;
        let mut again = Replay::of(before);
        let entries = std::mem::take(&mut self.entries);
        let opened = std::mem::take(&mut self.opened);
        for (entry, opened) in entries.into_iter().zip(opened) {
            let end = ends.get(&entry.header.author).copied();
            if again.take(&entry, end.unwrap_or(u64::MAX)) {
                self.entries.push(entry);
                self.opened.push(opened);
            }
        }
        for entry in &self.filled {
            again.gone.note(&entry.header, true);
        }
        self.cuts = again.cut(hashes);
        self.heads.retain(|author, (seq, head)| {
            let fresh = self.entries.iter().rev();
            let last = fresh
                .map(|entry| &entry.header)
                .find(|header| header.author == *author);
            *seq = last.map_or(0, |last| last.seq);
            *head = head.filter(|head| head.seq <= *seq);
            *seq > 0
        });
        let heads = &self.heads;
        self.stops.retain(|(stop, _)| {
            heads
                .get(&stop.author)
                .is_some_and(|(seq, _)| stop.seq <= *seq)
        });
        self.replica = Replica::resume(again.roster, again.tips, again.gone);
    }

    /// Entries of this very bundle that a revocation in it made void.
    fn set_void_aside(&mut self) {
        for cut in std::mem::take(&mut self.cuts) {
            let beyond = |entry: &Entry| {
                entry.header.author == cut.author && entry.header.seq > cut.last_seq
            };
            if self.entries.iter().any(beyond) {
                let entries = std::mem::take(&mut self.entries);
                let opened = std::mem::take(&mut self.opened);
                for (entry, opened) in entries.into_iter().zip(opened) {
                    if beyond(&entry) {
                        self.void.push(entry);
                    } else {
                        self.entries.push(entry);
                        self.opened.push(opened);
                    }
                }
            }
            if let Some((seq, head)) = self.heads.get_mut(&cut.author) {
                *seq = (*seq).min(cut.last_seq);
                *head = head.filter(|head| head.seq <= cut.last_seq);
            }
            self.cuts.push(cut);
        }
        self.heads.retain(|_, (seq, _)| *seq > 0);
        let cuts = &self.cuts;
        let void = |stop: &SignedHead| {
            let beyond = |cut: &Cut| cut.author == stop.author && stop.seq > cut.last_seq;
            cuts.iter().any(beyond)
        };
        self.stops.retain(|(stop, _)| !void(stop));
    }
}

/// What a replica consists of, moved on by entries that were verified before.
struct Replay {
    roster: Roster,
    tips: BTreeMap<AuthorId, Tip>,
    gone: Gone,
}

impl Replay {
    fn of(replica: &Replica) -> Self {
        Self {
            roster: replica.roster().clone(),
            tips: replica.heads().clone(),
            gone: replica.gone().clone(),
        }
    }

    /// Whether this entry is let in again: before its author's end, after the one before it, and by
    /// somebody whose enrolment is still there.
    fn take(&mut self, entry: &Entry, end: u64) -> bool {
        let header = &entry.header;
        let tip = self.tips.get(&header.author);
        let next = tip.map_or(0, |tip| tip.seq) + 1;
        if header.seq != next || header.seq >= end || !self.counts(entry) {
            return false;
        }
        let (seq, hash, hlc) = (header.seq, header.hash(), header.hlc);
        self.tips.insert(header.author, Tip { seq, hash, hlc });
        let present = entry.payload.bytes().is_some();
        if header.kind == Kind::Erase || !present {
            self.gone.note(header, present);
        }
        true
    }

    fn counts(&mut self, entry: &Entry) -> bool {
        let header = &entry.header;
        if header.kind == Kind::Member {
            let member = entry.payload.bytes().map(Member::decode);
            let applied = match member {
                Some(Ok(member)) => self.roster.apply(header, &member).is_ok(),
                _ => false,
            };
            if !applied {
                return false;
            }
        }
        let author = self.roster.author(header.author);
        author.is_some_and(|author| author.may_write(header.seq) && author.may(header.kind))
    }

    /// Draws the ledgers back to where the roster now ends them.
    fn cut(&mut self, hashes: &Hashes) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for (&author, tip) in &mut self.tips {
            let known = self.roster.author(author);
            let last_seq = known.map_or(0, |known| known.last_seq.unwrap_or(u64::MAX));
            if tip.seq > last_seq {
                let hash = hashes.get(&(author, last_seq)).copied();
                (tip.seq, tip.hash) = (last_seq, hash.unwrap_or(EntryHash::ZERO));
                tip.hlc = Hlc::default();
                cuts.push(Cut { author, last_seq });
            }
        }
        self.tips.retain(|_, tip| tip.seq > 0);
        cuts
    }
}

/// Authors that may wait for somebody to vouch for them.
const MOST_WAITING: usize = 32;
/// Bytes of entries that may wait for it, all authors together.
const MOST_WAITING_BYTES: usize = 8 << 20;

/// One segment per unknown author: from its first entry on, as far as what came goes without a gap. What begins later
/// could not be let in even when the author is known, and is asked for again.
fn newest_of_each(mut segments: Vec<Segment>) -> Vec<Segment> {
    let first = |segment: &Segment| segment.entries.first().map_or(0, |e| e.header.seq);
    segments.sort_by_key(first);
    let mut kept: BTreeMap<AuthorId, Segment> = BTreeMap::new();
    let mut bytes = 0;
    for segment in segments {
        let author = segment.author();
        let held = kept.get(&author);
        let Some(whole) = extended(held, segment) else {
            continue;
        };
        let freed = held.map_or(0, size);
        let fits = bytes - freed + size(&whole) <= MOST_WAITING_BYTES;
        if fits && (held.is_some() || kept.len() < MOST_WAITING) {
            bytes = bytes - freed + size(&whole);
            kept.insert(author, whole);
        }
    }
    kept.into_values().collect()
}

/// What is held of an unknown ledger, with a segment that goes on where it ends or overlaps with it; `None` if it brings
/// nothing, or leaves a gap.
fn extended(held: Option<&Segment>, segment: Segment) -> Option<Segment> {
    let begins = segment.entries.first()?.header;
    let Some(held) = held else {
        return (begins.seq == 1).then_some(segment);
    };
    let last = held.entries.last()?.header;
    if begins.seq > last.seq + 1 || segment.head.seq <= last.seq {
        return None;
    }
    let fresh = segment.entries.iter();
    let fresh: Vec<Entry> = fresh.filter(|e| e.header.seq > last.seq).cloned().collect();
    let links = fresh.first()?.header.prev == last.hash();
    links.then(|| Segment {
        entries: [held.entries.as_slice(), &fresh].concat(),
        head: segment.head,
    })
}

fn size(segment: &Segment) -> usize {
    let entries = segment.entries.iter();
    entries
        .map(|entry| Header::LEN + entry.payload.bytes().map_or(0, <[u8]>::len))
        .sum()
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
