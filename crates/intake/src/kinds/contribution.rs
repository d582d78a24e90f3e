//! Contributions: due, received, adjusted, refunded (domain rules 2.1).

#![allow(
    clippy::option_option,
    reason = "the outer one says whether the cell is sound, the inner whether it is filled"
)]

use super::beside_rules;
use crate::{
    cell_value,
    column::Column,
    fault::{Fault, Share},
    found::Found,
    row_cells::{Cells, Sign},
    serials::Serials,
    tables::{self, BaseRule},
};
use yizhang_ledger::{
    entry::Kind,
    person::AccountId,
    record::{Contribution, Period, ShareRates, Shares, Source, Subsidies},
    value::{Day, Fen, Month, Rate},
};

/// Difference between base times rate and the amount due that is taken as rounding, in fen.
pub(super) const DUE_TOLERANCE_FEN: i64 = 1;
/// A base of one month above this is taken for an amount in fen: 100,000 yuan, some three times the highest ceiling.
const BASE_USUAL_MAX_FEN: i64 = 100_000 * 100;
/// Most months of a row.
const MONTHS_MAX: u16 = 12;
/// Months that a payment may be ahead without a word: a year.
const MONTHS_AHEAD_MAX: i32 = 12;
/// Arrears and differences: settled in or after the month that they are for.
const LATER_NATURES: std::ops::RangeInclusive<u16> = 31..=35;
/// Difference of the base.
const BASE_DIFFERENCE: u16 = 34;
/// The status of money that is in the treasury 已入库.
const IN_TREASURY: &str = "04";
pub(super) const NORMAL: u16 = 10;
const REFUND: u16 = 20;

/// The amounts of a row.
struct Money {
    due: Shares,
    paid: Shares,
    credited: Shares,
    full: bool,
    late_fee: Fen,
    subsidies: Subsidies,
}

/// Reads a contribution.
pub(crate) fn read<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    account: Option<AccountId>,
    source: Option<Source<'r>>,
) -> Option<Contribution<'r>> {
    let scheme = cells.scheme();
    let period = period(cells);
    warn_of_month_ahead(cells, period);
    let acts_on_another = matches!(cells.kind, Kind::REFUND | Kind::ADJUST_DELTA);
    let place = if acts_on_another && !cells.is_empty(Column::Target) {
        cells.place_elsewhere(Column::Place)
    } else {
        cells.own_place(Column::Place)
    };
    let payer = cells.payer();
    let nature = nature(cells);
    let received = received(cells);
    let settlement = settlement(cells, period, received, nature);
    let rates = rates(cells);
    let base = base(cells, scheme.map(|(_, rule)| rule), nature);
    in_treasury(cells);
    let money = money(cells);
    if let (Some(rates), Some(base), Some(period), Some(money)) = (rates, base, period, &money) {
        check_due(cells, rates, base, period, money.due);
    }
    let account_type = cells.account_type();
    let target = target(cells, serials, account, source);
    let (money, (scheme, _)) = (money?, scheme?);
    let read = Contribution {
        account: account?,
        scheme,
        period: period?,
        settlement: settlement?,
        received: received?,
        place: place?,
        payer: payer?,
        nature: nature?,
        base: base?,
        rates: rates?,
        due: money.due,
        paid: money.paid,
        credited: money.credited,
        full: money.full,
        late_fee: money.late_fee,
        subsidies: money.subsidies,
        account_type: account_type?,
        target: target?,
        source: source?,
    };
    beside_rules::compare(cells, &read);
    Some(read)
}

fn target<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    account: Option<AccountId>,
    source: Option<Source<'r>>,
) -> Option<Option<yizhang_ledger::entry::RecordId>> {
    match cells.kind {
        Kind::DUE => return Some(None),
        kind @ Kind::REFUND if cells.is_empty(Column::Target) => {
            cells.fault(Column::Target, Fault::Missing { kind });
            return None;
        }
        _ => {}
    }
    cells.target(serials, source, account)
}

