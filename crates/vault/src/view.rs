//! What the vault shows: plain values without a key, a raw number or a rule, ready for a window.
//!
//! Times are milliseconds since the Unix epoch; ids are lower-case hexadecimal.
mod backup;
mod desks;
mod lists;
mod outage;
mod people;
mod record;
mod sync;

pub use backup::*;
pub use desks::*;
pub use lists::*;
pub use outage::*;
pub use people::*;
pub use record::*;
pub use sync::*;

use serde::Serialize;

/// Milliseconds since the Unix epoch: a `number` in the window, exact up to 2^53.
pub type Millis = i64;

/// Who this PC is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DeskView {
    /// Clinic's name.
    pub clinic: String,
    /// Clinic's id.
    pub clinic_id: String,
    /// Branch of this PC.
    pub branch: String,
    /// Name of this PC.
    pub desk: String,
    /// Author id.
    pub author: String,
    /// Person at the desk.
    pub person: String,
    /// Intake server, once claimed.
    pub server: Option<String>,
    /// The recovery kit's words were checked.
    pub kit_checked: bool,
    /// Every branch known.
    pub branches: Vec<String>,
}
