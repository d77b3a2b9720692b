//! Commands of the shell itself: settings, exchange, signs of life, leaving.
use super::Answer;
use crate::desk::Desk;
use crate::status::Settings;
use tauri::State;
use vault::view::SyncView;

/// How the exchange with the server stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_status(desk: State<'_, Desk>) -> Answer<SyncView> {
    desk.sync_view().await
}

/// Exchanges now instead of at the next turn; the result comes as an event.
#[tauri::command]
#[specta::specta]
pub(crate) fn sync_now(desk: State<'_, Desk>) {
    desk.wake_worker();
}

/// What a person chose for this PC.
#[tauri::command]
#[specta::specta]
pub(crate) fn settings(desk: State<'_, Desk>) -> Settings {
    desk.settings()
}

/// Keeps other choices and acts on them.
#[tauri::command]
#[specta::specta]
pub(crate) fn set_settings(desk: State<'_, Desk>, settings: Settings) -> Answer<Settings> {
    desk.set_settings(settings)
}

/// A hand is on keyboard or mouse: the lock's clock starts anew. At most every 15 seconds, please.
#[tauri::command]
#[specta::specta]
pub(crate) fn user_active(desk: State<'_, Desk>) {
    desk.user_active();
}

/// Ends the application. With entries that nobody else has it refuses and says how many, unless
/// `anyway`; they stay on this PC and go out next time.
#[tauri::command]
#[specta::specta]
pub(crate) async fn quit(desk: State<'_, Desk>, anyway: bool) -> Answer<()> {
    desk.leave(anyway).await
}
