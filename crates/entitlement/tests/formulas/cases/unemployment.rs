use crate::words::read;
use serde::Deserialize;
use yizhang_entitlement::formulas::unemployment::{
    Band, ProvincialRule, Stretch, claimable_months, national_ceiling, provincial_months,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    national: Vec<(u32, u32)>,
    minimum_paid_months: u32,
    stretches: Vec<(u32, u32, u32)>,
    total_max: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    paid: u32,
    ceiling: u32,
    province: u32,
    #[serde(default)]
    unused: u32,
    claimable: u32,
}

#[test]
fn months_of_benefit() {
    let file = read::<Rule, Case>("unemployment");
    let rule = file.rule;
    let bands: Vec<_> = rule
        .national
        .iter()
        .map(|&(from_paid_months, benefit_months)| Band {
            from_paid_months,
            benefit_months,
        })
        .collect();
    let stretches: Vec<_> = rule
        .stretches
        .iter()
        .map(
            |&(after_paid_months, every_months, benefit_months)| Stretch {
                after_paid_months,
                every_months,
                benefit_months,
            },
        )
        .collect();
    let provincial = ProvincialRule {
        minimum_paid_months: rule.minimum_paid_months,
        stretches: &stretches,
        benefit_months_max: rule.total_max,
    };
    for case in file.case {
        let ceiling = national_ceiling(&bands, case.paid);
        let earned = provincial_months(provincial, case.paid).unwrap();
        assert_eq!(
            (ceiling, earned),
            (case.ceiling, case.province),
            "paid {}",
            case.paid
        );
        let claimable = claimable_months(earned, ceiling, case.unused, rule.total_max);
        assert_eq!(claimable, case.claimable, "paid {}", case.paid);
    }
}
