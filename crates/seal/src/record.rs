//! Sealing a value for one place: random nonce, Padmé padding, XChaCha20-Poly1305.
use crate::hazmat::{self, NONCE, TAG};
use crate::secret::Secret;
use crate::{MAX_PLAINTEXT, TooLong, Unopenable, padding};
use ledger::Header;
use rand::CryptoRng;
use zeroize::Zeroizing;

/// Seals and opens entries' payloads of one epoch.
pub struct RecordKey(pub(crate) Secret);

impl RecordKey {
    /// Seals a change for the entry whose header begins with `aad`: nonce ‖ ciphertext ‖ tag.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        aad: &[u8; Header::AAD_LEN],
        text: &[u8],
    ) -> Result<Vec<u8>, TooLong> {
        seal(rng, &self.0, aad, &[], text)
    }

    /// Opens the payload of the entry whose header begins with `aad`.
    pub fn open(
        &self,
        aad: &[u8; Header::AAD_LEN],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        open(&self.0, aad, sealed)
    }

    /// As [`RecordKey::open`], into a buffer that is used for many: saves an allocation and a wiping each.
    pub fn open_into(
        &self,
        aad: &[u8; Header::AAD_LEN],
        sealed: &[u8],
        text: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), Unopenable> {
        open_into(&self.0, aad, sealed, text)
    }
}

/// `prefix ‖ nonce ‖ ciphertext of the padded text ‖ tag`.
pub(crate) fn seal(
    rng: &mut impl CryptoRng,
    key: &Secret,
    aad: &[u8],
    prefix: &[u8],
    text: &[u8],
) -> Result<Vec<u8>, TooLong> {
    if text.len() > MAX_PLAINTEXT {
        return Err(TooLong);
    }
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let padded = padding::padded_len(text.len());
    let begin = prefix.len() + NONCE;
    // Exactly as long as needed: growing would leave copies of the text behind.
    let mut out = Vec::with_capacity(begin + padded + TAG);
    out.extend_from_slice(prefix);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(text);
    out.push(0x80);
    out.resize(begin + padded, 0);
    let tag = hazmat::seal(key.bytes(), &nonce, aad, &mut out[begin..])?;
    out.extend_from_slice(&tag);
    Ok(out)
}

/// Opens `nonce ‖ ciphertext ‖ tag`.
pub(crate) fn open(
    key: &Secret,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
    let mut text = Zeroizing::new(Vec::new());
    open_into(key, aad, sealed, &mut text)?;
    Ok(text)
}

/// Opens `nonce ‖ ciphertext ‖ tag` into a buffer that is used again and again; it is left empty on failure.
pub(crate) fn open_into(
    key: &Secret,
    aad: &[u8],
    sealed: &[u8],
    text: &mut Zeroizing<Vec<u8>>,
) -> Result<(), Unopenable> {
    text.clear();
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(Unopenable)?;
    if text.capacity() < body.len() {
        // Growing in place could leave an unwiped copy of the last text behind.
        *text = Zeroizing::new(Vec::with_capacity(body.len()));
    }
    text.extend_from_slice(body);
    let len = hazmat::open(key.bytes(), nonce, aad, text)
        .and_then(|padded| padding::text_len(&text[..padded]).ok_or(Unopenable));
    text.truncate(*len.as_ref().unwrap_or(&0));
    len.map(|_| ())
}
