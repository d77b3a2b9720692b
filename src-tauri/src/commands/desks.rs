//! Commands of the clinic's PCs: join, let in, cut off, rename, recover without any other PC.
use super::Answer;
use crate::desk::Desk;
use crate::status::{Invited, Repaired};
use tauri::State;
use vault::view::{DeskRole, DesksView, Inviting, JoinForm, Joining};

/// Every PC of the clinic.
#[tauri::command]
#[specta::specta]
pub(crate) async fn desks(desk: State<'_, Desk>) -> Answer<DesksView> {
    desk.desks().await
}

/// Opens the waiting room for one PC and gives the one-time code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn invite_desk(desk: State<'_, Desk>, role: DeskRole) -> Answer<Invited> {
    desk.invite(role).await
}

/// How the invitation stands; changes come as events.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inviting(desk: State<'_, Desk>) -> Answer<Inviting> {
    desk.inviting().await
}

/// Says whether the digits on both screens are the same; lets the PC in if so.
#[tauri::command]
#[specta::specta]
pub(crate) async fn confirm_desk(desk: State<'_, Desk>, same: bool) -> Answer<Inviting> {
    desk.confirm_desk(same).await
}

/// Closes the waiting room.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_invitation(desk: State<'_, Desk>) -> Answer<Inviting> {
    desk.cancel_invitation().await
}

/// Writes the invitation to a memory stick; gives the file's name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_invitation(desk: State<'_, Desk>, drive: String) -> Answer<String> {
    desk.save_invitation(&drive).await
}

/// Cuts a PC off. `anyway` also without having heard from the server what that PC wrote last.
#[tauri::command]
#[specta::specta]
pub(crate) async fn revoke_desk(
    desk: State<'_, Desk>,
    id: String,
    anyway: bool,
) -> Answer<DesksView> {
    desk.revoke(&id, anyway).await
}

/// Calls a PC otherwise, or moves it to another branch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rename_desk(
    desk: State<'_, Desk>,
    id: String,
    name: String,
    branch: String,
) -> Answer<DesksView> {
    desk.rename(&id, &name, &branch).await
}

/// Knocks at the waiting room with a one-time code; how it goes comes as events.
#[tauri::command]
#[specta::specta]
pub(crate) async fn join_clinic(desk: State<'_, Desk>, form: JoinForm) -> Answer<Joining> {
    desk.join(form).await
}

/// How joining stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn joining(desk: State<'_, Desk>) -> Answer<Joining> {
    Ok(desk.joining())
}

/// Gives joining up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_joining(desk: State<'_, Desk>) -> Answer<Joining> {
    desk.cancel_joining().await
}

/// Reads an invitation from a memory stick: the line that the file holds.
#[tauri::command]
#[specta::specta]
pub(crate) async fn read_invitation(desk: State<'_, Desk>, drive: String) -> Answer<String> {
    desk.read_invitation(&drive).await
}

/// Brings a clinic back on a bare PC: the words of the kit, and everything that the server holds.
#[tauri::command]
#[specta::specta]
pub(crate) async fn recover_from_server(
    state: State<'_, Desk>,
    words: String,
    server: String,
    desk: String,
    branch: String,
    person: String,
) -> Answer<Repaired> {
    let words = zeroize::Zeroizing::new(words);
    state
        .recover_from_server(&words, &server, desk, branch, person)
        .await
}

/// The yearly drill: all 24 words as the paper has them; fails if they are not this clinic's kit.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_kit_words(desk: State<'_, Desk>, words: String) -> Answer<DesksView> {
    let words = zeroize::Zeroizing::new(words);
    desk.check_kit_words(&words).await
}
