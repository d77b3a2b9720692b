//! The waiting room that a PC is let in through; what lies in it is not believed here.
use std::time::Duration;

use data_encoding::HEXLOWER;
use reqwest::Method;

use super::answer::{self, JSON};
use super::call::{Body, Call};
use super::{Caller, ProblemKind, Remote, RemoteError};

/// An answer of 64 KiB in base64, and the rest.
const ROOM: usize = 128 * 1024;
/// What the server may take to answer a long poll: 25 seconds, and the way.
const POLL: Duration = Duration::from_secs(40);

/// What lies in a waiting room.
pub struct Room {
    /// The owner's offer.
    pub offer: Vec<u8>,
    /// The newcomer's request.
    pub request: Option<Vec<u8>>,
    /// The owner's answer.
    pub answer: Option<Vec<u8>>,
}

fn path(room: &[u8; 16], rest: &str) -> String {
    format!("/v1/join/{}{rest}", HEXLOWER.encode(room))
}

impl Remote {
    /// Opens a waiting room, or begins it anew. Signed by an owner.
    pub async fn open_room(
        &self,
        who: &Caller<'_>,
        room: &[u8; 16],
        offer: &[u8],
        expires_ms: u64,
    ) -> Result<(), RemoteError> {
        let mut call = Call::new(Method::POST, "/v1/join");
        call.body = Body::Json(answer::room_body(room, offer, expires_ms)?);
        self.client.send(Some(who), &call).await.map(drop)
    }

    /// What lies in a room, as soon as there is more than the `seen` messages known already, or
    /// after some seconds; `None` when there is no such room (any more).
    pub async fn room(&self, room: &[u8; 16], seen: u8) -> Result<Option<Room>, RemoteError> {
        let mut call = Call::new(Method::GET, &path(room, &format!("?seen={seen}")));
        (call.timeout, call.limit) = (POLL, ROOM);
        match self.client.send(None, &call).await {
            Ok(reply) => answer::room(&reply.body(JSON).await?).map(Some),
            Err(RemoteError::Problem(ProblemKind::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts the newcomer's request into a room; the first one stays.
    pub async fn put_request(&self, room: &[u8; 16], request: Vec<u8>) -> Result<(), RemoteError> {
        let mut call = Call::new(Method::PUT, &path(room, "/request"));
        call.body = Body::Octets(request);
        self.client.send(None, &call).await.map(drop)
    }

    /// Puts the owner's answer into a room.
    pub async fn put_answer(
        &self,
        who: &Caller<'_>,
        room: &[u8; 16],
        answer: Vec<u8>,
    ) -> Result<(), RemoteError> {
        let mut call = Call::new(Method::PUT, &path(room, "/answer"));
        call.body = Body::Octets(answer);
        self.client.send(Some(who), &call).await.map(drop)
    }

    /// Closes a room.
    pub async fn close_room(&self, who: &Caller<'_>, room: &[u8; 16]) -> Result<(), RemoteError> {
        let call = Call::new(Method::DELETE, &path(room, ""));
        self.client.send(Some(who), &call).await.map(drop)
    }
}
