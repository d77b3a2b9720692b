//! The files of a vault: who may read them, who holds them, and room kept for emergencies.
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Fault;

const DATABASE: &str = "letan.db";
const LOCK: &str = "letan.lock";
const RESERVE: &str = "letan.reserve";
/// A whole database on its way into the place of a damaged one.
const REPLACEMENT: &str = "letan.replacement";

/// Bytes kept free for locking and erasing on a full disk, unless a test says otherwise.
const RESERVE_BYTES: u64 = 64 << 20;

static RESERVE_SIZE: AtomicU64 = AtomicU64::new(RESERVE_BYTES);

/// Sets how many bytes the reserve file of vaults opened from now on holds; for tests on small disks.
#[doc(hidden)]
pub fn set_reserve_bytes(bytes: u64) {
    RESERVE_SIZE.store(bytes, Ordering::Relaxed);
}

/// Names of the files in a vault's directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    directory: PathBuf,
    database: PathBuf,
}

impl Files {
    /// Of the vault in `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            database: directory.join(DATABASE),
        }
    }

    /// The same directory, with the database under another name while it is being made.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self {
            directory: self.directory.clone(),
            database: self.directory.join(name),
        }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The database file.
    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// It has the name of a database that is in use, not of one that is being made.
    pub(crate) fn is_final(&self) -> bool {
        self.database
            .file_name()
            .is_some_and(|name| name == DATABASE)
    }

    /// The reserve file.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.directory.join(RESERVE)
    }

    /// The database and whatever SQLite put beside it.
    pub(crate) fn all(&self) -> [PathBuf; 3] {
        let with = |suffix: &str| {
            let mut name = self.database.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        [self.database.clone(), with("-wal"), with("-shm")]
    }

    /// Makes the directory, for this user only.
    pub(crate) fn create_directory(&self) -> Result<(), Fault> {
        fs::create_dir_all(&self.directory)?;
        restrict(&self.directory, 0o700)?;
        Ok(())
    }

    /// Makes an empty database file, for this user only; never over an existing one.
    pub(crate) fn create_database(&self) -> Result<(), Fault> {
        create_private(&self.database)
    }

    /// Whether the database carries our mark, read from its first bytes.
    pub(crate) fn check_owner(&self, mark: u32) -> Result<(), Fault> {
        let mut start = [0; 72];
        match File::open(&self.database)?.read_exact(&mut start) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Fault::Damaged);
            }
            Err(error) => return Err(error.into()),
        }
        if !start.starts_with(b"SQLite format 3\0") {
            return Err(Fault::Damaged);
        }
        if start[68..] == mark.to_be_bytes() {
            Ok(())
        } else {
            Err(Fault::Foreign)
        }
    }

    /// Takes from others what an older version or a copy may have left open to them.
    pub(crate) fn tighten(&self) -> Result<(), Fault> {
        restrict(&self.directory, 0o700)?;
        for file in self.all() {
            if file.exists() {
                restrict(&file, 0o600)?;
            }
        }
        Ok(())
    }

    /// Removes an unfinished database and what SQLite put beside it.
    pub(crate) fn discard(&self) -> Result<(), Fault> {
        for file in self.all() {
            remove(&file)?;
        }
        Ok(())
    }

    /// Deletes every database in the directory, copies that were put aside included: contents first.
    pub(crate) fn wipe(&self) -> Result<(), Fault> {
        let mut failed = None;
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.unwrap_or_default();
            let ours = name.starts_with("letan.") && name != LOCK;
            let aside = name.starts_with("damaged-") && path.is_dir();
            let wiped = if ours && path.is_file() {
                wipe_file(&path)
            } else if aside {
                wipe_directory(&path)
            } else {
                continue;
            };
            // The others go all the same.
            failed = wiped.err().or(failed);
        }
        sync_directory(&self.directory)?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Gives a finished, closed database its name, for good.
    pub(crate) fn publish(&self, to: &Self) -> Result<(), Fault> {
        File::open(&self.database)?.sync_all()?;
        fs::rename(&self.database, &to.database)?;
        sync_directory(&self.directory)?;
        Ok(())
    }

    /// Puts a finished, closed database in the place of this one, for good. Cut off at any moment,
    /// either the old one or the new one is there, and [`Files::settle`] ends what was begun.
    pub(crate) fn replace_with(&self, finished: &Self) -> Result<(), Fault> {
        finished.publish(&self.beside(REPLACEMENT))?;
        self.settle()
    }

    /// Ends a replacement that was begun. The old log must go first: it is none of the new file.
    pub(crate) fn settle(&self) -> Result<(), Fault> {
        let ready = self.beside(REPLACEMENT);
        if !ready.database.try_exists()? {
            return Ok(());
        }
        let [_, log, index] = self.all();
        for file in [log, index] {
            remove(&file)?;
        }
        sync_directory(&self.directory)?;
        fs::rename(&ready.database, &self.database)?;
        sync_directory(&self.directory)?;
        Ok(())
    }

    /// Whether there is a database, or one that is about to be put in its place. Not being able to
    /// look is no answer.
    pub(crate) fn exists(&self) -> Result<bool, Fault> {
        Ok(self.database.try_exists()? || self.beside(REPLACEMENT).database.try_exists()?)
    }

    /// Copies the database, as it is, into a new directory of its own; gives that directory.
    pub(crate) fn copy_aside(&self, now_ms: i64) -> Result<PathBuf, Fault> {
        let mut aside = self.directory.join(format!("damaged-{now_ms}"));
        let mut again = 1;
        while let Err(error) = fs::create_dir(&aside) {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error.into());
            }
            again += 1;
            aside = self.directory.join(format!("damaged-{now_ms}-{again}"));
        }
        restrict(&aside, 0o700)?;
        for file in self.all() {
            if let (true, Some(name)) = (file.exists(), file.file_name()) {
                let copy = aside.join(name);
                fs::copy(&file, &copy)?;
                restrict(&copy, 0o600)?;
                File::open(&copy)?.sync_all()?;
            }
        }
        sync_directory(&aside)?;
        Ok(aside)
    }
}

