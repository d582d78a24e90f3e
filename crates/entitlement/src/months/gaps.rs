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
    let Bounds {
        cover,
        beside,
        ends,
        as_of,
    } = bounds;
    let Some(until) = ends.last_month(as_of.month) else {
        return Vec::new();
    };
    let begins = |line: &&MonthLine| {
        let none = matches!(
            line.status,
            MonthStatus::Later | MonthStatus::Reversed | MonthStatus::Unpaid
        );
        !none && line.month <= until
    };
    let Some(first) = lines.iter().find(begins).map(|line| line.month) else {
        return Vec::new();
    };
    let runs = runs(first, marks(first, lines, [cover, beside], until), until);
    let gap = |run: Run<GapCause>| Gap {
        first: run.first,
        last: run.last,
        months: run.months(),
        cause: run.key,
        open: run.last == as_of.month,
        records: if run.key == GapCause::Unpaid {
            suspension(facts, run.first)
        } else {
            distinct(run.records)
        },
    };
    runs.into_iter().map(gap).collect()
}

/// Months between `first` and `until` about which something is known: no cause if they count here or in one of the
/// families whose cover takes their place. Ascending, each once.
fn marks<'l>(
    first: Month,
    lines: &'l [MonthLine],
    covers: [Cover<'_>; 2],
    until: Month,
) -> Vec<(Month, Option<(GapCause, &'l MonthLine)>)> {
    let own = lines
        .iter()
        .map(|line| (line.month, cause(line.status).map(|cause| (cause, line))));
    let covered = covers
        .into_iter()
        .flat_map(Cover::months)
        .map(|month| (month, None));
    let within =
        |(month, _): &(Month, Option<(GapCause, &MonthLine)>)| *month >= first && *month <= until;
    let mut marks: Vec<_> = own.chain(covered).filter(within).collect();
    marks.sort_unstable_by_key(|(month, cause)| (*month, cause.is_some()));
    marks.dedup_by_key(|(month, _)| *month);
    marks
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

fn runs(
    first: Month,
    marks: Vec<(Month, Option<(GapCause, &MonthLine)>)>,
    last: Month,
) -> Vec<Run<GapCause>> {
    let mut runs: Vec<Run<GapCause>> = Vec::new();
    let mut expected = first;
    for (month, mark) in marks {
        unpaid(&mut runs, expected, month);
        if let Some((cause, line)) = mark {
            extend(&mut runs, month, cause, &line.others);
        }
        expected = month.next();
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
