//! The folder that backups go to: what lies there, what is too old, and whether it takes files.
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use casebook::day::DAY_MS;
use casebook::text;
use ledger::{AuthorId, ClinicId};
use seal::backup::About;

use super::{file, off_thread};
use crate::failure::BackupError;
use crate::view::{BackupFile, Millis};

/// How the names of backups end.
pub(super) const ENDING: &str = ".letan-backup";
/// How the name of one that is not whole yet ends.
pub(super) const PART: &str = ".letan-backup.part";
/// How the names of backups begin; also the name of the folder for them.
const NAME: &str = "LeTan";
/// How long backups are kept: what we promise to those whose data are in them.
const KEPT: i64 = 35 * DAY_MS;
/// Longest name that is shown, in characters.
const NAME_SHOWN: usize = 200;
/// Folders that are looked into on a drive.
const MOST_FOLDERS: usize = 200;

/// A backup that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBackup {
    /// Where it lies.
    pub path: PathBuf,
    /// The clinic.
    pub clinic: ClinicId,
    /// The PC that made it.
    pub author: AuthorId,
    /// As a window shows it, under its path as id.
    pub shown: BackupFile,
}

/// Backups in a folder and the folders in it, newest first. What can't be read is not listed.
pub async fn find_backups(root: &Path) -> Vec<FoundBackup> {
    let root = root.to_owned();
    let found = tokio::task::spawn_blocking(move || find(&root));
    found.await.unwrap_or_default()
}

fn find(root: &Path) -> Vec<FoundBackup> {
    let mut folders = vec![root.to_owned(), root.join(NAME)];
    let inside = fs::read_dir(root).into_iter().flatten().flatten();
    let inside = inside.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    for folder in inside.take(MOST_FOLDERS).map(|entry| entry.path()) {
        folders.extend([folder.join(NAME), folder]);
    }
    folders.sort();
    folders.dedup();
    let mut found: Vec<FoundBackup> = folders.iter().flat_map(|folder| whole(folder)).collect();
    found.sort_by_key(|backup| std::cmp::Reverse(backup.shown.made_at));
    found
}

/// Backups in one folder that are as long as they should be.
fn whole(folder: &Path) -> Vec<FoundBackup> {
    let named = named(folder, ENDING);
    let read = |path: PathBuf| {
        let header = file::header(&path).ok()?;
        let bytes = fs::metadata(&path).ok()?.len();
        let about: &About = header.about();
        (bytes == file::length(&header)).then(|| FoundBackup {
            clinic: about.clinic,
            author: about.author,
            shown: BackupFile {
                id: path.to_string_lossy().into_owned(),
                file: file_name(&path),
                // Whoever wrote the file may have written anything.
                desk: text::one_line(&about.desk, NAME_SHOWN),
                clinic: text::one_line(&about.clinic_name, NAME_SHOWN),
                made_at: about.made_ms,
                bytes,
            },
            path,
        })
    };
    named.into_iter().filter_map(read).collect()
}

fn named(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| file_name(path).ends_with(ending) && path.is_file())
        .collect()
}

pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// This PC's backups in a folder, newest first: those with our header and our author, whole or not.
pub(super) fn own(folder: &Path, author: AuthorId, ending: &str) -> Vec<(PathBuf, Millis)> {
    let mut own: Vec<(PathBuf, Millis)> = named(folder, ending)
        .into_iter()
        .filter_map(|path| {
            let header = file::header(&path).ok()?;
            let about = header.about();
            (about.author == author).then_some((path, about.made_ms))
        })
        .collect();
    own.sort_by_key(|(_, made_ms)| std::cmp::Reverse(*made_ms));
    own
}

/// Deletes this PC's backups that are too old, and what a run that was cut off left; gives how
/// many are kept. The newest one that no drill found `damaged` is never deleted: while no newer
/// one comes about, an old one is better than none.
pub(super) fn tidy(folder: &Path, author: AuthorId, damaged: Option<&str>, now: Millis) -> u32 {
    for (part, _) in own(folder, author, PART) {
        remove(&part);
    }
    let mut kept = own(folder, author, ENDING);
    let sound = |(path, _): &(PathBuf, Millis)| damaged != Some(file_name(path).as_str());
    let newest = kept.iter().find(|one| sound(one)).cloned();
    kept.retain(|one| {
        let old = now.saturating_sub(one.1) > KEPT;
        !(old && Some(one) != newest.as_ref() && remove(&one.0))
    });
    u32::try_from(kept.len()).unwrap_or(u32::MAX)
}

/// Deletes this PC's backups that are too old from a folder that they no longer go to; whether
/// some may still lie there.
pub(super) fn tidy_former(folder: &Path, author: AuthorId, now: Millis) -> bool {
    let mut left = own(folder, author, ENDING);
    left.retain(|one| now.saturating_sub(one.1) <= KEPT || !remove(&one.0));
    !folder.is_dir() || !left.is_empty()
}

fn remove(path: &Path) -> bool {
    let removed = fs::remove_file(path).is_ok();
    if !removed {
        tracing::warn!("an old backup could not be deleted");
    }
    removed
}

/// Writes a small file into the folder and deletes it again.
pub(super) async fn prove_writable(folder: &Path) -> Result<(), BackupError> {
    let folder = folder.to_owned();
    off_thread(move || {
        if !folder.is_dir() {
            return Err(BackupError::PlaceMissing);
        }
        let trial = folder.join(format!(".{NAME}-{}", rand::random::<u64>()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&trial)?;
        let written = write_trial(file);
        fs::remove_file(&trial)?;
        written
    })
    .await
}

fn write_trial(mut file: File) -> Result<(), BackupError> {
    use std::io::Write as _;
    file.write_all(NAME.as_bytes())?;
    Ok(file.sync_all()?)
}

/// Name of the backup of the PC `desk`, made at `now`; after the first `tries` names were taken.
pub(super) fn name(desk: &str, now: Millis, tries: u32) -> String {
    let folded = text::fold(desk);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric());
    let desk: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let desk = desk.join("-");
    let desk: String = desk.chars().take(40).collect();
    let again = if tries > 0 {
        format!("-{tries}")
    } else {
        String::new()
    };
    format!("{NAME}-{desk}-{}{again}", stamp(now))
}

/// `yyyymmdd-hhmmss` as the clinic's clock has it.
fn stamp(now: Millis) -> String {
    let date = casebook::day::date(now).unwrap_or(jiff::civil::Date::ZERO);
    let seconds = now.saturating_sub(casebook::day::start(now)) / 1000;
    format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}",
        date.year(),
        date.month(),
        date.day(),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::name;

    /// 2026-11-23 00:00 in Ho Chi Minh City.
    const MIDNIGHT: i64 = 1_795_366_800_000;

    #[test]
    fn a_backup_is_called_after_its_pc_and_its_moment() {
        let at = MIDNIGHT + 2 * 3_600_000 + 5_000;
        assert_eq!(name("Quầy 1", at, 0), "LeTan-quay-1-20261123-020005");
        assert_eq!(name("../../", at, 2), "LeTan--20261123-020005-2");
    }
}
