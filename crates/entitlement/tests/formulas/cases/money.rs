use crate::words::{day, month, rate, read, yuan};
use serde::Deserialize;
use yizhang_entitlement::formulas::{
    dues::{Fraction, base_adjustment, due, subsidy},
    injury::{MonthBase, WageLimits, one_off_months, own_wage},
    interest::{Bearing, Credit, CreditRate, account_credit, year_interest},
    late_fee::{DailyRate, DayCount, FirstDay, LastDay, LatePayment, late_fee},
    medical::{GapRule, Lapse, LongLapse, ResidentWaitRule, resident_wait, wait_after_gap},
    refund::overlap_refund,
    transfer_sums::{PaidMonth, PoolRule, general_account, temporary_account},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    credit_rates: Vec<(String, String)>,
    late_rates: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "compute")]
enum Case {
    Due {
        title: String,
        base: String,
        rate: String,
        due: String,
    },
    Adjustment {
        title: String,
        old: String,
        new: String,
        rate: String,
        adds: String,
    },
    Subsidy {
        title: String,
        paid: String,
        two_thirds: String,
    },
    Refund {
        title: String,
        paid: String,
        overlap: u32,
        months: u32,
        refund: String,
    },
    Credit {
        month: String,
        base: String,
        credit: Option<String>,
    },
    LateFee {
        title: String,
        owed: String,
        due: String,
        paid: String,
        days: u32,
        fee: String,
    },
}

#[test]
fn amounts() {
    let file = read::<Rule, Case>("money");
    let credits: Vec<_> = file
        .rule
        .credit_rates
        .iter()
        .map(|(from, r)| CreditRate {
            from: month(from),
            rate: rate(r),
        })
        .collect();
    let late: Vec<_> = file
        .rule
        .late_rates
        .iter()
        .map(|(from, r)| DailyRate {
            from: day(from),
            rate: rate(r),
        })
        .collect();
    let count = DayCount {
        first: FirstDay::DayAfter,
        last: LastDay::PaymentDay,
    };
    for case in file.case {
        match case {
            Case::Due {
                title,
                base,
                rate: r,
                due: expected,
            } => {
                assert_eq!(due(yuan(&base), rate(&r)), Some(yuan(&expected)), "{title}");
            }
            Case::Adjustment {
                title,
                old,
                new,
                rate: r,
                adds,
            } => {
                assert_eq!(
                    base_adjustment(yuan(&old), yuan(&new), rate(&r)),
                    Some(yuan(&adds)),
                    "{title}"
                );
            }
            Case::Subsidy {
                title,
                paid,
                two_thirds,
            } => {
                let share = Fraction {
                    numerator: 2,
                    denominator: 3,
                };
                assert_eq!(
                    subsidy(yuan(&paid), share, None),
                    Some(yuan(&two_thirds)),
                    "{title}"
                );
            }
            Case::Refund {
                title,
                paid,
                overlap,
                months,
                refund,
            } => {
                assert_eq!(
                    overlap_refund(yuan(&paid), overlap, months),
                    yuan(&refund),
                    "{title}"
                );
            }
            Case::Credit {
                month: at,
                base,
                credit,
            } => {
                assert_eq!(
                    account_credit(&credits, month(&at), yuan(&base)),
                    credit.as_deref().map(yuan),
                    "{at}"
                );
            }
            Case::LateFee {
                title,
                owed,
                due,
                paid,
                days,
                fee,
            } => {
                let payment = LatePayment {
                    owed: yuan(&owed),
                    due: day(&due),
                    paid: day(&paid),
                };
                let found = late_fee(&late, count, payment).unwrap();
                assert_eq!((found.days, found.fee), (days, yuan(&fee)), "{title}");
            }
        }
    }
}

