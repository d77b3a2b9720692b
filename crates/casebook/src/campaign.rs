//! Campaigns: whom an offer may reach, with which words, handed to whom, and what is kept of it.
pub mod brandname;
pub mod gate;
pub mod lot;
pub mod recipient;
pub mod segment;
pub mod template;
