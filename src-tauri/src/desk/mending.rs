//! Bringing back damaged data: the file is copied aside first, what proves itself is taken over.
use super::{Desk, Stage};
use crate::failure::{Code, Failure};
use crate::keychain::Secret;
use crate::status::{Lost, Repaired};
use std::path::PathBuf;
use std::sync::Arc;
use vault::{LockedVault, OpenError, Recovered, RootSecret, salvage};

impl Desk {
    /// Repairs damaged data with the keychain's key and opens them.
    pub async fn repair(&self) -> Result<Repaired, Failure> {
        let mut stage = self.inner.stage.lock().await;
        let mended = match std::mem::replace(&mut *stage, Stage::Unknown) {
            Stage::Sealed(locked) => self.mended(locked).await,
            Stage::Unknown => self.salvaged().await,
            other => {
                *stage = other;
                return Err(Failure::new(Code::NotReady));
            }
        };
        let Recovered { vault, lost } = mended?;
        let (after, phase) = self.run(vault).await;
        *stage = after;
        Ok(Repaired {
            status: self.turn(phase),
            lost: lost.into_iter().map(Lost::from).collect(),
        })
    }

    /// Only the key that fits may repair: a wrong one would find nothing worth keeping.
    async fn mended(&self, mut locked: LockedVault) -> Result<Recovered, Failure> {
        let keys = self.keys(&locked.clinic().to_string()).await?;
        for key in keys {
            let root = RootSecret::from_bytes(*key);
            let clock = Arc::clone(&self.inner.clock);
            match locked.unlock(&root, Arc::clone(&clock), None).await {
                Err((back, OpenError::WrongKey)) => locked = back,
                Err((back, OpenError::Damaged)) => return Ok(back.repair(&root, clock).await?),
                Err((_, error)) => return Err(error.into()),
                // It opens after all: nothing to repair, nothing lost.
                Ok(vault) => {
                    return Ok(Recovered {
                        vault,
                        lost: Vec::new(),
                    });
                }
            }
        }
        Err(Failure::new(Code::KeychainWrong))
    }

    /// For a file too damaged to say whose it is: the note beside it does.
    async fn salvaged(&self) -> Result<Recovered, Failure> {
        let clinic = std::fs::read_to_string(self.clinic_note())
            .map_err(|_| Failure::new(Code::DatabaseDamaged))?;
        for key in self.keys(clinic.trim()).await? {
            let root = RootSecret::from_bytes(*key);
            let clock = Arc::clone(&self.inner.clock);
            match salvage(&self.inner.dir, &root, clock).await {
                Err(OpenError::WrongKey) => {}
                other => return Ok(other?),
            }
        }
        Err(Failure::new(Code::KeychainWrong))
    }

    async fn keys(&self, clinic: &str) -> Result<Vec<Secret>, Failure> {
        Ok(self.inner.keychain.keys(clinic).await?)
    }

    /// Notes beside the data which clinic's they are, for [`Desk::repair`].
    pub(super) fn note_clinic(&self, clinic: &str) {
        if std::fs::write(self.clinic_note(), clinic).is_err() {
            tracing::warn!("the clinic's id was not noted");
        }
    }

    pub(super) fn clinic_note(&self) -> PathBuf {
        self.inner.dir.join("clinic-id")
    }
}
