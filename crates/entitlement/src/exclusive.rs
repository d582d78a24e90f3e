//! Benefits that exclude each other, for the same months: awarded (Y09) or drawn (C24).

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber},
    conflict::ConflictCode,
    ends::terms,
    family::Family,
    findings::conflict,
    formulas::unemployment::TOTAL_MAX,
    holders::months_between,
    policy::Successors,
    set::{AsOf, LAST_MONTH, RecordSet, number},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
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
        Self { family, scheme: benefit.scheme, place: successors.now(benefit.place) }
    }

    /// Whether nobody may have a benefit from both.
    fn excludes(self, other: Self) -> bool {
        self.scheme != other.scheme || !self.family.is_one_pool(self.place, other.place)
    }
}

/// Consecutive months for which there are benefits that exclude each other, and their records.
pub(crate) struct Together {
    first: Month,
    last: Month,
    pub(crate) records: BTreeSet<RecordNumber>,
}

/// The runs of months for which spans exclude each other, ascending, by the family whose benefit gives way: unemployment, then
/// resident pension.
fn together<'f>(mut spans: Vec<Span<'f>>) -> BTreeMap<Family<'f>, Vec<Together>> {
    spans.sort_by_key(|span| (span.first, span.record));
    let mut found: BTreeMap<Family<'f>, Vec<Together>> = BTreeMap::new();
    // The span of each source that reaches farthest so far: sources are schemes and places, so few.
    let mut farthest: BTreeMap<Source<'f>, (Month, RecordNumber)> = BTreeMap::new();
    for one in &spans {
        let beside = |source: &Source<'f>, last: Month| source.excludes(one.source) && last >= one.first;
        for (source, (last, record)) in farthest.iter().filter(|(source, (last, _))| beside(source, *last)) {
            let runs = found.entry(source.family.max(one.source.family)).or_default();
            let until = one.last.min(*last);
            match runs.last_mut().filter(|run| one.first <= run.last.next()) {
                Some(run) => {
                    run.last = until.max(run.last);
                    run.records.extend([*record, one.record]);
                }
                None => {
                    runs.push(Together { first: one.first, last: until, records: [*record, one.record].into() });
                }
            }
        }
        let reach = farthest.entry(one.source).or_insert((one.last, one.record));
        *reach = (*reach).max((one.last, one.record));
    }
    name_all(&spans, &mut found);
    found
}

/// Names also the spans beyond which another one of their source reached, each where it is first beside what it excludes.
fn name_all<'f>(spans: &[Span<'f>], found: &mut BTreeMap<Family<'f>, Vec<Together>>) {
    let mut nearest: BTreeMap<Source<'f>, Month> = BTreeMap::new();
    for one in spans.iter().rev() {
        let beside = |source: &Source<'f>, first: Month| source.excludes(one.source) && first <= one.last;
        for (source, first) in nearest.iter().filter(|(source, first)| beside(source, **first)) {
            let Some(runs) = found.get_mut(&source.family.max(one.source.family)) else { continue };
            let at = runs.partition_point(|run| run.last < *first);
            if let Some(run) = runs.get_mut(at) {
                run.records.insert(one.record);
            }
        }
        nearest.insert(one.source, one.first);
    }
}

/// Up to a month as conflicts, each with its months.
fn conflicts(code: ConflictCode, found: BTreeMap<Family<'_>, Vec<Together>>, until: Month) -> Vec<Conflict> {
    let runs = found.into_iter().flat_map(|(family, runs)| runs.into_iter().map(move |run| (family, run)));
    let conflict = |(family, run): (Family<'_>, Together)| {
        let last = run.last.min(until).max(run.first);
        Conflict {
            first: Some(run.first),
            last: Some(last),
            months: months_between(run.first, last),
            ..conflict(code, Some(family), run.records.into_iter().collect())
        }
    };
    runs.map(conflict).collect()
}

/// Benefits drawn twice for a month (C24): employee and resident pension (人社部发〔2014〕17号 art. 8), one pension of two
/// provinces or, for residents, two places (人社厅发〔2019〕94号), a pension and unemployment benefit (社会保险法 art. 51).
pub(crate) fn drawn_twice(drawn: &[Span<'_>]) -> Vec<Conflict> {
    conflicts(ConflictCode::C24, together(drawn.to_vec()), LAST_MONTH)
}

/// Pensions awarded for the same months (Y09), by the same rules, before anything is drawn. The conflict shows the months up
/// to the as-of date.
pub(crate) fn pensions_awarded(set: &RecordSet<'_>, successors: &Successors<'_>, as_of: AsOf) -> Vec<Conflict> {
    let mut spans = Vec::new();
    for (family, range) in set.families() {
        if family.rule().exclusive_benefit && family.rule().ends_with_benefit {
            spans.extend(terms(set, &range).map(|(at, award, last)| Span {
                source: Source::of(award, successors),
                first: award.from,
                last: last.unwrap_or(LAST_MONTH),
                record: number(at),
            }));
        }
    }
    conflicts(ConflictCode::Y09, together(spans), as_of.month)
}

/// Claims of unemployment benefit awarded at several places for the same months (Y09).
pub(crate) fn claims_awarded(
    set: &RecordSet<'_>,
    (family, range): (Family<'_>, &Range<usize>),
    lines: &[MonthLine],
    (successors, as_of): (&Successors<'_>, AsOf),
) -> Vec<Conflict> {
    if !family.rule().exclusive_benefit || family.rule().ends_with_benefit {
        return Vec::new();
    }
    let runs = claims_together(set, range, lines, successors);
    conflicts(ConflictCode::Y09, BTreeMap::from([(family, runs)]), as_of.month)
}

/// The runs of months for which several places awarded unemployment benefit. A claim lasts until it is stopped or the worker
/// pays again (社会保险法 art. 51: re-employment ends it), and no longer than the longest benefit (art. 46).
pub(crate) fn claims_together(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    lines: &[MonthLine],
    successors: &Successors<'_>,
) -> Vec<Together> {
    let paid: Vec<Month> =
        lines.iter().filter(|line| line.status == MonthStatus::Counted).map(|line| line.month).collect();
    let spans = terms(set, range).map(|(at, award, last)| {
        let paid_again = paid.get(paid.partition_point(|month| *month < award.from));
        let ends = [last, paid_again.and_then(|month| month.previous()), award.from.plus(TOTAL_MAX.saturating_sub(1))];
        let last = ends.into_iter().flatten().fold(LAST_MONTH, Month::min).max(award.from);
        Span { source: Source::of(award, successors), first: award.from, last, record: number(at) }
    });
    together(spans.collect()).into_values().flatten().collect()
}
