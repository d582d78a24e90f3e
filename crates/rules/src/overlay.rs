//! Rules laid over a set: what they may not do to it and to each other. A fault is that of a rule that was laid, never of
//! one below: the set below is without fault.

use crate::{
    fault::{Expected, Fault, Found, Place, RuleFault, Span},
    key::Key,
    place::Where,
    rule::{Rule, Value},
    set::RuleSet,
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::value::Month;

/// A rule of the set in the making, and the file that it was laid from; none for one of the set below.
#[derive(Clone, Copy)]
pub(crate) struct Laid<'a> {
    pub(crate) file: Option<&'a str>,
    pub(crate) rule: &'a Rule,
}

impl Laid<'_> {
    fn fault(&self, fault: Fault) -> RuleFault {
        let place = Place::Rule(self.rule.id.clone());
        RuleFault {
            file: Some(self.file.unwrap_or("embedded").to_owned()),
            place,
            fault,
        }
    }
}

/// Whether two rules say the same thing, each for its months.
fn is_alike(one: &Rule, other: &Rule) -> bool {
    (one.key, &one.of, one.place, one.direct) == (other.key, &other.of, other.place, other.direct)
}

/// What a rule that takes the place of another one changes although it may not: it would take away what it does not speak of.
pub(crate) fn replaced(below: &[Rule], laid: &[Laid<'_>]) -> Vec<RuleFault> {
    let by_id: BTreeMap<&str, &Rule> = below.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let fault = |laid: &Laid<'_>| {
        let (old, new) = (by_id.get(laid.rule.id.as_str())?, laid.rule);
        let place = |rule: &Rule| {
            rule.place
                .map(|place| place.to_string())
                .unwrap_or_default()
        };
        let fields = [
            ("key", old.key.name().to_owned(), new.key.name().to_owned()),
            ("of", old.of.clone(), new.of.clone()),
            ("place", place(old), place(new)),
            ("direct", old.direct.to_string(), new.direct.to_string()),
        ];
        let (field, old, new) = fields.into_iter().find(|(_, old, new)| old != new)?;
        let old = if old.is_empty() {
            "nothing".to_owned()
        } else {
            old
        };
        Some(laid.fault(Fault::Field {
            field,
            expected: Expected::AsReplaced(old),
            found: Found::text(&new),
        }))
    };
    laid.iter()
        .filter(|laid| laid.file.is_some())
        .filter_map(fault)
        .collect()
}

/// Months in which two rules say the same thing, of rules in the order of a set. That a place has a value of its own which
/// nobody knows comes after every value of that place.
pub(crate) fn overlaps(laid: &[Laid<'_>]) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    for group in laid.chunk_by(|one, other| is_alike(one.rule, other.rule)) {
        for is_none in [false, true] {
            let mut longest: Option<&Laid<'_>> = None;
            for next in group
                .iter()
                .filter(|laid| (laid.rule.value == Value::None) == is_none)
            {
                if let Some(before) = longest {
                    faults.extend(overlap(before, next));
                }
                longest = longest
                    .filter(|longest| end(longest.rule) >= end(next.rule))
                    .or(Some(next));
            }
        }
    }
    faults
}

fn overlap(before: &Laid<'_>, next: &Laid<'_>) -> Option<RuleFault> {
    if start(next.rule) > end(before.rule) {
        return None;
    }
    let span = span(start(next.rule), end(before.rule).min(end(next.rule)));
    let (laid, other) = if next.file.is_some() {
        (next, before)
    } else {
        (before, next)
    };
    Some(laid.fault(Fault::Overlap {
        other: other.rule.id.clone(),
        span,
    }))
}

