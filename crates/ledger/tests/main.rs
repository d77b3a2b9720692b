//! Everything about the ledger that can be seen from outside of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arrival;
mod bundle;
mod golden;
mod gone;
mod join;
mod parsers;
mod plan;
mod proof;
mod revocation;
mod roster;
mod speed;
mod split;
mod support;
