//! A private place inside the data directory for what exists only while a backup or a drill runs.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::store::Fault;
use crate::store::files::Files;

const NAME: &str = "backup-work";
/// Bytes that are written over at once.
const BLOCK: usize = 1 << 20;

/// The place; what is in it is written over and deleted when it is dropped.
pub(super) struct Work {
    directory: PathBuf,
}

impl Work {
    /// Makes the place anew inside `data`.
    pub(super) fn begin(data: &Path) -> Result<Self, Fault> {
        sweep(data);
        let work = Self {
            directory: data.join(NAME),
        };
        Files::new(&work.directory).create_directory()?;
        Ok(work)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if wipe(&self.directory).is_err() {
            tracing::warn!("what a backup left could not be deleted");
        }
    }
}

/// Deletes what a run that was cut off left in `data`.
pub(crate) fn sweep(data: &Path) {
    let left = data.join(NAME);
    if left.exists() && wipe(&left).is_err() {
        tracing::warn!("what a backup left could not be deleted");
    }
}

/// Writes over and deletes the files in a directory, and the directory.
fn wipe(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // It is sealed anyway: deleting it matters more than writing over it.
        let _ = overwrite(&path);
        fs::remove_file(&path)?;
    }
    fs::remove_dir(directory)
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut left = fs::metadata(path)?.len();
    let mut file = OpenOptions::new().write(true).open(path)?;
    let zeros = vec![0; BLOCK];
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        file.write_all(&zeros[..part])?;
        left -= part as u64;
    }
    File::sync_all(&file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_the_work_nor_of_one_that_was_cut_off() {
        let data = tempfile::tempdir().unwrap();
        for cut_off in [false, true] {
            let work = Work::begin(data.path()).unwrap();
            fs::write(work.directory().join("letan.db"), vec![7; 3 << 20]).unwrap();
            if cut_off {
                std::mem::forget(work);
                sweep(data.path());
            } else {
                drop(work);
            }
            assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn every_byte_is_written_over() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("file");
        fs::write(&path, vec![7; BLOCK + 5]).unwrap();
        overwrite(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), vec![0; BLOCK + 5]);
    }
}