/// Months without a rule of a key that has one for every month: between two rules, or where the set below has one.
pub(crate) fn gaps(below: &[Rule], laid: &[Laid<'_>]) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    for group in laid.chunk_by(|one, other| is_alike(one.rule, other.rule)) {
        let Some(first) = group.first().filter(|laid| laid.rule.key.is_continuous()) else {
            continue;
        };
        let old: Vec<&Rule> = below
            .iter()
            .filter(|rule| is_alike(rule, first.rule))
            .collect();
        for (from, until) in holes(group, &old) {
            let fault = Fault::Gap {
                key: first.rule.key.name(),
                span: span(from, until),
            };
            faults.extend(opener(group, &old, (from, until)).map(|laid| laid.fault(fault)));
        }
    }
    faults
}

/// Months, by their numbers, that no rule of a group covers, from the first to the last that one does or did.
fn holes(group: &[Laid<'_>], old: &[&Rule]) -> Vec<(u32, u32)> {
    let all = || {
        group
            .iter()
            .map(|laid| laid.rule)
            .chain(old.iter().copied())
    };
    // Without rules there are no months between them.
    let (Some(mut next), Some(last)) = (all().map(start).min(), all().map(end).max()) else {
        return Vec::new();
    };
    let mut holes = Vec::new();
    for rule in group.iter().map(|laid| laid.rule) {
        if start(rule) > next {
            let until = start(rule).checked_sub(1);
            holes.push((next, until.expect("it starts after another month")));
        }
        let after = end(rule).checked_add(1);
        next = next.max(after.expect("a month is a number of 16 bits in 32"));
    }
    if next <= last {
        holes.push((next, last));
    }
    holes
}

/// The laid rule that leaves a hole: one that takes the place of a rule in it, else the first after it, else the last before it.
fn opener<'l, 'a>(
    group: &'l [Laid<'a>],
    old: &[&Rule],
    (from, until): (u32, u32),
) -> Option<&'l Laid<'a>> {
    let laid = || group.iter().filter(|laid| laid.file.is_some());
    let in_hole = |rule: &&&Rule| start(rule) <= until && end(rule) >= from;
    let replaces = |laid: &&Laid<'_>| {
        old.iter()
            .filter(in_hole)
            .any(|rule| rule.id == laid.rule.id)
    };
    let behind = || laid().find(|laid| start(laid.rule) > until);
    laid()
        .find(replaces)
        .or_else(behind)
        .or_else(|| laid().next_back())
}

/// The keys of which the first limits from below what the second limits from above.
const LIMITS: [(Key, Key); 2] = [
    (Key::BaseFloor, Key::BaseCeiling),
    (Key::InjuryFloor, Key::InjuryCeiling),
];

/// Floors above the ceiling that holds at the same place in one of their months, and ceilings below the floor.
pub(crate) fn crossed(set: &RuleSet, files: &BTreeMap<&str, &str>) -> Vec<RuleFault> {
    let mut faults: BTreeMap<&str, RuleFault> = BTreeMap::new();
    for (low, high) in LIMITS {
        for rule in set
            .rules()
            .iter()
            .filter(|rule| rule.key == low || rule.key == high)
        {
            let is_low = rule.key == low;
            let other_key = if is_low { high } else { low };
            for month in months_of_change(set, other_key, rule) {
                let Some(other) = set.find(other_key, &rule.of, own_place(rule), month) else {
                    continue;
                };
                let (floor, ceiling) = if is_low { (rule, other) } else { (other, rule) };
                if amount(floor)
                    .zip(amount(ceiling))
                    .is_none_or(|(floor, ceiling)| floor <= ceiling)
                {
                    continue;
                }
                let of = |rule: &Rule| (rule.value.to_string(), rule.id.clone());
                let (laid, expected) = if files.contains_key(floor.id.as_str()) {
                    let (value, rule) = of(ceiling);
                    (floor, Expected::NotAbove { value, rule })
                } else {
                    let (value, rule) = of(floor);
                    (ceiling, Expected::NotBelow { value, rule })
                };
                let found = Found::Text(laid.value.to_string());
                let file = files.get(laid.id.as_str()).copied();
                let fault = Laid { file, rule: laid }.fault(Fault::Field {
                    field: "value",
                    expected,
                    found,
                });
                faults.entry(&laid.id).or_insert(fault);
            }
        }
    }
    faults.into_values().collect()
}

