//! Bringing a clinic back on a bare PC: the words of the kit, and everything that the server holds.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::{ClinicId, Have};
use seal::RootSecret;

use super::found::UNFINISHED;
use super::join::bare_rows;
use super::open::{LockedVault, look, unlock};
use super::{DeskPlan, Found, Recovered, probe, recover};
use crate::clock::SharedClock;
use crate::desk::Vault;
use crate::exchange;
use crate::failure::{MemberError, OpenError, SyncError};
use crate::local::{Link, Profile};
use crate::remote::{Caller, ProblemKind, Remote, RemoteError, Wall};
use crate::store::Store;
use crate::store::files::{Files, Hold};

/// Everything that the server holds, sealed under the kit's key; not yet this PC's data.
pub struct Fetched {
    dir: PathBuf,
    files: Files,
    locked: LockedVault,
    url: String,
}

/// Fetches the clinic of the server at `url` as its paper kit into the empty directory `dir`. What
/// was fetched is thrown away at any failure.
pub async fn fetch(
    dir: &Path,
    words: &RootSecret,
    url: &str,
    clock: SharedClock,
) -> Result<Fetched, MemberError> {
    let clinic = find(words, url, &clock).await?;
    let files = Files::new(dir);
    files.create_directory().map_err(OpenError::from)?;
    if files.exists().map_err(OpenError::from)? {
        return Err(OpenError::Exists.into());
    }
    let unfinished = files.beside(UNFINISHED);
    let fetched = fetch_into(&unfinished, words, clinic, url, clock).await;
    match fetched {
        Ok(locked) => Ok(Fetched {
            dir: dir.to_owned(),
            files: unfinished,
            locked,
            url: url.trim().to_owned(),
        }),
        Err(error) => {
            let _ = unfinished.discard();
            Err(error)
        }
    }
}

/// Asks whose server it is, and whether it knows this kit, before anything is written.
async fn find(words: &RootSecret, url: &str, clock: &SharedClock) -> Result<ClinicId, MemberError> {
    let clock = Arc::clone(clock);
    let wall: Wall = Arc::new(move || clock.now_ms());
    let remote = Remote::new(url, wall).map_err(SyncError::from)?;
    let info = remote.clinic().await.map_err(SyncError::from)?;
    let clinic = info.clinic.filter(|_| info.claimed);
    let clinic = clinic.ok_or(SyncError::NotClaimed)?;
    let signer = words.signer();
    let kit = Caller {
        clinic,
        signer: &signer,
    };
    match remote.pull(&kit, &Have::default()).await {
        Ok(pulled) if pulled.revoked => Err(MemberError::WrongWords),
        Ok(_) => Ok(clinic),
        Err(RemoteError::Problem(ProblemKind::Unauthorized | ProblemKind::Revoked)) => {
            Err(MemberError::WrongWords)
        }
        Err(error) => Err(SyncError::from(error).into()),
    }
}

async fn fetch_into(
    files: &Files,
    words: &RootSecret,
    clinic: ClinicId,
    url: &str,
    clock: SharedClock,
) -> Result<LockedVault, MemberError> {
    let hold = Arc::new(Hold::take(files).map_err(OpenError::from)?);
    files.discard().map_err(OpenError::from)?;
    let link = Link {
        url: Some(url.trim().to_owned()),
        first: Some(0),
        ..Link::default()
    };
    let now = clock.now_ms();
    let rows = bare_rows(words, clinic, &[], &Profile::default(), &link, now);
    let store = Store::open(files.clone(), Arc::clone(&hold), true)
        .await
        .map_err(OpenError::from)?;
    let written = match rows {
        Ok(rows) => store.write(rows).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = written {
        store.let_go().await;
        return Err(OpenError::from(fault).into());
    }
    let locked = look(store).await.map_err(OpenError::from)?;
    let vault = unlock(&locked, words, clock, None).await?;
    let pulled = vault.fetch_everything().await;
    vault.close().await?;
    drop((vault, locked));
    pulled?;
    let hold = Arc::new(Hold::take(files).map_err(OpenError::from)?);
    let store = Store::open(files.clone(), hold, false)
        .await
        .map_err(OpenError::from)?;
    let locked = look(store).await.map_err(OpenError::from)?;
    if let Err(error) = recover::kit(&locked, words) {
        locked.store.let_go().await;
        // The server took these words, and what it gave knows nothing of them.
        return Err(match error {
            OpenError::WrongWords => MemberError::WrongWords,
            other => other.into(),
        });
    }
    Ok(locked)
}

impl Fetched {
    /// The clinic: the account under which the keychain keeps the new key.
    #[must_use]
    pub fn clinic(&self) -> ClinicId {
        self.locked.clinic()
    }

    /// Throws away what was fetched.
    pub async fn discard(self) {
        self.locked.store.let_go().await;
        self.locked.store.hold().release();
        let _ = self.files.discard();
    }

    /// Enrols this PC under `new_root`, which must be kept safe before, gives the database its name
    /// and opens it. The kit stays good.
    pub async fn recover(
        self,
        words: &RootSecret,
        new_root: &RootSecret,
        plan: DeskPlan,
        clock: SharedClock,
    ) -> Result<Recovered, OpenError> {
        let server = Some(self.url.clone());
        let recovered = recover::recover(
            &self.locked,
            words,
            new_root,
            plan,
            Arc::clone(&clock),
            server,
        )
        .await;
        let Recovered { vault, lost } = match recovered {
            Ok(recovered) => recovered,
            Err(error) => {
                self.discard().await;
                return Err(error);
            }
        };
        let vault = self.publish(vault, new_root, clock).await?;
        Ok(Recovered { vault, lost })
    }

    async fn publish(
        self,
        vault: Vault,
        root: &RootSecret,
        clock: SharedClock,
    ) -> Result<Vault, OpenError> {
        vault.close().await?;
        drop(vault);
        self.files.publish(&Files::new(&self.dir))?;
        let Found::Sealed(locked) = probe(&self.dir).await? else {
            return Err(OpenError::Damaged);
        };
        let vault = unlock(&locked, root, clock, None).await?;
        // It was opened anew, and whoever has the words may still do everything.
        vault.seat_by_words();
        Ok(vault)
    }
}

impl Vault {
    /// Takes everything that the server has, and gives nothing.
    async fn fetch_everything(&self) -> Result<(), MemberError> {
        let desk = Arc::clone(self.desk());
        tokio::spawn(async move { exchange::fetch(&desk).await })
            .await
            .map_err(|_| OpenError::Io(std::io::ErrorKind::Other))?
            .map_err(MemberError::from)
    }
}
