//! Where a month was paid and by whom, and runs of months that look the same.

use crate::{
    account::{MonthLine, MonthStatus, RecordNumber, Span, SpanHolder},
    records::set::RecordSet,
};
use yizhang_ledger::{
    record::Payer,
    value::{Division, Month, Scheme},
};

/// What makes the record of one month look like that of the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Holder<'f> {
    pub(crate) scheme: Scheme<'f>,
    pub(crate) place: Division,
    pub(crate) payer: Payer<'f>,
    pub(crate) region: Division,
}

impl From<Holder<'_>> for SpanHolder {
    fn from(holder: Holder<'_>) -> Self {
        Self {
            scheme: holder.scheme.to_string(),
            place: holder.place,
            payer: holder.payer.into(),
            region: holder.region,
        }
    }
}

/// The holders of these records, each once.
pub(crate) fn holders<'f>(set: &RecordSet<'f>, numbers: &[RecordNumber]) -> Vec<Holder<'f>> {
    let holder = |number: &RecordNumber| {
        let held = set.numbered(*number)?;
        let (_, contribution) = held.money()?;
        let region = held.fact.region;
        Some(Holder {
            scheme: contribution.scheme,
            place: contribution.place,
            payer: contribution.payer,
            region,
        })
    };
    let mut found: Vec<Holder<'f>> = numbers.iter().filter_map(holder).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Consecutive months with one key.
pub(crate) struct Run<K> {
    pub(crate) first: Month,
    pub(crate) last: Month,
    pub(crate) key: K,
    pub(crate) records: Vec<RecordNumber>,
}

impl<K> Run<K> {
    /// Number of months.
    pub(crate) fn months(&self) -> u32 {
        months_between(self.first, self.last)
    }
}

/// Months from `first` to `last`, both included; 0 if `last` is before.
pub(crate) fn months_between(first: Month, last: Month) -> u32 {
    if last < first {
        return 0;
    }
    let months = u32::try_from(last.since(first)).expect("the last month is not before the first");
    months.checked_add(1).expect("there are 2^16 months")
}

/// Adds a month to the runs. Months come in ascending order.
pub(crate) fn extend<K: PartialEq>(
    runs: &mut Vec<Run<K>>,
    month: Month,
    key: K,
    records: &[RecordNumber],
) {
    match runs.last_mut() {
        Some(run) if run.key == key && run.last.next() == month => {
            run.last = month;
            run.records.extend_from_slice(records);
        }
        _ => runs.push(Run {
            first: month,
            last: month,
            key,
            records: records.to_vec(),
        }),
    }
}

/// The place of the last months that count.
pub(crate) fn last_place(spans: &[Span]) -> Option<Division> {
    spans
        .last()
        .and_then(|span| span.holders.last())
        .map(|holder| holder.place)
}

/// The runs of counted months.
pub(crate) fn spans(set: &RecordSet<'_>, lines: &[MonthLine]) -> Vec<Span> {
    let mut runs = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        extend(&mut runs, line.month, holders(set, &line.by), &[]);
    }
    let span = |run: Run<Vec<Holder<'_>>>| Span {
        first: run.first,
        last: run.last,
        months: run.months(),
        holders: run.key.into_iter().map(SpanHolder::from).collect(),
    };
    runs.into_iter().map(span).collect()
}
