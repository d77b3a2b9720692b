//! The exchange of entries with desks: pull, push, and waiting for more.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ledger::{AuthorId, Have, Role, Segment, bundle::Reader};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth,
    config::{HAVE_BYTES, PAGE_BYTES},
    keeper::{Pushed, View, report},
    problem::{Problem, ProblemDocument},
    pull::{self, Payloads},
};

const BUNDLE: &str = "application/letan-bundle";
const MORE: HeaderName = HeaderName::from_static("letan-more");
const LEFT: HeaderName = HeaderName::from_static("letan-left");
const REVOKED: HeaderName = HeaderName::from_static("letan-revoked");
const CURSOR: HeaderName = HeaderName::from_static("letan-cursor");

#[derive(Deserialize, ToSchema)]
pub(super) struct PullAsk {
    /// Author (32 hexadecimal digits) to number of its last entry that the desk has.
    have: BTreeMap<String, u64>,
}

/// Entries that the desk lacks, in an order in which it can verify them. A desk that was revoked gets the proof of it.
#[utoipa::path(post, path = "/v1/pull", tag = "desk", request_body = PullAsk,
    params(("authorization" = String, Header, description = "Signed request of a desk")),
    responses(
        (status = 200, description = "A bundle of at most 4 MiB", content_type = "application/letan-bundle", body = Vec<u8>,
         headers(("letan-more" = u8, description = "1 if there is more to pull"),
                 ("letan-left" = u64, description = "Entries that the desk lacks beyond this bundle"),
                 ("letan-revoked" = Option<u8>, description = "1 if the desk was revoked: the bundle is the proof, the ledgers of owners and of the recovery kit, without what is sealed to the clinic"),
                 ("letan-cursor" = u64, description = "Number of the last arrival, to wait from"))),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn pull(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let signed = auth::anyone_signed(&app, request, HAVE_BYTES).await?;
    let ask: PullAsk = serde_json::from_slice(&signed.body)
        .map_err(|_| Problem::BadRequest("the body is not a JSON object with `have`"))?;
    let detail = "an author is not 32 hexadecimal digits";
    let theirs = Have::from_map(&ask.have).map_err(|_| Problem::Unprocessable {
        field: "have",
        detail,
    })?;
    let view = app.keeper.view();
    let page = if signed.active {
        let own = theirs.seq(view.me.id());
        // The view may lag a moment behind the store; the keeper knows.
        if own > view.have.seq(view.me.id()) {
            app.keeper.seen(own).await?;
        }
        pull::page(&app.store, &view.have, &theirs, Payloads::Whole, PAGE_BYTES).await
    } else {
        let proof = proof_of_revocation(&view);
        pull::page(&app.store, &proof, &theirs, Payloads::Open, PAGE_BYTES).await
    };
    let page = page.map_err(|error| report(&error))?;
    let mut response = page.bundle.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(BUNDLE));
    headers.insert(MORE, HeaderValue::from(u16::from(page.more)));
    headers.insert(LEFT, HeaderValue::from(page.left));
    headers.insert(CURSOR, HeaderValue::from(view.cursor));
    if !signed.active {
        headers.insert(REVOKED, HeaderValue::from_static("1"));
    }
    Ok(response)
}

/// The ledgers of those who may revoke: a desk that reads them sees for itself that it was.
fn proof_of_revocation(view: &View) -> Have {
    let may = |author: AuthorId| {
        let role = view
            .members
            .as_ref()
            .and_then(|all| all.roster.role(author));
        matches!(role, Some(Role::Owner | Role::Paper))
    };
    let all = view.have.0.iter().filter(|(author, _)| may(**author));
    Have(all.map(|(author, last)| (*author, *last)).collect())
}

#[derive(Serialize, ToSchema)]
pub(super) struct PushAnswer {
    /// Author to number of its last entry that the server has.
    have: BTreeMap<String, u64>,
    /// Author to numbers of entries whose payload the server lacks and nothing erased: whoever has it is to send it, in any
    /// whole segment around it. At most 1,000 numbers, the first ones.
    missing: BTreeMap<String, Vec<u64>>,
    /// Authors whose entries were not taken.
    refused: Vec<Refusal>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Refusal {
    /// Whose, 32 hexadecimal digits.
    author: String,
    /// The first entry that was not taken.
    seq: u64,
    /// A stable word: `fork`, `gap`, `bad-signature`, `unknown-author`, `server-behind` and so on.
    reason: &'static str,
}

/// Takes a desk's entries: all that it sent of an author, or none of it.
#[utoipa::path(post, path = "/v1/push", tag = "desk",
    params(("authorization" = String, Header, description = "Signed request of a desk")),
    request_body(content = Vec<u8>, content_type = "application/letan-bundle", description = "At most 4 MiB"),
    responses(
        (status = 200, body = PushAnswer),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn push(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<PushAnswer>, Problem> {
    let signed = auth::signed(&app, request, PAGE_BYTES).await?;
    let segments: Result<Vec<Segment>, _> = Reader::new(&signed.body).collect();
    let segments = segments.map_err(|_| Problem::BadRequest("the body is not a whole bundle"))?;
    let Pushed {
        have,
        missing: lacking,
        refused,
    } = app.keeper.push(segments).await?;
    let mut missing: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (author, seq) in lacking {
        missing.entry(author.to_string()).or_default().push(seq);
    }
    let refused = refused
        .into_iter()
        .map(|refused| Refusal {
            author: refused.author.to_string(),
            seq: refused.seq,
            reason: refused.reason,
        })
        .collect();
    Ok(Json(PushAnswer {
        have: have.to_map(),
        missing,
        refused,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// The cursor that the desk has seen.
    since: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Arrived {
    /// Number of the last arrival.
    cursor: u64,
}

/// Answers as soon as something arrived after the cursor, or with nothing after at most 55 seconds.
#[utoipa::path(get, path = "/v1/wait", tag = "desk",
    params(Since, ("authorization" = String, Header, description = "Signed request of a desk")),
    responses(
        (status = 200, body = Arrived), (status = 204, description = "Nothing new"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn wait(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let since = Query::<Since>::try_from_uri(request.uri())
        .map_err(|_| Problem::BadRequest("the query is not `since=` and a number"))?
        .0
        .since;
    auth::signed(&app, request, 0).await?;
    let mut views = app.keeper.watch();
    let mut stopping = app.stopping.clone();
    let arrived = async {
        tokio::select! {
            view = views.wait_for(|view| view.cursor > since) => view.ok().map(|view| view.cursor),
            _ = stopping.wait_for(|stopping| *stopping) => None,
        }
    };
    Ok(match timeout(app.config.limits.wait, arrived).await {
        Ok(Some(cursor)) => Json(Arrived { cursor }).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}