fn period(cells: &mut Cells<'_>) -> Option<Period> {
    let by_year = !cells.is_empty(Column::Year);
    if by_year && !cells.is_empty(Column::Period) {
        cells.fault(Column::Year, Fault::PeriodTwice);
        return None;
    }
    let first = if by_year {
        cells
            .required(Column::Year, cell_value::year)
            .and_then(|year| Month::of(year, 1))
    } else {
        cells.required(Column::Period, cell_value::month)
    };
    let months = if cells.is_empty(Column::PeriodEnd) {
        cells.or(Column::Months, if by_year { 12 } else { 1 }, |text| {
            cell_value::count(text, 1, MONTHS_MAX)
        })
    } else {
        months_until(cells, first)
    };
    Some(Period {
        first: first?,
        months: u8::try_from(months?).ok()?,
    })
}

/// Months from the first one to the last one that the row names.
fn months_until(cells: &mut Cells<'_>, first: Option<Month>) -> Option<u16> {
    if !cells.is_empty(Column::Year) || !cells.is_empty(Column::Months) {
        cells.fault(Column::PeriodEnd, Fault::EndTwice);
        return None;
    }
    let last = cells.required(Column::PeriodEnd, cell_value::month)?;
    let first = first?;
    let months = last.since(first) + 1;
    if months < 1 {
        let fault = Fault::SpanReversed { first, found: last };
        cells.fault(Column::PeriodEnd, fault);
        return None;
    }
    let count = u16::try_from(months)
        .ok()
        .filter(|count| *count <= MONTHS_MAX);
    if count.is_none() {
        let fault = Fault::SpanLong {
            limit: MONTHS_MAX,
            found: months,
        };
        cells.fault(Column::PeriodEnd, fault);
    }
    count
}

fn warn_of_month_ahead(cells: &mut Cells<'_>, period: Option<Period>) {
    let column = if cells.is_empty(Column::Year) {
        Column::Period
    } else {
        Column::Year
    };
    if let (Some(period), Some(today)) = (period, cells.today())
        && today
            .in_month()
            .is_some_and(|month| period.first.since(month) > MONTHS_AHEAD_MAX)
    {
        let found = period.first;
        cells.fault(column, Fault::MonthAhead { today, found });
    }
}

fn received(cells: &mut Cells<'_>) -> Option<Option<Day>> {
    match cells.kind {
        Kind::DUE => Some(None),
        _ => cells.past_day(Column::Received).map(Some),
    }
}

fn settlement(
    cells: &mut Cells<'_>,
    period: Option<Period>,
    received: Option<Option<Day>>,
    nature: Option<u16>,
) -> Option<Month> {
    let given = cells.optional(Column::Settlement, cell_value::month);
    let (period, received) = (period?, received?);
    let found = match given? {
        Some(month) => month,
        None => received.and_then(Day::in_month).unwrap_or(period.first),
    };
    if LATER_NATURES.contains(&nature?) && found < period.first {
        cells.fault(
            Column::Settlement,
            Fault::SettledBeforePeriod {
                period: period.first,
                found,
            },
        );
        return None;
    }
    Some(found)
}

/// The type (AAA115): one that rows of this kind may have.
fn nature(cells: &mut Cells<'_>) -> Option<u16> {
    let kind = cells.kind;
    let read = |text: &str| {
        let unknown = || Fault::NatureUnknown {
            found: Found::new(text),
        };
        let row = tables::natures()
            .iter()
            .find(|row| {
                row.name == text
                    || cell_value::count(text, 1, u16::MAX).is_ok_and(|code| code == row.code)
            })
            .ok_or_else(unknown)?;
        if row.kinds.contains(&kind) {
            Ok(row.code)
        } else {
            Err(not_of_kind(kind, row.code))
        }
    };
    match kind {
        Kind::ADJUST_DELTA => cells.required(Column::Nature, read),
        Kind::REFUND => cells.or(Column::Nature, REFUND, read),
        _ => cells.or(Column::Nature, NORMAL, read),
    }
}

