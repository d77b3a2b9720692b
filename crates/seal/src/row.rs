//! Local rows, each bound to its table, its number and its version, so that rows can't be swapped or rolled back.
use crate::root::StorageKey;
use crate::{TooLong, Unopenable, record};
use ledger::Label;
use rand::CryptoRng;
use zeroize::Zeroizing;

/// The tables with sealed rows. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Table {
    /// Projection of one lead.
    Lead = 1,
    /// A note that is being written.
    Draft = 2,
    /// A saved view.
    View = 3,
    /// Where the vault stands: heads, digests, counters.
    State = 4,
    /// Clinic keys by epoch.
    Key = 5,
    /// Settings.
    Setting = 6,
    /// What other PCs of the clinic have.
    Peer = 8,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 7] = [
        Self::Lead,
        Self::Draft,
        Self::View,
        Self::State,
        Self::Key,
        Self::Setting,
        Self::Peer,
    ];
}

const PREFIX: usize = Label::Row.as_bytes().len();
const AAD: usize = PREFIX + 1 + 8 + 8;

/// Label ‖ table ‖ row ‖ version.
fn aad(table: Table, row: i64, version: u64) -> [u8; AAD] {
    let mut aad = [0; AAD];
    aad[..PREFIX].copy_from_slice(Label::Row.as_bytes());
    aad[PREFIX] = table as u8;
    aad[PREFIX + 1..PREFIX + 9].copy_from_slice(&row.to_le_bytes());
    aad[PREFIX + 9..].copy_from_slice(&version.to_le_bytes());
    aad
}

impl StorageKey {
    /// Seals one version of one row: nonce ‖ ciphertext ‖ tag.
    pub fn seal_row(
        &self,
        rng: &mut impl CryptoRng,
        table: Table,
        row: i64,
        version: u64,
        text: &[u8],
    ) -> Result<Vec<u8>, TooLong> {
        record::seal(rng, &self.0, &aad(table, row, version), &[], text)
    }

    /// Opens exactly this version of this row.
    pub fn open_row(
        &self,
        table: Table,
        row: i64,
        version: u64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        record::open(&self.0, &aad(table, row, version), sealed)
    }

    /// As [`StorageKey::open_row`], into a buffer that is used for many: saves an allocation and a wiping each.
    pub fn open_row_into(
        &self,
        table: Table,
        row: i64,
        version: u64,
        sealed: &[u8],
        text: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), Unopenable> {
        record::open_into(&self.0, &aad(table, row, version), sealed, text)
    }
}
