//! Integration tests: the application's parts put together, without a display.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backoff;
mod bindings;
mod configuration;
mod exchange;
mod ipc;
mod keychain;
mod lan;
mod layers;
mod life;
mod support;
mod worker;
