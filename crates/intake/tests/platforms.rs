//! What platforms deposit and owe, injuries, the special fund, subsidies and warnings: cells to fields.

use crate::support::{
    self, ANNA, HASH, PLATFORM, account, codes, csv, json, parsed, record, summary, with, without,
};
use yizhang_intake::{Row, injury_id};
use yizhang_ledger::{
    hash::Hash,
    record::{Ending, FundMove, InjuryStep, Record, Reporter, Subject, Trade, TransportMode, Work},
    value::{Code, Day, UnixMillis},
    warning,
};

#[test]
fn a_month_on_a_platform_is_read_field_by_field() {
    let rows = parsed(csv(&[support::platform_month()]));
    let Record::PlatformMonth(fields) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(fields.account, account(ANNA));
    assert_eq!(fields.platform.as_str(), PLATFORM);
    assert_eq!(
        (fields.trade, fields.mode),
        (Trade::Delivery, TransportMode::Bicycle)
    );
    let work = Work {
        orders: 612,
        insured_orders: 600,
        days: 26,
        minutes: 11_040,
        longest_minutes: 390,
        night_minutes: 1_260,
    };
    assert_eq!(fields.work, work);
    assert_eq!(fields.earnings.net.get(), 619_450);
    assert_eq!(fields.file.rows, 631);
    assert_eq!(Some(fields.file.root), Hash::from_hex(HASH));
    // The same in the words that an agency uses.
    let chinese = "业务类型,社会保障号码,平台,参保地,年月,业态,交通方式,完成订单数,参保订单数,接单天数,在途分钟,\
最长连续分钟,夜间分钟,订单收入,奖励,平台扣款,扣款退还,实得收入,订单文件行数,订单文件根,业务流水号\n\
平台月度存证,440300199003078815,91440300MA00000P1C,440300,202610,外卖,电动自行车,612,600,26,11040,390,1260,\
5830.00,420.00,75.50,20.00,6194.50,631,ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB,S1\n";
    assert_eq!(parsed(chinese)[0].bytes, rows[0].bytes);
}

#[test]
fn a_platform_may_keep_more_than_it_pays_for() {
    let changes = [
        ("gross", "50.00"),
        ("incentives", ""),
        ("refunds", ""),
        ("net", "-25.50"),
    ];
    let row = with(support::platform_month(), &changes);
    assert_eq!(codes(csv(&[row])), [] as [&str; 0]);
}

#[test]
fn a_month_corrects_an_earlier_row_by_its_serial() {
    let corrected = [
        ("serial", "S2"),
        ("target", "S1"),
        ("insured_orders", "612"),
    ];
    let rows = parsed(csv(&[
        support::platform_month(),
        with(support::platform_month(), &corrected),
    ]));
    assert_eq!(record(&rows[1]).target(), Some(rows[0].id()));
}

#[test]
fn rows_about_nobody_have_no_person() {
    let moves = [support::prepay(), support::draw(), support::repayment()];
    let moves = [
        with(moves[0].clone(), &[("serial", "S0")]),
        moves[1].clone(),
        moves[2].clone(),
    ];
    for file in [csv(&moves), json(&moves)] {
        let rows = parsed(file);
        for row in &rows {
            assert_eq!(record(row).accounts().count(), 0);
        }
        let Record::FundDraw(repaid) = record(&rows[2]) else {
            panic!()
        };
        assert_eq!(repaid.way, FundMove::Repaid);
        assert_eq!(repaid.target, Some(rows[1].id()));
    }
    // Nobody is asked for, so that a file of them needs no node that knows pseudonyms.
    let found = summary(csv(&[support::premium()]));
    let totals: Vec<_> = found.kinds.into_values().collect();
    assert_eq!((totals[0].due_fen, totals[0].paid_fen), (244_800, 244_800));
    // A person in such a row is refused, and not recorded.
    let named = with(support::premium(), &[("person", ANNA)]);
    assert_eq!(codes(csv(&[named])), ["not-of-kind"]);
}

