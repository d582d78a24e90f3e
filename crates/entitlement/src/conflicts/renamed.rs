//! Conflicts of names: divisions and employers that are others now.

use crate::{
    account::{Conflict, MonthLine, MonthStatus},
    conflicts::{class::ConflictCode, finders::of_run},
    months::holders::{Run, extend, holders},
    policy::{Policy, Successors, family::Family},
    records::set::{AsOf, RecordSet},
};
use yizhang_ledger::{record::PayerKind, value::Division};

/// Months paid in a division that is another one now (C27): the records keep their code, places are counted under the
/// new one.
pub(crate) fn renamed_places(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let mut runs: Vec<Run<Vec<Division>>> = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        let places: Vec<Division> = holders(set, &line.by)
            .into_iter()
            .map(|holder| holder.place)
            .filter(|place| successors.rule(*place).is_some())
            .collect();
        if !places.is_empty() {
            extend(&mut runs, line.month, places, &line.by);
        }
    }
    runs.into_iter()
        .map(|run| of_run(ConflictCode::C27, family, run))
        .collect()
}

/// Months paid by an employer that is another one now (C28): a link, without effect on a worker's months.
pub(crate) fn renamed_employers(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    policy: &Policy,
    as_of: AsOf,
) -> Vec<Conflict> {
    if !policy.knows_employers() {
        return Vec::new();
    }
    let mut runs: Vec<Run<Vec<&str>>> = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        let payers: Vec<&str> = holders(set, &line.by)
            .into_iter()
            .map(|holder| holder.payer)
            .filter(|payer| payer.kind != PayerKind::Person)
            .map(|payer| payer.id.as_str())
            .filter(|payer| policy.employer_successor(payer, as_of.month).is_some())
            .collect();
        if !payers.is_empty() {
            extend(&mut runs, line.month, payers, &line.by);
        }
    }
    runs.into_iter()
        .map(|run| of_run(ConflictCode::C28, family, run))
        .collect()
}
