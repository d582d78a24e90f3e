//! Near-misses of what platforms deposit and of what follows from it.

use super::{
    entries::{plain, refused},
    json::Json,
    sample::{self, raw_entry},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{
        Deposit, DisabilityGrade, Earnings, FundDraw, FundMove, FundPrepay, InjuryReport,
        OipPremium, OrderRows, Period, PlatformMonth, Subject, Subsidy, Warning, WarningClosed,
        Work,
    },
    value::{Code, Fen, Month, UnixMillis},
    warning,
};

pub fn faults() -> Vec<Json> {
    let mut cases = month_faults();
    cases.extend(money_faults());
    cases.extend(other_faults());
    cases
}

fn fault(kind: Kind, name: &str, payload: &[u8]) -> Json {
    refused(
        &format!("{kind}, {name}"),
        Json::hex(raw_entry(kind.0, payload)),
        "Payload/CodecFault::Field",
    )
}

/// With the number that it would have.
fn about_nobody() -> Warning<'static> {
    let subject = Subject {
        worker: None,
        party: Code::NONE,
        case: None,
    };
    let sample = sample::warning();
    Warning {
        id: warning::id(sample.rule, &subject, sample.place, sample.first),
        subject,
        ..sample
    }
}

fn month_faults() -> Vec<Json> {
    vec![
        fault(
            Kind::PLATFORM_MONTH,
            "no platform",
            &plain(PlatformMonth {
                platform: Code::NONE,
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "more orders insured than completed",
            &plain(PlatformMonth {
                work: Work {
                    insured_orders: 813,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "more orders completed than rows",
            &plain(PlatformMonth {
                work: Work {
                    orders: 830,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "no row",
            &plain(PlatformMonth {
                work: Work::default(),
                file: OrderRows {
                    rows: 0,
                    ..sample::platform_month().file
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "44641 rows",
            &plain(PlatformMonth {
                file: OrderRows {
                    rows: 44_641,
                    ..sample::platform_month().file
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "32 days",
            &plain(PlatformMonth {
                work: Work {
                    days: 32,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "more minutes than its days have",
            &plain(PlatformMonth {
                work: Work {
                    days: 9,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "a stretch longer than the month",
            &plain(PlatformMonth {
                work: Work {
                    longest_minutes: 14_211,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "more at night than in all",
            &plain(PlatformMonth {
                work: Work {
                    night_minutes: 14_211,
                    ..sample::platform_month().work
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "deductions below zero",
            &plain(PlatformMonth {
                earnings: Earnings {
                    deductions: Fen::new(-1).unwrap(),
                    net: Fen::new(653_551).unwrap(),
                    ..sample::platform_month().earnings
                },
                ..sample::platform_month()
            }),
        ),
        fault(
            Kind::PLATFORM_MONTH,
            "net is another sum",
            &plain(PlatformMonth {
                earnings: Earnings {
                    net: Fen::new(632_051).unwrap(),
                    ..sample::platform_month().earnings
                },
                ..sample::platform_month()
            }),
        ),
    ]
}

fn money_faults() -> Vec<Json> {
    vec![
        fault(
            Kind::OIP_PREMIUM,
            "no platform",
            &plain(OipPremium {
                platform: Code::NONE,
                ..sample::oip_premium()
            }),
        ),
        fault(
            Kind::OIP_PREMIUM,
            "more orders insured than completed",
            &plain(OipPremium {
                orders: 4_294_967_294,
                ..sample::oip_premium()
            }),
        ),
        fault(
            Kind::OIP_PREMIUM,
            "due below zero",
            &plain(OipPremium {
                due: Fen::new(-1).unwrap(),
                ..sample::oip_premium()
            }),
        ),
        fault(
            Kind::OIP_PREMIUM,
            "paid without a day",
            &plain(OipPremium {
                received: None,
                ..sample::oip_premium()
            }),
        ),
        fault(
            Kind::OIP_PREMIUM,
            "a day without money",
            &plain(OipPremium {
                paid: Fen::ZERO,
                ..sample::oip_premium()
            }),
        ),
        fault(
            Kind::INJURY_REPORT,
            "no platform",
            &plain(InjuryReport {
                platform: Code::NONE,
                ..sample::injury_report()
            }),
        ),
        fault(
            Kind::INJURY_REPORT,
            "reported before it happened",
            &plain(InjuryReport {
                reported: UnixMillis(1_792_379_999_999),
                ..sample::injury_report()
            }),
        ),
        fault(
            Kind::DISABILITY_GRADE,
            "grade 0",
            &plain(DisabilityGrade {
                grade: 0,
                ..sample::disability_grade()
            }),
        ),
        fault(
            Kind::DISABILITY_GRADE,
            "grade 11",
            &plain(DisabilityGrade {
                grade: 11,
                ..sample::disability_grade()
            }),
        ),
        fault(
            Kind::FUND_PREPAY,
            "revenue below zero",
            &plain(FundPrepay {
                revenue: Fen::new(-1).unwrap(),
                ..sample::fund_prepay()
            }),
        ),
        fault(
            Kind::FUND_PREPAY,
            "13 months",
            &plain(FundPrepay {
                period: Period {
                    months: 13,
                    ..sample::fund_prepay().period
                },
                ..sample::fund_prepay()
            }),
        ),
        fault(
            Kind::FUND_PREPAY,
            "paid without a day",
            &plain(FundPrepay {
                received: None,
                ..sample::fund_prepay()
            }),
        ),
        fault(
            Kind::FUND_DRAW,
            "nothing drawn",
            &plain(FundDraw {
                amount: Fen::ZERO,
                ..sample::fund_draw()
            }),
        ),
        fault(
            Kind::FUND_DRAW,
            "repaid without the draw",
            &plain(FundDraw {
                target: None,
                ..sample::fund_draw()
            }),
        ),
        fault(
            Kind::FUND_DRAW,
            "drawn with a draw",
            &plain(FundDraw {
                way: FundMove::Drawn,
                ..sample::fund_draw()
            }),
        ),
    ]
}

fn other_faults() -> Vec<Json> {
    vec![
        fault(
            Kind::SUBSIDY_CREDIT,
            "no programme",
            &plain(Subsidy {
                programme: Code::NONE,
                ..sample::subsidy()
            }),
        ),
        fault(
            Kind::SUBSIDY_CREDIT,
            "a credit without the award",
            &plain(Subsidy {
                target: None,
                ..sample::subsidy()
            }),
        ),
        fault(
            Kind::SUBSIDY_CREDIT,
            "an amount below zero",
            &plain(Subsidy {
                amount: Fen::new(-1).unwrap(),
                ..sample::subsidy()
            }),
        ),
        fault(
            Kind::WARNING,
            "no rule",
            &plain(Warning {
                rule: Code::NONE,
                ..sample::warning()
            }),
        ),
        fault(
            Kind::WARNING,
            "another number",
            &plain(Warning {
                id: Hash([0xc6; 32]),
                ..sample::warning()
            }),
        ),
        fault(
            Kind::WARNING,
            "months backwards",
            &plain(Warning {
                last: Month::of(2_026, 9).unwrap(),
                ..sample::warning()
            }),
        ),
        fault(
            Kind::WARNING_CLOSED,
            "dismissed without a reason",
            &plain(WarningClosed {
                reason: Code::NONE,
                ..sample::warning_closed()
            }),
        ),
        fault(Kind::WARNING, "about nobody", &plain(about_nobody())),
        fault(
            Kind::DEPOSIT,
            "no platform",
            &plain(Deposit {
                platform: Code::NONE,
                ..sample::deposit(&[0xd7; 64])
            }),
        ),
        fault(
            Kind::DEPOSIT,
            "no record",
            &plain(Deposit {
                records: 0,
                ..sample::deposit(&[0xd7; 64])
            }),
        ),
        fault(
            Kind::DEPOSIT,
            "a signature of 63 bytes",
            &plain(sample::deposit(&[0xd7; 63])),
        ),
    ]
}
