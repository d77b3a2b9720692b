//! What the clinic publishes: its intake key and its notice.

use std::sync::Arc;

use axum::{Json, extract::State};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, keeper::Members};

/// Version of this interface.
const API: u32 = 1;

#[derive(Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the interface's own names")]
pub(super) struct Clinic {
    /// Version of this interface.
    api: u32,
    /// Whether a clinic has claimed this server; the fields of the clinic are null before.
    claimed: bool,
    /// The clinic's id, 32 hexadecimal digits.
    clinic: Option<String>,
    /// The clinic's name.
    name: Option<String>,
    /// Epoch of the intake key.
    epoch: Option<u32>,
    /// X25519 public key that submissions are sealed to, base64url.
    intake_key: Option<String>,
    /// The signed statement of that key, base64url.
    statement: Option<String>,
    /// The privacy notice.
    notice: Option<Notice>,
    /// The server's own public keys.
    server: ServerKeys,
    /// Hashes of the form's files; desks compare them with what they pinned.
    form: FormHashes,
    /// Whether a proof of work is asked for.
    pow: Pow,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Notice {
    /// Version as the clinic counts it.
    version: String,
    /// SHA-256 of the text's UTF-8 bytes, hexadecimal.
    hash: String,
    /// The text.
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ServerKeys {
    /// Ed25519 public key, hexadecimal.
    pub(super) sign: String,
    /// X25519 public key, hexadecimal.
    pub(super) receive: String,
}

#[derive(Serialize, ToSchema)]
struct FormHashes {
    /// SHA-256 of `/v1/form.js`, hexadecimal.
    js: String,
    /// SHA-256 of the template of `/v1/form.html`, hexadecimal.
    html: String,
}

#[derive(Serialize, ToSchema)]
struct Pow {
    /// Leading zero bits asked for at the moment; 0 if none.
    bits: u8,
}

impl ServerKeys {
    pub(super) fn of(app: &App) -> Self {
        let me = app.keeper.view().me;
        Self {
            sign: HEXLOWER.encode(&me.sign),
            receive: HEXLOWER.encode(&me.receive),
        }
    }
}

/// The clinic's id, signed intake key and notice.
#[utoipa::path(get, path = "/v1/clinic", tag = "public", responses((status = 200, body = Clinic)))]
pub(super) async fn clinic(State(app): State<Arc<App>>) -> Json<Clinic> {
    let members = app.members().ok();
    let bits = if app.load.is_high(app.now()) {
        app.challenges.bits()
    } else {
        0
    };
    let blank = Clinic {
        api: API,
        claimed: false,
        clinic: None,
        name: None,
        epoch: None,
        intake_key: None,
        statement: None,
        notice: None,
        server: ServerKeys::of(&app),
        form: FormHashes {
            js: app.form.script_hash.clone(),
            html: app.form.page_hash.clone(),
        },
        pow: Pow { bits },
    };
    Json(match members {
        Some(members) => claimed(blank, &members),
        None => blank,
    })
}

fn claimed(blank: Clinic, members: &Members) -> Clinic {
    let clinic = &members.clinic;
    Clinic {
        claimed: true,
        clinic: Some(clinic.id.to_string()),
        name: Some(clinic.record.name.clone()),
        epoch: Some(clinic.statement.epoch.0),
        intake_key: Some(BASE64URL_NOPAD.encode(&clinic.statement.key)),
        statement: Some(BASE64URL_NOPAD.encode(&clinic.record.statement)),
        notice: Some(Notice {
            version: clinic.record.notice_version.clone(),
            hash: HEXLOWER.encode(&clinic.notice_hash),
            text: clinic.record.notice_text.clone(),
        }),
        ..blank
    }
}
