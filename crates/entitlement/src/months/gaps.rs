//! Gaps: runs of months without one that counts, from the first contribution to the as-of month, with their cause.

use crate::{
    account::{Gap, GapCause, MonthLine, MonthStatus, Participation, RecordNumber},
    months::{
        holders::{Run, extend, months_between},
        overlap::{Bounds, Cover},
    },
};
use yizhang_ledger::{entry::Kind, value::Month};

/// The gaps of a family. Months that count in the covering family are none, nor are those that stand beside other cover (a
/// resident's, while employee medical insurance covered them), nor those after its end.
pub(crate) fn gaps(lines: &[MonthLine], facts: &[Participation], bounds: Bounds<'_>) -> Vec<Gap> {
    let now = bounds.as_of.month;
    let Some(until) = bounds.ends.last_month(now) else {
        return Vec::new();
    };
    let Some(first) = lines.iter().find(|line| begins(line)) else {
        return Vec::new();
    };
    if first.month > until {
        return Vec::new();
    }
    let covers = [bounds.cover, bounds.beside];
    let known = known_months(first.month, until, lines, covers);
    let mut gaps = Vec::new();
    for run in runs(first.month, until, known) {
        let months = run.months();
        let records = if run.key == GapCause::Unpaid {
            suspension(facts, run.first)
        } else {
            distinct(run.records)
        };
        gaps.push(Gap {
            first: run.first,
            last: run.last,
            months,
            cause: run.key,
            open: run.last == now,
            records,
        });
    }
    gaps
}

/// Whether the contributions of a family may begin with a month: something came of it, though it may have gone back since.
const fn begins(line: &MonthLine) -> bool {
    !matches!(
        line.status,
        MonthStatus::Later | MonthStatus::Reversed | MonthStatus::Unpaid
    )
}

/// A month of which something is known.
struct KnownMonth<'l> {
    month: Month,
    /// None, where it counts here or in one of the families whose cover takes its place.
    lacking: Option<Lacking<'l>>,
}

/// Why a month does not count, with its records.
struct Lacking<'l> {
    cause: GapCause,
    records: &'l [RecordNumber],
}

/// The months from `first` to `last` about which something is known. Ascending, each once.
fn known_months<'l>(
    first: Month,
    last: Month,
    lines: &'l [MonthLine],
    covers: [Cover<'_>; 2],
) -> Vec<KnownMonth<'l>> {
    let mut known = Vec::new();
    for line in lines {
        known.push(KnownMonth {
            month: line.month,
            lacking: cause(line.status).map(|cause| Lacking {
                cause,
                records: &line.others,
            }),
        });
    }
    for month in covers.into_iter().flat_map(Cover::months) {
        let lacking = None;
        known.push(KnownMonth { month, lacking });
    }
    known.retain(|one| one.month >= first && one.month <= last);
    known.sort_by_key(|one| (one.month, one.lacking.is_some()));
    known.dedup_by_key(|one| one.month);
    known
}

const fn cause(status: MonthStatus) -> Option<GapCause> {
    match status {
        MonthStatus::Counted
        | MonthStatus::Employee
        | MonthStatus::Future
        | MonthStatus::AfterBenefit
        | MonthStatus::AfterDeath
        | MonthStatus::Deemed => None,
        MonthStatus::NotFull => Some(GapCause::NotFull),
        MonthStatus::Refunded => Some(GapCause::Refunded),
        MonthStatus::Arrears => Some(GapCause::Arrears),
        MonthStatus::Later => Some(GapCause::Later),
        MonthStatus::Reversed => Some(GapCause::Reversed),
        MonthStatus::Unpaid => Some(GapCause::Unpaid),
    }
}

fn runs(first: Month, last: Month, known: Vec<KnownMonth<'_>>) -> Vec<Run<GapCause>> {
    let mut runs: Vec<Run<GapCause>> = Vec::new();
    let mut expected = first;
    for one in known {
        unpaid(&mut runs, expected, one.month);
        if let Some(Lacking { cause, records }) = one.lacking {
            extend(&mut runs, one.month, cause, records);
        }
        expected = one.month.next();
    }
    unpaid(&mut runs, expected, last.next());
    runs
}

/// Adds the months from `from` up to, but without, `until`: nothing is known of them. One step, however many months.
fn unpaid(runs: &mut Vec<Run<GapCause>>, from: Month, until: Month) {
    let Some(last) = until.previous().filter(|last| *last >= from) else {
        return;
    };
    if months_between(from, last) > 0 {
        extend(runs, from, GapCause::Unpaid, &[]);
    }
    if let Some(run) = runs.last_mut() {
        run.last = last;
    }
}

/// The suspension or end of participation in force when the gap begins. `facts` are in order of their months.
fn suspension(facts: &[Participation], first: Month) -> Vec<RecordNumber> {
    let known = facts.iter().rfind(|fact| fact.from <= first);
    let ended = known.filter(|fact| matches!(fact.kind, Kind::SUSPEND | Kind::TERMINATE));
    ended.map(|fact| fact.record).into_iter().collect()
}

fn distinct(mut records: Vec<RecordNumber>) -> Vec<RecordNumber> {
    records.sort_unstable();
    records.dedup();
    records
}
