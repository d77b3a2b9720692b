//! The people of the clinic as a window shows them: who works where, who is at this PC, who may what.
pub use casebook::power::{Power, StaffRole};
use serde::{Deserialize, Serialize};

use super::Millis;

/// One person who works at the clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What the person may do.
    pub role: StaffRole,
    /// Branches whose leads the person sees; empty for all.
    pub branches: Vec<String>,
    /// Works here no longer.
    pub gone: bool,
    /// Has chosen a PIN.
    pub has_pin: bool,
    /// Whoever is at this PC may choose this one's PIN.
    pub may_set_pin: bool,
    /// The next try of a PIN must wait until then.
    pub wait_until: Option<Millis>,
}

/// A person as somebody enters or changes one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PersonForm {
    /// Full name.
    pub name: String,
    /// What the person may do.
    pub role: StaffRole,
    /// Branches whose leads the person sees; empty for all.
    pub branches: Vec<String>,
}

/// Who is at this PC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The person's id; `None` as long as the clinic has entered nobody.
    pub person: Option<String>,
    /// Name that acts are recorded under.
    pub name: String,
    /// Role.
    pub role: StaffRole,
    /// What the person may do: what a window need not offer otherwise.
    pub powers: Vec<Power>,
    /// Branches the person sees; empty for all.
    pub branches: Vec<String>,
}
