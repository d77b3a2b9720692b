//! Reading request bodies within a size and a time.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::{budget::Held, problem::Problem};

/// Reads a whole body of at most `limit` bytes within `time`.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    within(headers, body, limit, time, |_| true).await
}

/// Reads a whole body as [`read`] does, as far as `held` has room for it.
pub(crate) async fn read_held(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    within(headers, body, limit, time, |bytes| held.grow(bytes)).await
}

async fn within(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    time: Duration,
    room: impl FnMut(usize) -> bool,
) -> Result<Bytes, Problem> {
    if declared(headers).is_some_and(|length| length > limit as u64) {
        return Err(Problem::TooLarge);
    }
    timeout(time, collect(body, limit, room))
        .await
        .map_err(|_| Problem::Timeout)?
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

async fn collect(
    mut body: Body,
    limit: usize,
    mut room: impl FnMut(usize) -> bool,
) -> Result<Bytes, Problem> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::BadRequest("the body was cut off"))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if read.len() + data.len() > limit {
            return Err(Problem::TooLarge);
        }
        // What has arrived is counted, not what was announced: an announcement costs its sender nothing.
        if !room(data.len()) {
            return Err(Problem::Busy);
        }
        read.extend_from_slice(data);
    }
    Ok(read.into())
}

/// The media type of a body, in lower case and without parameters.
#[must_use]
pub(crate) fn media(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
