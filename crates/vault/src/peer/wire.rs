//! Frames on a connection: a tag, a length, so many bytes.
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsStream;

use super::{Duplex, PeerError};

/// Bytes of a frame at most: a bundle of 4 MiB, and room for a stretch that can't be cut.
pub(super) const MOST: usize = 6 << 20;
const HEAD: usize = 5;

/// What a frame is. The numbers are part of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    Greeting = 1,
    Name = 2,
    Proof = 3,
    Verdict = 4,
    Introduction = 5,
    AskHave = 16,
    Pull = 17,
    Push = 18,
    Wait = 19,
    Have = 32,
    Page = 33,
    Receipt = 34,
    News = 35,
    CutOff = 36,
}

impl Tag {
    const ALL: [Self; 14] = [
        Self::Greeting,
        Self::Name,
        Self::Proof,
        Self::Verdict,
        Self::Introduction,
        Self::AskHave,
        Self::Pull,
        Self::Push,
        Self::Wait,
        Self::Have,
        Self::Page,
        Self::Receipt,
        Self::News,
        Self::CutOff,
    ];

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| *tag as u8 == number)
    }
}

/// A frame that arrived.
pub(super) struct Frame {
    pub(super) tag: Tag,
    pub(super) body: Vec<u8>,
}

impl Frame {
    /// The body, if the frame is what was expected.
    pub(super) fn expect(self, tag: Tag) -> Result<Vec<u8>, PeerError> {
        if self.tag == tag {
            Ok(self.body)
        } else {
            Err(PeerError::Malformed)
        }
    }
}

/// A connection after the handshake of TLS.
pub(super) struct Wire {
    stream: TlsStream<Box<dyn Duplex>>,
    /// What arrived of the next frame: reading may be given up at any moment and goes on here.
    pending: Vec<u8>,
}

impl Wire {
    pub(super) const fn new(stream: TlsStream<Box<dyn Duplex>>) -> Self {
        Self {
            stream,
            pending: Vec::new(),
        }
    }

    /// 32 bytes that only the two ends of this very connection know.
    pub(super) fn channel(&self) -> Result<[u8; 32], PeerError> {
        let label = ledger::Label::Channel.as_bytes();
        match &self.stream {
            TlsStream::Client(stream) => {
                let (_, connection) = stream.get_ref();
                connection.export_keying_material([0; 32], label, None)
            }
            TlsStream::Server(stream) => {
                let (_, connection) = stream.get_ref();
                connection.export_keying_material([0; 32], label, None)
            }
        }
        .map_err(|_| PeerError::Malformed)
    }

    /// Sends a frame. Not to be given up half-way.
    pub(super) async fn send(&mut self, tag: Tag, parts: &[&[u8]]) -> Result<(), PeerError> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let len = u32::try_from(len).map_err(|_| PeerError::Malformed)?;
        let mut head = [tag as u8; HEAD];
        head[1..].copy_from_slice(&len.to_le_bytes());
        let ended = |_| PeerError::Ended;
        self.stream.write_all(&head).await.map_err(ended)?;
        for part in parts {
            self.stream.write_all(part).await.map_err(ended)?;
        }
        self.stream.flush().await.map_err(ended)
    }

    /// The next frame, of at most `most` bytes. May be given up at any moment.
    pub(super) async fn receive(&mut self, most: usize) -> Result<Frame, PeerError> {
        loop {
            if let Some(frame) = self.take(most)? {
                return Ok(frame);
            }
            self.pending.reserve(64 << 10);
            let read = self.stream.read_buf(&mut self.pending).await;
            if read.map_err(|_| PeerError::Ended)? == 0 {
                return Err(PeerError::Ended);
            }
        }
    }

    /// As [`Wire::receive`], within this time.
    pub(super) async fn receive_within(
        &mut self,
        most: usize,
        time: Duration,
    ) -> Result<Frame, PeerError> {
        tokio::time::timeout(time, self.receive(most))
            .await
            .unwrap_or(Err(PeerError::Ended))
    }

    /// A whole frame out of what has arrived. A length is compared before anything is kept for it.
    fn take(&mut self, most: usize) -> Result<Option<Frame>, PeerError> {
        let Some((&[number, len @ ..], rest)) = self.pending.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let tag = Tag::of(number).ok_or(PeerError::Malformed)?;
        let len = u32::from_le_bytes(len) as usize;
        if len > most {
            return Err(PeerError::Malformed);
        }
        if rest.len() < len {
            return Ok(None);
        }
        let rest = self.pending.split_off(HEAD + len);
        let mut body = std::mem::replace(&mut self.pending, rest);
        body.drain(..HEAD);
        Ok(Some(Frame { tag, body }))
    }

    /// Says that nothing more comes.
    pub(super) async fn close(&mut self) {
        // The other side may be gone already.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.stream.shutdown()).await;
    }
}
