//! Rates that a rule set says, beside which those of rows are held. The crate knows no law: it is told.

use crate::cell_value;
use yizhang_ledger::value::{Division, Month, Rate, Scheme};

/// Whose rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateOf {
    /// Of the base, what the personal account gets.
    Account,
    /// Of the base, what a unit pays.
    Unit,
    /// Of the base, what its worker pays.
    Person,
    /// Of the base, what somebody pays who has no unit.
    Flexible,
}

/// One rate, for some months at a place or everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateRule {
    /// Whose.
    pub of: RateOf,
    /// The scheme, as `hrss:110`.
    pub scheme: String,
    /// A province or city; none for the nation.
    pub place: Option<Division>,
    /// First month.
    pub from: Option<Month>,
    /// Last month.
    pub until: Option<Month>,
    /// The rate.
    pub rate: Rate,
}

/// The rates of a rule set. Empty, it says nothing of any row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateTable(Vec<(Scheme<'static>, RateRule)>);

/// What is asked of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateAsked<'s> {
    pub(crate) of: RateOf,
    pub(crate) scheme: Scheme<'s>,
    pub(crate) place: Division,
    pub(crate) month: Month,
}

impl RateTable {
    /// A table of these. A scheme that no row can name is of no use here and left out.
    pub fn new(rules: impl IntoIterator<Item = RateRule>) -> Self {
        let mut table = Vec::new();
        for rule in rules {
            if let Ok((scheme, _)) = cell_value::scheme(&rule.scheme, None) {
                table.push((scheme, rule));
            }
        }
        Self(table)
    }

    /// The rate in force: of the place, else of its city, its province, the nation.
    pub(crate) fn find(&self, asked: &RateAsked<'_>) -> Option<Rate> {
        let mut found: Option<(u32, Rate)> = None;
        for (scheme, rule) in &self.0 {
            let is_asked =
                rule.of == asked.of && *scheme == asked.scheme && rule.holds(asked.month);
            let Some(width) = rule.width_around(asked.place).filter(|_| is_asked) else {
                continue;
            };
            if found.is_none_or(|(narrowest, _)| width < narrowest) {
                found = Some((width, rule.rate));
            }
        }
        found.map(|(_, rate)| rate)
    }
}

/// Codes of a city and of a province, out of the six digits of a place.
const CITY: u32 = 100;
const PROVINCE: u32 = 10_000;
const NATION: u32 = 1_000_000;

impl RateRule {
    fn holds(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.until.is_none_or(|until| month <= until)
    }

    /// How many codes of places the rule is for, if this is one of them.
    fn width_around(&self, place: Division) -> Option<u32> {
        let Some(own) = self.place.map(Division::code) else {
            return Some(NATION);
        };
        let code = place.code();
        [1, CITY, PROVINCE]
            .into_iter()
            .find(|width| own == code / width * width)
    }
}
