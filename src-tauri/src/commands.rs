//! What the window may ask: each command parses, makes one call and answers with a view.
pub(crate) mod leads;
pub(crate) mod life;
pub(crate) mod shell;

use crate::failure::Failure;

/// What every command gives.
pub(crate) type Answer<T> = Result<T, Failure>;
