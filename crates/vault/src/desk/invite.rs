//! Letting a PC in: one invitation at a time, for fifteen minutes, good for one PC.
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use casebook::text;
use ledger::join::{Answer, Offer, Request};
use ledger::{JoinCode, Member, Role};
use rand::{RngExt as _, rng};

use super::{Desk, OwnWrite, Vault};
use crate::event::Event;
use crate::exchange::{self, upkeep};
use crate::failure::{ActError, MemberError, SyncError};
use crate::remote::Remote;
use crate::view::{DeskRole, Invitation, Inviting, Millis};

/// How long an invitation is good for, in milliseconds.
const GOOD_FOR: i64 = 15 * 60_000;
/// Pause after a question that failed.
const PAUSE: Duration = Duration::from_secs(2);
/// Clinic keys that one answer holds; older ones follow as entries.
const MOST_GRANTS: usize = 500;

/// The one invitation, if there is one.
pub(crate) struct Invited {
    shown: Inviting,
    /// Counts invitations, so that a watcher knows its own.
    turn: u64,
    open: Option<Arc<Open>>,
    asked: Option<Arc<Asked>>,
}

impl Default for Invited {
    fn default() -> Self {
        Self {
            shown: Inviting::Idle,
            turn: 0,
            open: None,
            asked: None,
        }
    }
}

/// An open waiting room.
struct Open {
    code: JoinCode,
    offer: Vec<u8>,
    role: Role,
    expires_at: Millis,
    remote: Remote,
}

/// A PC that knocked.
struct Asked {
    bytes: Vec<u8>,
    request: Request,
}

impl Desk {
    fn invited(&self) -> MutexGuard<'_, Invited> {
        self.invited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the invitation of this turn stands from now on; nothing if another one came since.
    fn show_inviting(&self, turn: u64, shown: Inviting) {
        let ends = !matches!(shown, Inviting::Waiting { .. } | Inviting::Asked { .. });
        {
            let mut invited = self.invited();
            if invited.turn != turn {
                return;
            }
            invited.shown = shown.clone();
            if ends {
                (invited.open, invited.asked) = (None, None);
            }
        }
        self.tell(Event::Inviting(shown));
    }
}

/// Opens a waiting room on the server, in the place of one that was open.
async fn invite(desk: &Arc<Desk>, role: DeskRole) -> Result<Invitation, MemberError> {
    let role = match role {
        DeskRole::Desk => Role::Desk,
        DeskRole::Owner => Role::Owner,
    };
    let secrets = desk.secrets()?;
    let expires_at = desk.now() + GOOD_FOR;
    let (offer, url) = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        if !upkeep::is_owner(&writer.replica, desk.me) {
            return Err(MemberError::NotOwner);
        }
        let roster = writer.replica.roster();
        let offer = Offer {
            keys: secrets.signer.keys(),
            role,
            desk: roster.name(desk.me).unwrap_or_default().to_owned(),
            clinic: roster.clinic_name().unwrap_or_default().to_owned(),
            expires_ms: expires_at.unsigned_abs(),
        };
        let url = writer.link.value.url.clone();
        (offer, url.ok_or(SyncError::NoServer)?)
    };
    close(desk).await;
    let remote = exchange::connected(desk).await?;
    let code = JoinCode::new(rng().random(), desk.clinic);
    let offer = offer.encode(&code);
    let credentials = exchange::credentials(desk).await?;
    remote
        .open_room(
            &credentials.caller(desk),
            &code.room(),
            &offer,
            expires_at.unsigned_abs(),
        )
        .await
        .map_err(SyncError::from)?;
    let invitation = Invitation {
        code: code.spell(),
        link: code.link(&url),
        expires_at,
    };
    let turn = {
        let mut invited = desk.invited();
        invited.turn += 1;
        invited.asked = None;
        invited.open = Some(Arc::new(Open {
            code,
            offer,
            role,
            expires_at,
            remote,
        }));
        invited.turn
    };
    desk.show_inviting(turn, Inviting::Waiting { expires_at });
    tokio::spawn(watch(Arc::clone(desk), turn));
    Ok(invitation)
}

