//! Opening one sealed record: the product's way, the usual library's, and the cipher alone.
use std::hint::black_box;
use std::time::Instant;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ledger::{Epoch, Header};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use seal::ClinicKey;
use serde_json::{Value, json};

use crate::Result;

const BYTES: usize = 250;
const TIMES: u32 = 20_000;

fn nanos(mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..TIMES {
        once()?;
    }
    Ok(started.elapsed().as_nanos() as f64 / f64::from(TIMES))
}

/// Nanoseconds for one record of 250 bytes.
pub fn open_record() -> Result<Value> {
    let key = ClinicKey::generate(&mut rand::rng(), Epoch::FIRST).record_key();
    let aad = [7; Header::AAD_LEN];
    let sealed = key.seal(&mut rand::rng(), &aad, &[1; BYTES])?;
    let ours = nanos(|| {
        black_box(key.open(&aad, black_box(&sealed))?);
        Ok(())
    })?;
    let library = XChaCha20Poly1305::new(&[3; 32].into());
    let nonce = XNonce::from([5; 24]);
    let payload = |msg| Payload { msg, aad: &aad };
    let boxed = library.encrypt(&nonce, payload(&[1; BYTES])).map_err(|_| "seal")?;
    let peer = nanos(|| {
        black_box(library.decrypt(&nonce, payload(black_box(&boxed))).map_err(|_| "open")?);
        Ok(())
    })?;
    let bare = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &[3; 32]).map_err(|_| "key")?);
    let nonce = || Nonce::assume_unique_for_key([5; 12]);
    let mut text = vec![1; BYTES];
    bare.seal_in_place_append_tag(nonce(), Aad::from(aad), &mut text).map_err(|_| "seal")?;
    let mut buffer = text.clone();
    let limit = nanos(|| {
        buffer.copy_from_slice(&text);
        black_box(bare.open_in_place(nonce(), Aad::from(aad), &mut buffer).map_err(|_| "open")?);
        Ok(())
    })?;
    Ok(json!({ "ns": ours, "peer_ns": peer, "limit_ns": limit }))
}
