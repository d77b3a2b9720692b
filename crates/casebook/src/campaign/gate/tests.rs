//! Every condition of the gate and every row of the anti-spam law, one by one and in any history.
mod conditions;
mod histories;
mod law;

use super::*;
use crate::campaign::template;
use crate::contact::Contact;
use crate::day::MINUTE_MS;
use crate::opt_in::tests::{Desk, NINE, all, doing, form, phone};
use crate::phone;
use jiff::civil::{Date, date};

pub(super) const HOUR: i64 = 60 * MINUTE_MS;

pub(crate) const CLEAR: dnc::Status = dnc::Status::Checked {
    as_of: Date::constant(2026, 11, 23),
    listed: dnc::Listed::NONE,
};

/// A number and a campaign; at first everything is as it should be.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct World {
    pub(crate) desk: Desk,
    reading: Reading,
    erased: bool,
    suppressed: Option<suppression::Entry>,
    dnc: dnc::Status,
    notice_known: bool,
    evidence_kept: bool,
    email_known: bool,
    minor: bool,
    wrong_number: bool,
    complaint_open: bool,
    suspect: bool,
    purpose: PromoPurpose,
    channel: Channel,
    now_ms: i64,
    pub(crate) window: (i64, i64),
    brandname: Option<Brandname>,
    template: Option<Passed>,
    synced_ms: Option<i64>,
}

crate::redact::redact!(World);

impl World {
    pub(crate) fn good(channel: Channel) -> Self {
        let mut world = Self::unasked(channel);
        world.desk.grant(all());
        world
    }

    pub(super) fn unasked(channel: Channel) -> Self {
        let rules = Rules::builtin();
        Self {
            desk: Desk::new(1),
            reading: phone::parse("0912345678", None),
            erased: false,
            suppressed: None,
            dnc: CLEAR,
            notice_known: true,
            evidence_kept: true,
            email_known: true,
            minor: false,
            wrong_number: false,
            complaint_open: false,
            suspect: false,
            purpose: PromoPurpose::Offers,
            channel,
            now_ms: NINE,
            window: (NINE, NINE + HOUR),
            brandname: Brandname::new("VIET SMILE", date(2026, 1, 1), rules).ok(),
            template: Some(template::tests::passed(channel)),
            synced_ms: Some(NINE),
        }
    }

    pub(crate) fn candidate(&self) -> Candidate<'_> {
        Candidate {
            record: &self.desk.record,
            phone: &self.reading,
            erased: self.erased,
            suppressed: self.suppressed,
            dnc: self.dnc,
            notice_known: self.notice_known,
            evidence_kept: self.evidence_kept,
            email_known: self.email_known,
            minor: self.minor,
            wrong_number: self.wrong_number,
            complaint_open: self.complaint_open,
            suspect: self.suspect,
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            purpose: self.purpose,
            channel: self.channel,
            now_ms: self.now_ms,
            window: self.window,
            brandname: self.brandname.as_ref(),
            template: self.template.as_ref(),
            synced_ms: self.synced_ms,
        }
    }

    pub(crate) fn verdict(&self) -> Result<Mailable, Refusal> {
        verdict(&self.candidate(), &self.asked(), Rules::builtin())
    }

    fn reasons(&self) -> Vec<Refusal> {
        all_reasons(&self.candidate(), &self.asked(), Rules::builtin())
    }

    fn ask(&self) -> Result<Askable, Refusal> {
        let request = template::tests::request();
        let asked = Asked {
            template: Some(&request),
            ..self.asked()
        };
        may_ask(&self.candidate(), &asked, Rules::builtin())
    }

    /// Messages that reached the number at these moments.
    pub(crate) fn reached(&mut self, channel: Channel, times: &[i64]) {
        for sent_ms in times {
            let contact = Contact::Message {
                channel,
                sent_ms: *sent_ms,
                lot: None,
            };
            let contact = self
                .desk
                .record
                .contacted(doing(), &self.desk.phone(), contact);
            self.desk.put(contact.unwrap());
        }
    }

    fn at(&mut self, ms: i64) {
        (self.now_ms, self.window, self.synced_ms) = (ms, (ms, ms), Some(ms));
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
