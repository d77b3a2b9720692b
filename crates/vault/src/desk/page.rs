//! Lists: pages of leads, the sentence on top, and what a typed number tells.
use casebook::staff::Actor;
use casebook::{day, phone};
use ledger::RecordId;
use seal::Table;

use super::Desk;
use super::own::Held;
use crate::directory::{Page, Sight};
use crate::failure::ActError;
use crate::store::sealed_rows;
use crate::view::{Chip, LeadPage, LeadQuery, LeadSort, PhoneCheck, Today};

/// Rows that one page may hold.
pub(crate) const MOST_ROWS: u32 = 200;

/// What this person sees of the lists.
fn sight(actor: &Actor) -> Sight<'_> {
    Sight {
        me: &actor.name,
        branches: &actor.branches,
    }
}

/// One page of a list or of a search.
pub(crate) async fn leads(
    desk: &Desk,
    actor: &Actor,
    mut query: LeadQuery,
) -> Result<LeadPage, ActError> {
    desk.secrets()?;
    query.limit = query.limit.min(MOST_ROWS);
    if !desk.is_loaded() {
        if let Some(page) = before_loading_ends(desk, &query).await? {
            return Ok(page);
        }
        desk.loaded().await?;
    }
    let now = desk.now();
    let (page, rows, mut shown) = {
        let mut memory = desk.memory();
        let page = memory.directory.page(&query, sight(actor), now);
        let rows: Vec<i64> = page
            .slots
            .iter()
            .map(|slot| memory.directory.row_of(*slot))
            .collect();
        let shown = LeadPage {
            rows: Vec::new(),
            total: page.total,
            more: page.more,
            counts: memory.directory.counts(sight(actor), now),
            branches: if actor.branches.is_empty() {
                memory.all_branches()
            } else {
                actor.branches.clone()
            },
            unknown_number: None,
            searchable: true,
        };
        (page, rows, shown)
    };
    shown.rows = desk.rows_of(&desk.held_all(&rows).await?);
    shown.unknown_number = unknown_number(desk, &query, &page);
    Ok(shown)
}

/// The number in the search words, if nobody here has it.
fn unknown_number(desk: &Desk, query: &LeadQuery, page: &Page) -> Option<String> {
    if page.total > 0 || query.text.trim().is_empty() {
        return None;
    }
    let number = phone::parse(&query.text, None).first?;
    desk.memory()
        .directory
        .same_number(&number.e164())
        .is_empty()
        .then(|| number.display())
}

/// The plain list can be shown before everything is in memory: as it was kept when the vault was
/// last closed, or else the newest rows.
async fn before_loading_ends(desk: &Desk, query: &LeadQuery) -> Result<Option<LeadPage>, ActError> {
    let plain = query.text.trim().is_empty()
        && query.chip == Chip::All
        && query.states.is_empty()
        && query.branch.is_none()
        && query.source.is_none()
        && query.offset == 0;
    // Of people with names each has a list of their own: it comes with the rest.
    let named = !desk.memory().staff_known || desk.memory().staff.in_use();
    if !plain || named || desk.is_rebuilding() {
        return Ok(None);
    }
    let limit = query.limit as usize;
    let front = desk.memory().front.clone();
    let enough = |rows: usize, total: u32| rows >= limit.min(total as usize);
    let (held, total, counts) = match front {
        Some(front) if query.sort == LeadSort::Work && enough(front.rows.len(), front.total) => {
            let rows = &front.rows[..front.rows.len().min(limit)];
            (desk.held_all(rows).await?, front.total, front.counts)
        }
        _ if matches!(query.sort, LeadSort::Work | LeadSort::Newest) => {
            let held = newest(desk, i64::from(query.limit)).await?;
            let shown = u32::try_from(held.len()).unwrap_or(u32::MAX);
            (held, shown, crate::view::ChipCounts::default())
        }
        _ => return Ok(None),
    };
    Ok(Some(LeadPage {
        rows: desk.rows_of(&held),
        total,
        more: false,
        counts,
        branches: desk.memory().all_branches(),
        unknown_number: None,
        searchable: false,
    }))
}

/// The rows written last, without what lists leave out.
async fn newest(desk: &Desk, limit: i64) -> Result<Vec<Held>, ActError> {
    let rows = sealed_rows::newest(&desk.store, Table::Lead, i64::MAX, limit).await?;
    let mut held = desk.open_all(&rows)?;
    held.retain(|held| {
        let facts = held.record.lead.facts();
        facts.origin.is_some() && !facts.suspect && facts.merged_into.is_none()
    });
    Ok(held)
}

/// What typing a number tells.
pub(crate) async fn check_phone(
    desk: &Desk,
    actor: &Actor,
    text: &str,
    except: Option<RecordId>,
) -> Result<PhoneCheck, ActError> {
    desk.loaded().await?;
    let reading = phone::parse(text, None);
    let rows: Vec<i64> = {
        let memory = desk.memory();
        let numbers = reading.first.iter().chain(&reading.second);
        let mut slots: Vec<_> = numbers
            .flat_map(|number| memory.directory.same_number(&number.e164()))
            .filter(|slot| Some(memory.directory.id_of(*slot)) != except)
            .collect();
        slots.truncate(MOST_ROWS as usize);
        let mut rows: Vec<i64> = slots
            .into_iter()
            .map(|slot| memory.directory.row_of(slot))
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        rows.retain(|row| seen.insert(*row));
        rows
    };
    Ok(PhoneCheck {
        display: reading
            .first
            .map(|number| number.display())
            .unwrap_or_default(),
        kind: reading.kind,
        warnings: reading.warnings,
        second: reading.second.map(|number| number.display()),
        known: desk.known_to(actor, &desk.held_all(&rows).await?),
    })
}

/// The sentence on top of the list.
pub(crate) async fn today(desk: &Desk, actor: &Actor) -> Result<Today, ActError> {
    desk.loaded().await?;
    let now = desk.now();
    let memory = desk.memory();
    let a_day_ago = now.saturating_sub(day::DAY_MS);
    let since = match memory.profile.last_used {
        0 => a_day_ago,
        last_used => last_used.min(a_day_ago),
    };
    Ok(memory.directory.today(sight(actor), since, now))
}
