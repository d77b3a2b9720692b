//! Which keychain this desktop has and how an entry is asked for in it.
use keyring_core::{CredentialStore, Result};
use std::collections::HashMap;
use std::sync::Arc;

type Open = Box<dyn FnMut() -> Result<Arc<CredentialStore>> + Send>;

/// A kind of keychain: how to reach it, and what an entry needs besides its name.
pub struct Platform {
    open: Open,
    modifiers: HashMap<&'static str, &'static str>,
}

impl Platform {
    /// The keychain of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self {
            open: Box::new(open_system),
            modifiers: system_modifiers(),
        }
    }

    /// Any store, for tests; asked again after every failure.
    #[must_use]
    pub fn custom(open: impl FnMut() -> Result<Arc<CredentialStore>> + Send + 'static) -> Self {
        Self {
            open: Box::new(open),
            modifiers: HashMap::new(),
        }
    }

    /// Connects; may be tried again after a failure.
    pub(super) fn open(&mut self) -> Result<Arc<CredentialStore>> {
        (self.open)()
    }

    /// What an entry needs besides its name; `None` if nothing.
    pub(super) fn modifiers(&self) -> Option<&HashMap<&str, &str>> {
        (!self.modifiers.is_empty()).then_some(&self.modifiers)
    }
}

#[cfg(target_os = "linux")]
fn open_system() -> Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "windows")]
fn open_system() -> Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open_system() -> Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "linux")]
fn system_modifiers() -> HashMap<&'static str, &'static str> {
    // What a person reads who looks into the keychain, before she deletes something.
    HashMap::from([("label", "Lễ Tân: khoá dữ liệu phòng khám, đừng xoá")])
}

#[cfg(target_os = "windows")]
fn system_modifiers() -> HashMap<&'static str, &'static str> {
    // The store's default would let the key roam with the Windows profile.
    HashMap::from([("persistence", "local")])
}

#[cfg(target_os = "macos")]
fn system_modifiers() -> HashMap<&'static str, &'static str> {
    HashMap::new()
}
