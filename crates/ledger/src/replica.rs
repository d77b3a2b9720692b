//! What a replica has of everybody's ledgers, and the rules by which more is let in.
//!
//! In this order: well-formed, author enrolled, chain links, head signed, payload as named. What fails stops *that*
//! author's ledger at its last good entry; everybody else's goes on.
use crate::author::AuthorKeys;
use crate::clock::Hlc;
use crate::entry::{Entry, Payload};
use crate::gone::Gone;
use crate::have::Have;
use crate::head::SignedHead;
use crate::header::{Header, Kind};
use crate::id::{AuthorId, ClinicId, EntryHash, RecordId};
use crate::member::Member;
use crate::roster::Roster;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Consecutive entries of one author, closed by its signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// At least one entry, each the successor of the one before.
    pub entries: Vec<Entry>,
    /// Vouches for the last of them.
    pub head: SignedHead,
}

impl Segment {
    /// Whose entries.
    #[must_use]
    pub const fn author(&self) -> AuthorId {
        self.head.author
    }
}

/// Where a replica's copy of one ledger ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Number of the last entry.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// Its stamp, the highest of the author's: they rise with the numbers.
    pub hlc: Hlc,
}

/// What is wrong with a refused entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Lie {
    /// Header, segment or member payload doesn't make sense, or a stamp is not above the author's one before.
    #[error("malformed")]
    Malformed,
    /// Nobody enrolled the author of this own entry; a foreign author's entries wait in quarantine instead.
    #[error("author not enrolled")]
    NotEnrolled,
    /// Written after the author was revoked.
    #[error("beyond the author's revocation")]
    BeyondRevocation,
    /// The author's role does not allow this entry.
    #[error("not allowed for this author")]
    NotAllowed,
    /// An entry does not name its predecessor's hash, or the head not the last entry's.
    #[error("broken chain")]
    BrokenChain,
    /// Entries are missing before this one.
    #[error("entries missing")]
    Gap,
    /// The head's signature is not the author's.
    #[error("bad signature")]
    BadSignature,
    /// The payload is not the one that the header names, or is missing where no erasure may take it.
    #[error("payload does not match its header")]
    PayloadMismatch,
    /// The author signed two different entries of one number: there are two copies of it.
    #[error("two different entries at one place")]
    Fork,
}

/// The first entry of a segment that was not let in, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("entry {seq} of author {author}: {why}")]
pub struct Rejected {
    /// Whose entry.
    pub author: AuthorId,
    /// Its number.
    pub seq: u64,
    /// What is wrong.
    pub why: Lie,
}

/// The author is not known (yet): keep the segment in quarantine and offer it again when the roster has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("author not known yet")]
pub struct Unknown(pub Box<Segment>);

/// An author's entries beyond `last_seq`, already let in, don't count any more: the caller must drop them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Whose.
    pub author: AuthorId,
    /// Its last entry that counts; 0 if none does.
    pub last_seq: u64,
}

/// What became of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Admission {
    /// New entries, in order; those already known are not among them.
    pub entries: Vec<Entry>,
    /// Entries held already whose missing payload came: the caller must store it. None that an erasure accounts for.
    pub filled: Vec<Entry>,
    /// The segment's head, if all of the segment was let in or known.
    pub head: Option<SignedHead>,
    /// Ledgers that a revocation in this segment cut short.
    pub cuts: Vec<Cut>,
    /// Where it stopped, if it did.
    pub rejected: Option<Rejected>,
}

/// Who is enrolled and how far each ledger is held. Clone it to be able to go back when a transaction fails.
#[derive(Clone, PartialEq, Eq)]
pub struct Replica {
    roster: Roster,
    heads: BTreeMap<AuthorId, Tip>,
    // Shared, because it seldom changes and a replica is cloned for every transaction.
    gone: Arc<Gone>,
}

impl Replica {
    /// Holds nothing yet; the genesis entry of this clinic must come first.
    #[must_use]
    pub fn new(clinic: ClinicId) -> Self {
        Self::resume(Roster::new(clinic), BTreeMap::new(), Gone::default())
    }

    /// Goes on from what was stored; `gone` must have noted every stored erase entry and every entry without a payload.
    /// What it noted beyond `heads` is forgotten.
    #[must_use]
    pub fn resume(roster: Roster, heads: BTreeMap<AuthorId, Tip>, mut gone: Gone) -> Self {
        let ends = |author: AuthorId| heads.get(&author).map_or(0, |tip| tip.seq);
        gone.keep_up_to(ends);
        let gone = Arc::new(gone);
        Self {
            roster,
            heads,
            gone,
        }
    }

    /// Who is enrolled.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Where each ledger ends.
    #[must_use]
    pub const fn heads(&self) -> &BTreeMap<AuthorId, Tip> {
        &self.heads
    }

