//! Being cut off: a server's word is an alarm, an owner's signature is the end.
use std::sync::Arc;

use super::transport::Other;
use super::{apply, credentials, wanted};
use crate::desk::Desk;
use crate::event::Event;
use crate::failure::{ActError, SyncError};
use crate::remote::Remote;

/// Pages of proof that are asked for at most.
const PAGES: u32 = 64;

/// Asks the server that refuses us for the revocation itself. Whatever it brings is judged like any
/// other entry; only one that an owner or a kit has signed makes [`Desk::is_cut_off`] true.
pub(super) async fn ask_for_proof(desk: &Arc<Desk>, remote: &Remote) -> Result<(), SyncError> {
    for _ in 0..PAGES {
        let credentials = credentials(desk).await?;
        let have = wanted(desk, Other::Server).await?;
        let pulled = remote.pull(&credentials.caller(desk), &have).await?;
        let applied = apply::apply(desk, pulled.bundle, Other::Server).await?;
        if desk.is_cut_off().await? || !pulled.more || !applied.progress {
            break;
        }
    }
    // Entries may have come without what they say. If it was a lie, the next exchange asks for that.
    desk.status().asked_to_fill.remove(&Other::Server);
    Ok(())
}

impl Desk {
    /// An owner or a kit has revoked this author, by an entry that is here and counts.
    pub(crate) async fn is_cut_off(&self) -> Result<bool, ActError> {
        let mut writing = self.writing().await;
        let roster = writing.get()?.replica.roster();
        Ok(roster.author(self.me).is_some() && !roster.is_active(self.me))
    }

    /// Says so to whoever deletes the data.
    pub(crate) fn tell_cut_off(&self) {
        self.tell(Event::CutOff);
    }
}
