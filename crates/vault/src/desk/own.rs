//! Writing: changes become sealed entries of this desk's ledger and new rows, in one transaction.
use std::collections::BTreeMap;

use ledger::{
    AuthorKeys, Cut, Entry, Epoch, Header, Kind, Ledger, Lie, Member, RecordId, Replica, Signer,
    Witness,
};
use rand::rng;
use seal::{ClinicKey, Table};

use super::{Desk, EpochKeys, Writer};
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
        self.replica.record(&entry).map_err(|why| match why {
            Lie::NotEnrolled => ActError::NotYet,
            Lie::BeyondRevocation => ActError::CutOff,
            _ => ActError::BadInput,
        })?;
        self.entries.push(entry);
        Ok(())
    }

    /// Appends something that only the clinic can read.
    pub(crate) fn sealed(
        &mut self,
        kind: Kind,
        record: RecordId,
        (epoch, keys): (Epoch, &EpochKeys),
        now: i64,
        plain: &[u8],
    ) -> Result<&Entry, ActError> {
        self.append(kind, record, epoch, now, |aad| {
            keys.record.seal(&mut rng(), aad, plain)
        })?;
        self.entries.last().ok_or(ActError::Io)
    }

    /// Appends a change of the membership.
    pub(crate) fn member(&mut self, member: &Member, now: i64) -> Result<(), ActError> {
        let about = RecordId::from(member.author());
        self.append(Kind::Member, about, Epoch::NONE, now, |_| {
            Ok(member.encode())
        })
    }

    /// Appends what this author has seen of the others.
    pub(crate) fn witness(&mut self, witness: &Witness, now: i64) -> Result<(), ActError> {
        let about = RecordId::from(self.ledger.author());
        self.append(Kind::Witness, about, Epoch::NONE, now, |_| {
            Ok(witness.encode())
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
            if is_membership(entry) {
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

    /// What the database must agree with afterwards.
    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    /// The entries of the same transaction.
    pub(crate) fn scribe(&mut self) -> &mut Scribe {
        &mut self.scribe
    }

    /// Draws every ledger back to where the memberships just written end it, as whoever hears of
    /// them will.
    async fn settle(&mut self, desk: &Desk, writer: &Writer) -> Result<Vec<Cut>, ActError> {
        let replica = &self.scribe.replica;
        let mut known = BTreeMap::new();
        for (author, tip) in replica.heads() {
            let end = match replica.roster().author(*author) {
                Some(known) => known.last_seq.unwrap_or(u64::MAX),
                None => 0,
            };
            if let (true, Some(&number)) = (tip.seq > end, writer.numbers.get(author)) {
                let hashes = ledger_rows::hashes(&desk.store, number, end, end).await?;
                known.extend(hashes.into_iter().map(|(seq, hash)| ((*author, seq), hash)));
            }
        }
        let replica = &mut self.scribe.replica;
        Ok(replica.settle(|author, seq| known.get(&(author, seq)).copied()))
    }

    /// Writes everything, and only then lets it be so. If it makes entries void that are here, the
    /// leads are to be computed anew: see [`Desk::rebuild_if_due`].
    pub(crate) async fn commit(
        mut self,
        desk: &Desk,
        writer: &mut Writer,
    ) -> Result<Vec<Entry>, ActError> {
        let secrets = desk.secrets()?;
        let mut numbers = writer.numbers.clone();
        let cuts = self.settle(desk, writer).await?;
        self.scribe.put(
            &mut self.batch,
            &mut self.state,
            &mut numbers,
            &secrets.signer,
        );
        if !cuts.is_empty() {
            ledger_rows::put_cuts(&mut self.batch, &numbers, &cuts);
            recount_members(desk, &mut self.state, &self.scribe.entries, &cuts).await?;
            self.state.distrust_projection();
        }
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

/// An entry that says who belongs, or gives a key.
pub(crate) const fn is_membership(entry: &Entry) -> bool {
    matches!(entry.header.kind, Kind::Member | Kind::Grant)
}

/// Counts the memberships that ledgers cut short leave, of those stored and of `fresh`.
pub(crate) async fn recount_members(
    desk: &Desk,
    state: &mut State,
    fresh: &[Entry],
    cuts: &[Cut],
) -> Result<(), ActError> {
    if cuts.is_empty() {
        return Ok(());
    }
    let mut members = ledger_rows::memberships(&desk.store).await?;
    members.extend(fresh.iter().filter(|entry| is_membership(entry)).cloned());
    state.reset_members();
    let void = |entry: &Entry| {
        let header = &entry.header;
        let beyond = |cut: &Cut| cut.author == header.author && header.seq > cut.last_seq;
        cuts.iter().any(beyond)
    };
    for entry in members.iter().filter(|entry| !void(entry)) {
        state.add_member(&entry.header.hash());
    }
    Ok(())
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
            let entry = write.scribe.sealed(kind, id, (epoch, &keys), now, &plain)?;
            let held = held.iter_mut().find(|held| held.record.id == id);
            let held = held.ok_or(ActError::NotFound)?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use casebook::basis::BasisKind;
    use casebook::lead::{Change, Draft, Source};
    use casebook::staff::Actor;
    use ledger::{Role, Segment, bundle};
    use seal::RootSecret;

    use super::*;
    use crate::exchange::apply::apply;
    use crate::exchange::transport::Other;
    use crate::view::{Chip, LeadQuery};
    use crate::{Clock as _, Found, Founding, FoundingPlan, SystemClock, Vault, probe};

    fn plan() -> FoundingPlan {
        FoundingPlan {
            clinic_name: "Nha khoa".into(),
            branch: "Quận 3".into(),
            desk: "Quầy 1".into(),
            person: String::new(),
        }
    }

    async fn member(vault: &Vault, member: Member) {
        let desk = vault.desk();
        let mut writing = desk.writing().await;
        let writer = writing.get().unwrap();
        let mut write = OwnWrite::begin(writer);
        write.scribe().member(&member, desk.now()).unwrap();
        write.commit(desk, writer).await.unwrap();
    }

    /// So many leads of the PC `other`, as it hands them over.
    async fn leads_of(other: &Signer, desk: &Desk, many: u8) -> Vec<u8> {
        let mut writing = desk.writing().await;
        let writer = writing.get().unwrap();
        let (epoch, keys) = writer.epoch().unwrap();
        let mut scribe = Scribe {
            ledger: Ledger::new(other.id()),
            replica: writer.replica.clone(),
            entries: Vec::new(),
        };
        let (actor, now) = (Actor::unnamed(String::new()), desk.now());
        for n in 0..many {
            let draft = Draft {
                name: "Khách",
                phone: "0912345678",
                question: "hỏi",
                source: Source::Phone,
                basis: BasisKind::Consent,
                basis_note: "Khách tự gọi đến",
                branch: None,
            };
            let change = Change::created(actor.doing(now), &draft).unwrap();
            let id = RecordId::from_bytes([n + 1; 16]);
            let plain = change.encode();
            let sealed = scribe.sealed(Kind::Change, id, (epoch, &keys), now, &plain);
            sealed.unwrap();
        }
        let head = other.head(scribe.ledger.seq(), scribe.ledger.hash());
        let entries = scribe.entries;
        let mut bundle = bundle::Writer::new();
        bundle.segment(&Segment { entries, head });
        bundle.finish()
    }

    async fn total(vault: &Vault) -> u32 {
        let query = LeadQuery {
            chip: Chip::All,
            limit: 10,
            ..LeadQuery::default()
        };
        vault.leads(query).await.unwrap().total
    }

    #[tokio::test]
    async fn an_own_revocation_below_what_is_here_takes_the_rest_out_and_keeps_it_aside() {
        let dir = tempfile::tempdir().unwrap();
        let founding = Founding::plan(plan(), SystemClock.now_ms()).unwrap();
        let root = RootSecret::from_bytes(*founding.root().dangerous_bytes());
        let clock: crate::SharedClock = Arc::new(SystemClock);
        let (vault, _kit) = founding
            .create(dir.path(), Arc::clone(&clock))
            .await
            .unwrap();
        let desk = vault.desk();
        desk.loaded().await.unwrap();
        let other = RootSecret::generate(&mut rng()).signer();
        let enrol = Member::Enrol {
            keys: other.keys(),
            role: Role::Desk,
            name: "Quầy 2".into(),
            branch: String::new(),
        };
        member(&vault, enrol).await;
        let bundle = leads_of(&other, desk, 3).await;
        apply(desk, bundle, Other::Stick).await.unwrap();
        assert_eq!(total(&vault).await, 3);

        let (author, last_seq) = (other.id(), 1);
        member(&vault, Member::Revoke { author, last_seq }).await;
        desk.rebuild_if_due().await.unwrap();
        assert_eq!(total(&vault).await, 1);
        let aside: i64 = sqlx::query_scalar("SELECT count(*) FROM void_entry")
            .fetch_one(&mut *desk.store.connection().await.unwrap())
            .await
            .unwrap();
        assert_eq!(aside, 2);
        vault.close().await.unwrap();
        // The database agrees with itself.
        let Found::Sealed(locked) = probe(dir.path()).await.unwrap() else {
            unreachable!()
        };
        let opened = locked.unlock(&root, clock, None).await;
        let vault = opened.map_err(|(_, error)| error).unwrap();
        assert_eq!(total(&vault).await, 1);
        vault.close().await.unwrap();
    }
}
