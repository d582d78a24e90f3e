//! The late fee 滞纳金 on what units owe, were it paid on the account's day (社会保险法 art. 86).

use super::workings::{Draft, Workings};
use crate::{
    account::{Assumption, Ground, MissingName},
    formulas::late_fee::{self, DailyRate, DayCount, FirstDay, LastDay, LatePayment},
};
use yizhang_ledger::value::{Day, Division, Fen, Month};
use yizhang_rules::{Key, Value};

/// Most months of lateness for which rates are looked up: a hundred years.
const LATE_MONTHS_MAX: usize = 1_200;

/// What a unit owes for a month at a place.
pub(super) struct Arrears {
    pub(super) month: Month,
    pub(super) place: Division,
    pub(super) owed: Fen,
}

/// Writes down the fee on all of these together; nothing where units owe nothing. The last day of payment is a rule of the
/// place, without which the figure says that it is missing. Days count from the one after it to the day of payment, both
/// included: practice of the tax authorities.
pub(super) fn late_fee(workings: &mut Workings<'_>, today: Day, draft: Draft, arrears: &[Arrears]) {
    if arrears.is_empty() {
        return;
    }
    let mut draft = draft.assumed(Assumption::PaidToday);
    let mut total = Some(0_i64);
    for one in arrears {
        let Some((due, rule)) = due_day(workings, one) else {
            draft = draft.lacks_at(MissingName::DueDay, one.place, one.month);
            total = None;
            continue;
        };
        let (rates, grounds) = daily_rates(workings, one.place, due..=today);
        draft = draft.on(rule).all(grounds);
        let count = DayCount {
            first: FirstDay::DayAfter,
            last: LastDay::PaymentDay,
        };
        let late = LatePayment {
            owed: one.owed,
            due,
            paid: today,
        };
        let fee = late_fee::late_fee(&rates, count, late);
        total = total
            .zip(fee)
            .and_then(|(total, fee)| total.checked_add(fee.fee.get()));
    }
    workings.fen(draft, total.and_then(Fen::new));
}

/// The last day on which a month's contribution was due: that of the following month, or its last one.
fn due_day(workings: &mut Workings<'_>, arrears: &Arrears) -> Option<(Day, Ground)> {
    let (day, rule) = workings.number(Key::DueDay, "", arrears.place, arrears.month)?;
    let next = arrears.month.next();
    // The last year is 5461, and a day of a rule one of a month: nothing saturates.
    let month = u32::from(next.year())
        .saturating_mul(100)
        .saturating_add(next.month().into())
        .saturating_mul(100);
    // The shortest month has 28 days.
    let day = (28..=day.max(28))
        .rev()
        .map(|last| last.min(day))
        .find_map(|day| Day::new(month.saturating_add(day)))?;
    Some((day, rule))
}

/// The rates of the days from one to another, each from the first day of the month of which its rule holds.
fn daily_rates(
    workings: &mut Workings<'_>,
    place: Division,
    days: std::ops::RangeInclusive<Day>,
) -> (Vec<DailyRate>, Vec<Ground>) {
    let series = workings.policy.rules().series(Key::LateFeeRate, "", place);
    let (mut rates, mut grounds) = (Vec::new(), Vec::new());
    let (Some(mut month), Some(last)) = (days.start().in_month(), days.end().in_month()) else {
        return (rates, grounds);
    };
    let mut before = None;
    for _ in 0..LATE_MONTHS_MAX {
        if month > last {
            break;
        }
        let rule = series.at(month);
        if let Some(rule) = rule.filter(|rule| before != Some(rule.id.as_str()))
            && let (Value::Rate(rate), Some(from)) = (&rule.value, first_day(month))
        {
            rates.push(DailyRate { from, rate: *rate });
            grounds.push(workings.rule(rule));
        }
        before = rule.map(|rule| rule.id.as_str());
        month = month.next();
    }
    (rates, grounds)
}

fn first_day(month: Month) -> Option<Day> {
    let number = u32::from(month.year())
        .checked_mul(100)?
        .checked_add(month.month().into())?;
    Day::new(number.checked_mul(100)?.checked_add(1)?)
}
