//! Small signed tokens that the server hands out and recognises later without storing them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How long a challenge may be solved and sent back, in milliseconds.
const CHALLENGE_MS: i64 = 5 * 60 * 1000;
/// Challenges remembered as spent; far more than five minutes of solved work.
const SPENT: usize = 1_000_000;

/// A token's bytes: time, random bytes, one byte of bits, and 16 bytes of HMAC.
const BODY: usize = 8 + 8 + 1;
const MARK: usize = 16;

type Sealed = [u8; BODY + MARK];

/// What a token is for; it is under the HMAC, so that one kind never passes for the other.
#[derive(Clone, Copy)]
enum Use {
    Opened,
    Challenge,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Opened => b"opened",
            Self::Challenge => b"challenge",
        }
    }
}

/// An HMAC with `key` that nothing was fed yet.
pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros; done here, the key has the one length that cannot be refused.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

fn mark(key: &[u8; 32], purpose: Use, body: &[u8]) -> Hmac<Sha256> {
    keyed(key)
        .chain_update(purpose.label())
        .chain_update([0])
        .chain_update(body)
}

fn issue(key: &[u8; 32], purpose: Use, at_ms: i64, bits: u8) -> String {
    let mut token: Sealed = [0; BODY + MARK];
    token[..8].copy_from_slice(&at_ms.to_le_bytes());
    token[8..16].copy_from_slice(&rand::random::<[u8; 8]>());
    token[16] = bits;
    let tag = mark(key, purpose, &token[..BODY]).finalize().into_bytes();
    token[BODY..].copy_from_slice(&tag[..MARK]);
    BASE64URL_NOPAD.encode(&token)
}

/// The time and bits of a token that this key issued for this purpose.
fn recognise(key: &[u8; 32], purpose: Use, text: &str) -> Option<(i64, u8)> {
    let token: Sealed = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()?
        .try_into()
        .ok()?;
    let (body, tag) = token.split_at(BODY);
    mark(key, purpose, body).verify_truncated_left(tag).ok()?;
    let at_ms = i64::from_le_bytes(body.get(..8)?.try_into().ok()?);
    Some((at_ms, *body.get(16)?))
}

/// The token in the form's page that says when the page was opened.
pub(crate) struct OpenedTokens {
    key: [u8; 32],
}

impl OpenedTokens {
    /// Tokens under `key`, which outlives a restart so that an open page stays good.
    #[must_use]
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A token for a page opened at `now_ms`.
    #[must_use]
    pub(crate) fn issue(&self, now_ms: i64) -> String {
        issue(&self.key, Use::Opened, now_ms, 0)
    }

    /// When the page of this token was opened; `None` if the token is not ours.
    #[must_use]
    pub(crate) fn opened_ms(&self, token: &str) -> Option<i64> {
        recognise(&self.key, Use::Opened, token).map(|(at_ms, _)| at_ms)
    }
}

/// Proofs of work: challenges given out under load, each good for a few minutes and once.
pub(crate) struct Challenges {
    // Of a server alone it lives as long as the process: a restart voids open challenges, so that the spent ones need no
    // place on the disk. Processes that share a store share it: a solved one is good once in each of them.
    key: [u8; 32],
    bits: u8,
    spent: Mutex<HashMap<[u8; MARK], i64>>,
}

impl Challenges {
    /// Challenges under `key` that ask for `bits` leading zero bits.
    #[must_use]
    pub(crate) fn new(bits: u8, key: [u8; 32]) -> Self {
        Self {
            key,
            bits,
            spent: Mutex::default(),
        }
    }

    /// Leading zero bits asked for.
    #[must_use]
    pub(crate) fn bits(&self) -> u8 {
        self.bits
    }

    /// A fresh challenge.
    #[must_use]
    pub(crate) fn issue(&self, now_ms: i64) -> String {
        issue(&self.key, Use::Challenge, now_ms, self.bits)
    }

