//! Giving the server to a clinic, and publishing what its owners change later.

use std::collections::HashSet;

use data_encoding::BASE32;
use ledger::{
    AuthorId, AuthorKeys, ClinicId, Entry, EntryHash, Epoch, Have, Kind, Member, Replica, Role,
    Segment, request::RequestProof, statement::IntakeKeyStatement,
};
use subtle::ConstantTimeEq;

use super::{arrive::arrive, light::NONCE_MS, state::State};
use crate::{
    auth::check_time,
    problem::Problem,
    store::{Changes, ClinicRecord, Nonce},
};

/// Most authors and most membership entries of a claim: what a large clinic has many times over, and little work.
const AUTHORS: usize = 200;
const MEMBERS: usize = 500;

/// A claim as it was sent.
pub(crate) struct ClaimOrder {
    /// The code that was typed.
    pub code: String,
    /// The founding ledgers.
    pub segments: Vec<Segment>,
    /// The intake key, signed.
    pub statement: Vec<u8>,
    /// The clinic's name as visitors read it.
    pub name: String,
    /// Version of the notice.
    pub notice_version: String,
    /// Text of the notice.
    pub notice_text: String,
    /// The signature of the request.
    pub proof: RequestProof,
    /// What it was made over: path and query.
    pub path: String,
    /// What it was made over: the body.
    pub body: axum::body::Bytes,
}

impl State {
    /// Does the claim, or the repeated one of the same clinic.
    pub(super) async fn claim(&mut self, order: ClaimOrder) -> Result<Have, Problem> {
        self.be_sure().await?;
        let genesis = self.genesis(&order.segments).ok_or(BAD_BUNDLE)?;
        let clinic = ClinicId::of_genesis(&genesis);
        let base = match &self.replica {
            Some(replica) if replica.roster().clinic() != clinic => {
                return Err(Problem::AlreadyClaimed);
            }
            Some(replica) => replica.clone(),
            None => Replica::new(clinic),
        };
        // Whatever takes work comes after the signature and, from whoever is new here, the code.
        let nonce = self.check_signature(clinic, &order).await?;
        if self.replica.is_none() {
            self.check_code(&order.code)?;
        }
        check_size(&order.segments)?;
        let arrival = arrive(&self.store, base, order.segments.clone()).await?;
        if !arrival.refused.is_empty() {
            return Err(BAD_BUNDLE);
        }
        check_owner(&arrival.replica, order.proof.author)?;
        let epoch = check_statement(&arrival.replica, clinic, &order.statement)?;
        self.check_enrolled(&arrival.replica)?;
        let mut changes = arrival.changes;
        changes.nonces.push(nonce);
        self.publish(order, genesis, epoch, arrival.replica, changes)
            .await
    }

    /// The clinic's genesis, from the bundle; an owner who publishes something newer need not bring the ledgers again.
    fn genesis(&self, segments: &[Segment]) -> Option<EntryHash> {
        match &self.members {
            Some(members) if segments.is_empty() => Some(members.clinic.record.genesis),
            _ => genesis(segments),
        }
    }

    async fn publish(
        &mut self,
        order: ClaimOrder,
        genesis: EntryHash,
        epoch: Epoch,
        replica: Replica,
        mut changes: Changes,
    ) -> Result<Have, Problem> {
        let published = self
            .members
            .as_ref()
            .map(|members| members.clinic.statement.epoch);
        if published.is_some_and(|published| epoch < published) {
            let detail = "a newer intake key is published already";
            return Err(Problem::Unprocessable {
                field: "statement",
                detail,
            });
        }
        changes.clinic = Some(ClinicRecord {
            genesis,
            name: order.name,
            statement: order.statement,
            notice_version: order.notice_version,
            notice_text: order.notice_text,
        });
        self.commit(&changes).await?;
        self.spend(changes.nonces.iter().copied());
        self.setup_code = None;
        self.show_code();
        let have = replica.have();
        self.take(replica, &changes).await;
        Ok(have)
    }

    /// The request is signed, in time, for the first time, with the keys of the author that it names: an author known
    /// here or one that the bundle says it enrols. Gives what is to be remembered of it.
    async fn check_signature(
        &self,
        clinic: ClinicId,
        order: &ClaimOrder,
    ) -> Result<(Nonce, i64), Problem> {
        let (author, now_ms) = (order.proof.author, (self.clock)());
        let known = self
            .replica
            .as_ref()
            .and_then(|all| all.roster().keys(author));
        let keys = known
            .or_else(|| stated_keys(&order.segments, author))
            .ok_or(Problem::Unauthorized)?;
        let path = &order.path;
        if !order.proof.verify(&keys, clinic, "POST", path, &order.body) {
            return Err(Problem::Unauthorized);
        }
        check_time(order.proof.ms, now_ms)?;
        let nonce = Nonce {
            author,
            nonce: order.proof.nonce,
        };
        if self.spent(&[nonce], now_ms).await?.contains(&nonce) {
            return Err(Problem::Replayed);
        }
        Ok((nonce, now_ms.saturating_add(NONCE_MS)))
    }