    /// Where one ledger ends; `None` if nothing of it is held.
    #[must_use]
    pub fn tip(&self, author: AuthorId) -> Option<Tip> {
        self.heads.get(&author).copied()
    }

    /// The sync state to send to another replica.
    #[must_use]
    pub fn have(&self) -> Have {
        Have(self.heads.iter().map(|(id, tip)| (*id, tip.seq)).collect())
    }

    /// The sync state to send in order to be sent missing payloads once more: every ledger up to before its first one.
    #[must_use]
    pub fn have_whole(&self) -> Have {
        self.gone.draw_back(self.have())
    }

    /// Which payloads are not held, and why.
    #[must_use]
    pub fn gone(&self) -> &Gone {
        &self.gone
    }

    /// Whether this entry is held, and its payload with it.
    #[must_use]
    pub fn is_whole(&self, author: AuthorId, seq: u64) -> bool {
        let held = self.tip(author).is_some_and(|tip| seq <= tip.seq);
        held && !self.gone.is_absent(author, seq)
    }

    /// Whether an erase entry about this record stands: its payloads are to be deleted, and none is ever filled.
    #[must_use]
    pub fn is_erased(&self, record: RecordId) -> bool {
        self.gone.is_erased(record)
    }

    /// Takes note that the caller has deleted this entry's payload.
    pub fn forget_payload(&mut self, entry: &Header) {
        Arc::make_mut(&mut self.gone).note(entry, false);
    }

    /// The highest stamp among all entries held that is followed: see [`Hlc::observe`].
    #[must_use]
    pub fn hlc(&self) -> Hlc {
        Hlc::highest(self.heads.values().map(|tip| tip.hlc))
    }

    /// Moves on to an entry that was checked and stored by another replica of the same store; `present` says whether its
    /// payload was. Not for entries that change who is enrolled: read the roster anew for those.
    pub fn follow(&mut self, header: &Header, present: bool) {
        let (seq, hash, hlc) = (header.seq, header.hash(), header.hlc);
        self.heads.insert(header.author, Tip { seq, hash, hlc });
        if header.kind == Kind::Erase || !present {
            Arc::make_mut(&mut self.gone).note(header, present);
        }
    }

    /// Takes in an entry that this replica's own author has just written: everything but a signature is checked.
    pub fn record(&mut self, entry: &Entry) -> Result<(), Lie> {
        let header = &entry.header;
        header.check().map_err(|_| Lie::Malformed)?;
        let tip = self.tip(header.author);
        if header.seq != tip.map_or(0, |tip| tip.seq) + 1 {
            return Err(Lie::Gap);
        }
        if header.prev != tip.map_or(EntryHash::ZERO, |tip| tip.hash) {
            return Err(Lie::BrokenChain);
        }
        self.take(entry, header.hash())
    }

    /// Lets in what is good of a segment. `known` tells the hash of an entry that is held already (entries let in
    /// earlier in the same transaction included). Nothing is kept of an author that is not known.
    pub fn admit(
        &mut self,
        segment: Segment,
        known: impl Fn(AuthorId, u64) -> Option<EntryHash>,
    ) -> Result<Admission, Unknown> {
        let reject = |(seq, why)| Admission {
            rejected: Some(Rejected {
                author: segment.author(),
                seq,
                why,
            }),
            ..Admission::default()
        };
        if segment.head.is_unsigned() {
            return Ok(Admission {
                filled: self.fill_unsigned(&segment, &known),
                ..Admission::default()
            });
        }
        if let Err(lie) = check_form(&segment) {
            return Ok(reject(lie));
        }
        let Some(keys) = self.keys_for(&segment) else {
            return Err(Unknown(Box::new(segment)));
        };
        let examined = check_chain(&segment)
            .and_then(|hashes| check_head(&segment, &keys).map(|()| hashes))
            .and_then(|hashes| Ok((self.first_new(&segment, &hashes, &known)?, hashes)));
        match examined {
            Ok((fresh, hashes)) => Ok(self.take_all(segment, fresh, &hashes, &known)),
            Err(lie) => Ok(reject(lie)),
        }
    }

    /// Takes missing payloads out of a segment for which nobody vouches: what is held was vouched for when it came, and
    /// chained hashes tell whether the segment is that. Nothing else of it counts, nor is its author accused by it.
    fn fill_unsigned(
        &mut self,
        segment: &Segment,
        known: &impl Fn(AuthorId, u64) -> Option<EntryHash>,
    ) -> Vec<Entry> {
        let examined = check_form(segment)
            .and_then(|()| check_chain(segment))
            .and_then(|hashes| Ok((self.first_new(segment, &hashes, known)?, hashes)));
        match examined {
            Ok((shared, hashes)) => self.fill(&segment.entries[..shared], &hashes, known),
            Err(_) => Vec::new(),
        }
    }