    /// Whether `proof` (`<challenge>:<counter>`) is solved, timely and not spent; it is spent afterwards.
    #[must_use]
    pub(crate) fn spend(&self, proof: &str, now_ms: i64) -> bool {
        let Some((challenge, counter)) = proof.split_once(':') else {
            return false;
        };
        if counter.is_empty() || counter.len() > 20 || !counter.bytes().all(|b| b.is_ascii_digit())
        {
            return false;
        }
        let Some((at_ms, bits)) = recognise(&self.key, Use::Challenge, challenge) else {
            return false;
        };
        let timely = (at_ms..at_ms.saturating_add(CHALLENGE_MS)).contains(&now_ms);
        timely && leading_zero_bits(proof) >= u32::from(bits) && self.first_time(challenge, now_ms)
    }

    fn first_time(&self, challenge: &str, now_ms: i64) -> bool {
        let Ok(token) = BASE64URL_NOPAD.decode(challenge.as_bytes()) else {
            return false;
        };
        let Some(Ok(tag)) = token.get(BODY..).map(<[u8; MARK]>::try_from) else {
            return false;
        };
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= SPENT {
            spent.retain(|_, expires| *expires > now_ms);
        }
        // A full memory refuses rather than forgets what was spent.
        spent.len() < SPENT
            && spent
                .insert(tag, now_ms.saturating_add(CHALLENGE_MS))
                .is_none()
    }
}

/// Leading zero bits of SHA-256 over a proof, the text `<challenge>:<counter>`.
#[must_use]
pub fn leading_zero_bits(proof: &str) -> u32 {
    let digest = Sha256::digest(proof);
    let mut bits = 0;
    for byte in digest {
        bits += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn solve(challenge: &str, bits: u32) -> String {
        (0_u64..1_000_000)
            .map(|n| format!("{challenge}:{n}"))
            .find(|proof| leading_zero_bits(proof) >= bits)
            .unwrap()
    }

    fn fail(challenge: &str, bits: u32) -> String {
        (0_u64..1_000_000)
            .map(|n| format!("{challenge}:{n}"))
            .find(|proof| leading_zero_bits(proof) < bits)
            .unwrap()
    }

    #[test]
    fn a_solved_challenge_is_good_once() {
        let challenges = Challenges::new(8, rand::random());
        let proof = solve(&challenges.issue(1_000), 8);
        assert!(challenges.spend(&proof, 2_000));
        assert!(!challenges.spend(&proof, 2_000));
    }

    #[test]
    fn an_unsolved_late_early_or_foreign_challenge_is_refused() {
        let challenges = Challenges::new(8, rand::random());
        let challenge = challenges.issue(1_000);
        assert!(!challenges.spend(&fail(&challenge, 8), 2_000));
        let proof = solve(&challenge, 8);
        assert!(!challenges.spend(&proof, 1_000 + CHALLENGE_MS));
        assert!(!challenges.spend(&proof, 999));
        assert!(!Challenges::new(8, rand::random()).spend(&proof, 2_000));
        assert!(challenges.spend(&proof, 2_000));
        for junk in [
            "",
            ":",
            "x:1",
            &challenge,
            &format!("{challenge}:"),
            &format!("{challenge}:-1"),
        ] {
            assert!(!challenges.spend(junk, 2_000));
        }
    }

    #[test]
    fn a_challenge_with_fewer_bits_written_into_it_is_not_ours() {
        let challenges = Challenges::new(20, rand::random());
        let mut token = BASE64URL_NOPAD
            .decode(challenges.issue(0).as_bytes())
            .unwrap();
        token[16] = 0;
        let forged = BASE64URL_NOPAD.encode(&token);
        assert!(!challenges.spend(&format!("{forged}:0"), 1));
    }

    #[test]
    fn an_opened_token_tells_its_time_and_no_changed_byte_passes() {
        let tokens = OpenedTokens::new([7; 32]);
        let token = tokens.issue(1_764_000_000_000);
        assert_eq!(tokens.opened_ms(&token), Some(1_764_000_000_000));
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(tokens.opened_ms(&BASE64URL_NOPAD.encode(&changed)), None);
        }
        assert_eq!(OpenedTokens::new([8; 32]).opened_ms(&token), None);
        assert_eq!(tokens.opened_ms(""), None);
    }

    #[test]
    fn a_challenge_is_no_opened_token() {
        let key = [3; 32];
        let token = issue(&key, Use::Challenge, 5, 0);
        assert_eq!(OpenedTokens::new(key).opened_ms(&token), None);
    }
}
