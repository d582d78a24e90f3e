//! One case, worked out: where it stands, what of it moves, what the old place has to settle first.

use crate::{
    account::{
        CaseState, MonthLine, MonthStatus, NextStep, OutCheck, OutCheckName, RecordNumber, Side,
        TransferComparison,
    },
    formulas::count::count_months,
    policy::{calendar::WorkingDays, transfer_terms::SchemeTransfer},
    records::set::{AsOf, FamilyRange, position},
    transfer::{
        closing::Closing,
        family_records::FamilyRecords,
        places::{Places, RowMonth},
        procedure::Progress,
        step::Step,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    record::CaseId,
    value::{Division, Month},
};

/// Everything that the cases of a family are worked out from.
pub(crate) struct CaseInputs<'s, 'f, 'd> {
    pub(crate) records: FamilyRecords<'s, 'f>,
    pub(crate) of: &'d FamilyRange<'d>,
    pub(crate) lines: &'d [MonthLine],
    pub(crate) as_of: AsOf,
    pub(crate) working_days: WorkingDays<'d>,
    pub(crate) rule: SchemeTransfer,
}

/// A case, worked out.
pub(crate) struct Case<'s> {
    pub(crate) id: CaseId,
    pub(crate) steps: Vec<Step<'s>>,
    pub(crate) progress: Progress<'s>,
    /// The old place, under all names that its steps give it.
    pub(crate) sources: Vec<Division>,
    /// The same, and the names that these have had since.
    pub(crate) known_as: Vec<Division>,
    pub(crate) comparison: Option<TransferComparison>,
    pub(crate) checks: Vec<OutCheck>,
    pub(crate) state: CaseState,
    pub(crate) next: Option<NextStep>,
    pub(crate) is_dangling: bool,
    /// The closing, with what was in effect then.
    pub(crate) closing: Option<Closing>,
    /// The months of records that move with it, from the closing on.
    pub(crate) moving: BTreeSet<RowMonth>,
    /// Those of contributions that its sheet leaves at the old place by the months that it names.
    pub(crate) outside: BTreeSet<RowMonth>,
}

impl Case<'_> {
    pub(crate) fn check(
        &mut self,
        what: OutCheckName,
        months: u32,
        mut records: Vec<RecordNumber>,
    ) {
        records.sort_unstable();
        records.dedup();
        self.checks.push(OutCheck {
            what,
            months,
            inform_by: None,
            records,
        });
    }

    /// Names months with their records, if there are any.
    pub(crate) fn check_months(
        &mut self,
        what: OutCheckName,
        by_month: BTreeMap<Month, Vec<RecordNumber>>,
    ) {
        if !by_month.is_empty() {
            let months = count_months(by_month.keys());
            self.check(what, months, by_month.into_values().flatten().collect());
        }
    }

    /// Names the months that count by what the sheet leaves at the old place, as long as no case takes it along (Y14). Months
    /// that another place holds as well are C01's.
    pub(crate) fn check_left_behind(&mut self, lines: &[MonthLine], places: &Places) {
        if self.outside.is_empty() || self.progress.has_failed() {
            return;
        }
        let mut left = BTreeMap::new();
        for line in lines {
            let is_left = |one: &RecordNumber| {
                let row = RowMonth {
                    at: position(*one),
                    month: line.month,
                };
                self.outside.contains(&row) && places.is_untouched(row)
            };
            let is_counted = line.status == MonthStatus::Counted && !line.by.is_empty();
            if is_counted && line.by.iter().all(is_left) {
                left.insert(line.month, line.by.clone());
            }
        }
        self.check_months(OutCheckName::LeftBehind, left);
    }

    /// The records behind a check.
    pub(crate) fn records_of(&self, what: OutCheckName) -> Vec<usize> {
        let named = self.checks.iter().filter(|check| check.what == what);
        let records = named.flat_map(|check| &check.records);
        records.map(|number| position(*number)).collect()
    }

    /// Whether sheet, money and chain do not say the same.
    pub(crate) fn has_differences(&self) -> bool {
        let comparison = self.comparison.as_ref();
        comparison.is_some_and(TransferComparison::has_differences)
    }

    /// Whether the account was closed for this transfer, and the case has not come to nothing.
    pub(crate) fn has_closed(&self) -> bool {
        self.progress.freeze.is_some() && !self.progress.has_failed()
    }

    /// Whether a place is the old one, or one contains the other.
    pub(crate) fn is_of(&self, place: Division) -> bool {
        self.known_as
            .iter()
            .any(|mine| mine.covers(place) || place.covers(*mine))
    }

    /// Whether both are about the same old place.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        other.known_as.iter().any(|theirs| self.is_of(*theirs))
    }

    /// The place that has posted, or else will.
    pub(crate) fn target(&self) -> Option<Division> {
        let named = self.progress.sides.map(|sides| sides.new);
        self.progress
            .posted
            .map(|posted| posted.place(Side::New))
            .or(named)
    }
}
