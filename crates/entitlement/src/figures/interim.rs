//! The balance of a personal account as it would be today: year by year and province by province, with interest where no agency has
//! posted it.

use super::{
    Folded, Inputs,
    relation::posted_cases,
    workings::{Draft, Workings},
};
use crate::{
    account::{FamilyAccount, FigureName, Ground, Missing, MissingName, TransferCase},
    formulas::interest::{Bearing, Credit, year_interest},
    months::totals,
    records::money::FenSum,
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Fen, Month, Rate},
};
use yizhang_rules::{Key, Where};

/// The balance year by year and province by province: credits by the month in which they were received, interest as posted
/// there, or by whoever took the account over in that year, else by the rate of the year, else none and said so. The year
/// of the account's date has no interest yet.
pub(super) fn interim(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    folded: Folded<'_>,
    posted: Ground,
) -> (Option<Fen>, Draft) {
    let draft = Draft::new(FigureName::BalanceInterim)
        .of_family(&folded.account.family)
        .on(posted);
    let flows = Flows::of(inputs, folded);
    let Some(first) = flows.first_year() else {
        return (Some(Fen::ZERO), draft);
    };
    let provinces = flows.provinces();
    let mut reckoning = Reckoning {
        family: &folded.account.family,
        running: inputs.as_of.month.year(),
        balances: BTreeMap::new(),
        draft,
        unknown: BTreeSet::new(),
    };
    for year in first..=reckoning.running {
        if reckoning
            .close(workings, &flows, &provinces, year)
            .is_none()
        {
            return (None, reckoning.draft);
        }
    }
    reckoning.finish()
}

/// What went into a personal account, where and when, and where it went.
struct Flows {
    /// By province and month in which it was received.
    credits: BTreeMap<Division, BTreeMap<Month, FenSum>>,
    /// Interest that agencies have posted, by year and province.
    posted: BTreeMap<(u16, Division), FenSum>,
    moves: Vec<AccountMove>,
}

/// A personal account that a posted transfer took from one province to another.
struct AccountMove {
    year: u16,
    source: Division,
    target: Division,
}

impl Flows {
    fn of(inputs: Inputs<'_, '_>, folded: Folded<'_>) -> Self {
        let mut credits = totals::credits(inputs.set, folded.range);
        if let Some(joined) = inputs.bridges.joining(folded.family) {
            let month = credits
                .entry(joined.place().province())
                .or_default()
                .entry(joined.month)
                .or_default();
            *month = month.plus(joined.amount().into());
        }
        Self {
            credits,
            posted: postings(inputs, folded.account),
            moves: moves(folded.account),
        }
    }

    fn first_year(&self) -> Option<u16> {
        let credited = self.credits.values().flat_map(BTreeMap::keys);
        let credited = credited.map(|month| month.year());
        credited
            .chain(self.posted.keys().map(|(year, _)| *year))
            .min()
    }

    fn provinces(&self) -> BTreeSet<Division> {
        self.credits
            .keys()
            .chain(self.posted.keys().map(|(_, province)| province))
            .chain(self.moves.iter().map(|moved| &moved.target))
            .copied()
            .collect()
    }

    /// Whether the interest of a year was posted where the account was, or by whoever took it over in that year.
    fn is_posted(&self, year: u16, province: Division) -> bool {
        let holder = self.moves_of(year).fold(province, |held, moved| {
            if moved.source == held {
                moved.target
            } else {
                held
            }
        });
        self.posted.contains_key(&(year, province)) || self.posted.contains_key(&(year, holder))
    }

    fn moves_of(&self, year: u16) -> impl Iterator<Item = &AccountMove> {
        self.moves.iter().filter(move |moved| moved.year == year)
    }
}

/// Balances by province, while years are closed one after the other.
struct Reckoning<'a> {
    family: &'a str,
    /// The year of the account's date.
    running: u16,
    balances: BTreeMap<Division, Fen>,
    draft: Draft,
    /// Years that have no rate.
    unknown: BTreeSet<u16>,
}

