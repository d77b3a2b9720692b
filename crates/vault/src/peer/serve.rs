//! Answering a PC that dialled us.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ledger::{AuthorId, Have};
use seal::End;

use super::greet::{greet, proof_of_end};
use super::wire::{Frame, MOST, Tag, Wire};
use super::{Duplex, PeerError, Standing, body, news_for, standing, tls, to_the_end};
use crate::desk::Desk;
use crate::exchange::apply::apply;
use crate::exchange::peers;
use crate::exchange::shelf::{Parcel, Wish, pack};
use crate::exchange::transport::Other;

/// For TLS and everything before the membership.
const GREETING: Duration = Duration::from_secs(15);
/// A connection on which nothing is asked for so long is given up.
const IDLE: Duration = Duration::from_mins(5);
/// A question for news is answered after this time at the latest.
const POLL: Duration = Duration::from_secs(55);

/// A PC that dialled us and has proved itself.
pub struct Guest {
    desk: Arc<Desk>,
    wire: Wire,
    peer: AuthorId,
}

impl Drop for Guest {
    fn drop(&mut self) {
        peers::lost(&self.desk, self.peer);
    }
}

impl Guest {
    pub(super) async fn open(desk: Arc<Desk>, stream: Box<dyn Duplex>) -> Result<Self, PeerError> {
        let accepted = tokio::time::timeout(GREETING, tls::accept(stream)).await;
        let mut wire = Wire::new(accepted.unwrap_or(Err(PeerError::Ended))?);
        let peer = match greet(&desk, &mut wire, End::Server).await {
            Ok(peer) => peer,
            Err(error) => {
                wire.close().await;
                return Err(error);
            }
        };
        peers::met(&desk, peer).await?;
        Ok(Self { desk, wire, peer })
    }

    /// Who it is.
    #[must_use]
    pub fn peer(&self) -> AuthorId {
        self.peer
    }

    /// Answers until it goes.
    pub async fn serve(&mut self) -> Result<(), PeerError> {
        loop {
            let mut frame = self.wire.receive_within(MOST, IDLE).await?;
            while frame.tag == Tag::Wait {
                let have = body::read_have(&frame.body)?;
                let Some(next) = self.watch(&have).await? else {
                    break;
                };
                frame = next;
            }
            if frame.tag != Tag::Wait {
                self.answer(frame).await?;
            }
        }
    }

    /// Answers a question for news; gives the next question if one came before there were any.
    async fn watch(&mut self, have: &Have) -> Result<Option<Frame>, PeerError> {
        self.stay_in_touch().await?;
        let (news, next) = tokio::select! {
            frame = self.wire.receive(MOST) => (false, Some(frame?)),
            news = news_for(&self.desk, have) => { news?; (true, None) }
            () = tokio::time::sleep(POLL) => (false, None),
        };
        self.stay_in_touch().await?;
        self.wire.send(Tag::News, &[&[u8::from(news)]]).await?;
        Ok(next)
    }

    /// Whoever is cut off meanwhile gets the proof of it, and nothing more.
    async fn stay_in_touch(&mut self) -> Result<(), PeerError> {
        let active = {
            let mut writing = self.desk.writing().await;
            matches!(standing(writing.get()?, self.peer), Standing::Active(_))
        };
        if active {
            return Ok(());
        }
        let proof = proof_of_end(&self.desk).await?;
        self.wire.send(Tag::CutOff, &[&proof]).await?;
        self.wire.close().await;
        Err(PeerError::CutOff)
    }

    async fn answer(&mut self, frame: Frame) -> Result<(), PeerError> {
        self.stay_in_touch().await?;
        match frame.tag {
            Tag::AskHave => {
                let have = self.have().await?;
                self.wire.send(Tag::Have, &[&body::have(&have)]).await
            }
            Tag::Pull => self.page(&body::read_have(&frame.body)?).await,
            Tag::Push => {
                let (desk, from) = (Arc::clone(&self.desk), Other::Peer(self.peer));
                let applied = to_the_end(async move { apply(&desk, frame.body, from).await });
                let applied = applied.await?;
                let receipt = body::receipt(&self.have().await?, applied.stopped.iter());
                self.wire.send(Tag::Receipt, &[&receipt]).await
            }
            _ => Err(PeerError::Malformed),
        }
    }

    async fn have(&self) -> Result<Have, PeerError> {
        let mut writing = self.desk.writing().await;
        Ok(writing.get()?.replica.have())
    }

    async fn page(&mut self, theirs: &Have) -> Result<(), PeerError> {
        let nobody = BTreeSet::new();
        let parcel = {
            let mut writing = self.desk.writing().await;
            let wish = Wish {
                unsigned: true,
                ..Wish::all(theirs, &nobody)
            };
            pack(&self.desk, writing.get()?, &wish).await?
        };
        let whole = parcel.as_ref().is_none_or(|parcel| parcel.left == 0);
        let (desk, peer, wanted) = (Arc::clone(&self.desk), self.peer, theirs.clone());
        let through = parcel.is_none();
        to_the_end(async move {
            peers::learn_more(&desk, peer, &wanted).await?;
            if through {
                peers::synced(&desk, peer).await?;
            }
            Ok(())
        })
        .await?;
        let Parcel { bundle, left, .. } = parcel.unwrap_or(Parcel {
            bundle: ledger::bundle::Writer::new().finish(),
            entries: 0,
            left: 0,
        });
        let head = body::page_head(!whole, left);
        self.wire.send(Tag::Page, &[&head, &bundle]).await
    }
}
