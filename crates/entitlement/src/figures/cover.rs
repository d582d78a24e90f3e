//! Medical cover month by month: which scheme gives it, where it breaks off, and where it was resumed.

use super::Inputs;
use crate::{
    account::{Ground, MonthLine, MonthStatus, Standing},
    formulas::count::{count_months, one_more},
    policy::family::Family,
    records::set::RecordSet,
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::value::{Day, Month};

/// The scheme that covers a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoveredBy {
    /// The employees' scheme, also where both do.
    Employees,
    /// The residents' scheme.
    Residents,
}

/// A month of cover.
#[derive(Clone, Copy)]
pub(super) struct CoveredMonth {
    pub(super) month: Month,
    pub(super) by: CoveredBy,
    /// The month in which its money came.
    pub(super) paid_in: Option<Month>,
}

/// Months without cover, and what stood before them.
#[derive(Clone, Copy)]
pub(super) struct CoverGap {
    /// The last month of cover before it.
    pub(super) before: CoveredMonth,
    /// Whole months without cover.
    pub(super) months: u32,
    /// Months of cover before it without one missing.
    pub(super) run: u32,
}

/// A gap that has ended.
#[derive(Clone, Copy)]
pub(super) struct Resumed {
    pub(super) gap: CoverGap,
    /// The first month of cover after it.
    pub(super) after: CoveredMonth,
}

/// The months covered by the employees' or the residents' scheme: a month of either is cover.
pub(super) struct MedicalCover {
    /// Ascending, each once; those after the account's month are paid ahead.
    months: Vec<CoveredMonth>,
    /// Years that residents paid after their end: they repair a lapse, and were no cover while they ran (国办发〔2024〕38号).
    repaid: BTreeSet<u16>,
    /// The account's month.
    now: Month,
    /// The families behind it.
    families: Vec<Family<'static>>,
}

impl MedicalCover {
    pub(super) fn of(inputs: Inputs<'_, '_>) -> Self {
        let mut months: BTreeMap<Month, CoveredMonth> = BTreeMap::new();
        let (mut repaid, mut families) = (BTreeSet::new(), Vec::new());
        for (of, by) in [
            (Family::RESIDENT_MEDICAL, CoveredBy::Residents),
            (Family::MEDICAL, CoveredBy::Employees),
        ] {
            let Some(family) = inputs.family(of) else {
                continue;
            };
            families.insert(0, of);
            for line in &family.account.months {
                let Some(paid) = paid(inputs.set, line) else {
                    continue;
                };
                let (month, paid_in) = (line.month, paid.month);
                let is_late = paid_in.is_some_and(|paid| paid.year() > month.year());
                if by == CoveredBy::Residents && is_late {
                    repaid.insert(month.year());
                } else {
                    months.insert(month, CoveredMonth { month, by, paid_in });
                }
            }
        }
        Self {
            months: months.into_values().collect(),
            repaid,
            now: inputs.as_of.month,
            families,
        }
    }

    /// Months that have begun.
    fn begun(&self) -> &[CoveredMonth] {
        let end = self
            .months
            .partition_point(|covered| covered.month <= self.now);
        let begun = self.months.get(..end);
        begun.expect("a partition point lies within its list")
    }

    /// The months without cover from the last month of cover up to the running one, which can still be paid; of none where
    /// cover goes on.
    pub(super) fn open(&self) -> Option<CoverGap> {
        let begun = self.begun();
        let before = *begun.last()?;
        Some(CoverGap {
            before,
            months: between(before.month, self.now),
            run: run_before(begun),
        })
    }

    /// The gaps that were ended, also by what is paid ahead, the newest first.
    pub(super) fn resumed(&self) -> impl Iterator<Item = Resumed> + '_ {
        let pairs = self.months.windows(2).enumerate().rev();
        pairs.filter_map(|(at, pair)| {
            let [before, after] = pair else { return None };
            let months = between(before.month, after.month);
            if months == 0 {
                return None;
            }
            let gap = CoverGap {
                before: *before,
                months,
                run: run_before(self.months.get(..=at)?),
            };
            Some(Resumed { gap, after: *after })
        })
    }

    /// Whether cover after the account's month is paid ahead.
    pub(super) fn is_paid_ahead(&self) -> bool {
        self.months.last().is_some_and(|last| last.month > self.now)
    }

    /// The last month of cover, what is paid ahead included, where it has not passed and is a resident's.
    pub(super) fn resident_until(&self) -> Option<Month> {
        let last = self.months.last()?;
        (last.by == CoveredBy::Residents && last.month >= self.now).then_some(last.month)
    }

    /// Whether a month is of the account's year.
    pub(super) const fn is_of_this_year(&self, month: Month) -> bool {
        month.year() == self.now.year()
    }

    /// Lapsed years between two that were paid after their end.
    pub(super) fn repaid_between(&self, first: u16, last: u16) -> u32 {
        let years = self
            .repaid
            .iter()
            .filter(|year| (first..=last).contains(*year));
        count_months(years)
    }

    pub(super) fn grounds(&self) -> impl Iterator<Item = Ground> {
        self.families
            .iter()
            .map(|family| Ground::Family(family.to_string()))
    }
}

/// Whole months between two.
fn between(before: Month, after: Month) -> u32 {
    u32::try_from(after.since(before).saturating_sub(1)).unwrap_or(0)
}

/// Months of cover up to the last of these without one missing.
fn run_before(months: &[CoveredMonth]) -> u32 {
    let mut run = 0_u32;
    let mut expected = months.last().map(|covered| covered.month);
    for covered in months.iter().rev() {
        if Some(covered.month) != expected {
            break;
        }
        run = one_more(run);
        expected = covered.month.previous();
    }
    run
}

/// Money that covers a month, and when the earliest of it came.
struct Paid {
    month: Option<Month>,
}

/// The money that covers a month; nothing where it is not covered. A month to come is covered once it is paid.
fn paid(set: &RecordSet<'_>, line: &MonthLine) -> Option<Paid> {
    let numbers = match line.status {
        MonthStatus::Counted => &line.by,
        MonthStatus::Future => &line.others,
        _ => return None,
    };
    let mut is_paid = false;
    let mut month = None;
    for held in numbers.iter().filter_map(|number| set.numbered(*number)) {
        if held.standing != Standing::Held || !held.is_received() {
            continue;
        }
        is_paid = true;
        let came = held.day().and_then(Day::in_month);
        month = match (month, came) {
            (Some(earlier), Some(came)) => Some(came.min(earlier)),
            (earlier, came) => earlier.or(came),
        };
    }
    is_paid.then_some(Paid { month })
}