impl Reckoning<'_> {
    fn balance(&self, province: Division) -> Fen {
        self.balances.get(&province).copied().unwrap_or(Fen::ZERO)
    }

    /// Closes a year of all provinces. None, where a balance is no amount any more.
    fn close(
        &mut self,
        workings: &mut Workings<'_>,
        flows: &Flows,
        provinces: &BTreeSet<Division>,
        year: u16,
    ) -> Option<()> {
        for province in provinces {
            self.close_province(workings, flows, year, *province)?;
        }
        self.carry(flows, year)
    }

    fn close_province(
        &mut self,
        workings: &mut Workings<'_>,
        flows: &Flows,
        year: u16,
        province: Division,
    ) -> Option<()> {
        let opening = self.balance(province);
        let months = flows.credits.get(&province);
        let credits = months.map_or(Vec::new(), |months| of_year(months, year));
        let is_empty = opening == Fen::ZERO && credits.is_empty();
        let is_estimated = year < self.running && !is_empty && !flows.is_posted(year, province);
        let rate = if is_estimated {
            YearRate::of(workings, self.family, year, province)
        } else {
            None
        };
        let closing = if let Some(found) = rate {
            self.draft.add(found.grounds);
            year_interest(opening, &credits, found.rate, found.bearing)?.closing
        } else {
            if is_estimated {
                self.unknown.insert(year);
            }
            let posted = flows.posted.get(&(year, province));
            let amounts = credits.iter().map(|credit| credit.amount.into());
            let posted = posted.copied();
            FenSum::from(opening)
                .plus(FenSum::of(amounts.chain(posted)))
                .amount()?
        };
        self.balances.insert(province, closing);
        Some(())
    }

    /// Takes balances to where transfers of a year have taken the account.
    fn carry(&mut self, flows: &Flows, year: u16) -> Option<()> {
        for moved in flows.moves_of(year) {
            let taken = self.balances.remove(&moved.source).unwrap_or(Fen::ZERO);
            let held = self.balance(moved.target);
            let sum = FenSum::from(held).plus(taken.into()).amount()?;
            self.balances.insert(moved.target, sum);
        }
        Some(())
    }

    /// All provinces together, and the years without a rate.
    fn finish(self) -> (Option<Fen>, Draft) {
        let balances = self.balances.into_values().map(FenSum::from);
        let missing = spells(&self.unknown).into_iter();
        (
            FenSum::of(balances).amount(),
            missing.fold(self.draft, Draft::without),
        )
    }
}

/// The rate of a year at a place, from which month on credits bear it, and the rules of both.
struct YearRate {
    rate: Rate,
    bearing: Bearing,
    grounds: Vec<Ground>,
}

impl YearRate {
    fn of(
        workings: &mut Workings<'_>,
        family: &str,
        year: u16,
        province: Division,
    ) -> Option<Self> {
        let (place, month) = (Where::Whole(province), Month::of(year, 1)?);
        let rules = workings.policy.rules();
        let found = rules.rate(Key::PensionInterest, family, place, month);
        let (rate, rule) = workings.use_rule(found)?;
        let mut grounds = vec![rule];
        let offset = workings.number(Key::PensionInterestOffset, "", place, month);
        let bearing = match &offset {
            Some((0, _)) => Bearing::NextMonth,
            _ => Bearing::OwnMonth,
        };
        grounds.extend(offset.map(|(_, rule)| rule));
        Some(Self {
            rate,
            bearing,
            grounds,
        })
    }
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
fn postings(inputs: Inputs<'_, '_>, family: &FamilyAccount) -> BTreeMap<(u16, Division), FenSum> {
    let mut posted: BTreeMap<(u16, Division), FenSum> = BTreeMap::new();
    for line in &family.interest.postings {
        let held = inputs.set.numbered(line.record);
        let Some(province) = held.map(|held| held.fact.region.province()) else {
            continue;
        };
        let sum = posted.entry((line.year, province)).or_default();
        let interest = FenSum::from(line.amount.unit).plus(line.amount.person.into());
        *sum = sum.plus(interest);
    }
    posted
}

/// Transfers that have been posted, in the order of the day on which the account was closed: the old place moves it without interest
/// of that year, the new one pays it (domain reference, T14). A supplement brings late money, not the account.
fn moves(family: &FamilyAccount) -> Vec<AccountMove> {
    let mut closed: Vec<(Day, Division, Division)> = Vec::new();
    for (posted, case) in posted_cases(family) {
        let (source, target) = (case.source.province(), case.target.province());
        if let Some(day) = closed_on(case)
            && source != target
        {
            closed.push((day.min(posted), source, target));
        }
    }
    closed.sort_unstable();
    let mut moves = Vec::new();
    for (day, source, target) in closed {
        if let Some(month) = day.in_month() {
            let year = month.year();
            moves.push(AccountMove {
                year,
                source,
                target,
            });
        }
    }
    moves
}

fn closed_on(case: &TransferCase) -> Option<Day> {
    case.steps
        .iter()
        .find(|step| step.kind == Kind::FREEZE)
        .map(|step| step.on)
}

/// What was credited in a year.
fn of_year(months: &BTreeMap<Month, FenSum>, year: u16) -> Vec<Credit> {
    let (Some(start), Some(end)) = (Month::of(year, 1), Month::of(year, 12)) else {
        return Vec::new();
    };
    let credit = |(month, sum): (&Month, &FenSum)| {
        Some(Credit {
            month_of_year: u8::try_from(month.month()).ok()?,
            amount: sum.amount()?,
        })
    };
    months.range(start..=end).filter_map(credit).collect()
}
