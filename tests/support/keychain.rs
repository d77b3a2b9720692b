//! A keychain in memory that can be put into any mood a real one was seen in.
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use le_tan_lib::keychain::{Keychain, Platform, SERVICE};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// How the keychain behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// Wants a password: reading what is there and writing anything is refused.
    Locked,
    /// No service answers.
    Gone,
    /// The service answers, and every question ends in a failure of its own.
    Failing,
    /// Says that it wrote, and didn't.
    Forgetful,
    /// Writes something else than it was given.
    Garbling,
}

/// The entries, and how often one was written.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) entries: BTreeMap<String, Vec<u8>>,
    /// A second value under the same name, which makes it ambiguous.
    pub(crate) copies: BTreeMap<String, Vec<u8>>,
    pub(crate) writes: u32,
    /// The test is about a removal, the only time that the product deletes an entry by its name.
    pub(crate) may_delete: bool,
}

/// A keychain whose mood and contents the test holds.
#[derive(Debug, Clone)]
pub(crate) struct Moody {
    mood: Arc<Mutex<Mood>>,
    contents: Arc<Mutex<Contents>>,
}

impl Moody {
    pub(crate) fn new(mood: Mood) -> Self {
        Self {
            mood: Arc::new(Mutex::new(mood)),
            contents: Arc::default(),
        }
    }

    /// The product's keychain over this one.
    pub(crate) fn keychain(&self) -> Keychain {
        let moody = self.clone();
        Keychain::with(Platform::custom(move || match moody.mood() {
            Mood::Gone => Err(Error::PlatformFailure("no bus".into())),
            _ => Ok(Arc::new(moody.clone()) as Arc<CredentialStore>),
        }))
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Contents) -> T) -> T {
        look(&mut self.contents.lock().unwrap())
    }

    /// The value under `account`.
    pub(crate) fn value(&self, account: &str) -> Option<Vec<u8>> {
        self.with(|contents| contents.entries.get(account).cloned())
    }

    /// Names of the entries.
    pub(crate) fn accounts(&self) -> Vec<String> {
        self.with(|contents| contents.entries.keys().cloned().collect())
    }
}

impl CredentialStoreApi for Moody {
    fn vendor(&self) -> String {
        "moody".into()
    }

    fn id(&self) -> String {
        "moody".into()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        assert_eq!(service, SERVICE);
        Ok(Entry::new_with_credential(Arc::new(Named {
            keychain: self.clone(),
            account: user.to_owned(),
            copy: false,
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Named {
    keychain: Moody,
    account: String,
    copy: bool,
}

impl Named {
    fn ambiguous(&self) -> Option<Error> {
        let copied = self
            .keychain
            .with(|contents| contents.copies.contains_key(&self.account));
        (copied && !self.copy).then(|| {
            let entries = [false, true].map(|second| {
                Entry::new_with_credential(Arc::new(OneOf {
                    keychain: self.keychain.clone(),
                    account: self.account.clone(),
                    second,
                }))
            });
            Error::Ambiguous(entries.into())
        })
    }
}

impl CredentialApi for Named {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let written = match self.keychain.mood() {
            Mood::Locked => return Err(Error::NoStorageAccess("prompt dismissed".into())),
            Mood::Gone | Mood::Failing => return Err(Error::PlatformFailure("broken".into())),
            Mood::Forgetful => return Ok(()),
            Mood::Garbling => secret.iter().rev().copied().collect(),
            Mood::Well => secret.to_vec(),
        };
        if let Some(ambiguous) = self.ambiguous() {
            return Err(ambiguous);
        }
        self.keychain.with(|contents| {
            contents.writes += 1;
            contents.entries.insert(self.account.clone(), written);
        });
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let found = self.keychain.value(&self.account);
        match (self.keychain.mood(), found) {
            (Mood::Gone | Mood::Failing, _) => Err(Error::PlatformFailure("broken".into())),
            // So the Secret Service was seen to do: "no such entry", also behind a lock.
            (_, None) => Err(Error::NoEntry),
            (Mood::Locked, Some(_)) => Err(Error::NoStorageAccess("prompt dismissed".into())),
            (_, Some(secret)) => self.ambiguous().map_or(Ok(secret), Err),
        }
    }

    fn delete_credential(&self) -> Result<()> {
        self.keychain.with(|contents| {
            assert!(
                contents.may_delete,
                "the product deletes an entry by its name"
            );
            contents.copies.remove(&self.account);
            let found = contents.entries.remove(&self.account);
            found.map(drop).ok_or(Error::NoEntry)
        })
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((SERVICE.into(), self.account.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One of two entries of the same name.
#[derive(Debug)]
struct OneOf {
    keychain: Moody,
    account: String,
    second: bool,
}

impl CredentialApi for OneOf {
    fn set_secret(&self, _: &[u8]) -> Result<()> {
        panic!("the product never writes into one of several copies");
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let secret = self.keychain.with(|contents| {
            let place = if self.second {
                &contents.copies
            } else {
                &contents.entries
            };
            place.get(&self.account).cloned()
        });
        secret.ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        self.keychain.with(|contents| {
            let place = if self.second {
                &mut contents.copies
            } else {
                &mut contents.entries
            };
            place.remove(&self.account);
        });
        Ok(())
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((SERVICE.into(), self.account.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
