//! Bases outside the limits of their month (C31), and limits that were published after the money came (C29).

use super::{
    bases::Differences,
    workings::{Draft, Workings},
};
use crate::{
    account::{
        Conflict, FamilyAccount, FigureName, Ground, MissingName, MonthLine, MonthStatus,
        RecordNumber,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    formulas::dues::base_adjustment,
    months::holders::months_between,
    policy::family::{Duplicates, Family},
    records::set::{FamilyRange, RecordSet},
};
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::{Division, Fen, Month, Rate, Scheme},
};
use yizhang_rules::{Key, Rule, Series, Value};

/// What makes neighbouring months one finding: the class, and the limit that they miss.
#[derive(Clone, PartialEq, Eq)]
struct Miss {
    code: ConflictCode,
    limit: Ground,
}

/// The limits of a place and scheme as they were looked up last.
#[derive(Default)]
struct Limits<'p, 'f> {
    of: Option<(Division, Scheme<'f>)>,
    floor: Series<'p>,
    ceiling: Series<'p>,
}

/// The conflicts of a family whose bases are outside the limits, and what the ones published late will add.
pub(crate) fn out_of_limits(
    workings: &mut Workings<'_>,
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    account: &FamilyAccount,
) -> Vec<Conflict> {
    if !workings
        .policy
        .rules()
        .rules()
        .iter()
        .any(|rule| matches!(rule.key, Key::BaseFloor | Key::BaseCeiling))
    {
        return Vec::new();
    }
    let mut limits = Limits::default();
    let differences = Differences::of(set, &of.range);
    let mut runs: Vec<MissedRun> = Vec::new();
    for line in account
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        for (record, base) in bases(set, of.family, line, &differences) {
            let Some(fields) = contribution(set, record) else {
                continue;
            };
            let Some((rule, limit)) = limits.missed(workings, fields, line.month, base) else {
                continue;
            };
            let late = rule
                .published
                .zip(fields.received)
                .is_some_and(|(published, received)| received < published);
            let code = if late {
                ConflictCode::C29
            } else {
                ConflictCode::C31
            };
            let miss = Miss {
                code,
                limit: workings.rule(rule),
            };
            let (difference, grounds) = if late {
                added(workings, fields, line.month, base, limit)
            } else {
                (Some(0), vec![])
            };
            let one = MissedRun {
                miss,
                first: line.month,
                last: line.month,
                records: vec![record],
                difference,
                grounds,
            };
            extend(&mut runs, one);
        }
    }
    runs.into_iter()
        .map(|run| run.conflict(workings, of.family))
        .collect()
}

/// The base of the one record that counts; of each, where several places hold a month, so that an open keeper hides no
/// base. Several employers at once, where that is lawful, each insure a part.
fn bases(
    set: &RecordSet<'_>,
    family: Family<'_>,
    line: &MonthLine,
    differences: &Differences,
) -> Vec<(RecordNumber, Fen)> {
    match (line.by.as_slice(), line.base.and_then(Fen::new)) {
        ([record], Some(base)) => vec![(*record, base)],
        ([_], None) => Vec::new(),
        _ if family.rule().duplicates == Duplicates::Parallel => Vec::new(),
        (records, _) => {
            let base = |number: &RecordNumber| {
                Some((*number, differences.base(set, *number, line.month)?))
            };
            records.iter().filter_map(base).collect()
        }
    }
}

/// Consecutive months whose bases miss one limit, and what it adds to them.
struct MissedRun {
    miss: Miss,
    first: Month,
    last: Month,
    records: Vec<RecordNumber>,
    /// Nothing where a rate is missing.
    difference: Option<i64>,
    grounds: Vec<Ground>,
}

/// Runs that a month is compared with: those of the places that hold one month.
const RUNS_COMPARED: usize = 8;

