//! Reversals, and the earlier record that a row is about.

use super::Frame;
use crate::{book::Book, cells::Cells, column::Column, fault::Fault};
use yizhang_ledger::{entry::RecordId, record::Reversal};

pub(crate) fn reversal<'r>(
    cells: &mut Cells<'r>,
    book: &Book<'_>,
    frame: Frame<'r>,
) -> Option<Reversal<'r>> {
    let target = required_target(cells, book, frame);
    let reason = cells.code(Column::Reason);
    Some(Reversal {
        account: frame.account?,
        target: target?,
        reason: reason?,
        source: frame.source?,
    })
}

/// The earlier record, of a kind that must name one.
pub(crate) fn required_target<'r>(
    cells: &mut Cells<'r>,
    book: &Book<'_>,
    frame: Frame<'r>,
) -> Option<RecordId> {
    if cells.is_empty(Column::Target) {
        let kind = cells.kind;
        cells.fault(Column::Target, Fault::Missing { kind });
        return None;
    }
    cells.target(book, frame.source, frame.account).flatten()
}
