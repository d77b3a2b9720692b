//! Giving the server to a clinic, and publishing what its owners change later.

use data_encoding::BASE32;
use ledger::{
    AuthorId, ClinicId, EntryHash, Epoch, Have, Replica, Role, Segment, request::RequestProof,
    statement::IntakeKeyStatement,
};
use subtle::ConstantTimeEq;

use super::{arrive::arrive, state::State};
use crate::{
    auth::check_time,
    problem::Problem,
    store::{Changes, ClinicRecord, Setup},
};

/// Wrong codes after which a new code is made: whoever has the console can read it, nobody else.
const ATTEMPTS: u32 = 10;

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
        let genesis = genesis(&order.segments).ok_or(BAD_BUNDLE)?;
        let clinic = ClinicId::of_genesis(&genesis);
        let base = match &self.replica {
            Some(replica) if replica.roster().clinic() != clinic => {
                return Err(Problem::AlreadyClaimed);
            }
            Some(replica) => replica.clone(),
            None => Replica::new(clinic),
        };
        let arrival = arrive(&self.store, base, order.segments.clone()).await?;
        if !arrival.refused.is_empty() {
            return Err(BAD_BUNDLE);
        }
        self.check_owner(&arrival.replica, clinic, &order)?;
        let epoch = check_statement(&arrival.replica, clinic, &order.statement)?;
        self.check_enrolled(&arrival.replica)?;
        if self.replica.is_none() {
            self.check_code(&order.code).await?;
        }
        self.publish(order, genesis, epoch, arrival.replica, arrival.changes)
            .await
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
        changes.setup = Some(Setup::Done);
        self.commit(&changes).await?;
        self.setup_code = None;
        self.show_code();
        let have = replica.have();
        self.take(replica, &changes).await;
        Ok(have)
    }

    /// The request is signed, in time, by an owner whom the bundle enrols.
    fn check_owner(
        &self,
        replica: &Replica,
        clinic: ClinicId,
        order: &ClaimOrder,
    ) -> Result<(), Problem> {
        let roster = replica.roster();
        let keys = roster
            .keys(order.proof.author)
            .ok_or(Problem::Unauthorized)?;
        if !order
            .proof
            .verify(&keys, clinic, "POST", &order.path, &order.body)
        {
            return Err(Problem::Unauthorized);
        }
        check_time(order.proof.ms, (self.clock)())?;
        if !roster.is_active(order.proof.author) {
            return Err(Problem::Revoked);
        }
        if is_owner(replica, order.proof.author) {
            Ok(())
        } else {
            Err(Problem::Unauthorized)
        }
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

    /// Counts the try on the disk before it compares, so that a stop of the power gives no free one.
    async fn check_code(&mut self, typed: &str) -> Result<(), Problem> {
        let Some(code) = self.setup_code.clone() else {
            return Err(Problem::AlreadyClaimed);
        };
        let attempts = self.setup_attempts.saturating_add(1);
        let setup = Some(Setup::Attempts(attempts));
        self.commit(&Changes {
            setup,
            ..Changes::default()
        })
        .await?;
        self.setup_attempts = attempts;
        if bool::from(
            plain_code(typed)
                .as_bytes()
                .ct_eq(plain_code(&code).as_bytes()),
        ) {
            return Ok(());
        }
        if attempts >= ATTEMPTS {
            self.renew_code().await?;
        }
        Err(Problem::SetupCode)
    }

    async fn renew_code(&mut self) -> Result<(), Problem> {
        let code = fresh_code();
        let setup = Some(Setup::Code(code.clone()));
        self.commit(&Changes {
            setup,
            ..Changes::default()
        })
        .await?;
        self.setup_code = Some(code);
        self.setup_attempts = 0;
        self.show_code();
        tracing::warn!("too many wrong setup codes: a new one is on the console");
        Ok(())
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
