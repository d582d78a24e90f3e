//! Months that a flexible worker paid back though the rules of the place do not take them (Y12).

use super::{
    breaches::{self, Breach, Named},
    workings::Workings,
};
use crate::{
    account::{
        Conflict, FamilyAccount, FigureName, Ground, MonthStatus, RecordNumber, USUAL_MONTHS,
    },
    conflicts::class::ConflictCode,
    policy::family::Family,
    records::{
        places::{Places, RowMonth},
        set::{RecordSet, Role, position},
    },
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::{Contribution, PayerKind, Period},
    value::{Day, Division, Month},
};
use yizhang_rules::{Key, Value};

/// 退休补收 (AAA115): years that are missing at the retirement age may be paid at once (全国人大常委会 2024-09-13).
const PAID_AT_RETIREMENT: u16 = 33;

const NAMED: Named = Named {
    code: ConflictCode::Y12,
    figure: FigureName::PaidBackBeyond,
    write: |workings, draft, months| {
        workings.months(draft, u32::try_from(months).ok());
    },
};

/// A month that was paid back.
struct PaidBack {
    month: Month,
    record: RecordNumber,
}

/// The months that count and that a flexible worker paid back later than the place's rule takes them. Where the place has no
/// rule, those of employee pension paid back at once that are so many that they move nowhere without a document (C20): not those that
/// are on the way to another province, or have come there, by `moves`, for the document that they went with has lifted that rule.
pub(crate) fn paid_back(
    workings: &mut Workings<'_>,
    set: &RecordSet<'_>,
    family: Family<'_>,
    account: &FamilyAccount,
    moves: &Places,
) -> Vec<Conflict> {
    let is_pension = family == Family::PENSION;
    let mut breaches = Vec::new();
    let mut at_once: BTreeMap<Day, Vec<PaidBack>> = BTreeMap::new();
    for line in account
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        for record in &line.by {
            let Some((fields, day)) = paid_late(set, *record, line.month) else {
                continue;
            };
            match allowed(workings, fields, day) {
                Some((allowed, rule)) if months_between(line.month, day) > allowed => {
                    breaches.push(breach(line.month, *record, rule));
                }
                None if is_pension => at_once.entry(day).or_default().push(PaidBack {
                    month: line.month,
                    record: *record,
                }),
                Some(_) | None => {}
            }
        }
    }
    for (day, months) in at_once {
        let mut of_day = too_many(workings, day, &months);
        of_day.retain(|breach| !leaves_province(set, moves, breach));
        breaches.extend(of_day);
    }
    breaches::conflicts(workings, family, NAMED, breaches)
}

/// Whether a transfer has taken the month out of the province where it was paid, or is about to.
fn leaves_province(set: &RecordSet<'_>, moves: &Places, breach: &Breach) -> bool {
    breach.records.iter().all(|record| {
        let row = RowMonth {
            at: position(*record),
            month: breach.first,
        };
        let paid = Places::first(set, row.at).map(Division::province);
        let target = moves.target(row).map(Division::province);
        moves.has_left_province(set, row) || (target.is_some() && target != paid)
    })
}

fn breach(month: Month, record: RecordNumber, rule: Ground) -> Breach {
    Breach {
        first: month,
        last: month,
        records: vec![record],
        rule,
        amount: 1,
    }
}

/// The contribution and the day of its money, where a flexible worker paid a month back by it.
fn paid_late<'s, 'f>(
    set: &'s RecordSet<'f>,
    record: RecordNumber,
    month: Month,
) -> Option<(&'s Contribution<'f>, Day)> {
    let (role, fields) = set.numbered(record)?.money()?;
    let day = fields.received?;
    let is_flexible = role == Role::Received && fields.payer.kind == PayerKind::Person;
    let is_late = months_between(month, day) > USUAL_MONTHS
        && !is_paid_at_its_end(fields.period, day)
        && fields.nature != PAID_AT_RETIREMENT;
    (is_flexible && is_late).then_some((fields, day))
}

/// Whether a row is for a quarter, half-year or year of the calendar and was paid when that ended: who pays so pays none of it back.
/// In every other row each month is looked at by itself.
fn is_paid_at_its_end(period: Period, day: Day) -> bool {
    let begins = period.first.month();
    let is_of_calendar = match period.months {
        3 => matches!(begins, 1 | 4 | 7 | 10),
        6 => matches!(begins, 1 | 7),
        12 => begins == 1,
        _ => false,
    };
    let last = period.iter().last();
    let is_at_end =
        last.is_some_and(|last| (0..=USUAL_MONTHS).contains(&months_between(last, day)));
    is_of_calendar && is_at_end
}

/// Months from a month to that of its money.
fn months_between(month: Month, day: Day) -> i32 {
    day.in_month().map_or(0, |came| came.since(month))
}

/// How many months the place takes back, by the rule of the month in which the money came.
fn allowed(
    workings: &mut Workings<'_>,
    fields: &Contribution<'_>,
    day: Day,
) -> Option<(i32, Ground)> {
    let scheme = fields.scheme.to_string();
    let (allowed, rule) =
        workings.number(Key::FlexibleBackpay, &scheme, fields.place, day.in_month()?)?;
    // A rule may allow more months than lie between any two.
    Some((i32::try_from(allowed).unwrap_or(i32::MAX), rule))
}

/// Months paid back on one day that are as many as need a document elsewhere.
fn too_many(workings: &mut Workings<'_>, day: Day, months: &[PaidBack]) -> Vec<Breach> {
    let Some(month) = day.in_month() else {
        return Vec::new();
    };
    let limit = workings
        .policy
        .rules()
        .find(Key::TransferBackpay, "", None, month);
    let Some((rule, Value::Months(limit))) = limit.map(|rule| (rule, &rule.value)) else {
        return Vec::new();
    };
    let distinct: std::collections::BTreeSet<Month> = months.iter().map(|one| one.month).collect();
    if u32::try_from(distinct.len()).is_ok_and(|months| months < *limit) {
        return Vec::new();
    }
    let rule = workings.rule(rule);
    months
        .iter()
        .map(|one| breach(one.month, one.record, rule.clone()))
        .collect()
}
