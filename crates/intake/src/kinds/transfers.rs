//! Steps of transfers from place to place.

use super::Common;
use crate::{
    cell_value,
    column::Column,
    fault::Fault,
    found::Found,
    row_cells::{Cells, Sign},
    tables,
};
use yizhang_ledger::{
    entry::Kind,
    hash::{Hash, derive, from_hex},
    record::{CaseId, TransferSide, TransferStep, TransferSums},
    value::{Code, Month},
};

/// Context from which a case id is derived where agencies use a number of their own.
pub const CASE_CONTEXT: &str = "yizhang 2026-11-23 v1 transfer case";

/// Most months of a working life, with room: a hundred years.
const MONTHS_MAX: u16 = 1_200;

pub(crate) fn transfer<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<TransferStep<'r>> {
    cells.warn_of_person(Column::Case);
    let case = cells.required(Column::Case, case_id);
    let scheme = cells.moving_scheme();
    let source_side = side(cells, Column::OldPlace, Column::OldAgency);
    let target_side = side(cells, Column::NewPlace, Column::NewAgency);
    let on = cells.past_day(Column::Date);
    let span = span(cells);
    let sums = sums(cells);
    let account_type = cells.account_type();
    let document = cells.or(Column::Document, Hash::ZERO, cell_value::hash);
    let reason = reason_of_step(cells, document);
    if let (Some(source), Some(target)) = (source_side, target_side)
        && source == target
    {
        cells.fault(
            Column::NewPlace,
            Fault::SamePlace {
                found: target.place,
            },
        );
    }
    if let (Some(source), Some(target)) = (source_side, target_side) {
        cells.need_own_side(source.place, target.place);
    }
    let (first, last) = span?;
    Some(TransferStep {
        account: common.account?,
        case: case?,
        scheme: scheme?.0,
        source_side: source_side?,
        target_side: target_side?,
        on: on?,
        first,
        last,
        sums: sums?,
        account_type: account_type?,
        document: document?,
        reason: reason?,
        source: common.source?,
    })
}

/// The case id itself in hexadecimal digits, or derived from the number that both agencies use.
///
/// # Errors
/// [`Fault::CodeForm`] and [`Fault::LooksLikePerson`] for what is neither.
pub fn case_id(text: &str) -> Result<CaseId, Fault> {
    if let Some(id) = from_hex(&text.to_ascii_lowercase()) {
        return Ok(CaseId(id));
    }
    let number = cell_value::code(text)?;
    let hash = derive(CASE_CONTEXT, &[number.as_str().as_bytes()]);
    Ok(CaseId(hash.first()))
}

/// Why; for a closing or supplement with a document which kind of document it is, by code or word.
fn reason_of_step<'r>(cells: &mut Cells<'r>, document: Option<Hash>) -> Option<Code<'r>> {
    let text = cells.text(Column::Reason)?;
    let named = tables::code(tables::back_payment_documents(), text).and_then(Code::new);
    let lets_move = matches!(cells.kind, Kind::FREEZE | Kind::SUPPLEMENT);
    let is_documented =
        cells.kind == Kind::FREEZE && document.is_some_and(|document| document != Hash::ZERO);
    if named.is_some() && lets_move {
        return named;
    }
    let reason = cells.code(Column::Reason);
    if is_documented && reason.is_some() {
        cells.fault(
            Column::Reason,
            Fault::DocumentUnnamed {
                found: Found::new(text),
            },
        );
    }
    reason
}

fn side<'r>(cells: &mut Cells<'r>, place: Column, agency: Column) -> Option<TransferSide<'r>> {
    let place = cells.place(place);
    let agency = cells.code(agency);
    Some(TransferSide {
        place: place?,
        agency: agency?,
    })
}

fn span(cells: &mut Cells<'_>) -> Option<(Option<Month>, Option<Month>)> {
    let first = cells.optional(Column::FirstMonth, cell_value::month);
    let last = cells.optional(Column::LastMonth, cell_value::month);
    match (first?, last?) {
        (Some(first), Some(found)) if found < first => {
            cells.fault(Column::LastMonth, Fault::SpanReversed { first, found });
            None
        }
        (Some(_), None) => {
            cells.fault(Column::LastMonth, Fault::SpanOneEnd);
            None
        }
        (None, Some(_)) => {
            cells.fault(Column::FirstMonth, Fault::SpanOneEnd);
            None
        }
        both => Some(both),
    }
}

fn sums(cells: &mut Cells<'_>) -> Option<TransferSums> {
    let months = |text| cell_value::count(text, 0, MONTHS_MAX);
    let deemed_months = cells.or(Column::DeemedMonths, 0, months);
    let actual_months = cells.or(Column::ActualMonths, 0, months);
    let personal_account = cells.amount(Column::PersonalAccount, Sign::Any);
    let personal_account_unit = cells.amount(Column::PersonalAccountUnit, Sign::Any);
    let pool = cells.amount(Column::Pool, Sign::Any);
    if let (Some(whole), Some(found)) = (personal_account, personal_account_unit)
        && found.get().unsigned_abs() > whole.get().unsigned_abs()
    {
        cells.fault(
            Column::PersonalAccountUnit,
            Fault::UnitAboveWhole { whole, found },
        );
    }
    Some(TransferSums {
        deemed_months: deemed_months?,
        actual_months: actual_months?,
        personal_account: personal_account?,
        personal_account_unit: personal_account_unit?,
        pool: pool?,
    })
}
