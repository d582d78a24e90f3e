//! Unemployment benefit drawn for months in which an employer paid (Y11), wherever each was.

use crate::{
    account::{Conflict, FamilyAccount, MonthLine, MonthStatus, RecordNumber},
    benefits::{awards::awards, exclusive::Span},
    conflicts::{class::ConflictCode, finders::conflict},
    months::holders::{Run, extend},
    policy::family::Family,
    records::set::{Held, RecordSet},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{record::PayerKind, value::Month};

/// The families under which an employer pays for those who work. Under others an employer or a fund may pay for those who do not.
const OF_EMPLOYED: [Family<'static>; 2] = [Family::PENSION, Family::UNEMPLOYMENT];

/// Months by the records that say something of each.
type MonthRecords = BTreeMap<Month, BTreeSet<RecordNumber>>;

/// The months of unemployment benefit that the worker drew while an employer paid: who works again draws no more (社会保险法
/// art. 51). The first month of a claim may be the last that the former employer pays.
pub(crate) fn drawn_while_employed(
    set: &RecordSet<'_>,
    drawn: &[Span<'_>],
    families: &[FamilyAccount],
) -> Vec<Conflict> {
    let mut family = None;
    let (begun, employed) = (claims_begun(set), employed(set, families));
    let mut found = MonthRecords::new();
    for paid in drawn {
        if !is_unemployment(paid.source.family) || paid.first > paid.last {
            continue;
        }
        family = Some(paid.source.family);
        for (month, contributions) in employed.range(paid.first..=paid.last) {
            if !begun.contains(month) {
                let records = found.entry(*month).or_default();
                records.insert(paid.record);
                records.extend(contributions);
            }
        }
    }
    let mut runs: Vec<Run<()>> = Vec::new();
    for (month, records) in found {
        let records: Vec<RecordNumber> = records.into_iter().collect();
        extend(&mut runs, month, (), &records);
    }
    let mut conflicts = Vec::new();
    for run in runs {
        conflicts.push(Conflict {
            first: Some(run.first),
            last: Some(run.last),
            months: run.months(),
            ..conflict(ConflictCode::Y11, family, run.records)
        });
    }
    conflicts
}

fn is_unemployment(family: Family<'_>) -> bool {
    family == Family::UNEMPLOYMENT
}

/// The first months of the claims awarded.
fn claims_begun(set: &RecordSet<'_>) -> BTreeSet<Month> {
    let mut begun = BTreeSet::new();
    for of in set.families() {
        if is_unemployment(of.family) {
            begun.extend(awards(set, &of.range).map(|(_, award)| award.from));
        }
    }
    begun
}

/// The counted months that an employer paid, with the records by which it did.
fn employed(set: &RecordSet<'_>, families: &[FamilyAccount]) -> MonthRecords {
    let mut months = MonthRecords::new();
    for family in families {
        if !OF_EMPLOYED.iter().any(|one| family.is_of(*one)) {
            continue;
        }
        for line in &family.months {
            let by = paid_by_employer(set, line);
            if line.status == MonthStatus::Counted && !by.is_empty() {
                months.entry(line.month).or_default().extend(by);
            }
        }
    }
    months
}

fn paid_by_employer(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    let is_employer = |number: &RecordNumber| {
        let money = set.numbered(*number).and_then(Held::money);
        money.is_some_and(|(_, fields)| fields.payer.kind == PayerKind::Unit)
    };
    line.by.iter().copied().filter(is_employer).collect()
}
