//! Months paid so far as the index sees them: each base over the average wage of its month (国办发〔2009〕66号 art. 7).

use super::{Inputs, retirement::prepaid, workings::Workings};
use crate::{
    account::{
        Assumption, FamilyAccount, Ground, Missing, MissingName, MonthLine, MonthStatus,
        RecordNumber, Standing,
    },
    formulas::{
        count::one_more,
        pension::{IndexLine, IndexRule},
    },
    months::ledger::has_base,
    records::set::{Role, Target, number as number_of},
};
use yizhang_ledger::value::{Fen, Month};
use yizhang_rules::{Key, Rule, Series, Value, Where};

/// Months paid so far as the index sees them, and what it lacks.
pub(super) struct Career {
    pub(super) lines: Vec<IndexLine>,
    /// Months that are paid and have no line: their base is open.
    pub(super) unknown: u32,
    /// What the province makes of single months.
    pub(super) rule: IndexRule,
    pub(super) rules: Vec<Ground>,
    pub(super) missing: Vec<Missing>,
    /// The newest base.
    pub(super) last_base: Option<Fen>,
}

impl Career {
    /// Every counted month, and those paid ahead, over the average wage of the place of benefit in that month.
    pub(super) fn of(
        workings: &mut Workings<'_>,
        inputs: Inputs<'_, '_>,
        family: &FamilyAccount,
        place: Where,
        retirement: Option<Month>,
    ) -> Self {
        let (rule, rules) = index_rule(workings, place, inputs.as_of.month);
        let mut career = Self {
            lines: Vec::new(),
            unknown: 0,
            rule,
            rules,
            missing: Vec::new(),
            last_base: None,
        };
        let wages = AverageWages::of(workings, place, inputs.as_of.month);
        let mut last: Option<&Rule> = None;
        for MonthBase { month, base } in months_paid(inputs, family, retirement) {
            let Some(base) = base else {
                career.unknown = one_more(career.unknown);
                continue;
            };
            career.last_base = Some(base);
            let wage = wages.in_month(month);
            let rule = wage.map(|wage| wage.rule);
            if rule.map(|rule| &rule.id) != last.map(|rule| &rule.id) {
                career.rules.extend(rule.map(|rule| workings.rule(rule)));
            }
            last = rule;
            let assumed = Ground::Assumed(Assumption::LastPublished);
            if wage.is_some_and(|wage| wage.is_older) && !career.rules.contains(&assumed) {
                career.rules.push(assumed);
            }
            match rule.map(|rule| &rule.value) {
                Some(Value::Yuan(average)) => career.add(base, *average),
                _ => career.lack_wage(place, month),
            }
        }
        career.lack_months(family);
        career
    }

    fn add(&mut self, base: Fen, average: Fen) {
        match self.lines.last_mut() {
            Some(last) if last.base == base && last.average == average => {
                last.months = one_more(last.months);
            }
            _ => self.lines.push(IndexLine {
                months: 1,
                base,
                average,
            }),
        }
    }

    /// Notes that a month has no average wage, beside those before it.
    fn lack_wage(&mut self, place: Where, month: Month) {
        let follows = |missing: &&mut Missing| missing.last.map(Month::next) == Some(month);
        match self.missing.last_mut().filter(follows) {
            Some(before) => before.last = Some(month),
            None => self.missing.push(Missing {
                what: MissingName::AverageWage,
                place: place.place(),
                first: Some(month),
                last: Some(month),
            }),
        }
    }

    /// Notes that there is no month to make an index of, unless deemed ones have an index of their own.
    fn lack_months(&mut self, family: &FamilyAccount) {
        if !self.lines.is_empty() || !self.missing.is_empty() {
            return;
        }
        let has_deemed = family.deemed_months > 0 && self.rule.deemed.is_some();
        let what = match self.unknown {
            0 if has_deemed => return,
            0 => MissingName::Months,
            _ => MissingName::Base,
        };
        self.missing.push(Missing {
            what,
            place: None,
            first: None,
            last: None,
        });
    }
}