    fn check_enrolled(&self, replica: &Replica) -> Result<(), Problem> {
        let me = self.signer.id();
        let enrolled =
            replica.roster().role(me) == Some(Role::Server) && replica.roster().is_active(me);
        let detail = "the bundle does not enrol this server's keys with the role of a server";
        if enrolled {
            Ok(())
        } else {
            Err(Problem::Unprocessable {
                field: "bundle",
                detail,
            })
        }
    }

    /// 60 random bits stand against the few tries that an address has in a minute: a wrong one changes nothing here.
    fn check_code(&self, typed: &str) -> Result<(), Problem> {
        let code = self.setup_code.as_deref().ok_or(Problem::AlreadyClaimed)?;
        let (typed, code) = (plain_code(typed), plain_code(code));
        if bool::from(typed.as_bytes().ct_eq(code.as_bytes())) {
            return Ok(());
        }
        tracing::warn!("a wrong setup code was tried");
        Err(Problem::SetupCode)
    }
}

const BAD_BUNDLE: Problem = Problem::Unprocessable {
    field: "bundle",
    detail: "the bundle does not hold the clinic's ledgers from its genesis on",
};

/// Hash of the first entry of the first author: the clinic's genesis.
fn genesis(segments: &[Segment]) -> Option<EntryHash> {
    let first = &segments.first()?.entries.first()?.header;
    (first.seq == 1).then(|| first.hash())
}

/// The keys that a membership entry of the bundle states for this author. An author's id is made from its keys, so that
/// no other keys could be stated for it.
fn stated_keys(segments: &[Segment], author: AuthorId) -> Option<AuthorKeys> {
    membership(segments).find_map(|entry| match Member::decode(entry.payload.bytes()?) {
        Ok(Member::Genesis { keys, .. } | Member::Enrol { keys, .. }) if keys.id() == author => {
            Some(keys)
        }
        _ => None,
    })
}

fn membership(segments: &[Segment]) -> impl Iterator<Item = &Entry> {
    let entries = segments.iter().flat_map(|segment| &segment.entries);
    entries.filter(|entry| entry.header.kind == Kind::Member)
}

fn check_size(segments: &[Segment]) -> Result<(), Problem> {
    let authors: HashSet<AuthorId> = segments.iter().map(Segment::author).collect();
    if authors.len() > AUTHORS || membership(segments).count() > MEMBERS {
        return Err(BAD_BUNDLE);
    }
    Ok(())
}

fn check_owner(replica: &Replica, author: AuthorId) -> Result<(), Problem> {
    if !is_owner(replica, author) {
        return Err(Problem::Unauthorized);
    }
    if replica.roster().is_active(author) {
        Ok(())
    } else {
        Err(Problem::Revoked)
    }
}

fn is_owner(replica: &Replica, author: AuthorId) -> bool {
    matches!(
        replica.roster().role(author),
        Some(Role::Owner | Role::Paper)
    )
}

fn check_statement(replica: &Replica, clinic: ClinicId, bytes: &[u8]) -> Result<Epoch, Problem> {
    let bad = |detail| Problem::Unprocessable {
        field: "statement",
        detail,
    };
    let statement =
        IntakeKeyStatement::decode(bytes).map_err(|_| bad("not a statement of an intake key"))?;
    let keys = replica
        .roster()
        .keys(statement.author)
        .ok_or(bad("signed by nobody known"))?;
    let owner = is_owner(replica, statement.author) && replica.roster().is_active(statement.author);
    if statement.clinic == clinic && owner && statement.verify(&keys) {
        Ok(statement.epoch)
    } else {
        Err(bad("not signed by an owner of this clinic"))
    }
}

/// A setup code: 60 random bits in three groups of four letters and digits.
pub(crate) fn fresh_code() -> String {
    let text = BASE32.encode(&rand::random::<[u8; 10]>());
    format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..12])
}

/// A code as typed, without what people add or change: case, hyphens, spaces, and digits for the letters they resemble.
fn plain_code(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_three_groups_and_is_never_the_same() {
        let codes: std::collections::HashSet<String> = (0..100).map(|_| fresh_code()).collect();
        assert_eq!(codes.len(), 100);
        for code in codes {
            assert_eq!(code.len(), 14);
            assert!(code.split('-').all(|group| group.len() == 4));
        }
    }

    #[test]
    fn a_code_may_be_typed_carelessly_but_not_wrongly() {
        assert_eq!(plain_code("abcd efgh-oIB2"), plain_code("ABCD-EFGH-0182"));
        assert_ne!(plain_code("ABCD-EFGH-JKLM"), plain_code("ABCD-EFGH-JKLN"));
        assert_ne!(plain_code(""), plain_code("ABCD-EFGH-JKLM"));
    }
}
