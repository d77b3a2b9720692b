//! A full disk: said so, nothing lost, and closing still works.
#![cfg(target_os = "linux")]
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use vault::view::LeadAct;
use vault::{ActError, Founding, SharedClock, set_reserve_bytes};

use crate::support::{MORNING, TestClock, all, loaded, person, plan, sealed};

/// A file system of 3 MiB; `None` where this user may not mount one.
pub(crate) struct SmallDisk(pub(crate) tempfile::TempDir);

impl SmallDisk {
    pub(crate) fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(dir.path())
            .output()
            .ok()?;
        mounted.status.success().then_some(Self(dir))
    }

    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut file = File::create(&path).unwrap();
        let block = [7; 4096];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test]
#[allow(clippy::print_stderr)] // a skipped test must say so
async fn a_full_disk_is_named_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    set_reserve_bytes(1 << 16);
    let dir = disk.0.path().join("vault");
    let clock = TestClock::at(MORNING) as SharedClock;
    let founding = Founding::plan(plan(), MORNING).unwrap();
    let root = *founding.root().dangerous_bytes();
    let (vault, _) = founding.create(&dir, Arc::clone(&clock)).await.unwrap();
    let id = vault
        .add(person("A B", "0903111222", ""))
        .await
        .unwrap()
        .lead
        .row
        .id;
    let filler = disk.fill();
    let text = "x".repeat(3000);
    let mut done = 0;
    let error = loop {
        match vault.act(&id, LeadAct::Note { text: text.clone() }).await {
            Ok(_) => done += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, ActError::DiskFull);
    // The room that was freed is for closing, not for more notes.
    let again = vault.act(&id, LeadAct::Note { text: text.clone() }).await;
    assert_eq!(again.err(), Some(ActError::DiskFull));
    assert_eq!(vault.lead(&id).await.unwrap().timeline.len(), 1 + done);
    assert_eq!(vault.leads(all()).await.unwrap().rows.len(), 1);
    vault.close().await.unwrap();
    fs::remove_file(filler).unwrap();
    let locked = sealed(&dir).await.unwrap();
    let root = seal::RootSecret::from_bytes(root);
    let vault = locked
        .unlock(&root, clock, None)
        .await
        .map_err(|e| e.1)
        .unwrap();
    loaded(&vault).await;
    assert_eq!(vault.lead(&id).await.unwrap().timeline.len(), 1 + done);
    vault
        .act(
            &id,
            LeadAct::Note {
                text: "lại ghi được".into(),
            },
        )
        .await
        .unwrap();
    vault.close().await.unwrap();
}
