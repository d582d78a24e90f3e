//! Formulas of one line, with the next amount beside each.

use crate::words::yuan;
use yizhang_entitlement::formulas::{
    dues::{Fraction, Parts, due_in_parts, subsidy},
    injury::one_off_benefit,
    late_fee::{DailyRate, DayCount, FirstDay, LastDay, LatePayment, late_fee, undeclared_due},
    medical::{MedicalMonths, RetirementStandard, retirement_gap},
};
use yizhang_ledger::value::{Day, Fen, Rate};

fn rate(ten_thousandths: u32) -> Rate {
    Rate::new(ten_thousandths).unwrap()
}

#[test]
fn both_parts_of_a_contribution_are_rounded_on_their_own() {
    let parts = |base: &str| due_in_parts(yuan(base), rate(1_600), rate(800)).unwrap();
    let expected = |pool, person, total| Parts {
        pool: yuan(pool),
        person: yuan(person),
        total: yuan(total),
    };
    assert_eq!(parts("7000.00"), expected("1120.00", "560.00", "1680.00"));
    // 16 % of 0.03 is 0.0048, 8 % of it 0.0024; of 0.07 they are 0.0112 and 0.0056, half up to 0.01 each.
    assert_eq!(parts("0.03"), expected("0.00", "0.00", "0.00"));
    assert_eq!(parts("0.07"), expected("0.01", "0.01", "0.02"));
}

#[test]
fn a_subsidy_is_two_thirds_and_never_above_its_cap() {
    let share = Fraction {
        numerator: 2,
        denominator: 3,
    };
    let of = |cap: Option<&str>| subsidy(yuan("1432.40"), share, cap.map(yuan));
    assert_eq!(of(None), Some(yuan("954.93")));
    assert_eq!(of(Some("954.93")), Some(yuan("954.93")));
    assert_eq!(of(Some("954.92")), Some(yuan("954.92")));
    assert_eq!(
        subsidy(
            yuan("1.00"),
            Fraction {
                numerator: 2,
                denominator: 0
            },
            None
        ),
        None
    );
}

#[test]
fn a_one_off_benefit_is_months_of_own_wage_within_the_limit_of_an_amount() {
    assert_eq!(
        one_off_benefit(yuan("6000.00"), 27),
        Some(yuan("162000.00"))
    );
    assert_eq!(one_off_benefit(yuan("6000.00"), 0), Some(Fen::ZERO));
    assert_eq!(one_off_benefit(Fen::new(Fen::MAX).unwrap(), 2), None);
}

#[test]
fn an_undeclared_month_is_due_at_eleven_tenths_of_the_month_before() {
    assert_eq!(
        undeclared_due(yuan("1600.00"), rate(11_000)),
        Some(yuan("1760.00"))
    );
    // 1.10 × 0.05 is 0.055.
    assert_eq!(
        undeclared_due(yuan("0.05"), rate(11_000)),
        Some(yuan("0.06"))
    );
    assert_eq!(
        undeclared_due(yuan("0.04"), rate(11_000)),
        Some(yuan("0.04"))
    );
}

#[test]
fn late_days_are_counted_from_and_to_the_days_that_the_rule_names() {
    let day = |text: &str| Day::parse(text).unwrap();
    let rates = [DailyRate {
        from: day("2011-07-01"),
        rate: rate(5),
    }];
    let late = |due: &str, paid: &str, first, last| {
        let payment = LatePayment {
            owed: yuan("1600.00"),
            due: day(due),
            paid: day(paid),
        };
        let found = late_fee(&rates, DayCount { first, last }, payment).unwrap();
        (found.days, found.fee)
    };
    let of = |first, last| late("2025-07-15", "2025-10-16", first, last);
    assert_eq!(
        of(FirstDay::DayAfter, LastDay::PaymentDay),
        (93, yuan("74.40"))
    );
    assert_eq!(
        of(FirstDay::DueDay, LastDay::PaymentDay),
        (94, yuan("75.20"))
    );
    assert_eq!(
        of(FirstDay::DayAfter, LastDay::DayBefore),
        (92, yuan("73.60"))
    );
    assert_eq!(
        of(FirstDay::DueDay, LastDay::DayBefore),
        (93, yuan("74.40"))
    );
    let in_time = |paid: &str| late("2025-07-15", paid, FirstDay::DayAfter, LastDay::PaymentDay);
    assert_eq!(in_time("2025-07-15"), (0, Fen::ZERO));
    assert_eq!(in_time("2025-07-01"), (0, Fen::ZERO));
    assert_eq!(in_time("2025-07-16"), (1, yuan("0.80")));
}

#[test]
fn a_local_month_fills_both_gaps_of_medical_retirement() {
    let gap = |total, local, deemed| {
        let found = retirement_gap(
            MedicalMonths {
                total,
                local,
                deemed,
            },
            RetirementStandard {
                total: 300,
                local: 120,
            },
        );
        (found.total_short, found.local_short, found.months_short)
    };
    assert_eq!(gap(200, 60, 40), (60, 60, 60));
    assert_eq!(gap(300, 119, 0), (0, 1, 1));
    assert_eq!(gap(299, 120, 0), (1, 0, 1));
    assert_eq!(gap(300, 120, 0), (0, 0, 0));
    assert_eq!(gap(400, 400, 400), (0, 0, 0));
}
