//! Entries of desks: checked by the ledger's rules, taken whole per author or not at all.

use std::collections::{BTreeMap, HashMap};

use ledger::{AuthorId, Entry, EntryHash, Kind, Lie, Member, Payload, Replica, Segment};

use super::{Pushed, Refused, members, state::State, state::report};
use crate::{
    problem::Problem,
    store::{Changes, Kept, Store},
};

/// Missing payloads that one answer names.
const MOST_MISSING: usize = 1_000;

/// Hashes of entries held, as far as a push can ask for them.
type Known = HashMap<(AuthorId, u64), EntryHash>;

/// What a set of segments makes of a replica.
pub(super) struct Arrival {
    /// The replica afterwards.
    pub(super) replica: Replica,
    /// What is to be stored.
    pub(super) changes: Changes,
    /// What is not.
    pub(super) refused: Vec<Refused>,
}

impl State {
    /// Takes what is good of a desk's push.
    pub(super) async fn push(&mut self, segments: Vec<Segment>) -> Result<Pushed, Problem> {
        self.be_sure().await?;
        let replica = self.replica.clone().ok_or(Problem::NotClaimed)?;
        let (segments, mut refused) = self.own_aside(segments);
        let arrival = arrive(&self.store, replica, segments).await?;
        let Arrival {
            replica, changes, ..
        } = arrival;
        refused.extend(arrival.refused);
        for refusal in &refused {
            self.metrics.refused.inc();
            tracing::warn!(reason = refusal.reason, "a desk's entries were refused");
        }
        let me = self.signer.id();
        if refused
            .iter()
            .any(|one| one.author == me && one.reason == reason(Lie::Fork))
        {
            self.fall_behind();
        }
        if !changes.is_empty() {
            self.commit(&changes).await?;
            self.metrics.pushed.inc_by(changes.entries.len() as u64);
            self.take(replica, &changes).await;
        }
        let replica = self.replica.as_ref();
        let have = replica.map(Replica::have).unwrap_or_default();
        let missing = replica.into_iter().flat_map(|one| one.gone().missing());
        Ok(Pushed {
            have,
            missing: missing.take(MOST_MISSING).collect(),
            refused,
        })
    }

    /// Entries of this server's own that it does not have itself prove that its store is an old copy. They are not
    /// taken in: a desk may hold still later ones, which the next question would contradict.
    fn own_aside(&mut self, segments: Vec<Segment>) -> (Vec<Segment>, Vec<Refused>) {
        let (author, keys) = (self.signer.id(), self.signer.keys());
        let tip = self.ledger.seq();
        let beyond = |one: &Segment| one.author() == author && one.head.seq > tip;
        let (ahead, others): (Vec<_>, Vec<_>) = segments.into_iter().partition(beyond);
        if ahead.iter().any(|segment| segment.head.verify(&keys)) {
            self.fall_behind();
        }
        let refuse = |segment: Segment| Refused {
            author,
            seq: segment.head.seq,
            reason: "server-behind",
        };
        (others, ahead.into_iter().map(refuse).collect())
    }

    /// Moves on to what was made durable.
    pub(super) async fn take(&mut self, replica: Replica, changes: &Changes) {
        let membership = |kept: &Kept| kept.entry.header.kind == Kind::Member;
        let regrouped = changes.clinic.is_some() || changes.entries.iter().any(membership);
        let record = changes.clinic.clone().or_else(|| {
            self.members
                .as_ref()
                .filter(|_| regrouped)
                .map(|members| members.clinic.record.clone())
        });
        if let Some(record) = record {
            match members(record, replica.roster()) {
                Ok(members) => self.members = Some(members.into()),
                Err(error) => drop(report(&error)),
            }
        }
        self.replica = Some(replica);
        self.show();
        let me = self.signer.id();
        if changes.cuts.iter().any(|cut| cut.author == me) {
            // Should that revocation fall, going on from the cut would contradict what desks fetched before it.
            self.fall_behind();
        }
        if !changes.erased.is_empty() {
            self.unfolded = true;
            self.fold().await;
        }
    }
}

