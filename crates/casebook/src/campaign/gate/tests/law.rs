//! The rows of the anti-spam law, S1 to S18, each where the product meets it.
use super::*;
use crate::campaign::template::{Finding, Kind, Text, lint};
use crate::contact::{AdCall, CallDefect};
use crate::opt_in::{EvidenceKind, GrantForm, Method, Refused, Way};
use crate::rules::Words;
use Refusal as R;

type Row = (&'static str, fn());

const ROWS: [Row; 18] = [
    (
        "S1 the national list closes messages, requests and calls",
        s1,
    ),
    ("S2 no offer without a yes for its channel", s2),
    (
        "S3 a yes comes by one of the lawful ways, declared and confirmed",
        s3,
    ),
    ("S4 one request ever; no reply is a no", s4),
    ("S5 the request begins with DKQC and keeps the hours", s5),
    ("S6 a stop holds from the moment that it is written", s6),
    ("S7 three messages, three mails, one call in 24 hours", s7),
    ("S8 messages 7 to 22, calls 8 to 17, on every day", s8),
    ("S9 only under a registered name", s9),
    ("S10 the name has its form and three years", s10),
    ("S11 the label comes first", s11),
    (
        "S12 how to refuse stands at the end, by message and by phone",
        s12,
    ),
    ("S13 a stop is confirmed once", s13),
    ("S14 a call begins with who calls", s14),
    ("S15 every advertising call is kept with its recording", s15),
    (
        "S16 consent is checked before, and refusals are received",
        s16,
    ),
    ("S17 a copy goes to 5656", s17),
    ("S18 whoever complains is left in peace", s18),
];

#[test]
fn every_row_of_the_anti_spam_law_is_met() {
    for (number, (name, row)) in ROWS.iter().enumerate() {
        assert!(name.starts_with(&format!("S{} ", number + 1)));
        row();
    }
}

fn listed(sms: bool, voice: bool) -> dnc::Status {
    dnc::Status::Checked {
        as_of: date(2026, 11, 23),
        listed: dnc::Listed { sms, voice },
    }
}

fn s1() {
    for (channel, sms, voice) in [(Channel::Sms, true, false), (Channel::Call, false, true)] {
        let world = World::good(channel).with(|w| w.dnc = listed(sms, voice));
        assert_eq!(world.verdict().err(), Some(R::DncListed));
        let world = World::good(channel).with(|w| w.dnc = listed(voice, sms));
        assert!(
            world.verdict().is_ok(),
            "the other list closes the other channel"
        );
    }
    let world = World::unasked(Channel::Sms);
    assert!(world.ask().is_ok());
    assert_eq!(
        world
            .clone()
            .with(|w| w.dnc = listed(true, false))
            .ask()
            .err(),
        Some(R::DncListed)
    );
    assert_eq!(
        world.with(|w| w.dnc = dnc::Status::Unchecked).ask().err(),
        Some(R::DncUnchecked)
    );
}

fn s2() {
    for channel in Channel::ALL {
        assert_eq!(World::unasked(channel).verdict().err(), Some(R::NotAsked));
        for other in Channel::ALL {
            let mut world = World::unasked(channel);
            world
                .desk
                .grant(crate::submission::PromoChoices::only(other));
            assert_eq!(world.verdict().is_ok(), channel == other);
        }
    }
}

fn s3() {
    assert_eq!(Method::Sms.way(true), Way::OptInMessage);
    assert_eq!(Method::Sms.way(false), Way::Switchboard);
    assert_eq!(Method::CallRecording.way(false), Way::Switchboard);
    for method in [
        Method::Paper,
        Method::SignedAtDesk,
        Method::WebForm,
        Method::App,
    ] {
        assert_eq!(method.way(false), Way::ConfirmedForm);
    }
    let ticked = GrantForm {
        method: Some(Method::WebForm),
        evidence: Some(EvidenceKind::Document),
        ..form(all())
    };
    let refused = Desk::new(1).record.grant(doing(), &phone(), &ticked).err();
    assert_eq!(refused, Some(Refused::NotConfirmed));
}

fn s4() {
    let mut world = World::unasked(Channel::Sms);
    let request = world.desk.record.request(doing(), &phone(), "DKQC");
    world.desk.put(request.unwrap());
    assert_eq!(world.ask().err(), Some(R::NoReply));
    assert_eq!(world.verdict().err(), Some(R::NoReply));
    let world = World::unasked(Channel::Sms).with(|w| {
        w.desk.refuse(all());
    });
    assert_eq!(world.ask().err(), Some(R::SaidNo));
    assert_eq!(
        World::good(Channel::Sms).ask().err(),
        Some(R::AlreadyAgreed)
    );
}

fn s5() {
    let world = World::unasked(Channel::Sms);
    assert_eq!(
        world.clone().with(|w| w.at(NINE + 13 * HOUR)).ask().err(),
        Some(R::OutsideHours)
    );
    // An offer's text, however good, is no request.
    let offer = may_ask(&world.candidate(), &world.asked(), Rules::builtin());
    assert_eq!(offer.err(), Some(R::TemplateNotPassed));
    assert_eq!(template::tests::request().kind(), Kind::OptInRequest);
    assert_eq!(Rules::builtin().words(Words::OptInLabels), ["DKQC"]);
}

fn s6() {
    for channel in Channel::ALL {
        let mut world = World::good(channel);
        assert!(world.verdict().is_ok());
        world
            .desk
            .withdraw(crate::submission::PromoChoices::only(channel));
        assert_eq!(world.verdict().err(), Some(R::Withdrawn));
    }
}

fn s7() {
    for (channel, cap) in [(Channel::Sms, 3), (Channel::Email, 3), (Channel::Call, 1)] {
        let mut world = World::good(channel).with(|w| w.window = (NINE, NINE));
        for _ in 0..cap {
            assert!(world.verdict().is_ok());
            world.reached(channel, &[NINE - 24 * HOUR + 1]);
        }
        assert_eq!(world.verdict().err(), Some(R::CapReached));
        // It is counted by the hour, not by the day: one millisecond later there is room.
        world.window = (NINE + 1, NINE + 1);
        assert!(world.verdict().is_ok());
    }
}

fn s8() {
    // Monday to Sunday, and on a holiday (24 November) too.
    for day in 0..7 {
        for (channel, from, to) in [(Channel::Sms, 7, 22), (Channel::Call, 8, 17)] {
            for hour in 0..24 {
                let at = NINE + (day * 24 + hour - 9) * HOUR;
                let fresh = |w: &mut World| {
                    w.at(at);
                    w.dnc = dnc::Status::Checked {
                        as_of: day::date(at).unwrap(),
                        listed: dnc::Listed::NONE,
                    };
                };
                let world = World::good(channel).with(fresh);
                let passes = (from..to).contains(&hour);
                assert_eq!(
                    world.verdict().is_ok(),
                    passes,
                    "{channel:?} {hour}:00, day {day}"
                );
            }
        }
    }
}

fn s9() {
    for channel in [Channel::Sms, Channel::Call] {
        let world = World::good(channel).with(|w| w.brandname = None);
        assert_eq!(world.verdict().err(), Some(R::BrandnameMissing));
    }
    let world = World::unasked(Channel::Sms).with(|w| w.brandname = None);
    assert_eq!(world.ask().err(), Some(R::BrandnameMissing));
}

fn s10() {
    let rules = Rules::builtin();
    let issued = |day| Brandname::new("VIET SMILE", day, rules).ok();
    let world = |day| {
        World::good(Channel::Sms)
            .with(|w| w.brandname = issued(day))
            .verdict()
    };
    assert!(world(date(2023, 11, 24)).is_ok());
    assert_eq!(world(date(2023, 11, 23)).err(), Some(R::BrandnameExpired));
    assert!(Brandname::new("VIET SMILE DENTAL", date(2026, 1, 1), rules).is_err());
    assert!(Brandname::new("0901234567", date(2026, 1, 1), rules).is_err());
}

fn findings(channel: Channel, body: &str) -> Vec<Finding> {
    let advertiser = template::tests::clinic();
    let text = Text {
        channel,
        kind: Kind::Offer,
        subject: "Uu dai",
        body,
        advertiser: &advertiser,
        refuse_by_message: "TC gui 0901234567",
        join_by_message: "",
    };
    lint(&text, Rules::builtin()).findings
}

fn s11() {
    let found = findings(
        Channel::Sms,
        "Uu dai. Tu choi: TC gui 0901234567, goi 02838123456",
    );
    assert_eq!(found, [Finding::LabelMissing]);
    assert!(findings(Channel::Email, "x").contains(&Finding::LabelMissing));
    let world = World::good(Channel::Sms).with(|w| w.template = None);
    assert_eq!(world.verdict().err(), Some(R::TemplateNotPassed));
}

fn s12() {
    let end = "[QC] Uu dai. Tu choi: TC gui 0901234567, goi 02838123456. Mua ngay";
    assert_eq!(findings(Channel::Sms, end), [Finding::RefusalNotLast]);
    let one = "[QC] Uu dai. Tu choi: TC gui 0901234567";
    assert_eq!(findings(Channel::Sms, one), [Finding::RefuseByPhoneMissing]);
}

fn s13() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    let stop = desk.withdraw(all());
    let told = desk
        .record
        .acknowledge(doing(), stop, "Da nhan luc 09:00, ngung tu 09:00");
    desk.put(told.unwrap());
    let again = desk.record.acknowledge(doing(), stop, "x").err();
    assert_eq!(again, Some(Refused::AlreadyDone));
}

