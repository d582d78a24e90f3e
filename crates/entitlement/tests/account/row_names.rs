//! Which row of a case a record of the account comes from, in the words of the case: so a case says *which* records a
//! conflict has, and not only how many.

use std::collections::BTreeMap;
use yizhang_entitlement::{Account, account::RecordNumber};
use yizhang_ledger::{
    hash::Hash,
    value::{Division, Month},
};

/// The rows behind the records of a case, by where a record stands and what its leaf is.
#[derive(Default)]
pub(crate) struct RowNames {
    rows: BTreeMap<(Division, Hash), Part>,
}

/// One record of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// From 1, in the order of the case.
    row: usize,
    /// The chain that holds it, where it is not the row's own.
    copy: Option<Division>,
    /// Its month, where the row has several.
    month: Option<Month>,
    label: Option<String>,
}

/// A record as it is written into a chain for a row.
pub(crate) struct Written<'r> {
    /// From 1, in the order of the case.
    pub(crate) row: usize,
    pub(crate) label: Option<&'r str>,
    /// The row's own chain and those that hold a copy.
    pub(crate) own: Division,
    pub(crate) copies: Vec<Division>,
    /// Its month, where the row has several.
    pub(crate) month: Option<Month>,
    pub(crate) leaf: Hash,
}

impl RowNames {
    /// Remembers a record. The first row that has a leaf in a chain is the one that stands there.
    pub(crate) fn note(&mut self, written: &Written<'_>) {
        let part = |copy| Part {
            row: written.row,
            copy,
            month: written.month,
            label: written.label.map(str::to_owned),
        };
        self.rows
            .entry((written.own, written.leaf))
            .or_insert_with(|| part(None));
        for copy in &written.copies {
            self.rows
                .entry((*copy, written.leaf))
                .or_insert_with(|| part(Some(*copy)));
        }
    }

    /// The rows of some records, in the order of the case: the label, or `#` and the number of the row; the months that
    /// follow one another, where the row has several; and `in CHAIN` for a copy.
    pub(crate) fn of(&self, account: &Account, records: &[RecordNumber]) -> String {
        let mut parts: Vec<&Part> = records
            .iter()
            .map(|number| {
                let line = &account.records[usize::try_from(number.0).unwrap()];
                self.rows
                    .get(&(line.region, line.id))
                    .expect("every record of the account comes from a row")
            })
            .collect();
        parts.sort();
        let mut runs: Vec<Run<'_>> = Vec::new();
        for part in parts {
            match runs.last_mut() {
                Some(run) if run.goes_on_with(part) => run.last = part.month,
                _ => runs.push(Run {
                    first: part,
                    last: part.month,
                }),
            }
        }
        let texts: Vec<String> = runs.iter().map(|run| self.text(run)).collect();
        texts.join(", ")
    }

    fn text(&self, run: &Run<'_>) -> String {
        let part = run.first;
        let mut text = match &part.label {
            Some(label) if self.is_of_one_row(label) => label.clone(),
            _ => format!("#{}", part.row),
        };
        match (part.month, run.last) {
            (Some(first), Some(last)) if first == last => text = format!("{text} {first}"),
            (Some(first), Some(last)) => text = format!("{text} {first}..{last}"),
            _ => {}
        }
        if let Some(chain) = part.copy {
            text = format!("{text} in {chain}");
        }
        text
    }

    fn is_of_one_row(&self, label: &str) -> bool {
        let mut rows = self
            .rows
            .values()
            .filter(|part| part.label.as_deref() == Some(label))
            .map(|part| part.row);
        let first = rows.next();
        rows.all(|row| Some(row) == first)
    }
}

/// Records of one row whose months follow one another.
struct Run<'p> {
    first: &'p Part,
    last: Option<Month>,
}

impl Run<'_> {
    fn goes_on_with(&self, next: &Part) -> bool {
        let (Some(last), Some(month)) = (self.last, next.month) else {
            return false;
        };
        self.first.row == next.row && self.first.copy == next.copy && last.plus(1) == Some(month)
    }
}