/// One instance's claim to a directory; given back when released or dropped.
pub(crate) struct Hold(Mutex<Option<File>>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}

impl Hold {
    /// Claims the directory.
    pub(crate) fn take(files: &Files) -> Result<Self, Fault> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(files.directory.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Mutex::new(Some(file)))),
            Err(TryLockError::WouldBlock) => Err(Fault::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Claims nothing: for a copy beside a database whose directory is held already.
    pub(crate) const fn of_another() -> Self {
        Self(Mutex::new(None))
    }

    /// Claims a directory that was in use before; makes nothing.
    pub(crate) fn look(files: &Files) -> Result<Self, Fault> {
        if files.directory.join(LOCK).try_exists()? {
            Self::take(files)
        } else {
            Err(Fault::Io)
        }
    }

    /// Lets other instances in.
    pub(crate) fn release(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = held.take() {
            // Closing alone is not enough while a child process is being started: it has a copy.
            let _ = file.unlock();
        }
    }
}

/// Room on the disk that can be given up.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    spent: AtomicBool,
}

impl Reserve {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            bytes: RESERVE_SIZE.load(Ordering::Relaxed),
            spent: AtomicBool::new(false),
        }
    }

    /// The room was given up and is not back yet.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Acquire)
    }

    /// Gives the room up.
    pub(crate) fn spend(&self) {
        self.spent.store(true, Ordering::Release);
        let _ = fs::remove_file(&self.path);
    }

    /// Takes the room (back), unless it is there.
    pub(crate) fn fill(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| found.len() == self.bytes) {
            self.spent.store(false, Ordering::Release);
            return Ok(());
        }
        let filled = self.write();
        if filled.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        self.spent.store(filled.is_err(), Ordering::Release);
        filled
    }

    /// Bytes that no file system can compress away.
    fn write(&self) -> io::Result<()> {
        let mut file =
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&self.path)?;
        let mut noise = blake3::Hasher::new().finalize_xof();
        let mut block = vec![0; 1 << 20];
        let mut left = self.bytes;
        while left > 0 {
            noise.fill(&mut block);
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            file.write_all(&block[..length])?;
            left -= length as u64;
        }
        file.sync_all()
    }
}

/// Empties a file, durably, then removes it.
fn wipe_file(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).truncate(true).open(path)?;
    file.sync_all()?;
    fs::remove_file(path)
}

fn wipe_directory(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        wipe_file(&entry?.path())?;
    }
    fs::remove_dir(path)
}

/// Makes an empty file, for this user only; never over an existing one.
pub(crate) fn create_private(path: &Path) -> Result<(), Fault> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    Ok(())
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> Result<(), Fault> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let now = fs::metadata(path)?.permissions().mode() & 0o777;
    if now & !mode == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// On Windows the user's profile directory is private already.
#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path());
        (dir, files)
    }

    #[test]
    fn a_dropped_hold_lets_others_in_although_a_child_has_a_copy_of_it() {
        let (_dir, files) = files();
        let hold = Hold::take(&files).unwrap();
        let copy = hold
            .0
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .try_clone()
            .unwrap();
        drop(hold);
        assert!(Hold::take(&files).is_ok());
        drop(copy);
    }

    #[test]
    fn a_replacement_cut_off_at_any_moment_leaves_a_database_and_is_ended() {
        let (_dir, files) = files();
        for done in 0..3 {
            fs::write(files.database(), "old").unwrap();
            fs::write(&files.all()[1], "old log").unwrap();
            let ready = files.beside(REPLACEMENT);
            fs::write(ready.database(), "new").unwrap();
            if done > 0 {
                remove(&files.all()[1]).unwrap();
            }
            if done > 1 {
                // What removing before renaming would have left.
                remove(files.database()).unwrap();
            }
            assert!(files.exists().unwrap());
            files.settle().unwrap();
            assert_eq!(fs::read(files.database()).unwrap(), b"new");
            assert!(!files.all()[1].exists());
            assert!(!ready.database().exists());
        }
    }

    #[test]
    fn what_was_put_aside_once_is_never_written_over() {
        let (_dir, files) = files();
        fs::write(files.database(), "first").unwrap();
        let first = files.copy_aside(7).unwrap();
        fs::write(files.database(), "second").unwrap();
        let second = files.copy_aside(7).unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read(first.join(DATABASE)).unwrap(), b"first");
        assert_eq!(fs::read(second.join(DATABASE)).unwrap(), b"second");
    }

    #[cfg(unix)]
    #[test]
    fn a_place_that_can_not_be_looked_at_is_not_taken_for_empty() {
        let (dir, _) = files();
        let file = dir.path().join("a file");
        fs::write(&file, "").unwrap();
        assert!(Files::new(&file).exists().is_err());
    }
}
