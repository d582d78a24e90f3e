//! The account as JSON: one form, small, and without the worker's account id unless asked for.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month},
};
use std::time::Instant;
use yizhang_entitlement::{
    Account, ConflictCode, Policy,
    account::{FigureName, FigureNumber, NotAnAccount, RecordNumber, Resting},
    fold,
};
use yizhang_ledger::{
    entry::Kind,
    person::AccountId,
    record::{Contribution, Record, Reversal},
    value::{Code, Month},
};
use yizhang_rules::RuleSet;

/// A working life: 30 years in four schemes.
fn working_life() -> Federation {
    let mut federation = Federation::default();
    let first = month("1996-01");
    for scheme in ["hrss:110", "hrss:210", "hrss:410", "nhsa:310"] {
        let month = |offset| -> Month { first.plus(offset).unwrap() };
        let entry = |offset| {
            let serial = format!("2026XC{}{offset:08}", &scheme[5..]);
            federation::entry(&Record::Contribution(
                Kind::RECEIVED,
                flexible(scheme, month(offset), &serial),
            ))
        };
        federation.append(division("440000"), &(0..360).map(entry).collect::<Vec<_>>());
    }
    federation
}

#[test]
fn the_account_of_a_working_life_stays_below_a_megabyte() {
    let federation = working_life();
    let account = fold(&federation.facts(), Policy::embedded(), day("2025-12-31"));
    assert_eq!(account.records.len(), 1_440);
    let size = account.canonical_json().len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
#[ignore = "a measurement, for `cargo test --release -- --ignored`"]
fn measure_the_fold_of_a_working_life() {
    let federation = working_life();
    let facts = federation.facts();
    let mut fold_micros = Vec::new();
    let mut json_micros = Vec::new();
    for _ in 0..500 {
        let start = Instant::now();
        let account = fold(&facts, Policy::embedded(), day("2025-12-31"));
        fold_micros.push(start.elapsed().as_micros());
        let start = Instant::now();
        let bytes = account.canonical_json();
        json_micros.push(start.elapsed().as_micros());
        assert!(!bytes.is_empty());
    }
    fold_micros.sort_unstable();
    json_micros.sort_unstable();
    // The least of many runs is what the work takes; the rest is what else the machine was doing.
    let (fold, json) = (fold_micros[0], json_micros[0]);
    println!(
        "fold: {fold} µs of 2000 (median {}), JSON: {json} µs (median {})",
        fold_micros[250], json_micros[250]
    );
}

#[test]
fn json_reads_back_to_the_same_account_and_other_bytes_are_refused() {
    let account = fold(
        &working_life().facts(),
        Policy::embedded(),
        day("2025-12-31"),
    );
    let bytes = account.canonical_json();
    assert_eq!(Account::from_json(&bytes).unwrap(), account);
    let text = String::from_utf8(bytes).unwrap();
    let spaced = text.replacen(':', ": ", 1);
    assert_eq!(
        Account::from_json(spaced.as_bytes()),
        Err(NotAnAccount::NotCanonical)
    );
    let newer = text.replacen("yizhang-account/", "yizhang-account/9", 1);
    let refused = Account::from_json(newer.as_bytes()).map(|_| "read");
    assert!(
        matches!(refused, Err(NotAnAccount::Format { found }) if found.starts_with("yizhang-account/9"))
    );
    assert!(matches!(
        Account::from_json(&text.as_bytes()[..text.len() - 1]),
        Err(NotAnAccount::Json { .. })
    ));
}

#[test]
fn the_account_id_is_in_the_json_only_where_the_caller_puts_it() {
    let account = fold(
        &working_life().facts(),
        Policy::embedded(),
        day("2025-12-31"),
    );
    let bare = String::from_utf8(account.canonical_json()).unwrap();
    assert!(!bare.contains(&WORKER.reveal_hex()));
    let named = account.clone().with_account_id(WORKER);
    let text = String::from_utf8(named.canonical_json()).unwrap();
    assert!(text.contains(&WORKER.reveal_hex()));
    assert_eq!(Account::from_json(text.as_bytes()).unwrap(), named);
    assert_ne!(named.digest(), account.digest());
    assert!(
        !format!("{named:?}").contains(&WORKER.reveal_hex()),
        "nor in what is printed for debugging"
    );
}

/// As in docs/FORMAT.md, section 12, and in the vectors of the ledger.
const NOBODY: &str = include_str!("nobody.json");
const NOBODY_DIGEST: &str = "e0ec052ca26412518fe19e1a3525734a9ab35fe8c0fc840ae12565ebbf368cd5";

#[test]
fn the_account_of_nobody_has_this_json_and_digest_and_another_nobodys_differs() {
    let nobody = |account| {
        fold(&[], &Policy::new(RuleSet::default()), day("2020-02-29")).with_account_id(account)
    };
    let account = nobody(WORKER);
    assert_eq!(String::from_utf8(account.canonical_json()).unwrap(), NOBODY);
    assert_eq!(account.digest().to_string(), NOBODY_DIGEST);
    assert_ne!(nobody(AccountId([0; 16])).digest(), account.digest());
    let sealed = account.sealed();
    assert_eq!(
        (sealed.json, sealed.digest),
        (account.canonical_json(), account.digest())
    );
}

#[test]
fn what_rests_on_a_chain_is_its_months_the_figures_on_them_and_nothing_else() {
    let mut federation = Federation::default();
    let paid_at = |place, month, serial: &str| {
        let fields = Contribution {
            place: division(place),
            ..flexible("hrss:110", month, serial)
        };
        federation::entry(&Record::Contribution(Kind::RECEIVED, fields))
    };
    let paid = |month, serial: &str| paid_at("520100", month, serial);
    let first = paid_at("440300", month("2020-01"), "S1");
    federation.append(division("440000"), &[first]);
    federation.append(
        division("520000"),
        &[
            paid(month("2020-02"), "S2"),
            paid(month("2020-03"), "S3"),
            paid(month("2020-05"), "S5"),
        ],
    );
    let account = fold(&federation.facts(), Policy::embedded(), day("2020-12-31"));
    let resting = |region| account.resting_on(&[division(region)].into());
    let [family] = &resting("520000").families[..] else {
        panic!("one family")
    };
    let runs = [("2020-02", "2020-03"), ("2020-05", "2020-05")];
    let runs = runs.map(|(first, last)| (month(first), month(last)));
    assert_eq!(
        (family.family.as_str(), &family.months[..]),
        ("hrss:110", &runs[..])
    );
    let months = account
        .figures
        .iter()
        .position(|figure| figure.name == FigureName::EmployeeMonths);
    let months = FigureNumber(u32::try_from(months.unwrap()).unwrap());
    assert!(resting("520000").figures.contains(&months));
    let household = account
        .figures
        .iter()
        .position(|figure| figure.name == FigureName::Household);
    let household = FigureNumber(u32::try_from(household.unwrap()).unwrap());
    assert!(!resting("520000").figures.contains(&household));
    assert_eq!(resting("110000"), Resting::default());
}

#[test]
fn the_json_of_a_small_account_is_exactly_this() {
    let mut federation = Federation::default();
    let paid = Record::Contribution(Kind::RECEIVED, flexible("hrss:110", month("2020-01"), "S1"));
    federation.append(division("440000"), &[federation::entry(&paid)]);
    let policy = Policy::new(RuleSet::default());
    let account = fold(&federation.facts(), &policy, day("2020-02-29"));
    let expected = concat!(
        r#"{"format":"yizhang-account/14","as_of":"2020-02-29","rules":{"name":"RULES"},"account_ids":1,"#,
        r#""sources":[{"region":"440000","records":1,"last_index":1,"latest":"2020-01-15"}],"#,
        r#""families":[{"family":"hrss:110","schemes":["hrss:110"],"counted_months":1,"first":"2020-01","#,
        r#""last":"2020-01","spans":[{"first":"2020-01","last":"2020-01","months":1,"holders":[{"scheme":"hrss:110","#,
        r#""place":"440300","payer":{"kind":"person"},"region":"440000"}]}],"#,
        r#""gaps":[{"first":"2020-02","last":"2020-02","months":1,"cause":"unpaid","open":true}],"#,
        r#""by_province":[{"place":"440000","months":1,"contested":0,"last":"2020-01","credited":{"unit":0,"person":40000}}],"#,
        r#""by_place":[{"place":"440300","months":1,"contested":0,"last":"2020-01","credited":{"unit":0,"person":40000}}],"#,
        r#""credited":{"total":40000,"shares":{"unit":0,"person":40000},"refunded":0},"interest":{"total":0},"#,
        r#""months":[{"month":"2020-01","status":"counted","by":[0],"base":500000}]}],"#,
        r#""figures":[{"name":"balance_posted","family":"hrss:110","value":{"fen":40000},"from":[{"family":"hrss:110"}]},"#,
        r#"{"name":"balance_interim","family":"hrss:110","value":{"fen":40000},"from":[{"figure":0}]},"#,
        r#"{"name":"birth_month","missing":[{"what":"birth"}]},"#,
        r#"{"name":"retirement_class","missing":[{"what":"class"}]},"#,
        r#"{"name":"statutory_month","from":[{"figure":2},{"figure":3}],"missing":[{"what":"birth"},{"what":"class"}]},"#,
        r#"{"name":"employee_months","value":{"months":1},"from":[{"family":"hrss:110"}]},"#,
        r#"{"name":"household","missing":[{"what":"household"}]},"#,
        r#"{"name":"relation","value":{"place":"440300"},"from":[{"family":"hrss:110"}]},"#,
        r#"{"name":"benefit_place","from":[{"figure":6},{"figure":7},{"family":"hrss:110"},"#,
        r#"{"assumed":"household_unchanged"}],"missing":[{"what":"rule"}]},"#,
        r#"{"name":"gap_payable","family":"hrss:110","first":"2020-02","last":"2020-02","from":[{"family":"hrss:110"}],"#,
        r#""missing":[{"what":"backpay","place":"440300","first":"2020-02","last":"2020-02"}]}],"#,
        r#""records":[{"region":"440000","index":1,"id":"ID","kind":"Received","standing":"held","#,
        r#""agency":"AGENCY","system":"TEST","serial":"S1","contribution":{"scheme":"hrss:110","first":"2020-01","#,
        r#""months":1,"place":"440300","payer":{"kind":"person"},"nature":10,"base":500000,"#,
        r#""due":{"unit":0,"person":100000},"paid":{"unit":0,"person":100000},"#,
        r#""credited":{"unit":0,"person":40000},"full":true,"received":"2020-01-15"}}]}"#,
    );
    let id = federation::id(&paid).0.to_string();
    let expected = expected
        .replace("ID", &id)
        .replace("RULES", &policy.name().to_string());
    assert_eq!(
        String::from_utf8(account.canonical_json()).unwrap(),
        expected
    );
}

#[test]
fn every_record_can_be_walked_to_from_what_it_does() {
    let mut federation = Federation::default();
    let paid = Record::Contribution(Kind::RECEIVED, flexible("hrss:110", month("2020-01"), "S1"));
    let reversal = Reversal {
        account: WORKER,
        target: federation::id(&paid),
        reason: Code::NONE,
        source: crate::sample::source("R"),
    };
    let entries = [
        federation::entry(&paid),
        federation::entry(&Record::Reversal(reversal)),
    ];
    federation.append(division("440000"), &entries);
    let account = fold(&federation.facts(), Policy::embedded(), day("2020-02-29"));
    let line = &account.family("hrss:110").unwrap().months[0];
    let names: Vec<_> = line
        .others
        .iter()
        .map(|number| account.record(*number).unwrap().kind)
        .collect();
    assert_eq!(names, [Kind::REVERSAL, Kind::RECEIVED]);
    let received = account.record(line.others[1]).unwrap();
    assert_eq!(
        (received.because, received.index),
        (Some(line.others[0]), 1)
    );
    assert_eq!(
        account.record(line.others[0]).unwrap().target,
        Some(line.others[1])
    );
    assert_eq!(account.record(RecordNumber(2)), None);
}

#[test]
fn every_conflict_class_says_what_it_is_and_whence_the_rule_comes() {
    for class in ConflictCode::CLASSES {
        assert!(
            !class.meaning.is_empty() && !class.basis.is_empty(),
            "{class:?}"
        );
        assert_eq!(class.code.class(), *class);
    }
}
