//! Cases as files (`tests/cases`): records, a day, rules over those of the program, and what must come of it. An expert adds one without Rust.

use crate::sample::{Chains, Written, account, case_id, day, month};
use serde::Deserialize;
use std::collections::BTreeMap;
use yizhang_ledger::{entry::RecordId, hash::Hash, person::AccountId, record::CaseId};
use yizhang_rules::RuleFile;
use yizhang_supervision::{
    Injury, Stated, Supervision, Terms, Views,
    fund::PlatformFund,
    injuries::longest,
    subsidies::{self, Asked, Refused},
    terms::{self, trade_word},
    walk,
    warnings::Candidate,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// What is not written is not asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    day: String,
    #[serde(default)]
    rules: String,
    #[serde(default)]
    records: Vec<Written>,
    warnings: Option<Vec<String>>,
    raised: Option<Vec<String>>,
    coverage: Option<Vec<String>>,
    fund: Option<Vec<String>>,
    checks: Option<Vec<String>>,
    clocks: Option<Vec<String>>,
    steps: Option<Vec<String>>,
    doubles: Option<Vec<String>>,
    set_aside: Option<Vec<String>>,
    review: Option<Review>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    group: String,
    first: String,
    last: String,
    retires: Option<String>,
    /// Only these lines: those of one scheme.
    scheme: String,
    lines: Vec<String>,
    sum: String,
}

const FILES: [(&str, &str); 5] = [
    ("coverage", include_str!("../cases/coverage.toml")),
    ("fund", include_str!("../cases/fund.toml")),
    ("injuries", include_str!("../cases/injuries.toml")),
    ("subsidies", include_str!("../cases/subsidies.toml")),
    ("warnings", include_str!("../cases/warnings.toml")),
];

