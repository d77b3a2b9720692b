//! The operating system's keychain: the only place that knows it, and the one thread that talks to it.
//!
//! A key is written, read back and compared before anything relies on it, and no key is ever
//! overwritten: one that stands in the way is set aside under `<clinic>.former-<n>`.
mod platform;
mod session;

pub use platform::Platform;
use session::Session;
use std::sync::mpsc;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Name of our entries in the keychain.
pub const SERVICE: &str = "vn.vietsmile.letan";

/// A desk's root secret as the keychain holds it.
pub type Secret = Zeroizing<[u8; 32]>;

/// Why the keychain does not give or take a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It wants its password, and nobody gave it.
    #[error("the keychain is locked")]
    Locked,
    /// It answers and has no such entry. This is never by itself a reason to make one.
    #[error("the keychain has no such entry")]
    Missing,
    /// The entry is no key of ours.
    #[error("the keychain's entry is not a key")]
    Wrong,
    /// No keychain service answers, or it fails.
    #[error("the keychain is not available")]
    Unavailable,
}

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// A handle to the thread that talks to the keychain. Prompts may keep it waiting for minutes.
#[derive(Clone)]
pub struct Keychain {
    jobs: mpsc::Sender<Job>,
}

impl Keychain {
    /// The keychain of this desktop.
    #[must_use]
    pub fn system() -> Self {
        Self::with(Platform::system())
    }

    /// Another keychain, for tests.
    #[must_use]
    pub fn with(platform: Platform) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let started = std::thread::Builder::new()
            .name("keychain".into())
            .spawn(move || {
                let mut session = Session::new(platform);
                for job in inbox {
                    job(&mut session);
                }
            });
        if started.is_err() {
            // The inbox went with the closure: every question answers `Unavailable`.
            tracing::error!("no thread for the keychain");
        }
        Self { jobs }
    }

    /// Every key that may open the data of `clinic`, the current one first.
    ///
    /// Usually one. Several where keys were set aside, or where the keychain holds copies.
    pub async fn keys(&self, clinic: &str) -> Result<Vec<Secret>, Trouble> {
        let clinic = clinic.to_owned();
        self.ask(move |session| session.keys(&clinic)).await
    }

    /// Makes `secret` the current key of `clinic`: returns only when it was read back unchanged.
    pub async fn keep(&self, clinic: &str, secret: &Secret) -> Result<(), Trouble> {
        let (clinic, secret) = (clinic.to_owned(), secret.clone());
        self.ask(move |session| session.keep(&clinic, &secret))
            .await
    }

    /// The highest state of the database that this PC has mirrored; `None` if none was.
    pub async fn counter(&self, clinic: &str) -> Result<Option<u64>, Trouble> {
        let clinic = clinic.to_owned();
        self.ask(move |session| session.counter(&clinic)).await
    }

    /// Mirrors the state of the database, so that an older copy of it is noticed.
    pub async fn keep_counter(&self, clinic: &str, counter: u64) -> Result<(), Trouble> {
        let clinic = clinic.to_owned();
        self.ask(move |session| session.keep_counter(&clinic, counter))
            .await
    }

    /// Deletes every key of `clinic`, those set aside too, and the mirrored state: the clinic has cut
    /// this PC off, and its data are deleted.
    pub async fn forget(&self, clinic: &str) -> Result<(), Trouble> {
        let clinic = clinic.to_owned();
        self.ask(move |session| session.forget(&clinic)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Session) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (answer, reply) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            // Nobody waits any more: nothing to do about it.
            let _ = answer.send(question(session));
        });
        self.jobs.send(job).map_err(|_| Trouble::Unavailable)?;
        reply.await.map_err(|_| Trouble::Unavailable)?
    }
}
