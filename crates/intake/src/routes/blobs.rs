//! Sealed chunks of attachments, named by their hash.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ledger::BlobHash;

use crate::{
    app::App,
    auth,
    config::BLOB_BYTES,
    keeper::report,
    problem::{Problem, ProblemDocument},
};

/// Stores a chunk; the address is its hash. A chunk that is there already is left as it is.
#[utoipa::path(put, path = "/v1/blobs/{hash}", tag = "desk",
    params(("hash" = String, Path, description = "BLAKE3 of the chunk, 64 hexadecimal digits"),
           ("authorization" = String, Header, description = "Signed request of a desk")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Stored"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn put_blob(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let hash = named(&request)?;
    let signed = auth::signed(&app, request, BLOB_BYTES).await?;
    if BlobHash::of(&signed.body) != hash {
        let detail = "the chunk has another hash";
        return Err(Problem::Unprocessable {
            field: "hash",
            detail,
        });
    }
    app.keeper.keep_blob(hash, signed.body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a chunk.
#[utoipa::path(get, path = "/v1/blobs/{hash}", tag = "desk",
    params(("hash" = String, Path, description = "BLAKE3 of the chunk, 64 hexadecimal digits"),
           ("authorization" = String, Header, description = "Signed request of a desk")),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn get_blob(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let bytes = find(&app, request).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// Says whether a chunk is here, and its length: so that an upload goes on where it stopped.
#[utoipa::path(head, path = "/v1/blobs/{hash}", tag = "desk",
    params(("hash" = String, Path, description = "BLAKE3 of the chunk, 64 hexadecimal digits"),
           ("authorization" = String, Header, description = "Signed request of a desk")),
    responses((status = 200, description = "It is here"), (status = "4XX", description = "It is not, or the request is refused")))]
pub(super) async fn head_blob(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let bytes = find(&app, request).await?;
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], ()).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok(response)
}

async fn find(app: &App, request: Request) -> Result<Vec<u8>, Problem> {
    let hash = named(&request)?;
    auth::signed(app, request, 0).await?;
    app.store
        .blob(hash)
        .await
        .map_err(|error| report(&error))?
        .ok_or(Problem::NotFound)
}

fn named(request: &Request) -> Result<BlobHash, Problem> {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    name.parse().map_err(|_| Problem::NotFound)
}
