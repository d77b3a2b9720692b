//! What a desk keeps for itself: drafts, saved lists, who works here, the first page, its kit.
use std::sync::Arc;

use casebook::lead::Limits;
use casebook::name::Name;
use casebook::staff::Actor;
use casebook::text;
use ledger::{Member, RecordId, Role};
use seal::{RootSecret, Table};
use serde::{Deserialize, Serialize};

use super::page::MOST_ROWS;
use super::{Desk, OwnWrite, Writer};
use crate::directory::Sight;
use crate::event::Event;
use crate::exchange;
use crate::failure::{ActError, SyncError};
use crate::life::PaperKit;
use crate::local::{self, Front, Kept};
use crate::store::sealed_rows::{self, SealedRow};
use crate::store::{Batch, Fault};
use crate::view::{DeskView, LeadQuery, SavedView};

/// Saved lists that a desk may have.
const MOST_VIEWS: usize = 100;
/// Name of a saved list, in characters.
const VIEW_NAME: usize = 60;

/// A note begun and not saved.
#[derive(Serialize, Deserialize)]
struct Draft {
    id: String,
    text: String,
}

/// Rows of a small sealed table with what they say.
async fn open_all<T: serde::de::DeserializeOwned>(
    desk: &Desk,
    table: Table,
) -> Result<Vec<(SealedRow, T)>, ActError> {
    let secrets = desk.secrets()?;
    let rows = sealed_rows::all(&desk.store, table).await?;
    let open = |row: SealedRow| -> Result<_, Fault> {
        let plain = row.open(&secrets.storage, table)?;
        let value = serde_json::from_slice(&plain).map_err(|_| Fault::Damaged)?;
        Ok((row, value))
    };
    rows.into_iter()
        .map(|row| open(row).map_err(ActError::from))
        .collect()
}

/// Adds "write this value" to a transaction: in the place of `old`, or in a new one.
async fn put<T: Serialize>(
    desk: &Desk,
    batch: &mut Batch,
    table: Table,
    old: Option<&SealedRow>,
    value: &T,
) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let row = match old {
        Some(old) => old.row,
        None => sealed_rows::last_place(&desk.store, table).await? + 1,
    };
    let version = sealed_rows::next_version(old.map(|old| old.version));
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(|_| ActError::Io)?);
    let sealed = sealed_rows::seal(&secrets.storage, table, row, version, &plain)?;
    sealed_rows::put(
        batch,
        table,
        SealedRow {
            row,
            version,
            sealed,
        },
    );
    Ok(())
}

/// Rows that hold a draft of this lead.
pub(crate) async fn draft_rows(desk: &Desk, id: RecordId) -> Result<Vec<SealedRow>, ActError> {
    let id = id.to_string();
    let all = open_all::<Draft>(desk, Table::Draft).await?;
    Ok(all
        .into_iter()
        .filter(|(_, draft)| draft.id == id)
        .map(|(row, _)| row)
        .collect())
}

/// Adds "forget these drafts" to a transaction.
pub(crate) fn forget_drafts(batch: &mut Batch, rows: &[SealedRow]) {
    for row in rows {
        sealed_rows::delete(batch, Table::Draft, row.row);
    }
}

/// The draft of a lead.
pub(crate) async fn draft(desk: &Desk, id: RecordId) -> Result<Option<String>, ActError> {
    let id = id.to_string();
    let all = open_all::<Draft>(desk, Table::Draft).await?;
    Ok(all
        .into_iter()
        .find(|(_, draft)| draft.id == id)
        .map(|(_, draft)| draft.text))
}

/// Keeps a note that was begun.
pub(crate) async fn save_draft(
    desk: &Arc<Desk>,
    actor: &Actor,
    id: RecordId,
    draft: &str,
) -> Result<(), ActError> {
    if !actor.branches.is_empty() {
        desk.loaded().await?;
        desk.seen(actor, id).await?;
    }
    let draft = text::clean(draft, Limits::NOTE + 1);
    if draft.chars().count() > Limits::NOTE {
        return Err(ActError::TooLong);
    }
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let old = draft_rows(desk, id).await?;
    let mut batch = Batch::new();
    if draft.is_empty() {
        if old.is_empty() {
            return Ok(());
        }
        forget_drafts(&mut batch, &old);
    } else {
        let value = Draft {
            id: id.to_string(),
            text: draft.clone(),
        };
        put(desk, &mut batch, Table::Draft, old.first(), &value).await?;
    }
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await?;
    drop(writing);
    if draft.is_empty() {
        desk.truncate_log_soon();
    }
    Ok(())
}

/// The saved lists, by name.
pub(crate) async fn views(desk: &Desk) -> Result<Vec<SavedView>, ActError> {
    let all = open_all::<SavedView>(desk, Table::View).await?;
    let mut views: Vec<SavedView> = all.into_iter().map(|(_, view)| view).collect();
    views.sort_by_cached_key(|view| text::fold(&view.name));
    Ok(views)
}

/// Saves a list under its name.
pub(crate) async fn save_view(desk: &Arc<Desk>, mut view: SavedView) -> Result<(), ActError> {
    view.name = text::one_line(&view.name, VIEW_NAME);
    if view.name.is_empty() {
        return Err(ActError::BadInput);
    }
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let all = open_all::<SavedView>(desk, Table::View).await?;
    let old = all
        .iter()
        .find(|(_, kept)| kept.name == view.name)
        .map(|(row, _)| row);
    if old.is_none() && all.len() >= MOST_VIEWS {
        return Err(ActError::TooLong);
    }
    let mut batch = Batch::new();
    put(desk, &mut batch, Table::View, old, &view).await?;
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await
}

