//! The clinic's PCs: who they are, cutting one off, calling one otherwise, the drill of the kit.
use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{
    AuthorId, Hlc, Member, Role, Witness,
    roster::{Author, Roster},
};
use seal::RootSecret;

use super::invite::names;
use super::{Desk, OwnWrite, Vault, Writer, keep};
use crate::event::Event;
use crate::exchange::{self, upkeep, witness};
use crate::failure::{ActError, MemberError};
use crate::view::{CutOff, DeskRole, DeskRow, DesksView};

/// A kit is to be compared with its paper this often, in milliseconds.
const DRILL: i64 = 365 * 86_400_000;

/// Every PC, those that were cut off last.
async fn view(desk: &Desk) -> Result<DesksView, ActError> {
    let witnesses = witness::newest(desk).await?;
    let unsent = witness::unsent(desk).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let roster = writer.replica.roster();
    let is_desk = |author: &Author| matches!(author.role, Role::Desk | Role::Owner);
    let mut desks: Vec<DeskRow> = roster
        .iter()
        .filter(|(_, author)| is_desk(author))
        .map(|(id, author)| row(desk, writer, id, author, &witnesses, unsent))
        .collect();
    desks.sort_by_cached_key(|row| {
        let cut_off = row.revoked_at.is_some();
        (cut_off, !row.me, casebook::text::fold(&row.name))
    });
    let profile = &writer.profile.value;
    let may_manage = upkeep::is_owner(&writer.replica, desk.me);
    let checked = profile.kit_checked_at;
    let stale = checked.is_none_or(|at| desk.now().saturating_sub(at) >= DRILL);
    Ok(DesksView {
        desks,
        may_manage,
        kit_checked_at: checked,
        // Nobody is asked for a kit who never was to have one.
        kit_drill_due: may_manage && stale,
    })
}

fn row(
    desk: &Desk,
    writer: &Writer,
    id: AuthorId,
    author: &Author,
    witnesses: &BTreeMap<AuthorId, (u64, Witness)>,
    own_unsent: u64,
) -> DeskRow {
    let me = id == desk.me;
    let now = desk.now();
    // A stamp may be ahead of any clock, but nothing was written later than now.
    let when = |hlc: Hlc| hlc.ms().min(now);
    let (began, ended) = writer.replica.roster().lifetime(id).unwrap_or_default();
    let told = witnesses.get(&id).map(|(_, witness)| witness);
    let wrote = writer.replica.tip(id).map(|tip| when(tip.hlc));
    let told_at = told.map(|told| i64::try_from(told.at_ms).unwrap_or(now).min(now));
    let unsent = if me {
        Some(own_unsent)
    } else {
        told.map(|told| told.unsent)
    };
    let own_version = me.then(|| witness::VERSION.to_owned());
    DeskRow {
        id: id.to_string(),
        name: author.name.clone(),
        branch: author.branch.clone(),
        role: if author.role == Role::Owner {
            DeskRole::Owner
        } else {
            DeskRole::Desk
        },
        me,
        joined_at: when(began),
        revoked_at: author.last_seq.map(|_| ended.map_or(now, when)),
        last_seen: if me { Some(now) } else { wrote.max(told_at) },
        unsent: unsent.map(|unsent| u32::try_from(unsent).unwrap_or(u32::MAX)),
        version: own_version.or_else(|| told.map(|told| told.version.clone())),
        near: !me && desk.status().nearby.contains_key(&id),
    }
}

fn cut_off(roster: &Roster, me: AuthorId, now: i64) -> CutOff {
    let Some((by, hlc)) = roster.cut_off_by(me) else {
        return CutOff { at: now, by: None };
    };
    let by = roster
        .author(by)
        .filter(|author| author.role == Role::Owner);
    CutOff {
        at: hlc.ms().min(now),
        by: by.map(|author| author.name.clone()),
    }
}

/// Cuts a PC off: its entries end where we have seen them end, and it gets no later clinic key.
async fn revoke(desk: &Arc<Desk>, id: &str, anyway: bool) -> Result<DesksView, MemberError> {
    let author: AuthorId = id.parse().map_err(|_| ActError::NotFound)?;
    if author == desk.me {
        return Err(MemberError::Oneself);
    }
    // What it wrote and we have not seen would be void, and whoever it let in.
    if exchange::catch_up(desk).await.is_err() && !anyway {
        return Err(MemberError::Unseen);
    }
    let granted = upkeep::granted(desk).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if !upkeep::is_owner(&writer.replica, desk.me) {
        return Err(MemberError::NotOwner);
    }
    find(writer, author)?;
    let last_seq = writer.replica.tip(author).map_or(0, |tip| tip.seq);
    let mut write = OwnWrite::begin(writer);
    let cut = Member::Revoke { author, last_seq };
    write.scribe().member(&cut, desk.now())?;
    let key = upkeep::put_new_epoch(desk, writer, &granted, &mut write)?;
    write.commit(desk, writer).await?;
    upkeep::adopt_epoch(desk, writer, key);
    desk.memory().see_roster(&writer.replica, desk.me);
    drop(writing);
    desk.rebuild_if_due().await?;
    desk.tell(Event::Desks);
    desk.tell(Event::Sync);
    Ok(view(desk).await?)
}

