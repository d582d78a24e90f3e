//! The rule set as the fold uses it: named, with its calendar and its terms of transfers worked out once.

pub(crate) mod calendar;
pub mod family;
pub(crate) mod pooling_area;
pub(crate) mod transfer_terms;

use crate::policy::{
    calendar::WorkingDays,
    family::Family,
    transfer_terms::{Limits, PersonalMoney, PoolMoney, SchemeTransfer},
};
use std::{collections::BTreeMap, sync::LazyLock};
use yizhang_ledger::{
    hash::Hash,
    value::{Day, Division, Month},
};
use yizhang_rules::{Key, Rule, RuleSet, Value};

/// A rule set, ready to fold accounts under.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: RuleSet,
    name: Hash,
    holidays: Vec<Day>,
    workdays: Vec<Day>,
    knows_employers: bool,
}

/// Keys that say how a relation moves, of any scheme.
const TRANSFER_KEYS: &[Key] = &[
    Key::TransferReview,
    Key::TransferSend,
    Key::TransferClose,
    Key::TransferDangling,
    Key::TransferWhole,
];

/// The same, of employee pension alone.
const PENSION_TRANSFER_KEYS: &[Key] = &[
    Key::TransferBackpay,
    Key::TransferCommitment,
    Key::TransferInform,
    Key::TransferPoolRate,
    Key::TransferPoolFrom,
];

impl Policy {
    /// The policy of these rules.
    pub fn new(rules: RuleSet) -> Self {
        let days = |key: Key| {
            let of_key = rules
                .rules()
                .iter()
                .filter(|rule| rule.key == key && rule.place.is_none());
            let mut days: Vec<Day> = of_key.flat_map(dates).copied().collect();
            days.sort_unstable();
            days.dedup();
            days
        };
        let knows_employers = rules
            .rules()
            .iter()
            .any(|rule| rule.key == Key::EmployerSuccessor);
        Self {
            knows_employers,
            name: rules.name(),
            holidays: days(Key::Holidays),
            workdays: days(Key::Workdays),
            rules,
        }
    }

    /// The policy of the rules that the program brings.
    pub fn embedded() -> &'static Self {
        static POLICY: LazyLock<Policy> =
            LazyLock::new(|| Policy::new(RuleSet::embedded().clone()));
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

    /// The first month in which applications for transfers are reviewed; none where the rules set none.
    pub fn transfers_begin(&self) -> Option<Month> {
        let reviews = self
            .rules
            .rules()
            .iter()
            .filter(|rule| rule.key == Key::TransferReview);
        reviews.map(|rule| rule.from).min().flatten()
    }

    /// The rules by which a family moves in a month from an old place, which may have its own time to send.
    pub(crate) fn transfer_rules(
        &self,
        family: Family<'_>,
        month: Month,
        source: Division,
    ) -> impl Iterator<Item = &Rule> {
        let of = family.to_string();
        let own = if family == Family::PENSION {
            PENSION_TRANSFER_KEYS
        } else {
            &[]
        };
        TRANSFER_KEYS
            .iter()
            .chain(own)
            .filter_map(move |key| self.of_scheme(*key, &of, Some(source), month))
    }

    /// The rule of a scheme, else of all that have none of their own.
    fn of_scheme(
        &self,
        key: Key,
        of: &str,
        source: Option<Division>,
        month: Month,
    ) -> Option<&Rule> {
        self.rules
            .find(key, of, source, month)
            .or_else(|| self.rules.find(key, "", source, month))
    }

