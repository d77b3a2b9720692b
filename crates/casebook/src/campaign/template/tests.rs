//! Texts that keep the form of their channel, and one for each way to break it.
use super::*;
use proptest::prelude::*;

pub(in crate::campaign) fn clinic() -> Advertiser {
    Advertiser {
        name: "Nha khoa Viet Smile".into(),
        phone: "02838123456".into(),
        email: "cskh@vietsmile.vn".into(),
        address: "12 Le Loi, Quan 1".into(),
        site: "vietsmile.vn".into(),
    }
}

const BODY: &str =
    "[QC] Viet Smile giam 20% nieng rang. Tu choi: TC gui 0901234567 hoac goi 02838123456";
const SCRIPT: &str = "Em là {nguoiGoi}, {chucVu} của Nha khoa Viet Smile, 12 Le Loi, Quan 1. Chị {ten} có tiện nghe ưu đãi không ạ?";
const MAIL: &str = "Chào {danhXung} {hoTen},\nƯu đãi tháng này.\n\nNha khoa Viet Smile, 12 Le Loi, Quan 1.\nTừ chối nhận thư: vietsmile.vn/huy, cskh@vietsmile.vn hoặc 02838123456";

fn check(channel: Channel, kind: Kind, subject: &str, body: &str) -> Report {
    let advertiser = clinic();
    let text = Text {
        channel,
        kind,
        subject,
        body,
        advertiser: &advertiser,
        refuse_by_message: "TC gui 0901234567",
        join_by_message: "DY gui 0901234567",
    };
    lint(&text, Rules::builtin())
}

/// A text that passed for this channel.
pub(in crate::campaign) fn passed(channel: Channel) -> Passed {
    let report = match channel {
        Channel::Sms => check(channel, Kind::Offer, "", BODY),
        Channel::Email => check(channel, Kind::Offer, "[QC] Ưu đãi", MAIL),
        Channel::Zalo => check(channel, Kind::Offer, "", "Ưu đãi. Từ chối: gọi 02838123456"),
        Channel::Call => check(channel, Kind::Offer, "", SCRIPT),
    };
    *report.passed().expect("a good text")
}

/// A request that passed.
pub(in crate::campaign) fn request() -> Passed {
    let body = "DKQC Nha khoa Viet Smile gui uu dai. Dong y: DY gui 0901234567. Tu choi: TC gui 0901234567 hoac goi 02838123456";
    *check(Channel::Sms, Kind::OptInRequest, "", body)
        .passed()
        .expect("a good text")
}

fn sms(body: &str) -> Vec<Finding> {
    check(Channel::Sms, Kind::Offer, "", body).findings
}

#[test]
fn a_good_text_of_every_channel_passes() {
    for channel in Channel::ALL {
        assert_eq!(passed(channel).channel(), channel);
    }
    assert_eq!(request().kind(), Kind::OptInRequest);
}

#[test]
fn each_way_to_break_the_form_of_a_message_has_its_finding() {
    use Finding as F;
    let table = [
        (BODY.replace("[QC] ", ""), vec![F::LabelMissing]),
        (format!("Chao! {BODY}"), vec![F::LabelNotFirst]),
        (BODY.replace("[QC]", "[AD]"), vec![]),
        (BODY.replace("giam", "giảm"), vec![F::NotPlain('ả')]),
        (
            BODY.replace("nieng", "#nieng&"),
            vec![F::Forbidden('#'), F::Forbidden('&')],
        ),
        (
            BODY.replace("TC gui 0901234567", "TC"),
            vec![F::RefuseByMessageMissing],
        ),
        (
            BODY.replace(" hoac goi 02838123456", ""),
            vec![F::RefuseByPhoneMissing],
        ),
        (format!("{BODY}. Mua ngay!"), vec![F::RefusalNotLast]),
        (BODY.replace("Tu choi: ", ""), vec![F::RefusalWordMissing]),
        (BODY.replace(" hoac goi ", &" ".repeat(9)), vec![]),
        (BODY.replace("nieng rang", "{ten}"), vec![]),
        (
            BODY.replace("nieng rang", "{noiDung}"),
            vec![F::UnknownPlace("{noiDung}".into())],
        ),
        (
            BODY.replace("nieng", &"nieng ".repeat(60)),
            vec![F::TooLong],
        ),
        (
            String::new(),
            vec![
                F::Empty,
                F::LabelMissing,
                F::RefuseByMessageMissing,
                F::RefuseByPhoneMissing,
            ],
        ),
    ];
    for (body, findings) in table {
        assert_eq!(sms(&body), findings, "{body}");
    }
}

#[test]
fn the_ways_to_refuse_stand_side_by_side_at_the_end() {
    let parted = BODY.replace(
        " hoac goi",
        ". Uu dai chi trong thang nay, mong gap anh chi som. Goi",
    );
    assert_eq!(sms(&parted), [Finding::RefusalNotLast]);
    // The number inside the way by message is not the way by phone.
    let advertiser = Advertiser {
        phone: "0901234567".into(),
        ..clinic()
    };
    let text = Text {
        channel: Channel::Sms,
        kind: Kind::Offer,
        subject: "",
        body: "[QC] Uu dai. Tu choi: TC gui 0901234567",
        advertiser: &advertiser,
        refuse_by_message: "TC gui 0901234567",
        join_by_message: "",
    };
    assert_eq!(
        lint(&text, Rules::builtin()).findings,
        [Finding::RefuseByPhoneMissing]
    );
}

