//! Drives that files can be carried on: memory sticks and second disks.
use crate::failure::{Code, Failure};
use crate::status::Drive;
use std::path::{Path, PathBuf};
use sysinfo::Disks;

/// Folders that stand in for drives, separated as in PATH. For demonstrations and tests.
const STAND_INS: &str = "LETAN_DRIVES";
/// Where desktops mount what was plugged in or connected.
const MOUNTS: [&str; 4] = ["/media", "/run/media", "/mnt", "/Volumes"];

/// Every drive, removable ones first. May take a moment: off the window's thread, please.
pub(crate) fn list() -> Vec<Drive> {
    let mut drives: Vec<Drive> = stand_ins().iter().map(|dir| stand_in(dir)).collect();
    // Where the system tells nothing of its disks, there is nothing to offer.
    let disks = Disks::new_with_refreshed_list();
    for disk in disks.iter().flat_map(|disks| disks.iter()) {
        let mount = disk.mount_point();
        let plugged = disk.is_removable() || MOUNTS.iter().any(|base| mount.starts_with(base));
        let lettered = cfg!(windows) && !mount.starts_with("C:\\");
        if (plugged || lettered) && !disk.is_read_only() {
            drives.push(Drive {
                id: mount.to_string_lossy().into_owned(),
                name: name(mount),
                free: disk.available_space(),
                removable: disk.is_removable(),
            });
        }
    }
    drives.sort_by(|a, b| b.removable.cmp(&a.removable).then(a.name.cmp(&b.name)));
    drives.dedup_by(|a, b| a.id == b.id);
    drives
}

/// Where a drive of [`list`] lies; nothing else is ever taken for one.
pub(crate) fn path(id: &str) -> Result<PathBuf, Failure> {
    list()
        .into_iter()
        .find(|drive| drive.id == id)
        .map(|drive| PathBuf::from(drive.id))
        .filter(|path| path.is_dir())
        .ok_or_else(|| Failure::new(Code::DriveMissing))
}

fn stand_ins() -> Vec<PathBuf> {
    let given = std::env::var_os(STAND_INS).unwrap_or_default();
    let absolute = |dir: &PathBuf| dir.is_absolute() && dir.is_dir();
    std::env::split_paths(&given).filter(absolute).collect()
}

fn stand_in(dir: &Path) -> Drive {
    Drive {
        id: dir.to_string_lossy().into_owned(),
        name: name(dir),
        free: 0,
        removable: true,
    }
}

fn name(mount: &Path) -> String {
    mount.file_name().map_or_else(
        || mount.to_string_lossy().into_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
