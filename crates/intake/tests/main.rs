//! The server from outside: real sockets, a real store, nothing faked.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod claim;
mod cluster;
mod durable;
mod erasure;
mod exchange;
mod full;
mod hostile;
mod join;
mod limits;
mod load;
mod openapi;
mod remnants;
mod restored;
mod revoked;
mod submit;
mod support;
mod trust;
