//! The window and the desktop around it: the desk's outside in earnest.
use crate::desk::Desk;
use crate::failure::{Code, Failure};
use crate::outside::{News, Outside, Soon};
use crate::status::{
    BackupsChanged, BundleProgress, DesksChanged, FocusSearch, InvitingChanged, JoiningChanged,
    LeadsChanged, LeaveAsked, NewLeadArrived, PeopleChanged, PhaseChanged, Settings, SyncChanged,
    Theme,
};
use crate::tray::Tray;
use crate::words::Words;
use std::path::Path;
use tauri::utils::config::Color;
use tauri::{AppHandle, Manager, Runtime, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_autostart::ManagerExt as _;
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use tauri_plugin_notification::NotificationExt as _;
use tauri_plugin_opener::OpenerExt as _;
use tauri_plugin_sql::{DbInstances, DbPool};
use tauri_specta::Event as _;

/// Label of the one window.
pub(crate) const MAIN: &str = "main";
/// Name under which the plugin holds the lent database.
const LENT: &str = "sqlite:letan.db";
/// The desktop's sound for a message.
#[cfg(target_os = "linux")]
const SOUND: &str = "message-new-instant";
#[cfg(not(target_os = "linux"))]
const SOUND: &str = "Default";

/// The desktop, reached through Tauri.
pub(crate) struct Desktop<R: Runtime>(pub(crate) AppHandle<R>);

impl<R: Runtime> Outside for Desktop<R> {
    fn tell(&self, news: News) {
        let told = match news {
            News::Phase(status) => PhaseChanged(status).emit_to(&self.0, MAIN),
            News::Sync(view) => SyncChanged(view).emit_to(&self.0, MAIN),
            News::Leads(changed) => LeadsChanged::emit_to(&changed, &self.0, MAIN),
            News::Arrived(count) => NewLeadArrived { count }.emit_to(&self.0, MAIN),
            News::Inviting(now) => InvitingChanged(now).emit_to(&self.0, MAIN),
            News::Joining(now) => JoiningChanged(now).emit_to(&self.0, MAIN),
            News::Desks => DesksChanged.emit_to(&self.0, MAIN),
            News::People => PeopleChanged.emit_to(&self.0, MAIN),
            News::Bundle(progress) => BundleProgress(progress).emit_to(&self.0, MAIN),
            News::Backups => BackupsChanged.emit_to(&self.0, MAIN),
        };
        if told.is_err() {
            tracing::warn!("the window was not told");
        }
    }

    fn announce(&self, arrived: u32, settings: &Settings) {
        let text = Words::of(settings.language).arrived(arrived);
        if !is_looked_at(&self.0) {
            self.0.state::<Tray<R>>().mark(&text);
        }
        if !settings.notify {
            return;
        }
        let mut notification = self.0.notification().builder().title("Lễ Tân").body(text);
        if settings.sound {
            notification = notification.sound(SOUND);
        }
        if notification.show().is_err() {
            tracing::warn!("no notification");
        }
    }

    fn open(&self, address: &str) -> Result<(), Failure> {
        self.0
            .opener()
            .open_url(address, None::<&str>)
            .map_err(|_| Failure::new(Code::OpenerFailed))
    }

    fn copy(&self, text: &str) -> Result<(), Failure> {
        self.0
            .clipboard()
            .write_secret(text)
            .map_err(|_| Failure::new(Code::ClipboardFailed))
    }

    fn lend(&self, pool: Option<DbPool>) -> Soon<'_, ()> {
        Box::pin(async move {
            let lent = self.0.state::<DbInstances>();
            let mut lent = lent.0.write().await;
            match pool {
                Some(pool) => lent.insert(LENT.to_owned(), pool),
                None => lent.remove(LENT),
            };
        })
    }

    fn apply(&self, settings: &Settings) {
        let autostart = self.0.autolaunch();
        let done = if settings.autostart {
            autostart.enable()
        } else {
            autostart.disable()
        };
        if done.is_err() {
            tracing::warn!("autostart was not changed");
        }
        self.0.state::<Tray<R>>().speak(&self.0, settings.language);
    }

    fn quit(&self) {
        self.0.exit(0);
    }
}

/// Makes the window; `hidden` leaves it in the tray. Nothing of what it shows is written to disk.
pub(crate) fn make<R: Runtime>(
    app: &AppHandle<R>,
    data: &Path,
    settings: &Settings,
    hidden: bool,
) -> tauri::Result<WebviewWindow<R>> {
    let config = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN)
        .ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(app, config)?
        // A driven webview can't be an ephemeral one; then its profile lies beside the data.
        .incognito(!is_driven())
        .data_directory(data.join("webview"))
        .background_color(background(settings.theme))
        .visible(!hidden)
        .build()
}

/// Brings the window to the person.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    // Some desktops refuse one or the other; the rest still helps.
    let _ = window.show();
    let _ = window.unminimize();
    let _ = window.set_focus();
    if FocusSearch.emit_to(app, MAIN).is_err() {
        tracing::warn!("the window was not told");
    }
}

/// Leaves, or lets the window ask whether to: with entries that nobody else has, nobody should go
/// without knowing. The end of the desktop's session does not come through here.
pub(crate) fn leave<R: Runtime>(app: &AppHandle<R>) {
    let desk = app.state::<Desk>();
    let here_only = desk.here_only();
    if here_only == 0 {
        desk.quit();
        return;
    }
    show(app);
    let unsent = u32::try_from(here_only).unwrap_or(u32::MAX);
    if (LeaveAsked { unsent }).emit_to(app, MAIN).is_err() {
        tracing::warn!("the window was not told");
    }
}

/// Puts the window away: into the tray, or, where there is none, to the task bar.
pub(crate) fn put_away<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let _ = if app.state::<Tray<R>>().is_up() {
        window.hide()
    } else {
        window.minimize()
    };
}

fn is_looked_at<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.get_webview_window(MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Whether a test wants to drive the webview, by the variable that Tauri itself goes by.
fn is_driven() -> bool {
    std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true")
}

/// What is seen before the page is painted.
fn background(theme: Theme) -> Color {
    match theme {
        Theme::Dark => Color(15, 23, 42, 255),
        Theme::System | Theme::Light => Color(248, 250, 252, 255),
    }
}