/// The months of a rule in which another key's rule may begin to hold beside it.
fn months_of_change(set: &RuleSet, other: Key, rule: &Rule) -> BTreeSet<Month> {
    let of_other = set
        .rules()
        .iter()
        .filter(|found| found.key == other && found.of == rule.of);
    let begins = of_other
        .filter_map(|found| found.from)
        .filter(|month| rule.holds_in(*month));
    begins
        .chain(Month::of(1_900, 1).map(|first| rule.from.unwrap_or(first)))
        .collect()
}

const fn own_place(rule: &Rule) -> Where {
    match rule.place {
        None => Where::Nation,
        Some(place) if rule.direct => Where::At(place),
        Some(place) => Where::Whole(place),
    }
}

fn amount(rule: &Rule) -> Option<i64> {
    match rule.value {
        Value::Yuan(amount) => Some(amount.get()),
        Value::Rate(rate) => Some(i64::from(rate.get())),
        _ => None,
    }
}

/// Longest line of successors that is followed in search of a circle.
const SUCCESSORS_MAX: usize = 100;

/// Successors that lead back to where they begin: nobody could say what the place or employer is now.
pub(crate) fn circles(set: &RuleSet, files: &BTreeMap<&str, &str>) -> Vec<RuleFault> {
    let mut by_name: BTreeMap<(Key, String), Vec<&Rule>> = BTreeMap::new();
    for rule in set.rules().iter().filter(|rule| rule.key.is_successor()) {
        by_name
            .entry((rule.key, name(rule)))
            .or_default()
            .push(rule);
    }
    let leads_back = |rule: &&Rule| {
        let Some(month) = rule.from.or_else(|| Month::of(1_900, 1)) else {
            return false;
        };
        let mut next = successor(rule);
        for _ in 0..SUCCESSORS_MAX {
            let Some(now) = next else { return false };
            if now == name(rule) {
                return true;
            }
            let rules = by_name.get(&(rule.key, now));
            next = rules
                .into_iter()
                .flatten()
                .find(|rule| rule.holds_in(month))
                .and_then(|rule| successor(rule));
        }
        false
    };
    let laid = |rule: &&Rule| files.contains_key(rule.id.as_str());
    let in_circle = set
        .rules()
        .iter()
        .filter(|rule| rule.key.is_successor())
        .filter(laid)
        .filter(leads_back);
    in_circle
        .map(|rule| {
            let found = Found::text(&rule.value.to_string());
            let fault = Fault::Field {
                field: "value",
                expected: Expected::NoCircle,
                found,
            };
            Laid {
                file: files.get(rule.id.as_str()).copied(),
                rule,
            }
            .fault(fault)
        })
        .collect()
}

/// Of which division or employer a rule names the successor.
fn name(rule: &Rule) -> String {
    rule.place
        .map_or_else(|| rule.of.clone(), |place| place.to_string())
}

/// The one that follows; none where there are several.
fn successor(rule: &Rule) -> Option<String> {
    match &rule.value {
        Value::Code(code) => Some(code.clone()),
        Value::Table(rows) => match rows.as_slice() {
            [row] => row.first().map(u32::to_string),
            _ => None,
        },
        _ => None,
    }
}

/// The number of the first month of a rule, 0 where it has always held.
fn start(rule: &Rule) -> u32 {
    rule.from.map_or(0, |month| u32::from(month.number()))
}

/// The number of the last month of a rule, the largest where there is no end.
fn end(rule: &Rule) -> u32 {
    rule.until
        .map_or(u32::from(u16::MAX), |month| u32::from(month.number()))
}

fn span(from: u32, until: u32) -> Span {
    let month = |number: u32| u16::try_from(number).ok().and_then(Month::new);
    Span {
        first: month(from),
        last: month(until).filter(|month| month.number() < u16::MAX),
    }
}