#[test]
fn cases_come_out_as_they_say() {
    let mut faults = Vec::new();
    let mut count = 0_usize;
    for (name, text) in FILES {
        let cases: Cases = toml::from_str(text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        for case in &cases.case {
            count += 1;
            let title = format!("{name}: {}", case.title);
            faults.extend(
                check(case)
                    .into_iter()
                    .map(|fault| format!("{title}: {fault}")),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count >= 50, "{count} cases");
}

/// What is not as the case says, in whatever order its records come.
fn check(case: &Case) -> Vec<String> {
    let own = RuleFile {
        name: "case.toml",
        text: &case.rules,
    };
    let own: &[RuleFile<'_>] = if case.rules.is_empty() { &[] } else { &[own] };
    let policy = terms::policy(own).unwrap_or_else(|faults| panic!("{}: {faults:?}", case.title));
    let terms = Terms::new(&policy, day(&case.day));
    let chains = Chains::of(&case.records);
    let stated = chains.stated();
    let seen = Seen {
        names: names(case),
        chains: &chains,
    };
    let views = walk(stated.iter().copied(), &terms);
    let backwards = walk(stated.iter().rev().copied(), &terms);
    let twice = walk(stated.iter().chain(&stated).copied(), &terms);
    let mut faults = Vec::new();
    if views != backwards || views != twice {
        faults.push("another order, or a repetition, gives another result".to_owned());
    }
    let mut compare = |what: &str, expected: &Option<Vec<String>>, found: Vec<String>| {
        if let Some(expected) = expected
            && *expected != found
        {
            faults.push(format!("{what}: expected {expected:#?}, found {found:#?}"));
        }
    };
    let warnings = views.warnings.candidates.iter();
    compare(
        "warnings",
        &case.warnings,
        warnings.map(|one| seen.warning(one)).collect(),
    );
    compare("raised", &case.raised, seen.raised(&views));
    compare("coverage", &case.coverage, Seen::coverage(&views));
    compare(
        "fund",
        &case.fund,
        views
            .funds
            .iter()
            .flat_map(|fund| seen.fund(fund))
            .collect(),
    );
    compare(
        "checks",
        &case.checks,
        seen.of_injuries(&views, Seen::checks),
    );
    compare(
        "clocks",
        &case.clocks,
        seen.of_injuries(&views, Seen::clocks),
    );
    compare("steps", &case.steps, seen.of_injuries(&views, Seen::steps));
    compare("doubles", &case.doubles, seen.doubles(&views));
    compare("set aside", &case.set_aside, seen.set_aside(&views));
    if let Some(review) = &case.review {
        faults.extend(seen.review(review, &stated, &terms));
    }
    faults
}

/// Labels of what a case names.
struct Names {
    workers: BTreeMap<AccountId, String>,
    cases: BTreeMap<CaseId, String>,
}

fn names(case: &Case) -> Names {
    let mut names = Names {
        workers: BTreeMap::new(),
        cases: BTreeMap::new(),
    };
    for one in &case.records {
        names
            .workers
            .insert(account(&one.worker), one.worker.clone());
        names.workers.insert(account(&one.other), one.other.clone());
        names.cases.insert(case_id(&one.case), one.case.clone());
    }
    names
}

struct Seen<'c> {
    names: Names,
    chains: &'c Chains,
}

fn short(platform: &str) -> &str {
    match platform {
        "91370200MA0000000P" => "P",
        "91370200MA0000000Q" => "Q",
        other => other,
    }
}

impl Seen<'_> {
    fn case(&self, case: CaseId) -> &str {
        &self.names.cases[&case]
    }

    fn labels(&self, records: &[RecordId]) -> String {
        let mut labels: Vec<String> = records.iter().map(|id| self.chains.label(*id)).collect();
        labels.sort();
        labels.join(",")
    }

    fn warning(&self, one: &Candidate) -> String {
        let worker = one
            .worker
            .map(|worker| self.names.workers[&worker].as_str());
        let case = one.case.map(|case| self.case(case));
        let platform = (!one.party.is_empty()).then(|| short(&one.party));
        let subject: Vec<&str> = [worker, platform, case].into_iter().flatten().collect();
        format!(
            "{} {} {} {}..{} found {} wanted {} on {}",
            one.rule,
            subject.join("+"),
            one.place,
            one.first,
            one.last,
            one.found,
            one.wanted,
            self.labels(&one.records)
        )
    }

    fn raised(&self, views: &Views<'_>) -> Vec<String> {
        let raised = views.warnings.raised.iter();
        let mut lines: Vec<String> = raised
            .map(|one| format!("{} {:?}", self.chains.label(one.record), one.state))
            .collect();
        lines.sort();
        lines
    }

    fn coverage(views: &Views<'_>) -> Vec<String> {
        let lines = views.coverage.iter().map(|line| {
            let due = line.due.map_or("none".to_owned(), |due| due.to_string());
            let differences: Vec<String> = line
                .differences
                .iter()
                .map(|one| format!("{one:?}"))
                .collect();
            format!(
                "{} {} {} {} orders {} insured {} due {due} paid {} [{}]",
                short(&line.platform),
                line.place,
                line.month,
                trade_word(line.trade),
                line.deposited.orders,
                line.deposited.insured_orders,
                line.paid(),
                differences.join(" ")
            )
        });
        lines.collect()
    }

    fn fund(&self, fund: &PlatformFund) -> Vec<String> {
        let mut lines = Vec::new();
        for dues in &fund.dues {
            let arrears = dues.arrears().unwrap_or_default();
            let agrees = if dues.agrees {
                ""
            } else {
                " assessed otherwise"
            };
            lines.push(format!(
                "{} {} {}..{} due {} paid {} arrears {arrears}{agrees}",
                short(&fund.platform),
                fund.place,
                dues.first,
                dues.last,
                dues.due(),
                dues.paid
            ));
        }
        for entry in &fund.movements {
            lines.push(format!(
                "{} {:?} {} balance {} {}",
                entry.day,
                entry.way,
                entry.amount,
                entry.balance,
                self.chains.label(entry.record)
            ));
        }
        for left in &fund.left_out {
            lines.push(format!("{} {:?}", self.chains.label(left.record), left.why));
        }
        lines
    }

    fn of_injuries(
        &self,
        views: &Views<'_>,
        of: impl Fn(&Self, &Injury<'_>) -> Vec<String>,
    ) -> Vec<String> {
        let mut lines: Vec<String> = views
            .injuries
            .iter()
            .flat_map(|injury| of(self, injury))
            .collect();
        // Cases stand in the order of their numbers, which are hashes: names read better.
        lines.sort_by_key(|line| line.split(' ').next().unwrap().to_owned());
        lines
    }

    fn checks(&self, injury: &Injury<'_>) -> Vec<String> {
        let checks = injury.checks.iter();
        checks
            .map(|check| {
                format!(
                    "{} {:?} {:?}",
                    self.case(injury.case.case),
                    check.item,
                    check.answer
                )
            })
            .collect()
    }

    fn clocks(&self, injury: &Injury<'_>) -> Vec<String> {
        let clocks = injury.clocks.iter();
        clocks
            .map(|clock| {
                let state = match (clock.runs(), clock.is_over()) {
                    (true, true) => "runs, over",
                    (true, false) => "runs",
                    (false, true) => "stopped, over",
                    (false, false) => "stopped",
                };
                format!(
                    "{} {:?} {} of {} {state}",
                    self.case(injury.case.case),
                    clock.name,
                    clock.found,
                    clock.limit
                )
            })
            .collect()
    }

    fn steps(&self, injury: &Injury<'_>) -> Vec<String> {
        let slowest = longest(&injury.steps).map(|step| step.stage);
        let steps = injury.steps.iter();
        steps
            .map(|step| {
                let mark = if Some(step.stage) == slowest {
                    " longest"
                } else {
                    ""
                };
                format!(
                    "{} {:?} {} days{mark}",
                    self.case(injury.case.case),
                    step.stage,
                    step.days
                )
            })
            .collect()
    }

    fn doubles(&self, views: &Views<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &views.two_reports {
            let records = [one.first, one.second];
            lines.push(format!(
                "C36 {} {} minutes",
                self.labels(&records),
                one.minutes
            ));
        }
        for one in &views.two_schemes {
            lines.push(format!("C42 {} {}", one.day, self.labels(&one.records)));
        }
        for one in &views.doubles {
            lines.push(format!(
                "twice {} {} {}",
                one.scheme,
                one.month,
                self.labels(&one.awards)
            ));
        }
        for one in &views.beyond {
            lines.push(format!(
                "beyond {} awarded {} credited {}",
                self.chains.label(one.award),
                one.awarded,
                one.credited
            ));
        }
        lines.sort();
        lines
    }

    fn set_aside(&self, views: &Views<'_>) -> Vec<String> {
        let aside = views.set_aside.iter();
        let mut lines: Vec<String> = aside
            .map(|one| format!("{} {:?}", self.chains.label(one.id), one.why))
            .collect();
        lines.sort();
        lines
    }

    fn review(&self, review: &Review, stated: &[Stated<'_>], terms: &Terms<'_>) -> Vec<String> {
        let mut supervision = Supervision::new(*terms);
        let worker = supervision.add_worker(account("w"), stated.iter().copied());
        let asked = Asked {
            group: &review.group,
            first: month(&review.first),
            last: month(&review.last),
            retires: review.retires.as_deref().map(month),
        };
        let programme = subsidies::example();
        let found = subsidies::review(&worker.acting.records, &programme, asked, terms);
        let of_scheme = found
            .lines
            .iter()
            .filter(|line| line.scheme == review.scheme);
        let lines: Vec<String> = of_scheme
            .map(|line| {
                let borne = match &line.borne {
                    Ok(amount) => amount.to_string(),
                    Err(Refused::Awarded(award)) => {
                        format!("awarded {}", self.chains.label(*award))
                    }
                    Err(why) => format!("{why:?}"),
                };
                format!("{} {borne}", line.month)
            })
            .collect();
        let mut faults = Vec::new();
        if lines != review.lines {
            faults.push(format!(
                "review: expected {:#?}, found {lines:#?}",
                review.lines
            ));
        }
        if found.sum.to_string() != review.sum {
            faults.push(format!("sum: expected {}, found {}", review.sum, found.sum));
        }
        faults
    }
}

/// Every warning of the cases has the number that the ledger gives it, so that it can be raised as it stands.
#[test]
fn what_a_rule_finds_can_be_raised_as_it_stands() {
    use yizhang_ledger::{
        record::{Record, Subject, Warning},
        value::Code,
    };
    let cases: Cases = toml::from_str(FILES[4].1).unwrap();
    let mut raised = 0_usize;
    for case in cases.case.iter().filter(|case| case.rules.is_empty()) {
        let terms = Terms::new(terms::embedded(), day(&case.day));
        let chains = Chains::of(&case.records);
        for one in walk(chains.stated(), &terms).warnings.candidates {
            let fields = Warning {
                id: one.id,
                rule: Code::new(one.rule.code()).unwrap(),
                subject: Subject {
                    worker: one.worker,
                    party: Code::new(&one.party).unwrap(),
                    case: one.case,
                },
                place: one.place,
                first: one.first,
                last: one.last,
                found: one.found,
                wanted: one.wanted,
                basis: one.basis,
                on: terms.day(),
                act_by: one.act_by,
                source: yizhang_ledger::record::Source::default(),
            };
            Record::Warning(fields).write(&mut Vec::new()).unwrap();
            assert!(!one.records.is_empty() && one.basis != Hash::ZERO);
            raised += 1;
        }
    }
    assert!(raised >= 10, "{raised}");
}
