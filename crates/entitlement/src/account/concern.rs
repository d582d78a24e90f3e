//! What a conflict is about, also where its own fields do not say: read from its records.

use super::{Account, CaseId, Conflict, ContributionLine, Division, Month, TransferCase};
use std::collections::BTreeSet;

/// What a conflict is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concern {
    /// The family: its own, else that of the disputed or disagreeing records.
    pub family: Option<String>,
    /// Runs of months, ascending: its own, else those of its contributions, else those that its transfer case moves.
    pub spans: Vec<(Month, Month)>,
    /// The places that contributions were paid at and a transfer goes from and to, else the provinces of a choice.
    pub places: BTreeSet<Division>,
    /// The transfer case.
    pub case: Option<CaseId>,
}

impl Account {
    /// What a conflict of this account is about.
    pub fn concern(&self, conflict: &Conflict) -> Concern {
        let lines = || {
            conflict
                .records
                .iter()
                .filter_map(|number| self.record(*number)?.contribution.as_ref())
        };
        let case = self.case_of(conflict);
        let moved =
            case.and_then(|(_, case)| case.in_transfer.as_ref().or(case.transferred.as_ref()));
        let mut spans: Vec<(Month, Month)> =
            conflict.first.zip(conflict.last).into_iter().collect();
        if spans.is_empty() {
            spans = runs(
                lines()
                    .flat_map(ContributionLine::covered)
                    .collect::<BTreeSet<Month>>(),
            );
        }
        if spans.is_empty() {
            spans.extend(moved.map(|moved| (moved.first, moved.last)));
        }
        let family = conflict
            .family
            .clone()
            .or_else(|| case.map(|(family, _)| family.to_owned()));
        let sides = case
            .into_iter()
            .flat_map(|(_, case)| [case.source, case.target]);
        let mut places: BTreeSet<Division> = lines().map(|line| line.place).chain(sides).collect();
        if places.is_empty() {
            places.extend(conflict.choices.iter().map(|choice| choice.place));
        }
        Concern {
            family: family.or_else(|| self.family_of_scheme(&lines().next()?.scheme)),
            spans,
            places,
            case: case.map(|(_, case)| case.case),
        }
    }

    /// The case that has a step among the records of a conflict, with its family.
    fn case_of(&self, conflict: &Conflict) -> Option<(&str, &TransferCase)> {
        let has_step = |case: &&TransferCase| {
            case.steps
                .iter()
                .any(|step| conflict.records.contains(&step.record))
        };
        let found = |family: &'_ super::FamilyAccount| {
            family.transfers.iter().position(|case| has_step(&case))
        };
        self.families.iter().find_map(|family| {
            Some((
                family.family.as_str(),
                family.transfers.get(found(family)?)?,
            ))
        })
    }

    /// The family that a scheme belongs to here.
    pub(crate) fn family_of_scheme(&self, scheme: &str) -> Option<String> {
        let has =
            |family: &&super::FamilyAccount| family.schemes.iter().any(|known| known == scheme);
        self.families
            .iter()
            .find(has)
            .map(|family| family.family.clone())
    }

    /// Months of a family that records in dispute are about: of those that nobody has answered, ascending.
    pub fn disputed_months(&self, family: &str) -> BTreeSet<Month> {
        let open = self.disputes.iter().filter(|line| line.outcome.is_none());
        let lines = open.filter_map(|line| self.record(line.disputed?)?.contribution.as_ref());
        lines
            .filter(|line| self.family_of_scheme(&line.scheme).as_deref() == Some(family))
            .flat_map(ContributionLine::covered)
            .collect()
    }
}

impl ContributionLine {
    /// The months of its period.
    fn covered(&self) -> impl Iterator<Item = Month> {
        let first = self.first;
        (0..u16::from(self.months)).filter_map(move |count| first.plus(count))
    }
}

/// Months in ascending order as runs, each with its first and last.
pub fn runs(months: impl IntoIterator<Item = Month>) -> Vec<(Month, Month)> {
    let mut runs: Vec<(Month, Month)> = Vec::new();
    for month in months {
        match runs.last_mut() {
            Some((_, last)) if last.next() == month => *last = month,
            _ => runs.push((month, month)),
        }
    }
    runs
}
