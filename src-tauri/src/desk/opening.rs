//! Opening the data and closing them again: look, ask the keychain, unlock, run; and back.
use super::{Desk, Open, Stage, held, phase_of};
use crate::failure::{Code, Failure};
use crate::herald;
use crate::keychain::{Secret, Trouble};
use crate::lan::{Lan, Places};
use crate::status::{AppStatus, DatabaseProblem, KeychainProblem, Phase};
use crate::worker::Worker;
use std::sync::Arc;
use std::time::Duration;
use tauri_plugin_sql::DbPool;
use tokio::task::JoinHandle;
use vault::{Found, LockedVault, OpenError, RootSecret, Vault, probe};

/// How often the state of the database is mirrored to the keychain while it is open.
const MIRROR_EVERY: Duration = Duration::from_mins(10);
/// How long the last mirroring may hold up the closing: the keychain may be waiting for a person.
const MIRROR_GRACE: Duration = Duration::from_secs(2);

impl Desk {
    /// Looks for data and opens them with the keychain's key; also the way back from a lock or a
    /// trouble. Says by its phase how it went, so that it never fails.
    pub async fn start(&self) -> AppStatus {
        let mut stage = self.inner.stage.lock().await;
        if matches!(*stage, Stage::Open) {
            return self.status();
        }
        self.turn(Phase::Starting);
        let before = std::mem::replace(&mut *stage, Stage::Unknown);
        let (after, phase) = self.opened_from(before).await;
        *stage = after;
        self.turn(phase)
    }

    async fn opened_from(&self, stage: Stage) -> (Stage, Phase) {
        let locked = match stage {
            Stage::Sealed(locked) => locked,
            Stage::Unknown | Stage::Nothing | Stage::Open => match probe(&self.inner.dir).await {
                Ok(Found::Sealed(locked)) => locked,
                Ok(Found::Nothing) => return (Stage::Nothing, Phase::NoClinic),
                Err(error) => return (Stage::Unknown, trouble_with_data(error)),
            },
        };
        let clinic = locked.clinic().to_string();
        match self.inner.keychain.keys(&clinic).await {
            Err(trouble) => (Stage::Sealed(locked), trouble_with_key(trouble)),
            Ok(keys) => self.unlocked(locked, keys).await,
        }
    }

    /// Tries the keys one by one; only "wrong key" leads on to the next.
    async fn unlocked(&self, locked: LockedVault, keys: Vec<Secret>) -> (Stage, Phase) {
        let clinic = locked.clinic().to_string();
        let mirrored = self.inner.keychain.counter(&clinic).await.unwrap_or(None);
        let mut locked = locked;
        for key in keys {
            let root = RootSecret::from_bytes(*key);
            let clock = Arc::clone(&self.inner.clock);
            match locked.unlock(&root, clock, mirrored).await {
                Ok(vault) => return self.run(vault).await,
                Err((back, OpenError::WrongKey)) => locked = back,
                Err((back, error)) => return (Stage::Sealed(back), trouble_with_data(error)),
            }
        }
        (Stage::Sealed(locked), trouble_with_key(Trouble::Wrong))
    }

    /// Sets everything going that belongs to an open vault.
    pub(super) async fn run(&self, vault: Vault) -> (Stage, Phase) {
        let inner = &self.inner;
        self.note_clinic(&vault.clinic_id().to_string());
        inner.outside.lend(Some(DbPool::Sqlite(vault.pool()))).await;
        let herald = tokio::spawn(herald::run(
            vault.clone(),
            vault.events(),
            Arc::clone(&inner.outside),
            Arc::clone(&inner.settings),
        ));
        let tasks = vec![herald, self.mirror(&vault)];
        let worker = Worker::start(vault.clone(), rand::random::<f64>);
        let lan = Lan::start(vault.clone(), Places::from_env(), inner.settings.get().lan);
        let desk = vault.desk_view().await;
        *held(&inner.open) = Some(Open {
            vault,
            worker,
            lan,
            tasks,
        });
        inner.idle.touch();
        match desk {
            Ok(desk) => (Stage::Open, phase_of(desk)),
            Err(error) => {
                tracing::error!(%error, "the desk's own record does not read");
                self.shut().await;
                let problem = DatabaseProblem::Damaged;
                (Stage::Unknown, Phase::Database { problem })
            }
        }
    }

    /// Mirrors the state of the database to the keychain now and then.
    fn mirror(&self, vault: &Vault) -> JoinHandle<()> {
        let (desk, vault) = (self.clone(), vault.clone());
        tokio::spawn(async move {
            loop {
                desk.mirror_once(&vault).await;
                tokio::time::sleep(MIRROR_EVERY).await;
            }
        })
    }

    async fn mirror_once(&self, vault: &Vault) {
        let clinic = vault.clinic_id().to_string();
        let keychain = &self.inner.keychain;
        if let Err(trouble) = keychain.keep_counter(&clinic, vault.counter()).await {
            // The next turn tries again; the server's copy of the heads stands in meanwhile.
            tracing::warn!(%trouble, "state of the database not mirrored");
        }
    }

    /// Closes the data and forgets the keys.
    pub async fn lock(&self) -> Result<AppStatus, Failure> {
        let mut stage = self.inner.stage.lock().await;
        if !matches!(*stage, Stage::Open) {
            return Err(Failure::new(Code::NotReady));
        }
        self.shut().await;
        *stage = Stage::Unknown;
        Ok(self.turn(Phase::Locked))
    }

    /// Closes whatever is open, for good: the application ends.
    pub async fn close(&self) {
        let mut stage = self.inner.stage.lock().await;
        self.shut().await;
        *stage = Stage::Unknown;
    }

    /// Stops what runs with the vault, then closes it. The kit's words go too.
    async fn shut(&self) {
        held(&self.inner.kit).take();
        self.cancel_bundle();
        let Some(open) = held(&self.inner.open).take() else {
            return;
        };
        open.worker.stop().await;
        open.lan.stop().await;
        for task in &open.tasks {
            task.abort();
        }
        let mirrored = tokio::time::timeout(MIRROR_GRACE, self.mirror_once(&open.vault)).await;
        if mirrored.is_err() {
            tracing::warn!("keychain too slow to mirror the state");
        }
        if let Err(error) = open.vault.close().await {
            tracing::error!(%error, "the data did not close in order");
        }
        self.inner.outside.lend(None).await;
    }
}

fn trouble_with_key(trouble: Trouble) -> Phase {
    let problem = match trouble {
        Trouble::Locked => KeychainProblem::Locked,
        Trouble::Missing => KeychainProblem::Missing,
        Trouble::Wrong => KeychainProblem::Wrong,
        Trouble::Unavailable => KeychainProblem::Unavailable,
    };
    Phase::Keychain { problem }
}

fn trouble_with_data(error: OpenError) -> Phase {
    tracing::error!(%error, "the data do not open");
    let problem = match error {
        OpenError::WrongKey => return trouble_with_key(Trouble::Wrong),
        OpenError::InUse => DatabaseProblem::InUse,
        OpenError::Foreign => DatabaseProblem::Foreign,
        OpenError::TooNew => DatabaseProblem::TooNew,
        OpenError::DiskFull => DatabaseProblem::DiskFull,
        OpenError::StaleCopy => DatabaseProblem::StaleCopy,
        OpenError::Io(_) => DatabaseProblem::Io,
        OpenError::Damaged | OpenError::WrongWords | OpenError::Exists | OpenError::BadPlan => {
            DatabaseProblem::Damaged
        }
    };
    Phase::Database { problem }
}
