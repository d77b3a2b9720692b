//! Commands of the people at the clinic: who works here, who is at this PC.
use super::Answer;
use crate::desk::Desk;
use crate::status::AppStatus;
use tauri::State;
use vault::view::{PersonForm, PersonRow, SessionView};

/// Everybody who works at the clinic; the lock screen shows those who have a PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn people(desk: State<'_, Desk>) -> Answer<Vec<PersonRow>> {
    desk.people().await
}

/// Who is at this PC, and what that person may do.
#[tauri::command]
#[specta::specta]
pub(crate) async fn session(desk: State<'_, Desk>) -> Answer<SessionView> {
    desk.session().await
}

/// Enters a person; the first one is an owner and chooses a PIN at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_person(
    desk: State<'_, Desk>,
    form: PersonForm,
    pin: String,
) -> Answer<Vec<PersonRow>> {
    let pin = zeroize::Zeroizing::new(pin);
    desk.add_person(form, &pin).await
}

/// Changes a person's name, role or branches.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_person(
    desk: State<'_, Desk>,
    id: String,
    form: PersonForm,
) -> Answer<Vec<PersonRow>> {
    desk.change_person(&id, form).await
}

/// A person works here no longer, or again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn dismiss_person(
    desk: State<'_, Desk>,
    id: String,
    gone: bool,
) -> Answer<Vec<PersonRow>> {
    desk.dismiss_person(&id, gone).await
}

/// Chooses a PIN: one's own with the old one, somebody else's as an owner.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_pin(
    desk: State<'_, Desk>,
    id: String,
    old: Option<String>,
    pin: String,
) -> Answer<Vec<PersonRow>> {
    let (old, pin) = (
        old.map(zeroize::Zeroizing::new),
        zeroize::Zeroizing::new(pin),
    );
    desk.set_pin(&id, old.as_deref().map(String::as_str), &pin)
        .await
}

/// Sits down at this PC.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_in(desk: State<'_, Desk>, id: String, pin: String) -> Answer<AppStatus> {
    let pin = zeroize::Zeroizing::new(pin);
    desk.sign_in(&id, &pin).await
}