#[test]
fn moments_are_of_china_and_injuries_have_their_number() {
    let rows = parsed(csv(&[support::injury_report()]));
    let Record::InjuryReport(fields) = record(&rows[0]) else {
        panic!()
    };
    // 2026-10-03 04:30 and 06:05:30 UTC.
    assert_eq!(fields.occurred, UnixMillis(1_791_001_800_000));
    assert_eq!(fields.reported, UnixMillis(1_791_007_530_000));
    assert_eq!(Day::of(fields.occurred), Day::parse("2026-10-03").unwrap());
    assert_eq!(fields.reporter, Reporter::Worker);
    assert_eq!(fields.case, injury_id("ZS2026000017").unwrap());
    assert_eq!(fields.attachment, Hash::ZERO);
    for (written, moment) in [
        ("1970-01-01 08:00", 0),
        ("1970-01-01T08:00:01+08:00", 1_000),
        ("2000/2/29 23:59", 951_839_940_000),
        ("2024年3月1日 00:00", 1_709_222_400_000),
    ] {
        let changed = with(
            support::injury_report(),
            &[("occurred", written), ("reported", "2026-10-03 14:05:30")],
        );
        let rows = parsed(csv(&[changed]));
        let Record::InjuryReport(fields) = record(&rows[0]) else {
            panic!()
        };
        assert_eq!(fields.occurred, UnixMillis(moment), "{written}");
    }
    let rows = parsed(csv(&[support::determination()]));
    let Record::InjuryDetermination(step) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(step.case, fields.case);
    assert_eq!(step.step, InjuryStep::Recognised);
}

#[test]
fn a_subsidy_without_a_last_month_is_of_one_month() {
    let one = without(support::subsidy(), &["last_month"]);
    for (row, months) in [(support::subsidy(), 3), (one, 1)] {
        let rows = parsed(csv(&[row]));
        let Record::Subsidy(_, fields) = record(&rows[0]) else {
            panic!()
        };
        assert_eq!(fields.period.months, months);
        assert_eq!(fields.share.get(), 5_000);
    }
}

#[test]
fn the_number_of_a_warning_is_reckoned_from_its_subject() {
    let about = |cells: &[(&'static str, &'static str)]| {
        let rows = parsed(csv(&[with(support::warning(), cells)]));
        let Record::Warning(fields) = record(&rows[0]) else {
            panic!()
        };
        let id = warning::id(fields.rule, &fields.subject, fields.place, fields.first);
        assert_eq!(fields.id, id);
        (fields.subject.worker, fields.subject.case, id)
    };
    let (nobody, _, of_party) = about(&[]);
    assert_eq!(nobody, None);
    let (worker, _, of_worker) = about(&[("person", ANNA), ("party", "")]);
    assert_eq!(worker, Some(account(ANNA)));
    let (_, case, of_case) = about(&[("injury", "ZS2026000017")]);
    assert_eq!(case, Some(injury_id("ZS2026000017").unwrap()));
    assert!(of_party != of_worker && of_party != of_case);
    let subject = Subject {
        worker: None,
        party: Code::new(PLATFORM).unwrap(),
        case: None,
    };
    let rows = parsed(csv(&[support::warning()]));
    let Record::Warning(fields) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(fields.subject, subject);
    assert_eq!(fields.last, fields.first);
    assert_eq!(fields.basis, warning::basis(&[]));
}

#[test]
fn a_warning_ends_by_the_row_that_raised_it() {
    let rows = parsed(csv(&[support::warning(), support::warning_closed()]));
    let Record::WarningClosed(fields) = record(&rows[1]) else {
        panic!()
    };
    assert_eq!(fields.target, rows[0].id());
    assert_eq!(fields.ending, Ending::Dismissed);
    let met = [("ending", "已处理"), ("reason", "")];
    let met = with(support::warning_closed(), &met);
    assert_eq!(codes(csv(&[support::warning(), met])), [] as [&str; 0]);
}

#[test]
fn a_word_that_no_table_has_is_answered_with_the_words_it_could_be() {
    let wrong = with(support::platform_month(), &[("mode", "rocket")]);
    let found = support::faults(csv(&[wrong]));
    assert_eq!(
        found[0].to_string(),
        "line 2, mode: expected foot or bicycle or motor-cycle or car or online, found other text (6 characters) [word-unknown]"
    );
    let above = with(support::platform_month(), &[("insured_orders", "613")]);
    assert_eq!(
        support::faults(csv(&[above]))[0].to_string(),
        "line 2, insured_orders: at most 612 by orders, found 613 [above-other]"
    );
    let intake = support::open(csv(&[support::premium()])).unwrap();
    let secret = support::secret();
    let rows: Vec<_> = intake.rows(&secret).unwrap().collect();
    assert!(matches!(rows.as_slice(), [Ok(Row::Valid(_))]));
}
