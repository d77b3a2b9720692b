//! Around every request: its time, its count, its line in the log, and no panic that gets out.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;

use crate::{
    app::App,
    metrics,
    problem::{Problem, ProblemName},
};

/// The server's time on every answer, milliseconds since the Unix epoch.
pub(crate) const TIME: HeaderName = HeaderName::from_static("letan-time");

/// Answers a request through the rest of the server.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let kind = (route(&request), method(request.method()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        app.metrics.panics.inc();
        Problem::Internal.into_response()
    });
    dress(&mut response, app.now());
    record(&app, kind, &response, began);
    response
}

/// The route's template: never the address itself, which a visitor could write anything into.
fn route(request: &Request) -> String {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned()
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn dress(response: &mut Response, now_ms: i64) {
    let headers = response.headers_mut();
    headers.insert(TIME, HeaderValue::from(now_ms));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn record(app: &App, (route, method): (String, &'static str), response: &Response, began: Instant) {
    let took = began.elapsed();
    let status = response.status().as_u16();
    let problem = response
        .extensions()
        .get::<ProblemName>()
        .map(|name| name.0);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(route, method, status, ms, problem, "answered");
    app.metrics.answered(
        &metrics::Request {
            route,
            method,
            status,
        },
        problem,
        took,
    );
}
