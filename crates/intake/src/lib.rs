//! The website's endpoint: takes sealed questions in, hands sealed entries to desks.
//!
//! It links no code that can open what it stores: questions are sealed to the clinic's public key in
//! the visitor's browser, or here in memory when they arrive in plain.

mod app;
mod auth;
mod body;
mod budget;
mod config;
mod form;
mod keeper;
mod metrics;
mod observe;
mod page;
mod plain;
mod plain_ids;
mod problem;
mod pull;
mod rate;
mod routes;
mod serve;
mod server;
mod stall;
mod store;
mod token;

pub use config::{
    ANSWER_BYTES, BLOB_BYTES, CLAIM_BYTES, Clock, Config, DOOR_BYTES, HAVE_BYTES, Limits,
    PAGE_BYTES, SUBMISSION_BYTES, is_origin, system_now,
};
pub use routes::document as openapi;
pub use server::{Server, StartError, renew_identity, stored_setup_code};
pub use store::StoreError;
pub use token::leading_zero_bits;