/// What `segments` make of `replica`; nothing is stored here. An entry without its payload is let in as missing it, from
/// whoever brings it: nobody gains by keeping one back, since whoever has the payload brings it later.
pub(super) async fn arrive(
    store: &Store,
    mut replica: Replica,
    segments: Vec<Segment>,
) -> Result<Arrival, Problem> {
    let mut known = known(store, &replica, &segments).await?;
    let mut changes = Changes::default();
    let mut refused = Vec::new();
    let mut waiting = by_author(segments);
    let mut later = Vec::new();
    // Whoever is enrolled by another author's entries of the same push gets another turn.
    while !waiting.is_empty() {
        let before = waiting.len();
        later.clear();
        let mut again = Vec::new();
        for (author, segments) in waiting {
            match take_author(&mut replica, author, segments, &mut known) {
                Outcome::Taken(taken, beyond) => {
                    merge(&mut changes, *taken);
                    refused.extend(beyond);
                }
                Outcome::Refused(refusal) => refused.push(refusal),
                Outcome::Later(segments, refusal) => {
                    again.push((author, segments));
                    later.push(refusal);
                }
            }
        }
        if again.len() == before {
            break;
        }
        waiting = again;
    }
    refused.append(&mut later);
    erase(store, &mut replica, &mut changes).await?;
    Ok(Arrival {
        replica,
        changes,
        refused,
    })
}

/// Segments of each author, authors in the order in which they first come up.
fn by_author(segments: Vec<Segment>) -> Vec<(AuthorId, Vec<Segment>)> {
    let mut places: BTreeMap<AuthorId, usize> = BTreeMap::new();
    let mut grouped: Vec<(AuthorId, Vec<Segment>)> = Vec::new();
    for segment in segments {
        let author = segment.author();
        let place = *places.entry(author).or_insert(grouped.len());
        match grouped.get_mut(place) {
            Some((_, segments)) => segments.push(segment),
            None => grouped.push((author, vec![segment])),
        }
    }
    grouped
}

enum Outcome {
    /// Taken; with the reason why its end was not, if that lies beyond a revocation.
    Taken(Box<Changes>, Option<Refused>),
    Refused(Refused),
    /// Not now; with the reason to give if nothing else of the push changes that.
    Later(Vec<Segment>, Refused),
}

/// Why an author's segments stopped.
enum Stop {
    Refused(Refused),
    Later(Refused),
    /// Beyond its revocation; what is before counts.
    Beyond(Refused),
}

/// One author's segments on their way in: taken whole or not at all.
struct Trial<'a> {
    replica: Replica,
    known: &'a Known,
    fresh: Known,
    taken: Changes,
}

fn take_author(
    replica: &mut Replica,
    author: AuthorId,
    segments: Vec<Segment>,
    known: &mut Known,
) -> Outcome {
    let founded = replica.roster().iter().next().is_some();
    if founded && replica.roster().author(author).is_none() {
        let refusal = unknown(author, &segments);
        return Outcome::Later(segments, refusal);
    }
    let mut trial = Trial {
        replica: replica.clone(),
        known,
        fresh: HashMap::new(),
        taken: Changes::default(),
    };
    let mut beyond = None;
    for segment in &segments {
        match trial.admit(segment) {
            Ok(()) => {}
            Err(Stop::Refused(refusal)) => return Outcome::Refused(refusal),
            Err(Stop::Later(refusal)) => return Outcome::Later(segments, refusal),
            Err(Stop::Beyond(refusal)) => {
                beyond = Some(refusal);
                break;
            }
        }
    }
    let Trial {
        replica: after,
        fresh,
        taken,
        ..
    } = trial;
    known.extend(fresh);
    *replica = after;
    Outcome::Taken(Box::new(taken), beyond)
}

impl Trial<'_> {
    fn admit(&mut self, segment: &Segment) -> Result<(), Stop> {
        let author = segment.author();
        let held = |author, seq| {
            let place = (author, seq);
            self.fresh
                .get(&place)
                .or_else(|| self.known.get(&place))
                .copied()
        };
        let admission = self.replica.admit(segment.clone(), held);
        let one = std::slice::from_ref(segment);
        let admission = admission.map_err(|_| Stop::Later(unknown(author, one)))?;
        let refusal = admission.rejected.map(|rejected| {
            let refusal = Refused {
                author,
                seq: rejected.seq,
                reason: reason(rejected.why),
            };
            (refusal, rejected.why == Lie::BeyondRevocation)
        });
        let beyond = match refusal {
            Some((refusal, false)) => return Err(Stop::Refused(refusal)),
            Some((refusal, true)) => Some(refusal),
            None => None,
        };
        self.taken.cuts.extend(admission.cuts);
        self.taken.filled.extend(admission.filled);
        let headers = admission.entries.iter().map(|entry| &entry.header);
        let hashes = headers.map(|header| ((author, header.seq), header.hash()));
        self.fresh.extend(hashes);
        let taken = admission.entries.len();
        keep(&mut self.taken, admission.entries, admission.head);
        match beyond {
            None => Ok(()),
            Some(refusal) => {
                if taken > 0 {
                    vouch(&mut self.taken, segment, refusal.seq);
                }
                Err(Stop::Beyond(refusal))
            }
        }
    }
}

