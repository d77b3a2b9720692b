//! Leads from outside: what desks do, in any order, and what must hold afterwards.
mod acts;
mod bytes;
mod conflicts;
mod merging;
mod undoing;

use super::*;
use crate::basis::BasisKind;
use crate::day::MINUTE_MS;
use crate::submission::{self, RawAnswers};

/// 2026-11-23 09:00 in Ho Chi Minh City.
const NINE: i64 = 1_795_366_800_000 + 9 * 60 * MINUTE_MS;
const HOUR: i64 = 60 * MINUTE_MS;

fn stamp(hlc: u64, author: u8) -> Stamp {
    Stamp {
        hlc,
        author: [author; 16],
    }
}

fn doing(by: &str, now_ms: i64) -> Doing<'_> {
    Doing {
        by,
        staff: None,
        now_ms,
    }
}

/// What a visitor sent through the website.
fn submitted(name: &str, phone: &str, suspicion: u8) -> Change {
    let raw = RawAnswers {
        name,
        phone,
        question: "Niềng răng giá bao nhiêu?",
        promo: 5,
        notice_version: "2026-11",
        page: "/nieng-rang",
        branch: "Quận 1",
        ..RawAnswers::default()
    };
    submission::change(&raw, NINE - HOUR, suspicion)
}

/// A record with one submission at clock 1.
fn lead() -> Lead {
    let mut lead = Lead::new();
    lead.insert(
        stamp(1, 9),
        submitted("Nguyễn Thị Thu Hương", "0912345678", 0),
    );
    lead
}

/// A desk: holds a copy, acts on it, and hands its entries to others.
#[derive(Clone)]
struct Desk {
    lead: Lead,
    author: u8,
    clock: u64,
}

impl Desk {
    fn with(lead: &Lead, author: u8) -> Self {
        Self {
            lead: lead.clone(),
            author,
            clock: 1,
        }
    }

    /// Records a change above everything this desk has seen.
    fn record(&mut self, change: Change) -> Stamp {
        self.clock += 1;
        let seen = self
            .lead
            .iter()
            .map(|(stamp, _)| stamp.hlc)
            .max()
            .unwrap_or(0);
        self.clock = self.clock.max(seen + 1);
        let stamp = stamp(self.clock, self.author);
        self.lead.insert(stamp, change);
        stamp
    }

    fn rename(&mut self, name: &str) -> Stamp {
        let change = self.lead.edit(doing("Mai", NINE), Some(name), None, None);
        self.record(change.unwrap().unwrap())
    }
}

/// Both desks exchange everything and are then equal, to the byte.
fn meet(a: &mut Desk, b: &mut Desk) {
    a.lead.merge(&b.lead);
    b.lead.merge(&a.lead);
    assert_eq!(a.lead.encode(), b.lead.encode());
}

fn texts(rivals: &[Rival<'_>]) -> Vec<String> {
    rivals.iter().map(|rival| rival.value.to_owned()).collect()
}
