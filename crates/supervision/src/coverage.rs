//! Coverage of orders (每单必保): orders and insured orders by platform, place, month and trade, the premium that rules make of them, and what the
//! platform stated and paid. Two platforms in one month are no conflict: each insures its own orders (人社部发〔2021〕110号).
//!
//! Of several premium records for one month each is a payment, and all repeat what was assessed: payments are added up, and of what was
//! assessed the largest figure is taken. One that was wrong is corrected or taken back.

use crate::{money::FenSum, named::Named, stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::RecordId,
    record::{OipPremium, PlatformMonth, Record, Trade},
    value::{Day, Division, Fen, Month},
};
use yizhang_rules::Key;

/// What workers deposited, as sums by platform: as much memory as there are platforms, places and months, however many workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    orders: BTreeMap<Box<str>, BTreeMap<InTrade, Orders>>,
    heads: BTreeMap<Box<str>, BTreeMap<InMonth, Named>>,
}

/// Where and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct InMonth {
    place: Division,
    month: Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct InTrade {
    at: InMonth,
    trade: Trade,
}

/// Orders, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Months of workers.
    pub months: u64,
    /// Orders completed.
    pub orders: u64,
    /// Of them insured.
    pub insured_orders: u64,
    /// The months with an order that was not.
    pub short: Named,
}

impl Orders {
    fn add(&mut self, id: RecordId, fields: &PlatformMonth<'_>) {
        let (orders, insured) = (fields.work.orders, fields.work.insured_orders);
        self.months = self.months.saturating_add(1);
        self.orders = self.orders.saturating_add(u64::from(orders));
        self.insured_orders = self.insured_orders.saturating_add(u64::from(insured));
        if insured < orders {
            self.short.add(id);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.months = self.months.saturating_add(other.months);
        self.orders = self.orders.saturating_add(other.orders);
        self.insured_orders = self.insured_orders.saturating_add(other.insured_orders);
        self.short.merge(&other.short);
    }
}

/// The workers of a platform at a place in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headcount {
    /// The platform.
    pub platform: String,
    /// The city.
    pub place: Division,
    /// The month.
    pub month: Month,
    /// The workers, each with one record of the month.
    pub workers: Named,
}

impl Sums {
    /// Takes the months of one worker in, all of them at once: so that who works in two trades is one head.
    pub fn add_worker(&mut self, months: &[(RecordId, PlatformMonth<'_>)]) {
        let mut counted: BTreeSet<(&str, InMonth)> = BTreeSet::new();
        for (id, fields) in months {
            let platform = fields.platform.as_str();
            let at = InMonth {
                place: fields.place,
                month: fields.month,
            };
            let in_trade = InTrade {
                at,
                trade: fields.trade,
            };
            of_platform(&mut self.orders, platform)
                .entry(in_trade)
                .or_default()
                .add(*id, fields);
            if fields.work.orders > 0 && counted.insert((platform, at)) {
                of_platform(&mut self.heads, platform)
                    .entry(at)
                    .or_default()
                    .add(*id);
            }
        }
    }

    /// Takes the sums of other workers in.
    pub fn merge(&mut self, other: &Self) {
        for (platform, of_other) in &other.orders {
            let own = of_platform(&mut self.orders, platform);
            for (at, orders) in of_other {
                own.entry(*at).or_default().merge(orders);
            }
        }
        for (platform, of_other) in &other.heads {
            let own = of_platform(&mut self.heads, platform);
            for (at, workers) in of_other {
                own.entry(*at).or_default().merge(workers);
            }
        }
    }

    /// The workers of a platform at a place in a month.
    pub fn workers(&self, platform: &str, place: Division, month: Month) -> Option<&Named> {
        self.heads.get(platform)?.get(&InMonth { place, month })
    }

    /// The workers of every platform, by platform, place and month.
    pub fn headcounts(&self) -> impl Iterator<Item = Headcount> {
        self.heads.iter().flat_map(|(platform, of_platform)| {
            of_platform.iter().map(|(at, workers)| Headcount {
                platform: platform.to_string(),
                place: at.place,
                month: at.month,
                workers: workers.clone(),
            })
        })
    }
}

/// What a map has of a platform: its name is copied once.
fn of_platform<'m, T: Default>(map: &'m mut BTreeMap<Box<str>, T>, platform: &str) -> &'m mut T {
    if !map.contains_key(platform) {
        map.insert(platform.into(), T::default());
    }
    map.get_mut(platform)
        .expect("what was not there has been put there")
}

/// What a platform stated and paid of premiums for a month, place and trade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Premium {
    /// Orders, as stated.
    pub orders: u64,
    /// Of them insured, as stated.
    pub insured_orders: u64,
    /// As assessed.
    pub due: Fen,
    /// Received by the day.
    pub paid: FenSum,
    /// The last day on which something was received.
    pub received: Option<Day>,
    /// The records.
    pub records: Vec<RecordId>,
}

impl Premium {
    fn add(&mut self, id: RecordId, fields: &OipPremium<'_>) {
        self.orders = self.orders.max(fields.orders);
        self.insured_orders = self.insured_orders.max(fields.insured_orders);
        self.due = self.due.max(fields.due);
        self.paid = self.paid.plus(FenSum::from(fields.paid));
        self.received = self.received.max(fields.received);
        self.records.push(id);
    }
}

