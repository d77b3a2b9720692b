//! Becoming a PC of a clinic: knock, compare digits, be let in, and only then make a database.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ledger::join::{Answer, Invitation, Offer, Request};
use ledger::{AuthorId, ClinicId, Epoch, JoinCode, Replica};
use rand::rng;
use seal::{ClinicKey, GRANT_LEN, RootSecret};

use super::found::{self, put_epoch_key};
use crate::clock::SharedClock;
use crate::desk::{Vault, names};
use crate::exchange::VERSION;
use crate::failure::{MemberError, OpenError, SyncError};
use crate::local::{self, Link, Profile};
use crate::remote::{ProblemKind, Remote, RemoteError, Wall};
use crate::state::State;
use crate::store::ledger_rows::{self, Identity};
use crate::store::{Batch, Fault};
use crate::view::{JoinForm, Joining};

/// Pause after a question that failed.
const PAUSE: Duration = Duration::from_secs(2);

/// No invitation is good for longer, whatever a server says of it.
const LONGEST: Duration = Duration::from_mins(20);

/// A request that lies in the waiting room.
pub struct Knock {
    remote: Remote,
    url: String,
    code: JoinCode,
    offer: Offer,
    offer_bytes: Vec<u8>,
    request_bytes: Vec<u8>,
    root: RootSecret,
}

impl Knock {
    /// Whether a text is an invitation; asks nobody.
    #[must_use]
    pub fn reads(text: &str) -> bool {
        Invitation::parse(text).is_ok()
    }

    /// Makes this PC's keys and asks to be let in. Nothing is written here.
    pub async fn at(form: &JoinForm, clock: SharedClock) -> Result<Self, MemberError> {
        let Invitation { code, server } =
            Invitation::parse(&form.code).map_err(|_| MemberError::WrongInvitation)?;
        let typed = form.server.as_deref().map(str::trim).unwrap_or_default();
        let url = server.unwrap_or_else(|| typed.to_owned());
        let (name, branch) = names(&form.desk, &form.branch)?;
        let wall: Wall = Arc::new(move || clock.now_ms());
        let remote = Remote::new(&url, wall).map_err(SyncError::from)?;
        let seen = remote
            .room(&code.room(), 0)
            .await
            .map_err(SyncError::from)?;
        let offer_bytes = seen.ok_or(MemberError::Expired)?.offer;
        let offer = Offer::decode(&offer_bytes, &code).map_err(|_| MemberError::Refused)?;
        let root = RootSecret::generate(&mut rng());
        let request = Request {
            keys: root.signer().keys(),
            name,
            branch,
            version: VERSION.to_owned(),
        };
        let request_bytes = request.encode(&code, &offer_bytes);
        let put = remote
            .put_request(&code.room(), request_bytes.clone())
            .await;
        put.map_err(|error| match error {
            // Another PC was there before.
            RemoteError::Problem(ProblemKind::RoomTaken) => MemberError::Refused,
            RemoteError::Problem(ProblemKind::NotFound) => MemberError::Expired,
            error => SyncError::from(error).into(),
        })?;
        Ok(Self {
            remote,
            url,
            code,
            offer,
            offer_bytes,
            request_bytes,
            root,
        })
    }

    /// What the screen shows until the other PC has decided.
    #[must_use]
    pub fn view(&self) -> Joining {
        Joining::Confirm {
            clinic: self.offer.clinic.clone(),
            inviter: self.offer.desk.clone(),
            digits: self.code.digits(&self.offer_bytes, &self.request_bytes),
            expires_at: i64::try_from(self.offer.expires_ms).unwrap_or(i64::MAX),
        }
    }

    /// Waits until the other PC has decided, or the invitation is over. To be dropped at any moment.
    pub async fn answer(self) -> Result<Admitted, MemberError> {
        let end = tokio::time::Instant::now() + LONGEST;
        let answer = loop {
            if tokio::time::Instant::now() >= end {
                return Err(MemberError::Expired);
            }
            match self.remote.room(&self.code.room(), 2).await {
                Ok(None) => return Err(MemberError::Expired),
                Ok(Some(room)) => {
                    if let Some(answer) = room.answer {
                        break answer;
                    }
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        let answer = Answer::decode(&answer, &self.code, &self.offer_bytes, &self.request_bytes);
        let Ok(Answer::Accepted {
            entries, grants, ..
        }) = answer
        else {
            return Err(MemberError::Refused);
        };
        let keys = opened(&self.root, &grants).ok_or(MemberError::Refused)?;
        Ok(Admitted {
            clinic: self.code.clinic(),
            root: self.root,
            keys,
            url: self.url,
            entries,
        })
    }
}

/// The clinic keys of an answer; the first one among them, which names people's records.
fn opened(root: &RootSecret, grants: &[u8]) -> Option<Vec<ClinicKey>> {
    let me = root.signer().id();
    let receive = root.receive_key();
    if !grants.len().is_multiple_of(GRANT_LEN) {
        return None;
    }
    let open = |grant: &[u8]| seal::open_grant(&receive, me, grant).ok();
    let keys: Option<Vec<ClinicKey>> = grants.chunks_exact(GRANT_LEN).map(open).collect();
    keys.filter(|keys| keys.iter().any(|key| key.epoch() == Epoch::FIRST))
}

/// Let in; no data yet.
pub struct Admitted {
    clinic: ClinicId,
    root: RootSecret,
    keys: Vec<ClinicKey>,
    url: String,
    entries: u64,
}

impl Admitted {
    /// The clinic: the account under which the keychain keeps the key.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.clinic
    }

    /// This PC's secret, to be kept in the keychain before [`Admitted::create`].
    #[must_use]
    pub const fn root(&self) -> &RootSecret {
        &self.root
    }

    /// Makes the database, never where there is one, and opens it. The first exchange brings
    /// everything, each entry proven from the genesis that the code named.
    pub async fn create(self, dir: &Path, clock: SharedClock) -> Result<Vault, OpenError> {
        let link = Link {
            url: Some(self.url),
            first: Some(self.entries),
            ..Link::default()
        };
        // Its paper is elsewhere, and in order.
        let profile = Profile {
            kit_checked: true,
            ..Profile::default()
        };
        let now = clock.now_ms();
        let rows = bare_rows(&self.root, self.clinic, &self.keys, &profile, &link, now)?;
        found::create_database(dir, rows, &self.root, clock).await
    }
}

/// The rows of a database that knows its clinic by name, and nothing of it yet.
pub(super) fn bare_rows(
    root: &RootSecret,
    clinic: ClinicId,
    keys: &[ClinicKey],
    profile: &Profile,
    link: &Link,
    now: i64,
) -> Result<Batch, Fault> {
    let author: AuthorId = root.signer().id();
    let storage = root.storage_key();
    let mut batch = Batch::new();
    ledger_rows::put_identity(&mut batch, Identity { clinic, author });
    let mut state = State::new();
    // Above whatever was mirrored of a database that this PC had before.
    state.counter = u64::try_from(now).unwrap_or(0);
    state.set_ledgers(&Replica::new(clinic), 0);
    for key in keys {
        put_epoch_key(&mut batch, &storage, key)?;
    }
    local::put(&mut batch, &storage, profile, None)?;
    local::put(&mut batch, &storage, link, None)?;
    state.put(&mut batch, &storage)?;
    Ok(batch)
}
