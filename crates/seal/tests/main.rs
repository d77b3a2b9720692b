//! Everything about sealing that can be seen from outside of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backup;
mod golden;
mod pin;
mod place;
mod speed;
mod support;
mod tamper;
mod words;
