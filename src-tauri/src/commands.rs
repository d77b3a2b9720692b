//! What the window may ask: each command parses, makes one call and answers with a view.
#![allow(clippy::needless_pass_by_value)] // Tauri hands every argument over by value.

pub(crate) mod backups;
pub(crate) mod desks;
pub(crate) mod leads;
pub(crate) mod life;
pub(crate) mod outage;
pub(crate) mod people;
pub(crate) mod shell;

use crate::failure::Failure;

/// What every command gives.
pub(crate) type Answer<T> = Result<T, Failure>;
