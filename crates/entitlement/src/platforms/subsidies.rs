//! Subsidies of contributions: what each programme has borne, and months that were awarded twice (C43).

use crate::{
    account::{Conflict, RecordNumber, Standing, SubsidyLine},
    conflicts::{class::ConflictCode, finders::conflict},
    records::set::{RecordSet, number},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::{Record, Subsidy},
    value::{Code, Division, Month, Scheme},
};

/// Who bears a part of what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'f> {
    programme: Code<'f>,
    scheme: Scheme<'f>,
    place: Division,
}

/// Subsidies in force, with their positions.
fn in_force<'s, 'f>(
    set: &'s RecordSet<'f>,
) -> impl Iterator<Item = (usize, Kind, &'f Subsidy<'f>)> + use<'s, 'f> {
    set.iter().filter_map(|(at, held)| match &held.fact.record {
        Record::Subsidy(kind, fields) if held.standing == Standing::Held => {
            Some((at, *kind, fields))
        }
        _ => None,
    })
}

/// By programme, scheme and place.
pub(crate) fn lines(set: &RecordSet<'_>) -> Vec<SubsidyLine> {
    let mut lines: BTreeMap<Key<'_>, (SubsidyLine, BTreeSet<Month>)> = BTreeMap::new();
    for (at, kind, fields) in in_force(set) {
        let key = Key {
            programme: fields.programme,
            scheme: fields.scheme,
            place: fields.place,
        };
        let (line, months) = lines
            .entry(key)
            .or_insert_with(|| (empty(fields), BTreeSet::new()));
        let sum = match kind {
            Kind::SUBSIDY_APPLY => &mut line.asked,
            Kind::SUBSIDY_AWARD => {
                months.extend(fields.period.iter());
                &mut line.awarded
            }
            _ => &mut line.credited,
        };
        *sum = sum.saturating_add(fields.amount.get());
        line.records.push(number(at));
    }
    lines.into_values().map(with_months).collect()
}

fn empty(fields: &Subsidy<'_>) -> SubsidyLine {
    SubsidyLine {
        programme: fields.programme.as_str().to_owned(),
        scheme: fields.scheme.to_string(),
        place: fields.place,
        months: 0,
        first: None,
        last: None,
        asked: 0,
        awarded: 0,
        credited: 0,
        records: Vec::new(),
    }
}

fn with_months((line, months): (SubsidyLine, BTreeSet<Month>)) -> SubsidyLine {
    let count = u32::try_from(months.len());
    SubsidyLine {
        months: count.expect("a calendar has fewer than 2^32 months"),
        first: months.first().copied(),
        last: months.last().copied(),
        ..line
    }
}

/// Months of a scheme that several awards are for, whatever the programme and the place (C43): consecutive ones of the same records are one.
pub(crate) fn awarded_twice(set: &RecordSet<'_>) -> Vec<Conflict> {
    let mut awards: BTreeMap<(Scheme<'_>, Month), Vec<RecordNumber>> = BTreeMap::new();
    for (at, kind, fields) in in_force(set) {
        if kind == Kind::SUBSIDY_AWARD {
            for month in fields.period.iter() {
                let of_month = awards.entry((fields.scheme, month)).or_default();
                of_month.push(number(at));
            }
        }
    }
    awards.retain(|_, records| records.len() > 1);
    let mut runs: Vec<(Scheme<'_>, Conflict)> = Vec::new();
    for ((scheme, month), records) in awards {
        let before = runs.last_mut().filter(|(of, run)| {
            *of == scheme && run.records == records && run.last.map(Month::next) == Some(month)
        });
        match before {
            Some((_, run)) => {
                run.last = Some(month);
                run.months = run.months.saturating_add(1);
            }
            None => runs.push((scheme, awarded_twice_in(month, records))),
        }
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

fn awarded_twice_in(month: Month, records: Vec<RecordNumber>) -> Conflict {
    Conflict {
        first: Some(month),
        last: Some(month),
        months: 1,
        ..conflict(ConflictCode::C43, None, records)
    }
}