/// A month that is paid, and its base, where it is known.
struct MonthBase {
    month: Month,
    base: Option<Fen>,
}

/// Months that count, then those paid ahead, which stand behind them: so the newest base is the last one.
fn months_paid(
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    retirement: Option<Month>,
) -> Vec<MonthBase> {
    let mut months = Vec::new();
    for line in &family.months {
        if line.status == MonthStatus::Counted {
            let base = line.base.and_then(Fen::new);
            months.push(MonthBase {
                month: line.month,
                base: base.or_else(|| same_base(inputs, line)),
            });
        }
    }
    if let Some(retirement) = retirement {
        let ahead = prepaid(inputs, family, retirement);
        months.extend(ahead.map(|ahead| MonthBase {
            month: ahead.month,
            base: ahead.base,
        }));
    }
    months
}

/// The average wages of a place. A month behind all that is published, paid ahead or not, takes the newest value there is now; one
/// between two rules has none.
struct AverageWages<'p> {
    published: Series<'p>,
    newest: Option<&'p Rule>,
}

/// The rule of an average wage.
#[derive(Clone, Copy)]
struct AverageWage<'p> {
    rule: &'p Rule,
    /// Whether it is that of an earlier month.
    is_older: bool,
}

impl<'p> AverageWages<'p> {
    fn of(workings: &Workings<'p>, place: Where, as_of: Month) -> Self {
        let rules = workings.policy.rules();
        let newest = rules.latest(Key::PensionAverageWage, "", place, as_of);
        Self {
            published: rules.series(Key::PensionAverageWage, "", place),
            newest: newest.filter(|rule| rule.until.is_some()),
        }
    }

    fn in_month(&self, month: Month) -> Option<AverageWage<'p>> {
        if let Some(rule) = self.published.at(month) {
            return Some(AverageWage {
                rule,
                is_older: false,
            });
        }
        let rule = self.newest.filter(|rule| rule.until < Some(month))?;
        Some(AverageWage {
            rule,
            is_older: true,
        })
    }
}

/// The base of a month that several records count, where all have the same: whichever of them is kept, it is known. A
/// difference beside them leaves it open.
fn same_base(inputs: Inputs<'_, '_>, line: &MonthLine) -> Option<Fen> {
    let money = |number: &RecordNumber| inputs.set.numbered(*number)?.money();
    let differs = |number: &RecordNumber| {
        let held = inputs.set.numbered(*number);
        let held = held.filter(|held| held.standing == Standing::Held);
        let is_adjust = held.is_some_and(|held| matches!(held.money(), Some((Role::Adjust, _))));
        let of_these = |target| line.by.contains(&number_of(target));
        is_adjust
            && held.is_some_and(|held| match held.target {
                Target::At(target) => of_these(target),
                _ => true,
            })
    };
    let mut bases = line
        .by
        .iter()
        .filter_map(|number| money(number).filter(|(_, fields)| has_base(fields)));
    let first = bases.next().map(|(_, fields)| fields.base)?;
    let is_same = bases.all(|(_, fields)| fields.base == first) && !line.others.iter().any(differs);
    Some(first).filter(|_| is_same)
}

/// Floor, cap and the index of deemed months, where the province has them.
fn index_rule(workings: &mut Workings<'_>, place: Where, month: Month) -> (IndexRule, Vec<Ground>) {
    let mut grounds = Vec::new();
    let mut rate = |key: Key| {
        let found = workings.policy.rules().rate(key, "", place, month);
        let (rate, rule) = workings.use_rule(found)?;
        grounds.push(rule);
        Some(rate)
    };
    let rule = IndexRule {
        floor: rate(Key::IndexFloor),
        ceiling: rate(Key::IndexCeiling),
        deemed: rate(Key::IndexDeemed),
    };
    (rule, grounds)
}
