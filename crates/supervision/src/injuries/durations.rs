//! How long each step of a case took, and what that comes to by trade and city.

use super::Case;
use crate::days;
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::RecordId,
    record::{InjuryStep, Trade},
    value::{Day, Division},
};

/// What a case waits after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The accident, until somebody reports it.
    Accident,
    /// The report, until the agency does something.
    Report,
    /// A step of the agency, until the next.
    After(InjuryStep),
    /// The whole case, from the report to the decision.
    Whole,
}

impl Stage {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accident => "accident",
            Self::Report => "report",
            Self::After(InjuryStep::Accepted) => "accepted",
            Self::After(InjuryStep::MaterialsAsked) => "materials-asked",
            Self::After(InjuryStep::MaterialsComplete) => "materials-complete",
            Self::After(InjuryStep::Suspended) => "suspended",
            Self::After(InjuryStep::Resumed) => "resumed",
            Self::After(InjuryStep::Recognised) => "recognised",
            Self::After(InjuryStep::NotRecognised) => "not-recognised",
            Self::Whole => "whole",
        }
    }
}

/// How long a case stayed at a stage, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub stage: Stage,
    /// From when.
    pub from: Day,
    /// Until when; none while it waits.
    pub until: Option<Day>,
    /// Days, of one that waits up to the day.
    pub days: u32,
    /// The record with which it began.
    pub record: RecordId,
}

/// The stages of a case up to its decision, in order; the last one waits, unless it is decided.
pub fn steps(case: &Case<'_>, day: Day) -> Vec<Step> {
    let mut marks: Vec<(Stage, Day, RecordId)> = Vec::new();
    if let Some((id, report)) = case.reports.first() {
        marks.push((Stage::Accident, Day::of(report.occurred), *id));
        marks.push((Stage::Report, Day::of(report.reported), *id));
    }
    let decided = case.decided();
    let taken = case
        .steps
        .iter()
        .filter(|(_, step)| decided.is_none_or(|decided| step.on <= decided));
    marks.extend(taken.map(|(id, step)| (Stage::After(step.step), step.on, *id)));
    let ends = marks.iter().skip(1).map(|(_, day, _)| Some(*day));
    let ends = ends.chain([None]);
    let mut steps = Vec::new();
    for ((stage, from, record), until) in marks.iter().zip(ends) {
        let is_end = matches!(
            stage,
            Stage::After(InjuryStep::Recognised | InjuryStep::NotRecognised)
        );
        if is_end {
            break;
        }
        steps.push(Step {
            stage: *stage,
            from: *from,
            until,
            days: days::between(*from, until.unwrap_or(day)),
            record: *record,
        });
    }
    steps
}

/// The stage at which a case stayed longest, the earlier of two.
pub fn longest(steps: &[Step]) -> Option<Step> {
    let mut longest: Option<Step> = None;
    for step in steps {
        if longest.is_none_or(|known| step.days > known.days) {
            longest = Some(*step);
        }
    }
    longest
}

/// Days that many cases took, as counts: median and p90 by nearest rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread(BTreeMap<u32, u64>);

impl Spread {
    fn add(&mut self, days: u32) {
        let count = self.0.entry(days).or_default();
        *count = count.saturating_add(1);
    }

    fn merge(&mut self, other: &Self) {
        for (days, count) in &other.0 {
            let own = self.0.entry(*days).or_default();
            *own = own.saturating_add(*count);
        }
    }

    /// How many cases.
    pub fn count(&self) -> u64 {
        self.0
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The days within which so many per cent of the cases were: the smallest with at least so many at or below it. None of no cases.
    pub fn percentile(&self, per_cent: u8) -> Option<u32> {
        let wanted = self.count().saturating_mul(u64::from(per_cent));
        let rank = wanted.div_ceil(100).max(1);
        let mut seen = 0_u64;
        for (days, count) in &self.0 {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                return Some(*days);
            }
        }
        None
    }

    /// The median.
    pub fn median(&self) -> Option<u32> {
        self.percentile(50)
    }

    /// The days within which nine of ten cases were.
    pub fn p90(&self) -> Option<u32> {
        self.percentile(90)
    }
}

/// How long stages took that have ended, by trade, city and stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// The spreads.
    pub spreads: BTreeMap<(Trade, Division, Stage), Spread>,
}

impl Durations {
    /// Takes a case in.
    pub fn add(&mut self, case: &Case<'_>, day: Day) {
        let (Some(trade), Some(place)) = (case.trade(), case.place()) else {
            return;
        };
        let city = city_of(place);
        for step in steps(case, day).iter().filter(|step| step.until.is_some()) {
            let spread = self.spreads.entry((trade, city, step.stage)).or_default();
            spread.add(step.days);
        }
        let reported = case.report().map(|report| Day::of(report.reported));
        if let (Some(reported), Some(decided)) = (reported, case.decided()) {
            let whole = self.spreads.entry((trade, city, Stage::Whole)).or_default();
            whole.add(days::between(reported, decided));
        }
    }

    /// Takes other cases in.
    pub fn merge(&mut self, other: &Self) {
        for (key, spread) in &other.spreads {
            self.spreads.entry(*key).or_default().merge(spread);
        }
    }

    /// The stage that takes longest in a trade and city: by p90, then by median, the earlier of two.
    pub fn longest(&self, trade: Trade, city: Division) -> Option<(Stage, &Spread)> {
        let mut longest: Option<(Stage, &Spread)> = None;
        let of = |spread: &Spread| (spread.p90(), spread.median());
        for ((its_trade, its_city, stage), spread) in &self.spreads {
            let is_of = *its_trade == trade && *its_city == city && *stage != Stage::Whole;
            if is_of && longest.is_none_or(|(_, known)| of(spread) > of(known)) {
                longest = Some((*stage, spread));
            }
        }
        longest
    }
}

/// The city that a place lies in.
pub(crate) fn city_of(place: Division) -> Division {
    let within = place.code().checked_rem(100).unwrap_or(0);
    let code = place.code().saturating_sub(within);
    Division::new(code).unwrap_or(place)
}
