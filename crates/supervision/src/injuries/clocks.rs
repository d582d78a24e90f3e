//! The clocks of a case: the platform's time to report, the limits of the law (工伤保险条例 art. 20), and an aim that was proposed.

use super::Case;
use crate::{days, terms::Terms};
use yizhang_ledger::{
    record::{InjuryStep, Reporter},
    value::{Day, UnixMillis},
};
use yizhang_rules::Key;

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockName {
    /// The platform reports the accident (`injury.report-hours`), in hours.
    Report,
    /// The decision after acceptance (`injury.decide-days`), in days, suspensions left out.
    Decision,
    /// The same where the facts are clear (`injury.decide-clear-days`); whether they are is for people.
    ClearDecision,
    /// From the report to the decision (`injury.aim-days`), in days: an aim and no limit.
    Aim,
}

impl ClockName {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Decision => "decision",
            Self::ClearDecision => "clear-decision",
            Self::Aim => "aim",
        }
    }
}

/// A clock that runs or has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub name: ClockName,
    /// From when.
    pub from: Day,
    /// What has gone by, in its unit: until it was stopped, else by the day. Of hours those that have begun.
    pub found: u32,
    /// The limit.
    pub limit: u32,
    /// When it was stopped by what it waits for.
    pub stopped: Option<Day>,
}

impl Clock {
    /// Whether more has gone by than the limit.
    pub const fn is_over(&self) -> bool {
        self.found > self.limit
    }

    /// Whether somebody must still act.
    pub const fn runs(&self) -> bool {
        self.stopped.is_none()
    }
}

/// Milliseconds of an hour.
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The clocks of a case that have begun, where a rule sets their limit.
pub fn clocks(case: &Case<'_>, terms: &Terms<'_>) -> Vec<Clock> {
    let Some(place) = case.place() else {
        return Vec::new();
    };
    let limit = |key: Key| terms.number(key, place, terms.month());
    let (accepted, decided) = (case.day_of(InjuryStep::Accepted), case.decided());
    let mut clocks = Vec::new();
    if let (Some(report), Some(limit)) = (case.report(), limit(Key::InjuryReportHours)) {
        let by_platform = case
            .reports
            .iter()
            .find(|(_, report)| report.reporter == Reporter::Platform);
        let stopped = by_platform.map(|(_, report)| report.reported);
        let end = stopped.unwrap_or_else(|| days::end_of(terms.day()));
        clocks.push(Clock {
            name: ClockName::Report,
            from: Day::of(report.occurred),
            found: hours(report.occurred, end),
            limit,
            stopped: stopped.map(Day::of),
        });
    }
    let decision = [
        (ClockName::Decision, Key::InjuryDecide),
        (ClockName::ClearDecision, Key::InjuryDecideClear),
    ];
    for (name, key) in decision {
        if let (Some(from), Some(limit)) = (accepted, limit(key)) {
            let end = decided.unwrap_or(terms.day());
            clocks.push(Clock {
                name,
                from,
                found: days::between(from, end).saturating_sub(suspended(case, from, end)),
                limit,
                stopped: decided,
            });
        }
    }
    if let (Some(report), Some(limit)) = (case.report(), limit(Key::InjuryAim)) {
        let from = Day::of(report.reported);
        clocks.push(Clock {
            name: ClockName::Aim,
            from,
            found: days::between(from, decided.unwrap_or(terms.day())),
            limit,
            stopped: decided,
        });
    }
    clocks
}

/// Hours that have begun between two moments.
fn hours(from: UnixMillis, to: UnixMillis) -> u32 {
    let hours = to.0.saturating_sub(from.0).div_ceil(HOUR_MS);
    u32::try_from(hours).unwrap_or(u32::MAX)
}

/// Days of suspension between two days.
fn suspended(case: &Case<'_>, from: Day, to: Day) -> u32 {
    let (mut sum, mut since) = (0_u32, None);
    for (_, step) in case.steps.iter().filter(|(_, step)| step.on <= to) {
        match step.step {
            InjuryStep::Suspended => since = since.or(Some(step.on.max(from))),
            InjuryStep::Resumed => {
                if let Some(since) = since.take() {
                    sum = sum.saturating_add(days::between(since, step.on));
                }
            }
            _ => {}
        }
    }
    since.map_or(sum, |since| sum.saturating_add(days::between(since, to)))
}
