//! One accident that stands on record twice: reported by two platforms (C36), or handled under two schemes (C42). Nothing is decided: both stand,
//! and an operator looks.

use super::Case;
use crate::terms::Terms;
use yizhang_ledger::{
    entry::RecordId,
    record::CaseId,
    value::{Day, Namespace, Scheme},
};
use yizhang_rules::Key;

/// Two reports of one worker that may be of one accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoReports {
    /// The case of the earlier accident.
    pub case: CaseId,
    /// Its report.
    pub first: RecordId,
    /// The case of the other; it may be the same.
    pub other_case: CaseId,
    /// Its report.
    pub second: RecordId,
    /// Minutes that have begun between the moments that they name.
    pub minutes: u32,
}

/// Two schemes under which one accident is handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoSchemes {
    /// The case under occupational-injury protection, `hrss:OIP`.
    pub platform_case: CaseId,
    /// The case under work injury, `hrss:410`; it may be the same.
    pub employer_case: CaseId,
    /// The day of the accident, or on which the case without a report began.
    pub day: Day,
    /// The steps that say so.
    pub records: Vec<RecordId>,
}

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60 * 1_000;

/// Reports of different platforms about one worker within the minutes of the rule (C36). `cases` are those of one worker.
pub fn two_reports(cases: &[Case<'_>], terms: &Terms<'_>) -> Vec<TwoReports> {
    let mut reports: Vec<_> = cases
        .iter()
        .flat_map(|case| case.reports.iter().map(|(id, report)| (*id, *report)))
        .collect();
    reports.sort_by_key(|(id, report)| (report.occurred, *id));
    let mut found = Vec::new();
    for (at, (first, earlier)) in reports.iter().enumerate() {
        let limit = terms.number(Key::InjurySameAccident, earlier.place, terms.month());
        let Some(limit) = limit else {
            continue;
        };
        for (second, later) in reports.iter().skip(at.saturating_add(1)) {
            let apart = later.occurred.0.saturating_sub(earlier.occurred.0);
            let minutes = u32::try_from(apart.div_ceil(MINUTE_MS)).unwrap_or(u32::MAX);
            if minutes > limit {
                break;
            }
            if earlier.platform != later.platform {
                found.push(TwoReports {
                    case: earlier.case,
                    first: *first,
                    other_case: later.case,
                    second: *second,
                    minutes,
                });
            }
        }
    }
    found
}

/// The schemes of injuries: of platforms, and of employers.
fn is_of_platforms(scheme: &Scheme<'_>) -> bool {
    scheme.namespace == Namespace::Hrss && scheme.code.as_str() == "OIP"
}

fn is_of_employers(scheme: &Scheme<'_>) -> bool {
    scheme.namespace == Namespace::Hrss && scheme.code.as_str() == "410"
}

/// Accidents of one worker and day that are handled under both schemes (C42). `cases` are those of one worker.
pub fn two_schemes(cases: &[Case<'_>]) -> Vec<TwoSchemes> {
    let mut found = Vec::new();
    for one in cases {
        for other in cases {
            let (Some(day), Some(other_day)) = (event_day(one), event_day(other)) else {
                continue;
            };
            let platforms = under(one, is_of_platforms);
            let employers = under(other, is_of_employers);
            if day == other_day && !platforms.is_empty() && !employers.is_empty() {
                found.push(TwoSchemes {
                    platform_case: one.case,
                    employer_case: other.case,
                    day,
                    records: platforms.into_iter().chain(employers).collect(),
                });
            }
        }
    }
    found
}

fn event_day(case: &Case<'_>) -> Option<Day> {
    let first_step = || case.steps.first().map(|(_, step)| step.on);
    case.accident().or_else(first_step)
}

fn under(case: &Case<'_>, is_of: impl Fn(&Scheme<'_>) -> bool) -> Vec<RecordId> {
    let steps = case.steps.iter().filter(|(_, step)| is_of(&step.scheme));
    steps.map(|(id, _)| *id).collect()
}
