//! Questions of visitors: sealed in the browser, or sealed here in memory.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use data_encoding::BASE32;
use ledger::{
    SubmissionId,
    submission::{Answers, SealedSubmission, SubmissionIds, Suspicion},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    body,
    config::SUBMISSION_BYTES,
    keeper::{Mark, Members, Post, Receipt},
    page,
    plain::{Plain, PlainPost},
    plain_ids::PlainIds,
    problem::{Problem, ProblemDocument},
};

const SEALED: &str = "application/letan-sealed";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A form says each byte with up to three; what it says is held to the common limit afterwards.
const FORM_BYTES: usize = 3 * SUBMISSION_BYTES;

/// A person needs longer than this to fill the form in, in milliseconds.
const TOO_FAST_MS: i64 = 3_000;

#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    /// What a visitor can name on the phone: eight letters and digits.
    receipt: String,
    /// The submission's id, 32 hexadecimal digits.
    submission: String,
    /// When it was received first, milliseconds since the Unix epoch.
    at: i64,
}

/// Takes one question. The answer comes when it is on the disk; sending it again is harmless.
#[utoipa::path(post, path = "/v1/submissions", tag = "public",
    params(
        ("letan-fill-ms" = Option<i64>, Header, description = "Milliseconds from showing the form to sending it"),
        ("letan-trap" = Option<u8>, Header, description = "1 if the field that no visitor sees was filled in"),
        ("letan-pow" = Option<String>, Header, description = "A solved challenge: `<challenge>:<counter>`")),
    request_body(description = "At most 16 KiB", content(
        (Vec<u8> = "application/letan-sealed"), (PlainPost = "application/json"),
        (PlainPost = "application/x-www-form-urlencoded"))),
    responses(
        (status = 202, description = "Stored. A form post is answered by a page", body = Accepted),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn submit(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, content) = request.into_parts();
    let media = body::media(&parts.headers);
    match (take(&app, &parts, content, &media).await, media == FORM) {
        (Ok(receipt), true) => page::thanks(&code(receipt.submission)),
        (Ok(receipt), false) => (StatusCode::ACCEPTED, Json(accepted(receipt))).into_response(),
        (Err(problem), true) => page::trouble(&problem),
        (Err(problem), false) => problem.into_response(),
    }
}

fn accepted(receipt: Receipt) -> Accepted {
    Accepted {
        receipt: code(receipt.submission),
        submission: receipt.submission.to_string(),
        at: receipt.at_ms,
    }
}

/// The beginning of the id, in letters and digits that can be read out.
fn code(submission: SubmissionId) -> String {
    let text = BASE32.encode(&submission.as_bytes()[..5]);
    let (front, back) = text.split_at(4);
    format!("{front}-{back}")
}

async fn take(app: &App, parts: &Parts, content: Body, media: &str) -> Result<Receipt, Problem> {
    let members = app.members_by_now().await?;
    let address = app.address(&parts.headers, &parts.extensions);
    let now_ms = app.now();
    app.rate
        .take(address, now_ms)
        .map_err(|retry_s| Problem::RateLimited { retry_s })?;
    app.load.count(now_ms);
    let limit = match media {
        SEALED | JSON => SUBMISSION_BYTES,
        FORM => FORM_BYTES,
        _ => return Err(Problem::UnsupportedMedia),
    };
    let body = body::read(
        &parts.headers,
        content,
        limit,
        app.config.limits.body_timeout,
    )
    .await?;
    let post = match media {
        SEALED => sealed(app, &members, &parts.headers, &body)?,
        JSON => plain(
            app,
            &members,
            &parts.headers,
            &Plain::from_json(&body)?,
            false,
        )?,
        _ => plain(
            app,
            &members,
            &parts.headers,
            &Plain::from_form(&body)?,
            true,
        )?,
    };
    app.keeper.submit(post).await
}

fn sealed(app: &App, members: &Members, headers: &HeaderMap, body: &[u8]) -> Result<Post, Problem> {
    let sealed = SealedSubmission::decode(body)
        .map_err(|_| Problem::BadRequest("the body is not a sealed submission"))?;
    if sealed.ids.clinic != members.clinic.id {
        let detail = "it is sealed for another clinic";
        return Err(Problem::Unprocessable {
            field: "clinic",
            detail,
        });
    }
    if sealed.epoch > members.clinic.statement.epoch {
        let detail = "it is sealed to a key that was never published";
        return Err(Problem::Unprocessable {
            field: "epoch",
            detail,
        });
    }
    let work = work(app, pow_header(headers), true)?;
    let suspicion = work.with(trap(headers)).with(fill(headers));
    let mark = Mark::Sealed(*blake3::hash(body).as_bytes());
    Ok(Post {
        sealed,
        suspicion,
        mark,
    })
}