    /// The author's keys: from the roster, or from the genesis entry itself when the roster is still empty.
    fn keys_for(&self, segment: &Segment) -> Option<AuthorKeys> {
        self.roster.keys(segment.author()).or_else(|| {
            let first = segment.entries.first()?;
            let genesis = first.header.kind == Kind::Member
                && first.header.seq == 1
                && ClinicId::of_genesis(&first.header.hash()) == self.roster.clinic();
            match Member::decode(first.payload.bytes().filter(|_| genesis)?) {
                Ok(Member::Genesis { keys, .. }) if keys.id() == segment.author() => Some(keys),
                _ => None,
            }
        })
    }

    /// Index of the first entry that is not held yet; all before it are the ones held.
    fn first_new(
        &self,
        segment: &Segment,
        hashes: &[EntryHash],
        known: &impl Fn(AuthorId, u64) -> Option<EntryHash>,
    ) -> Result<usize, (u64, Lie)> {
        let author = segment.author();
        let first = segment.entries.first().map_or(0, |entry| entry.header.seq);
        let prev = segment
            .entries
            .first()
            .map_or(EntryHash::ZERO, |entry| entry.header.prev);
        let Some(tip) = self.tip(author) else {
            return if first == 1 {
                Ok(0)
            } else {
                Err((1, Lie::Gap))
            };
        };
        if first > tip.seq.saturating_add(1) {
            return Err((tip.seq + 1, Lie::Gap));
        }
        let held = |seq| {
            if seq == tip.seq {
                Some(tip.hash)
            } else {
                known(author, seq)
            }
        };
        let same = |seq, hash| held(seq).is_none_or(|ours| ours == hash);
        if first > 1 && !same(first - 1, prev) {
            return Err((first - 1, Lie::Fork));
        }
        // Hashes are chained: if the last shared entry is the same, so are all before it.
        let shared = usize::try_from(tip.seq + 1 - first)
            .unwrap_or(usize::MAX)
            .min(hashes.len());
        let differs = |i: usize| !same(first + i as u64, hashes[i]);
        if shared > 0 && differs(shared - 1) {
            let at = (0..shared).find(|i| differs(*i)).unwrap_or(shared - 1);
            return Err((first + at as u64, Lie::Fork));
        }
        Ok(shared)
    }

    fn take_all(
        &mut self,
        segment: Segment,
        fresh: usize,
        hashes: &[EntryHash],
        known: &impl Fn(AuthorId, u64) -> Option<EntryHash>,
    ) -> Admission {
        let author = segment.author();
        let mut admission = Admission {
            filled: self.fill(&segment.entries[..fresh], hashes, known),
            ..Admission::default()
        };
        let mut entries = segment.entries;
        let mut good = fresh;
        for (entry, hash) in entries.iter().zip(hashes).skip(fresh) {
            if let Err(why) = self.take(entry, *hash) {
                let seq = entry.header.seq;
                admission.rejected = Some(Rejected { author, seq, why });
                break;
            }
            if entry.header.kind == Kind::Member {
                admission.cuts.extend(self.cut(known));
            }
            good += 1;
        }
        entries.truncate(good);
        if fresh > 0 {
            entries.drain(..fresh);
        }
        admission.entries = entries;
        admission.head = admission.rejected.is_none().then_some(segment.head);
        admission
    }

    /// Those of the entries held already that bring a payload which was missing here.
    fn fill(
        &mut self,
        shared: &[Entry],
        hashes: &[EntryHash],
        known: &impl Fn(AuthorId, u64) -> Option<EntryHash>,
    ) -> Vec<Entry> {
        let brings = |entry: &&Entry| {
            let header = &entry.header;
            self.gone.is_missing(header.author, header.seq)
                && matches!(entry.payload, Payload::Present(_))
                && entry.payload_matches()
        };
        let Some(last) = shared.last().map(|entry| &entry.header) else {
            return Vec::new();
        };
        let tip = self.tip(last.author).filter(|tip| tip.seq == last.seq);
        let held = tip.map_or_else(|| known(last.author, last.seq), |tip| Some(tip.hash));
        // Not knowing of a difference is enough to skip an entry, but not to believe its payload.
        if held.is_none() || held.as_ref() != hashes.get(shared.len() - 1) {
            return Vec::new();
        }
        let filled: Vec<Entry> = shared.iter().filter(brings).cloned().collect();
        for entry in &filled {
            Arc::make_mut(&mut self.gone).note(&entry.header, true);
        }
        filled
    }

