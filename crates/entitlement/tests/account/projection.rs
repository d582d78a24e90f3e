//! A pension by a worker's own assumptions: the same as the account's forecasts where the assumptions are theirs, over all cases.

use crate::{
    case::{build, files, policy},
    sample::day,
};
use std::path::Path;
use yizhang_entitlement::{
    Account, Policy,
    account::{FigureName, FigureValue, Forecast},
    fold,
    projection::{Assumed, GROWTH_MAX, NoProjection, choices, project},
};
use yizhang_ledger::value::{Fen, Rate};

/// What the rounding of the index held to four decimals may change, in fen.
const ROUNDING_FEN: i64 = 100;

fn people() -> Vec<(String, Account, Policy)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut people = Vec::new();
    for (name, file) in files(&folder) {
        for case in file.case {
            let built = build(&case.record);
            let policy = policy(&case, file.plain_weekends);
            let account = fold(&built.federation.facts(), &policy, day(&case.as_of));
            people.push((format!("{name}: {}", case.title), account, policy));
        }
    }
    people
}

fn fen(account: &Account, name: FigureName, forecast: Forecast) -> Option<i64> {
    match account.forecast(name, forecast)?.value? {
        FigureValue::Fen(fen) => Some(fen),
        _ => None,
    }
}

#[test]
fn what_an_account_forecasts_is_what_comes_of_its_own_assumptions() {
    let mut compared = 0;
    for (title, account, policy) in people() {
        let Some(expected) = fen(&account, FigureName::Pension, Forecast::Continued) else {
            continue;
        };
        let Ok(choices) = choices(&account, &policy) else {
            continue;
        };
        let (Some(base), true) = (choices.base, choices.earliest <= choices.statutory) else {
            continue;
        };
        let assumed = Assumed {
            retire: choices.statutory,
            base,
            growth: Rate::ZERO,
        };
        let found =
            project(&account, &policy, assumed).unwrap_or_else(|why| panic!("{title}: {why:?}"));
        let balance = fen(&account, FigureName::ForecastBalance, Forecast::Continued);
        assert_eq!(Some(found.balance.get()), balance, "{title}");
        let off = (found.pension.get() - expected).abs();
        assert!(off <= ROUNDING_FEN, "{title}: {found:?}, {expected}");
        assert_eq!(found.then, found.pension, "{title}");
        compared += 1;
    }
    println!("{compared} accounts");
    assert!(compared >= 3, "{compared}");
}

/// Somebody with everything that is needed.
fn somebody() -> (Account, Policy) {
    let mut people = people().into_iter();
    let found = people.find(|(_, account, policy)| {
        let known = fen(account, FigureName::Pension, Forecast::Continued).is_some();
        let open = choices(account, policy).is_ok_and(|found| found.earliest < found.latest);
        known && open
    });
    let (title, account, policy) = found.unwrap();
    println!("{title}");
    (account, policy)
}

#[test]
fn later_and_on_a_higher_base_is_more_and_growth_is_compounded() {
    let (account, policy) = somebody();
    let choices = choices(&account, &policy).unwrap();
    let of = |retire, base, growth| {
        let assumed = Assumed {
            retire,
            base: Fen::new(base).unwrap(),
            growth: Rate::new(growth).unwrap(),
        };
        project(&account, &policy, assumed)
    };
    let base = choices.base.unwrap().get();
    let usual = of(choices.statutory, base, 0).unwrap();
    let later = of(choices.latest, base, 0).unwrap();
    assert!(later.pension > usual.pension);
    assert!(later.age_months > usual.age_months && later.divisor < usual.divisor);
    let grown = of(choices.statutory, base, 300).unwrap();
    assert_eq!(grown.pension, usual.pension);
    // By hand: 3 % a year, half up to the fen each year.
    let mut expected = i128::from(usual.pension.get());
    for _ in 0..usual.years {
        expected = (expected * 10_300 + 5_000) / 10_000;
    }
    assert_eq!(i128::from(grown.then.get()), expected);
    if let Some(ceiling) = choices.ceiling {
        let above = of(choices.statutory, ceiling.get() * 2, 0).unwrap();
        assert_eq!(above.base, ceiling);
    }
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let (account, policy) = somebody();
    let choices = choices(&account, &policy).unwrap();
    let usual = Assumed {
        retire: choices.statutory,
        base: choices.base.unwrap(),
        growth: Rate::ZERO,
    };
    let outside = [
        Assumed {
            retire: choices.latest.next(),
            ..usual
        },
        Assumed {
            retire: choices.earliest.previous().unwrap(),
            ..usual
        },
        Assumed {
            base: Fen::new(-1).unwrap(),
            ..usual
        },
        Assumed {
            base: Fen::new(50_000_001).unwrap(),
            ..usual
        },
        Assumed {
            growth: Rate::new(GROWTH_MAX + 1).unwrap(),
            ..usual
        },
    ];
    for assumed in outside {
        assert_eq!(
            project(&account, &policy, assumed),
            Err(NoProjection::Outside),
            "{assumed:?}"
        );
    }
    let most = Assumed {
        growth: Rate::new(GROWTH_MAX).unwrap(),
        ..usual
    };
    assert!(project(&account, &policy, most).is_ok());
    let other = Policy::new(yizhang_rules::RuleSet::read(&[]).unwrap());
    assert_eq!(
        project(&account, &other, usual),
        Err(NoProjection::OtherRules)
    );
    let nobody = fold(&[], &policy, day("2026-10-31"));
    let nothing = yizhang_entitlement::projection::choices(&nobody, &policy);
    assert_eq!(nothing, Err(NoProjection::NothingToChoose));
}
