//! Puts the application together: plugins, window, tray, timers, and an orderly end.
use crate::desk::Desk;
use crate::keychain::Keychain;
use crate::tray::Tray;
use crate::window::{self, Desktop};
use crate::{idle, ipc};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::{
    App, AppHandle, Builder, Context, Manager, RunEvent, Runtime, Window, WindowEvent, Wry,
};
use tauri_plugin_window_state::StateFlags;

/// How often it is looked whether the desk should be locked.
const LOCK_CHECK: Duration = Duration::from_secs(5);
/// How long closing may take at the end; a keychain that waits for a person must not keep us.
const CLOSING: Duration = Duration::from_secs(8);

/// How the application is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Where the data lie.
    pub data: PathBuf,
    /// The data lie elsewhere than usual: such an application is one of its own.
    pub elsewhere: bool,
    /// Start in the tray, as the desktop's autostart does.
    pub hidden: bool,
}

/// Everything that was decided when the program was built: configuration, permissions, the page.
#[must_use]
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Runs the application until it ends.
pub fn run(launch: Launch) -> tauri::Result<()> {
    let builder = Builder::<Wry>::new().plugin(one_instance(&launch));
    let app = furnish(builder)
        .setup(move |app| set_up(app, &launch).map_err(Into::into))
        .build(context())?;
    let ending = Ending::default();
    app.run(move |app, event| ending.on(app, &event));
    Ok(())
}

/// Plugins and commands: all that needs neither a display nor a bus.
pub fn furnish<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    let places = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    builder
        .plugin(tauri_plugin_sql::Builder::new().build())
        .plugin(
            tauri_plugin_opener::Builder::new()
                .open_js_links_on_click(false)
                .build(),
        )
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_autostart::Builder::new()
                .arg("--tray")
                .app_name("le-tan")
                .build(),
        )
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(places)
                .build(),
        )
        .invoke_handler(ipc::interface::<R>().invoke_handler())
        .on_window_event(on_window_event)
}

/// A second start shows the window of the first. An application with data elsewhere (a
/// demonstration, a test) has a name of its own, so that it never answers for the real one.
fn one_instance<R: Runtime>(launch: &Launch) -> tauri::plugin::TauriPlugin<R> {
    let builder =
        tauri_plugin_single_instance::Builder::new().callback(|app, _, _| window::show(app));
    if launch.elsewhere {
        let place = launch.data.to_string_lossy();
        let name: String = place
            .bytes()
            .flat_map(|byte| [b'a' + (byte >> 4), b'a' + (byte & 15)])
            .map(char::from)
            .collect();
        // The bus allows 255 characters; the end of a path tells more than its beginning.
        let tail = &name[name.len().saturating_sub(160)..];
        return builder
            .dbus_id(format!("vn.vietsmile.letan.at.{tail}"))
            .build();
    }
    builder.build()
}

fn set_up(app: &App, launch: &Launch) -> tauri::Result<()> {
    let handle = app.handle().clone();
    ipc::interface::<Wry>().mount_events(&handle);
    let outside = Arc::new(Desktop(handle.clone()));
    let desk = Desk::new(&launch.data, Keychain::system(), outside);
    let settings = desk.settings();
    app.manage(desk.clone());
    let tray = Tray::raise(&handle, settings.language);
    // A window that nobody could bring back must not be hidden.
    let hidden = launch.hidden && tray.is_up();
    app.manage(tray);
    window::make(&handle, &launch.data, &settings, hidden)?;
    if launch.hidden && !hidden {
        window::put_away(&handle);
    }
    tauri::async_runtime::spawn(keep_locking(desk.clone()));
    tauri::async_runtime::spawn(heed_signals(handle));
    tauri::async_runtime::spawn(async move { desk.start().await });
    Ok(())
}

fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            let desk = window.state::<Desk>();
            if desk.settings().close_to_tray {
                window::put_away(window.app_handle());
            } else {
                window::leave(window.app_handle());
            }
        }
        WindowEvent::Focused(true) => {
            window.state::<Desk>().user_active();
            window.state::<Tray<R>>().clear();
        }
        _ => {}
    }
}

/// Locks when nobody was there for as long as the settings say.
async fn keep_locking(desk: Desk) {
    loop {
        tokio::time::sleep(LOCK_CHECK).await;
        if idle::lock_due(desk.idle(), desk.settings().autolock_minutes) {
            // Locked already, or nothing open: that is what we want.
            let _ = desk.lock().await;
        }
    }
}

/// The session ends, or an operator asks: end in order.
#[cfg(unix)]
async fn heed_signals<R: Runtime>(app: AppHandle<R>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    app.exit(0);
}

#[cfg(not(unix))]
async fn heed_signals<R: Runtime>(app: AppHandle<R>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        app.exit(0);
    }
}

/// The end in two steps: the first request closes the data, the second one, ours, goes through.
#[derive(Default)]
struct Ending {
    begun: AtomicBool,
    closed: Arc<AtomicBool>,
}

impl Ending {
    fn on<R: Runtime>(&self, app: &AppHandle<R>, event: &RunEvent) {
        let RunEvent::ExitRequested { api, .. } = event else {
            return;
        };
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        api.prevent_exit();
        if self.begun.swap(true, Ordering::AcqRel) {
            return;
        }
        let (app, closed) = (app.clone(), Arc::clone(&self.closed));
        let desk = app.state::<Desk>().inner().clone();
        tauri::async_runtime::spawn(async move {
            if tokio::time::timeout(CLOSING, desk.close()).await.is_err() {
                tracing::warn!("closing took too long");
            }
            closed.store(true, Ordering::Release);
            app.exit(0);
        });
    }
}
