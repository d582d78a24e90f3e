//! Conflicts of benefits: with refunds that came after them, and with each other.

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber, Standing},
    conflict::ConflictCode,
    ends::Ends,
    family::Family,
    findings::conflict,
    holders::months_between,
    set::{Held, RecordSet, Role, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Record},
    value::{Division, Month, Scheme},
};

/// Months taken away after a benefit was awarded on them (C23; 社会保险经办条例 art. 46), or made worth less. Where another
/// record makes the month count with the same base, nothing has changed.
pub(crate) fn refunded_after_award(
    set: &RecordSet<'_>,
    (family, range): (Family<'_>, &Range<usize>),
    lines: &[MonthLine],
    ends: Ends,
) -> Vec<Conflict> {
    let Some((first, award)) = ends.benefit else { return Vec::new() };
    let day_of = |at: RecordNumber| at_number(set, at).and_then(Held::day);
    let Some(awarded) = day_of(award) else { return Vec::new() };
    let mut records = Vec::new();
    for (at, held) in set.within(range) {
        // An award rests on months before it, and on none after death.
        let before = held.period.is_some_and(|period| period.first < first && ends.status(period.first).is_none());
        // What is not full for the sake of another record lost its month to a refund.
        let taken = matches!(held.standing, Standing::Refunded | Standing::Reversed | Standing::NotFull) && before;
        let Some(because) = held.because.filter(|_| taken).map(number) else { continue };
        if is_made_good(held, lines) {
            continue;
        }
        // A reversal has no day of its own; it stands behind the award or it does not, if in the same chain.
        let later = match day_of(because) {
            Some(day) => day > awarded,
            None => is_behind(set, because, award),
        };
        if later && held.money().is_some() {
            records.extend([number(at), because]);
        }
    }
    if records.is_empty() {
        return Vec::new();
    }
    records.push(award);
    vec![conflict(ConflictCode::C23, Some(family), records)]
}

/// Whether the months of a record that was taken away count all the same: with the same base where they have one.
fn is_made_good(held: &Held<'_>, lines: &[MonthLine]) -> bool {
    let Some((Role::Received, contribution)) = held.money() else { return false };
    contribution.period.iter().all(|month| {
        let line = lines.binary_search_by_key(&month, |line| line.month).ok().and_then(|at| lines.get(at));
        line.is_some_and(|line| {
            let same = contribution.period.months > 1 || line.base == Some(contribution.base.get());
            line.status == MonthStatus::Counted && same
        })
    })
}

fn at_number<'s, 'f>(set: &'s RecordSet<'f>, number: RecordNumber) -> Option<&'s Held<'f>> {
    set.get(usize::try_from(number.0).ok()?)
}

fn is_behind(set: &RecordSet<'_>, one: RecordNumber, other: RecordNumber) -> bool {
    match (at_number(set, one), at_number(set, other)) {
        (Some(one), Some(other)) => one.fact.region == other.fact.region && one.fact.index > other.fact.index,
        _ => false,
    }
}

/// A month's benefit, or that of several.
struct Paid<'f> {
    source: Source<'f>,
    first: Month,
    last: Month,
    record: RecordNumber,
}

/// What pays a benefit: sources that differ exclude each other.
type Source<'f> = (Family<'f>, Scheme<'f>, Division);

/// Benefits drawn twice for a month (C24): employee and resident pension (人社部发〔2014〕17号 art. 8), a pension of two
/// provinces (人社厅发〔2019〕94号), a pension and unemployment benefit (社会保险法 art. 51). The conflict is of the family
/// whose benefit gives way: unemployment, then resident pension. Months that were recovered are not drawn.
pub(crate) fn drawn_twice(set: &RecordSet<'_>) -> Vec<Conflict> {
    let recovered = recovered(set);
    let payments = set.0.iter().enumerate().filter_map(|(at, held)| payment(at, held));
    let mut paid: Vec<Paid<'_>> = payments.flat_map(|paid| without(paid, &recovered)).collect();
    paid.sort_by_key(|paid| (paid.first, paid.record));
    // The payment of each source that reaches farthest so far: sources are families and provinces, so few.
    let mut farthest: BTreeMap<Source<'_>, (Month, RecordNumber)> = BTreeMap::new();
    // Of each family the runs of months drawn twice, ascending, as payments come.
    let mut found: BTreeMap<Family<'_>, Vec<(Month, Month, Vec<RecordNumber>)>> = BTreeMap::new();
    for one in &paid {
        for (source, (last, record)) in farthest.iter().filter(|(source, _)| **source != one.source) {
            if *last < one.first {
                continue;
            }
            let runs = found.entry(source.0.max(one.source.0)).or_default();
            let until = one.last.min(*last);
            match runs.last_mut().filter(|(_, last, _)| one.first <= last.next()) {
                Some((_, last, records)) => {
                    *last = until.max(*last);
                    records.extend([*record, one.record]);
                }
                None => runs.push((one.first, until, vec![*record, one.record])),
            }
        }
        let reach = farthest.entry(one.source).or_insert((one.last, one.record));
        *reach = (*reach).max((one.last, one.record));
    }
    let runs = found.into_iter().flat_map(|(family, runs)| runs.into_iter().map(move |run| (family, run)));
    let conflict = |(family, (first, last, records))| Conflict {
        first: Some(first),
        last: Some(last),
        months: months_between(first, last),
        ..conflict(ConflictCode::C24, Some(family), records)
    };
    runs.map(conflict).collect()
}