fn not_of_kind(kind: Kind, found: u16) -> Fault {
    let may = tables::natures()
        .iter()
        .filter(|row| row.kinds.contains(&kind));
    let expected = may
        .map(|row| row.code.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    Fault::NatureNotOfKind {
        kind,
        expected,
        found,
    }
}

fn rates(cells: &mut Cells<'_>) -> Option<ShareRates> {
    let unit = cells.or(Column::UnitRate, Rate::ZERO, cell_value::rate);
    let person = cells.or(Column::PersonRate, Rate::ZERO, cell_value::rate);
    Some(ShareRates {
        unit: unit?,
        person: person?,
    })
}

fn sign(kind: Kind) -> Sign {
    match kind {
        Kind::REFUND => Sign::Negative,
        Kind::ADJUST_DELTA => Sign::Any,
        _ => Sign::Positive,
    }
}

/// A month without income is the absence of a row, never a row with base 0.
fn base(cells: &mut Cells<'_>, rule: Option<BaseRule>, nature: Option<u16>) -> Option<Fen> {
    let kind = cells.kind;
    let base = cells.amount(Column::Base, sign(kind))?;
    let given = !cells.is_empty(Column::Base);
    let whole = matches!(kind, Kind::DUE | Kind::RECEIVED);
    if given && whole && base <= Fen::ZERO {
        cells.fault(Column::Base, Fault::BaseNotPositive { found: base });
        return None;
    }
    if base.get().saturating_abs() > BASE_USUAL_MAX_FEN {
        cells.fault(Column::Base, Fault::BaseImprobable { found: base });
    }
    let needed = whole && rule? == BaseRule::Required
        || kind == Kind::ADJUST_DELTA && nature? == BASE_DIFFERENCE;
    if needed && !given {
        cells.fault(Column::Base, Fault::Missing { kind });
        return None;
    }
    Some(base)
}

fn money(cells: &mut Cells<'_>) -> Option<Money> {
    let kind = cells.kind;
    let due = shares(cells, [Column::DueUnit, Column::DuePerson]);
    if kind == Kind::DUE {
        let nothing = (Shares::default(), Fen::ZERO, Subsidies::default());
        let (paid, late_fee, subsidies) = nothing;
        require_one(cells, [Column::DueUnit, Column::DuePerson])?;
        return Some(Money {
            due: due?,
            paid,
            credited: paid,
            full: false,
            late_fee,
            subsidies,
        });
    }
    let paid = shares(cells, [Column::PaidUnit, Column::PaidPerson]);
    let credited = shares(cells, [Column::CreditedUnit, Column::CreditedPerson]);
    let late_fee = cells.amount(Column::LateFee, sign(kind));
    let subsidies = subsidies(cells);
    let due_given = if kind == Kind::REFUND {
        Some(())
    } else {
        require_one(cells, [Column::DueUnit, Column::DuePerson])
    };
    let paid_given = require_one(cells, [Column::PaidUnit, Column::PaidPerson]);
    let mut due = due?;
    let (paid, credited) = (paid?, credited?);
    paid_given.and(due_given)?;
    if kind == Kind::REFUND && cells.is_empty(Column::DueUnit) && cells.is_empty(Column::DuePerson)
    {
        due = paid;
    }
    check_shares(cells, due, paid, credited)?;
    let full = full(cells, due, paid);
    Some(Money {
        due,
        paid,
        credited,
        full: full?,
        late_fee: late_fee?,
        subsidies: subsidies?,
    })
}

fn shares(cells: &mut Cells<'_>, [unit, person]: [Column; 2]) -> Option<Shares> {
    let sign = sign(cells.kind);
    let unit = cells.amount(unit, sign);
    let person = cells.amount(person, sign);
    Some(Shares {
        unit: unit?,
        person: person?,
    })
}

fn subsidies(cells: &mut Cells<'_>) -> Option<Subsidies> {
    let sign = sign(cells.kind);
    let central = cells.amount(Column::SubsidyCentral, sign);
    let province = cells.amount(Column::SubsidyProvince, sign);
    let city = cells.amount(Column::SubsidyCity, sign);
    let county = cells.amount(Column::SubsidyCounty, sign);
    Some(Subsidies {
        central: central?,
        province: province?,
        city: city?,
        county: county?,
    })
}

/// At least one of two cells is filled; an empty one then stands for nothing.
fn require_one(cells: &mut Cells<'_>, [unit, person]: [Column; 2]) -> Option<()> {
    if !cells.is_empty(unit) || !cells.is_empty(person) {
        return Some(());
    }
    let kind = cells.kind;
    cells.fault(
        if cells.is_empty(Column::PayerId) {
            person
        } else {
            unit
        },
        Fault::Missing { kind },
    );
    None
}

/// Credited is within paid, and paid within due, share by share.
fn check_shares(cells: &mut Cells<'_>, due: Shares, paid: Shares, credited: Shares) -> Option<()> {
    let before = cells.faults.len();
    let paid_columns = [
        (due.unit, paid.unit, Column::PaidUnit),
        (due.person, paid.person, Column::PaidPerson),
    ];
    for (due, found, column) in paid_columns {
        if !within(found, due) {
            cells.fault(column, Fault::PaidAboveDue { due, found });
        }
    }
    let credited_columns = [
        (paid.unit, credited.unit, Column::CreditedUnit),
        (paid.person, credited.person, Column::CreditedPerson),
    ];
    for (paid, found, column) in credited_columns {
        if !within(found, paid) {
            cells.fault(column, Fault::CreditedAbovePaid { paid, found });
        }
    }
    (cells.faults.len() == before).then_some(())
}

/// Between nothing and `whole`, which may be below zero.
fn within(part: Fen, whole: Fen) -> bool {
    if whole >= Fen::ZERO {
        (Fen::ZERO..=whole).contains(&part)
    } else {
        (whole..=Fen::ZERO).contains(&part)
    }
}

/// 足额到账标志: as given, or whether all that is due is paid.
fn full(cells: &mut Cells<'_>, due: Shares, paid: Shares) -> Option<bool> {
    let given = cells.optional(Column::Full, |text| {
        match tables::code(tables::flags(), text) {
            Some("1") => Ok(true),
            Some("0") => Ok(false),
            _ => Err(Fault::FlagForm {
                found: Found::new(text),
            }),
        }
    })?;
    match given {
        Some(true) if due != paid => {
            let (due, paid) = (total(due)?, total(paid)?);
            cells.fault(Column::Full, Fault::FullButShort { due, paid });
            None
        }
        Some(false) if due == paid && cells.kind == Kind::RECEIVED => {
            cells.fault(Column::Full, Fault::PaidButNotFull);
            Some(false)
        }
        Some(given) => Some(given),
        None => Some(due == paid),
    }
}

/// Only what has reached the treasury is money received: a status before that belongs to an amount due.
fn in_treasury(cells: &mut Cells<'_>) {
    let status = cells.optional(Column::TaxStatus, |text| {
        tables::code(tables::tax_statuses(), text).ok_or_else(|| Fault::TaxStatusUnknown {
            found: Found::new(text),
        })
    });
    let is_money = matches!(cells.kind, Kind::RECEIVED | Kind::ADJUST_DELTA);
    if let Some(Some(status)) = status
        && is_money
        && status != IN_TREASURY
    {
        cells.fault(Column::TaxStatus, Fault::NotInTreasury { found: status });
    }
}

fn total(shares: Shares) -> Option<Fen> {
    Fen::new(shares.unit.get() + shares.person.get())
}

/// Base times rate, half up, is what is due; for one month, and where a rate is given.
fn check_due(cells: &mut Cells<'_>, rates: ShareRates, base: Fen, period: Period, due: Shares) {
    let shares = [
        (
            Share::Unit,
            Column::UnitRate,
            rates.unit,
            Column::DueUnit,
            due.unit,
        ),
        (
            Share::Person,
            Column::PersonRate,
            rates.person,
            Column::DuePerson,
            due.person,
        ),
    ];
    for (share, rate_column, rate, column, found) in shares {
        if cells.is_empty(rate_column) || cells.is_empty(column) && cells.kind == Kind::REFUND {
            continue;
        }
        let (true, true, Some(expected)) =
            (period.months == 1, base != Fen::ZERO, rate.of_half_up(base))
        else {
            continue;
        };
        if (expected.get() - found.get()).abs() > DUE_TOLERANCE_FEN {
            cells.fault(
                column,
                Fault::DueMismatch {
                    share,
                    expected,
                    found,
                },
            );
        }
    }
}
