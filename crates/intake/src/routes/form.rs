//! The form's files, and the style of the pages around it.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    form, page,
    problem::{Problem, ProblemDocument},
};

/// The script that draws the form into a page and seals what is sent.
#[utoipa::path(get, path = "/v1/form.js", tag = "public",
    responses((status = 200, content_type = "text/javascript", body = String),
              (status = 304, description = "The script is the one that the browser has")))]
pub(super) async fn script(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let tag = format!("\"{}\"", app.form.script_hash);
    let mut response = if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == tag.as_str())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (
            [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
            form::SCRIPT,
        )
            .into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    let fresh = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}

/// The form as a page of its own; works without script.
#[utoipa::path(get, path = "/v1/form.html", tag = "public",
    responses((status = 200, content_type = "text/html", body = String),
              (status = 503, content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    let Ok(members) = app.members() else {
        return page::trouble(&Problem::NotClaimed);
    };
    let html = form::page(&members.clinic, &app.opened.issue(app.now()));
    let media = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_SECURITY_POLICY, app.form.policy()),
    ];
    (headers, html).into_response()
}

/// The style of the pages that answer a post without script.
#[utoipa::path(get, path = "/v1/page.css", tag = "public",
    responses((status = 200, content_type = "text/css", body = String)))]
pub(super) async fn style() -> Response {
    css(page::STYLE)
}

/// The style of the form's page.
#[utoipa::path(get, path = "/v1/form.css", tag = "public",
    responses((status = 200, content_type = "text/css", body = String)))]
pub(super) async fn form_style() -> Response {
    css(form::STYLE)
}

fn css(style: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, style).into_response()
}