/// A benefit paid that excludes others.
fn payment<'f>(at: usize, held: &Held<'f>) -> Option<Paid<'f>> {
    let Record::Benefit(Kind::BENEFIT_PAID, benefit) = &held.fact.record else { return None };
    let family = held.family.filter(|family| family.rule().exclusive_benefit && held.standing == Standing::Held)?;
    let last = benefit.until.unwrap_or(benefit.from);
    Some(Paid {
        source: (family, benefit.scheme, benefit.place.province()),
        first: benefit.from,
        last,
        record: number(at),
    })
}

/// Of each payment, by its number, the months that were recovered in full, ascending.
pub(crate) type Recovered = BTreeMap<RecordNumber, Vec<(Month, Month)>>;

/// Recoveries that name a payment, or an overpayment that names one, and give back at least its share for their months.
pub(crate) fn recovered(set: &RecordSet<'_>) -> Recovered {
    let benefits = || {
        set.0.iter().enumerate().filter_map(|(at, held)| match &held.fact.record {
            Record::Benefit(kind, benefit) if held.standing == Standing::Held => Some((at, held, *kind, benefit)),
            _ => None,
        })
    };
    if !benefits().any(|(_, _, kind, _)| kind == Kind::RECOVERY) {
        return Recovered::new();
    }
    let by_id: BTreeMap<(Division, RecordId), (usize, Kind, &Benefit<'_>)> =
        benefits().map(|(at, held, kind, benefit)| ((held.fact.region, held.fact.id), (at, kind, benefit))).collect();
    let mut recovered = Recovered::new();
    for (_, held, _, recovery) in benefits().filter(|(_, _, kind, _)| *kind == Kind::RECOVERY) {
        let named = |target: Option<RecordId>| by_id.get(&(held.fact.region, target?));
        let payment = match named(recovery.target) {
            Some((_, Kind::OVERPAYMENT, overpaid)) => named(overpaid.target),
            other => other,
        };
        let Some((at, Kind::BENEFIT_PAID, paid)) = payment else { continue };
        let (first, last) = (recovery.from, recovery.until.unwrap_or(recovery.from));
        let whole = months_between(paid.from, paid.until.unwrap_or(paid.from));
        let part = months_between(first.max(paid.from), last.min(paid.until.unwrap_or(paid.from)));
        let share = i128::from(paid.amount.get()).saturating_mul(i128::from(part));
        if part > 0 && i128::from(recovery.amount.get()).saturating_mul(i128::from(whole)) >= share {
            recovered.entry(number(*at)).or_default().push((first, last));
        }
    }
    for months in recovered.values_mut() {
        months.sort_unstable();
    }
    recovered
}

/// What of a payment was not recovered.
fn without<'f>(paid: Paid<'f>, recovered: &Recovered) -> Vec<Paid<'f>> {
    let Some(recovered) = recovered.get(&paid.record) else { return vec![paid] };
    let mut rest = Vec::new();
    let (source, record) = (paid.source, paid.record);
    let mut first = paid.first;
    for (from, until) in recovered {
        if first < *from && first <= paid.last {
            let before = from.number().checked_sub(1).and_then(Month::new).unwrap_or(first);
            rest.push(Paid { source, first, last: before.min(paid.last), record });
        }
        first = first.max(until.next());
    }
    if first <= paid.last {
        rest.push(Paid { source, first, last: paid.last, record });
    }
    rest
}
