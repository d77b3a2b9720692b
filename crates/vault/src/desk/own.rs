//! Writing: changes become sealed entries of this desk's ledger and new rows, in one transaction.
use ledger::{AuthorKeys, Entry, Epoch, Header, Kind, Ledger, Member, RecordId, Replica, Signer};
use rand::rng;
use seal::{ClinicKey, Table};

use super::{Desk, Writer};
use crate::event::Event;
use crate::failure::ActError;
use crate::projection::{Proposed, Record, stamp};
use crate::state::State;
use crate::store::ledger_rows::Numbers;
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault, ledger_rows};

/// A record and where its row is; `None` for one that has no row yet.
#[derive(Clone)]
pub(crate) struct Held {
    pub record: Record,
    /// Place and version.
    pub row: Option<(i64, i64)>,
}

/// Appends entries to one author's ledger, in memory only.
pub(crate) struct Scribe {
    pub ledger: Ledger,
    pub replica: Replica,
    pub entries: Vec<Entry>,
}

impl Scribe {
    /// Appends an entry whose payload depends on its place.
    fn append(
        &mut self,
        kind: Kind,
        record: RecordId,
        epoch: Epoch,
        now: i64,
        payload: impl FnOnce(&[u8; Header::AAD_LEN]) -> Result<Vec<u8>, seal::TooLong>,
    ) -> Result<(), ActError> {
        let draft = self.ledger.next(kind, record, epoch, now);
        let payload = payload(&draft.aad()).map_err(|_| ActError::TooLong)?;
        let entry = draft.finish(payload).map_err(|_| ActError::TooLong)?;
        self.ledger.accept(&entry).map_err(|_| ActError::Io)?;
        self.replica
            .record(&entry)
            .map_err(|_| ActError::BadInput)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Appends a change of the membership.
    pub(crate) fn member(&mut self, member: &Member, now: i64) -> Result<(), ActError> {
        let about = RecordId::from(member.author());
        self.append(Kind::Member, about, Epoch::NONE, now, |_| {
            Ok(member.encode())
        })
    }

    /// Appends a clinic key for one author.
    pub(crate) fn grant(
        &mut self,
        to: &AuthorKeys,
        key: &ClinicKey,
        now: i64,
    ) -> Result<(), ActError> {
        let sealed = seal::seal_grant(&mut rng(), to, key).map_err(|_| ActError::Io)?;
        self.append(Kind::Grant, to.id().into(), Epoch::NONE, now, |_| {
            Ok(sealed)
        })
    }

    /// Closes the entries with one signed head and adds them to a transaction.
    pub(crate) fn put(
        &self,
        batch: &mut Batch,
        state: &mut State,
        numbers: &mut Numbers,
        signer: &Signer,
    ) {
        if self.entries.is_empty() {
            return;
        }
        let number = ledger_rows::number(batch, numbers, signer.id());
        ledger_rows::put_entries(batch, numbers, &self.entries);
        for entry in &self.entries {
            if matches!(entry.header.kind, Kind::Member | Kind::Grant) {
                ledger_rows::put_membership(batch, number, entry.header.seq);
                state.add_member(&entry.header.hash());
            }
        }
        let head = signer.head(self.ledger.seq(), self.ledger.hash());
        let bytes = self.entries.iter().map(ledger_rows::weight).sum();
        ledger_rows::put_head(batch, number, head.seq, Some(&head), bytes);
    }
}

/// What this desk is about to write: entries first, then the rows that follow from them.
pub(crate) struct OwnWrite {
    batch: Batch,
    state: State,
    scribe: Scribe,
}

impl OwnWrite {
    pub(crate) fn begin(writer: &Writer) -> Self {
        Self {
            batch: Batch::new(),
            state: writer.state.clone(),
            scribe: Scribe {
                ledger: writer.ledger.clone(),
                replica: writer.replica.clone(),
                entries: Vec::new(),
            },
        }
    }

    /// More statements for the same transaction.
    pub(crate) fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// The entries of the same transaction.
    pub(crate) fn scribe(&mut self) -> &mut Scribe {
        &mut self.scribe
    }

