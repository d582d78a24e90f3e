//! The pension of employees under assumptions of the worker's own: when to retire, on which base, and how wages grow.
//!
//! Nothing of it is in an account: it is computed from one, by the formulas and rules of its forecasts, for whoever asks what would be
//! if. It is an estimate of the basic and account parts; what a province adds is in it only where a rule says how.
//!
//! Growth: base, average wage, reference wage and the interest of the account are taken to grow alike, once a year. So in the wages of today
//! the pension does not depend on it (every one of them grows by the same factor), and in the money of that time it is that times the growth.

use crate::{
    account::{
        Account, FamilyAccount, Figure, FigureName, FigureValue, Forecast, Missing, MissingName,
        MonthStatus,
    },
    figures::{asked_at, relation},
    formulas::{
        count::together,
        pension::{
            Divisor, DivisorRow, Index, IndexLine, IndexMonths, IndexRule, account_pension,
            basic_pension, career_index, divisor,
        },
        retirement::{minimum_months_year, months_left},
        rounding::half_up_fen,
    },
    policy::{Policy, family::Family},
};
use yizhang_ledger::value::{Division, Fen, Month, Rate};
use yizhang_rules::{Key, Value, Where};

/// The most that wages may be taken to grow in a year: 10 %. What grows faster for decades is no assumption.
pub const GROWTH_MAX: u32 = 1_000;
/// The largest base that may be taken, in fen: ten times the highest ceiling of any place in 2026.
pub const BASE_MAX: i64 = 50_000_000;

/// What a worker assumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// The month of retirement.
    pub retire: Month,
    /// The base of every month until then, in the wages of today.
    pub base: Fen,
    /// By how much wages grow in a year.
    pub growth: Rate,
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The earliest month of retirement: not before the account's own month.
    pub earliest: Month,
    /// The month of the statutory age.
    pub statutory: Month,
    /// The latest month.
    pub latest: Month,
    /// The newest base.
    pub base: Option<Fen>,
    /// The lowest base of the place, as last published.
    pub floor: Option<Fen>,
    /// The highest.
    pub ceiling: Option<Fen>,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The age then, in months.
    pub age_months: u16,
    /// Months that would be there.
    pub months: u32,
    /// Months of them that are still to be paid.
    pub more: u32,
    /// The base, within the limits of the place.
    pub base: Fen,
    /// Average index.
    pub index: Index,
    /// Divisor of the age.
    pub divisor: Divisor,
    /// Reference wage of today.
    pub reference: Fen,
    /// The personal account, without interest.
    pub balance: Fen,
    /// Basic part a month.
    pub basic: Fen,
    /// Account part a month.
    pub account: Fen,
    /// Transitional part a month, where a rule of the province says how.
    pub transition: Option<Fen>,
    /// All of it a month, in the wages of today.
    pub pension: Fen,
    /// Whole years until then.
    pub years: u32,
    /// All of it a month, in the money of that time.
    pub then: Fen,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoProjection {
    /// The account was computed under other rules than those at hand.
    OtherRules,
    /// There is nothing to choose: no employee pension, one that is drawn, a death, or no month of retirement is known.
    NothingToChoose,
    /// The month is not among those that can be chosen, or base or growth is beyond its limit.
    Outside,
    /// Too few months for a monthly pension.
    TooFew {
        /// Months that would be there.
        months: u32,
        /// Months needed.
        needed: u32,
    },
    /// Facts or rules are missing.
    Lacks(Vec<Missing>),
}

/// What a worker can choose.
///
/// # Errors
/// [`NoProjection::OtherRules`], [`NoProjection::NothingToChoose`].
pub fn choices(account: &Account, policy: &Policy) -> Result<Choices, NoProjection> {
    Outlook::of(account, policy).map(|outlook| outlook.choices)
}

