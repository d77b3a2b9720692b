//! More PCs of one clinic, and connections between them.
use std::path::Path;
use std::sync::Arc;

use rand::random;
use seal::RootSecret;
use tempfile::TempDir;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use vault::peer::{Link, PeerError};
use vault::{DeskPlan, SharedClock, Vault};

use super::{Clinic, TestClock, sealed};

/// Another PC of the clinic.
pub(crate) struct Second {
    pub vault: Vault,
    pub dir: TempDir,
}

/// A PC that has what the first had, and was made a PC of the clinic by the words on paper. The first
/// is open again afterwards, and does not know of it.
pub(crate) async fn second(clinic: &mut Clinic, name: &str) -> Second {
    clinic.close().await;
    let dir = tempfile::tempdir().unwrap();
    copy(clinic.dir.path(), dir.path());
    clinic.vault = clinic.unlock(None).await.unwrap();
    let root: [u8; 32] = random();
    let clock = TestClock::at(super::MORNING);
    let plan = DeskPlan {
        branch: "Quận 5".into(),
        desk: name.into(),
        person: String::new(),
    };
    let locked = sealed(dir.path()).await.unwrap();
    let shared = Arc::clone(&clock) as SharedClock;
    let root_secret = RootSecret::from_bytes(root);
    let recovered = locked
        .recover(&clinic.kit.root, &root_secret, plan, shared)
        .await;
    let vault = recovered.map_err(|(_, error)| error).unwrap().vault;
    Second { vault, dir }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() && entry.file_name() != "letan.lock" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Dials from one to the other; the other answers as long as it likes.
pub(crate) async fn connect(
    from: &Vault,
    to: &Vault,
) -> Result<(Link, JoinHandle<PeerError>), (PeerError, PeerError)> {
    let (near, far) = tokio::io::duplex(1 << 16);
    meet(from, near, to, far).await
}

pub(crate) async fn meet(
    from: &Vault,
    near: DuplexStream,
    to: &Vault,
    far: DuplexStream,
) -> Result<(Link, JoinHandle<PeerError>), (PeerError, PeerError)> {
    let (link, guest) = tokio::join!(from.greet(near), to.let_in(far));
    match (link, guest) {
        (Ok(link), Ok(mut guest)) => {
            let serving = tokio::spawn(async move { guest.serve().await.unwrap_err() });
            Ok((link, serving))
        }
        (link, guest) => Err((
            link.err().unwrap_or(PeerError::Ended),
            guest.err().unwrap_or(PeerError::Ended),
        )),
    }
}
