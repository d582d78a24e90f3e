//! Injuries: what is on record of a case, which facts are there and which are missing, how long each step took. Never a determination: that is
//! an administrative act, with a clerk who answers for it.

mod checks;
mod clocks;
mod doubles;
mod durations;
mod route;
mod wage;

pub use checks::{
    Answer, Beside, Check, Item, Missing, OrderFacts, OrderMismatch, Trip, check_order, checklist,
};
pub use clocks::{Clock, ClockName, clocks};
pub use doubles::{TwoReports, TwoSchemes, two_reports, two_schemes};
pub use durations::{Durations, Spread, Stage, Step, longest, steps};
pub use route::{Corridor, POINTS_MAX, Point, distance_to_route_cm};
pub use wage::{OneOff, one_off, own_wage_of};

use crate::{days, stated::Stated, terms::Terms};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::RecordId,
    person::AccountId,
    record::{
        CaseId, DisabilityGrade, InjuryDetermination, InjuryReport, InjuryStep, Record, Trade,
    },
    value::{Day, Division},
};

/// A case of one worker: what acts and had happened by the day, each in the order of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// The worker.
    pub account: AccountId,
    /// The number of the case.
    pub case: CaseId,
    /// Reports, by the moment of the report.
    pub reports: Vec<(RecordId, InjuryReport<'a>)>,
    /// Steps of the agency, by day.
    pub steps: Vec<(RecordId, InjuryDetermination<'a>)>,
    /// Grades of disability, by day.
    pub grades: Vec<(RecordId, DisabilityGrade<'a>)>,
}

impl<'a> Case<'a> {
    /// The first report.
    pub fn report(&self) -> Option<&InjuryReport<'a>> {
        self.reports.first().map(|(_, report)| report)
    }

    /// The day of the accident, as first reported; of a case without a report, none.
    pub fn accident(&self) -> Option<Day> {
        self.report().map(|report| Day::of(report.occurred))
    }

    /// Where it is handled: the place of the first report, else of the first step.
    pub fn place(&self) -> Option<Division> {
        let reported = self.report().map(|report| report.place);
        reported.or_else(|| self.steps.first().map(|(_, step)| step.place))
    }

    /// Kind of business, as first reported.
    pub fn trade(&self) -> Option<Trade> {
        self.report().map(|report| report.trade)
    }

    /// The day of the first step of a sort.
    pub fn day_of(&self, step: InjuryStep) -> Option<Day> {
        let found = self.steps.iter().find(|(_, fields)| fields.step == step);
        found.map(|(_, fields)| fields.on)
    }

    /// The day of the decision, whichever it is.
    pub fn decided(&self) -> Option<Day> {
        let days =
            [InjuryStep::Recognised, InjuryStep::NotRecognised].map(|step| self.day_of(step));
        days.into_iter().flatten().min()
    }

    /// Every record of it.
    pub fn records(&self) -> Vec<RecordId> {
        let reports = self.reports.iter().map(|(id, _)| *id);
        let steps = self.steps.iter().map(|(id, _)| *id);
        let grades = self.grades.iter().map(|(id, _)| *id);
        reports.chain(steps).chain(grades).collect()
    }
}

/// The cases of a worker's acting records, by number.
pub fn cases<'a>(records: &[Stated<'a>], terms: &Terms<'_>) -> Vec<Case<'a>> {
    let mut cases: BTreeMap<CaseId, Case<'a>> = BTreeMap::new();
    let end = days::end_of(terms.day());
    for stated in records {
        match stated.record {
            Record::InjuryReport(fields) if fields.reported < end => {
                let case = of_number(&mut cases, fields.account, fields.case);
                case.reports.push((stated.id, fields));
            }
            Record::InjuryDetermination(fields) if fields.on <= terms.day() => {
                let case = of_number(&mut cases, fields.account, fields.case);
                case.steps.push((stated.id, fields));
            }
            Record::DisabilityGrade(fields) if fields.on <= terms.day() => {
                let case = of_number(&mut cases, fields.account, fields.case);
                case.grades.push((stated.id, fields));
            }
            _ => {}
        }
    }
    let mut cases: Vec<Case<'a>> = cases.into_values().collect();
    for case in &mut cases {
        case.reports
            .sort_by_key(|(id, report)| (report.reported, *id));
        case.steps
            .sort_by_key(|(id, step)| (step.on, step.step, *id));
        case.grades.sort_by_key(|(id, grade)| (grade.on, *id));
    }
    cases
}

fn of_number<'c, 'a>(
    cases: &'c mut BTreeMap<CaseId, Case<'a>>,
    account: AccountId,
    case: CaseId,
) -> &'c mut Case<'a> {
    cases.entry(case).or_insert_with(|| Case {
        account,
        case,
        reports: Vec::new(),
        steps: Vec::new(),
        grades: Vec::new(),
    })
}
