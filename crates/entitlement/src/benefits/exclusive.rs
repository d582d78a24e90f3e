//! Benefits that exclude each other, for the same months: awarded (Y09) or drawn (C24).

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber},
    benefits::awards::{Term, terms},
    conflicts::{class::ConflictCode, finders::conflict},
    formulas::unemployment::TOTAL_MAX,
    months::{ends::Ends, holders::months_between},
    policy::{Successors, family::Family},
    records::set::{AsOf, FamilyRange, LAST_MONTH, RecordSet, number},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    record::Benefit,
    value::{Division, Month, Scheme},
};

/// The months for which a record awards or pays a benefit.
#[derive(Clone, Copy)]
pub(crate) struct Span<'f> {
    pub(crate) source: Source<'f>,
    pub(crate) first: Month,
    pub(crate) last: Month,
    pub(crate) record: RecordNumber,
}

impl<'f> Span<'f> {
    /// The months of an award up to its last one; none, if that is before its first.
    fn of_award(term: &Term<'_, 'f>, last: Month, successors: &Successors<'_>) -> Option<Self> {
        let first = term.award.from;
        if first > last {
            return None;
        }
        Some(Self {
            source: Source::of(term.award, successors),
            first,
            last,
            record: number(term.at),
        })
    }
}

/// What gives a benefit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source<'f> {
    pub(crate) family: Family<'f>,
    scheme: Scheme<'f>,
    /// What its place is now.
    place: Division,
}

impl<'f> Source<'f> {
    pub(crate) fn of(benefit: &Benefit<'f>, successors: &Successors<'_>) -> Self {
        let family = Family::of(benefit.scheme);
        Self {
            family,
            scheme: benefit.scheme,
            place: successors.now(benefit.place),
        }
    }

    /// Whether nobody may have a benefit from both.
    fn excludes(self, other: Self) -> bool {
        self.scheme != other.scheme || !self.family.is_one_pool(self.place, other.place)
    }
}

/// Consecutive months in each of which there are benefits that exclude each other, and their records.
#[derive(Clone)]
pub(crate) struct Overlap {
    first: Month,
    last: Month,
    pub(crate) records: BTreeSet<RecordNumber>,
}

/// How far the spans of a source reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reach {
    last: Month,
    record: RecordNumber,
}

/// By the family whose benefit gives way, where it is excluded: unemployment, then resident pension.
type Overlaps<'f> = BTreeMap<Family<'f>, Vec<Overlap>>;

/// The months for which spans exclude each other, ascending.
fn overlaps<'f>(mut spans: Vec<Span<'f>>) -> Overlaps<'f> {
    spans.sort_by_key(|span| (span.first, span.record));
    let mut found = Overlaps::new();
    // The span of each source that reaches farthest so far. Sources are places, so few for a worker; time is by their number.
    let mut farthest: BTreeMap<Source<'f>, Reach> = BTreeMap::new();
    for one in &spans {
        for (source, reach) in &farthest {
            if source.excludes(one.source) && reach.last >= one.first {
                let gives_way = source.family.max(one.source.family);
                add_overlap(found.entry(gives_way).or_default(), one, *reach);
            }
        }
        let reach = Reach {
            last: one.last,
            record: one.record,
        };
        let known = farthest.entry(one.source).or_insert(reach);
        *known = (*known).max(reach);
    }
    name_all(&spans, &mut found);
    found
}

/// Adds the months that a span has in common with one that began before it.
fn add_overlap(overlaps: &mut Vec<Overlap>, one: &Span<'_>, earlier: Reach) {
    let until = one.last.min(earlier.last);
    match overlaps.last_mut() {
        Some(overlap) if one.first <= overlap.last => {
            overlap.last = until.max(overlap.last);
            overlap.records.extend([earlier.record, one.record]);
        }
        _ => overlaps.push(Overlap {
            first: one.first,
            last: until,
            records: [earlier.record, one.record].into(),
        }),
    }
}

/// Names also the spans beyond which another one of their source reached, each where it is first beside what it excludes.
fn name_all<'f>(spans: &[Span<'f>], found: &mut Overlaps<'f>) {
    let mut nearest: BTreeMap<Source<'f>, Month> = BTreeMap::new();
    for one in spans.iter().rev() {
        for (source, first) in &nearest {
            if !source.excludes(one.source) || *first > one.last {
                continue;
            }
            let Some(overlaps) = found.get_mut(&source.family.max(one.source.family)) else {
                continue;
            };
            let at = overlaps.partition_point(|overlap| overlap.last < *first);
            if let Some(overlap) = overlaps.get_mut(at) {
                overlap.records.insert(one.record);
            }
        }
        nearest.insert(one.source, one.first);
    }
}

