//! Commands of the leads pane.
use super::Answer;
use crate::desk::Desk;
use tauri::State;
use vault::view::{
    Acted, LeadAct, LeadPage, LeadQuery, LeadView, NewLead, PhoneCheck, RevealPurpose,
    RevealedPhone, SavedView, Today, UndoToken,
};

/// One page of the table, with the sizes of the lists.
#[tauri::command]
#[specta::specta]
pub(crate) async fn leads(desk: State<'_, Desk>, query: LeadQuery) -> Answer<LeadPage> {
    Ok(desk.vault()?.leads(query).await?)
}

/// Everything about one lead.
#[tauri::command]
#[specta::specta]
pub(crate) async fn lead(desk: State<'_, Desk>, id: String) -> Answer<LeadView> {
    Ok(desk.vault()?.lead(&id).await?)
}

/// Records what a clerk did.
#[tauri::command]
#[specta::specta]
pub(crate) async fn act(desk: State<'_, Desk>, id: String, act: LeadAct) -> Answer<Acted> {
    desk.recorded(desk.vault()?.act(&id, act).await)
}

/// Enters a lead by hand.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_lead(desk: State<'_, Desk>, lead: NewLead) -> Answer<Acted> {
    desk.recorded(desk.vault()?.add(lead).await)
}

/// Takes an act back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo(desk: State<'_, Desk>, token: UndoToken) -> Answer<Acted> {
    desk.recorded(desk.vault()?.undo(&token).await)
}

/// Puts one inquiry into another of the same person.
#[tauri::command]
#[specta::specta]
pub(crate) async fn merge_leads(
    desk: State<'_, Desk>,
    into: String,
    other: String,
) -> Answer<Acted> {
    desk.recorded(desk.vault()?.merge(&into, &other).await)
}

/// Takes an inquiry out again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unmerge_lead(desk: State<'_, Desk>, id: String) -> Answer<Acted> {
    desk.recorded(desk.vault()?.unmerge(&id).await)
}

/// Uncovers a number, records why, and does what it was uncovered for: dial, copy, open Zalo.
#[tauri::command]
#[specta::specta]
pub(crate) async fn use_phone(
    desk: State<'_, Desk>,
    id: String,
    purpose: RevealPurpose,
) -> Answer<RevealedPhone> {
    let phone = desk.recorded(desk.vault()?.reveal(&id, purpose).await)?;
    desk.put_to_use(&phone, purpose)?;
    Ok(phone)
}

/// Says what a typed number is and who has it, before anything is saved.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_phone(
    desk: State<'_, Desk>,
    text: String,
    except: Option<String>,
) -> Answer<PhoneCheck> {
    Ok(desk.vault()?.check_phone(&text, except.as_deref()).await?)
}

/// Keeps a note that is being typed, on this PC only.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_draft(desk: State<'_, Desk>, id: String, text: String) -> Answer<()> {
    Ok(desk.vault()?.save_draft(&id, &text).await?)
}

/// The one sentence on top of the list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn today(desk: State<'_, Desk>) -> Answer<Today> {
    Ok(desk.vault()?.today().await?)
}

/// Lists that someone gave a name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn saved_views(desk: State<'_, Desk>) -> Answer<Vec<SavedView>> {
    Ok(desk.vault()?.views().await?)
}

/// Gives a list a name, or changes what the name stands for.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_view(desk: State<'_, Desk>, view: SavedView) -> Answer<()> {
    Ok(desk.vault()?.save_view(view).await?)
}

/// Forgets a named list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_view(desk: State<'_, Desk>, name: String) -> Answer<()> {
    Ok(desk.vault()?.delete_view(&name).await?)
}
