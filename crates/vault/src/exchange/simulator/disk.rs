//! What lies on one disk: ledgers, signed heads and, on a PC's, keys and leads. A clone of it is a backup.
use std::collections::{BTreeMap, BTreeSet};

use casebook::lead::Lead;
use ledger::bundle::Writer;
use ledger::plan::{Closing, Shelf};
use ledger::{
    AuthorId, ClinicId, Cut, Entry, EntryHash, Gone, Have, Header, Kind, Ledger, Member, Payload,
    RecordId, Replica, Roster, Segment, SignedHead, Signer, Tip,
};

use crate::desk::Epochs;
use crate::exchange::open::{Opened, open_all};
use crate::projection::stamp;

/// Entries by author and number.
pub(super) type Place = (AuthorId, u64);

/// Entries between two signed heads that are kept, at least.
const FEW: u64 = 4;

/// Everything that survives a crash.
#[derive(Clone)]
pub(super) struct Disk {
    pub clinic: ClinicId,
    pub replica: Replica,
    pub ledger: Ledger,
    pub entries: BTreeMap<AuthorId, Vec<Entry>>,
    pub hashes: BTreeMap<Place, EntryHash>,
    /// Signed heads of others, each at its number.
    pub stops: BTreeMap<AuthorId, BTreeMap<u64, SignedHead>>,
    /// Where entries stand that say who belongs here, as they came.
    pub members: Vec<Place>,
    /// Segments whose author nobody has vouched for.
    pub waiting: Vec<Segment>,
    pub epochs: Epochs,
    pub leads: BTreeMap<RecordId, Lead>,
    /// What the server has, by its own word.
    pub theirs: Have,
    /// Grows with every transaction.
    pub counter: u64,
}

