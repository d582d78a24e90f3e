//! The personal account: as posted, with interest estimated for years that no agency has posted, and what has to be given
//! back of it.

use super::{
    Desk, Folded, left,
    place::posted_cases,
    sheet::{Draft, Known, Sheet},
};
use crate::{
    account::{
        Amount, Assumption, FamilyAccount, FigureName, Ground, Missing, MissingName, MonthStatus,
        RecordNumber, TransferCase,
    },
    formulas::interest::{Bearing, Credit, year_interest},
    months::{totals, years::still_due},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Fen, Month},
};
use yizhang_rules::{Key, Where};

/// The personal account of a family, written down.
#[derive(Clone, Copy)]
pub(super) struct PersonalAccount {
    balance: Known<Fen>,
    /// What has to be given back of it.
    owed: Option<Known<Fen>>,
    /// Whether agencies hold money for one month in two places, and nobody has said which of it stays.
    is_double: bool,
}

impl PersonalAccount {
    /// What is left of it for a pension, with what that rests on.
    pub(super) fn left(&self, draft: Draft) -> (Option<Fen>, Draft) {
        let owed = self.owed.as_ref();
        let draft = draft.on(self.balance.ground()).all(owed.map(Known::ground));
        let draft = draft.assumed(Assumption::NoFurtherInterest);
        let draft = if self.is_double {
            draft.assumed(Assumption::DoubleMoneyIncluded)
        } else {
            draft
        };
        let draft = if owed.is_some() {
            draft.assumed(Assumption::PrincipalOnly)
        } else {
            draft
        };
        let left = |balance: Fen, owed: Fen| Fen::new(balance.get().checked_sub(owed.get())?);
        let value = match owed {
            Some(owed) => self
                .balance
                .value
                .zip(owed.value)
                .and_then(|(balance, owed)| left(balance, owed)),
            None => self.balance.value,
        };
        (value, draft)
    }
}

/// Writes down the personal account as posted, with interest estimated, and what has to be given back of it.
pub(super) fn balance(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    folded: Folded<'_>,
) -> PersonalAccount {
    let family = folded.account;
    let brought = desk.bridges.joining(&family.family);
    let posted = family.credited.total.saturating_add(family.interest.total);
    let posted = Fen::new(posted.saturating_add(brought.map_or(0, |joined| joined.amount().get())));
    let draft = Draft::new(FigureName::BalancePosted)
        .of_family(&family.family)
        .family(&family.family);
    let draft = draft.all(brought.map(|joined| Ground::Record(joined.record)));
    let mut balance = sheet.fen(draft, posted);
    // After a death or an award it is paid out, or to be paid out: what it would bear is not known here.
    if desk.person.death.is_empty() && !folded.is_drawn(desk.as_of) {
        let draft = Draft::new(FigureName::BalanceInterim)
            .of_family(&family.family)
            .on(balance.ground());
        let (interim, draft) = interim(sheet, desk, folded, draft);
        balance = sheet.fen(draft, interim);
    }
    let owed = owed(sheet, folded);
    if !desk.person.death.is_empty() || folded.is_drawn(desk.as_of) {
        left::left(sheet, desk, folded, (balance, owed));
    }
    let is_double = family
        .months
        .iter()
        .any(|line| line.status == MonthStatus::Counted && line.by.len() > 1);
    PersonalAccount {
        balance,
        owed,
        is_double,
    }
}

/// Writes down what has to be given back: of records that an agreement has cleared, of months of residents that count as
/// employee months (C04), of months after a benefit began or after death (C21, C22). Nothing where nothing is owed.
fn owed(sheet: &mut Sheet<'_>, folded: Folded<'_>) -> Option<Known<Fen>> {
    let family = folded.account;
    let mut owed = debts(family);
    for debt in folded.debts {
        let credited = debt.credited_sum();
        owed.extend((credited > 0).then_some((credited, debt.record)));
    }
    let draft = Draft::new(FigureName::BalanceOwed).of_family(&family.family);
    let draft = draft.all(owed.iter().map(|(_, record)| Ground::Record(*record)));
    // It is given back with interest (人社部发〔2009〕187号 art. 3).
    let draft = draft.assumed(Assumption::PrincipalOnly);
    (!owed.is_empty()).then(|| sheet.fen(draft, Fen::new(sum(&owed))))
}