/// The pension under assumptions.
///
/// # Errors
/// [`NoProjection`].
pub fn project(
    account: &Account,
    policy: &Policy,
    assumed: Assumed,
) -> Result<Projection, NoProjection> {
    let outlook = Outlook::of(account, policy)?;
    let choices = outlook.choices;
    let is_chosen = (choices.earliest..=choices.latest).contains(&assumed.retire);
    let is_base = (0..=BASE_MAX).contains(&assumed.base.get());
    if !is_chosen || !is_base || assumed.growth.get() > GROWTH_MAX {
        return Err(NoProjection::Outside);
    }
    outlook.project(assumed)
}

/// What every assumption shares.
struct Outlook<'a> {
    account: &'a Account,
    policy: &'a Policy,
    family: &'a FamilyAccount,
    now: Month,
    scheme: &'a str,
    drawn_at: Where,
    pays_at: Where,
    choices: Choices,
}

impl<'a> Outlook<'a> {
    fn of(account: &'a Account, policy: &'a Policy) -> Result<Self, NoProjection> {
        if account.rules.name != policy.name() {
            return Err(NoProjection::OtherRules);
        }
        let nothing = NoProjection::NothingToChoose;
        let family = account.of_family(Family::PENSION);
        let family = family
            .filter(|family| family.drawing.is_none() && account.person.death.is_empty())
            .ok_or(nothing.clone())?;
        let now = account.as_of.in_month().ok_or(nothing.clone())?;
        let statutory = month(account, FigureName::StatutoryMonth).ok_or(nothing.clone())?;
        let earliest = month(account, FigureName::EarliestMonth).unwrap_or(statutory);
        let latest = month(account, FigureName::LatestMonth).unwrap_or(statutory);
        if latest < now {
            return Err(nothing);
        }
        let FigureValue::Place(province) = value(account.figure(FigureName::BenefitPlace))
            .ok_or_else(|| lacks(account.figure(FigureName::BenefitPlace)))?
        else {
            return Err(nothing);
        };
        let last = family.spans.last().and_then(|span| span.holders.last());
        let mut outlook = Self {
            account,
            policy,
            family,
            now,
            scheme: last.map_or(family.family.as_str(), |holder| holder.scheme.as_str()),
            drawn_at: Where::Whole(province),
            pays_at: Where::Whole(province),
            choices: Choices {
                earliest: earliest.max(now),
                statutory,
                latest,
                base: None,
                floor: None,
                ceiling: None,
            },
        };
        outlook.settle(province);
        Ok(outlook)
    }

    /// Where the relation is, and with that the limits of the base.
    fn settle(&mut self, province: Division) {
        let successors = self.policy.successors(self.now);
        let relation = relation(self.family).map(|place| successors.now(place));
        if let Some(place) = relation {
            self.pays_at = asked_at(self.family, place);
            if place.province() == province {
                self.drawn_at = self.pays_at;
            }
        }
        let newest = self.family.months.iter().rev().find_map(|line| line.base);
        self.choices.base = newest.and_then(Fen::new);
        self.choices.floor = self.newest(Key::BaseFloor, self.scheme, self.pays_at);
        self.choices.ceiling = self.newest(Key::BaseCeiling, self.scheme, self.pays_at);
    }

    /// An amount as it is now, or was last published.
    fn newest(&self, key: Key, of: &str, place: Where) -> Option<Fen> {
        let rule = self.policy.rules().latest(key, of, place, self.now)?;
        match rule.value {
            Value::Yuan(amount) => Some(amount),
            _ => None,
        }
    }

    fn rate(&self, key: Key, of: &str) -> Option<Rate> {
        let found = self.policy.rules().rate(key, of, self.drawn_at, self.now)?;
        Some(found.value)
    }

    fn held(&self, name: FigureName) -> Result<FigureValue, NoProjection> {
        let figure = self.account.forecast(name, Forecast::Now);
        value(figure).ok_or_else(|| lacks(figure))
    }

