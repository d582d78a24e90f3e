//! Bases outside the limits of their month (C31), and limits that were published after the money came (C29).

use super::sheet::{Draft, Sheet};
use crate::{
    account::{Conflict, FamilyAccount, FigureName, Ground, MissingName, MonthStatus, RecordNumber},
    conflict::ConflictCode,
    family::Family,
    findings::conflict,
    formulas::dues::base_adjustment,
    holders::{Run, extend},
    set::RecordSet,
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
    sheet: &mut Sheet<'_>,
    set: &RecordSet<'_>,
    family: Family<'_>,
    account: &FamilyAccount,
) -> Vec<Conflict> {
    if !sheet.policy.rules().rules().iter().any(|rule| matches!(rule.key, Key::BaseFloor | Key::BaseCeiling)) {
        return Vec::new();
    }
    let mut limits = Limits::default();
    let mut runs: Vec<Run<Miss>> = Vec::new();
    let mut differences: Vec<(Miss, Option<i64>, Vec<Ground>)> = Vec::new();
    for line in account.months.iter().filter(|line| line.status == MonthStatus::Counted) {
        let (Some(base), [record]) = (line.base.and_then(Fen::new), line.by.as_slice()) else { continue };
        let Some(fields) = contribution(set, *record) else { continue };
        let Some((rule, limit)) = limits.missed(sheet, fields, line.month, base) else { continue };
        let late = rule.published.zip(fields.received).is_some_and(|(published, received)| received < published);
        let code = if late { ConflictCode::C29 } else { ConflictCode::C31 };
        let miss = Miss { code, limit: sheet.rule(rule) };
        let count = runs.len();
        extend(&mut runs, line.month, miss.clone(), &[*record]);
        let (difference, grounds) =
            if late { added(sheet, fields, line.month, base, limit) } else { (Some(0), vec![]) };
        match differences.last_mut().filter(|_| runs.len() == count) {
            Some((_, sum, all)) => {
                *sum = sum.zip(difference).and_then(|(sum, more)| sum.checked_add(more));
                all.extend(grounds);
            }
            None => differences.push((miss, difference, grounds)),
        }
    }
    let mut found = Vec::new();
    for (run, (miss, sum, grounds)) in runs.into_iter().zip(differences) {
        if miss.code == ConflictCode::C29 {
            let draft = Draft::new(FigureName::ExpectedDifference)
                .of_family(&account.family)
                .span(run.first, run.last)
                .on(miss.limit)
                .all(grounds)
                .all(run.records.iter().map(|record| Ground::Record(*record)));
            let draft = if sum.is_none() { draft.lacks(MissingName::Rate) } else { draft };
            sheet.fen(draft, sum.and_then(Fen::new));
        }
        found.push(Conflict {
            first: Some(run.first),
            last: Some(run.last),
            months: run.months(),
            ..conflict(miss.code, Some(family), run.records)
        });
    }
    found
}

fn contribution<'s, 'f>(set: &'s RecordSet<'f>, number: RecordNumber) -> Option<&'s Contribution<'f>> {
    set.get(usize::try_from(number.0).ok()?)?.money().map(|(_, fields)| fields)
}

impl<'p, 'f> Limits<'p, 'f> {
    /// The limit that a base misses.
    fn missed(
        &mut self,
        sheet: &Sheet<'p>,
        fields: &Contribution<'f>,
        month: Month,
        base: Fen,
    ) -> Option<(&'p Rule, Fen)> {
        let of = Some((fields.place, fields.scheme));
        if self.of != of {
            let scheme = fields.scheme.to_string();
            let series = |key| sheet.policy.rules().series(key, &scheme, fields.place);
            *self = Self { of, floor: series(Key::BaseFloor), ceiling: series(Key::BaseCeiling) };
        }
        let limit = |series: &Series<'p>| series.at(month).and_then(|rule| Some((rule, yuan(rule)?)));
        let below = limit(&self.floor).filter(|(_, floor)| base < *floor);
        let above = limit(&self.ceiling).filter(|(_, ceiling)| base > *ceiling);
        below.or(above)
    }
}

const fn yuan(rule: &Rule) -> Option<Fen> {
    if let Value::Yuan(amount) = rule.value { Some(amount) } else { None }
}

/// What the limit adds to a month that was paid on another base (type 34), by who pays.
fn added(
    sheet: &mut Sheet<'_>,
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
            let rate = sheet.policy.rules().rate(*key, &scheme, fields.place, month);
            sheet.use_rule(rate)
        };
        let one = found.and_then(|(rate, rule)| {
            grounds.push(rule);
            base_adjustment(base, limit, rate)
        });
        sum = sum.zip(one).and_then(|(sum, one)| sum.checked_add(one.get()));
    }
    (sum, grounds)
}
