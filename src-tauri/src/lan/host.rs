//! Answering PCs that dial this one.
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use vault::Vault;
use vault::peer::PeerError;

use super::{Rooms, Way};

/// Callers that have not proved themselves yet, at once; more wait at the door.
const AT_THE_DOOR: usize = 16;
/// PCs that are answered at once.
const GUESTS: usize = 64;
/// Pause when the system gives no connection.
const BREATH: Duration = Duration::from_secs(1);

/// Answers whoever dials, until it is dropped.
pub(super) async fn accept(vault: Vault, listener: TcpListener, rooms: Arc<Rooms>) {
    let door = Arc::new(Semaphore::new(AT_THE_DOOR));
    let seats = Arc::new(Semaphore::new(GUESTS));
    let mut guests = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&door).acquire_owned().await else {
            return;
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::info!(kind = ?error.kind(), "a caller was lost");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            },
            Some(_) = guests.join_next() => continue,
        };
        let (vault, rooms, seats) = (vault.clone(), Arc::clone(&rooms), Arc::clone(&seats));
        guests.spawn(async move {
            let guest = greeted(&vault, stream).await;
            drop(place);
            let (Some(mut guest), Ok(_seat)) = (guest, seats.try_acquire()) else {
                return;
            };
            let peer = guest.peer();
            // Of two connections the one stays that the lower author dialled.
            if vault.author() < peer && rooms.stands(Way::Out, peer) {
                return;
            }
            let _note = rooms.note(Way::In, peer);
            let ended = guest.serve().await;
            tracing::debug!(?ended, "a PC nearby has gone");
        });
    }
}

async fn greeted(vault: &Vault, stream: TcpStream) -> Option<vault::peer::Guest> {
    // Small answers go at once; without it they only come later.
    let _ = stream.set_nodelay(true);
    match vault.let_in(stream).await {
        Ok(guest) => Some(guest),
        Err(PeerError::Ended | PeerError::Ourselves) => None,
        Err(error) => {
            tracing::info!(%error, "a caller was turned away");
            None
        }
    }
}
