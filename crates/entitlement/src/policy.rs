//! The rule set as the fold uses it: named, with its calendar and its terms of transfers worked out once.

use crate::transfer::{
    WorkingDays,
    rules::{Limits, PersonalMoney, PoolMoney, SchemeTransfer, TransferRules},
};
use std::{collections::BTreeMap, sync::LazyLock};
use yizhang_ledger::{
    hash::Hash,
    value::{Day, Division, Month, Namespace},
};
use yizhang_rules::{Key, Rule, RuleSet, Value};

/// A rule set, ready to fold accounts under.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: RuleSet,
    name: Hash,
    holidays: Vec<Day>,
    workdays: Vec<Day>,
}

/// Keys that say how a relation moves.
const TRANSFER_KEYS: &[Key] = &[
    Key::TransferReview,
    Key::TransferSend,
    Key::TransferClose,
    Key::TransferDangling,
    Key::TransferBackpay,
    Key::TransferPoolRate,
    Key::TransferPoolFrom,
];

impl Policy {
    /// The policy of these rules.
    pub fn new(rules: RuleSet) -> Self {
        let days = |key: Key| {
            let of_key = rules.rules().iter().filter(|rule| rule.key == key && rule.place.is_none());
            let mut days: Vec<Day> = of_key.flat_map(dates).copied().collect();
            days.sort_unstable();
            days.dedup();
            days
        };
        Self { name: rules.name(), holidays: days(Key::Holidays), workdays: days(Key::Workdays), rules }
    }

    /// The policy of the rules that the program brings.
    pub fn embedded() -> &'static Self {
        static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::new(RuleSet::embedded().clone()));
        &POLICY
    }

    /// The rules.
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The name of the rule set: [`RuleSet::name`].
    pub const fn name(&self) -> Hash {
        self.name
    }

    /// The national rules of transfers in force in a month.
    pub(crate) fn transfer_rules(&self, month: Month) -> impl Iterator<Item = &Rule> {
        TRANSFER_KEYS.iter().filter_map(move |key| self.rules.find(*key, "", None, month))
    }

    /// The divisions that are another one now, with the rule that says so. Of a split nobody can tell, so the old one stays.
    pub(crate) fn successors(&self, month: Month) -> Successors<'_> {
        let of_key =
            self.rules.rules().iter().filter(|rule| rule.key == Key::DivisionSuccessor && rule.holds_in(month));
        let one = |rule: &'_ Rule| match &rule.value {
            Value::Table(rows) => match rows.as_slice() {
                [row] => Division::new(*row.first()?),
                _ => None,
            },
            _ => None,
        };
        Successors(of_key.filter_map(|rule| Some((rule.place?, (one(rule)?, rule)))).collect())
    }

    /// Months that are enough for a place of benefit that is not home; without a rule none are.
    pub(crate) fn enough_months(&self, month: Month) -> u32 {
        self.rules.number(Key::BenefitPlaceMonths, "", None, month).map_or(u32::MAX, |figure| figure.value)
    }

    /// How each scheme moves in a month.
    pub(crate) fn terms(&self, month: Month) -> Terms<'_> {
        let number = |key: Key| self.rules.number(key, "", None, month).map(|figure| figure.value);
        let days = |key: Key, else_days: u16| number(key).and_then(|days| days.try_into().ok()).unwrap_or(else_days);
        let national = Limits::NATIONAL;
        let without_backpay = Limits {
            review: days(Key::TransferReview, national.review),
            send: days(Key::TransferSend, national.send),
            close: days(Key::TransferClose, national.close),
            dangling: days(Key::TransferDangling, national.dangling),
            backpay_months: None,
            tolerance_per_month: national.tolerance_per_month,
        };
        let pension = Limits { backpay_months: number(Key::TransferBackpay), ..without_backpay };
        let from = self.rules.find(Key::TransferPoolFrom, "", None, month).and_then(month_of);
        let rate = self.rules.rate(Key::TransferPoolRate, "", None, month).map(|figure| figure.value);
        let other = SchemeTransfer {
            scheme: (Namespace::Hrss, "210"),
            limits: without_backpay,
            personal: PersonalMoney::None,
            pool: None,
            is_blocked_by_benefit: false,
        };
        Terms {
            working_days: WorkingDays::new(&self.holidays, &self.workdays).unwrap_or(WorkingDays::WEEKENDS),
            schemes: [
                SchemeTransfer {
                    scheme: (Namespace::Hrss, "110"),
                    limits: pension,
                    personal: PersonalMoney::Whole { whole_from: from, with_subsidies: false },
                    pool: rate.zip(from).map(|(rate, from)| PoolMoney { rate, from }),
                    is_blocked_by_benefit: true,
                },
                SchemeTransfer {
                    scheme: (Namespace::Hrss, "170"),
                    personal: PersonalMoney::Whole { whole_from: None, with_subsidies: true },
                    is_blocked_by_benefit: true,
                    ..other
                },
                SchemeTransfer { scheme: (Namespace::Nhsa, "310"), personal: PersonalMoney::NotOnRecord, ..other },
            ],
            otherwise: other,
        }
    }
}

/// Divisions that have been renamed or merged into others.
pub(crate) struct Successors<'p>(BTreeMap<Division, (Division, &'p Rule)>);

impl<'p> Successors<'p> {
    /// Longest line of successors that is followed.
    const STEPS_MAX: usize = 8;

    /// What a place is now.
    pub(crate) fn now(&self, place: Division) -> Division {
        let mut now = place;
        for _ in 0..Self::STEPS_MAX {
            match self.0.get(&now) {
                Some((next, _)) => now = *next,
                None => break,
            }
        }
        now
    }

    /// The rule by which a place is another one now.
    pub(crate) fn rule(&self, place: Division) -> Option<&'p Rule> {
        self.0.get(&place).map(|(_, rule)| *rule)
    }
}

/// The terms of transfers of one month.
pub(crate) struct Terms<'p> {
    working_days: WorkingDays<'p>,
    schemes: [SchemeTransfer; 3],
    otherwise: SchemeTransfer,
}

impl Terms<'_> {
    pub(crate) fn rules(&self) -> TransferRules<'_> {
        TransferRules { working_days: self.working_days, schemes: &self.schemes, otherwise: self.otherwise }
    }
}

fn dates(rule: &Rule) -> &[Day] {
    if let Value::Dates(days) = &rule.value { days } else { &[] }
}

const fn month_of(rule: &Rule) -> Option<Month> {
    if let Value::Month(month) = rule.value { Some(month) } else { None }
}
