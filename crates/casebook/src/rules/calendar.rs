//! Deadlines in calendar and working days.
use jiff::civil::Date;

use super::Rules;

/// No run of days off is longer; it ends a search that a senseless table would make endless.
const LONGEST_BREAK: u32 = 60;

impl Rules {
    /// Somebody has to work on this day: a working weekday and no holiday.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        self.weekdays.contains(&date.weekday()) && !self.holidays.contains_key(&date)
    }

    /// Last day of a term of calendar days: the day of the event is not counted, and a last day on
    /// which nobody works moves to the next working day (Civil Code Art. 147.2, 148.5). `None`
    /// beyond the calendar.
    #[must_use]
    pub fn add_days(&self, from: Date, days: u32) -> Option<Date> {
        let mut at = from;
        for _ in 0..days {
            at = at.tomorrow().ok()?;
        }
        for _ in 0..LONGEST_BREAK {
            if self.is_working_day(at) {
                return Some(at);
            }
            at = at.tomorrow().ok()?;
        }
        None
    }

    /// Last day of a term of working days, the day of the event not counted.
    #[must_use]
    pub fn add_working_days(&self, from: Date, days: u32) -> Option<Date> {
        let mut at = from;
        for _ in 0..days {
            at = self.add_days(at.tomorrow().ok()?, 0)?;
        }
        Some(at)
    }
}