    /// The divisions that are another one now, with the rule that says so. Of a split nobody can tell, so the old one stays.
    pub(crate) fn successors(&self, month: Month) -> Successors<'_> {
        let of_key = self
            .rules
            .rules()
            .iter()
            .filter(|rule| rule.key == Key::DivisionSuccessor && rule.holds_in(month));
        let one = |rule: &'_ Rule| match &rule.value {
            Value::Table(rows) => match rows.as_slice() {
                [row] => Division::new(*row.first()?),
                _ => None,
            },
            _ => None,
        };
        Successors(
            of_key
                .filter_map(|rule| Some((rule.place?, (one(rule)?, rule))))
                .collect(),
        )
    }

    /// The divisions that are another one in a month, each with what it is then: what [`crate::jurisdiction`] goes by.
    pub fn divisions_now(&self, month: Month) -> BTreeMap<Division, Division> {
        let successors = self.successors(month);
        let places = successors.0.keys();
        places
            .map(|place| (*place, successors.now(*place)))
            .collect()
    }

    /// The rule by which an employer, by the code that a contribution names, is another one now.
    pub(crate) fn employer_successor(&self, payer: &str, month: Month) -> Option<&Rule> {
        self.rules.find(Key::EmployerSuccessor, payer, None, month)
    }

    /// Whether any rule says that an employer is another one now.
    pub(crate) const fn knows_employers(&self) -> bool {
        self.knows_employers
    }

    /// Months that are enough for a place of benefit that is not home; without a rule none are.
    pub(crate) fn enough_months(&self, month: Month) -> u32 {
        self.rules
            .number(Key::BenefitPlaceMonths, "", None, month)
            .map_or(u32::MAX, |figure| figure.value)
    }

    /// The working day that comes so many working days after a day; none beyond the calendar.
    pub fn working_day_after(&self, day: Day, count: u16) -> Option<Day> {
        self.working_days().after(day, count)
    }

    /// The calendar.
    pub(crate) fn working_days(&self) -> WorkingDays<'_> {
        let working_days = WorkingDays::new(&self.holidays, &self.workdays);
        working_days.expect("days of the calendar are in order, each once")
    }

    /// How a family moves in a month from an old place.
    pub(crate) fn terms(
        &self,
        family: Family<'_>,
        month: Month,
        source: Option<Division>,
    ) -> Terms<'_> {
        let rules = TransferRules {
            policy: self,
            of: family.to_string(),
            month,
            source,
        };
        Terms {
            working_days: self.working_days(),
            scheme: rules.scheme_transfer(family),
        }
    }
}

/// The rules of transfers of one family in a month, from an old place.
struct TransferRules<'p> {
    policy: &'p Policy,
    of: String,
    month: Month,
    source: Option<Division>,
}

impl TransferRules<'_> {
    /// Which money moves with which family; the rest is the same for all.
    fn scheme_transfer(&self, family: Family<'_>) -> SchemeTransfer {
        let plain = SchemeTransfer {
            limits: self.limits(),
            personal: PersonalMoney::None,
            pool: None,
            is_blocked_by_benefit: false,
        };
        match family {
            Family::PENSION => self.pension(plain),
            Family::RESIDENT_PENSION => SchemeTransfer {
                personal: PersonalMoney::Whole {
                    whole_from: None,
                    with_subsidies: true,
                },
                is_blocked_by_benefit: true,
                ..plain
            },
            Family::MEDICAL => SchemeTransfer {
                personal: PersonalMoney::NotOnRecord,
                ..plain
            },
            _ => plain,
        }
    }

    fn pension(&self, plain: SchemeTransfer) -> SchemeTransfer {
        let rules = &self.policy.rules;
        let month = |key: Key| rules.find(key, "", None, self.month).and_then(month_of);
        let from = month(Key::TransferPoolFrom);
        let rate = rules.rate(Key::TransferPoolRate, "", None, self.month);
        SchemeTransfer {
            limits: Limits {
                backpay_months: self.number(Key::TransferBackpay),
                commitment_until: month(Key::TransferCommitment),
                inform: self.days(Key::TransferInform),
                ..plain.limits
            },
            personal: PersonalMoney::Whole {
                whole_from: from,
                with_subsidies: false,
            },
            pool: rate.zip(from).map(|(rate, from)| PoolMoney {
                rate: rate.value,
                from,
            }),
            is_blocked_by_benefit: true,
        }
    }

    /// Limits of every scheme.
    fn limits(&self) -> Limits {
        let national = Limits::NATIONAL;
        let days = |key: Key| self.days(key);
        Limits {
            review: days(Key::TransferReview).unwrap_or(national.review),
            send: days(Key::TransferSend).unwrap_or(national.send),
            close: days(Key::TransferClose).unwrap_or(national.close),
            dangling: days(Key::TransferDangling).unwrap_or(national.dangling),
            whole: days(Key::TransferWhole),
            backpay_months: None,
            commitment_until: None,
            inform: None,
            tolerance_per_month: national.tolerance_per_month,
        }
    }

    fn days(&self, key: Key) -> Option<u16> {
        u16::try_from(self.number(key)?).ok()
    }

    fn number(&self, key: Key) -> Option<u32> {
        let rule = self
            .policy
            .of_scheme(key, &self.of, self.source, self.month)?;
        match rule.value {
            Value::Months(number) | Value::Days(number) => Some(number),
            _ => None,
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

/// How a family moves in one month, and the calendar.
pub(crate) struct Terms<'p> {
    pub(crate) working_days: WorkingDays<'p>,
    pub(crate) scheme: SchemeTransfer,
}

fn dates(rule: &Rule) -> &[Day] {
    if let Value::Dates(days) = &rule.value {
        days
    } else {
        &[]
    }
}

const fn month_of(rule: &Rule) -> Option<Month> {
    if let Value::Month(month) = rule.value {
        Some(month)
    } else {
        None
    }
}
