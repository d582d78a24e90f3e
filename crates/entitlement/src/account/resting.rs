//! What of an account rests on the records of some chains: what is in doubt when a chain's key has signed two histories.

use super::{Account, Division, FamilyAccount, FigureNumber, Ground, Month, RecordNumber, runs};
use std::collections::BTreeSet;

/// What rests on the records of some chains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resting {
    /// Families that a record of these chains is about.
    pub families: Vec<RestingFamily>,
    /// Figures that rest on such a record or family, or on another such figure.
    pub figures: BTreeSet<FigureNumber>,
}

/// A family that rests on the records of some chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestingFamily {
    /// The family, for instance `hrss:110`.
    pub family: String,
    /// The months that such a record touches, as runs, ascending; empty if what rests on it is no month.
    pub months: Vec<(Month, Month)>,
}

impl Account {
    /// What rests on the records of the chains of these regions.
    pub fn resting_on(&self, regions: &BTreeSet<Division>) -> Resting {
        let is_theirs = |number: RecordNumber| {
            let line = self.record(number);
            line.is_some_and(|line| regions.contains(&line.region))
        };
        let mut resting = Resting::default();
        for family in &self.families {
            let months = family.months.iter().filter(|line| {
                let touching = line.by.iter().chain(&line.others);
                touching.copied().any(is_theirs)
            });
            let months = runs(months.map(|line| line.month));
            if !months.is_empty() || family.other_records().any(is_theirs) {
                resting.families.push(RestingFamily {
                    family: family.family.clone(),
                    months,
                });
            }
        }
        // A figure rests on figures before it, so one way through finds all.
        for (number, figure) in (0_u32..).zip(&self.figures) {
            let rests = figure.from.iter().any(|ground| match ground {
                Ground::Figure(figure) => resting.figures.contains(figure),
                Ground::Record(record) => is_theirs(*record),
                Ground::Family(name) => resting.families.iter().any(|known| known.family == *name),
                Ground::Rule(_) | Ground::Assumed(_) => false,
            });
            if rests {
                resting.figures.insert(FigureNumber(number));
            }
        }
        resting
    }
}

impl FamilyAccount {
    /// The records behind what is no month.
    fn other_records(&self) -> impl Iterator<Item = RecordNumber> {
        let participation = self.participation.iter().map(|fact| fact.record);
        let benefits = self.benefits.iter().map(|fact| fact.record);
        let interest = self.interest.postings.iter().map(|posting| posting.record);
        let steps = self.transfers.iter().flat_map(|case| &case.steps);
        participation
            .chain(benefits)
            .chain(interest)
            .chain(steps.map(|step| step.record))
    }
}
