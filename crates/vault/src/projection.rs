//! A lead as it lies in its sealed row, and as the lists know it.
use casebook::lead::{Change, Lead};
use casebook::merge::Stamp;
use ledger::{Entry, Kind, RecordId};
use zeroize::Zeroizing;

use crate::directory::{Directory, Indexed, Row};
use crate::store::Fault;

/// Bytes before the lead itself: its id and our newest entry about it.
const PREFIX: usize = 24;

/// One lead with what the row says besides.
#[derive(Clone)]
pub(crate) struct Record {
    pub id: RecordId,
    /// Number of this desk's newest entry about it; 0 if there is none.
    pub own_seq: u64,
    pub lead: Lead,
}

impl Record {
    pub(crate) fn new(id: RecordId) -> Self {
        Self {
            id,
            own_seq: 0,
            lead: Lead::new(),
        }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let lead = Zeroizing::new(self.lead.encode());
        let mut plain = Vec::with_capacity(PREFIX + lead.len());
        plain.extend_from_slice(self.id.as_bytes());
        plain.extend_from_slice(&self.own_seq.to_le_bytes());
        plain.extend_from_slice(&lead);
        Zeroizing::new(plain)
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self, Fault> {
        let (id, rest) = plain.split_first_chunk::<16>().ok_or(Fault::Damaged)?;
        let (own_seq, lead) = rest.split_first_chunk::<8>().ok_or(Fault::Damaged)?;
        Ok(Self {
            id: RecordId::from_bytes(*id),
            own_seq: u64::from_le_bytes(*own_seq),
            lead: Lead::decode(lead).map_err(|_| Fault::Damaged)?,
        })
    }
}

/// The place of an entry in the common order.
pub(crate) fn stamp(entry: &Entry) -> Stamp {
    Stamp {
        hlc: entry.header.hlc.0,
        author: *entry.header.author.as_bytes(),
    }
}

/// Puts a record into the directory; `false` for one whose first entry has not arrived, which
/// belongs in no list.
pub(crate) fn index(directory: &mut Directory, row: i64, record: &Record) -> bool {
    let facts = record.lead.facts();
    if facts.origin.is_none() {
        return false;
    }
    let first = facts.phone.first.map(|phone| phone.e164());
    let second = facts.phone.second.map(|phone| phone.e164());
    directory.upsert(&Row {
        id: record.id,
        row,
        facts: Indexed {
            name: facts.name,
            phone: first.as_deref(),
            second_phone: second.as_deref(),
            raw_phone: facts.phone_raw,
            question: facts.question,
            order: facts.order,
            branch: facts.branch,
            owner: facts.owner,
            state: facts.state,
            source: facts.source,
            received_ms: facts.received_ms,
            next_call_ms: facts.next_call_ms,
            suspect: facts.suspect,
            merged_into: facts.merged_into.map(RecordId::from_bytes),
            own_seq: record.own_seq,
        },
    });
    true
}

/// What one change is made of, before it has a place.
pub(crate) struct Proposed {
    pub id: RecordId,
    pub kind: Kind,
    pub change: Change,
}
