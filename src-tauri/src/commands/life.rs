//! Commands of the desk's life: start, found, recover, lock, claim.
use super::Answer;
use crate::desk::Desk;
use crate::status::{AppStatus, FoundingForm, Kit, Repaired};
use tauri::State;
use vault::view::DeskView;

/// Where the application stands.
#[tauri::command]
#[specta::specta]
pub(crate) fn status(desk: State<'_, Desk>) -> AppStatus {
    desk.status()
}

/// Tries again to reach the keychain and the data; for the screens that tell of trouble.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_start(desk: State<'_, Desk>) -> Answer<AppStatus> {
    Ok(desk.start().await)
}

/// Brings back damaged data: copies them aside, then takes over all that proves itself.
#[tauri::command]
#[specta::specta]
pub(crate) async fn repair_data(desk: State<'_, Desk>) -> Answer<Repaired> {
    desk.repair().await
}

/// Founds a clinic on this PC and gives the recovery kit, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn found_clinic(desk: State<'_, Desk>, form: FoundingForm) -> Answer<Kit> {
    desk.found(form).await
}

/// Makes a new recovery kit in place of one that was never checked; the old words stop working.
#[tauri::command]
#[specta::specta]
pub(crate) async fn renew_kit(desk: State<'_, Desk>) -> Answer<Kit> {
    desk.renew_kit().await
}

/// Compares the words typed back with the kit, in the order asked for.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_kit(desk: State<'_, Desk>, answers: Vec<String>) -> Answer<DeskView> {
    desk.check_kit(&answers).await
}

/// Makes the clinic's server ours with the one-time code of its console.
#[tauri::command]
#[specta::specta]
pub(crate) async fn claim_server(
    desk: State<'_, Desk>,
    url: String,
    code: String,
) -> Answer<DeskView> {
    desk.claim(&url, &code).await
}

/// Opens the data of this PC by the words of the recovery kit, and makes it a new desk.
#[tauri::command]
#[specta::specta]
pub(crate) async fn recover_with_words(
    state: State<'_, Desk>,
    words: String,
    desk: String,
    branch: String,
    person: String,
) -> Answer<Repaired> {
    let words = zeroize::Zeroizing::new(words);
    state.recover(&words, desk, branch, person).await
}

/// Signs out where people sign in; elsewhere closes the data and forgets the keys.
#[tauri::command]
#[specta::specta]
pub(crate) async fn lock(desk: State<'_, Desk>) -> Answer<AppStatus> {
    desk.lock().await
}

/// Opens the data again with the key of the keychain.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock(desk: State<'_, Desk>) -> Answer<AppStatus> {
    Ok(desk.start().await)
}

/// Who this PC is.
#[tauri::command]
#[specta::specta]
pub(crate) async fn desk(desk: State<'_, Desk>) -> Answer<DeskView> {
    desk.view().await
}

/// Names the person at the desk.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_person(desk: State<'_, Desk>, name: String) -> Answer<DeskView> {
    desk.set_person(&name).await
}
