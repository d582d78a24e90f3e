//! Gaps of the pension: what can still be paid, until when, at what price; what a payer owes.

use super::{
    Desk,
    sheet::{Draft, Sheet},
};
use crate::{
    account::{FamilyAccount, FigureName, Gap, GapCause, Ground, MissingName, Standing},
    set::Role,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::Shares,
    value::{Division, Fen, Month},
};
use yizhang_rules::Key;

/// Most gaps whose price is worked out; the newest ones. The account names them all.
const GAPS_MAX: usize = 100;

/// Writes down for each gap what could close it.
pub(super) fn gaps(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount) {
    let skipped = family.gaps.len().saturating_sub(GAPS_MAX);
    for gap in family.gaps.iter().skip(skipped) {
        match gap.cause {
            GapCause::Unpaid => unpaid(sheet, desk, family, gap),
            GapCause::Arrears | GapCause::NotFull => owed(sheet, desk, family, gap),
            GapCause::Refunded | GapCause::Later | GapCause::Reversed => {}
        }
    }
}

/// What a flexible worker may pay back where the months before the gap were paid.
fn unpaid(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount, gap: &Gap) {
    let before = family.spans.iter().rfind(|span| span.last < gap.first).or_else(|| family.spans.first());
    let Some(place) = before.and_then(|span| span.holders.last()).map(|holder| holder.place) else { return };
    let month = desk.as_of.month;
    let draft = Draft::new(FigureName::GapPayable).of_family(&family.family).span(gap.first, gap.last);
    let Some((allowed, rule)) = sheet.number(Key::FlexibleBackpay, &family.family, place, month) else {
        sheet.months(draft.lacks_at(MissingName::Backpay, place, month), None);
        return;
    };
    // Months m with m + allowed >= the month of the account; the running month can always be paid.
    let begins = month.number().saturating_sub(u16::try_from(allowed).unwrap_or(u16::MAX));
    let first = gap.first.number().max(begins);
    let payable = gap.last.number().saturating_add(1).saturating_sub(first);
    let known = sheet.months(draft.on(rule), Some(u32::from(payable)));
    if payable == 0 {
        return;
    }
    let until = Month::new(first.saturating_add(u16::try_from(allowed).unwrap_or(u16::MAX)));
    let draft = Draft::new(FigureName::GapUntil).of_family(&family.family).span(gap.first, gap.last);
    sheet.month(draft.on(known.ground()), until);
    let draft = Draft::new(FigureName::GapPrice).of_family(&family.family).span(gap.first, gap.last).on(known.ground());
    let rate = sheet.policy.rules().rate(Key::FlexibleRate, &family.family, place, month);
    let rate = sheet.use_rule(rate);
    let floor = sheet.newest_yuan(Key::BaseFloor, &family.family, place, month);
    let draft = match &rate {
        Some((_, rule)) => draft.on(rule.clone()),
        None => draft.lacks_at(MissingName::Rate, place, month),
    };
    let draft = match &floor {
        Some((_, grounds)) => draft.all(grounds.iter().cloned()),
        None => draft.lacks_at(MissingName::BaseFloor, place, month),
    };
    let price = rate
        .zip(floor)
        .and_then(|((rate, _), (floor, _))| Fen::new(rate.of_half_up(floor)?.get().checked_mul(i64::from(payable))?));
    sheet.fen(draft, price);
}

/// What is due and not paid, for each month and payer the largest due less all that was paid, a period of several months by
/// its months within the gap. The late fee is added when it is paid: the rule says at what rate.
fn owed(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount, gap: &Gap) {
    let mut debts: BTreeMap<(Month, String), Debt> = BTreeMap::new();
    let mut place: Option<Division> = None;
    let mut draft = Draft::new(FigureName::GapOwed).of_family(&family.family).span(gap.first, gap.last);
    for number in &gap.records {
        let held = usize::try_from(number.0).ok().and_then(|at| desk.set.get(at));
        let Some((held, (role, fields))) = held.and_then(|held| Some((held, held.money()?))) else { continue };
        let both = |shares: &Shares| shares.unit.get().saturating_add(shares.person.get());
        let inside = fields.period.iter().filter(|month| gap.first <= *month && *month <= gap.last).count();
        let part = |amount: i64| {
            let inside = i64::try_from(inside).unwrap_or(i64::MAX);
            amount.saturating_mul(inside).checked_div(i64::from(fields.period.months.max(1))).unwrap_or(0)
        };
        let (due, paid) = match (role, held.standing) {
            (Role::Due, Standing::Held) => (part(both(&fields.due)), 0),
            (Role::Received, Standing::NotFull) => (part(both(&fields.due)), part(both(&fields.paid))),
            _ => continue,
        };
        let debt = debts.entry((fields.period.first, fields.payer.id.as_str().to_owned())).or_default();
        debt.due = debt.due.max(due);
        debt.paid = debt.paid.saturating_add(paid);
        place = Some(fields.place);
        draft = draft.on(Ground::Record(*number));
    }
    let Some(place) = place else { return };
    let owed = debts.values().fold(0_i64, |sum, debt| sum.saturating_add(debt.due.saturating_sub(debt.paid).max(0)));
    let rate = sheet.policy.rules().rate(Key::LateFeeRate, "", place, desk.as_of.month);
    let rule = sheet.use_rule(rate).map(|(_, rule)| rule);
    sheet.fen(draft.all(rule), Fen::new(owed));
}

/// What is due of a month and payer, and what was paid of it, in fen.
#[derive(Default)]
struct Debt {
    due: i64,
    paid: i64,
}