fn s14() {
    let found = findings(Channel::Call, "Chi oi co uu dai");
    assert!(found.contains(&Finding::CallerMissing) && found.contains(&Finding::AddressMissing));
    let call = AdCall {
        at_ms: NINE,
        answered: true,
        script_shown: true,
        introduced: false,
        recording: "REC-1".into(),
    };
    assert_eq!(call.defects(), [CallDefect::NotIntroduced]);
}

fn s15() {
    let call = AdCall {
        at_ms: NINE,
        answered: true,
        script_shown: false,
        introduced: true,
        recording: String::new(),
    };
    assert_eq!(
        call.defects(),
        [CallDefect::NoScript, CallDefect::NoRecording]
    );
    let unanswered = AdCall {
        answered: false,
        ..call.clone()
    };
    assert_eq!(unanswered.defects(), []);
    let mut desk = Desk::new(1);
    let kept = desk
        .record
        .contacted(doing(), &phone(), Contact::Call(call.clone()));
    desk.put(kept.unwrap());
    assert!(desk.record.contacts().eq([&Contact::Call(call)]));
}

fn s16() {
    let mut desk = Desk::new(1);
    desk.grant(all());
    desk.refuse(all());
    let acts = desk.record.history();
    assert_eq!(acts.len(), 2, "who agreed and who refused can be shown");
    let world = World::good(Channel::Sms).with(|w| w.evidence_kept = false);
    assert_eq!(world.verdict().err(), Some(R::EvidenceLost));
}

fn s17() {
    assert_eq!(Rules::builtin().words(Words::CopyTo), ["5656"]);
}

fn s18() {
    let world = World::good(Channel::Zalo).with(|w| w.complaint_open = true);
    assert_eq!(world.verdict().err(), Some(R::ComplaintOpen));
    let entry = suppression::Entry {
        why: suppression::Why::Complaint,
        since_ms: 1,
        generation: 0,
    };
    let world =
        World::good(Channel::Zalo).with(|w| w.suppressed = suppression::blocking(&[entry], 7));
    assert_eq!(world.verdict().err(), Some(R::Suppressed));
}
