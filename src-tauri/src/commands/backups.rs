//! Commands of backups: where they go, making one, trying one out, coming back from one.
use super::Answer;
use crate::desk::Desk;
use crate::status::Repaired;
use tauri::State;
use vault::view::{BackupFile, BackupView};

/// How backups stand.
#[tauri::command]
#[specta::specta]
pub(crate) async fn backups(desk: State<'_, Desk>) -> Answer<BackupView> {
    desk.backups().await
}

/// Sends backups to a drive; `None` lets the person choose a folder in the desktop's own dialog.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_backup_place(
    desk: State<'_, Desk>,
    drive: Option<String>,
) -> Answer<BackupView> {
    desk.choose_backup_place(drive).await
}

/// Makes a backup now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn back_up_now(desk: State<'_, Desk>) -> Answer<BackupView> {
    desk.back_up_now().await
}

/// Tries the newest backup out now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn drill_now(desk: State<'_, Desk>) -> Answer<BackupView> {
    desk.drill_now().await
}

/// Backups that lie on a drive, newest first; for a PC that has no data.
#[tauri::command]
#[specta::specta]
pub(crate) async fn find_backups(desk: State<'_, Desk>, drive: String) -> Answer<Vec<BackupFile>> {
    desk.find_backups(&drive).await
}

/// Brings a clinic back on a bare PC from a backup and the words of the kit.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_backup(
    state: State<'_, Desk>,
    id: String,
    words: String,
    desk: String,
    branch: String,
    person: String,
) -> Answer<Repaired> {
    let words = zeroize::Zeroizing::new(words);
    state.restore(&id, &words, desk, branch, person).await
}
