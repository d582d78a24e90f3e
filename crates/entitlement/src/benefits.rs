//! Conflicts of benefits: with refunds that came after them, and with each other.

use crate::{
    account::{Conflict, RecordNumber, Standing},
    conflict::ConflictCode,
    ends::Ends,
    family::Family,
    findings::conflict,
    set::{Held, RecordSet, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    entry::Kind,
    record::Record,
    value::{Division, Month, Scheme},
};

/// Months taken away after a benefit was awarded on them (C23; 社会保险经办条例 art. 46).
pub(crate) fn refunded_after_award(
    set: &RecordSet<'_>,
    family: Family<'_>,
    range: &Range<usize>,
    ends: Ends,
) -> Vec<Conflict> {
    let Some((first, award)) = ends.benefit else { return Vec::new() };
    let day_of = |at: RecordNumber| at_number(set, at).and_then(Held::day);
    let Some(awarded) = day_of(award) else { return Vec::new() };
    let mut records = Vec::new();
    for (at, held) in set.within(range) {
        let before = held.period.is_some_and(|period| period.first < first);
        let taken = matches!(held.standing, Standing::Refunded | Standing::Reversed) && before;
        let Some(because) = held.because.filter(|_| taken).map(number) else { continue };
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
    source: (Family<'f>, Scheme<'f>, Division),
    first: Month,
    last: Month,
    record: RecordNumber,
}

/// Benefits drawn twice for a month (C24): employee and resident pension (人社部发〔2014〕17号 art. 8), a pension of two
/// provinces (人社厅发〔2019〕94号), a pension and unemployment benefit (社会保险法 art. 51). The conflict is of the family
/// whose benefit gives way: unemployment, then resident pension.
pub(crate) fn drawn_twice(set: &RecordSet<'_>) -> Vec<Conflict> {
    let mut paid: Vec<Paid<'_>> = set.0.iter().enumerate().filter_map(|(at, held)| payment(at, held)).collect();
    paid.sort_by_key(|paid| (paid.first, paid.record));
    // The payment of each source that reaches farthest so far: sources are families and provinces, so few.
    let mut farthest: BTreeMap<(Family<'_>, Scheme<'_>, Division), (Month, RecordNumber)> = BTreeMap::new();
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
        months: crate::holders::months_between(first, last),
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
