//! Commands for days without the server: memory sticks, and leaving with entries that were not sent.
use super::Answer;
use crate::desk::Desk;
use crate::status::Drive;
use tauri::State;
use vault::view::StickReport;

/// Memory sticks and other drives that files can be carried on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn drives(desk: State<'_, Desk>) -> Answer<Vec<Drive>> {
    desk.drives().await
}

/// Writes a sealed bundle of everything to a drive; progress comes as events.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_bundle(desk: State<'_, Desk>, drive: String) -> Answer<StickReport> {
    desk.export_bundle(&drive).await
}

/// Takes in the bundles that lie on a drive; progress comes as events.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_bundle(desk: State<'_, Desk>, drive: String) -> Answer<StickReport> {
    desk.import_bundle(&drive).await
}

/// Ends the carrying that is going on; what was taken in stays.
#[tauri::command]
#[specta::specta]
pub(crate) fn cancel_bundle(desk: State<'_, Desk>) {
    desk.cancel_bundle();
}
