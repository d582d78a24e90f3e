//! Months of work on platforms: each platform, and what they add up to.

use crate::{
    account::{Earned, Standing, WorkLine, WorkMonth, Worked, mode_word, trade_word},
    records::set::{Held, RecordSet, number},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::{PlatformMonth, Record},
    value::Month,
};

/// By month: what was corrected is among the lines, and adds nothing.
pub(crate) fn months(set: &RecordSet<'_>) -> Vec<WorkMonth> {
    let mut months: BTreeMap<Month, Vec<WorkLine>> = BTreeMap::new();
    for (at, held) in set.iter() {
        if let Record::PlatformMonth(fields) = &held.fact.record
            && matches!(held.standing, Standing::Held | Standing::Corrected)
        {
            let of_month = months.entry(fields.month).or_default();
            of_month.push(line(at, held, fields));
        }
    }
    months
        .into_iter()
        .map(|(month, lines)| sum(month, lines))
        .collect()
}

fn line(at: usize, held: &Held<'_>, fields: &PlatformMonth<'_>) -> WorkLine {
    WorkLine {
        platform: fields.platform.as_str().to_owned(),
        place: fields.place,
        trade: trade_word(fields.trade).to_owned(),
        mode: mode_word(fields.mode).to_owned(),
        days: fields.work.days,
        longest_minutes: fields.work.longest_minutes,
        worked: (&fields.work).into(),
        earned: (&fields.earnings).into(),
        rows: fields.file.rows,
        root: fields.file.root,
        corrected_by: held.because.map(number),
        record: number(at),
    }
}

fn sum(month: Month, mut lines: Vec<WorkLine>) -> WorkMonth {
    lines.sort_by(|one, other| {
        let key = |line: &WorkLine| (line.place, line.record);
        (&one.platform, key(one)).cmp(&(&other.platform, key(other)))
    });
    let (mut worked, mut earned) = (Worked::default(), Earned::default());
    // An account has at most some thousands of records, and each of its sums is far from the bound.
    for line in lines.iter().filter(|line| line.corrected_by.is_none()) {
        let (of, by) = (&mut worked, &line.worked);
        of.orders = of.orders.saturating_add(by.orders);
        of.insured_orders = of.insured_orders.saturating_add(by.insured_orders);
        of.minutes = of.minutes.saturating_add(by.minutes);
        of.night_minutes = of.night_minutes.saturating_add(by.night_minutes);
        let (of, by) = (&mut earned, &line.earned);
        of.gross = of.gross.saturating_add(by.gross);
        of.incentives = of.incentives.saturating_add(by.incentives);
        of.deductions = of.deductions.saturating_add(by.deductions);
        of.refunds = of.refunds.saturating_add(by.refunds);
        of.net = of.net.saturating_add(by.net);
    }
    WorkMonth {
        month,
        worked,
        earned,
        platforms: lines,
    }
}
