//! The tray icon and its menu; where the desktop has no tray the application goes on without.
use crate::desk::Desk;
use crate::status::Language;
use crate::window;
use crate::words::Words;
use std::sync::{Mutex, PoisonError};
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Runtime};

const CALM: Image<'_> = tauri::include_image!("icons/tray.png");
const MARKED: Image<'_> = tauri::include_image!("icons/tray-new.png");
const TITLE: &str = "Lễ Tân";

/// The tray icon, if the desktop gave us one.
pub(crate) struct Tray<R: Runtime> {
    icon: Mutex<Option<TrayIcon<R>>>,
}

impl<R: Runtime> Tray<R> {
    /// Puts an icon into the tray.
    #[must_use]
    pub(crate) fn raise(app: &AppHandle<R>, language: Language) -> Self {
        let icon = build(app, language)
            .inspect_err(|error| tracing::warn!(%error, "no tray"))
            .ok();
        Self {
            icon: Mutex::new(icon),
        }
    }

    /// Whether a person can find us in the tray.
    #[must_use]
    pub(crate) fn is_up(&self) -> bool {
        self.icon().is_some()
    }

    /// Shows that something arrived, and what in a few words.
    pub(crate) fn mark(&self, text: &str) {
        self.wear(MARKED, &format!("{TITLE}: {text}"));
    }

    /// Nothing new any more.
    pub(crate) fn clear(&self) {
        self.wear(CALM, TITLE);
    }

    /// Changes the language of the menu.
    pub(crate) fn speak(&self, app: &AppHandle<R>, language: Language) {
        let Some(icon) = self.icon() else { return };
        let changed = menu(app, language).and_then(|menu| icon.set_menu(Some(menu)));
        if let Err(error) = changed {
            tracing::warn!(%error, "tray menu");
        }
    }

    fn wear(&self, image: Image<'_>, tooltip: &str) {
        let Some(icon) = self.icon() else { return };
        let changed = icon
            .set_icon(Some(image))
            .and_then(|()| icon.set_tooltip(Some(tooltip)));
        if let Err(error) = changed {
            tracing::warn!(%error, "tray icon");
        }
    }

    fn icon(&self) -> Option<TrayIcon<R>> {
        self.icon
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn build<R: Runtime>(app: &AppHandle<R>, language: Language) -> tauri::Result<TrayIcon<R>> {
    TrayIconBuilder::with_id("main")
        .icon(CALM)
        .icon_as_template(true)
        .tooltip(TITLE)
        .menu(&menu(app, language)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            if is_click(&event) {
                window::show(icon.app_handle());
            }
        })
        .build(app)
}

fn menu<R: Runtime>(app: &AppHandle<R>, language: Language) -> tauri::Result<Menu<R>> {
    let words = Words::of(language);
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    Menu::with_items(
        app,
        &[
            &item("open", words.open)?,
            &item("sync", words.sync)?,
            &item("lock", words.lock)?,
            &PredefinedMenuItem::separator(app)?,
            &item("quit", words.quit)?,
        ],
    )
}

fn chosen<R: Runtime>(app: &AppHandle<R>, id: &str) {
    let desk = app.state::<Desk>().inner().clone();
    match id {
        "open" => window::show(app),
        "sync" => desk.wake_worker(),
        "lock" => {
            tauri::async_runtime::spawn(async move { desk.lock().await });
        }
        "quit" => window::leave(app),
        _ => {}
    }
}

fn is_click(event: &TrayIconEvent) -> bool {
    matches!(
        event,
        TrayIconEvent::Click {
            button: MouseButton::Left,
            button_state: MouseButtonState::Up,
            ..
        }
    )
}
