//! What carries bundles between this desk and another holder of ledgers; the engine knows nothing of the way.
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ledger::{AuthorId, Have};

use super::credentials;
use crate::desk::Desk;
use crate::failure::SyncError;
use crate::remote::{Refused, Remote};

/// Who is on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Other {
    /// The clinic's intake server.
    Server,
    /// Another PC of the clinic, which has proved that it is.
    Peer(AuthorId),
    /// Whoever wrote a memory stick, or will read it.
    Stick,
}

/// A part of what the other side has and we lack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// A bundle; cut, it gives what is whole before the cut.
    pub bundle: Vec<u8>,
    /// There is another page.
    pub more: bool,
    /// Entries that are left after this page, if the other side can tell.
    pub left: Option<u64>,
    /// Where waiting goes on, if the other side counts arrivals.
    pub cursor: Option<u64>,
}

/// What became of a bundle that was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// What the other side has now.
    pub have: Have,
    /// Entries whose payloads it lacks, if it tells.
    pub missing: Vec<(AuthorId, u64)>,
    /// What it refused.
    pub refused: Vec<Refused>,
}

/// A way to another holder of the clinic's ledgers. Everything may be repeated; nothing is lost
/// when a call is cut off.
pub trait Transport: Send + Sync + 'static {
    /// Who is on the other side.
    fn other(&self) -> Other;
    /// What the other side has, as far as it is known or can be asked.
    fn have(&self) -> impl Future<Output = Result<Have, SyncError>> + Send;
    /// Takes a part of what we lack.
    fn pull(&self, have: &Have) -> impl Future<Output = Result<Page, SyncError>> + Send;
    /// Hands a bundle over.
    fn push(&self, bundle: Vec<u8>) -> impl Future<Output = Result<Receipt, SyncError>> + Send;
    /// Waits until the other side has something new, at most so long; `false` when the time is up.
    fn wait(&self, longest: Duration) -> impl Future<Output = Result<bool, SyncError>> + Send;
}

/// The intake server over HTTP.
pub(super) struct Server {
    pub(super) desk: Arc<Desk>,
    pub(super) remote: Remote,
}

impl Transport for Server {
    fn other(&self) -> Other {
        Other::Server
    }

    async fn have(&self) -> Result<Have, SyncError> {
        let mut writing = self.desk.writing().await;
        let link = &writing.get()?.link.value;
        Ok(Have::from_map(&link.have).unwrap_or_default())
    }

    async fn pull(&self, have: &Have) -> Result<Page, SyncError> {
        let credentials = credentials(&self.desk).await?;
        let caller = credentials.caller(&self.desk);
        let pulled = self.remote.pull(&caller, have).await?;
        if pulled.revoked {
            return Err(SyncError::Revoked);
        }
        Ok(Page {
            bundle: pulled.bundle,
            more: pulled.more,
            left: pulled.left,
            cursor: Some(pulled.cursor),
        })
    }

    async fn push(&self, bundle: Vec<u8>) -> Result<Receipt, SyncError> {
        let credentials = credentials(&self.desk).await?;
        let caller = credentials.caller(&self.desk);
        let pushed = self.remote.push(&caller, bundle).await?;
        Ok(Receipt {
            have: pushed.have,
            missing: pushed.missing,
            refused: pushed.refused,
        })
    }

    async fn wait(&self, longest: Duration) -> Result<bool, SyncError> {
        let credentials = credentials(&self.desk).await?;
        let since = self.desk.status().cursor;
        let caller = credentials.caller(&self.desk);
        let found = self.remote.wait(&caller, since, longest).await?;
        Ok(found.is_some())
    }
}
