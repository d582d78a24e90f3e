//! Records as the account lists them: each with what it says, the chains they came from, the schemes, and what could not be read.

use crate::{
    account::{ContributionLine, RecordLine, SourceLine, UnreadKind},
    records::set::{AsOf, Held, RecordSet, Target, number},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::Kind,
    record::Record,
    value::{Division, Scheme},
};

/// Every record, by its number.
pub(crate) fn records(set: &RecordSet<'_>) -> Vec<RecordLine> {
    set.iter().map(|(_, held)| record_line(held)).collect()
}

fn record_line(held: &Held<'_>) -> RecordLine {
    let source = held.fact.record.source().unwrap_or_default();
    RecordLine {
        region: held.fact.region,
        index: held.fact.index.0,
        again: held.again.clone(),
        id: held.fact.id.0,
        kind: held.fact.record.kind(),
        standing: held.standing,
        because: held.because.map(number),
        target: match held.target {
            Target::At(target) => Some(number(target)),
            Target::None | Target::Elsewhere | Target::Unknown => None,
        },
        agency: source.agency.as_str().to_owned(),
        system: source.system.as_str().to_owned(),
        serial: source.serial.as_str().to_owned(),
        contribution: held.money().map(|(_, fields)| ContributionLine {
            scheme: fields.scheme.to_string(),
            first: fields.period.first,
            months: fields.period.months,
            place: fields.place,
            payer: fields.payer.into(),
            nature: fields.nature,
            base: fields.base.get(),
            due: fields.due.into(),
            paid: fields.paid.into(),
            credited: fields.credited.into(),
            full: fields.full,
            received: fields.received,
        }),
    }
}

/// The schemes that records of a family are about, by their names.
pub(crate) fn schemes(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<String> {
    let schemes: BTreeSet<Scheme<'_>> = set
        .within(range)
        .filter_map(|(_, held)| held.fact.record.scheme())
        .collect();
    schemes
        .into_iter()
        .map(|scheme| scheme.to_string())
        .collect()
}

/// The chains that hold records of the worker, with how many, and how far they go.
pub(crate) fn sources(set: &RecordSet<'_>, as_of: AsOf) -> Vec<SourceLine> {
    let mut sources: BTreeMap<Division, SourceLine> = BTreeMap::new();
    for (_, held) in set.iter() {
        let region = held.fact.region;
        let source = sources.entry(region).or_insert(SourceLine {
            region,
            records: 0,
            last_index: 0,
            latest: None,
        });
        let records = source.records.checked_add(1);
        source.records = records.expect("an account has fewer than 2^32 records");
        let last = held.again.last().copied().unwrap_or(held.fact.index.0);
        source.last_index = source.last_index.max(last);
        if let Some(day) = held.day()
            && day <= as_of.day
        {
            source.latest = source.latest.max(Some(day));
        }
    }
    sources.into_values().collect()
}

/// The records of kinds that this version cannot read, by kind.
pub(crate) fn unread(set: &RecordSet<'_>) -> Vec<UnreadKind> {
    let mut kinds: BTreeMap<Kind, UnreadKind> = BTreeMap::new();
    for (at, held) in set.iter() {
        if let Record::Unknown(unread) = &held.fact.record {
            let of_kind = kinds.entry(unread.kind).or_insert(UnreadKind {
                kind: unread.kind,
                number: unread.kind.0,
                records: Vec::new(),
            });
            of_kind.records.push(number(at));
        }
    }
    kinds.into_values().collect()
}
