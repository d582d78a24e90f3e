//! What a benefit item 待遇项目 is, as rules say: codes are the agencies', and no list of them is complete.

use crate::{
    account::{DeathLine, Person, Standing},
    person::statements::death,
    policy::Policy,
    records::set::RecordSet,
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    record::{Benefit, Record},
    value::{Day, Division, Month},
};
use yizhang_rules::{Key, Rule, Value};

/// What a rule says of an item (`benefit.item`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemUse {
    /// It is paid out of the personal account.
    Account,
    /// It is due only after death: funeral grant, survivors' pension.
    AfterDeath,
    /// What heirs receive of the personal account (社会保险法 art. 14).
    Heirs,
}

impl ItemUse {
    /// Whether it is due only after death.
    pub(crate) fn is_after_death(self) -> bool {
        matches!(self, Self::AfterDeath | Self::Heirs)
    }
}

/// What the item of a benefit is, with the rule that says so, of its place and first month.
pub(crate) fn use_of<'p>(policy: &'p Policy, benefit: &Benefit<'_>) -> Option<(ItemUse, &'p Rule)> {
    let (item, place) = (benefit.item.as_str(), benefit.place);
    let rule = policy
        .rules()
        .find(Key::BenefitItem, item, place, benefit.from)?;
    let Value::Code(word) = &rule.value else {
        return None;
    };
    let item = match word.as_str() {
        "account" => ItemUse::Account,
        "after-death" => ItemUse::AfterDeath,
        "heirs" => ItemUse::Heirs,
        _ => return None,
    };
    Some((item, rule))
}

/// Marks the benefits that are due only after death: by a rule of their item; or for months after death under an item that was
/// never awarded or paid for a month in life, by an agency that knew of the death (our design). A pension that goes on after
/// death keeps its item, and is none.
pub(crate) fn mark_of_heirs(set: &mut RecordSet<'_>, policy: &Policy, person: &Person) {
    let died = death(person).map(|(month, _)| month);
    let in_life = items_in_life(set, died);
    for at in 0..set.len() {
        let held = set.at(at);
        if let Record::Benefit(_, benefit) = &held.fact.record {
            let by_rule = use_of(policy, benefit).map(|(item, _)| item.is_after_death());
            let begins_after = died.is_some_and(|died| benefit.from > died);
            let is_new = begins_after && !in_life.contains(benefit.item.as_str());
            let is_by_death = is_new && knew(person, held.fact.region, benefit.on);
            if by_rule.unwrap_or(is_by_death) {
                set.mark_of_heirs(at);
            }
        }
    }
}

/// The items that were awarded or paid for a month in life.
fn items_in_life<'f>(set: &RecordSet<'f>, died: Option<Month>) -> BTreeSet<&'f str> {
    let mut items = BTreeSet::new();
    for (_, held) in set.iter() {
        if let Record::Benefit(_, benefit) = &held.fact.record
            && held.standing == Standing::Held
            && died.is_none_or(|died| benefit.from <= died)
        {
            items.insert(benefit.item.as_str());
        }
    }
    items
}

/// Whether a chain had stated the death by a day.
fn knew(person: &Person, region: Division, on: Day) -> bool {
    let stated = |line: &DeathLine| line.region == region && line.on <= on;
    person.death.iter().any(stated)
}
