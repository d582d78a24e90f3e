//! Injuries at work, case by case, and what cannot be right between them: two reports of one accident (C36), one event under two schemes (C42).

use crate::{
    account::{
        Conflict, GradeLine, InjuryCase, InjuryStepLine, RecordNumber, ReportLine, Standing,
        injury_step_word, reporter_word, trade_word,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    records::set::{RecordSet, number},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    hash::Hash,
    record::{CaseId, DisabilityGrade, InjuryDetermination, InjuryReport, Record},
};

/// Reports of accidents at most so far apart are taken for reports of one (our design).
const ONE_ACCIDENT_MS: u64 = 60 * 60 * 1_000;

/// The cases, by their numbers, of records in force.
pub(crate) fn cases(set: &RecordSet<'_>) -> Vec<InjuryCase> {
    let mut cases: BTreeMap<CaseId, InjuryCase> = BTreeMap::new();
    for (at, held) in set.iter() {
        if held.standing != Standing::Held {
            continue;
        }
        let record = number(at);
        match &held.fact.record {
            Record::InjuryReport(fields) => {
                case(&mut cases, fields.case)
                    .reports
                    .push(report(fields, record));
            }
            Record::InjuryDetermination(fields) => {
                case(&mut cases, fields.case)
                    .steps
                    .push(step(fields, record));
            }
            Record::DisabilityGrade(fields) => {
                case(&mut cases, fields.case)
                    .grades
                    .push(grade(fields, record));
            }
            _ => {}
        }
    }
    let mut cases: Vec<InjuryCase> = cases.into_values().collect();
    for case in &mut cases {
        case.reports
            .sort_by_key(|line| (line.reported, line.record));
        case.steps
            .sort_by_key(|line| (line.on, position(set, line.record), line.record));
        case.grades
            .sort_by_key(|line| (line.on, position(set, line.record), line.record));
    }
    // The accident first that happened first.
    cases.sort_by_key(|case| (happened(case), case.case));
    cases
}

/// Where a record stands in its chain: of steps of one day the later entry is the later step.
fn position(set: &RecordSet<'_>, record: RecordNumber) -> Option<u64> {
    set.numbered(record).map(|held| held.fact.index.0)
}

fn happened(case: &InjuryCase) -> Option<u64> {
    case.reports.iter().map(|report| report.occurred).min()
}

fn case(cases: &mut BTreeMap<CaseId, InjuryCase>, case: CaseId) -> &mut InjuryCase {
    cases.entry(case).or_insert_with(|| InjuryCase {
        case,
        reports: Vec::new(),
        steps: Vec::new(),
        grades: Vec::new(),
    })
}

fn report(fields: &InjuryReport<'_>, record: RecordNumber) -> ReportLine {
    ReportLine {
        platform: fields.platform.as_str().to_owned(),
        place: fields.place,
        trade: trade_word(fields.trade).to_owned(),
        occurred: fields.occurred.0,
        reported: fields.reported.0,
        reporter: reporter_word(fields.reporter).to_owned(),
        order: Some(fields.order).filter(|order| *order != Hash::ZERO),
        record,
    }
}

fn step(fields: &InjuryDetermination<'_>, record: RecordNumber) -> InjuryStepLine {
    InjuryStepLine {
        step: injury_step_word(fields.step).to_owned(),
        scheme: fields.scheme.to_string(),
        place: fields.place,
        on: fields.on,
        reason: fields.reason.as_str().to_owned(),
        record,
    }
}

fn grade(fields: &DisabilityGrade<'_>, record: RecordNumber) -> GradeLine {
    GradeLine {
        grade: fields.grade,
        place: fields.place,
        on: fields.on,
        record,
    }
}

/// Two reports of one accident, and one event under two schemes.
pub(crate) fn conflicts(cases: &[InjuryCase]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for event in events(cases) {
        found.extend(reported_twice(&event));
        found.extend(under_two_schemes(&event));
    }
    found
}

/// The cases of one event each: those whose accidents are near one another in time. They are in the order of their accidents.
fn events(cases: &[InjuryCase]) -> Vec<Vec<&InjuryCase>> {
    let mut events: Vec<Vec<&InjuryCase>> = Vec::new();
    for case in cases {
        let joins = events
            .last()
            .is_some_and(|event| event.last().is_some_and(|before| are_near(before, case)));
        match events.last_mut() {
            Some(event) if joins => event.push(case),
            _ => events.push(vec![case]),
        }
    }
    events
}

fn are_near(one: &InjuryCase, other: &InjuryCase) -> bool {
    match (happened(one), happened(other)) {
        (Some(one), Some(other)) => one.abs_diff(other) <= ONE_ACCIDENT_MS,
        _ => false,
    }
}

/// Cases of one event that name several platforms (C36). One case with several reports is joined already.
fn reported_twice(event: &[&InjuryCase]) -> Option<Conflict> {
    let reports = || event.iter().flat_map(|case| &case.reports);
    let platforms: BTreeSet<&str> = reports().map(|report| report.platform.as_str()).collect();
    (event.len() > 1 && platforms.len() > 1).then(|| {
        let records = reports().map(|report| report.record).collect();
        conflict(ConflictCode::C36, None, records)
    })
}

/// An event whose steps are of several schemes (C42).
fn under_two_schemes(event: &[&InjuryCase]) -> Option<Conflict> {
    let steps = || event.iter().flat_map(|case| &case.steps);
    let schemes: BTreeSet<&str> = steps().map(|step| step.scheme.as_str()).collect();
    (schemes.len() > 1).then(|| {
        let records = steps().map(|step| step.record).collect();
        conflict(ConflictCode::C42, None, records)
    })
}
