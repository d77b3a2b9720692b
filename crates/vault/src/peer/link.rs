//! The way to a PC that we dialled.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::{AuthorId, Have};
use seal::End;
use tokio::sync::watch;

use super::greet::greet;
use super::wire::{MOST, Tag, Wire};
use super::{Duplex, PeerError, body, tls, to_the_end};
use crate::desk::Desk;
use crate::exchange::apply::apply;
use crate::exchange::peers;
use crate::exchange::transport::{Other, Page, Receipt, Transport};
use crate::failure::SyncError;

/// For TLS and everything before the membership.
const GREETING: Duration = Duration::from_secs(15);
/// For one answer.
const ANSWER: Duration = Duration::from_mins(2);

/// The way to a PC that has proved itself. Cheap to clone; one call at a time.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    desk: Arc<Desk>,
    peer: AuthorId,
    call: tokio::sync::Mutex<Call>,
    grown: Mutex<watch::Receiver<u64>>,
}

/// The connection, and what is open on it.
struct Call {
    wire: Wire,
    /// A question for news was asked and not answered yet.
    waiting: bool,
    /// A call was given up half-way: nothing that comes can be told apart any more.
    broken: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        peers::lost(&self.desk, self.peer);
    }
}

impl Link {
    pub(super) async fn open(desk: Arc<Desk>, stream: Box<dyn Duplex>) -> Result<Self, PeerError> {
        let connected = tokio::time::timeout(GREETING, tls::connect(stream)).await;
        let mut wire = Wire::new(connected.unwrap_or(Err(PeerError::Ended))?);
        let peer = greet(&desk, &mut wire, End::Client).await?;
        peers::met(&desk, peer).await?;
        let grown = Mutex::new(desk.grown());
        let call = tokio::sync::Mutex::new(Call {
            wire,
            waiting: false,
            broken: false,
        });
        Ok(Self(Arc::new(Inner {
            desk,
            peer,
            call,
            grown,
        })))
    }

    /// Who is on the other side.
    #[must_use]
    pub fn peer(&self) -> AuthorId {
        self.0.peer
    }

    /// Says goodbye.
    pub async fn close(&self) {
        self.0.call.lock().await.wire.close().await;
    }

    /// What is recorded from now on is news.
    pub(super) fn begin(&self) {
        self.grown().borrow_and_update();
    }

    fn grown(&self) -> std::sync::MutexGuard<'_, watch::Receiver<u64>> {
        self.0.grown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was recorded here since [`Link::begin`].
    pub(super) async fn grown_here(&self) {
        let mut grown = self.grown().clone();
        if grown.changed().await.is_err() {
            // The vault is closed: whoever waits is told by the other side's answer.
            std::future::pending::<()>().await;
        }
    }

    async fn ask(&self, tag: Tag, parts: &[&[u8]], answer: Tag) -> Result<Vec<u8>, SyncError> {
        let mut call = self.0.call.lock().await;
        if std::mem::replace(&mut call.broken, true) {
            return Err(SyncError::Unreachable);
        }
        call.wire.send(tag, parts).await?;
        if std::mem::take(&mut call.waiting) {
            self.take(&mut call, Tag::News).await?;
        }
        let body = self.take(&mut call, answer).await?;
        call.broken = false;
        Ok(body)
    }

    /// Takes in the proof that the clinic has cut this PC off.
    async fn cut_off(&self, proof: Vec<u8>) -> SyncError {
        let (desk, from) = (Arc::clone(&self.0.desk), self.other());
        let applied = to_the_end(async move { apply(&desk, proof, from).await });
        applied
            .await
            .err()
            .map_or(SyncError::Revoked, SyncError::Store)
    }

    /// An answer, or the proof that we were cut off.
    async fn take(&self, call: &mut Call, wanted: Tag) -> Result<Vec<u8>, SyncError> {
        let frame = call.wire.receive_within(MOST, ANSWER).await?;
        if frame.tag == Tag::CutOff {
            return Err(self.cut_off(frame.body).await);
        }
        Ok(frame.expect(wanted)?)
    }
}

impl Transport for Link {
    fn other(&self) -> Other {
        Other::Peer(self.0.peer)
    }

    async fn have(&self) -> Result<Have, SyncError> {
        let body = self.ask(Tag::AskHave, &[], Tag::Have).await?;
        Ok(body::read_have(&body)?)
    }

    async fn pull(&self, have: &Have) -> Result<Page, SyncError> {
        let body = self.ask(Tag::Pull, &[&body::have(have)], Tag::Page).await?;
        Ok(body::read_page(body)?)
    }

    async fn push(&self, bundle: Vec<u8>) -> Result<Receipt, SyncError> {
        let body = self.ask(Tag::Push, &[&bundle], Tag::Receipt).await?;
        Ok(body::read_receipt(&body)?)
    }

    async fn wait(&self, longest: Duration) -> Result<bool, SyncError> {
        let have = {
            let mut writing = self.0.desk.writing().await;
            writing.get()?.replica.have()
        };
        let mut call = self.0.call.lock().await;
        if call.broken {
            return Err(SyncError::Unreachable);
        }
        if !call.waiting {
            call.broken = true;
            call.wire.send(Tag::Wait, &[&body::have(&have)]).await?;
            (call.waiting, call.broken) = (true, false);
        }
        // Given up here, the question stays open, and the next call takes its answer first.
        let frame = match tokio::time::timeout(longest, call.wire.receive(MOST)).await {
            Err(_) => return Ok(false),
            Ok(frame) => frame?,
        };
        call.waiting = false;
        if frame.tag == Tag::CutOff {
            call.broken = true;
            return Err(self.cut_off(frame.body).await);
        }
        Ok(frame.expect(Tag::News)? == [1])
    }
}
