//! Warnings that an agency takes up, and how they end.

use super::{Common, corrections::required_target, injuries::injury_id, platforms::months};
use crate::{
    case_id, cell_value, column::Column, fault::Fault, row_cells::Cells, serials::Serials, tables,
};
use yizhang_ledger::{
    record::{CaseId, Ending, Subject, Warning, WarningClosed},
    value::{Code, Day},
    warning,
};

const ENDINGS: &[(&str, Ending)] = &[("met", Ending::Met), ("dismissed", Ending::Dismissed)];

/// The number of a warning is not typed: it is that of its rule, subject, place and first month.
pub(crate) fn warning<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Warning<'r>> {
    cells.warn_of_person(Column::Rule);
    let rule = cells.required(Column::Rule, cell_value::code);
    let subject = subject(cells, common);
    let place = cells.own_place(Column::Place);
    let span = months(cells);
    let figure = |text| cell_value::number(text, u64::MAX);
    let found = cells.required(Column::Found, figure);
    let wanted = cells.required(Column::Wanted, figure);
    let basis = cells.or(Column::Basis, warning::basis(&[]), cell_value::hash);
    let on = cells.past_day(Column::Date);
    let act_by = cells.required(Column::ActBy, cell_value::day);
    not_early(cells, on, act_by);
    let (rule, subject, place, (first, last)) = (rule?, subject?, place?, span?);
    Some(Warning {
        id: warning::id(rule, &subject, place, first),
        rule,
        subject,
        place,
        first,
        last,
        found: found?,
        wanted: wanted?,
        basis: basis?,
        on: on?,
        act_by: act_by?,
        source: common.source?,
    })
}

/// A worker, a party, a case: at least one of them.
fn subject<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Subject<'r>> {
    cells.warn_of_person(Column::Party);
    let party = cells.or(Column::Party, Code::NONE, cell_value::unit);
    let case = case(cells);
    let names_worker = !cells.is_empty(Column::Person);
    let (party, case) = (party?, case?);
    if !names_worker && party.is_none() && case.is_none() {
        let kind = cells.kind;
        cells.fault(Column::Party, Fault::Missing { kind });
        return None;
    }
    if names_worker && common.account.is_none() {
        return None;
    }
    Some(Subject {
        worker: common.account,
        party,
        case,
    })
}

/// The case of a transfer or of an injury.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether the cells are sound, the inner whether one is filled"
)]
fn case(cells: &mut Cells<'_>) -> Option<Option<CaseId>> {
    for column in [Column::Case, Column::Injury] {
        cells.warn_of_person(column);
    }
    let transfer = cells.optional(Column::Case, case_id)?;
    let injury = cells.optional(Column::Injury, injury_id)?;
    if transfer.is_some() && injury.is_some() {
        cells.fault(Column::Injury, Fault::CaseTwice);
        return None;
    }
    Some(transfer.or(injury))
}

fn not_early(cells: &mut Cells<'_>, on: Option<Day>, act_by: Option<Day>) {
    if let (Some(on), Some(found)) = (on, act_by)
        && found < on
    {
        cells.fault(Column::ActBy, Fault::ActByEarly { on, found });
    }
}

pub(crate) fn closed<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<WarningClosed<'r>> {
    let id = cells.required(Column::Warning, cell_value::hash);
    let target = required_target(cells, serials, common);
    let ending = cells.word(Column::Ending, tables::endings(), ENDINGS);
    if ending == Some(Ending::Dismissed) && cells.is_empty(Column::Reason) {
        let kind = cells.kind;
        cells.fault(Column::Reason, Fault::Missing { kind });
    }
    let reason = cells.code(Column::Reason);
    let on = cells.past_day(Column::Date);
    Some(WarningClosed {
        id: id?,
        target: target?,
        ending: ending?,
        reason: reason?,
        on: on?,
        source: common.source?,
    })
}
