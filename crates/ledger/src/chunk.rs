//! How long an attachment's chunk may be: one number for who seals, who sends and who keeps them.

/// Longest piece of an attachment in one chunk, in bytes: with the padding's first byte exactly 1 MiB, which padding
/// leaves as it is. One byte more would be padded to 1,081,344.
pub const MAX_PIECE: usize = (1 << 20) - 1;

/// Longest sealed chunk, in bytes: magic and suite 6, nonce 24, padded piece 1,048,576, tag 16.
pub const MAX_SEALED: usize = 6 + 24 + MAX_PIECE + 1 + 16;
