//! Gaps of the pension: what can still be paid, until when, at what price; what a payer owes.

use super::{
    Inputs,
    late_fee::{self, Arrears},
    relation::taken_to,
    workings::{Draft, Workings},
};
use crate::{
    account::{FamilyAccount, FigureName, Gap, GapCause, Ground, MissingName, Standing},
    formulas::count::count_months,
    records::money::FenSum,
    records::set::Role,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::{Payer, PayerKind, Period, Shares},
    value::{Division, Fen, Month},
};
use yizhang_rules::{Key, Value};

/// Most gaps whose price is worked out; the newest ones. The account names them all.
const GAPS_MAX: usize = 100;

/// Writes down for each gap what could close it.
pub(super) fn gaps(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, family: &FamilyAccount) {
    let skipped = family.gaps.len().saturating_sub(GAPS_MAX);
    for gap in family.gaps.iter().skip(skipped) {
        match gap.cause {
            GapCause::Unpaid => unpaid(workings, inputs, family, gap),
            GapCause::Arrears | GapCause::NotFull => owed(workings, inputs, family, gap),
            GapCause::Refunded | GapCause::Later | GapCause::Reversed => {}
        }
    }
}

/// Writes down what payers owe, which no award and no death ends.
pub(super) fn debts(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, family: &FamilyAccount) {
    let skipped = family.gaps.len().saturating_sub(GAPS_MAX);
    let is_owed = |gap: &&Gap| matches!(gap.cause, GapCause::Arrears | GapCause::NotFull);
    for gap in family.gaps.iter().skip(skipped).filter(is_owed) {
        owed(workings, inputs, family, gap);
    }
}

/// What a flexible worker may pay back, by the rules of the place that would take it.
fn unpaid(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, family: &FamilyAccount, gap: &Gap) {
    let month = inputs.as_of.month;
    let draft = |name| {
        Draft::new(name)
            .of_family(&family.family)
            .span(gap.first, gap.last)
    };
    let Some(place) = payee(family, gap) else {
        workings.months(
            draft(FigureName::GapPayable)
                .family(&family.family)
                .lacks(MissingName::Relation),
            None,
        );
        return;
    };
    let (place, renamed) = workings.now(place, month);
    let payable = draft(FigureName::GapPayable)
        .family(&family.family)
        .all(renamed);
    let Some((allowed, rule)) = workings.number(Key::FlexibleBackpay, &family.family, place, month)
    else {
        workings.months(payable.lacks_at(MissingName::Backpay, place, month), None);
        return;
    };
    // A rule may allow more months than the calendar has: then all of it.
    let allowed = u16::try_from(allowed).unwrap_or(u16::MAX);
    // Months m with m + allowed >= the month of the account; the running month can always be paid.
    let first = gap
        .first
        .number()
        .max(month.number().saturating_sub(allowed));
    let months: Vec<Month> = (first..=gap.last.number()).filter_map(Month::new).collect();
    let known = workings.months(payable.on(rule), Some(count_months(months.iter())));
    if months.is_empty() {
        return;
    }
    let until = Month::new(first.saturating_add(allowed));
    workings.month(draft(FigureName::GapUntil).on(known.ground()), until);
    price(
        workings,
        family,
        draft(FigureName::GapPrice).on(known.ground()),
        place,
        &months,
    );
}

/// The place that would take what is paid for a gap: the one before it, or where posted transfers have taken the relation
/// since. Where several provinces hold the month before it, it is as open as that month.
fn payee(family: &FamilyAccount, gap: &Gap) -> Option<Division> {
    let before = family
        .spans
        .iter()
        .rfind(|span| span.last < gap.first)
        .or_else(|| family.spans.first())?;
    let place = before.holders.last()?.place;
    let is_open = before
        .holders
        .iter()
        .any(|holder| holder.place.province() != place.province());
    (!is_open).then(|| taken_to(family, place, before.last))
}

/// Writes down what these months cost at the least: each at its own floor and rate, as published last.
fn price(
    workings: &mut Workings<'_>,
    family: &FamilyAccount,
    mut draft: Draft,
    place: Division,
    months: &[Month],
) {
    let mut sum = Some(FenSum::ZERO);
    for month in months {
        let rate = workings
            .policy
            .rules()
            .rate(Key::FlexibleRate, &family.family, place, *month);
        let rate = workings.use_rule(rate);
        let floor = workings.newest_yuan(Key::BaseFloor, &family.family, place, *month);
        draft = match &rate {
            Some((_, rule)) => draft.on(rule.clone()),
            None => draft.lacks_at(MissingName::Rate, place, *month),
        };
        draft = match &floor {
            Some((_, grounds)) => draft.all(grounds.iter().cloned()),
            None => draft.lacks_at(MissingName::BaseFloor, place, *month),
        };
        let one = rate
            .zip(floor)
            .and_then(|((rate, _), (floor, _))| rate.of_half_up(floor));
        sum = sum.zip(one).map(|(sum, one)| sum.plus(one.into()));
        if sum.is_none() {
            break;
        }
    }
    workings.fen(draft, sum.and_then(FenSum::amount));
}

