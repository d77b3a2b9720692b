//! Letting a PC in: the one-time code, and the three messages that pass through the server's waiting room.
//!
//! Owner and newcomer share the code, the server does not. Every message carries a tag under a key made from it, over
//! all that was said before; so the room can withhold, but neither change nor swap anything.
mod code;
mod message;

pub use code::{CodeError, Invitation, JoinCode};
pub use message::{Answer, JoinError, Offer, Request};

/// Bytes of an encoded offer or request at most.
pub const MAX_REQUEST: usize = 2 << 10;
/// Bytes of an encoded answer at most.
pub const MAX_ANSWER: usize = 64 << 10;
