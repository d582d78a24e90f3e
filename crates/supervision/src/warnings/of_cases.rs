//! Rules about cases of injury: clocks that run and are over, with the stage that took longest.

use super::{Candidate, Finding, Rule};
use crate::{
    injuries::{Case, ClockName, clocks, longest, steps},
    terms::Terms,
};
use yizhang_ledger::value::Day;

/// What the clocks of a case find: only those that run, because what is over and done asks nobody for anything.
pub fn of_case(case: &Case<'_>, terms: &Terms<'_>) -> Vec<Candidate> {
    let began = case
        .accident()
        .or_else(|| case.steps.first().map(|(_, step)| step.on));
    let (Some(place), Some(month)) = (case.place(), began.and_then(Day::in_month)) else {
        return Vec::new();
    };
    let slowest = longest(&steps(case, terms.day())).map(|step| step.stage);
    let mut found = Vec::new();
    for clock in clocks(case, terms) {
        let rule = match clock.name {
            ClockName::Report => Rule::ReportLate,
            ClockName::Decision => Rule::DecisionLate,
            // Whether the facts are clear is for people: no warning rests on it.
            ClockName::ClearDecision => continue,
            ClockName::Aim => Rule::AimMissed,
        };
        if !clock.runs() || !clock.is_over() {
            continue;
        }
        let platform = case.report().map_or("", |report| report.platform.as_str());
        let finding = Finding {
            rule,
            worker: Some(case.account),
            party: if rule == Rule::ReportLate {
                platform
            } else {
                ""
            },
            case: Some(case.case),
            place,
            first: month,
            last: terms.month().max(month),
            found: u64::from(clock.found),
            wanted: u64::from(clock.limit),
        };
        let mut candidate = finding.candidate(case.records(), terms);
        candidate.longest = slowest;
        found.push(candidate);
    }
    found
}
