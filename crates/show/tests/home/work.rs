//! Work on platforms, injuries and subsidies on the pages of a worker, and in the lines that a second clerk decides on.

use crate::{
    case::{build, files},
    pages::{setting, text, visible},
    people::{Check, answer, in_language, of_case, of_records},
};
use std::path::PathBuf;
use yizhang_intake::{Intake, ReadOptions, Row, Source};
use yizhang_ledger::{entry::Entry, person::FederationSecret, record::Record, value::LeafIndex};
use yizhang_show::{home, language::Language, waiting};

fn section(case: &str, language: Language, part: &str) -> String {
    let answer = answer(of_case(case), Check::Done);
    text(&answer, language, part)
}

#[test]
fn each_month_has_a_slip_with_what_every_platform_kept_and_paid() {
    let case = "work.toml: three platforms in one month";
    let english = section(case, Language::En, "work");
    for said in [
        "Oct 2026",
        "7,504.50 yuan paid out",
        "Orders on all platforms: 660",
        "Platform 91440300MA00000P1C",
        "Kept by the platform 75.50 yuan",
        "The platform kept money without my consent",
        "Orders without insurance against injury: 10",
    ] {
        assert!(english.contains(said), "no {said:?} in {english}");
    }
    let chinese = section(case, Language::Zh, "work");
    for said in [
        "实得 7,504.50 元",
        "平台扣的钱 75.50 元",
        "全部平台：660 单，201 小时 40 分",
    ] {
        assert!(chinese.contains(said), "no {said:?} in {chinese}");
    }
    // The newest month stands first.
    assert!(english.find("Oct 2026") < english.find("Sep 2026"));
}

#[test]
fn a_corrected_month_says_so_and_shows_no_sums() {
    let said = section(
        "work.toml: a corrected month stays shown",
        Language::En,
        "work",
    );
    assert_eq!(
        said.matches("has corrected this month").count(),
        2,
        "{said}"
    );
    assert_eq!(said.matches("For the orders").count(), 1, "{said}");
}

#[test]
fn a_month_of_a_platform_is_disputed_in_one_tap() {
    let work = of_case("work.toml: months of platforms alone");
    let record = &work.records[0];
    let place = home::Place {
        region: record.region,
        index: record.index,
    };
    let shown = answer(work, Check::Done);
    let page = in_language(Language::En, || {
        home::first(&shown, &setting()).into_string()
    });
    assert!(page.contains("name=\"reason\" value=\"deducted\""));
    let address = format!("/me/dispute/{}/{}", place.region, place.index);
    assert!(page.contains(&address), "no way to {address}");
    let door = in_language(Language::En, || home::dispute(&shown, place, &setting()));
    let door = visible(&door.unwrap().into_string());
    assert!(door.contains("Work on platform 91440300MA00000P1C, Oct 2026"));
    assert!(door.contains("Kept by the platform"), "{door}");
    // Where nothing was kept, nothing is said to be deducted.
    let kept_nothing = of_records(
        "2026-10-31",
        "{ chain = '440000', kind = 'PlatformMonth', months = '2026-10', earned = ['10.00', '0.00', '0.00', '0.00'] },",
    );
    let shown = answer(kept_nothing, Check::Done);
    let page = in_language(Language::En, || {
        home::first(&shown, &setting()).into_string()
    });
    assert!(!page.contains("value=\"deducted\""));
}

