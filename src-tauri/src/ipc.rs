//! The one list of commands and events: handler, permissions and TypeScript follow from it.
use crate::commands::{backups, desks, leads, life, outage, people, shell};
use crate::status;
use std::path::Path;
use tauri::Runtime;
use tauri_specta::{Builder, collect_commands, collect_events};

/// Commands and events, for the application and for whoever writes down their types.
#[must_use]
pub fn interface<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(collect_commands![
            life::status,
            life::retry_start,
            life::repair_data,
            life::found_clinic,
            life::renew_kit,
            life::check_kit,
            life::claim_server,
            life::recover_with_words,
            life::lock,
            life::unlock,
            life::desk,
            life::set_person,
            leads::leads,
            leads::lead,
            leads::act,
            leads::add_lead,
            leads::undo,
            leads::merge_leads,
            leads::unmerge_lead,
            leads::use_phone,
            leads::check_phone,
            leads::save_draft,
            leads::today,
            leads::saved_views,
            leads::save_view,
            leads::delete_view,
            shell::sync_status,
            shell::sync_now,
            shell::settings,
            shell::set_settings,
            shell::user_active,
            shell::quit,
            desks::desks,
            desks::invite_desk,
            desks::inviting,
            desks::confirm_desk,
            desks::cancel_invitation,
            desks::save_invitation,
            desks::revoke_desk,
            desks::rename_desk,
            desks::join_clinic,
            desks::joining,
            desks::cancel_joining,
            desks::read_invitation,
            desks::recover_from_server,
            desks::check_kit_words,
            people::people,
            people::session,
            people::add_person,
            people::change_person,
            people::dismiss_person,
            people::set_pin,
            people::sign_in,
            outage::drives,
            outage::export_bundle,
            outage::import_bundle,
            outage::cancel_bundle,
            backups::backups,
            backups::choose_backup_place,
            backups::back_up_now,
            backups::drill_now,
            backups::find_backups,
            backups::restore_backup,
        ])
        .events(collect_events![
            status::LeadsChanged,
            status::SyncChanged,
            status::PhaseChanged,
            status::FocusSearch,
            status::LeaveAsked,
            status::NewLeadArrived,
            status::InvitingChanged,
            status::JoiningChanged,
            status::DesksChanged,
            status::PeopleChanged,
            status::BundleProgress,
            status::BackupsChanged,
        ])
        // The only 64-bit numbers are milliseconds since 1970: far below 2^53.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}

/// Writes the TypeScript side of [`interface`] to `file`.
pub fn write_bindings(file: &Path) -> Result<(), specta_typescript::Error> {
    interface::<tauri::Wry>().export(
        specta_typescript::Typescript::default()
            .header("// Written by `cargo test bindings_are_current`. Don't edit.\n"),
        file,
    )
}
