//! Everything about one lead.
use casebook::lead::Rival as Disputed;
use casebook::permission::Permission;
use casebook::staff::Actor;
use ledger::{AuthorId, RecordId};

use super::keep;
use super::own::Held;
use super::row::{masked, row_for, row_of, title};
use super::timeline::{self, Titles};
use super::{Desk, Memory};
use crate::failure::ActError;
use crate::projection::Record;
use crate::view::{LeadView, Rival};

/// The view of one lead.
pub(crate) async fn lead(desk: &Desk, actor: &Actor, id: RecordId) -> Result<LeadView, ActError> {
    desk.loaded().await?;
    view(desk, actor, desk.seen(actor, id).await?).await
}

/// The view of a lead that was just read or written.
pub(crate) async fn view(desk: &Desk, actor: &Actor, held: Held) -> Result<LeadView, ActError> {
    let record = held.record;
    let (siblings, merged, named) = {
        let memory = desk.memory();
        let rows = |slots: Vec<_>| -> Vec<i64> {
            slots
                .into_iter()
                .map(|slot| memory.directory.row_of(slot))
                .collect()
        };
        let slot = memory.directory.slot(record.id);
        let named = timeline::others(&record);
        (
            slot.map_or_else(Vec::new, |slot| rows(memory.directory.siblings(slot))),
            slot.map_or_else(Vec::new, |slot| rows(memory.directory.merged(slot))),
            named
                .iter()
                .filter_map(|id| memory.row_of(*id))
                .collect::<Vec<_>>(),
        )
    };
    let siblings = desk.held_all(&siblings).await?;
    let merged = desk.held_all(&merged).await?;
    let mut places = named;
    places.sort_unstable();
    places.dedup();
    let named = desk.held_all(&places).await?;
    let titles: Titles = named
        .iter()
        .chain(&merged)
        .filter(|held| actor.sees(held.record.lead.facts().branch))
        .map(|held| (*held.record.id.as_bytes(), title(&held.record.lead)))
        .collect();
    let draft = keep::draft(desk, record.id).await?;
    let memory = desk.memory();
    let (siblings, merged) = (records(&siblings), records(&merged));
    Ok(assemble(
        &memory, actor, &record, &siblings, &merged, &titles, draft,
    ))
}

/// The view of a lead that was just written. It is durable: nothing beside it that can't be read
/// may make it look as if it were not, or a clerk would do it again.
pub(crate) async fn written(desk: &Desk, actor: &Actor, held: Held) -> LeadView {
    match view(desk, actor, held.clone()).await {
        Ok(view) => view,
        Err(error) => {
            tracing::warn!(%error, "an act is durable, but not all around it could be read");
            let memory = desk.memory();
            assemble(&memory, actor, &held.record, &[], &[], &Titles::new(), None)
        }
    }
}

fn records(held: &[Held]) -> Vec<&Record> {
    held.iter().map(|held| &held.record).collect()
}

fn assemble(
    memory: &Memory,
    actor: &Actor,
    record: &Record,
    siblings: &[&Record],
    merged: &[&Record],
    titles: &Titles,
    draft: Option<String>,
) -> LeadView {
    let facts = record.lead.facts();
    let rows = |of: &[&Record]| {
        of.iter()
            .map(|record| row_for(memory, actor, record))
            .collect()
    };
    LeadView {
        row: row_of(memory, record, &facts),
        question: facts.question.to_owned(),
        basis: facts.basis,
        basis_note: facts.basis_note.to_owned(),
        promo: facts.promo,
        notice_version: facts.notice_version.map(str::to_owned),
        page: facts.page.map(str::to_owned),
        permission: Permission::of(&facts),
        timeline: timeline::timeline(memory, record, merged, titles),
        siblings: rows(siblings),
        merged: rows(merged),
        name_rivals: rivals(memory, &facts.name_rivals, str::to_owned),
        phone_rivals: rivals(memory, &facts.phone_rivals, masked),
        order: facts.order.map(str::to_owned),
        draft,
    }
}

fn rivals(memory: &Memory, rivals: &[Disputed<'_>], show: impl Fn(&str) -> String) -> Vec<Rival> {
    let by = |rival: &Disputed<'_>| {
        let desk = memory.name(AuthorId::from_bytes(rival.stamp.author));
        let parts = [rival.by, desk.as_str()];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    rivals
        .iter()
        .map(|rival| Rival {
            value: show(rival.value),
            by: by(rival),
            at: rival.at_ms,
            key: rival.key.clone(),
        })
        .collect()
}
