//! Founding a clinic, its recovery kit, its server, and the way back by words.
//!
//! A key is in the keychain, read back and compared, before anything is sealed with it.
use super::{Desk, Stage, held};
use crate::failure::{Code, Failure};
use crate::kit::PendingKit;
use crate::status::{FoundingForm, Kit, Lost, Repaired};
use std::sync::Arc;
use vault::view::DeskView;
use vault::{
    DeskPlan, Founding, FoundingPlan, LockedVault, PaperKit, Recovered, RootSecret, Vault,
};

impl Desk {
    /// Founds a clinic in the empty data directory and gives its recovery kit.
    pub async fn found(&self, form: FoundingForm) -> Result<Kit, Failure> {
        let mut stage = self.inner.stage.lock().await;
        if !matches!(*stage, Stage::Nothing) {
            return Err(Failure::new(Code::AlreadyFounded));
        }
        let (vault, paper) = self.create(form).await?;
        let kit = self.hold_kit(&paper)?;
        let (after, phase) = self.run(vault).await;
        *stage = after;
        self.turn(phase);
        Ok(kit)
    }

    async fn create(&self, form: FoundingForm) -> Result<(Vault, PaperKit), Failure> {
        let plan = FoundingPlan {
            clinic_name: form.clinic,
            branch: form.branch,
            desk: form.desk,
            person: form.person,
        };
        let founding = Founding::plan(plan, self.inner.clock.now_ms())?;
        let clinic = founding.clinic_id().to_string();
        let secret = founding.root().dangerous_bytes();
        self.forget_removal();
        self.inner.keychain.keep(&clinic, &secret).await?;
        let clock = Arc::clone(&self.inner.clock);
        Ok(founding.create(&self.inner.dir, clock).await?)
    }

    /// Makes a new kit in place of one whose words are gone before anyone checked them.
    pub async fn renew_kit(&self) -> Result<Kit, Failure> {
        let paper = self.vault()?.renew_kit().await;
        let paper = self.recorded(paper)?;
        self.hold_kit(&paper)
    }

    /// Keeps the kit in memory until someone proves to have it on paper.
    fn hold_kit(&self, paper: &PaperKit) -> Result<Kit, Failure> {
        let pending = PendingKit::new(paper.root.words(), &mut rand::rng());
        let kit = pending.show()?;
        *held(&self.inner.kit) = Some(pending);
        Ok(kit)
    }

    /// Compares the words typed back; right ones end the kit's stay in memory.
    pub async fn check_kit(&self, answers: &[String]) -> Result<DeskView, Failure> {
        let right = match held(&self.inner.kit).as_ref() {
            Some(kit) => kit.accepts(answers),
            None => return Err(Failure::new(Code::NotReady)),
        };
        if !right {
            return Err(Failure::new(Code::KitAnswersWrong));
        }
        self.vault()?.mark_kit_checked().await?;
        held(&self.inner.kit).take();
        self.refresh().await
    }

    /// Makes the clinic's server ours.
    pub async fn claim(&self, url: &str, code: &str) -> Result<DeskView, Failure> {
        self.recorded(self.vault()?.claim(url, code).await)?;
        self.refresh().await
    }

    /// Opens sealed data by the words of the kit, and makes this PC a new desk with a new key.
    pub async fn recover(
        &self,
        words: &str,
        desk: String,
        branch: String,
        person: String,
    ) -> Result<Repaired, Failure> {
        let paper = RootSecret::from_words(words)?;
        let mut stage = self.inner.stage.lock().await;
        let locked = match std::mem::replace(&mut *stage, Stage::Unknown) {
            Stage::Sealed(locked) => locked,
            other => {
                *stage = other;
                return Err(Failure::new(Code::NotReady));
            }
        };
        let plan = DeskPlan {
            desk,
            branch,
            person,
        };
        match self.recovered(locked, &paper, plan).await {
            Ok(Recovered { vault, lost }) => {
                let (after, phase) = self.run(vault).await;
                *stage = after;
                Ok(Repaired {
                    status: self.turn(phase),
                    lost: lost.into_iter().map(Lost::from).collect(),
                })
            }
            Err((back, failure)) => {
                *stage = Stage::Sealed(back);
                Err(failure)
            }
        }
    }

    async fn recovered(
        &self,
        locked: LockedVault,
        paper: &RootSecret,
        plan: DeskPlan,
    ) -> Result<Recovered, (LockedVault, Failure)> {
        // Wrong words must not even touch the keychain.
        if let Err(error) = locked.check_words(paper) {
            return Err((locked, error.into()));
        }
        let root = RootSecret::generate(&mut rand::rng());
        let clinic = locked.clinic().to_string();
        let secret = root.dangerous_bytes();
        if let Err(trouble) = self.inner.keychain.keep(&clinic, &secret).await {
            return Err((locked, trouble.into()));
        }
        let clock = Arc::clone(&self.inner.clock);
        locked
            .recover(paper, &root, plan, clock)
            .await
            .map_err(|(back, error)| (back, error.into()))
    }
}
