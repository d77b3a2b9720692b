//! The one-time code of an invitation: as bytes, as people type it, as one line with the server's address.
use crate::id::ClinicId;
use crate::kdf;
use crate::label::Label;
use core::fmt::Write as _;
use thiserror::Error;
use zeroize::Zeroizing;

/// Crockford's base 32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random bytes, clinic, check.
const LEN: usize = 16 + 16 + 2;
/// Letters of it: 272 bits, and three that are zero.
const LETTERS: usize = 55;
const GROUP: usize = 4;
/// How the one line begins.
const SCHEME: &str = "letan:join:";

/// A typed text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Too long or too short, or a character that the alphabet doesn't have.
    #[error("not an invitation")]
    Malformed,
    /// Letters are wrong or have changed places.
    #[error("the invitation has a slip")]
    Slip,
}

/// The secret that an owner hands to whoever sits at the new PC. Wiped on drop; has no `Debug`, `Clone` or `Serialize`.
pub struct JoinCode(Zeroizing<[u8; 32]>);

/// A code, and the server's address if the text named one.
pub struct Invitation {
    /// The code.
    pub code: JoinCode,
    /// Address of the server that has the waiting room.
    pub server: Option<String>,
}

impl JoinCode {
    /// The code made of these random bytes, for this clinic.
    #[must_use]
    pub fn new(secret: [u8; 16], clinic: ClinicId) -> Self {
        let secret = Zeroizing::new(secret);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes[..16].copy_from_slice(secret.as_slice());
        bytes[16..].copy_from_slice(clinic.as_bytes());
        Self(bytes)
    }

    /// The clinic, by its genesis: whatever the server shows must begin with it.
    #[must_use]
    pub fn clinic(&self) -> ClinicId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[16..]);
        ClinicId::from_bytes(id)
    }

    /// Name of the waiting room: tells nothing about the code.
    #[must_use]
    pub fn room(&self) -> [u8; 16] {
        let derived = kdf::derive(&self.0, Label::JoinRoom);
        let mut room = [0; 16];
        room.copy_from_slice(&derived[..16]);
        room
    }

    /// Twelve digits over the two messages, for two people to compare.
    #[must_use]
    pub fn digits(&self, offer: &[u8], request: &[u8]) -> String {
        let key = kdf::derive(&self.0, Label::JoinDigits);
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher
            .update(&(offer.len() as u64).to_le_bytes())
            .update(offer);
        hasher.update(request);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        let number = u64::from_le_bytes(first) % 1_000_000_000_000;
        let (high, low) = (number / 100_000_000, number % 100_000_000);
        format!("{high:04} {:04} {:04}", low / 10_000, low % 10_000)
    }

    /// Tag over the parts, each behind its length.
    pub(super) fn tag(&self, parts: &[&[u8]]) -> blake3::Hash {
        let key = kdf::derive(&self.0, Label::JoinMac);
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in parts {
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part);
        }
        hasher.finalize()
    }

    /// In groups of four letters, to be typed.
    #[must_use]
    pub fn spell(&self) -> String {
        let mut text = String::with_capacity(LETTERS + LETTERS / GROUP);
        for (i, letter) in letters(&self.bytes()).enumerate() {
            if i > 0 && i % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// Code and server's address in one line, for a QR code or a file.
    #[must_use]
    pub fn link(&self, server: &str) -> String {
        let mut text = String::from(SCHEME);
        text.extend(letters(&self.bytes()));
        // Writing to a string can't fail.
        let _ = write!(text, "@{server}");
        text
    }

    fn bytes(&self) -> Zeroizing<[u8; LEN]> {
        let mut bytes = Zeroizing::new([0; LEN]);
        bytes[..32].copy_from_slice(self.0.as_slice());
        bytes[32..].copy_from_slice(&check(&self.0));
        bytes
    }

    /// Reads a code as typed: any case, any spaces and hyphens, and O, I, L for the digits that they resemble.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let mut bytes = Zeroizing::new([0; LEN]);
        let (mut bits, mut held, mut at, mut count) = (0_u32, 0_u32, 0, 0);
        for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            count += 1;
            held = held << 5 | value(letter).ok_or(CodeError::Malformed)?;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                let byte = held >> bits & 0xff;
                *bytes.get_mut(at).ok_or(CodeError::Malformed)? =
                    u8::try_from(byte).unwrap_or_default();
                at += 1;
            }
            held &= (1 << bits) - 1;
        }
        if count != LETTERS || at != LEN || held != 0 {
            return Err(CodeError::Malformed);
        }
        let mut body = Zeroizing::new([0; 32]);
        body.copy_from_slice(&bytes[..32]);
        if bytes[32..] != check(&body) {
            return Err(CodeError::Slip);
        }
        Ok(Self(body))
    }
}

