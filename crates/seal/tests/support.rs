//! Keys that can be foretold, and one sealed sample of every format.
use ledger::submission::{Answers, SealedSubmission, SubmissionIds};
use ledger::*;
use rand::{TryCryptoRng, TryRng};
use seal::*;
use std::convert::Infallible;

/// Gives 0, 1, 2 … as bytes: the same on every machine and in every version, as golden files need it.
pub(crate) struct Foretold(pub(crate) u8);

impl TryRng for Foretold {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Foretold {}

pub(crate) fn root(byte: u8) -> RootSecret {
    RootSecret::from_bytes([byte; 32])
}

pub(crate) fn clinic_key(byte: u8) -> ClinicKey {
    ClinicKey::from_bytes(Epoch::FIRST, &[byte; 32])
}

pub(crate) fn ids() -> SubmissionIds {
    SubmissionIds {
        clinic: ClinicId::from_bytes([0xc1; 16]),
        form: FormId::from_bytes([0xf0; 16]),
        submission: SubmissionId::from_bytes([0x5b; 16]),
    }
}

pub(crate) fn answers(i: u8) -> Answers {
    Answers {
        name: format!("Nguyễn Thị Ánh {i}"),
        phone: "0912 345 678".into(),
        question: "Niềng răng trong suốt giá bao nhiêu?".into(),
        ..Answers::default()
    }
}

pub(crate) fn submission(rng: u8, key: &ClinicKey, answers: &Answers) -> SealedSubmission {
    let public = key.intake_secret().public();
    SealedSubmission::seal(&mut Foretold(rng), &public, ids(), answers).unwrap()
}

pub(crate) fn place(index: u32, last: bool) -> blob::Place {
    let attachment = RecordId::from_bytes([0xa7; 16]);
    blob::Place {
        attachment,
        index,
        last,
    }
}

/// The aad of the entry that a desk would write next.
pub(crate) fn header_aad() -> [u8; 54] {
    let record = RecordId::from_bytes([0xab; 16]);
    Ledger::new(AuthorId::from_bytes([0xaa; 16]))
        .next(Kind::Change, record, Epoch::FIRST, 1_795_334_400_000)
        .aad()
}
