//! Subsidies of a worker's own contributions: asked for, awarded, paid.

use super::{
    Common,
    corrections::required_target,
    platforms::{needed_amount, period},
};
use crate::{
    cell_value,
    column::Column,
    row_cells::{Cells, Sign},
    serials::Serials,
};
use yizhang_ledger::{entry::Kind, record::Subsidy, value::Rate};

pub(crate) fn subsidy<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Subsidy<'r>> {
    cells.warn_of_person(Column::Programme);
    let programme = cells.required(Column::Programme, cell_value::code);
    let scheme = cells.scheme();
    let period = period(cells);
    let place = cells.own_place(Column::Place);
    let contribution = cells.amount(Column::Contribution, Sign::Positive);
    let share = cells.or(Column::Share, Rate::ZERO, cell_value::rate);
    let amount = needed_amount(cells, Column::Amount);
    let on = cells.past_day(Column::Date);
    let target = match cells.kind {
        // The award comes before the money.
        Kind::SUBSIDY_CREDIT => required_target(cells, serials, common).map(Some),
        _ => cells.target(serials, common.source, common.account),
    };
    let reason = cells.code(Column::Reason);
    Some(Subsidy {
        account: common.account?,
        programme: programme?,
        scheme: scheme?.0,
        period: period?,
        place: place?,
        contribution: contribution?,
        share: share?,
        amount: amount?,
        on: on?,
        target: target?,
        reason: reason?,
        source: common.source?,
    })
}
