//! For whoever runs the server.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    keeper::report,
    problem::{Problem, ProblemDocument},
};

#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// The store was written and read just now.
    ok: bool,
    /// Whether a clinic has claimed this server.
    claimed: bool,
}

/// Writes to the store and reads it back.
#[utoipa::path(get, path = "/healthz", tag = "operator",
    responses((status = 200, body = Health),
              (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn healthz(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    let before = app.now();
    app.keeper.probe().await?;
    let probed = app
        .store
        .probed_ms()
        .await
        .map_err(|error| report(&error))?;
    // Another probe may have been a moment earlier or later; an old time is a write that was lost.
    if probed.abs_diff(before) > 60_000 {
        return Err(Problem::Internal);
    }
    Ok(Json(Health {
        ok: true,
        claimed: app.members().is_ok(),
    }))
}

/// Counts and times as `OpenMetrics` text, without personal data.
#[utoipa::path(get, path = "/metrics", tag = "operator",
    responses((status = 200, content_type = "application/openmetrics-text", body = String)))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, media)], app.metrics.text()).into_response()
}

/// This interface as an `OpenAPI` document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "operator",
    responses((status = 200, content_type = "application/json", body = String)))]
pub(super) async fn openapi(State(app): State<Arc<App>>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        app.openapi.clone(),
    )
        .into_response()
}
