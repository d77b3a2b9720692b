//! A world around the desk that writes down what is done to it.
use le_tan_lib::failure::Failure;
use le_tan_lib::outside::{News, Outside, Soon};
use le_tan_lib::status::{Phase, Settings};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tauri_plugin_sql::DbPool;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What was done to the world.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // a handful exist
pub(crate) enum Deed {
    Told(News),
    Announced(u32),
    Opened(String),
    Copied(String),
    Lent(bool),
    Applied(Settings),
    Quit,
}

/// Hands every deed to its [`Log`], and answers the folder dialog as the test says.
pub(crate) struct World(UnboundedSender<Deed>, Mutex<Option<PathBuf>>);

/// What was done, in order.
pub(crate) struct Log {
    deeds: UnboundedReceiver<Deed>,
    pub(crate) seen: Vec<Deed>,
}

/// A world and its log.
pub(crate) fn world() -> (Arc<World>, Log) {
    let (sender, deeds) = unbounded_channel();
    let log = Log {
        deeds,
        seen: Vec::new(),
    };
    (Arc::new(World(sender, Mutex::default())), log)
}

impl World {
    /// What the person chooses in the next folder dialog.
    pub(crate) fn will_choose(&self, folder: Option<&Path>) {
        *self.1.lock().unwrap() = folder.map(Path::to_owned);
    }

    fn note(&self, deed: Deed) {
        // The test may have ended its looking.
        let _ = self.0.send(deed);
    }
}

impl Outside for World {
    fn tell(&self, news: News) {
        self.note(Deed::Told(news));
    }
    fn announce(&self, arrived: u32, _: &Settings) {
        self.note(Deed::Announced(arrived));
    }
    fn open(&self, address: &str) -> Result<(), Failure> {
        self.note(Deed::Opened(address.into()));
        Ok(())
    }
    fn copy(&self, text: &str) -> Result<(), Failure> {
        self.note(Deed::Copied(text.into()));
        Ok(())
    }
    fn lend(&self, pool: Option<DbPool>) -> Soon<'_, ()> {
        self.note(Deed::Lent(pool.is_some()));
        Box::pin(std::future::ready(()))
    }
    fn choose_folder(&self) -> Soon<'_, Option<PathBuf>> {
        let chosen = self.1.lock().unwrap().take();
        Box::pin(std::future::ready(chosen))
    }
    fn apply(&self, settings: &Settings) {
        self.note(Deed::Applied(*settings));
    }
    fn quit(&self) {
        self.note(Deed::Quit);
    }
}

/// How long a deed may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

impl Log {
    /// The first deed from now on that `wanted` finds something in.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(&Deed) -> Option<T>) -> T {
        let looking = async {
            loop {
                let deed = self.deeds.recv().await.expect("the world is gone");
                let found = wanted(&deed);
                self.seen.push(deed);
                if let Some(found) = found {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .expect("it never happened")
    }

    /// Everything so far.
    pub(crate) fn all(&mut self) -> &[Deed] {
        while let Ok(deed) = self.deeds.try_recv() {
            self.seen.push(deed);
        }
        &self.seen
    }

    /// The phases told so far, by their names.
    pub(crate) fn phases(&mut self) -> Vec<&'static str> {
        self.all()
            .iter()
            .filter_map(|deed| match deed {
                Deed::Told(News::Phase(status)) => Some(name(&status.phase)),
                _ => None,
            })
            .collect()
    }
}

/// A phase's name, with its problem.
pub(crate) fn name(phase: &Phase) -> &'static str {
    use le_tan_lib::status::{DatabaseProblem as D, KeychainProblem as K};
    match phase {
        Phase::Starting => "starting",
        Phase::NoClinic => "noClinic",
        Phase::KitUnchecked { .. } => "kitUnchecked",
        Phase::Ready { .. } => "ready",
        Phase::SignedOut { .. } => "signedOut",
        Phase::Removed { .. } => "removed",
        Phase::Locked => "locked",
        Phase::Keychain { problem: K::Locked } => "keychain locked",
        Phase::Keychain {
            problem: K::Missing,
        } => "keychain missing",
        Phase::Keychain { problem: K::Wrong } => "keychain wrong",
        Phase::Keychain {
            problem: K::Unavailable,
        } => "keychain unavailable",
        Phase::Database {
            problem: D::StaleCopy,
        } => "database stale",
        Phase::Database {
            problem: D::Damaged,
        } => "database damaged",
        Phase::Database { problem: D::InUse } => "database in use",
        Phase::Database { .. } => "database",
    }
}
