//! The addresses of the server, and the `OpenAPI` document that is made from them.

mod blobs;
mod claim;
mod clinic;
mod exchange;
mod form;
mod join;
mod operator;
mod submissions;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
    middleware,
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, observe, problem::Problem};

#[derive(OpenApi)]
#[openapi(info(
    title = "Lễ Tân intake",
    description = "Takes sealed questions from a clinic's website in, and hands sealed entries to its desks. \
                   Every answer has the header `letan-time`; every error is an RFC 9457 problem document."
))]
struct Document;

/// Routes that pages of other origins may use.
fn public() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(clinic::clinic))
        .routes(routes!(submissions::submit))
        .routes(routes!(form::script))
}

/// Routes of visitors without script, desks and operators.
fn private() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(form::page))
        .routes(routes!(form::style))
        .routes(routes!(form::form_style))
        .routes(routes!(claim::claim))
        .routes(routes!(exchange::pull))
        .routes(routes!(exchange::push))
        .routes(routes!(exchange::wait))
        .routes(routes!(blobs::put_blob, blobs::get_blob, blobs::head_blob))
        .routes(routes!(join::open))
        .routes(routes!(join::look, join::close))
        .routes(routes!(join::ask))
        .routes(routes!(join::answer))
        .routes(routes!(operator::openapi))
        .routes(routes!(operator::healthz))
        .routes(routes!(operator::metrics))
}

/// The `OpenAPI` document as JSON.
#[must_use]
pub fn document() -> String {
    let api = OpenApiRouter::with_openapi(Document::openapi())
        .merge(public())
        .merge(private());
    api.into_openapi().to_json().unwrap_or_default()
}

/// The server's router.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let not_allowed = || async { Problem::MethodNotAllowed };
    let public: Router<Arc<App>> = public().into();
    let private: Router<Arc<App>> = private().into();
    // Before the layer: a preflight is a method that no route has.
    public
        .method_not_allowed_fallback(not_allowed)
        .layer(cors(&app.config.allow_origins))
        .merge(private.method_not_allowed_fallback(not_allowed))
        .fallback(|| async { Problem::NotFound })
        .layer(middleware::from_fn_with_state(
            Arc::clone(app),
            observe::observe,
        ))
        .with_state(Arc::clone(app))
}

fn cors(origins: &[String]) -> CorsLayer {
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    let own = ["letan-fill-ms", "letan-trap", "letan-pow"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(
            own.into_iter()
                .chain([header::CONTENT_TYPE])
                .collect::<Vec<_>>(),
        )
        .expose_headers([observe::TIME, header::RETRY_AFTER])
        .max_age(std::time::Duration::from_hours(1))
}