#[test]
fn interest_of_a_year_with_either_offset() {
    let credits: Vec<_> = (1..=12)
        .map(|month_of_year| Credit {
            month_of_year,
            amount: yuan("400.00"),
        })
        .collect();
    let year =
        |bearing| year_interest(yuan("20000.00"), &credits, rate("0.0262"), bearing).unwrap();
    let own = year(Bearing::OwnMonth);
    assert_eq!(
        (own.on_opening, own.on_credits),
        (yuan("524.00"), yuan("68.12"))
    );
    assert_eq!(own.closing, yuan("25392.12"));
    assert_eq!(year(Bearing::NextMonth).on_credits, yuan("57.64"));
}

#[test]
fn thirty_months_move() {
    let bases = [(12, "4775.00"), (12, "5500.00"), (6, "6000.00")];
    let bases = bases
        .iter()
        .flat_map(|(count, base)| std::iter::repeat_n(yuan(base), *count));
    let months: Vec<_> = (month("2022-01").number()..)
        .zip(bases)
        .map(|(number, base)| PaidMonth {
            month: yizhang_ledger::value::Month::new(number).unwrap(),
            base,
            unit: due(base, rate("0.16")).unwrap(),
            person: due(base, rate("0.08")).unwrap(),
            credited: due(base, rate("0.08")).unwrap(),
        })
        .collect();
    let sums = |from| {
        general_account(
            &months,
            yuan("0.00"),
            PoolRule {
                rate: rate("0.12"),
                from: month(from),
            },
        )
        .unwrap()
    };
    let all = sums("1998-01");
    assert_eq!((all.bases, all.pool), (yuan("159300.00"), yuan("19116.00")));
    assert_eq!(
        (all.account, all.stays),
        (yuan("12744.00"), yuan("6372.00"))
    );
    assert_eq!(
        sums("2022-02").bases,
        yuan("154525.00"),
        "a month before the rule's first does not count"
    );
    assert_eq!(
        temporary_account(&months, yuan("1.00")),
        Some(yuan("38233.00"))
    );
}

#[test]
fn own_wage_is_of_the_twelve_months_before() {
    let limits = WageLimits {
        average: yuan("10000.00"),
        floor: rate("0.6"),
        ceiling: rate("3.0"),
    };
    let line = |at: &str, base: &str| MonthBase {
        month: month(at),
        base: yuan(base),
    };
    let bases = [
        line("2025-05", "90000.00"),
        line("2025-06", "5000.00"),
        line("2026-05", "6000.00"),
    ];
    let found = own_wage(month("2026-06"), &bases, limits).unwrap();
    assert_eq!(
        (found.months, found.mean, found.wage),
        (2, yuan("5500.00"), yuan("6000.00"))
    );
    let later = own_wage(month("2026-05"), &bases, limits).unwrap();
    assert_eq!(
        (later.mean, later.wage),
        (yuan("47500.00"), yuan("30000.00"))
    );
    assert_eq!(own_wage(month("2028-01"), &bases, limits), None);
    let grades = [27, 25, 23, 21, 18, 16, 13, 11, 9, 7];
    let months = [0, 1, 5, 10, 11].map(|grade| one_off_months(&grades, grade));
    assert_eq!(months, [None, Some(27), Some(18), Some(7), None]);
}

#[test]
fn waits() {
    let gap = GapRule {
        tolerated_months: 3,
        local_wait_months: 9,
        wait_max_months: 6,
    };
    assert_eq!(
        [0, 3, 4].map(|months| wait_after_gap(gap, months)),
        [0, 0, 6]
    );
    let long_lapse = Some(LongLapse {
        from_years: 4,
        wait_min_months: 6,
    });
    let rule = ResidentWaitRule {
        fixed_months: 3,
        months_per_lapsed_year: 1,
        months_per_repaid_year: 1,
        long_lapse,
    };
    let wait = |years, further_years, repaid_years| {
        resident_wait(
            rule,
            Lapse {
                years,
                further_years,
                repaid_years,
            },
        )
    };
    assert_eq!(
        [wait(1, 0, 0), wait(3, 2, 0), wait(3, 2, 5), wait(4, 3, 3)],
        [3, 5, 3, 6]
    );
}
