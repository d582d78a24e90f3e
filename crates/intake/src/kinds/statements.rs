//! What agencies state about a worker: births, deaths, households, classes, deemed months; agreements, joined accounts and disputes.

use super::{Common, corrections::required_target};
use crate::{
    cell_value,
    column::Column,
    fault::Fault,
    found::Found,
    row_cells::{Cells, Sign},
    serials::Serials,
    tables,
};
use yizhang_ledger::{
    hash::Hash,
    person::SocialSecurityNumber,
    record::{
        Agreement, Birth, BirthEvidence, Bridge, DEEMED_MONTHS_MAX, Death, Deemed, Dispute,
        Household, RetireClass, RetireClassFact,
    },
    value::{Day, Month},
};

pub(crate) fn death<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Death<'r>> {
    let month = cells.required(Column::Month, cell_value::month);
    let on = decided(cells);
    happened(cells, Column::Month, month, on);
    not_before_birth(cells, Column::Month, month);
    let document = document(cells);
    Some(Death {
        account: common.account?,
        month: month?,
        on: on?,
        document: document?,
        source: common.source?,
    })
}

pub(crate) fn birth<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Birth<'r>> {
    let birth = cells.required(Column::Month, cell_value::month);
    let by = cells.or(
        Column::Ground,
        BirthEvidence::CitizenId,
        |text| match tables::code(tables::birth_grounds(), text) {
            Some("id") => Ok(BirthEvidence::CitizenId),
            Some("archive") => Ok(BirthEvidence::Archive),
            _ => Err(Fault::GroundUnknown {
                found: Found::new(text),
            }),
        },
    );
    if let (Some(birth), Some(BirthEvidence::CitizenId), Some(number)) = (birth, by, number(cells))
    {
        match month_of_id(&number) {
            Some(month) if month == birth => {}
            Some(_) => cells.fault(Column::Month, Fault::BirthDiffers),
            None => cells.fault(Column::Ground, Fault::BirthNotInId),
        }
    }
    let on = decided(cells);
    happened(cells, Column::Month, birth, on);
    let document = document(cells);
    Some(Birth {
        account: common.account?,
        birth: birth?,
        by: by?,
        on: on?,
        document: document?,
        source: common.source?,
    })
}

/// The number of the row; none where that cannot be read, which is a fault of its own.
fn number(cells: &mut Cells<'_>) -> Option<SocialSecurityNumber> {
    SocialSecurityNumber::parse(cells.text(Column::Person)?).ok()
}

/// The month of birth in a citizen id, one of 15 digits included (GB 11643); none in a coded number.
fn month_of_id(number: &SocialSecurityNumber) -> Option<Month> {
    let number = number.reveal();
    let is_citizen_id = number.starts_with(|first: char| first.is_ascii_digit());
    is_citizen_id
        .then(|| number.get(6..12).and_then(Month::parse))
        .flatten()
}

/// Notes a month that was still to come on the day of the statement.
fn happened(cells: &mut Cells<'_>, column: Column, month: Option<Month>, decided: Option<Day>) {
    if let (Some(found), Some(decided)) = (month, decided)
        && decided.in_month().is_some_and(|month| month < found)
    {
        cells.fault(column, Fault::AfterDecision { decided, found });
    }
}

/// Notes a month before the birth in the row's citizen id. The birth that counts may be an earlier one, by the archive.
fn not_before_birth(cells: &mut Cells<'_>, column: Column, month: Option<Month>) {
    let birth = number(cells).and_then(|number| month_of_id(&number));
    if let (Some(found), Some(birth)) = (month, birth)
        && found < birth
    {
        cells.fault(column, Fault::BeforeBirth { found });
    }
}

pub(crate) fn deemed<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Deemed<'r>> {
    let scheme = cells.moving_scheme();
    let span = span(cells);
    let place = cells.place_elsewhere(Column::Place);
    let on = decided(cells);
    happened(cells, Column::LastMonth, span.map(|(_, last)| last), on);
    not_before_birth(cells, Column::FirstMonth, span.map(|(first, _)| first));
    let document = document(cells);
    let reason = cells.code(Column::Reason);
    let (first, last) = span?;
    Some(Deemed {
        account: common.account?,
        scheme: scheme?.0,
        first,
        last,
        place: place?,
        on: on?,
        document: document?,
        reason: reason?,
        source: common.source?,
    })
}

