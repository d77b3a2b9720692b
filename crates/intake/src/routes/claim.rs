//! The claim of a new server by a clinic.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use data_encoding::BASE64URL_NOPAD;
use ledger::{Segment, bundle::Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clinic::ServerKeys;
use crate::{
    app::App,
    auth, body,
    config::CLAIM_BYTES,
    keeper::ClaimOrder,
    problem::{Problem, ProblemDocument},
};

/// Longest notice, in characters; it must fit the form's page.
const NOTICE: usize = 100_000;

#[derive(Deserialize, ToSchema)]
pub(super) struct Claim {
    /// The one-time setup code from the server's console.
    code: String,
    /// The clinic's ledgers from the genesis entry on, base64url; they enrol this server.
    bundle: String,
    /// The signed statement of the intake key, base64url.
    statement: String,
    /// The clinic's name as visitors read it, at most 200 characters.
    name: String,
    /// The privacy notice.
    notice: ClaimNotice,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct ClaimNotice {
    /// Version, at most 40 characters.
    version: String,
    /// The text, at most 100,000 characters.
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Claimed {
    /// The clinic's id, 32 hexadecimal digits.
    clinic: String,
    /// The server's own public keys.
    server: ServerKeys,
    /// Author to number of its last entry held.
    have: BTreeMap<String, u64>,
}

/// Gives this server to a clinic. Repeated by an owner of the same clinic, it publishes a newer
/// intake key, notice or name; the code is not asked for again, and the bundle may be empty.
#[utoipa::path(post, path = "/v1/claim", tag = "desk", request_body = Claim,
    params(("authorization" = String, Header, description = "Signed by an owner whom the bundle enrols")),
    responses(
        (status = 200, body = Claimed),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn claim(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<Claimed>, Problem> {
    let (parts, content) = request.into_parts();
    let address = app.address(&parts.headers, &parts.extensions);
    app.claims
        .take(address, app.now())
        .map_err(|retry_s| Problem::RateLimited { retry_s })?;
    let proof = auth::proof(&parts.headers)?;
    let mut held = app.bodies.hold(proof.author);
    let body = body::read_held(
        &parts.headers,
        content,
        CLAIM_BYTES,
        app.config.limits.body_timeout,
        &mut held,
    )
    .await?;
    let claim: Claim = serde_json::from_slice(&body)
        .map_err(|_| Problem::BadRequest("the body is not the JSON object of a claim"))?;
    let (notice_version, notice_text) = check_texts(&claim)?;
    let order = ClaimOrder {
        segments: segments(&decode("bundle", &claim.bundle)?)?,
        statement: decode("statement", &claim.statement)?,
        code: claim.code,
        name: claim.name,
        notice_version,
        notice_text,
        proof,
        path: auth::path_and_query(&parts).to_owned(),
        body,
    };
    let have = app.keeper.claim(order).await?;
    let clinic = app.members()?.clinic.id.to_string();
    Ok(Json(Claimed {
        clinic,
        server: ServerKeys::of(&app),
        have: have.to_map(),
    }))
}

fn check_texts(claim: &Claim) -> Result<(String, String), Problem> {
    let ClaimNotice { version, text } = &claim.notice;
    let texts = [
        ("name", &claim.name, 200),
        ("notice.version", version, 40),
        ("notice.text", text, NOTICE),
    ];
    for (field, text, longest) in texts {
        if text.trim().is_empty() || text.chars().nth(longest).is_some() {
            return Err(Problem::Unprocessable {
                field,
                detail: "the text is empty or too long",
            });
        }
    }
    Ok((version.clone(), text.clone()))
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let detail = "the field is not base64url without padding";
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| Problem::Unprocessable { field, detail })
}

fn segments(bundle: &[u8]) -> Result<Vec<Segment>, Problem> {
    let detail = "the field is not a whole bundle";
    let read: Result<Vec<Segment>, _> = Reader::new(bundle).collect();
    read.map_err(|_| Problem::Unprocessable {
        field: "bundle",
        detail,
    })
}