/// Waits for the knock, and then for the end.
async fn watch(desk: Arc<Desk>, turn: u64) {
    loop {
        let Some(open) = still_open(&desk, turn) else {
            return;
        };
        if desk.now() >= open.expires_at {
            return desk.show_inviting(turn, Inviting::Expired);
        }
        match open.remote.room(&open.code.room(), 1).await {
            Ok(None) => return desk.show_inviting(turn, Inviting::Expired),
            Ok(Some(room)) => {
                if let Some(bytes) = room.request {
                    return knocked(&desk, turn, &open, bytes).await;
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn still_open(desk: &Desk, turn: u64) -> Option<Arc<Open>> {
    // A vault that was closed has forgotten its keys: nobody could be let in any more.
    desk.secrets().ok()?;
    let invited = desk.invited();
    invited.open.clone().filter(|_| invited.turn == turn)
}

/// Shows who knocks, for as long as the invitation is good.
async fn knocked(desk: &Arc<Desk>, turn: u64, open: &Open, bytes: Vec<u8>) {
    let Ok(request) = Request::decode(&bytes, &open.code, &open.offer) else {
        // Whoever wrote this lacks the code: nobody can be let in through this room.
        close_room(desk, open).await;
        return desk.show_inviting(turn, Inviting::Refused);
    };
    let shown = Inviting::Asked {
        name: request.name.clone(),
        branch: request.branch.clone(),
        digits: open.code.digits(&open.offer, &bytes),
    };
    {
        let mut invited = desk.invited();
        if invited.turn == turn {
            invited.asked = Some(Arc::new(Asked { bytes, request }));
        }
    }
    desk.show_inviting(turn, shown);
    let left = open.expires_at.saturating_sub(desk.now());
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
    tokio::time::sleep(left).await;
    if still_open(desk, turn).is_some() {
        desk.show_inviting(turn, Inviting::Expired);
    }
}

/// Lets in the PC that knocked, or not. To be repeated when the server could not be reached.
async fn confirm(desk: &Arc<Desk>, same: bool) -> Result<Inviting, MemberError> {
    let (turn, open, asked) = {
        let invited = desk.invited();
        match (&invited.open, &invited.asked) {
            (Some(open), Some(asked)) => (invited.turn, Arc::clone(open), Arc::clone(asked)),
            _ => return Err(MemberError::Expired),
        }
    };
    if !same {
        // That it was refused it may learn; that it hears of it is not what counts.
        let _ = put_answer(desk, &open, &asked, &Answer::Refused).await;
        desk.show_inviting(turn, Inviting::Refused);
        return Ok(Inviting::Refused);
    }
    if desk.now() >= open.expires_at {
        desk.show_inviting(turn, Inviting::Expired);
        return Err(MemberError::Expired);
    }
    let answer = enrol(desk, &open, &asked.request).await?;
    exchange::send(desk).await?;
    put_answer(desk, &open, &asked, &answer).await?;
    let joined = Inviting::Joined {
        id: asked.request.keys.id().to_string(),
        name: asked.request.name.clone(),
    };
    desk.show_inviting(turn, joined.clone());
    Ok(joined)
}

/// Enrols the new PC and grants it every clinic key, in one transaction; once.
async fn enrol(desk: &Arc<Desk>, open: &Open, request: &Request) -> Result<Answer, MemberError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if !upkeep::is_owner(&writer.replica, desk.me) {
        return Err(MemberError::NotOwner);
    }
    let keys = request.keys;
    let roster = writer.replica.roster();
    if roster.author(keys.id()).is_none() {
        let (name, branch) = names(&request.name, &request.branch)?;
        let (role, now) = (open.role, desk.now());
        let mut write = OwnWrite::begin(writer);
        write.scribe().member(
            &Member::Enrol {
                keys,
                role,
                name,
                branch,
            },
            now,
        )?;
        for held in writer.epochs.values() {
            write.scribe().grant(&keys, &held.clinic, now)?;
        }
        write.commit(desk, writer).await?;
        desk.memory().see_roster(&writer.replica, desk.me);
        desk.tell(Event::Desks);
    } else if !roster.is_active(keys.id()) {
        return Err(MemberError::Refused);
    }
    let mut grants = Vec::new();
    let first = writer.epochs.values().take(1);
    let newest = writer.epochs.values().skip(1).rev().take(MOST_GRANTS);
    for held in first.chain(newest) {
        let grant = seal::seal_grant(&mut rng(), &keys, &held.clinic);
        grants.extend(grant.map_err(|_| MemberError::Refused)?);
    }
    Ok(Answer::Accepted {
        role: open.role,
        entries: writer.replica.heads().values().map(|tip| tip.seq).sum(),
        grants,
    })
}

/// Name and branch of a PC as they may stand in the ledger.
pub(crate) fn names(name: &str, branch: &str) -> Result<(String, String), ActError> {
    let name = crate::life::name(name).ok_or(ActError::BadInput)?;
    let branch = text::one_line(branch, casebook::lead::Limits::BRANCH);
    Ok((name, branch))
}

async fn put_answer(
    desk: &Desk,
    open: &Open,
    asked: &Asked,
    answer: &Answer,
) -> Result<(), MemberError> {
    let bytes = answer.encode(&open.code, &open.offer, &asked.bytes);
    let credentials = exchange::credentials(desk).await?;
    open.remote
        .put_answer(&credentials.caller(desk), &open.code.room(), bytes)
        .await
        .map_err(|error| SyncError::from(error).into())
}

/// Closes whatever waiting room is open.
async fn close(desk: &Arc<Desk>) {
    let open = desk.invited().open.clone();
    if let Some(open) = open {
        close_room(desk, &open).await;
    }
}

/// The room ends by itself when this fails.
async fn close_room(desk: &Desk, open: &Open) {
    if let Ok(credentials) = exchange::credentials(desk).await {
        let who = credentials.caller(desk);
        let _ = open.remote.close_room(&who, &open.code.room()).await;
    }
}

impl Vault {
    /// Opens a waiting room for one PC: the code is good for fifteen minutes, once. Only an owner's
    /// PC with a server can. An invitation that was open ends.
    pub async fn invite(&self, role: DeskRole) -> Result<Invitation, MemberError> {
        self.run(move |desk| async move { invite(&desk, role).await })
            .await
    }

    /// How the invitation stands; changes come as [`Event::Inviting`].
    #[must_use]
    pub fn inviting(&self) -> Inviting {
        self.desk.invited().shown.clone()
    }

    /// Lets the PC that knocked in if a person says that both screens show the same digits: it is
    /// enrolled here and on the server before it hears of it. After an error, to be repeated.
    pub async fn confirm_desk(&self, same: bool) -> Result<Inviting, MemberError> {
        self.run(move |desk| async move { confirm(&desk, same).await })
            .await
    }

    /// Closes the waiting room.
    pub async fn cancel_invitation(&self) -> Result<Inviting, MemberError> {
        self.run(|desk| async move {
            close(&desk).await;
            let turn = desk.invited().turn;
            desk.show_inviting(turn, Inviting::Idle);
            Ok(Inviting::Idle)
        })
        .await
    }
}
