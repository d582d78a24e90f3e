//! Interest that the personal account is credited.

use super::Common;
use crate::{
    cell_value,
    column::Column,
    fault::Fault,
    row_cells::{Cells, Sign},
};
use yizhang_ledger::record::{InterestCredit, Shares};

pub(crate) fn interest<'r>(
    cells: &mut Cells<'r>,
    common: Common<'r>,
) -> Option<InterestCredit<'r>> {
    let scheme = cells.scheme();
    let year = cells.required(Column::Year, cell_value::year);
    let rate = cells.required(Column::InterestRate, cell_value::rate);
    if cells.is_empty(Column::InterestUnit) && cells.is_empty(Column::InterestPerson) {
        let kind = cells.kind;
        cells.fault(Column::InterestPerson, Fault::Missing { kind });
    }
    let unit = cells.amount(Column::InterestUnit, Sign::Positive);
    let person = cells.amount(Column::InterestPerson, Sign::Positive);
    let posted = cells.past_day(Column::Posted);
    Some(InterestCredit {
        account: common.account?,
        scheme: scheme?.0,
        year: year?,
        rate: rate?,
        amount: Shares {
            unit: unit?,
            person: person?,
        },
        posted: posted?,
        source: common.source?,
    })
}
