//! What the tests share: the repository's files, a keychain with moods, a world that writes down.
pub(crate) mod keychain;
pub(crate) mod world;

use std::path::{Path, PathBuf};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Its text.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap()
}

/// Everything between quotes in `text`, in order.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    text.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