/// What does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// Fewer orders are insured than there are.
    NotCovered,
    /// The platform stated another number of orders than its workers' months have.
    Orders,
    /// The same of insured orders.
    InsuredOrders,
    /// No rule has a premium for the trade at the place.
    NoRate,
    /// What was assessed is the premium of no rule.
    Assessed,
    /// Orders without a word about their premium.
    NoPremium,
    /// Less was paid than is due.
    Unpaid,
    /// More was paid than is due.
    Overpaid,
}

impl Difference {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotCovered => "not-covered",
            Self::Orders => "orders",
            Self::InsuredOrders => "insured-orders",
            Self::NoRate => "no-rate",
            Self::Assessed => "assessed",
            Self::NoPremium => "no-premium",
            Self::Unpaid => "unpaid",
            Self::Overpaid => "overpaid",
        }
    }
}

/// Coverage and premium of a platform at a place in a month, in one trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The platform.
    pub platform: String,
    /// The city.
    pub place: Division,
    /// The month.
    pub month: Month,
    /// Kind of business.
    pub trade: Trade,
    /// What its workers' months come to.
    pub deposited: Orders,
    /// What it stated and paid, where it has.
    pub premium: Option<Premium>,
    /// The premium of all orders by rule.
    pub due_by_rule: Option<FenSum>,
    /// The same for a platform that takes part for the first time, where a rule has it.
    pub due_first: Option<FenSum>,
    /// What is due: as assessed; else by rule.
    pub due: Option<FenSum>,
    /// What does not agree.
    pub differences: Vec<Difference>,
}

impl Line {
    /// Paid by the day.
    pub fn paid(&self) -> FenSum {
        self.premium
            .as_ref()
            .map_or(FenSum::ZERO, |premium| premium.paid)
    }

    /// Due and not paid, if anything.
    pub fn unpaid(&self) -> Option<FenSum> {
        let unpaid = self.due?.minus(self.paid());
        (unpaid > FenSum::ZERO).then_some(unpaid)
    }

    /// Whether every order is insured and its premium paid.
    pub fn is_in_order(&self) -> bool {
        self.differences.is_empty()
    }
}

/// The key of a line.
type LineKey<'k> = (&'k str, InTrade);

/// The lines of months that have begun by the day, by platform, place, month and trade. `parties` is what acts of the records of parties.
pub fn lines(sums: &Sums, parties: &[Stated<'_>], terms: &Terms<'_>) -> Vec<Line> {
    let mut premiums: BTreeMap<LineKey<'_>, Premium> = BTreeMap::new();
    for stated in parties {
        let Record::OipPremium(fields) = &stated.record else {
            continue;
        };
        if fields.received.is_some_and(|day| day > terms.day()) {
            continue;
        }
        let at = InMonth {
            place: fields.place,
            month: fields.month,
        };
        let in_trade = InTrade {
            at,
            trade: fields.trade,
        };
        let key = (fields.platform.as_str(), in_trade);
        premiums.entry(key).or_default().add(stated.id, fields);
    }
    let deposited = sums.orders.iter().flat_map(|(platform, of_platform)| {
        let keys = of_platform.keys();
        keys.map(|in_trade| (&**platform, *in_trade))
    });
    let keys: BTreeSet<LineKey<'_>> = deposited.chain(premiums.keys().copied()).collect();
    let begun = keys
        .into_iter()
        .filter(|(_, in_trade)| in_trade.at.month <= terms.month());
    begun
        .map(|key| {
            let orders = sums.orders.get(key.0).and_then(|map| map.get(&key.1));
            line(
                key,
                orders.cloned().unwrap_or_default(),
                premiums.remove(&key),
                terms,
            )
        })
        .collect()
}

fn line(
    (platform, in_trade): LineKey<'_>,
    deposited: Orders,
    premium: Option<Premium>,
    terms: &Terms<'_>,
) -> Line {
    let InTrade { at, trade } = in_trade;
    let by_rule = |key: Key| {
        let rate = terms.premium(key, trade, at.place, at.month)?;
        Some(FenSum::times(rate, deposited.orders))
    };
    let due_by_rule = by_rule(Key::OrderPremium);
    let due_first = by_rule(Key::OrderPremiumFirst);
    let assessed = premium
        .as_ref()
        .map(|premium| FenSum::from(premium.due))
        .filter(|due| *due > FenSum::ZERO);
    let mut line = Line {
        platform: platform.to_owned(),
        place: at.place,
        month: at.month,
        trade,
        due: assessed.or(due_by_rule),
        deposited,
        premium,
        due_by_rule,
        due_first,
        differences: Vec::new(),
    };
    line.differences = differences(&line);
    line
}

fn differences(line: &Line) -> Vec<Difference> {
    let orders = &line.deposited;
    let mut found = Vec::new();
    let mut note = |is_so: bool, difference: Difference| {
        if is_so {
            found.push(difference);
        }
    };
    note(
        orders.insured_orders < orders.orders,
        Difference::NotCovered,
    );
    if let Some(premium) = &line.premium {
        note(premium.orders != orders.orders, Difference::Orders);
        note(
            premium.insured_orders != orders.insured_orders,
            Difference::InsuredOrders,
        );
        let assessed = FenSum::from(premium.due);
        let fits = [line.due_by_rule, line.due_first].contains(&Some(assessed));
        note(line.due_by_rule.is_some() && !fits, Difference::Assessed);
    } else {
        note(orders.orders > 0, Difference::NoPremium);
    }
    note(line.due_by_rule.is_none(), Difference::NoRate);
    note(line.unpaid().is_some(), Difference::Unpaid);
    let is_over = line.due.is_some_and(|due| line.paid() > due);
    note(is_over, Difference::Overpaid);
    found
}
