//! Passes on what the vault tells: to the window at once, to the person without pestering her.
use crate::outside::{News, Outside};
use crate::settings::SettingsFile;
use crate::status::LeadsChanged;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;
use vault::{Event, Vault};

/// Arrivals within this time make one notification.
const GATHER: Duration = Duration::from_millis(700);
/// Shortest time between two notifications.
const APART: Duration = Duration::from_secs(10);

/// Arrivals that nobody was told of yet.
#[derive(Debug, Default)]
pub struct Arrivals {
    count: u32,
    due: Option<Instant>,
    told: Option<Instant>,
}

impl Arrivals {
    /// More leads arrived.
    pub fn add(&mut self, count: u32, now: Instant) {
        if count == 0 {
            return;
        }
        self.count = self.count.saturating_add(count);
        let earliest = self.told.map_or(now, |told| told + APART);
        self.due.get_or_insert((now + GATHER).max(earliest));
    }

    /// When to speak; `None` while there is nothing to say.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// How many to speak of; the count starts anew.
    pub fn take(&mut self, now: Instant) -> u32 {
        self.due = None;
        self.told = Some(now);
        std::mem::take(&mut self.count)
    }
}

/// Passes on until the vault is closed.
pub async fn run(
    vault: Vault,
    mut events: Receiver<Event>,
    outside: Arc<dyn Outside>,
    settings: Arc<SettingsFile>,
) {
    let mut arrivals = Arrivals::default();
    loop {
        let due = arrivals.due();
        let event = tokio::select! {
            event = events.recv() => event,
            () = until(due) => {
                outside.announce(arrivals.take(Instant::now()), &settings.get());
                continue;
            }
        };
        match event {
            Ok(event) => pass_on(event, &vault, &*outside, &mut arrivals).await,
            // Too many at once: "anything may have changed" says it all.
            Err(RecvError::Lagged(_)) => outside.tell(News::Leads(LeadsChanged {
                ids: Vec::new(),
                arrived: 0,
            })),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn pass_on(event: Event, vault: &Vault, outside: &dyn Outside, arrivals: &mut Arrivals) {
    match event {
        Event::Leads { ids, arrived } => {
            outside.tell(News::Leads(LeadsChanged { ids, arrived }));
            if arrived > 0 {
                arrivals.add(arrived, Instant::now());
                outside.tell(News::Arrived(arrived));
            }
        }
        Event::People => outside.tell(News::People),
        Event::Sync => {
            if let Ok(view) = vault.sync_view().await {
                outside.tell(News::Sync(view));
            }
        }
        Event::Inviting(inviting) => outside.tell(News::Inviting(inviting)),
        Event::Desks => outside.tell(News::Desks),
        // Heard by whoever can act on it: see `desk::members`.
        Event::CutOff => {}
        Event::Backups => outside.tell(News::Backups),
        Event::Loaded | Event::Rebuilding { .. } => outside.tell(News::Leads(LeadsChanged {
            ids: Vec::new(),
            arrived: 0,
        })),
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_makes_one_notification_with_the_whole_count() {
        let start = Instant::now();
        let mut arrivals = Arrivals::default();
        for n in 0..5 {
            arrivals.add(2, start + Duration::from_millis(n));
        }
        assert_eq!(arrivals.due(), Some(start + GATHER));
        assert_eq!(arrivals.take(start + GATHER), 10);
        assert_eq!(arrivals.due(), None);
    }

    #[test]
    fn the_next_notification_keeps_its_distance() {
        let start = Instant::now();
        let mut arrivals = Arrivals::default();
        arrivals.add(1, start);
        arrivals.take(start + GATHER);
        arrivals.add(1, start + Duration::from_secs(1));
        assert_eq!(arrivals.due(), Some(start + GATHER + APART));
        let late = start + Duration::from_hours(1);
        arrivals.take(start + GATHER + APART);
        arrivals.add(1, late);
        assert_eq!(arrivals.due(), Some(late + GATHER));
    }

    #[test]
    fn no_arrival_is_no_notification() {
        let mut arrivals = Arrivals::default();
        arrivals.add(0, Instant::now());
        assert_eq!(arrivals.due(), None);
    }
}
