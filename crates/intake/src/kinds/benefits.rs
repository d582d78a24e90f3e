//! What is known of benefits: applied for, awarded, paid, stopped, claimed back.

use super::Common;
use crate::{
    cell_value,
    column::Column,
    fault::Fault,
    row_cells::{Cells, Sign},
    serials::Serials,
};
use yizhang_ledger::{entry::Kind, record::Benefit, value::Fen};

pub(crate) fn benefit<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Benefit<'r>> {
    let scheme = cells.scheme();
    let item = cells.required(Column::Item, cell_value::benefit_item);
    let from = cells.required(Column::From, cell_value::month);
    let until = cells.optional(Column::Until, cell_value::month);
    if let (Some(first), Some(Some(found))) = (from, until)
        && found < first
    {
        cells.fault(Column::Until, Fault::SpanReversed { first, found });
    }
    let amount = benefit_amount(cells);
    let on = cells.past_day(Column::Date);
    let place = cells.own_place(Column::Place);
    let target = cells.target(serials, common.source, common.account);
    let reason = cells.code(Column::Reason);
    Some(Benefit {
        account: common.account?,
        scheme: scheme?.0,
        item: item?,
        from: from?,
        until: until?,
        amount: amount?,
        on: on?,
        place: place?,
        target: target?,
        reason: reason?,
        source: common.source?,
    })
}

/// Money is moved, granted or claimed back by some kinds; the others may leave the amount empty.
fn benefit_amount(cells: &mut Cells<'_>) -> Option<Fen> {
    let kind = cells.kind;
    let names_money = matches!(
        kind,
        Kind::BENEFIT_AWARD | Kind::BENEFIT_PAID | Kind::OVERPAYMENT | Kind::RECOVERY
    );
    if names_money && cells.is_empty(Column::Amount) {
        cells.fault(Column::Amount, Fault::Missing { kind });
        return None;
    }
    cells.amount(Column::Amount, Sign::Positive)
}