impl Invitation {
    /// Reads a bare code, or the line that [`JoinCode::link`] gives.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let typed = typed.trim();
        let bare = match typed.get(..SCHEME.len()) {
            Some(start) if start.eq_ignore_ascii_case(SCHEME) => &typed[SCHEME.len()..],
            _ => typed,
        };
        let (code, server) = match bare.split_once('@') {
            Some((code, server)) => (code, Some(server.trim().to_owned())),
            None => (bare, None),
        };
        let code = JoinCode::parse(code)?;
        Ok(Self {
            code,
            server: server.filter(|server| !server.is_empty()),
        })
    }
}

/// Finds what a slip of the finger does; it is no secret.
fn check(bytes: &[u8; 32]) -> [u8; 2] {
    let hash = blake3::hash(bytes);
    let [a, b, ..] = *hash.as_bytes();
    [a, b]
}

fn letters(bytes: &[u8; LEN]) -> impl Iterator<Item = char> {
    (0..LETTERS).map(|i| {
        let value = (0..5).fold(0, |value, bit| {
            let at = i * 5 + bit;
            let set = bytes
                .get(at / 8)
                .is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
            value << 1 | usize::from(set)
        });
        char::from(ALPHABET[value & 31])
    })
}

fn value(letter: char) -> Option<u32> {
    let letter = match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET
        .iter()
        .position(|known| char::from(*known) == letter)?;
    u32::try_from(at).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(secret: u8) -> JoinCode {
        JoinCode::new([secret; 16], ClinicId::from_bytes([9; 16]))
    }

    proptest! {
        #[test]
        fn a_code_survives_being_typed_carelessly(secret: [u8; 16], clinic: [u8; 16], spaces: bool) {
            let code = JoinCode::new(secret, ClinicId::from_bytes(clinic));
            let typed = code.spell().to_lowercase().replace('0', "o").replace('1', "l");
            let typed = if spaces { typed.replace('-', " ") } else { typed };
            let read = JoinCode::parse(&typed).unwrap();
            prop_assert_eq!(&*read.0, &*code.0);
            prop_assert_eq!(read.clinic(), ClinicId::from_bytes(clinic));
        }

        #[test]
        fn one_wrong_letter_is_noticed(secret: [u8; 16], at in 0..LETTERS, by in 1..32_usize) {
            let code = JoinCode::new(secret, ClinicId::from_bytes([3; 16]));
            let mut typed: Vec<char> = letters(&code.bytes()).collect();
            let was = ALPHABET.iter().position(|c| char::from(*c) == typed[at]).unwrap();
            typed[at] = char::from(ALPHABET[(was + by) % 32]);
            let typed: String = typed.into_iter().collect();
            // Two bytes of check: one slip in 65,536 would get by.
            prop_assert!(JoinCode::parse(&typed).is_err());
        }

        #[test]
        fn nothing_typed_panics(typed in ".{0,80}") {
            let _ = Invitation::parse(&typed);
        }
    }

    #[test]
    fn a_line_gives_code_and_address_and_a_bare_code_only_itself() {
        let line = code(1).link("https://letan.example:8443/x");
        let read = Invitation::parse(&format!("  {line}\n")).unwrap();
        assert_eq!(read.server.as_deref(), Some("https://letan.example:8443/x"));
        assert_eq!(read.code.room(), code(1).room());
        let bare = Invitation::parse(&code(1).spell()).unwrap();
        assert_eq!(bare.server, None);
        assert_eq!(bare.code.room(), code(1).room());
    }

    #[test]
    fn room_and_digits_are_as_random_as_the_code() {
        assert_ne!(code(1).room(), code(2).room());
        assert_ne!(code(1).digits(b"a", b"b"), code(2).digits(b"a", b"b"));
        assert_ne!(code(1).digits(b"a", b"bc"), code(1).digits(b"ab", b"c"));
        let digits = code(1).digits(b"offer", b"request");
        assert_eq!(digits.len(), 14);
        assert!(digits.split(' ').all(|group| group.len() == 4));
    }
}
