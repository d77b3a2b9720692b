//! What the desk may do to the world around it; the window does it in earnest, tests write it down.
use crate::failure::Failure;
use crate::status::{AppStatus, LeadsChanged, Settings};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use tauri_plugin_sql::DbPool;
use vault::view::{Inviting, Joining, Progress, SyncView};

/// A future that a trait object can give.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the window is told without having asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The application stands differently.
    Phase(AppStatus),
    /// The exchange stands differently.
    Sync(SyncView),
    /// Leads changed.
    Leads(LeadsChanged),
    /// So many leads arrived.
    Arrived(u32),
    /// The invitation stands differently.
    Inviting(Inviting),
    /// Joining stands differently.
    Joining(Joining),
    /// The clinic's PCs changed.
    Desks,
    /// The clinic's people changed, or who is at this PC.
    People,
    /// A bundle has come further.
    Bundle(Progress),
    /// Backups stand differently.
    Backups,
}

/// The world around the desk: window, tray, desktop, browser, clipboard.
pub trait Outside: Send + Sync + 'static {
    /// Tells the window.
    fn tell(&self, news: News);
    /// Tells the person, wherever she looks: notification, sound and tray, as `settings` allow.
    fn announce(&self, arrived: u32, settings: &Settings);
    /// Opens an address with the desktop's program for it.
    fn open(&self, address: &str) -> Result<(), Failure>;
    /// Puts a number into the clipboard, past the histories that respect such a wish.
    fn copy(&self, text: &str) -> Result<(), Failure>;
    /// Gives the open database to the plugin that closes it at exit; `None` takes it back.
    fn lend(&self, pool: Option<DbPool>) -> Soon<'_, ()>;
    /// Lets the person choose a folder in the desktop's own dialog; `None` if she thought better
    /// of it, or where there is no desktop.
    fn choose_folder(&self) -> Soon<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(None))
    }
    /// Acts on changed settings.
    fn apply(&self, settings: &Settings);
    /// Ends the application.
    fn quit(&self);
}

/// No world at all: for the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Outside for Nowhere {
    fn tell(&self, _: News) {}
    fn announce(&self, _: u32, _: &Settings) {}
    fn open(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }
    fn copy(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }
    fn lend(&self, _: Option<DbPool>) -> Soon<'_, ()> {
        Box::pin(std::future::ready(()))
    }
    fn apply(&self, _: &Settings) {}
    fn quit(&self) {}
}
