//! PINs of people: six digits that are slow to try, and useless without a clinic key.
use crate::clinic::hmac_sha256;
use crate::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use rand::CryptoRng;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

const MAGIC: &[u8; 5] = b"LTPIN";
const SUITE: u8 = 1;
const DIGITS: usize = 6;
const SALT: usize = 16;
const HASH: usize = 32;
/// Bytes of an encoded verifier.
const LEN: usize = 6 + 4 + 4 + 4 + SALT + HASH;

/// Too easily guessed, or not six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a PIN is six digits, no row and no repetition")]
pub struct TooSimple;

/// Why a verifier can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifierError {
    /// Not a verifier, or not exactly one.
    #[error("not a verifier of a PIN")]
    Malformed,
    /// Written by a newer version.
    #[error("unknown suite")]
    Suite,
    /// Cheaper than what is safe, or dearer than what this program is ready to pay.
    #[error("cost out of bounds")]
    Cost,
    /// There is no memory to compute it in.
    #[error("out of memory")]
    Memory,
}

/// Six digits as a person typed them. Wiped on drop; never printed, copied or serialised.
pub struct Pin(Zeroizing<[u8; DIGITS]>);

impl Pin {
    /// A PIN that is tried; `None` for what can't be one.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().ok()?;
        let digits = Zeroizing::new(digits);
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(Self(digits))
    }

    /// A PIN that is chosen: none of those that everybody tries first. Refused are rows
    /// (`123456`, `654321`, also through zero), and repetitions of one, two or three digits.
    pub fn chosen(text: &str) -> Result<Self, TooSimple> {
        let pin = Self::typed(text).ok_or(TooSimple)?;
        let steps = |step: u8| {
            let follows = |pair: &[u8]| (pair[0] - b'0' + step) % 10 == pair[1] - b'0';
            pin.0.windows(2).all(follows)
        };
        let repeats = |period: usize| pin.0[period..] == pin.0[..DIGITS - period];
        let simple = steps(1) || steps(9) || [1, 2, 3].into_iter().any(repeats);
        if simple { Err(TooSimple) } else { Ok(pin) }
    }
}

/// How dear one try is (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// What new PINs cost, and the least that is accepted: RFC 9106's second choice with one lane,
    /// since front desks have old processors.
    const TODAY: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// What a newer version may have raised it to.
    const MOST: Self = Self {
        memory: 512 * 1024,
        passes: 16,
        lanes: 4,
    };

    fn within_bounds(self) -> bool {
        let within = |least: u32, value: u32, most: u32| least <= value && value <= most;
        within(Self::TODAY.memory, self.memory, Self::MOST.memory)
            && within(Self::TODAY.passes, self.passes, Self::MOST.passes)
            && within(Self::TODAY.lanes, self.lanes, Self::MOST.lanes)
    }
}

/// What a typed PIN is compared with.
pub struct Verifier {
    cost: Cost,
    salt: [u8; SALT],
    hash: [u8; HASH],
}

impl Verifier {
    /// `LTPIN` ‖ suite ‖ memory in KiB ‖ passes ‖ lanes ‖ salt ‖ hash.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let Cost {
            memory,
            passes,
            lanes,
        } = self.cost;
        [
            MAGIC.as_slice(),
            &[SUITE],
            &memory.to_le_bytes(),
            &passes.to_le_bytes(),
            &lanes.to_le_bytes(),
            &self.salt,
            &self.hash,
        ]
        .concat()
    }

    /// Reads what [`Verifier::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, VerifierError> {
        let body = match bytes.strip_prefix(MAGIC) {
            Some([SUITE, body @ ..]) if bytes.len() == LEN => body,
            Some([suite, ..]) if *suite != SUITE => return Err(VerifierError::Suite),
            _ => return Err(VerifierError::Malformed),
        };
        let mut rest = body;
        let mut number = || -> Result<u32, VerifierError> {
            let (bytes, left) = rest.split_first_chunk().ok_or(VerifierError::Malformed)?;
            rest = left;
            Ok(u32::from_le_bytes(*bytes))
        };
        let cost = Cost {
            memory: number()?,
            passes: number()?,
            lanes: number()?,
        };
        let (salt, hash) = rest.split_first_chunk().ok_or(VerifierError::Malformed)?;
        if !cost.within_bounds() {
            return Err(VerifierError::Cost);
        }
        Ok(Self {
            cost,
            salt: *salt,
            hash: hash.try_into().map_err(|_| VerifierError::Malformed)?,
        })
    }
}

/// The clinic's pepper: verifiers that leave the clinic without it can't be tried at all.
pub struct PinKey(pub(crate) Secret);

impl PinKey {
    /// Makes what this person's PIN is compared with from now on. Takes a tenth of a second and
    /// 64 MiB: not on a thread that others wait for, please.
    pub fn verifier(
        &self,
        rng: &mut impl CryptoRng,
        pin: &Pin,
        person: &[u8; 16],
    ) -> Result<Verifier, VerifierError> {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        let cost = Cost::TODAY;
        let hash = *self.hash(pin, person, cost, &salt)?;
        Ok(Verifier { cost, salt, hash })
    }

    /// Whether this is that person's PIN. As slow as [`PinKey::verifier`].
    pub fn opens(
        &self,
        pin: &Pin,
        person: &[u8; 16],
        verifier: &Verifier,
    ) -> Result<bool, VerifierError> {
        let hash = self.hash(pin, person, verifier.cost, &verifier.salt)?;
        Ok(hash.as_slice().ct_eq(&verifier.hash).into())
    }

    /// Argon2id over HMAC-SHA256(pepper, PIN ‖ person).
    fn hash(
        &self,
        pin: &Pin,
        person: &[u8; 16],
        cost: Cost,
        salt: &[u8; SALT],
    ) -> Result<Zeroizing<[u8; HASH]>, VerifierError> {
        let peppered = hmac_sha256(self.0.bytes(), &[pin.0.as_slice(), person]);
        let peppered = Zeroizing::new(peppered);
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(HASH));
        let params = params.map_err(|_| VerifierError::Cost)?;
        let mut hash = Zeroizing::new([0; HASH]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(peppered.as_slice(), salt, hash.as_mut_slice())
            .map_err(|_| VerifierError::Memory)?;
        Ok(hash)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};

    #[test]
    fn our_argon2id_gives_what_rfc_9106_expects() {
        let mut params = ParamsBuilder::new();
        params.m_cost(32).t_cost(3).p_cost(4).output_len(32);
        params.data(AssociatedData::new(&[4; 12]).unwrap());
        let params = params.build().unwrap();
        let argon =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon
            .hash_password_into(&[1; 32], &[2; 16], &mut tag)
            .unwrap();
        let hex = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(data_encoding::HEXLOWER.encode(&tag), hex);
    }
}