/// Forgets a saved list.
pub(crate) async fn delete_view(desk: &Arc<Desk>, name: &str) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let all = open_all::<SavedView>(desk, Table::View).await?;
    let found = all
        .iter()
        .find(|(_, kept)| kept.name == name)
        .ok_or(ActError::NotFound)?;
    let mut batch = Batch::new();
    sealed_rows::delete(&mut batch, Table::View, found.0.row);
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await?;
    drop(writing);
    desk.truncate_log_soon();
    Ok(())
}

/// Adds the profile as it is in `profile` to a transaction and writes it.
async fn write_profile(
    desk: &Desk,
    writer: &mut Writer,
    profile: local::Profile,
    mut write: OwnWrite,
) -> Result<DeskView, ActError> {
    let secrets = desk.secrets()?;
    let last = writer.profile.version;
    let version = local::put(write.batch(), &secrets.storage, &profile, last)?;
    write.commit(desk, writer).await?;
    writer.profile.version = Some(version);
    writer.profile.value = profile;
    let mut memory = desk.memory();
    memory.see_profile(&writer.profile.value);
    memory.see_roster(&writer.replica, desk.me);
    Ok(memory.desk_view(desk))
}

/// Who works here from now on.
pub(crate) async fn set_person(desk: &Arc<Desk>, name: &str) -> Result<DeskView, ActError> {
    if name.chars().count() > Limits::PERSON {
        return Err(ActError::TooLong);
    }
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut profile = writer.profile.value.clone();
    profile.person = Name::parse(name).into_string();
    let write = OwnWrite::begin(writer);
    write_profile(desk, writer, profile, write).await
}

/// Notes that the recovery kit's words were checked.
pub(crate) async fn mark_kit_checked(desk: &Arc<Desk>) -> Result<DeskView, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut profile = writer.profile.value.clone();
    profile.kit_checked = true;
    profile.kit_checked_at = Some(desk.now());
    let write = OwnWrite::begin(writer);
    write_profile(desk, writer, profile, write).await
}

/// Enrols a new recovery kit, gives it every clinic key, and revokes the kits before it.
///
/// A revocation names the last entry that counts. A kit may have enrolled a PC elsewhere: unless
/// everything that the server has is here, that PC and all it wrote would be void. So this pulls
/// first, and does nothing while a linked server can't be reached.
pub(crate) async fn renew_kit(desk: &Arc<Desk>) -> Result<PaperKit, SyncError> {
    exchange::catch_up(desk).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let now = desk.now();
    let root = RootSecret::generate(&mut rand::rng());
    let keys = root.signer().keys();
    let roster = writer.replica.roster();
    let old: Vec<_> = roster
        .iter()
        .filter(|(_, author)| author.role == Role::Paper && author.last_seq.is_none())
        .map(|(id, _)| (id, writer.replica.tip(id).map_or(0, |tip| tip.seq)))
        .collect();
    let mut write = OwnWrite::begin(writer);
    let paper = crate::life::PAPER_NAME.to_owned();
    let enrol = Member::Enrol {
        keys,
        role: Role::Paper,
        name: paper,
        branch: String::new(),
    };
    write.scribe().member(&enrol, now)?;
    for held in writer.epochs.values() {
        write.scribe().grant(&keys, &held.clinic, now)?;
    }
    for (author, last_seq) in old {
        write
            .scribe()
            .member(&Member::Revoke { author, last_seq }, now)?;
    }
    let mut profile = writer.profile.value.clone();
    profile.kit_checked = false;
    write_profile(desk, writer, profile, write).await?;
    drop(writing);
    desk.rebuild_if_due().await?;
    desk.tell(Event::Sync);
    Ok(PaperKit { root })
}

/// Keeps the first page for the next start, and when this desk was last in use.
pub(crate) async fn front(desk: &Desk, writer: &mut Writer) -> Result<(), ActError> {
    if !desk.is_loaded() {
        return Ok(());
    }
    let secrets = desk.secrets()?;
    let now = desk.now();
    let mut profile = writer.profile.value.clone();
    profile.last_used = now;
    let front = {
        let mut memory = desk.memory();
        let query = LeadQuery {
            limit: MOST_ROWS,
            ..LeadQuery::default()
        };
        let page = memory
            .directory
            .page(&query, Sight::of(&profile.person), now);
        Front {
            counter: writer.state.counter + 1,
            rows: page
                .slots
                .iter()
                .map(|slot| memory.directory.row_of(*slot))
                .collect(),
            total: page.total,
            counts: memory.directory.counts(Sight::of(&profile.person), now),
            branches: memory.all_branches(),
        }
    };
    let mut batch = Batch::new();
    let last = sealed_rows::get(&desk.store, Table::Setting, Front::PLACE).await?;
    local::put(
        &mut batch,
        &secrets.storage,
        &front,
        last.map(|row| row.version),
    )?;
    local::put(
        &mut batch,
        &secrets.storage,
        &profile,
        writer.profile.version,
    )?;
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await
}