fn plain(
    app: &App,
    members: &Members,
    headers: &HeaderMap,
    plain: &Plain,
    form: bool,
) -> Result<Post, Problem> {
    let pow = plain.pow().or_else(|| pow_header(headers));
    let mut suspicion = work(app, pow, !form)?
        .with(trap(headers))
        .with(fill(headers));
    if plain.trapped() {
        suspicion = suspicion.with(Suspicion::TRAP);
    }
    suspicion = suspicion.with(opened(app, plain.opened(), form));
    let digest = digest(app, plain);
    let submission = plain
        .submission
        .unwrap_or_else(|| name(app, plain, &digest));
    let ids = SubmissionIds {
        clinic: members.clinic.id,
        form: plain.form,
        submission,
    };
    let key = members.clinic.statement.public_key();
    let sealed =
        SealedSubmission::seal(&mut rand::rng(), &key, ids, &answers(plain)).map_err(|_| {
            tracing::error!("an answer could not be sealed to the published key");
            Problem::Internal
        })?;
    Ok(Post {
        sealed,
        suspicion,
        mark: Mark::Plain(digest),
    })
}

fn answers(plain: &Plain) -> Answers {
    let (name, phone, question) = plain.wrote();
    let (page, branch) = plain.place();
    Answers {
        name: name.to_owned(),
        phone: phone.to_owned(),
        question: question.to_owned(),
        promo: plain.promo(),
        notice_version: plain.notice_version().to_owned(),
        notice_hash: plain.notice_hash,
        page: page.to_owned(),
        branch: branch.to_owned(),
        filled_at: plain.filled_at_ms(),
    }
}

/// A digest of all that was said, so that a double click is one submission and a changed text another.
fn digest(app: &App, plain: &Plain) -> [u8; 32] {
    let (name, phone, question) = plain.wrote();
    let (page, branch) = plain.place();
    app.plain_ids.digest(&[
        plain.opened().unwrap_or_default().as_bytes(),
        plain.form.as_bytes(),
        name.as_bytes(),
        phone.as_bytes(),
        question.as_bytes(),
        &[plain.promo()],
        plain.notice_version().as_bytes(),
        plain.notice_hash.as_ref().map_or(&[], <[u8; 32]>::as_slice),
        page.as_bytes(),
        branch.as_bytes(),
    ])
}

/// An id for a post that brings none. Only a page of ours tells one filling-in from another; any other text may be sent
/// again in earnest, and must then be a question of its own.
fn name(app: &App, plain: &Plain, digest: &[u8; 32]) -> SubmissionId {
    let page = plain.opened().and_then(|token| app.opened.opened_ms(token));
    match page {
        Some(_) => PlainIds::of_page(digest),
        None => app.plain_ids.of_text(*digest, app.now()),
    }
}

/// Asks for work while there is much load; `can` says whether the sender is able to do any.
fn work(app: &App, proof: Option<&str>, can: bool) -> Result<Suspicion, Problem> {
    let now_ms = app.now();
    if !app.load.is_high(now_ms) || proof.is_some_and(|proof| app.challenges.spend(proof, now_ms)) {
        return Ok(Suspicion::default());
    }
    if can {
        let challenge = app.challenges.issue(now_ms);
        return Err(Problem::ProofOfWork {
            challenge,
            bits: app.challenges.bits(),
        });
    }
    Ok(Suspicion::NO_WORK)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn pow_header(headers: &HeaderMap) -> Option<&str> {
    text(headers, "letan-pow")
}

fn trap(headers: &HeaderMap) -> Suspicion {
    match text(headers, "letan-trap") {
        None | Some("" | "0") => Suspicion::default(),
        Some(_) => Suspicion::TRAP,
    }
}

/// What the sender's own watch says; a sender without one is not suspect for that.
fn fill(headers: &HeaderMap) -> Suspicion {
    let slow = |text: &str| text.parse().is_ok_and(|ms: i64| ms >= TOO_FAST_MS);
    match text(headers, "letan-fill-ms") {
        Some(ms) if !slow(ms) => Suspicion::TOO_FAST,
        _ => Suspicion::default(),
    }
}

/// What the server's own token says. The form's page always has one, so that a form post without is strange.
fn opened(app: &App, token: Option<&str>, form: bool) -> Suspicion {
    let Some(token) = token else {
        return if form {
            Suspicion::TOO_FAST
        } else {
            Suspicion::default()
        };
    };
    match app.opened.opened_ms(token) {
        Some(at_ms) if app.now().saturating_sub(at_ms) >= TOO_FAST_MS => Suspicion::default(),
        _ => Suspicion::TOO_FAST,
    }
}
