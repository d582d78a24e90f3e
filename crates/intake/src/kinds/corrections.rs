//! Reversals, and the earlier record that a row is about.

use super::Common;
use crate::{column::Column, fault::Fault, row_cells::Cells, serials::Serials};
use yizhang_ledger::{entry::RecordId, record::Reversal};

pub(crate) fn reversal<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Reversal<'r>> {
    let target = required_target(cells, serials, common);
    let reason = cells.code(Column::Reason);
    Some(Reversal {
        account: common.account?,
        target: target?,
        reason: reason?,
        source: common.source?,
    })
}

/// The earlier record, of a kind that must name one.
pub(crate) fn required_target<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<RecordId> {
    if cells.is_empty(Column::Target) {
        let kind = cells.kind;
        cells.fault(Column::Target, Fault::Missing { kind });
        return None;
    }
    cells
        .target(serials, common.source, common.account)
        .flatten()
}
