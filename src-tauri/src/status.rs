//! What the shell tells the window about itself: phase, settings, the founding kit and the events.
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::Event;
use vault::Loss;
use vault::view::{CutOff, DeskView, Invitation, Inviting, Joining, Progress, SyncView};

/// Where the application stands, asked for once when the window loads and sent at every change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppStatus {
    /// Version of this program.
    pub version: String,
    /// What the window has to show.
    pub phase: Phase,
    /// Goes up with every change of the phase: of two statuses the one with more is the later one.
    pub turn: u32,
}

/// What the window has to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "at")]
pub enum Phase {
    /// Looking for data and key; takes as long as the keychain does.
    Starting,
    /// No data on this PC: offer to found a clinic or to recover by words.
    NoClinic,
    /// Open, but nobody proved yet that the recovery words are on paper.
    KitUnchecked {
        /// Who this PC is.
        desk: DeskView,
    },
    /// Open: work.
    Ready {
        /// Who this PC is.
        desk: DeskView,
    },
    /// Open, but nobody is at the desk: people choose themselves and type their PIN. The exchange
    /// with the server goes on.
    SignedOut {
        /// Who this PC is.
        desk: DeskView,
    },
    /// This PC was cut off by the clinic and has deleted its data.
    Removed {
        /// When and by whom, as far as that was noted.
        cut_off: Option<CutOff>,
    },
    /// Closed by a person or by the clock; the keychain opens it again.
    Locked,
    /// Sealed data are here, their key is not to be had.
    Keychain {
        /// Why.
        problem: KeychainProblem,
    },
    /// The database can't be opened, or must not be.
    Database {
        /// Why.
        problem: DatabaseProblem,
    },
}

/// Why the key is not to be had. No case ever leads to a new key over sealed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum KeychainProblem {
    /// The keychain wants its password, and nobody gave it.
    Locked,
    /// The keychain answers and has no key for this clinic.
    Missing,
    /// There is a key, and it doesn't open these data.
    Wrong,
    /// No keychain service answers.
    Unavailable,
}

/// Why the database can't be opened, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DatabaseProblem {
    /// Another program holds it.
    InUse,
    /// Some of it can't be read back.
    Damaged,
    /// It is no database of ours.
    Foreign,
    /// A newer version of this program wrote it.
    TooNew,
    /// No room on the disk.
    DiskFull,
    /// It is older than what this PC had already written.
    StaleCopy,
    /// The disk refuses.
    Io,
}

/// What the founding wizard asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundingForm {
    /// Name of the clinic.
    pub clinic: String,
    /// Branch that this PC stands in.
    pub branch: String,
    /// Name of this PC.
    pub desk: String,
    /// Person at the desk.
    pub person: String,
}

/// The recovery kit, to be printed now: it is shown once and lives in memory until checked.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Kit {
    /// The 24 words.
    pub words: Vec<String>,
    /// The same words as a QR code, an SVG picture.
    pub qr_svg: String,
    /// Places (from 1) of the words to type back.
    pub ask: [u8; 3],
}

/// An invitation, ready for the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// What to type, scan or carry.
    pub invitation: Invitation,
    /// The same as a QR code, an SVG picture.
    pub qr_svg: String,
}

/// A drive that files can be carried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Drive {
    /// Names it for other commands.
    pub id: String,
    /// Name as the desktop shows it.
    pub name: String,
    /// Free room in bytes.
    pub free: u64,
    /// It can be unplugged.
    pub removable: bool,
}

/// What a repair, or the recovery by words, brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Repaired {
    /// Where the application stands now.
    pub status: AppStatus,
    /// What did not come back; empty when everything did.
    pub lost: Vec<Lost>,
}

/// Something that a repair could not bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum Lost {
    /// Notes begun on this PC and not saved.
    Drafts,
    /// Lists that someone gave a name.
    Views,
    /// Who works here, and whether the kit was checked.
    Profile,
    /// The link to the server; claim it again.
    ServerLink,
    /// One author's entries after a number; the server or another PC may have them.
    Entries {
        /// The author's name, or its id.
        author: String,
        /// Last entry that came back.
        seq: u64,
    },
}

impl From<Loss> for Lost {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Drafts => Self::Drafts,
            Loss::Views => Self::Views,
            Loss::Profile => Self::Profile,
            Loss::ServerLink => Self::ServerLink,
            Loss::Entries { author, seq } => Self::Entries { author, seq },
        }
    }
}

/// Language of the window, the tray and the notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the desktop has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Height of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Density {
    /// Roomy.
    #[default]
    Cosy,
    /// More rows at once.
    Compact,
}

/// What a person chose for this PC. Kept beside the database, in clear: nothing in it is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
// Each is one switch on one screen.
#[allow(clippy::struct_excessive_bools)]
pub struct Settings {
    /// Language.
    pub language: Language,
    /// Colours.
    pub theme: Theme,
    /// Height of a row.
    pub density: Density,
    /// Show a notification when leads arrive.
    pub notify: bool,
    /// With a sound.
    pub sound: bool,
    /// Start with the desktop, in the tray.
    pub autostart: bool,
    /// Closing the window leaves the application in the tray.
    pub close_to_tray: bool,
    /// Lock after so many minutes without a hand on keyboard or mouse; 0 never.
    pub autolock_minutes: u32,
    /// Look for other PCs of the clinic in the local network.
    pub lan: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::Vi,
            theme: Theme::System,
            density: Density::Cosy,
            notify: true,
            sound: true,
            autostart: false,
            close_to_tray: true,
            // A locked desk hears of no new lead. Once people sign in, it is another matter: see
            // `SettingsFile::expect_people`.
            autolock_minutes: 0,
            lan: true,
        }
    }
}

/// Leads were added or changed, here or elsewhere: ask again for the rows on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct LeadsChanged {
    /// Which; empty for "any".
    pub ids: Vec<String>,
    /// How many of them are new arrivals.
    pub arrived: u32,
}

/// The exchange with the server stands differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type, Event)]
pub struct SyncChanged(pub SyncView);

/// The application stands differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type, Event)]
pub struct PhaseChanged(pub AppStatus);

/// Someone came from the tray: put the cursor into the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
pub struct FocusSearch;

/// A person wants to leave while entries are here only: ask her whether to leave anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct LeaveAsked {
    /// Entries that neither the server nor another PC has.
    pub unsent: u32,
}

/// New leads arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct NewLeadArrived {
    /// How many.
    pub count: u32,
}

/// The invitation stands differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type, Event)]
pub struct InvitingChanged(pub Inviting);

/// Joining stands differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type, Event)]
pub struct JoiningChanged(pub Joining);

/// The clinic's PCs changed: ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
pub struct DesksChanged;

/// The clinic's people changed, or who is at this PC: ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
pub struct PeopleChanged;

/// How far a bundle has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
pub struct BundleProgress(pub Progress);

/// Backups stand differently: ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type, Event)]
pub struct BackupsChanged;
