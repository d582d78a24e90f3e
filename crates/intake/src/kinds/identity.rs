//! Two numbers of one person: linked, and split again.

use super::{Common, corrections::required_target};
use crate::{
    cell_value, column::Column, fault::Fault, found::Found, row_cells::Cells, serials::Serials,
};
use yizhang_ledger::{entry::Kind, hash::Hash, record::Identity};

pub(crate) fn identity<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Identity<'r>> {
    let other = cells.person(Column::OtherPerson);
    if let (Some(account), Some(other)) = (common.account, other)
        && account == other
    {
        cells.fault(Column::OtherPerson, Fault::SamePerson);
    }
    let target = match cells.kind {
        Kind::IDENTITY_SPLIT => required_target(cells, serials, common).map(Some),
        kind => {
            if !cells.is_empty(Column::Target) {
                let found = Found::new(cells.text(Column::Target)?);
                cells.fault(Column::Target, Fault::NotOfKind { kind, found });
            }
            Some(None)
        }
    };
    let reason = cells.code(Column::Reason);
    let evidence = cells.or(Column::Evidence, Hash::ZERO, cell_value::hash);
    let on = cells.past_day(Column::Date);
    Some(Identity {
        account: common.account?,
        other: other?,
        target: target?,
        reason: reason?,
        evidence: evidence?,
        on: on?,
        source: common.source?,
    })
}
