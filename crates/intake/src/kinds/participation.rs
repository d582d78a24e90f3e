//! Participation: enrolled, suspended, resumed, ended.

use super::Common;
use crate::{cell_value, column::Column, row_cells::Cells};
use yizhang_ledger::record::Participation;

pub(crate) fn participation<'r>(
    cells: &mut Cells<'r>,
    common: Common<'r>,
) -> Option<Participation<'r>> {
    let scheme = cells.scheme();
    let from = cells.required(Column::From, cell_value::month);
    let place = cells.own_place(Column::Place);
    let payer = cells.payer();
    let reason = cells.reason_of_change();
    let account_type = cells.account_type();
    Some(Participation {
        account: common.account?,
        scheme: scheme?.0,
        from: from?,
        place: place?,
        payer: payer?,
        reason: reason?,
        account_type: account_type?,
        source: common.source?,
    })
}
