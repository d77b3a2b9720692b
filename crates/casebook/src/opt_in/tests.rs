//! Opt-ins said, taken back and merged at several PCs at once.
mod bytes;
pub(crate) mod causal;

use super::*;
use crate::lead::Doing;
use crate::phone::{self, Phone};
use crate::submission::PromoChoices;

/// 2026-11-23 09:00 in Ho Chi Minh City.
pub(crate) const NINE: i64 = 1_795_366_800_000 + 9 * 60 * 60_000;

pub(crate) fn stamp(hlc: u64, author: u8) -> Stamp {
    Stamp {
        hlc,
        author: [author; 16],
    }
}

pub(crate) fn doing() -> Doing<'static> {
    Doing {
        by: "Mai",
        staff: None,
        now_ms: NINE,
    }
}

pub(crate) fn phone() -> Phone {
    phone::parse("0912345678", None).first.unwrap()
}

pub(crate) fn all() -> PromoChoices {
    PromoChoices::from_bits(15)
}

/// A whole yes on signed paper.
pub(crate) fn form(channels: PromoChoices) -> GrantForm<'static> {
    GrantForm {
        purpose: PromoPurpose::Offers,
        channels,
        method: Some(Method::Paper),
        notice_version: "2026-11",
        notice_hash: Some([3; 32]),
        evidence: Some(EvidenceKind::Signature),
        evidence_hash: None,
        reference: "Phiếu 12, cặp A",
        frequency: "tối đa 2 tin mỗi tháng",
        age: AgeGroup::Adult,
        child_agrees: false,
        representative: None,
        said_ms: None,
        hours: None,
    }
}

pub(crate) fn said(channels: PromoChoices) -> StatementForm<'static> {
    StatementForm {
        purpose: PromoPurpose::Offers,
        channels,
        method: None,
        evidence: None,
        evidence_hash: None,
        reference: "",
        note: "gọi điện báo",
    }
}

/// A desk with its copy of one record.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    pub(crate) record: OptIn,
    author: u8,
}

impl Desk {
    pub(crate) fn new(author: u8) -> Self {
        Self {
            author,
            record: OptIn::default(),
        }
    }

    /// The number that the record is about.
    pub(crate) fn phone(&self) -> Phone {
        let known = phone::parse(self.record.number(), None).first;
        known.unwrap_or_else(phone)
    }

    /// Records above everything that this desk has seen.
    pub(crate) fn put(&mut self, change: Change) -> Stamp {
        let seen = self.record.iter().map(|(stamp, _)| stamp.hlc).max();
        let stamp = stamp(seen.unwrap_or(0) + 1, self.author);
        self.record.insert(stamp, change);
        stamp
    }

    pub(crate) fn grant(&mut self, channels: PromoChoices) -> Stamp {
        self.put(
            self.record
                .grant(doing(), &self.phone(), &form(channels))
                .unwrap(),
        )
    }

    pub(crate) fn refuse(&mut self, channels: PromoChoices) -> Stamp {
        self.put(
            self.record
                .refuse(doing(), &self.phone(), &said(channels))
                .unwrap(),
        )
    }

    pub(crate) fn withdraw(&mut self, channels: PromoChoices) -> Stamp {
        self.put(
            self.record
                .withdraw(doing(), &self.phone(), &said(channels))
                .unwrap(),
        )
    }

    pub(crate) fn restrict(&mut self) -> Stamp {
        let change = self
            .record
            .restrict(doing(), &self.phone(), Limit::Restriction, "");
        self.put(change.unwrap())
    }

    pub(crate) fn kind(&self, channel: Channel) -> StateKind {
        self.record.state(channel, PromoPurpose::Offers).kind()
    }

    fn kinds(&self) -> [StateKind; 4] {
        Channel::ALL.map(|channel| self.kind(channel))
    }
}

fn meet(a: &mut Desk, b: &mut Desk) {
    a.record.merge(&b.record);
    b.record.merge(&a.record);
    assert_eq!(a.record.encode(), b.record.encode());
}

fn only(channel: Channel) -> PromoChoices {
    PromoChoices::only(channel)
}

