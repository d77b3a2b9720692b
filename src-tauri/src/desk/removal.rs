//! Having been cut off: the data and their keys go, for good, and this PC says so until it begins anew.
//!
//! A small file beside the data holds the clinic's id while there is something to delete, and a word
//! afterwards; so a deletion that was interrupted is ended at the next start.
use super::{Desk, Stage, held};
use crate::status::Phase;
use std::path::PathBuf;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use vault::{Event, Found, Vault, probe, wipe};

/// What the file says when everything is deleted.
const DONE: &str = "done";

impl Desk {
    fn removal_note(&self) -> PathBuf {
        self.inner.dir.join("removed")
    }

    fn removal(&self) -> Option<String> {
        let note = std::fs::read_to_string(self.removal_note()).ok()?;
        Some(note.trim().to_owned())
    }

    fn note_removal(&self, text: &str) {
        if std::fs::write(self.removal_note(), text).is_err() {
            tracing::warn!("that this PC was cut off was not noted");
        }
    }

    /// The clinic whose data are still to be deleted here.
    pub(super) fn removal_to_end(&self) -> Option<String> {
        self.removal().filter(|note| note != DONE)
    }

    /// What the window shows where there are no data.
    pub(super) fn phase_without_data(&self) -> Phase {
        match self.removal() {
            Some(_) => Phase::Removed,
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
                if matches!(vault.is_cut_off().await, Ok(true)) {
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
        if !matches!(vault.is_cut_off().await, Ok(true)) {
            return;
        }
        tracing::warn!("this PC was cut off by its clinic: its data are deleted");
        let clinic = vault.clinic_id().to_string();
        self.note_removal(&clinic);
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
        let gone = matches!(probe(&self.inner.dir).await, Ok(Found::Nothing));
        if wiped.is_ok() && forgot.is_ok() && gone {
            self.note_removal(DONE);
        } else {
            tracing::error!(
                ?wiped,
                ?forgot,
                "the removal will be ended at the next start"
            );
        }
        let stage = if gone { Stage::Nothing } else { Stage::Unknown };
        (stage, Phase::Removed)
    }
}