/// What has to be given back of the personal account of a family.
pub(crate) fn owed_of(family: &FamilyAccount) -> i64 {
    sum(&debts(family))
}

fn sum(debts: &[(i64, RecordNumber)]) -> i64 {
    debts
        .iter()
        .fold(0_i64, |sum, (one, _)| sum.saturating_add(*one))
}

fn debts(family: &FamilyAccount) -> Vec<(i64, RecordNumber)> {
    let left = |due: &Amount, back: Amount| {
        let share = |due: i64, back: i64| due.saturating_sub(back).max(0);
        share(due.unit, back.unit).saturating_add(share(due.person, back.person))
    };
    let cleared = family
        .cleared
        .iter()
        .map(|line| (left(&line.due, line.refunded), line.record));
    let resident = family
        .years
        .iter()
        .map(|line| (still_due(line), line.record));
    cleared
        .chain(resident)
        .filter(|(sum, _)| *sum > 0)
        .collect()
}

/// The balance year by year and province by province: credits by the month in which they were received, interest as posted
/// there, or by whoever took the account over in that year, else by the rate of the year, else none and said so. The year
/// of the account's date has no interest yet.
fn interim(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    folded: Folded<'_>,
    mut draft: Draft,
) -> (Option<Fen>, Draft) {
    let family = folded.account;
    let mut credits = totals::credits(desk.set, folded.range);
    if let Some(joined) = desk.bridges.joining(&family.family) {
        let month = credits
            .entry(joined.place().province())
            .or_default()
            .entry(joined.month)
            .or_default();
        *month = month.saturating_add(joined.amount().get());
    }
    let posted = postings(desk, family);
    let moves = moves(family);
    let years = credits
        .values()
        .flat_map(BTreeMap::keys)
        .map(|month| month.year());
    let Some(first) = years.chain(posted.keys().map(|(year, _)| *year)).min() else {
        return (Some(Fen::ZERO), draft);
    };
    let provinces: BTreeSet<Division> = credits
        .keys()
        .chain(posted.keys().map(|(_, province)| province))
        .chain(moves.iter().map(|(.., target)| target))
        .copied()
        .collect();
    let mut balances: BTreeMap<Division, Fen> = BTreeMap::new();
    let mut unknown: BTreeSet<u16> = BTreeSet::new();
    for year in first..=desk.as_of.month.year() {
        for province in &provinces {
            let opening = balances.get(province).copied().unwrap_or(Fen::ZERO);
            let credits = credits
                .get(province)
                .map(|months| of_year(months, year))
                .unwrap_or_default();
            let here = posted.get(&(year, *province)).copied();
            let is_posted =
                here.is_some() || posted.contains_key(&(year, held_by(&moves, year, *province)));
            let is_empty = opening == Fen::ZERO && credits.is_empty();
            let estimated = year < desk.as_of.month.year() && !is_posted && !is_empty;
            let rate = Month::of(year, 1).filter(|_| estimated).and_then(|month| {
                let place = Where::Whole(*province);
                let rate =
                    sheet
                        .policy
                        .rules()
                        .rate(Key::PensionInterest, &family.family, place, month);
                Some((sheet.use_rule(rate)?, bearing(sheet, place, month)))
            });
            let closing = if let Some(((rate, rule), (bearing, offset))) = rate {
                draft = draft.on(rule).all(offset);
                year_interest(opening, &credits, rate, bearing).map(|year| year.closing)
            } else {
                unknown.extend(estimated.then_some(year));
                let amounts = credits.iter().map(|credit| credit.amount.get()).chain(here);
                Fen::new(amounts.fold(opening.get(), i64::saturating_add))
            };
            let Some(closing) = closing else {
                return (None, draft);
            };
            balances.insert(*province, closing);
        }
        for (_, source, target) in moves.iter().filter(|(moved, ..)| *moved == year) {
            let moved = balances.remove(source).unwrap_or(Fen::ZERO);
            let held = balances.get(target).copied().unwrap_or(Fen::ZERO);
            let Some(sum) = Fen::new(held.get().saturating_add(moved.get())) else {
                return (None, draft);
            };
            balances.insert(*target, sum);
        }
    }
    let draft = spells(&unknown).into_iter().fold(draft, Draft::without);
    (
        Fen::new(
            balances
                .values()
                .fold(0_i64, |sum, balance| sum.saturating_add(balance.get())),
        ),
        draft,
    )
}