    /// Writes everything, and only then lets it be so.
    pub(crate) async fn commit(
        mut self,
        desk: &Desk,
        writer: &mut Writer,
    ) -> Result<Vec<Entry>, ActError> {
        let secrets = desk.secrets()?;
        let mut numbers = writer.numbers.clone();
        self.scribe.put(
            &mut self.batch,
            &mut self.state,
            &mut numbers,
            &secrets.signer,
        );
        self.state
            .set_ledgers(&self.scribe.replica, self.scribe.ledger.seq());
        desk.commit(writer, self.batch, self.state).await?;
        writer.numbers = numbers;
        writer.ledger = self.scribe.ledger;
        writer.replica = self.scribe.replica;
        desk.memory().own_seq = writer.ledger.seq();
        Ok(self.scribe.entries)
    }
}

impl Desk {
    /// Records changes of leads: all of them or none. Gives the records as they now are.
    pub(crate) async fn record_changes(
        &self,
        writer: &mut Writer,
        mut held: Vec<Held>,
        changes: Vec<Proposed>,
        also: impl FnOnce(&mut Batch),
    ) -> Result<Vec<(Held, ledger::Hlc)>, ActError> {
        let secrets = self.secrets()?;
        let (epoch, keys) = writer.epoch()?;
        let now = self.now();
        let mut write = OwnWrite::begin(writer);
        also(write.batch());
        let mut stamps = Vec::new();
        for Proposed { id, kind, change } in changes {
            let plain = zeroize::Zeroizing::new(change.encode());
            write.scribe.append(kind, id, epoch, now, |aad| {
                keys.record.seal(&mut rng(), aad, &plain)
            })?;
            let (Some(entry), Some(held)) = (
                write.scribe.entries.last(),
                held.iter_mut().find(|held| held.record.id == id),
            ) else {
                return Err(ActError::NotFound);
            };
            held.record.lead.insert(stamp(entry), change);
            held.record.own_seq = entry.header.seq;
            stamps.push((id, entry.header.hlc));
        }
        let mut next_row = writer.next_row;
        let mut rows = Vec::new();
        for held in &mut held {
            rows.push(reseal(
                held,
                &mut write.state,
                &mut next_row,
                &secrets.storage,
            )?);
        }
        sealed_rows::put_all(&mut write.batch, Table::Lead, rows);
        write.commit(self, writer).await?;
        writer.next_row = next_row;
        self.show(&held);
        let stamp_of = |id| {
            stamps
                .iter()
                .rev()
                .find(|(of, _)| *of == id)
                .map(|(_, hlc)| *hlc)
        };
        Ok(held
            .into_iter()
            .map(|held| {
                let hlc = stamp_of(held.record.id).unwrap_or_default();
                (held, hlc)
            })
            .collect())
    }

    fn show(&self, held: &[Held]) {
        let mut memory = self.memory();
        for held in held {
            if let Some((row, _)) = held.row {
                memory.index(row, &held.record);
            }
        }
        drop(memory);
        let ids = held.iter().map(|held| held.record.id.to_string()).collect();
        self.tell(Event::Leads { ids, arrived: 0 });
        self.tell(Event::Sync);
    }
}

/// Seals a record for its row, which gets a new version; a record without a row gets one.
pub(crate) fn reseal(
    held: &mut Held,
    state: &mut State,
    next_row: &mut i64,
    key: &seal::StorageKey,
) -> Result<SealedRow, Fault> {
    let (row, version) = if let Some((row, version)) = held.row {
        state.toggle_row(row, version);
        (row, sealed_rows::next_version(Some(version)))
    } else {
        let row = *next_row;
        *next_row += 1;
        state.leads += 1;
        (row, sealed_rows::next_version(None))
    };
    state.toggle_row(row, version);
    held.row = Some((row, version));
    let sealed = sealed_rows::seal(key, Table::Lead, row, version, &held.record.encode())?;
    Ok(SealedRow {
        row,
        version,
        sealed,
    })
}
