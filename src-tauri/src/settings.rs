//! The settings of this PC: a small file beside the database, written whole or not at all.
use crate::failure::{Code, Failure};
use crate::status::Settings;
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// A lock later than a day is none.
const AUTOLOCK_MAX_MINUTES: u32 = 24 * 60;

/// Minutes after which a desk where people sign in signs them out, unless somebody chose another.
const AUTOLOCK_WITH_PEOPLE: u32 = 5;
/// In the file: the settings were looked at when people began to sign in.
const WITH_PEOPLE: &str = "withPeople";

/// The settings and the file that keeps them.
pub struct SettingsFile {
    path: PathBuf,
    current: RwLock<Kept>,
}

/// What the file says.
#[derive(Clone, Copy, Default)]
struct Kept {
    settings: Settings,
    with_people: bool,
}

impl SettingsFile {
    /// Reads `settings.json` in `dir`. What is missing or unreadable has its default value: broken
    /// settings must never keep the clinic from its data.
    #[must_use]
    pub fn load(dir: &Path) -> Self {
        let path = dir.join("settings.json");
        let current = std::fs::read(&path)
            .ok()
            .map_or_else(Kept::default, |bytes| lenient(&bytes));
        Self {
            path,
            current: RwLock::new(current),
        }
    }

    /// The settings now.
    #[must_use]
    pub fn get(&self) -> Settings {
        self.kept().settings
    }

    fn kept(&self) -> Kept {
        *self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps other settings, within their limits; on failure the old ones stay.
    pub fn set(&self, wanted: Settings) -> Result<Settings, Failure> {
        let settings = Settings {
            autolock_minutes: wanted.autolock_minutes.min(AUTOLOCK_MAX_MINUTES),
            ..wanted
        };
        let kept = Kept {
            settings,
            ..self.kept()
        };
        self.keep(kept)
            .map_err(|error| Failure::with(Code::Io, format!("{:?}", error.kind())))?;
        Ok(settings)
    }

    /// People sign in from now on: a desk that never locked by itself does, once. Who then chooses
    /// "never" has chosen.
    pub fn expect_people(&self) {
        let mut kept = self.kept();
        if std::mem::replace(&mut kept.with_people, true) {
            return;
        }
        if kept.settings.autolock_minutes == 0 {
            kept.settings.autolock_minutes = AUTOLOCK_WITH_PEOPLE;
        }
        if let Err(error) = self.keep(kept) {
            // The next start tries again.
            tracing::warn!(kind = ?error.kind(), "the time of the lock was not kept");
        }
    }

    fn keep(&self, kept: Kept) -> io::Result<()> {
        self.write(&kept)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(())
    }

    fn write(&self, kept: &Kept) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let next = self.path.with_extension("json.next");
        let mut fields = serde_json::to_value(kept.settings)?;
        if kept.with_people {
            fields[WITH_PEOPLE] = Value::Bool(true);
        }
        std::fs::write(&next, serde_json::to_vec_pretty(&fields)?)?;
        std::fs::rename(&next, &self.path)
    }
}

/// Reads field by field, so that one bad value, or one of a newer version, costs only itself.
fn lenient(bytes: &[u8]) -> Kept {
    let given: Map<String, Value> = serde_json::from_slice(bytes).unwrap_or_default();
    let with_people = given.get(WITH_PEOPLE) == Some(&Value::Bool(true));
    let settings = given
        .into_iter()
        .fold(Settings::default(), |settings, (name, value)| {
            with_field(settings, name, value).unwrap_or(settings)
        });
    Kept {
        settings,
        with_people,
    }
}

fn with_field(settings: Settings, name: String, value: Value) -> Option<Settings> {
    let mut fields = serde_json::to_value(settings).ok()?;
    fields.as_object_mut()?.insert(name, value);
    serde_json::from_value(fields).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::status::{Language, Theme};

    #[test]
    fn settings_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = Settings {
            language: Language::En,
            theme: Theme::Dark,
            sound: false,
            autolock_minutes: 20,
            ..Settings::default()
        };
        SettingsFile::load(dir.path()).set(wanted).unwrap();
        assert_eq!(SettingsFile::load(dir.path()).get(), wanted);
    }

    #[test]
    fn a_bad_or_unknown_field_costs_only_itself() {
        let settings = lenient(br#"{"language":"xx","sound":false,"hologram":7}"#).settings;
        assert_eq!(
            settings,
            Settings {
                sound: false,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn a_broken_file_gives_the_defaults() {
        for bytes in [&b""[..], b"\0\0", b"[1]", b"{\"sound\":"] {
            assert_eq!(lenient(bytes).settings, Settings::default());
        }
    }

    #[test]
    fn a_desk_that_never_locked_does_once_people_sign_in_until_somebody_chooses_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let file = SettingsFile::load(dir.path());
        file.expect_people();
        assert_eq!(file.get().autolock_minutes, 5);
        let never = Settings {
            autolock_minutes: 0,
            ..file.get()
        };
        file.set(never).unwrap();
        let file = SettingsFile::load(dir.path());
        file.expect_people();
        assert_eq!(file.get().autolock_minutes, 0);
        let chosen = tempfile::tempdir().unwrap();
        let file = SettingsFile::load(chosen.path());
        let twenty = Settings {
            autolock_minutes: 20,
            ..Settings::default()
        };
        file.set(twenty).unwrap();
        file.expect_people();
        assert_eq!(file.get().autolock_minutes, 20);
    }

    #[test]
    fn a_lock_later_than_a_day_is_cut_to_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let endless = Settings {
            autolock_minutes: u32::MAX,
            ..Settings::default()
        };
        let kept = SettingsFile::load(dir.path()).set(endless).unwrap();
        assert_eq!(kept.autolock_minutes, AUTOLOCK_MAX_MINUTES);
    }

    #[test]
    fn settings_that_can_not_be_written_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = SettingsFile::load(&dir.path().join("settings.json"));
        std::fs::write(dir.path().join("settings.json"), b"{}").unwrap();
        let before = file.get();
        let failure = file.set(Settings {
            sound: false,
            ..before
        });
        assert_eq!(failure.unwrap_err().code, Code::Io);
        assert_eq!(file.get(), before);
    }
}
