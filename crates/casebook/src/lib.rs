//! What a front desk knows about a person, and what the law lets it do with that.
//!
//! Every rule of the product lives here and nothing else does: no file, no network, no clock, no
//! randomness. Time and people are handed in, and every answer is a function of what was handed in.

mod codec;
mod redact;

pub mod attempts;
pub mod basis;
pub mod campaign;
pub mod contact;
pub mod day;
pub mod dnc;
pub mod fact;
pub mod lead;
pub mod log;
pub mod merge;
pub mod name;
pub mod opening;
pub mod opt_in;
pub mod permission;
pub mod person;
pub mod phone;
pub mod power;
pub mod rules;
pub mod staff;
pub mod submission;
pub mod suppression;
pub mod text;