    fn project(&self, assumed: Assumed) -> Result<Projection, NoProjection> {
        let broken = || NoProjection::Lacks(Vec::new());
        let FigureValue::Months(held) = self.held(FigureName::ForecastMonths)? else {
            return Err(broken());
        };
        let more = self.more(assumed.retire);
        let months = together(held, more);
        self.ensure_enough(assumed.retire, months)?;
        let reference = self.account.figure(FigureName::ReferenceWage);
        let Some(FigureValue::Fen(reference)) = value(reference) else {
            return Err(lacks(reference));
        };
        let reference = Fen::new(reference).ok_or_else(broken)?;
        let base = self.within_limits(assumed.base);
        let (age_months, divisor) = self.age(assumed.retire)?;
        let index = self.index(held, more, base)?;
        let balance = self.balance(more, base)?;
        let basic = basic_pension(reference, index, months).ok_or_else(broken)?;
        let account = account_pension(balance, divisor).ok_or_else(broken)?;
        let transition = self.transition(index)?;
        let sum = [Some(basic), Some(account), transition];
        let sum = sum.into_iter().flatten().map(|part| i128::from(part.get()));
        let pension = half_up_fen(sum.sum(), 1).ok_or_else(broken)?;
        let years = years_until(self.now, assumed.retire);
        Ok(Projection {
            age_months,
            months,
            more,
            base,
            index,
            divisor,
            reference,
            balance,
            basic,
            account,
            transition,
            pension,
            years,
            then: grown(pension, assumed.growth, years).ok_or_else(broken)?,
        })
    }

    /// Months still to be paid before a month: the running one too while it does not count, those paid ahead not. As for the forecasts.
    fn more(&self, retire: Month) -> u32 {
        let counts = self.family.months.iter().any(|line| {
            line.month == self.now
                && matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed)
        });
        let running = u32::from(!counts && self.now < retire);
        let ahead = match value(self.account.figure(FigureName::PrepaidMonths)) {
            Some(FigureValue::Months(ahead)) => ahead,
            _ => 0,
        };
        together(months_left(self.now, retire), running).saturating_sub(ahead)
    }

    fn ensure_enough(&self, retire: Month, months: u32) -> Result<(), NoProjection> {
        let year = minimum_months_year(self.choices.statutory, retire);
        let start = Month::of(year, 1);
        let rules = self.policy.rules();
        let needed = start.and_then(|start| rules.number(Key::PensionMinimum, "", None, start));
        let needed = needed
            .ok_or_else(|| missing(MissingName::Rule, None))?
            .value;
        if months < needed {
            return Err(NoProjection::TooFew { months, needed });
        }
        Ok(())
    }

    fn within_limits(&self, base: Fen) -> Fen {
        let base = self.choices.floor.map_or(base, |floor| base.max(floor));
        self.choices
            .ceiling
            .map_or(base, |ceiling| base.min(ceiling))
    }

    fn age(&self, retire: Month) -> Result<(u16, Divisor), NoProjection> {
        let Some(FigureValue::Months(at_statutory)) =
            value(self.account.figure(FigureName::StatutoryAge))
        else {
            return Err(lacks(self.account.figure(FigureName::StatutoryAge)));
        };
        let shift = i64::from(retire.since(self.choices.statutory));
        let age = i64::from(at_statutory).checked_add(shift);
        let age = age.and_then(|age| u16::try_from(age).ok());
        let age = age.ok_or(NoProjection::Outside)?;
        let rules = self.policy.rules();
        let table = rules.table(Key::PensionDivisor, "", None, self.now);
        let table = table.ok_or_else(|| missing(MissingName::Rule, None))?;
        let rows: Vec<DivisorRow> = table.value.iter().filter_map(row).collect();
        let found = divisor(&rows, age).ok_or_else(|| missing(MissingName::Divisor, None))?;
        Ok((age, found))
    }

    /// The mean of the index held, as the account has it to four decimals, and that of months to come.
    fn index(&self, held: u32, more: u32, base: Fen) -> Result<Index, NoProjection> {
        let FigureValue::Index(paid) = self.held(FigureName::AverageIndex)? else {
            return Err(NoProjection::Lacks(Vec::new()));
        };
        if more == 0 {
            return Ok(Index(paid));
        }
        let average = self.newest(Key::PensionAverageWage, "", self.drawn_at);
        let lacks_wage = || missing(MissingName::AverageWage, self.drawn_at.place());
        let ahead = [IndexLine {
            months: more,
            base,
            average: average.ok_or_else(lacks_wage)?,
        }];
        let rule = IndexRule {
            floor: self.rate(Key::IndexFloor, ""),
            ceiling: self.rate(Key::IndexCeiling, ""),
            // All that is held stands for itself as one stretch with its mean.
            deemed: Rate::new(paid),
        };
        let months = IndexMonths {
            deemed: held,
            future: &ahead,
            ..IndexMonths::default()
        };
        career_index(rule, months).ok_or(NoProjection::Outside)
    }

    fn balance(&self, more: u32, base: Fen) -> Result<Fen, NoProjection> {
        let FigureValue::Fen(held) = self.held(FigureName::ForecastBalance)? else {
            return Err(NoProjection::Lacks(Vec::new()));
        };
        let rate = self.rate(Key::AccountRate, self.scheme);
        let rate = rate.ok_or_else(|| missing(MissingName::Rate, self.drawn_at.place()))?;
        let credit = rate.of_half_up(base).ok_or(NoProjection::Outside)?;
        let credits = i128::from(credit.get()).checked_mul(i128::from(more));
        let sum = credits.and_then(|credits| credits.checked_add(i128::from(held)));
        sum.and_then(|sum| half_up_fen(sum, 1))
            .ok_or(NoProjection::Outside)
    }

    /// The transitional part goes with the index: that of now, by the ratio of the two.
    fn transition(&self, index: Index) -> Result<Option<Fen>, NoProjection> {
        let figure = self
            .account
            .forecast(FigureName::TransitionalPension, Forecast::Now);
        let Some(figure) = figure else {
            return Ok(None);
        };
        let (Some(FigureValue::Fen(now)), FigureValue::Index(before)) =
            (figure.value, self.held(FigureName::AverageIndex)?)
        else {
            return Err(lacks(Some(figure)));
        };
        let product = i128::from(now).checked_mul(i128::from(index.0));
        let part = product.and_then(|product| half_up_fen(product, i128::from(before)));
        part.map(Some).ok_or(NoProjection::Outside)
    }
}

