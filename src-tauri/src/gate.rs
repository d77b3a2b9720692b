//! What each command needs of the person at the desk: asked before it runs, whoever calls it.
//!
//! The vault asks again before anything personal is read or written; this list also covers what
//! never reaches the vault. A command that is not in it runs for nobody.
use crate::desk::Desk;
use crate::failure::{Code, Failure};
use tauri::ipc::Invoke;
use tauri::{Manager as _, Runtime};
use vault::view::Power;

/// What a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it tells nothing personal, or works only where no data are open.
    Nothing,
    /// Somebody at the desk who has this power.
    Power(Power),
}

/// What `command` needs; `None` for one that nobody has thought about.
#[must_use]
pub fn needs(command: &str) -> Option<Needs> {
    Some(match command {
        // The application itself and its lock; then what a PC without data is asked, or one whose
        // data do not open: nobody can be signed in there.
        "status"
        | "retry_start"
        | "unlock"
        | "lock"
        | "desk"
        | "sync_status"
        | "sync_now"
        | "settings"
        | "user_active"
        | "quit"
        | "people"
        | "sign_in"
        | "found_clinic"
        | "repair_data"
        | "recover_with_words"
        | "recover_from_server"
        | "join_clinic"
        | "joining"
        | "cancel_joining"
        | "read_invitation"
        | "find_backups"
        | "restore_backup" => Needs::Nothing,
        "leads" | "lead" | "act" | "add_lead" | "undo" | "merge_leads" | "unmerge_lead"
        | "use_phone" | "check_phone" | "save_draft" | "today" | "saved_views" | "save_view"
        | "delete_view" | "set_person" | "session" | "set_pin" | "desks" => {
            Needs::Power(Power::WorkLeads)
        }
        "set_settings" => Needs::Power(Power::ChangeSettings),
        "add_person" | "change_person" | "dismiss_person" => Needs::Power(Power::ManagePeople),
        "invite_desk" | "inviting" | "confirm_desk" | "cancel_invitation" | "save_invitation"
        | "revoke_desk" | "rename_desk" => Needs::Power(Power::ManageDesks),
        "claim_server" => Needs::Power(Power::ManageServer),
        "renew_kit" | "check_kit" | "check_kit_words" => Needs::Power(Power::ManageKit),
        "backups" | "choose_backup_place" | "back_up_now" | "drill_now" => {
            Needs::Power(Power::ManageBackup)
        }
        "drives" | "export_bundle" | "import_bundle" | "cancel_bundle" => {
            Needs::Power(Power::CarryBundles)
        }
        _ => return None,
    })
}

impl Desk {
    /// Whether `command` may run now. Where no data are open it may: it then says so itself, or
    /// is one that opens them.
    pub fn gate(&self, command: &str) -> Result<(), Failure> {
        let power = match needs(command) {
            None => return Err(Failure::new(Code::NotAllowed)),
            Some(Needs::Nothing) => return Ok(()),
            Some(Needs::Power(power)) => power,
        };
        match self.vault() {
            // Leads wait for the answer inside the vault; all else can be asked again.
            Ok(vault) if power != Power::WorkLeads && !vault.knows_people() => {
                Err(Failure::new(Code::Busy))
            }
            Ok(vault) => Ok(vault.may(power)?),
            Err(closed) if closed.code == Code::Locked => Err(closed),
            Err(_) => Ok(()),
        }
    }
}

/// Lets through what may run, answers the rest.
pub(crate) fn keep<R: Runtime>(
    commands: impl Fn(Invoke<R>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    move |invoke| {
        let webview = invoke.message.webview_ref();
        match webview.state::<Desk>().gate(invoke.message.command()) {
            Ok(()) => commands(invoke),
            Err(failure) => {
                invoke.resolver.reject(failure);
                true
            }
        }
    }
}