/// Keeps the bare headers from a revocation's cut up to the signed head: nothing else vouches for what is before it.
fn vouch(taken: &mut Changes, segment: &Segment, from: u64) {
    let beyond = segment
        .entries
        .iter()
        .filter(|entry| entry.header.seq >= from);
    taken.entries.extend(beyond.map(|entry| Kept {
        entry: Entry {
            header: entry.header,
            payload: Payload::Erased,
        },
        signature: None,
        void: true,
    }));
    if let Some(last) = taken.entries.last_mut() {
        last.signature = Some(segment.head.signature);
    }
}

/// Payloads of records that stand erased are not stored, and those that are stored are deleted.
async fn erase(store: &Store, replica: &mut Replica, changes: &mut Changes) -> Result<(), Problem> {
    let mut gone = Vec::new();
    for kept in &mut changes.entries {
        let header = &kept.entry.header;
        if header.kind == Kind::Erase && replica.is_erased(header.record) {
            changes.erased.push(header.record);
        } else if header.kind.is_erasable() && replica.is_erased(header.record) {
            kept.entry.payload = Payload::Erased;
            gone.push(*header);
        }
    }
    let (late, filled): (Vec<_>, Vec<_>) = std::mem::take(&mut changes.filled)
        .into_iter()
        .partition(|entry| replica.is_erased(entry.header.record));
    changes.filled = filled;
    gone.extend(late.into_iter().map(|entry| entry.header));
    for record in &changes.erased {
        let stored = store.erasable(*record).await;
        gone.extend(stored.map_err(|error| report(&error))?);
    }
    for header in &gone {
        replica.forget_payload(header);
    }
    Ok(())
}

fn keep(taken: &mut Changes, entries: Vec<Entry>, head: Option<ledger::SignedHead>) {
    let fresh = !entries.is_empty();
    taken.entries.extend(entries.into_iter().map(|entry| Kept {
        entry,
        signature: None,
        void: false,
    }));
    let Some(head) = head else {
        return;
    };
    match taken.entries.last_mut().filter(|_| fresh) {
        Some(last) => last.signature = Some(head.signature),
        None => taken.heads.push(head),
    }
}

fn merge(changes: &mut Changes, taken: Changes) {
    // A revocation may reach entries of the same push: they are stored, and set aside with the rest.
    changes.entries.extend(taken.entries);
    changes.filled.extend(taken.filled);
    changes.heads.extend(taken.heads);
    changes.cuts.extend(taken.cuts);
}

fn unknown(author: AuthorId, segments: &[Segment]) -> Refused {
    let first = segments.first().and_then(|segment| segment.entries.first());
    Refused {
        author,
        seq: first.map_or(0, |entry| entry.header.seq),
        reason: "unknown-author",
    }
}

/// A stable word for each lie.
fn reason(lie: Lie) -> &'static str {
    match lie {
        Lie::Malformed => "malformed",
        Lie::NotEnrolled => "not-enrolled",
        Lie::BeyondRevocation => "beyond-revocation",
        Lie::NotAllowed => "not-allowed",
        Lie::BrokenChain => "broken-chain",
        Lie::Gap => "gap",
        Lie::BadSignature => "bad-signature",
        Lie::PayloadMismatch => "payload-mismatch",
        Lie::Fork => "fork",
    }
}

/// Hashes of the entries held that the segments overlap, and of those that a revocation in them cuts back to.
async fn known(store: &Store, replica: &Replica, segments: &[Segment]) -> Result<Known, Problem> {
    let mut known = HashMap::new();
    for segment in segments {
        let author = segment.author();
        let tip = replica.tip(author).map_or(0, |tip| tip.seq);
        let first = segment
            .entries
            .first()
            .map_or(1, |entry| entry.header.seq)
            .saturating_sub(1);
        read(store, &mut known, author, first, segment.head.seq.min(tip)).await?;
        for (author, seq) in segment.entries.iter().filter_map(revocation) {
            read(store, &mut known, author, seq, seq).await?;
        }
    }
    Ok(known)
}

fn revocation(entry: &Entry) -> Option<(AuthorId, u64)> {
    if entry.header.kind != Kind::Member {
        return None;
    }
    match Member::decode(entry.payload.bytes()?) {
        Ok(Member::Revoke { author, last_seq }) => Some((author, last_seq)),
        _ => None,
    }
}

async fn read(
    store: &Store,
    known: &mut Known,
    author: AuthorId,
    from: u64,
    to: u64,
) -> Result<(), Problem> {
    if from > to {
        return Ok(());
    }
    let headers = store
        .headers(author, from, to)
        .await
        .map_err(|error| report(&error))?;
    known.extend(
        headers
            .iter()
            .map(|header| ((author, header.seq), header.hash())),
    );
    Ok(())
}