/// A PC that belongs to the clinic.
fn find(writer: &Writer, author: AuthorId) -> Result<(), ActError> {
    let known = writer.replica.roster().author(author);
    known
        .filter(|known| matches!(known.role, Role::Desk | Role::Owner))
        .filter(|known| known.last_seq.is_none())
        .map(drop)
        .ok_or(ActError::NotFound)
}

/// Calls a PC otherwise, or moves it to another branch.
async fn rename(
    desk: &Arc<Desk>,
    id: &str,
    name: &str,
    branch: &str,
) -> Result<DesksView, MemberError> {
    let author: AuthorId = id.parse().map_err(|_| ActError::NotFound)?;
    let (name, branch) = names(name, branch)?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if !upkeep::is_owner(&writer.replica, desk.me) {
        return Err(MemberError::NotOwner);
    }
    find(writer, author)?;
    let mut write = OwnWrite::begin(writer);
    let renamed = Member::Rename {
        author,
        name,
        branch,
    };
    write.scribe().member(&renamed, desk.now())?;
    write.commit(desk, writer).await?;
    desk.memory().see_roster(&writer.replica, desk.me);
    drop(writing);
    desk.tell(Event::Desks);
    desk.tell(Event::Sync);
    Ok(view(desk).await?)
}

/// The drill: are these the words of a kit that counts?
async fn check_kit(desk: &Arc<Desk>, kit: AuthorId) -> Result<DesksView, MemberError> {
    {
        let mut writing = desk.writing().await;
        let roster = writing.get()?.replica.roster();
        if roster.role(kit) != Some(Role::Paper) || !roster.is_active(kit) {
            return Err(MemberError::WrongWords);
        }
    }
    keep::mark_kit_checked(desk).await?;
    desk.tell(Event::Desks);
    Ok(view(desk).await?)
}

impl Vault {
    /// Every PC of the clinic.
    pub async fn desks(&self) -> Result<DesksView, ActError> {
        view(&self.desk).await
    }

    /// Cuts a PC off and makes a new clinic key for the others, in one transaction. Asks the server
    /// first what that PC wrote last; without an answer only `anyway`. What it holds already it keeps.
    pub async fn revoke(&self, id: &str, anyway: bool) -> Result<DesksView, MemberError> {
        let id = id.to_owned();
        self.run(move |desk| async move { revoke(&desk, &id, anyway).await })
            .await
    }

    /// Calls a PC otherwise, or moves it to another branch.
    pub async fn rename(
        &self,
        id: &str,
        name: &str,
        branch: &str,
    ) -> Result<DesksView, MemberError> {
        let (id, name, branch) = (id.to_owned(), name.to_owned(), branch.to_owned());
        self.run(move |desk| async move { rename(&desk, &id, &name, &branch).await })
            .await
    }

    /// The yearly drill: whether this is the secret of a kit that counts; notes the date.
    pub async fn check_kit_words(&self, words: &RootSecret) -> Result<DesksView, MemberError> {
        let kit = words.signer().id();
        self.run(move |desk| async move { check_kit(&desk, kit).await })
            .await
    }

    /// Since when and by whom this PC is cut off, if an owner or a kit did it by a signed entry that
    /// is here: then its data are to be deleted with [`Vault::wipe`]. A server's mere word never
    /// makes this `Some`.
    pub async fn cut_off(&self) -> Result<Option<CutOff>, ActError> {
        if !self.desk.is_cut_off().await? {
            return Ok(None);
        }
        let mut writing = self.desk.writing().await;
        Ok(Some(cut_off(
            writing.get()?.replica.roster(),
            self.desk.me,
            self.desk.now(),
        )))
    }

    /// Closes the vault and deletes its files, contents first. Every later call of any clone
    /// answers [`ActError::Closed`].
    pub async fn wipe(&self) -> Result<(), ActError> {
        self.run(|desk| async move { desk.wipe().await }).await
    }
}
