//! The waiting room of a joining: an owner's PC offers, a new PC asks, the owner's answers.
//!
//! The server understands nothing of what is said; the two PCs check it with the code that a person carried over.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, Request, State},
    http::StatusCode,
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ledger::Role;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::{self, Signed},
    body,
    config::{ANSWER_BYTES, DOOR_BYTES},
    keeper::report,
    problem::{Problem, ProblemDocument},
    store::{Knock, Room, RoomId},
};

/// Longest life of a room, in milliseconds.
const LIFE_MS: i64 = 15 * 60 * 1000;
/// Largest JSON body that opens a room: the offer as base64, and the rest.
const OPEN_BYTES: usize = DOOR_BYTES * 2;
/// How often a room is looked at again: another process may have changed it, and it expires.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Deserialize, ToSchema)]
pub(super) struct Opening {
    /// The room's name, 32 hexadecimal digits.
    room: String,
    /// The offer, base64url, at most 2 KiB of bytes.
    offer: String,
    /// When the room is to be gone, milliseconds since the Unix epoch; at most 15 minutes from now count.
    expires_ms: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Inside {
    /// The owner's offer, base64url.
    offer: String,
    /// The request of the PC that joins, base64url.
    request: Option<String>,
    /// The owner's answer, base64url.
    answer: Option<String>,
    /// When the room is gone, milliseconds since the Unix epoch.
    expires_ms: i64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Seen {
    /// Messages that the caller knows: 1 the offer, 2 the request too, 3 all.
    #[serde(default)]
    seen: u8,
}

/// Opens a waiting room for a PC that joins, or replaces it with everything in it. At most 8 are open at one time.
#[utoipa::path(post, path = "/v1/join", tag = "joining", request_body = Opening,
    params(("authorization" = String, Header, description = "Signed request of an owner's PC or the recovery kit")),
    responses(
        (status = 204, description = "Open"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let signed = owner(&app, request, OPEN_BYTES).await?;
    let opening: Opening = serde_json::from_slice(&signed.body)
        .map_err(|_| Problem::BadRequest("the body is not the JSON object of a room"))?;
    let id = parse(&opening.room).ok_or(Problem::Unprocessable {
        field: "room",
        detail: "the name is not 32 hexadecimal digits",
    })?;
    let offer = BASE64URL_NOPAD
        .decode(opening.offer.as_bytes())
        .ok()
        .filter(|offer| (1..=DOOR_BYTES).contains(&offer.len()))
        .ok_or(Problem::Unprocessable {
            field: "offer",
            detail: "the offer is not base64url without padding, or empty or too long",
        })?;
    let now_ms = app.now();
    let expires_ms = opening.expires_ms.min(now_ms.saturating_add(LIFE_MS));
    if expires_ms <= now_ms {
        return Err(Problem::Unprocessable {
            field: "expires_ms",
            detail: "the time has passed",
        });
    }
    let opened = app.store.open_room(id, &offer, expires_ms, now_ms).await;
    if !opened.map_err(|error| report(&error))? {
        return Err(Problem::RoomsFull);
    }
    app.rooms.send_replace(());
    Ok(StatusCode::NO_CONTENT)
}

/// What is said in a room, as soon as that is more than the caller knows, or after at most 25 seconds.
#[utoipa::path(get, path = "/v1/join/{room}", tag = "joining",
    params(("room" = String, Path, description = "The room's name, 32 hexadecimal digits"), Seen),
    responses(
        (status = 200, body = Inside),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn look(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<Inside>, Problem> {
    knock_at(&app, &request)?;
    let id = named(&request)?;
    let seen = Query::<Seen>::try_from_uri(request.uri())
        .map_err(|_| Problem::BadRequest("the query is not `seen=` and a number"))?
        .0
        .seen;
    let end = Instant::now() + app.config.limits.door_wait;
    let mut said = app.rooms.subscribe();
    let mut stopping = app.stopping.clone();
    loop {
        said.mark_unchanged();
        let room = app.store.room(id, app.now()).await;
        let room = room
            .map_err(|error| report(&error))?
            .ok_or(Problem::NotFound)?;
        if room.messages() > seen || *stopping.borrow() || Instant::now() >= end {
            return Ok(Json(Inside::of(&room)));
        }
        let more = async {
            tokio::select! {
                _ = said.changed() => {}
                _ = stopping.changed() => {}
            }
        };
        // Over time: the room is looked at once more, and the answer is what is there.
        let _ = timeout_at(end.min(Instant::now() + LOOK), more).await;
    }
}

/// Asks to join. The first one to ask has the room; the same bytes again are fine.
#[utoipa::path(put, path = "/v1/join/{room}/request", tag = "joining",
    params(("room" = String, Path, description = "The room's name, 32 hexadecimal digits")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "At most 2 KiB"),
    responses(
        (status = 204, description = "In the room"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    knock_at(&app, &request)?;
    let id = named(&request)?;
    let (parts, content) = request.into_parts();
    let patience = app.config.limits.body_timeout;
    let body = body::read(&parts.headers, content, DOOR_BYTES, patience).await?;
    some(&body)?;
    let knock = app.store.knock(id, &body, app.now()).await;
    match knock.map_err(|error| report(&error))? {
        Knock::Heard => {
            app.rooms.send_replace(());
            Ok(StatusCode::NO_CONTENT)
        }
        Knock::Taken => Err(Problem::RoomTaken),
        Knock::NoRoom => Err(Problem::NotFound),
    }
}

/// Answers the PC that asked.
#[utoipa::path(put, path = "/v1/join/{room}/answer", tag = "joining",
    params(("room" = String, Path, description = "The room's name, 32 hexadecimal digits"),
           ("authorization" = String, Header, description = "Signed request of an owner's PC or the recovery kit")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "At most 64 KiB"),
    responses(
        (status = 204, description = "In the room"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let id = named(&request)?;
    let signed = owner(&app, request, ANSWER_BYTES).await?;
    some(&signed.body)?;
    let answered = app.store.answer_room(id, &signed.body, app.now()).await;
    if !answered.map_err(|error| report(&error))? {
        return Err(Problem::NotFound);
    }
    app.rooms.send_replace(());
    Ok(StatusCode::NO_CONTENT)
}

/// Closes a room, whether it is open or not.
#[utoipa::path(delete, path = "/v1/join/{room}", tag = "joining",
    params(("room" = String, Path, description = "The room's name, 32 hexadecimal digits"),
           ("authorization" = String, Header, description = "Signed request of an owner's PC or the recovery kit")),
    responses(
        (status = 204, description = "Closed"),
        (status = "4XX", content_type = "application/problem+json", body = ProblemDocument),
        (status = "5XX", content_type = "application/problem+json", body = ProblemDocument)))]
pub(super) async fn close(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let id = named(&request)?;
    owner(&app, request, 0).await?;
    let closed = app.store.close_room(id).await;
    closed.map_err(|error| report(&error))?;
    app.rooms.send_replace(());
    Ok(StatusCode::NO_CONTENT)
}

/// A signed request of somebody who may enrol others.
async fn owner(app: &App, request: Request, limit: usize) -> Result<Signed, Problem> {
    let signed = auth::signed(app, request, limit).await?;
    match app.members()?.roster.role(signed.author) {
        Some(Role::Owner | Role::Paper) => Ok(signed),
        _ => Err(Problem::NotAllowed),
    }
}

fn knock_at(app: &App, request: &Request) -> Result<(), Problem> {
    let address = app.address(request.headers(), request.extensions());
    app.doors
        .take(address, app.now())
        .map_err(|retry_s| Problem::RateLimited { retry_s })
}

/// The room of the address `/v1/join/{room}…`.
fn named(request: &Request) -> Result<RoomId, Problem> {
    let name = request.uri().path().split('/').nth(3);
    name.and_then(parse).ok_or(Problem::NotFound)
}

fn parse(name: &str) -> Option<RoomId> {
    let bytes = HEXLOWER.decode(name.as_bytes()).ok()?;
    bytes.try_into().ok().map(RoomId)
}

fn some(body: &[u8]) -> Result<(), Problem> {
    if body.is_empty() {
        return Err(Problem::BadRequest("the body is empty"));
    }
    Ok(())
}

impl Room {
    /// How many messages are in it.
    fn messages(&self) -> u8 {
        1 + u8::from(self.request.is_some()) + u8::from(self.answer.is_some())
    }
}

impl Inside {
    fn of(room: &Room) -> Self {
        let text = |bytes: &Vec<u8>| BASE64URL_NOPAD.encode(bytes);
        Self {
            offer: text(&room.offer),
            request: room.request.as_ref().map(text),
            answer: room.answer.as_ref().map(text),
            expires_ms: room.expires_ms,
        }
    }
}
