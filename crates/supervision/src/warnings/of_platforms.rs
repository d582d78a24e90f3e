//! Rules about platforms: premiums, coverage, headcount, the special fund.

use super::{Candidate, Finding, Rule};
use crate::{
    coverage::{Headcount, Line, Orders, Sums},
    days,
    fund::{Dues, PlatformFund},
    money::FenSum,
    named::Named,
    terms::Terms,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::RecordId,
    value::{Division, Month},
};
use yizhang_rules::Key;

/// What the rules of platforms find, ordered by rule, platform, place and month.
pub fn of_platforms(
    sums: &Sums,
    lines: &[Line],
    funds: &[PlatformFund],
    terms: &Terms<'_>,
) -> Vec<Candidate> {
    let mut months: BTreeMap<(&str, Division, Month), Vec<&Line>> = BTreeMap::new();
    for line in lines.iter().filter(|line| terms.is_over(line.month)) {
        let key = (line.platform.as_str(), line.place, line.month);
        months.entry(key).or_default().push(line);
    }
    let premiums = months
        .iter()
        .filter_map(|(key, lines)| premium_unpaid(*key, lines, sums, terms));
    let coverage = months
        .iter()
        .filter_map(|(key, lines)| coverage_short(*key, lines, terms));
    let mut found: Vec<Candidate> = premiums.collect();
    found.extend(coverage);
    found.extend(headcount_drops(sums, terms));
    for fund in funds {
        found.extend(fund_arrears(fund, terms));
    }
    found
}

/// A platform, a place and a month.
type Key3<'k> = (&'k str, Division, Month);

/// Whether more days have gone by since a month than a rule allows.
fn is_past(key: Key, place: Division, month: Month, terms: &Terms<'_>) -> bool {
    let gone = days::between(days::last_of(month), terms.day());
    let limit = terms.number(key, place, month);
    limit.is_some_and(|limit| gone > limit)
}

fn premium_unpaid(
    (platform, place, month): Key3<'_>,
    lines: &[&Line],
    sums: &Sums,
    terms: &Terms<'_>,
) -> Option<Candidate> {
    let unpaid = || lines.iter().filter(|line| line.unpaid().is_some());
    if unpaid().next().is_none() || !is_past(Key::WarningPremium, place, month, terms) {
        return None;
    }
    let add = |of: fn(&Line) -> FenSum| unpaid().fold(FenSum::ZERO, |sum, line| sum.plus(of(line)));
    let finding = Finding {
        rule: Rule::PremiumUnpaid,
        worker: None,
        party: platform,
        case: None,
        place,
        first: month,
        last: month,
        found: add(Line::paid).unsigned(),
        wanted: add(|line| line.due.unwrap_or_default()).unsigned(),
    };
    let stated: Vec<RecordId> = unpaid()
        .filter_map(|line| line.premium.as_ref())
        .flat_map(|premium| premium.records.iter().copied())
        .collect();
    if stated.is_empty() {
        let workers = sums.workers(platform, place, month)?;
        return Some(finding.resting_on(workers, terms));
    }
    Some(finding.candidate(stated, terms))
}

fn coverage_short(
    (platform, place, month): Key3<'_>,
    lines: &[&Line],
    terms: &Terms<'_>,
) -> Option<Candidate> {
    if month < terms.first_month() {
        return None;
    }
    let share = terms.rate(Key::WarningCoverage, place, month)?;
    let mut orders = Orders::default();
    for line in lines {
        orders.merge(&line.deposited);
    }
    let wanted = u128::from(orders.orders).saturating_mul(u128::from(share.get()));
    let wanted = u64::try_from(wanted.div_ceil(10_000)).ok()?;
    if orders.insured_orders >= wanted {
        return None;
    }
    let finding = Finding {
        rule: Rule::CoverageShort,
        worker: None,
        party: platform,
        case: None,
        place,
        first: month,
        last: month,
        found: orders.insured_orders,
        wanted,
    };
    Some(finding.resting_on(&orders.short, terms))
}

/// Months that have fewer workers than the one before by more than the rule allows, once the days are gone by in which a month is deposited
/// (those of its premium).
fn headcount_drops(sums: &Sums, terms: &Terms<'_>) -> Vec<Candidate> {
    let drops = sums
        .headcounts()
        .filter_map(|before| headcount_drop(&before, sums, terms));
    drops.collect()
}

fn headcount_drop(before: &Headcount, sums: &Sums, terms: &Terms<'_>) -> Option<Candidate> {
    let (place, month) = (before.place, before.month.next());
    let is_looked_at = month >= terms.first_month()
        && terms.is_over(month)
        && is_past(Key::WarningPremium, place, month, terms);
    let least = terms.number(Key::WarningHeadcountLeast, place, month)?;
    if !is_looked_at || before.workers.count() < u64::from(least) {
        return None;
    }
    let drop = terms.rate(Key::WarningHeadcountDrop, place, month)?;
    let kept = 10_000_u32.saturating_sub(drop.get());
    let wanted = u128::from(before.workers.count()).saturating_mul(u128::from(kept));
    let wanted = u64::try_from(wanted.div_ceil(10_000)).ok()?;
    let now = sums.workers(&before.platform, place, month);
    let found = now.map_or(0, Named::count);
    if found >= wanted {
        return None;
    }
    let mut named = before.workers.clone();
    if let Some(now) = now {
        named.merge(now);
    }
    let finding = Finding {
        rule: Rule::HeadcountDrop,
        worker: None,
        party: &before.platform,
        case: None,
        place,
        first: month,
        last: month,
        found,
        wanted,
    };
    Some(finding.resting_on(&named, terms))
}

/// Arrears of the fund by first month: two periods that begin together are one warning.
fn fund_arrears(fund: &PlatformFund, terms: &Terms<'_>) -> Vec<Candidate> {
    let mut late: BTreeMap<Month, Vec<&Dues>> = BTreeMap::new();
    for dues in &fund.dues {
        let is_late = is_past(Key::WarningFund, fund.place, dues.last, terms);
        if is_late && dues.arrears().is_some() {
            late.entry(dues.first).or_default().push(dues);
        }
    }
    late.into_iter()
        .filter_map(|(first, dues)| {
            let last = dues.iter().map(|dues| dues.last).max()?;
            let add = |of: fn(&Dues) -> FenSum| {
                let sums = dues.iter().map(|dues| of(dues));
                sums.fold(FenSum::ZERO, FenSum::plus).unsigned()
            };
            let finding = Finding {
                rule: Rule::FundArrears,
                worker: None,
                party: &fund.platform,
                case: None,
                place: fund.place,
                first,
                last,
                found: add(|dues| dues.paid),
                wanted: add(Dues::due),
            };
            let records = dues.iter().flat_map(|dues| dues.records.iter().copied());
            Some(finding.candidate(records.collect(), terms))
        })
        .collect()
}
