//! Dialling another PC, for ever: greet, exchange, wait for news on either side, pause after a failure.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use vault::peer::{Link, PeerError};
use vault::{AuthorId, SyncError, Vault};

use super::{Rooms, Spot, Way};
use crate::backoff;

/// For a connection in the same network.
const DIALLING: Duration = Duration::from_secs(5);
/// Longest pause: a PC nearby that was switched on is found soon.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest time a question for news stays open.
const NEWS: Duration = Duration::from_mins(1);
/// Pause before somebody is tried again who will hardly be another one by then.
const LONG: Duration = Duration::from_mins(5);

/// Visits the PC at this spot until it has gone.
pub(super) async fn visit(vault: Vault, spot: Arc<Spot>, rooms: Arc<Rooms>) {
    let (mut failures, mut peer) = (0_u32, None);
    loop {
        if let Some(peer) = peer {
            wait_while_it_visits_us(&vault, &rooms, peer).await;
        }
        let error = match turn(&vault, &spot, &rooms, &mut peer, &mut failures).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        failures = failures.saturating_add(1);
        let pause = match error {
            PeerError::Ourselves | PeerError::Revoked | PeerError::Store(_) => return,
            PeerError::Copy | PeerError::Stranger | PeerError::CutOff => LONG,
            _ if spot.has_left() => return,
            _ => backoff::pause(failures, rand::random()).min(LONGEST),
        };
        tracing::debug!(%error, failures, "no exchange with a PC nearby");
        tokio::select! {
            () = spot.changed.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Of two connections the one stays that the lower author dialled.
fn yields(vault: &Vault, rooms: &Rooms, peer: AuthorId) -> bool {
    peer < vault.author() && rooms.stands(Way::In, peer)
}

async fn wait_while_it_visits_us(vault: &Vault, rooms: &Rooms, peer: AuthorId) {
    loop {
        let changed = rooms.changed.notified();
        tokio::pin!(changed);
        // Listens from here on, so that nothing is missed between the look and the wait.
        changed.as_mut().enable();
        if !yields(vault, rooms, peer) {
            return;
        }
        changed.await;
    }
}

/// One connection from its beginning to its end.
async fn turn(
    vault: &Vault,
    spot: &Spot,
    rooms: &Arc<Rooms>,
    peer: &mut Option<AuthorId>,
    failures: &mut u32,
) -> Result<(), PeerError> {
    let stream = dial(spot).await.ok_or(PeerError::Ended)?;
    let _ = stream.set_nodelay(true);
    let link = vault.greet(stream).await?;
    *peer = Some(link.peer());
    if yields(vault, rooms, link.peer()) {
        link.close().await;
        return Ok(());
    }
    let _note = rooms.note(Way::Out, link.peer());
    loop {
        exchange(vault, &link, failures).await?;
        let changed = async {
            while !yields(vault, rooms, link.peer()) {
                rooms.changed.notified().await;
            }
        };
        tokio::select! {
            news = vault.news_with(&link, NEWS) => news.map_err(ended)?,
            () = changed => {
                link.close().await;
                return Ok(());
            }
        }
    }
}

async fn exchange(vault: &Vault, link: &Link, failures: &mut u32) -> Result<(), PeerError> {
    vault.sync_with(link).await.map_err(ended)?;
    *failures = 0;
    Ok(())
}

fn ended(error: SyncError) -> PeerError {
    match error {
        SyncError::Revoked => PeerError::Revoked,
        SyncError::Store(error @ vault::ActError::Closed) => PeerError::Store(error),
        _ => PeerError::Ended,
    }
}

/// The first of the addresses that answers.
async fn dial(spot: &Spot) -> Option<TcpStream> {
    if let Some(name) = &spot.fixed {
        let dialled = tokio::time::timeout(DIALLING, TcpStream::connect(name)).await;
        return dialled.ok()?.ok();
    }
    let addresses: Vec<SocketAddr> = spot.place().0.clone();
    for address in addresses {
        let dialled = tokio::time::timeout(DIALLING, TcpStream::connect(address)).await;
        if let Ok(Ok(stream)) = dialled {
            return Some(stream);
        }
    }
    None
}
