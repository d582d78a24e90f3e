//! Rule sets: what is in force where and when, and a name for the whole.

use crate::{
    fault::{Expected, Fault, Found, Place, RuleFault},
    file::{self, RuleFile},
    key::Key,
    overlay::{self, Laid},
    place::{Where, city},
    rule::{Confidence, Rule, Value},
};
use std::{cmp::Ordering, collections::BTreeMap, fmt::Write, sync::LazyLock};
use yizhang_ledger::{
    hash::{Hash, derive},
    value::{Day, Division, Fen, Month, Rate},
};

/// Most files of a set.
pub const FILES_MAX: usize = 100;
/// Most rules of a set.
pub const RULES_MAX: usize = 10_000;
/// Most faults that are reported at once.
pub const FAULTS_MAX: usize = 100;
/// Context of [`RuleSet::name`].
pub const NAME_CONTEXT: &str = "yizhang 2026-11-24 v1 rule set";

/// The rules of the program.
pub(crate) const EMBEDDED: &[RuleFile<'static>] = &[
    RuleFile {
        name: "nation.toml",
        text: include_str!("../data/nation.toml"),
    },
    RuleFile {
        name: "places.toml",
        text: include_str!("../data/places.toml"),
    },
    RuleFile {
        name: "calendar.toml",
        text: include_str!("../data/calendar.toml"),
    },
];

/// Rules without a contradiction, in the order of key, subject, place, month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

/// A value with the rule that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure<'s, T> {
    /// What holds.
    pub value: T,
    /// Why.
    pub rule: &'s Rule,
}

/// The rules of one key and subject at a place: of its very code, of the place, its city, its province, the nation, each by
/// month.
#[derive(Clone, Copy, Debug, Default)]
pub struct Series<'s>([&'s [Rule]; 5]);

impl<'s> Series<'s> {
    /// The rule in force in a month.
    pub fn at(&self, month: Month) -> Option<&'s Rule> {
        self.0.into_iter().find_map(|level| in_force(level, month))
    }

    /// The rule in force in a month, else the one that ended last before it, of the narrowest place that has either.
    fn latest(&self, month: Month) -> Option<&'s Rule> {
        let ended = |rule: &&Rule| {
            rule.value != Value::None && rule.until.is_some_and(|until| until < month)
        };
        self.0.into_iter().find_map(|level| {
            let now = in_force(level, month);
            let last = || level.iter().filter(ended).max_by_key(|rule| rule.until);
            now.filter(|rule| rule.value != Value::None)
                .or_else(last)
                .or(now)
        })
    }
}

/// The rule of a place in a month: a value of it, else that it has one of its own.
fn in_force(level: &[Rule], month: Month) -> Option<&Rule> {
    let held = || level.iter().filter(|rule| rule.holds_in(month));
    held()
        .find(|rule| rule.value != Value::None)
        .or_else(|| held().next())
}