impl Disk {
    pub(super) fn new(clinic: ClinicId, me: AuthorId) -> Self {
        Self {
            clinic,
            replica: Replica::new(clinic),
            ledger: Ledger::new(me),
            entries: BTreeMap::new(),
            hashes: BTreeMap::new(),
            stops: BTreeMap::new(),
            members: Vec::new(),
            waiting: Vec::new(),
            epochs: Epochs::new(),
            leads: BTreeMap::new(),
            theirs: Have::default(),
            counter: 0,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().flatten()
    }

    /// Adds entries that were admitted.
    pub(super) fn append(&mut self, entries: &[Entry]) {
        for entry in entries {
            let header = &entry.header;
            let ledger = self.entries.entry(header.author).or_default();
            assert_eq!(ledger.len() as u64 + 1, header.seq, "a hole in a ledger");
            ledger.push(entry.clone());
            self.hashes
                .insert((header.author, header.seq), header.hash());
            if header.kind == Kind::Member {
                self.members.push((header.author, header.seq));
            }
        }
    }

    pub(super) fn stop(&mut self, head: SignedHead) {
        let stops = self.stops.entry(head.author).or_default();
        stops.insert(head.seq, head);
        // Not every one is worth its place: the last but one goes if it is near to the one before it.
        let mut late = stops.keys().rev().skip(1).copied();
        if let (Some(near), before) = (late.next(), late.next().unwrap_or(0))
            && near - before < FEW
        {
            stops.remove(&near);
        }
    }

    /// Sets aside what lies beyond a revocation.
    pub(super) fn cut(&mut self, cut: Cut) {
        let Cut { author, last_seq } = cut;
        if let Some(ledger) = self.entries.get_mut(&author) {
            ledger.retain(|entry| entry.header.seq <= last_seq);
        }
        if let Some(stops) = self.stops.get_mut(&author) {
            stops.retain(|seq, _| *seq <= last_seq);
        }
        self.hashes
            .retain(|(by, seq), _| *by != author || *seq <= last_seq);
        self.members
            .retain(|(by, seq)| *by != author || *seq <= last_seq);
    }

    pub(super) fn entry_mut(&mut self, header: &Header) -> Option<&mut Entry> {
        let place = usize::try_from(header.seq).ok()?.checked_sub(1)?;
        self.entries.get_mut(&header.author)?.get_mut(place)
    }

    /// Deletes the payloads of records that stand erased.
    pub(super) fn erase(&mut self) {
        let mut gone = Vec::new();
        for entry in self.entries.values_mut().flatten() {
            let header = entry.header;
            let erasable = header.kind.is_erasable() && entry.payload.bytes().is_some();
            if erasable && self.replica.is_erased(header.record) {
                entry.payload = Payload::Erased;
                gone.push(header);
            }
        }
        for header in &gone {
            self.replica.forget_payload(header);
            self.leads.remove(&header.record);
        }
        let replica = &self.replica;
        self.leads.retain(|record, _| !replica.is_erased(*record));
    }

    /// Merges what these entries say into the leads.
    pub(super) fn merge(&mut self, entries: &[Entry], opened: Vec<Opened>) {
        for (entry, opened) in entries.iter().zip(opened) {
            if let Opened::Change(change) = opened {
                let lead = self.leads.entry(entry.header.record).or_default();
                lead.insert(stamp(entry), *change);
            }
        }
    }

    /// Computes the leads anew from all entries.
    pub(super) fn project(&mut self) {
        let entries: Vec<Entry> = self.all().cloned().collect();
        let opened = open_all(&entries, &self.epochs, self.clinic);
        self.leads.clear();
        self.merge(&entries, opened);
        let replica = &self.replica;
        self.leads.retain(|record, _| !replica.is_erased(*record));
    }

    /// The replica as a start computes it from what is stored.
    pub(super) fn reload(&self) -> Replica {
        let mut members = Vec::new();
        for (author, seq) in &self.members {
            let place = usize::try_from(*seq).unwrap_or(0) - 1;
            let entry = &self.entries[author][place];
            if let Some(Ok(member)) = entry.payload.bytes().map(Member::decode) {
                members.push((entry.header, member));
            }
        }
        let roster = Roster::of(self.clinic, members);
        let mut gone = Gone::default();
        let mut tips = BTreeMap::new();
        for entry in self.all() {
            let header = &entry.header;
            let present = entry.payload.bytes().is_some();
            if header.kind == Kind::Erase || !present {
                gone.note(header, present);
            }
            let (seq, hash, hlc) = (header.seq, header.hash(), header.hlc);
            tips.insert(header.author, Tip { seq, hash, hlc });
        }
        Replica::resume(roster, tips, gone)
    }

    fn shelf(&self, own: Option<AuthorId>, unsigned: bool) -> Shelf {
        let stops = self
            .stops
            .iter()
            .map(|(id, stops)| (*id, stops.keys().copied().collect::<BTreeSet<u64>>()));
        Shelf {
            have: self.replica.have(),
            stops: stops.collect(),
            order: self.replica.roster().order(),
            own,
            unsigned,
        }
    }

    /// What `theirs` lacks, as a bundle of at most about `limit` bytes; whether more is lacking.
    pub(super) fn bundle(&self, signer: &Signer, theirs: &Have, limit: usize) -> (Vec<u8>, bool) {
        self.pack(signer, theirs, limit, false)
    }

    /// The same, with ends of ledgers that nobody vouches for.
    pub(super) fn whole_bundle(
        &self,
        signer: &Signer,
        theirs: &Have,
        limit: usize,
    ) -> (Vec<u8>, bool) {
        self.pack(signer, theirs, limit, true)
    }

    fn pack(
        &self,
        signer: &Signer,
        theirs: &Have,
        limit: usize,
        unsigned: bool,
    ) -> (Vec<u8>, bool) {
        let mut writer = Writer::new();
        for stretch in self.shelf(Some(signer.id()), unsigned).plan(theirs) {
            if writer.len() > limit {
                return (writer.finish(), true);
            }
            let number = |seq| usize::try_from(seq).unwrap_or(usize::MAX);
            let ledger = &self.entries[&stretch.author];
            for entry in &ledger[number(stretch.after)..number(stretch.up_to)] {
                writer.entry(entry);
            }
            let hash = self.hashes[&(stretch.author, stretch.up_to)];
            writer.head(&match stretch.closing {
                Closing::Own => signer.head(stretch.up_to, hash),
                Closing::Held => self.stops[&stretch.author][&stretch.up_to],
                Closing::Nobody => SignedHead::unsigned(stretch.author, stretch.up_to, hash),
            });
        }
        (writer.finish(), false)
    }
}
