//! Entries of desks: checked by the ledger's rules, taken whole per author or not at all.

use std::collections::{BTreeMap, HashMap};

use ledger::{AuthorId, Entry, EntryHash, Kind, Lie, Member, Replica, Segment};

use super::{Pushed, Refused, members, state::State, state::report};
use crate::{
    problem::Problem,
    store::{Changes, Kept, Store},
};

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
    /// Takes what is good of a push.
    pub(super) async fn push(&mut self, segments: Vec<Segment>) -> Result<Pushed, Problem> {
        self.be_sure().await?;
        let replica = self.replica.clone().ok_or(Problem::NotClaimed)?;
        let arrival = arrive(&self.store, replica, segments).await?;
        let Arrival {
            replica,
            changes,
            refused,
        } = arrival;
        for refusal in &refused {
            self.metrics.refused.inc();
            tracing::warn!(reason = refusal.reason, "a desk's entries were refused");
        }
        if !changes.is_empty() {
            self.commit(&changes).await?;
            self.metrics.pushed.inc_by(changes.entries.len() as u64);
            self.take(replica, &changes).await;
        }
        let have = self.replica.as_ref().map(Replica::have).unwrap_or_default();
        Ok(Pushed { have, refused })
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
        self.committed().await;
    }
}

/// What `segments` make of `replica`; nothing is stored here.
pub(super) async fn arrive(
    store: &Store,
    mut replica: Replica,
    segments: Vec<Segment>,
) -> Result<Arrival, Problem> {
    let known = known(store, &replica, &segments).await?;
    let mut changes = Changes::default();
    let mut refused = Vec::new();
    let mut waiting = by_author(segments);
    // Whoever is enrolled by another author's entries of the same push gets another turn.
    loop {
        let before = waiting.len();
        let mut again = Vec::new();
        for (author, segments) in waiting {
            match take_author(&mut replica, author, segments, &known) {
                Outcome::Taken(taken) => merge(&mut changes, *taken),
                Outcome::Refused(refusal) => refused.push(refusal),
                Outcome::Unknown(segments) => again.push((author, segments)),
            }
        }
        waiting = again;
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    refused.extend(
        waiting
            .iter()
            .map(|(author, segments)| unknown(*author, segments)),
    );
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
    Taken(Box<Changes>),
    Refused(Refused),
    Unknown(Vec<Segment>),
}

fn take_author(
    replica: &mut Replica,
    author: AuthorId,
    segments: Vec<Segment>,
    known: &Known,
) -> Outcome {
    let mut trial = replica.clone();
    let mut taken = Changes::default();
    let mut fresh: Known = HashMap::new();
    let all = segments.clone();
    for segment in segments {
        let held = |author, seq| {
            fresh
                .get(&(author, seq))
                .or_else(|| known.get(&(author, seq)))
                .copied()
        };
        let Ok(admission) = trial.admit(segment, held) else {
            return Outcome::Unknown(all);
        };
        if let Some(rejected) = admission.rejected {
            return Outcome::Refused(Refused {
                author,
                seq: rejected.seq,
                reason: reason(rejected.why),
            });
        }
        taken.cuts.extend(admission.cuts);
        taken.filled.extend(admission.filled);
        let fresh_hashes = admission.entries.iter().map(|entry| &entry.header);
        fresh.extend(fresh_hashes.map(|header| ((author, header.seq), header.hash())));
        keep(&mut taken, admission.entries, admission.head);
    }
    *replica = trial;
    Outcome::Taken(Box::new(taken))
}

fn keep(taken: &mut Changes, entries: Vec<Entry>, head: Option<ledger::SignedHead>) {
    let fresh = !entries.is_empty();
    taken.entries.extend(entries.into_iter().map(|entry| Kept {
        entry,
        signature: None,
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
    // A revocation may reach entries that came in the same push.
    for cut in &taken.cuts {
        changes.entries.retain(|kept| {
            kept.entry.header.author != cut.author || kept.entry.header.seq <= cut.last_seq
        });
    }
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
