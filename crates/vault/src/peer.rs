//! Exchange with another PC of the clinic: over TLS, after each side has proved that it is one of the clinic's.
//!
//! Sockets and finding each other are the shell's; here is what is said on a connection. `docs/protocol.md` has it
//! byte by byte.
mod body;
mod greet;
mod link;
mod serve;
mod tls;
mod wire;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ledger::{AuthorId, Have};
use seal::NearbyKey;
use tokio::io::{AsyncRead, AsyncWrite};

pub use link::Link;
pub use serve::Guest;

use crate::desk::{Desk, Vault, Writer};
use crate::exchange::shelf::{Wish, lacks};
use crate::exchange::transport::Transport;
use crate::exchange::{self, Synced, peers};
use crate::failure::{ActError, SyncError};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Why a connection with another PC ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// It was cut, or nothing came in time.
    #[error("the connection ended")]
    Ended,
    /// What came makes no sense, or is of another version.
    #[error("the other side makes no sense")]
    Malformed,
    /// The other side is not of this clinic.
    #[error("the other side is a stranger")]
    Stranger,
    /// The other side is enrolled, and we don't know of it yet; nor can it show us.
    #[error("the other side is not known yet")]
    Unknown,
    /// The clinic has cut the other side off.
    #[error("the other side was cut off")]
    CutOff,
    /// The clinic has cut this PC off.
    #[error("this PC was cut off")]
    Revoked,
    /// Another PC uses this PC's identity.
    #[error("the other side is a copy of this PC")]
    Copy,
    /// We dialled ourselves.
    #[error("the other side is this PC itself")]
    Ourselves,
    /// Something of ours went wrong.
    #[error(transparent)]
    Store(#[from] ActError),
}

impl From<PeerError> for SyncError {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Ended | PeerError::Ourselves => Self::Unreachable,
            PeerError::Malformed
            | PeerError::Stranger
            | PeerError::Unknown
            | PeerError::CutOff
            | PeerError::Copy => Self::Refused,
            PeerError::Revoked => Self::Revoked,
            PeerError::Store(error) => Self::Store(error),
        }
    }
}

/// What a connection must be able to do.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static> Duplex for T {}

impl Vault {
    /// Greets the PC that was dialled; gives the way to it once both sides have proved themselves.
    pub async fn greet(&self, stream: impl Duplex) -> Result<Link, PeerError> {
        let desk = Arc::clone(self.desk());
        self.run(move |_| async move { Link::open(desk, Box::new(stream)).await })
            .await
    }

    /// Lets a PC in that has dialled us, once both sides have proved themselves.
    pub async fn let_in(&self, stream: impl Duplex) -> Result<Guest, PeerError> {
        let desk = Arc::clone(self.desk());
        self.run(move |_| async move { Guest::open(desk, Box::new(stream)).await })
            .await
    }

    /// Sends what a PC nearby lacks and takes what we lack.
    pub async fn sync_with(&self, link: &Link) -> Result<Synced, SyncError> {
        let link = link.clone();
        self.run(|desk| async move {
            desk.loaded().await?;
            link.begin();
            let synced = exchange::both_ways(&desk, &link).await?;
            peers::synced(&desk, link.peer()).await?;
            Ok(synced)
        })
        .await
    }

    /// Sends what the other side of any way lacks, and takes what we lack.
    pub async fn sync_over(&self, way: impl Transport) -> Result<Synced, SyncError> {
        self.run(|desk| async move {
            desk.loaded().await?;
            exchange::both_ways(&desk, &way).await
        })
        .await
    }

    /// Waits until there is something new, here or there; at most so long.
    pub async fn news_with(&self, link: &Link, longest: Duration) -> Result<(), SyncError> {
        tokio::select! {
            () = link.grown_here() => Ok(()),
            news = link.wait(longest) => news.map(drop),
        }
    }

    /// What this clinic's PCs announce today, yesterday and tomorrow, in hexadecimal, today's first.
    pub async fn beacons(&self) -> Result<[String; 3], ActError> {
        let key = nearby_key(self.desk()).await?;
        let today = self.desk().now().div_euclid(DAY);
        let beacon = |day| data_encoding::HEXLOWER.encode(&key.beacon(day));
        Ok([beacon(today), beacon(today - 1), beacon(today + 1)])
    }

    /// Entries that neither the server nor another PC has, as far as this PC knows. Always 0 while
    /// the clinic has neither.
    pub fn here_only(&self) -> Result<u64, ActError> {
        self.desk().secrets()?;
        Ok(self.desk().memory().here_only())
    }
}

/// Runs to its end even when nobody waits any more: a transaction cut in the middle would stay open.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ActError>> + Send + 'static,
) -> Result<T, ActError> {
    tokio::spawn(work).await.unwrap_or(Err(ActError::Io))
}

/// By which this clinic's PCs greet each other.
async fn nearby_key(desk: &Desk) -> Result<NearbyKey, ActError> {
    let mut writing = desk.writing().await;
    let first = writing.get()?.epochs.first_key_value();
    first
        .and_then(|(_, keys)| keys.clinic.nearby_key())
        .ok_or(ActError::Damaged)
}

/// How the roster stands to another PC.
enum Standing {
    Active(ledger::author::AuthorKeys),
    CutOff(ledger::author::AuthorKeys),
    Unknown,
}

fn standing(writer: &Writer, author: AuthorId) -> Standing {
    use ledger::Role;
    match writer.replica.roster().author(author) {
        Some(known) if !matches!(known.role, Role::Desk | Role::Owner) => Standing::Unknown,
        Some(known) if known.last_seq.is_none() => Standing::Active(known.keys),
        Some(known) => Standing::CutOff(known.keys),
        None => Standing::Unknown,
    }
}

/// Waits until we have something that the other side lacks.
async fn news_for(desk: &Desk, theirs: &Have) -> Result<(), ActError> {
    let mut grown = desk.grown();
    loop {
        grown.borrow_and_update();
        {
            let mut writing = desk.writing().await;
            let none = std::collections::BTreeSet::new();
            if lacks(desk, writing.get()?, &Wish::all(theirs, &none)) {
                return Ok(());
            }
        }
        grown.changed().await.map_err(|_| ActError::Closed)?;
    }
}
