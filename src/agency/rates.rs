//! The rates of a rule set, as an import compares its rows with them.

use yizhang_intake::{RateOf, RateRule, RateTable};
use yizhang_rules::{Confidence, Key, Rule, RuleSet, Value};

/// The rates that are sure enough to warn by: those whose text was read, and whatever an operator states himself. What the
/// program knows from practice alone differs from province to province, and would warn of every row of some.
pub(super) fn table(rules: &RuleSet) -> RateTable {
    let embedded = RuleSet::embedded().rules();
    let is_sure = |rule: &&Rule| rule.confidence != Confidence::Known || !embedded.contains(rule);
    RateTable::new(rules.rules().iter().filter(is_sure).filter_map(rate))
}

fn rate(rule: &Rule) -> Option<RateRule> {
    let of = match rule.key {
        Key::AccountRate => RateOf::Account,
        Key::UnitRate => RateOf::Unit,
        Key::PersonRate => RateOf::Person,
        Key::FlexibleRate => RateOf::Flexible,
        _ => return None,
    };
    let Value::Rate(rate) = rule.value else {
        return None;
    };
    // A rule for one very code (省直) would be taken for one of all places within.
    if rule.direct {
        return None;
    }
    Some(RateRule {
        of,
        scheme: rule.of.clone(),
        place: rule.place,
        from: rule.from,
        until: rule.until,
        rate,
    })
}