fn row(row: &Vec<u32>) -> Option<DivisorRow> {
    let [age, months] = row.as_slice() else {
        return None;
    };
    Some(DivisorRow {
        age_years: u16::try_from(*age).ok()?,
        months: u16::try_from(*months).ok()?,
    })
}

fn value(figure: Option<&Figure>) -> Option<FigureValue> {
    figure?.value
}

fn month(account: &Account, name: FigureName) -> Option<Month> {
    match value(account.figure(name))? {
        FigureValue::Month(month) => Some(month),
        _ => None,
    }
}

/// What a figure without a value lacks.
fn lacks(figure: Option<&Figure>) -> NoProjection {
    NoProjection::Lacks(figure.map_or_else(Vec::new, |figure| figure.missing.clone()))
}

fn missing(what: MissingName, place: Option<Division>) -> NoProjection {
    NoProjection::Lacks(vec![Missing {
        what,
        place,
        first: None,
        last: None,
    }])
}

fn years_until(now: Month, then: Month) -> u32 {
    u32::try_from(then.since(now)).unwrap_or(0) / 12
}

/// An amount that grows once a year, half up to the fen each time.
fn grown(amount: Fen, growth: Rate, years: u32) -> Option<Fen> {
    let mut grown = amount;
    for _ in 0..years {
        let factor = i128::from(growth.get()).checked_add(10_000)?;
        grown = half_up_fen(i128::from(grown.get()).checked_mul(factor)?, 10_000)?;
    }
    Some(grown)
}
