//! The special fund 专项保障基金: what a platform owes and has paid of its revenue, and what was drawn for accidents and repaid. The fund is a
//! proposal and no law; its rate is a rule, `fund.rate`.
//!
//! What is due is the revenue times the rate of the rule. Of several prepayments for the same months each is a payment, and all repeat the revenue: the largest is taken.

use crate::{days, money::FenSum, stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::RecordId,
    record::{CaseId, FundDraw, FundMove, FundPrepay, Period, Record},
    value::{Day, Division, Fen, Month},
};
use yizhang_rules::Key;

/// Cases of injury that are known, each with the platforms that reports of it name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCases(BTreeMap<CaseId, BTreeSet<String>>);

impl KnownCases {
    /// A report of a case names a platform.
    pub fn add(&mut self, case: CaseId, platform: &str) {
        self.0.entry(case).or_default().insert(platform.to_owned());
    }

    /// Those of another set.
    pub fn merge(&mut self, other: Self) {
        for (case, platforms) in other.0 {
            self.0.entry(case).or_default().extend(platforms);
        }
    }
}

/// How a line moves the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// The platform has paid.
    Prepaid,
    /// Drawn for a case.
    Drawn,
    /// A draw was repaid.
    Repaid,
}

impl Move {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prepaid => "prepaid",
            Self::Drawn => "drawn",
            Self::Repaid => "repaid",
        }
    }
}

/// A movement, with the balance after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The day.
    pub day: Day,
    /// How.
    pub way: Move,
    /// How much.
    pub amount: Fen,
    /// The case, of a draw and its repayment.
    pub case: Option<CaseId>,
    /// What is there after it; never below zero.
    pub balance: FenSum,
    /// The record.
    pub record: RecordId,
}

/// Why a movement is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// No report of the case is known.
    UnknownCase,
    /// No report of the case names the platform.
    OtherPlatform,
    /// More than was there.
    AboveBalance,
    /// The draw that is repaid is not there by that day, not of this fund, or of another case.
    NoSuchDraw,
    /// More than was drawn and not repaid yet.
    AboveDraw,
}

impl Wrong {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownCase => "unknown-case",
            Self::OtherPlatform => "other-platform",
            Self::AboveBalance => "above-balance",
            Self::NoSuchDraw => "no-such-draw",
            Self::AboveDraw => "above-draw",
        }
    }
}

/// A movement that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The record.
    pub record: RecordId,
    /// How much.
    pub amount: Fen,
    /// Why.
    pub why: Wrong,
}

/// What is due for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dues {
    /// First month.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// Revenue, as declared.
    pub revenue: Fen,
    /// As assessed.
    pub assessed: Fen,
    /// By rule; none where there is no rule.
    pub due_by_rule: Option<FenSum>,
    /// Paid by the day.
    pub paid: FenSum,
    /// Whether what was assessed is what the rule makes of the revenue.
    pub agrees: bool,
    /// The records.
    pub records: Vec<RecordId>,
}

impl Dues {
    /// What is due: by rule, else as assessed.
    pub fn due(&self) -> FenSum {
        self.due_by_rule
            .unwrap_or_else(|| FenSum::from(self.assessed))
    }

    /// Due and not paid, if anything.
    pub fn arrears(&self) -> Option<FenSum> {
        let arrears = self.due().minus(self.paid);
        (arrears > FenSum::ZERO).then_some(arrears)
    }

    /// Days since the last month ended.
    pub fn days_since(&self, day: Day) -> u32 {
        days::between(days::last_of(self.last), day)
    }
}

/// The part of a platform in the fund of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformFund {
    /// The platform.
    pub platform: String,
    /// Whose fund.
    pub place: Division,
    /// What is due, by period.
    pub dues: Vec<Dues>,
    /// What has moved, in the order of days; of one day what was prepaid, then drawn, then repaid, each by region and id.
    pub movements: Vec<Movement>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

impl PlatformFund {
    /// What is there.
    pub fn balance(&self) -> FenSum {
        self.movements
            .last()
            .map_or(FenSum::ZERO, |movement| movement.balance)
    }

    /// What moved one way in all.
    pub fn moved(&self, way: Move) -> FenSum {
        let of_way = self.movements.iter().filter(|movement| movement.way == way);
        of_way.fold(FenSum::ZERO, |sum, movement| {
            sum.plus(FenSum::from(movement.amount))
        })
    }

    /// Due and not paid, of all periods.
    pub fn arrears(&self) -> FenSum {
        let arrears = self.dues.iter().filter_map(Dues::arrears);
        arrears.fold(FenSum::ZERO, FenSum::plus)
    }
}

/// A movement as it was stated.
#[derive(Clone, Copy)]
struct Stirring<'a> {
    day: Day,
    way: Move,
    region: Division,
    id: RecordId,
    amount: Fen,
    draw: Option<FundDraw<'a>>,
}

