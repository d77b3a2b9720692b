//! Acts of a clerk: parse, ask the casebook for the change, write it, show the record.
use casebook::lead::{Change, Doing, Draft, Lead, Refused, UndoError};
use casebook::merge::{Stamp, merge_target};
use casebook::opening::Hours;
use casebook::staff::Actor;
use ledger::{Hlc, Kind, RecordId};
use std::collections::BTreeMap;
use uuid::Uuid;

use super::own::Held;
use super::{Desk, Writer, keep, record, timeline};
use crate::failure::ActError;
use crate::projection::{Proposed, Record};
use crate::store::Batch;
use crate::view::{Acted, LeadAct, NewLead, RevealPurpose, RevealedPhone};
use std::sync::Arc;

impl From<Refused> for ActError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::EmptyLead => Self::EmptyLead,
            Refused::BasisNoteMissing => Self::BasisNoteMissing,
            Refused::TooLong => Self::TooLong,
            Refused::CannotMerge => Self::CannotMerge,
            Refused::NoSuchRival => Self::NotFound,
        }
    }
}

impl From<UndoError> for ActError {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Unknown => Self::NotFound,
            UndoError::NotUndoable => Self::BadInput,
            UndoError::TooLate => Self::UndoTooLate,
            UndoError::AlreadyUndone => Self::AlreadyUndone,
        }
    }
}

/// Does something to a lead.
pub(crate) async fn act(
    desk: &Arc<Desk>,
    actor: &Actor,
    id: RecordId,
    act: LeadAct,
) -> Result<Acted, ActError> {
    desk.loaded().await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let held = desk.seen(actor, id).await?;
    let doing = actor.doing(desk.now());
    let ends_draft = matches!(act, LeadAct::Note { .. });
    let Some(change) = propose(&held.record.lead, doing, act)? else {
        drop(writing);
        return Ok(Acted {
            lead: record::view(desk, actor, held).await?,
            undo: None,
        });
    };
    let drafts = if ends_draft {
        keep::draft_rows(desk, id).await?
    } else {
        Vec::new()
    };
    let also = |batch: &mut Batch| keep::forget_drafts(batch, &drafts);
    let acted = write(desk, writer, held, change, Kind::Change, also).await?;
    drop(writing);
    if !drafts.is_empty() {
        desk.truncate_log_soon();
    }
    Ok(show(desk, actor, acted).await)
}

/// The change that an act comes to; every rule is the casebook's.
fn propose(lead: &Lead, doing: Doing<'_>, act: LeadAct) -> Result<Option<Change>, ActError> {
    Ok(match act {
        LeadAct::Call {
            outcome,
            next_call_at,
        } => Some(lead.call(doing, outcome, next_call_at, Hours::default())),
        LeadAct::Note { text } => lead.note(doing, &text)?,
        LeadAct::SetState { state } => lead.set_state(doing, state)?,
        LeadAct::SetNextCall { at } => lead.set_next_call(doing, at)?,
        LeadAct::Edit {
            name,
            phone,
            question,
        } => lead.edit(
            doing,
            name.as_deref(),
            phone.as_deref(),
            question.as_deref(),
        )?,
        LeadAct::SetBranch { branch } => lead.set_branch(doing, branch.as_deref())?,
        LeadAct::Assign { to } => lead.assign(doing, to.as_deref())?,
        LeadAct::LinkOrder { order } => lead.link_order(doing, order.as_deref())?,
        LeadAct::Clear => lead.clear(doing)?,
        LeadAct::Settle { key } => Some(lead.settle(doing, &key)?),
    })
}

/// Adds a lead by hand.
pub(crate) async fn add(desk: &Arc<Desk>, actor: &Actor, new: NewLead) -> Result<Acted, ActError> {
    desk.loaded().await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let own_branch = desk.memory().own_branch().map(str::to_owned);
    let draft = Draft {
        name: &new.name,
        phone: &new.phone,
        question: &new.question,
        source: new.source,
        basis: new.basis,
        basis_note: &new.basis_note,
        branch: new
            .branch
            .as_deref()
            .or(actor.own_branch(own_branch.as_deref())),
    };
    let change = Change::created(actor.doing(desk.now()), &draft)?;
    let id = RecordId::from_bytes(Uuid::now_v7().into_bytes());
    let held = Held {
        record: Record::new(id),
        row: None,
    };
    let (held, _) = write(desk, writer, held, change, Kind::Change, |_| ()).await?;
    drop(writing);
    Ok(Acted {
        lead: record::written(desk, actor, held).await,
        undo: None,
    })
}

/// Takes an act back.
pub(crate) async fn undo(desk: &Arc<Desk>, actor: &Actor, token: &str) -> Result<Acted, ActError> {
    desk.loaded().await?;
    let Token { id, stamp, shown } = Token::parse(token)?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let held = desk.held(id).await?;
    let act = held.record.lead.get(&stamp);
    // Also of a lead that the very act handed to another branch.
    let own = actor.id.is_some() && act.is_some_and(|act| act.staff == actor.id);
    if !own && !actor.sees(held.record.lead.facts().branch) {
        return Err(ActError::NotFound);
    }
    let change = held.record.lead.undo(actor.doing(desk.now()), stamp)?;
    let (held, hlc) = write(desk, writer, held, change, Kind::Change, |_| ()).await?;
    drop(writing);
    let undo = Some(Token::of(desk, id, hlc, shown).text());
    let shown = if shown == id {
        held
    } else {
        desk.held(shown).await.unwrap_or(held)
    };
    Ok(Acted {
        lead: record::written(desk, actor, shown).await,
        undo,
    })
}

