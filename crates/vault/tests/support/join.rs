//! A second PC, let in through the waiting room.
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use vault::view::{DeskRole, Inviting, JoinForm, Joining};
use vault::{Event, Knock, MemberError, RootSecret, SharedClock, Vault};

use super::{Clinic, TestClock, sealed};

/// A PC that joined.
pub(crate) struct Joined {
    pub dir: TempDir,
    pub clock: Arc<TestClock>,
    pub root: [u8; 32],
    pub vault: Vault,
}

pub(crate) fn form(code: &str, desk: &str) -> JoinForm {
    JoinForm {
        code: code.into(),
        server: None,
        desk: desk.into(),
        branch: "Quận 7".into(),
    }
}

/// Waits until the invitation stands as `wanted`.
pub(crate) async fn until(vault: &Vault, wanted: impl Fn(&Inviting) -> bool) -> Inviting {
    let mut events = vault.events();
    let waiting = async {
        loop {
            let now = vault.inviting();
            if wanted(&now) {
                return now;
            }
            loop {
                if let Ok(Event::Inviting(_)) = events.recv().await {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("the invitation never came so far")
}

pub(crate) fn digits(joining: &Joining) -> String {
    match joining {
        Joining::Confirm { digits, .. } => digits.clone(),
        other => panic!("no digits in {other:?}"),
    }
}

/// Knocks, compares the digits, and gives the knock with what the inviting screen shows.
pub(crate) async fn knock(
    inviter: &Vault,
    role: DeskRole,
    desk: &str,
    clock: &Arc<TestClock>,
) -> Knock {
    let invitation = inviter.invite(role).await.unwrap();
    let clock = Arc::clone(clock) as SharedClock;
    let knock = Knock::at(&form(&invitation.link, desk), clock)
        .await
        .unwrap();
    let asked = until(inviter, |now| matches!(now, Inviting::Asked { .. })).await;
    let Inviting::Asked {
        digits: shown,
        name,
        ..
    } = asked
    else {
        unreachable!()
    };
    assert_eq!(shown, digits(&knock.view()));
    assert_eq!(name, desk);
    knock
}

/// Lets a PC in and opens its vault; nothing is exchanged yet.
pub(crate) async fn join(
    inviter: &Vault,
    role: DeskRole,
    desk: &str,
    clock: &Arc<TestClock>,
) -> Joined {
    let knock = knock(inviter, role, desk, clock).await;
    let confirmed = inviter.confirm_desk(true).await.unwrap();
    assert!(matches!(confirmed, Inviting::Joined { .. }));
    let admitted = knock.answer().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let root = *admitted.root().dangerous_bytes();
    let shared = Arc::clone(clock) as SharedClock;
    let vault = admitted.create(dir.path(), shared).await.unwrap();
    Joined {
        dir,
        clock: Arc::clone(clock),
        root,
        vault,
    }
}

/// The same, with the first exchange.
pub(crate) async fn joined(clinic: &Clinic, role: DeskRole, desk: &str) -> Joined {
    let joined = join(&clinic.vault, role, desk, &clinic.clock).await;
    joined.vault.sync().await.unwrap();
    joined
}

impl Joined {
    pub(crate) fn id(&self) -> String {
        self.vault.author().to_string()
    }

    pub(crate) async fn reopen(&mut self) {
        self.vault.close().await.unwrap();
        let root = RootSecret::from_bytes(self.root);
        let clock = Arc::clone(&self.clock) as SharedClock;
        let locked = sealed(self.dir.path()).await.unwrap();
        self.vault = locked
            .unlock(&root, clock, None)
            .await
            .map_err(|(_, error)| error)
            .unwrap();
    }
}

/// The error of a knock.
pub(crate) async fn refused(form: &JoinForm, clock: &Arc<TestClock>) -> MemberError {
    let clock = Arc::clone(clock) as SharedClock;
    match Knock::at(form, clock).await {
        Ok(_) => panic!("it was let into the room"),
        Err(error) => error,
    }
}