/// What is due and not paid, for each month and payer the largest due less all that was paid, a period of several months by
/// its months within the gap; and the late fee on what units owe, each month from its own last day of payment.
fn owed(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, family: &FamilyAccount, gap: &Gap) {
    let mut debts: BTreeMap<(Month, Division, (PayerKind, String)), Debt> = BTreeMap::new();
    let mut draft = Draft::new(FigureName::GapOwed)
        .of_family(&family.family)
        .span(gap.first, gap.last);
    for number in &gap.records {
        let held = inputs.set.numbered(*number);
        let Some((held, (role, fields))) = held.and_then(|held| Some((held, held.money()?))) else {
            continue;
        };
        let months: Vec<Month> = fields
            .period
            .iter()
            .filter(|month| gap.first <= *month && *month <= gap.last)
            .collect();
        let part = |shares: Shares| months_part(shares, months.len(), fields.period);
        let (due, paid) = match (role, held.standing) {
            (Role::Due, Standing::Held) => (part(fields.due), 0),
            (Role::Received, Standing::NotFull) => (part(fields.due), part(fields.paid)),
            _ => continue,
        };
        let payer = (fields.payer.kind, payer_now(workings, inputs, fields.payer));
        let debt = debts
            .entry((fields.period.first, fields.place, payer))
            .or_default();
        if debt.months.is_empty() || due > debt.due {
            debt.months = months;
        }
        debt.due = debt.due.max(due);
        debt.paid = debt.paid.plus(paid.into());
        draft = draft.on(Ground::Record(*number));
    }
    if debts.is_empty() {
        return;
    }
    let owed = FenSum::of(debts.values().map(Debt::left));
    let known = workings.fen(draft, owed.amount());
    // Only units owe a late fee (社会保险法 art. 86).
    let mut arrears = Vec::new();
    for ((_, place, (kind, _)), debt) in &debts {
        if *kind == PayerKind::Unit {
            arrears.extend(debt.by_month(*place));
        }
    }
    let draft = Draft::new(FigureName::GapLateFee)
        .of_family(&family.family)
        .span(gap.first, gap.last)
        .on(known.ground());
    late_fee::late_fee(workings, inputs.as_of.day, draft, &arrears);
}

/// The payer by the code that it has now (C28).
fn payer_now(workings: &Workings<'_>, inputs: Inputs<'_, '_>, payer: Payer<'_>) -> String {
    let successor = workings
        .policy
        .employer_successor(payer.id.as_str(), inputs.as_of.month);
    match successor.map(|rule| &rule.value) {
        Some(Value::Code(code)) => code.clone(),
        _ => payer.id.as_str().to_owned(),
    }
}

/// What both shares come to for some months of a period, in fen; what does not divide is left out.
fn months_part(shares: Shares, some: usize, period: Period) -> i64 {
    const BOUND: &str = "two amounts of at most 10^15 fen, 255 times, fit 64 bits";
    let some = i64::try_from(some).expect("a period has at most 255 months");
    let both = shares.unit.get().checked_add(shares.person.get());
    let product = both.and_then(|both| both.checked_mul(some)).expect(BOUND);
    let all = i64::from(period.months.max(1));
    product.checked_div(all).expect("a count from 1 on divides")
}

/// What is due of a month or period and payer, and what was paid of it, in fen.
#[derive(Default)]
struct Debt {
    due: i64,
    paid: FenSum,
    /// The months of the gap for which it is due.
    months: Vec<Month>,
}

impl Debt {
    fn left(&self) -> FenSum {
        FenSum::from(self.due).minus(self.paid).or_nothing()
    }

    /// What is left of it by month, in equal shares, as each month has a last day of payment of its own. The last month takes what
    /// does not divide.
    fn by_month(&self, place: Division) -> Vec<Arrears> {
        let mut left = self.left().shown();
        let count = i64::try_from(self.months.len()).expect("a period has at most 255 months");
        // Of no months, which have no arrears either.
        let share = left.checked_div(count).unwrap_or(0);
        let mut arrears = Vec::new();
        for (at, month) in self.months.iter().enumerate() {
            let is_last = self.months.len().checked_sub(at) == Some(1);
            let owed = if is_last { left } else { share };
            left = left
                .checked_sub(owed)
                .expect("a share is no more than is left");
            if let Some(owed) = Fen::new(owed)
                && owed > Fen::ZERO
            {
                let month = *month;
                arrears.push(Arrears { month, place, owed });
            }
        }
        arrears
    }
}