/// Makes `other` a part of `into`.
pub(crate) async fn merge(
    desk: &Arc<Desk>,
    actor: &Actor,
    into: RecordId,
    other: RecordId,
) -> Result<Acted, ActError> {
    desk.loaded().await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let held = desk.seen(actor, other).await?;
    let target = target(desk, into).await?;
    let shown = desk.seen(actor, target).await?;
    let doing = actor.doing(desk.now());
    let change = held
        .record
        .lead
        .merge_into(doing, *other.as_bytes(), *target.as_bytes())?;
    let (_, hlc) = write(desk, writer, held, change, Kind::Change, |_| ()).await?;
    drop(writing);
    Ok(Acted {
        lead: record::written(desk, actor, shown).await,
        undo: Some(Token::of(desk, other, hlc, target).text()),
    })
}

/// Lets a merged record stand for itself again.
pub(crate) async fn unmerge(
    desk: &Arc<Desk>,
    actor: &Actor,
    id: RecordId,
) -> Result<Acted, ActError> {
    desk.loaded().await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let held = desk.seen(actor, id).await?;
    let change = held.record.lead.unmerge(actor.doing(desk.now()))?;
    let acted = write(desk, writer, held, change, Kind::Change, |_| ()).await?;
    drop(writing);
    Ok(show(desk, actor, acted).await)
}

/// Uncovers a number, after it is durable that it was.
pub(crate) async fn reveal(
    desk: &Arc<Desk>,
    actor: &Actor,
    id: RecordId,
    purpose: RevealPurpose,
) -> Result<RevealedPhone, ActError> {
    desk.loaded().await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let held = desk.seen(actor, id).await?;
    let number = revealed(&held.record.lead)?;
    let doing = actor.doing(desk.now());
    let change = Change::revealed(doing, timeline::purpose(purpose));
    write(desk, writer, held, change, Kind::Access, |_| ()).await?;
    Ok(number)
}

fn revealed(lead: &Lead) -> Result<RevealedPhone, ActError> {
    let facts = lead.facts();
    if facts.phone_raw.is_empty() {
        return Err(ActError::PhoneUnreadable);
    }
    Ok(RevealedPhone {
        display: facts
            .phone
            .first
            .map_or_else(|| facts.phone_raw.to_owned(), |number| number.display()),
        e164: facts
            .phone
            .first
            .map(|number| number.e164())
            .unwrap_or_default(),
        raw: facts.phone_raw.to_owned(),
    })
}

/// Writes one change of one record.
async fn write(
    desk: &Desk,
    writer: &mut Writer,
    held: Held,
    change: Change,
    kind: Kind,
    also: impl FnOnce(&mut Batch),
) -> Result<(Held, Hlc), ActError> {
    let proposed = vec![Proposed {
        id: held.record.id,
        kind,
        change,
    }];
    let mut written = desk
        .record_changes(writer, vec![held], proposed, also)
        .await?;
    written.pop().ok_or(ActError::Io)
}

async fn show(desk: &Desk, actor: &Actor, (held, hlc): (Held, Hlc)) -> Acted {
    let id = held.record.id;
    Acted {
        lead: record::written(desk, actor, held).await,
        undo: Some(Token::of(desk, id, hlc, id).text()),
    }
}

/// The record that `start` now lives in.
async fn target(desk: &Desk, start: RecordId) -> Result<RecordId, ActError> {
    let mut merges = BTreeMap::new();
    let mut next = Some(start);
    while let Some(id) = next {
        let held = desk.held(id).await?;
        let into = held.record.lead.facts().merged_into;
        next = into
            .map(RecordId::from_bytes)
            .filter(|into| !merges.contains_key(into));
        merges.insert(id, into);
    }
    let lookup = |id| merges.get(&RecordId::from_bytes(id)).copied().flatten();
    Ok(RecordId::from_bytes(merge_target(
        *start.as_bytes(),
        lookup,
    )))
}

/// What is needed to take an act back: the record, the entry, and whom to show afterwards.
struct Token {
    id: RecordId,
    stamp: Stamp,
    shown: RecordId,
}

impl Token {
    fn of(desk: &Desk, id: RecordId, hlc: Hlc, shown: RecordId) -> Self {
        Self {
            id,
            stamp: Stamp {
                hlc: hlc.0,
                author: *desk.me.as_bytes(),
            },
            shown,
        }
    }

    fn text(&self) -> String {
        format!("{}.{}.{}", self.id, self.stamp.key(), self.shown)
    }

    fn parse(text: &str) -> Result<Self, ActError> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(ActError::BadInput);
        let id = part()?.parse().map_err(|_| ActError::BadInput)?;
        let stamp = Stamp::parse(part()?).map_err(|_| ActError::BadInput)?;
        let shown = part()?.parse().map_err(|_| ActError::BadInput)?;
        if parts.next().is_some() {
            return Err(ActError::BadInput);
        }
        Ok(Self { id, stamp, shown })
    }
}
