//! Making an intake server the clinic's.
use std::sync::Arc;

use ledger::bundle::Writer;
use ledger::statement::IntakeKeyStatement;
use ledger::{Member, Role};

use super::outbox::acknowledged_by_claim;
use super::{alarm, wall, write_link};
use crate::desk::{Desk, OwnWrite};
use crate::failure::{ActError, SyncError};
use crate::remote::{Caller, Claim, ClinicInfo, Remote};
use crate::store::ledger_rows;
use crate::view::{AlarmKind, DeskView, SyncState};

/// The notice that the form shows when the server brings none.
const NOTICE_VERSION: &str = "2026-11";
/// What a visitor is told before sending anything: data and purposes, controller, rights and duties
/// (Law 91/2025/QH15 Art. 9.2), that it may be sensitive (Decree 356/2025 Art. 6.4), who sees it and how
/// long it is kept (Law 19/2023/QH15 Art. 17). The owner replaces it with the clinic's own wording.
const NOTICE_TEXT: &str = include_str!("../../notice/2026-11.vi.txt");

/// Version and text to publish: the server's own if it has one, else ours in the clinic's name.
fn notice(info: &ClinicInfo, clinic: &str) -> (String, String) {
    if info.notice_text.trim().is_empty() {
        let text = NOTICE_TEXT.replace("{clinic}", clinic);
        (NOTICE_VERSION.to_owned(), text)
    } else {
        (info.notice_version.clone(), info.notice_text.clone())
    }
}

/// Claims the server at `url` with the one-time code from its console. Claiming again is harmless.
pub(crate) async fn claim(desk: &Arc<Desk>, url: &str, code: &str) -> Result<DeskView, SyncError> {
    desk.loaded().await?;
    let _one = desk.exchange.lock().await;
    let remote = Remote::new(url, wall(desk))?;
    let info = remote.clinic().await?;
    if info.claimed && info.clinic != Some(desk.clinic) {
        return Err(SyncError::AlreadyClaimed);
    }
    enrol(desk, url, &info).await?;
    let (bundle, statement, name) = introduction(desk).await?;
    let secrets = desk.secrets()?;
    let caller = Caller {
        clinic: desk.clinic,
        signer: &secrets.signer,
    };
    let (notice_version, notice_text) = notice(&info, &name);
    let asked = Claim {
        code,
        bundle: &bundle,
        statement: &statement,
        name: &name,
        notice_version: &notice_version,
        notice_text: &notice_text,
    };
    let claimed = remote.claim(&caller, &asked).await?;
    if claimed.server != info.server {
        return Err(SyncError::WrongClinic);
    }
    let form = remote.live_form().await.unwrap_or(info.form);
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let mut link = writer.link.value.clone();
    link.url = Some(url.trim().to_owned());
    link.form = Some(alarm::pinned(form));
    for over in [
        AlarmKind::WrongClinic,
        AlarmKind::FormChanged,
        AlarmKind::Rollback,
    ] {
        link.settle("", over);
    }
    acknowledged_by_claim(&mut link, writer, &claimed.have, desk.now());
    write_link(desk, writer, link).await?;
    drop(writing);
    {
        let mut status = desk.status();
        status.remote = Some(remote);
        status.server = Some(info.server.id());
        status.cursor = 0;
        status.have_is_fresh = true;
    }
    super::status::set(desk, SyncState::Connecting);
    Ok(desk.memory().desk_view(desk))
}

/// Gives the server the intake key of the newest clinic key: whoever was cut off can't open what the
/// website seals from then on. Tried again at every exchange until the server has it.
pub(super) async fn publish(
    desk: &Arc<Desk>,
    remote: &Remote,
    info: &ClinicInfo,
) -> Result<(), SyncError> {
    let secrets = desk.secrets()?;
    let (statement, name) = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        let (_, keys) = writer.epoch()?;
        let key = keys.intake.public();
        let statement = IntakeKeyStatement::sign(&secrets.signer, desk.clinic, &key);
        let name = writer.replica.roster().clinic_name().unwrap_or_default();
        (statement, name.to_owned())
    };
    let (notice_version, notice_text) = notice(info, &name);
    let caller = Caller {
        clinic: desk.clinic,
        signer: &secrets.signer,
    };
    let asked = Claim {
        // Of whoever is enrolled the server asks no code, and it has the ledgers already.
        code: "",
        bundle: &Writer::new().finish(),
        statement: &statement.encode(),
        name: info.name.as_deref().unwrap_or(&name),
        notice_version: &notice_version,
        notice_text: &notice_text,
    };
    remote.claim(&caller, &asked).await?;
    Ok(())
}

/// Enrols the server under its address. This must be durable before the server hears of it: an
/// entry that only the server knew would leave two different ones at the same number.
async fn enrol(desk: &Desk, url: &str, info: &ClinicInfo) -> Result<(), ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let roster = writer.replica.roster();
    if roster.role(info.server.id()) == Some(Role::Server) {
        return Ok(());
    }
    let name = url.trim().to_owned();
    let (keys, role) = (info.server, Role::Server);
    let mut write = OwnWrite::begin(writer);
    write.scribe().member(
        &Member::Enrol {
            keys,
            role,
            name,
            branch: String::new(),
        },
        desk.now(),
    )?;
    write.commit(desk, writer).await?;
    desk.memory().see_roster(&writer.replica, desk.me);
    Ok(())
}

/// Our ledger so far, the signed intake key, and the clinic's name.
async fn introduction(desk: &Desk) -> Result<(Vec<u8>, Vec<u8>, String), ActError> {
    let secrets = desk.secrets()?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let (_, keys) = writer.epoch()?;
    let statement = IntakeKeyStatement::sign(&secrets.signer, desk.clinic, &keys.intake.public());
    let name = writer
        .replica
        .roster()
        .clinic_name()
        .unwrap_or_default()
        .to_owned();
    let members = ledger_rows::memberships(&desk.store).await?;
    let reach = members
        .iter()
        .filter(|entry| entry.header.author == desk.me);
    let reach = reach.map(|entry| entry.header.seq).max().unwrap_or(0);
    let bundle = super::outbox::members_bundle(desk, writer, reach).await?;
    Ok((bundle, statement.encode().to_vec(), name))
}
