//! Every record that is no contribution: reversals, interest, participation, transfers, benefits, identity.

use crate::{
    book::Book,
    cell,
    cells::{Cells, Sign},
    column::Column,
    fault::Fault,
    found::Found,
    tables,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::{Hash, derive, from_hex},
    person::AccountId,
    record::{
        Benefit, CaseId, Identity, InterestCredit, Participation, Reversal, Shares, Source,
        TransferSide, TransferStep, TransferSums,
    },
    value::{Code, Fen, Month},
};

/// Context from which a case id is derived where agencies use a number of their own.
pub const CASE_CONTEXT: &str = "yizhang 2026-11-23 v1 transfer case";

/// Most months of a working life, with room: a hundred years.
const MONTHS_MAX: u16 = 1_200;

/// What every row has.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'r> {
    pub(crate) account: Option<AccountId>,
    pub(crate) source: Option<Source<'r>>,
}

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

pub(crate) fn interest<'r>(cells: &mut Cells<'r>, frame: Frame<'r>) -> Option<InterestCredit<'r>> {
    let scheme = cells.scheme();
    let year = cells.required(Column::Year, cell::year);
    let rate = cells.required(Column::InterestRate, cell::rate);
    if cells.is_empty(Column::InterestUnit) && cells.is_empty(Column::InterestPerson) {
        let kind = cells.kind;
        cells.fault(Column::InterestPerson, Fault::Missing { kind });
    }
    let unit = cells.amount(Column::InterestUnit, Sign::Positive);
    let person = cells.amount(Column::InterestPerson, Sign::Positive);
    let posted = cells.past_day(Column::Posted);
    Some(InterestCredit {
        account: frame.account?,
        scheme: scheme?.0,
        year: year?,
        rate: rate?,
        amount: Shares {
            unit: unit?,
            person: person?,
        },
        posted: posted?,
        source: frame.source?,
    })
}

pub(crate) fn participation<'r>(
    cells: &mut Cells<'r>,
    frame: Frame<'r>,
) -> Option<Participation<'r>> {
    let scheme = cells.scheme();
    let from = cells.required(Column::From, cell::month);
    let place = cells.own_place(Column::Place);
    let payer = cells.payer();
    let reason = cells.reason_of_change();
    let account_type = cells.account_type();
    Some(Participation {
        account: frame.account?,
        scheme: scheme?.0,
        from: from?,
        place: place?,
        payer: payer?,
        reason: reason?,
        account_type: account_type?,
        source: frame.source?,
    })
}

pub(crate) fn transfer<'r>(cells: &mut Cells<'r>, frame: Frame<'r>) -> Option<TransferStep<'r>> {
    cells.warn_of_person(Column::Case);
    let case = cells.required(Column::Case, case_id);
    let scheme = cells.moving_scheme();
    let source_side = side(cells, Column::OldPlace, Column::OldAgency);
    let target_side = side(cells, Column::NewPlace, Column::NewAgency);
    let on = cells.past_day(Column::Date);
    let span = span(cells);
    let sums = sums(cells);
    let account_type = cells.account_type();
    let document = cells.or(Column::Document, Hash::ZERO, cell::hash);
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
    let (first, last) = span?;
    Some(TransferStep {
        account: frame.account?,
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
        source: frame.source?,
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
    let number = cell::code(text)?;
    let Hash([id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]) =
        derive(CASE_CONTEXT, &[number.as_str().as_bytes()]);
    Ok(CaseId(id))
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
    let first = cells.optional(Column::FirstMonth, cell::month);
    let last = cells.optional(Column::LastMonth, cell::month);
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
    let months = |text| cell::count(text, 0, MONTHS_MAX);
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

pub(crate) fn benefit<'r>(
    cells: &mut Cells<'r>,
    book: &Book<'_>,
    frame: Frame<'r>,
) -> Option<Benefit<'r>> {
    let scheme = cells.scheme();
    let item = cells.required(Column::Item, cell::benefit_item);
    let from = cells.required(Column::From, cell::month);
    let until = cells.optional(Column::Until, cell::month);
    if let (Some(first), Some(Some(found))) = (from, until)
        && found < first
    {
        cells.fault(Column::Until, Fault::SpanReversed { first, found });
    }
    let amount = benefit_amount(cells);
    let on = cells.past_day(Column::Date);
    let place = cells.own_place(Column::Place);
    let target = cells.target(book, frame.source, frame.account);
    let reason = cells.code(Column::Reason);
    Some(Benefit {
        account: frame.account?,
        scheme: scheme?.0,
        item: item?,
        from: from?,
        until: until?,
        amount: amount?,
        on: on?,
        place: place?,
        target: target?,
        reason: reason?,
        source: frame.source?,
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

pub(crate) fn identity<'r>(
    cells: &mut Cells<'r>,
    book: &Book<'_>,
    frame: Frame<'r>,
) -> Option<Identity<'r>> {
    let other = cells.person(Column::OtherPerson);
    if let (Some(account), Some(other)) = (frame.account, other)
        && account == other
    {
        cells.fault(Column::OtherPerson, Fault::SamePerson);
    }
    let target = match cells.kind {
        Kind::IDENTITY_SPLIT => required_target(cells, book, frame).map(Some),
        kind => {
            if !cells.is_empty(Column::Target) {
                let found = crate::Found::new(cells.text(Column::Target)?);
                cells.fault(Column::Target, Fault::NotOfKind { kind, found });
            }
            Some(None)
        }
    };
    let reason = cells.code(Column::Reason);
    let evidence = cells.or(Column::Evidence, Hash::ZERO, cell::hash);
    let on = cells.past_day(Column::Date);
    Some(Identity {
        account: frame.account?,
        other: other?,
        target: target?,
        reason: reason?,
        evidence: evidence?,
        on: on?,
        source: frame.source?,
    })
}
