//! Months that break one rule in a row: one conflict and one figure for each such run.

use super::workings::{Draft, Workings};
use crate::{
    account::{Conflict, FigureName, Ground, RecordNumber},
    conflicts::{class::ConflictCode, finders::conflict},
    months::holders::months_between,
    policy::family::Family,
};
use yizhang_ledger::value::Month;

/// A month, or the months of one row, that a rule forbids or finds wrong.
pub(super) struct Breach {
    pub(super) first: Month,
    pub(super) last: Month,
    pub(super) records: Vec<RecordNumber>,
    /// The rule.
    pub(super) rule: Ground,
    /// What it adds up to over a run: months, or fen.
    pub(super) amount: i64,
}

/// The class and the figure of a kind of breach.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) code: ConflictCode,
    pub(super) figure: FigureName,
    /// Writes the figure's amount down.
    pub(super) write: fn(&mut Workings<'_>, Draft, i64),
}

/// The conflicts of breaches, each with its figure. Neighbouring months under one rule, breached the same way, are one.
pub(super) fn conflicts(
    workings: &mut Workings<'_>,
    family: Family<'_>,
    named: Named,
    mut breaches: Vec<Breach>,
) -> Vec<Conflict> {
    breaches.sort_by(|one, other| {
        (one.first, one.last, &one.records).cmp(&(other.first, other.last, &other.records))
    });
    let mut runs: Vec<Breach> = Vec::new();
    for breach in breaches {
        match runs.last_mut().filter(|run| goes_on(run, &breach)) {
            Some(run) => {
                run.last = run.last.max(breach.last);
                run.records.extend(breach.records);
                run.amount = run.amount.saturating_add(breach.amount);
            }
            None => runs.push(breach),
        }
    }
    runs.into_iter()
        .map(|run| written(workings, family, named, run))
        .collect()
}

fn goes_on(run: &Breach, next: &Breach) -> bool {
    let is_alike = run.rule == next.rule && (run.amount < 0) == (next.amount < 0);
    is_alike && next.first <= run.last.next()
}

fn written(workings: &mut Workings<'_>, family: Family<'_>, named: Named, run: Breach) -> Conflict {
    let found = conflict(named.code, Some(family), run.records);
    let draft = Draft::new(named.figure)
        .of_family(&family.to_string())
        .span(run.first, run.last)
        .on(run.rule)
        .all(found.records.iter().map(|record| Ground::Record(*record)));
    (named.write)(workings, draft, run.amount);
    Conflict {
        first: Some(run.first),
        last: Some(run.last),
        months: months_between(run.first, run.last),
        ..found
    }
}