#[test]
fn an_injury_says_which_step_it_is_at() {
    let said = section(
        "work.toml: an injury from the report",
        Language::En,
        "injuries",
    );
    for part in ["Recognised as an injury at work", "Grade of disability: 10"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let chinese = section(
        "work.toml: an injury from the report",
        Language::Zh,
        "injuries",
    );
    assert!(chinese.contains("认定为劳动中受伤"), "{chinese}");
    let reported = section("work.toml: C36", Language::En, "injuries");
    assert!(reported.contains("has not taken it up yet"), "{reported}");
}

#[test]
fn two_reports_of_one_accident_and_a_month_subsidised_twice_are_said_without_codes() {
    let said = section("work.toml: C36", Language::En, "conflicts");
    assert!(said.contains("one accident was reported twice"), "{said}");
    let said = section("work.toml: C43", Language::Zh, "conflicts");
    assert!(said.contains("同样的月份给了两次补贴"), "{said}");
    assert!(!said.contains("C43"), "{said}");
}

#[test]
fn a_subsidy_says_what_was_asked_awarded_and_paid() {
    let case = "work.toml: a subsidy asked for";
    let said = section(case, Language::En, "subsidies");
    for part in [
        "1,350.00 yuan paid to you",
        "Asked for 1,500.00 yuan",
        "3 months",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

/// Rows of every kind, as an agency's file has them.
const ROWS: &str = r#"{"kind":"PlatformMonth","person":"440300199003078815","platform":"91440300MA00000P1C","place":"440300","month":"2026-10","trade":"delivery","mode":"motor-cycle","orders":"612","insured_orders":"600","days":"26","minutes":"11040","gross":"5830.00","net":"5830.00","rows":"631","root":"abababababababababababababababababababababababababababababababab","serial":"A1"}
{"kind":"OipPremium","platform":"91440300MA00000P1C","place":"440300","month":"2026-10","trade":"ride-hailing","orders":"61200","insured_orders":"61200","due":"2448.00","paid":"2448.00","received":"2026-11-10","serial":"A2"}
{"kind":"InjuryReport","person":"440300199003078815","injury":"ZS1","platform":"91440300MA00000P1C","place":"440300","trade":"other","occurred":"2026-10-03 12:30","reported":"2026-10-03 14:05","reporter":"worker","serial":"A3"}
{"kind":"InjuryDetermination","person":"440300199003078815","injury":"ZS1","step":"not-recognised","scheme":"hrss:OIP","place":"440300","date":"2026-11-20","serial":"A4"}
{"kind":"DisabilityGrade","person":"440300199003078815","injury":"ZS1","grade":"10","place":"440300","date":"2026-12-20","serial":"A5"}
{"kind":"FundPrepay","platform":"91440300MA00000P1C","place":"440300","first_month":"2026-01","last_month":"2026-12","revenue":"120000000.00","rate":"1%","due":"1200000.00","serial":"A6"}
{"kind":"FundDraw","platform":"91440300MA00000P1C","place":"440300","injury":"ZS1","way":"drawn","amount":"30000.00","date":"2026-10-05","serial":"A7"}
{"kind":"SubsidyAward","person":"440300199003078815","programme":"FLEX","scheme":"hrss:110","first_month":"2026-07","last_month":"2026-09","place":"440300","amount":"1350.00","date":"2026-10-12","serial":"A8"}
{"kind":"Warning","rule":"coverage","party":"91440300MA00000P1C","place":"440300","first_month":"2026-10","found":"9800","wanted":"10000","date":"2026-11-12","act_by":"2026-11-27","serial":"A9"}
{"kind":"WarningClosed","warning":"abababababababababababababababababababababababababababababababab","target":"A9","ending":"dismissed","reason":"TWICE","date":"2026-11-20","serial":"A10"}
"#;

#[test]
fn a_second_clerk_reads_each_of_these_kinds_in_words() {
    let secret = FederationSecret::new([7; 32]);
    let source = Source::Bytes(ROWS.as_bytes().into());
    let intake = Intake::open(source, &ReadOptions::default()).unwrap();
    let mut lines = Vec::new();
    for row in intake.rows(&secret).unwrap() {
        let row = match row.unwrap() {
            Row::Valid(row) => row,
            Row::Faulty(row) => panic!("{:?}", row.faults),
        };
        let entry = Entry::parse(&row.bytes, LeafIndex(0)).unwrap();
        let record = Record::read(&entry).unwrap();
        for language in [Language::En, Language::Zh] {
            let line = in_language(language, || waiting::record(&record));
            for raw in ["{", "Some(", "work.", "waiting.", "kind."] {
                assert!(!line.contains(raw), "{raw} in {line}");
            }
            lines.push(line);
        }
    }
    assert_eq!(lines.len(), 20);
    for (at, said) in [
        (0, "orders 612 (insured 600), days 26, time 184 h 00 min"),
        (1, "摩托车"),
        (2, "due 2448.00, paid 2448.00, received 2026-11-10"),
        (4, "accident 2026-10-03 12:30:00"),
        (7, "不予认定"),
        (8, "grade of disability 10"),
        (10, "revenue 120000000.00, rate 0.0100"),
        (13, "支取 30000.00"),
        (14, "of 2026-07 – 2026-09"),
        (16, "found 9800, wanted 10000"),
        (19, "关闭方式 人工关闭（附理由）"),
    ] {
        assert!(lines[at].contains(said), "no {said:?} in {}", lines[at]);
    }
}

#[test]
fn the_records_of_every_case_of_work_are_words_too() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../entitlement/tests/cases");
    let file = files(&folder)
        .into_iter()
        .find(|(name, _)| name == "work.toml");
    for case in file.unwrap().1.case {
        let built = build(&case.record);
        for fact in built.federation.facts() {
            let line = in_language(Language::En, || waiting::record(&fact.record));
            assert!(!line.contains('{') && !line.contains("work."), "{line}");
        }
    }
}