    /// Checks one entry whose place is right, and moves the author's tip to it.
    fn take(&mut self, entry: &Entry, hash: EntryHash) -> Result<(), Lie> {
        let header = &entry.header;
        // Compared with the author's own, never with a clock: else two of its entries could claim one place in the order.
        if self
            .tip(header.author)
            .is_some_and(|tip| header.hlc <= tip.hlc)
        {
            return Err(Lie::Malformed);
        }
        // Before its payload: whoever vouches for what is before a revocation passes on bare headers of what is beyond it,
        // of any kind, up to the next signed head.
        let known = self.roster.author(header.author);
        if known.is_some_and(|author| !author.may_write(header.seq)) {
            return Err(Lie::BeyondRevocation);
        }
        if !entry.payload_matches() {
            return Err(Lie::PayloadMismatch);
        }
        if header.kind == Kind::Member {
            self.take_member(entry)?;
        }
        let author = self.roster.author(header.author).ok_or(Lie::NotEnrolled)?;
        if !author.may_write(header.seq) {
            return Err(Lie::BeyondRevocation);
        }
        if !author.may(header.kind) {
            return Err(Lie::NotAllowed);
        }
        let (seq, hlc) = (header.seq, header.hlc);
        self.heads.insert(header.author, Tip { seq, hash, hlc });
        let present = matches!(entry.payload, Payload::Present(_));
        if header.kind == Kind::Erase || !present {
            Arc::make_mut(&mut self.gone).note(header, present);
        }
        Ok(())
    }

    fn take_member(&mut self, entry: &Entry) -> Result<(), Lie> {
        let header = &entry.header;
        let bytes = entry.payload.bytes().ok_or(Lie::PayloadMismatch)?;
        let member = Member::decode(bytes).map_err(|_| Lie::Malformed)?;
        self.roster
            .apply(header, &member)
            .map_err(|_| Lie::NotAllowed)
    }

    /// Draws every ledger back to where the roster now ends it: whoever has recorded a revocation of its own must call
    /// this, and drop what the cuts take, also of those whom only the revoked had enrolled. `known` as for
    /// [`Replica::admit`].
    #[must_use]
    pub fn settle(&mut self, known: impl Fn(AuthorId, u64) -> Option<EntryHash>) -> Vec<Cut> {
        self.cut(&known)
    }

    /// Draws the tips back to where the roster now ends them.
    fn cut(&mut self, known: &impl Fn(AuthorId, u64) -> Option<EntryHash>) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for (author, tip) in &mut self.heads {
            let last_seq = match self.roster.author(*author) {
                Some(author) => author.last_seq.unwrap_or(u64::MAX),
                None => 0,
            };
            if tip.seq > last_seq {
                // Nothing beyond the cut is ever let in, so that the hash is only compared with what is held.
                tip.hash = known(*author, last_seq).unwrap_or(EntryHash::ZERO);
                tip.seq = last_seq;
                // Its stamp is not at hand. Should the revocation be made void, the next entry must not fail by it.
                tip.hlc = Hlc::default();
                let author = *author;
                Arc::make_mut(&mut self.gone).cut(author, last_seq);
                cuts.push(Cut { author, last_seq });
            }
        }
        self.heads.retain(|_, tip| tip.seq > 0);
        cuts
    }
}

/// Well-formed: consecutive entries of one author, with headers that make sense, closed by a head for the last.
fn check_form(segment: &Segment) -> Result<(), (u64, Lie)> {
    let mut expected = None;
    for entry in &segment.entries {
        let header = &entry.header;
        if header.author != segment.author() || header.check().is_err() {
            return Err((header.seq, Lie::Malformed));
        }
        if expected.is_some_and(|seq| seq != header.seq) {
            return Err((header.seq, Lie::Gap));
        }
        expected = header.seq.checked_add(1);
    }
    let ends = segment.entries.last().map(|entry| entry.header.seq);
    if ends != Some(segment.head.seq) {
        return Err((segment.head.seq, Lie::Malformed));
    }
    Ok(())
}

/// The chain links from the first entry to the head. Gives the entries' hashes.
fn check_chain(segment: &Segment) -> Result<Vec<EntryHash>, (u64, Lie)> {
    let mut hashes: Vec<EntryHash> = Vec::with_capacity(segment.entries.len());
    for entry in &segment.entries {
        if hashes.last().is_some_and(|prev| *prev != entry.header.prev) {
            return Err((entry.header.seq, Lie::BrokenChain));
        }
        hashes.push(entry.header.hash());
    }
    if hashes.last() != Some(&segment.head.hash) {
        return Err((segment.head.seq, Lie::BrokenChain));
    }
    Ok(hashes)
}

/// The head is its author's.
fn check_head(segment: &Segment, keys: &AuthorKeys) -> Result<(), (u64, Lie)> {
    if segment.head.verify(keys) {
        Ok(())
    } else {
        Err((segment.head.seq, Lie::BadSignature))
    }
}
