//! Having been cut off: the data and their keys go, for good, and this PC says so until it begins anew.
//!
//! A small file beside the data holds the clinic's id while there is something to delete, and a word
//! afterwards; so a deletion that was interrupted is ended at the next start. Its next lines say when
//! this PC was cut off (milliseconds) and which PC did it: whoever sits here may know whom to ask.
use super::{Desk, Stage, held};
use crate::status::Phase;
use std::path::PathBuf;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use vault::view::CutOff;
use vault::{Event, Found, Vault, probe, wipe};

/// What the file says when everything is deleted.
const DONE: &str = "done";

impl Desk {
    fn removal_note(&self) -> PathBuf {
        self.inner.dir.join("removed")
    }

    fn removal(&self) -> Option<Removal> {
        let note = std::fs::read_to_string(self.removal_note()).ok()?;
        Some(Removal::read(&note))
    }

    fn note_removal(&self, removal: &Removal) {
        if std::fs::write(self.removal_note(), removal.written()).is_err() {
            tracing::warn!("that this PC was cut off was not noted");
        }
    }

    /// The clinic whose data are still to be deleted here.
    pub(super) fn removal_to_end(&self) -> Option<String> {
        self.removal()?.clinic
    }

    /// What the window shows where there are no data.
    pub(super) fn phase_without_data(&self) -> Phase {
        match self.removal() {
            Some(Removal { cut_off, .. }) => Phase::Removed { cut_off },
            None => Phase::NoClinic,
        }
    }

    /// Begins anew: to be called before there are new data.
    pub(super) fn forget_removal(&self) {
        // None to forget is the rule.
        let _ = std::fs::remove_file(self.removal_note());
    }

    /// Waits to hear, with proof, that this PC was cut off.
    pub(super) fn heed_removal(&self, vault: &Vault) -> JoinHandle<()> {
        let (desk, vault, mut events) = (self.clone(), vault.clone(), vault.events());
        tokio::spawn(async move {
            loop {
                if matches!(vault.cut_off().await, Ok(Some(_))) {
                    // Not in this task: it is one of those that the removal ends.
                    tokio::spawn(async move { desk.remove().await });
                    return;
                }
                loop {
                    match events.recv().await {
                        Ok(Event::CutOff) | Err(RecvError::Lagged(_)) => break,
                        Ok(_) => {}
                        Err(RecvError::Closed) => return,
                    }
                }
            }
        })
    }

    /// Deletes the data of this PC, if an owner's signature says that it was cut off.
    async fn remove(&self) {
        let mut stage = self.inner.stage.lock().await;
        let Some(vault) = held(&self.inner.open).as_ref().map(|o| o.vault.clone()) else {
            return;
        };
        let Ok(Some(cut_off)) = vault.cut_off().await else {
            return;
        };
        tracing::warn!("this PC was cut off by its clinic: its data are deleted");
        let clinic = vault.clinic_id().to_string();
        self.note_removal(&Removal {
            clinic: Some(clinic.clone()),
            cut_off: Some(cut_off),
        });
        self.stopped().await;
        if let Err(error) = vault.wipe().await {
            tracing::error!(%error, "the data were not deleted whole");
        }
        self.inner.outside.lend(None).await;
        let (after, phase) = self.ended_removal(&clinic).await;
        *stage = after;
        self.turn(phase);
    }

    /// Deletes what is left: files, then keys. What can't be deleted now is tried again at the next start.
    pub(super) async fn ended_removal(&self, clinic: &str) -> (Stage, Phase) {
        let wiped = wipe(&self.inner.dir).await;
        let forgot = self.inner.keychain.forget(clinic).await;
        let _ = std::fs::remove_file(self.clinic_note());
        let cut_off = self.removal().and_then(|removal| removal.cut_off);
        let gone = matches!(probe(&self.inner.dir).await, Ok(Found::Nothing));
        if wiped.is_ok() && forgot.is_ok() && gone {
            self.note_removal(&Removal {
                clinic: None,
                cut_off: cut_off.clone(),
            });
        } else {
            tracing::error!(
                ?wiped,
                ?forgot,
                "the removal will be ended at the next start"
            );
        }
        let stage = if gone { Stage::Nothing } else { Stage::Unknown };
        (stage, Phase::Removed { cut_off })
    }
}

/// What the small file says.
#[derive(Debug, PartialEq, Eq)]
struct Removal {
    /// The clinic whose data are still to be deleted; `None` when everything is.
    clinic: Option<String>,
    cut_off: Option<CutOff>,
}

impl Removal {
    /// A note without the later lines, or with others, still says that this PC was cut off.
    fn read(note: &str) -> Self {
        let mut lines = note.lines().map(str::trim);
        let clinic = lines.next().unwrap_or_default();
        let at = lines.next().and_then(|at| at.parse().ok());
        let by = lines.next().filter(|by| !by.is_empty()).map(str::to_owned);
        Self {
            clinic: (clinic != DONE).then(|| clinic.to_owned()),
            cut_off: at.map(|at| CutOff { at, by }),
        }
    }

    fn written(&self) -> String {
        let mut note = self.clinic.as_deref().unwrap_or(DONE).to_owned();
        if let Some(CutOff { at, by }) = &self.cut_off {
            // A name is one line, whatever was signed.
            let by = by.as_deref().unwrap_or_default().replace(['\r', '\n'], " ");
            note = format!("{note}\n{at}\n{by}");
        }
        note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_removal_keeps_when_and_by_whom_until_everything_is_deleted_and_after() {
        for clinic in [Some("5f1d".to_owned()), None] {
            for by in [Some("Quầy 1".to_owned()), None] {
                let cut_off = Some(CutOff {
                    at: 1_764_042_120_000,
                    by,
                });
                let removal = Removal {
                    clinic: clinic.clone(),
                    cut_off,
                };
                assert_eq!(Removal::read(&removal.written()), removal);
            }
        }
    }

    #[test]
    fn a_note_of_removal_without_a_date_still_counts() {
        let bare = |clinic: Option<&str>| Removal {
            clinic: clinic.map(str::to_owned),
            cut_off: None,
        };
        assert_eq!(Removal::read("5f1d"), bare(Some("5f1d")));
        assert_eq!(Removal::read("done\n"), bare(None));
        assert_eq!(Removal::read("done\nyesterday"), bare(None));
    }
}