pub(crate) fn household<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Household<'r>> {
    let place = cells.place(Column::Place);
    let from = cells.required(Column::From, cell_value::month);
    let on = decided(cells);
    happened(cells, Column::From, from, on);
    Some(Household {
        account: common.account?,
        place: place?,
        from: from?,
        on: on?,
        source: common.source?,
    })
}

pub(crate) fn class<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<RetireClassFact<'r>> {
    let class = cells.required(Column::Class, |text| {
        match tables::code(tables::classes(), text) {
            Some("M60") => Ok(RetireClass::M60),
            Some("F55") => Ok(RetireClass::F55),
            Some("F50") => Ok(RetireClass::F50),
            _ => Err(Fault::ClassUnknown {
                found: Found::new(text),
            }),
        }
    });
    let on = decided(cells);
    Some(RetireClassFact {
        account: common.account?,
        class: class?,
        on: on?,
        source: common.source?,
    })
}

pub(crate) fn agreement<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Agreement<'r>> {
    let scheme = cells.scheme();
    let span = span(cells);
    let keep = cells.place(Column::Place);
    let on = decided(cells);
    let document = document(cells);
    let (first, last) = span?;
    Some(Agreement {
        account: common.account?,
        scheme: scheme?.0,
        first,
        last,
        keep: keep?,
        on: on?,
        document: document?,
        source: common.source?,
    })
}

pub(crate) fn bridge<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<Bridge<'r>> {
    let scheme = cells.scheme();
    let into = cells.scheme_in(Column::Into);
    let place = cells.own_place(Column::Place);
    if cells.is_empty(Column::PersonalAccount) {
        let kind = cells.kind;
        cells.fault(Column::PersonalAccount, Fault::Missing { kind });
    }
    let personal_account = cells.amount(Column::PersonalAccount, Sign::Positive);
    if let (Some((scheme, _)), Some((into, _))) = (&scheme, &into)
        && scheme == into
    {
        cells.fault(Column::Into, Fault::SameScheme);
    }
    let on = decided(cells);
    let document = document(cells);
    Some(Bridge {
        account: common.account?,
        scheme: scheme?.0,
        into: into?.0,
        place: place?,
        on: on?,
        personal_account: personal_account?,
        document: document?,
        source: common.source?,
    })
}

pub(crate) fn dispute<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Dispute<'r>> {
    let region = cells.place(Column::Region);
    let target = required_target(cells, serials, common);
    let reason = cells.code(Column::Reason);
    let on = decided(cells);
    let document = document(cells);
    Some(Dispute {
        account: common.account?,
        region: region?,
        target: target?,
        reason: reason?,
        on: on?,
        document: document?,
        source: common.source?,
    })
}

fn decided(cells: &mut Cells<'_>) -> Option<Day> {
    cells.past_day(Column::Decided)
}

pub(super) fn document(cells: &mut Cells<'_>) -> Option<Hash> {
    cells.or(Column::Document, Hash::ZERO, cell_value::hash)
}

/// Both ends, in order, and no longer than a record takes.
fn span(cells: &mut Cells<'_>) -> Option<(Month, Month)> {
    let first = cells.required(Column::FirstMonth, cell_value::month);
    let last = cells.required(Column::LastMonth, cell_value::month);
    let (first, found) = (first?, last?);
    if found < first {
        cells.fault(Column::LastMonth, Fault::SpanReversed { first, found });
        return None;
    }
    let months = found.number() - first.number() + 1;
    if months > DEEMED_MONTHS_MAX {
        let found = Found::new(&months.to_string());
        cells.fault(
            Column::LastMonth,
            Fault::CountForm {
                least: 1,
                most: DEEMED_MONTHS_MAX.into(),
                found,
            },
        );
        return None;
    }
    Some((first, found))
}
