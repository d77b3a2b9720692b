//! The desk's life on this PC: where it stands, what is open, who has to be told.
mod backups;
mod founding;
mod members;
mod mending;
mod opening;
mod outage;
mod people;

use crate::dial::{self, Use};
use crate::failure::{Code, Failure};
use crate::idle::Idle;
use crate::keychain::Keychain;
use crate::kit::PendingKit;
use crate::lan::Lan;
use crate::outside::{News, Outside};
use crate::settings::SettingsFile;
use crate::status::{AppStatus, Phase, Settings};
use crate::worker::Worker;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use vault::view::{DeskView, Power, RevealPurpose, RevealedPhone, SyncView};
use vault::{Carrying, LockedVault, SharedClock, SystemClock, Vault};

/// The desk, shared by all commands, the tray and the timers.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    keychain: Keychain,
    outside: Arc<dyn Outside>,
    settings: Arc<SettingsFile>,
    clock: SharedClock,
    idle: Idle,
    /// Where the application stands, and how often that changed.
    phase: Mutex<(Phase, u32)>,
    open: Mutex<Option<Open>>,
    kit: Mutex<Option<PendingKit>>,
    /// What is carried on a stick at the moment.
    carrying: Mutex<Option<Carrying>>,
    /// Held through every change of stage, so that two of them never mix.
    stage: tokio::sync::Mutex<Stage>,
}

/// What lies in the data directory, as far as we looked.
#[allow(clippy::large_enum_variant)] // one of it exists
enum Stage {
    /// Not looked yet, or closed since.
    Unknown,
    /// No data.
    Nothing,
    /// Sealed data that we hold the lock of, and no key that opens them.
    Sealed(LockedVault),
    /// Open: see `Inner::open`.
    Open,
}

/// An open vault and what runs with it.
struct Open {
    vault: Vault,
    worker: Worker,
    lan: Lan,
    tasks: Vec<JoinHandle<()>>,
}

impl Desk {
    /// A desk with its data in `dir`. Nothing is touched before [`Desk::start`].
    #[must_use]
    pub fn new(dir: &Path, keychain: Keychain, outside: Arc<dyn Outside>) -> Self {
        Self {
            inner: Arc::new(Inner {
                dir: dir.to_owned(),
                keychain,
                outside,
                settings: Arc::new(SettingsFile::load(dir)),
                clock: Arc::new(SystemClock),
                idle: Idle::default(),
                phase: Mutex::new((Phase::Starting, 0)),
                open: Mutex::new(None),
                kit: Mutex::new(None),
                carrying: Mutex::new(None),
                stage: tokio::sync::Mutex::new(Stage::Unknown),
            }),
        }
    }

    /// Where the application stands.
    #[must_use]
    pub fn status(&self) -> AppStatus {
        let (phase, turn) = held(&self.inner.phase).clone();
        AppStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            phase,
            turn,
        }
    }

    /// The open vault, or why there is none.
    pub fn vault(&self) -> Result<Vault, Failure> {
        let vault = held(&self.inner.open).as_ref().map(|o| o.vault.clone());
        vault.ok_or_else(|| {
            let locked = matches!(held(&self.inner.phase).0, Phase::Locked);
            Failure::new(if locked { Code::Locked } else { Code::NotReady })
        })
    }

    /// The open vault, if the person at the desk may do this with it.
    #[allow(clippy::unused_async)]
    pub async fn vault_for(&self, _power: Power) -> Result<Vault, Failure> {
        self.vault()
    }

    /// Passes on what an act gave, and wakes the worker if there is something to send.
    pub fn recorded<T, E: Into<Failure>>(&self, result: Result<T, E>) -> Result<T, Failure> {
        if result.is_ok() {
            self.wake_worker();
        }
        result.map_err(Into::into)
    }

    /// Exchanges at the next moment.
    pub fn wake_worker(&self) {
        if let Some(open) = held(&self.inner.open).as_ref() {
            open.worker.wake();
        }
    }

    /// Who this PC is.
    pub async fn view(&self) -> Result<DeskView, Failure> {
        Ok(self.vault()?.desk_view().await?)
    }

    /// Names the person at the desk.
    pub async fn set_person(&self, name: &str) -> Result<DeskView, Failure> {
        self.recorded(self.vault()?.set_person(name).await)?;
        self.refresh().await
    }

    /// How the exchange stands.
    pub async fn sync_view(&self) -> Result<SyncView, Failure> {
        Ok(self.vault()?.sync_view().await?)
    }

    /// Does with an uncovered number what it was uncovered for.
    pub fn put_to_use(&self, phone: &RevealedPhone, purpose: RevealPurpose) -> Result<(), Failure> {
        match dial::used(phone, purpose)? {
            Use::Open(address) => self.inner.outside.open(&address),
            Use::Copy(text) => self.inner.outside.copy(&text),
            Use::Show => Ok(()),
        }
    }

    /// The settings of this PC.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.inner.settings.get()
    }

    /// Keeps other settings and acts on them.
    pub fn set_settings(&self, wanted: Settings) -> Result<Settings, Failure> {
        let kept = self.inner.settings.set(wanted)?;
        self.inner.outside.apply(&kept);
        if let Some(open) = held(&self.inner.open).as_ref() {
            open.lan.switch(kept.lan);
        }
        Ok(kept)
    }

    /// A person is there.
    pub fn user_active(&self) {
        self.inner.idle.touch();
    }

    /// How long nobody was.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.inner.idle.since()
    }

    /// Ends the application.
    pub fn quit(&self) {
        self.inner.outside.quit();
    }

    /// Reads anew who this PC is, for everyone who shows it.
    async fn refresh(&self) -> Result<DeskView, Failure> {
        // Held, so that a lock that comes between can't be overwritten by "ready".
        let _stage = self.inner.stage.lock().await;
        let desk = self.view().await?;
        self.turn(phase_of(desk.clone()));
        Ok(desk)
    }

    /// Changes the phase, and tells the window if it is another one.
    fn turn(&self, phase: Phase) -> AppStatus {
        let changed = {
            let mut now = held(&self.inner.phase);
            let changed = now.0 != phase;
            if changed {
                *now = (phase, now.1.wrapping_add(1));
            }
            changed
        };
        let status = self.status();
        if changed {
            self.inner.outside.tell(News::Phase(status.clone()));
        }
        status
    }
}

/// Open, and with the kit on paper or not.
fn phase_of(desk: DeskView) -> Phase {
    if desk.kit_checked {
        Phase::Ready { desk }
    } else {
        Phase::KitUnchecked { desk }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
