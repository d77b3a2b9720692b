//! Handing a clinic key to one author: the payload of an entry of kind `Grant`.
use crate::clinic::ClinicKey;
use crate::root::ReceiveKey;
use crate::{Unopenable, envelope};
use ledger::envelope::{BadKey, seal};
use ledger::{AuthorId, AuthorKeys, Epoch, Label};
use rand::CryptoRng;
use thiserror::Error;

const MAGIC: &[u8; 5] = b"LTGRT";
const SUITE: u8 = 1;

/// Bytes of an encoded grant.
pub const LEN: usize = 6 + 16 + 4 + 32 + 32 + 16;

/// Why a grant gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GrantError {
    /// Not a grant, or not exactly one.
    #[error("not a grant")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
    /// Meant for another author.
    #[error("meant for another author")]
    OtherAuthor,
    /// Not sealed to this key, or changed since.
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
}

/// Receiver ‖ epoch.
fn aad(receiver: AuthorId, epoch: Epoch) -> [u8; 20] {
    let mut aad = [0; 20];
    aad[..16].copy_from_slice(receiver.as_bytes());
    aad[16..].copy_from_slice(&epoch.to_le_bytes());
    aad
}

/// `LTGRT` ‖ suite ‖ receiver ‖ epoch ‖ enc ‖ ciphertext.
pub fn seal_grant(
    rng: &mut impl CryptoRng,
    receiver: &AuthorKeys,
    key: &ClinicKey,
) -> Result<Vec<u8>, BadKey> {
    let aad = aad(receiver.id(), key.epoch());
    let secret = key.dangerous_bytes();
    let sealed = seal(
        rng,
        &receiver.receive,
        Label::Grant,
        &aad,
        secret.as_slice(),
    )?;
    Ok([
        MAGIC.as_slice(),
        &[SUITE],
        &aad,
        &sealed.enc,
        &sealed.ciphertext,
    ]
    .concat())
}

/// Whom a grant is meant for, and of which epoch its key is; `None` if it is no grant. Proves nothing.
#[must_use]
pub fn grant_place(grant: &[u8]) -> Option<(AuthorId, Epoch)> {
    let body = grant.strip_prefix(MAGIC)?.strip_prefix(&[SUITE])?;
    let (receiver, body) = body.split_first_chunk::<16>()?;
    let (epoch, _) = body.split_first_chunk::<4>()?;
    let place = (
        AuthorId::from_bytes(*receiver),
        Epoch(u32::from_le_bytes(*epoch)),
    );
    (grant.len() == LEN).then_some(place)
}

/// Opens a grant that is meant for `receiver`, whose receiving key this is.
pub fn open_grant(
    key: &ReceiveKey,
    receiver: AuthorId,
    grant: &[u8],
) -> Result<ClinicKey, GrantError> {
    let body = match grant.strip_prefix(MAGIC) {
        Some([SUITE, body @ ..]) if grant.len() == LEN => body,
        Some([suite, ..]) if *suite != SUITE => return Err(GrantError::Suite),
        _ => return Err(GrantError::Malformed),
    };
    let malformed = || GrantError::Malformed;
    let (named, body) = body.split_first_chunk::<16>().ok_or_else(malformed)?;
    let (epoch, body) = body.split_first_chunk::<4>().ok_or_else(malformed)?;
    let (enc, ciphertext) = body.split_first_chunk::<32>().ok_or_else(malformed)?;
    let epoch = Epoch(u32::from_le_bytes(*epoch));
    if epoch == Epoch::NONE {
        return Err(GrantError::Malformed);
    }
    if AuthorId::from_bytes(*named) != receiver {
        return Err(GrantError::OtherAuthor);
    }
    let aad = aad(receiver, epoch);
    let secret = envelope::open(key.bytes(), Label::Grant.as_bytes(), &aad, enc, ciphertext)?;
    let secret = secret.as_slice().try_into().map_err(|_| Unopenable)?;
    Ok(ClinicKey::from_bytes(epoch, secret))
}