type Lacking = (fn(&mut GrantForm<'static>), Option<Refused>);

fn child(form: &mut GrantForm<'static>, age: AgeGroup) {
    (form.age, form.child_agrees) = (age, true);
    form.representative = Some(("Lan", "0987654321"));
}

fn by(form: &mut GrantForm<'static>, method: Method, evidence: EvidenceKind) {
    (form.method, form.evidence) = (Some(method), Some(evidence));
}

const LACKING: &[Lacking] = &[
    (|_| {}, None),
    (
        |f| f.channels = PromoChoices::from_bits(0),
        Some(Refused::NoChannel),
    ),
    (|f| f.method = None, Some(Refused::MethodMissing)),
    (|f| f.notice_hash = None, Some(Refused::NoticeMissing)),
    (
        |f| f.notice_hash = Some([0; 32]),
        Some(Refused::NoticeMissing),
    ),
    (|f| f.notice_version = " ", Some(Refused::NoticeMissing)),
    (|f| f.evidence = None, Some(Refused::EvidenceMissing)),
    (|f| f.reference = "", Some(Refused::EvidenceMissing)),
    (
        |f| (f.reference, f.evidence_hash) = ("", Some([1; 32])),
        None,
    ),
    (
        |f| by(f, Method::Paper, EvidenceKind::Document),
        Some(Refused::NotConfirmed),
    ),
    (
        |f| by(f, Method::WebForm, EvidenceKind::Document),
        Some(Refused::NotConfirmed),
    ),
    (|f| by(f, Method::WebForm, EvidenceKind::Code), None),
    (
        |f| by(f, Method::CallRecording, EvidenceKind::Signature),
        Some(Refused::NotConfirmed),
    ),
    (
        |f| by(f, Method::CallRecording, EvidenceKind::Recording),
        None,
    ),
    (|f| f.frequency = "", Some(Refused::FrequencyMissing)),
    (|f| f.said_ms = Some(NINE - 1), None),
    (|f| f.said_ms = Some(NINE + 1), Some(Refused::InFuture)),
    (|f| f.hours = Some((600, 600)), Some(Refused::BadHours)),
    (|f| f.hours = Some((600, 1441)), Some(Refused::BadHours)),
    (|f| child(f, AgeGroup::Under7), None),
    (|f| child(f, AgeGroup::From7), None),
    (
        |f| (f.age, f.child_agrees) = (AgeGroup::From7, true),
        Some(Refused::RepresentativeMissing),
    ),
    (without_the_child, Some(Refused::ChildNotAsked)),
    (of_nobody, Some(Refused::RepresentativeMissing)),
];

fn without_the_child(form: &mut GrantForm<'static>) {
    child(form, AgeGroup::From7);
    form.child_agrees = false;
}

fn of_nobody(form: &mut GrantForm<'static>) {
    child(form, AgeGroup::Under7);
    form.representative = Some((" ", ""));
}

#[test]
fn a_yes_without_what_makes_it_count_is_not_written() {
    let record = OptIn::default();
    for (number, (change, why)) in LACKING.iter().enumerate() {
        let mut form = form(all());
        change(&mut form);
        let granted = record.grant(doing(), &phone(), &form);
        assert_eq!(granted.err(), *why, "row {number}");
    }
}

#[test]
fn a_record_takes_no_word_about_another_number() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    let other = phone::parse("0987654321", None).first.unwrap();
    let wrong = Some(Refused::OtherNumber);
    assert_eq!(
        desk.record.grant(doing(), &other, &form(all())).err(),
        wrong
    );
    assert_eq!(
        desk.record.withdraw(doing(), &other, &said(all())).err(),
        wrong
    );
    assert_eq!(desk.record.number(), "+84912345678");
}

#[test]
fn silence_a_tick_a_yes_a_no_and_a_stop_are_five_different_things() {
    use StateKind as S;
    let mut desk = Desk::new(1);
    assert_eq!(desk.kinds(), [S::NotAsked; 4]);
    let mut origin = crate::submission::change(
        &crate::submission::RawAnswers {
            promo: 2 | 4,
            ..Default::default()
        },
        NINE,
        0,
    )
    .origin
    .unwrap();
    let declared = desk.record.declare(&phone(), &origin).unwrap().unwrap();
    desk.put(declared);
    assert_eq!(
        desk.kinds(),
        [S::NotAsked, S::Declared, S::Declared, S::NotAsked]
    );
    desk.grant(only(Channel::Sms));
    desk.refuse(only(Channel::Email));
    assert_eq!(
        desk.kinds(),
        [S::NotAsked, S::Granted, S::Declared, S::Refused]
    );
    desk.withdraw(only(Channel::Sms));
    assert_eq!(
        desk.kinds(),
        [S::NotAsked, S::Withdrawn, S::Declared, S::Refused]
    );
    let affiliates = desk.record.state(Channel::Sms, PromoPurpose::Affiliates);
    assert_eq!(affiliates.kind(), S::NotAsked);
    origin.promo = Some(PromoChoices::default());
    assert!(desk.record.declare(&phone(), &origin).unwrap().is_none());
    let rows = coverage([&desk.record], PromoPurpose::Offers);
    assert_eq!(
        rows.map(|r| [r.not_asked, r.declared, r.granted, r.refused, r.withdrawn]),
        [
            [1, 0, 0, 0, 0],
            [0, 0, 0, 0, 1],
            [0, 1, 0, 0, 0],
            [0, 0, 0, 1, 0],
        ]
    );
}

#[test]
fn a_withdrawal_is_confirmed_once_and_only_a_withdrawal_is() {
    let mut desk = Desk::new(1);
    let grant = desk.grant(all());
    let stop = desk.withdraw(all());
    assert_eq!(desk.record.unacknowledged().count(), 1);
    let send = |desk: &Desk, stamp| {
        desk.record
            .acknowledge(doing(), stamp, "Đã ngừng lúc 09:00")
    };
    assert_eq!(send(&desk, grant).err(), Some(Refused::Unknown));
    assert_eq!(
        desk.record.acknowledge(doing(), stop, "").err(),
        Some(Refused::NoteMissing)
    );
    desk.put(send(&desk, stop).unwrap());
    assert_eq!(send(&desk, stop).err(), Some(Refused::AlreadyDone));
    assert_eq!(desk.record.unacknowledged().count(), 0);
}

#[test]
fn words_that_lead_to_the_proof_of_a_stop_are_kept_though_nobody_said_what_it_is() {
    let record = OptIn::default();
    let said = StatementForm {
        reference: "cuộc gọi 08:55",
        ..said(all())
    };
    let change = record.withdraw(doing(), &phone(), &said).unwrap();
    let Act::Withdrawn(said) = change.act else {
        panic!("no stop");
    };
    assert_eq!(said.evidence.unwrap().reference, "cuộc gọi 08:55");
}

#[test]
fn the_one_request_is_sent_once_ever_and_no_answer_is_a_no() {
    let mut desk = Desk::new(1);
    let ask = |desk: &Desk| desk.record.request(doing(), &phone(), "DKQC ...");
    desk.put(ask(&desk).unwrap());
    assert_eq!(ask(&desk).err(), Some(Refused::AlreadyRequested));
    assert_eq!(desk.kind(Channel::Sms), StateKind::Refused);
    assert_eq!(desk.kind(Channel::Zalo), StateKind::NotAsked);
    desk.grant(only(Channel::Sms));
    assert_eq!(desk.kind(Channel::Sms), StateKind::Granted);
    for (act, why) in [
        (
            Desk::grant as fn(&mut Desk, _) -> _,
            Refused::AlreadyGranted,
        ),
        (Desk::refuse, Refused::SaidNo),
        (Desk::withdraw, Refused::SaidNo),
    ] {
        let mut other = Desk::new(2);
        act(&mut other, all());
        assert_eq!(ask(&other).err(), Some(why));
    }
}

#[test]
fn a_mistaken_grant_or_refusal_is_corrected_and_a_withdrawal_is_not() {
    let mut desk = Desk::new(1);
    let stop = desk.withdraw(all());
    let grant = desk.grant(all());
    assert_eq!(desk.kind(Channel::Sms), StateKind::Granted);
    let correct = |desk: &Desk, target| desk.record.correct(doing(), target, "nhầm người");
    assert_eq!(
        desk.record.correct(doing(), grant, " ").err(),
        Some(Refused::NoteMissing)
    );
    desk.put(correct(&desk, grant).unwrap());
    assert_eq!(
        desk.kind(Channel::Sms),
        StateKind::Withdrawn,
        "what the grant lifted stands again"
    );
    assert_eq!(correct(&desk, grant).err(), Some(Refused::AlreadyDone));
    assert_eq!(correct(&desk, stop).err(), Some(Refused::NotCorrectable));
    assert_eq!(correct(&desk, stamp(99, 9)).err(), Some(Refused::Unknown));
    // Written past the constructors, it is still not obeyed.
    let act = Act::Corrected {
        target: stop,
        note: "x".into(),
    };
    let forged = Change {
        act,
        ..desk.record.get(&stop).unwrap().clone()
    };
    desk.put(forged);
    assert_eq!(desk.kind(Channel::Sms), StateKind::Withdrawn);

    let mut other = Desk::new(2);
    other.grant(all());
    let no = other.refuse(all());
    assert_eq!(other.kind(Channel::Call), StateKind::Refused);
    other.put(correct(&other, no).unwrap());
    assert_eq!(other.kind(Channel::Call), StateKind::Granted);
    let undone: Vec<bool> = other
        .record
        .history()
        .iter()
        .map(|line| line.undone)
        .collect();
    assert_eq!(undone, [false, true, false]);
}

#[test]
fn a_grant_for_one_channel_lifts_a_stop_on_that_channel_alone() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    desk.withdraw(all());
    desk.grant(only(Channel::Zalo));
    let mut expected = [StateKind::Withdrawn; 4];
    expected[2] = StateKind::Granted;
    assert_eq!(desk.kinds(), expected);
}

#[test]
fn what_was_said_is_kept_out_of_debug_output() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    let state = desk.record.state(Channel::Sms, PromoPurpose::Offers);
    let shown = format!(
        "{:?} {state:?} {:?} {:?}",
        desk.record,
        form(all()),
        desk.record.history()[0]
    );
    assert_eq!(shown, "Log(..) State(..) GrantForm(..) Moment(..)");
}