/// As conflicts, each with its months up to one; what follows month on month is one conflict.
fn conflicts(
    code: ConflictCode,
    family: Family<'_>,
    overlaps: Vec<Overlap>,
    until: Month,
) -> Vec<Conflict> {
    let mut runs: Vec<Overlap> = Vec::new();
    for overlap in overlaps {
        match runs.last_mut() {
            Some(run) if overlap.first <= run.last.next() => {
                run.last = overlap.last;
                run.records.extend(overlap.records);
            }
            _ => runs.push(overlap),
        }
    }
    let mut found = Vec::new();
    for run in runs {
        let last = run.last.min(until).max(run.first);
        found.push(Conflict {
            first: Some(run.first),
            last: Some(last),
            months: months_between(run.first, last),
            ..conflict(code, Some(family), run.records.into_iter().collect())
        });
    }
    found
}

/// Benefits drawn twice for a month (C24): employee and resident pension (人社部发〔2014〕17号 art. 8), one pension of two
/// provinces or, for residents, two places (人社厅发〔2019〕94号), a pension and unemployment benefit (社会保险法 art. 51).
pub(crate) fn drawn_twice(drawn: &[Span<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (family, overlaps) in overlaps(drawn.to_vec()) {
        found.extend(conflicts(ConflictCode::C24, family, overlaps, LAST_MONTH));
    }
    found
}

/// Pensions awarded for the same months (Y09), by the same rules, before anything is drawn; none after death. The conflict shows
/// the months up to the as-of date.
pub(crate) fn pensions_awarded(
    set: &RecordSet<'_>,
    successors: &Successors<'_>,
    died: Option<Month>,
    as_of: AsOf,
) -> Vec<Conflict> {
    let mut spans = Vec::new();
    for FamilyRange { family, range } in set.families() {
        let is_pension = family.rule().exclusive_benefit && family.rule().ends_with_benefit;
        if !is_pension {
            continue;
        }
        for term in terms(set, &range) {
            let last = term
                .last
                .into_iter()
                .chain(died)
                .min()
                .unwrap_or(LAST_MONTH);
            spans.extend(Span::of_award(&term, last, successors));
        }
    }
    let mut found = Vec::new();
    for (family, overlaps) in overlaps(spans) {
        found.extend(conflicts(ConflictCode::Y09, family, overlaps, as_of.month));
    }
    found
}

/// The months for which several places awarded unemployment benefit. A claim lasts until it is stopped, the worker pays again
/// or draws a pension (社会保险法 art. 51), or dies, and no longer than the longest benefit (art. 46). A month paid in which it
/// begins is the first of the next claim's.
pub(crate) fn claims_awarded(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    lines: &[MonthLine],
    ends: Ends,
    successors: &Successors<'_>,
) -> Vec<Overlap> {
    if !of.family.rule().exclusive_benefit || of.family.rule().ends_with_benefit {
        return Vec::new();
    }
    let counted = lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted);
    let paid: Vec<Month> = counted.map(|line| line.month).collect();
    let mut spans = Vec::new();
    for term in terms(set, &of.range) {
        let award = term.award;
        let paid_again = paid.get(paid.partition_point(|month| *month <= award.from));
        let known = [
            term.last,
            paid_again.and_then(|month| month.previous()),
            award.from.plus(MONTHS_AFTER_FIRST_MAX),
            ends.last_month(LAST_MONTH),
        ];
        let last = known.into_iter().flatten().min().unwrap_or(LAST_MONTH);
        spans.extend(Span::of_award(&term, last, successors));
    }
    overlaps(spans).remove(&of.family).unwrap_or_default()
}

/// Months of the longest unemployment benefit behind its first.
const MONTHS_AFTER_FIRST_MAX: u16 = TOTAL_MAX - 1;

/// Claims of unemployment benefit awarded at several places for the same months (Y09), up to the as-of date.
pub(crate) fn claimed_twice(
    family: Family<'_>,
    claims: Vec<Overlap>,
    as_of: AsOf,
) -> Vec<Conflict> {
    conflicts(ConflictCode::Y09, family, claims, as_of.month)
}
