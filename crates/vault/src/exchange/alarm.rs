//! Looking closely at the server, and naming what is wrong.
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use ledger::Role;

use super::claim::publish;
use super::{raise, upkeep, write_link};
use crate::desk::Desk;
use crate::failure::{ActError, SyncError};
use crate::remote::{FormHashes, Remote};
use crate::view::AlarmKind;

/// How often the server's identity and its live form are looked at.
const LOOK_AGAIN: Duration = Duration::from_mins(15);

/// What an error of the exchange tells a person, to stay until it is over.
fn kind(error: SyncError) -> Option<AlarmKind> {
    match error {
        SyncError::WrongClinic | SyncError::AlreadyClaimed => Some(AlarmKind::WrongClinic),
        SyncError::TooOld => Some(AlarmKind::Version),
        SyncError::Revoked => Some(AlarmKind::Revoked),
        SyncError::NotClaimed => Some(AlarmKind::Rollback),
        _ => None,
    }
}

pub(super) async fn for_error(desk: &Desk, error: SyncError) -> Result<(), ActError> {
    match kind(error) {
        Some(kind) => raise(desk, &[(None, kind)]).await,
        None => Ok(()),
    }
}

/// A form's hash as it is kept.
pub(super) fn pinned(form: FormHashes) -> String {
    HEXLOWER.encode(&form.js)
}

/// Is it still our clinic's server, with the key that was enrolled, serving the form we know?
pub(super) async fn check_server(desk: &Arc<Desk>, remote: &Remote) -> Result<(), SyncError> {
    let fresh = |checked: Instant| checked.elapsed() < LOOK_AGAIN;
    if desk.status().checked.is_some_and(fresh) {
        return Ok(());
    }
    let info = remote.clinic().await?;
    if !info.claimed {
        return Err(SyncError::NotClaimed);
    }
    let (newcomer, enrolled, newest) = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        let (roster, server) = (writer.replica.roster(), info.server.id());
        let enrolled = roster.role(server) == Some(Role::Server) && roster.is_active(server);
        let owner = upkeep::is_owner(&writer.replica, desk.me);
        let newest = writer.epochs.keys().next_back().filter(|_| owner).copied();
        (writer.link.value.first.is_some(), enrolled, newest)
    };
    if info.clinic != Some(desk.clinic) || !(enrolled || newcomer) {
        return Err(SyncError::WrongClinic);
    }
    desk.status().server = enrolled.then_some(info.server.id());
    if newcomer {
        // Who is enrolled is what comes now; then the server is looked at again.
        return Ok(());
    }
    if newest > info.epoch {
        // The exchange itself goes on without; the next one looks again.
        if let Err(error) = publish(desk, remote, &info).await {
            tracing::warn!(%error, "the website's new key was not published");
            return Ok(());
        }
    }
    // A form that can't be fetched at the moment is no changed form.
    let live = remote.live_form().await.ok().map(pinned);
    settle(desk, live).await?;
    desk.status().checked = Some(Instant::now());
    Ok(())
}

/// Takes back what is over, and compares the live form with the pinned one.
async fn settle(desk: &Desk, live: Option<String>) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut link = writer.link.value.clone();
    let mut news = false;
    for over in [
        AlarmKind::WrongClinic,
        AlarmKind::Version,
        AlarmKind::Revoked,
    ] {
        news |= link.settle("", over);
    }
    match (&link.form, live) {
        (None, Some(live)) => {
            link.form = Some(live);
            news = true;
        }
        (Some(pinned), Some(live)) if *pinned != live => {
            news |= link.raise("", AlarmKind::FormChanged, desk.now());
        }
        (Some(_), Some(_)) => news |= link.settle("", AlarmKind::FormChanged),
        (_, None) => {}
    }
    if news {
        write_link(desk, writer, link).await
    } else {
        Ok(())
    }
}
