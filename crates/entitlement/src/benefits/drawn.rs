//! Benefits drawn: for which months, and for which of them after death (C22).

use crate::{
    account::{Conflict, RecordNumber, Standing},
    benefits::{
        exclusive::{Source, Span},
        recovered::{Recovered, months_of, recovered},
    },
    conflicts::{class::ConflictCode, finders::conflict},
    months::holders::months_between,
    policy::{Successors, family::Family},
    records::set::{Held, RecordSet, number},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::Kind,
    record::{Benefit, Record},
    value::Month,
};

/// The benefits that are paid and exclude others, without the months that were recovered in full.
pub(crate) fn drawn<'f>(set: &RecordSet<'f>, successors: &Successors<'_>) -> Vec<Span<'f>> {
    let recovered = recovered(set);
    let mut drawn = Vec::new();
    for (at, held) in set.iter() {
        if let Some(benefit) = exclusive_payment(held) {
            let (first, last) = months_of(benefit);
            let paid = Span {
                source: Source::of(benefit, successors),
                first,
                last,
                record: number(at),
            };
            drawn.extend(without(paid, &recovered));
        }
    }
    drawn
}

/// The payment to the worker that a record is, if its benefit excludes others.
fn exclusive_payment<'f>(held: &Held<'f>) -> Option<&'f Benefit<'f>> {
    let Record::Benefit(Kind::BENEFIT_PAID, benefit) = &held.fact.record else {
        return None;
    };
    let is_exclusive = held.family?.rule().exclusive_benefit;
    let is_drawn = held.standing == Standing::Held && !held.is_of_heirs;
    (is_drawn && is_exclusive).then_some(benefit)
}

/// What of a payment was not recovered.
fn without<'f>(paid: Span<'f>, recovered: &Recovered) -> Vec<Span<'f>> {
    let Some(recovered) = recovered.get(&paid.record) else {
        return vec![paid];
    };
    let mut rest = Vec::new();
    let mut first = paid.first;
    for (from, until) in recovered {
        if first < *from && first <= paid.last {
            let before = from.previous().expect("a later month has one before it");
            rest.push(Span {
                first,
                last: before.min(paid.last),
                ..paid
            });
        }
        first = first.max(until.next());
    }
    if first <= paid.last {
        rest.push(Span { first, ..paid });
    }
    rest
}

/// Benefits of a family drawn for months after death.
struct AfterDeath {
    first: Month,
    last: Month,
    records: Vec<RecordNumber>,
}

/// Benefits drawn for months after death (C22; 社会保险经办条例 art. 25, 26, 46).
pub(crate) fn drawn_after_death(
    drawn: &[Span<'_>],
    death: Option<(Month, RecordNumber)>,
) -> Vec<Conflict> {
    let Some((died, notice)) = death else {
        return Vec::new();
    };
    let mut by_family: BTreeMap<Family<'_>, AfterDeath> = BTreeMap::new();
    for paid in drawn.iter().filter(|paid| paid.last > died) {
        let first = paid.first.max(died.next());
        let found = by_family
            .entry(paid.source.family)
            .or_insert_with(|| AfterDeath {
                first,
                last: paid.last,
                records: vec![notice],
            });
        found.first = found.first.min(first);
        found.last = found.last.max(paid.last);
        found.records.push(paid.record);
    }
    let mut conflicts = Vec::new();
    for (family, found) in by_family {
        conflicts.push(Conflict {
            first: Some(found.first),
            last: Some(found.last),
            months: months_between(found.first, found.last),
            ..conflict(ConflictCode::C22, Some(family), found.records)
        });
    }
    conflicts
}
