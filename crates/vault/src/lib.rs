//! One desk's encrypted record and its life: append, view, search, sync, recover.
//!
//! A vault is found by [`probe`], made by [`Founding`] or opened by [`LockedVault::unlock`]; an
//! open [`Vault`] is the only way to read a lead or to act on one. Whatever happens is an entry in
//! this desk's ledger; leads are computed from all ledgers and kept sealed beside them.

pub mod backup;
pub mod clock;
mod desk;
pub mod directory;
pub mod event;
mod exchange;
pub mod export;
pub mod failure;
pub mod import;
mod life;
mod local;
pub mod peer;
mod people;
mod projection;
pub mod remote;
mod search;
mod state;
mod store;
pub mod view;

pub use clock::{Clock, SharedClock, SystemClock};
pub use desk::Vault;
pub use event::Event;
pub use exchange::Synced;
pub use exchange::stick::{Carrying, StickError};
pub use exchange::transport::{Other, Page, Receipt, Transport};
pub use failure::{ActError, BackupError, MemberError, OpenError, SyncError};
pub use ledger::AuthorId;
pub use life::{
    Admitted, DeskPlan, Fetched, Found, Founding, FoundingPlan, Knock, LockedVault, Loss, PaperKit,
    Recovered, fetch, probe, salvage, wipe,
};
pub use seal::{RootSecret, WordsError};
#[doc(hidden)]
pub use store::files::set_reserve_bytes;