/// How two sets differ in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'s> {
    /// Only the second set has it.
    Added(&'s Rule),
    /// Only the first set has it.
    Removed(&'s Rule),
    /// Both have it, with other content.
    Changed(&'s Rule, &'s Rule),
}

impl RuleSet {
    /// The rules that the program brings. A test holds them to be without fault.
    ///
    /// # Panics
    /// If they are not: nothing may be computed under no law at all.
    pub fn embedded() -> &'static Self {
        static SET: LazyLock<RuleSet> = LazyLock::new(|| match RuleSet::embedded_or_faults() {
            Ok(set) => set,
            Err(faults) => panic!("the rules that the program brings are faulty: {faults:?}"),
        });
        &SET
    }

    /// The same, with what is wrong with them.
    ///
    /// # Errors
    /// As [`RuleSet::read`], and [`Fault::Field`] for a rule of confidence U, which only an operator may state.
    pub fn embedded_or_faults() -> Result<Self, Vec<RuleFault>> {
        let set = Self::read(EMBEDDED)?;
        let uncertain = set
            .rules
            .iter()
            .filter(|rule| rule.confidence == Confidence::Uncertain);
        let fault = |rule: &Rule| RuleFault {
            file: Some("embedded".into()),
            place: Place::Rule(rule.id.clone()),
            fault: Fault::Field {
                field: "confidence",
                expected: Expected::Certain,
                found: Found::text("U"),
            },
        };
        let faults: Vec<RuleFault> = uncertain.map(fault).collect();
        if faults.is_empty() {
            Ok(set)
        } else {
            Err(faults)
        }
    }

    /// Reads a set; the order of files and rules does not matter.
    ///
    /// # Errors
    /// Every fault that is found, at most [`FAULTS_MAX`].
    pub fn read(files: &[RuleFile<'_>]) -> Result<Self, Vec<RuleFault>> {
        Self::default().overlaid(files)
    }

    /// This set with an operator's own rules over it: a rule takes the place of one with the same id, which must be about the
    /// same key, subject and place, or stands beside the others.
    ///
    /// # Errors
    /// As [`RuleSet::read`]. What a rule does to the others is looked at where every rule could be read.
    pub fn overlaid(&self, files: &[RuleFile<'_>]) -> Result<Self, Vec<RuleFault>> {
        if files.len() > FILES_MAX {
            return Err(vec![of_all(Fault::TooManyFiles {
                limit: FILES_MAX,
                found: files.len(),
            })]);
        }
        let (own, mut faults) = by_id(files);
        let kept = self.rules.iter().filter(|rule| !own.contains_key(&rule.id));
        let mut laid: Vec<Laid<'_>> = kept.map(|rule| Laid { file: None, rule }).collect();
        laid.extend(own.values().map(|(file, rule)| Laid {
            file: Some(file),
            rule,
        }));
        if laid.len() > RULES_MAX {
            return Err(vec![of_all(Fault::TooManyRules {
                limit: RULES_MAX,
                found: laid.len(),
            })]);
        }
        laid.sort_by(|one, other| order(one.rule).cmp(&order(other.rule)));
        faults.extend(overlay::replaced(&self.rules, &laid));
        if faults.is_empty() {
            faults.extend(overlay::overlaps(&laid));
            faults.extend(overlay::gaps(&self.rules, &laid));
        }
        let set = Self {
            rules: laid.iter().map(|laid| laid.rule.clone()).collect(),
        };
        if faults.is_empty() {
            let files = own
                .values()
                .map(|(file, rule)| (rule.id.as_str(), file.as_str()))
                .collect();
            faults.extend(overlay::crossed(&set, &files));
            faults.extend(overlay::circles(&set, &files));
        }
        faults.truncate(FAULTS_MAX);
        if faults.is_empty() {
            Ok(set)
        } else {
            Err(faults)
        }
    }

    /// BLAKE3 in key-derivation mode under [`NAME_CONTEXT`] over every field of every rule: equal names, equal rules.
    pub fn name(&self) -> Hash {
        let texts: Vec<String> = self.rules.iter().map(canonical).collect();
        derive(
            NAME_CONTEXT,
            &texts.iter().map(String::as_bytes).collect::<Vec<_>>(),
        )
    }

    /// All rules, by key, subject, place and month.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule in force in a month: that of the very code, else of the place, its city, its province, the nation; without a
    /// place only that of the nation. Where a key has rules for all schemes that have none of their own, one of the scheme
    /// comes first, wherever it holds.
    pub fn find(&self, key: Key, of: &str, place: impl Into<Where>, month: Month) -> Option<&Rule> {
        let place = place.into();
        let of_all = || {
            self.series(key, "", place)
                .at(month)
                .filter(|_| key.serves_all())
        };
        self.series(key, of, place).at(month).or_else(of_all)
    }

    /// The rule in force, else the one that ended last before the month: for what is published late every year. A place that
    /// has rules of its own keeps to them, however early its province publishes. The rule is in force if
    /// [`Rule::holds_in`] says so.
    pub fn latest(
        &self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<&Rule> {
        self.series(key, of, place).latest(month)
    }

    /// The rules of one key and subject at a place, to be asked for many months.
    pub fn series(&self, key: Key, of: &str, place: impl Into<Where>) -> Series<'_> {
        let asked = place.into();
        let place = asked.place();
        let province = place.map(Division::province);
        let at = |place: Option<Division>, direct: bool| {
            let name = |rule: &Rule| (rule.key, rule.of.as_str().cmp(of), rule.place, rule.direct);
            let start = self
                .rules
                .partition_point(|rule| name(rule) < (key, Ordering::Equal, place, direct));
            let end = self
                .rules
                .partition_point(|rule| name(rule) <= (key, Ordering::Equal, place, direct));
            self.rules
                .get(start..end)
                .expect("both ends are partition points of the same rules, in their order")
        };
        let level = |place: Option<Division>| at(place, false);
        let city = place.and_then(city);
        let unless = |same: bool, place: Option<Division>| {
            if same || place.is_none() {
                &[]
            } else {
                level(place)
            }
        };
        Series([
            if let Where::At(place) = asked {
                at(Some(place), true)
            } else {
                &[]
            },
            unless(place == city || place == province, place),
            unless(city == province, city),
            unless(false, province),
            level(None),
        ])
    }

    /// Months, days or a number in force.
    pub fn number(
        &self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<Figure<'_, u32>> {
        let rule = self.find(key, of, place, month)?;
        match rule.value {
            Value::Months(value) | Value::Days(value) | Value::Count(value) => {
                Some(Figure { value, rule })
            }
            _ => None,
        }
    }

    /// Money in force.
    pub fn yuan(
        &self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<Figure<'_, Fen>> {
        let rule = self.find(key, of, place, month)?;
        if let Value::Yuan(value) = rule.value {
            Some(Figure { value, rule })
        } else {
            None
        }
    }

    /// A rate in force.
    pub fn rate(
        &self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<Figure<'_, Rate>> {
        let rule = self.find(key, of, place, month)?;
        if let Value::Rate(value) = rule.value {
            Some(Figure { value, rule })
        } else {
            None
        }
    }

    /// A table in force.
    pub fn table(
        &self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<Figure<'_, &[Vec<u32>]>> {
        let rule = self.find(key, of, place, month)?;
        if let Value::Table(value) = &rule.value {
            Some(Figure {
                value: value.as_slice(),
                rule,
            })
        } else {
            None
        }
    }

    /// Days in force.
    pub fn dates(
        &self,
        key: Key,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<Figure<'_, &[Day]>> {
        let rule = self.find(key, "", place, month)?;
        if let Value::Dates(value) = &rule.value {
            Some(Figure {
                value: value.as_slice(),
                rule,
            })
        } else {
            None
        }
    }

    /// What has changed from this set to another, by id.
    pub fn diff<'s>(&'s self, other: &'s Self) -> Vec<Change<'s>> {
        let by_id = |set: &'s Self| {
            set.rules
                .iter()
                .map(|rule| (rule.id.as_str(), rule))
                .collect::<BTreeMap<_, _>>()
        };
        let (old, new) = (by_id(self), by_id(other));
        let ids: std::collections::BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        let change = |id: &str| match (old.get(id), new.get(id)) {
            (Some(old), Some(new)) if old == new => None,
            (Some(old), Some(new)) => Some(Change::Changed(old, new)),
            (Some(old), None) => Some(Change::Removed(old)),
            (None, Some(new)) => Some(Change::Added(new)),
            (None, None) => None,
        };
        ids.into_iter().filter_map(change).collect()
    }
}

/// The rules of files by their ids, each with its file, and what is wrong with the others.
fn by_id(files: &[RuleFile<'_>]) -> (BTreeMap<String, (String, Rule)>, Vec<RuleFault>) {
    let mut by_id: BTreeMap<String, (String, Rule)> = BTreeMap::new();
    let mut faults = Vec::new();
    for file in files {
        let (rules, found) = file::read(*file);
        faults.extend(found);
        for rule in rules {
            if let Some((other, _)) = by_id.get(&rule.id) {
                let fault = Fault::SameId {
                    other: other.clone(),
                };
                faults.push(RuleFault {
                    file: Some(file.name.to_owned()),
                    place: Place::Rule(rule.id),
                    fault,
                });
            } else {
                by_id.insert(rule.id.clone(), (file.name.to_owned(), rule));
            }
        }
    }
    (by_id, faults)
}

const fn of_all(fault: Fault) -> RuleFault {
    RuleFault {
        file: None,
        place: Place::File,
        fault,
    }
}

fn order(
    rule: &Rule,
) -> (
    Key,
    &str,
    Option<Division>,
    bool,
    Option<Month>,
    Option<Month>,
    &str,
) {
    (
        rule.key,
        &rule.of,
        rule.place,
        rule.direct,
        rule.from,
        rule.until,
        &rule.id,
    )
}

/// Every field with its length, so that no two rules have one text.
fn canonical(rule: &Rule) -> String {
    let optional = |value: Option<String>| value.unwrap_or_default();
    let fields = [
        rule.id.clone(),
        rule.key.name().to_owned(),
        rule.of.clone(),
        optional(rule.place.map(|place| place.to_string())),
        optional(rule.direct.then(|| "direct".to_owned())),
        optional(rule.from.map(|month| month.to_string())),
        optional(rule.until.map(|month| month.to_string())),
        rule.value.to_string(),
        rule.document.clone(),
        rule.number.clone(),
        optional(rule.published.map(|day| day.to_string())),
        rule.confidence.letter().to_owned(),
        rule.note.clone(),
    ];
    fields.iter().fold(String::new(), |mut text, field| {
        // Writing into a string does not fail.
        let _ = write!(text, "{}:{field},", field.len());
        text
    })
}
