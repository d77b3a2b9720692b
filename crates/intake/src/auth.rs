//! Requests that a desk signed: who, when, once.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, header, request::Parts},
};
use ledger::{AuthorId, AuthorKeys, Role, request::RequestProof};

use crate::{app::App, body, budget::Held, keeper::Members, problem::Problem, store::Nonce};

/// How far a signer's clock may be off, in milliseconds, to either side.
const WINDOW_MS: u64 = 10 * 60 * 1000;

/// A signed request whose signer is a desk of this clinic.
pub(crate) struct Signed {
    /// Who signed it.
    pub author: AuthorId,
    /// Whether it still belongs to the clinic; only [`anyone_signed`] lets those pass that do not.
    pub active: bool,
    /// The body that was signed.
    pub body: Bytes,
    /// Its place in the memory for bodies.
    _held: Held,
}

/// Reads a request of at most `limit` bytes and checks who signed it.
pub(crate) async fn signed(app: &App, request: Request, limit: usize) -> Result<Signed, Problem> {
    let signed = anyone_signed(app, request, limit).await?;
    if signed.active {
        Ok(signed)
    } else {
        Err(Problem::Revoked)
    }
}

/// Reads a request as [`signed`] does, also of a desk that was revoked.
pub(crate) async fn anyone_signed(
    app: &App,
    request: Request,
    limit: usize,
) -> Result<Signed, Problem> {
    let (parts, content) = request.into_parts();
    let proof = proof(&parts.headers)?;
    // Strangers and stale requests are turned away before their body is read. The signature needs the body first, so
    // that until then anybody could have written this author's name: memory for such bodies is bounded.
    let (members, keys) = known(app, proof.author).await?;
    check_time(proof.ms, app.now())?;
    let mut held = app.bodies.hold(proof.author);
    let body = body::read_held(
        &parts.headers,
        content,
        limit,
        app.config.limits.body_timeout,
        &mut held,
    )
    .await?;
    let clinic = members.clinic.id;
    if !proof.verify(
        &keys,
        clinic,
        parts.method.as_str(),
        path_and_query(&parts),
        &body,
    ) {
        return Err(Problem::Unauthorized);
    }
    // Whoever was revoked may be no friend: it must not crowd others out of the memory of nonces.
    if !members.roster.is_active(proof.author) {
        let address = app.address(&parts.headers, &parts.extensions);
        app.doors
            .take(address, app.now())
            .map_err(|retry_s| Problem::RateLimited { retry_s })?;
    }
    app.keeper
        .first_time(
            Nonce {
                author: proof.author,
                nonce: proof.nonce,
            },
            proof.ms,
        )
        .await?;
    Ok(Signed {
        author: proof.author,
        // Asked last: what the keeper has learned by then counts.
        active: app.members()?.roster.is_active(proof.author),
        body,
        _held: held,
    })
}

/// The proof that a request carries.
pub(crate) fn proof(headers: &HeaderMap) -> Result<RequestProof, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::Unauthorized);
    };
    let text = value.to_str().map_err(|_| Problem::Unauthorized)?;
    RequestProof::parse(text).map_err(|_| Problem::Unauthorized)
}

/// What of a request's address is signed.
#[must_use]
pub(crate) fn path_and_query(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |both| both.as_str())
}

/// Whether a signer's clock is near enough to the server's.
pub(crate) fn check_time(signed_ms: i64, now_ms: i64) -> Result<(), Problem> {
    if signed_ms.abs_diff(now_ms) > WINDOW_MS {
        return Err(Problem::Clock { server_ms: now_ms });
    }
    Ok(())
}

/// The clinic, and the keys of an author that may exchange entries with it. Another process of this server may have
/// learned of that author a moment ago.
async fn known(app: &App, author: AuthorId) -> Result<(Arc<Members>, AuthorKeys), Problem> {
    let mut members = app.members_by_now().await?;
    if app.store.is_shared() && members.roster.author(author).is_none() {
        app.keeper.look().await?;
        members = app.members()?;
    }
    let keys = desk_keys(&members, author)?;
    Ok((members, keys))
}

/// The keys of an author that may exchange entries: everybody but servers, revoked ones included.
fn desk_keys(members: &Members, author: AuthorId) -> Result<AuthorKeys, Problem> {
    let known = members.roster.author(author).ok_or(Problem::Unauthorized)?;
    if known.role == Role::Server {
        Err(Problem::Unauthorized)
    } else {
        Ok(known.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_to_either_side_are_the_window() {
        let now = 1_764_000_000_000;
        for signed in [now, now - 600_000, now + 600_000] {
            assert_eq!(check_time(signed, now), Ok(()));
        }
        for signed in [now - 600_001, now + 600_001, i64::MIN, i64::MAX] {
            assert_eq!(
                check_time(signed, now),
                Err(Problem::Clock { server_ms: now })
            );
        }
    }
}
