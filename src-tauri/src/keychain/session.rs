//! What is done in the keychain's thread: reading candidates, writing with proof, setting aside.
use super::{Platform, SERVICE, Secret, Trouble};
use keyring_core::{CredentialStore, Entry, Error};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How many keys may be set aside for one clinic before a person has to tidy up.
const FORMER_MAX: u32 = 32;

/// A connection to the keychain that is made anew after every failure.
pub(super) struct Session {
    platform: Platform,
    store: Option<Arc<CredentialStore>>,
}

impl Session {
    pub(super) fn new(platform: Platform) -> Self {
        Self {
            platform,
            store: None,
        }
    }

    pub(super) fn keys(&mut self, clinic: &str) -> Result<Vec<Secret>, Trouble> {
        let mut keys = Vec::new();
        let mut odd = false;
        for account in std::iter::once(clinic.to_owned()).chain(former_accounts(clinic)) {
            let found = self.read_all(&account)?;
            if found.is_empty() && account != clinic {
                break;
            }
            odd |= found.iter().any(|bytes| key(bytes).is_none());
            keys.extend(found.iter().filter_map(|bytes| key(bytes)));
        }
        match (keys.is_empty(), odd) {
            (false, _) => Ok(keys),
            (true, true) => Err(Trouble::Wrong),
            (true, false) => Err(Trouble::Missing),
        }
    }

    pub(super) fn keep(&mut self, clinic: &str, secret: &Secret) -> Result<(), Trouble> {
        for old in self.read_all(clinic)? {
            if *old != secret.as_slice() {
                self.set_aside(clinic, &old)?;
            }
        }
        self.write(clinic, secret.as_slice())
    }

    pub(super) fn counter(&mut self, clinic: &str) -> Result<Option<u64>, Trouble> {
        let found = self.read_all(&counter_account(clinic))?;
        let counters = found
            .iter()
            .filter_map(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok())
            .map(u64::from_le_bytes);
        Ok(counters.max())
    }

    pub(super) fn keep_counter(&mut self, clinic: &str, counter: u64) -> Result<(), Trouble> {
        self.write(&counter_account(clinic), &counter.to_le_bytes())
    }

    pub(super) fn forget(&mut self, clinic: &str) -> Result<(), Trouble> {
        let accounts = [clinic.to_owned(), counter_account(clinic)];
        for account in accounts.into_iter().chain(former_accounts(clinic)) {
            let entry = self.entry(&account)?;
            let deleted = match entry.delete_credential() {
                Err(Error::NoEntry) => Ok(()),
                Err(Error::Ambiguous(copies)) => {
                    copies.iter().try_for_each(Entry::delete_credential)
                }
                other => other,
            };
            self.noted(deleted)?;
        }
        Ok(())
    }

    /// Copies a key that stands in the way to the first free place, unless it lies there already.
    fn set_aside(&mut self, clinic: &str, old: &[u8]) -> Result<(), Trouble> {
        for account in former_accounts(clinic) {
            let found = self.read_all(&account)?;
            if found.iter().any(|bytes| bytes.as_slice() == old) {
                return Ok(());
            }
            if found.is_empty() {
                return self.write(&account, old);
            }
        }
        tracing::error!("no place left to set a key aside");
        Err(Trouble::Unavailable)
    }

    /// Writes, reads back and compares.
    fn write(&mut self, account: &str, secret: &[u8]) -> Result<(), Trouble> {
        let entry = self.entry(account)?;
        let written = match entry.set_secret(secret) {
            Err(Error::Ambiguous(copies)) => rewrite(&entry, &copies, secret),
            other => other,
        };
        self.noted(written)?;
        let back = self.entry(account)?.get_secret().map(Zeroizing::new);
        let back = self.noted(back)?;
        if back.as_slice() == secret {
            return Ok(());
        }
        tracing::error!("the keychain gives back something else than was written");
        Err(Trouble::Unavailable)
    }

    /// What lies under `account`: nothing, one value, or several where the keychain holds copies.
    fn read_all(&mut self, account: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, Trouble> {
        let entry = self.entry(account)?;
        let read = match entry.get_secret() {
            Ok(secret) => Ok(vec![Zeroizing::new(secret)]),
            Err(Error::NoEntry) => Ok(Vec::new()),
            Err(Error::Ambiguous(copies)) => copies
                .iter()
                .map(|copy| copy.get_secret().map(Zeroizing::new))
                .collect(),
            Err(other) => Err(other),
        };
        self.noted(read)
    }

    fn entry(&mut self, account: &str) -> Result<Entry, Trouble> {
        let opened = match &self.store {
            Some(store) => Ok(Arc::clone(store)),
            None => self.platform.open(),
        };
        // Whatever the reason, a store that can't be opened is one that does not answer.
        let store = opened.map_err(|error| {
            tracing::warn!(kind = kind(&error), "keychain does not open");
            Trouble::Unavailable
        })?;
        let built = store.build(SERVICE, account, self.platform.modifiers());
        self.store = Some(store);
        self.noted(built)
    }

    /// Translates an error, and forgets the connection that it came over.
    fn noted<T>(&mut self, result: keyring_core::Result<T>) -> Result<T, Trouble> {
        result.map_err(|error| {
            // Only the kind: some errors carry the secret itself.
            tracing::warn!(kind = kind(&error), "keychain");
            self.store = None;
            trouble(&error)
        })
    }
}

/// Puts one value in the place of several copies, all of which were set aside before.
fn rewrite(entry: &Entry, copies: &[Entry], secret: &[u8]) -> keyring_core::Result<()> {
    copies.iter().try_for_each(Entry::delete_credential)?;
    entry.set_secret(secret)
}

fn former_accounts(clinic: &str) -> impl Iterator<Item = String> + use<> {
    let clinic = clinic.to_owned();
    (1..=FORMER_MAX).map(move |n| format!("{clinic}.former-{n}"))
}

fn counter_account(clinic: &str) -> String {
    format!("{clinic}.counter")
}

fn key(bytes: &[u8]) -> Option<Secret> {
    bytes.try_into().ok().map(Zeroizing::new)
}

fn trouble(error: &Error) -> Trouble {
    match error {
        Error::NoEntry => Trouble::Missing,
        Error::NoStorageAccess(_) => Trouble::Locked,
        Error::BadEncoding(_) | Error::BadDataFormat(..) => Trouble::Wrong,
        _ => Trouble::Unavailable,
    }
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::PlatformFailure(_) => "platform-failure",
        Error::NoStorageAccess(_) => "no-access",
        Error::NoEntry => "no-entry",
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "bad-data",
        Error::BadStoreFormat(_) => "bad-store",
        Error::TooLong(..) | Error::Invalid(..) => "invalid",
        Error::Ambiguous(_) => "ambiguous",
        Error::NotSupportedByStore(_) => "not-supported",
        _ => "other",
    }
}