/// The funds of all platforms, by platform and place. `parties` is what acts of the records of parties.
pub fn funds(parties: &[Stated<'_>], cases: &KnownCases, terms: &Terms<'_>) -> Vec<PlatformFund> {
    let mut prepaid: BTreeMap<(&str, Division), Vec<(Stated<'_>, FundPrepay<'_>)>> =
        BTreeMap::new();
    let mut drawn: BTreeMap<(&str, Division), Vec<(Stated<'_>, FundDraw<'_>)>> = BTreeMap::new();
    for stated in parties {
        match &stated.record {
            Record::FundPrepay(fields) => {
                let key = (fields.platform.as_str(), fields.place);
                prepaid.entry(key).or_default().push((*stated, *fields));
            }
            Record::FundDraw(fields) => {
                let key = (fields.platform.as_str(), fields.place);
                drawn.entry(key).or_default().push((*stated, *fields));
            }
            _ => {}
        }
    }
    let keys: BTreeSet<(&str, Division)> = prepaid.keys().chain(drawn.keys()).copied().collect();
    let none = Vec::new();
    keys.into_iter()
        .map(|key| {
            let prepaid = prepaid.get(&key).unwrap_or(&none);
            let stirrings = stirrings(prepaid, drawn.get(&key).map_or(&[], Vec::as_slice), terms);
            let (movements, left_out) = post(&stirrings, cases);
            PlatformFund {
                platform: key.0.to_owned(),
                place: key.1,
                dues: dues(prepaid, terms),
                movements,
                left_out,
            }
        })
        .collect()
}

fn stirrings<'a>(
    prepaid: &[(Stated<'a>, FundPrepay<'a>)],
    drawn: &[(Stated<'a>, FundDraw<'a>)],
    terms: &Terms<'_>,
) -> Vec<Stirring<'a>> {
    let paid = prepaid.iter().filter_map(|(stated, fields)| {
        Some(Stirring {
            day: fields.received?,
            way: Move::Prepaid,
            region: stated.region,
            id: stated.id,
            amount: fields.paid,
            draw: None,
        })
    });
    let moved = drawn.iter().map(|(stated, fields)| Stirring {
        day: fields.on,
        way: match fields.way {
            FundMove::Drawn => Move::Drawn,
            FundMove::Repaid => Move::Repaid,
        },
        region: stated.region,
        id: stated.id,
        amount: fields.amount,
        draw: Some(*fields),
    });
    let mut all: Vec<Stirring<'a>> = paid.chain(moved).collect();
    all.retain(|stirring| stirring.day <= terms.day());
    all.sort_by_key(|one| (one.day, one.way, one.region, one.id));
    all
}

/// A draw that stands, and what of it is not repaid.
struct Open {
    case: CaseId,
    left: FenSum,
}

/// Posts what has moved, in order: what cannot be is left out and moves nothing.
fn post(stirrings: &[Stirring<'_>], cases: &KnownCases) -> (Vec<Movement>, Vec<LeftOut>) {
    let (mut movements, mut left_out) = (Vec::new(), Vec::new());
    let mut balance = FenSum::ZERO;
    let mut open: BTreeMap<(Division, RecordId), Open> = BTreeMap::new();
    for one in stirrings {
        let amount = FenSum::from(one.amount);
        let posted = match one.draw {
            None => Ok(balance.plus(amount)),
            Some(draw) if one.way == Move::Drawn => {
                may_draw(&draw, balance, cases).map(|()| balance.minus(amount))
            }
            Some(draw) => repay(&draw, one.region, &mut open).map(|()| balance.plus(amount)),
        };
        match posted {
            Err(why) => left_out.push(LeftOut {
                record: one.id,
                amount: one.amount,
                why,
            }),
            Ok(after) => {
                balance = after;
                if let Some(draw) = one.draw.filter(|_| one.way == Move::Drawn) {
                    let drawn = Open {
                        case: draw.case,
                        left: amount,
                    };
                    open.insert((one.region, one.id), drawn);
                }
                movements.push(Movement {
                    day: one.day,
                    way: one.way,
                    amount: one.amount,
                    case: one.draw.map(|draw| draw.case),
                    balance,
                    record: one.id,
                });
            }
        }
    }
    (movements, left_out)
}

fn may_draw(draw: &FundDraw<'_>, balance: FenSum, cases: &KnownCases) -> Result<(), Wrong> {
    let platforms = cases.0.get(&draw.case).ok_or(Wrong::UnknownCase)?;
    if !platforms.contains(draw.platform.as_str()) {
        return Err(Wrong::OtherPlatform);
    }
    if FenSum::from(draw.amount) > balance {
        return Err(Wrong::AboveBalance);
    }
    Ok(())
}

fn repay(
    repayment: &FundDraw<'_>,
    region: Division,
    open: &mut BTreeMap<(Division, RecordId), Open>,
) -> Result<(), Wrong> {
    let target = repayment.target.ok_or(Wrong::NoSuchDraw)?;
    let drawn = open.get_mut(&(region, target)).ok_or(Wrong::NoSuchDraw)?;
    if drawn.case != repayment.case {
        return Err(Wrong::NoSuchDraw);
    }
    let amount = FenSum::from(repayment.amount);
    if amount > drawn.left {
        return Err(Wrong::AboveDraw);
    }
    drawn.left = drawn.left.minus(amount);
    Ok(())
}

fn dues(prepaid: &[(Stated<'_>, FundPrepay<'_>)], terms: &Terms<'_>) -> Vec<Dues> {
    let mut periods: BTreeMap<Period, Dues> = BTreeMap::new();
    for (stated, fields) in prepaid {
        if fields.received.is_some_and(|day| day > terms.day()) {
            continue;
        }
        let last = fields.period.iter().last().unwrap_or(fields.period.first);
        let dues = periods.entry(fields.period).or_insert_with(|| Dues {
            first: fields.period.first,
            last,
            revenue: Fen::ZERO,
            assessed: Fen::ZERO,
            due_by_rule: None,
            paid: FenSum::ZERO,
            agrees: true,
            records: Vec::new(),
        });
        dues.revenue = dues.revenue.max(fields.revenue);
        dues.assessed = dues.assessed.max(fields.due);
        dues.paid = dues.paid.plus(FenSum::from(fields.paid));
        dues.records.push(stated.id);
        let rate = terms.rate(Key::FundRate, fields.place, fields.period.first);
        dues.due_by_rule = rate.and_then(|rate| FenSum::rated(dues.revenue, rate));
        let assessed = FenSum::from(dues.assessed);
        dues.agrees = dues.due_by_rule.is_none_or(|due| due == assessed);
    }
    periods.into_values().collect()
}