/// The years that have no rate, as spells of them.
fn spells(unknown: &BTreeSet<u16>) -> Vec<Missing> {
    let mut spells: Vec<Missing> = Vec::new();
    for (start, end) in unknown
        .iter()
        .filter_map(|year| Some((Month::of(*year, 1)?, Month::of(*year, 12)?)))
    {
        match spells
            .last_mut()
            .filter(|spell| spell.last.is_some_and(|last| last.next() == start))
        {
            Some(spell) => spell.last = Some(end),
            None => spells.push(Missing {
                what: MissingName::InterestRate,
                place: None,
                first: Some(start),
                last: Some(end),
            }),
        }
    }
    spells
}

/// Interest that agencies have posted, by year and province.
fn postings(desk: Desk<'_, '_>, family: &FamilyAccount) -> BTreeMap<(u16, Division), i64> {
    let mut posted: BTreeMap<(u16, Division), i64> = BTreeMap::new();
    for line in &family.interest.postings {
        let held = desk.set.numbered(line.record);
        let Some(province) = held.map(|held| held.fact.region.province()) else {
            continue;
        };
        let sum = posted.entry((line.year, province)).or_default();
        *sum = sum
            .saturating_add(line.amount.unit)
            .saturating_add(line.amount.person);
    }
    posted
}

/// The year, old and new province of each transfer that has been posted, in the order of the day on which the account was
/// closed: the old place moves it without interest of that year, the new one pays it (domain reference, T14).
fn moves(family: &FamilyAccount) -> Vec<(u16, Division, Division)> {
    let mut moves: Vec<(Day, Division, Division)> = posted_cases(family)
        // A supplement brings late money, not the account.
        .filter_map(|(on, case)| Some((closed_on(case)?.min(on), case)))
        .map(|(on, case)| (on, case.source.province(), case.target.province()))
        .filter(|(_, source, target)| source != target)
        .collect();
    moves.sort_unstable();
    moves
        .into_iter()
        .filter_map(|(on, source, target)| Some((on.in_month()?.year(), source, target)))
        .collect()
}

fn closed_on(case: &TransferCase) -> Option<Day> {
    case.steps
        .iter()
        .find(|step| step.kind == Kind::FREEZE)
        .map(|step| step.on)
}

/// The province that holds at the end of a year what another one held in it.
fn held_by(moves: &[(u16, Division, Division)], year: u16, province: Division) -> Division {
    let of_year = moves.iter().filter(|(moved, ..)| *moved == year);
    of_year.fold(
        province,
        |held, (_, source, target)| if *source == held { *target } else { held },
    )
}

/// What was credited in a year.
fn of_year(months: &BTreeMap<Month, i64>, year: u16) -> Vec<Credit> {
    let (Some(start), Some(end)) = (Month::of(year, 1), Month::of(year, 12)) else {
        return Vec::new();
    };
    let credit = |(month, sum): (&Month, &i64)| {
        Some(Credit {
            month_of_year: u8::try_from(month.month()).ok()?,
            amount: Fen::new(*sum)?,
        })
    };
    months.range(start..=end).filter_map(credit).collect()
}

fn bearing(sheet: &mut Sheet<'_>, place: Where, month: Month) -> (Bearing, Option<Ground>) {
    match sheet.number(Key::PensionInterestOffset, "", place, month) {
        Some((0, rule)) => (Bearing::NextMonth, Some(rule)),
        Some((_, rule)) => (Bearing::OwnMonth, Some(rule)),
        None => (Bearing::OwnMonth, None),
    }
}
