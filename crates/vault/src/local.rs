//! What this desk keeps for itself, sealed: its profile, its link to the server, drafts, views.
use std::collections::BTreeMap;

use ledger::AuthorId;
use seal::{StorageKey, Table};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::exchange::doubt::Doubts;
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault, Store};
use crate::view::{Alarm, AlarmKind, ChipCounts, Millis};

/// A setting that lives in a place of its own.
pub(crate) trait Kept: Serialize + DeserializeOwned + Default {
    /// Its place in the settings table.
    const PLACE: i64;
}

/// Who works here.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    /// Person at the desk.
    pub person: String,
    /// The recovery kit's words were checked.
    pub kit_checked: bool,
    /// When they were last compared with the paper on this PC.
    pub kit_checked_at: Option<Millis>,
    /// When somebody last worked here, for "since last time".
    pub last_used: Millis,
}

impl Kept for Profile {
    const PLACE: i64 = 1;
}

/// The exchange with the server, as far as it must survive a restart.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    /// Address of the server, once claimed.
    pub url: Option<String>,
    /// What the server last said it has, by author in hexadecimal.
    pub have: BTreeMap<String, u64>,
    /// Number of our own last entry that the server acknowledged, and when, newest last.
    pub acknowledged: Vec<(u64, Millis)>,
    /// Arrival cursor for waiting.
    pub cursor: u64,
    /// Server's clock minus ours.
    pub offset: Millis,
    /// Last time everything was exchanged.
    pub synced_at: Option<Millis>,
    /// SHA-256 of the form's script, pinned when the server was claimed; hexadecimal. (The page
    /// around it carries a fresh token each time.)
    pub form: Option<String>,
    /// What was found wrong and not yet put right.
    pub alarms: Vec<KeptAlarm>,
    /// Ledgers of which the server had more, until everything that it has is here.
    pub doubts: Doubts,
    /// Entries that the first exchange has to bring, about; `None` once it is over.
    pub first: Option<u64>,
    /// Root secret that may sign until the server knows this desk, hexadecimal; else absent.
    pub sponsor: Option<String>,
}

impl Kept for Link {
    const PLACE: i64 = 2;
}

/// An alarm, by author's id so that a later name is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAlarm {
    /// Author in hexadecimal; empty for the server as a whole.
    pub author: String,
    /// What was found.
    pub kind: AlarmKind,
    /// When.
    pub at: Millis,
}

/// The first page, kept for the moment after unlocking.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Front {
    /// State counter that it belongs to; any other makes it void.
    pub counter: u64,
    /// Places of the rows, in order.
    pub rows: Vec<i64>,
    /// Rows in the whole list.
    pub total: u32,
    /// Sizes of the lists that don't depend on the hour.
    pub counts: ChipCounts,
    /// Branches that occur.
    pub branches: Vec<String>,
}

impl Kept for Front {
    const PLACE: i64 = 3;
}

impl Link {
    /// Number of our last entry that the server has.
    pub(crate) fn acknowledged_seq(&self) -> u64 {
        self.acknowledged.last().map_or(0, |&(seq, _)| seq)
    }

    /// Raises an alarm; one that stands already keeps its time.
    pub(crate) fn raise(&mut self, author: &str, kind: AlarmKind, at: Millis) -> bool {
        if self
            .alarms
            .iter()
            .any(|alarm| alarm.author == author && alarm.kind == kind)
        {
            return false;
        }
        self.alarms.push(KeptAlarm {
            author: author.to_owned(),
            kind,
            at,
        });
        true
    }

    /// Takes an alarm back.
    pub(crate) fn settle(&mut self, author: &str, kind: AlarmKind) -> bool {
        let before = self.alarms.len();
        self.alarms
            .retain(|alarm| alarm.author != author || alarm.kind != kind);
        before != self.alarms.len()
    }
}

impl KeptAlarm {
    /// For a window, under the author's name.
    pub(crate) fn shown(&self, name: String, me: AuthorId) -> Alarm {
        Alarm {
            author: name,
            me: self.author == me.to_string(),
            kind: self.kind,
            at: self.at,
        }
    }
}

/// Reads a setting; `None` when it was never written.
pub(crate) async fn read<T: Kept>(
    store: &Store,
    key: &StorageKey,
) -> Result<Option<(T, i64)>, Fault> {
    let Some(row) = sealed_rows::get(store, Table::Setting, T::PLACE).await? else {
        return Ok(None);
    };
    let plain = row.open(key, Table::Setting)?;
    let value = serde_json::from_slice(&plain).map_err(|_| Fault::Damaged)?;
    Ok(Some((value, row.version)))
}

/// Adds a setting to a transaction; gives its new version.
pub(crate) fn put<T: Kept>(
    batch: &mut Batch,
    key: &StorageKey,
    value: &T,
    last: Option<i64>,
) -> Result<i64, Fault> {
    let version = sealed_rows::next_version(last);
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(|_| Fault::Io)?);
    let sealed = sealed_rows::seal(key, Table::Setting, T::PLACE, version, &plain)?;
    sealed_rows::put(
        batch,
        Table::Setting,
        SealedRow {
            row: T::PLACE,
            version,
            sealed,
        },
    );
    Ok(version)
}