/// Adds a month to the run of its limit, or begins one with it. Months come in ascending order.
fn extend(runs: &mut Vec<MissedRun>, one: MissedRun) {
    let follows = |run: &MissedRun| run.last == one.first || run.last.next() == one.first;
    let goes_on = |run: &&mut MissedRun| run.miss == one.miss && follows(run);
    match runs.iter_mut().rev().take(RUNS_COMPARED).find(goes_on) {
        Some(run) => {
            run.last = one.last;
            run.records.extend(one.records);
            run.difference = run
                .difference
                .zip(one.difference)
                .and_then(|(sum, more)| sum.checked_add(more));
            run.grounds.extend(one.grounds);
        }
        None => runs.push(one),
    }
}

impl MissedRun {
    /// The conflict, with the figure of what a limit published late will add.
    fn conflict(self, workings: &mut Workings<'_>, family: Family<'_>) -> Conflict {
        let (first, last) = (self.first, self.last);
        if self.miss.code == ConflictCode::C29 {
            let draft = Draft::new(FigureName::ExpectedDifference)
                .of_family(&family.to_string())
                .span(first, last)
                .on(self.miss.limit)
                .all(self.grounds)
                .all(self.records.iter().map(|record| Ground::Record(*record)));
            let draft = if self.difference.is_none() {
                draft.lacks(MissingName::Rate)
            } else {
                draft
            };
            workings.fen(draft, self.difference.and_then(Fen::new));
        }
        Conflict {
            first: Some(first),
            last: Some(last),
            months: months_between(first, last),
            ..conflict(self.miss.code, Some(family), self.records)
        }
    }
}

fn contribution<'s, 'f>(
    set: &'s RecordSet<'f>,
    number: RecordNumber,
) -> Option<&'s Contribution<'f>> {
    set.numbered(number)?.money().map(|(_, fields)| fields)
}

impl<'p, 'f> Limits<'p, 'f> {
    /// The limit that a base misses.
    fn missed(
        &mut self,
        workings: &Workings<'p>,
        fields: &Contribution<'f>,
        month: Month,
        base: Fen,
    ) -> Option<(&'p Rule, Fen)> {
        let of = Some((fields.place, fields.scheme));
        if self.of != of {
            let scheme = fields.scheme.to_string();
            let series = |key| workings.policy.rules().series(key, &scheme, fields.place);
            *self = Self {
                of,
                floor: series(Key::BaseFloor),
                ceiling: series(Key::BaseCeiling),
            };
        }
        let limit =
            |series: &Series<'p>| series.at(month).and_then(|rule| Some((rule, yuan(rule)?)));
        let below = limit(&self.floor).filter(|(_, floor)| base < *floor);
        let above = limit(&self.ceiling).filter(|(_, ceiling)| base > *ceiling);
        below.or(above)
    }
}

const fn yuan(rule: &Rule) -> Option<Fen> {
    if let Value::Yuan(amount) = rule.value {
        Some(amount)
    } else {
        None
    }
}

/// What the limit adds to a month that was paid on another base (type 34), by who pays.
fn added(
    workings: &mut Workings<'_>,
    fields: &Contribution<'_>,
    month: Month,
    base: Fen,
    limit: Fen,
) -> (Option<i64>, Vec<Ground>) {
    let keys: &[Key] = match fields.payer.kind {
        PayerKind::Person => &[Key::FlexibleRate],
        // Of some schemes only one of the two bears a share (社会保险法 art. 33: work injury).
        _ if fields.due.person == Fen::ZERO && fields.due.unit != Fen::ZERO => &[Key::UnitRate],
        _ if fields.due.unit == Fen::ZERO && fields.due.person != Fen::ZERO => &[Key::PersonRate],
        _ => &[Key::UnitRate, Key::PersonRate],
    };
    let scheme = fields.scheme.to_string();
    let (mut sum, mut grounds) = (Some(0_i64), Vec::new());
    for key in keys {
        let found: Option<(Rate, Ground)> = {
            let rate = workings
                .policy
                .rules()
                .rate(*key, &scheme, fields.place, month);
            workings.use_rule(rate)
        };
        let one = found.and_then(|(rate, rule)| {
            grounds.push(rule);
            base_adjustment(base, limit, rate)
        });
        sum = sum
            .zip(one)
            .and_then(|(sum, one)| sum.checked_add(one.get()));
    }
    (sum, grounds)
}
