//! The few words that the shell itself says, outside the window.
use crate::status::Language;

/// What the shell says in one language.
pub(crate) struct Words {
    /// Tray: show the window.
    pub(crate) open: &'static str,
    /// Tray: exchange now.
    pub(crate) sync: &'static str,
    /// Tray: lock.
    pub(crate) lock: &'static str,
    /// Tray: end.
    pub(crate) quit: &'static str,
    language: Language,
}

impl Words {
    /// The words of a language.
    #[must_use]
    pub(crate) const fn of(language: Language) -> Self {
        match language {
            Language::Vi => Self {
                open: "Mở Lễ Tân",
                sync: "Đồng bộ ngay",
                lock: "Khoá",
                quit: "Thoát",
                language,
            },
            Language::En => Self {
                open: "Open Lễ Tân",
                sync: "Sync now",
                lock: "Lock",
                quit: "Quit",
                language,
            },
        }
    }

    /// So many leads arrived; nothing about who they are, since others may stand at the desk.
    #[must_use]
    pub(crate) fn arrived(&self, count: u32) -> String {
        match (self.language, count) {
            (Language::Vi, _) => format!("{count} khách mới"),
            (Language::En, 1) => "1 new lead".to_owned(),
            (Language::En, _) => format!("{count} new leads"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_counted_in_both_languages() {
        assert_eq!(Words::of(Language::Vi).arrived(3), "3 khách mới");
        assert_eq!(Words::of(Language::En).arrived(1), "1 new lead");
        assert_eq!(Words::of(Language::En).arrived(3), "3 new leads");
    }
}
