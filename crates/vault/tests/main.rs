//! One desk's vault from the outside: what is durable, what is noticed, what never leaks.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]
// A test tells its story in one piece.
#![allow(clippy::too_many_lines)]

mod backup;
mod carried;
mod damage;
mod disk;
mod durable;
mod exchange;
mod export;
mod join;
mod leads;
mod lies;
mod life;
mod nearby;
mod people;
mod remnants;
mod revoke;
mod schedules;
mod speed;
mod support;
mod transport;
mod witness;
mod words;
