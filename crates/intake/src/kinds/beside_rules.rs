//! A contribution held beside the rates that the rules say.

use super::contribution::{DUE_TOLERANCE_FEN, NORMAL};
use crate::{
    column::Column,
    fault::Fault,
    rates::{RateAsked, RateOf},
    row_cells::Cells,
};
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::Fen,
};

/// Compares an ordinary month with the rates that the rules say: what differs is taken, with a warning. Money paid later
/// for earlier months can be at the rate of either time.
pub(super) fn compare(cells: &mut Cells<'_>, read: &Contribution<'_>) {
    if read.nature != NORMAL || read.base == Fen::ZERO {
        return;
    }
    match read.payer.kind {
        PayerKind::Unit => {
            share(cells, read, RateOf::Unit);
            share(cells, read, RateOf::Person);
        }
        PayerKind::Person => share(cells, read, RateOf::Flexible),
        PayerKind::Government | PayerKind::Platform | PayerKind::Fund => {}
    }
    if read.full {
        share(cells, read, RateOf::Account);
    }
}

/// Compares one share with what the base of each month comes to at the rate of the rules.
fn share(cells: &mut Cells<'_>, read: &Contribution<'_>, of: RateOf) {
    let (column, found) = match of {
        RateOf::Unit => (Column::DueUnit, read.due.unit.get()),
        RateOf::Person | RateOf::Flexible => (Column::DuePerson, read.due.person.get()),
        RateOf::Account => {
            let both = read.credited.unit.get() + read.credited.person.get();
            (Column::CreditedPerson, both)
        }
    };
    let asked = RateAsked {
        of,
        scheme: read.scheme,
        place: read.place,
        month: read.period.first,
    };
    // A share that is not there stands in a row of its own; what the account gets is forgotten.
    if of != RateOf::Account && cells.is_empty(column) {
        return;
    }
    let Some(rate) = cells.rate_in_force(&asked) else {
        return;
    };
    let months = i64::from(read.period.months);
    let expected = rate.of_half_up(read.base).map(|fen| fen.get() * months);
    let (Some(expected), Some(found)) = (expected.and_then(Fen::new), Fen::new(found)) else {
        return;
    };
    if (expected.get() - found.get()).abs() <= DUE_TOLERANCE_FEN * months {
        return;
    }
    let fault = if of == RateOf::Account {
        Fault::CreditedDiffers {
            expected,
            rate,
            found,
        }
    } else {
        Fault::DueAtOtherRate {
            expected,
            rate,
            found,
        }
    };
    cells.fault(column, fault);
}