#[test]
fn a_message_is_as_long_as_its_places_may_become() {
    let report = |body: &str| check(Channel::Sms, Kind::Offer, "", body);
    let length = u32::try_from(BODY.len()).unwrap() + 2;
    assert_eq!((report(BODY).characters, report(BODY).parts), (length, 1));
    let named = BODY.replace("giam", "{ten} {ten} giam");
    assert_eq!(
        (report(&named).characters, report(&named).parts),
        (length + 62, 2)
    );
    for (characters, parts) in [(122, 1), (123, 2), (268, 2), (269, 3), (421, 3), (422, 0)] {
        let fill = "a".repeat(usize::try_from(characters - length).unwrap());
        let body = BODY.replace("giam", &format!("giam{fill}"));
        assert_eq!(
            (report(&body).characters, report(&body).parts),
            (characters, parts)
        );
    }
}

#[test]
fn a_request_says_who_asks_how_to_join_and_how_to_refuse() {
    use Finding as F;
    let find = |body: &str| check(Channel::Sms, Kind::OptInRequest, "", body).findings;
    assert_eq!(
        find(BODY),
        [F::LabelMissing, F::JoinMissing, F::NameMissing]
    );
    assert_eq!(
        check(
            Channel::Sms,
            Kind::Offer,
            "",
            "DKQC x. Tu choi: TC gui 0901234567, 02838123456"
        )
        .findings,
        [F::LabelMissing]
    );
}

#[test]
fn mail_has_the_label_in_its_subject_and_names_the_advertiser_in_full() {
    use Finding as F;
    let find =
        |subject: &str, body: &str| check(Channel::Email, Kind::Offer, subject, body).findings;
    assert_eq!(find("Ưu đãi", MAIL), [F::LabelMissing]);
    assert_eq!(find("Ưu đãi [QC]", MAIL), [F::LabelNotFirst]);
    let table = [
        ("Nha khoa Viet Smile", F::NameMissing),
        ("12 Le Loi, Quan 1", F::AddressMissing),
        ("cskh@vietsmile.vn", F::RefuseByMailMissing),
        ("02838123456", F::RefuseByPhoneMissing),
        ("vietsmile.vn/huy", F::RefuseBySiteMissing),
    ];
    for (part, finding) in table {
        assert_eq!(find("[AD] x", &MAIL.replace(part, "…")), [finding]);
    }
    let buried = format!("{MAIL} {}", "Ưu đãi. ".repeat(99));
    assert_eq!(find("[QC] x", &buried), [F::RefusalNotLast]);
    let silent = MAIL.replace("Từ chối", "Xem").replace("/huy", "");
    assert_eq!(find("[QC] x", &silent), [F::RefusalWordMissing]);
}

#[test]
fn a_script_says_who_calls_before_anything_else() {
    use Finding as F;
    let find = |body: &str| check(Channel::Call, Kind::Offer, "", body).findings;
    assert_eq!(
        find(&SCRIPT.replace("{chucVu}", "nhân viên")),
        [F::CallerMissing]
    );
    assert_eq!(
        find(&SCRIPT.replace("12 Le Loi, Quan 1", "Q1")),
        [F::AddressMissing]
    );
    let late = format!("{} {SCRIPT}", "Ưu đãi lớn. ".repeat(40));
    assert_eq!(
        find(&late),
        [F::NameMissing, F::AddressMissing, F::CallerMissing]
    );
    assert_eq!(
        check(Channel::Zalo, Kind::Offer, "", "Ưu đãi {nguoiGoi}").findings,
        [F::UnknownPlace("{nguoiGoi}".into()), F::RefusalWordMissing,]
    );
}

#[test]
fn a_name_never_brings_more_into_a_message_than_plain_letters() {
    let rules = Rules::builtin();
    let filled = |name| {
        fill(
            "[QC] Chao {danhXung} {ten}!",
            Channel::Sms,
            [name, "", "Chị"],
            rules,
        )
    };
    assert_eq!(
        filled("Đặng Thị Ngọc Ánh"),
        "[QC] Chao Chi Dang Thi Ngoc Anh!"
    );
    assert_eq!(filled("{hoTen}&#[x]"), "[QC] Chao Chi hoTenx!");
    assert_eq!(
        filled(&"Ễ".repeat(90)),
        format!("[QC] Chao Chi {}!", "E".repeat(30))
    );
    assert_eq!(fill("{ten}", Channel::Zalo, ["Ánh", "", ""], rules), "Ánh");
}

proptest! {
    #[test]
    fn a_text_that_passes_keeps_its_length_and_letters_whatever_fills_it(name: String, full: String) {
        let rules = Rules::builtin();
        let body = BODY.replace("giam", "{ten} {hoTen} {danhXung} giam");
        let report = check(Channel::Sms, Kind::Offer, "", &body);
        let filled = fill(&body, Channel::Sms, [&name, &full, "Anh"], rules);
        let after = check(Channel::Sms, Kind::Offer, "", &filled);
        prop_assert_eq!(&after.findings, &[]);
        prop_assert!(after.characters <= report.characters);
    }

    #[test]
    fn no_text_makes_the_linter_panic(subject: String, body: String, way: String) {
        let advertiser = clinic();
        for channel in Channel::ALL {
            let text = Text { channel, kind: Kind::OptInRequest, subject: &subject, body: &body, advertiser: &advertiser, refuse_by_message: &way, join_by_message: &way };
            let _ = lint(&text, Rules::builtin());
        }
    }
}
