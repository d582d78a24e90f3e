//! The rules as supervision reads them, and the day that it is about.

use crate::days;
use std::sync::LazyLock;
use yizhang_entitlement::Policy;
use yizhang_ledger::{
    record::Trade,
    value::{Day, Division, Fen, Month, Rate},
};
use yizhang_rules::{Key, RuleFault, RuleFile, RuleSet, TRADES};

/// The rules that this crate brings beside those of an account: premiums of orders that were published, limits of the law, and thresholds that
/// are proposals.
pub const RULES: RuleFile<'static> = RuleFile {
    name: "supervision.toml",
    text: include_str!("../data/supervision.toml"),
};

/// The rules of the program, with those of supervision.
pub fn embedded() -> &'static Policy {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| match policy(&[]) {
        Ok(policy) => policy,
        Err(faults) => panic!("the rules that the program brings are faulty: {faults:?}"),
    });
    &POLICY
}

/// The same with an operator's own over them.
///
/// # Errors
/// As [`RuleSet::overlaid`].
pub fn policy(own: &[RuleFile<'_>]) -> Result<Policy, Vec<RuleFault>> {
    let brought = RuleSet::embedded().overlaid(&[RULES])?;
    let set = if own.is_empty() {
        brought
    } else {
        brought.overlaid(own)?
    };
    Ok(Policy::new(set))
}

/// Under which rules, and as of the end of which day.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'p> {
    policy: &'p Policy,
    day: Day,
}

/// Months that rules of single months look back where no rule says it.
const LOOK_BACK_MONTHS: u32 = 12;
/// Working days in which somebody acts where no rule says it.
const ACT_DAYS: u32 = 10;

impl<'p> Terms<'p> {
    /// Terms of these rules on a day.
    pub const fn new(policy: &'p Policy, day: Day) -> Self {
        Self { policy, day }
    }

    /// The day.
    pub const fn day(&self) -> Day {
        self.day
    }

    /// Its month.
    pub fn month(&self) -> Month {
        let month = self.day.in_month();
        month.expect("a day that anybody asks about is before 5461")
    }

    /// The rules.
    pub const fn rules(&self) -> &'p RuleSet {
        self.policy.rules()
    }

    /// Whether a month is over.
    pub fn is_over(&self, month: Month) -> bool {
        month < self.month()
    }

    /// The first month that rules of single months look at.
    pub fn first_month(&self) -> Month {
        let months = self
            .national(Key::WarningLookBack)
            .unwrap_or(LOOK_BACK_MONTHS);
        let months = u16::try_from(months).unwrap_or(u16::MAX);
        let number = self.month().number().saturating_sub(months);
        Month::new(number).unwrap_or_else(|| self.month())
    }

    /// By when somebody acts who is told on the day.
    pub fn act_by(&self) -> Day {
        let count = self.national(Key::WarningAct).unwrap_or(ACT_DAYS);
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let by = self.policy.working_day_after(self.day, count);
        by.unwrap_or_else(|| days::after(self.day, u32::from(count)))
    }

    fn national(&self, key: Key) -> Option<u32> {
        let figure = self.rules().number(key, "", None, self.month());
        figure.map(|figure| figure.value)
    }

    pub(crate) fn number(&self, key: Key, place: Division, month: Month) -> Option<u32> {
        let figure = self.rules().number(key, "", place, month);
        figure.map(|figure| figure.value)
    }

    pub(crate) fn rate(&self, key: Key, place: Division, month: Month) -> Option<Rate> {
        let figure = self.rules().rate(key, "", place, month);
        figure.map(|figure| figure.value)
    }

    pub(crate) fn yuan(&self, key: Key, place: Division, month: Month) -> Option<Fen> {
        let figure = self.rules().yuan(key, "", place, month);
        figure.map(|figure| figure.value)
    }

    /// The premium of an order.
    pub(crate) fn premium(
        &self,
        key: Key,
        trade: Trade,
        place: Division,
        month: Month,
    ) -> Option<Fen> {
        let figure = self.rules().yuan(key, trade_word(trade), place, month);
        figure.map(|figure| figure.value)
    }
}

/// The word of a trade, in rules and lists.
pub fn trade_word(trade: Trade) -> &'static str {
    let found = TRADES.iter().find(|(known, _)| *known == trade);
    found.map_or("other", |(_, word)| word)
}
